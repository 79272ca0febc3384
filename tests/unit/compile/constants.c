/* Constants of programs in a whole compilation: computed once by programs of their own, shared, and what they were made of let go. */
#include "compile.h"

#include "fixture.h"
#include <criterion/criterion.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

/* ---- a scheduler for x[i] + w[i] that reads w backwards, from a constant of its own ---- */

static hdt_answer query_packed(const hdt_task *task, const hdt_target_info *target)
{
	(void)target;
	bool fits = task->input_count == 2 && task->inputs[0]->rank == 1 && !task->inputs[0]->constant &&
	            task->inputs[1]->rank == 1 && task->inputs[1]->constant;
	return (hdt_answer){fits, 0.001, "no constant second input"};
}

static hdt_program *build_packed(const hdt_task *task, const hdt_target_info *target)
{
	hdt_context *c = task->context;
	hdt_program *p = hdt_program_new(c, task->name);
	const hdt_expr *n = task->inputs[1]->shape[0], *k = hdt_axis("k", n);
	(void)target;
	hdt_program_bind(p, task);
	const hdt_expr *from_end = hdt_sub(hdt_sub(n, hdt_int(c, 1)), k);
	const hdt_tensor *turned = hdt_program_constant(p, "turned", HDT_AT(k), hdt_at(task->inputs[1], from_end));
	hdt_function *f = hdt_function_new(p, "f", HDT_FUNCTION_CPU);
	const hdt_tensor *x = hdt_use(f, task->inputs[0]), *y = hdt_use(f, task->outputs[0]);
	hdt_use(f, turned);
	const hdt_expr *i = hdt_begin_for(f, "i", n, HDT_LOOP_PARALLEL);
	hdt_store(f, y, HDT_AT(i), hdt_add(hdt_at(x, i), hdt_at(turned, hdt_sub(hdt_sub(n, hdt_int(c, 1)), i))));
	hdt_end(f);
	return p;
}

static const hdt_scheduler packed = {
	.size = sizeof packed, .name = "packed", .kind = HDT_FUNCTION_CPU, .query = query_packed, .build = build_packed};

/* ---- the target, with its allocations counted ---- */

static hdt_target counting;
static int64_t allocated; /* bytes */
static struct {
	void *memory;
	size_t bytes;
} blocks[64];

static void *count_allocate(hdt_device *device, size_t bytes)
{
	void *memory = hdt_target_cpu.allocate(device, bytes);
	for (int i = 0; i < 64 && memory; i++)
		if (!blocks[i].memory) {
			blocks[i].memory = memory;
			blocks[i].bytes = bytes;
			allocated += (int64_t)bytes;
			break;
		}
	return memory;
}

static void count_release(hdt_device *device, void *memory)
{
	for (int i = 0; i < 64 && memory; i++)
		if (blocks[i].memory == memory) {
			allocated -= (int64_t)blocks[i].bytes;
			blocks[i].memory = NULL;
			break;
		}
	hdt_target_cpu.release(device, memory);
}

static void begin(void)
{
	counting = hdt_target_cpu;
	counting.allocate = count_allocate;
	counting.release = count_release;
	fixture_begin(&counting, NULL, (const hdt_scheduler *const[]){&packed, NULL});
}

static void end(void)
{
	fixture_end();
	cr_assert_eq(allocated, 0, "everything is released");
}

TestSuite(constants, .init = begin, .fini = end);

enum { COUNT = 5000 }; /* more than is folded */
static float x[COUNT], weights[COUNT + 1];

static compiled_graph *compile(const char *const *kernels, const char *dump)
{
	compiled_graph *c = NULL;
	hdt_compile_options options = {.size = sizeof options,
	                               .target = "cpu",
	                               .threads = 2,
	                               .jobs = 2,
	                               .cache_dir = folder,
	                               .no_fusion = true,
	                               .kernels = kernels,
	                               .dump_dir = dump};
	cr_assert_eq(compile_graph(graph, &options, &c), HDT_OK, "%s", context->message);
	return c;
}

static hdt_value *vector(const char *name)
{
	return hdt_graph_input(graph, name, HDT_F32, HDT_AT(hdt_int(context, COUNT)));
}

static hdt_value *constant(void *data)
{
	hdt_data bytes = {.data = data, .bytes = COUNT * sizeof(float)};
	return hdt_graph_constant(graph, NULL, HDT_F32, HDT_AT(hdt_int(context, COUNT)), bytes);
}

static hdt_value *add(hdt_value *a, hdt_value *b)
{
	return hdt_apply(graph, "add", HDT_VALUES(a, b), NULL);
}

static void expect_sum(compiled_graph *c, float factor)
{
	hdt_array in = {.dtype = HDT_F32, .rank = 1, .shape = {COUNT}, .data = x}, out;
	for (int run = 0; run < 2; run++) {
		for (int i = 0; i < COUNT; i++)
			x[i] = (float)(i * run);
		cr_assert_eq(compiled_run(c, diagnostics, &in, 1, &out, 1), HDT_OK, "%s", diagnostics->message);
		for (int i = 0; i < COUNT; i++)
			cr_assert_eq(((const float *)out.data)[i], (float)(i * run) + factor * (float)(i % 1000), "%d", i);
	}
}

static void fill(float *w)
{
	for (int i = 0; i < COUNT; i++)
		w[i] = (float)(i % 1000);
}

Test(constants, one_is_computed_once_and_no_run_reads_the_weight)
{
	fill(weights);
	hdt_graph_output(graph, "y", add(vector("x"), constant(weights)));
	compiled_graph *c = compile(NULL, NULL);
	cr_assert_eq(compiled_report(c)->steps, 1);
	cr_assert_eq(compiled_report(c)->launches, 1);
	cr_assert_eq(allocated, COUNT * (int64_t)sizeof(float), "the constant alone");
	memset(weights, 0, sizeof weights);
	expect_sum(c, 1);
	compiled_free(c);
}

Test(constants, the_copy_of_a_weight_that_is_not_aligned_is_let_go)
{
	float *odd = (float *)(void *)((char *)weights + 2);
	float values[COUNT];
	fill(values);
	memcpy((void *)odd, values, sizeof values);
	hdt_graph_output(graph, "y", add(vector("x"), constant((void *)odd)));
	compiled_graph *c = compile(NULL, NULL);
	cr_assert_eq(allocated, COUNT * (int64_t)sizeof(float));
	expect_sum(c, 1);
	compiled_free(c);
}

Test(constants, equal_ones_of_equal_values_are_one_and_what_was_computed_once_serves_too)
{
	fill(weights);
	hdt_value *twofold = hdt_apply(graph, "twice", HDT_VALUES(constant(weights)), NULL);
	hdt_graph_output(graph, "y", add(add(vector("x"), twofold), twofold));
	compiled_graph *c = compile(NULL, NULL);
	cr_assert_eq(compiled_report(c)->launches, 2);
	cr_assert_eq(compiled_report(c)->distinct_kernels, 2, "what the constant is made of is computed with it");
	/* 'turned'; what it was made of is gone, and what the runs need is not there yet. */
	cr_assert_eq(allocated, COUNT * (int64_t)sizeof(float));
	expect_sum(c, 4);
	compiled_free(c);
}

Test(constants, a_dump_with_them_is_loaded_back_as_a_whole)
{
	fill(weights);
	hdt_graph_output(graph, "y", add(vector("x"), constant(weights)));
	compiled_graph *c = compile(NULL, folder);
	expect_sum(c, 1);
	compiled_free(c);
	char edited[128], command[400];
	snprintf(edited, sizeof edited, "%s/edited.hds", folder);
	snprintf(
		command, sizeof command,
		"sed -e 's/^  constant \\(.*\\);$/  constant \\1 * 3.0;/' -e 's/^\\( *turned\\[.*\\] = .*\\);$/\\1 * 5.0;/' "
		"%s/*-programs.hds > %s",
		folder, edited);
	cr_assert_eq(system(command), 0);
	const char *const kernels[] = {edited, NULL};
	c = compile(kernels, NULL);
	expect_sum(c, 5); /* the program of the constant is the file's, too */
	compiled_free(c);
}

Test(constants, a_graph_without_weights_is_planned_and_takes_no_memory)
{
	compile_report report;
	hdt_graph_output(graph, "y", add(vector("x"), constant(NULL)));
	hdt_compile_options options = {.size = sizeof options, .target = "cpu", .threads = 1, .cache_dir = folder};
	cr_assert_eq(compile_plan(graph, &options, NULL, &report), HDT_OK, "%s", context->message);
	cr_assert_eq(report.launches, 1);
	cr_assert_eq(report.weight_bytes, COUNT * (int64_t)sizeof(float));
	cr_assert_eq(allocated, 0);
}
