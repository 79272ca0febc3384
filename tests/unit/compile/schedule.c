/* Programs of equal tasks: one is made, whoever has the task. */
#include "compile.h"

#include "fixture.h"
#include <criterion/criterion.h>

static int built;

static hdt_answer query(const hdt_task *task, const hdt_target_info *target)
{
	hdt_answer answer = hdt_scheduler_auto_cpu.query(task, target);
	answer.cost_us = 0;
	return answer;
}

static hdt_program *build(const hdt_task *task, const hdt_target_info *target)
{
	built++;
	return hdt_scheduler_auto_cpu.build(task, target);
}

static const hdt_scheduler counting = {
	.size = sizeof counting, .name = "counting", .kind = HDT_FUNCTION_CPU, .query = query, .build = build};

static void begin(void)
{
	fixture_begin(&hdt_target_cpu, NULL, (const hdt_scheduler *const[]){&counting, NULL});
}

TestSuite(schedule, .init = begin, .fini = fixture_end);

Test(schedule, groups_of_equal_tasks_share_a_program_and_those_of_other_sizes_do_not)
{
	static float x[6] = {1, 2, 3, 4, 5, 6}, y[4] = {1, 1, 1, 1};
	hdt_compile_options options = {
		.size = sizeof options, .target = "cpu", .threads = 1, .cache_dir = folder, .no_fusion = true};
	hdt_value *v = hdt_graph_input(graph, "x", HDT_F32, HDT_AT(hdt_int(context, 6)));
	hdt_value *w = hdt_graph_input(graph, "y", HDT_F32, HDT_AT(hdt_int(context, 4)));
	for (int i = 0; i < 3; i++)
		v = hdt_apply(graph, "twice", HDT_VALUES(v), NULL);
	hdt_graph_output(graph, "a", v);
	hdt_graph_output(graph, "b", hdt_apply(graph, "twice", HDT_VALUES(w), NULL));
	compiled_graph *c = NULL;
	cr_assert_eq(compile_graph(graph, &options, &c), HDT_OK, "%s", context->message);
	cr_assert_eq(built, 2);
	cr_assert_eq(compiled_report(c)->steps, 4);
	cr_assert_eq(compiled_report(c)->distinct_kernels, 2);
	hdt_array in[2] = {{.dtype = HDT_F32, .rank = 1, .shape = {6}, .data = x},
	                   {.dtype = HDT_F32, .rank = 1, .shape = {4}, .data = y}};
	hdt_array out[2];
	cr_assert_eq(compiled_run(c, diagnostics, in, 2, out, 2), HDT_OK, "%s", diagnostics->message);
	for (int i = 0; i < 6; i++)
		cr_assert_eq(((const float *)out[0].data)[i], 8 * x[i]);
	for (int i = 0; i < 4; i++)
		cr_assert_eq(((const float *)out[1].data)[i], 2);
	compiled_free(c);
}
