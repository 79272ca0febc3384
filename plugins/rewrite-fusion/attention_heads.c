/* attention_heads: heads of k and v that were repeated for several heads of q are given once, which attention
 * understands.
 *
 *     %0 = unsqueeze(%k, axes=[2])                        with %k: f32[1, 2, 5, 4]
 *     %1 = expand(%0, shape=[1, 2, 3, 5, 4])
 *     %2 = reshape(%1, shape=[1, 6, 5, 4])
 *     %3 = attention(%q, %2, %v)              =>          %0 = attention(%q, %k, %v)
 */
#include "rewrite_rule.h"
#include "shapes.h"

/* reshape(expand(unsqueeze(x))) that repeats each head, which is the dimension before rows and columns; x, or NULL. */
static hdt_value *behind_expand(hdt_value *value)
{
	hdt_value *wide = behind(value, "reshape"), *thin = behind(wide, "expand"), *x = behind(thin, "unsqueeze");
	int64_t one = 0;
	/* The unsqueeze may have become a reshape. */
	x = x ? x : behind(thin, "reshape");
	if (!x || x->rank < 3 || x->rank != value->rank || wide->rank != x->rank + 1 || thin->rank != wide->rank)
		return NULL;
	int heads = x->rank - 3;
	if (!hdt_is_const(thin->shape[heads + 1], &one) || one != 1)
		return NULL;
	for (int d = 0; d < x->rank; d++) {
		int at = d <= heads ? d : d + 1; /* in wide and thin */
		if (!hdt_proves_equal(x->shape[d], wide->shape[at]) || !hdt_proves_equal(x->shape[d], thin->shape[at]) ||
		    (d != heads && !hdt_proves_equal(x->shape[d], value->shape[d])))
			return NULL;
	}
	return x;
}

static hdt_value *behind_repeat(hdt_value *value)
{
	const hdt_node *repeat = made_by(value, "repeat_interleave");
	int64_t axis = repeat ? hdt_node_attribute(repeat, "axis")->integer : 0;
	bool heads = repeat && value->rank >= 3 && (axis == value->rank - 3 || axis == -3);
	return heads ? repeat->inputs[0] : NULL;
}

/* More than one head and known numbers of them: one head would be broadcast, which is the same, but the sizes must
 * tell. */
static bool divides_heads(const hdt_value *x, const hdt_value *q)
{
	int64_t own = 0, all = 0;
	return q->rank >= 3 && hdt_is_const(x->shape[x->rank - 3], &own) && hdt_is_const(q->shape[q->rank - 3], &all) &&
	       own > 0 && all % own == 0;
}

static hdt_status find(hdt_rewrite *r, const hdt_node *attention)
{
	hdt_value *inputs[4] = {NULL};
	int found = 0;
	for (int i = 0; i < attention->input_count && i < 4; i++) {
		hdt_value *given = attention->inputs[i], *once = NULL;
		if (i == 1 || i == 2)
			once = behind_repeat(given) ? behind_repeat(given) : behind_expand(given);
		bool fits = once && divides_heads(once, attention->inputs[0]);
		inputs[i] = fits ? once : given;
		found += fits;
	}
	if (!found)
		return hdt_decline(r, "neither k nor v is made of repeated heads");
	hdt_replace(
		r, 0, hdt_apply_list(hdt_rewrite_graph(r), "attention", inputs, attention->input_count, attention->attributes));
	return HDT_OK;
}

FUNCTION_RULE(attention_heads, "attention-heads", 84,
              "attention with repeated heads of k and v is attention with grouped heads", "attention", find);
