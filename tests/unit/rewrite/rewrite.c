/* Rules: patterns, matching, checks of replacements, rolling back. */
#include "rules.h"

TestSuite(rewrite, .fini = teardown);

Test(rewrite, text_rule_applies_to_a_fixed_point)
{
	add_text("ramp-twice", 0, "ramp(ramp(%x)) => ramp(%x)");
	start();
	hdt_graph *g = read_graph(c, "graph @g(%x: f32[n]) { %0 = ramp(%x) from \"a\" %1 = ramp(%0) from \"b\" %2 = "
	                             "ramp(%1) from \"d\" return %2 }");
	cr_assert_eq(rewrite(g), 2);
	expect_graph(g, "graph @g(%x: f32[n]) where n in 0..2147483647 {\n  %0 = ramp(%x) from \"d\"\n  return %0\n}\n");
	expect_explained("ramp-twice: applied to");
}

Test(rewrite, same_name_twice_must_be_the_same_value)
{
	add_text("double", 0, "plus(%x, %x) => scale(%x, factor=2)");
	start();
	hdt_graph *g = read_graph(c, "graph @g(%x: f32[2], %y: f32[2]) { %0 = plus(%x, %y) %1 = plus(%0, %0) return %1 }");
	cr_assert_eq(rewrite(g), 1);
	cr_assert_not_null(strstr(show_graph(g), "%1 = scale(%0)"), "%s", show_graph(g));
}

Test(rewrite, commutative_operators_match_either_way_and_others_do_not)
{
	add_text("plus-ramp", 0, "plus(ramp(%x), %y) => scale(%x, %y)");
	add_text("minus-ramp", 0, "minus(ramp(%x), %y) => scale(%x, %y)");
	start();
	hdt_graph *g = read_graph(c, "graph @g(%x: f32[2], %y: f32[2]) { %0 = ramp(%x) %1 = plus(%y, %0) %2 = ramp(%y) %3 "
	                             "= minus(%x, %2) return %1, %3 }");
	cr_assert_eq(rewrite(g), 1);
	cr_assert_not_null(strstr(show_graph(g), "scale(%x, %y)"), "%s", show_graph(g));
}

Test(rewrite, matching_backtracks_over_both_orders_at_both_levels)
{
	/* only with both additions exchanged does %x name one value */
	add_text("deep", 0, "plus(plus(%x, ramp(%_)), %x) => flip_sign(%x)");
	start();
	hdt_graph *g = read_graph(
		c, "graph @g(%x: f32[2], %y: f32[2]) { %0 = ramp(%y) %1 = plus(%0, %x) %2 = plus(%x, %1) return %2 }");
	cr_assert_eq(rewrite(g), 1);
	expect_graph(g, "graph @g(%x: f32[2], %y: f32[2]) {\n  %0 = flip_sign(%x)\n  return %0\n}\n");
}

Test(rewrite, commutativity_survives_conversions_and_broadcasting)
{
	add_text("plus-ramp", 0, "plus(ramp(%x), %y) => total(%x, %y)");
	start();
	hdt_graph *g = read_graph(c, "graph @g(%x: i32[2], %y: f32[3, 1]) { %0 = ramp(%x) %1 = plus(%y, %0) return %1 }");
	cr_assert_eq(rewrite(g), 1, "%s", told.data);
}

Test(rewrite, inner_result_used_outside_prevents_the_match)
{
	add_text("ramp-twice", 0, "ramp(ramp(%x)) => ramp(%x)");
	start();
	hdt_graph *g = read_graph(c, "graph @g(%x: f32[2]) { %0 = ramp(%x) %1 = ramp(%0) return %1, %0 }");
	cr_assert_eq(rewrite(g), 0);
	expect_explained("is used outside the match");
}

Test(rewrite, numbers_constants_attributes_and_optional_inputs_in_patterns)
{
	add_text("times-one", 3, "times(%x, 1) => %x");
	add_text("twice", 2, "scale(%x, %b?, factor=2) => total(%x, %x)");
	add_text("pass-on", 1, "ramp(scale(%x, factor=a)) => scale(ramp(%x), factor=a)");
	add_text("constant", 0, "plus(%w: const, %x) => minus(%w, %x)");
	start();
	hdt_graph *g = read_graph(c, "graph @g(%x: f32[2]) { %c0 = const f32[] 1 %0 = times(%c0, %x) return %0 }");
	cr_assert_eq(rewrite(g), 1);
	cr_assert_eq(g->outputs[0], g->inputs[0]);
	g = read_graph(c, "graph @g(%x: f32[2]) { %0 = scale(%x) %1 = scale(%x, factor=5) %2 = ramp(%1) return %0, %2 }");
	cr_assert_eq(rewrite(g), 2);
	expect_graph(g, "graph @g(%x: f32[2]) {\n  %0 = total(%x, %x)\n  %1 = ramp(%x)\n  %2 = scale(%1, factor=5.0)\n  "
	                "return %0, %2\n}\n");
	g = read_graph(
		c, "graph @g(%x: f32[2], %y: f32[2]) { %w = const f32[2] %0 = plus(%x, %w) %1 = plus(%x, %y) return %0, %1 }");
	cr_assert_eq(rewrite(g), 1);
}

Test(rewrite, complete_rule_wants_defaults_where_the_pattern_is_silent)
{
	add_text("twice", 0, "scale(%x, factor=2) => total(%x, %x)");
	start();
	hdt_graph *g = read_graph(c, "graph @g(%x: f32[2]) { %0 = scale(%x, flag=true) return %0 }");
	cr_assert_eq(rewrite(g), 0);
}

Test(rewrite, text_that_does_not_fit_is_declined_and_rolled_back)
{
	add_text("times-one", 0, "times(%x, 1) => %x");
	start();
	hdt_graph *g = read_graph(c, "graph @g(%x: f32[1]) { %w = const f32[3] [1, 1, 1] %0 = times(%x, %w) return %0 }");
	const char *before = show_graph(g);
	cr_assert_eq(rewrite(g), 0);
	cr_assert_str_eq(show_graph(g), before);
	expect_explained("dimension 0 of the replacement is 1, not 3");
}

static hdt_status wrong_dtype(hdt_rewrite *r, const hdt_node *node)
{
	hdt_replace(
		r, 0,
		hdt_apply(hdt_rewrite_graph(r), "as", HDT_VALUES(node->inputs[0]), HDT_WITH(hdt_dtype_value("dtype", HDT_I8))));
	return HDT_OK;
}
static hdt_status own_output(hdt_rewrite *r, const hdt_node *node)
{
	hdt_replace(r, 0, hdt_apply(hdt_rewrite_graph(r), "ramp", HDT_VALUES(node->outputs[0]), NULL));
	return HDT_OK;
}
static hdt_status faulty(hdt_rewrite *r, const hdt_node *node)
{
	hdt_replace(r, 0, hdt_apply(hdt_rewrite_graph(r), "no_such", HDT_VALUES(node->inputs[0]), NULL));
	return HDT_OK;
}
static hdt_status nothing(hdt_rewrite *r, const hdt_node *node)
{
	(void)r;
	(void)node;
	return HDT_OK;
}
static hdt_status decline(hdt_rewrite *r, const hdt_node *node)
{
	hdt_apply(hdt_rewrite_graph(r), "ramp", HDT_VALUES(node->inputs[0]), NULL);
	return hdt_decline(r, "not on a %s", "Sunday");
}

static void expect_switched_off(hdt_status (*apply)(hdt_rewrite *, const hdt_node *), const char *why)
{
	add_function("bad-rule", "flip_sign(%x)", apply);
	start();
	hdt_graph *g = read_graph(c, "graph @g(%x: f32[2]) { %0 = flip_sign(%x) %1 = flip_sign(%0) return %1 }");
	const char *before = show_graph(g);
	cr_assert_eq(rewrite(g), 0);
	cr_assert_str_eq(show_graph(g), before);
	expect_explained("rule bad-rule is switched off for this graph");
	expect_explained(why);
}

Test(rewrite, function_with_a_wrong_dtype_is_switched_off)
{
	expect_switched_off(wrong_dtype, "the replacement is i8, not f32");
}
Test(rewrite, function_that_needs_what_it_replaces_is_switched_off)
{
	expect_switched_off(own_output, "needs what it replaces");
}
Test(rewrite, function_that_faults_is_switched_off)
{
	expect_switched_off(faulty, "no plugin provides an operator 'no_such'");
}
Test(rewrite, function_that_gives_nothing_is_switched_off)
{
	expect_switched_off(nothing, "no replacement and no reason");
}

Test(rewrite, declining_costs_nothing_and_is_explained)
{
	add_function("shy", "flip_sign(%x)", decline);
	start();
	hdt_graph *g = read_graph(c, "graph @g(%x: f32[2]) { %0 = flip_sign(%x) return %0 }");
	cr_assert_eq(rewrite(g), 0);
	cr_assert_eq(g->node_count, 1);
	expect_explained("shy: declined %0 = flip_sign: not on a Sunday");
}
