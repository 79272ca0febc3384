/* mark.h: going back to what a context held before: for those who try something many times over.
 *
 * Everything that was made in the context since goes, names and expressions too. Nothing older may refer to it, and the context must be without
 * a fault. */
#ifndef CORE_IR_MARK_H
#define CORE_IR_MARK_H

#include "ir/node.h"

typedef struct ir_mark {
	context_mark context;
	expr_table table;  /* as it was; */
	expr_slot *slots;  /* what stood in its slots, */
	const void **keys; /* and in its symbols: on the heap */
	void **values;
} ir_mark;

/* False when memory is out. */
bool ir_mark_take(hdt_context *context, ir_mark *out);
/* As often as wanted. */
void ir_mark_rewind(hdt_context *context, const ir_mark *mark);
void ir_mark_free(ir_mark *mark);

#endif
