/* cut.h: a length cut into pieces. */
#ifndef SCHED_CONV_CUT_H
#define SCHED_CONV_CUT_H

#include <stdint.h>

/* Pieces of two sizes at most: the first `longer` ones have `size`, the others one less. */
typedef struct cut {
	int64_t pieces, size, longer;
} cut;

static inline int64_t round_up_divide(int64_t a, int64_t b)
{
	return (a + b - 1) / b;
}

/* As even as can be, none longer than `most`. */
static inline cut cut_evenly(int64_t length, int64_t most)
{
	int64_t pieces = round_up_divide(length, most), size = round_up_divide(length, pieces);
	return (cut){pieces, size, length - pieces * (size - 1)};
}

/* Parts that there are when `count` things are cut into at most `parts` parts of one size, but for the last. */
static inline int64_t parts_of(int64_t count, int64_t parts)
{
	return round_up_divide(count, round_up_divide(count, parts));
}

#endif
