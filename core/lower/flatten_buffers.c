/* flatten_buffers.c: a buffer with a layout becomes a row of storage, its indices one offset. Buffers without one lie row by row already
 * and keep their shape.
 *
 *     shared s: f32[8, 8] layout row(8, 8).swizzle(1);  register r: f32[64, 4] layout local(64, 1) * row(1, 4);  r[t, j] = s[i, j];
 *     ->
 *     shared s: f32[64];  register r: f32[4];  r[j] = s[i * 8 + (j ^ i)]; */
#include "lower/edit.h"

static const hdt_expr *flatten_element(edit *e, const hdt_expr *element)
{
	const hdt_tensor *flat = edit_tensor(e, element->tensor);
	if (flat == element->tensor || !element->tensor->layout)
		return NULL;
	const hdt_expr *offset = hdt_layout_offset(element->tensor->layout, element->args, element->count);
	return edit_element((hdt_scalar_op)element->op, flat, &offset, 1);
}

/* Its storage as a buffer. */
static const hdt_tensor *flatten(edit *e, const hdt_tensor *buffer)
{
	hdt_tensor *flat = hdt_allocate(e->context, sizeof *flat);
	const hdt_expr **shape = hdt_allocate(e->context, sizeof *shape);
	if (!flat || !shape || !(shape[0] = hdt_int(e->context, buffer->layout->size)))
		return NULL;
	*flat = *buffer;
	flat->rank = 1;
	flat->shape = shape;
	flat->layout = NULL;
	edit_replace_tensor(e, buffer, flat);
	return flat;
}

static void rewrite(edit *e, const hdt_stmt *s, stmt_list *out)
{
	hdt_stmt buffer = *s;
	if (s->kind == HDT_STMT_BUFFER && s->tensor->layout)
		buffer.tensor = flatten(e, s->tensor);
	edit_keep(e, &buffer, out);
}

hdt_status lower_flatten_buffers(hdt_program *program, const lowering *how)
{
	(void)how;
	return edit_program(program, &(edit){.statement = rewrite, .element = flatten_element});
}
