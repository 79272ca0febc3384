/* attention: softmax(q k^T * scale + mask) v, with the scores kept in f32 or f64.
 *
 * q [..., queries, depth], k [..., keys, depth], v [..., keys, width]; the dimensions before broadcast, and the heads
 * of k and v (the dimension before) may be a divisor of q's, each then serving several heads of q. A query that may
 * look at no key gives 0. */
#include <hidet/plugin.h>
#include <math.h>

typedef struct attention {
	const hdt_tensor *q, *k, *v, *mask;
	hdt_list batch; /* dimensions before the queries */
	const hdt_expr *queries, *keys, *depth, *width;
} attention;

/* How many heads of q each head of `x` serves; 1 also when the heads broadcast. */
static int64_t heads_served(const attention *a, const hdt_tensor *x)
{
	int64_t all, own;
	if (a->q->rank < 3 || x->rank < 3)
		return 1;
	if (!hdt_is_const(a->q->shape[a->q->rank - 3], &all) || !hdt_is_const(x->shape[x->rank - 3], &own))
		return 1;
	return own > 1 && all > own && all % own == 0 ? all / own : 1;
}

/* The dimensions of k or v before its rows, with as many heads as q has. */
static hdt_list batch_of(hdt_task *t, const attention *a, const hdt_tensor *x)
{
	hdt_list batch = hdt_list_part(hdt_shape(x), 0, x->rank - 2);
	return heads_served(a, x) == 1 ? batch : hdt_list_replace(t, batch, batch.count - 1, a->q->shape[a->q->rank - 3]);
}

/* The mask's last two dimensions must be those of the scores, or 1. */
static void require_mask(hdt_task *t, const attention *a)
{
	const hdt_expr *wanted[] = {a->keys, a->queries};
	for (int n = 0; a->mask && n < 2 && n < a->mask->rank; n++) {
		const hdt_expr *size = a->mask->shape[a->mask->rank - 1 - n];
		if (!hdt_proves_equal(size, hdt_int(t->context, 1)))
			hdt_require(t, hdt_equal(size, wanted[n]), "the mask does not fit the %s", n == 0 ? "keys" : "queries");
	}
}

static bool begin(hdt_task *t, attention *a)
{
	*a = (attention){.q = hdt_input(t, 0), .k = hdt_input(t, 1), .v = hdt_input(t, 2), .mask = hdt_input(t, 3)};
	if (a->q->rank < 2 || a->k->rank < 2 || a->v->rank < 2 || !hdt_is_float(a->q->dtype)) {
		hdt_reject(t, "floats of at least 2 dimensions are needed");
		return false;
	}
	a->queries = a->q->shape[a->q->rank - 2];
	a->depth = a->q->shape[a->q->rank - 1];
	a->keys = a->k->shape[a->k->rank - 2];
	a->width = a->v->shape[a->v->rank - 1];
	hdt_require(t, hdt_equal(a->depth, a->k->shape[a->k->rank - 1]), "q and k differ in their last dimension");
	hdt_require(t, hdt_equal(a->keys, a->v->shape[a->v->rank - 2]), "k and v have different numbers of rows");
	require_mask(t, a);
	hdt_list batches[4] = {hdt_list_part(hdt_shape(a->q), 0, a->q->rank - 2), batch_of(t, a, a->k),
	                       batch_of(t, a, a->v)};
	if (a->mask)
		batches[3] = hdt_list_part(hdt_shape(a->mask), 0, a->mask->rank - 2);
	a->batch = hdt_broadcast_shapes(t, batches, a->mask ? 4 : 3);
	return true;
}

/* The element of `x` at [lead..., row, column], with the heads that it serves several of. */
static const hdt_expr *at(hdt_task *t, const attention *a, const hdt_tensor *x, hdt_list lead, const hdt_expr *row,
                          const hdt_expr *column)
{
	int64_t served = x == a->k || x == a->v ? heads_served(a, x) : 1;
	if (served > 1) {
		const hdt_expr *head = hdt_floordiv(hdt_list_item(lead, lead.count - 1), hdt_int(t->context, served));
		lead = hdt_list_replace(t, lead, lead.count - 1, head);
	}
	return hdt_broadcast_at(x, hdt_list_join(t, lead, HDT_AT(row, column)));
}

static const hdt_expr *scale_of(hdt_task *t, const attention *a, hdt_dtype real)
{
	if (hdt_has(t, "scale"))
		return hdt_number(t->context, real, hdt_get_float(t, "scale"));
	return hdt_unary(HDT_OP_RSQRT, hdt_cast(a->depth, real));
}

/* [batch..., queries, keys]: -inf where a query may not look. */
static const hdt_tensor *scores_of(hdt_task *t, const attention *a, hdt_list row)
{
	hdt_dtype real = hdt_dtype_of(a->q->dtype)->compute;
	hdt_list lead = hdt_list_part(row, 0, a->batch.count);
	const hdt_expr *i = hdt_list_item(row, a->batch.count), *j = hdt_axis("j", a->keys), *d = hdt_axis("d", a->depth);
	const hdt_expr *product = hdt_mul(at(t, a, a->q, lead, i, d), at(t, a, a->k, lead, j, d));
	const hdt_expr *score = hdt_mul(hdt_reduce_in(HDT_REDUCE_SUM, real, &d, 1, product), scale_of(t, a, real));
	const hdt_expr *hidden = hdt_number(t->context, real, -INFINITY);

	if (a->mask && a->mask->dtype == HDT_BOOL)
		score = hdt_select(at(t, a, a->mask, lead, i, j), score, hidden);
	else if (a->mask)
		score = hdt_add(score, hdt_cast(at(t, a, a->mask, lead, i, j), real));
	if (hdt_get_bool(t, "causal"))
		score = hdt_select(hdt_less_equal(j, i), score, hidden);
	return hdt_compute(t, "scores", hdt_list_insert(t, row, row.count, j), score);
}

static void define(hdt_task *t)
{
	attention a;
	if (!begin(t, &a))
		return;
	hdt_list row = hdt_axes(t, hdt_list_insert(t, a.batch, a.batch.count, a.queries));
	hdt_list lead = hdt_list_part(row, 0, a.batch.count);
	const hdt_tensor *scores = scores_of(t, &a, row);

	const hdt_expr *l = hdt_axis("l", a.keys), *s = hdt_axis("s", a.keys), *j = hdt_axis("j", a.keys),
				   *e = hdt_axis("e", a.width);
	const hdt_expr *most =
		hdt_reduce(HDT_REDUCE_MAX, &l, 1, hdt_at_list(scores, hdt_list_insert(t, row, row.count, l)));
	const hdt_tensor *largest = hdt_compute(t, "largest", row, most);
	/* A query without keys has only -inf, and -inf less -inf would be NaN. */
	const hdt_expr *top = hdt_at_list(largest, row), *nothing = hdt_equal(top, hdt_like(top, -INFINITY));
	const hdt_expr *shift = hdt_select(nothing, hdt_like(top, 0), top);
	const hdt_expr *each =
		hdt_unary(HDT_OP_EXP, hdt_sub(hdt_at_list(scores, hdt_list_insert(t, row, row.count, s)), shift));
	const hdt_tensor *sum = hdt_compute(t, "sum", row, hdt_sum(s, each));

	const hdt_expr *other =
		hdt_unary(HDT_OP_EXP, hdt_sub(hdt_at_list(scores, hdt_list_insert(t, row, row.count, j)), shift));
	const hdt_expr *weighed = hdt_sum(j, hdt_mul(other, hdt_widen(at(t, &a, a.v, lead, j, e))));
	const hdt_expr *divisor = hdt_select(nothing, hdt_like(top, 1), hdt_at_list(sum, row));
	const hdt_expr *y = hdt_cast(hdt_div(weighed, divisor), a.q->dtype);
	hdt_output(t, hdt_compute(t, "y", hdt_list_insert(t, row, row.count, e), y));
}

static const hdt_attribute attributes[] = {
	{"causal", HDT_ATTRIBUTE_BOOL, "false", "query i looks at the keys 0..i only"},
	{"scale", HDT_ATTRIBUTE_FLOAT, "none", "factor of the scores; none: 1 / sqrt(depth)"},
	{0},
};

const hdt_operator hdt_op_attention = {
	.size = sizeof(hdt_operator),
	.name = "attention",
	.doc = "softmax(q k^T * scale + mask) v",
	.inputs = "q, k, v, mask?",
	.attributes = attributes,
	.dtypes = "float",
	.define = define,
	.samples =
		(const char *const[]){
			"attention(T[1, 2, 3, 4], T[1, 2, 5, 4], T[1, 2, 5, 3])",
			"attention(f32[2, n, 4], f32[2, n, 4], f32[2, n, 4], causal=true) where n = 5",
			"attention(f32[n, 2, 3, 4], f32[n, 2, m, 4], f32[n, 2, m, 4], f32[n, 1, 3, m]) where n = 2, m = 4",
			"attention(f32[0, 2, 3, 4], f32[0, 2, 3, 4], f32[0, 2, 3, 4])",
			"attention(f32[1, 1], f32[1, 1], f32[1, 1])",
			"attention(f32[1, 4, 3, 2], f32[1, 2, 3, 2], f32[1, 2, 3, 2], scale=0.5)",
			"attention(f32[2, 2, 3, 4], f32[2, 2, 5, 4], f32[2, 2, 5, 4], bool[3, 5])",
			"attention(f16[2, 3, 4], f16[2, 3, 4], f16[2, 3, 4], f16[3, 3], causal=true)",
			NULL,
		},
};
