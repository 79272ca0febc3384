/* window.c: see window.h. */
#include "window.h"

const hdt_expr *window_item(hdt_task *t, const char *name, int d, int count)
{
	hdt_list list = hdt_get_dims(t, name);
	if (list.count != 1 && list.count != count)
		hdt_reject(t, "%s must have 1 or %d items, not %d", name, count, list.count);
	return hdt_list_item(list, list.count == 1 ? 0 : d);
}

/* How many windows there are along dimension `d`. */
static const hdt_expr *windows_along(hdt_task *t, const window *w, int d)
{
	const hdt_expr *one = hdt_int(t->context, 1), *two = hdt_int(t->context, 2);
	const hdt_expr *reach = hdt_add(hdt_mul(w->dilation[d], hdt_sub(w->kernel[d], one)), one);
	const hdt_expr *padded = hdt_add(w->size[d], hdt_mul(two, w->padding[d]));
	const hdt_expr *beyond = hdt_sub(padded, reach);

	hdt_require(t, hdt_less_equal(reach, padded), "the window is larger than the padded dimension %d", w->lead + d);
	if (!w->ceil_mode)
		return hdt_add(hdt_floordiv(beyond, w->stride[d]), one);
	/* A window must start within the input or the padding before it. */
	const hdt_expr *rounded_up = hdt_floordiv(hdt_add(beyond, hdt_sub(w->stride[d], one)), w->stride[d]);
	const hdt_expr *last_start = hdt_floordiv(hdt_sub(hdt_add(w->size[d], w->padding[d]), one), w->stride[d]);
	return hdt_add(hdt_min(rounded_up, last_start), one);
}

bool window_begin(hdt_task *t, const hdt_tensor *x, int count, const hdt_expr *const *kernel, bool dilated,
                  bool ceil_mode, window *out)
{
	const hdt_expr *zero = hdt_int(t->context, 0), *one = hdt_int(t->context, 1);

	if (x->rank < count) {
		hdt_reject(t, "%d spatial dimensions are needed, x has only %d dimensions", count, x->rank);
		return false;
	}
	*out = (window){.x = x, .count = count, .lead = x->rank - count, .ceil_mode = ceil_mode};
	for (int d = 0; d < count; d++) {
		out->size[d] = x->shape[out->lead + d];
		out->kernel[d] = kernel[d];
		out->stride[d] = hdt_has(t, "stride") ? window_item(t, "stride", d, count) : kernel[d];
		out->padding[d] = window_item(t, "padding", d, count);
		out->dilation[d] = dilated ? window_item(t, "dilation", d, count) : one;
		hdt_require(t, hdt_less_equal(one, out->kernel[d]), "the kernel must be at least 1");
		hdt_require(t, hdt_less_equal(one, out->stride[d]), "the stride must be at least 1");
		hdt_require(t, hdt_less_equal(one, out->dilation[d]), "the dilation must be at least 1");
		hdt_require(t, hdt_less_equal(zero, out->padding[d]), "the padding must not be negative");
		out->windows[d] = windows_along(t, out, d);
	}
	return true;
}

hdt_list window_axes(hdt_task *t, const window *w)
{
	return hdt_axes(t, (hdt_list){w->windows, w->count});
}

hdt_list window_taps(hdt_task *t, const window *w)
{
	hdt_list taps = HDT_SCALAR;
	for (int d = 0; d < w->count; d++)
		taps = hdt_list_insert(t, taps, d, hdt_axis("k", w->kernel[d]));
	return taps;
}

const hdt_expr *window_read(hdt_task *t, const window *w, hdt_list lead, hdt_list windows, hdt_list taps,
                            const hdt_expr *outside)
{
	const hdt_expr *zero = hdt_int(t->context, 0), *inside = hdt_number(t->context, HDT_BOOL, 1);
	hdt_list at = lead;

	for (int d = 0; d < w->count; d++) {
		const hdt_expr *start = hdt_sub(hdt_mul(hdt_list_item(windows, d), w->stride[d]), w->padding[d]);
		const hdt_expr *i = hdt_add(start, hdt_mul(hdt_list_item(taps, d), w->dilation[d]));
		bool padded = !hdt_proves_equal(w->padding[d], zero);
		if (padded)
			inside = hdt_and(inside, hdt_less_equal(zero, i));
		if (padded || w->ceil_mode)
			inside = hdt_and(inside, hdt_less(i, w->size[d]));
		at = hdt_list_insert(t, at, at.count, i);
	}
	return hdt_select(inside, hdt_at_list(w->x, at), outside);
}
