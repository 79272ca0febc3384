/* Rules: patterns, matching, checks of replacements, rolling back, caps and blame. */
#include "rewrite/rewrite.h"

#include "../graph/operators.h"
#include "rewrite/rule.h"

/* Each test sets the one or two rules that it wants before the registry is made. */
static hdt_rewrite_rule rules[4];
static int rule_count;
static hdt_registry *registry;
static hdt_context *c;
static text explanation;

static void add_rules(registry_stage *stage)
{
	for (int i = 0; i < rule_count; i++)
		registry_stage_add(stage, REGISTRY_REWRITE_RULE, rules[i].name, &rules[i]);
}
static void add_text(const char *name, int rank, const char *source)
{
	rules[rule_count++] =
		(hdt_rewrite_rule){.size = sizeof(hdt_rewrite_rule), .name = name, .doc = "", .rank = rank, .pattern = source};
}
static void add_function(const char *name, const char *source, hdt_status (*apply)(hdt_rewrite *, const hdt_node *))
{
	add_text(name, 0, source);
	rules[rule_count - 1].apply = apply;
}
static void start(void)
{
	registry = make_registry(add_rules);
	c = context_new(registry);
}
static void teardown(void)
{
	text_free(&explanation);
	context_free(c);
	registry_free(registry);
}
TestSuite(rewrite, .fini = teardown);

static int rewrite(hdt_graph *g)
{
	int applied = -1;
	const rewrite_options options = {.limit = -1, .explain = &explanation};
	cr_assert_eq(graph_rewrite(g, &options, &applied), HDT_OK, "%s", c->message);
	cr_assert_eq(graph_verify(g), HDT_OK, "%s", c->message);
	return applied;
}

static void expect_explained(const char *what)
{
	cr_assert(explanation.data && strstr(explanation.data, what), "explanation:\n%s",
	          explanation.data ? explanation.data : "");
}

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
	cr_assert_eq(rewrite(g), 1, "%s", explanation.data);
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

Test(rewrite, rules_that_undo_each_other_are_stopped_and_named)
{
	add_text("there", 0, "ramp(%x) => flip_sign(%x)");
	add_text("back", 0, "flip_sign(%x) => ramp(%x)");
	start();
	hdt_graph *g = read_graph(c, "graph @g(%x: f32[2]) { %0 = ramp(%x) return %0 }");
	cr_assert_eq(rewrite(g), 120);
	expect_explained("seem to undo each other: ");
	expect_explained("there");
	expect_explained("back");
}

Test(rewrite, limit_stops_after_so_many_applications)
{
	add_text("ramp-twice", 0, "ramp(ramp(%x)) => ramp(%x)");
	start();
	hdt_graph *g = read_graph(c, "graph @g(%x: f32[2]) { %0 = ramp(%x) %1 = ramp(%0) %2 = ramp(%1) return %2 }");
	int applied = 0;
	cr_assert_eq(graph_rewrite(g, &(rewrite_options){.limit = 1}, &applied), HDT_OK);
	cr_assert_eq(applied, 1);
	cr_assert_eq(g->node_count, 2);
}

Test(rewrite, higher_rank_goes_first)
{
	add_text("a-low", 1, "ramp(%x) => flip_sign(%x)");
	add_text("b-high", 2, "ramp(%x) => scale(%x)");
	start();
	hdt_graph *g = read_graph(c, "graph @g(%x: f32[2]) { %0 = ramp(%x) return %0 }");
	rewrite(g);
	cr_assert_str_eq(g->nodes[0]->op->name, "scale");
}

Test(rewrite, faulty_patterns_are_left_out_with_a_warning)
{
	add_text("unclosed", 0, "ramp(ramp(%x) => ramp(%x)");
	add_text("good", 0, "flip_sign(flip_sign(%x)) => %x");
	start();
	hdt_graph *g = read_graph(c, "graph @g(%x: f32[2]) { %0 = flip_sign(%x) %1 = flip_sign(%0) return %1 }");
	cr_assert_eq(rewrite(g), 1);
	cr_assert_eq(g->outputs[0], g->inputs[0]);
	expect_explained("rule unclosed is left out");
}

Test(rewrite, symbolic_dimension_that_is_not_disproved_is_accepted)
{
	add_text("to-filled", 0, "plus(%x, %y) => total(%x, ramp(%y))");
	start();
	hdt_graph *g = read_graph(c, "graph @g(%x: f32[n], %y: f32[m]) { %0 = plus(%x, %y) %1 = flip_sign(%0) return %1 }");
	cr_assert_eq(rewrite(g), 1, "%s", explanation.data);
}
