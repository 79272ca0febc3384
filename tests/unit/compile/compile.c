/* Tests of the whole pipeline: small graphs, compiled and run, against the reference evaluator or known answers. */
#include "compile.h"

#include "base/file.h"
#include "fixture.h"
#include <criterion/criterion.h>
#include <dirent.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

static void begin(void)
{
	fixture_begin(&hdt_target_cpu, NULL, NULL);
}

TestSuite(compile, .init = begin, .fini = fixture_end);

static compiled_graph *compile(void)
{
	compiled_graph *c = NULL;
	hdt_compile_options options = {
		.size = sizeof options, .target = "cpu", .threads = 2, .jobs = 2, .cache_dir = folder};
	cr_assert_eq(hdt_context_status(context), HDT_OK, "%s", context->message);
	cr_assert_eq(compile_graph(graph, &options, &c), HDT_OK, "%s", context->message);
	cr_assert_not_null(c);
	return c;
}

static hdt_value *matrix(const char *name, const hdt_expr *rows, int64_t columns)
{
	return hdt_graph_input(graph, name, HDT_F32, HDT_AT(rows, hdt_int(context, columns)));
}

static hdt_value *apply1(const char *op, hdt_value *x)
{
	return hdt_apply(graph, op, HDT_VALUES(x), NULL);
}

static hdt_value *apply2(const char *op, hdt_value *x, hdt_value *y)
{
	return hdt_apply(graph, op, HDT_VALUES(x, y), NULL);
}

static hdt_array array(void *data, hdt_dtype dtype, int rank, int64_t d0, int64_t d1)
{
	return (hdt_array){.dtype = dtype, .rank = rank, .shape = {d0, d1}, .data = data};
}

/* Run with one matrix of these rows filled with 0, 1, 2, ...; the result is the first output. */
static hdt_array run_rows(compiled_graph *c, float *memory, int64_t rows, int64_t columns)
{
	hdt_array in = array(memory, HDT_F32, 2, rows, columns), out;
	for (int64_t i = 0; i < rows * columns; i++)
		memory[i] = (float)i;
	cr_assert_eq(compiled_run(c, diagnostics, &in, 1, &out, 1), HDT_OK, "%s", diagnostics->message);
	return out;
}

Test(compile, a_chain_gives_the_sums_and_knows_its_shape)
{
	static float x[3 * 5];
	hdt_graph_output(graph, "sums", apply1("row_sum", apply1("twice", matrix("x", hdt_int(context, 3), 5))));
	compiled_graph *c = compile();
	hdt_array out = run_rows(c, x, 3, 5);
	cr_assert_str_eq(out.name, "sums");
	cr_assert_eq(out.rank, 1);
	cr_assert_eq(out.shape[0], 3);
	for (int i = 0; i < 3; i++)
		cr_assert_eq(((float *)out.data)[i], (float)(2 * (i * 25 + 10)));
	compiled_free(c);
}

Test(compile, one_object_serves_every_size_of_a_symbol)
{
	static float x[40 * 5];
	const hdt_expr *n = hdt_symbol(context, "n", 0, 40);
	hdt_graph_output(graph, "y", apply1("row_sum", apply1("twice", matrix("x", n, 5))));
	compiled_graph *c = compile();
	/* More sizes than plans are kept, twice, and empty ones between. */
	for (int k = 0; k < 60; k++) {
		int64_t rows = k * 7 % 23;
		hdt_array out = run_rows(c, x, rows, 5);
		cr_assert_eq(out.shape[0], rows);
		cr_assert_not_null(out.data);
		for (int64_t i = 0; i < rows; i++)
			cr_assert_eq(((float *)out.data)[i], (float)(2 * (i * 25 + 10)));
	}
	hdt_array in = array(x, HDT_F32, 2, 41, 5), out;
	cr_assert_eq(compiled_run(c, diagnostics, &in, 1, &out, 1), HDT_BAD_INPUT);
	cr_assert_not_null(strstr(diagnostics->message, "41"), "%s", diagnostics->message);
	compiled_free(c);
}

Test(compile, views_cost_no_launch_and_share_their_memory)
{
	static float x[4 * 3];
	hdt_value *y = apply1("flat", apply1("twice", apply1("flat", matrix("x", hdt_int(context, 4), 3))));
	hdt_graph_output(graph, "y", y);
	compiled_graph *c = compile();
	cr_assert_eq(compiled_report(c)->steps, 1);
	hdt_array out = run_rows(c, x, 4, 3);
	cr_assert_eq(out.rank, 1);
	cr_assert_eq(out.shape[0], 12);
	for (int i = 0; i < 12; i++)
		cr_assert_eq(((float *)out.data)[i], (float)(2 * i));
	compiled_free(c);
}

Test(compile, an_output_that_is_an_input_is_a_copy)
{
	static float x[2 * 3];
	hdt_value *in = matrix("x", hdt_int(context, 2), 3);
	hdt_graph_output(graph, "same", apply1("flat", in));
	compiled_graph *c = compile();
	cr_assert_eq(compiled_report(c)->steps, 0);
	hdt_array out = run_rows(c, x, 2, 3);
	cr_assert_neq(out.data, (void *)x);
	cr_assert_eq(memcmp(out.data, x, sizeof x), 0);
	compiled_free(c);
}

static void count_release(void *owner)
{
	++*(int *)owner;
}

Test(compile, what_depends_on_constants_alone_is_done_once)
{
	enum { COUNT = 5000 }; /* more than is folded */
	static float w[COUNT], x[COUNT];
	static int released;
	for (int i = 0; i < COUNT; i++)
		w[i] = (float)i;
	hdt_data data = {.data = w, .bytes = sizeof w, .release = count_release, .owner = &released};
	hdt_value *constant = hdt_graph_constant(graph, "w", HDT_F32, HDT_AT(hdt_int(context, COUNT)), data);
	hdt_value *scaled = apply1("twice", apply1("twice", constant));
	hdt_value *in = hdt_graph_input(graph, "x", HDT_F32, HDT_AT(hdt_int(context, COUNT)));
	hdt_graph_output(graph, "y", apply2("add", in, scaled));
	hdt_graph_output(graph, "w4", scaled);
	compiled_graph *c = compile();
	cr_assert_eq(compiled_report(c)->steps, 1);
	hdt_array input = array(x, HDT_F32, 1, COUNT, 0), out[2];
	for (int i = 0; i < COUNT; i++)
		x[i] = 1;
	for (int k = 0; k < 2; k++) {
		cr_assert_eq(compiled_run(c, diagnostics, &input, 1, out, 2), HDT_OK, "%s", diagnostics->message);
		for (int i = 0; i < COUNT; i++) {
			cr_assert_eq(((float *)out[0].data)[i], (float)(4 * i + 1));
			cr_assert_eq(((float *)out[1].data)[i], (float)(4 * i));
		}
	}
	compiled_free(c);
}

Test(compile, a_model_without_weights_compiles_and_says_why_it_does_not_run)
{
	static float x[3];
	hdt_value *w = hdt_graph_constant(graph, "w", HDT_F32, HDT_AT(hdt_int(context, 3)), (hdt_data){.bytes = 12});
	hdt_graph_output(graph, "y", apply2("add", hdt_graph_input(graph, "x", HDT_F32, HDT_AT(hdt_int(context, 3))), w));
	compiled_graph *c = compile();
	hdt_array in = array(x, HDT_F32, 1, 3, 0), out;
	cr_assert_eq(compiled_run(c, diagnostics, &in, 1, &out, 1), HDT_BAD_MODEL);
	cr_assert_not_null(strstr(diagnostics->message, "weights"));
	compiled_free(c);
}

Test(compile, a_bad_index_names_operator_and_place)
{
	static float x[4] = {1, 2, 3, 4};
	static int64_t good[2] = {3, 0}, bad[2] = {1, 9};
	hdt_value *values = hdt_graph_input(graph, "x", HDT_F32, HDT_AT(hdt_int(context, 4)));
	hdt_value *index = hdt_graph_input(graph, "i", HDT_I64, HDT_AT(hdt_int(context, 2)));
	hdt_graph_set_origin(graph, "layer.embedding");
	hdt_graph_output(graph, "y", apply2("pick", values, index));
	compiled_graph *c = compile();
	hdt_array in[2] = {array(x, HDT_F32, 1, 4, 0), array(good, HDT_I64, 1, 2, 0)}, out;
	cr_assert_eq(compiled_run(c, diagnostics, in, 2, &out, 1), HDT_OK, "%s", diagnostics->message);
	cr_assert_eq(((float *)out.data)[0], 4);
	in[1].data = bad;
	cr_assert_eq(compiled_run(c, diagnostics, in, 2, &out, 1), HDT_BAD_INPUT);
	cr_assert_not_null(strstr(diagnostics->message, "pick (layer.embedding): index 9 is outside 0..3"), "%s",
	                   diagnostics->message);
	compiled_free(c);
}

Test(compile, several_outputs_of_one_node_and_one_left_unused)
{
	static float x[6];
	hdt_value *in = hdt_graph_input(graph, "x", HDT_F32, HDT_AT(hdt_int(context, 6)));
	hdt_node *node = hdt_apply_node(graph, "both", HDT_VALUES(in), NULL);
	cr_assert_not_null(node);
	hdt_graph_output(graph, "z", node->outputs[1]);
	hdt_graph_output(graph, "again", node->outputs[1]);
	compiled_graph *c = compile();
	hdt_array input = array(x, HDT_F32, 1, 6, 0), out[2];
	for (int i = 0; i < 6; i++)
		x[i] = (float)i;
	cr_assert_eq(compiled_run(c, diagnostics, &input, 1, out, 2), HDT_OK, "%s", diagnostics->message);
	for (int i = 0; i < 6; i++) {
		cr_assert_eq(((float *)out[0].data)[i], (float)(2 * i));
		cr_assert_eq(((float *)out[1].data)[i], (float)(2 * i));
	}
	compiled_free(c);
}

Test(compile, an_input_at_an_odd_address_is_read_right)
{
	static char memory[4 * 15 + 1];
	static float x[15];
	hdt_graph_output(graph, "y", apply1("row_sum", matrix("x", hdt_int(context, 3), 5)));
	compiled_graph *c = compile();
	for (int i = 0; i < 15; i++)
		x[i] = (float)i;
	memcpy(memory + 1, x, sizeof x);
	hdt_array in = array(memory + 1, HDT_F32, 2, 3, 5), out;
	cr_assert_eq(compiled_run(c, diagnostics, &in, 1, &out, 1), HDT_OK);
	for (int i = 0; i < 3; i++)
		cr_assert_eq(((float *)out.data)[i], (float)(i * 25 + 10));
	compiled_free(c);
}

Test(compile, wrong_inputs_are_told_and_change_nothing)
{
	static float x[15];
	hdt_graph_output(graph, "y", apply1("row_sum", matrix("x", hdt_int(context, 3), 5)));
	compiled_graph *c = compile();
	hdt_array wrong[] = {array(x, HDT_F64, 2, 3, 5), array(x, HDT_F32, 1, 3, 0), array(x, HDT_F32, 2, 3, 4),
	                     array(NULL, HDT_F32, 2, 3, 5)},
			  out;
	for (int i = 0; i < 4; i++) {
		cr_assert_eq(compiled_run(c, diagnostics, &wrong[i], 1, &out, 1), HDT_BAD_INPUT, "input %d", i);
		context_clear_fault(diagnostics);
	}
	cr_assert_eq(compiled_run(c, diagnostics, wrong, 0, &out, 1), HDT_BAD_INPUT);
	context_clear_fault(diagnostics);
	run_rows(c, x, 3, 5);
	compiled_free(c);
}

Test(compile, the_second_compilation_comes_from_the_cache_and_equal_kernels_are_one)
{
	hdt_value *x = matrix("x", hdt_int(context, 3), 5);
	hdt_graph_output(graph, "y", apply1("twice", apply1("twice", x)));
	compiled_graph *c = compile();
	cr_assert_not(compiled_report(c)->cache_hit);
	int kernels = compiled_report(c)->distinct_kernels;
	cr_assert_leq(kernels, 1);
	compiled_free(c);
	c = compile();
	cr_assert(compiled_report(c)->cache_hit);
	static float memory[15];
	hdt_array out = run_rows(c, memory, 3, 5);
	for (int i = 0; i < 15; i++)
		cr_assert_eq(((float *)out.data)[i], (float)(4 * i));
	compiled_free(c);
}

Test(compile, the_plan_is_near_its_lower_bound_on_a_long_chain)
{
	hdt_value *v = matrix("x", hdt_int(context, 64), 16);
	for (int i = 0; i < 10; i++)
		v = apply1("twice", v);
	hdt_graph_output(graph, "y", v);
	compiled_graph *c = compile();
	const compile_report *r = compiled_report(c);
	cr_assert_gt(r->lower_bound_bytes, 0);
	cr_assert_leq(r->planned_bytes, 2 * r->lower_bound_bytes);
	compiled_free(c);
}

Test(compile, every_stage_can_be_dumped_and_be_the_last)
{
	static const char *const words[] = {"rewrite", "resolve", "fold", "merge", "drop", "schedule", "emit"};
	hdt_graph_output(graph, "y", apply1("twice", matrix("x", hdt_int(context, 3), 5)));
	for (int i = 0; i < 7; i++) {
		compiled_graph *c = NULL;
		hdt_compile_options options = {
			.size = sizeof options, .dump_dir = hdt_format(context, "%s/%s", folder, words[i]), .stop_after = words[i]};
		cr_assert_eq(compile_graph(graph, &options, &c), HDT_OK, "%s: %s", words[i], context->message);
		cr_assert_null(c);
		int files = 0;
		DIR *d = opendir(options.dump_dir);
		cr_assert_not_null(d);
		for (struct dirent *e; (e = readdir(d));)
			files += e->d_name[0] != '.';
		closedir(d);
		cr_assert_geq(files, i + 1, "%s", words[i]);
	}
	compiled_graph *c;
	hdt_compile_options options = {.size = sizeof options, .stop_after = "nonsense"};
	cr_assert_eq(compile_graph(graph, &options, &c), HDT_USAGE);
	cr_assert_not_null(strstr(context->message, "rewrite, precision, resolve, fold"), "%s", context->message);
}

Test(compile, a_target_that_nobody_provides_is_told_with_those_there_are)
{
	compiled_graph *c;
	hdt_compile_options options = {.size = sizeof options, .target = "abacus"};
	hdt_graph_output(graph, "y", matrix("x", hdt_int(context, 3), 5));
	cr_assert_eq(compile_graph(graph, &options, &c), HDT_BAD_TARGET);
	cr_assert_not_null(strstr(context->message, "'abacus'"));
	cr_assert_not_null(strstr(context->message, "cpu"));
}

Test(compile, graphs_compiled_together_share_an_object_and_one_that_fails_spares_the_others)
{
	enum { COUNT = 3 };
	hdt_context *contexts[COUNT];
	hdt_graph *graphs[COUNT];
	compiled_graph *compiled[COUNT];
	static float x[4] = {1, 2, 3, 4};
	for (int i = 0; i < COUNT; i++) {
		contexts[i] = context_new(registry);
		graphs[i] = hdt_graph_new(contexts[i], "g");
		hdt_value *in = hdt_graph_input(graphs[i], "x", HDT_F32, HDT_AT(hdt_int(contexts[i], 4)));
		for (int k = 0; k < i; k++)
			in = hdt_apply(graphs[i], "twice", HDT_VALUES(in), NULL);
		hdt_graph_output(graphs[i], "y", in);
	}
	hdt_fail(contexts[1], HDT_BAD_MODEL, "broken before");
	hdt_compile_options options = {.size = sizeof options, .target = "cpu", .threads = 2, .cache_dir = folder};
	cr_assert_eq(compile_graphs(context, graphs, COUNT, &options, NULL, compiled), HDT_OK, "%s", context->message);
	cr_assert_null(compiled[1]);
	for (int i = 0; i < COUNT; i += 2) {
		hdt_array in = array(x, HDT_F32, 1, 4, 0), out;
		cr_assert_not_null(compiled[i], "%s", contexts[i]->message);
		cr_assert_eq(compiled_run(compiled[i], diagnostics, &in, 1, &out, 1), HDT_OK, "%s", diagnostics->message);
		cr_assert_eq(((float *)out.data)[3], i ? 16 : 4);
	}
	for (int i = 0; i < COUNT; i++) {
		compiled_free(compiled[i]);
		context_free(contexts[i]);
	}
}
