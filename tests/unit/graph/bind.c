/* Symbol values from the shapes of the inputs, and the checks that hang on them. */
#include "context.h"

TestSuite(bind, .init = setup, .fini = teardown);

static const char *const two =
	"graph @g(%x: f32[n, 2 * m + 1], %y: f32[n]) where n in 1..64, m in 0..8 { %0 = ramp(%x) return %0 }";

static hdt_status bind_two(int64_t a, int64_t b, int64_t d, int64_t *values)
{
	const int64_t x[] = {a, b}, y[] = {d};
	const actual_input inputs[] = {{HDT_F32, 2, x}, {HDT_F32, 1, y}};
	return graph_bind(read_graph(c, two), c, inputs, 2, values);
}

Test(bind, solves_symbols_and_linear_dimensions)
{
	int64_t values[2] = {0};
	cr_assert_eq(bind_two(5, 7, 5, values), HDT_OK, "%s", c->message);
	cr_assert_eq(values[0], 5);
	cr_assert_eq(values[1], 3);
}

Test(bind, size_outside_its_range_names_input_dimension_value_and_range)
{
	int64_t values[2];
	cr_assert_eq(bind_two(65, 7, 65, values), HDT_BAD_INPUT);
	cr_assert_str_eq(c->message, "input 'x', dimension 0: 'n' would be 65, outside its range 1..64");
}

Test(bind, disagreeing_inputs_are_refused)
{
	int64_t values[2];
	cr_assert_eq(bind_two(5, 7, 6, values), HDT_BAD_INPUT);
	cr_assert_str_eq(c->message, "input 'y', dimension 0: 6 does not fit, it must be n = 5");
}

Test(bind, size_without_a_whole_solution_is_refused)
{
	int64_t values[2];
	cr_assert_eq(bind_two(5, 6, 5, values), HDT_BAD_INPUT);
	cr_assert_not_null(strstr(c->message, "for any whole 'm'"), "%s", c->message);
}

Test(bind, wrong_rank_dtype_and_number_are_refused)
{
	hdt_graph *g = read_graph(c, "graph @g(%x: f32[4]) { %0 = ramp(%x) return %0 }");
	const int64_t shape[] = {4, 4};
	const actual_input rank = {HDT_F32, 2, shape}, dtype = {HDT_I32, 1, shape};
	cr_assert_eq(graph_bind(g, c, &rank, 1, NULL), HDT_BAD_INPUT);
	cr_assert_str_eq(c->message, "input 'x' must have 1 dimension, not 2");
	context_clear_fault(c);
	cr_assert_eq(graph_bind(g, c, &dtype, 1, NULL), HDT_BAD_INPUT);
	cr_assert_str_eq(c->message, "input 'x' must be f32, not i32");
	context_clear_fault(c);
	cr_assert_eq(graph_bind(g, c, &dtype, 0, NULL), HDT_BAD_INPUT);
}

Test(bind, assertions_of_the_graph_and_of_its_tasks_are_checked)
{
	hdt_graph *g = read_graph(c, "graph @g(%x: f32[n], %y: f32[m]) {\n"
	                             "  %0 = plus(%x, %y)\n  assert n % 2 == 0, \"n must be even\"\n  return %0\n}");
	int64_t values[2];
	const int64_t four[] = {4}, five[] = {5};
	const actual_input equal[] = {{HDT_F32, 1, four}, {HDT_F32, 1, four}},
					   odd[] = {{HDT_F32, 1, five}, {HDT_F32, 1, five}},
					   unequal[] = {{HDT_F32, 1, four}, {HDT_F32, 1, five}};
	cr_assert_eq(graph_bind(g, c, equal, 2, values), HDT_OK, "%s", c->message);
	cr_assert_eq(graph_bind(g, c, odd, 2, values), HDT_BAD_INPUT);
	cr_assert_not_null(strstr(c->message, "n must be even"));
	context_clear_fault(c);
	cr_assert_eq(graph_bind(g, c, unequal, 2, values), HDT_BAD_INPUT);
	cr_assert_not_null(strstr(c->message, "plus"), "%s", c->message);
}

Test(bind, sizes_that_no_tensor_can_have_are_refused)
{
	hdt_graph *g = read_graph(c, "graph @g(%x: f32[n, m]) where n in 0..281474976710656, m in 0..281474976710656 {\n"
	                             "  assert n * m * 65536 * 65536 > 0, \"not empty\"\n  %0 = ramp(%x)\n  return %0\n}");
	int64_t values[2];
	const int64_t beyond[] = {4, (INT64_C(1) << 48) + 1}, wrapping[] = {INT64_C(1) << 40, INT64_C(1) << 40};
	const actual_input large = {HDT_F32, 2, beyond}, product = {HDT_F32, 2, wrapping};
	cr_assert_eq(graph_bind(g, c, &large, 1, values), HDT_BAD_INPUT);
	cr_assert_str_eq(c->message, "input 'x': dimension 1 is too large");
	context_clear_fault(c);
	/* What cannot be computed in 64 bits does not hold. */
	cr_assert_eq(graph_bind(g, c, &product, 1, values), HDT_BAD_INPUT, "%s", c->message);
}
