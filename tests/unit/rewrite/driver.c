/* Runs of rules: ranks, limits, loops, growth, rules that are left out. */
#include "rules.h"

TestSuite(driver, .fini = teardown);

static const char ramp_then_sign[] = "graph @g(%x: f32[2]) { %0 = ramp(%x) %1 = flip_sign(%0) return %1 }";

Test(driver, rules_that_undo_each_other_are_named_undone_and_left_out)
{
	add_text("there", 0, "ramp(%x) => total(%x)");
	add_text("back", 0, "total(%x) => ramp(%x)");
	add_text("good", 0, "flip_sign(%x) => minus(0, %x)");
	start();
	hdt_graph *g = read_graph(c, ramp_then_sign);
	cr_assert_eq(rewrite(g), 1);
	expect_explained("rules undo each other after 140 applications; switched off for this graph: ");
	expect_explained("there");
	expect_explained("back");
	cr_assert_str_eq(g->nodes[0]->op->name, "ramp");
	cr_assert_str_eq(g->nodes[1]->op->name, "minus");
}

Test(driver, rule_that_grows_the_graph_is_named_undone_and_left_out)
{
	add_text("grow", 9, "ramp(%x) => ramp(total(total(%x)))");
	add_text("good", 0, "flip_sign(%x) => minus(0, %x)");
	start();
	hdt_graph *g = read_graph(c, ramp_then_sign);
	cr_assert_eq(rewrite(g), 1);
	cr_assert_eq(g->node_count, 2);
	expect_explained("switched off for this graph: grow");
}

static hdt_status build_many(hdt_rewrite *r, const hdt_node *node)
{
	hdt_value *x = node->inputs[0];
	for (int i = 0; i < 3000; i++)
		x = hdt_apply(hdt_rewrite_graph(r), "flip_sign", HDT_VALUES(x), NULL);
	hdt_replace(r, 0, hdt_apply(hdt_rewrite_graph(r), "ramp", HDT_VALUES(x), NULL));
	return HDT_OK;
}

Test(driver, rule_that_builds_more_and_more_nodes_is_stopped_by_their_number)
{
	add_function("many", "ramp(%x)", build_many);
	start();
	hdt_graph *g = read_graph(c, ramp_then_sign);
	const char *before = show_graph(g);
	cr_assert_eq(rewrite(g), 0);
	cr_assert_str_eq(show_graph(g), before);
	expect_explained("the graph grows without end after 1 applications; switched off for this graph: many");
}

Test(driver, undoing_a_run_also_undoes_changed_shapes_and_assertions)
{
	/* %x and %y have equal sizes because the model says so, which the run takes for its own and gives back */
	add_text("swap", 0, "plus(%x, %y) => total(%y, %x)");
	add_text("back", 0, "total(%x, %y) => plus(%y, %x)");
	start();
	hdt_graph *g = read_graph(c, "graph @g(%x: f32[n], %y: f32[m]) { %0 = plus(%x, %y) %1 = ramp(%0) return %1 }");
	const char *before = show_graph(g);
	rewrite(g);
	cr_assert_str_eq(show_graph(g), before);
	cr_assert_eq(g->assertion_count, 0);
}

Test(driver, limit_stops_after_so_many_applications)
{
	add_text("ramp-twice", 0, "ramp(ramp(%x)) => ramp(%x)");
	start();
	hdt_graph *g = read_graph(c, "graph @g(%x: f32[2]) { %0 = ramp(%x) %1 = ramp(%0) %2 = ramp(%1) return %2 }");
	int applied = 0;
	cr_assert_eq(graph_rewrite(g, &(rewrite_options){.limit = 0}, &applied), HDT_OK);
	cr_assert_eq(applied, 0);
	cr_assert_eq(graph_rewrite(g, &(rewrite_options){.limit = 1}, &applied), HDT_OK);
	cr_assert_eq(applied, 1);
	cr_assert_eq(g->node_count, 2);
}

Test(driver, higher_rank_goes_first)
{
	add_text("a-low", 1, "ramp(%x) => flip_sign(%x)");
	add_text("b-high", 2, "ramp(%x) => scale(%x)");
	start();
	hdt_graph *g = read_graph(c, "graph @g(%x: f32[2]) { %0 = ramp(%x) return %0 }");
	rewrite(g);
	cr_assert_str_eq(g->nodes[0]->op->name, "scale");
}

/* ---- rules that are left out ------------------------------------------------------------------------------------ */

static void expect_refused(const char *source, const char *why)
{
	const refused_rule *refused;
	add_text("faulty", 5, source);
	add_text("good", 0, "flip_sign(flip_sign(%x)) => %x");
	start();
	cr_assert_eq(rewrite_refused(registry, &refused), 1);
	cr_assert_str_eq(refused[0].entry->name, "faulty");
	cr_assert(strstr(refused[0].reason, why), "%s", refused[0].reason);
	hdt_graph *g = read_graph(c, "graph @g(%x: f32[2]) { %0 = flip_sign(%x) %1 = flip_sign(%0) return %1 }");
	cr_assert_eq(rewrite(g), 1, "the other rules work on");
	cr_assert_eq(g->outputs[0], g->inputs[0]);
	expect_explained("rule faulty is left out");
}

Test(driver, text_without_its_last_parenthesis_is_refused)
{
	expect_refused("ramp(ramp(%x) => ramp(%x)", "expected ')'");
}
Test(driver, text_with_an_unknown_operator_is_refused_with_the_nearest_name)
{
	expect_refused("rmap(%x) => ramp(%x)", "no plugin provides an operator 'rmap'; did you mean 'ramp'?");
}
Test(driver, text_with_an_unknown_operator_in_the_result_is_refused)
{
	expect_refused("ramp(ramp(%x)) => no_such(%x)", "no plugin provides an operator 'no_such'");
}
Test(driver, text_with_an_unknown_attribute_is_refused)
{
	expect_refused("scale(%x, fctor=2) => %x", "scale has no attribute 'fctor'");
}
Test(driver, text_with_an_unknown_name_in_the_result_is_refused)
{
	expect_refused("ramp(ramp(%x)) => ramp(%y)", "nothing is called %y in the pattern");
}
Test(driver, text_with_too_many_inputs_is_refused)
{
	expect_refused("ramp(%x, %y) => ramp(%x)", "ramp cannot have 2 inputs");
}
Test(driver, text_without_a_needed_input_in_the_result_is_refused)
{
	expect_refused("ramp(ramp(%x)) => plus(%x)", "plus cannot have 1 inputs");
}
Test(driver, pattern_that_is_a_mere_value_is_refused)
{
	expect_refused("%x => ramp(%x)", "a pattern is an operator");
}
Test(driver, patterns_that_share_no_value_are_refused)
{
	expect_refused("ramp(%x), flip_sign(%y) => ramp(%x), ramp(%y)", "no value in common");
}
Test(driver, fewer_results_than_patterns_are_refused)
{
	expect_refused("ramp(%x), flip_sign(%x) => %x", "2 patterns become 1 results");
}
Test(driver, text_with_an_unknown_sort_is_refused)
{
	expect_refused("ramp(%x: constant) => %x", "expected const, number, fixed or variable");
}
Test(driver, deep_text_is_refused_and_does_not_overflow)
{
	static char deep[40000];
	for (int i = 0; i < 5000; i++)
		memcpy(deep + i * 5, "ramp(", 5);
	strcat(deep, "%x => %x");
	expect_refused(deep, "nested too deeply");
}
Test(driver, text_with_a_sign_that_no_operator_has_is_refused)
{
	expect_refused("ramp(%x / %y) => %x", "no plugin provides an operator that is written '/'");
}
