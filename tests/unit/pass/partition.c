/* Tests of the partition: which nodes become one group. */
#include "pass/partition.h"

#include "base/explain.h"

#include "../graph/operators.h"

static hdt_registry *registry;
static hdt_context *c;

/* y[i, j] = sum over k of a[i, k] * b[k, j] */
static void define_product(hdt_task *t)
{
	const hdt_tensor *a = hdt_input(t, 0), *b = hdt_input(t, 1);
	if (!a || !b)
		return;
	const hdt_expr *i = hdt_axis("i", a->shape[0]), *j = hdt_axis("j", b->shape[1]), *k = hdt_axis("k", a->shape[1]);
	hdt_output(t, hdt_compute(t, "y", HDT_AT(i, j), hdt_sum(k, hdt_mul(hdt_at(a, i, k), hdt_at(b, k, j)))));
}

/* The sum of each row. */
static void define_row_sum(hdt_task *t)
{
	const hdt_tensor *x = hdt_input(t, 0);
	if (!x)
		return;
	const hdt_expr *i = hdt_axis("i", x->shape[0]), *one = hdt_axis("one", hdt_int(x->context, 1)),
				   *k = hdt_axis("k", x->shape[1]);
	hdt_output(t, hdt_compute(t, "y", HDT_AT(i, one), hdt_sum(k, hdt_at(x, i, k))));
}

static void define_turned(hdt_task *t)
{
	const hdt_tensor *x = hdt_input(t, 0);
	if (!x)
		return;
	const hdt_expr *i = hdt_axis("i", x->shape[1]), *j = hdt_axis("j", x->shape[0]);
	hdt_output(t, hdt_compute(t, "y", HDT_AT(i, j), hdt_at(x, j, i)));
}

static const hdt_operator more[] = {
	{.size = sizeof(hdt_operator), .name = "product", .inputs = "a, b", .define = define_product},
	{.size = sizeof(hdt_operator), .name = "row_sum", .inputs = "x", .define = define_row_sum},
	{.size = sizeof(hdt_operator), .name = "turned", .inputs = "x", .define = define_turned},
};

static void add_operators(registry_stage *stage)
{
	for (size_t i = 0; i < sizeof more / sizeof *more; i++)
		registry_stage_add(stage, REGISTRY_OPERATOR, more[i].name, &more[i]);
}

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
TestSuite(partition, .init = setup, .fini = teardown);

static partition cut(const char *source, bool fuse)
{
	partition p;
	hdt_graph *g = read_graph(c, source);
	cr_assert_eq(pass_partition(g, &(partition_options){.fuse = fuse}, &p), HDT_OK, "%s", c->message);
	return p;
}

/* The names of the groups' tasks, in order. */
static void expect_groups(const char *source, const char *want)
{
	partition p = cut(source, true);
	text t = {0};
	for (int i = 0; i < p.count; i++)
		text_format(&t, "%s%s", i ? " " : "", p.groups[i].task->name);
	cr_assert_str_eq(t.data ? t.data : "", want);
	text_free(&t);
}

#define PRODUCT "graph @g(%x: f32[64, 64], %w: f32[64, 64], %b: f32[64]) {\n  %0 = product(%x, %w)\n"

Test(partition, what_is_done_to_a_product_joins_it)
{
	expect_groups(PRODUCT "  %1 = plus(%0, %b)\n  %2 = times(%1, %1)\n  %3 = plus(%2, %1)\n  return %3\n}",
	              "product_plus_times_plus");
}

Test(partition, a_product_whose_result_is_needed_stays_alone)
{
	expect_groups(PRODUCT "  %1 = plus(%0, %b)\n  return %0, %1\n}", "product plus");
}

Test(partition, without_fusion_every_node_is_a_group)
{
	partition p = cut(PRODUCT "  %1 = plus(%0, %b)\n  return %1\n}", false);
	cr_assert_eq(p.count, 2);
	cr_assert_eq(p.groups[0].task, p.groups[0].nodes[0]->task);
}

Test(partition, two_products_are_two_groups)
{
	expect_groups(PRODUCT "  %1 = ramp(%0)\n  %2 = product(%1, %w)\n  %3 = ramp(%2)\n  return %3\n}",
	              "product_ramp product_ramp");
}

Test(partition, an_index_map_costs_no_group)
{
	expect_groups(
		"graph @g(%x: f32[64, 64], %w: f32[64, 64]) {\n  %0 = turned(%x)\n  %1 = product(%0, %w)\n  return %1\n}",
		"turned_product");
}

Test(partition, arithmetic_before_a_product_is_stored_not_done_again)
{
	expect_groups(
		"graph @g(%x: f32[64, 64], %w: f32[64, 64]) {\n  %0 = ramp(%x)\n  %1 = product(%0, %w)\n  return %1\n}",
		"ramp product");
}

Test(partition, rows_become_one_group)
{
	expect_groups("graph @g(%x: f32[64, 64]) {\n  %0 = row_sum(%x)\n  %1 = minus(%x, %0)\n  %2 = times(%1, %1)\n  %3 = "
	              "row_sum(%2)\n"
	              "  %4 = minus(%1, %3)\n  return %4\n}",
	              "row_sum_minus_times_row_sum_5");
}

Test(partition, few_rows_with_much_work_do_not_wait_for_each_other)
{
	expect_groups("graph @g(%x: f32[2, 1000000]) {\n  %0 = row_sum(%x)\n  %1 = minus(%x, %0)\n  return %1\n}",
	              "row_sum minus");
}

Test(partition, a_cheap_node_with_two_readers_is_done_in_both)
{
	expect_groups(
		"graph @g(%x: f32[64, 64]) {\n  %0 = ramp(%x)\n  %1 = flip_sign(%0)\n  %2 = turned(%0)\n  return %1, %2\n}",
		"ramp_flip_sign ramp_turned");
}

Test(partition, nothing_joins_around_a_node_outside)
{
	/* %2 needs %0 by way of %1, a product of its own: a group of %0 and %2 would wait for itself. */
	partition p = cut(PRODUCT "  %1 = product(%0, %w)\n  %2 = plus(%0, %1)\n  return %2\n}", true);
	cr_assert_eq(p.count, 2);
	cr_assert_eq(p.groups[0].node_count, 1);
}

Test(partition, what_constants_alone_tell_stays_out_of_runs)
{
	expect_groups("graph @g(%x: f32[64, 64]) {\n  %w = const f32[64, 64]\n  %0 = turned(%w)\n  %1 = product(%x, %0)\n  "
	              "return %1\n}",
	              "turned product");
}

Test(partition, groups_come_after_those_that_they_read)
{
	partition p =
		cut(PRODUCT "  %1 = product(%w, %x)\n  %2 = plus(%0, %1)\n  %3 = product(%2, %w)\n  %4 = plus(%3, %1)\n"
	                "  return %4\n}",
	        true);
	for (int i = 0; i < p.count; i++)
		for (int k = 0; k < p.groups[i].input_count; k++)
			for (int later = i; later < p.count; later++)
				for (int o = 0; o < p.groups[later].output_count; o++)
					cr_assert_neq(p.groups[i].inputs[k], p.groups[later].outputs[o]);
}

Test(partition, symbolic_sizes_are_fused_as_well)
{
	expect_groups(
		"graph @g(%x: f32[n, 64], %w: f32[64, 64]) where n in 1..4096 {\n  %0 = product(%x, %w)\n  %1 = ramp(%0)\n"
		"  return %1\n}",
		"product_ramp");
}

static void expect_told(const char *source, const char *want)
{
	partition p;
	explanation why;
	text t = {0};
	explain_begin(&why, c, false);
	cr_assert_eq(pass_partition(read_graph(c, source), &(partition_options){.fuse = true, .explain = &why}, &p),
	             HDT_OK);
	explain_print(&why, &t);
	cr_assert(t.data && strstr(t.data, want), "%s", t.data);
	text_free(&t);
}

Test(partition, neighbours_that_were_not_fused_are_explained)
{
	expect_told(
		PRODUCT "  %1 = product(%0, %w)\n  return %1\n}",
		"not fused: %0 = product and %1 = product: each has a reduction that reads its operands several times over\n");
}

Test(partition, a_reason_that_comes_again_is_counted)
{
	expect_told(PRODUCT "  %1 = product(%0, %w)\n  %2 = product(%1, %w)\n  return %2\n}",
	            "several times over (and 1 more)\n");
}

/* A graph of so many times the same lines, which make %a<number> of %a<number - 1>. */
static const char *repeat(const char *format, int count)
{
	text t = {0};
	text_add(&t, "graph @g(%x: f32[64, 64], %w: f32[64, 64]) {\n  %a0 = ramp(%x)\n");
	for (int i = 1; i <= count; i++)
		text_format(&t, format, i, i - 1);
	text_format(&t, "  return %%a%d\n}", count);
	return text_finish(&t, c);
}

Test(partition, a_long_chain_takes_time_in_proportion_to_its_length)
{
	const char *source = repeat("  %%a%d = times(%%a%d, %%w)\n", 640);
	hdt_graph *g = read_graph(c, source);
	uint32_t before = expr_count(c);
	partition p;
	cr_assert_eq(pass_partition(g, &(partition_options){.fuse = true}, &p), HDT_OK, "%s", c->message);
	cr_assert_leq(p.count, 12);
	for (int i = 0; i < p.count; i++)
		cr_assert_leq(p.groups[i].node_count, 64);
	/* what a node adds is written once into a value of at most 64 of them, not all of them anew into each other */
	cr_assert_lt((expr_count(c) - before) / 640, 400);
}

Test(partition, however_much_follows_a_product_what_is_done_to_it_joins_it)
{
	partition p = cut(repeat("  %%p%1$d = product(%%a%2$d, %%w)\n  %%a%1$d = plus(%%p%1$d, %%w)\n", 2100), true);
	cr_assert_eq(p.count, 2101);
}

/* ---- what schedulers say ---- */

static hdt_answer slow_for_several(const hdt_task *task, const hdt_target_info *target)
{
	(void)target;
	return (hdt_answer){.applies = true, .cost_us = task->tensor_count > 1 ? 100 : 10};
}
static hdt_answer fast_for_turned(const hdt_task *task, const hdt_target_info *target)
{
	(void)target;
	return (hdt_answer){.applies =
	                        task->inputs[0]->rank == 2 && hdt_proves_equal(task->inputs[0]->shape[0], hdt_int(c, 48)),
	                    .cost_us = 1};
}
static hdt_answer slow_for_three(const hdt_task *task, const hdt_target_info *target)
{
	(void)target;
	return (hdt_answer){.applies = true, .cost_us = task->input_count > 2 ? 100 : 10};
}
static hdt_answer slow_sum_of_two(const hdt_task *task, const hdt_target_info *target)
{
	(void)target;
	return (hdt_answer){.applies = true, .cost_us = task->input_count > 1 && !task_is_injective(task) ? 100 : 10};
}
static bool wants_turned(const hdt_task *task, const hdt_target_info *target, const hdt_tensor *tensor, int *dims)
{
	(void)task;
	(void)target;
	dims[0] = tensor->rank - 1;
	dims[1] = 0;
	return tensor->rank == 2;
}

static const hdt_scheduler anything = {.size = sizeof(hdt_scheduler), .name = "anything", .query = slow_for_several};
static const hdt_scheduler of_two_inputs = {.size = sizeof(hdt_scheduler), .name = "two", .query = slow_for_three};
static const hdt_scheduler sums_of_one = {.size = sizeof(hdt_scheduler), .name = "sums", .query = slow_sum_of_two};
static const hdt_scheduler turning = {
	.size = sizeof(hdt_scheduler), .name = "turning", .query = fast_for_turned, .order = wants_turned};

static int count_groups(const char *source, const hdt_scheduler *const *schedulers, int count, text *told)
{
	partition p;
	explanation why;
	explain_begin(&why, c, false);
	const partition_options how = {.schedulers = schedulers, .scheduler_count = count, .fuse = true, .explain = &why};
	cr_assert_eq(pass_partition(read_graph(c, source), &how, &p), HDT_OK, "%s", c->message);
	explain_print(&why, told);
	return p.count;
}

#define ROWS "graph @g(%x: f32[64, 48]) {\n  %0 = row_sum(%x)\n  %1 = minus(%x, %0)\n  return %1\n}"

Test(partition, rows_that_are_much_slower_together_stay_apart)
{
	text told = {0};
	cr_assert_eq(count_groups(ROWS, (const hdt_scheduler *const[]){&anything}, 1, &told), 2);
	cr_assert(
		strstr(told.data, "%0 = row_sum and %1 = minus: the schedulers reckon with 100 us together and 20 us apart"),
		"%s", told.data);
	text_free(&told);
}

Test(partition, schedulers_are_asked_about_tensors_in_their_own_order)
{
	text told = {0};
	cr_assert_eq(count_groups(ROWS, (const hdt_scheduler *const[]){&anything, &turning}, 2, &told), 1);
	text_free(&told);
}

Test(partition, a_product_that_nobody_takes_with_what_follows_stays_alone)
{
	text told = {0};
	const hdt_scheduler *const narrow[] = {&of_two_inputs, &anything};
	cr_assert_eq(count_groups(PRODUCT "  %1 = plus(%0, %b)\n  return %1\n}", narrow, 1, &told), 2);
	cr_assert_eq(count_groups(PRODUCT "  %1 = plus(%0, %b)\n  return %1\n}", narrow, 2, &told), 1);
	text_free(&told);
}

Test(partition, what_is_read_goes_into_no_reader_that_becomes_slower)
{
	text told = {0};
	const char *source = "graph @g(%x: f32[64, 64], %y: f32[64, 64]) {\n  %0 = plus(%x, %y)\n  %1 = ramp(%0)\n"
						 "  %2 = row_sum(%1)\n  return %2\n}";
	cr_assert_eq(count_groups(source, (const hdt_scheduler *const[]){&sums_of_one}, 1, &told), 2);
	cr_assert_eq(count_groups(source, (const hdt_scheduler *const[]){&anything}, 1, &told), 1);
	text_free(&told);
}
