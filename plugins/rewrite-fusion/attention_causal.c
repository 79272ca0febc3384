/* attention_causal: a mask that hides what comes later is said to be that, and need not be read.
 *
 *     %0 = full(shape=[5, 5], value=1, dtype=bool)
 *     %1 = tril(%0)
 *     %2 = attention(%q, %k, %v, %1)       =>    %0 = attention(%q, %k, %v, causal=true)
 *
 * The mask may also be a constant: bools, or 0 and -inf to be added. */
#include "rewrite_rule.h"
#include "shapes.h"
#include <math.h>

enum { MAX_ROWS = 4096 };

/* tril of ones: row i has ones up to i. */
static bool is_made_by_tril(const hdt_value *mask)
{
	const hdt_node *tril = made_by(mask, "tril"), *ones = tril ? made_by(tril->inputs[0], "full") : NULL;
	return ones && mask->dtype == HDT_BOOL && hdt_node_attribute(tril, "diagonal")->integer == 0 &&
	       hdt_node_attribute(ones, "value")->real == 1;
}

/* Is the element at `index` the one that shows (or hides) a score? */
static bool shows(const hdt_value *mask, int64_t index, bool show)
{
	const unsigned char *bytes = mask->constant->data;
	if (mask->dtype == HDT_BOOL)
		return (bytes[index] != 0) == show;
	if (mask->dtype == HDT_F64)
		return ((const double *)mask->constant->data)[index] == (show ? 0 : -(double)INFINITY);
	return mask->dtype == HDT_F32 && ((const float *)mask->constant->data)[index] == (show ? 0 : -INFINITY);
}

static bool is_triangular(const hdt_value *mask)
{
	int64_t rows = 0, columns = 0, other = 0;
	if (!mask->constant || !mask->constant->data || mask->rank < 2 ||
	    !hdt_is_const(mask->shape[mask->rank - 2], &rows) || !hdt_is_const(mask->shape[mask->rank - 1], &columns) ||
	    rows > MAX_ROWS || columns > MAX_ROWS)
		return false;
	for (int d = 0; d < mask->rank - 2; d++)
		if (!hdt_is_const(mask->shape[d], &other) || other != 1)
			return false;
	for (int64_t i = 0; i < rows; i++)
		for (int64_t j = 0; j < columns; j++)
			if (!shows(mask, i * columns + j, j <= i))
				return false;
	return rows > 0 && columns > 0;
}

/* Has the mask a row for each query and a column for each key? */
static bool covers(const hdt_value *mask, const hdt_value *q, const hdt_value *k)
{
	return mask->rank >= 2 && hdt_proves_equal(mask->shape[mask->rank - 2], q->shape[q->rank - 2]) &&
	       hdt_proves_equal(mask->shape[mask->rank - 1], k->shape[k->rank - 2]);
}

static hdt_status find(hdt_rewrite *r, const hdt_node *attention)
{
	hdt_value *q = hdt_match_value(r, "q"), *k = hdt_match_value(r, "k"), *v = hdt_match_value(r, "v");
	const hdt_value *mask = hdt_match_value(r, "mask");
	if (!covers(mask, q, k) || (!is_made_by_tril(mask) && !is_triangular(mask)))
		return hdt_decline(r, "the mask is not known to hide what comes later, and nothing else");
	hdt_attribute_value scale = *hdt_node_attribute(attention, "scale");
	hdt_value *y = hdt_apply(hdt_rewrite_graph(r), "attention", HDT_VALUES(q, k, v),
	                         HDT_WITH(hdt_bool_value("causal", true), scale));
	if (y && !same_type(y, attention->outputs[0]))
		return hdt_decline(r, "the mask gives the result its shape");
	hdt_replace(r, 0, y);
	return HDT_OK;
}

FUNCTION_RULE(attention_causal, "attention-causal", 83, "attention with a mask that is a triangle is causal attention",
              "attention(%q, %k, %v, %mask, causal=false)", find);
