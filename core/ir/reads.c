/* reads.c: what an expression is made of, for those who only see hidet/expr.h: hdt_contains and hdt_reads. */
#include "ir/expr.h"

bool hdt_contains(const hdt_expr *e, const hdt_expr *part)
{
	return expr_contains(e, part);
}

typedef struct read_search {
	const hdt_tensor *tensor;
	bool found;
} read_search;

static void find_read(const hdt_expr *e, void *closure)
{
	read_search *s = closure;
	s->found |= (e->op == HDT_OP_LOAD || e->op == HDT_OP_READ || e->op == HDT_OP_ADDRESS) && e->tensor == s->tensor;
}

bool hdt_reads(const hdt_expr *e, const hdt_tensor *tensor)
{
	read_search s = {tensor, false};
	return expr_walk(e, find_read, &s) && s.found;
}
