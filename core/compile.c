/* compile.c: the pipeline, from top to bottom.
 *
 * After every pass over the graph: its time in the log (HIDET_DEBUG=1), its text in the dump folder, and with
 * HIDET_VERIFY=1 the verifier. */
#include "compile.h"

#include "exec/cache.h"
#include "exec/dump.h"
#include "exec/kernels.h"
#include "exec/schedule.h"
#include "pass/pass.h"
#include "rewrite/rewrite.h"
#include <limits.h>
#include <sched.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>

/* Larger results of constants are computed once by compiled code, when the graph is made ready. */
enum { FOLD_BYTES = 4096 };

static hdt_status run_rewrite(hdt_graph *g)
{
	return graph_rewrite(g, &(rewrite_options){.limit = -1}, NULL);
}
static hdt_status run_resolve(hdt_graph *g)
{
	return graph_resolve(g, &(rewrite_options){.limit = -1}, NULL);
}
static hdt_status run_fold(hdt_graph *g)
{
	return pass_fold_constants(g, FOLD_BYTES);
}

static const struct {
	const char *word; /* of --stop-after and of the dumps */
	hdt_status (*run)(hdt_graph *graph);
	const char *doc;
} passes[] = {
	{"rewrite", run_rewrite, "sub-graphs become better ones"},
	{"resolve", run_resolve, "operators become others that are computed directly"},
	{"fold", run_fold, "what depends on small constants becomes a constant"},
	{"merge", pass_merge_common, "equal nodes become one"},
	{"drop", pass_drop_dead, "nodes that nothing needs go"},
};
enum { PASS_COUNT = sizeof passes / sizeof *passes };

/* Stages behind the passes. */
static const char *const stages[] = {"schedule", "emit"};
enum { STAGE_COUNT = sizeof stages / sizeof *stages };

/* One graph on its way. */
typedef struct job {
	hdt_graph *graph;
	step *steps;
	int count;
	bool failed; /* the reason is in the graph's context */
} job;

typedef struct compilation {
	hdt_context *context;
	hdt_compile_options options;
	const char *stop_after;
	bool plan_only; /* no object: nobody will run it */
	int ordinal;    /* of the device */
	dump dump;
	double clock; /* when the stage at hand began */
	compile_report report;
} compilation;

static double now_ms(void)
{
	struct timespec t;
	clock_gettime(CLOCK_MONOTONIC, &t);
	return (double)t.tv_sec * 1e3 + (double)t.tv_nsec / 1e6;
}

/* Milliseconds since the last lap, which are logged. */
static double lap(compilation *c, const char *word)
{
	double now = now_ms(), passed = now - c->clock;
	c->clock = now;
	hdt_log(c->context, 1, "%-8s %8.2f ms", word, passed);
	return passed;
}

static bool stops_at(const compilation *c, const char *word)
{
	return c->stop_after && strcmp(c->stop_after, word) == 0;
}

/* HDT_USAGE when the word to stop after is no stage. */
static hdt_status begin(compilation *c, hdt_context *context, const hdt_compile_options *options,
                        const char *stop_after)
{
	*c = (compilation){.context = context, .stop_after = stop_after, .clock = now_ms()};
	if (options) /* of a caller with older or newer headers: what both know */
		memcpy(&c->options, options, options->size < sizeof c->options ? options->size : sizeof c->options);
	bool known = !stop_after;
	text words = {0};
	for (int i = 0; i < PASS_COUNT + STAGE_COUNT; i++) {
		const char *word = i < PASS_COUNT ? passes[i].word : stages[i - PASS_COUNT];
		known = known || strcmp(stop_after, word) == 0;
		text_format(&words, "%s%s", i ? ", " : "", word);
	}
	hdt_status status = known ? HDT_OK
	                          : hdt_fail(context, HDT_USAGE, "there is no stage '%s' to stop after; the stages are %s",
	                                     stop_after, words.data ? words.data : "");
	text_free(&words);
	return status;
}

static hdt_status run_passes(compilation *c, hdt_graph *graph, bool *stopped)
{
	const char *verify = getenv("HIDET_VERIFY");
	*stopped = false;
	for (int i = 0; i < PASS_COUNT && !*stopped; i++) {
		*stopped = stops_at(c, passes[i].word);
		if (c->options.no_optimise)
			continue;
		c->clock = now_ms();
		hdt_status status = passes[i].run(graph);
		if (status == HDT_OK && verify && *verify == '1')
			status = graph_verify(graph);
		if (status != HDT_OK) {
			context_add_note(graph->context, "pass %s ran", passes[i].word);
			return status;
		}
		c->report.graph_ms += lap(c, passes[i].word);
		status = dump_graph(&c->dump, passes[i].word, graph);
		if (status != HDT_OK)
			return status;
	}
	return HDT_OK;
}

hdt_status compile_optimise(hdt_graph *graph, const hdt_compile_options *options, const char *stop_after)
{
	compilation c;
	bool stopped;
	hdt_status status = begin(&c, graph->context, options, stop_after);
	c.dump = (dump){.context = graph->context, .directory = c.options.dump_dir};
	return status == HDT_OK ? run_passes(&c, graph, &stopped) : status;
}

/* "name:2" into a name and an ordinal; without a colon the ordinal is 0. NULL stays NULL. */
static hdt_status split_target(const compilation *c, const char **name, int *ordinal)
{
	const char *word = c->options.target, *colon = word ? strrchr(word, ':') : NULL;
	*name = word;
	*ordinal = 0;
	if (!colon)
		return HDT_OK;
	char *end;
	long number = strtol(colon + 1, &end, 10);
	if (end == colon + 1 || *end || number < 0 || number > INT_MAX)
		return hdt_fail(c->context, HDT_USAGE, "a target is written name or name:number, not '%s'", word);
	*name = arena_string(&c->context->arena, word, (size_t)(colon - word));
	*ordinal = (int)number;
	return *name ? HDT_OK : hdt_fail(c->context, HDT_OUT_OF_MEMORY, "out of memory");
}

/* The target by name, or the first one when none is named. */
static hdt_status find_target(compilation *c, const hdt_target **out)
{
	const hdt_registry *registry = c->context->registry;
	int count = registry ? registry_count(registry, REGISTRY_TARGET) : 0;
	const char *name;
	*out = NULL;
	if (split_target(c, &name, &c->ordinal) != HDT_OK)
		return HDT_USAGE;
	*out = !count ? NULL
	       : name ? registry_target(registry, name)
	              : registry_at(registry, REGISTRY_TARGET, 0)->descriptor;
	if (*out)
		return HDT_OK;
	text names = {0};
	for (int i = 0; i < count; i++)
		text_format(&names, "%s%s", i ? ", " : "", registry_at(registry, REGISTRY_TARGET, i)->name);
	hdt_status status = hdt_fail(c->context, HDT_BAD_TARGET, "no plugin provides the target '%s'; there is %s",
	                             name ? name : "", names.data ? names.data : "none");
	text_free(&names);
	return status;
}

static hdt_status open_device(compilation *c, const hdt_target *target, loaded **out)
{
	hdt_target_options wanted = {.size = sizeof wanted, .threads = c->options.threads, .ordinal = c->ordinal};
	hdt_device *device;
	c->clock = now_ms();
	hdt_status status = target->open(c->context, &wanted, &device);
	if (status != HDT_OK)
		return status;
	c->report.load_ms = lap(c, "open");
	*out = loaded_new(target, device);
	return *out ? HDT_OK : hdt_fail(c->context, HDT_OUT_OF_MEMORY, "out of memory");
}

/* From the optimised graph to the text of its kernels. */
static hdt_status emit_graph(compilation *c, job *j, const hdt_target_info *target, kernels *k)
{
	c->clock = now_ms();
	hdt_status status = schedule_graph(j->graph, target, &j->steps, &j->count);
	c->report.schedule_ms += lap(c, "schedule");
	if (status == HDT_OK)
		status = dump_tasks(&c->dump, j->steps, j->count);
	if (status == HDT_OK)
		status = dump_programs(&c->dump, j->steps, j->count);
	if (status != HDT_OK || stops_at(c, "schedule"))
		return status;
	c->clock = now_ms();
	status = kernels_add(k, j->steps, j->count);
	c->report.emit_ms += lap(c, "emit");
	return status;
}

static int count_processors(void)
{
	cpu_set_t set;
	return sched_getaffinity(0, sizeof set, &set) == 0 ? CPU_COUNT(&set) : 1;
}

/* From text to a loaded object. */
static hdt_status make_object(compilation *c, loaded *l, kernels *k)
{
	hdt_source source;
	c->clock = now_ms();
	hdt_status status = kernels_source(k, l->target->prelude(l->device), &source);
	if (status == HDT_OK)
		status = dump_source(&c->dump, &source);
	if (status != HDT_OK || stops_at(c, "emit"))
		return status;
	cache *objects = cache_open(c->context, c->options.cache_dir);
	if (!objects)
		return HDT_OUT_OF_MEMORY;
	source.jobs = c->options.jobs > 0 ? c->options.jobs : count_processors();
	status = cache_get(objects, c->context, l->target, l->device, &source, &l->object, &c->report.cache_hit);
	cache_close(objects);
	c->report.object_ms = lap(c, c->report.cache_hit ? "cached" : "compile");
	return status;
}

static bool all_failed(const job *jobs, int count)
{
	int failed = 0;
	for (int i = 0; i < count; i++)
		failed += jobs[i].failed;
	return failed == count;
}

/* The pipeline. */
static hdt_status compile_jobs(compilation *c, job *jobs, int count, compiled_graph **out)
{
	const hdt_target *target;
	loaded *where = NULL;
	kernels all;
	bool stopped = false;
	hdt_status status = find_target(c, &target);
	for (int i = 0; i < count && status == HDT_OK; i++)
		jobs[i].failed = run_passes(c, jobs[i].graph, &stopped) != HDT_OK;
	if (status != HDT_OK || stopped || all_failed(jobs, count))
		return status;
	status = open_device(c, target, &where);
	kernels_init(&all, c->context);
	for (int i = 0; i < count && status == HDT_OK; i++)
		jobs[i].failed = jobs[i].failed || emit_graph(c, &jobs[i], target->info(where->device), &all) != HDT_OK;
	if (status == HDT_OK && !stops_at(c, "schedule") && !all_failed(jobs, count) && !c->plan_only)
		status = make_object(c, where, &all);
	c->report.distinct_kernels = all.all.count;
	for (int i = 0; i < count && status == HDT_OK && (where->object || c->plan_only); i++) {
		c->clock = now_ms();
		if (!jobs[i].failed &&
		    compiled_new(jobs[i].graph, where, jobs[i].steps, jobs[i].count, &c->report, &out[i]) == HDT_OK)
			(void)lap(c, "ready");
	}
	loaded_release(where);
	return status;
}

hdt_status compile_graphs(hdt_context *context, hdt_graph *const *graphs, int count, const hdt_compile_options *options,
                          compiled_graph **out)
{
	compilation c;
	hdt_status status = begin(&c, context, options, options ? options->stop_after : NULL);
	for (int i = 0; i < count; i++)
		out[i] = NULL;
	job *jobs = calloc((size_t)count + 1, sizeof *jobs);
	if (!jobs)
		return hdt_fail(context, HDT_OUT_OF_MEMORY, "out of memory");
	for (int i = 0; i < count; i++)
		jobs[i].graph = graphs[i];
	if (count == 1) /* the files of several graphs would have the same names */
		c.dump = (dump){.context = context, .directory = c.options.dump_dir};
	if (status == HDT_OK)
		status = compile_jobs(&c, jobs, count, out);
	free(jobs);
	return status;
}

hdt_status compile_graph(hdt_graph *graph, const hdt_compile_options *options, compiled_graph **out)
{
	hdt_status status = compile_graphs(graph->context, &graph, 1, options, out);
	return status == HDT_OK ? hdt_context_status(graph->context) : status;
}

hdt_status compile_plan(hdt_graph *graph, const hdt_compile_options *options, const int64_t *values,
                        compile_report *out)
{
	compilation c;
	compiled_graph *planned = NULL;
	job one = {.graph = graph};
	hdt_status status = begin(&c, graph->context, options, NULL);
	c.plan_only = true;
	if (status == HDT_OK)
		status = compile_jobs(&c, &one, 1, &planned);
	if (planned && compiled_plan(planned, graph->context, values) == HDT_OK)
		*out = *compiled_report(planned);
	compiled_free(planned);
	return status == HDT_OK ? hdt_context_status(graph->context) : status;
}
