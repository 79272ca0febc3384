/* graph_layout.h: places for the boxes and edges of a drawing: layers from top to bottom, few crossings, short edges. */
#ifndef HIDET_RUN_GRAPH_LAYOUT_H
#define HIDET_RUN_GRAPH_LAYOUT_H

#include <stdbool.h>

typedef struct layout_point {
	double x, y;
} layout_point;

typedef struct layout_box {
	double width, height;
	double x, y; /* result: the upper left corner */
	int layer;   /* result: counted from the top */
} layout_box;

/* Leads downwards: from < to. */
typedef struct layout_edge {
	int from, to;
	int first, count; /* result: its points, from the lower side of `from` to the upper side of `to` */
} layout_edge;

typedef struct layout {
	layout_box *boxes;
	int box_count;
	layout_edge *edges;
	int edge_count;
	layout_point *points; /* results, on the heap: layout_free */
	int point_count;
	double width, height;
} layout;

/* Boxes of a layer never overlap, and an edge leads from a layer to a lower one. The same for the same input. False when memory is
 * out. */
bool layout_place(layout *l);
void layout_free(layout *l);

#endif
