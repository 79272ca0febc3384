/* resize.c: see resize.h. */
#include "resize.h"

static const char *const scale_names[] = {"scale_d", "scale_h", "scale_w"};

static const char *scale_name(const resize *r, int d)
{
	return scale_names[3 - r->count + d];
}

bool resize_begin(hdt_task *t, int most, resize *out)
{
	const hdt_tensor *x = hdt_input(t, 0);
	hdt_list size = hdt_get_dims(t, "size");

	if (size.count < 1 || size.count > most || size.count > x->rank) {
		hdt_reject(t, "size must have 1 to %d items, not %d", most < x->rank ? most : x->rank, size.count);
		return false;
	}
	hdt_require_sizes(t, size);
	*out = (resize){.x = x, .lead = x->rank - size.count, .count = size.count, .size = size};
	out->outputs = hdt_axes(t, hdt_list_join(t, hdt_list_part(hdt_shape(x), 0, out->lead), size));
	for (int d = 0; d < size.count; d++) {
		const hdt_expr *one = hdt_int(t->context, 1);
		hdt_require(t, hdt_less_equal(one, resize_from(out, d)), "there are no pixels along dimension %d",
		            out->lead + d);
		if (hdt_has(t, scale_name(out, d)) && !(hdt_get_float(t, scale_name(out, d)) > 0)) {
			hdt_reject(t, "%s must be positive", scale_name(out, d));
			return false;
		}
	}
	return true;
}

const hdt_expr *resize_from(const resize *r, int d)
{
	return r->x->shape[r->lead + d];
}
const hdt_expr *resize_to(const resize *r, int d)
{
	return hdt_list_item(r->size, d);
}
const hdt_expr *resize_index(const resize *r, int d)
{
	return hdt_list_item(r->outputs, r->lead + d);
}

bool resize_scale_differs(hdt_task *t, const resize *r, int d, double ratio)
{
	return hdt_has(t, scale_name(r, d)) && hdt_get_float(t, scale_name(r, d)) != ratio;
}

const hdt_expr *resize_step(hdt_task *t, const resize *r, int d, hdt_dtype real, bool align_corners)
{
	const hdt_expr *one = hdt_int(t->context, 1), *from = resize_from(r, d), *to = resize_to(r, d);
	if (align_corners) {
		const hdt_expr *steps = hdt_cast(hdt_max(hdt_sub(to, one), one), real);
		const hdt_expr *step = hdt_div(hdt_cast(hdt_sub(from, one), real), steps);
		return hdt_select(hdt_less(one, to), step, hdt_number(t->context, real, 0));
	}
	if (hdt_has(t, scale_name(r, d)))
		return hdt_number(t->context, real, 1 / hdt_get_float(t, scale_name(r, d)));
	return hdt_div(hdt_cast(from, real), hdt_cast(to, real));
}

const hdt_expr *resize_position(hdt_task *t, const resize *r, int d, hdt_dtype real, bool align_corners)
{
	const hdt_expr *step = resize_step(t, r, d, real, align_corners), *half = hdt_number(t->context, real, 0.5);
	const hdt_expr *i = hdt_cast(resize_index(r, d), real);
	return align_corners ? hdt_mul(i, step) : hdt_sub(hdt_mul(hdt_add(i, half), step), half);
}

const hdt_tensor *resize_filtered(hdt_task *t, const resize *r, const hdt_tensor *x, int d, bool align_corners,
                                  double support, const hdt_expr *(*filter)(const hdt_expr *distance))
{
	if (!x)
		return NULL;
	int axis = r->lead + d;
	const hdt_expr *from = resize_from(r, d), *zero = hdt_int(t->context, 0);
	hdt_list i = hdt_axes(t, hdt_list_replace(t, hdt_shape(x), axis, resize_to(r, d)));
	hdt_dtype real = hdt_dtype_of(x->dtype)->compute;
	const hdt_expr *step = resize_step(t, r, d, real, align_corners), *half = hdt_like(step, 0.5);
	const hdt_expr *width = hdt_max(step, hdt_like(step, 1)), *reach = hdt_mul(width, hdt_like(step, support));
	const hdt_expr *middle = hdt_mul(step, hdt_add(hdt_cast(hdt_list_item(i, axis), real), half));

	/* The input pixels within reach: first..end-1. */
	const hdt_expr *first = hdt_max(hdt_cast(hdt_add(hdt_sub(middle, reach), half), HDT_I64), zero);
	const hdt_expr *end = hdt_min(hdt_cast(hdt_add(hdt_add(middle, reach), half), HDT_I64), from);
	const hdt_expr *k = hdt_axis("k", hdt_max(hdt_sub(end, first), zero));
	const hdt_expr *pixel = hdt_add(first, k);
	const hdt_expr *distance = hdt_div(hdt_add(hdt_sub(hdt_cast(pixel, real), middle), half), width);
	const hdt_expr *weight = filter(distance);
	const hdt_expr *value = hdt_cast(hdt_at_list(x, hdt_list_replace(t, i, axis, hdt_bounded(pixel, from))), real);
	const hdt_expr *sum = hdt_sum(k, hdt_mul(weight, value));
	return hdt_compute(t, hdt_format(t->context, "along%d", axis), i,
	                   hdt_cast(hdt_div(sum, hdt_sum(k, weight)), x->dtype));
}
