/* arithmetic: operations with a constant that change nothing, not even the sign of a zero.
 *
 *     %0 = mul(%x, 1)    =>    %x          %0 = add(%x, 0)    =>    %x   (floats: only for -0, since -0 + 0 is 0)
 *     %0 = div(%x, 1)    =>    %x          %0 = sub(%x, 0)    =>    %x   (floats: only for +0)
 *
 * A constant that broadcasts %x or changes its dtype does not fit and is declined. */
#include <hidet/plugin.h>

const hdt_rewrite_rule hdt_rewrite_multiply_by_one = {
	.size = sizeof(hdt_rewrite_rule),
	.name = "multiply-by-one",
	.doc = "x * 1 is x",
	.rank = 20,
	.pattern = "mul(%x, 1) => %x",
};

const hdt_rewrite_rule hdt_rewrite_divide_by_one = {
	.size = sizeof(hdt_rewrite_rule),
	.name = "divide-by-one",
	.doc = "x / 1 is x",
	.rank = 20,
	.pattern = "div(%x, 1) => %x",
};

/* Have all elements of a constant of zeros this sign? */
static bool zeros_have_sign(const hdt_value *zeros, bool negative)
{
	const unsigned char *bytes = zeros->constant->data;
	size_t width = hdt_dtype_of(zeros->dtype)->bytes;
	if (!hdt_is_float(zeros->dtype))
		return true;
	for (size_t last = width - 1; last < zeros->constant->bytes; last += width)
		if (((bytes[last] & 0x80) != 0) != negative) /* the last byte of an element holds the sign */
			return false;
	return true;
}

static bool same_type(const hdt_value *a, const hdt_value *b)
{
	bool same = a->dtype == b->dtype && a->rank == b->rank;
	for (int d = 0; same && d < a->rank; d++)
		same = hdt_proves_equal(a->shape[d], b->shape[d]);
	return same;
}

static hdt_status drop_zero(hdt_rewrite *r, const hdt_node *node, bool negative)
{
	hdt_value *x = hdt_match_value(r, "x");
	const hdt_value *zeros = node->inputs[0] == x ? node->inputs[1] : node->inputs[0];
	if (!zeros_have_sign(zeros, negative))
		return hdt_decline(r, "it would change the sign of a zero");
	if (!same_type(x, node->outputs[0]))
		return hdt_decline(r, "the zero changes dtype or shape");
	hdt_replace(r, 0, x);
	return HDT_OK;
}

static hdt_status drop_added(hdt_rewrite *r, const hdt_node *node)
{
	return drop_zero(r, node, true);
}
static hdt_status drop_subtracted(hdt_rewrite *r, const hdt_node *node)
{
	return drop_zero(r, node, false);
}

const hdt_rewrite_rule hdt_rewrite_add_zero = {
	.size = sizeof(hdt_rewrite_rule),
	.name = "add-zero",
	.doc = "x + 0 is x, for integers; for floats x + -0",
	.rank = 20,
	.pattern = "add(%x, 0)",
	.apply = drop_added,
};

const hdt_rewrite_rule hdt_rewrite_subtract_zero = {
	.size = sizeof(hdt_rewrite_rule),
	.name = "subtract-zero",
	.doc = "x - 0 is x",
	.rank = 20,
	.pattern = "sub(%x, 0)",
	.apply = drop_subtracted,
};
