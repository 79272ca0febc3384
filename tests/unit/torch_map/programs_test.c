/* programs_test.c: small exported programs read through the public interface, with the plugins of this build: what they
 * compute, and how bad ones are refused. */
#include "program_writer.h"
#include <criterion/criterion.h>
#include <hidet/hidet.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

enum { F32 = 7, I64 = 5, BOOL = 12 };

static hdt_session *session;
static char path[64];

static void setup(void)
{
	cr_assert_eq(hdt_session_open(NULL, &session), HDT_OK);
	snprintf(path, sizeof(path), "/tmp/hidet-test-%d.pt2", (int)getpid());
}

static void teardown(void)
{
	unlink(path);
	hdt_session_close(session);
}

TestSuite(programs, .init = setup, .fini = teardown);

/* ---- loading ----------------------------------------------------------------------------------------------------- */

static hdt_status load_bytes(const void *data, size_t bytes, hdt_model **out)
{
	FILE *file = fopen(path, "wb");
	cr_assert_not_null(file);
	cr_assert_eq(fwrite(data, 1, bytes, file), bytes);
	fclose(file);
	return hdt_model_load(session, path, out);
}

static hdt_status load_archive(zip_writer *w, hdt_model **out)
{
	zip_writer_finish(w);
	hdt_status status = load_bytes(w->data, w->bytes, out);
	zip_writer_free(w);
	return status;
}

static hdt_status load_program(program_writer *p, hdt_model **out)
{
	char *text = program_text(p);
	hdt_status status = load_bytes(text, strlen(text), out);
	free(text);
	program_free(p);
	return status;
}

static void expect_refusal(hdt_status got, hdt_status wanted, const char *word)
{
	cr_assert_eq(got, wanted, "%s", hdt_session_error(session));
	cr_assert(strstr(hdt_session_error(session), word), "'%s' is not in: %s", word, hdt_session_error(session));
}

static void refuse_program(program_writer *p, hdt_status wanted, const char *word)
{
	hdt_model *model = NULL;
	expect_refusal(load_program(p, &model), wanted, word);
	cr_assert_null(model);
}

/* Evaluate on one float input of the given shape; compare output `index` with `want`. */
static void check_output(hdt_model *model, const float *input, int64_t rows, int64_t columns, int index,
                         const float *want, size_t count)
{
	hdt_array in = {.dtype = HDT_F32, .rank = 2, .shape = {rows, columns}, .data = (void *)input};
	hdt_array out[4] = {{0}};
	cr_assert_eq(hdt_model_evaluate(model, &in, 1, out, index + 1), HDT_OK, "%s", hdt_session_error(session));
	for (size_t i = 0; i < count; i++)
		cr_assert_float_eq(((float *)out[index].data)[i], want[i], 1e-6, "element %zu is %g, not %g", i,
		                   (double)((float *)out[index].data)[i], (double)want[i]);
	for (int i = 0; i <= index; i++)
		free(out[i].data);
}

static const float six[] = {-1, 2, -3, 4, -5, 6};

/* x[2, 3] */
static program_writer with_input(void)
{
	program_writer p = program_new();
	program_input(&p, "x", F32, "[2, 3]");
	return p;
}

static void check_program(program_writer *p, const float *want, size_t count)
{
	hdt_model *model;
	cr_assert_eq(load_program(p, &model), HDT_OK, "%s", hdt_session_error(session));
	check_output(model, six, 2, 3, 0, want, count);
	hdt_model_free(model);
}

Test(programs, compute)
{
	program_writer p = with_input();
	program_node(&p, "torch.ops.aten.relu.default", "[[\"self\", \"%x\"]]", "%r", NULL);
	program_node(&p, "torch.ops.aten.add.Tensor", "[[\"self\", \"%r\"], [\"other\", 1], [\"alpha\", 2]]", "%y", NULL);
	program_output(&p, "y");
	check_program(&p, (float[]){2, 4, 2, 6, 2, 8}, 6);
}

/* %h: the first two columns of x, for a state of two rows. */
static program_writer with_state(void)
{
	program_writer p = with_input();
	program_node(&p, "torch.ops.aten.slice.Tensor", "[[\"self\", \"%x\"], [\"dim\", 1], [\"start\", 0], [\"end\", 2]]",
	             "%h", NULL);
	return p;
}

Test(programs, step_a_recurrent_cell)
{
	program_writer p = with_state();
	program_node(&p, "torch.ops.aten.rnn_relu_cell.default",
	             "[[\"input\", \"%x\"], [\"hx\", \"%h\"], [\"w_ih\", \"%x\"], [\"w_hh\", \"%h\"]]", "%y", NULL);
	program_output(&p, "y");
	check_program(&p, (float[]){19, 0, 0, 118}, 4);
}

Test(programs, step_an_lstm_cell)
{
	program_writer p = with_state();
	program_node(&p, "torch.ops.aten.mul.Tensor", "[[\"self\", \"%x\"], [\"other\", 0]]", "%z", NULL);
	program_node(&p, "torch.ops.aten.repeat.default", "[[\"self\", \"%z\"], [\"repeats\", [4, 1]]]", "%w", NULL);
	program_node(&p, "torch.ops.aten.slice.Tensor", "[[\"self\", \"%w\"], [\"dim\", 1], [\"start\", 0], [\"end\", 2]]",
	             "%v", NULL);
	program_node(&p, "torch.ops.aten.lstm_cell.default",
	             "[[\"input\", \"%x\"], [\"hx\", [\"%h\", \"%h\"]], [\"w_ih\", \"%w\"], [\"w_hh\", \"%v\"]]", "%a %b",
	             NULL);
	program_output(&p, "b"); /* every gate is half open and nothing comes in: half the state before */
	check_program(&p, (float[]){-0.5F, 1, 2, -2.5F}, 4);
}

Test(programs, skip_outputs_without_data)
{
	program_writer p = with_input();
	json_array_append_new(p.specs_out, json_pack("{s{s{sb}}}", "user_output", "arg", "as_none", 1));
	program_output(&p, "x");
	check_program(&p, six, 6);
}

Test(programs, bind_constant_inputs_and_ignore_unknown_fields)
{
	program_writer p = with_input();
	json_array_append_new(p.specs_in, json_pack("{s{sss{si}}}", "constant_input", "name", "k", "value", "as_int", 3));
	json_object_set_new(p.root, "a_field_of_the_future", json_pack("[i]", 1));
	json_object_set_new(json_object_get(p.root, "schema_version"), "minor", json_integer(99));
	program_node(&p, "torch.ops.aten.mul.Tensor", "[[\"self\", \"%x\"], [\"other\", 2.0]]", "%y", NULL);
	program_output(&p, "y");
	check_program(&p, (float[]){-2, 4, -6, 8, -10, 12}, 6);
}

/* ---- sizes ------------------------------------------------------------------------------------------------------- */

static program_writer with_symbol(void)
{
	program_writer p = program_new();
	program_input(&p, "x", F32, "[\"Symbol('s0', positive=True, integer=True)\", 3]");
	program_range(&p, "s0", 1, 8);
	program_node(&p, "torch.ops.aten.sym_size.int", "[[\"self\", \"%x\"], [\"dim\", 0]]", "$n", NULL);
	return p;
}

Test(programs, calculate_with_sizes)
{
	program_writer p = with_symbol();
	program_node(&p, "_operator.mul", "[[\"a\", \"$n\"], [\"b\", 3]]", "$m", NULL);
	program_node(&p, "torch.ops.aten.view.default", "[[\"self\", \"%x\"], [\"size\", [\"$m\"]]]", "%v", NULL);
	program_node(&p, "torch.ops.aten.add.Tensor", "[[\"self\", \"%v\"], [\"other\", \"$n\"]]", "%y", NULL);
	program_output(&p, "y");
	hdt_model *model;
	cr_assert_eq(load_program(&p, &model), HDT_OK, "%s", hdt_session_error(session));
	check_output(model, six, 2, 3, 0, (float[]){1, 4, -1, 6, -3, 8}, 6);
	check_output(model, six, 1, 3, 0, (float[]){0, 3, -2}, 3);
	hdt_model_free(model);
}

Test(programs, assert_on_sizes)
{
	program_writer p = with_symbol();
	program_node(&p, "_operator.le", "[[\"a\", \"$n\"], [\"b\", 1]]", "$c", NULL);
	program_node(&p, "torch.ops.aten._assert_scalar.default",
	             "[[\"self\", \"$c\"], [\"assert_msg\", \"one row at most\"]]", "", NULL);
	program_output(&p, "x");
	hdt_model *model;
	cr_assert_eq(load_program(&p, &model), HDT_OK, "%s", hdt_session_error(session));
	check_output(model, six, 1, 3, 0, six, 3);
	hdt_array in = {.dtype = HDT_F32, .rank = 2, .shape = {2, 3}, .data = (void *)six}, out;
	expect_refusal(hdt_model_evaluate(model, &in, 1, &out, 1), HDT_BAD_INPUT, "one row at most");
	hdt_model_free(model);
}

/* ---- writes in place --------------------------------------------------------------------------------------------- */

/* y = x * 1, memory of its own */
static program_writer with_copy(void)
{
	program_writer p = with_input();
	program_node(&p, "torch.ops.aten.mul.Tensor", "[[\"self\", \"%x\"], [\"other\", 1]]", "%y", NULL);
	program_describe(&p, "y", F32, "[2, 3]", NULL);
	return p;
}

Test(programs, see_a_write_through_the_receiver)
{
	program_writer p = with_copy();
	program_node(&p, "torch.ops.aten.relu_.default", "[[\"self\", \"%y\"]]", "%r", NULL);
	program_node(&p, "torch.ops.aten.add_.Tensor", "[[\"self\", \"%r\"], [\"other\", 1]]", "%s", NULL);
	program_output(&p, "y");
	check_program(&p, (float[]){1, 3, 1, 5, 1, 7}, 6);
}

Test(programs, see_a_write_to_a_part_in_the_whole)
{
	program_writer p = with_copy();
	program_node(&p, "torch.ops.aten.slice.Tensor", "[[\"self\", \"%y\"], [\"dim\", 1], [\"start\", 1], [\"end\", 2]]",
	             "%c", NULL);
	program_node(&p, "torch.ops.aten.fill_.Scalar", "[[\"self\", \"%c\"], [\"value\", 9]]", "%f", NULL);
	program_output(&p, "y");
	check_program(&p, (float[]){-1, 9, -3, 4, 9, 6}, 6);
}

Test(programs, see_a_write_to_the_whole_in_a_part)
{
	program_writer p = with_copy();
	program_node(&p, "torch.ops.aten.select.int", "[[\"self\", \"%y\"], [\"dim\", 0], [\"index\", 1]]", "%row", NULL);
	program_node(&p, "torch.ops.aten.transpose.int", "[[\"self\", \"%y\"], [\"dim0\", 0], [\"dim1\", 1]]", "%t", NULL);
	program_node(&p, "torch.ops.aten.neg_.default", "[[\"self\", \"%t\"]]", "%n", NULL);
	program_output(&p, "row");
	check_program(&p, (float[]){-4, 5, -6}, 3);
}

Test(programs, keep_copies_apart)
{
	program_writer p = with_copy();
	program_node(&p, "torch.ops.aten.clone.default", "[[\"self\", \"%y\"]]", "%c", NULL);
	program_node(&p, "torch.ops.aten.zero_.default", "[[\"self\", \"%y\"]]", "%z", NULL);
	program_output(&p, "c");
	check_program(&p, six, 6);
}

Test(programs, refuse_a_read_that_may_alias_a_write)
{
	program_writer p = with_copy();
	program_node(&p, "torch.ops.aten.transpose.int", "[[\"self\", \"%y\"], [\"dim0\", 0], [\"dim1\", 1]]", "%t", NULL);
	program_describe(&p, "t", F32, "[3, 2]", "[1, 3]");
	program_node(&p, "torch.ops.aten.reshape.default", "[[\"self\", \"%t\"], [\"shape\", [6]]]", "%v", NULL);
	program_node(&p, "torch.ops.aten.zero_.default", "[[\"self\", \"%y\"]]", "%z", NULL);
	program_output(&p, "v");
	refuse_program(&p, HDT_UNSUPPORTED, "may share memory");
}

Test(programs, refuse_a_write_to_an_input)
{
	program_writer p = with_input();
	program_node(&p, "torch.ops.aten.relu_.default", "[[\"self\", \"%x\"]]", "%r", NULL);
	program_output(&p, "r");
	refuse_program(&p, HDT_UNSUPPORTED, "the input x");
}

Test(programs, refuse_mutations_in_the_signature)
{
	program_writer p = with_input();
	json_array_append_new(p.specs_out,
	                      json_pack("{s{s{ss}ss}}", "buffer_mutation", "arg", "name", "x", "buffer_name", "cache.k"));
	program_output(&p, "x");
	refuse_program(&p, HDT_UNSUPPORTED, "cache.k");
}

/* ---- refusals ---------------------------------------------------------------------------------------------------- */

Test(programs, list_all_missing_operators_with_counts_and_places)
{
	program_writer p = with_input();
	program_node(&p, "torch.ops.acme.one.default", "[[\"self\", \"%x\"]]", "%a", "encoder.layer.0");
	program_node(&p, "torch.ops.acme.two.default", "[[\"self\", \"%a\"]]", "%b", NULL);
	program_node(&p, "torch.ops.acme.one.default", "[[\"self\", \"%b\"]]", "%c", "encoder.layer.1");
	program_output(&p, "c");
	hdt_model *model = NULL;
	cr_assert_eq(load_program(&p, &model), HDT_UNSUPPORTED);
	const char *error = hdt_session_error(session);
	cr_assert(strstr(error, "acme.one.default  2 times, first in encoder.layer.0"), "%s", error);
	cr_assert(strstr(error, "acme.two.default  1 time"), "%s", error);
}

Test(programs, refuse_results_that_depend_on_data)
{
	program_writer p = with_input();
	program_node(&p, "torch.ops.aten.nonzero.default", "[[\"self\", \"%x\"]]", "%a", "head");
	program_output(&p, "a");
	refuse_program(&p, HDT_UNSUPPORTED, "depends on data");
}

Test(programs, refuse_training_mode)
{
	program_writer p = with_input();
	program_node(&p, "torch.ops.aten.dropout.default", "[[\"input\", \"%x\"], [\"p\", 0.5], [\"train\", true]]", "%a",
	             NULL);
	program_output(&p, "a");
	refuse_program(&p, HDT_UNSUPPORTED, "model.eval()");
}

Test(programs, refuse_a_result_other_than_described)
{
	program_writer p = with_input();
	program_node(&p, "torch.ops.aten.relu.default", "[[\"self\", \"%x\"]]", "%y", NULL);
	program_describe(&p, "y", F32, "[3, 3]", NULL);
	program_output(&p, "y");
	refuse_program(&p, HDT_BAD_MODEL, "says that y is f32[3, 3]");
}

Test(programs, refuse_values_that_nothing_gives)
{
	program_writer p = with_input();
	program_node(&p, "torch.ops.aten.relu.default", "[[\"self\", \"%ghost\"]]", "%y", NULL);
	program_output(&p, "y");
	refuse_program(&p, HDT_BAD_MODEL, "ghost");
}

Test(programs, refuse_other_schema_versions)
{
	for (int major = 7; major <= 9; major += 2) {
		program_writer p = with_input();
		json_object_set_new(json_object_get(p.root, "schema_version"), "major", json_integer(major));
		program_output(&p, "x");
		refuse_program(&p, HDT_UNSUPPORTED, major == 7 ? "export the model again" : "newer plugin");
	}
}

Test(programs, refuse_complex_numbers)
{
	program_writer p = program_new();
	program_input(&p, "x", 10, "[2, 3]");
	program_output(&p, "x");
	refuse_program(&p, HDT_UNSUPPORTED, "complex64");
}

Test(programs, refuse_bad_json)
{
	static const char *const texts[] = {"{\"graph_module\": ",
	                                    "{\"graph_module\": {}, \"graph_module\": {}}",
	                                    "{}",
	                                    "{\"schema_version\": 8}",
	                                    "{\"schema_version\": {\"major\": 8}}",
	                                    "{\"schema_version\": {\"major\": 8}, \"graph_module\": []}"};
	hdt_model *model;
	for (size_t i = 0; i < sizeof(texts) / sizeof(texts[0]); i++)
		expect_refusal(load_bytes(texts[i], strlen(texts[i]), &model), HDT_BAD_MODEL, path);
	size_t depth = 100000;
	char *deep = malloc(depth + 20);
	strcpy(deep, "{\"a\": ");
	memset(deep + 6, '[', depth);
	expect_refusal(load_bytes(deep, depth + 6, &model), HDT_BAD_MODEL, "line 1");
	free(deep);
}

/* ---- archives ---------------------------------------------------------------------------------------------------- */

/* y = x + w */
static program_writer with_weight(const char *shape, const char *strides, int offset)
{
	program_writer p = with_input();
	program_weight(&p, "parameter", "w", F32, shape, strides, offset, "weight_0");
	program_node(&p, "torch.ops.aten.add.Tensor", "[[\"self\", \"%x\"], [\"other\", \"%w\"]]", "%y", NULL);
	program_output(&p, "y");
	return p;
}

typedef enum packing { ALIGNED, ODD, DEFLATED } packing;

static hdt_status load_with_storage(program_writer *p, packing how, const void *storage, size_t bytes, hdt_model **out)
{
	zip_writer w = program_archive(p);
	program_free(p);
	if (how == ODD) /* makes what follows begin at any address */
		zip_writer_add(&w, "m/odd", "1", (w.bytes + strlen("m/data/weights/weight_0") + 30 + 30 + 5) % 4 == 0 ? 2 : 1,
		               false);
	if (how == ALIGNED)
		zip_writer_add_aligned(&w, "m/data/weights/weight_0", storage, bytes, 64);
	else
		zip_writer_add(&w, "m/data/weights/weight_0", storage, bytes, how == DEFLATED);
	return load_archive(&w, out);
}

static const float storage[] = {10, 20, 30, 40, 50, 60, 70};

static void check_weight(const char *shape, const char *strides, int offset, packing how, const float *want)
{
	program_writer p = with_weight(shape, strides, offset);
	hdt_model *model;
	cr_assert_eq(load_with_storage(&p, how, storage, sizeof(storage), &model), HDT_OK, "%s",
	             hdt_session_error(session));
	check_output(model, six, 2, 3, 0, want, 6);
	hdt_model_free(model);
}

Test(programs, read_weights_in_place_and_copied)
{
	static const float want[] = {9, 22, 27, 44, 45, 66};
	check_weight("[2, 3]", NULL, 0, ALIGNED, want);
	check_weight("[2, 3]", NULL, 0, ODD, want);
	check_weight("[2, 3]", NULL, 0, DEFLATED, want);
}

Test(programs, read_weights_with_strides_and_offset)
{
	check_weight("[2, 3]", "[1, 2]", 0, ALIGNED, (float[]){9, 32, 47, 24, 35, 66});
	check_weight("[2, 3]", "[1, 2]", 1, DEFLATED, (float[]){19, 42, 57, 34, 45, 76});
	check_weight("[3]", "[2]", 1, ALIGNED, (float[]){19, 42, 57, 24, 35, 66});
}

static void refuse_weight(const char *shape, const char *strides, int offset, const char *word)
{
	program_writer p = with_weight(shape, strides, offset);
	hdt_model *model;
	expect_refusal(load_with_storage(&p, ALIGNED, storage, sizeof(storage), &model), HDT_BAD_MODEL, word);
}

Test(programs, refuse_weights_that_reach_beyond_their_storage)
{
	refuse_weight("[2, 3]", NULL, 2, "more bytes");
	refuse_weight("[2, 3]", "[4, 1]", 0 + 1, "more bytes");
	refuse_weight("[2, 3]", "[-1, 1]", 3, "strides");
	refuse_weight("[2, 3]", "[9223372036854775807, 1]", 0, "strides");
	refuse_weight("[1000000, 3]", "[0, 0]", 0, "more elements");
	refuse_weight("[4294967296, 4294967296, 4294967296]", "[0, 0, 0]", 0, "too many elements");
	refuse_weight("[\"s0\", 3]", "[3, 1]", 0, "fixed");
}

Test(programs, share_tied_weights)
{
	program_writer p = with_weight("[2, 3]", NULL, 0);
	program_weight(&p, "parameter", "w2", F32, "[2, 3]", NULL, 0, "weight_0");
	program_node(&p, "torch.ops.aten.sub.Tensor", "[[\"self\", \"%y\"], [\"other\", \"%w2\"]]", "%z", NULL);
	program_output(&p, "z");
	hdt_model *model;
	cr_assert_eq(load_with_storage(&p, ALIGNED, storage, sizeof(storage), &model), HDT_OK, "%s",
	             hdt_session_error(session));
	check_output(model, six, 2, 3, 1, six, 6);
	hdt_model_free(model);
}

Test(programs, refuse_missing_and_pickled_weights)
{
	hdt_model *model;
	program_writer p = with_weight("[2, 3]", NULL, 0);
	zip_writer w = program_archive(&p);
	program_free(&p);
	expect_refusal(load_archive(&w, &model), HDT_BAD_MODEL, "weight_0");
	p = with_weight("[2, 3]", NULL, 0);
	json_object_set_new(json_object_get(p.weights, "w"), "use_pickle", json_true());
	expect_refusal(load_with_storage(&p, ALIGNED, storage, sizeof(storage), &model), HDT_UNSUPPORTED, "pickled");
	p = with_weight("[2, 3]", NULL, 0);
	json_object_clear(p.weights);
	expect_refusal(load_with_storage(&p, ALIGNED, storage, sizeof(storage), &model), HDT_BAD_MODEL,
	               "not in the archive");
}

Test(programs, leave_unused_weights_alone)
{
	program_writer p = with_input();
	program_weight(&p, "buffer", "unused", F32, "[2, 3]", NULL, 0, "weight_0");
	program_output(&p, "x");
	zip_writer w = program_archive(&p); /* without its data */
	program_free(&p);
	hdt_model *model;
	cr_assert_eq(load_archive(&w, &model), HDT_OK, "%s", hdt_session_error(session));
	hdt_model_free(model);
}

static void refuse_layout(const char *entry, const char *data, hdt_status wanted, const char *word)
{
	zip_writer w = {0};
	hdt_model *model;
	zip_writer_add(&w, entry, data, strlen(data), false);
	expect_refusal(load_archive(&w, &model), wanted, word);
}

Test(programs, say_what_other_archives_are)
{
	refuse_layout("serialized_exported_program.json", "{}", HDT_UNSUPPORTED, "older PyTorch");
	refuse_layout("m/data/aotinductor/model/x.so", "ELF", HDT_UNSUPPORTED, "AOTInductor");
	refuse_layout("m/data.pkl", "pickle", HDT_UNSUPPORTED, "TorchScript");
	refuse_layout("m/readme", "text", HDT_BAD_MODEL, "no exported program");
}

Test(programs, refuse_big_endian_archives)
{
	program_writer p = with_input();
	program_output(&p, "x");
	zip_writer w = program_archive(&p);
	hdt_model *model;
	program_free(&p);
	zip_writer_add(&w, "m/byteorder", "big", 3, false);
	expect_refusal(load_archive(&w, &model), HDT_UNSUPPORTED, "big-endian");
}

Test(programs, refuse_several_programs_in_one_archive)
{
	zip_writer w = {0};
	hdt_model *model;
	zip_writer_add(&w, "m/archive_format", "pt2", 3, false);
	zip_writer_add(&w, "m/models/a.json", "{}", 2, false);
	zip_writer_add(&w, "m/models/b.json", "{}", 2, false);
	expect_refusal(load_archive(&w, &model), HDT_UNSUPPORTED, "a, b");
}

Test(programs, refuse_every_cut_of_an_archive)
{
	program_writer p = with_weight("[2, 3]", NULL, 0);
	zip_writer w = program_archive(&p);
	hdt_model *model;
	program_free(&p);
	zip_writer_add_aligned(&w, "m/data/weights/weight_0", storage, sizeof(storage), 64);
	zip_writer_finish(&w);
	for (size_t n = 0; n < w.bytes; n += 41)
		expect_refusal(load_bytes(w.data, n, &model), HDT_BAD_MODEL, path);
	zip_writer_free(&w);
}
