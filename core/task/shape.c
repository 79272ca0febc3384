/* shape.c: the door for shapes. What passes it has dimensions of 0..2^48 and fits 2^62 bytes, where that can be known
 * before a run; a run checks the rest when it computes the sizes. */
#include "task/task.h"

/* What is wrong with dimension `d`, or NULL; *least is the smallest value that it can take. */
static const char *dimension_fault(hdt_context *context, const hdt_expr *dim, int d, int64_t *least)
{
	int64_t max = MAX_DIMENSION;
	*least = 0;
	if (!dim || dim->dtype != HDT_I64)
		return hdt_format(context, "dimension %d is %s", d, dim ? "no i64 expression" : "missing");
	/* Within this limit nothing that has a meaning as a size wraps; a lone constant is judged by its value below. */
	if (expr_exceeds(dim, hdt_is_const(dim, least) ? INT64_MAX : MAX_DIMENSION))
		return hdt_format(context, "dimension %d is computed with numbers that are too large for a size", d);
	if (!hdt_bounds(dim, least, &max))
		return NULL;
	if (max < 0)
		return hdt_format(context, "dimension %d, %s, is negative", d, hdt_expr_text(dim));
	if (*least > MAX_DIMENSION)
		return hdt_format(context, "dimension %d, %s, is too large: at most 2^48 is possible", d, hdt_expr_text(dim));
	return NULL;
}

const char *shape_fault(hdt_context *context, hdt_dtype dtype, hdt_list shape)
{
	if ((unsigned)dtype >= HDT_DTYPE_COUNT)
		return "its dtype is unknown";
	if (shape.count < 0 || shape.count > HDT_MAX_RANK)
		return hdt_format(context, "its rank is %d; at most %d is possible", shape.count, HDT_MAX_RANK);
	int64_t bytes = hdt_dtype_of(dtype)->bytes;
	for (int d = 0; d < shape.count; d++) {
		int64_t least;
		const char *fault = dimension_fault(context, shape.items[d], d, &least);
		if (fault)
			return fault;
		/* Strides are products of dimensions, also of a tensor that has no element. */
		if (least > 1 && (__builtin_mul_overflow(bytes, least, &bytes) || bytes > MAX_TENSOR_BYTES))
			return "its size is too large: at most 2^62 bytes are possible";
	}
	return NULL;
}
