/* compare.c: are two attributes, are two constants the same, and what are an operator's defaults? */
#include "graph/graph.h"

#include "base/vec.h"

#include <string.h>

/* Bytes up to which constants at different addresses are compared: numbers and small tables, not weights. */
enum { COMPARED_BYTES = 256 };

bool attribute_equal(const hdt_attribute_value *a, const hdt_attribute_value *b)
{
	if (a->kind != b->kind || strcmp(a->name ? a->name : "", b->name ? b->name : ""))
		return false;
	switch (a->kind) {
	case HDT_ATTRIBUTE_NONE:
		return true;
	case HDT_ATTRIBUTE_FLOAT:
		return !memcmp(&a->real, &b->real, sizeof a->real);
	case HDT_ATTRIBUTE_STRING:
		return a->string == b->string || (a->string && b->string && !strcmp(a->string, b->string));
	case HDT_ATTRIBUTE_DIMS:
		for (int i = 0; i < a->count && a->count == b->count; i++)
			if (a->dims[i] != b->dims[i])
				return false;
		return a->count == b->count;
	default:
		return a->integer == b->integer;
	}
}

const hdt_attribute_value *node_default_attributes(const hdt_node *node)
{
	hdt_context *context = node->graph->context;
	VEC(hdt_attribute_value) required = {0};
	const hdt_attribute_value end = {0};
	for (int i = 0; node->op->attributes && node->op->attributes[i].name; i++)
		if (!node->op->attributes[i].fallback && !vec_push(context, &required, node->attributes[i]))
			return NULL;
	return vec_push(context, &required, end) ? attributes_complete(context, node->op, required.items) : NULL;
}

bool constant_equal(const hdt_value *a, const hdt_value *b)
{
	if (a == b)
		return true;
	if (!a->constant || !b->constant || a->dtype != b->dtype || a->rank != b->rank)
		return false;
	for (int d = 0; d < a->rank; d++)
		if (a->shape[d] != b->shape[d])
			return false;
	const hdt_data *x = a->constant, *y = b->constant;
	if (!x->data || !y->data || x->bytes != y->bytes)
		return false;
	return x->data == y->data || (x->bytes <= COMPARED_BYTES && !memcmp(x->data, y->data, x->bytes));
}
