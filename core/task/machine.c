/* machine.c: evaluates expressions by walking them, operands first, each node at most once while its indices stand
 * still.
 *
 * Every node has a cell with its last value. Axes are numbered from the outermost to the innermost loop, level 1
 * upward; the level of a cell is that of the innermost axis its value depends on, 0 when on none. Moving an axis gives
 * its level and all deeper ones a new version; a cell is up to date while it carries the version of its level. So what
 * does not change in an inner loop is not computed there again, and what is not asked for (the other arm of a SELECT)
 * is not computed at all. */
#include "task/machine.h"

#include "base/vec.h"
#include <math.h>
#include <stdlib.h>
#include <string.h>

enum { MAX_DEPTH = 4000 }; /* of an expression: evaluation recurses */

typedef struct cell {
	scalar value;
	uint64_t version; /* of `level` when `value` was computed */
	struct cell **args;
	const machine_tensor *tensor; /* LOAD */
	/* Of the expression, kept here because they are looked at all the time. */
	uint16_t op;
	uint8_t count, dtype, operand_dtype;
	bool is_index; /* arithmetic of i64 or a test on it */
	uint8_t level;
	uint8_t axis; /* AXIS: its level */
	uint16_t depth;
	uint64_t axes; /* bit n - 1: depends on the axis of level n */
	const hdt_expr *expr;
} cell;

struct machine {
	hdt_context *context;
	const char *name;
	cell *cells; /* operands first */
	int cell_count;
	cell **args; /* of all cells */
	cell **axis_cells, **root_cells;
	uint64_t clock, versions[MACHINE_MAX_AXES + 1];
	int levels;
	bool failed;
};

static scalar compute(machine *m, cell *c);

static inline scalar value_of(machine *m, cell *c)
{
	return c->version == m->versions[c->level] ? c->value : compute(m, c);
}

static void fail(machine *m, hdt_status status, const char *what, const char *where, int64_t index, int64_t extent)
{
	if (!m->failed && extent > 0)
		hdt_fail(m->context, status, "%s: %s%s %lld is outside 0..%lld", m->name, what, where, (long long)index,
		         (long long)extent - 1);
	else if (!m->failed)
		hdt_fail(m->context, status, "%s: %s%s %lld, but the extent is 0", m->name, what, where, (long long)index);
	m->failed = true;
}

static inline void move_axis(machine *m, cell *axis, int64_t value)
{
	m->clock++;
	for (int level = axis->axis; level <= m->levels; level++)
		m->versions[level] = m->clock;
	axis->value.i = value;
}

/* ---- reductions ------------------------------------------------------------------------------------------------- */

typedef struct accumulator {
	hdt_reduce_kind kind;
	hdt_dtype from, in; /* of the values, in which they are joined */
	scalar total;
	int64_t count;
	int64_t at; /* ARG_REDUCE: index of the extreme */
	bool is_nan;
} accumulator;

static scalar extreme(hdt_dtype dtype, bool largest)
{
	const hdt_dtype_info *info = hdt_dtype_of(dtype);
	scalar s = {.i = 0};
	int bits = info->bytes * 8;
	switch (info->kind) {
	case HDT_KIND_FLOAT:
		s.f = largest ? INFINITY : -INFINITY;
		break;
	case HDT_KIND_INT:
		s.i = largest ? (int64_t)(UINT64_MAX >> (65 - bits)) : -(int64_t)(UINT64_MAX >> (65 - bits)) - 1;
		break;
	case HDT_KIND_UINT:
		s.i = largest ? (int64_t)(UINT64_MAX >> (64 - bits)) : 0;
		break;
	case HDT_KIND_BOOL:
		s.i = largest;
		break;
	}
	return s;
}

static accumulator start(const hdt_expr *e)
{
	accumulator a = {.kind = (hdt_reduce_kind)e->reduce, .from = (hdt_dtype)e->args[0]->dtype};
	hdt_dtype wide = hdt_is_float((hdt_dtype)e->accumulate) ? HDT_F64 : (hdt_dtype)e->accumulate;
	switch (a.kind) {
	case HDT_REDUCE_MAX:
	case HDT_REDUCE_MIN:
		a.in = a.from;
		a.total = extreme(a.in, a.kind == HDT_REDUCE_MIN);
		break;
	case HDT_REDUCE_ALL:
	case HDT_REDUCE_ANY:
		a.in = HDT_BOOL;
		a.total.i = a.kind == HDT_REDUCE_ALL;
		break;
	default:
		a.in = wide;
		a.total = scalar_cast((scalar){.i = a.kind == HDT_REDUCE_PROD}, HDT_I64, wide);
		break;
	}
	return a;
}

static inline void join(accumulator *a, scalar v)
{
	static const hdt_scalar_op ops[] = {
		[HDT_REDUCE_SUM] = HDT_OP_ADD, [HDT_REDUCE_PROD] = HDT_OP_MUL, [HDT_REDUCE_MAX] = HDT_OP_MAX,
		[HDT_REDUCE_MIN] = HDT_OP_MIN, [HDT_REDUCE_AVG] = HDT_OP_ADD,  [HDT_REDUCE_ALL] = HDT_OP_AND,
		[HDT_REDUCE_ANY] = HDT_OP_OR};
	a->count++;
	if (a->in == HDT_F64 && a->kind == HDT_REDUCE_SUM && hdt_is_float(a->from)) {
		a->total.f += v.f;
		return;
	}
	bool ok = true;
	scalar both[2] = {a->total, scalar_cast(v, a->from, a->in)};
	a->total = scalar_apply(ops[a->kind], a->in, a->in, both, &ok);
}

/* Keep the first of the most extreme values; a NaN is more extreme than any number. */
static void join_arg(accumulator *a, scalar v, int64_t index)
{
	bool ok = true, first = !a->count++;
	bool nan = hdt_is_float(a->from) && isnan(v.f);
	scalar ordered[2] = {a->kind == HDT_REDUCE_MAX ? a->total : v, a->kind == HDT_REDUCE_MAX ? v : a->total};
	bool better = first || (nan && !a->is_nan);
	if (!better && !a->is_nan && !nan)
		better = scalar_apply(HDT_OP_LT, a->from, HDT_BOOL, ordered, &ok).i;
	if (better) {
		a->total = v;
		a->at = index;
		a->is_nan = nan;
	}
}

/* Join the values of all indices of the axes from the n-th on. */
static void reduce_from(machine *m, cell *c, int n, accumulator *a)
{
	cell *axis = c->args[n];
	int64_t extent = value_of(m, axis->args[0]).i;
	bool innermost = n == c->count - 1;
	for (int64_t i = 0; i < extent && !m->failed; i++) {
		move_axis(m, axis, i);
		if (!innermost)
			reduce_from(m, c, n + 1, a);
		else if (c->op == HDT_OP_ARG_REDUCE)
			join_arg(a, value_of(m, c->args[0]), i);
		else
			join(a, value_of(m, c->args[0]));
	}
}

static scalar reduce(machine *m, cell *c)
{
	bool ok = true;
	accumulator a = start(c->expr);
	reduce_from(m, c, 1, &a);
	if (c->op == HDT_OP_ARG_REDUCE)
		return (scalar){.i = a.at};
	if (a.kind == HDT_REDUCE_AVG) {
		scalar both[2] = {a.total, scalar_cast((scalar){.i = a.count}, HDT_I64, a.in)};
		a.total = scalar_apply(hdt_is_float(a.in) ? HDT_OP_DIV : HDT_OP_FLOORDIV, a.in, a.in, both, &ok);
	}
	return scalar_cast(a.total, a.in, (hdt_dtype)c->dtype);
}

/* ---- cells ------------------------------------------------------------------------------------------------------ */

static scalar load(machine *m, cell *c)
{
	const machine_tensor *t = c->tensor;
	int64_t position = 0;
	for (int d = 0; d < c->count; d++) {
		int64_t index = value_of(m, c->args[d]).i;
		if (index < 0 || index >= t->shape[d]) {
			fail(m, HDT_INTERNAL, "an index of ", c->expr->tensor->name, index, t->shape[d]);
			return (scalar){.i = 0};
		}
		position = position * t->shape[d] + index;
	}
	if (m->failed || !t->data) {
		if (!m->failed)
			hdt_fail(m->context, HDT_INTERNAL, "%s: '%s' is read, but has no data", m->name, t->tensor->name);
		m->failed = true;
		return (scalar){.i = 0};
	}
	return scalar_load(t->data, (hdt_dtype)c->dtype, position);
}

static bool is_index_op(const hdt_expr *e)
{
	switch (e->op) {
	case HDT_OP_ADD:
	case HDT_OP_SUB:
	case HDT_OP_MUL:
	case HDT_OP_LT:
	case HDT_OP_LE:
		return e->args[0]->dtype == HDT_I64;
	case HDT_OP_AND:
		return true;
	default:
		return false;
	}
}

/* What scalar_apply does for these, without its detours: most of the time goes into index arithmetic. */
static scalar apply_index(machine *m, cell *c)
{
	uint64_t x = (uint64_t)value_of(m, c->args[0]).i, y = (uint64_t)value_of(m, c->args[1]).i;
	switch (c->op) {
	case HDT_OP_ADD:
		return (scalar){.i = (int64_t)(x + y)};
	case HDT_OP_SUB:
		return (scalar){.i = (int64_t)(x - y)};
	case HDT_OP_MUL:
		return (scalar){.i = (int64_t)(x * y)};
	case HDT_OP_LT:
		return (scalar){.i = (int64_t)x < (int64_t)y};
	case HDT_OP_LE:
		return (scalar){.i = (int64_t)x <= (int64_t)y};
	default:
		return (scalar){.i = x && y};
	}
}

static scalar apply(machine *m, cell *c)
{
	scalar args[3];
	bool ok = true;
	for (int i = 0; i < c->count && i < 3; i++)
		args[i] = value_of(m, c->args[i]);
	scalar v = scalar_apply((hdt_scalar_op)c->op, (hdt_dtype)c->operand_dtype, (hdt_dtype)c->dtype, args, &ok);
	if (!ok)
		fail(m, HDT_BAD_INPUT, "index", "", args[0].i, args[1].i);
	return v;
}

static scalar compute(machine *m, cell *c)
{
	scalar v;
	switch (c->op) {
	case HDT_OP_AXIS:
		v = c->value;
		break;
	case HDT_OP_LOAD:
		v = load(m, c);
		break;
	case HDT_OP_REDUCE:
	case HDT_OP_ARG_REDUCE:
		v = reduce(m, c);
		break;
	case HDT_OP_SELECT:
		v = value_of(m, value_of(m, c->args[0]).i ? c->args[1] : c->args[2]);
		break;
	case HDT_OP_CAST:
		v = scalar_cast(value_of(m, c->args[0]), (hdt_dtype)c->operand_dtype, (hdt_dtype)c->dtype);
		break;
	default:
		v = c->is_index ? apply_index(m, c) : apply(m, c);
		break;
	}
	c->value = v;
	c->version = m->versions[c->level];
	return v;
}

/* ---- making ----------------------------------------------------------------------------------------------------- */

/* The nodes below the roots, operands first, and where each one is. */
typedef struct layout {
	VEC(const hdt_expr *) nodes;
	uint32_t *places; /* by id: index in nodes + 1 */
	int arg_count;
	bool failed;
} layout;

static void place(const hdt_expr *e, void *closure)
{
	layout *l = closure;
	if (l->failed || l->places[e->id])
		return;
	l->failed = !heap_push(&l->nodes, e);
	l->places[e->id] = (uint32_t)l->nodes.count;
	l->arg_count += e->op == HDT_OP_SYMBOL ? 0 : e->count;
}

static bool lay_out(layout *l, const machine_plan *plan)
{
	l->places = calloc((size_t)expr_count(plan->context) + 1, sizeof *l->places);
	l->failed = !l->places;
	for (int i = 0; i < plan->axis_count && !l->failed; i++)
		l->failed |= !expr_walk(plan->axes[i], place, l);
	for (int i = 0; i < plan->root_count && !l->failed; i++)
		l->failed |= !expr_walk(plan->roots[i], place, l);
	return !l->failed;
}

static bool allocate(machine *m, const layout *l, const machine_plan *plan)
{
	m->cell_count = l->nodes.count;
	m->cells = calloc((size_t)l->nodes.count + 1, sizeof *m->cells);
	m->args = calloc((size_t)l->arg_count + 1, sizeof *m->args);
	m->axis_cells = calloc((size_t)plan->axis_count + 1, sizeof *m->axis_cells);
	m->root_cells = calloc((size_t)plan->root_count + 1, sizeof *m->root_cells);
	return m->cells && m->args && m->axis_cells && m->root_cells;
}

static void connect(machine *m, const layout *l, const machine_plan *plan)
{
	cell **args = m->args;
	for (int i = 0; i < m->cell_count; i++) {
		cell *c = &m->cells[i];
		const hdt_expr *e = c->expr = l->nodes.items[i];
		c->args = args;
		c->op = e->op;
		c->count = e->op == HDT_OP_SYMBOL ? 0 : e->count; /* its range is nothing to evaluate */
		c->dtype = e->dtype;
		c->operand_dtype = c->count ? e->args[0]->dtype : e->dtype;
		c->is_index = c->count == 2 && is_index_op(e);
		for (int a = 0; a < c->count; a++)
			*args++ = &m->cells[l->places[e->args[a]->id] - 1];
	}
	for (int i = 0; i < plan->axis_count; i++)
		m->axis_cells[i] = &m->cells[l->places[plan->axes[i]->id] - 1];
	for (int i = 0; i < plan->root_count; i++)
		m->root_cells[i] = &m->cells[l->places[plan->roots[i]->id] - 1];
}

static bool number_axis(machine *m, cell *c)
{
	if (!c->axis && m->levels == MACHINE_MAX_AXES) {
		hdt_fail(m->context, HDT_UNSUPPORTED, "%s: more than %d axes in one tensor", m->name, MACHINE_MAX_AXES);
		return false;
	}
	if (!c->axis)
		c->axis = (uint8_t)++m->levels;
	return true;
}

/* Outer loops first: a reduction stands after those inside it. */
static bool number_axes(machine *m, const machine_plan *plan)
{
	for (int i = 0; i < plan->axis_count; i++)
		if (!number_axis(m, m->axis_cells[i]))
			return false;
	for (int i = m->cell_count - 1; i >= 0; i--) {
		cell *c = &m->cells[i];
		for (int a = 1; expr_is_reduction(c->expr) && a < c->count; a++)
			if (!number_axis(m, c->args[a]))
				return false;
	}
	return true;
}

static bool settle_leaf(machine *m, cell *c, const machine_plan *plan)
{
	const hdt_expr *e = c->expr;
	if (e->op == HDT_OP_CONST) {
		c->value = expr_value(e);
		return true;
	}
	if (e->op == HDT_OP_SYMBOL) {
		if (expr_evaluate(e, plan->symbols, &c->value.i))
			return true;
		hdt_fail(m->context, HDT_INTERNAL, "%s: the size '%s' has no value", m->name, e->name);
		return false;
	}
	if (e->op == HDT_OP_LOAD) {
		for (int i = 0; i < plan->tensor_count; i++)
			if (plan->tensors[i].tensor == e->tensor)
				c->tensor = &plan->tensors[i];
		if (c->tensor && e->count == e->tensor->rank)
			return true;
		hdt_fail(m->context, HDT_INTERNAL, "%s: '%s' is read before it is there", m->name, e->tensor->name);
		return false;
	}
	if (e->op == HDT_OP_VARIABLE || (e->op == HDT_OP_AXIS && !c->axis)) {
		hdt_fail(m->context, HDT_INTERNAL, "%s: '%s' is not bound", m->name, e->name);
		return false;
	}
	return true;
}

/* Levels, depths and the values that never change. */
static bool settle(machine *m, const machine_plan *plan)
{
	for (int i = 0; i < m->cell_count; i++) {
		cell *c = &m->cells[i];
		const hdt_expr *e = c->expr;
		uint64_t own = 0;
		int depth = 0;
		for (int a = 0; a < c->count; a++) {
			const cell *arg = c->args[a];
			c->axes |= arg->axes;
			depth = arg->depth > depth ? arg->depth : depth;
			if (a > 0 && expr_is_reduction(e))
				own |= UINT64_C(1) << (arg->axis - 1);
		}
		if (e->op == HDT_OP_AXIS && c->axis)
			c->axes |= UINT64_C(1) << (c->axis - 1);
		c->axes &= ~own;
		c->level = c->axes ? (uint8_t)(64 - __builtin_clzll(c->axes)) : 0;
		c->depth = (uint16_t)(depth + 1);
		if (depth + 1 > MAX_DEPTH) {
			hdt_fail(m->context, HDT_UNSUPPORTED, "%s: an expression is nested more than %d deep", m->name, MAX_DEPTH);
			return false;
		}
		if (!settle_leaf(m, c, plan))
			return false;
		c->version = e->op == HDT_OP_CONST || e->op == HDT_OP_SYMBOL ? m->versions[0] : 0;
	}
	return true;
}

machine *machine_new(const machine_plan *plan)
{
	machine *m = calloc(1, sizeof *m);
	layout l = {0};
	bool ready = false;
	if (m && lay_out(&l, plan) && allocate(m, &l, plan)) {
		m->context = plan->context;
		m->name = plan->name;
		m->clock = 1;
		for (int level = 0; level <= MACHINE_MAX_AXES; level++)
			m->versions[level] = m->clock;
		connect(m, &l, plan);
		ready = number_axes(m, plan) && settle(m, plan);
	} else {
		hdt_fail(plan->context, HDT_OUT_OF_MEMORY, "%s: out of memory while evaluating", plan->name);
	}
	heap_free(&l.nodes);
	free(l.places);
	if (ready)
		return m;
	machine_free(m);
	return NULL;
}

void machine_free(machine *m)
{
	if (!m)
		return;
	free(m->cells);
	free(m->args);
	free(m->axis_cells);
	free(m->root_cells);
	free(m);
}

void machine_set_axis(machine *m, int axis, int64_t value)
{
	move_axis(m, m->axis_cells[axis], value);
}

scalar machine_value(machine *m, int root)
{
	return value_of(m, m->root_cells[root]);
}

bool machine_failed(const machine *m)
{
	return m->failed;
}
