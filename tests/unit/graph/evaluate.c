/* Reference evaluation of whole graphs. */
#include "context.h"

TestSuite(evaluate, .init = setup, .fini = teardown);

Test(evaluate, chain_with_a_symbol_and_constants)
{
	hdt_graph *g = read_graph(c, "graph @g(%x: f32[n]) {\n  %w = const f32[3] [10, 20, 30]\n"
	                             "  %0 = plus(%x, %w)\n  %1, %2 = both(%0)\n  return %1, %2, %x\n}");
	const float x[] = {1, 2, 3};
	const void *inputs[] = {x};
	const int64_t three = 3;
	const bindings b = {g->symbols, &three, 1};
	evaluated out[3];
	cr_assert_eq(graph_evaluate(g, &b, inputs, out), HDT_OK, "%s", c->message);
	cr_assert_eq(((float *)out[0].data)[0], 66);
	cr_assert_eq(((float *)out[1].data)[2], 66);
	cr_assert_eq(out[1].shape[0], 3);
	cr_assert_eq(((float *)out[2].data)[1], 2);
	for (int i = 0; i < 3; i++)
		free(out[i].data);
}

Test(evaluate, empty_tensors_need_no_memory)
{
	hdt_graph *g = read_graph(c, "graph @g(%x: f32[0, 4]) { %0 = ramp(%x) return %0 }");
	const void *inputs[] = {NULL};
	const bindings b = {0};
	evaluated out[1];
	cr_assert_eq(graph_evaluate(g, &b, inputs, out), HDT_OK, "%s", c->message);
	cr_assert_eq(out[0].shape[0], 0);
	free(out[0].data);
}

Test(evaluate, constant_without_bytes_is_a_fault_that_names_it)
{
	hdt_graph *g =
		read_graph(c, "graph @g(%x: f32[3]) { %w = const f32[3] %0 = ramp(%x) %1 = plus(%0, %w) return %1, %0 }");
	const float x[] = {1, 2, 3};
	const void *inputs[] = {x};
	const bindings b = {0};
	evaluated out[2];
	cr_assert_eq(graph_evaluate(g, &b, inputs, out), HDT_BAD_MODEL);
	cr_assert_not_null(strstr(c->message, "%w"), "%s", c->message);
	cr_assert_null(out[0].data);
}
