/* operators.h: a few operators that the tests of graphs, passes and rules use, and a registry of them. Their names are
 * the tests' own. */
#ifndef TESTS_UNIT_GRAPH_OPERATORS_H
#define TESTS_UNIT_GRAPH_OPERATORS_H

#include "graph/graph.h"
#include "registry/registry.h"
#include <criterion/criterion.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

static void define_plus(hdt_task *t)
{
	hdt_output_elements(t, hdt_add(hdt_element(t, 0), hdt_element(t, 1)));
}
static void define_minus(hdt_task *t)
{
	hdt_output_elements(t, hdt_sub(hdt_element(t, 0), hdt_element(t, 1)));
}
static void define_times(hdt_task *t)
{
	hdt_output_elements(t, hdt_mul(hdt_element(t, 0), hdt_element(t, 1)));
}
static void define_ramp(hdt_task *t)
{
	const hdt_expr *x = hdt_element(t, 0);
	hdt_output_elements(t, hdt_max(x, hdt_like(x, 0)));
}
static void define_flip_sign(hdt_task *t)
{
	hdt_output_elements(t, hdt_neg(hdt_element(t, 0)));
}
static void define_as(hdt_task *t)
{
	hdt_output_elements(t, hdt_cast(hdt_element(t, 0), hdt_get_dtype(t, "dtype")));
}

/* x times factor, plus bias when it is given. */
static void define_scale(hdt_task *t)
{
	const hdt_expr *x = hdt_element(t, 0);
	x = hdt_mul(x, hdt_like(x, hdt_get_float(t, "factor")));
	hdt_output_elements(t, hdt_input_count(t) > 1 ? hdt_add(x, hdt_element(t, 1)) : x);
}

/* Two outputs: the sum over an axis, and the input doubled. */
static void define_both(hdt_task *t)
{
	const hdt_tensor *x = hdt_input(t, 0);
	if (!x || x->rank != 1) {
		hdt_reject(t, "the input must have one dimension");
		return;
	}
	const hdt_expr *k = hdt_axis("k", x->shape[0]), *i = hdt_axis("i", x->shape[0]),
				   *one = hdt_axis("one", hdt_int(x->context, 1));
	hdt_output(t, hdt_compute(t, "total", HDT_AT(one), hdt_sum(k, hdt_at(x, k))));
	hdt_output(t, hdt_compute(t, "twice", HDT_AT(i), hdt_add(hdt_at(x, i), hdt_at(x, i))));
}

/* The sum of any number of inputs. */
static void define_total(hdt_task *t)
{
	const hdt_expr *sum = hdt_element(t, 0);
	for (int i = 1; i < hdt_input_count(t); i++)
		sum = hdt_add(sum, hdt_element(t, i));
	hdt_output_elements(t, sum);
}

/* All of one number in a given shape. */
static void define_filled(hdt_task *t)
{
	hdt_list axes = hdt_axes(t, hdt_get_dims(t, "shape"));
	hdt_output(t,
	           hdt_compute(t, "y", axes, hdt_number(t->context, hdt_get_dtype(t, "dtype"), hdt_get_float(t, "value"))));
}

#define TEST_OPERATOR(symbol, ...) static const hdt_operator symbol = {.size = sizeof(hdt_operator), __VA_ARGS__}
static const hdt_attribute scale_attributes[] = {
	{"factor", HDT_ATTRIBUTE_FLOAT, "2", "factor"},
	{"note", HDT_ATTRIBUTE_STRING, "\"\"", "no effect"},
	{"flag", HDT_ATTRIBUTE_BOOL, "false", "no effect"},
	{0},
};
static const hdt_attribute as_attributes[] = {{"dtype", HDT_ATTRIBUTE_DTYPE, NULL, "result"}, {0}};
static const hdt_attribute filled_attributes[] = {
	{"shape", HDT_ATTRIBUTE_DIMS, NULL, "result"},
	{"value", HDT_ATTRIBUTE_FLOAT, "1", "each element"},
	{"dtype", HDT_ATTRIBUTE_DTYPE, "f32", "result"},
	{0},
};
TEST_OPERATOR(op_plus, .name = "plus", .inputs = "x, y", .sign = "+", .define = define_plus);
TEST_OPERATOR(op_minus, .name = "minus", .inputs = "x, y", .sign = "-", .define = define_minus);
TEST_OPERATOR(op_times, .name = "times", .inputs = "x, y", .sign = "*", .define = define_times);
TEST_OPERATOR(op_ramp, .name = "ramp", .inputs = "x", .define = define_ramp);
TEST_OPERATOR(op_flip_sign, .name = "flip_sign", .inputs = "x", .define = define_flip_sign);
TEST_OPERATOR(op_as, .name = "as", .inputs = "x", .attributes = as_attributes, .define = define_as);
TEST_OPERATOR(op_scale, .name = "scale", .inputs = "x, bias?", .attributes = scale_attributes, .define = define_scale);
TEST_OPERATOR(op_both, .name = "both", .inputs = "x", .define = define_both);
TEST_OPERATOR(op_total, .name = "total", .inputs = "xs...", .define = define_total);
TEST_OPERATOR(op_filled, .name = "filled", .inputs = "", .attributes = filled_attributes, .define = define_filled);

static const hdt_operator *const test_operators[] = {&op_plus, &op_minus, &op_times, &op_ramp,  &op_flip_sign,
                                                     &op_as,   &op_scale, &op_both,  &op_total, &op_filled};

/* A sealed registry of the operators above, and of what `add` (may be NULL) stages beside them. */
static hdt_registry *make_registry(void (*add)(registry_stage *stage))
{
	hdt_registry *registry = registry_new();
	registry_stage *stage = registry_stage_new(registry, "tests");
	char reason[512] = "";
	for (size_t i = 0; i < sizeof test_operators / sizeof *test_operators; i++)
		registry_stage_add(stage, REGISTRY_OPERATOR, test_operators[i]->name, test_operators[i]);
	if (add)
		add(stage);
	cr_assert(registry_commit(stage, NULL, reason, sizeof reason), "%s", reason);
	registry_seal(registry);
	return registry;
}

/* The first graph of a text; the test fails with the diagnostic when there is none. */
static inline hdt_graph *read_graph(hdt_context *context, const char *source)
{
	parsed_file file;
	hdt_status status = text_parse_file(context, "test.hds", source, &file);
	cr_assert_eq(status, HDT_OK, "%s", context->message);
	cr_assert_geq(file.graph_count, 1);
	return file.graphs[0];
}

/* The text of a graph; valid as long as the context. */
static inline const char *show_graph(const hdt_graph *graph)
{
	text t = {0};
	graph_print(&t, graph, NULL);
	return text_finish(&t, graph->context);
}

static inline void expect_graph(const hdt_graph *graph, const char *want)
{
	const char *got = show_graph(graph);
	cr_assert_eq(graph_verify(graph), HDT_OK, "%s", graph->context->message);
	cr_assert(!strcmp(got, want), "got:\n%s\nwant:\n%s", got, want);
}

#endif
