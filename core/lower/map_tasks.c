/* map_tasks.c: a loop over the tasks of a worker becomes the loops of its mapping's repeats, with each task index as arithmetic over them
 * and the worker; workers beyond those of the mapping are kept out unless bounds prove that there are none.
 *
 *     for i, j in repeat(2, 8) * spatial(4, 16) on w { y[i, j] = 0; }      (w in 0..128)
 *     ->
 *     if w < 64 { for t0 in 0..2 unroll+ { for t1 in 0..8 { y[t0 * 4 + w // 16, t1 * 16 + w % 16] = 0; } } } */
#include "lower/edit.h"

#include "base/context.h"

/* Parallel loops stand outside of everything else in a function that is no kernel; elsewhere sharing out is left to the mapping's workers. */
static hdt_loop_kind loop_of(const edit *e, const hdt_loop_style *style)
{
	switch (style->kind) {
	case HDT_STYLE_ADVISED:
		return HDT_LOOP_UNROLL;
	case HDT_STYLE_UNROLL:
		return HDT_LOOP_COPIES;
	case HDT_STYLE_PARALLEL:
		return e->function->kind == HDT_FUNCTION_CPU && e->depth == 0 ? HDT_LOOP_PARALLEL : HDT_LOOP_SERIAL;
	case HDT_STYLE_PLAIN:
		break;
	}
	return HDT_LOOP_SERIAL;
}

static hdt_stmt loop_over(const edit *e, const hdt_stmt *s, const hdt_expr *axis, const hdt_loop_style *style)
{
	hdt_stmt loop = {.kind = HDT_STMT_FOR, .line = s->line, .loop = loop_of(e, style), .axis = axis};
	if (loop.loop == HDT_LOOP_UNROLL || loop.loop == HDT_LOOP_PARALLEL)
		loop.factor = style->factor;
	return loop;
}

static void write_loops(edit *e, const hdt_stmt *s, const hdt_mapped_tasks *tasks, stmt_list *out)
{
	int outer = e->depth;
	stmt_list nest, *at = out;
	if (!is_true(tasks->guard)) {
		nest = edit_open(e, at, (hdt_stmt){.kind = HDT_STMT_IF, .line = s->line, .value = tasks->guard});
		at = &nest;
	}
	for (int i = 0; i < tasks->axis_count; i++) {
		nest = edit_open(e, at, loop_over(e, s, tasks->axes[i], &tasks->styles[i]));
		at = &nest;
	}
	edit_body(e, s->body, at);
	edit_close(e, e->depth - outer);
}

/* The fault of the mapping as one of a person's text, where it is one. */
static void refuse(const edit *e, const hdt_stmt *s)
{
	const char *message = hdt_context_message(e->context);
	if (hdt_context_status(e->context) != HDT_INTERNAL || !s->line)
		return;
	context_clear_fault(e->context);
	script_fail(e->function, s, HDT_BAD_MODEL, "%s", message);
}

static void rewrite(edit *e, const hdt_stmt *s, stmt_list *out)
{
	if (s->kind != HDT_STMT_TASKS) {
		edit_keep(e, s, out);
		return;
	}
	const hdt_expr *worker = edit_expr(e, s->value);
	if (worker && edit_is_fleeting(worker)) /* the body may change what it reads */
		worker = edit_let(e, out, s, "worker", worker);
	const hdt_mapped_tasks *tasks = hdt_mapping_on(s->mapping, worker);
	if (!tasks) {
		refuse(e, s);
		return;
	}
	for (int d = 0; d < s->mapping->rank; d++)
		edit_replace(e, edit_axis(e, s->indices[d]), tasks->indices[d]);
	write_loops(e, s, tasks, out);
}

hdt_status lower_map_tasks(hdt_program *program, const lowering *how)
{
	(void)how;
	return edit_program(program, &(edit){.statement = rewrite});
}
