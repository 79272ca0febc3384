/* reindex.c: see reindex.h. */
#include "reindex.h"

/* The product of the first `count` dimensions. */
static const hdt_expr *product_of_first(hdt_task *t, hdt_list shape, int count)
{
	return hdt_product(t->context, hdt_list_part(shape, 0, count));
}

/* The nearest counts beyond (*i, *j) at which as many elements lie below in both shapes; the ends when none are proved.
 */
static void advance(hdt_task *t, hdt_list from, hdt_list to, int *i, int *j)
{
	for (int step = 1; step < from.count + to.count - *i - *j; step++) {
		for (int m = *i; m <= from.count && m <= *i + step; m++) {
			int n = *j + step - (m - *i);
			if (n > to.count || !hdt_proves_equal(product_of_first(t, from, m), product_of_first(t, to, n)))
				continue;
			*i = m;
			*j = n;
			return;
		}
	}
	*i = from.count;
	*j = to.count;
}

/* The first dimension of size 0, or -1. */
static int empty_dimension(hdt_list shape)
{
	for (int d = 0; d < shape.count; d++) {
		int64_t size;
		if (hdt_is_const(hdt_list_item(shape, d), &size) && size == 0)
			return d;
	}
	return -1;
}

hdt_list reindex(hdt_task *t, hdt_list from, hdt_list to, hdt_list indices)
{
	hdt_list at = HDT_SCALAR;
	int empty = empty_dimension(to);

	/* No element at all: any index that runs over nothing will do. */
	for (int d = 0; empty >= 0 && d < from.count; d++)
		at = hdt_list_insert(t, at, d, hdt_list_item(indices, empty));
	if (empty >= 0)
		return at;
	for (int i = 0, j = 0; i < from.count || j < to.count;) {
		int first_i = i, first_j = j;
		advance(t, from, to, &i, &j);
		const hdt_expr *position = hdt_flatten(t->context, hdt_list_part(to, first_j, j - first_j),
		                                       hdt_list_part(indices, first_j, j - first_j));
		at = hdt_list_join(t, at, hdt_unflatten(t->context, hdt_list_part(from, first_i, i - first_i), position));
	}
	return at;
}

void reindex_define(hdt_task *t, hdt_list shape)
{
	const hdt_tensor *x = hdt_input(t, 0);
	hdt_list i = hdt_axes(t, shape), j = hdt_axes(t, hdt_shape(x));

	hdt_require_sizes(t, shape);
	hdt_require(t, hdt_equal(hdt_product(t->context, shape), hdt_product(t->context, hdt_shape(x))),
	            "the new shape has another number of elements");
	hdt_output(t, hdt_compute(t, "y", i, hdt_at_list(x, reindex(t, hdt_shape(x), shape, i))));
	hdt_declare_inverse(t, x, 0, j, reindex(t, shape, hdt_shape(x), j));
	hdt_declare_alias(t, 0, 0);
}
