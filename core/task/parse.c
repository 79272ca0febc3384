/* parse.c: reads the text form of tasks, which print.c describes. Faults tell file, line and place. */
#include "task/build.h"

#include <string.h>

typedef struct task_reader {
	parser *p;
	task_builder *b;
	VEC(const hdt_expr *) axes; /* in scope, innermost last; `names` has the name of each as it is written */
	VEC(const char *) names;
	VEC(const hdt_expr *) symbols;
	VEC(const char *) outputs; /* as the header names them */
	bool in_header;            /* an unknown name in a shape is a new symbol */
} task_reader;

static bool is_broken(const task_reader *r)
{
	return r->p->failed || hdt_context_status(r->p->context) != HDT_OK;
}

/* ---- names ------------------------------------------------------------------------------------------------------ */

static const hdt_expr *add_symbol(task_reader *r, const char *name, int64_t min, int64_t max)
{
	const hdt_expr *s = hdt_symbol(r->p->context, name, min, max);
	return s && vec_push(r->p->context, &r->symbols, s) ? s : NULL;
}

static const hdt_expr *resolve(parser *p, const char *name, void *closure)
{
	task_reader *r = closure;
	(void)p;
	for (int i = r->names.count - 1; i >= 0; i--)
		if (!strcmp(r->names.items[i], name))
			return r->axes.items[i];
	for (int i = 0; i < r->symbols.count; i++)
		if (!strcmp(r->symbols.items[i]->name, name))
			return r->symbols.items[i];
	return r->in_header ? add_symbol(r, name, 0, INT32_MAX) : NULL;
}

static const hdt_tensor *find_tensor(const task_reader *r, const char *name)
{
	for (int i = 0; i < r->b->inputs.count; i++)
		if (r->b->inputs.items[i] && !strcmp(r->b->inputs.items[i]->name, name))
			return r->b->inputs.items[i];
	for (int i = 0; i < r->b->tensors.count; i++)
		if (!strcmp(r->b->tensors.items[i]->name, name))
			return r->b->tensors.items[i];
	return NULL;
}

static const hdt_expr *resolve_load(parser *p, const char *name, hdt_expr const *const *indices, int count,
                                    void *closure)
{
	const hdt_tensor *t = find_tensor(closure, name);
	if (t && t->rank != count) {
		parser_fail(p, "'%s' has rank %d, but is read at %d indices", name, t->rank, count);
		return NULL;
	}
	return t ? hdt_load(t, indices, count) : NULL;
}

static bool open_axis(parser *p, const char *name, const hdt_expr *axis, void *closure)
{
	task_reader *r = closure;
	return vec_push(p->context, &r->names, name) && vec_push(p->context, &r->axes, axis);
}

static void close_axes(parser *p, int count, void *closure)
{
	task_reader *r = closure;
	(void)p;
	r->names.count -= count;
	r->axes.count -= count;
}

/* A name, interned; NULL after a fault. */
static const char *read_name(task_reader *r, const char *what)
{
	const char *name = r->p->now.text;
	if (r->p->failed || r->p->now.kind != TOKEN_NAME) {
		parser_fail(r->p, "expected the name of %s", what);
		return NULL;
	}
	parser_next(r->p);
	return name;
}

/* ---- header ----------------------------------------------------------------------------------------------------- */

static bool read_limit(task_reader *r, int64_t *value)
{
	if (r->p->now.kind != TOKEN_INTEGER) {
		parser_fail(r->p, "expected an integer in the range of a size");
		return false;
	}
	*value = r->p->now.integer;
	parser_next(r->p);
	return true;
}

/* where n in 1..64, m in 1..8 */
static void read_where(task_reader *r)
{
	parser *p = r->p;
	do {
		int64_t min, max;
		const char *name = read_name(r, "a size");
		if (!name || !parser_expect(p, "in", "after the name of a size") || !read_limit(r, &min) ||
		    !parser_expect(p, "..", "in the range of a size") || !read_limit(r, &max))
			return;
		if (!add_symbol(r, name, min, max))
			parser_fail(p, "'%s' has another range already, or an empty one", name);
	} while (parser_accept(p, ","));
}

/* Sizes are declared behind the shapes that use them: look ahead for them, then come back. */
static void scan_where(task_reader *r)
{
	parser back = *r->p;
	if (parser_seek_where(r->p))
		read_where(r);
	if (!r->p->failed)
		*r->p = back;
}

static void read_input(task_reader *r)
{
	const hdt_expr *dims[HDT_MAX_RANK];
	parser *p = r->p;
	token at = p->now;
	if (parser_accept(p, "none")) {
		task_add_input(r->b, NULL, HDT_F32, HDT_SCALAR);
		return;
	}
	const char *name = read_name(r, "an input");
	if (!name || !parser_expect(p, ":", "after the name of an input"))
		return;
	bool constant = parser_accept(p, "const");
	hdt_dtype dtype = parse_dtype(p);
	int rank = p->failed ? -1 : parse_dims(p, dims);
	if (rank < 0)
		return;
	const hdt_tensor *t = task_add_input(r->b, name, dtype, (hdt_list){dims, rank});
	if (t && strcmp(t->name, name))
		parser_fail_at(p, &at, "the name '%s' is taken or reserved", name);
	else if (t)
		((hdt_tensor *)(uintptr_t)t)->constant = constant;
}

static void read_header(task_reader *r)
{
	parser *p = r->p;
	scan_where(r);
	r->in_header = true;
	parser_expect(p, "(", "before the inputs");
	if (!parser_accept(p, ")")) {
		do
			read_input(r);
		while (!is_broken(r) && parser_accept(p, ","));
		parser_expect(p, ")", "after the inputs");
	}
	r->in_header = false;
	parser_expect(p, "->", "before the outputs");
	bool many = parser_accept(p, "(");
	do {
		const char *name = read_name(r, "an output");
		if (name && !vec_push(p->context, &r->outputs, name))
			return;
	} while (!is_broken(r) && many && parser_accept(p, ","));
	if (many)
		parser_expect(p, ")", "after the outputs");
	if (parser_accept(p, "where")) /* read by scan_where */
		while (p->now.kind != TOKEN_END && !parser_is(p, "{"))
			parser_next(p);
	parser_expect(p, "{", "before the definitions");
}

/* ---- body ------------------------------------------------------------------------------------------------------- */

/* [i < 4, j < n] : opens the axes; the number of them, or -1. */
static int read_axes(task_reader *r)
{
	parser *p = r->p;
	int count = 0;
	if (!parser_expect(p, "[", "after the name of a tensor"))
		return -1;
	while (!parser_accept(p, "]")) {
		if ((count && !parser_expect(p, ",", "between axes")) || count == HDT_MAX_RANK) {
			parser_fail(p, "expected at most %d axes", HDT_MAX_RANK);
			return -1;
		}
		const char *name = read_name(r, "an axis");
		if (!name || !parser_expect(p, "<", "after the name of an axis"))
			return -1;
		const hdt_expr *axis = hdt_axis(name, parse_expr(p));
		if (!axis || !open_axis(p, name, axis, r)) {
			parser_fail(p, "'%s' has no valid extent", name);
			return -1;
		}
		count++;
	}
	return count;
}

static void read_tensor(task_reader *r, const char *name, const token *at)
{
	parser *p = r->p;
	int count = read_axes(r);
	if (count < 0 || !parser_expect(p, "=", "before the value"))
		return;
	const hdt_expr *value = parse_expr(p);
	hdt_list axes = {r->axes.items, count};
	if (!value || p->failed)
		return;
	const hdt_tensor *t = hdt_compute(&r->b->task, name, axes, value);
	if (t && strcmp(t->name, name))
		parser_fail_at(p, at, "the name '%s' is taken or reserved", name);
	close_axes(p, count, r);
}

static void read_require(task_reader *r)
{
	parser *p = r->p;
	const hdt_expr *condition = parse_expr(p);
	if (p->failed)
		return;
	if (p->now.kind != TOKEN_STRING) {
		parser_fail(p, "expected a message in double quotes after the condition");
		return;
	}
	hdt_require(&r->b->task, condition, "%s", p->now.text);
	parser_next(p);
}

static int find_output(task_reader *r, const char *name)
{
	for (int i = 0; name && i < r->outputs.count; i++)
		if (!strcmp(r->outputs.items[i], name))
			return i;
	if (name)
		parser_fail(r->p, "'%s' is no output", name);
	return -1;
}

static int find_input(task_reader *r, const char *name)
{
	for (int i = 0; name && i < r->b->inputs.count; i++)
		if (r->b->inputs.items[i] && !strcmp(r->b->inputs.items[i]->name, name))
			return i;
	if (name)
		parser_fail(r->p, "'%s' is no input", name);
	return -1;
}

/* alias y = x */
static void read_alias(task_reader *r)
{
	int output = find_output(r, read_name(r, "an output"));
	if (output < 0 || !parser_expect(r->p, "=", "after the output"))
		return;
	int input = find_input(r, read_name(r, "an input"));
	if (input >= 0)
		hdt_declare_alias(&r->b->task, output, input);
}

/* The names of an inverse map's axes: opens an axis over each dimension of the input. */
static bool read_map_axes(task_reader *r, const hdt_tensor *input)
{
	parser *p = r->p;
	parser_expect(p, "[", "after the input");
	for (int d = 0; d < input->rank; d++) {
		if (d)
			parser_expect(p, ",", "between axes: one for each dimension of the input");
		const char *name = read_name(r, "an axis");
		const hdt_expr *axis = name ? hdt_axis(name, input->shape[d]) : NULL;
		if (!axis || !open_axis(p, name, axis, r))
			return false;
	}
	return parser_expect(p, "]", "after the axes");
}

/* inverse x[a, b] -> y[b, a] */
static void read_inverse(task_reader *r)
{
	const hdt_expr *indices[HDT_MAX_RANK];
	parser *p = r->p;
	int input = find_input(r, read_name(r, "an input"));
	if (input < 0 || !read_map_axes(r, r->b->inputs.items[input]) || !parser_expect(p, "->", "before the output"))
		return;
	int output = find_output(r, read_name(r, "an output"));
	int rank = output < 0 ? -1 : parse_dims(p, indices);
	if (rank < 0)
		return;
	const hdt_tensor *x = r->b->inputs.items[input];
	hdt_list axes = {r->axes.items, x->rank};
	hdt_declare_inverse(&r->b->task, x, output, axes, (hdt_list){indices, rank});
	close_axes(p, x->rank, r);
}

static void read_statement(task_reader *r)
{
	token at = r->p->now;
	const char *name = read_name(r, "a tensor, require, alias or inverse");
	if (!name)
		return;
	if (!strcmp(name, "require"))
		read_require(r);
	else if (!strcmp(name, "alias"))
		read_alias(r);
	else if (!strcmp(name, "inverse"))
		read_inverse(r);
	else
		read_tensor(r, name, &at);
	if (!r->p->failed && hdt_context_status(r->p->context) != HDT_OK)
		parser_fail_at(r->p, &at, "'%s' cannot be made", name);
}

static void give_outputs(task_reader *r, const token *at)
{
	for (int i = 0; i < r->outputs.count && !is_broken(r); i++) {
		const hdt_tensor *t = find_tensor(r, r->outputs.items[i]);
		if (t && t->kind == HDT_TENSOR_COMPUTE)
			hdt_output(&r->b->task, t);
		else
			parser_fail_at(r->p, at, "the output '%s' is not defined", r->outputs.items[i]);
	}
}

static const hdt_task *read_task(task_reader *r)
{
	parser *p = r->p;
	token at = p->now;
	parser_expect(p, "task", "at the start of a task");
	if (p->now.kind != TOKEN_SYMBOL_NAME) {
		parser_fail(p, "expected the task's name: @name");
		return NULL;
	}
	r->b = task_builder_new(p->context, p->now.text);
	parser_next(p);
	if (!r->b)
		return NULL;
	read_header(r);
	while (!is_broken(r) && !parser_is(p, "}") && p->now.kind != TOKEN_END)
		read_statement(r);
	if (!is_broken(r))
		parser_expect(p, "}", "after the definitions");
	give_outputs(r, &at);
	const hdt_task *task = is_broken(r) ? NULL : task_finish(r->b);
	if (!task && !p->failed)
		parser_fail_at(p, &at, "the task '@%s' is not valid", r->b->task.name);
	return task;
}

const hdt_task *task_parse(parser *p)
{
	if (p->failed)
		return NULL;
	parser outer = *p;
	task_reader r = {.p = p};
	p->resolve = resolve;
	p->resolve_load = resolve_load;
	p->open_axis = open_axis;
	p->close_axes = close_axes;
	p->closure = &r;
	const hdt_task *task = read_task(&r);
	p->resolve = outer.resolve;
	p->resolve_load = outer.resolve_load;
	p->open_axis = outer.open_axis;
	p->close_axes = outer.close_axes;
	p->closure = outer.closure;
	return task;
}
