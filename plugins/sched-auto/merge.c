/* merge.c: makes one long loop of neighbouring dimensions that every read of a stage walks alike, so that short rows cost nothing and
 * vectors stay full:
 *     for i in 0..3 { for j in 0..7 { y[i, j] = x[i, j] + b[] } }    ->    for i in 0..21 { y[i // 7, i % 7] = x[i // 7, i % 7] + b[] }
 * The emitter joins the quotient and the remainder to the position again. The same is done to the axes of a reduction. */
#include "auto.h"

/* Does this read take axis `i` and, in the next dimension with the extent of `j`, axis `j`, and neither anywhere else? Or none of them? */
static bool walks_alike(const hdt_expr *load, const hdt_expr *i, const hdt_expr *j)
{
	int uses_i = 0, uses_j = 0;
	bool together = false;
	for (int d = 0; d < load->count; d++) {
		uses_i += depends_on(load->args[d], i);
		uses_j += depends_on(load->args[d], j);
		together |= d + 1 < load->count && load->args[d] == i && load->args[d + 1] == j &&
		            hdt_proves_equal(load->tensor->shape[d + 1], j->args[0]);
	}
	return (!uses_i && !uses_j) || (uses_i == 1 && uses_j == 1 && together);
}

/* Is every use of the axes within reads that walk alike? */
static bool mergeable(const hdt_expr *value, const hdt_expr *i, const hdt_expr *j)
{
	expr_list nodes = {0};
	expr_nodes(value, &nodes);
	for (int n = 0; n < nodes.count; n++) {
		const hdt_expr *e = nodes.items[n];
		if (e->op == HDT_OP_LOAD) {
			if (!walks_alike(e, i, j))
				return false;
			continue;
		}
		for (int a = 0; a < e->count; a++)
			if (e->args[a] == i || e->args[a] == j)
				return false;
	}
	return true;
}

bool merge_dims(const stage *s, int first, const hdt_expr *value, dims *out)
{
	const hdt_tensor *t = s->tensor;
	*out = (dims){.value = value};
	for (int d = first, last; d < t->rank; d = last + 1) {
		for (last = d; last + 1 < t->rank && mergeable(value, t->axes[last], t->axes[last + 1]); last++)
			continue;
		const hdt_expr *axis = t->axes[d];
		int64_t extent;
		if (last == d && hdt_is_const(t->shape[d], &extent) && extent == 1) { /* no loop */
			out->at[d] = hdt_int(t->context, 0);
			continue;
		}
		hdt_list run = {t->shape + d, last - d + 1}, at = {&axis, 1};
		if (run.count > 1) {
			axis = hdt_axis(axis->name, hdt_product(t->context, run));
			at = hdt_unflatten(t->context, run, axis);
		}
		if (!axis || (run.count && !at.items))
			return false;
		out->axes[out->count++] = axis;
		for (int i = 0; i < run.count; i++)
			out->at[d + i] = at.items[i];
	}
	out->value = hdt_substitute(value, t->axes + first, out->at + first, t->rank - first);
	return out->value != NULL;
}

const hdt_expr *merge_last(const hdt_expr **axes, int *count, const hdt_expr *value)
{
	const hdt_expr *extents[HDT_MAX_RANK];
	int first = *count - 1;
	while (first > 0 && mergeable(value, axes[first - 1], axes[first]))
		first--;
	hdt_list run = {extents, *count - first};
	if (run.count < 2)
		return value;
	for (int i = 0; i < run.count; i++)
		extents[i] = axes[first + i]->args[0];
	const hdt_expr *axis = hdt_axis(axes[first]->name, hdt_product(value->context, run));
	hdt_list at = hdt_unflatten(value->context, run, axis);
	if (!at.items)
		return NULL;
	value = hdt_substitute(value, axes + first, at.items, run.count);
	axes[first] = axis;
	*count = first + 1;
	return value;
}
