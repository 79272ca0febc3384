/* bench.c: the verb bench: how long a model takes to load, to compile, for its first run and from then on, and where the time of a run goes.
 *
 * Runs of the steady state come one after the other, as many as both floors ask for: --duration and --iters. */
#include "bench.h"

#include "data.h"
#include "verbs.h"
#include <math.h>
#include <stdio.h>
#include <stdlib.h>

enum { DEFAULT_WARMUP_MS = 200, DEFAULT_ITERATIONS = 10, MOST_RUNS = 1 << 22 };
static const double DEFAULT_DURATION = 3;

/* The steps are timed in at most so many rounds, in about so much time. */
enum { MOST_ROUNDS = 200, LEAST_ROUNDS = 5, STEPS_MS = 1000 };

/* One model on its way through the measurement. */
typedef struct subject {
	hdt_session *session;
	hdt_context *context; /* of the inputs, and of faults of options */
	hdt_model *model;
	hdt_compiled *compiled;
	input_set inputs;
	hdt_array *outputs;
	int output_count;
} subject;

double bench_percentile(const bench *b, double percent)
{
	int at = (int)ceil(percent / 100 * b->runs.count) - 1;
	return b->runs.count ? b->runs.items[at < 0 ? 0 : at] : 0;
}

double bench_mean(const bench *b)
{
	return b->runs.count ? b->total_ms / b->runs.count : 0;
}

/* "50,90,99.9" */
static hdt_status read_percentiles(hdt_context *context, bench *b)
{
	const char *word = b->o->percentiles ? b->o->percentiles : "50,90,95,99";
	for (const char *at = word;; at++) {
		char *end;
		double percent = strtod(at, &end);
		if (end == at || !(percent >= 0 && percent <= 100) || (*end && *end != ',') ||
		    b->percentile_count == MOST_PERCENTILES)
			return hdt_fail(context, HDT_USAGE,
			                "--percentiles takes at most %d numbers from 0 to 100 as 50,90,99, not '%s'",
			                MOST_PERCENTILES, word);
		b->percentiles[b->percentile_count++] = percent;
		at = end;
		if (!*at)
			return HDT_OK;
	}
}

/* One run; its time in milliseconds. */
static hdt_status run_once(subject *s, double *ms)
{
	double begin = now_ms();
	hdt_status status = hdt_compiled_run(s->compiled, s->inputs.arrays, s->inputs.count, s->outputs, s->output_count);
	*ms = now_ms() - begin;
	return status;
}

static hdt_status warm_up(subject *s, const bench *b)
{
	double floor_ms = b->o->warmup_ms < 0 ? DEFAULT_WARMUP_MS : (double)b->o->warmup_ms, ms;
	hdt_status status = HDT_OK;
	for (double spent = 0; spent < floor_ms && status == HDT_OK; spent += ms)
		status = run_once(s, &ms);
	return status;
}

static hdt_status run_steadily(subject *s, bench *b)
{
	double floor_ms = (b->o->duration < 0 ? DEFAULT_DURATION : b->o->duration) * 1e3, ms;
	long floor_runs = b->o->iterations < 0 ? DEFAULT_ITERATIONS : b->o->iterations;
	floor_runs = floor_runs < 1 ? 1 : floor_runs > MOST_RUNS ? MOST_RUNS : floor_runs;
	hdt_status status = HDT_OK;
	double begin = now_ms();
	while (status == HDT_OK && b->runs.count < MOST_RUNS &&
	       (b->runs.count < floor_runs || now_ms() - begin < floor_ms)) {
		status = run_once(s, &ms);
		if (status == HDT_OK && !heap_push(&b->runs, ms))
			status = session_fail(s->session, HDT_OUT_OF_MEMORY, "out of memory for the times of the runs");
	}
	b->total_ms = now_ms() - begin;
	times_sort(b->runs.items, b->runs.count);
	return status;
}

static hdt_status time_steps(subject *s, bench *b)
{
	double run_ms = bench_percentile(b, 50);
	int rounds = run_ms > 0 && STEPS_MS / run_ms < MOST_ROUNDS ? (int)(STEPS_MS / run_ms) : MOST_ROUNDS;
	b->step_count = compiled_model_steps(s->compiled);
	b->steps = calloc((size_t)b->step_count + 1, sizeof *b->steps);
	if (!b->steps)
		return session_fail(s->session, HDT_OUT_OF_MEMORY, "out of memory for the times of the kernels");
	return compiled_model_measure(s->compiled, s->inputs.arrays, s->inputs.count,
	                              rounds < LEAST_ROUNDS ? LEAST_ROUNDS : rounds, b->steps);
}

/* Of this program: ru_maxrss would count what the one that started it took. */
static int64_t peak_memory(void)
{
	FILE *f = fopen("/proc/self/status", "r");
	char line[128];
	long long kilobytes = 0;
	while (f && fgets(line, sizeof line, f) && sscanf(line, "VmHWM: %lld", &kilobytes) != 1)
		;
	if (f)
		fclose(f);
	return kilobytes * 1024;
}

static hdt_status measure(subject *s, bench *b)
{
	hdt_compile_options how = compile_options_of(b->o);
	double begin = now_ms();
	hdt_status status = hdt_compile(s->model, &how, &s->compiled);
	b->compile_ms = now_ms() - begin;
	if (status != HDT_OK)
		return status;
	const loaded *on = compiled_model_loaded(s->compiled);
	b->info = on->target->info(on->device);
	status = run_once(s, &b->first_run_ms);
	if (status == HDT_OK)
		status = warm_up(s, b);
	if (status == HDT_OK)
		status = run_steadily(s, b);
	b->peak_rss_bytes = peak_memory(); /* before this program takes memory for what it measures with */
	if (status == HDT_OK)
		status = time_steps(s, b);
	if (status == HDT_OK)
		bench_measure_peak(b, s->session, on->target);
	b->compiled = *compiled_model_report(s->compiled);
	b->device_peak_bytes = on->target->host_memory ? 0 : b->compiled.planned_bytes + b->compiled.weight_bytes;
	return status;
}

/* What is measured: the model, its inputs, room for its outputs. Nonzero: the exit code, after a message. */
static int prepare(subject *s, bench *b)
{
	int code;
	if (!(s->context = context_new(session_registry(s->session))))
		return exit_code_of(HDT_OUT_OF_MEMORY);
	if (read_percentiles(s->context, b) != HDT_OK)
		return report_fault(s->context);
	double begin = now_ms();
	s->model = load_model(s->session, b->o, &code);
	b->load_ms = now_ms() - begin;
	if (!s->model)
		return code;
	const hdt_graph *graph = model_graph(s->model);
	if (inputs_gather(s->context, graph, b->o, &s->inputs) != HDT_OK)
		return report_fault(s->context);
	s->output_count = graph->output_count;
	s->outputs = hdt_allocate(s->context, sizeof *s->outputs * (size_t)(graph->output_count + 1));
	return s->outputs ? 0 : report_fault(s->context);
}

int verb_bench(hdt_session *session, const options *o)
{
	subject s = {.session = session};
	bench b = {.o = o};
	int code = prepare(&s, &b);
	if (code == 0) {
		hdt_status status = measure(&s, &b);
		code = status == HDT_OK ? bench_give(&b) : report_session_fault(session, status);
	}
	heap_free(&b.runs);
	free(b.steps);
	hdt_compiled_free(s.compiled);
	inputs_free(&s.inputs);
	hdt_model_free(s.model);
	context_free(s.context);
	return code;
}
