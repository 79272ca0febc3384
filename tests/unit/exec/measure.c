/* Tests of the times of steps: by the clock of a device that has one, else by the host's around each step. */
#include "exec/measure.h"

#include "device_fixture.h"
#include <criterion/criterion.h>
#include <string.h>

enum { ROWS = 4, COLUMNS = 8 };

static int runs, repeats_asked;
static bool time_fails;

static bool run_part(const hdt_launch *l)
{
	(void)l;
	runs++;
	return true;
}
static const device_function functions[] = {{"twice", run_part}, {"first", run_part}, {"second", run_part}, {0}};

static const char *const whole = "program @twice(x: f32[n, 8], out: f32[n, 8]) where n in 1..40 {\n"
								 "  fn @twice(x, out) cuda grid(n) block(32) { out[0, 0] = x[0, 0]; }\n}\n";
static const char *const halves = "program @twice(x: f32[n, 8], out: f32[n, 8]) where n in 1..40 {\n"
								  "  fn @first(x, out) cuda grid(n) block(32) { out[0, 0] = x[0, 0]; }\n"
								  "  fn @second(x, out) cuda grid(n) block(32) { out[0, 1] = x[0, 1]; }\n}\n";

/* 10 us for each launch. */
static hdt_status told_time(hdt_device *device, const hdt_launch *launches, int count, int repeats,
                            double *microseconds, hdt_fault *fault)
{
	(void)device;
	(void)launches;
	repeats_asked = repeats;
	*microseconds = 10.0 * count;
	*fault = (hdt_fault){.launch = 0, .status = HDT_BAD_INPUT};
	strcpy(fault->message, "told to fail");
	return time_fails ? fault->status : HDT_OK;
}

static void begin(void)
{
	fixture_begin((const hdt_operator *const[]){&twice, NULL}, functions);
}

TestSuite(measure, .init = begin, .fini = fixture_end);

/* Two steps, the second of two launches, on this target. */
static compiled_graph *compile(const hdt_target *target)
{
	const char *const texts[] = {whole, halves};
	const hdt_expr *n = hdt_symbol(context, "n", 1, 40);
	hdt_value *x = hdt_graph_input(graph, "x", HDT_F32, HDT_AT(n, hdt_int(context, COLUMNS)));
	hdt_graph_set_origin(graph, "layer.1");
	hdt_value *y = hdt_apply(graph, "twice", HDT_VALUES(x), NULL);
	hdt_graph_set_origin(graph, "layer.2");
	hdt_graph_output(graph, "z", hdt_apply(graph, "twice", HDT_VALUES(y), NULL));
	return fixture_compile(target, texts);
}

static hdt_status measure(compiled_graph *c, int rounds, step_measure *out)
{
	static float x[ROWS * COLUMNS];
	hdt_array in = {.dtype = HDT_F32, .rank = 2, .shape = {ROWS, COLUMNS}, .data = x};
	return compiled_measure(c, diagnostics, &in, 1, rounds, out);
}

Test(measure, every_step_is_told_with_its_work_at_these_sizes)
{
	step_measure m[2];
	compiled_graph *c = compile(&device_target);
	cr_assert_eq(compiled_step_count(c), 2);
	cr_assert_eq(measure(c, 3, m), HDT_OK, "%s", diagnostics->message);
	cr_assert_str_eq(m[0].text, "twice (layer.1)");
	cr_assert_str_eq(m[1].text, "twice (layer.2)");
	cr_assert_str_eq(m[0].kernel, "k_a");
	cr_assert_str_eq(m[1].kernel, "k_b");
	cr_assert_str_eq(m[0].scheduler, "", "nobody made it");
	cr_assert_eq(m[0].launches, 1);
	cr_assert_eq(m[1].launches, 2);
	for (int i = 0; i < 2; i++) {
		cr_assert_eq(m[i].flops, ROWS * COLUMNS);
		cr_assert_eq(m[i].bytes, 2 * 4 * ROWS * COLUMNS);
		cr_assert_geq(m[i].median_us, 0);
	}
	cr_assert_geq(m[1].begin_us, m[0].begin_us);
	compiled_free(c);
}

Test(measure, without_a_clock_of_its_own_a_device_runs_once_more_for_its_inputs_are_gone)
{
	step_measure m[2];
	compiled_graph *c = compile(&device_target);
	runs = 0;
	cr_assert_eq(measure(c, 50, m), HDT_OK, "%s", diagnostics->message);
	cr_assert_eq(runs, 2 * 3);
	compiled_free(c);
}

Test(measure, the_clock_of_the_device_times_each_step_alone)
{
	hdt_target target = device_target;
	step_measure m[2];
	target.time = told_time;
	compiled_graph *c = compile(&target);
	cr_assert_eq(measure(c, 50, m), HDT_OK, "%s", diagnostics->message);
	cr_assert_eq(repeats_asked, 50);
	cr_assert_eq(m[0].median_us, 10);
	cr_assert_eq(m[1].median_us, 20);
	cr_assert_eq(m[1].begin_us, 10, "one after the other");
	compiled_free(c);
}

Test(measure, a_fault_names_the_step)
{
	hdt_target target = device_target;
	step_measure m[2];
	target.time = told_time;
	compiled_graph *c = compile(&target);
	time_fails = true;
	cr_assert_eq(measure(c, 1, m), HDT_BAD_INPUT);
	cr_assert_str_eq(diagnostics->message, "twice (layer.1): @twice: told to fail");
	compiled_free(c);
}

Test(measure, inputs_that_do_not_fit_are_a_fault_before_anything_is_timed)
{
	step_measure m[2];
	float x[1] = {0};
	compiled_graph *c = compile(&device_target);
	hdt_array in = {.dtype = HDT_F32, .rank = 2, .shape = {1, COLUMNS + 1}, .data = x};
	runs = 0;
	cr_assert_eq(compiled_measure(c, diagnostics, &in, 1, 1, m), HDT_BAD_INPUT);
	cr_assert_eq(runs, 0);
	compiled_free(c);
}
