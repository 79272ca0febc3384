/* cubic.h: cubic convolution (Keys): the weights of the four pixels around a position. */
#ifndef OPS_TRANSFORM_CUBIC_H
#define OPS_TRANSFORM_CUBIC_H

#include <hidet/plugin.h>

/* Weight at distance 0..1: ((a + 2) x - (a + 3)) x^2 + 1, and at distance 1..2: a (((x - 5) x + 8) x - 4). */
static inline const hdt_expr *cubic_near(const hdt_expr *x, double a)
{
	const hdt_expr *inner = hdt_sub(hdt_mul(hdt_like(x, a + 2), x), hdt_like(x, a + 3));
	return hdt_add(hdt_mul(hdt_mul(inner, x), x), hdt_like(x, 1));
}
static inline const hdt_expr *cubic_far(const hdt_expr *x, double a)
{
	const hdt_expr *inner = hdt_add(hdt_mul(hdt_sub(x, hdt_like(x, 5)), x), hdt_like(x, 8));
	return hdt_mul(hdt_sub(hdt_mul(inner, x), hdt_like(x, 4)), hdt_like(x, a));
}

/* Weights of the pixels -1, 0, 1 and 2 for a position `t` in 0..1 between the pixels 0 and 1; a = -0.75. */
static inline void cubic_weights(const hdt_expr *t, const hdt_expr *weights[4])
{
	const hdt_expr *one = hdt_like(t, 1), *rest = hdt_sub(one, t);
	weights[0] = cubic_far(hdt_add(t, one), -0.75);
	weights[1] = cubic_near(t, -0.75);
	weights[2] = cubic_near(rest, -0.75);
	weights[3] = cubic_far(hdt_add(rest, one), -0.75);
}

#endif
