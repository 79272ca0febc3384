/* moments.h: mean and variance of rows, in two passes, in f32 or f64: what the normalisations share. */
#ifndef OPS_NN_MOMENTS_H
#define OPS_NN_MOMENTS_H

#include <hidet/plugin.h>

typedef struct moments {
	const hdt_tensor *mean, *variance; /* one element a row */
} moments;

/* Of `value`, the widened element at the axes `rows` and `inner`; the moments are over `inner`. */
static inline moments moments_of(hdt_task *t, hdt_list rows, hdt_list inner, const hdt_expr *value)
{
	hdt_list again = HDT_SCALAR;
	moments m;

	for (int d = 0; d < inner.count; d++) {
		const hdt_expr *axis = hdt_list_item(inner, d);
		again = hdt_list_insert(t, again, d, hdt_axis("r", axis ? axis->args[0] : NULL));
	}
	m.mean = hdt_compute(t, "mean", rows, hdt_reduce(HDT_REDUCE_AVG, inner.items, inner.count, value));
	const hdt_expr *other = hdt_substitute(value, inner.items, again.items, again.count);
	const hdt_expr *distance = hdt_sub(other, hdt_at_list(m.mean, rows));
	const hdt_expr *square = hdt_mul(distance, distance);
	m.variance = hdt_compute(t, "variance", rows, hdt_reduce(HDT_REDUCE_AVG, again.items, again.count, square));
	return m;
}

/* (x - mean) / sqrt(variance + eps), with the moments of row `row` and the attribute `eps`. */
static inline const hdt_expr *moments_normalise(hdt_task *t, const moments *m, hdt_list row, const hdt_expr *x)
{
	const hdt_expr *variance = hdt_add(hdt_at_list(m->variance, row), hdt_like(x, hdt_get_float(t, "eps")));
	return hdt_mul(hdt_sub(x, hdt_at_list(m->mean, row)), hdt_unary(HDT_OP_RSQRT, variance));
}

/* y * weight + bias at `at`, where inputs `weight` and `bias` are given; each must have the shape `shape`. */
static inline const hdt_expr *moments_scale(hdt_task *t, const hdt_expr *y, int weight, int bias, hdt_list shape,
                                            hdt_list at)
{
	const hdt_tensor *scale = hdt_input(t, weight), *shift = bias >= 0 ? hdt_input(t, bias) : NULL;
	for (int n = 0; n < 2; n++) {
		const hdt_tensor *given = n == 0 ? scale : shift;
		if (given && given->rank != shape.count) {
			hdt_reject(t, "the %s must have %d dimensions, not %d", n == 0 ? "weight" : "bias", shape.count,
			           given->rank);
			return NULL;
		}
		for (int d = 0; given && d < shape.count; d++)
			hdt_require(t, hdt_equal(given->shape[d], hdt_list_item(shape, d)),
			            "weight or bias does not fit dimension %d", d);
	}
	if (scale)
		y = hdt_mul(y, hdt_widen(hdt_at_list(scale, at)));
	return shift ? hdt_add(y, hdt_widen(hdt_at_list(shift, at))) : y;
}

#endif
