/* copy_unrolled.c: loops that are to be unrolled here become copies of their bodies, each with lets, loop variables and buffers of its own.
 *
 *     for i in 0..2 unroll+ { let v = x[i]; y[i] = v * v; }
 *     ->
 *     let v = x[0]; y[0] = v * v; let v_1 = x[1]; y[1] = v_1 * v_1;
 *
 * Shared buffers of the body are made once, before the copies, as a loop would have had them once. */
#include "lower/edit.h"

typedef struct hoisting {
	edit *edit;
	stmt_list *out;
} hoisting;

static void hoist_shared(const hdt_stmt *s, void *closure)
{
	hoisting *h = closure;
	if (s->kind == HDT_STMT_BUFFER && s->tensor->scope == HDT_SCOPE_SHARED)
		edit_add(h->edit, h->out, *s);
}

static void copy_body(edit *e, const hdt_stmt *loop, stmt_list *out)
{
	int64_t count;
	if (!hdt_is_const(edit_expr(e, loop->axis->args[0]), &count)) {
		script_fail(e->function, loop, HDT_BAD_MODEL,
		            "the loop over %s is to be unrolled, but its extent is not constant: %s", loop->axis->name,
		            hdt_expr_text(loop->axis->args[0]));
		return;
	}
	if (!e->fresh)
		stmt_walk(loop->body, hoist_shared, &(hoisting){e, out});
	for (int64_t i = 0; i < count && edit_step(e, loop); i++) {
		edit_replace(e, edit_axis(e, loop->axis), hdt_int(e->context, i));
		edit_copy(e, loop->body, out);
	}
}

static void rewrite(edit *e, const hdt_stmt *s, stmt_list *out)
{
	bool hoisted = e->fresh && s->kind == HDT_STMT_BUFFER && s->tensor->scope == HDT_SCOPE_SHARED;
	if (s->kind == HDT_STMT_FOR && s->loop == HDT_LOOP_COPIES)
		copy_body(e, s, out);
	else if (!hoisted)
		edit_keep(e, s, out);
}

hdt_status lower_copy_unrolled(hdt_program *program, const lowering *how)
{
	(void)how;
	return edit_program(program, &(edit){.statement = rewrite});
}
