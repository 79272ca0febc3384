/* verify.c: checks a finished program and reports the first broken rule:
 *  - loads and stores are of parameters of the function or buffers and views in scope, with one i64 index for each dimension;
 *  - a stored value has the buffer's dtype, constants are not stored to, a condition is bool, no reduction is left;
 *  - loop variables, lets, scalars and thread indices are used in scope; a call with effects is the whole of what is done, named or stored;
 *  - a parallel loop stands outside of everything else, and its body sees no buffers of the function from around it, because it becomes a
 *    function of its own, run by several workers;
 *  - locals and unrolled loops have constant sizes; each kind of function has only the statements it can run. */
#include "script/builder.h"

#include "base/context.h"

#define LARGEST_LOCAL (INT64_C(1) << 18) /* bytes: they lie on a worker's stack */

typedef struct checker {
	const hdt_function *function;
	hdt_context *context;
	const hdt_stmt *statement;
	VEC(const hdt_expr *) variables; /* loop variables, lets, scalars and thread indices in scope */
	VEC(const hdt_tensor *) locals;
	const struct checker *around; /* of the parallel loop that we are in; NULL: we are in none */
	int depth;
} checker;

static void fault(checker *c, const char *what, const char *name)
{
	if (hdt_context_status(c->context) == HDT_OK)
		script_fail(c->function, c->statement, HDT_INTERNAL, "%s%s%s", what, *name ? ": " : "", name);
}

static void bring(checker *c, const hdt_expr *variable)
{
	(void)vec_push(c->context, &c->variables, variable); /* a failure is a fault of the context */
}

static bool in_scope(const checker *c, const hdt_expr *variable)
{
	for (int i = c->variables.count; i-- > 0;)
		if (c->variables.items[i] == variable)
			return true;
	return false;
}

static bool is_accessible(const checker *c, const hdt_tensor *t)
{
	for (int i = 0; i < c->function->parameter_count; i++)
		if (c->function->parameters[i] == t)
			return true;
	for (int i = 0; i < c->locals.count; i++)
		if (c->locals.items[i] == t)
			return true;
	return false;
}

static void check_access(checker *c, const hdt_tensor *t)
{
	if (is_accessible(c, t))
		return;
	if (c->around && is_accessible(c->around, t))
		fault(c, "the workers of a parallel loop cannot share a buffer of the function: make it within the loop",
		      t->name);
	else
		fault(c, "neither a parameter of the function nor a buffer in scope", t->name);
}

/* ---- expressions -------------------------------------------------------------------------------------------------- */

static void check_indices(checker *c, const hdt_tensor *t, const hdt_expr *const *indices, int count)
{
	check_access(c, t);
	if (c->function->kind == HDT_FUNCTION_HOST)
		fault(c, "a host function does not look into memory", t->name);
	if (count != t->rank)
		fault(c, "the number of indices is not the rank of", t->name);
	for (int i = 0; i < count; i++)
		if (indices[i]->dtype != HDT_I64)
			fault(c, "an index is not i64", t->name);
}

static void check_node(const hdt_expr *e, void *closure)
{
	checker *c = closure;
	switch (e->op) {
	case HDT_OP_AXIS:
	case HDT_OP_VARIABLE:
		if (!in_scope(c, e))
			fault(c, "not in scope", e->name);
		break;
	case HDT_OP_LOAD:
	case HDT_OP_READ:
	case HDT_OP_ADDRESS:
		check_indices(c, e->tensor, e->args, e->count);
		break;
	case HDT_OP_CALL:
		if (e->serial && e != c->statement->value)
			fault(c, "a call with effects within a larger expression: name its value by a let", e->intrinsic->name);
		break;
	default:
		break;
	}
}

static void check_expr(checker *c, const hdt_expr *e)
{
	if (!e)
		fault(c, "a missing expression", "");
	else if (expr_contains_op(e, HDT_OP_REDUCE) || expr_contains_op(e, HDT_OP_ARG_REDUCE))
		fault(c, "a reduction that was not made a loop", "");
	else
		expr_walk(e, check_node, c);
}

static void check_condition(checker *c, const hdt_stmt *s)
{
	check_expr(c, s->value);
	if (s->value && s->value->dtype != HDT_BOOL)
		fault(c, "the condition is not bool", "");
}

/* ---- statements --------------------------------------------------------------------------------------------------- */

static void check_buffer(checker *c, const hdt_stmt *s)
{
	const hdt_tensor *t = s->tensor;
	int64_t bytes = hdt_dtype_of(t->dtype)->bytes, extent;
	bool counted = !(t->layout && t->scope == HDT_SCOPE_REGISTER);
	for (int i = 0; i < t->rank; i++) {
		if (!hdt_is_const(t->shape[i], &extent) || extent < 0)
			fault(c, "the size is not constant", t->name);
		else if (counted && (__builtin_mul_overflow(bytes, extent, &bytes) || bytes > LARGEST_LOCAL))
			fault(c, "too large for a buffer of a function", t->name);
	}
	if (!counted && (__builtin_mul_overflow(bytes, t->layout->size, &bytes) || bytes > LARGEST_LOCAL))
		fault(c, "too large for a buffer of a function", t->name);
	if (t->scope == HDT_SCOPE_SHARED && c->function->kind != HDT_FUNCTION_CUDA)
		fault(c, "shared memory belongs to kernels", t->name);
	if (t->scope == HDT_SCOPE_GLOBAL)
		fault(c, "a function makes no global memory", t->name);
	if (s->value)
		check_expr(c, s->value);
	(void)vec_push(c->context, &c->locals, t);
}

static void check_view(checker *c, const hdt_stmt *s)
{
	const hdt_tensor *t = s->tensor;
	int outer = c->variables.count;
	check_access(c, t->base);
	for (int d = 0; d < t->rank; d++)
		check_expr(c, t->shape[d]);
	for (int d = 0; d < t->rank; d++)
		bring(c, t->axes[d]);
	for (int d = 0; d < t->base->rank; d++)
		check_expr(c, t->base_indices[d]);
	c->variables.count = outer;
	(void)vec_push(c->context, &c->locals, t);
}

static void check_map(checker *c, const hdt_stmt *s)
{
	check_access(c, s->map->tensor);
	if (c->depth > 0 || c->function->kind != HDT_FUNCTION_CUDA)
		fault(c, "a tensor map is made at the top of a kernel", s->axis->name);
	bring(c, s->axis);
}

/* Is it a constant of the program, one of its inputs, or a view of these? */
static bool is_constant(const hdt_program *program, const hdt_tensor *t)
{
	while (t->base)
		t = t->base;
	if (t->constant)
		return true;
	for (int i = 0; i < program->constant_count; i++)
		if (program->constants[i] == t)
			return true;
	return false;
}

static void check_store(checker *c, const hdt_stmt *s)
{
	if (!s->indices || !s->value) {
		fault(c, "a missing expression", "");
		return;
	}
	if (is_constant(c->function->program, s->tensor))
		fault(c, "a constant is not stored to", s->tensor->name);
	check_indices(c, s->tensor, s->indices, s->tensor->rank);
	for (int i = 0; i < s->tensor->rank; i++)
		check_expr(c, s->indices[i]);
	check_expr(c, s->value);
	if (s->value->dtype != s->tensor->dtype)
		fault(c, "the value's dtype is not that of", s->tensor->name);
}

static void check_operands(checker *c, const hdt_stmt *s)
{
	for (int i = 0; i < s->operand_count; i++) {
		if (s->operands[i].tensor)
			check_access(c, s->operands[i].tensor);
		if (s->operands[i].value)
			check_expr(c, s->operands[i].value);
	}
}

static void check_call(checker *c, const hdt_stmt *s)
{
	bool launch = s->kind == HDT_STMT_LAUNCH;
	if (s->function->program != c->function->program)
		fault(c, "a function of another program", s->function->name);
	if (launch && (c->function->kind != HDT_FUNCTION_HOST || !s->function->launched))
		fault(c, "a launch is of a kernel that has a grid, from a host function", s->function->name);
	if (!launch && (s->function->kind != c->function->kind || s->function->launched))
		fault(c, "a call is of a function of the same kind without a grid", s->function->name);
	check_operands(c, s);
}

static void check_body(checker *c, const hdt_stmt *first);

/* A view of memory that the caller gave: every worker may make it for itself. */
static bool is_of_parameter(const checker *c, const hdt_tensor *t)
{
	while (t->base)
		t = t->base;
	for (int i = 0; i < c->function->parameter_count; i++)
		if (c->function->parameters[i] == t)
			return true;
	return false;
}

/* What the body of a parallel loop sees: of the names around it the values, and the views of parameters. */
static checker enter_parallel(const checker *outer, const hdt_stmt *s)
{
	checker inner = {.function = outer->function, .context = outer->context, .statement = s, .around = outer};
	for (int i = 0; i < outer->variables.count; i++)
		bring(&inner, outer->variables.items[i]);
	for (int i = 0; i < outer->locals.count; i++)
		if (is_of_parameter(outer, outer->locals.items[i]))
			(void)vec_push(inner.context, &inner.locals, outer->locals.items[i]);
	return inner;
}

/* The copy's pushes may reuse the shared arrays beyond the enclosing body's count, never below it. */
static void check_inner(const checker *outer, const hdt_stmt *s, const hdt_expr *const *axes, int count)
{
	checker inner = *outer;
	if (s->kind == HDT_STMT_FOR && s->loop == HDT_LOOP_PARALLEL)
		inner = enter_parallel(outer, s);
	inner.depth = outer->depth + 1;
	for (int i = 0; i < count; i++)
		bring(&inner, axes[i]);
	check_body(&inner, s->body);
	inner.statement = s;
	check_body(&inner, s->otherwise);
}

static void check_for(checker *c, const hdt_stmt *s)
{
	int64_t extent;
	if (s->axis->op != HDT_OP_AXIS) {
		fault(c, "the loop variable is not an axis", "");
		return;
	}
	check_expr(c, s->axis->args[0]);
	if (s->loop == HDT_LOOP_PARALLEL && (c->depth > 0 || c->function->kind != HDT_FUNCTION_CPU))
		fault(c, "a parallel loop within another statement, or in a kernel", s->axis->name);
	bool whole = s->loop == HDT_LOOP_COPIES || (s->loop == HDT_LOOP_UNROLL && s->factor == 0);
	if (whole && !hdt_is_const(s->axis->args[0], &extent))
		fault(c, "an unrolled loop without constant extent", s->axis->name);
	check_inner(c, s, &s->axis, 1);
}

static void check_tasks(checker *c, const hdt_stmt *s)
{
	check_expr(c, s->value);
	check_inner(c, s, s->indices, s->mapping->rank);
}

/* Statements of host functions: what depends on sizes alone. */
static bool suits(const hdt_function *f, hdt_stmt_kind kind)
{
	bool host = kind == HDT_STMT_FOR || kind == HDT_STMT_IF || kind == HDT_STMT_LET || kind == HDT_STMT_ASSERT ||
	            kind == HDT_STMT_LAUNCH;
	return f->kind != HDT_FUNCTION_HOST ? kind != HDT_STMT_LAUNCH : host;
}

static void check_stmt(checker *c, const hdt_stmt *s)
{
	switch (s->kind) {
	case HDT_STMT_FOR:
		check_for(c, s);
		break;
	case HDT_STMT_TASKS:
		check_tasks(c, s);
		break;
	case HDT_STMT_WHILE:
	case HDT_STMT_IF:
		check_condition(c, s);
		check_inner(c, s, NULL, 0);
		break;
	case HDT_STMT_BUFFER:
		check_buffer(c, s);
		break;
	case HDT_STMT_VIEW:
		check_view(c, s);
		break;
	case HDT_STMT_MAP:
		check_map(c, s);
		break;
	case HDT_STMT_STORE:
		check_store(c, s);
		break;
	case HDT_STMT_LET:
		check_expr(c, s->value);
		if (s->value && s->value->dtype != s->axis->dtype)
			fault(c, "the value's dtype is not that of", s->axis->name);
		bring(c, s->axis);
		break;
	case HDT_STMT_EVALUATE:
		check_expr(c, s->value);
		if (s->value && s->value->op != HDT_OP_CALL)
			fault(c, "only a call is evaluated for its effect", "");
		break;
	case HDT_STMT_CALL:
	case HDT_STMT_LAUNCH:
		check_call(c, s);
		break;
	case HDT_STMT_ASSERT:
		check_condition(c, s);
		break;
	case HDT_STMT_ASM:
		check_operands(c, s);
		break;
	default:
		script_fail(c->function, NULL, HDT_INTERNAL, "a statement of unknown kind");
	}
}

static void check_body(checker *c, const hdt_stmt *first)
{
	int variables = c->variables.count, locals = c->locals.count;
	for (const hdt_stmt *s = first; s && hdt_context_status(c->context) == HDT_OK; s = s->next) {
		c->statement = s;
		if (suits(c->function, s->kind))
			check_stmt(c, s);
		else
			fault(c, "not a statement of this kind of function", function_text(c->function->kind));
	}
	c->variables.count = variables;
	c->locals.count = locals;
}

/* ---- functions ---------------------------------------------------------------------------------------------------- */

static void check_extents(checker *c, const hdt_expr *const *extents)
{
	for (int d = 0; d < 3; d++)
		if (extents[d])
			check_expr(c, extents[d]);
}

static void check_function(const hdt_function *f)
{
	static const hdt_stmt header = {.kind = HDT_STMT_CALL};
	checker c = {.function = f, .context = f->program->context, .statement = &header};
	for (int i = 0; i < f->scalar_count; i++)
		bring(&c, f->scalars[i]);
	check_extents(&c, f->grid);
	if (f->shared_bytes)
		check_expr(&c, f->shared_bytes);
	for (int d = 0; f->kind == HDT_FUNCTION_CUDA && d < 3; d++) {
		bring(&c, f->thread_at[d]);
		bring(&c, f->block_at[d]);
	}
	check_body(&c, f->body);
}

hdt_status program_verify(const hdt_program *program)
{
	if (!program)
		return HDT_INTERNAL;
	for (int i = 0; i < program->function_count; i++)
		check_function(program->functions[i]);
	return hdt_context_status(program->context);
}
