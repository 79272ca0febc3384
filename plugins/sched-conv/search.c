/* search.c: see search.h. */
#include "search.h"

#include <stdlib.h>

typedef struct search {
	bool (*test)(const hdt_expr *node, void *closure);
	void *closure;
	uint8_t *seen; /* a bit for each id up to that of the root: operands have smaller ids */
} search;

static bool search_below(search *s, const hdt_expr *e)
{
	uint8_t bit = (uint8_t)(1u << (e->id & 7));
	if (s->seen[e->id >> 3] & bit)
		return false;
	s->seen[e->id >> 3] |= bit;
	for (int i = 0; i < e->count && e->op != HDT_OP_SYMBOL; i++)
		if (search_below(s, e->args[i]))
			return true;
	return s->test(e, s->closure);
}

bool search_any(const hdt_expr *e, bool (*test)(const hdt_expr *node, void *closure), void *closure)
{
	search s = {test, closure, calloc((size_t)(e->id >> 3) + 1, 1)};
	bool found = s.seen && search_below(&s, e);
	if (!s.seen)
		hdt_fail(e->context, HDT_OUT_OF_MEMORY, "out of memory while scheduling");
	free(s.seen);
	return found;
}
