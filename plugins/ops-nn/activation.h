/* activation.h: elementwise functions of one float: computed on the widened input, rounded once to the dtype of the
 * input. */
#ifndef OPS_NN_ACTIVATION_H
#define OPS_NN_ACTIVATION_H

#include <hidet/plugin.h>

/* The element of input 0, f16, bf16 and integers as f32. */
static inline const hdt_expr *activation_input(hdt_task *t)
{
	return hdt_widen(hdt_element(t, 0));
}

/* Give `y` as the output, in the dtype of input 0 when that is a float. */
static inline void activation_output(hdt_task *t, const hdt_expr *y)
{
	const hdt_tensor *x = hdt_input(t, 0);
	hdt_output_elements(t, x && hdt_is_float(x->dtype) ? hdt_cast(y, x->dtype) : y);
}

/* 1 / (1 + e^-x) */
static inline const hdt_expr *activation_sigmoid(const hdt_expr *x)
{
	const hdt_expr *one = hdt_like(x, 1);
	return hdt_div(one, hdt_add(one, hdt_unary(HDT_OP_EXP, hdt_neg(x))));
}

/* The attribute `name` as a constant beside `x`. */
static inline const hdt_expr *activation_number(hdt_task *t, const hdt_expr *x, const char *name)
{
	return hdt_like(x, hdt_get_float(t, name));
}

#endif
