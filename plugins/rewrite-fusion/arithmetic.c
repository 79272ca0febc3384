/* arithmetic: operations that change nothing, not even the sign of a zero, and exact joins.
 *
 *     %0 = mul(%x, 1)    =>    %x          %0 = add(%x, 0)    =>    %x   (floats: only for -0, since -0 + 0 is 0)
 *     %0 = div(%x, 1)    =>    %x          %0 = sub(%x, 0)    =>    %x   (floats: only for +0)
 *     %0 = add(%x, neg(%y))    =>    %0 = sub(%x, %y)
 *     %0 = add(%x, %a)                     %0 = add(%a, %b)               (integers: sums of floats are never
 * regrouped)
 *     %1 = add(%0, %b)         =>          %1 = add(%x, %0)
 *
 * A constant that broadcasts %x or changes its dtype does not fit and is declined. */
#include "rewrite_rule.h"
#include "shapes.h"

TEXT_RULE(multiply_by_one, "multiply-by-one", 20, "x * 1 is x", "%x * 1 => %x");
TEXT_RULE(divide_by_one, "divide-by-one", 20, "x / 1 is x", "%x / 1 => %x");
TEXT_RULE(add_negative, "add-negative", 20, "x + -y is x - y", "%x + neg(%y) => %x - %y");
TEXT_RULE(subtract_negative, "subtract-negative", 20, "x - -y is x + y", "%x - neg(%y) => %x + %y");

#define INTEGERS "u8|u16|u32|u64|i8|i16|i32|i64"
TEXT_RULE(join_sums, "join-sums", 20, "(x + a) + b is x + (a + b), for integers",
          "(%x: " INTEGERS " + %a: fixed) + %b: fixed => %x + (%a + %b)");
TEXT_RULE(join_products, "join-products", 20, "(x * a) * b is x * (a * b), for integers",
          "(%x: " INTEGERS " * %a: fixed) * %b: fixed => %x * (%a * %b)");

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

FUNCTION_RULE(add_zero, "add-zero", 20, "x + 0 is x, for integers; for floats x + -0", "%x + 0", drop_added);
FUNCTION_RULE(subtract_zero, "subtract-zero", 20, "x - 0 is x", "%x - 0", drop_subtracted);
