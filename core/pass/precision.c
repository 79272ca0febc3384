/* precision.c: what is computed of f32 in each run is computed of a narrower float instead.
 *
 *     graph @g(%x: f32[n, 4]) {              graph @g(%x: f32[n, 4]) {
 *       %w = const f32[4, 4] from ...          %0 = cast(%x, dtype=f16)      once for each input
 *       %0 = matmul(%x, %w)             =>     %1 = cast(%w, dtype=f16)      computed once, before the first run
 *       return %0                              %2 = matmul(%0, %1)
 *     }                                        %3 = cast(%2, dtype=f32)      the outputs are what they were
 *                                              return %3
 *
 * Nodes are built anew on narrow inputs, with the dtype attributes that say f32 saying the narrower one. A node that refuses these, or gives
 * another shape or dtype, stays as it was, with conversions around it. What depends on constants alone stays f32 up to where others read it: it
 * is computed once, so it may as well be exact. Finite numbers that the narrower type does not have, in constants and attributes, become its
 * largest: masks are full of them, and infinity minus infinity is no number. Which operator converts is found by what the operators compute. */
#include "pass/pass.h"

#include "base/explain.h"
#include "base/map.h"
#include "registry/registry.h"
#include <math.h>
#include <stdlib.h>

typedef struct narrowing {
	hdt_graph *graph;
	hdt_dtype to;
	double largest;        /* finite number of that dtype */
	const char *converter; /* the operator that converts, and its attribute that says into what */
	const char *into;
	map narrow; /* f32 value -> its narrow form */
	map same;   /* value -> its form of its own dtype, which is the value itself where nothing has changed */
	map setup;  /* value -> itself: depends on constants alone */
	int narrowed, kept, conversions;
	explanation *explain;
} narrowing;

/* ---- conversions --------------------------------------------------------------------------------------------------- */

/* Is it the element of the task's input at the output's own place, in the other dtype, and nothing more? */
static bool only_converts(const hdt_task *task, hdt_dtype to)
{
	const hdt_tensor *out = task->output_count == 1 ? task->outputs[0] : NULL;
	const hdt_expr *e = out && out->kind == HDT_TENSOR_COMPUTE && out->dtype == to ? out->value : NULL;
	if (!e || e->op != HDT_OP_CAST || out->rank != 1)
		return false;
	e = e->args[0];
	return e->op == HDT_OP_LOAD && e->tensor == task->inputs[0] && e->args[0] == out->axes[0];
}

/* The attribute by which this operator of one input converts to any dtype; NULL: it does not. */
static const char *find_into(const narrowing *n, const hdt_operator *op)
{
	hdt_context *context = n->graph->context;
	const hdt_expr *extent = hdt_int(context, 2);
	const task_input x = {.present = true, .dtype = HDT_F32, .shape = HDT_AT(extent)};
	int required, most, given = 0;
	const char *into = NULL;
	operator_arity(op, &required, &most);
	for (const hdt_attribute *a = op->attributes; a && a->name; a++) {
		given += !a->fallback;
		into = a->kind == HDT_ATTRIBUTE_DTYPE ? a->name : into;
	}
	if (required != 1 || most != 1 || !into || given > 1 || hdt_context_status(context) != HDT_OK)
		return NULL;
	const hdt_attribute_value *attributes = attributes_complete(context, op, HDT_WITH(hdt_dtype_value(into, n->to)));
	const hdt_task *task = attributes ? task_build(context, op, &x, 1, attributes) : NULL;
	bool found = task && only_converts(task, n->to);
	if (!task && hdt_context_status(context) != HDT_OUT_OF_MEMORY)
		context_clear_fault(context);
	return found ? into : NULL;
}

static hdt_status find_converter(narrowing *n)
{
	hdt_context *context = n->graph->context;
	int count = context->registry ? registry_count(context->registry, REGISTRY_OPERATOR) : 0;
	for (int i = 0; i < count && !n->into; i++) {
		const hdt_operator *op = registry_at(context->registry, REGISTRY_OPERATOR, i)->descriptor;
		n->into = find_into(n, op);
		n->converter = op->name;
	}
	if (n->into || hdt_context_status(context) != HDT_OK)
		return hdt_context_status(context);
	return hdt_fail(context, HDT_UNSUPPORTED,
	                "nothing can be computed in %s: no plugin provides an operator that converts",
	                hdt_dtype_of(n->to)->name);
}

static hdt_value *convert(narrowing *n, hdt_value *value, hdt_dtype to)
{
	n->conversions++;
	return hdt_apply(n->graph, n->converter, HDT_VALUES(value), HDT_WITH(hdt_dtype_value(n->into, to)));
}

/* The largest number is stored right below infinity. */
static double largest_of(hdt_dtype dtype)
{
	uint16_t bits;
	scalar_store(&bits, dtype, 0, (scalar){.f = INFINITY});
	bits--;
	return scalar_load(&bits, dtype, 0).f;
}

static bool exceeds(const narrowing *n, double x)
{
	return isfinite(x) && isinf(scalar_cast((scalar){.f = x}, HDT_F64, n->to).f);
}

static double bring_in(const narrowing *n, double x)
{
	return exceeds(n, x) ? copysign(n->largest, x) : x;
}

/* Small ones are converted here and now, and those of numbers that the narrower type does not have. */
static bool is_converted_here(const narrowing *n, const hdt_value *constant, int64_t elements)
{
	enum { SMALL = 256 };
	bool here = constant->constant->data && elements <= SMALL;
	for (int64_t i = 0; constant->constant->data && i < elements && !here; i++)
		here = exceeds(n, scalar_load(constant->constant->data, HDT_F32, i).f);
	return here;
}

static hdt_value *narrow_constant(narrowing *n, hdt_value *value)
{
	int64_t elements = value_bytes(value) / hdt_dtype_of(HDT_F32)->bytes;
	size_t bytes = (size_t)elements * hdt_dtype_of(n->to)->bytes;
	if (!is_converted_here(n, value, elements))
		return convert(n, value, n->to);
	void *data = malloc(bytes + 1);
	if (!data) {
		hdt_fail(n->graph->context, HDT_OUT_OF_MEMORY, "out of memory while constants were converted");
		return NULL;
	}
	for (int64_t i = 0; i < elements; i++)
		scalar_store(data, n->to, i, (scalar){.f = bring_in(n, scalar_load(value->constant->data, HDT_F32, i).f)});
	return hdt_graph_constant(n->graph, value->name, n->to, hdt_value_shape(value),
	                          (hdt_data){data, bytes, free, data, false});
}

/* ---- values --------------------------------------------------------------------------------------------------------- */

/* The value in its own dtype, in the new graph. NULL after a fault. */
static hdt_value *same_of(narrowing *n, hdt_value *value)
{
	hdt_value *narrow = map_get(&n->narrow, value), *same = map_get(&n->same, value);
	if (same || !value->producer)
		return same ? same : value;
	same = narrow ? convert(n, narrow, HDT_F32) : NULL;
	return same && map_set(&n->same, value, same) ? same : NULL;
}

/* The narrow form of an f32 value. NULL after a fault. */
static hdt_value *narrow_of(narrowing *n, hdt_value *value)
{
	hdt_value *narrow = map_get(&n->narrow, value);
	if (narrow)
		return narrow;
	hdt_value *same = value->constant ? value : same_of(n, value);
	narrow = value->constant ? narrow_constant(n, value) : same ? convert(n, same, n->to) : NULL;
	return narrow && map_set(&n->narrow, value, narrow) ? narrow : NULL;
}

static bool is_f32(const hdt_value *value)
{
	return value && value->dtype == HDT_F32;
}

/* ---- nodes ---------------------------------------------------------------------------------------------------------- */

static bool is_setup(const narrowing *n, const hdt_node *node)
{
	for (int i = 0; i < node->input_count; i++)
		if (node->inputs[i] && !node->inputs[i]->constant && !map_get(&n->setup, node->inputs[i]))
			return false;
	return true;
}

static bool has_f32(const hdt_node *node)
{
	bool found = false;
	for (int i = 0; i < node->input_count; i++)
		found |= is_f32(node->inputs[i]);
	for (int i = 0; i < node->output_count; i++)
		found |= is_f32(node->outputs[i]);
	return found;
}

/* The node stays where it is, as it is. */
static bool keep_node(narrowing *n, const hdt_node *node, bool setup)
{
	for (int i = 0; i < node->output_count; i++)
		if (!map_set(&n->same, node->outputs[i], node->outputs[i]) ||
		    (setup && !map_set(&n->setup, node->outputs[i], node->outputs[i])))
			return false;
	return true;
}

static const hdt_attribute_value *narrow_attributes(const narrowing *n, const hdt_node *node)
{
	int count = 0;
	while (node->attributes && node->attributes[count].name)
		count++;
	hdt_attribute_value *all = hdt_allocate(n->graph->context, sizeof *all * (size_t)(count + 1));
	for (int i = 0; all && i < count; i++) {
		all[i] = node->attributes[i];
		if (all[i].kind == HDT_ATTRIBUTE_DTYPE && all[i].integer == HDT_F32)
			all[i].integer = n->to;
		if (all[i].kind == HDT_ATTRIBUTE_FLOAT)
			all[i].real = bring_in(n, all[i].real);
	}
	return all;
}

/* Why the new node cannot stand for the old one; NULL: it can. */
static const char *find_misfit(const narrowing *n, const hdt_node *old, const hdt_node *made)
{
	hdt_context *context = n->graph->context;
	if (!made)
		return hdt_format(context, "%s", context->message);
	if (made->output_count != old->output_count)
		return "the number of its outputs changes";
	for (int i = 0; i < old->output_count; i++) {
		const hdt_value *a = old->outputs[i], *b = made->outputs[i];
		if (b->dtype != a->dtype && (!is_f32(a) || b->dtype != n->to))
			return hdt_format(context, "it gives %s, not %s", hdt_dtype_of(b->dtype)->name,
			                  hdt_dtype_of(a->dtype)->name);
		for (int d = 0; d < a->rank; d++)
			if (b->rank != a->rank || !hdt_proves_equal(a->shape[d], b->shape[d]))
				return "its shape changes";
	}
	return NULL;
}

/* What the outputs of `node` are from here on. */
static bool note_outputs(narrowing *n, const hdt_node *node, const hdt_node *made)
{
	for (int i = 0; i < node->output_count; i++) {
		bool same = made->outputs[i]->dtype == node->outputs[i]->dtype;
		if (!map_set(same ? &n->same : &n->narrow, node->outputs[i], made->outputs[i]))
			return false;
	}
	return true;
}

/* Inputs for the node, narrow or of their own dtypes; *changed: they are others than before. NULL after a fault. */
static hdt_value **make_inputs(narrowing *n, const hdt_node *node, bool narrow, bool *changed)
{
	hdt_value **inputs = hdt_allocate(n->graph->context, sizeof *inputs * (size_t)(node->input_count + 1));
	*changed = false;
	for (int i = 0; inputs && i < node->input_count; i++) {
		hdt_value *old = node->inputs[i];
		inputs[i] = !old ? NULL : narrow && is_f32(old) ? narrow_of(n, old) : same_of(n, old);
		if (old && !inputs[i])
			return NULL;
		*changed |= inputs[i] != old;
	}
	return inputs;
}

/* As it was, on inputs that may have been computed of narrow ones. */
static bool build_same(narrowing *n, const hdt_node *node)
{
	bool changed;
	hdt_value **inputs = make_inputs(n, node, false, &changed);
	if (!inputs || !changed)
		return inputs && keep_node(n, node, false);
	const hdt_node *made = hdt_apply_node(n->graph, node->op->name, inputs, node->input_count, node->attributes);
	return made && note_outputs(n, node, made);
}

/* *reason: why the node cannot be narrow. False after a fault. */
static bool build_narrow(narrowing *n, const hdt_node *node, const char **reason)
{
	hdt_graph *graph = n->graph;
	bool changed;
	hdt_value **inputs = make_inputs(n, node, true, &changed);
	const hdt_attribute_value *attributes = narrow_attributes(n, node);
	if (!inputs || !attributes)
		return false;
	if (node->op->name == n->converter && is_f32(node->outputs[0]) && inputs[0]->dtype == n->to)
		return map_set(&n->narrow, node->outputs[0], inputs[0]); /* what the model narrowed itself */
	graph_mark mark = graph_get_mark(graph);
	const hdt_node *made = hdt_apply_node(graph, node->op->name, inputs, node->input_count, attributes);
	*reason = find_misfit(n, node, made);
	if (hdt_context_status(graph->context) == HDT_OUT_OF_MEMORY)
		return false;
	if (!*reason)
		return note_outputs(n, node, made);
	graph_rewind(graph, mark);
	context_clear_fault(graph->context);
	return true;
}

static bool build_node(narrowing *n, const hdt_node *node)
{
	const char *reason = NULL;
	if (is_setup(n, node))
		return keep_node(n, node, true);
	hdt_graph_set_origin(n->graph, node->origin);
	if (!has_f32(node))
		return build_same(n, node);
	if (!build_narrow(n, node, &reason))
		return false;
	n->narrowed += !reason;
	n->kept += reason != NULL;
	if (reason && n->explain)
		explain_line(n->explain, hdt_format(n->graph->context, "%s %s", node->op->name, reason),
		             "%%%s = %s stays f32: %s", node->outputs[0]->name, node->op->name, reason);
	return !reason || build_same(n, node);
}

/* ---- the pass -------------------------------------------------------------------------------------------------------- */

static bool replace_outputs(narrowing *n)
{
	hdt_graph *graph = n->graph;
	hdt_value **old = hdt_allocate(graph->context, sizeof *old * (size_t)(graph->output_count + 1));
	for (int i = 0; old && i < graph->output_count; i++)
		old[i] = graph->outputs[i];
	hdt_graph_set_origin(graph, NULL);
	for (int i = 0; old && i < graph->output_count; i++) {
		hdt_value *now = same_of(n, old[i]);
		if (!now || graph_replace_uses(graph, old[i], now) != HDT_OK)
			return false;
	}
	return old != NULL;
}

hdt_status pass_precision(hdt_graph *graph, hdt_dtype to, explanation *explain)
{
	narrowing n = {.graph = graph, .to = to, .largest = largest_of(to), .explain = explain};
	int count = graph->node_count;
	map_init(&n.narrow, graph->context);
	map_init(&n.same, graph->context);
	map_init(&n.setup, graph->context);
	hdt_status status = hdt_context_status(graph->context);
	if (status == HDT_OK)
		status = find_converter(&n);
	bool good = status == HDT_OK;
	for (int i = 0; i < count && good; i++)
		good = build_node(&n, graph->nodes[i]);
	good = good && replace_outputs(&n);
	graph_sweep(graph);
	if (good && explain)
		explain_line(explain, NULL, "%d nodes compute in %s, %d stay f32, %d conversions", n.narrowed,
		             hdt_dtype_of(to)->name, n.kept, n.conversions);
	status = hdt_context_status(graph->context);
	return good || status != HDT_OK ? status : hdt_fail(graph->context, HDT_OUT_OF_MEMORY, "out of memory");
}
