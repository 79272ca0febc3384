/* Tests of compiled graphs on a device with memory of its own. */
#include "device_fixture.h"

#include <criterion/criterion.h>
#include <stdlib.h>
#include <string.h>

enum { COLUMNS = 3 };

static void define_add(hdt_task *t)
{
	hdt_output_elements(t, hdt_add(hdt_element(t, 0), hdt_element(t, 1)));
}
static const hdt_operator add = {.size = sizeof add, .name = "add", .inputs = "x, y", .define = define_add};

/* ---- kernels of the device ---- */

static bool fail_next;

static int64_t count(const hdt_launch *l)
{
	return l->buffer_bytes[l->buffer_count - 1] / (int64_t)sizeof(float);
}

static bool run_twice(const hdt_launch *l)
{
	const float *x = device_memory(l->buffers[0]);
	float *y = device_memory(l->buffers[1]);
	cr_assert_eq(l->grid->grid[0], (count(l) + 31) / 32);
	for (int64_t i = 0; i < count(l); i++)
		y[i] = x[i] * 2;
	return !fail_next;
}

static bool run_add(const hdt_launch *l)
{
	const float *x = device_memory(l->buffers[0]), *y = device_memory(l->buffers[1]);
	float *z = device_memory(l->buffers[2]);
	for (int64_t i = 0; i < count(l); i++)
		z[i] = x[i] + y[i % COLUMNS];
	return !fail_next;
}

/* The two kernels of a program with workspace: out = in, by way of it. */
static bool run_move(const hdt_launch *l)
{
	memcpy(device_memory(l->buffers[1]), device_memory(l->buffers[0]), (size_t)l->buffer_bytes[1]);
	return !fail_next;
}

static const device_function functions[] = {
	{"twice", run_twice}, {"add", run_add}, {"into", run_move}, {"out_of", run_move}, {0}};

static const char *const twice_text =
	"program @twice(x: f32[n, 3], out: f32[n, 3]) where n in 1..40 {\n"
	"  fn @twice(x, out) cuda grid(ceildiv(n * 3, 32)) block(32) { out[0, 0] = x[0, 0]; }\n}\n";
static const char *const twice_constant = "program @twice(x: f32[3], out: f32[3]) {\n"
										  "  fn @twice(x, out) cuda grid(1) block(32) { out[0] = x[0]; }\n}\n";
static const char *const add_text = "program @add(x: f32[n, 3], y: f32[3], out: f32[n, 3]) where n in 1..40 {\n"
									"  fn @add(x, y, out) cuda grid(n) block(32) { out[0, 0] = x[0, 0] + y[0]; }\n}\n";
static const char *const moving =
	"program @twice(x: f32[n, 3], out: f32[n, 3]) workspace(w: f32[n, 3]) where n in 1..40 {\n"
	"  fn @into(x, w) cuda grid(n) block(32) { w[0, 0] = x[0, 0]; }\n"
	"  fn @out_of(w, out) cuda grid(n) block(32) { out[0, 0] = w[0, 0]; }\n}\n";

/* ---- fixture ---- */

static void begin(void)
{
	fixture_begin((const hdt_operator *const[]){&twice, &add, NULL}, functions);
}

TestSuite(device, .init = begin, .fini = fixture_end);

static hdt_value *input(void)
{
	const hdt_expr *n = hdt_symbol(context, "n", 1, 40);
	return hdt_graph_input(graph, "x", HDT_F32, HDT_AT(n, hdt_int(context, COLUMNS)));
}

static compiled_graph *compile(const char *const *texts)
{
	return fixture_compile(&device_target, texts);
}

static hdt_status run(compiled_graph *c, int64_t rows, hdt_array *out)
{
	static float x[40 * COLUMNS];
	hdt_array in = {.dtype = HDT_F32, .rank = 2, .shape = {rows, COLUMNS}, .data = x};
	for (int i = 0; i < 40 * COLUMNS; i++)
		x[i] = (float)i;
	return compiled_run(c, diagnostics, &in, 1, out, 1);
}

/* ---- tests ---- */

Test(device, inputs_go_there_once_a_run_weights_once_and_outputs_come_back)
{
	static float w[COLUMNS] = {100, 200, 300};
	hdt_value *weight = hdt_graph_constant(graph, "w", HDT_F32, HDT_AT(hdt_int(context, COLUMNS)),
	                                       (hdt_data){.data = w, .bytes = sizeof w});
	hdt_value *y = hdt_apply(graph, "twice", HDT_VALUES(input()), NULL);
	hdt_graph_output(graph, "z", hdt_apply(graph, "add", HDT_VALUES(y, weight), NULL));
	device_uploads = device_downloads = 0;
	compiled_graph *c = compile((const char *const[]){twice_text, add_text});
	cr_assert_eq(device_uploads, 1, "the weight");
	w[0] = w[1] = w[2] = -1; /* nobody looks there again */
	for (int64_t rows = 1; rows <= 40; rows += 13) {
		hdt_array out;
		cr_assert_eq(run(c, rows, &out), HDT_OK, "%s", diagnostics->message);
		for (int i = 0; i < rows * COLUMNS; i++)
			cr_assert_eq(((const float *)out.data)[i], (float)(2 * i + 100 * (i % COLUMNS + 1)));
	}
	cr_assert_eq(device_uploads, 1 + 4);
	cr_assert_eq(device_downloads, 4);
	compiled_free(c);
}

Test(device, what_depends_on_constants_alone_is_computed_there_once)
{
	static float w[COLUMNS] = {1, 2, 3};
	hdt_value *weight = hdt_graph_constant(graph, "w", HDT_F32, HDT_AT(hdt_int(context, COLUMNS)),
	                                       (hdt_data){.data = w, .bytes = sizeof w});
	hdt_value *twofold = hdt_apply(graph, "twice", HDT_VALUES(weight), NULL);
	hdt_graph_output(graph, "z", hdt_apply(graph, "add", HDT_VALUES(input(), twofold), NULL));
	compiled_graph *c = compile((const char *const[]){twice_constant, add_text});
	hdt_array out;
	cr_assert_eq(run(c, 2, &out), HDT_OK, "%s", diagnostics->message);
	cr_assert_eq(compiled_report(c)->launches, 1);
	for (int i = 0; i < 2 * COLUMNS; i++)
		cr_assert_eq(((const float *)out.data)[i], (float)(i + 2 * (i % COLUMNS + 1)));
	compiled_free(c);
}

Test(device, a_program_of_two_kernels_is_two_launches_with_workspace_between)
{
	hdt_graph_output(graph, "y", hdt_apply(graph, "twice", HDT_VALUES(input()), NULL));
	compiled_graph *c = compile(&moving);
	hdt_array out;
	cr_assert_eq(run(c, 5, &out), HDT_OK, "%s", diagnostics->message);
	cr_assert_eq(compiled_report(c)->launches, 2);
	cr_assert_eq(compiled_report(c)->steps, 1);
	for (int i = 0; i < 5 * COLUMNS; i++)
		cr_assert_eq(((const float *)out.data)[i], (float)i);
	compiled_free(c);
}

Test(device, a_full_device_tells_what_is_asked_and_what_is_free)
{
	hdt_graph_output(graph, "y", hdt_apply(graph, "twice", HDT_VALUES(input()), NULL));
	compiled_graph *c = compile(&moving);
	hdt_array out;
	device_full = true;
	cr_assert_eq(run(c, 5, &out), HDT_OUT_OF_MEMORY);
	cr_assert_not_null(strstr(diagnostics->message, "; of the device's 1000 bytes 24 are free"), "%s",
	                   diagnostics->message);
	device_full = false;
	compiled_free(c);
}

Test(device, a_fault_names_the_node_and_the_kernel_and_the_next_run_is_right)
{
	hdt_graph_set_origin(graph, "layer.3");
	hdt_graph_output(graph, "y", hdt_apply(graph, "twice", HDT_VALUES(input()), NULL));
	compiled_graph *c = compile(&moving);
	hdt_array out;
	fail_next = true;
	cr_assert_eq(run(c, 5, &out), HDT_BAD_INPUT);
	cr_assert_str_eq(diagnostics->message, "twice (layer.3): @into: told to fail");
	context_clear_fault(diagnostics);
	fail_next = false;
	cr_assert_eq(run(c, 5, &out), HDT_OK, "%s", diagnostics->message);
	compiled_free(c);
}

Test(device, an_output_that_is_an_input_comes_back_as_a_copy)
{
	hdt_graph_output(graph, "x", input());
	compiled_graph *c = compile(NULL);
	hdt_array out;
	cr_assert_eq(run(c, 2, &out), HDT_OK, "%s", diagnostics->message);
	cr_assert_eq(((const float *)out.data)[5], 5);
	compiled_free(c);
}

Test(device, limits_are_checked_when_sizes_are_known)
{
	static const char *const greedy = "program @twice(x: f32[n, 3], out: f32[n, 3]) where n in 1..40 {\n"
									  "  fn @twice(x, out) cuda grid(n * 100) block(32) { out[0, 0] = x[0, 0]; }\n}\n";
	hdt_graph_output(graph, "y", hdt_apply(graph, "twice", HDT_VALUES(input()), NULL));
	compiled_graph *c = compile(&greedy);
	hdt_array out;
	cr_assert_eq(run(c, 11, &out), HDT_BAD_INPUT);
	cr_assert_not_null(strstr(diagnostics->message, "a grid of 1100 in dimension x"), "%s", diagnostics->message);
	compiled_free(c);
}
