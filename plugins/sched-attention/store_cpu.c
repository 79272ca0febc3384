/* store_cpu.c: weighed sums, divided by the sum of their weights, become elements of the result.
 *
 *     for e in 0..32 vectorise { y[batch, query, head, first + e] = sums[i, e] * (1 / total[i]); } */
#include "cpu.h"
#include <math.h>

void store_row(nest *n, const hdt_tensor *sums, const hdt_expr *from_row, const hdt_expr *from_column,
               const hdt_expr *i, const hdt_expr *first, const hdt_expr *width)
{
	hdt_function *f = n->function;
	const attention *a = &n->p->a;
	const hdt_expr *at[HDT_MAX_RANK], *none = nest_number(n, 0);
	if (!from_row || !first || !width)
		return;
	hdt_list state = HDT_AT(hdt_add(n->first_state, i), none);
	const hdt_expr *one = hdt_number(n->context, HDT_F32, 1), *query = nest_let(n, "query", hdt_add(n->first_row, i));
	/* A row without a key: 0. */
	const hdt_expr *hidden = hdt_equal(hdt_at_list(n->top, state), hdt_number(n->context, HDT_F32, -INFINITY));
	const hdt_expr *scale = hdt_let(f, "scale", hdt_div(one, hdt_select(hidden, one, hdt_at_list(n->total, state))));
	const hdt_expr *e = hdt_begin_for(f, "e", width, HDT_LOOP_VECTORISE);
	if (e && scale) {
		const hdt_expr *column = hdt_add(first, e);
		const hdt_expr *mean = hdt_mul(hdt_at(sums, from_row, hdt_add(from_column, e)), scale);
		const hdt_expr *result = attention_result(a, mean);
		for (int d = 0; d < a->output->rank; d++)
			at[d] = nest_value(n, a->at[d], query, NULL, NULL, column);
		hdt_store(f, a->output, (hdt_list){at, a->output->rank},
		          result ? nest_value(n, result, query, NULL, NULL, column) : NULL);
	}
	hdt_end(f);
}
