/* graph_picture.h: a graph as boxes, edges and the kernels it becomes, with every text that a drawing shows; and the drawings. */
#ifndef HIDET_RUN_GRAPH_PICTURE_H
#define HIDET_RUN_GRAPH_PICTURE_H

#include "graph/graph.h"
#include "graph_layout.h"
#include "pass/partition.h"

typedef enum picture_kind { PICTURE_INPUT, PICTURE_CONSTANT, PICTURE_OPERATOR, PICTURE_OUTPUT } picture_kind;

typedef struct picture_box {
	picture_kind kind;
	const char *lines[3]; /* name, attributes, type: short; "" for none */
	const char *facts;    /* everything that is known, several lines */
	int kernel;           /* the first one that it is part of; -1: none */
} picture_box;

typedef struct picture_kernel {
	const char *text;
	const int *boxes;
	int box_count;
	int64_t read, constants, written; /* bytes; constants are those read beside `read`; -1: unknown */
	int64_t flops;                    /* -1: unknown */
	bool once;                        /* depends on constants alone: computed before the first run */
} picture_kernel;

/* Everything lives in the context of the graph but layout.points. Texts are UTF-8 without control characters but for line feeds. */
typedef struct picture {
	hdt_context *context;
	const char *name;
	const char *sizes;  /* "n = 4, m = 2": what bytes were counted with; "" for none */
	picture_box *boxes; /* each after those it reads */
	layout layout;      /* of the same boxes; edges are there once */
	picture_kernel *kernels;
	int kernel_count;
} picture;

/* `groups` NULL: what becomes a kernel is not known. `values` are those of graph->symbols. The picture is laid out. */
hdt_status picture_make(hdt_graph *graph, const partition *groups, const int64_t *values, bool constants, picture *out);
void picture_free(picture *p);

/* "#rrggbb" of a kernel, light or strong, in `out` (8 bytes). Kernels of neighbouring numbers differ most. */
const char *picture_colour(int kernel, bool strong, char *out);
/* -1 when one of them is unknown, or the sum is too large to count. */
void picture_add_bytes(int64_t *sum, int64_t bytes);
/* "1.50 MB"; "?" for a negative number. `out` has room for 32 bytes. */
const char *picture_bytes(int64_t bytes, char *out);
/* The string with what means something to XML and HTML written as entities. */
void picture_escape(text *t, const char *string);

/* ---- drawings ---- */

/* Graphviz text; the nodes of a kernel are a cluster. */
void graph_dot(text *t, const picture *p);
/* One <svg>; `alone`: a file of its own. */
void graph_svg(text *t, const picture *p, bool alone);
/* A page that needs nothing else: both pictures, the kernels, a search. `notes` is plain text: what was fused and what was not. */
void graph_html(text *t, const picture *before, const picture *after, const char *rules, const char *fusion);

#endif
