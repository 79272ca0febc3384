/* drop_dead.c: what has no effect goes: names and views that nobody uses, buffers that nobody reads with the stores to them, loops and
 * branches without a body. A call with effects stays, without its name:
 *
 *     let a = x[0]; register s: f32[4]; s[1] = 2.0; for i in 0..n { } let t = atomic_add(&y[0], 1);
 *  -> atomic_add(&y[0], 1);
 *
 * A buffer is read where an element is loaded or its address is taken. What may end the run, and a while loop, which may wait for others,
 * stay. */
#include "lower/lower.h"

#include "base/map.h"
#include "base/vec.h"
#include <stdlib.h>

/* One round over a function. The buffers that dropped statements read are found to be unread in the next round. */
typedef struct round {
	hdt_context *context;
	map read; /* buffers that are looked at, directly or through a view; as keys */
	map used; /* VARIABLEs, buffers and views that statements to be kept mention; as keys */
	bool dropped;
} round;

typedef enum verdict { KEEP, KEEP_CALL, DROP } verdict;

static void mark(map *m, const void *what)
{
	if (!map_get(m, what))
		(void)map_set(m, what, (void *)(uintptr_t)what); /* a failure is a fault of the context */
}

static bool is_marked(const map *m, const void *what)
{
	return map_get(m, what) != NULL;
}

static const hdt_tensor *buffer_below(const hdt_tensor *t)
{
	while (t->base)
		t = t->base;
	return t;
}

static bool has_effect(const hdt_expr *e)
{
	return e->op == HDT_OP_CALL && !intrinsic_has(e->intrinsic, 'p');
}

static bool may_end_run(const hdt_expr *e)
{
	return expr_contains_op(e, HDT_OP_BOUNDED);
}

static bool is_element(const hdt_expr *e)
{
	return e->op == HDT_OP_LOAD || e->op == HDT_OP_READ || e->op == HDT_OP_ADDRESS;
}

/* ---- what is read ------------------------------------------------------------------------------------------------- */

static void mark_read(const hdt_expr *e, void *closure)
{
	if (is_element(e))
		mark(&((round *)closure)->read, buffer_below(e->tensor));
}

static void mark_reads_in(const hdt_expr *e, void *closure)
{
	expr_walk(e, mark_read, closure);
}

static void mark_reads(const hdt_stmt *s, void *closure)
{
	round *r = closure;
	stmt_expressions(s, mark_reads_in, r);
	for (int i = 0; i < s->operand_count; i++)
		if (s->operands[i].tensor)
			mark(&r->read, buffer_below(s->operands[i].tensor));
}

/* ---- what goes ---------------------------------------------------------------------------------------------------- */

static verdict judge_store(const round *r, const hdt_stmt *s)
{
	const hdt_tensor *t = buffer_below(s->tensor);
	bool needed = t->scope == HDT_SCOPE_GLOBAL || is_marked(&r->read, t) || may_end_run(s->value);
	for (int d = 0; d < s->tensor->rank; d++)
		needed |= may_end_run(s->indices[d]);
	return needed ? KEEP : has_effect(s->value) ? KEEP_CALL : DROP;
}

static verdict judge(const round *r, const hdt_stmt *s)
{
	switch (s->kind) {
	case HDT_STMT_LET:
		if (is_marked(&r->used, s->axis) || may_end_run(s->value))
			return KEEP;
		return has_effect(s->value) ? KEEP_CALL : DROP;
	case HDT_STMT_EVALUATE:
		return has_effect(s->value) || may_end_run(s->value) ? KEEP : DROP;
	case HDT_STMT_STORE:
		return judge_store(r, s);
	case HDT_STMT_MAP:
		return is_marked(&r->used, s->axis) ? KEEP : DROP;
	case HDT_STMT_VIEW:
	case HDT_STMT_BUFFER:
		return is_marked(&r->used, s->tensor) ? KEEP : DROP;
	case HDT_STMT_IF:
		return s->body || s->otherwise || may_end_run(s->value) ? KEEP : DROP;
	case HDT_STMT_FOR:
	case HDT_STMT_TASKS:
		return s->body ? KEEP : DROP;
	default:
		return KEEP;
	}
}

static void mark_tensor(round *r, const hdt_tensor *t)
{
	for (; t; t = t->base)
		mark(&r->used, t);
}

static void mark_use(const hdt_expr *e, void *closure)
{
	round *r = closure;
	if (e->op == HDT_OP_VARIABLE)
		mark(&r->used, e);
	else if (is_element(e))
		mark_tensor(r, e->tensor);
}

static void mark_uses_in(const hdt_expr *e, void *closure)
{
	expr_walk(e, mark_use, closure);
}

static void mark_uses(round *r, const hdt_stmt *s)
{
	stmt_expressions(s, mark_uses_in, r);
	if (s->kind == HDT_STMT_STORE && judge_store(r, s) == KEEP)
		mark_tensor(r, s->tensor);
	for (int i = 0; i < s->operand_count; i++)
		mark_tensor(r, s->operands[i].tensor);
	if (s->kind == HDT_STMT_MAP) {
		mark_tensor(r, s->map->tensor);
		for (int d = 0; d < s->map->tensor->rank; d++)
			mark_uses_in(s->map->tensor->shape[d], r);
	}
}

/* From the last statement to the first: whoever uses a name stands behind it, so what only dropped statements use is not marked. */
static void mark_uses_of_body(round *r, const hdt_stmt *first)
{
	VEC(const hdt_stmt *) statements = {0};
	for (const hdt_stmt *s = first; s; s = s->next)
		if (!heap_push(&statements, s))
			hdt_fail(r->context, HDT_OUT_OF_MEMORY, "out of memory while a program was lowered");
	for (int i = statements.count; i-- > 0;) {
		const hdt_stmt *s = statements.items[i];
		mark_uses_of_body(r, s->otherwise);
		mark_uses_of_body(r, s->body);
		if (judge(r, s) != DROP)
			mark_uses(r, s);
	}
	heap_free(&statements);
}

/* if c { } else { x } -> if !c { x } */
static void turn_around(hdt_stmt *s)
{
	const hdt_expr *opposite = hdt_not(s->value);
	if (!opposite)
		return;
	s->value = opposite;
	s->body = s->otherwise;
	s->otherwise = NULL;
}

static void drop_in(round *r, hdt_stmt **at)
{
	while (*at && hdt_context_status(r->context) == HDT_OK) {
		hdt_stmt *s = *at;
		drop_in(r, &s->body);
		drop_in(r, &s->otherwise);
		if (s->kind == HDT_STMT_IF && !s->body && s->otherwise)
			turn_around(s);
		verdict v = judge(r, s);
		r->dropped |= v != KEEP;
		if (v == KEEP_CALL)
			*s = (hdt_stmt){.kind = HDT_STMT_EVALUATE, .line = s->line, .value = s->value, .next = s->next};
		if (v == DROP)
			*at = s->next;
		else
			at = &s->next;
	}
}

static bool drop_once(hdt_function *f)
{
	round r = {.context = f->program->context};
	map_init(&r.read, r.context);
	map_init(&r.used, r.context);
	stmt_walk(f->body, mark_reads, &r);
	mark_uses_of_body(&r, f->body);
	if (hdt_context_status(r.context) == HDT_OK)
		drop_in(&r, (hdt_stmt **)(uintptr_t)&f->body);
	return r.dropped && hdt_context_status(r.context) == HDT_OK;
}

hdt_status lower_drop_dead(hdt_program *program, const lowering *how)
{
	(void)how;
	for (int i = 0; i < program->function_count; i++)
		while (drop_once(program->functions[i]))
			continue;
	return hdt_context_status(program->context);
}
