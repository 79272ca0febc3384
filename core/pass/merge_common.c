/* merge_common.c: equal nodes (operator, inputs, attributes) become one, and small equal constants count as the same
 * input.
 *
 *     %0 = exp(%x)                     %0 = exp(%x)
 *     %1 = exp(%x)               =>    %1 = add(%0, %0)
 *     %2 = add(%0, %1)                 return %1
 *     return %2
 *
 * One walk in order suffices: when a node is reached its inputs have been merged. Operators are pure, so this is always
 * right. */
#include "pass/pass.h"

#include "base/hash.h"
#include <string.h>

typedef struct entry {
	uint64_t hash;
	const hdt_node *node; /* NULL: empty */
} entry;

/* Open addressing, at most half full. */
typedef struct node_table {
	entry *entries;
	size_t mask;
} node_table;

static uint64_t hash_value(const hdt_value *value)
{
	if (!value)
		return 1;
	if (!value->constant)
		return (uint64_t)(uintptr_t)value;
	/* Equal constants must hash alike; what else they are is left to the comparison. */
	return hash_mix(hash_mix(2, value->dtype), value->constant->bytes);
}

static uint64_t hash_attribute(const hdt_attribute_value *a)
{
	uint64_t h = a->kind;
	uint64_t bits = 0;
	memcpy(&bits, &a->real, sizeof bits);
	switch (a->kind) {
	case HDT_ATTRIBUTE_NONE:
		return h;
	case HDT_ATTRIBUTE_FLOAT:
		return hash_mix(h, bits);
	case HDT_ATTRIBUTE_STRING:
		return hash_bytes(a->string, strlen(a->string), h);
	case HDT_ATTRIBUTE_DIMS:
		for (int i = 0; i < a->count; i++)
			h = hash_mix(h, (uint64_t)(uintptr_t)a->dims[i]);
		return h;
	default:
		return hash_mix(h, (uint64_t)a->integer);
	}
}

static uint64_t hash_node(const hdt_node *node)
{
	uint64_t h = hash_mix((uint64_t)(uintptr_t)node->op, (uint64_t)node->input_count);
	for (int i = 0; i < node->input_count; i++)
		h = hash_mix(h, hash_value(node->inputs[i]));
	for (int i = 0; node->attributes && node->attributes[i].name; i++)
		h = hash_mix(h, hash_attribute(&node->attributes[i]));
	return h;
}

static bool same_input(const hdt_value *a, const hdt_value *b)
{
	return a == b || (a && b && a->constant && b->constant && constant_equal(a, b));
}

static bool same_node(const hdt_node *a, const hdt_node *b)
{
	if (a->op != b->op || a->input_count != b->input_count || a->output_count != b->output_count)
		return false;
	for (int i = 0; i < a->input_count; i++)
		if (!same_input(a->inputs[i], b->inputs[i]))
			return false;
	for (int i = 0; a->attributes && a->attributes[i].name; i++)
		if (!attribute_equal(&a->attributes[i], &b->attributes[i]))
			return false;
	return true;
}

/* The equal node met before, or NULL after having noted this one. */
static const hdt_node *find_or_add(node_table *table, const hdt_node *node)
{
	uint64_t h = hash_node(node);
	size_t i = (size_t)h & table->mask;
	for (; table->entries[i].node; i = (i + 1) & table->mask)
		if (table->entries[i].hash == h && same_node(table->entries[i].node, node))
			return table->entries[i].node;
	table->entries[i] = (entry){h, node};
	return NULL;
}

hdt_status pass_merge_common(hdt_graph *graph)
{
	size_t size = 16;
	while (size < (size_t)graph->node_count * 2 + 1)
		size *= 2;
	node_table seen = {hdt_allocate(graph->context, size * sizeof(entry)), size - 1};
	hdt_status status = seen.entries ? HDT_OK : HDT_OUT_OF_MEMORY;
	for (int n = 0; n < graph->node_count && status == HDT_OK; n++) {
		const hdt_node *node = graph->nodes[n], *first = find_or_add(&seen, node);
		for (int i = 0; first && i < node->output_count && status == HDT_OK; i++)
			status = graph_replace_uses(graph, node->outputs[i], first->outputs[i]);
	}
	graph_sweep(graph);
	return status == HDT_OK ? hdt_context_status(graph->context) : status;
}
