/* sample.c: the sample calls of an operator:  softmax(T[n, 7] in 0..1, axis=1) where n = 5
 * and of a scheduler:                         tiny symbolic: relu(linear(f32[n, 7], const f32[3, 7])) where n = 2
 *
 * `T` stands for the given dtype, as an input's and as an attribute's value. Each typed input becomes an input in0,
 * in1, ... of a graph, or a constant of it; a call inside a call gives its first output. All outputs of the outermost node are outputs. A size
 * that occurs in no input but in an attribute gets an input of its own that nothing reads, so that a run can tell its value. */
#include "graph/state.h"

#include <string.h>

enum {
	MAX_INPUTS = sizeof((sample *)0)->low / sizeof(double),
	MAX_SYMBOLS = sizeof((sample *)0)->values / sizeof(int64_t),
	MAX_CONSTANTS = sizeof((sample *)0)->constants / sizeof *((sample *)0)->constants,
	MAX_NESTED = 16
};

/* n = 5 in 1..64 */
typedef struct size_range {
	const char *name;
	int64_t low, high;
} size_range;

typedef struct sample_parser {
	parser p;
	hdt_dtype t;
	sample *out;
	VEC(const hdt_expr *) symbols; /* every one that occurs */
	VEC(size_range) ranges;        /* of those that have one of their own */
	int depth;                     /* of calls in calls */
} sample_parser;

/* What stands between the parentheses of a call. */
typedef struct operands {
	VEC(hdt_value *) inputs;
	VEC(hdt_attribute_value) attributes;
} operands;

static hdt_node *read_call(sample_parser *s);

/* ---- kinds -------------------------------------------------------------------------------------------------------- */

static const char *const kind_names[] = {
#define SAMPLE_KIND(NAME, name, doc) #name,
#include "graph/sample_kinds.def"
#undef SAMPLE_KIND
};

const char *sample_kind_name(int kind)
{
	return kind_names[kind];
}

static bool read_kind(sample_parser *s)
{
	parser *p = &s->p;
	text names = {0};
	if (parser_accept(p, "refused"))
		return s->out->refused = true;
	for (int i = 0; i < SAMPLE_KIND_COUNT; i++) {
		if (parser_accept(p, kind_names[i])) {
			s->out->kinds |= 1u << i;
			text_free(&names);
			return true;
		}
		text_format(&names, "%s%s", i ? ", " : "", kind_names[i]);
	}
	parser_fail(p, "there is no kind of samples called '%s'; the kinds are %s; refused may stand beside them",
	            p->now.text, names.data ? names.data : "");
	text_free(&names);
	return false;
}

/* at tf32 */
static bool read_precision(sample_parser *s)
{
	if (s->p.now.kind != TOKEN_NAME)
		return parser_fail(&s->p, "expected a precision behind 'at'"), false;
	s->out->precision = s->p.now.text;
	parser_next(&s->p);
	return true;
}

/* tiny symbolic at tf32: */
static bool read_kinds(sample_parser *s)
{
	parser ahead = s->p;
	parser_next(&ahead);
	if (s->p.now.kind != TOKEN_NAME || (ahead.now.kind != TOKEN_NAME && !parser_is(&ahead, ":")))
		return true;
	while (!parser_accept(&s->p, ":"))
		if (s->p.now.kind != TOKEN_NAME)
			return parser_fail(&s->p, "expected ':' behind the kinds of the sample"), false;
		else if (parser_accept(&s->p, "at") ? !read_precision(s) : !read_kind(s))
			return false;
	return true;
}

/* ---- inputs ------------------------------------------------------------------------------------------------------- */

static const hdt_expr *resolve_symbol(parser *p, const char *name, void *closure)
{
	sample_parser *s = closure;
	int64_t low = 0, high = INT32_MAX;
	for (int i = 0; i < s->ranges.count; i++)
		if (strcmp(s->ranges.items[i].name, name) == 0) {
			low = s->ranges.items[i].low;
			high = s->ranges.items[i].high;
		}
	const hdt_expr *symbol = hdt_symbol(p->context, name, low, high);
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

static hdt_value *add_constant(sample_parser *s, hdt_dtype dtype, hdt_list shape)
{
	int index = s->out->constant_count;
	if (index >= MAX_CONSTANTS)
		return parser_fail(&s->p, "a sample has at most %d constants", MAX_CONSTANTS), NULL;
	hdt_value *value = hdt_graph_constant(s->out->graph, NULL, dtype, shape, (hdt_data){0});
	s->out->constants[index].value = value;
	default_range(dtype, &s->out->constants[index].low, &s->out->constants[index].high);
	s->out->constant_count++;
	return value;
}

static hdt_dtype read_dtype(sample_parser *s)
{
	if (!parser_is(&s->p, "T"))
		return parse_dtype(&s->p);
	if (s->t == HDT_DTYPE_COUNT)
		return parser_fail(&s->p, "T stands for nothing here: write out the dtype"), HDT_DTYPE_NONE;
	parser_next(&s->p);
	return s->t;
}

/* in -1..0.5 */
static bool read_range(sample_parser *s, double *low, double *high)
{
	parser *p = &s->p;
	if (!parser_accept(p, "in"))
		return true;
	if (!read_number(p, low) || !parser_expect(p, "..", "inside the range") || !read_number(p, high))
		return false;
	return *low <= *high || (parser_fail(p, "the range of the data is empty"), false);
}

/* f32[n, 4] in -1..0.5, const f32[3, 4]; NULL after a fault */
static hdt_value *read_input(sample_parser *s)
{
	parser *p = &s->p;
	const hdt_expr *dims[HDT_MAX_RANK];
	bool constant = parser_accept(p, "const");
	hdt_dtype dtype = read_dtype(s);
	int rank = p->failed ? -1 : parse_dims(p, dims);
	if (rank < 0)
		return NULL;
	hdt_value *value =
		constant ? add_constant(s, dtype, (hdt_list){dims, rank}) : add_input(s, dtype, (hdt_list){dims, rank});
	if (!value)
		return NULL;
	sample *out = s->out;
	int last = out->constant_count - 1;
	bool good = constant ? read_range(s, &out->constants[last].low, &out->constants[last].high)
	                     : read_range(s, &out->low[value->index], &out->high[value->index]);
	return good ? value : NULL;
}

/* ---- calls -------------------------------------------------------------------------------------------------------- */

static bool read_attribute(sample_parser *s, operands *o)
{
	parser *p = &s->p;
	const char *name = p->now.text;
	hdt_attribute_value value = {0};
	parser_next(p);
	parser_next(p);
	if (s->t != HDT_DTYPE_COUNT && parser_accept(p, "T"))
		value = hdt_dtype_value(name, s->t);
	else if (!parse_attribute(p, &value))
		return false;
	value.name = name;
	return !p->failed && vec_push(p->context, &o->attributes, value);
}

/* The first output of a call that stands in place of an input. */
static hdt_value *read_result(sample_parser *s)
{
	const hdt_node *node = read_call(s);
	return node && node->output_count ? node->outputs[0] : NULL;
}

static bool read_operand(sample_parser *s, operands *o)
{
	parser *p = &s->p;
	parser ahead = *p;
	parser_next(&ahead);
	if (p->now.kind == TOKEN_NAME && parser_is(&ahead, "="))
		return read_attribute(s, o);
	if (parser_accept(p, "none"))
		return vec_push(p->context, &o->inputs, NULL);
	bool call = p->now.kind == TOKEN_NAME && parser_is(&ahead, "(");
	hdt_value *value = call ? read_result(s) : read_input(s);
	return value && vec_push(p->context, &o->inputs, value);
}

/* softmax(...) */
static hdt_node *read_call(sample_parser *s)
{
	parser *p = &s->p;
	token op = p->now;
	operands o = {0};
	const hdt_attribute_value end = {0};
	if (op.kind != TOKEN_NAME)
		return parser_fail(p, "expected an operator"), NULL;
	if (s->depth >= MAX_NESTED)
		return parser_fail(p, "a sample has at most %d calls inside each other", MAX_NESTED), NULL;
	parser_next(p);
	if (!s->out->graph)
		s->out->graph = hdt_graph_new(p->context, op.text);
	if (!s->out->graph || !parser_expect(p, "(", "after the operator"))
		return NULL;
	s->depth++;
	while (!p->failed && !parser_is(p, ")")) {
		if (!read_operand(s, &o))
			return NULL;
		if (!parser_accept(p, ","))
			break;
	}
	s->depth--;
	if (!parser_expect(p, ")", "after the operands") || !vec_push(p->context, &o.attributes, end))
		return NULL;
	return hdt_apply_node(s->out->graph, op.text, o.inputs.items, o.inputs.count, o.attributes.items);
}

static bool read_sample(sample_parser *s)
{
	const hdt_node *node = read_call(s);
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

/* ---- sizes -------------------------------------------------------------------------------------------------------- */

/* n = 5, or n = 5 in 1..64 */
static bool read_size(parser *p, size_range *range, int64_t *value)
{
	*range = (size_range){.name = p->now.text, .low = 0, .high = INT32_MAX};
	if (p->now.kind != TOKEN_NAME)
		return parser_fail(p, "expected the name of a size that the sample uses"), false;
	parser_next(p);
	if (!parser_expect(p, "=", "after the size's name"))
		return false;
	*value = p->now.integer;
	if (p->now.kind != TOKEN_INTEGER)
		return parser_fail(p, "expected a whole size"), false;
	parser_next(p);
	if (!parser_accept(p, "in"))
		return true;
	token low = p->now;
	parser_next(p);
	if (!parser_expect(p, "..", "inside the range"))
		return false;
	range->low = low.integer;
	range->high = p->now.integer;
	if (low.kind != TOKEN_INTEGER || p->now.kind != TOKEN_INTEGER || range->low < 0 || range->high > INT32_MAX ||
	    *value < range->low || *value > range->high)
		return parser_fail(p, "expected a range that holds the size, such as 1..64"), false;
	parser_next(p);
	return true;
}

/* Go behind the `where` of the sizes, which is not the operator of that name. */
static bool seek_sizes(parser *p)
{
	while (p->now.kind != TOKEN_END) {
		bool found = parser_is(p, "where");
		parser_next(p);
		if (found && !parser_is(p, "("))
			return true;
	}
	return false;
}

/* The ranges of sizes stand behind the call that uses them, so they are read first. */
static bool read_ranges_ahead(sample_parser *s)
{
	parser ahead = s->p;
	size_range range;
	int64_t value;
	bool more = seek_sizes(&ahead);
	while (more) {
		if (!read_size(&ahead, &range, &value) || !vec_push(ahead.context, &s->ranges, range))
			break;
		more = parser_accept(&ahead, ",");
	}
	s->p.failed = ahead.failed;
	return !ahead.failed;
}

/* where n = 5, m = 3 in 1..8 */
static bool read_sizes(sample_parser *s)
{
	parser *p = &s->p;
	const hdt_graph *graph = s->out->graph;
	bool given[MAX_SYMBOLS] = {false};
	while (parser_is(p, "where") || (parser_is(p, ",") && graph->symbol_count)) {
		size_range range;
		int64_t value;
		parser_next(p);
		token name = p->now;
		if (!read_size(p, &range, &value))
			return false;
		int index = 0;
		while (index < graph->symbol_count && strcmp(graph->symbols[index]->name, range.name) != 0)
			index++;
		if (index == graph->symbol_count)
			return parser_fail_at(p, &name, "expected the name of a size that the sample uses"), false;
		s->out->values[index] = value;
		given[index] = true;
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
	if (read_kinds(&s) && read_ranges_ahead(&s) && read_sample(&s) && add_size_inputs(&s) && read_sizes(&s) &&
	    !s.p.failed && hdt_context_status(context) == HDT_OK)
		return HDT_OK;
	if (hdt_context_status(context) == HDT_OK)
		hdt_fail(context, HDT_BAD_MODEL, "the sample cannot be read");
	context_add_note(context, "reading the sample %s", source);
	return hdt_context_status(context);
}
