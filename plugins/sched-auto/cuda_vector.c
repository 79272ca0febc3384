/* cuda_vector.c: neighbouring elements moved by one access:
 *
 *     y[i, j] = x[i, j] + b[j]    at eight elements from j = first on
 *  -> load_vector(&v[0], &x[i, first], 8); load_vector(&w[0], &b[first], 8);    and in the loop over lane: v[lane] + w[lane]
 *
 * What is read under a condition is there for all of them or for none, when the condition does not depend on the axis; else it is left to its
 * element. */
#include "cuda_vector.h"

enum { MOST_READS = 64, MOST_VISITS = 4096, MOST_AT_ONCE = 8, MUCH_SMALLER = 16 /* tensors: found in the cache */ };

/* ---- what lies side by side ---- */

/* The element's position in memory. */
static const hdt_expr *position_of(const hdt_tensor *t, hdt_list at)
{
	return hdt_flatten(t->context, hdt_shape(t), at);
}

static bool counts_by_one(const hdt_tensor *t, hdt_list at, const hdt_expr *axis)
{
	int64_t factor = 0;
	const hdt_expr *rest;
	return hdt_linear(position_of(t, at), &axis, 1, &factor, &rest) && factor == 1;
}

static bool is_multiple(const hdt_expr *e, int64_t of)
{
	const hdt_expr *zero = e ? hdt_like(e, 0) : NULL;
	return zero && hdt_proves_equal(hdt_mod(e, hdt_like(e, (double)of)), zero);
}

int64_t vector_width(const hdt_tensor *t, hdt_list at, const hdt_expr *axis, int64_t most)
{
	int64_t width = VECTOR_BYTES / hdt_dtype_of(t->dtype)->bytes;
	const hdt_expr *there[HDT_MAX_RANK];
	if (t->layout || t->bits || !counts_by_one(t, at, axis))
		return 1;
	for (width = width < most ? width : most; width > 1; width /= 2) {
		const hdt_expr *step = hdt_int(axis->context, width), *extent = axis->args[0];
		const hdt_expr *begin = hdt_mul(hdt_axis("step", hdt_ceildiv(extent, step)), step);
		if (!is_multiple(extent, width))
			continue;
		for (int d = 0; d < at.count; d++)
			there[d] = hdt_substitute(at.items[d], &axis, &begin, 1);
		if (is_multiple(position_of(t, (hdt_list){there, at.count}), width))
			break;
	}
	return width < 1 ? 1 : width;
}

static double elements_of(const hdt_tensor *t)
{
	double product = 1;
	for (int d = 0; d < t->rank; d++)
		product *= (double)hdt_size_estimate(t->shape[d]);
	return product;
}

int64_t vector_choose(const hdt_tensor *t, hdt_list at, const hdt_expr *value, const hdt_expr *axis)
{
	expr_list nodes = {0};
	int64_t width = vector_width(t, at, axis, MOST_AT_ONCE);
	expr_nodes(value, &nodes);
	for (int i = 0; i < nodes.count && width > 1; i++) {
		const hdt_expr *e = nodes.items[i];
		if (e->op == HDT_OP_LOAD && depends_on(e, axis) && elements_of(e->tensor) > elements_of(t) / MUCH_SMALLER &&
		    vector_width(e->tensor, (hdt_list){e->args, e->count}, axis, width) == 1)
			return 1;
	}
	return width;
}

int64_t vector_widest(const hdt_expr *value, const hdt_expr *axis)
{
	expr_list nodes = {0};
	int64_t best = 1;
	expr_nodes(value, &nodes);
	for (int i = 0; i < nodes.count; i++) {
		const hdt_expr *e = nodes.items[i];
		if (e->op != HDT_OP_LOAD || !depends_on(e, axis))
			continue;
		int64_t width = vector_width(e->tensor, (hdt_list){e->args, e->count}, axis, MOST_AT_ONCE);
		if (width == 1)
			return 1;
		best = width > best ? width : best;
	}
	return best;
}

/* ---- reading ---- */

/* Reads that are made for all elements of the span or for none: `conditions[i]` tells when (NULL: always). */
typedef struct reads {
	expr_list loads, uncertain;
	const hdt_expr *conditions[MOST_READS];
	const hdt_expr *axis;
	expr_map seen; /* what was found without a condition */
	int visits;
} reads;

static void add_read(reads *r, const hdt_expr *load, const hdt_expr *condition)
{
	for (int i = 0; i < r->loads.count; i++)
		if (r->loads.items[i] == load) {
			r->conditions[i] = condition && r->conditions[i] ? hdt_or(condition, r->conditions[i]) : NULL;
			return;
		}
	if (r->loads.count == MOST_READS)
		return;
	r->conditions[r->loads.count] = condition;
	(void)expr_list_add(&r->loads, load);
}

/* `certain`: else they are made for some elements. */
static void find_reads(reads *r, const hdt_expr *e, const hdt_expr *condition, bool certain)
{
	if (expr_map_get(&r->seen, e) || r->seen.failed || r->visits++ > MOST_VISITS)
		return;
	if (!condition && certain)
		expr_map_set(&r->seen, e, e);
	if (e->op == HDT_OP_LOAD && certain)
		add_read(r, e, condition);
	else if (e->op == HDT_OP_LOAD)
		(void)expr_list_add(&r->uncertain, e);
	bool chooses = e->op == HDT_OP_SELECT || e->op == HDT_OP_AND || e->op == HDT_OP_OR || is_reduce(e);
	bool all_or_none = e->op == HDT_OP_SELECT && !depends_on(e->args[0], r->axis);
	for (int i = 0; i < e->count && e->op != HDT_OP_SYMBOL; i++) {
		const hdt_expr *when = condition;
		if (chooses && i > 0 && all_or_none) {
			const hdt_expr *arm = i == 1 ? e->args[0] : hdt_not(e->args[0]);
			when = when ? hdt_and(when, arm) : arm;
		}
		find_reads(r, e->args[i], when, certain && (!chooses || all_or_none || (i == 0 && !is_reduce(e))));
	}
}

/* Can the read at `i` of the list be made ahead? */
static bool is_certain(const reads *r, int i)
{
	return !r->conditions[i] || (r->visits <= MOST_VISITS && !expr_list_has(&r->uncertain, r->loads.items[i]));
}

static const hdt_expr *look_up(const hdt_expr *node, void *closure)
{
	return expr_map_get(closure, node);
}

/* `e` with the axes in their places, the span's at `offset` from its beginning. */
static const hdt_expr *place(const vector_span *s, const hdt_expr *e, const hdt_expr *offset,
                             const hdt_expr *const *from, const hdt_expr *const *to, int count)
{
	const hdt_expr *here = hdt_add(s->first, offset);
	if (!e)
		return NULL;
	return hdt_substitute(hdt_substitute(e, &s->axis, &here, 1), from, to, count);
}

static const hdt_tensor *read_vector(const vector_span *s, const hdt_expr *load, int64_t width,
                                     const hdt_expr *condition, const hdt_expr *const *from, const hdt_expr *const *to,
                                     int count)
{
	hdt_context *c = load->context;
	const hdt_expr *at[HDT_MAX_RANK], *size = hdt_int(c, width);
	const hdt_tensor *elements = hdt_local(s->function, "v", load->tensor->dtype, HDT_AT(hdt_int(c, s->width)));
	if (condition)
		hdt_begin_if(s->function, condition);
	for (int64_t i = 0; i < s->width && elements; i += width) {
		const hdt_expr *offset = hdt_int(c, i);
		for (int d = 0; d < load->count; d++)
			at[d] = place(s, load->args[d], offset, from, to, count);
		hdt_do(s->function, "load_vector",
		       HDT_AT(hdt_address(elements, &offset, 1), hdt_address(load->tensor, at, load->count), size));
	}
	if (condition)
		hdt_end(s->function);
	return elements;
}

const hdt_expr *vector_read(const vector_span *s, const hdt_expr *value, const hdt_expr *const *from,
                            const hdt_expr *const *to, int count)
{
	if (!value)
		return NULL;
	expr_map results = {0};
	reads r = {.loads = {.context = value->context}, .uncertain = {.context = value->context}, .axis = s->axis};
	find_reads(&r, value, NULL, true);
	for (int i = 0; i < r.loads.count; i++) {
		const hdt_expr *load = r.loads.items[i];
		int64_t width = vector_width(load->tensor, (hdt_list){load->args, load->count}, s->axis, s->width);
		if (width == 1 || load->tensor->scope != HDT_SCOPE_GLOBAL || !is_certain(&r, i))
			continue;
		const hdt_tensor *elements = read_vector(
			s, load, width, place(s, r.conditions[i], hdt_int(value->context, 0), from, to, count), from, to, count);
		if (elements)
			expr_map_set(&results, load, hdt_at(elements, s->lane));
	}
	rebuilder replacing = {.before = look_up, .closure = &results};
	value = place(s, rebuild(&replacing, value), s->lane, from, to, count);
	rebuilder_free(&replacing);
	expr_map_free(&r.seen);
	expr_map_free(&results);
	return value;
}

/* ---- writing ---- */

void vector_store(const vector_span *s, const hdt_tensor *t, hdt_list at, const hdt_tensor *elements,
                  const hdt_expr *const *from, const hdt_expr *const *to, int count)
{
	int64_t width = vector_width(t, at, s->axis, s->width);
	const hdt_expr *there[HDT_MAX_RANK];
	for (int64_t i = 0; i < s->width; i += width) {
		const hdt_expr *offset = hdt_int(s->axis->context, i);
		for (int d = 0; d < at.count; d++)
			there[d] = place(s, at.items[d], offset, from, to, count);
		if (width > 1)
			hdt_do(s->function, "store_vector",
			       HDT_AT(hdt_address(t, there, at.count), hdt_address(elements, &offset, 1),
			              hdt_int(s->axis->context, width)));
		else
			hdt_store(s->function, t, (hdt_list){there, at.count}, hdt_at(elements, offset));
	}
}
