/* mark.c: tables of the context grow into new memory and leave the old one as it was but for what is put into it: that is kept as a copy. */
#include "ir/mark.h"

#include <stdlib.h>
#include <string.h>

static void *copy(const void *from, size_t bytes)
{
	void *to = malloc(bytes + 1);
	return to && bytes ? memcpy(to, from, bytes) : to;
}

bool ir_mark_take(hdt_context *context, ir_mark *out)
{
	const expr_table *table = expr_table_of(context);
	*out = (ir_mark){.slots = NULL};
	if (!table || !context_mark_take(context, &out->context))
		return false;
	out->table = *table;
	out->slots = copy(table->slots, table->capacity * sizeof *table->slots);
	out->keys = copy(table->symbols.keys, table->symbols.capacity * sizeof *out->keys);
	out->values = copy(table->symbols.values, table->symbols.capacity * sizeof *out->values);
	if (out->slots && out->keys && out->values)
		return true;
	ir_mark_free(out);
	return false;
}

void ir_mark_rewind(hdt_context *context, const ir_mark *mark)
{
	expr_table *table = context->exprs;
	uint32_t walks = table->walks.number; /* nodes remember those that met them */
	*table = mark->table;
	table->walks.number = walks;
	memcpy(table->slots, mark->slots, table->capacity * sizeof *table->slots);
	if (table->symbols.capacity) {
		memcpy(table->symbols.keys, mark->keys, table->symbols.capacity * sizeof *mark->keys);
		memcpy(table->symbols.values, mark->values, table->symbols.capacity * sizeof *mark->values);
	}
	context_mark_rewind(context, &mark->context);
}

void ir_mark_free(ir_mark *mark)
{
	context_mark_free(&mark->context);
	free(mark->slots);
	free(mark->keys);
	free(mark->values);
	*mark = (ir_mark){.slots = NULL};
}
