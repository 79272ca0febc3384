/* Orders of results: a scheduler that wants channels last for sums over channels, and what becomes of the tasks around it. */
#include "compile.h"

#include "base/file.h"
#include "fixture.h"
#include <criterion/criterion.h>
#include <glob.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

/* ---- operators on [n, c, h] ---- */

/* y[n, c, h] = sum over k of x[n, k, h] * w[c, k]. */
static void define_mix(hdt_task *t)
{
	const hdt_tensor *x = hdt_input(t, 0), *w = hdt_input(t, 1);
	const hdt_expr *n = hdt_axis("n", x->shape[0]), *c = hdt_axis("c", w->shape[0]), *h = hdt_axis("h", x->shape[2]);
	const hdt_expr *k = hdt_axis("k", w->shape[1]);
	hdt_output(t, hdt_compute(t, "y", HDT_AT(n, c, h), hdt_sum(k, hdt_mul(hdt_at(x, n, k, h), hdt_at(w, c, k)))));
}
static const hdt_operator mix = {.size = sizeof mix, .name = "mix", .inputs = "x, w", .define = define_mix};

/* The larger one of two neighbours. */
static void define_halve(hdt_task *t)
{
	const hdt_tensor *x = hdt_input(t, 0);
	const hdt_expr *two = hdt_int(x->context, 2), *half = hdt_floordiv(x->shape[2], two);
	const hdt_expr *n = hdt_axis("n", x->shape[0]), *c = hdt_axis("c", x->shape[1]), *h = hdt_axis("h", half);
	const hdt_expr *k = hdt_axis("k", two);
	const hdt_expr *at = hdt_at(x, n, c, hdt_add(hdt_mul(h, two), k));
	hdt_output(t, hdt_compute(t, "y", HDT_AT(n, c, h), hdt_reduce(HDT_REDUCE_MAX, &k, 1, at)));
}
static const hdt_operator halve = {.size = sizeof halve, .name = "halve", .inputs = "x", .define = define_halve};

/* ---- a scheduler that says it is faster with channels last ---- */

/* The dimension of `t` at which the value is read with an index that holds `axis`; -1: none. */
typedef struct dim_search {
	const hdt_tensor *tensor;
	const hdt_expr *axis;
	int found;
} dim_search;

static void find_dim(const hdt_expr *e, void *closure)
{
	dim_search *s = closure;
	for (int d = 0; e->op == HDT_OP_LOAD && e->tensor == s->tensor && d < e->count; d++)
		if (e->args[d] == s->axis)
			s->found = d;
}

static int dim_of(const hdt_task *task, const hdt_tensor *t, const hdt_expr *axis)
{
	dim_search s = {t, axis, -1};
	expr_walk(task->tensors[0]->value, find_dim, &s);
	return s.found;
}

static void find_sum(const hdt_expr *e, void *closure)
{
	if (e->op == HDT_OP_REDUCE && e->reduce == HDT_REDUCE_SUM)
		*(const hdt_expr **)closure = e;
}

/* Channels of input and output: dimensions; false: no sum over channels. */
static bool find_channels(const hdt_task *task, int *in, int *out)
{
	const hdt_expr *sum = NULL;
	if (task->tensor_count != 1 || task->input_count < 2 || !task->inputs[0] || task->inputs[0]->rank != 3 ||
	    task->inputs[1]->rank != 2 || task->outputs[0]->rank != 3)
		return false;
	expr_walk(task->tensors[0]->value, find_sum, &sum);
	if (!sum)
		return false;
	*in = dim_of(task, task->inputs[0], sum->args[1]);
	*out = -1;
	for (int d = 0; d < 3; d++)
		if (dim_of(task, task->inputs[1], task->outputs[0]->axes[d]) >= 0)
			*out = d;
	return *in >= 0 && *out >= 0;
}

static double factor = 0.5; /* of the time, for each tensor that has channels last */

static hdt_answer query(const hdt_task *task, const hdt_target_info *target)
{
	int in, out;
	if (!find_channels(task, &in, &out))
		return (hdt_answer){false, 0, "no sum over channels"};
	(void)target;
	return (hdt_answer){true, 0.5 * (in == 2 ? factor : 1) * (out == 2 ? factor : 1), NULL};
}

static hdt_program *build(const hdt_task *task, const hdt_target_info *target)
{
	return hdt_scheduler_auto_cpu.build(task, target);
}

static bool order(const hdt_task *task, const hdt_target_info *target, const hdt_tensor *tensor, int dims[HDT_MAX_RANK])
{
	int in, out;
	(void)target;
	if (!find_channels(task, &in, &out) || tensor->rank != 3 ||
	    (tensor != task->inputs[0] && tensor != task->outputs[0]))
		return false;
	int last = tensor == task->inputs[0] ? in : out, n = 0;
	for (int d = 0; d < 3; d++)
		if (d != last)
			dims[n++] = d;
	dims[2] = last;
	return true;
}

static const hdt_scheduler channels_last = {.size = sizeof channels_last,
                                            .name = "channels-last",
                                            .kind = HDT_FUNCTION_CPU,
                                            .query = query,
                                            .build = build,
                                            .order = order};

/* ---- fixture ---- */

static void begin(void)
{
	fixture_begin(&hdt_target_cpu, (const hdt_operator *const[]){&mix, &halve, NULL},
	              (const hdt_scheduler *const[]){&channels_last, NULL});
	factor = 0.5;
}

TestSuite(layout, .init = begin, .fini = fixture_end);

static hdt_value *input(const char *name, int64_t n, int64_t c, int64_t h)
{
	return hdt_graph_input(graph, name, HDT_F32, HDT_AT(hdt_int(context, n), hdt_int(context, c), hdt_int(context, h)));
}

static hdt_value *weight(int64_t rows, int64_t columns)
{
	static float bytes[64];
	static int next;
	float *w = bytes + 8 * (next++ % 4);
	for (int i = 0; i < rows * columns; i++)
		w[i] = (float)(1 + (i * 5 + next) % 7);
	return hdt_graph_constant(graph, NULL, HDT_F32, HDT_AT(hdt_int(context, rows), hdt_int(context, columns)),
	                          (hdt_data){.data = w, .bytes = (size_t)(rows * columns) * sizeof *w});
}

static hdt_value *apply1(const char *op, hdt_value *x)
{
	return hdt_apply(graph, op, HDT_VALUES(x), NULL);
}
static hdt_value *apply2(const char *op, hdt_value *x, hdt_value *y)
{
	return hdt_apply(graph, op, HDT_VALUES(x, y), NULL);
}

/* The tasks behind the pass, with the orders; in the context. */
static const char *tasks(void)
{
	char pattern[96];
	glob_t found;
	char *source;
	size_t bytes;
	compiled_graph *none = NULL;
	hdt_compile_options options = {.size = sizeof options,
	                               .target = "cpu",
	                               .threads = 1,
	                               .cache_dir = "",
	                               .dump_dir = folder,
	                               .no_fusion = true,
	                               .stop_after = "layout"};
	cr_assert_eq(compile_graph(graph, &options, &none), HDT_OK, "%s", context->message);
	snprintf(pattern, sizeof pattern, "%s/*-layout.hds", folder);
	cr_assert_eq(glob(pattern, 0, NULL, &found), 0);
	cr_assert_eq(file_read(context, found.gl_pathv[0], 1 << 20, &source, &bytes), HDT_OK);
	globfree(&found);
	const char *kept = hdt_format(context, "%s", source);
	free(source);
	return kept;
}

/* The graph compiled as it is now, against the reference evaluator. */
static void expect_right(bool fused)
{
	static float data[4][256];
	compiled_graph *c = NULL;
	hdt_array in[4], out[4];
	evaluated want[4];
	const void *inputs[4];
	hdt_compile_options options = {
		.size = sizeof options, .target = "cpu", .threads = 2, .cache_dir = "", .no_fusion = !fused};
	for (int i = 0; i < graph->input_count; i++) {
		in[i] = (hdt_array){.dtype = HDT_F32, .rank = graph->inputs[i]->rank, .data = data[i]};
		for (int d = 0; d < in[i].rank; d++)
			(void)hdt_is_const(graph->inputs[i]->shape[d], &in[i].shape[d]);
		for (int k = 0; k < 256; k++)
			data[i][k] = (float)((k * 7 + i) % 11 - 5);
		inputs[i] = data[i];
	}
	cr_assert_eq(graph_evaluate(graph, &(bindings){0}, inputs, want), HDT_OK, "%s", context->message);
	cr_assert_eq(compile_graph(graph, &options, &c), HDT_OK, "%s", context->message);
	cr_assert_eq(compiled_run(c, diagnostics, in, graph->input_count, out, graph->output_count), HDT_OK, "%s",
	             diagnostics->message);
	for (int o = 0; o < graph->output_count; o++) {
		cr_assert_eq(memcmp(out[o].data, want[o].data, (size_t)value_bytes(graph->outputs[o])), 0, "output %d", o);
		free(want[o].data);
	}
	compiled_free(c);
}

Test(layout, between_two_that_want_it_everything_has_channels_last_and_the_ends_stay)
{
	hdt_value *first = apply2("mix", input("x", 2, 3, 8), weight(4, 3));
	hdt_value *last = apply2("mix", apply1("twice", apply1("halve", first)), weight(2, 4));
	hdt_graph_output(graph, "y", last);
	cr_assert_str_eq(tasks(), "# %1 lies as [0, 2, 1]\n"
	                          "# %3 lies as [0, 2, 1]\n"
	                          "# %4 lies as [0, 2, 1]\n\n"
	                          "task @mix(x: f32[2, 3, 8], w: const f32[4, 3]) -> (y) {\n"
	                          "  y[n < 2, h < 8, c < 4] = sum(k < 3) x[n, k, h] * w[c, k]\n"
	                          "}\n\n"
	                          "task @halve(x: f32[2, 8, 4]) -> (y) {\n"
	                          "  y[n < 2, h < 4, c < 4] = max(k < 2) x[n, h * 2 + k, c]\n"
	                          "}\n\n"
	                          "task @twice(x: f32[2, 4, 4]) -> (out) {\n"
	                          "  out[i0 < 2, i2 < 4, i1 < 4] = x[i0, i2, i1] + x[i0, i2, i1]\n"
	                          "}\n\n"
	                          "task @mix(x: f32[2, 4, 4], w: const f32[2, 4]) -> (y) {\n"
	                          "  y[n < 2, c < 2, h < 4] = sum(k < 4) x[n, h, k] * w[c, k]\n"
	                          "}\n");
	expect_right(false);
}

Test(layout, a_sum_of_two_branches_and_a_branch_that_leaves_are_right)
{
	hdt_value *x = input("x", 2, 3, 8);
	hdt_value *a = apply2("mix", x, weight(4, 3)), *b = apply2("mix", x, weight(4, 3));
	hdt_value *sum = apply2("add", apply1("twice", a), b);
	hdt_graph_output(graph, "y", apply2("mix", sum, weight(2, 4)));
	hdt_graph_output(graph, "half", apply1("halve", sum));
	cr_assert(strstr(tasks(), "x: f32[2, 8, 4], y: f32[2, 8, 4]) -> (out)"), "%s", tasks());
	expect_right(false);
}

Test(layout, what_is_seen_in_another_shape_keeps_its_memory)
{
	hdt_value *a = apply2("mix", input("x", 2, 3, 8), weight(4, 3));
	hdt_value *b = apply2("mix", apply1("twice", a), weight(2, 4));
	hdt_value *c = apply2("mix", apply1("twice", b), weight(3, 2));
	hdt_graph_output(graph, "flat", apply1("flat", b));
	hdt_graph_output(graph, "z", c);
	const char *got = tasks();
	cr_assert(strstr(got, "# %1 lies as [0, 2, 1]\n# %3 lies as [0, 2, 1]\n# %6 lies as [0, 2, 1]\n\n"), "%s", got);
	cr_assert_str_eq(b->name, "4", "which has no order");
	expect_right(false);
}

Test(layout, nobody_gets_an_order_that_costs_the_others_more)
{
	factor = 0.9999;
	hdt_value *first = apply2("mix", input("x", 2, 3, 8), weight(4, 3));
	hdt_graph_output(graph, "y", apply1("halve", first));
	/* The one that writes gains next to nothing; the one that reads loses its whole vectors. */
	(void)tasks();
	expect_right(false);
}

Test(layout, a_scheduler_that_gains_nothing_changes_nothing)
{
	factor = 1.5;
	hdt_value *first = apply2("mix", input("x", 2, 3, 8), weight(4, 3));
	hdt_graph_output(graph, "y", apply2("mix", first, weight(2, 4)));
	cr_assert_null(strstr(tasks(), "lies as"), "%s", tasks());
}

Test(layout, dimensions_of_one_element_change_places_without_a_step)
{
	hdt_value *first = apply2("mix", input("x", 2, 3, 1), weight(4, 3));
	hdt_graph_output(graph, "y", apply2("mix", first, weight(2, 4)));
	const char *got = tasks();
	cr_assert(strstr(got, "task @mix(x: f32[2, 1, 3], w: const f32[4, 3])"), "the graph's own input: %s", got);
	cr_assert(strstr(got, "y[n < 2, h < 1, c < 2]") || strstr(got, "y[n < 2, h, c < 2]"), "and output: %s", got);
	expect_right(true);
}
