/* order.c: in which order the dimensions of a convolution's tensors should lie in memory: channels last. */
#include "conv.h"
#include "search.h"

enum { FEW_CHANNELS = 8 }; /* in their own order they are read as well */

static bool last_is(int dim, int rank, int dims[HDT_MAX_RANK])
{
	int count = 0;
	for (int d = 0; d < rank; d++)
		if (d != dim)
			dims[count++] = d;
	dims[count] = dim;
	return true;
}

/* The dimension of a tensor that runs along the columns, where others run along other axes. */
typedef struct column_search {
	const hdt_tensor *tensor;
	const hdt_expr *column;
	int dim;
} column_search;

static bool runs_along_column(const hdt_expr *e, void *closure)
{
	column_search *s = closure;
	int found = -1, others = 0;
	if (e->op != HDT_OP_LOAD || e->tensor != s->tensor)
		return false;
	for (int d = 0; d < e->count; d++) {
		bool along = hdt_contains(e->args[d], s->column);
		found = along ? d : found;
		others += !along && e->args[d]->op != HDT_OP_CONST;
	}
	s->dim = found;
	return found >= 0 && others;
}

bool conv_order(const conv *c, const hdt_tensor *tensor, int dims[HDT_MAX_RANK])
{
	const hdt_tensor *result = c->found.tensor;
	const hdt_expr *column = c->joint ? c->joint : c->column ? c->column : c->group;
	if (tensor == c->main->tensor)
		return c->channel_dim >= 0 && c->channels * c->groups >= FEW_CHANNELS &&
		       last_is(c->channel_dim, tensor->rank, dims);
	if (tensor == result) {
		for (int d = 0; d < tensor->rank; d++)
			if (tensor->axes[d] == column)
				return last_is(d, tensor->rank, dims);
		return false;
	}
	column_search s = {tensor, column, -1};
	const hdt_expr *around = conv_around(c);
	return around && search_any(around, runs_along_column, &s) && last_is(s.dim, tensor->rank, dims);
}
