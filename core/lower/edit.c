/* edit.c: writes the bodies of functions anew: see edit.h. */
#include "lower/edit.h"

#include "base/context.h"
#include <ctype.h>
#include <string.h>

static bool is_ok(const edit *e)
{
	return hdt_context_status(e->context) == HDT_OK;
}

/* ---- expressions -------------------------------------------------------------------------------------------------- */

const hdt_expr *edit_element(hdt_scalar_op op, const hdt_tensor *tensor, const hdt_expr *const *indices, int count)
{
	switch (op) {
	case HDT_OP_READ:
		return hdt_read(tensor, indices, count);
	case HDT_OP_ADDRESS:
		return hdt_address(tensor, indices, count);
	default:
		return hdt_load(tensor, indices, count);
	}
}

static bool is_element(const hdt_expr *x)
{
	return x->op == HDT_OP_LOAD || x->op == HDT_OP_READ || x->op == HDT_OP_ADDRESS;
}

/* Of a node whose operands are rewritten. */
static const hdt_expr *rewrite_node(const hdt_expr *x, void *closure)
{
	edit *e = closure;
	if (x->op == HDT_OP_AXIS || x->op == HDT_OP_VARIABLE)
		return map_get(&e->values, x);
	if (x->op == HDT_OP_CALL && x->serial && e->fresh) /* another call, though it looks the same */
		return expr_call(e->context, x->intrinsic, (hdt_dtype)x->dtype, x->args, x->count);
	if (!is_element(x))
		return NULL;
	const hdt_expr *other = e->element ? e->element(e, x) : NULL;
	const hdt_tensor *tensor = edit_tensor(e, x->tensor);
	return other || tensor == x->tensor ? other : edit_element((hdt_scalar_op)x->op, tensor, x->args, x->count);
}

const hdt_expr *edit_expr(edit *e, const hdt_expr *x)
{
	bool changes = e->values.count || e->tensors.count || e->element || e->fresh;
	if (!x || !changes || x->op == HDT_OP_CONST || x->op == HDT_OP_SYMBOL || !is_ok(e))
		return x;
	return expr_map(x, rewrite_node, e);
}

const hdt_tensor *edit_tensor(edit *e, const hdt_tensor *t)
{
	const hdt_tensor *other = map_get(&e->tensors, t);
	return other ? other : t;
}

void edit_replace(edit *e, const hdt_expr *from, const hdt_expr *to)
{
	if (from && to)
		map_set(&e->values, from, (void *)(uintptr_t)to);
}

void edit_replace_tensor(edit *e, const hdt_tensor *from, const hdt_tensor *to)
{
	if (from && to)
		map_set(&e->tensors, from, (void *)(uintptr_t)to);
}

static void find_fleeting(const hdt_expr *x, void *closure)
{
	bool *found = closure;
	*found |= x->op == HDT_OP_LOAD || x->op == HDT_OP_READ || x->op == HDT_OP_CALL;
}

bool edit_is_fleeting(const hdt_expr *x)
{
	bool found = false;
	expr_walk(x, find_fleeting, &found);
	return found;
}

/* ---- definitions -------------------------------------------------------------------------------------------------- */

/* The name without the number that an earlier copy, or program_finish, gave it. */
static const char *base_name(edit *e, const char *name)
{
	size_t length = strlen(name);
	while (length > 0 && isdigit((unsigned char)name[length - 1]))
		length--;
	if (length < 2 || name[length - 1] != '_' || !name[length])
		return name;
	const char *base = hdt_format(e->context, "%.*s", (int)length - 1, name);
	return base ? hdt_intern(e->context, base) : NULL;
}

/* Copies side by side share a scope. Numbers that are free at once spare program_finish the search. */
static const char *fresh_name(edit *e, const char *name)
{
	const char *base = e->depth == e->fresh_depth ? base_name(e, name) : NULL;
	uintptr_t count = (uintptr_t)map_get(&e->names, base);
	if (!base || !map_set(&e->names, base, (void *)(count + 1)))
		return name;
	const char *numbered = count ? hdt_format(e->context, "%s_%d", base, (int)count) : name;
	return numbered ? hdt_intern(e->context, numbered) : name;
}

const hdt_expr *edit_axis(edit *e, const hdt_expr *axis)
{
	const hdt_expr *extent = edit_expr(e, axis->args[0]);
	return extent ? expr_rebuild(axis, &extent) : NULL;
}

static const hdt_expr *define_axis(edit *e, const hdt_expr *axis)
{
	const hdt_expr *mentioned = edit_axis(e, axis);
	const hdt_expr *defined = mentioned && e->fresh ? hdt_axis(axis->name, mentioned->args[0]) : mentioned;
	edit_replace(e, mentioned, defined);
	return defined;
}

static const hdt_expr *define_variable(edit *e, const hdt_expr *variable)
{
	const hdt_expr *defined = variable;
	const char *name = e->fresh ? fresh_name(e, variable->name) : NULL;
	if (name && variable->count == 2)
		defined = expr_variable_within(e->context, name, (hdt_dtype)variable->dtype, variable->args[0]->integer,
		                               variable->args[1]->integer);
	else if (name)
		defined = expr_variable(e->context, name, (hdt_dtype)variable->dtype);
	edit_replace(e, variable, defined);
	return defined;
}

static hdt_tensor *copy_tensor(edit *e, const hdt_tensor *t)
{
	hdt_tensor *copy = hdt_allocate(e->context, sizeof *copy);
	if (copy) {
		*copy = *t;
		copy->name = e->fresh ? fresh_name(e, t->name) : t->name;
	}
	return copy;
}

/* The program's own buffers are known by their pointers outside of functions too. */
static bool is_of_program(const edit *e, const hdt_tensor *t)
{
	const hdt_program *program = e->function->program;
	for (int i = 0; i < program->buffer_count; i++)
		if (program->buffers[i] == t)
			return true;
	return false;
}

/* A buffer's own copy, or itself. */
static const hdt_tensor *define_buffer(edit *e, const hdt_tensor *t)
{
	const hdt_expr **shape = hdt_allocate(e->context, (size_t)t->rank * sizeof *shape);
	bool changed = e->fresh;
	for (int d = 0; shape && d < t->rank; d++) {
		shape[d] = edit_expr(e, t->shape[d]);
		changed |= shape[d] != t->shape[d];
	}
	if (!changed || is_of_program(e, t))
		return t;
	hdt_tensor *copy = shape ? copy_tensor(e, t) : NULL;
	if (copy)
		copy->shape = shape;
	edit_replace_tensor(e, t, copy);
	return copy;
}

static const hdt_tensor_map *rewrite_map(edit *e, const hdt_tensor_map *m)
{
	hdt_tensor_map *copy = hdt_allocate(e->context, sizeof *copy);
	if (copy) {
		*copy = *m;
		copy->tensor = edit_tensor(e, m->tensor);
	}
	return copy;
}

/* ---- statements --------------------------------------------------------------------------------------------------- */

static const hdt_expr *rewrite_each(const hdt_expr *x, void *closure)
{
	return edit_expr(closure, x);
}

static void define_tasks(edit *e, hdt_stmt *s)
{
	const hdt_expr **indices = hdt_allocate(e->context, (size_t)s->mapping->rank * sizeof *indices);
	for (int d = 0; indices && d < s->mapping->rank; d++)
		indices[d] = define_axis(e, s->indices[d]);
	s->indices = indices;
}

static void rewrite_store(edit *e, hdt_stmt *s)
{
	const hdt_expr *place = edit_expr(e, hdt_load(s->tensor, s->indices, s->tensor->rank));
	s->value = edit_expr(e, s->value);
	if (!place || !is_ok(e))
		return;
	s->tensor = place->tensor;
	s->indices = place->count ? place->args : s->indices;
}

static void rewrite_view(edit *e, hdt_stmt *s)
{
	const hdt_tensor *old = s->tensor;
	hdt_tensor *view = copy_tensor(e, old);
	if (!view)
		return;
	s->tensor = view;
	stmt_map(s, rewrite_each, e);
	view->base = edit_tensor(e, old->base);
	edit_replace_tensor(e, old, view);
}

static void rewrite_operands(edit *e, hdt_stmt *s)
{
	stmt_map(s, rewrite_each, e);
	hdt_operand *operands = hdt_allocate(e->context, (size_t)s->operand_count * sizeof *operands);
	for (int i = 0; operands && i < s->operand_count; i++) {
		operands[i] = s->operands[i];
		operands[i].tensor = edit_tensor(e, operands[i].tensor);
	}
	s->operands = operands;
}

/* The statement's own parts; names that it defines hold from here on. */
static void rewrite(edit *e, hdt_stmt *s)
{
	switch (s->kind) {
	case HDT_STMT_FOR:
		s->axis = define_axis(e, s->axis);
		break;
	case HDT_STMT_STORE:
		rewrite_store(e, s);
		break;
	case HDT_STMT_VIEW:
		rewrite_view(e, s);
		break;
	case HDT_STMT_CALL:
	case HDT_STMT_LAUNCH:
	case HDT_STMT_ASM:
		rewrite_operands(e, s);
		break;
	case HDT_STMT_TASKS:
		stmt_map(s, rewrite_each, e);
		define_tasks(e, s);
		break;
	case HDT_STMT_BUFFER:
		stmt_map(s, rewrite_each, e);
		s->tensor = define_buffer(e, s->tensor);
		break;
	case HDT_STMT_LET:
		stmt_map(s, rewrite_each, e);
		s->axis = define_variable(e, s->axis);
		break;
	case HDT_STMT_MAP:
		s->map = rewrite_map(e, s->map);
		s->axis = define_variable(e, s->axis);
		break;
	default:
		stmt_map(s, rewrite_each, e);
	}
}

bool edit_step(edit *e, const hdt_stmt *s)
{
	if (++e->statements > EDIT_MOST_STATEMENTS)
		script_fail(e->function, s, HDT_UNSUPPORTED,
		            "the function has more than %d statements once calls and unrolled loops are written out: unroll "
		            "fewer of them",
		            EDIT_MOST_STATEMENTS);
	else if (expr_count(e->context) - e->expressions > EDIT_MOST_EXPRESSIONS)
		script_fail(e->function, s, HDT_UNSUPPORTED,
		            "more than %d expressions once calls, views and unrolled loops are written out",
		            EDIT_MOST_EXPRESSIONS);
	return is_ok(e);
}

hdt_stmt *edit_add(edit *e, stmt_list *out, hdt_stmt s)
{
	if (is_ok(e) && e->depth > EDIT_MOST_DEPTH)
		script_fail(e->function, &s, HDT_UNSUPPORTED,
		            "more than %d loops and branches within each other once calls and mappings are written out",
		            EDIT_MOST_DEPTH);
	if (!is_ok(e) || !edit_step(e, &s))
		return NULL;
	hdt_stmt *copy = hdt_allocate(e->context, sizeof *copy);
	if (!copy)
		return NULL;
	*copy = s;
	copy->next = NULL;
	*out->tail = copy;
	out->tail = &copy->next;
	return copy;
}

/* edit_body into the body of a statement that was just added. */
static void write_inner(edit *e, const hdt_stmt *first, hdt_stmt **body)
{
	e->depth++;
	edit_body(e, first, &(stmt_list){body});
	e->depth--;
}

void edit_keep(edit *e, const hdt_stmt *s, stmt_list *out)
{
	hdt_stmt *copy = edit_add(e, out, *s);
	if (!copy)
		return;
	copy->body = copy->otherwise = NULL;
	rewrite(e, copy);
	write_inner(e, s->body, &copy->body);
	write_inner(e, s->otherwise, &copy->otherwise);
}

stmt_list edit_open(edit *e, stmt_list *out, hdt_stmt s)
{
	s.body = s.otherwise = NULL;
	hdt_stmt *owner = edit_add(e, out, s);
	e->depth++;
	return (stmt_list){owner ? &owner->body : NULL};
}

void edit_close(edit *e, int count)
{
	e->depth -= count;
}

void edit_body(edit *e, const hdt_stmt *first, stmt_list *out)
{
	for (const hdt_stmt *s = first; s && is_ok(e); s = s->next) {
		if (e->statement)
			e->statement(e, s, out);
		else
			edit_keep(e, s, out);
	}
}

void edit_copy(edit *e, const hdt_stmt *first, stmt_list *out)
{
	bool fresh = e->fresh;
	int fresh_depth = e->fresh_depth;
	e->fresh = true;
	e->fresh_depth = e->depth;
	edit_body(e, first, out);
	e->fresh = fresh;
	e->fresh_depth = fresh_depth;
}

const hdt_expr *edit_let(edit *e, stmt_list *out, const hdt_stmt *near, const char *name, const hdt_expr *value)
{
	if (!value || value->op == HDT_OP_CONST || value->op == HDT_OP_SYMBOL || value->op == HDT_OP_AXIS ||
	    value->op == HDT_OP_VARIABLE)
		return value;
	const hdt_expr *variable = expr_variable(e->context, name, (hdt_dtype)value->dtype);
	edit_add(e, out, (hdt_stmt){.kind = HDT_STMT_LET, .line = near->line, .axis = variable, .value = value});
	return variable;
}

/* ---- functions ---------------------------------------------------------------------------------------------------- */

hdt_status edit_function(hdt_function *function, const edit *pass)
{
	hdt_context *context = function->program->context;
	edit e = {.context = context,
	          .function = function,
	          .statement = pass->statement,
	          .element = pass->element,
	          .closure = pass->closure,
	          .expressions = expr_count(context)};
	map_init(&e.values, context);
	map_init(&e.tensors, context);
	map_init(&e.names, context);
	hdt_stmt *body = NULL; /* nothing is written after a fault */
	edit_body(&e, function->body, &(stmt_list){&body});
	if (is_ok(&e))
		function->body = body;
	return hdt_context_status(context);
}

hdt_status edit_program(hdt_program *program, const edit *pass)
{
	hdt_status status = hdt_context_status(program->context);
	for (int i = 0; i < program->function_count && status == HDT_OK; i++)
		status = edit_function(program->functions[i], pass);
	return status;
}
