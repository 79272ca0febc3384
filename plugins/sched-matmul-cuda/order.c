/* order.c: in which order the dimensions of tensors should lie in memory, for a product to be brought by wide copies and stored so:
 *
 *     x[n, c, h + p, w + q] * k[o, c, p, q] summed over c, p, q     ->     c last in x and k, o last in the result
 *
 * A factor lies well when neighbours of the sum or of its side are moved 16 bytes at a time; else a dimension that is an axis of the sum is to come
 * last. */
#include "tile.h"

static bool is_multiple(const hdt_expr *extent, int64_t of)
{
	int64_t value;
	return hdt_is_const(extent, &value) && value % of == 0;
}

/* The dimension of the load that is one axis of the sum and nothing else; -1: none. */
static int dense_dimension(const hdt_expr *load, const span *depth, int64_t width)
{
	for (int d = 0; d < load->count; d++)
		for (int i = 0; i < depth->shape.count; i++)
			if (load->args[d] == depth->axes[i] && is_multiple(depth->axes[i]->args[0], width))
				return d;
	return -1;
}

/* The dimension of the output that is an axis of the columns; -1: the last one is, or none. */
static int column_dimension(const hdt_tensor *t, const span *columns, int64_t width)
{
	int found = -1;
	for (int d = 0; d < t->rank; d++)
		for (int i = 0; i < columns->shape.count; i++)
			if (t->axes[d] == columns->axes[i] && is_multiple(t->shape[d], width))
				found = d;
	return found == t->rank - 1 ? -1 : found;
}

bool product_order(const product *p, const hdt_tensor *tensor, int dims[HDT_MAX_RANK])
{
	const operand *const operands[] = {&p->a, &p->b};
	int64_t width = VECTOR_BYTES / hdt_dtype_of(p->dtype)->bytes;
	int last = -1, count = 0;
	if (tensor == p->c.tensor && result_width(p) * hdt_dtype_of(tensor->dtype)->bytes < VECTOR_BYTES)
		last = column_dimension(tensor, &p->columns, VECTOR_BYTES / hdt_dtype_of(tensor->dtype)->bytes);
	for (int i = 0; i < 2; i++)
		if (operands[i]->load && operands[i]->load->tensor == tensor && operands[i]->vector < width &&
		    !operands[i]->constant)
			last = dense_dimension(operands[i]->load, &p->depth, width);
	if (last < 0)
		return false;
	for (int d = 0; d < tensor->rank; d++)
		if (d != last)
			dims[count++] = d;
	dims[count] = last;
	return true;
}
