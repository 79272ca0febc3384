/* verify.c: checks a finished program and reports the first broken rule:
 *  - loads and stores are of parameters of the function or locals in scope, with one i64 index for each dimension;
 *  - a stored value has the buffer's dtype, a condition is bool, no reduction is left;
 *  - loop variables and lets are used in scope; a parallel loop stands outside of everything else, and its body sees neither
 *    lets nor locals from around it, because it becomes a function of its own;
 *  - locals and unrolled loops have constant sizes. */
#include "script/builder.h"

#include "base/context.h"

#define LARGEST_LOCAL (INT64_C(1) << 18) /* bytes: they lie on a worker's stack */

typedef struct checker {
	const hdt_function *function;
	hdt_context *context;
	const hdt_stmt *statement;
	VEC(const hdt_expr *) variables; /* loop variables and lets in scope */
	VEC(const hdt_tensor *) locals;
	int depth;
} checker;

static void fault(checker *c, const char *what, const char *name)
{
	static const char *const kinds[] = {
#define HDT_STMT(enum_name, text, doc) text,
#include <hidet/statements.def>
#undef HDT_STMT
	};
	if (hdt_context_status(c->context) == HDT_OK)
		hdt_fail(c->context, HDT_INTERNAL, "function @%s: in a %s statement: %s%s%s", c->function->name,
		         kinds[c->statement->kind], what, *name ? ": " : "", name);
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

static void check_indices(checker *c, const hdt_tensor *t, const hdt_expr *const *indices, int count)
{
	if (!is_accessible(c, t))
		fault(c, "neither a parameter of the function nor a local in scope", t->name);
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
		check_indices(c, e->tensor, e->args, e->count);
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

static void check_local(checker *c, const hdt_tensor *t)
{
	int64_t bytes = hdt_dtype_of(t->dtype)->bytes, extent;
	for (int i = 0; i < t->rank; i++) {
		if (!hdt_is_const(t->shape[i], &extent) || extent < 0)
			fault(c, "the size is not constant", t->name);
		else if (__builtin_mul_overflow(bytes, extent, &bytes) || bytes > LARGEST_LOCAL)
			fault(c, "too large for a local", t->name);
	}
	(void)vec_push(c->context, &c->locals, t);
}

static void check_body(checker *c, const hdt_stmt *first);

static void check_for(checker *c, const hdt_stmt *s)
{
	int64_t extent;
	if (s->axis->op != HDT_OP_AXIS) {
		fault(c, "the loop variable is not an axis", "");
		return;
	}
	check_expr(c, s->axis->args[0]);
	if (s->loop == HDT_LOOP_PARALLEL && c->depth > 0)
		fault(c, "a parallel loop within another statement", s->axis->name);
	if (s->loop == HDT_LOOP_UNROLL && !hdt_is_const(s->axis->args[0], &extent))
		fault(c, "an unrolled loop without constant extent", s->axis->name);
	/* The copy's pushes may reuse the shared array beyond the enclosing body's count, never below it. */
	checker inner = *c;
	if (s->loop == HDT_LOOP_PARALLEL)
		inner = (checker){.function = c->function, .context = c->context, .statement = s};
	inner.depth = c->depth + 1;
	(void)vec_push(c->context, &inner.variables, s->axis);
	check_body(&inner, s->body);
}

static void check_if(checker *c, const hdt_stmt *s)
{
	check_expr(c, s->value);
	if (s->value && s->value->dtype != HDT_BOOL)
		fault(c, "the condition is not bool", "");
	checker inner = *c;
	inner.depth++;
	check_body(&inner, s->body);
	inner.statement = s;
	check_body(&inner, s->otherwise);
}

static void check_store(checker *c, const hdt_stmt *s)
{
	if (!s->indices || !s->value) {
		fault(c, "a missing expression", "");
		return;
	}
	check_indices(c, s->tensor, s->indices, s->tensor->rank);
	for (int i = 0; i < s->tensor->rank; i++)
		check_expr(c, s->indices[i]);
	check_expr(c, s->value);
	if (s->value->dtype != s->tensor->dtype)
		fault(c, "the value's dtype is not that of", s->tensor->name);
}

static void check_body(checker *c, const hdt_stmt *first)
{
	int variables = c->variables.count, locals = c->locals.count;
	for (const hdt_stmt *s = first; s && hdt_context_status(c->context) == HDT_OK; s = s->next) {
		c->statement = s;
		switch (s->kind) {
		case HDT_STMT_FOR:
			check_for(c, s);
			break;
		case HDT_STMT_IF:
			check_if(c, s);
			break;
		case HDT_STMT_LOCAL:
			check_local(c, s->tensor);
			break;
		case HDT_STMT_STORE:
			check_store(c, s);
			break;
		case HDT_STMT_LET:
			check_expr(c, s->value);
			if (s->value && s->value->dtype != s->axis->dtype)
				fault(c, "the value's dtype is not that of", s->axis->name);
			(void)vec_push(c->context, &c->variables, s->axis);
			break;
		default:
			hdt_fail(c->context, HDT_INTERNAL, "function @%s: a statement of unknown kind", c->function->name);
		}
	}
	c->variables.count = variables;
	c->locals.count = locals;
}

hdt_status program_verify(const hdt_program *program)
{
	if (!program)
		return HDT_INTERNAL;
	for (int i = 0; i < program->function_count; i++) {
		checker c = {.function = program->functions[i], .context = program->context};
		check_body(&c, program->functions[i]->body);
	}
	return hdt_context_status(program->context);
}
