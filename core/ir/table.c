/* table.c: hash-consing: within a context, equal expressions are one node. Ids are dense and operands have smaller
 * ones. */
#include "base/hash.h"
#include "ir/node.h"
#include <string.h>

enum { FIRST_CAPACITY = 1024 };

expr_table *expr_table_of(hdt_context *context)
{
	if (context->exprs)
		return context->exprs;
	expr_table *table = hdt_allocate(context, sizeof *table);
	if (!table)
		return NULL;
	table->slots = hdt_allocate(context, FIRST_CAPACITY * sizeof *table->slots);
	if (!table->slots)
		return NULL;
	table->capacity = FIRST_CAPACITY;
	map_init(&table->symbols, context);
	return context->exprs = table;
}

uint32_t expr_count(const hdt_context *context)
{
	return context->exprs ? context->exprs->count : 0;
}

/* The bits of the payload: which member of the union is set is told by op and dtype, so equal bits are equal values. */
static uint64_t payload(const hdt_expr *e)
{
	uint64_t bits = 0;
	switch (e->op) {
	case HDT_OP_CONST:
		memcpy(&bits, &e->integer, sizeof bits);
		return bits;
	case HDT_OP_SYMBOL:
	case HDT_OP_AXIS:
	case HDT_OP_VARIABLE:
		return (uint64_t)(uintptr_t)e->name;
	case HDT_OP_LOAD:
	case HDT_OP_READ:
	case HDT_OP_ADDRESS:
		return (uint64_t)(uintptr_t)e->tensor;
	case HDT_OP_CALL:
		return (uint64_t)(uintptr_t)e->intrinsic;
	default:
		return 0;
	}
}

static uint64_t hash_node(const hdt_expr *e, const hdt_expr *const *args, int count)
{
	uint64_t h = hash_mix(e->op, e->dtype);
	h = hash_mix(h, (uint64_t)e->reduce << 8 | e->accumulate);
	h = hash_mix(h, e->serial);
	h = hash_mix(h, payload(e));
	for (int i = 0; i < count; i++)
		h = hash_mix(h, args[i]->id);
	return h ^ h >> 32;
}

static bool same_node(const hdt_expr *a, const hdt_expr *b, const hdt_expr *const *args, int count)
{
	return a->op == b->op && a->dtype == b->dtype && a->reduce == b->reduce && a->accumulate == b->accumulate &&
	       a->serial == b->serial && payload(a) == payload(b) && a->count == count &&
	       (count == 0 || !memcmp(a->args, args, (size_t)count * sizeof *args));
}

static bool grow(hdt_context *context, expr_table *table)
{
	size_t capacity = table->capacity * 2;
	expr_slot *slots = hdt_allocate(context, capacity * sizeof *slots);
	if (!slots)
		return false;
	for (size_t i = 0; i < table->capacity; i++) {
		const expr_slot *slot = &table->slots[i];
		if (!slot->record)
			continue;
		size_t at = slot->hash & (capacity - 1);
		while (slots[at].record)
			at = (at + 1) & (capacity - 1);
		slots[at] = *slot;
	}
	table->slots = slots;
	table->capacity = capacity;
	return true;
}

static expr_record *make(hdt_context *context, const hdt_expr *prototype, const hdt_expr *const *args, int count)
{
	expr_record *record = hdt_allocate(context, sizeof *record + (size_t)count * sizeof *args);
	if (!record)
		return NULL;
	record->expr = *prototype;
	record->expr.context = context;
	record->expr.count = (uint8_t)count;
	record->expr.args = NULL;
	if (count > 0) {
		memcpy(record + 1, args, (size_t)count * sizeof *args);
		record->expr.args = (const hdt_expr *const *)(record + 1);
	}
	facts_compute(&record->expr, &record->facts);
	return record;
}

const hdt_expr *expr_intern(hdt_context *context, const hdt_expr *prototype, const hdt_expr *const *args, int count)
{
	expr_table *table = expr_table_of(context);
	if (!table || (table->count >= table->capacity / 2 && !grow(context, table)))
		return NULL;
	uint64_t hash = hash_node(prototype, args, count);
	size_t at = hash & (table->capacity - 1);
	for (; table->slots[at].record; at = (at + 1) & (table->capacity - 1)) {
		const expr_slot *slot = &table->slots[at];
		if (slot->hash == hash && same_node(&slot->record->expr, prototype, args, count))
			return &slot->record->expr;
	}
	if (table->count == UINT32_MAX) {
		hdt_fail(context, HDT_OUT_OF_MEMORY, "more than 2^32 expressions in one compilation");
		return NULL;
	}
	expr_record *record = make(context, prototype, args, count);
	if (!record)
		return NULL;
	record->expr.id = table->count++;
	table->slots[at] = (expr_slot){hash, record};
	return &record->expr;
}
