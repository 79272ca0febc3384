/* bind.c: the values of a graph's symbols from the shapes of the actual inputs, and every check that hangs on them.
 *
 * First each dimension of the form a * n + b gives n its value; then all dimensions, ranges and assertions are checked
 * with these values, so that an input that disagrees with another one is named. */
#include "graph/graph.h"

/* e == a * symbol + b, with constants a != 0 and b. */
typedef struct linear {
	const hdt_expr *symbol;
	int64_t a, b;
} linear;

static bool read_linear(const hdt_expr *e, linear *out);

static bool read_sum(const hdt_expr *e, linear *out)
{
	int64_t constant = 0;
	bool minus = e->op == HDT_OP_SUB;
	if (hdt_is_const(e->args[1], &constant) && read_linear(e->args[0], out))
		return !(minus ? __builtin_sub_overflow(out->b, constant, &out->b)
		               : __builtin_add_overflow(out->b, constant, &out->b));
	if (!hdt_is_const(e->args[0], &constant) || !read_linear(e->args[1], out))
		return false;
	if (minus &&
	    (__builtin_sub_overflow((int64_t)0, out->a, &out->a) || __builtin_sub_overflow((int64_t)0, out->b, &out->b)))
		return false;
	return !__builtin_add_overflow(out->b, constant, &out->b);
}

static bool read_linear(const hdt_expr *e, linear *out)
{
	int64_t constant = 0;
	switch (e->op) {
	case HDT_OP_SYMBOL:
		*out = (linear){e, 1, 0};
		return true;
	case HDT_OP_ADD:
	case HDT_OP_SUB:
		return read_sum(e, out);
	case HDT_OP_MUL:
		for (int i = 0; i < 2; i++)
			if (hdt_is_const(e->args[i], &constant) && constant != 0 && read_linear(e->args[1 - i], out))
				return !__builtin_mul_overflow(out->a, constant, &out->a) &&
				       !__builtin_mul_overflow(out->b, constant, &out->b);
		return false;
	default:
		return false;
	}
}

typedef struct binding {
	const hdt_graph *graph;
	hdt_context *diagnostics;
	int64_t *values;
	bool known[64]; /* symbols solved so far; a graph with more is refused */
} binding;

static int symbol_index(const hdt_graph *graph, const hdt_expr *symbol)
{
	for (int i = 0; i < graph->symbol_count; i++)
		if (graph->symbols[i] == symbol)
			return i;
	return -1;
}

/* Give the symbol in `dim` its value where `size` tells it. Whether it fits is checked later. */
static void solve(binding *b, const hdt_expr *dim, int64_t size)
{
	linear l;
	int64_t rest = 0;
	if (!read_linear(dim, &l) || __builtin_sub_overflow(size, l.b, &rest) || (l.a == -1 && rest == INT64_MIN) ||
	    rest % l.a != 0)
		return;
	int i = symbol_index(b->graph, l.symbol);
	if (i < 0 || b->known[i])
		return;
	b->values[i] = rest / l.a;
	b->known[i] = true;
}

static hdt_status check_signature(const binding *b, const hdt_value *input, const actual_input *actual)
{
	if (actual->dtype != input->dtype)
		return hdt_fail(b->diagnostics, HDT_BAD_INPUT, "input '%s' must be %s, not %s", input->name,
		                hdt_dtype_of(input->dtype)->name,
		                (unsigned)actual->dtype < HDT_DTYPE_COUNT ? hdt_dtype_of(actual->dtype)->name
		                                                          : "an unknown dtype");
	if (actual->rank != input->rank)
		return hdt_fail(b->diagnostics, HDT_BAD_INPUT, "input '%s' must have %d dimension%s, not %d", input->name,
		                input->rank, input->rank == 1 ? "" : "s", actual->rank);
	for (int d = 0; d < input->rank; d++)
		if (actual->shape[d] < 0 || actual->shape[d] > MAX_DIMENSION)
			return hdt_fail(b->diagnostics, HDT_BAD_INPUT, "input '%s': dimension %d is %s", input->name, d,
			                actual->shape[d] < 0 ? "negative" : "too large");
	return HDT_OK;
}

static hdt_status check_range(const binding *b, int i)
{
	const hdt_expr *symbol = b->graph->symbols[i];
	int64_t min = 0, max = INT64_MAX;
	if (!b->known[i])
		return hdt_fail(b->diagnostics, HDT_BAD_INPUT, "the size '%s' cannot be told from the shapes of the inputs",
		                symbol->name);
	hdt_bounds(symbol, &min, &max);
	if (b->values[i] >= min && b->values[i] <= max)
		return HDT_OK;
	for (int n = 0; n < b->graph->input_count; n++)
		for (int d = 0; d < b->graph->inputs[n]->rank; d++)
			if (expr_contains(b->graph->inputs[n]->shape[d], symbol))
				return hdt_fail(b->diagnostics, HDT_BAD_INPUT,
				                "input '%s', dimension %d: '%s' would be %lld, outside its range %lld..%lld",
				                b->graph->inputs[n]->name, d, symbol->name, (long long)b->values[i], (long long)min,
				                (long long)max);
	return hdt_fail(b->diagnostics, HDT_BAD_INPUT, "'%s' would be %lld, outside its range %lld..%lld", symbol->name,
	                (long long)b->values[i], (long long)min, (long long)max);
}

/* What it is when an expression has no value for these sizes. */
static hdt_status no_value(const binding *b)
{
	return hdt_context_status(b->graph->context) == HDT_OUT_OF_MEMORY ? HDT_OUT_OF_MEMORY : HDT_BAD_INPUT;
}

/* Can every symbol that a dimension needs be told? Otherwise the dimension itself is named as the one that does not
 * fit. */
static hdt_status check_dims(const binding *b, const bindings *all, const hdt_value *input, const actual_input *actual)
{
	for (int d = 0; d < input->rank; d++) {
		int64_t want = 0;
		if (!expr_evaluate(input->shape[d], all, &want))
			return hdt_fail(b->diagnostics, no_value(b), "input '%s', dimension %d: %s cannot be computed", input->name,
			                d, hdt_expr_text(input->shape[d]));
		int64_t known = 0;
		if (want != actual->shape[d])
			return hdt_fail(
				b->diagnostics, HDT_BAD_INPUT, "input '%s', dimension %d: %lld does not fit, it must be %s%s%s",
				input->name, d, (long long)actual->shape[d], hdt_expr_text(input->shape[d]),
				hdt_is_const(input->shape[d], &known) ? "" : " = ",
				hdt_is_const(input->shape[d], &known) ? "" : hdt_format(b->diagnostics, "%lld", (long long)want));
	}
	return HDT_OK;
}

/* A dimension a * n + b whose size gives n no whole value. */
static hdt_status check_solvable(const binding *b, const hdt_value *input, const actual_input *actual)
{
	for (int d = 0; d < input->rank; d++) {
		linear l;
		if (!read_linear(input->shape[d], &l))
			continue;
		int i = symbol_index(b->graph, l.symbol);
		if (i >= 0 && !b->known[i])
			return hdt_fail(b->diagnostics, HDT_BAD_INPUT,
			                "input '%s', dimension %d: %lld does not fit %s for any whole '%s'", input->name, d,
			                (long long)actual->shape[d], hdt_expr_text(input->shape[d]), l.symbol->name);
	}
	return HDT_OK;
}

static hdt_status check_assertions(const binding *b, const bindings *all, const hdt_assertion *assertions, int count,
                                   const hdt_node *node)
{
	for (int i = 0; i < count; i++) {
		int64_t holds = 0;
		bool known = expr_evaluate(assertions[i].condition, all, &holds);
		if (known && holds)
			continue;
		return hdt_fail(b->diagnostics, known ? HDT_BAD_INPUT : no_value(b),
		                "these input sizes do not fit the model: %s%s%s (it requires %s)", node ? node->op->name : "",
		                node ? ": " : "", assertions[i].message, hdt_expr_text(assertions[i].condition));
	}
	return HDT_OK;
}

static hdt_status check_all(const binding *b, const actual_input *inputs)
{
	const hdt_graph *g = b->graph;
	const bindings all = {g->symbols, b->values, g->symbol_count};
	hdt_status status = HDT_OK;
	for (int i = 0; i < g->input_count && status == HDT_OK; i++)
		status = check_solvable(b, g->inputs[i], &inputs[i]);
	for (int i = 0; i < g->symbol_count && status == HDT_OK; i++)
		status = check_range(b, i);
	for (int i = 0; i < g->input_count && status == HDT_OK; i++)
		status = check_dims(b, &all, g->inputs[i], &inputs[i]);
	if (status == HDT_OK)
		status = check_assertions(b, &all, g->assertions, g->assertion_count, NULL);
	for (int i = 0; i < g->node_count && status == HDT_OK; i++)
		status =
			check_assertions(b, &all, g->nodes[i]->task->assertions, g->nodes[i]->task->assertion_count, g->nodes[i]);
	return status;
}

hdt_status graph_bind(const hdt_graph *graph, hdt_context *diagnostics, const actual_input *inputs, int count,
                      int64_t *values)
{
	binding b = {.graph = graph, .diagnostics = diagnostics, .values = values};
	if (count != graph->input_count)
		return hdt_fail(diagnostics, HDT_BAD_INPUT, "the model takes %d input%s, not %d", graph->input_count,
		                graph->input_count == 1 ? "" : "s", count);
	if (graph->symbol_count > (int)(sizeof b.known / sizeof *b.known))
		return hdt_fail(diagnostics, HDT_BAD_MODEL, "graph '%s' has %d symbolic sizes; at most %d are supported",
		                graph->name, graph->symbol_count, (int)(sizeof b.known / sizeof *b.known));
	for (int i = 0; i < count; i++) {
		hdt_status status = check_signature(&b, graph->inputs[i], &inputs[i]);
		if (status != HDT_OK)
			return status;
	}
	for (int i = 0; i < count; i++)
		for (int d = 0; d < inputs[i].rank; d++)
			solve(&b, graph->inputs[i]->shape[d], inputs[i].shape[d]);
	return check_all(&b, inputs);
}
