/* selftest_run.c: compiles a batch of cases into one object, runs each, and compares it with the reference evaluator.
 *
 * Where the object cannot be made, one case is at fault for all: the batch is halved until it is found. */
#include "selftest.h"

#include "core/compile.h"
#include "data.h"
#include "exec/compare.h"
#include "results.h"
#include "verbs.h"
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

void case_problem(test_case *c, const char *format, ...)
{
	va_list args;
	va_start(args, format);
	char *p = NULL;
	if (!c->problem && vasprintf(&p, format, args) >= 0)
		c->problem = p;
	va_end(args);
}

/* ---- data ----------------------------------------------------------------------------------------------------------- */

/* Random numbers for a value; they become the array's. False after a problem. */
static bool make_data(test_case *c, random_stream *stream, const hdt_value *v, double low, double high, hdt_array *out)
{
	const hdt_graph *g = c->sample.graph;
	bindings b = {g->symbols, c->sample.values, g->symbol_count};
	*out = (hdt_array){.name = v->name, .dtype = v->dtype, .rank = v->rank};
	for (int d = 0; d < v->rank; d++)
		if (!expr_evaluate(v->shape[d], &b, &out->shape[d]))
			return case_problem(c, "'%s': dimension %d cannot be computed", v->name, d), false;
	int64_t elements = array_elements(out);
	out->data = elements < 0 ? NULL : calloc((size_t)elements + 1, hdt_dtype_of(v->dtype)->bytes);
	if (!out->data)
		return case_problem(c, "'%s': out of memory", v->name), false;
	random_fill(stream, v->dtype, out->data, elements, low, high);
	return true;
}

static bool make_constant(test_case *c, random_stream *stream, int i)
{
	hdt_array a;
	hdt_value *v = c->sample.constants[i].value;
	if (!make_data(c, stream, v, c->sample.constants[i].low, c->sample.constants[i].high, &a))
		return false;
	hdt_data data = {a.data, (size_t)(array_elements(&a) * hdt_dtype_of(v->dtype)->bytes), free, a.data, false};
	return graph_set_constant(v, data) == HDT_OK || (case_problem(c, "%s", c->context->message), false);
}

static bool make_all_data(const selftest *s, test_case *c)
{
	const hdt_graph *g = c->sample.graph;
	random_stream stream;
	random_seed(&stream, s->o->seed < 0 ? 0 : (uint64_t)s->o->seed);
	for (int i = 0; i < c->sample.constant_count; i++)
		if (!make_constant(c, &stream, i))
			return false;
	c->inputs = calloc((size_t)g->input_count + 1, sizeof *c->inputs);
	for (int i = 0; i < g->input_count && c->inputs; i++)
		if (!make_data(c, &stream, g->inputs[i], c->sample.low[i], c->sample.high[i], &c->inputs[i]))
			return false;
	return c->inputs || (case_problem(c, "out of memory"), false);
}

/* ---- one case ------------------------------------------------------------------------------------------------------- */

static bool read_sample(const selftest *s, test_case *c)
{
	c->context = context_new(session_registry(s->session));
	if (!c->context)
		return case_problem(c, "out of memory"), false;
	hdt_status status = sample_parse(c->context, c->source, c->dtype, &c->sample);
	const hdt_graph *g = c->sample.graph;
	for (int i = 0; status == HDT_OK && i < g->node_count; i++) {
		status = task_verify(g->nodes[i]->task);
		double own = g->nodes[i]->op->tolerance;
		c->tolerance = own > c->tolerance ? own : c->tolerance;
	}
	return status == HDT_OK || (case_problem(c, "%s", c->context->message), false);
}

/* What comes out of the operators as they are defined, before any pass has seen the graph. */
static bool evaluate(test_case *c)
{
	const hdt_graph *g = c->sample.graph;
	bindings b = {g->symbols, c->sample.values, g->symbol_count};
	const void **data = calloc((size_t)g->input_count + 1, sizeof *data);
	c->want = calloc((size_t)g->output_count + 1, sizeof *c->want);
	for (int i = 0; data && i < g->input_count; i++)
		data[i] = c->inputs[i].data;
	if (!data || !c->want)
		case_problem(c, "out of memory");
	else if (graph_evaluate(g, &b, data, c->want) != HDT_OK)
		case_problem(c, "the reference evaluator: %s", c->context->message);
	free(data);
	return !c->problem;
}

bool case_prepare(const selftest *s, test_case *c)
{
	return read_sample(s, c) && make_all_data(s, c) && evaluate(c);
}

void case_release(test_case *c)
{
	const hdt_graph *g = c->sample.graph;
	for (int i = 0; c->inputs && i < g->input_count; i++)
		free(c->inputs[i].data);
	for (int i = 0; c->want && i < g->output_count; i++)
		free(c->want[i].data);
	free(c->inputs);
	free(c->want);
	compiled_free(c->compiled);
	context_free(c->context);
	c->inputs = NULL;
	c->want = NULL;
	c->compiled = NULL;
	c->context = NULL;
	c->sample = (sample){0};
}

static void compare_outputs(test_case *c, const hdt_array *got)
{
	for (int i = 0; i < c->sample.graph->output_count; i++) {
		const evaluated *want = &c->want[i];
		hdt_array reference = {.dtype = want->dtype, .rank = want->rank, .data = want->data};
		memcpy(reference.shape, want->shape, sizeof reference.shape);
		if (reference.dtype != got[i].dtype || !same_shape(&reference, &got[i])) {
			case_problem(c, "output %d has another dtype or shape than the reference", i);
			return;
		}
		hdt_dtype computed = c->sample.precision ? results_tolerance(c->sample.precision) : HDT_DTYPE_NONE;
		comparison result = compare_arrays(&got[i], &reference, (tolerance){-1, -1, c->tolerance, computed});
		c->max_relative = result.max_relative > c->max_relative ? result.max_relative : c->max_relative;
		if (result.mismatched)
			case_problem(c, "output %d: %lld of %lld elements differ, largest error %.3g; %.9g instead of %.9g", i,
			             (long long)result.mismatched, (long long)result.elements, result.max_absolute,
			             result.worst_got, result.worst_want);
	}
}

static void run_case(test_case *c)
{
	const hdt_graph *g = c->sample.graph;
	hdt_array *got = calloc((size_t)g->output_count + 1, sizeof *got);
	if (!got)
		case_problem(c, "out of memory");
	else if (compiled_run(c->compiled, c->context, c->inputs, g->input_count, got, g->output_count) != HDT_OK)
		case_problem(c, "running: %s", c->context->message);
	else
		compare_outputs(c, got);
	free(got);
}

/* ---- batches -------------------------------------------------------------------------------------------------------- */

/* Operators as they are defined are compiled without the passes. */
static bool is_optimised(const test_case *c)
{
	return c->resolved || c->by.scheduler;
}

/* Can they be compiled together? */
static bool is_alike(const test_case *a, const test_case *b)
{
	const char *x = a->sample.precision, *y = b->sample.precision;
	return is_optimised(a) == is_optimised(b) && (x ? y && strcmp(x, y) == 0 : !y);
}

/* Compile the cases, which are alike, into one object. A fault of one is its own problem. False: a fault of the whole,
 * left in `context`. */
static bool compile_together(selftest *s, hdt_context *context, test_case *const *cases, int count)
{
	hdt_graph *graphs[SELFTEST_BATCH];
	candidate by[SELFTEST_BATCH];
	compiled_graph *compiled[SELFTEST_BATCH];
	for (int i = 0; i < count; i++) {
		graphs[i] = cases[i]->sample.graph;
		by[i] = cases[i]->by;
	}
	hdt_compile_options how = compile_options_of(s->o);
	how.no_optimise = !is_optimised(cases[0]);
	how.precision = cases[0]->sample.precision;
	if (compile_graphs(context, graphs, count, &how, by, compiled) != HDT_OK)
		return false;
	for (int i = 0; i < count; i++) {
		test_case *c = cases[i];
		c->compiled = compiled[i];
		c->refused = !compiled[i] && c->sample.refused && c->context->status == HDT_UNSUPPORTED;
		if (!compiled[i] && !c->refused)
			case_problem(c, "compiling: %s", c->context->message);
		else if (compiled[i] && c->sample.refused)
			case_problem(c, "%s takes what it is to refuse", c->by.scheduler ? c->by.scheduler->name : "a scheduler");
	}
	return true;
}

static void blame_all(test_case *const *cases, int count, const char *message)
{
	for (int i = 0; i < count; i++)
		case_problem(cases[i], "compiling: %s", message);
}

/* What compiling began with is spent: once more from the samples. Returns how many there still are. */
static int prepare_again(const selftest *s, test_case **cases, int count)
{
	int good = 0;
	for (int i = 0; i < count; i++) {
		case_release(cases[i]);
		if (!cases[i]->problem && case_prepare(s, cases[i]))
			cases[good++] = cases[i];
	}
	return good;
}

static void compile_cases(selftest *s, test_case **cases, int count)
{
	hdt_context *context = count ? context_new(session_registry(s->session)) : NULL;
	if (!context)
		blame_all(cases, count, "out of memory");
	else if (!compile_together(s, context, cases, count)) {
		if (count == 1 && context->status == HDT_BAD_TARGET && !cases[0]->by.scheduler)
			s->unusable = hdt_format(s->context, "%s", context->message); /* what schedulers build may be no program */
		if (count == 1 || s->unusable)
			blame_all(cases, count, context->message);
		else {
			int good = prepare_again(s, cases, count), half = good / 2;
			compile_cases(s, cases, half);
			compile_cases(s, cases + half, good - half);
		}
	}
	context_free(context);
}

/* A target with memory of its own cannot be taken to another process, and its faults are no crashes of this one. */
static void run_cases(test_case *const *cases, int count)
{
	if (count && compiled_loaded(cases[0]->compiled)->target->host_memory)
		selftest_run_apart(cases, count, run_case);
	else
		for (int i = 0; i < count; i++)
			run_case(cases[i]);
}

void selftest_run(selftest *s, test_case *cases, int count)
{
	test_case *chosen[SELFTEST_BATCH];
	for (int i = 0; i < count; i++)
		(void)(cases[i].problem || case_prepare(s, &cases[i]));
	for (int first = 0; first < count; first++) {
		int n = 0;
		for (int i = first; i < count; i++)
			if (!cases[i].problem && !cases[i].tried && is_alike(&cases[first], &cases[i]))
				chosen[n++] = &cases[i];
		for (int i = 0; i < n; i++)
			chosen[i]->tried = true;
		compile_cases(s, chosen, n);
	}
	int runnable = 0;
	for (int i = 0; i < count; i++)
		if (!cases[i].problem && !cases[i].refused)
			chosen[runnable++] = &cases[i];
	run_cases(chosen, runnable);
	for (int i = 0; i < count; i++) {
		case_release(&cases[i]);
		*(cases[i].problem ? &s->failed : &s->passed) += 1;
	}
}
