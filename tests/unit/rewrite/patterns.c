/* Patterns: several roots, other outputs, optional and shared operators, sorts of values, comparisons of attributes,
 * signs. */
#include "rules.h"

TestSuite(patterns, .fini = teardown);

/* Run the one rule over the graph of this body. */
static int apply_to(const char *source, const char *graph)
{
	add_text("rule", 0, source);
	start();
	return rewrite(read_graph(c, graph));
}

Test(patterns, sums_and_products_may_be_written_with_signs)
{
	add_text("rule", 0, "%x * %y + %z => scale(%x, %z, factor=3)");
	start();
	hdt_graph *g = read_graph(
		c, "graph @g(%x: f32[2], %y: f32[2], %z: f32[2]) { %0 = times(%x, %y) %1 = plus(%z, %0) return %1 }");
	cr_assert_eq(rewrite(g), 1);
	expect_graph(g,
	             "graph @g(%x: f32[2], %y: f32[2], %z: f32[2]) {\n  %0 = scale(%x, %z, factor=3.0)\n  return %0\n}\n");
}

Test(patterns, result_may_be_written_with_signs_and_parentheses)
{
	add_text("rule", 0, "flip_sign(ramp(%x)) => (%x - 1) * %x - -2");
	start();
	hdt_graph *g = read_graph(c, "graph @g(%x: f32[2]) { %0 = ramp(%x) %1 = flip_sign(%0) return %1 }");
	cr_assert_eq(rewrite(g), 1);
	expect_graph(g, "graph @g(%x: f32[2]) {\n  %c0 = const f32[] 1.0\n  %c1 = const f32[] -2.0\n  %0 = minus(%x, "
	                "%c0)\n  %1 = times(%0, %x)\n  %2 = "
	                "minus(%1, %c1)\n  return %2\n}\n");
}

Test(patterns, several_roots_that_share_an_input_become_several_results)
{
	add_text("rule", 0, "ramp(%x), flip_sign(%x) => minus(%x, 1), total(%x, %x)");
	start();
	hdt_graph *g = read_graph(c, "graph @g(%x: f32[2]) { %0 = flip_sign(%x) %1 = ramp(%x) return %0, %1 }");
	cr_assert_eq(rewrite(g), 1);
	cr_assert_str_eq(g->outputs[0]->producer->op->name, "total");
	cr_assert_str_eq(g->outputs[1]->producer->op->name, "minus");
}

Test(patterns, two_roots_of_one_operator_are_two_nodes)
{
	cr_assert_eq(apply_to("ramp(%x), ramp(%x) => flip_sign(%x), flip_sign(%x)",
	                      "graph @g(%x: f32[2]) { %0 = ramp(%x) return %0 }"),
	             0);
}

Test(patterns, root_that_depends_on_another_root_prevents_the_match)
{
	cr_assert_eq(
		apply_to(
			"plus(%x, %a), plus(%x, %b) => minus(%x, %a), minus(%x, %b)",
			"graph @g(%x: f32[2], %y: f32[2]) { %0 = plus(%x, %y) %1 = ramp(%0) %2 = plus(%x, %1) return %2, %0 }"),
		0);
	expect_explained("depends on");
}

Test(patterns, further_root_is_found_by_backtracking)
{
	/* the first minus that has %x is not the one that fits */
	cr_assert_eq(apply_to("ramp(%x), minus(%x, flip_sign(%y)) => total(%x), total(%x, %y)",
	                      "graph @g(%x: f32[2], %y: f32[2]) { %0 = minus(%x, %y) %1 = flip_sign(%y) %2 = minus(%x, %1) "
	                      "%3 = ramp(%x) return %0, %2, %3 }"),
	             1);
}

Test(patterns, inner_operator_matches_an_output_other_than_the_first)
{
	const char graph[] = "graph @g(%x: f32[4]) { %0, %1 = both(%x) %2 = ramp(%1) %3 = ramp(%0) return %2, %3 }";
	add_text("rule", 0, "ramp(&both(%x).1) => flip_sign(%x)");
	start();
	hdt_graph *g = read_graph(c, graph);
	cr_assert_eq(rewrite(g), 1, "%s", told.data);
	cr_assert_str_eq(g->outputs[0]->producer->op->name, "flip_sign");
	cr_assert_str_eq(g->outputs[1]->producer->op->name, "ramp");
}

Test(patterns, root_may_be_replaced_in_one_output_alone)
{
	add_text("rule", 0, "both(%x).1 => %x + %x");
	start();
	hdt_graph *g = read_graph(c, "graph @g(%x: f32[4]) { %0, %1 = both(%x) return %0, %1 }");
	rewrite(g);
	cr_assert_str_eq(g->outputs[0]->producer->op->name, "both");
	cr_assert_str_eq(g->outputs[1]->producer->op->name, "plus");
}

Test(patterns, operator_of_several_outputs_takes_the_place_of_all)
{
	add_text("rule", 0, "both(ramp(%x)) => both(flip_sign(%x))");
	start();
	hdt_graph *g = read_graph(c, "graph @g(%x: f32[4]) { %0 = ramp(%x) %1, %2 = both(%0) return %1, %2 }");
	cr_assert_eq(rewrite(g), 1);
	cr_assert_eq(g->outputs[1]->producer, g->outputs[0]->producer);
	cr_assert_eq(g->outputs[1]->index, 1);
}

Test(patterns, optional_operator_may_be_there)
{
	add_text("rule", 0, "flip_sign(plus?(ramp(%x), %b)) => scale(%x, %b)");
	start();
	hdt_graph *g = read_graph(
		c, "graph @g(%x: f32[2], %y: f32[2]) { %0 = ramp(%x) %1 = plus(%y, %0) %2 = flip_sign(%1) return %2 }");
	cr_assert_eq(rewrite(g), 1);
	cr_assert_not_null(strstr(show_graph(g), "scale(%x, %y)"), "%s", show_graph(g));
}

Test(patterns, optional_operator_may_be_missing_and_its_names_are_left_out)
{
	add_text("rule", 0, "flip_sign(plus?(ramp(%x), %b)) => scale(%x, %b)");
	start();
	hdt_graph *g = read_graph(c, "graph @g(%x: f32[2]) { %0 = ramp(%x) %1 = flip_sign(%0) return %1 }");
	cr_assert_eq(rewrite(g), 1);
	cr_assert_not_null(strstr(show_graph(g), "scale(%x)"), "%s", show_graph(g));
}

static hdt_status look_at_optional(hdt_rewrite *r, const hdt_node *root)
{
	(void)root;
	bool there = hdt_match_node(r, 1) != NULL;
	return hdt_decline(r, "%s, %s", there ? "there" : "missing", hdt_match_value(r, "b") ? "given" : "left out");
}

Test(patterns, function_sees_whether_an_optional_operator_is_there)
{
	add_function("rule", "flip_sign(plus?(ramp(%x), %b))", look_at_optional);
	start();
	rewrite(read_graph(c, "graph @g(%x: f32[2]) { %0 = ramp(%x) %1 = flip_sign(%0) return %1 }"));
	expect_explained("missing, left out");
	rewrite(read_graph(c, "graph @g(%x: f32[2]) { %0 = ramp(%x) %1 = plus(%0, %x) %2 = flip_sign(%1) return %2 }"));
	expect_explained("there, given");
}

Test(patterns, named_result_inside_is_one_value)
{
	const char source[] = "times(%d = minus(%x, %y), ramp(%d)) => %x";
	add_text("rule", 0, source);
	start();
	cr_assert_eq(
		rewrite(read_graph(
			c, "graph @g(%x: f32[2], %y: f32[2]) { %0 = minus(%x, %y) %1 = ramp(%0) %2 = times(%1, %0) return %2 }")),
		1);
	cr_assert_eq(
		rewrite(read_graph(
			c, "graph @g(%x: f32[2], %y: f32[2]) { %0 = minus(%x, %y) %1 = ramp(%x) %2 = times(%1, %0) return %2 }")),
		0);
}

Test(patterns, alternatives_of_one_operator)
{
	add_text("rule", 0, "ramp(plus|minus(%x, %y)) => flip_sign(%x)");
	start();
	cr_assert_eq(
		rewrite(read_graph(c, "graph @g(%x: f32[2], %y: f32[2]) { %0 = minus(%x, %y) %1 = ramp(%0) return %1 }")), 1);
	cr_assert_eq(
		rewrite(read_graph(c, "graph @g(%x: f32[2], %y: f32[2]) { %0 = times(%x, %y) %1 = ramp(%0) return %1 }")), 0);
}

Test(patterns, shared_operator_may_be_used_outside_and_is_kept_for_it)
{
	add_text("rule", 0, "flip_sign(&ramp(%x)) => minus(0, %x)");
	start();
	hdt_graph *g = read_graph(c, "graph @g(%x: f32[2]) { %0 = ramp(%x) %1 = flip_sign(%0) return %1, %0 }");
	cr_assert_eq(rewrite(g), 1);
	cr_assert_str_eq(g->outputs[1]->producer->op->name, "ramp");
}

Test(patterns, other_output_of_an_inner_node_used_outside_prevents_the_match)
{
	cr_assert_eq(apply_to("ramp(both(%x).1) => flip_sign(%x)",
	                      "graph @g(%x: f32[4]) { %0, %1 = both(%x) %2 = ramp(%1) return %2, %0 }"),
	             0);
	expect_explained("is used outside the match");
}

static int sorted(const char *sort, const char *weight)
{
	char source[128];
	snprintf(source, sizeof source, "plus(ramp(%%x), %%w: %s) => %%x", sort);
	add_text("rule", 0, source);
	start();
	return rewrite(read_graph(
		c,
		hdt_format(
			c,
			"graph @g(%%x: f32[2], %%v: f32[2]) { %%k = const f32[2] [1, 2] %%one = const f32[] 1 %%f = flip_sign(%%k) "
			"%%0 = ramp(%%x) %%1 = plus(%%0, %s) return %%1, %%f, %%v }",
			weight)));
}

Test(patterns, sort_const_is_a_constant_alone)
{
	cr_assert_eq(sorted("const", "%f"), 0);
}
Test(patterns, sort_const_takes_a_constant)
{
	cr_assert_eq(sorted("const", "%k"), 1);
}
Test(patterns, sort_fixed_is_also_computed_from_constants)
{
	cr_assert_eq(sorted("fixed", "%f"), 1);
}
Test(patterns, sort_fixed_is_no_input)
{
	cr_assert_eq(sorted("fixed", "%v"), 0);
}
Test(patterns, sort_variable_is_an_input)
{
	cr_assert_eq(sorted("variable", "%v"), 1);
}
Test(patterns, sort_variable_is_not_computed_from_constants)
{
	cr_assert_eq(sorted("variable", "%f"), 0);
}
Test(patterns, sort_number_is_one_element)
{
	cr_assert_eq(sorted("number", "%one"), 1);
}
Test(patterns, sort_number_is_no_list)
{
	cr_assert_eq(sorted("number", "%k"), 0);
}

static int compared(const char *condition_text, const char *attribute)
{
	char source[128];
	snprintf(source, sizeof source, "scale(%%x, %s) => ramp(%%x)", condition_text);
	add_text("rule", 0, source);
	start();
	return rewrite(
		read_graph(c, hdt_format(c, "graph @g(%%x: f32[2]) { %%0 = scale(%%x, %s) return %%0 }", attribute)));
}

Test(patterns, attribute_may_have_one_of_several_values)
{
	cr_assert_eq(compared("factor=1|3", "factor=3"), 1);
}
Test(patterns, attribute_of_another_value_does_not_match)
{
	cr_assert_eq(compared("factor=1|3", "factor=4"), 0);
}
Test(patterns, attribute_may_be_excluded)
{
	cr_assert_eq(compared("factor!=1|3", "factor=3"), 0);
}
Test(patterns, attribute_that_is_not_excluded_matches)
{
	cr_assert_eq(compared("factor!=1|3", "factor=4"), 1);
}
Test(patterns, attribute_may_be_below)
{
	cr_assert_eq(compared("factor<0.5", "factor=0.25"), 1);
}
Test(patterns, attribute_may_not_be_at_the_bound)
{
	cr_assert_eq(compared("factor<0.5", "factor=0.5"), 0);
}
Test(patterns, attribute_may_be_at_an_inclusive_bound)
{
	cr_assert_eq(compared("factor>=0.5", "factor=0.5"), 1);
}
Test(patterns, attribute_of_text)
{
	cr_assert_eq(compared("note=\"a\"", "note=\"a\""), 1);
}

Test(patterns, number_is_compared_as_precisely_as_the_constant_can_be)
{
	cr_assert_eq(apply_to("times(%x, 0.1) => ramp(%x)",
	                      "graph @g(%x: f16[2]) { %w = const f16[] 0.1 %0 = times(%x, %w) return %0 }"),
	             1);
}

Test(patterns, hopeless_search_is_given_up_and_said_to_be)
{
	/* sixteen exchangeable levels, of which only the last fails */
	text source = {0}, graph = {0};
	for (int i = 0; i < 16; i++)
		text_add(&source, "plus(");
	text_add(&source, "flip_sign(%x)");
	for (int i = 0; i < 16; i++)
		text_add(&source, ", %_)");
	text_add(&source, " => %x");
	text_add(&graph, "graph @g(%x: f32[2]) { %0 = ramp(%x) ");
	for (int i = 0; i < 16; i++)
		text_format(&graph, "%%%d = plus(%%%d, %%%d) ", i + 1, i, i);
	text_add(&graph, "return %16 }");
	cr_assert_eq(apply_to(source.data, graph.data), 0);
	expect_explained("takes too many steps");
	text_free(&source);
	text_free(&graph);
}

Test(patterns, first_alternative_that_matches_is_taken)
{
	add_text("rule", 0, "flip_sign((times(%x, 2) || minus(%x, %y) || %x)) => scale(%x, %y)");
	start();
	hdt_graph *g =
		read_graph(c, "graph @g(%x: f32[2], %y: f32[2]) { %0 = minus(%x, %y) %1 = flip_sign(%0) return %1 }");
	cr_assert_eq(rewrite(g), 1);
	cr_assert_not_null(strstr(show_graph(g), "scale(%x, %y)"), "%s", show_graph(g));
	g = read_graph(c, "graph @g(%x: f32[2], %y: f32[2]) { %0 = ramp(%x) %1 = flip_sign(%0) return %1 }");
	cr_assert_eq(rewrite(g), 1);
	cr_assert_not_null(strstr(show_graph(g), "scale(%0)"), "names of the others are left out: %s", show_graph(g));
}

Test(patterns, values_may_be_asked_for_their_dtype)
{
	add_text("rule", 0, "ramp(%x: f32|f64) => flip_sign(%x)");
	start();
	cr_assert_eq(rewrite(read_graph(c, "graph @g(%x: f64[2]) { %0 = ramp(%x) return %0 }")), 1);
	cr_assert_eq(rewrite(read_graph(c, "graph @g(%x: f16[2]) { %0 = ramp(%x) return %0 }")), 0);
}

/* ---- sizes ------------------------------------------------------------------------------------------------------ */

Test(patterns, sizes_that_the_model_asserts_to_be_equal_fit_and_stay_asserted)
{
	add_text("rule", 0, "plus(%x, %y) => flip_sign(%y)");
	start();
	hdt_graph *g = read_graph(c, "graph @g(%x: f32[n], %y: f32[m]) { %0 = plus(%x, %y) %1 = ramp(%0) return %1 }");
	cr_assert_eq(rewrite(g), 1, "%s", told.data);
	cr_assert_eq(g->assertion_count, 1);
	cr_assert_eq(graph_verify(g), HDT_OK);
}

Test(patterns, sizes_that_nothing_makes_equal_do_not_fit)
{
	cr_assert_eq(apply_to("total(ramp(%x), %y: variable), flip_sign(%y) => %x, flip_sign(%y)",
	                      "graph @g(%x: f32[n], %y: f32[n, n]) { %0 = ramp(%x) %1 = total(%0, %y) %2 = flip_sign(%y) "
	                      "return %1, %2 }"),
	             0);
	expect_explained("rank");
}

Test(patterns, empty_and_scalar_graphs_do_no_harm)
{
	add_text("rule", 0, "ramp(%x) => flip_sign(%x)");
	start();
	cr_assert_eq(rewrite(read_graph(c, "graph @g(%x: f32[2]) { return %x }")), 0);
	cr_assert_eq(rewrite(read_graph(c, "graph @g(%x: f32[]) { %0 = ramp(%x) return %0 }")), 1);
	cr_assert_eq(rewrite(read_graph(c, "graph @g(%x: f32[0, 3]) { %0 = ramp(%x) return %0 }")), 1);
}
