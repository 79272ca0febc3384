/* fragments.h: elements of matrix operands, and where a lane's are: element i of its fragment, p of them in a 32-bit
 * register. */
#ifndef TARGET_SIM_FRAGMENTS_H
#define TARGET_SIM_FRAGMENTS_H

#include "sim.h"

typedef struct place {
	int row, column;
} place;

/* Of a 16-row operand a. */
static inline place place_of_a(int lane, int i, int p)
{
	int r = i / p;
	return (place){lane / 4 + 8 * (r % 2), p * (lane % 4) + 4 * p * (r / 2) + i % p};
}

static inline place place_of_b(int lane, int i, int p)
{
	return (place){p * (lane % 4) + 4 * p * (i / p) + i % p, lane / 4};
}

/* Of 16 rows of d, any number of columns. */
static inline place place_of_d(int lane, int i)
{
	return (place){lane / 4 + 8 * (i / 2 % 2), 8 * (i / 4) + 2 * (lane % 4) + i % 2};
}

/* An element as a product takes it: of f32 what tf32 keeps. */
double operand_value(const void *element, hdt_dtype dtype);
/* *d += product in d's dtype: floats rounded once, i32 wrapping. */
void add_product(void *d, hdt_dtype dtype, double product);

#endif
