/* scan.c: running reductions, in one pass instead of one loop for each element:
 *
 *     y[i] = sum(k < i + 1) x[k]     ->     acc = 0; for i in 0..n { acc = acc + x[i]; y[i] = acc }
 *
 * The order of the steps is the same. Sums and products of f32 are accumulated in f64: the error would grow along the loop. */
#include "auto.h"

/* What the reduction takes in at `position`. */
static const hdt_expr *element_at(const hdt_expr *reduce, const hdt_expr *position)
{
	return hdt_substitute(reduce->args[0], &reduce->args[1], &position, 1);
}

/* Does it run from the start to the element at `axis`, and take in the same whatever that is? */
static bool runs_along(const hdt_expr *reduce, const hdt_expr *axis)
{
	const hdt_expr *extent = reduce->args[1]->args[0];
	if (!depends_on(extent, axis) || !hdt_proves_equal(extent, hdt_add(axis, hdt_int(axis->context, 1))))
		return false;
	const hdt_expr *element = element_at(reduce, hdt_axis("k", axis->args[0]));
	return element && !depends_on(element, axis);
}

scan scan_find(const dims *d)
{
	expr_list nodes = {0};
	expr_nodes(d->value, &nodes);
	for (int i = 0; i < nodes.count; i++) {
		const hdt_expr *e = nodes.items[i];
		if (e->op != HDT_OP_REDUCE || e->count != 2 || e->reduce == HDT_REDUCE_AVG)
			continue;
		for (int a = 0; a < d->count; a++)
			if (runs_along(e, d->axes[a]))
				return (scan){.reduce = e, .axis = a};
	}
	return (scan){.axis = -1};
}

scan scan_begin(nest *n, const dims *d)
{
	scan s = scan_find(d);
	const hdt_expr *wide = s.reduce ? reduce_widened(s.reduce) : NULL;
	if (!wide)
		return s;
	s.acc = hdt_local(n->function, "acc", reduce_dtype(wide), HDT_SCALAR);
	hdt_store(n->function, s.acc, HDT_SCALAR, reduce_start(wide));
	return s;
}

const hdt_expr *scan_step(nest *n, const scan *s, const hdt_expr *value, const hdt_expr *axis)
{
	const hdt_expr *element = s->reduce ? reduce_ready(n, element_at(s->reduce, axis)) : NULL;
	if (!s->acc || !element)
		return NULL;
	const hdt_expr *wide = reduce_widened(s->reduce);
	const hdt_expr *acc = hdt_load(s->acc, NULL, 0);
	hdt_store(n->function, s->acc, HDT_SCALAR, reduce_step_in(n, wide, acc, element));
	expr_map results = {0};
	expr_map_set(&results, s->reduce, hdt_cast(reduce_result(wide, acc), (hdt_dtype)s->reduce->dtype));
	value = replace_nodes(value, &results);
	expr_map_free(&results);
	return value;
}
