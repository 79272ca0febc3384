/* parse.c: programs from their text: the header, and the functions in two rounds, so that a function may be launched or called by
 * one that stands before it: all headers, then all bodies. print.c writes what is read here.
 *
 *     param tile: int = 64;
 *     program @p(x: f32[n, 7], none, w: const f32[7], y: f32[n], m: i32) workspace(s: f32[n]) where n in 1..64 from "file.hds" {
 *       constant twofold[i < 7] = w[i] * 2.0;
 *       fn ...
 *     }
 *
 * A text of functions alone is a program with the buffers and values of its entry: the host function, or the one that there is to run. */
#include "script/parse.h"

#include "base/context.h"
#include <string.h>

/* ---- the header of a program -------------------------------------------------------------------------------------- */

/* where n in 1..64, m in 1..8 ; defines the symbols */
static void read_where(script_reader *r)
{
	parser *p = r->p;
	do {
		token name;
		int64_t min = 0, max = 0;
		if (!name_read(r, "a dimension", &name) || !parser_expect(p, "in", "after the name of a dimension") ||
		    !constant_read(r, "a limit", 0, &min) || !parser_expect(p, "..", "between the limits") ||
		    !constant_read(r, "a limit", 0, &max))
			return;
		(void)name_define_value(r, &name, "a dimension", hdt_symbol(p->context, name.text, min, max));
	} while (parser_accept(p, ","));
}

/* Dimensions are declared behind the shapes that use them: look ahead for them, then come back. */
static void scan_where(script_reader *r)
{
	parser back = *r->p;
	if (parser_seek_where(r->p))
		read_where(r);
	if (!r->p->failed)
		*r->p = back;
}

/* A buffer or value of the program under its name. */
static void share(script_reader *r, const token *name, const hdt_tensor *tensor, const hdt_expr *value)
{
	known_name *known = hdt_allocate(reader_context(r), sizeof *known);
	if (!reader_ok(r, name))
		return;
	if (r->program->buffer_count > MAX_PARAMETERS || r->program->scalar_count > MAX_PARAMETERS)
		parser_fail_at(r->p, name, "a program has at most %d buffers and as many values", MAX_PARAMETERS);
	*known = (known_name){.name = name->text, .what = "a buffer", .line = name->line, .tensor = tensor, .value = value};
	if (map_get(&r->shared, name->text) || name_find(r, name->text))
		parser_fail_at(r->p, name, "there is a '%s' already", name->text);
	else if (hdt_dtype_named(name->text) != HDT_DTYPE_NONE)
		parser_fail_at(r->p, name, "'%s' is a word of the language", name->text);
	else if (!map_set(&r->shared, name->text, known))
		parser_fail_at(r->p, name, "out of memory");
}

typedef enum header_round { HEADER_SCALARS, HEADER_BUFFERS } header_round;

static void add_scalar(script_reader *r, const token *name, hdt_dtype dtype)
{
	program_builder *b = program_builder_of(r->program);
	const hdt_expr *value = expr_variable(reader_context(r), name->text, dtype);
	if (!value || !vec_push(reader_context(r), &b->scalars, value)) {
		(void)reader_ok(r, name);
		return;
	}
	r->program->scalars = b->scalars.items;
	r->program->scalar_count = b->scalars.count;
	share(r, name, NULL, value);
}

static void add_buffer(script_reader *r, const token *name, const written_type *type, bool constant)
{
	hdt_context *context = reader_context(r);
	const hdt_expr *extent = hdt_int(context, MAX_DIMENSION);
	hdt_list shape = type->pointer ? (hdt_list){&extent, 1} : type_shape(type);
	hdt_tensor *t = buffer_make(context, name->text, type->dtype, shape, HDT_SCOPE_GLOBAL);
	if (t) {
		t->pointer = type->pointer;
		t->bits = type->bits;
		t->constant = constant;
	}
	if (constant && (type->pointer || type->bits))
		parser_fail_at(r->p, name, "constant is what has a shape and elements of whole bytes: '%s' has not",
		               name->text);
	if (t && t->bits && t->rank != 1)
		parser_fail_at(r->p, name, "elements of %d bits lie in a row: '%s' is a pointer, or has one dimension", t->bits,
		               name->text);
	if (t && program_add_buffer(r->program, t))
		share(r, name, t, NULL);
	else
		(void)reader_ok(r, name);
}

/* Past a type, of which nothing can be read yet. Tells whether it is that of a value. */
static bool skip_type(script_reader *r, hdt_dtype *dtype)
{
	parser *p = r->p;
	bool pointer = parser_accept(p, "*");
	int depth = 0, bits;
	*dtype = element_read(p, &bits);
	if (bits && !pointer && !parser_is(p, "["))
		parser_fail(p, "a value has whole bytes: elements of less are those of a pointer or a buffer");
	if (pointer || p->failed || !parser_is(p, "["))
		return !pointer && !p->failed;
	do {
		depth += parser_is(p, "[") - parser_is(p, "]");
		parser_next(p);
	} while (depth > 0 && p->now.kind != TOKEN_END);
	return false;
}

/* ( x: f32[n], none, m: i32 ) : first the values, of which shapes may be made, then the buffers */
static void read_shared(script_reader *r, header_round round, int *count)
{
	parser *p = r->p;
	*count = 0;
	if (!parser_expect(p, "(", "before the buffers") || parser_accept(p, ")"))
		return;
	do {
		token name = p->now;
		hdt_dtype dtype;
		written_type type;
		if (parser_accept(p, "none")) { /* an optional input that is left out */
			if (round == HEADER_BUFFERS && !program_add_buffer(r->program, NULL))
				parser_fail(p, "out of memory");
			(*count)++;
			continue;
		}
		if (!name_read(r, "a buffer", &name) || !parser_expect(p, ":", "before the type"))
			return;
		bool constant = parser_accept(p, "const");
		if (round == HEADER_SCALARS) {
			if (skip_type(r, &dtype))
				add_scalar(r, &name, dtype);
			continue;
		}
		if (!type_read(r, &type))
			return;
		if (type.pointer || type.shaped) {
			add_buffer(r, &name, &type, constant);
			(*count)++;
		}
	} while (parser_accept(p, ","));
	parser_expect(p, ")", "after the buffers");
}

static void read_shared_twice(script_reader *r, int *count)
{
	parser start = *r->p;
	read_shared(r, HEADER_SCALARS, count);
	if (r->p->failed)
		return;
	*r->p = start;
	r->in_header = true;
	read_shared(r, HEADER_BUFFERS, count);
	r->in_header = false;
}

/* @name ( ... ) workspace ( ... ) where ... from "..." */
static void read_program_header(script_reader *r)
{
	parser *p = r->p;
	int count = 0;
	parser_next(p);
	if (p->now.kind != TOKEN_SYMBOL_NAME) {
		parser_fail(p, "expected the program's name: @name");
		return;
	}
	r->program->name = p->now.text;
	parser_next(p);
	scan_where(r);
	read_shared_twice(r, &count);
	if (!p->failed && parser_accept(p, "workspace"))
		read_shared_twice(r, &r->program->workspace_count);
	for (int i = count; i < r->program->buffer_count && !p->failed; i++)
		if (r->program->buffers[i] && r->program->buffers[i]->constant)
			parser_fail(p, "workspace is written to: '%s' cannot be const", r->program->buffers[i]->name);
	if (parser_accept(p, "where")) /* read by scan_where */
		while (p->now.kind != TOKEN_END && !parser_is(p, "{") && !parser_is(p, "from"))
			parser_next(p);
	if (parser_accept(p, "from")) {
		if (p->now.kind != TOKEN_STRING)
			parser_fail(p, "expected the name of the file in double quotes");
		r->program->file = p->now.text;
		r->lines = true;
		parser_next(p);
	}
}

/* ---- functions ---------------------------------------------------------------------------------------------------- */

/* From an opening brace to behind its closing one. */
static void skip_body(script_reader *r)
{
	parser *p = r->p;
	int depth = 0;
	if (!parser_is(p, "{")) {
		parser_expect(p, "{", "before the body of a function");
		return;
	}
	do {
		depth += parser_is(p, "{") - parser_is(p, "}");
		parser_next(p);
	} while (depth > 0 && p->now.kind != TOKEN_END);
	if (depth > 0)
		parser_fail(p, "expected '}' at the end of the body of @%s", r->function->name);
}

static void skip_line(script_reader *r, int *line)
{
	*line = 0;
	if (parser_accept(r->p, "line") && r->p->now.kind == TOKEN_INTEGER) {
		*line = r->p->now.integer <= INT32_MAX ? (int)r->p->now.integer : 0;
		parser_next(r->p);
	}
}

static void read_headers(script_reader *r)
{
	int line;
	for (skip_line(r, &line); parser_is(r->p, "fn"); skip_line(r, &line)) {
		int mark = names_mark(r);
		hdt_function *f = function_read_header(r);
		pending_function pending = {.function = f, .body = *r->p};
		names_forget(r, mark);
		if (!f)
			return;
		f->line = line ? line : f->line;
		if (!vec_push(reader_context(r), &r->pending, pending))
			parser_fail(r->p, "out of memory");
		skip_body(r);
		r->function = NULL;
	}
}

static bool define_parameters(script_reader *r, const token *where)
{
	const hdt_function *f = r->function;
	token name = *where;
	name.line = f->line;
	for (int i = 0; i < f->parameter_count; i++) {
		name.text = f->parameters[i]->name;
		if (!name_define_tensor(r, &name, "a parameter", f->parameters[i]))
			return false;
	}
	for (int i = 0; i < f->scalar_count; i++) {
		name.text = f->scalars[i]->name;
		if (!name_define_value(r, &name, "a parameter", f->scalars[i]))
			return false;
	}
	name.line = 0;
	for (int d = 0; d < 6 && f->kind == HDT_FUNCTION_CUDA; d++) {
		const hdt_expr *axis = d < 3 ? f->thread_at[d] : f->block_at[d - 3];
		name.text = axis->name;
		if (!name_define_value(r, &name, "the index of a thread or block", axis))
			return false;
	}
	return true;
}

/* Bodies; the parser comes back to where it was, behind all of them. */
static void read_bodies(script_reader *r)
{
	parser end = *r->p;
	for (int i = 0; i < r->pending.count && !r->p->failed; i++) {
		int mark = names_mark(r);
		r->function = r->pending.items[i].function;
		*r->p = r->pending.items[i].body;
		if (define_parameters(r, &r->p->now))
			block_read(r);
		names_forget(r, mark);
	}
	r->function = NULL;
	if (!r->p->failed)
		*r->p = end;
}

/* Give the program the buffers and values of its entry, which has no workspace yet. */
static void adopt(script_reader *r, const hdt_function *entry)
{
	r->program->name = entry->name;
	for (int i = 0; i < entry->parameter_count; i++)
		if (!program_add_buffer(r->program, entry->parameters[i]))
			parser_fail(r->p, "out of memory");
	r->program->scalars = entry->scalars;
	r->program->scalar_count = entry->scalar_count;
}

static void collect_callee(const hdt_stmt *s, void *closure)
{
	map *called = closure;
	if (s->kind == HDT_STMT_CALL)
		(void)map_set(called, s->function, called); /* a failure is a fault of the context */
}

/* The function to run where no host function says so: neither called by another, nor without a grid. */
static void adopt_only(script_reader *r, const token *start)
{
	const hdt_function *entry = NULL;
	map called;
	map_init(&called, reader_context(r));
	for (int i = 0; i < r->program->function_count; i++)
		stmt_walk(r->program->functions[i]->body, collect_callee, &called);
	for (int i = 0; i < r->program->function_count && !r->p->failed; i++) {
		const hdt_function *f = r->program->functions[i];
		if ((f->kind == HDT_FUNCTION_CUDA && !f->launched) || map_get(&called, f))
			continue;
		if (entry)
			parser_fail_at(r->p, start, "@%s and @%s can both be run: a function of kind %s must tell what is launched",
			               entry->name, f->name, function_text(HDT_FUNCTION_HOST));
		entry = f;
	}
	if (entry && !r->p->failed)
		adopt(r, entry);
	else if (r->program->function_count)
		r->program->name = r->program->functions[0]->name;
}

/* Functions alone. */
static void read_functions(script_reader *r)
{
	token start = r->p->now;
	read_headers(r);
	if (r->p->failed)
		return;
	if (r->program->entry)
		adopt(r, r->program->entry);
	read_bodies(r);
	if (!r->p->failed && !r->program->entry)
		adopt_only(r, &start);
}

/* ---- programs ----------------------------------------------------------------------------------------------------- */

static void read_constants(script_reader *r)
{
	while (!r->p->failed && parser_is(r->p, "constant")) {
		token name;
		const hdt_tensor *t = constant_tensor_read(r, &name);
		if (t)
			share(r, &name, t, NULL);
	}
}

static void read_program(script_reader *r)
{
	parser *p = r->p;
	read_program_header(r);
	if (!p->failed && parser_expect(p, "{", "before the functions of the program")) {
		read_constants(r);
		read_headers(r);
		parser_expect(p, "}", "after the functions of the program");
		if (!p->failed)
			read_bodies(r);
	}
}

/* What the verifier finds is a fault of the text, not of the program that reads it. */
static bool finish(script_reader *r)
{
	hdt_context *context = reader_context(r);
	if (program_finish(r->program) == HDT_OK && program_verify(r->program) == HDT_OK)
		return true;
	r->p->failed = true;
	if (hdt_context_status(context) == HDT_INTERNAL) {
		const char *message = hdt_context_message(context);
		context_clear_fault(context);
		hdt_fail(context, HDT_BAD_MODEL, "%s", message);
	}
	return false;
}

hdt_program *program_parse_next(parser *p, const hdt_param *params, int count)
{
	if (p->failed || p->now.kind == TOKEN_END || hdt_context_status(p->context) != HDT_OK)
		return NULL;
	script_reader r = {.p = p, .given = params, .given_count = count};
	r.program = hdt_program_new(p->context, "program");
	if (!r.program)
		return NULL;
	map_init(&r.functions, p->context);
	map_init(&r.shared, p->context);
	map_init(&r.names, p->context);
	names_connect(&r);
	r.program->file = hdt_intern(p->context, p->file);
	params_read(&r);
	token start = p->now;
	if (parser_is(p, "program"))
		read_program(&r);
	else if (parser_is(p, "fn") || parser_is(p, "line"))
		read_functions(&r);
	else
		parser_fail(p, "expected a program or a function: fn @name(...)");
	names_disconnect(&r);
	if (p->failed || !calls_check(&r, &start))
		return NULL;
	return finish(&r) ? r.program : NULL;
}

hdt_program *hdt_program_parse(hdt_context *context, const char *file, const char *source, const hdt_param *params,
                               int count)
{
	parser p;
	if (!context || !source || hdt_context_status(context) != HDT_OK)
		return NULL;
	parser_init(&p, context, file ? file : "program", source);
	if (!p.failed && p.now.kind == TOKEN_END)
		parser_fail(&p, "there is no program in this text");
	hdt_program *program = program_parse_next(&p, params, count);
	if (program && p.now.kind != TOKEN_END)
		parser_fail(&p, "expected the end of the text behind the program");
	return p.failed ? NULL : program;
}
