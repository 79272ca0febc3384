/* launch_host.c: runs a host function over sizes: what it launches is planned at once.
 *
 * It can do nothing but that, so planning ends: loops have extents, and there is a limit to the statements executed. */
#include "exec/planner.h"

enum { MOST_STATEMENTS = 1 << 20 };

/* Bind the scalars of a kernel to the operands that follow its buffers. All are evaluated before the first is bound: a kernel may be
 * launched with what it takes itself. */
static hdt_status bind_arguments(planner *p, const hdt_function *host, const hdt_stmt *s)
{
	const hdt_function *f = s->function;
	int given = f->scalar_count - f->derived_count;
	int64_t *bits = planner_take(p, (size_t)given, sizeof *bits);
	if (!bits)
		return planner_fail_memory(p);
	for (int i = 0; i < given; i++) {
		const hdt_expr *value = s->operands[f->parameter_count + i].value;
		if (value->op == HDT_OP_CAST && hdt_is_integer((hdt_dtype)value->dtype))
			value = value->args[0]; /* to the parameter's dtype: nothing is to be lost */
		hdt_dtype to = (hdt_dtype)f->scalars[i]->dtype;
		scalar v;
		hdt_status status = planner_evaluate(p, host, s->line, value, "an argument", &v);
		if (status != HDT_OK)
			return status;
		scalar converted = scalar_cast(v, (hdt_dtype)value->dtype, to);
		if (hdt_is_integer(to) && hdt_is_integer((hdt_dtype)value->dtype) && converted.i != v.i)
			return planner_fault(p, host, s->line, HDT_BAD_INPUT, "%lld does not fit '%s' of @%s, which is %s",
			                     (long long)v.i, f->scalars[i]->name, f->name, hdt_dtype_of(to)->name);
		bits[i] = converted.i;
	}
	for (int i = 0; i < given; i++)
		if (!planner_bind(p, f->scalars[i], bits[i]))
			return planner_fail_memory(p);
	return HDT_OK;
}

static hdt_status launch_kernel(planner *p, const hdt_function *host, const hdt_stmt *s)
{
	const hdt_function *f = s->function;
	int wanted = f->parameter_count + f->scalar_count - f->derived_count;
	if (s->operand_count != wanted)
		return planner_fault(p, host, s->line, HDT_INTERNAL, "@%s takes %d operands, not %d", f->name, wanted,
		                     s->operand_count);
	int *buffers = planner_take(p, (size_t)f->parameter_count, sizeof *buffers);
	if (!buffers)
		return planner_fail_memory(p);
	for (int i = 0; i < f->parameter_count; i++)
		if ((buffers[i] = planner_buffer(p, s->operands[i].tensor)) < 0)
			return planner_fault(p, host, s->line, HDT_INTERNAL, "operand %d of @%s is no buffer of the program", i,
			                     f->name);
	int scope = p->names.count;
	hdt_status status = bind_arguments(p, host, s);
	if (status == HDT_OK)
		status = planner_launch(p, f, buffers);
	planner_unbind(p, scope);
	return status;
}

static hdt_status run_body(planner *p, const hdt_function *host, const hdt_stmt *first);

static hdt_status run_for(planner *p, const hdt_function *host, const hdt_stmt *s)
{
	scalar extent;
	hdt_status status = planner_evaluate(p, host, s->line, s->axis->args[0], "the extent of a loop", &extent);
	for (int64_t i = 0; i < extent.i && status == HDT_OK; i++) {
		int scope = p->names.count;
		if (++p->statements > MOST_STATEMENTS)
			return planner_fault(p, host, s->line, HDT_BAD_INPUT, "these sizes need more than %d statements",
			                     MOST_STATEMENTS);
		status = planner_bind(p, s->axis, i) ? run_body(p, host, s->body) : planner_fail_memory(p);
		planner_unbind(p, scope);
	}
	return status;
}

static hdt_status run_statement(planner *p, const hdt_function *host, const hdt_stmt *s)
{
	scalar value;
	hdt_status status;
	if (++p->statements > MOST_STATEMENTS)
		return planner_fault(p, host, s->line, HDT_BAD_INPUT, "these sizes need more than %d statements",
		                     MOST_STATEMENTS);
	switch (s->kind) {
	case HDT_STMT_FOR:
		return run_for(p, host, s);
	case HDT_STMT_IF:
		status = planner_evaluate(p, host, s->line, s->value, "a condition", &value);
		return status == HDT_OK ? run_body(p, host, value.i ? s->body : s->otherwise) : status;
	case HDT_STMT_LET:
		status = planner_evaluate(p, host, s->line, s->value, s->axis->name, &value);
		return status != HDT_OK ? status : planner_bind(p, s->axis, value.i) ? HDT_OK : planner_fail_memory(p);
	case HDT_STMT_ASSERT:
		status = planner_evaluate(p, host, s->line, s->value, "an assertion", &value);
		return status == HDT_OK && !value.i ? planner_fault(p, host, s->line, HDT_BAD_INPUT, "%s", s->text) : status;
	case HDT_STMT_LAUNCH:
		return launch_kernel(p, host, s);
	default:
		return planner_fault(p, host, s->line, HDT_INTERNAL, "a host function cannot have a %s statement",
		                     stmt_text(s->kind));
	}
}

static hdt_status run_body(planner *p, const hdt_function *host, const hdt_stmt *first)
{
	int scope = p->names.count;
	hdt_status status = HDT_OK;
	for (const hdt_stmt *s = first; s && status == HDT_OK; s = s->next)
		status = run_statement(p, host, s);
	planner_unbind(p, scope);
	return status;
}

hdt_status planner_run(planner *p, const hdt_function *host)
{
	return run_body(p, host, host->body);
}
