/* values.h: the operands on which the prelude's helpers are tested, and calls of compiled functions over them. */
#ifndef TEST_TARGET_VALUES_H
#define TEST_TARGET_VALUES_H

#include "helpers.h"

#include "ir/expr.h"

enum { MOST_VALUES = 4096 };

/* The operands in use, as values and as they lie in memory. */
extern scalar values_x[MOST_VALUES], values_y[MOST_VALUES];
extern char values_x_memory[MOST_VALUES * 8], values_y_memory[MOST_VALUES * 8], values_out_memory[MOST_VALUES * 8];

unsigned long long values_random(void);
/* Edge values of the dtype, then random ones: `count` in all. */
int values_edge(hdt_dtype dtype, scalar *out, int count);
/* Sets the operands: for two every pair of the edge values and random pairs, for one all values. Returns the number. */
int values_fill(hdt_dtype dtype, int arity);

/* The object's function `name`: void name(x, y, out, n). */
void values_call(hdt_object *object, const char *name, const void *x, const void *y, void *out, int64_t n);

#endif
