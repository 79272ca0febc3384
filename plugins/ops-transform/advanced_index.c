/* advanced_index.c: see advanced_index.h. */
#include "advanced_index.h"

/* The attribute `axes`: ascending, as many as there are index tensors. */
static bool read_axes(hdt_task *t, advanced_index *a)
{
	int count = hdt_get_axis_list(t, "axes", a->x->rank, a->axes);
	if (count < 0)
		return false;
	if (count != a->count) {
		hdt_reject(t, "%d axes for %d index tensors", count, a->count);
		return false;
	}
	for (int n = 1; n < count; n++) {
		if (a->axes[n] <= a->axes[n - 1]) {
			hdt_reject(t, "axes must be ascending");
			return false;
		}
	}
	return true;
}

bool advanced_index_begin(hdt_task *t, int first_index, advanced_index *out)
{
	hdt_list shapes[HDT_MAX_RANK];

	*out = (advanced_index){.x = hdt_input(t, 0), .count = hdt_input_count(t) - first_index};
	if (out->count < 1 || out->count > out->x->rank) {
		hdt_reject(t, "%d index tensors for %d dimensions", out->count, out->x->rank);
		return false;
	}
	for (int n = 0; n < out->count; n++) {
		out->tensors[n] = hdt_input(t, first_index + n);
		if (!hdt_is_integer(out->tensors[n]->dtype)) {
			hdt_reject(t, "index tensor %d is %s, not an integer", n, hdt_dtype_of(out->tensors[n]->dtype)->name);
			return false;
		}
		shapes[n] = hdt_shape(out->tensors[n]);
	}
	if (!read_axes(t, out))
		return false;
	out->positions = hdt_broadcast_shapes(t, shapes, out->count);
	for (int n = 0; n < out->count; n++) {
		const hdt_expr *zero = hdt_int(t->context, 0);
		const hdt_expr *none = hdt_equal(hdt_product(t->context, out->positions), zero);
		const hdt_expr *some = hdt_less(zero, out->x->shape[out->axes[n]]);
		hdt_require(t, hdt_or(none, some), "there is nothing to choose from: axis %d has size 0", out->axes[n]);
	}
	out->place = out->axes[out->count - 1] - out->axes[0] == out->count - 1 ? out->axes[0] : 0;
	for (int d = 0; d < out->x->rank; d++) {
		if (advanced_index_of(out, d) < 0)
			out->rest = hdt_list_insert(t, out->rest, out->rest.count, out->x->shape[d]);
	}
	return true;
}

hdt_list advanced_index_shape(hdt_task *t, const advanced_index *a)
{
	hdt_list head = hdt_list_join(t, hdt_list_part(a->rest, 0, a->place), a->positions);
	return hdt_list_join(t, head, hdt_list_part(a->rest, a->place, a->rest.count));
}

const hdt_expr *advanced_index_at(const advanced_index *a, int n, hdt_list position)
{
	const hdt_expr *extent = a->x->shape[a->axes[n]];
	const hdt_expr *i = hdt_cast(hdt_broadcast_at(a->tensors[n], position), HDT_I64);
	return hdt_bounded(hdt_select(hdt_less(i, hdt_like(i, 0)), hdt_add(i, extent), i), extent);
}

int advanced_index_of(const advanced_index *a, int d)
{
	for (int n = 0; n < a->count; n++) {
		if (a->axes[n] == d)
			return n;
	}
	return -1;
}
