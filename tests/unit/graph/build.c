/* Building, editing and checking graphs. */
#include "context.h"

TestSuite(build, .init = setup, .fini = teardown);

static int released;
static void count_release(void *owner)
{
	(void)owner;
	released++;
}

Test(build, applying_infers_shape_and_dtype_by_broadcasting)
{
	hdt_graph *g = hdt_graph_new(c, "g");
	hdt_value *x = hdt_graph_input(g, "x", HDT_F32, HDT_AT(hdt_symbol(c, "n", 1, 9), hdt_int(c, 4)));
	hdt_value *y = hdt_graph_input(g, "y", HDT_F32, HDT_AT(hdt_int(c, 4)));
	hdt_value *z = hdt_apply(g, "plus", HDT_VALUES(x, y), NULL);
	hdt_graph_output(g, NULL, z);
	cr_assert_eq(hdt_context_status(c), HDT_OK, "%s", c->message);
	cr_assert_eq(z->rank, 2);
	cr_assert_eq(z->shape[0], x->shape[0]);
	cr_assert_eq(g->symbol_count, 1);
	cr_assert_str_eq(g->output_names[0], "out0");
	cr_assert_eq(graph_verify(g), HDT_OK, "%s", c->message);
}

Test(build, unknown_operator_names_the_nearest_one)
{
	hdt_graph *g = hdt_graph_new(c, "g");
	hdt_value *x = hdt_graph_input(g, "x", HDT_F32, HDT_SCALAR);
	cr_assert_null(hdt_apply(g, "rampp", HDT_VALUES(x), NULL));
	cr_assert_eq(hdt_context_status(c), HDT_UNSUPPORTED);
	cr_assert_not_null(strstr(c->message, "'rampp'"));
	cr_assert_not_null(strstr(c->message, "did you mean 'ramp'"), "%s", c->message);
	/* sticky: everything after the fault gives NULL */
	cr_assert_null(hdt_apply(g, "ramp", HDT_VALUES(x), NULL));
	cr_assert_null(hdt_graph_new(c, "h"));
}

Test(build, wrong_number_of_inputs_is_a_fault_that_names_them)
{
	hdt_graph *g = hdt_graph_new(c, "g");
	hdt_value *x = hdt_graph_input(g, "x", HDT_F32, HDT_SCALAR);
	cr_assert_null(hdt_apply(g, "plus", HDT_VALUES(x), NULL));
	cr_assert_not_null(strstr(c->message, "plus takes at least 2 inputs (x, y), not 1"), "%s", c->message);
}

Test(build, value_of_another_graph_is_refused)
{
	hdt_graph *g = hdt_graph_new(c, "g"), *h = hdt_graph_new(c, "h");
	hdt_value *x = hdt_graph_input(g, "x", HDT_F32, HDT_SCALAR);
	cr_assert_null(hdt_apply(h, "ramp", HDT_VALUES(x), NULL));
	cr_assert_not_null(strstr(c->message, "another graph"));
}

Test(build, optional_input_left_out_at_the_end_is_dropped)
{
	hdt_graph *g = hdt_graph_new(c, "g");
	hdt_value *x = hdt_graph_input(g, "x", HDT_F32, HDT_SCALAR);
	hdt_node *node = hdt_apply_node(g, "scale", HDT_VALUES(x, NULL), NULL);
	cr_assert_not_null(node, "%s", c->message);
	cr_assert_eq(node->input_count, 1);
}

Test(build, names_are_unique_and_clean)
{
	hdt_graph *g = hdt_graph_new(c, "a model!");
	hdt_value *a = hdt_graph_input(g, "layer.0.weight", HDT_F32, HDT_SCALAR);
	hdt_value *b = hdt_graph_input(g, "layer.0.weight", HDT_F32, HDT_SCALAR);
	hdt_value *d = hdt_graph_input(g, "0 x", HDT_F32, HDT_SCALAR);
	cr_assert_str_eq(g->name, "a_model_");
	cr_assert_str_eq(a->name, "layer.0.weight");
	cr_assert_str_neq(a->name, b->name);
	cr_assert_str_eq(d->name, "_0_x");
}

Test(build, constant_is_released_once_with_the_context_and_also_after_a_fault)
{
	float data[2] = {1, 2};
	released = 0;
	hdt_context *own = context_new(registry);
	hdt_graph *g = hdt_graph_new(own, "g");
	cr_assert_not_null(hdt_graph_constant(g, "w", HDT_F32, HDT_AT(hdt_int(own, 2)),
	                                      (hdt_data){.data = data, .bytes = 8, .release = count_release}));
	cr_assert_null(hdt_graph_constant(g, "v", HDT_F32, HDT_AT(hdt_int(own, 3)),
	                                  (hdt_data){.data = data, .bytes = 8, .release = count_release}));
	cr_assert_eq(hdt_context_status(own), HDT_BAD_MODEL);
	cr_assert_not_null(strstr(own->message, "needs 12 bytes but its data has 8"), "%s", own->message);
	cr_assert_null(hdt_graph_constant(NULL, "u", HDT_F32, HDT_SCALAR,
	                                  (hdt_data){.data = data, .bytes = 4, .release = count_release}));
	cr_assert_eq(released, 1, "without a graph it is released at once");
	context_free(own);
	cr_assert_eq(released, 3);
}

Test(build, constant_too_large_to_count_is_a_fault)
{
	hdt_graph *g = hdt_graph_new(c, "g");
	const hdt_expr *huge = hdt_int(c, INT64_C(1) << 40);
	cr_assert_null(hdt_graph_constant(g, "w", HDT_F32, HDT_AT(huge, huge), (hdt_data){0}));
	cr_assert_eq(hdt_context_status(c), HDT_BAD_MODEL);
}

Test(build, replacing_a_value_by_one_of_another_shape_rebuilds_what_follows)
{
	hdt_graph *g = read_graph(c, "graph @g(%x: f32[4], %y: f32[3, 4]) { %0 = ramp(%x) %1 = flip_sign(%0) return %1 }");
	cr_assert_eq(graph_replace_uses(g, g->nodes[0]->outputs[0], g->inputs[1]), HDT_OK);
	graph_sweep(g);
	cr_assert_eq(g->node_count, 1);
	cr_assert_eq(g->outputs[0]->rank, 2);
	cr_assert_eq(graph_verify(g), HDT_OK, "%s", c->message);
}

Test(build, a_replacement_that_what_follows_refuses_changes_nothing)
{
	hdt_graph *g = read_graph(c, "graph @g(%x: f32[4], %y: f32[3, 4]) { %0 = ramp(%x) %1, %2 = both(%0) return %1 }");
	cr_assert_neq(graph_replace_uses(g, g->nodes[0]->outputs[0], g->inputs[1]), HDT_OK);
	context_clear_fault(c);
	cr_assert_eq(g->nodes[1]->inputs[0], g->nodes[0]->outputs[0]);
	cr_assert_eq(graph_verify(g), HDT_OK, "%s", c->message);
}

Test(build, sweeping_drops_the_unused_and_restores_the_order)
{
	hdt_graph *g =
		read_graph(c, "graph @g(%x: f32[4]) { %0 = ramp(%x) %1 = flip_sign(%0) %2 = flip_sign(%x) return %1 }");
	hdt_value *late = hdt_apply(g, "scale", HDT_VALUES(g->inputs[0]), NULL);
	cr_assert_eq(graph_replace_uses(g, g->nodes[0]->outputs[0], late), HDT_OK);
	graph_sweep(g);
	expect_graph(g, "graph @g(%x: f32[4]) {\n  %0 = scale(%x)\n  %1 = flip_sign(%0)\n  return %1\n}\n");
}

Test(build, sweeping_a_very_long_chain_does_not_recurse)
{
	hdt_graph *g = hdt_graph_new(c, "g");
	hdt_value *x = hdt_graph_input(g, "x", HDT_F32, HDT_SCALAR), *y = x;
	for (int i = 0; i < 20000; i++)
		y = hdt_apply(g, "ramp", HDT_VALUES(y), NULL);
	hdt_graph_output(g, NULL, y);
	graph_sweep(g);
	cr_assert_eq(g->node_count, 20000);
}

Test(build, rewinding_forgets_nodes_and_frees_their_names)
{
	hdt_graph *g = read_graph(c, "graph @g(%x: f32[4]) { %0 = ramp(%x) return %0 }");
	graph_mark mark = graph_get_mark(g);
	hdt_graph_constant(g, "w", HDT_F32, HDT_SCALAR, (hdt_data){0});
	hdt_apply(g, "flip_sign", HDT_VALUES(g->outputs[0]), NULL);
	graph_rewind(g, mark);
	cr_assert_eq(g->node_count, 1);
	cr_assert_str_eq(hdt_graph_constant(g, "w", HDT_F32, HDT_SCALAR, (hdt_data){0})->name, "w");
}

Test(build, dependence_is_seen_through_several_nodes)
{
	hdt_graph *g = read_graph(
		c, "graph @g(%x: f32[4]) { %0 = ramp(%x) %1 = ramp(%0) %2 = plus(%1, %x) %3 = ramp(%x) return %2, %3 }");
	cr_assert(graph_depends(g, g->outputs[0], g->nodes[0]));
	cr_assert(!graph_depends(g, g->outputs[1], g->nodes[0]));
	cr_assert(!graph_depends(g, g->inputs[0], g->nodes[0]));
}

Test(build, verifier_finds_a_value_read_before_it_is_made)
{
	hdt_graph *g = read_graph(c, "graph @g(%x: f32[4]) { %0 = ramp(%x) %1 = flip_sign(%0) return %1 }");
	hdt_node **nodes = (hdt_node **)g->nodes, *first = nodes[0];
	nodes[0] = nodes[1];
	nodes[1] = first;
	cr_assert_eq(graph_verify(g), HDT_INTERNAL);
	cr_assert_not_null(strstr(c->message, "before it is made"), "%s", c->message);
}

Test(build, verifier_finds_a_task_of_another_shape)
{
	hdt_graph *g = read_graph(c, "graph @g(%x: f32[4], %y: f32[5]) { %0 = ramp(%x) return %0 }");
	((hdt_value **)g->nodes[0]->inputs)[0] = g->inputs[1];
	cr_assert_eq(graph_verify(g), HDT_INTERNAL);
}

Test(build, every_failing_allocation_is_a_status_and_leaks_nothing)
{
	for (long n = 0; n < 400; n++) {
		hdt_context *own = context_new(registry);
		own->arena.fail_after = n;
		hdt_graph *g = hdt_graph_new(own, "g");
		hdt_value *x = hdt_graph_input(g, "x", HDT_F32, HDT_AT(hdt_symbol(own, "n", 0, 9)));
		hdt_value *y = hdt_apply(g, "scale", HDT_VALUES(x), HDT_WITH(hdt_float_value("factor", 3)));
		y = hdt_apply(g, "plus", HDT_VALUES(y, hdt_graph_number(g, HDT_F32, 1)), NULL);
		hdt_graph_output(g, "y", y);
		bool complete = g && g->output_count == 1;
		cr_assert(complete || hdt_context_status(own) == HDT_OUT_OF_MEMORY, "allocation %ld: %s", n, own->message);
		context_free(own);
	}
}

/* ---- hostile sizes ---------------------------------------------------------------------------------------------- */

typedef struct size_row {
	int rank;
	int64_t shape[4];
	const char *fault; /* NULL: accepted */
} size_row;

#define LARGEST (INT64_C(1) << 48)
static const size_row size_rows[] = {
	{1, {LARGEST}, NULL},
	{1, {LARGEST + 1}, "dimension 0, 281474976710657, is too large: at most 2^48 is possible"},
	{2, {1, INT64_MAX}, "dimension 1, 9223372036854775807, is too large"},
	{1, {-1}, "dimension 0, -1, is negative"},
	{1, {INT64_MIN}, "dimension 0"},
	{2, {INT64_C(1) << 30, INT64_C(1) << 30}, NULL},
	{2, {INT64_C(1) << 30, INT64_C(1) << 31}, "at most 2^62 bytes are possible"},
	{4, {LARGEST, LARGEST, LARGEST, LARGEST}, "at most 2^62 bytes are possible"},
	{3, {LARGEST, 0, LARGEST}, "at most 2^62 bytes are possible"},
};

static void expect_size(const size_row *row, const hdt_value *value)
{
	cr_expect_eq(value == NULL, row->fault != NULL, "%s", c->message);
	if (!row->fault)
		return;
	cr_expect_eq(hdt_context_status(c), HDT_BAD_MODEL);
	cr_expect_not_null(strstr(c->message, row->fault), "%s", c->message);
	cr_expect_str_eq(c->notes, "", "one diagnostic: %s", c->notes);
}

static hdt_list shape_of(const size_row *row, const hdt_expr **dims)
{
	for (int d = 0; d < row->rank; d++)
		dims[d] = hdt_int(c, row->shape[d]);
	return (hdt_list){dims, row->rank};
}

Test(build, inputs_and_constants_of_impossible_sizes_are_refused_at_the_door)
{
	const hdt_expr *dims[4];
	for (size_t i = 0; i < sizeof size_rows / sizeof *size_rows; i++) {
		const size_row *row = &size_rows[i];
		hdt_graph *g = hdt_graph_new(c, "g");
		expect_size(row, hdt_graph_input(g, "x", HDT_F32, shape_of(row, dims)));
		context_clear_fault(c);
		expect_size(row, hdt_graph_constant(g, "w", HDT_F32, shape_of(row, dims), (hdt_data){0}));
		context_clear_fault(c);
	}
}

Test(build, ranks_and_dtypes_beyond_the_limits_are_refused)
{
	const hdt_expr *dims[HDT_MAX_RANK + 1];
	for (int d = 0; d <= HDT_MAX_RANK; d++)
		dims[d] = hdt_int(c, 1);
	hdt_graph *g = hdt_graph_new(c, "g");
	cr_expect_not_null(hdt_graph_input(g, "x", HDT_F32, (hdt_list){dims, HDT_MAX_RANK}));
	static const int ranks[] = {HDT_MAX_RANK + 1, -1, INT32_MAX, INT32_MIN};
	for (size_t i = 0; i < sizeof ranks / sizeof *ranks; i++) {
		cr_expect_null(hdt_graph_input(g, "x", HDT_F32, (hdt_list){dims, ranks[i]}));
		cr_expect_eq(hdt_context_status(c), HDT_BAD_MODEL);
		context_clear_fault(c);
	}
	cr_expect_null(hdt_graph_input(g, "x", (hdt_dtype)77, HDT_SCALAR));
	cr_expect_not_null(strstr(c->message, "dtype"), "%s", c->message);
}

Test(build, symbolic_sizes_are_refused_when_no_value_of_the_symbol_fits)
{
	hdt_graph *g = hdt_graph_new(c, "g");
	const hdt_expr *n = hdt_symbol(c, "n", 1, LARGEST), *huge = hdt_int(c, LARGEST + 1);
	/* Some values fit, and a run tells: accepted. */
	cr_expect_not_null(hdt_graph_input(g, "x", HDT_F32, HDT_AT(n, n, n, n)), "%s", c->message);
	cr_expect_null(hdt_graph_input(g, "y", HDT_F32, HDT_AT(hdt_mul(n, huge))));
	context_clear_fault(c);
	cr_expect_null(hdt_graph_input(g, "y", HDT_F32, HDT_AT(hdt_sub(hdt_int(c, 0), n))));
	cr_expect_not_null(strstr(c->message, "is negative"), "%s", c->message);
}
