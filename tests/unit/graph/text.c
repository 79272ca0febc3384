/* The text form of graphs: canonical printing, parsing, faults with a place, hostile text. */
#include "context.h"

#include <unistd.h>

TestSuite(text, .init = setup, .fini = teardown);

/* Canonical text comes back as it is. */
static void expect_fixed_point(const char *source)
{
	expect_graph(read_graph(c, source), source);
}

static void expect_fault(const char *source, const char *message)
{
	parsed_file file;
	cr_assert_neq(text_parse_file(c, "test.hds", source, &file), HDT_OK, "accepted: %s", source);
	cr_assert_not_null(strstr(c->message, message), "'%s' gave: %s", source, c->message);
	context_clear_fault(c);
}

Test(text, everything_a_graph_has_comes_back)
{
	expect_fixed_point("graph @all(%x: f32[n, 4], %y: i64[]) where n in 1..64 {\n"
	                   "  %c0 = const f32[] -0.0\n"
	                   "  %w = const f32[2, 2] [1.0, -2.5, inf, 1e-07]\n"
	                   "  %c1 = const bool[2] [true, false]\n"
	                   "  %big = const f32[100]\n"
	                   "  %0 = plus(%x, %c0) from \"encoder.0\"\n"
	                   "  %1 = scale(%0, factor=0.5, note=\"a \\\"b\\\"\", flag=true)\n"
	                   "  %2 = as(%1, dtype=f64)\n"
	                   "  %3 = filled(shape=[n, 3])\n"
	                   "  %4 = total(%w, %w)\n"
	                   "  assert n % 2 == 0, \"n must be even\"\n"
	                   "  return %2, %3 as \"mask\", %4, %c1, %big, %y\n"
	                   "}\n");
}

Test(text, several_outputs_of_one_node)
{
	expect_fixed_point("graph @g(%x: f32[3]) {\n  %0, %1 = both(%x)\n  %2 = ramp(%1)\n  return %2, %0\n}\n");
}

Test(text, numbers_and_unnamed_constants_are_counted_afresh)
{
	hdt_graph *g = read_graph(c, "graph @g(%c0: f32[]) { %c9 = const f32[] 2  %unused = const f32[] 1\n"
	                             "%a = plus(%c0, %c9) %c7 = const f32[] 3 %b = plus(%a, %c7) return %b }");
	expect_graph(g, "graph @g(%c0: f32[]) {\n  %c1 = const f32[] 2.0\n  %c2 = const f32[] 3.0\n"
	                "  %0 = plus(%c0, %c1)\n  %1 = plus(%0, %c2)\n  return %1\n}\n");
}

Test(text, shortest_digits_that_read_back_are_printed)
{
	hdt_graph *g =
		read_graph(c, "graph @g() { %w = const f32[3] [0.1, 16777216, 3.4028234663852886e38]\n"
	                  "%h = const f16[2] [0.1, 65504] %i = const i64[2] [-9223372036854775808.0, 9223372036854775807]\n"
	                  "return %w, %h, %i }");
	const char *shown = show_graph(g);
	cr_assert_not_null(strstr(shown, "[0.1, 16777216.0, 3.4028235e+38]"), "%s", shown);
	cr_assert_not_null(strstr(shown, "[-9223372036854775808.0, 9223372036854775807]"), "%s", shown);
	expect_fixed_point(shown);
}

Test(text, faults_have_a_place_and_say_what_to_do)
{
	expect_fault("graph @g(%x f32[3]) { return %x }", "test.hds:1:13: expected ':'");
	expect_fault("graph @g(%x: f32[3]) {\n  %0 = ramp(%y)\n  return %0 }",
	             "test.hds:2:13: %y is not defined before this use");
	expect_fault("graph @g(%x: f32[3]) { %0 = rump(%x) return %0 }", "did you mean 'ramp'");
	expect_fault("graph @g(%x: f32[3]) { %0 = rump(%x) return %0 }", "(while reading test.hds:1:29)");
	expect_fault("graph @g(%x: f32[3]) { %0 = scale(%x, fctor=2) return %0 }", "did you mean 'factor'");
	expect_fault("graph @g(%x: f32[3]) { %0, %1 = ramp(%x) return %0 }", "ramp gives 1 values, not 2");
	expect_fault("graph @g(%x: f32[3], %x: f32[3]) { return %x }", "%x is defined twice");
	expect_fault("graph @g(%x: f32[n]) where n in 9..1 { return %x }", "expected a range");
	expect_fault("graph @g(%x: f32[3]) { %0 = filled(shape=[n]) return %0 }", "n");
	expect_fault("graph @g(%x: f32[3]) { %w = const f32[2] [1, 2, 3] return %w }",
	             "3 elements are given, the shape has 2");
	expect_fault("graph @g(%x: f32[3]) { %0 = ramp(%x)", "expected a value to define");
	expect_fault("nonsense", "expected 'graph' or 'task'");
}

Test(text, claimed_sizes_cost_nothing)
{
	expect_fault("graph @g() { %w = const f32[1000000000000] [1, 2] return %w }", "2 elements are given");
	expect_fault("graph @g() { %w = const f32[4611686018427387904, 8] return %w }", "too large");
	expect_fault("graph @g(%x: f32[1,1,1,1,1,1,1,1,1]) { return %x }", "");
}

Test(text, deep_nesting_is_refused_not_followed)
{
	text t = {0};
	text_add(&t, "graph @g(%x: f32[");
	for (int i = 0; i < 100000; i++)
		text_add(&t, "(");
	expect_fault(t.data, "");
	text_free(&t);
}

Test(text, every_prefix_of_a_good_text_is_a_fault_or_a_graph)
{
	static const char source[] =
		"graph @all(%x: f32[n, 4]) where n in 1..64 {\n  %w = const f32[2] [1, -2.5]\n"
		"  %0 = scale(%x, factor=0.5, note=\"a\") from \"o\"\n  assert n % 2 == 0, \"m\"\n  return %0 as \"y\"\n}\n";
	for (size_t n = 0; n < sizeof source - 1; n++) {
		char *prefix = strndup(source, n);
		hdt_context *own = context_new(registry);
		parsed_file file;
		hdt_status status = text_parse_file(own, "prefix.hds", prefix, &file);
		cr_assert(status != HDT_OK || n == 0 || n >= sizeof source - 2, "accepted %zu bytes", n);
		context_free(own);
		free(prefix);
	}
}

Test(text, weights_are_mapped_and_only_from_beside_the_text)
{
	char folder[] = "/tmp/hidet-text-XXXXXX";
	cr_assert_not_null(mkdtemp(folder));
	const char *path = hdt_format(c, "%s/w.bin", folder);
	const float data[4] = {1, 2, 3, 4};
	FILE *f = fopen(path, "wb");
	cr_assert_eq(fwrite(data, 1, sizeof data, f), sizeof data);
	fclose(f);
	const char *name = hdt_format(c, "%s/g.hds", folder);
	parsed_file file;
	cr_assert_eq(text_parse_file(c, name, "graph @g() { %w = const f32[2] from \"w.bin\" at 8 return %w }", &file),
	             HDT_OK, "%s", c->message);
	cr_assert_eq(((const float *)file.graphs[0]->outputs[0]->constant->data)[1], 4);
	static const char *const refused[] = {
		"graph @g() { %w = const f32[2] from \"../w.bin\" return %w }",
		"graph @g() { %w = const f32[2] from \"/etc/passwd\" return %w }",
		"graph @g() { %w = const f32[2] from \"none.bin\" return %w }",
		"graph @g() { %w = const f32[4] from \"w.bin\" at 4 return %w }",
		"graph @g() { %w = const f32[2] from \"w.bin\" at 2 return %w }",
	};
	for (size_t i = 0; i < sizeof refused / sizeof *refused; i++) {
		cr_assert_neq(text_parse_file(c, name, refused[i], &file), HDT_OK, "%s", refused[i]);
		context_clear_fault(c);
	}
	unlink(path);
	rmdir(folder);
}

/* ---- samples ---------------------------------------------------------------------------------------------------- */

Test(text, sample_with_ranges_sizes_and_attributes)
{
	sample s;
	cr_assert_eq(sample_parse(c, "scale(T[n, 4] in -1..0.5, f32[4], factor=3) where n = 5", HDT_F32, &s), HDT_OK, "%s",
	             c->message);
	cr_assert_eq(s.graph->input_count, 2);
	cr_assert_str_eq(s.graph->inputs[1]->name, "in1");
	cr_assert_eq(s.low[0], -1);
	cr_assert_eq(s.high[0], 0.5);
	cr_assert_eq(s.low[1], -2);
	cr_assert_eq(s.values[0], 5);
	cr_assert_eq(s.graph->output_count, 1);
}

Test(text, sample_t_stands_for_the_dtype_also_in_attributes)
{
	sample s;
	cr_assert_eq(sample_parse(c, "as(u8[3], dtype=T)", HDT_F64, &s), HDT_OK, "%s", c->message);
	cr_assert_eq(s.graph->outputs[0]->dtype, HDT_F64);
	cr_assert_eq(s.low[0], 0);
	cr_assert_eq(s.high[0], 4);
}

Test(text, sample_size_of_attributes_alone_gets_an_input)
{
	sample s;
	cr_assert_eq(sample_parse(c, "filled(shape=[n, 2]) where n = 3", HDT_F32, &s), HDT_OK, "%s", c->message);
	cr_assert_eq(s.graph->input_count, 1);
	cr_assert_eq(s.values[0], 3);
}

Test(text, sample_of_a_variadic_operator_and_faults)
{
	sample s;
	cr_assert_eq(sample_parse(c, "total(T[3], T[3], T[1])", HDT_I32, &s), HDT_OK, "%s", c->message);
	cr_assert_eq(s.graph->nodes[0]->input_count, 3);
	static const char *const faults[] = {"ramp(T[n])", "ramp(T[3]) where n = 3", "ramp(T[3]) extra",
	                                     "ramp(T[3] in 2..1)", "ramp(T[3"};
	for (size_t i = 0; i < sizeof faults / sizeof *faults; i++) {
		cr_assert_neq(sample_parse(c, faults[i], HDT_F32, &s), HDT_OK, "%s", faults[i]);
		cr_assert_not_null(strstr(c->message, "reading the sample"), "%s", c->message);
		context_clear_fault(c);
	}
}

Test(text, sample_of_a_scheduler_says_what_it_stands_for)
{
	sample s;
	cr_assert_eq(
		sample_parse(c, "tiny symbolic: ramp(plus(f32[n, 4], const f32[4] in 0..1)) where n = 5", HDT_DTYPE_COUNT, &s),
		HDT_OK, "%s", c->message);
	cr_assert_eq(s.kinds, 1u << SAMPLE_TINY | 1u << SAMPLE_SYMBOLIC);
	cr_assert(!s.refused && !s.precision);
	cr_assert_eq(s.graph->node_count, 2);
	cr_assert_eq(s.graph->input_count, 1);
	cr_assert_eq(s.graph->output_count, 1);
	cr_assert_eq(s.constant_count, 1);
	cr_assert_not_null(s.constants[0].value->constant);
	cr_assert_null(s.constants[0].value->constant->data);
	cr_assert_eq(s.constants[0].low, 0);
	int64_t low, high;
	cr_assert_eq(sample_parse(c, "symbolic: ramp(plus(f32[r, m], f32[m])) where m = 4, r = 3 in 1..64", HDT_F32, &s),
	             HDT_OK, "%s", c->message);
	cr_assert(hdt_bounds(s.graph->inputs[0]->shape[0], &low, &high) && low == 1 && high == 64);
	cr_assert(hdt_bounds(s.graph->inputs[0]->shape[1], &low, &high) && low == 0 && high == INT32_MAX);
	cr_assert_eq(sample_parse(c, "batched refused at f16: ramp(f32[3])", HDT_DTYPE_COUNT, &s), HDT_OK, "%s",
	             c->message);
	cr_assert(s.kinds == 1u << SAMPLE_BATCHED && s.refused);
	cr_assert_str_eq(s.precision, "f16");
}

Test(text, sample_faults_of_a_scheduler_tell_what_to_write)
{
	static const struct {
		const char *source, *message;
	} faults[] = {
		{"big: ramp(f32[3])",
	     "no kind of samples called 'big'; the kinds are aligned, unaligned, tiny, symbolic, batched"},
		{"tiny ramp(f32[3])", "no kind of samples called 'ramp'"},
		{"tiny at: ramp(f32[3])", "expected a precision behind 'at'"},
		{"tiny: ramp(T[3])", "T stands for nothing here: write out the dtype"},
		{"tiny: ramp(const f32[n])", "its shape is not static"},
		{"tiny: ramp(nothing(f32[3]))", "nothing"},
		{"symbolic: ramp(f32[q]) where q = 5 in 6..8", "expected a range that holds the size"},
		{"symbolic: ramp(f32[n]) where n = 5 in 1", "expected '..' inside the range"},
		{"symbolic: ramp(f32[n]) where m = 5", "a size that the sample uses"},
		{"tiny: "
	     "ramp(ramp(ramp(ramp(ramp(ramp(ramp(ramp(ramp(ramp(ramp(ramp(ramp(ramp(ramp(ramp(ramp(f32[3])))))))))))))))))",
	     "at most 16 calls inside each other"},
	};
	for (size_t i = 0; i < sizeof faults / sizeof *faults; i++) {
		sample s;
		cr_assert_neq(sample_parse(c, faults[i].source, HDT_DTYPE_COUNT, &s), HDT_OK, "%s", faults[i].source);
		cr_assert_not_null(strstr(c->message, faults[i].message), "%s", c->message);
		context_clear_fault(c);
	}
}
