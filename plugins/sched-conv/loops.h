/* loops.h: loops that all programs here are made of. */
#ifndef SCHED_CONV_LOOPS_H
#define SCHED_CONV_LOOPS_H

#include <hidet/plugin.h>

/* Opens a loop over part `part` of `count` things, in parts of `each`: gives the number of the thing. */
const hdt_expr *loop_begin_part(hdt_function *f, const char *name, const hdt_expr *part, const hdt_expr *count,
                                const hdt_expr *each);
/* Takes the last part off a number that counts through parts of these extents. */
const hdt_expr *loop_take_part(hdt_function *f, const char *name, const hdt_expr **rest, const hdt_expr *extent);

/* Sums in registers, [line, window, column]: an element, once the loops over them are unrolled, is at a constant place. */
typedef struct sums_shape {
	int64_t lines, windows, columns;
} sums_shape;
typedef struct sums_place {
	const hdt_expr *line, *window, *column;
} sums_place;
const hdt_tensor *sums_new(hdt_function *f, const char *name, const sums_shape *s);
/* Loops over all of them, those over lines and windows of this kind; the columns are vectors. */
sums_place sums_begin(hdt_function *f, const sums_shape *s, hdt_loop_kind kind);
void sums_end(hdt_function *f);
void sums_clear(hdt_function *f, const sums_shape *s, const hdt_tensor *sums);
void sums_copy(hdt_function *f, const sums_shape *s, const hdt_tensor *to, const hdt_tensor *from);
static inline const hdt_expr *sums_at(const hdt_tensor *sums, const sums_place *at)
{
	return hdt_at(sums, at->line, at->window, at->column);
}
static inline void sums_set(hdt_function *f, const hdt_tensor *sums, const sums_place *at, const hdt_expr *value)
{
	hdt_store(f, sums, HDT_AT(at->line, at->window, at->column), value);
}

/* sum + x * y. */
static inline const hdt_expr *multiply_add(bool fused, const hdt_expr *x, const hdt_expr *y, const hdt_expr *sum)
{
	return fused ? hdt_fma(x, y, sum) : hdt_add(sum, hdt_mul(x, y));
}

/* While tiles go over a panel of weights, the next one comes from far, some lines of it with each FETCH_STEPS steps of the sums: asks for lines
 * number line * lines and following of what begins at packed[at..]. */
enum { FETCH_STEPS = 4 };
void loop_fetch_ahead(hdt_function *f, const hdt_tensor *packed, hdt_list at, const hdt_expr *line, int64_t lines);
/* Lines to fetch with each FETCH_STEPS steps when `tiles` tiles go over a panel of that many columns. */
int64_t loop_fetch_lines(int64_t columns, int64_t tiles);

#endif
