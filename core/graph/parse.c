/* parse.c: files of graphs and tasks in the text form (see print.c for a graph's grammar).
 *
 * Safe against hostile text: memory follows the length of the text, not the sizes it claims; constants come only from
 * files beside the text's own; every fault has a place. */
#include "graph/state.h"

#include "base/file.h"
#include <math.h>
#include <stdlib.h>
#include <string.h>

/* ---- symbols ---------------------------------------------------------------------------------------------------- */

/* The sizes that a graph's text may use: those of `where`, and those that its input shapes introduce. */
typedef struct symbol_scope {
	VEC(const hdt_expr *) symbols;
	bool closed; /* after the inputs: a new name is a fault */
} symbol_scope;

static const hdt_expr *resolve_symbol(parser *p, const char *name, void *closure)
{
	symbol_scope *scope = closure;
	for (int i = 0; i < scope->symbols.count; i++)
		if (!strcmp(scope->symbols.items[i]->name, name))
			return scope->symbols.items[i];
	if (scope->closed)
		return NULL;
	const hdt_expr *symbol = hdt_symbol(p->context, name, 0, INT32_MAX);
	return symbol && vec_push(p->context, &scope->symbols, symbol) ? symbol : NULL;
}

/* where n in 1..64, m in 0..8 */
static bool read_ranges(parser *p, symbol_scope *scope)
{
	do {
		token name = p->now, low, high;
		if (name.kind != TOKEN_NAME)
			return parser_fail(p, "expected the name of a size after 'where'"), false;
		parser_next(p);
		if (!parser_expect(p, "in", "before the range"))
			return false;
		low = p->now;
		parser_next(p);
		if (!parser_expect(p, "..", "inside the range"))
			return false;
		high = p->now;
		parser_next(p);
		if (low.kind != TOKEN_INTEGER || high.kind != TOKEN_INTEGER || low.integer > high.integer)
			return parser_fail_at(p, &low, "expected a range such as 1..64"), false;
		const hdt_expr *symbol = p->failed ? NULL : hdt_symbol(p->context, name.text, low.integer, high.integer);
		if (!symbol || !vec_push(p->context, &scope->symbols, symbol))
			return parser_fail_at(p, &name, "the range of '%s' cannot be used", name.text), false;
	} while (parser_accept(p, ","));
	return !p->failed;
}

/* The ranges stand behind the inputs that use the names, so they are read first. */
static bool read_ranges_ahead(const parser *at_inputs, symbol_scope *scope)
{
	parser ahead = *at_inputs;
	bool found = parser_seek_where(&ahead);
	return !ahead.failed && (!found || read_ranges(&ahead, scope));
}

/* A size must come from an input, or no run could tell its value. */
static bool sizes_have_inputs(parser *p, const symbol_scope *scope, const hdt_graph *graph)
{
	for (int i = 0; i < scope->symbols.count; i++) {
		bool known = false;
		for (int n = 0; n < graph->symbol_count; n++)
			known = known || graph->symbols[n] == scope->symbols.items[i];
		if (!known)
			return parser_fail(p, "no input has the size '%s'", scope->symbols.items[i]->name), false;
	}
	return true;
}

/* ---- constants -------------------------------------------------------------------------------------------------- */

/* A file of weights, unmapped when the last constant in it and the parser itself have let go of it. */
typedef struct weight_file {
	file_mapping mapping;
	int users;
	const char *name; /* interned, as in the text */
} weight_file;

static void release_weights(void *owner)
{
	weight_file *file = owner;
	if (--file->users > 0)
		return;
	file_unmap(&file->mapping);
	free(file);
}

typedef struct file_parser {
	parser p;
	const char *folder;
	VEC(weight_file *) weights;
} file_parser;

/* The text may name files beside it and below, nothing else of the machine. */
static bool is_inside(const char *name)
{
	if (!*name || *name == '/')
		return false;
	for (const char *at = name; at; at = strchr(at, '/') ? strchr(at, '/') + 1 : NULL)
		if (!strncmp(at, "..", 2) && (at[2] == '/' || !at[2]))
			return false;
	return true;
}

static weight_file *open_weights(file_parser *f, const token *name)
{
	hdt_context *context = f->p.context;
	for (int i = 0; i < f->weights.count; i++)
		if (f->weights.items[i]->name == name->text)
			return f->weights.items[i];
	if (!is_inside(name->text)) {
		parser_fail_at(&f->p, name, "weights must lie beside the text, without .. in the name");
		return NULL;
	}
	weight_file *file = calloc(1, sizeof *file);
	const char *path = file_join(context, f->folder, name->text);
	if (!file)
		hdt_fail(context, HDT_OUT_OF_MEMORY, "out of memory");
	if (!file || !path || file_map(context, path, &file->mapping) != HDT_OK) {
		free(file);
		parser_fail_at(&f->p, name, "the weights cannot be read");
		return NULL;
	}
	file->users = 1;
	file->name = name->text;
	if (!vec_push(context, &f->weights, file)) {
		release_weights(file);
		return NULL;
	}
	return file;
}

/* from "file" at offset */
static bool read_mapped(file_parser *f, hdt_dtype dtype, int64_t bytes, hdt_data *out)
{
	parser *p = &f->p;
	token name = p->now, offset = {0};
	parser_next(p);
	if (name.kind != TOKEN_STRING)
		return parser_fail_at(p, &name, "expected the name of a file in quotes"), false;
	if (parser_accept(p, "at")) {
		offset = p->now;
		parser_next(p);
		if (offset.kind != TOKEN_INTEGER || offset.integer < 0)
			return parser_fail_at(p, &offset, "expected an offset in bytes"), false;
	}
	weight_file *file = p->failed ? NULL : open_weights(f, &name);
	if (!file)
		return false;
	if (offset.integer % hdt_dtype_of(dtype)->bytes != 0)
		return parser_fail_at(p, &offset, "the offset is no multiple of the size of an element"), false;
	if ((uint64_t)offset.integer > file->mapping.bytes ||
	    (uint64_t)bytes > file->mapping.bytes - (uint64_t)offset.integer)
		return parser_fail_at(p, &name, "the file has %zu bytes, too few for %lld at %lld", file->mapping.bytes,
		                      (long long)bytes, (long long)offset.integer),
		       false;
	file->users++;
	*out = (hdt_data){file->mapping.data + offset.integer, (size_t)bytes, release_weights, file, true};
	return true;
}

static bool read_element(parser *p, hdt_dtype dtype, scalar *out)
{
	bool minus = parser_accept(p, "-");
	token t = p->now;
	bool is_float = hdt_is_float(dtype);
	double real = t.kind == TOKEN_FLOAT ? t.real : (double)t.integer;
	if (t.kind == TOKEN_NAME && is_float && (!strcmp(t.text, "inf") || !strcmp(t.text, "nan")))
		real = t.text[0] == 'i' ? (double)INFINITY : (double)NAN;
	else if (t.kind == TOKEN_NAME && dtype == HDT_BOOL && (!strcmp(t.text, "true") || !strcmp(t.text, "false")))
		t.integer = t.text[0] == 't';
	else if (t.kind != TOKEN_INTEGER && t.kind != TOKEN_FLOAT)
		return parser_fail(p, "expected an element of %s", hdt_dtype_of(dtype)->name), false;
	parser_next(p);
	if (is_float)
		out->f = minus ? -real : real;
	else if (t.kind == TOKEN_FLOAT)
		*out = scalar_cast((scalar){.f = minus ? -real : real}, HDT_F64, dtype);
	else
		*out = scalar_cast((scalar){.i = minus ? -t.integer : t.integer}, HDT_I64, dtype);
	return !p->failed;
}

/* [1, 2, 3], or a lone element for rank 0. Elements are gathered first: their number is the text's, the shape is only a
 * claim. */
static bool read_elements(parser *p, hdt_dtype dtype, int rank, int64_t bytes, hdt_data *out)
{
	VEC(scalar) elements = {0};
	token first = p->now;
	bool list = rank > 0;
	if (list && !parser_expect(p, "[", "before the elements"))
		return false;
	while (!p->failed && !(list && parser_is(p, "]"))) {
		scalar element = {0};
		if (!read_element(p, dtype, &element) || !vec_push(p->context, &elements, element))
			return false;
		if (!list || !parser_accept(p, ","))
			break;
	}
	if (p->failed || (list && !parser_expect(p, "]", "after the elements")))
		return false;
	if (elements.count != bytes / hdt_dtype_of(dtype)->bytes)
		return parser_fail_at(p, &first, "%d elements are given, the shape has %lld", elements.count,
		                      (long long)(bytes / hdt_dtype_of(dtype)->bytes)),
		       false;
	void *data = hdt_allocate(p->context, (size_t)bytes + 1);
	for (int i = 0; data && i < elements.count; i++)
		scalar_store(data, dtype, i, elements.items[i]);
	*out = (hdt_data){.data = data, .bytes = (size_t)bytes};
	return data != NULL;
}

static bool at_element(const parser *p)
{
	return p->now.kind == TOKEN_INTEGER || p->now.kind == TOKEN_FLOAT || parser_is(p, "[") || parser_is(p, "-") ||
	       parser_is(p, "inf") || parser_is(p, "nan") || parser_is(p, "true") || parser_is(p, "false");
}

/* const f32[3] ... behind the `const` */
static hdt_value *read_constant(file_parser *f, hdt_graph *graph, const char *name)
{
	parser *p = &f->p;
	const hdt_expr *dims[HDT_MAX_RANK];
	token start = p->now;
	hdt_dtype dtype = parse_dtype(p);
	int rank = p->failed ? -1 : parse_dims(p, dims);
	if (rank < 0)
		return NULL;
	hdt_list shape = {dims, rank};
	int64_t bytes = graph_shape_bytes(dtype, shape);
	hdt_data data = {0};
	if (bytes < 0) {
		parser_fail_at(p, &start, "the shape of a constant must be static, and not too large");
		return NULL;
	}
	if (parser_accept(p, "from") ? !read_mapped(f, dtype, bytes, &data)
	                             : at_element(p) && !read_elements(p, dtype, rank, bytes, &data))
		return NULL;
	return hdt_graph_constant(graph, name, dtype, shape, data);
}

/* ---- graphs ----------------------------------------------------------------------------------------------------- */

typedef struct graph_parser {
	file_parser *file;
	hdt_graph *graph;
	map values; /* interned name in the text -> value */
} graph_parser;

static bool define(graph_parser *g, const token *name, hdt_value *value)
{
	parser *p = &g->file->p;
	if (!value)
		return false;
	if (map_get(&g->values, name->text))
		return parser_fail_at(p, name, "%%%s is defined twice", name->text), false;
	return map_set(&g->values, name->text, value);
}

static hdt_value *read_value(graph_parser *g)
{
	parser *p = &g->file->p;
	hdt_value *value = p->now.kind == TOKEN_VALUE ? map_get(&g->values, p->now.text) : NULL;
	if (!value && p->now.kind == TOKEN_VALUE)
		parser_fail(p, "%%%s is not defined before this use", p->now.text);
	else if (!value)
		parser_fail(p, "expected a value such as %%0");
	parser_next(p);
	return p->failed ? NULL : value;
}

static bool read_inputs(graph_parser *g)
{
	parser *p = &g->file->p;
	while (!p->failed && !parser_is(p, ")")) {
		const hdt_expr *dims[HDT_MAX_RANK];
		token name = p->now;
		if (name.kind != TOKEN_VALUE)
			return parser_fail(p, "expected an input such as %%x: f32[4]"), false;
		parser_next(p);
		if (!parser_expect(p, ":", "after the input's name"))
			return false;
		hdt_dtype dtype = parse_dtype(p);
		int rank = p->failed ? -1 : parse_dims(p, dims);
		if (rank < 0 || !define(g, &name, hdt_graph_input(g->graph, name.text, dtype, (hdt_list){dims, rank})))
			return false;
		if (!parser_accept(p, ","))
			break;
	}
	return parser_expect(p, ")", "after the inputs");
}

typedef struct operands {
	VEC(hdt_value *) inputs;
	VEC(hdt_attribute_value) attributes;
} operands;

static bool read_operand(graph_parser *g, operands *o)
{
	parser *p = &g->file->p;
	if (p->now.kind == TOKEN_VALUE) {
		hdt_value *value = read_value(g);
		return value && vec_push(p->context, &o->inputs, value);
	}
	hdt_attribute_value attribute = {0};
	const char *name = p->now.text;
	if (p->now.kind != TOKEN_NAME)
		return parser_fail(p, "expected a value or an attribute"), false;
	parser_next(p);
	if (!strcmp(name, "none") && !parser_is(p, "="))
		return vec_push(p->context, &o->inputs, NULL);
	if (!parser_expect(p, "=", "after the attribute's name") || !parse_attribute(p, &attribute))
		return false;
	attribute.name = name;
	return vec_push(p->context, &o->attributes, attribute);
}

/* softmax(%0, axis=-1) from "encoder.0" */
static hdt_node *read_call(graph_parser *g)
{
	parser *p = &g->file->p;
	token op = p->now;
	operands o = {0};
	const hdt_attribute_value end = {0};
	if (op.kind != TOKEN_NAME)
		return parser_fail(p, "expected an operator"), NULL;
	parser_next(p);
	if (!parser_expect(p, "(", "after the operator"))
		return NULL;
	while (!p->failed && !parser_is(p, ")")) {
		if (!read_operand(g, &o))
			return NULL;
		if (!parser_accept(p, ","))
			break;
	}
	if (!parser_expect(p, ")", "after the operands") || !vec_push(p->context, &o.attributes, end))
		return NULL;
	const char *origin = NULL;
	if (parser_accept(p, "from")) {
		if (p->now.kind != TOKEN_STRING)
			return parser_fail(p, "expected the origin in quotes"), NULL;
		origin = p->now.text;
		parser_next(p);
	}
	if (p->failed)
		return NULL;
	hdt_graph_set_origin(g->graph, origin);
	hdt_node *node = hdt_apply_node(g->graph, op.text, o.inputs.items, o.inputs.count, o.attributes.items);
	hdt_graph_set_origin(g->graph, NULL);
	if (!node)
		context_add_note(p->context, "reading %s:%d:%d", p->file, op.line, op.column);
	return node;
}

/* %a, %b = call(...)    %w = const ... */
static bool read_definition(graph_parser *g)
{
	parser *p = &g->file->p;
	VEC(token) names = {0};
	do {
		if (p->now.kind != TOKEN_VALUE)
			return parser_fail(p, "expected a value to define, 'assert' or 'return'"), false;
		if (!vec_push(p->context, &names, p->now))
			return false;
		parser_next(p);
	} while (parser_accept(p, ","));
	if (!parser_expect(p, "=", "after the names"))
		return false;
	if (names.count == 1 && parser_accept(p, "const"))
		return define(g, &names.items[0], read_constant(g->file, g->graph, names.items[0].text));
	const hdt_node *node = read_call(g);
	if (!node)
		return false;
	if (node->output_count != names.count)
		return parser_fail_at(p, &names.items[0], "%s gives %d values, not %d", node->op->name, node->output_count,
		                      names.count),
		       false;
	for (int i = 0; i < names.count; i++)
		if (!define(g, &names.items[i], node->outputs[i]))
			return false;
	return true;
}

static bool read_assertion(graph_parser *g)
{
	parser *p = &g->file->p;
	const hdt_expr *condition = parse_expr(p);
	if (!condition || !parser_expect(p, ",", "after the condition"))
		return false;
	if (p->now.kind != TOKEN_STRING || condition->dtype != HDT_BOOL)
		return parser_fail(p, "expected a bool condition, then a message in quotes"), false;
	hdt_graph_assert(g->graph, condition, p->now.text);
	parser_next(p);
	return !p->failed && hdt_context_status(p->context) == HDT_OK;
}

static bool read_outputs(graph_parser *g)
{
	parser *p = &g->file->p;
	while (!p->failed && p->now.kind == TOKEN_VALUE) {
		hdt_value *value = read_value(g);
		const char *name = NULL;
		if (value && parser_accept(p, "as")) {
			name = p->now.text;
			if (p->now.kind != TOKEN_STRING)
				return parser_fail(p, "expected the output's name in quotes"), false;
			parser_next(p);
		}
		hdt_graph_output(g->graph, name, value);
		if (!parser_accept(p, ","))
			break;
	}
	return parser_expect(p, "}", "after the outputs");
}

static bool read_body(graph_parser *g)
{
	parser *p = &g->file->p;
	while (!p->failed && hdt_context_status(p->context) == HDT_OK) {
		if (parser_accept(p, "return"))
			return read_outputs(g);
		if (parser_accept(p, "assert") ? !read_assertion(g) : !read_definition(g))
			return false;
	}
	return false;
}

/* Behind the word `graph`. */
static hdt_graph *read_graph(file_parser *f)
{
	parser *p = &f->p;
	symbol_scope scope = {0};
	token name = p->now;
	if (name.kind != TOKEN_SYMBOL_NAME)
		return parser_fail(p, "expected the graph's name, such as @main"), NULL;
	parser_next(p);
	graph_parser g = {.file = f, .graph = hdt_graph_new(p->context, name.text)};
	map_init(&g.values, p->context);
	if (!g.graph || !parser_expect(p, "(", "after the graph's name") || !read_ranges_ahead(p, &scope)) {
		p->failed = true;
		return NULL;
	}
	p->resolve = resolve_symbol;
	p->closure = &scope;
	bool ok = read_inputs(&g);
	scope.closed = true;
	if (ok && parser_accept(p, "where")) {
		symbol_scope known = {0}; /* read before; here only skipped */
		ok = read_ranges(p, &known);
	}
	ok = ok && sizes_have_inputs(p, &scope, g.graph) && parser_expect(p, "{", "before the graph's body") &&
	     read_body(&g);
	p->resolve = NULL;
	p->closure = NULL;
	return ok && hdt_context_status(p->context) == HDT_OK ? g.graph : NULL;
}

/* ---- files ------------------------------------------------------------------------------------------------------ */

static const char *folder_of(hdt_context *context, const char *file)
{
	const char *slash = strrchr(file, '/');
	if (!slash)
		return ".";
	return slash == file ? "/" : hdt_format(context, "%.*s", (int)(slash - file), file);
}

typedef struct file_content {
	VEC(hdt_graph *) graphs;
	VEC(const hdt_task *) tasks;
} file_content;

static hdt_status read_file(file_parser *f, file_content *content)
{
	parser *p = &f->p;
	while (!p->failed && p->now.kind != TOKEN_END) {
		bool pushed = false;
		if (parser_accept(p, "graph")) {
			hdt_graph *graph = read_graph(f);
			pushed = graph && vec_push(p->context, &content->graphs, graph);
		} else if (parser_is(p, "task")) {
			const hdt_task *task = task_parse(p);
			pushed = task && vec_push(p->context, &content->tasks, task);
		} else {
			return parser_fail(p, "expected 'graph' or 'task'");
		}
		if (!pushed)
			return hdt_context_status(p->context) != HDT_OK
			           ? hdt_context_status(p->context)
			           : hdt_fail(p->context, HDT_BAD_MODEL, "%s cannot be read", p->file);
	}
	return hdt_context_status(p->context);
}

hdt_status text_parse_file(hdt_context *context, const char *file, const char *source, parsed_file *out)
{
	file_parser f = {.folder = folder_of(context, file)};
	file_content content = {0};
	*out = (parsed_file){0};
	parser_init(&f.p, context, file, source);
	hdt_status status = read_file(&f, &content);
	for (int i = 0; i < f.weights.count; i++)
		release_weights(f.weights.items[i]);
	if (status == HDT_OK)
		*out = (parsed_file){content.graphs.items, content.graphs.count, content.tasks.items, content.tasks.count};
	return status;
}
