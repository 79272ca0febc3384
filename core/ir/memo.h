/* memo.h: a side table of the nodes seen by one traversal: id -> a result. On the heap, as large as the part that was
 * seen. */
#ifndef CORE_IR_MEMO_H
#define CORE_IR_MEMO_H

#include "ir/expr.h"

typedef struct memo_entry {
	const hdt_expr *key;
	union {
		const hdt_expr *expr;
		scalar value;
	};
} memo_entry;

typedef struct memo {
	memo_entry *entries; /* open addressing; a power of two */
	size_t count, capacity;
} memo;

memo_entry *memo_find(const memo *m, const hdt_expr *key); /* NULL when it was not seen */
memo_entry *memo_add(memo *m, const hdt_expr *key);        /* a new entry; NULL after a fault: memory is out */
/* Note what `key` becomes and give it; NULL when `result` is, or after a fault. */
const hdt_expr *memo_result(memo *m, const hdt_expr *key, const hdt_expr *result);
void memo_free(memo *m);

/* The nodes below `root` and itself in an order with operands first, each once; the caller frees. The range of a symbol
 * is left out. False (and a diagnostic) when memory is out. */
typedef struct expr_order {
	const hdt_expr **items;
	int count, capacity;
} expr_order;
bool expr_order_of(const hdt_expr *root, expr_order *out);

#endif
