/* The passes over a graph: before and after, in text. */
#include "pass/pass.h"

#include "../graph/context.h"

TestSuite(pass, .init = setup, .fini = teardown);

Test(pass, folding_computes_what_depends_on_constants_alone)
{
	hdt_graph *g = read_graph(c, "graph @g(%x: f32[2]) {\n  %w = const f32[2] [1, -2]\n  %0 = scale(%w, factor=3)\n"
	                             "  %1 = ramp(%0)\n  %2 = plus(%x, %1)\n  return %2, %0\n}");
	cr_assert_eq(pass_fold_constants(g, 1024), HDT_OK, "%s", c->message);
	expect_graph(g, "graph @g(%x: f32[2]) {\n  %c0 = const f32[2] [3.0, 0.0]\n  %c1 = const f32[2] [3.0, -6.0]\n"
	                "  %0 = plus(%x, %c0)\n  return %0, %c1\n}\n");
}

Test(pass, folding_handles_nodes_of_several_outputs_and_of_no_input)
{
	hdt_graph *g = read_graph(c, "graph @g() { %w = const f32[2] [1, 2] %0, %1 = both(%w) %2 = filled(shape=[2], "
	                             "value=7)\n return %0, %1, %2 }");
	cr_assert_eq(pass_fold_constants(g, 1024), HDT_OK, "%s", c->message);
	expect_graph(
		g,
		"graph @g() {\n  %c0 = const f32[1] [3.0]\n  %c1 = const f32[2] [2.0, 4.0]\n  %c2 = const f32[2] [7.0, 7.0]\n"
		"  return %c0, %c1, %c2\n}\n");
}

/* What must not be folded stays as it is. */
static void expect_unfolded(const char *source, int64_t limit)
{
	hdt_graph *g = read_graph(c, source);
	int nodes = g->node_count;
	cr_assert_eq(pass_fold_constants(g, limit), HDT_OK, "%s", c->message);
	cr_assert_eq(g->node_count, nodes, "%s", show_graph(g));
}

Test(pass, folding_leaves_unknown_bytes_symbols_and_large_results)
{
	expect_unfolded("graph @g() { %w = const f32[2] %0 = ramp(%w) return %0 }", 1024);
	expect_unfolded("graph @g(%x: f32[n]) { %0 = filled(shape=[n]) return %0 }", 1024);
	expect_unfolded("graph @g() { %0 = filled(shape=[300]) return %0 }", 1024);
	expect_unfolded("graph @g() { %0 = filled(shape=[100000, 100000]) return %0 }", INT64_MAX);
}

Test(pass, merging_follows_operators_inputs_and_attributes)
{
	hdt_graph *g =
		read_graph(c, "graph @g(%x: f32[2]) {\n  %0 = ramp(%x)\n  %1 = ramp(%x)\n  %2 = scale(%0, factor=3)\n"
	                  "  %3 = scale(%1, factor=3)\n  %4 = scale(%1, factor=4)\n  return %2, %3, %4\n}");
	cr_assert_eq(pass_merge_common(g), HDT_OK);
	expect_graph(g,
	             "graph @g(%x: f32[2]) {\n  %0 = ramp(%x)\n  %1 = scale(%0, factor=3.0)\n  %2 = scale(%0, factor=4.0)\n"
	             "  return %1, %1, %2\n}\n");
}

Test(pass, merging_counts_small_equal_constants_as_one)
{
	hdt_graph *g = read_graph(
		c, "graph @g(%x: f32[2]) { %c0 = const f32[] 2 %c1 = const f32[] 2 %c2 = const f32[] 3 %c3 = const i32[] 2\n"
		   "%0 = plus(%x, %c0) %1 = plus(%x, %c1) %2 = plus(%x, %c2) %3 = plus(%x, %c3) return %0, %1, %2, %3 }");
	cr_assert_eq(pass_merge_common(g), HDT_OK);
	cr_assert_eq(g->node_count, 3, "%s", show_graph(g));
}

Test(pass, merging_keeps_apart_zeros_of_different_sign_and_optional_inputs)
{
	hdt_graph *g = read_graph(
		c, "graph @g(%x: f32[2]) { %c0 = const f32[] 0.0 %c1 = const f32[] -0.0\n"
		   "%0 = plus(%x, %c0) %1 = plus(%x, %c1) %2 = scale(%x) %3 = scale(%x, %c0) return %0, %1, %2, %3 }");
	cr_assert_eq(pass_merge_common(g), HDT_OK);
	cr_assert_eq(g->node_count, 4, "%s", show_graph(g));
}

Test(pass, merging_all_outputs_of_a_node)
{
	hdt_graph *g = read_graph(
		c, "graph @g(%x: f32[2]) { %0, %1 = both(%x) %2, %3 = both(%x) %4 = plus(%1, %3) return %0, %2, %4 }");
	cr_assert_eq(pass_merge_common(g), HDT_OK);
	expect_graph(g, "graph @g(%x: f32[2]) {\n  %0, %1 = both(%x)\n  %2 = plus(%1, %1)\n  return %0, %0, %2\n}\n");
}

Test(pass, dropping_the_dead_keeps_the_order_of_the_rest)
{
	hdt_graph *g = read_graph(
		c, "graph @g(%x: f32[2]) { %0 = ramp(%x) %1 = flip_sign(%x) %2 = ramp(%0) %3 = ramp(%1) return %3 }");
	cr_assert_eq(pass_drop_dead(g), HDT_OK);
	expect_graph(g, "graph @g(%x: f32[2]) {\n  %0 = flip_sign(%x)\n  %1 = ramp(%0)\n  return %1\n}\n");
}
