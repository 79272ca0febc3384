/* verify.c: what holds for every finished task. The first broken rule is a fault (HDT_INTERNAL) that names the tensor.
 *
 *  - tensors: names differ; axes are distinct and span the shape; the value has the tensor's dtype
 *  - scopes: a value uses its own axes and, inside a reduction, the reduction's; no axis is bound twice on one path
 *  - loads: of inputs and earlier tensors, one i64 index a dimension; an index that depends on data stands under
 *    BOUNDED (or is the result of an arg-reduction, which is in range by itself); no index that is evaluated for certain
 *    is out of bounds for some element for certain
 *  - values nest at most MAX_DEPTH deep: those who come after recurse into them
 *  - outputs, requirements, aliases and declared inverse maps hold what they say */
#include "task/build.h"
#include "task/check.h"
#include "task/machine.h"

#include <stdlib.h>

enum { MAX_DEPTH = 2000 };

/* What is known of one node below a value. */
typedef struct node_facts {
	uint64_t free;  /* axes used and not bound below, by number */
	uint64_t bound; /* axes bound below */
	int depth;
	bool from_data; /* a load shows through: no BOUNDED, no arg-reduction in between */
	bool visited;   /* by check_bounds */
} node_facts;

typedef struct verifier {
	const hdt_task *task;
	const hdt_tensor *tensor;
	int earlier;       /* tensors before it */
	node_facts *facts; /* by id; written when a node is visited, and not read before */
	const hdt_expr *axes[MACHINE_MAX_AXES];
	int axis_count;
	bool may_be_empty; /* the tensor has no element for some sizes */
	bool failed;
} verifier;

static void fault(verifier *v, const char *format, ...) HDT_PRINTF(2, 3);
static void fault(verifier *v, const char *format, ...)
{
	va_list args;
	if (v->failed)
		return;
	va_start(args, format);
	const char *message = context_vformat(v->task->context, format, args);
	va_end(args);
	hdt_fail(v->task->context, HDT_INTERNAL, "%s: %s%s%s", v->task->name, v->tensor ? v->tensor->name : "",
	         v->tensor ? ": " : "", message);
	v->failed = true;
}

/* ---- nodes ------------------------------------------------------------------------------------------------------ */

static uint64_t axis_bit(verifier *v, const hdt_expr *axis)
{
	for (int i = 0; i < v->axis_count; i++)
		if (v->axes[i] == axis)
			return UINT64_C(1) << i;
	if (v->axis_count == MACHINE_MAX_AXES) {
		fault(v, "uses more than %d axes", MACHINE_MAX_AXES);
		return 0;
	}
	v->axes[v->axis_count] = axis;
	return UINT64_C(1) << v->axis_count++;
}

static bool is_readable(const verifier *v, const hdt_tensor *t)
{
	for (int i = 0; i < v->task->input_count; i++)
		if (v->task->inputs[i] == t)
			return true;
	for (int i = 0; i < v->earlier; i++)
		if (v->task->tensors[i] == t)
			return true;
	return false;
}

static void check_load(verifier *v, const hdt_expr *e)
{
	const hdt_tensor *t = e->tensor;
	if (!is_readable(v, t)) {
		fault(v, "reads '%s', which is no input and not defined before it", t->name);
		return;
	}
	if (e->count != t->rank || e->dtype != t->dtype)
		fault(v, "reads '%s' of rank %d with %d indices, or as another dtype", t->name, t->rank, e->count);
	for (int d = 0; d < e->count; d++) {
		if (e->args[d]->dtype != HDT_I64)
			fault(v, "index %d of '%s' is not i64", d, t->name);
		if (v->facts[e->args[d]->id].from_data)
			fault(v, "index %d of '%s', %s, depends on data and is not guarded by bounded()", d, t->name,
			      hdt_expr_text(e->args[d]));
	}
}

static void check_dtypes(verifier *v, const hdt_expr *e)
{
	bool fits = true;
	if (e->op == HDT_OP_SELECT)
		fits = e->args[0]->dtype == HDT_BOOL && e->args[1]->dtype == e->dtype && e->args[2]->dtype == e->dtype;
	else if (e->op == HDT_OP_AND || e->op == HDT_OP_OR || e->op == HDT_OP_NOT)
		fits = e->args[0]->dtype == HDT_BOOL && e->args[e->count - 1]->dtype == HDT_BOOL;
	else if (e->op == HDT_OP_REDUCE && (e->reduce == HDT_REDUCE_ALL || e->reduce == HDT_REDUCE_ANY))
		fits = e->args[0]->dtype == HDT_BOOL && e->dtype == HDT_BOOL;
	else if (e->op == HDT_OP_BOUNDED)
		fits = e->args[0]->dtype == HDT_I64 && e->args[1]->dtype == HDT_I64;
	else if (e->op == HDT_OP_FMA)
		fits = e->args[0]->dtype == e->dtype && e->args[1]->dtype == e->dtype && e->args[2]->dtype == e->dtype;
	else if (e->op >= HDT_OP_ADD && e->count == 2)
		fits = e->args[0]->dtype == e->args[1]->dtype;
	if (!fits)
		fault(v, "operands of %s have dtypes that do not go together", scalar_op_of((hdt_scalar_op)e->op)->text);
}

/* The axes that a reduction binds; those bound below it are `below`. An extent may use the axes before its own. */
static uint64_t bind(verifier *v, const hdt_expr *e, uint64_t below)
{
	uint64_t all = 0, before = 0;
	for (int i = 1; i < e->count; i++) {
		uint64_t bit = e->args[i]->op == HDT_OP_AXIS ? axis_bit(v, e->args[i]) : 0;
		if (!bit || (bit & (all | below)))
			fault(v, "a reduction is not over axes, or over an axis that is bound already");
		all |= bit;
	}
	for (int i = 1; i < e->count && !v->failed; i++) {
		uint64_t bit = axis_bit(v, e->args[i]);
		if (v->facts[e->args[i]->id].free & all & ~before & ~bit)
			fault(v, "the extent of axis '%s' uses an axis that comes after it", e->args[i]->name);
		before |= bit;
	}
	return all;
}

/* Visited operands first. */
static void check_node(const hdt_expr *e, void *closure)
{
	verifier *v = closure;
	node_facts f = {0};
	if (v->failed)
		return;
	for (int i = 0; e->op != HDT_OP_SYMBOL && e->op != HDT_OP_VARIABLE && i < e->count; i++) {
		const node_facts *arg = &v->facts[e->args[i]->id];
		f.free |= arg->free;
		f.bound |= arg->bound;
		f.from_data |= arg->from_data;
		f.depth = arg->depth > f.depth ? arg->depth : f.depth;
	}
	if (++f.depth > MAX_DEPTH)
		fault(v, "its value is nested more than %d deep", MAX_DEPTH);
	if (e->op == HDT_OP_AXIS) {
		f.free |= axis_bit(v, e);
		if (f.from_data)
			fault(v, "the extent of axis '%s' depends on data", e->name);
	}
	if (expr_is_reduction(e)) {
		uint64_t own = bind(v, e, f.bound);
		f.free &= ~own;
		f.bound |= own;
	}
	if (e->op == HDT_OP_VARIABLE)
		fault(v, "uses the variable '%s' of a function", e->name);
	if (e->op == HDT_OP_READ || e->op == HDT_OP_ADDRESS || e->op == HDT_OP_CALL)
		fault(v, "uses '%s', which belongs to functions", scalar_op_of((hdt_scalar_op)e->op)->text);
	check_dtypes(v, e);
	if (e->op == HDT_OP_LOAD)
		check_load(v, e);
	f.from_data = e->op == HDT_OP_LOAD || (f.from_data && e->op != HDT_OP_BOUNDED && e->op != HDT_OP_ARG_REDUCE);
	v->facts[e->id] = f;
}

/* ---- bounds ----------------------------------------------------------------------------------------------------- */

static bool is_empty(const hdt_expr *extent)
{
	int64_t min, max;
	return hdt_bounds(extent, &min, &max) && max <= 0;
}

/* Does the expression reach both its bounds? True of sums of multiples of different axes with constant extents. */
static bool reaches_bounds(const verifier *v, const hdt_expr *e)
{
	int64_t value;
	switch (e->op) {
	case HDT_OP_CONST:
		return true;
	case HDT_OP_AXIS:
		return hdt_is_const(e->args[0], &value) && value > 0;
	case HDT_OP_MUL:
		return hdt_is_const(e->args[1], &value) && reaches_bounds(v, e->args[0]);
	case HDT_OP_ADD:
	case HDT_OP_SUB:
		return !(v->facts[e->args[0]->id].free & v->facts[e->args[1]->id].free) && reaches_bounds(v, e->args[0]) &&
		       reaches_bounds(v, e->args[1]);
	default:
		return false;
	}
}

static void check_indices(verifier *v, const hdt_expr *load)
{
	for (int d = 0; d < load->count; d++) {
		int64_t min, max, least, most;
		const hdt_expr *extent = load->tensor->shape[d];
		if (!hdt_bounds(load->args[d], &min, &max) || !hdt_bounds(extent, &least, &most))
			continue;
		/* What reads an empty tensor may have no element itself: a run tells. */
		if (most <= 0 && v->may_be_empty)
			continue;
		bool some = reaches_bounds(v, load->args[d]) && !v->may_be_empty && (min < 0 || max >= most);
		if (max < 0 || min >= most || some)
			fault(v, "index %d of '%s', %s, is out of bounds: the dimension is %s", d, load->tensor->name,
			      hdt_expr_text(load->args[d]), hdt_expr_text(extent));
	}
}

/* Look at every load that is evaluated whenever an element is: not those in an arm of a SELECT or over no element. */
static void check_bounds(verifier *v, const hdt_expr *root)
{
	VEC(const hdt_expr *) waiting = {0};
	bool room = heap_push(&waiting, root);
	while (waiting.count && room && !v->failed) {
		const hdt_expr *e = waiting.items[--waiting.count];
		if (v->facts[e->id].visited)
			continue;
		v->facts[e->id].visited = true;
		if (e->op == HDT_OP_LOAD)
			check_indices(v, e);
		int used = e->op == HDT_OP_SYMBOL || e->op == HDT_OP_AXIS ? 0 : e->op == HDT_OP_SELECT ? 1 : e->count;
		for (int i = 1; i < e->count && expr_is_reduction(e); i++)
			if (is_empty(e->args[i]->args[0]))
				used = 0;
		for (int i = 0; i < used; i++)
			room = room && heap_push(&waiting, e->args[i]);
	}
	heap_free(&waiting);
	if (!room)
		v->failed = hdt_fail(v->task->context, HDT_OUT_OF_MEMORY, "out of memory while verifying") != HDT_OK;
}

/* ---- tensors ---------------------------------------------------------------------------------------------------- */

/* A dimension or a condition: made of symbols and constants. */
static bool is_size(const hdt_expr *e, hdt_dtype dtype)
{
	return e && e->dtype == dtype && !expr_contains_op(e, HDT_OP_AXIS) && !expr_contains_op(e, HDT_OP_LOAD) &&
	       !expr_contains_op(e, HDT_OP_VARIABLE);
}

static void check_shape(verifier *v, const hdt_tensor *t)
{
	int64_t min, max;
	v->tensor = t;
	if (t->rank < 0 || t->rank > HDT_MAX_RANK || t->dtype >= HDT_DTYPE_COUNT)
		fault(v, "has rank %d or an unknown dtype", t->rank);
	for (int d = 0; d < t->rank && !v->failed; d++) {
		if (!is_size(t->shape[d], HDT_I64))
			fault(v, "dimension %d is no i64 expression of sizes", d);
		else if (hdt_bounds(t->shape[d], &min, &max) && max < 0)
			fault(v, "dimension %d, %s, is negative", d, hdt_expr_text(t->shape[d]));
	}
}

static void check_tensor(verifier *v, const hdt_tensor *t)
{
	uint64_t own = 0;
	int64_t least, most;
	bool empty = false;
	check_shape(v, t);
	v->axis_count = 0;
	v->may_be_empty = false;
	if (!v->failed && (t->kind != HDT_TENSOR_COMPUTE || !t->value || (hdt_dtype)t->value->dtype != t->dtype))
		fault(v, "has no value, or one of another dtype");
	for (int d = 0; d < t->rank && !v->failed; d++) {
		uint64_t bit = t->axes[d] && t->axes[d]->op == HDT_OP_AXIS ? axis_bit(v, t->axes[d]) : 0;
		if (!bit || (own & bit) || t->axes[d]->args[0] != t->shape[d])
			fault(v, "axis %d is no axis over dimension %d, or comes twice", d, d);
		own |= bit;
		empty |= is_empty(t->shape[d]);
		v->may_be_empty |= !hdt_bounds(t->shape[d], &least, &most) || least <= 0;
	}
	if (v->failed)
		return;
	expr_walk(t->value, check_node, v);
	const node_facts *f = &v->facts[t->value->id];
	for (int i = 0; i < v->axis_count && !v->failed; i++) {
		if (f->free & ~own & (UINT64_C(1) << i))
			fault(v, "uses the axis '%s', which is not bound there", v->axes[i]->name);
		if (f->bound & own & (UINT64_C(1) << i))
			fault(v, "reduces over its own axis '%s'", v->axes[i]->name);
	}
	if (!v->failed && !empty)
		check_bounds(v, t->value);
}

static void check_names(verifier *v, const hdt_tensor *t, int earlier)
{
	v->tensor = t;
	for (int i = 0; i < v->task->input_count; i++)
		if (v->task->inputs[i] && v->task->inputs[i] != t && v->task->inputs[i]->name == t->name)
			fault(v, "the name is taken by an input");
	for (int i = 0; i < earlier; i++)
		if (v->task->tensors[i]->name == t->name)
			fault(v, "the name is taken by an earlier tensor");
}

/* ---- the rest --------------------------------------------------------------------------------------------------- */

static void check_outputs(verifier *v)
{
	const hdt_task *t = v->task;
	v->tensor = NULL;
	if (!t->output_count)
		fault(v, "has no output");
	for (int o = 0; o < t->output_count; o++) {
		int found = 0;
		for (int i = 0; i < t->tensor_count; i++)
			found += t->tensors[i] == t->outputs[o];
		for (int other = 0; other < o; other++)
			found += t->outputs[other] == t->outputs[o];
		if (found != 1)
			fault(v, "output %d is no tensor of the task, or given twice", o);
	}
	for (int i = 0; i < t->assertion_count; i++)
		if (!is_size(t->assertions[i].condition, HDT_BOOL))
			fault(v, "requirement %d is no condition on sizes", i);
}

/* Is element `axes` of the output the element of the input at the same row-major position? */
static bool alias_holds(const hdt_task *task, const hdt_tensor *output, const hdt_tensor *input)
{
	const hdt_expr *load = output->value;
	if (load->op != HDT_OP_LOAD || load->tensor != input || load->dtype != output->dtype)
		return false;
	hdt_context *c = task->context;
	const hdt_expr *got[2] = {hdt_flatten(c, hdt_shape(input), (hdt_list){load->args, load->count}),
	                          hdt_product(c, hdt_shape(input))};
	const hdt_expr *want[2] = {hdt_flatten(c, hdt_shape(output), (hdt_list){output->axes, output->rank}),
	                           hdt_product(c, hdt_shape(output))};
	if (!got[0] || !got[1] || !want[0] || !want[1] || expr_contains_op(got[0], HDT_OP_LOAD))
		return false;
	if (hdt_proves_equal(got[0], want[0]) && hdt_proves_equal(got[1], want[1]))
		return true;
	return probe_equal(task, (hdt_list){output->axes, output->rank}, (hdt_list){got, 2}, (hdt_list){want, 2});
}

static void check_aliases(verifier *v)
{
	const hdt_task *t = v->task;
	for (int o = 0; o < t->output_count && t->aliases && !v->failed; o++) {
		int i = t->aliases[o];
		v->tensor = t->outputs[o];
		if (i < -1 || i >= t->input_count || (i >= 0 && !t->inputs[i]))
			fault(v, "is declared to be input %d, which there is not", i);
		else if (i >= 0 && !alias_holds(t, t->outputs[o], t->inputs[i]))
			fault(v, "is declared to be the memory of '%s', but its elements differ", t->inputs[i]->name);
	}
}

static void check_inverses(verifier *v)
{
	/* Derived maps were read off the loads themselves. */
	int declared = task_builder_of(v->task)->declared_inverse_count;
	for (int i = 0; i < declared && !v->failed; i++) {
		const hdt_inverse_map *m = &v->task->inverses[i];
		v->tensor = m->output;
		if (!inverse_holds(v->task, m))
			fault(v, "the inverse map declared for '%s' does not hold", m->input->name);
	}
}

hdt_status task_verify(const hdt_task *task)
{
	verifier v = {.task = task};
	if (hdt_context_status(task->context) != HDT_OK)
		return hdt_context_status(task->context);
	v.facts = malloc(((size_t)expr_count(task->context) + 1) * sizeof *v.facts);
	if (!v.facts)
		return hdt_fail(task->context, HDT_OUT_OF_MEMORY, "%s: out of memory while verifying", task->name);
	for (int i = 0; i < task->input_count && !v.failed; i++)
		if (task->inputs[i])
			check_shape(&v, task->inputs[i]);
	for (int i = 0; i < task->tensor_count && !v.failed; i++) {
		v.earlier = i;
		check_names(&v, task->tensors[i], i);
		check_tensor(&v, task->tensors[i]);
	}
	free(v.facts);
	if (!v.failed)
		check_outputs(&v);
	if (!v.failed)
		check_aliases(&v);
	if (!v.failed)
		check_inverses(&v);
	return hdt_context_status(task->context);
}
