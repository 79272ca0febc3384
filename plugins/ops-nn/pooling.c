/* pooling.c: largest or mean element of windows in 1 to 3 dimensions; windows of fixed size, or as many as asked for.
 */
#include "window.h"
#include <math.h>

/* Windows of the attributes kernel, stride, padding and ceil_mode; false after a fault. */
static bool begin(hdt_task *t, int count, bool dilated, window *out)
{
	const hdt_tensor *x = hdt_input(t, 0);
	const hdt_expr *kernel[WINDOW_MOST];
	for (int d = 0; d < count; d++)
		kernel[d] = window_item(t, "kernel", d, count);
	if (!window_begin(t, x, count, kernel, dilated, hdt_get_bool(t, "ceil_mode"), out))
		return false;
	for (int d = 0; d < count; d++) {
		const hdt_expr *one = hdt_int(t->context, 1);
		const hdt_expr *reach = hdt_add(hdt_mul(out->dilation[d], hdt_sub(out->kernel[d], one)), one);
		hdt_require(t, hdt_less_equal(hdt_mul(hdt_int(t->context, 2), out->padding[d]), reach),
		            "the padding must be at most half of the window");
	}
	return true;
}

/* Axes of the output: the dimensions before the windows, and the windows. */
static hdt_list output_axes(hdt_task *t, const window *w)
{
	return hdt_axes(t, hdt_list_join(t, hdt_list_part(hdt_shape(w->x), 0, w->lead), (hdt_list){w->windows, w->count}));
}

const hdt_attribute max_pool_attributes[] = {
	{"kernel", HDT_ATTRIBUTE_DIMS, NULL, "size of a window; one value applies to all dimensions"},
	WINDOW_STRIDE("none"),
	WINDOW_PADDING,
	WINDOW_DILATION,
	{"ceil_mode", HDT_ATTRIBUTE_BOOL, "false", "a last window may reach beyond the end"},
	{0},
};

void max_pool_define(hdt_task *t, int count)
{
	window w;
	if (!begin(t, count, true, &w))
		return;
	hdt_list i = output_axes(t, &w), taps = window_taps(t, &w);
	const hdt_expr *lowest = hdt_number(t->context, w.x->dtype, -INFINITY);
	const hdt_expr *element =
		window_read(t, &w, hdt_list_part(i, 0, w.lead), hdt_list_part(i, w.lead, count), taps, lowest);
	hdt_output(t, hdt_compute(t, "y", i, hdt_reduce(HDT_REDUCE_MAX, taps.items, taps.count, element)));
}

/* What a window's sum is divided by: how much of it lies on the input, and with `padded` on the padding, which is
 * `padding` wide on both sides also where a last window reaches further. */
static const hdt_expr *divisor(hdt_task *t, const window *w, hdt_list windows, bool padded)
{
	const hdt_expr *product = hdt_int(t->context, 1), *zero = hdt_int(t->context, 0);
	for (int d = 0; d < w->count; d++) {
		const hdt_expr *start = hdt_sub(hdt_mul(hdt_list_item(windows, d), w->stride[d]), w->padding[d]);
		const hdt_expr *end = hdt_add(start, w->kernel[d]);
		if (!padded)
			product = hdt_mul(product, hdt_sub(hdt_min(end, w->size[d]), hdt_max(start, zero)));
		else if (w->ceil_mode)
			product = hdt_mul(product, hdt_sub(hdt_min(end, hdt_add(w->size[d], w->padding[d])), start));
		else
			product = hdt_mul(product, w->kernel[d]);
	}
	return product;
}

const hdt_attribute avg_pool_attributes[] = {
	{"kernel", HDT_ATTRIBUTE_DIMS, NULL, "size of a window; one value applies to all dimensions"},
	WINDOW_STRIDE("none"),
	WINDOW_PADDING,
	{"ceil_mode", HDT_ATTRIBUTE_BOOL, "false", "a last window may reach beyond the end"},
	{"count_include_pad", HDT_ATTRIBUTE_BOOL, "true", "divide by the size with padding"},
	{"divisor", HDT_ATTRIBUTE_INT, "none", "divide by this instead"},
	{0},
};

void avg_pool_define(hdt_task *t, int count)
{
	window w;
	if (!begin(t, count, false, &w))
		return;
	if (!hdt_is_float(w.x->dtype) || (hdt_has(t, "divisor") && hdt_get_int(t, "divisor") == 0)) {
		hdt_reject(t, "floats and a divisor other than 0 are needed");
		return;
	}
	hdt_list i = output_axes(t, &w), taps = window_taps(t, &w), windows = hdt_list_part(i, w.lead, count);
	const hdt_expr *zero = hdt_number(t->context, w.x->dtype, 0);
	const hdt_expr *element = hdt_widen(window_read(t, &w, hdt_list_part(i, 0, w.lead), windows, taps, zero));
	const hdt_expr *sum = hdt_reduce(HDT_REDUCE_SUM, taps.items, taps.count, element);
	const hdt_expr *by = hdt_has(t, "divisor") ? hdt_int(t->context, hdt_get_int(t, "divisor"))
	                                           : divisor(t, &w, windows, hdt_get_bool(t, "count_include_pad"));
	hdt_output(t, hdt_compute(t, "y", i, hdt_cast(hdt_div(sum, hdt_cast(by, hdt_expr_dtype(sum))), w.x->dtype)));
}

/* Output o of `size` pools the inputs from floor(o * n / size) to ceil((o + 1) * n / size). */
void adaptive_pool_define(hdt_task *t, int count, hdt_reduce_kind kind)
{
	const hdt_tensor *x = hdt_input(t, 0);
	const hdt_expr *one = hdt_int(t->context, 1);
	int lead = x->rank - count;
	hdt_list sizes = hdt_list_part(hdt_shape(x), 0, lead), taps = HDT_SCALAR;

	if (lead < 0 || (kind == HDT_REDUCE_AVG && !hdt_is_float(x->dtype))) {
		hdt_reject(t, "%d spatial dimensions%s are needed", count, kind == HDT_REDUCE_AVG ? " of floats" : "");
		return;
	}
	for (int d = 0; d < count; d++) {
		const hdt_expr *size = window_item(t, "size", d, count);
		hdt_require(t, hdt_less_equal(one, x->shape[lead + d]), "dimension %d has nothing to pool", lead + d);
		hdt_require(t, hdt_less_equal(one, size), "size must be positive");
		sizes = hdt_list_insert(t, sizes, sizes.count, size);
	}
	hdt_list i = hdt_axes(t, sizes), at = hdt_list_part(i, 0, lead);
	for (int d = 0; d < count; d++) {
		const hdt_expr *n = x->shape[lead + d], *size = hdt_list_item(sizes, lead + d), *o = hdt_list_item(i, lead + d);
		const hdt_expr *each = hdt_floordiv(n, size), *start = hdt_mul(o, each), *length = each;
		if (!hdt_proves_equal(hdt_mul(each, size), n)) {
			const hdt_expr *up = hdt_sub(size, one);
			start = hdt_floordiv(hdt_mul(o, n), size);
			length = hdt_sub(hdt_floordiv(hdt_add(hdt_mul(hdt_add(o, one), n), up), size), start);
		}
		const hdt_expr *tap = hdt_axis("k", length);
		taps = hdt_list_insert(t, taps, d, tap);
		at = hdt_list_insert(t, at, at.count, hdt_add(start, tap));
	}
	hdt_output(t, hdt_compute(t, "y", i, hdt_reduce(kind, taps.items, taps.count, hdt_at_list(x, at))));
}
