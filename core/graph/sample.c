/* sample.c: the sample calls of an operator:  softmax(T[n, 7] in 0..1, axis=1) where n = 5
 *
 * `T` stands for the given dtype, as an input's and as an attribute's value. Each typed input becomes an input in0,
 * in1, ... of a graph with this one node, all of whose outputs are outputs. A size that occurs in no input but in an
 * attribute gets an input of its own that nothing reads, so that a run can tell its value. */
#include "graph/state.h"

#include <string.h>

enum {
	MAX_INPUTS = sizeof((sample *)0)->low / sizeof(double),
	MAX_SYMBOLS = sizeof((sample *)0)->values / sizeof(int64_t)
};

typedef struct sample_parser {
	parser p;
	hdt_dtype t;
	sample *out;
	VEC(hdt_value *) inputs;
	VEC(hdt_attribute_value) attributes;
	VEC(const hdt_expr *) symbols; /* every one that occurs */
} sample_parser;

static const hdt_expr *resolve_symbol(parser *p, const char *name, void *closure)
{
	sample_parser *s = closure;
	const hdt_expr *symbol = hdt_symbol(p->context, name, 0, INT32_MAX);
	for (int i = 0; i < s->symbols.count; i++)
		if (s->symbols.items[i] == symbol)
			return symbol;
	return symbol && vec_push(p->context, &s->symbols, symbol) ? symbol : NULL;
}

static bool read_number(parser *p, double *out)
{
	bool minus = parser_accept(p, "-");
	token t = p->now;
	if (t.kind != TOKEN_INTEGER && t.kind != TOKEN_FLOAT)
		return parser_fail(p, "expected a number"), false;
	parser_next(p);
	*out = t.kind == TOKEN_FLOAT ? t.real : (double)t.integer;
	*out = minus ? -*out : *out;
	return !p->failed;
}

static void default_range(hdt_dtype dtype, double *low, double *high)
{
	hdt_dtype_kind kind = hdt_dtype_of(dtype)->kind;
	*low = kind == HDT_KIND_BOOL || kind == HDT_KIND_UINT ? 0 : -2;
	*high = kind == HDT_KIND_BOOL ? 1 : kind == HDT_KIND_UINT ? 4 : 2;
}

static hdt_value *add_input(sample_parser *s, hdt_dtype dtype, hdt_list shape)
{
	hdt_graph *graph = s->out->graph;
	int index = graph ? graph->input_count : 0;
	if (index >= MAX_INPUTS)
		return parser_fail(&s->p, "a sample has at most %d inputs", MAX_INPUTS), NULL;
	default_range(dtype, &s->out->low[index], &s->out->high[index]);
	return hdt_graph_input(graph, hdt_format(s->p.context, "in%d", index), dtype, shape);
}

static hdt_dtype read_dtype(sample_parser *s)
{
	if (!parser_is(&s->p, "T"))
		return parse_dtype(&s->p);
	parser_next(&s->p);
	return s->t;
}

/* f32[n, 4] in -1..0.5 */
static bool read_input(sample_parser *s)
{
	parser *p = &s->p;
	const hdt_expr *dims[HDT_MAX_RANK];
	hdt_dtype dtype = read_dtype(s);
	int rank = p->failed ? -1 : parse_dims(p, dims);
	hdt_value *value = rank < 0 ? NULL : add_input(s, dtype, (hdt_list){dims, rank});
	if (!value || !vec_push(p->context, &s->inputs, value))
		return false;
	if (!parser_accept(p, "in"))
		return true;
	double *low = &s->out->low[value->index], *high = &s->out->high[value->index];
	if (!read_number(p, low) || !parser_expect(p, "..", "inside the range") || !read_number(p, high))
		return false;
	return *low <= *high || (parser_fail(p, "the range of the data is empty"), false);
}

static bool read_attribute(sample_parser *s, const char *name)
{
	parser *p = &s->p;
	hdt_attribute_value value = {0};
	if (parser_accept(p, "T"))
		value = hdt_dtype_value(name, s->t);
	else if (!parse_attribute(p, &value))
		return false;
	value.name = name;
	return !p->failed && vec_push(p->context, &s->attributes, value);
}

static bool read_operand(sample_parser *s)
{
	parser *p = &s->p;
	parser ahead = *p;
	parser_next(&ahead);
	if (p->now.kind == TOKEN_NAME && parser_is(&ahead, "=")) {
		const char *name = p->now.text;
		parser_next(p);
		parser_next(p);
		return read_attribute(s, name);
	}
	if (parser_accept(p, "none"))
		return vec_push(p->context, &s->inputs, NULL);
	return read_input(s);
}

/* softmax(...) */
static bool read_call(sample_parser *s)
{
	parser *p = &s->p;
	token op = p->now;
	const hdt_attribute_value end = {0};
	if (op.kind != TOKEN_NAME)
		return parser_fail(p, "expected an operator"), false;
	parser_next(p);
	s->out->graph = hdt_graph_new(p->context, op.text);
	if (!s->out->graph || !parser_expect(p, "(", "after the operator"))
		return false;
	while (!p->failed && !parser_is(p, ")")) {
		if (!read_operand(s))
			return false;
		if (!parser_accept(p, ","))
			break;
	}
	if (!parser_expect(p, ")", "after the operands") || !vec_push(p->context, &s->attributes, end))
		return false;
	hdt_node *node = hdt_apply_node(s->out->graph, op.text, s->inputs.items, s->inputs.count, s->attributes.items);
	for (int i = 0; node && i < node->output_count; i++)
		hdt_graph_output(s->out->graph, NULL, node->outputs[i]);
	return node != NULL;
}

/* Sizes that only attributes use get an input of their own. */
static bool add_size_inputs(sample_parser *s)
{
	hdt_graph *graph = s->out->graph;
	for (int i = 0; i < s->symbols.count; i++) {
		bool known = false;
		for (int n = 0; n < graph->symbol_count; n++)
			known = known || graph->symbols[n] == s->symbols.items[i];
		if (!known && !add_input(s, HDT_BOOL, (hdt_list){&s->symbols.items[i], 1}))
			return false;
	}
	return graph->symbol_count <= MAX_SYMBOLS ||
	       (parser_fail(&s->p, "a sample has at most %d sizes", MAX_SYMBOLS), false);
}

/* where n = 5, m = 3 */
static bool read_sizes(sample_parser *s)
{
	parser *p = &s->p;
	const hdt_graph *graph = s->out->graph;
	bool given[MAX_SYMBOLS] = {false};
	while (parser_is(p, "where") || (parser_is(p, ",") && graph->symbol_count)) {
		parser_next(p);
		token name = p->now;
		int index = 0;
		while (index < graph->symbol_count &&
		       (name.kind != TOKEN_NAME || strcmp(graph->symbols[index]->name, name.text)))
			index++;
		if (index == graph->symbol_count)
			return parser_fail(p, "expected the name of a size that the sample uses"), false;
		parser_next(p);
		if (!parser_expect(p, "=", "after the size's name"))
			return false;
		s->out->values[index] = p->now.integer;
		given[index] = true;
		if (p->now.kind != TOKEN_INTEGER)
			return parser_fail(p, "expected a whole size"), false;
		parser_next(p);
	}
	for (int i = 0; i < graph->symbol_count; i++)
		if (!given[i])
			return parser_fail(p, "the size '%s' has no value: add  where %s = 5", graph->symbols[i]->name,
			                   graph->symbols[i]->name),
			       false;
	return p->now.kind == TOKEN_END || (parser_fail(p, "expected the end of the sample"), false);
}

hdt_status sample_parse(hdt_context *context, const char *source, hdt_dtype t, sample *out)
{
	sample_parser s = {.t = t, .out = out};
	*out = (sample){0};
	if (hdt_context_status(context) != HDT_OK)
		return hdt_context_status(context);
	parser_init(&s.p, context, "sample", source);
	s.p.resolve = resolve_symbol;
	s.p.closure = &s;
	if (read_call(&s) && add_size_inputs(&s) && read_sizes(&s) && !s.p.failed && hdt_context_status(context) == HDT_OK)
		return HDT_OK;
	if (hdt_context_status(context) == HDT_OK)
		hdt_fail(context, HDT_BAD_MODEL, "the sample cannot be read");
	context_add_note(context, "reading the sample %s", source);
	return hdt_context_status(context);
}
