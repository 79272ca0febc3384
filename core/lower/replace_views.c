/* replace_views.c: an element of a view becomes an element of what it views.
 *
 *     view A[i < m, j < k] = a[i * k + j];  view row[j < k] = A[2, j];  y[0] = row[7];
 *     ->
 *     y[0] = a[k * 2 + 7];
 *
 * Views that tensor maps are made of stay: they tell the shape. */
#include "lower/edit.h"

#include "base/context.h"

/* The views that are named as a whole, by maps and operands. */
typedef struct named_views {
	map tensors;
} named_views;

static void find_named(const hdt_stmt *s, void *closure)
{
	named_views *named = closure;
	if (s->map && s->map->tensor)
		map_set(&named->tensors, s->map->tensor, (void *)(uintptr_t)s->map->tensor);
	for (int i = 0; i < s->operand_count; i++)
		if (s->operands[i].tensor)
			map_set(&named->tensors, s->operands[i].tensor, (void *)(uintptr_t)s->operands[i].tensor);
}

/* The element of the base: `view` is one of what is no view itself. */
static const hdt_expr *base_element(hdt_scalar_op op, const hdt_tensor *view, const hdt_expr *const *indices)
{
	const hdt_expr *of_base[HDT_MAX_RANK];
	for (int d = 0; d < view->base->rank; d++)
		of_base[d] = hdt_substitute(view->base_indices[d], view->axes, indices, view->rank);
	return edit_element(op, view->base, of_base, view->base->rank);
}

static const hdt_expr *replace_element(edit *e, const hdt_expr *element)
{
	const hdt_tensor *view = edit_tensor(e, element->tensor);
	return view->base && element->op != HDT_OP_READ ? base_element((hdt_scalar_op)element->op, view, element->args)
	                                                : NULL;
}

/* A view of a view becomes one of the latter's base; later mentions are replaced by means of it. */
static void resolve(edit *e, const hdt_stmt *s, stmt_list *out)
{
	hdt_stmt *kept = NULL;
	edit_keep(e, s, &(stmt_list){&kept});
	if (!kept || hdt_context_status(e->context) != HDT_OK) /* half rewritten */
		return;
	hdt_tensor *view = (hdt_tensor *)(uintptr_t)kept->tensor; /* edit_keep has made it */
	if (view->base->base) {
		const hdt_expr *element = base_element(HDT_OP_LOAD, view->base, view->base_indices);
		if (!element)
			return;
		view->base = element->tensor;
		view->base_indices = element->args;
	}
	const named_views *named = e->closure;
	if (map_get(&named->tensors, s->tensor))
		edit_add(e, out, *kept);
}

static void rewrite(edit *e, const hdt_stmt *s, stmt_list *out)
{
	if (s->kind == HDT_STMT_VIEW)
		resolve(e, s, out);
	else
		edit_keep(e, s, out);
}

hdt_status lower_replace_views(hdt_program *program, const lowering *how)
{
	(void)how;
	named_views named;
	map_init(&named.tensors, program->context);
	for (int i = 0; i < program->function_count; i++)
		stmt_walk(program->functions[i]->body, find_named, &named);
	return edit_program(program, &(edit){.statement = rewrite, .element = replace_element, .closure = &named});
}
