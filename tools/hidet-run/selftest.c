/* selftest.c: the verb selftest: every operator's own samples, for each dtype that it claims, compiled and compared with the reference
 * evaluator.
 *
 * A case is one sample with one dtype. An operator that a resolve rule applies to is tested twice: as itself and resolved. Cases are
 * compiled many at a time into one object, which is what makes a few thousand of them a matter of a minute. */
#include "verbs.h"

#include "base/vec.h"
#include "data.h"
#include "exec/compare.h"
#include <fnmatch.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

enum { BATCH = 96 };

typedef struct test_case {
	const hdt_operator *op;
	const char *source; /* the sample */
	hdt_dtype dtype;    /* for T */
	bool resolved;
	/* set while the batch runs */
	hdt_context *context;
	sample sample;
	compiled_graph *compiled;
	/* the outcome */
	const char *problem; /* malloc'ed; NULL: passed */
	double max_relative;
} test_case;

typedef struct selftest {
	hdt_session *session;
	const options *o;
	hdt_context *context; /* of names and diagnostics of the whole */
	VEC(test_case) cases;
	int passed, failed;
	const char *unusable; /* why the target compiled nothing of a batch, or NULL */
} selftest;

/* ---- collecting ----------------------------------------------------------------------------------------------------- */

/* Is `dtype` among the names and groups of an operator's `dtypes`? */
static bool claims(const char *dtypes, hdt_dtype dtype)
{
	static const char *const groups[] = {
		[HDT_KIND_BOOL] = "bool", [HDT_KIND_UINT] = "uint", [HDT_KIND_INT] = "int", [HDT_KIND_FLOAT] = "float"};
	const hdt_dtype_info *info = hdt_dtype_of(dtype);
	for (const char *at = dtypes; at && *at;) {
		size_t n = strcspn(at, " ");
		const char *const names[] = {info->name, groups[info->kind], "any"};
		for (int i = 0; i < 3; i++)
			if (n == strlen(names[i]) && strncmp(at, names[i], n) == 0)
				return true;
		at += n + strspn(at + n, " ");
	}
	return false;
}

/* Does the sample leave its dtype open: a T that is a word of its own? */
static bool is_open(const char *source)
{
	for (const char *at = source; (at = strchr(at, 'T')); at++)
		if ((at == source || strchr(" (,=", at[-1])) && (!at[1] || strchr("[ ,)", at[1])))
			return true;
	return false;
}

static bool has_resolve_rule(const hdt_registry *registry, const char *op)
{
	for (int i = 0; i < registry_count(registry, REGISTRY_RESOLVE_RULE); i++)
		if (strcmp(((const hdt_resolve_rule *)registry_at(registry, REGISTRY_RESOLVE_RULE, i)->descriptor)->op, op) ==
		    0)
			return true;
	return false;
}

static bool add_cases(selftest *s, const hdt_operator *op, bool resolved)
{
	for (const char *const *at = op->samples; at && *at; at++) {
		bool open = is_open(*at);
		for (int d = 0; d < HDT_DTYPE_COUNT; d++) {
			test_case c = {.op = op, .source = *at, .dtype = (hdt_dtype)d, .resolved = resolved};
			if ((open ? claims(op->dtypes, (hdt_dtype)d) : d == HDT_F32) && !vec_push(s->context, &s->cases, c))
				return false;
		}
	}
	return true;
}

static hdt_status collect(selftest *s)
{
	const hdt_registry *registry = session_registry(s->session);
	for (int i = 0; i < registry_count(registry, REGISTRY_OPERATOR); i++) {
		const hdt_operator *op = registry_at(registry, REGISTRY_OPERATOR, i)->descriptor;
		if (s->o->op && fnmatch(s->o->op, op->name, 0) != 0)
			continue;
		if (!op->samples || !op->samples[0])
			return hdt_fail(s->context, HDT_INTERNAL, "operator '%s' has no samples: nothing can be said of it",
			                op->name);
		if (!add_cases(s, op, false) || (has_resolve_rule(registry, op->name) && !add_cases(s, op, true)))
			return HDT_OUT_OF_MEMORY;
	}
	return s->cases.count ? HDT_OK
	                      : hdt_fail(s->context, HDT_USAGE, "no operator is called '%s'", s->o->op ? s->o->op : "");
}

/* ---- running one case ----------------------------------------------------------------------------------------------- */

static void problem(test_case *c, const char *format, ...) HDT_PRINTF(2, 3);
static void problem(test_case *c, const char *format, ...)
{
	va_list args;
	va_start(args, format);
	char *p = NULL;
	if (!c->problem && vasprintf(&p, format, args) >= 0)
		c->problem = p;
	va_end(args);
}

/* Random inputs of the sample's shapes. False after a problem. */
static bool make_inputs(test_case *c, uint64_t seed, hdt_array *arrays)
{
	const hdt_graph *g = c->sample.graph;
	bindings b = {g->symbols, c->sample.values, g->symbol_count};
	random_stream stream;
	random_seed(&stream, seed);
	for (int i = 0; i < g->input_count; i++) {
		const hdt_value *v = g->inputs[i];
		arrays[i] = (hdt_array){.name = v->name, .dtype = v->dtype, .rank = v->rank};
		for (int d = 0; d < v->rank; d++)
			if (!expr_evaluate(v->shape[d], &b, &arrays[i].shape[d]))
				return problem(c, "input %d: dimension %d cannot be computed", i, d), false;
		int64_t elements = array_elements(&arrays[i]);
		arrays[i].data = elements < 0 ? NULL : calloc((size_t)elements + 1, hdt_dtype_of(v->dtype)->bytes);
		if (!arrays[i].data)
			return problem(c, "input %d: out of memory", i), false;
		random_fill(&stream, v->dtype, arrays[i].data, elements, c->sample.low[i], c->sample.high[i]);
	}
	return true;
}

static void compare_outputs(test_case *c, const evaluated *want, const hdt_array *got)
{
	const hdt_graph *g = c->sample.graph;
	for (int i = 0; i < g->output_count; i++) {
		hdt_array reference = {.dtype = want[i].dtype, .rank = want[i].rank, .data = want[i].data};
		memcpy(reference.shape, want[i].shape, sizeof reference.shape);
		if (reference.dtype != got[i].dtype || !same_shape(&reference, &got[i])) {
			problem(c, "output %d has another dtype or shape than the reference", i);
			return;
		}
		comparison result =
			compare_arrays(&got[i], &reference, (tolerance){.relative = -1, .absolute = -1, .scale = c->op->tolerance});
		c->max_relative = result.max_relative > c->max_relative ? result.max_relative : c->max_relative;
		if (result.mismatched)
			problem(c, "output %d: %lld of %lld elements differ, largest error %.3g; %.9g instead of %.9g", i,
			        (long long)result.mismatched, (long long)result.elements, result.max_absolute, result.worst_got,
			        result.worst_want);
	}
}

static void run_case(const selftest *s, test_case *c)
{
	hdt_graph *g = c->sample.graph;
	hdt_array *inputs = calloc((size_t)g->input_count + 1, sizeof *inputs),
			  *got = calloc((size_t)g->output_count + 1, sizeof *got);
	evaluated *want = calloc((size_t)g->output_count + 1, sizeof *want);
	const void **data = calloc((size_t)g->input_count + 1, sizeof *data);
	bindings b = {g->symbols, c->sample.values, g->symbol_count};
	if (!inputs || !got || !want || !data)
		problem(c, "out of memory");
	else if (make_inputs(c, s->o->seed < 0 ? 0 : (uint64_t)s->o->seed, inputs)) {
		for (int i = 0; i < g->input_count; i++)
			data[i] = inputs[i].data;
		if (graph_evaluate(g, &b, data, want) != HDT_OK)
			problem(c, "the reference evaluator: %s", c->context->message);
		else if (compiled_run(c->compiled, c->context, inputs, g->input_count, got, g->output_count) != HDT_OK)
			problem(c, "running: %s", c->context->message);
		else
			compare_outputs(c, want, got);
	}
	for (int i = 0; inputs && i < g->input_count; i++)
		free(inputs[i].data);
	for (int i = 0; want && i < g->output_count; i++)
		free(want[i].data);
	free(inputs);
	free(got);
	free(want);
	free(data);
}

/* ---- batches -------------------------------------------------------------------------------------------------------- */

static void parse_case(const selftest *s, test_case *c)
{
	c->context = context_new(session_registry(s->session));
	if (!c->context)
		problem(c, "out of memory");
	else if (sample_parse(c->context, c->source, c->dtype, &c->sample) != HDT_OK ||
	         task_verify(c->sample.graph->nodes[0]->task) != HDT_OK)
		problem(c, "%s", c->context->message);
}

/* Compile the cases that parsed, as they are or resolved. A fault of one is its own problem; of the whole, everybody's. */
static void compile_cases(selftest *s, test_case *cases, int count, bool resolved)
{
	hdt_graph *graphs[BATCH];
	compiled_graph *compiled[BATCH];
	test_case *of[BATCH];
	int n = 0;
	for (int i = 0; i < count; i++)
		if (!cases[i].problem && cases[i].resolved == resolved) {
			of[n] = &cases[i];
			graphs[n++] = cases[i].sample.graph;
		}
	hdt_compile_options how = compile_options_of(s->o);
	how.no_optimise = !resolved;
	hdt_context *context = n ? context_new(session_registry(s->session)) : NULL;
	if (context && compile_graphs(context, graphs, n, &how, compiled) == HDT_OK)
		for (int i = 0; i < n; i++) {
			of[i]->compiled = compiled[i];
			if (!compiled[i])
				problem(of[i], "compiling: %s", of[i]->context->message);
		}
	else
		for (int i = 0; i < n; i++)
			problem(of[i], "compiling: %s", !context ? "out of memory" : context->message);
	if (context && context->status == HDT_BAD_TARGET)
		s->unusable = hdt_format(s->context, "%s", context->message);
	context_free(context);
}

static void run_batch(selftest *s, test_case *cases, int count)
{
	for (int i = 0; i < count; i++)
		parse_case(s, &cases[i]);
	compile_cases(s, cases, count, false);
	compile_cases(s, cases, count, true);
	for (int i = 0; i < count; i++) {
		if (!cases[i].problem)
			run_case(s, &cases[i]);
		compiled_free(cases[i].compiled);
		context_free(cases[i].context);
		cases[i].compiled = NULL;
		cases[i].context = NULL;
		*(cases[i].problem ? &s->failed : &s->passed) += 1;
	}
}

/* ---- reporting ------------------------------------------------------------------------------------------------------ */

static const char *case_name(const selftest *s, const test_case *c)
{
	const char *dtype = is_open(c->source) ? hdt_format(s->context, " with T = %s", hdt_dtype_of(c->dtype)->name) : "";
	return hdt_format(s->context, "%s%s%s", c->source, dtype, c->resolved ? ", resolved" : "");
}

static void show_progress(const selftest *s, int done)
{
	if (s->o->quiet)
		return;
	if (isatty(STDERR_FILENO))
		fprintf(stderr, "\r%d of %d samples, %d failed ", done, s->cases.count, s->failed);
	else if (done == s->cases.count || done / 1000 != (done - BATCH) / 1000)
		fprintf(stderr, "%d of %d samples, %d failed\n", done, s->cases.count, s->failed);
}

static json_t *make_report(const selftest *s)
{
	json_t *cases = json_array();
	for (int i = 0; i < s->cases.count; i++) {
		const test_case *c = &s->cases.items[i];
		json_t *entry =
			json_pack("{s:s, s:s, s:s, s:f}", "name", case_name(s, c), "target", s->o->target ? s->o->target : "cpu",
		              "status", c->problem ? "failed" : "passed", "max_rel_err", c->max_relative);
		if (c->problem)
			json_object_set_new(entry, "problem", json_string(c->problem));
		json_array_append_new(cases, entry);
	}
	return json_pack("{s:i, s:i, s:i, s:o}", "passed", s->passed, "failed", s->failed, "skipped", 0, "cases", cases);
}

int verb_selftest(hdt_session *session, const options *o)
{
	selftest s = {.session = session, .o = o, .context = context_new(session_registry(session))};
	if (!s.context)
		return exit_code_of(HDT_OUT_OF_MEMORY);
	if (o->operands.count)
		hdt_fail(s.context, HDT_USAGE, "selftest takes no '%s'; --op=GLOB chooses operators", o->operands.items[0]);
	int code = o->operands.count || collect(&s) != HDT_OK ? report_fault(s.context) : 0;
	for (int at = 0; !code && at < s.cases.count; at += BATCH) {
		int count = s.cases.count - at < BATCH ? s.cases.count - at : BATCH;
		run_batch(&s, s.cases.items + at, count);
		if (s.unusable && !s.passed) {
			hdt_fail(s.context, HDT_BAD_TARGET, "%s", s.unusable);
			code = report_fault(s.context);
			break;
		}
		show_progress(&s, at + count);
	}
	if (!code) {
		if (!o->quiet && isatty(STDERR_FILENO))
			fprintf(stderr, "\n");
		for (int i = 0; i < s.cases.count && !json_on_stdout(o); i++)
			if (s.cases.items[i].problem || o->verbose)
				printf("%s %s%s%s\n", s.cases.items[i].problem ? "FAILED" : "passed", case_name(&s, &s.cases.items[i]),
				       s.cases.items[i].problem ? ": " : "", s.cases.items[i].problem ? s.cases.items[i].problem : "");
		if (!json_on_stdout(o))
			printf("%d passed, %d failed\n", s.passed, s.failed);
		code = !report_json(o, make_report(&s)) ? exit_code_of(HDT_IO_ERROR)
		       : s.failed                       ? exit_code_of(HDT_MISMATCH)
		                                        : 0;
	}
	for (int i = 0; i < s.cases.count; i++)
		free((char *)(uintptr_t)s.cases.items[i].problem);
	context_free(s.context);
	return code;
}
