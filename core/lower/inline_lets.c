/* inline_lets.c: names of trivial values, and of values used once, are replaced by the values:
 *
 *     let a = i; let b = i * 4 + 1; let c = x[b]; y[a] = c;
 *  -> let c = x[i * 4 + 1]; y[i] = c;
 *
 * A value that looks into memory, calls something or may stop the run stays where it is, so nothing moves over a store or a barrier.
 * A value used once stays as well when its use lies in a loop that it stands outside of: there it is computed once. A name that stays knows
 * from here on in which range its value lies. */
#include "lower/edit.h"

/* Where a variable is defined and used. */
typedef struct usage {
	const hdt_stmt *defined_in, *used_in; /* the innermost loops; NULL: the function */
	int count;
} usage;

typedef struct inliner {
	hdt_context *context;
	map usages;           /* VARIABLE -> usage */
	const hdt_stmt *loop; /* the innermost one around what is looked at */
} inliner;

static bool is_loop(const hdt_stmt *s)
{
	return s->kind == HDT_STMT_FOR || s->kind == HDT_STMT_TASKS || s->kind == HDT_STMT_WHILE;
}

/* ---- counting ----------------------------------------------------------------------------------------------------- */

static usage *usage_of(inliner *in, const hdt_expr *variable)
{
	usage *u = map_get(&in->usages, variable);
	if (!u && (u = hdt_allocate(in->context, sizeof *u)) && !map_set(&in->usages, variable, u))
		return NULL;
	return u;
}

static void count_variable(const hdt_expr *e, void *closure)
{
	inliner *in = closure;
	usage *u = e->op == HDT_OP_VARIABLE ? usage_of(in, e) : NULL;
	if (!u)
		return;
	u->count++;
	u->used_in = in->loop;
}

static void count_in(const hdt_expr *e, void *closure)
{
	expr_walk(e, count_variable, closure);
}

static void count_body(inliner *in, const hdt_stmt *first)
{
	const hdt_stmt *outer = in->loop;
	for (const hdt_stmt *s = first; s; s = s->next) {
		usage *defined = s->kind == HDT_STMT_LET ? usage_of(in, s->axis) : NULL;
		if (defined)
			defined->defined_in = outer;
		in->loop = s->kind == HDT_STMT_WHILE ? s : outer; /* its condition is computed again and again */
		stmt_expressions(s, count_in, in);
		in->loop = is_loop(s) ? s : outer;
		count_body(in, s->body);
		count_body(in, s->otherwise);
		in->loop = outer;
	}
}

/* ---- replacing ---------------------------------------------------------------------------------------------------- */

static bool is_atom(const hdt_expr *e)
{
	return e->op == HDT_OP_CONST || e->op == HDT_OP_SYMBOL || e->op == HDT_OP_AXIS || e->op == HDT_OP_VARIABLE;
}

/* An atom, or an integer that is one in another width. */
static bool is_trivial(const hdt_expr *e)
{
	bool widened =
		e->op == HDT_OP_CAST && hdt_is_integer((hdt_dtype)e->dtype) && hdt_is_integer((hdt_dtype)e->args[0]->dtype);
	return is_atom(widened ? e->args[0] : e);
}

static bool is_movable(const hdt_expr *e)
{
	return !edit_is_fleeting(e) && !expr_contains_op(e, HDT_OP_BOUNDED);
}

static bool is_replaced(const inliner *in, const hdt_stmt *let)
{
	const usage *u = map_get(&in->usages, let->axis);
	if (is_trivial(let->value))
		return true;
	return u && u->count == 1 && u->used_in == u->defined_in && is_movable(let->value);
}

/* The variable as one that knows in which range its value lies; itself when nothing is known. */
static const hdt_expr *with_bounds(const hdt_expr *variable, const hdt_expr *value)
{
	int64_t min, max;
	if (variable->count || !hdt_is_integer((hdt_dtype)variable->dtype) || !hdt_bounds(value, &min, &max))
		return variable;
	return expr_variable_within(variable->context, variable->name, (hdt_dtype)variable->dtype, min, max);
}

static void rewrite_let(edit *e, const hdt_stmt *s, stmt_list *out)
{
	hdt_stmt let = *s;
	if (s->kind == HDT_STMT_LET && is_replaced(e->closure, s)) {
		edit_replace(e, s->axis, edit_expr(e, s->value));
		return;
	}
	if (s->kind == HDT_STMT_LET && (let.value = edit_expr(e, s->value)) &&
	    (let.axis = with_bounds(s->axis, let.value)) != s->axis)
		edit_replace(e, s->axis, let.axis);
	edit_keep(e, &let, out);
}

hdt_status lower_inline_lets(hdt_program *program, const lowering *how)
{
	(void)how;
	inliner in = {.context = program->context};
	map_init(&in.usages, program->context);
	for (int i = 0; i < program->function_count; i++)
		count_body(&in, program->functions[i]->body);
	return edit_program(program, &(edit){.statement = rewrite_let, .closure = &in});
}
