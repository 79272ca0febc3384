/* box.h: boxes of constant extents and the order in which their dimensions vary: for task mappings and layouts. */
#ifndef CORE_IR_BOX_H
#define CORE_IR_BOX_H

#include "base/context.h"
#include "base/text.h"

/* strides[d] is the product of the extents of greater rank, so that the positions 0..size-1 count through the box. */
typedef struct box {
	int rank;
	int64_t extents[HDT_MAX_RANK];
	int ranks[HDT_MAX_RANK]; /* 0 varies slowest */
	int64_t strides[HDT_MAX_RANK];
	int64_t size;
} box;

typedef enum box_order { BOX_ROW, BOX_COLUMN } box_order;

/* Extents at least 1 whose product fits; `ranks` NULL: 0, 1, 2, ... False and a fault that begins with `what`. */
bool box_init(box *b, hdt_context *context, const char *what, const int64_t *extents, int rank, const int *ranks);
bool box_init_ordered(box *b, hdt_context *context, const char *what, const int64_t *extents, int rank,
                      box_order order);

/* Is it a permutation of 0..count-1? `items` names them in the fault. */
bool check_permutation(hdt_context *context, const char *what, const char *items, const int *permutation, int count);
/* *total *= factor; false and a fault on overflow. */
bool multiply_into(hdt_context *context, const char *what, int64_t *total, int64_t factor);

/* Dimensions from the slowest to the fastest. */
void box_dimensions(const box *b, int dims[HDT_MAX_RANK]);

/* row(4, 2   or   column(4, 2   or   other(4, 2, ranks=[1, 0]   without the closing parenthesis. */
void box_print(text *t, const box *b, const char *row, const char *column, const char *other);
void print_extents(text *t, const int64_t *extents, int count);
void print_dimensions(text *t, const int *dims, int count);

#endif
