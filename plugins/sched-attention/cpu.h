/* cpu.h: attention on a processor in one kernel: the scores of a tile of queries never leave the first-level cache.
 *
 *     for task in .. parallel {                          one of the batch (a head), and some tiles of queries
 *       for slice of the keys {
 *         panels[panel, d, lane] = k[.., d]              transposed;  values[j, e] = v[j, e]  where they do not lie well
 *         for tile of queries {
 *           for panel { scores[i, ..] = sum(d) rows[i, d] * panels[panel, d, ..] }          tile_cpu.c
 *           for i { scores[i, ..] = exp(score(scores[i, ..]) - largest)  ... }              softmax_cpu.c
 *           for columns { means[i, ..] = means[i, ..] * factor + sum(j) scores[i, j] * values[j, ..] }
 *         } }
 *       y[..] = result(means / sum) }
 *
 * With one slice the means are results at once; with several they, the largest scores and the sums are kept from slice to slice, and weighed
 * anew. Keys that all queries of a tile must not see are left out where they are the last ones: later ones of a causal attention, and
 * what a mask hides. */
#ifndef ATTENTION_CPU_H
#define ATTENTION_CPU_H

#include "attention.h"

enum { MOST_WIDTH = 256 }; /* of a row of q, k and v */

typedef struct problem {
	attention a;
	hdt_context *context;
	int lanes;            /* f32 of a vector */
	int registers;        /* vector registers there are */
	bool fused;           /* a product is added in one instruction */
	int64_t depth, width; /* elements of a row of q and k, and of v */
	int64_t padded_depth; /* to whole vectors */
	int64_t padded_width;
	bool
		k_squares; /* k is f32, rows side by side k_stride elements apart: squares of it are transposed from where they are */
	int64_t k_stride;
	bool v_in_place; /* rows of v are f32, and whole vectors */
	bool scans;      /* a condition needs data: a tile looks for the last key that it sees */
	/* As costs are reckoned: */
	double batch, queries, keys;
} problem;

/* How the loops are cut: what can be chosen. */
typedef struct blocking {
	int64_t rows;    /* queries of a tile */
	int64_t panel;   /* keys, and columns of v, of a tile */
	int64_t keys;    /* of a slice: panels of them */
	int64_t tiles;   /* of a task */
	bool lays_out_v; /* always, if it does not lie well */
	bool shares_k;   /* k is transposed once, ahead, into workspace; else by each task for itself */
} blocking;

/* problem_cpu.c: false with the reason when it is nothing for this scheduler. */
bool problem_find(const hdt_task *task, const hdt_target_info *target, problem *out, const char **reason);
/* Are all keys known to be in one slice? */
bool problem_is_whole(const problem *p, const blocking *b);

/* space_cpu.c: a blocking as a choice, by these names. */
extern const char *const blocking_params[];
blocking blocking_of(const hdt_choice *choice);
/* Choices worth trying, the best first; returns their number. */
int space_list(const problem *p, int level, hdt_choice *out, int most);
bool space_takes(const problem *p, const blocking *b);
/* Microseconds with that many workers. */
double machine_time(const problem *p, const blocking *b, int workers);

/* ---- the program being written ---- */

typedef struct nest {
	const problem *p;
	const blocking *b;
	hdt_context *context;
	hdt_function *function;
	bool whole;                             /* there is one slice */
	const hdt_expr *batch[HDT_MAX_RANK];    /* where the task is */
	const hdt_expr *first_key, *key_count;  /* of the slice */
	const hdt_expr *first_row;              /* query of the tile */
	const hdt_expr *seen;                   /* keys of the slice that the tile looks at */
	const hdt_expr *first_state;            /* row of the tile in top, total and means */
	const hdt_tensor *panels, *values;      /* k and v of the slice; values NULL: v is read where it is */
	const hdt_expr *batch_position;         /* in panels that are shared */
	const hdt_tensor *rows, *scores, *sums; /* of the tile: q, scores, and what it has in registers */
	const hdt_tensor *factor;               /* of its rows: by which what was summed before this slice shrinks */
	const hdt_tensor *top, *total, *means;  /* largest scores, sums of weights, weighed sums; means NULL: whole */
} nest;

/* program_cpu.c */
hdt_program *attention_program(const problem *p, const blocking *b);
const hdt_expr *nest_number(const nest *n, int64_t value);
/* A name for an index, unless it is one. */
const hdt_expr *nest_let(nest *n, const char *name, const hdt_expr *index);
/* The query at row i of the tile: the last one for rows beyond. */
const hdt_expr *nest_query(const nest *n, const hdt_expr *i);
/* `e` with these in place of the axes; NULL leaves an axis. */
const hdt_expr *nest_value(const nest *n, const hdt_expr *e, const hdt_expr *query, const hdt_expr *key,
                           const hdt_expr *depth, const hdt_expr *width);

/* layout_cpu.c: k and v of the slice, and q of the tile. */
void lay_out_keys(nest *n);
/* As many keys as a vector has lanes, from the key `first` of the slice on. */
void lay_out_group(nest *n, const hdt_expr *first);
const hdt_expr *group_count(const nest *n, const hdt_expr *keys);
/* Where row `row` of the slice's panels is: what indices come before the lane, and how many. */
int panel_row(const nest *n, const hdt_expr *row, const hdt_expr **indices);
void lay_out_values(nest *n);
void lay_out_queries(nest *n);

/* tile_cpu.c: products in registers. */
void tile_scores(nest *n);
void tile_means(nest *n);

/* softmax_cpu.c */
void softmax_rows(nest *n);
/* store_cpu.c: what the task makes of `width` weighed sums of a row of the tile, from `first` on, in sums[from_row]. */
void store_row(nest *n, const hdt_tensor *sums, const hdt_expr *from_row, const hdt_expr *from_column,
               const hdt_expr *i, const hdt_expr *first, const hdt_expr *width);

#endif
