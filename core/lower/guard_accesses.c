/* guard_accesses.c: protected reads give 0 and protected writes do nothing outside of the tensor's shape: they become conditions, of
 * which what bounds prove is left out.
 *
 *     for i in 0..8 { y.write(i + j, x.read(i)); }     (x and y of 5 and of 8 elements, j in 0..3)
 *     ->
 *     for i in 0..8 { if i + j < 8 { y[i + j] = select(i < 5, x[i], 0); } } */
#include "lower/edit.h"

#include "base/context.h"

static const hdt_expr *within(const hdt_tensor *tensor, const hdt_expr *const *indices)
{
	const hdt_expr *condition = hdt_number(tensor->context, HDT_BOOL, 1);
	for (int d = 0; d < tensor->rank; d++) {
		condition = hdt_and(condition, hdt_less_equal(hdt_int(tensor->context, 0), indices[d]));
		condition = hdt_and(condition, hdt_less(indices[d], tensor->shape[d]));
	}
	return condition;
}

static const hdt_expr *guard_read(edit *e, const hdt_expr *element)
{
	if (element->op != HDT_OP_READ)
		return NULL;
	const hdt_tensor *tensor = edit_tensor(e, element->tensor);
	const hdt_expr *value = hdt_load(tensor, element->args, element->count);
	return hdt_select(within(tensor, element->args), value, hdt_like(value, 0));
}

/* A call with effects happens whether its result is stored or not. */
static bool has_effects(const hdt_expr *value)
{
	return value->op == HDT_OP_CALL && !intrinsic_has(value->intrinsic, 'p');
}

static void guard_write(edit *e, const hdt_stmt *s, stmt_list *out)
{
	hdt_stmt *store = NULL;
	edit_keep(e, s, &(stmt_list){&store});
	if (!store || hdt_context_status(e->context) != HDT_OK) /* half rewritten */
		return;
	const hdt_expr *condition = within(store->tensor, store->indices);
	store->protect = false;
	if (has_effects(store->value))
		store->value = edit_let(e, out, s, "value", store->value);
	if (is_true(condition)) {
		edit_add(e, out, *store);
		return;
	}
	stmt_list body = edit_open(e, out, (hdt_stmt){.kind = HDT_STMT_IF, .line = s->line, .value = condition});
	edit_add(e, &body, *store);
	edit_close(e, 1);
}

static void rewrite(edit *e, const hdt_stmt *s, stmt_list *out)
{
	if (s->kind == HDT_STMT_STORE && s->protect)
		guard_write(e, s, out);
	else
		edit_keep(e, s, out);
}

hdt_status lower_guard_accesses(hdt_program *program, const lowering *how)
{
	(void)how;
	return edit_program(program, &(edit){.statement = rewrite, .element = guard_read});
}
