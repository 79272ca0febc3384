/* bits.h: operands of the bitwise operators: integers and bool. */
#ifndef OPS_MATH_BITS_H
#define OPS_MATH_BITS_H

#include <hidet/plugin.h>

/* The element of an input; a float is a fault. */
static inline const hdt_expr *bits_operand(hdt_task *t, int input)
{
	const hdt_tensor *x = hdt_input(t, input);
	if (x && hdt_is_float(x->dtype))
		hdt_reject(t, "%s has no bits to work on; integers and bool have", hdt_dtype_of(x->dtype)->name);
	return hdt_element(t, input);
}

#endif
