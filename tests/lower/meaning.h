/* meaning.h: what a program does to memory, by the plainest interpreter of its statements: the passes must not change it. */
#ifndef TESTS_LOWER_MEANING_H
#define TESTS_LOWER_MEANING_H

#include "base/vec.h"
#include "script/script.h"

/* The parameters of all launched functions afterwards, element by element: constants, equal ones being one pointer. */
typedef struct meaning {
	VEC(const hdt_expr *) cells;
	bool known; /* false: it calls intrinsics, which mean nothing here */
} meaning;

/* Run every function with a grid, and every CPU function that is not called, on made-up memory: one thread after the other, so barriers
 * have no part in it. Symbols and scalars take small values. An access outside of memory, or a loop without end, is a fault of the
 * context. */
hdt_status meaning_take(const hdt_program *program, meaning *out);
bool meaning_same(const meaning *before, const meaning *after);

#endif
