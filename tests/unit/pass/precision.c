/* What is f32 becomes a narrower float: what cannot, and the constants. */
#include "pass/pass.h"

#include "../graph/operators.h"
#include "base/explain.h"
#include <math.h>

/* Takes nothing but f32. */
static void define_picky(hdt_task *t)
{
	if (hdt_input(t, 0) && hdt_input(t, 0)->dtype != HDT_F32)
		hdt_reject(t, "its input must be f32");
	hdt_output_elements(t, hdt_neg(hdt_element(t, 0)));
}
/* Gives f32, whatever it takes. */
static void define_level(hdt_task *t)
{
	hdt_output_elements(t, hdt_cast(hdt_element(t, 0), HDT_F32));
}
TEST_OPERATOR(op_picky, .name = "picky", .inputs = "x", .define = define_picky);
TEST_OPERATOR(op_level, .name = "level", .inputs = "x", .define = define_level);

static void add_operators(registry_stage *stage)
{
	registry_stage_add(stage, REGISTRY_OPERATOR, op_picky.name, &op_picky);
	registry_stage_add(stage, REGISTRY_OPERATOR, op_level.name, &op_level);
}

static hdt_registry *registry;
static hdt_context *c;
static void setup(void)
{
	registry = make_registry(add_operators);
	c = context_new(registry);
}
static void teardown(void)
{
	context_free(c);
	registry_free(registry);
}
TestSuite(precision, .init = setup, .fini = teardown);

static const char *narrow(hdt_graph *g, hdt_dtype to)
{
	explanation told;
	text t = {0};
	explain_begin(&told, c, true);
	cr_assert_eq(pass_precision(g, to, &told), HDT_OK, "%s", c->message);
	explain_print(&told, &t);
	return text_finish(&t, c);
}

Test(precision, what_refuses_it_stays_with_conversions_around_and_is_told)
{
	hdt_graph *g = read_graph(
		c,
		"graph @g(%x: f32[n]) where n in 1..4 { %0 = ramp(%x) %1 = picky(%0) %2 = picky(%1) %3 = ramp(%2) return %3 }");
	const char *told = narrow(g, HDT_F16);
	expect_graph(g, "graph @g(%x: f32[n]) where n in 1..4 {\n  %0 = as(%x, dtype=f16)\n  %1 = ramp(%0)\n"
	                "  %2 = as(%1, dtype=f32)\n  %3 = picky(%2)\n  %4 = picky(%3)\n  %5 = as(%4, dtype=f16)\n"
	                "  %6 = ramp(%5)\n  %7 = as(%6, dtype=f32)\n  return %7\n}\n");
	cr_assert(strstr(told, "%1 = picky stays f32: picky: its input must be f32"), "%s", told);
	cr_assert(strstr(told, "2 nodes compute in f16, 2 stay f32"), "%s", told);
	cr_assert_eq(hdt_context_status(c), HDT_OK);
}

Test(precision, what_always_gives_f32_is_converted_for_those_behind)
{
	hdt_graph *g = read_graph(
		c, "graph @g(%x: f32[2], %i: i32[2]) { %0 = level(%x) %1 = level(%i) %2 = plus(%0, %1) return %2, %0 }");
	narrow(g, HDT_BF16);
	expect_graph(g,
	             "graph @g(%x: f32[2], %i: i32[2]) {\n  %0 = as(%x, dtype=bf16)\n  %1 = level(%0)\n  %2 = level(%i)\n"
	             "  %3 = as(%1, dtype=bf16)\n  %4 = as(%2, dtype=bf16)\n  %5 = plus(%3, %4)\n"
	             "  %6 = as(%5, dtype=f32)\n  return %6, %1\n}\n");
}

Test(precision, weights_are_converted_by_an_operator_even_when_their_bytes_are_not_known)
{
	hdt_graph *g = read_graph(
		c, "graph @g(%x: f32[1000]) { %w = const f32[1000] %0 = plus(%x, %w) %1 = times(%0, %w) return %1 }");
	narrow(g, HDT_F16);
	expect_graph(
		g, "graph @g(%x: f32[1000]) {\n  %w = const f32[1000]\n  %0 = as(%x, dtype=f16)\n  %1 = as(%w, dtype=f16)\n"
		   "  %2 = plus(%0, %1)\n  %3 = times(%2, %1)\n  %4 = as(%3, dtype=f32)\n  return %4\n}\n");
}

Test(precision, numbers_beyond_the_range_become_the_largest_and_infinities_stay)
{
	static float data[1000];
	hdt_graph *g = hdt_graph_new(c, "g");
	data[0] = -1e30F;
	data[1] = 1e30F;
	data[2] = -INFINITY;
	data[999] = 1.5F;
	const hdt_expr *n = hdt_int(c, 1000);
	hdt_value *x = hdt_graph_input(g, "x", HDT_F32, HDT_AT(n));
	hdt_value *w = hdt_graph_constant(g, "w", HDT_F32, HDT_AT(n), (hdt_data){data, sizeof data, NULL, NULL, false});
	hdt_graph_output(g, "y", hdt_apply(g, "plus", HDT_VALUES(x, w), NULL));
	narrow(g, HDT_F16);
	const hdt_value *narrowed = g->nodes[1]->inputs[1];
	cr_assert(narrowed->constant && narrowed->dtype == HDT_F16, "%s", show_graph(g));
	const double want[] = {-65504, 65504, -INFINITY, 0};
	for (int i = 0; i < 4; i++)
		cr_assert_eq(scalar_load(narrowed->constant->data, HDT_F16, i).f, want[i], "element %d", i);
	cr_assert_eq(scalar_load(narrowed->constant->data, HDT_F16, 999).f, 1.5);
}

Test(precision, a_graph_without_f32_stays_as_it_is)
{
	const char *source =
		"graph @g(%x: f64[2], %i: i32[2]) {\n  %0 = plus(%x, %x)\n  %1 = ramp(%i)\n  return %0, %1\n}\n";
	hdt_graph *g = read_graph(c, source);
	narrow(g, HDT_F16);
	expect_graph(g, source);
}

Test(precision, without_an_operator_that_converts_the_reason_is_told)
{
	hdt_registry *few = registry_new();
	registry_stage *stage = registry_stage_new(few, "tests");
	char reason[512] = "";
	registry_stage_add(stage, REGISTRY_OPERATOR, op_ramp.name, &op_ramp);
	registry_stage_add(stage, REGISTRY_OPERATOR, op_filled.name, &op_filled);
	cr_assert(registry_commit(stage, NULL, reason, sizeof reason), "%s", reason);
	registry_seal(few);
	hdt_context *other = context_new(few);
	hdt_graph *g = read_graph(other, "graph @g(%x: f32[2]) { %0 = ramp(%x) return %0 }");
	cr_assert_eq(pass_precision(g, HDT_F16, NULL), HDT_UNSUPPORTED);
	cr_assert(strstr(other->message, "no plugin provides an operator that converts"), "%s", other->message);
	context_free(other);
	registry_free(few);
}
