/* compile.c: the pipeline, from top to bottom.
 *
 * After every pass over the graph: its time in the log (HIDET_DEBUG=1), its text in the dump folder, and with
 * HIDET_VERIFY=1 the verifier. */
#include "compile.h"

#include "base/explain.h"
#include "base/file.h"
#include "base/timing.h"
#include "exec/cache.h"
#include "exec/constants.h"
#include "exec/dump.h"
#include "exec/kernels.h"
#include "exec/replace.h"
#include "exec/schedule.h"
#include "exec/tuning.h"
#include "lower/lower.h"
#include "pass/layout.h"
#include "pass/partition.h"
#include "pass/pass.h"
#include "rewrite/rewrite.h"
#include <limits.h>
#include <sched.h>
#include <stdlib.h>
#include <string.h>

enum { LOG_EACH_PASS = 5 };

/* Larger results of constants are computed once by compiled code, when the graph is made ready. */
enum { FOLD_BYTES = 4096 };

/* What passes are told. */
typedef struct pass_settings {
	int rules_left;       /* applications of rules that are still allowed; negative: any number */
	hdt_dtype precision;  /* HDT_F32: every value keeps its dtype */
	const loaded *on;     /* whose schedulers may keep operators whole; NULL: nobody is asked */
	const candidate *by;  /* only this one's scheduler is asked; NULL: all */
	explanation *explain; /* NULL: nobody asked */
} pass_settings;

/* Those that are asked what they would like: all of the target, or the one that is to compute the graph. */
static const hdt_scheduler *const *list_asked(hdt_context *context, const loaded *on, const candidate *by, int *count)
{
	*count = 1;
	return by ? &by->scheduler : schedulers_for(context, on->target, count);
}

static hdt_status run_rules(hdt_graph *g, pass_settings *s,
                            hdt_status (*run)(hdt_graph *, const rewrite_options *, int *applied))
{
	int applied = 0;
	rewrite_options options = {.limit = s->rules_left, .explain = s->explain};
	if (s->on) {
		options.target = s->on->target->info(s->on->device);
		options.schedulers = list_asked(g->context, s->on, s->by, &options.scheduler_count);
	}
	hdt_status status = s->on && !options.schedulers ? HDT_OUT_OF_MEMORY : run(g, &options, &applied);
	s->rules_left -= s->rules_left < 0 ? 0 : applied;
	return status;
}
static hdt_status run_rewrite(hdt_graph *g, pass_settings *s)
{
	return run_rules(g, s, graph_rewrite);
}
static hdt_status run_precision(hdt_graph *g, pass_settings *s)
{
	return pass_precision(g, s->precision, s->explain);
}
static hdt_status run_resolve(hdt_graph *g, pass_settings *s)
{
	return run_rules(g, s, graph_resolve);
}
static hdt_status run_fold(hdt_graph *g, pass_settings *s)
{
	(void)s;
	return pass_fold_constants(g, FOLD_BYTES);
}
static hdt_status run_merge(hdt_graph *g, pass_settings *s)
{
	(void)s;
	return pass_merge_common(g);
}
static hdt_status run_drop(hdt_graph *g, pass_settings *s)
{
	(void)s;
	return pass_drop_dead(g);
}

static const struct {
	const char *word; /* of --stop-after and of the dumps */
	hdt_status (*run)(hdt_graph *graph, pass_settings *settings);
	const char *doc;
} passes[] = {
	{"rewrite", run_rewrite, "sub-graphs become better ones"},
	{"precision", run_precision, "f32 becomes a narrower float, when that is asked for"},
	{"resolve", run_resolve, "operators become others that are computed directly"},
	{"fold", run_fold, "what depends on small constants becomes a constant"},
	{"merge", run_merge, "equal nodes become one"},
	{"drop", run_drop, "nodes that nothing needs go"},
};
enum { PASS_COUNT = sizeof passes / sizeof *passes };

/* Stages behind the passes. */
static const char *const stages[] = {"partition", "layout", "schedule", "lower", "emit"};
enum { STAGE_COUNT = sizeof stages / sizeof *stages };

/* One graph on its way. */
typedef struct job {
	hdt_graph *graph;
	partition groups;
	const candidate *fixed; /* for each group who computes it; NULL: the best there is */
	const candidate *by;    /* who computes what it takes of the graph; NULL: nobody in particular */
	step *steps;
	int count;
	bool failed; /* the reason is in the graph's context */
} job;

typedef struct compilation {
	hdt_context *context;
	hdt_compile_options options;
	const char *stop_after;
	hdt_dtype precision; /* of values that are f32 */
	bool tf32;           /* products may round their f32 factors */
	bool plan_only;      /* no object: nobody will run it */
	int ordinal;         /* of the device */
	dump dump;
	text *notes;  /* what passes tell goes here, not into the log; NULL: it does not */
	double clock; /* when the stage at hand began */
	compile_report report;
} compilation;

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

/* Is a pass over the graph the last thing to be done? */
static bool stops_in_passes(const compilation *c)
{
	bool found = false;
	for (int i = 0; i < PASS_COUNT; i++)
		found = found || stops_at(c, passes[i].word);
	return found;
}

/* Of products alone; it is no dtype. */
static const char product_precision[] = "tf32";

static bool is_precision(hdt_dtype dtype)
{
	return dtype == HDT_F32 || (hdt_is_float(dtype) && hdt_dtype_of(dtype)->bytes == 2);
}

/* What the options say values of f32 are to become. */
static hdt_status read_precision(compilation *c)
{
	const char *word = c->options.precision;
	text words = {0};
	c->tf32 = word && strcmp(word, product_precision) == 0;
	c->precision = word && !c->tf32 ? hdt_dtype_named(word) : HDT_F32;
	if (is_precision(c->precision))
		return HDT_OK;
	for (int d = 0; d < HDT_DTYPE_COUNT; d++)
		if (is_precision((hdt_dtype)d))
			text_format(&words, "%s%s", words.length ? ", " : "", hdt_dtype_of((hdt_dtype)d)->name);
	hdt_status status = hdt_fail(c->context, HDT_USAGE, "no scheduler computes in '%s'; the precisions are %s, %s",
	                             word, words.data ? words.data : "", product_precision);
	text_free(&words);
	return status;
}

/* HDT_USAGE when the word to stop after is no stage. */
static hdt_status begin(compilation *c, hdt_context *context, const hdt_compile_options *options,
                        const char *stop_after)
{
	*c = (compilation){.context = context, .stop_after = stop_after, .clock = now_ms()};
	if (options) /* of a caller with older or newer headers: what both know */
		memcpy(&c->options, options, options->size < sizeof c->options ? options->size : sizeof c->options);
	c->report.memory_limit = c->options.memory_limit;
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
	return status == HDT_OK ? read_precision(c) : status;
}

/* For what a pass tells; NULL when nobody asked. */
static explanation *begin_telling(const compilation *c, explanation *e)
{
	explain_begin(e, c->context, c->options.explain_only != NULL);
	return c->options.explain || c->notes ? e : NULL;
}

/* Hand on what a pass has told. */
static void tell(const compilation *c, const char *pass, const explanation *e)
{
	text lines = {0};
	explain_print(e, &lines);
	for (char *line = lines.data, *end; line && *line; line = end) {
		end = line + strcspn(line, "\n");
		if (*end)
			*end++ = 0;
		if (c->options.explain_only && !explain_matches(line, c->options.explain_only))
			continue;
		if (c->notes)
			text_format(c->notes, "%s: %s\n", pass, line);
		else
			hdt_log(c->context, 0, "%s: %s", pass, line);
	}
	text_free(&lines);
}

/* A precision that is asked for is no optimisation that could be left out. */
static bool is_wanted(const compilation *c, int pass)
{
	return passes[pass].run == run_precision ? c->precision != HDT_F32 : !c->options.no_optimise;
}

/* `on` may be NULL: nobody is asked for what the target likes. */
static hdt_status run_passes(compilation *c, const job *j, const loaded *on, bool *stopped)
{
	hdt_graph *graph = j->graph;
	const char *verify = getenv("HIDET_VERIFY");
	int limit = c->options.rule_limit;
	explanation told;
	pass_settings settings = {.rules_left = limit == 0  ? -1
	                                        : limit < 0 ? 0
	                                                    : limit,
	                          .precision = c->precision,
	                          .on = on,
	                          .by = j->by};
	*stopped = false;
	for (int i = 0; i < PASS_COUNT && !*stopped; i++) {
		*stopped = stops_at(c, passes[i].word);
		if (!is_wanted(c, i))
			continue;
		c->clock = now_ms();
		settings.explain = begin_telling(c, &told);
		hdt_status status = passes[i].run(graph, &settings);
		tell(c, passes[i].word, &told);
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
	hdt_target_options wanted = {
		.size = sizeof wanted, .threads = c->options.threads, .ordinal = c->ordinal, .tf32 = c->tf32};
	hdt_device *device;
	c->clock = now_ms();
	hdt_status status = target->open(c->context, &wanted, &device);
	if (status != HDT_OK)
		return status;
	c->report.load_ms = lap(c, "open");
	if (c->tf32 && !target->info(device)->tf32) {
		target->close(device);
		return hdt_fail(c->context, HDT_USAGE,
		                "no scheduler computes in '%s' on the target %s; f32 is computed in full there",
		                product_precision, target->name);
	}
	*out = loaded_new(target, device);
	return *out ? HDT_OK : hdt_fail(c->context, HDT_OUT_OF_MEMORY, "out of memory");
}

/* The device that passes may ask for what it is. Where they are all that is to be run, it need not be there: then *out is NULL. */
static hdt_status open_for_passes(compilation *c, bool passes_only, const hdt_target **target, loaded **out)
{
	*out = NULL;
	hdt_status status = find_target(c, target);
	if (status == HDT_OK)
		status = open_device(c, *target, out);
	if (status == HDT_BAD_TARGET && passes_only && (*target || !c->options.target)) {
		context_clear_fault(c->context);
		status = HDT_OK;
	}
	return status;
}

hdt_status compile_optimise(hdt_graph *graph, const hdt_compile_options *options, const char *stop_after, text *notes)
{
	compilation c;
	bool stopped;
	const hdt_target *target;
	loaded *where = NULL;
	hdt_status status = begin(&c, graph->context, options, stop_after);
	c.dump = (dump){.context = graph->context, .directory = c.options.dump_dir};
	c.notes = notes;
	if (status == HDT_OK)
		status = open_for_passes(&c, true, &target, &where);
	if (status == HDT_OK)
		status = run_passes(&c, &(job){.graph = graph}, where, &stopped);
	loaded_release(where);
	return status;
}

/* What is computed together. */
static hdt_status make_groups(compilation *c, job *j, const loaded *on)
{
	explanation told;
	partition_options how = {.fuse = !c->options.no_optimise && !c->options.no_fusion,
	                         .target = on->target->info(on->device),
	                         .explain = begin_telling(c, &told)};
	c->clock = now_ms();
	how.schedulers = schedulers_for(j->graph->context, on->target, &how.scheduler_count);
	hdt_status status = how.schedulers ? pass_partition(j->graph, &how, &j->groups) : HDT_OUT_OF_MEMORY;
	if (status == HDT_OK)
		status = partition_mark_constants(j->graph->context, &j->groups);
	c->report.graph_ms += lap(c, "partition");
	tell(c, "partition", &told);
	return status == HDT_OK ? dump_groups(&c->dump, j->graph, &j->groups) : status;
}

hdt_status compile_groups(hdt_graph *graph, const hdt_compile_options *options, text *notes, partition *out)
{
	compilation c;
	const hdt_target *target;
	loaded *where = NULL;
	job j = {.graph = graph};
	hdt_status status = begin(&c, graph->context, options, NULL);
	c.notes = notes;
	if (status == HDT_OK)
		status = find_target(&c, &target);
	if (status == HDT_OK)
		status = open_device(&c, target, &where);
	if (status == HDT_OK)
		status = make_groups(&c, &j, where);
	loaded_release(where);
	*out = j.groups;
	return status;
}

/* How their results lie in memory. */
static hdt_status make_layout(compilation *c, job *j, const loaded *on)
{
	hdt_context *context = j->graph->context;
	explanation told;
	layout made = {NULL, 0};
	layout_options how = {.target = on->target->info(on->device), .explain = begin_telling(c, &told)};
	hdt_status status = HDT_OK;
	c->clock = now_ms();
	how.schedulers = list_asked(context, on, j->by, &how.scheduler_count);
	if (!how.schedulers)
		return HDT_OUT_OF_MEMORY;
	if (!c->options.no_optimise)
		status = pass_layout(context, &j->groups, j->graph, &how, &made);
	c->report.graph_ms += lap(c, "layout");
	if (made.count)
		hdt_log(c->context, 2, "%d results lie in an order of their own", made.count);
	tell(c, "layout", &told);
	return status == HDT_OK ? dump_layout(&c->dump, &j->groups, &made) : status;
}

/* Groups of nodes, and how their results lie in memory. */
static hdt_status divide(compilation *c, job *j, const loaded *on)
{
	hdt_status status = make_groups(c, j, on);
	return status == HDT_OK && !stops_at(c, "partition") ? make_layout(c, j, on) : status;
}

/* The folder of what tuning has found; NULL: it has found nothing. */
static const char *find_findings(compilation *c)
{
	const char *folder = c->options.no_optimise ? NULL : tuning_folder(c->context, c->options.cache_dir);
	if (!folder && hdt_context_status(c->context) == HDT_USAGE)
		context_clear_fault(c->context); /* no cache: nothing is kept */
	return folder && file_exists(folder) ? folder : NULL;
}

/* The programs of the steps, from the groups, and before them those of what their constants are. Files may hold any of them. */
static hdt_status make_programs(compilation *c, job *j, const loaded *on)
{
	hdt_context *context = j->graph->context;
	explanation told;
	replacements files;
	schedules known;
	schedule_options how = {.known = &known,
	                        .findings = find_findings(c),
	                        .fixed = j->fixed,
	                        .by = j->by,
	                        .explain = begin_telling(c, &told)};
	c->clock = now_ms();
	schedules_init(&known, context);
	hdt_status status = schedule_groups(context, &j->groups, on, &how, &j->steps, &j->count);
	tell(c, "schedule", &told);
	if (status == HDT_OK)
		status = replacements_read(&files, context, c->options.kernels);
	if (status == HDT_OK) {
		replacements_put(&files, j->steps, j->count);
		status = schedule_constants(context, on, &known, &j->steps, &j->count);
	}
	if (status == HDT_OK && files.count) {
		replacements_put(&files, j->steps, j->count);
		status = replacements_check(&files, context, j->steps, j->count);
	}
	c->report.schedule_ms += lap(c, "schedule");
	return status == HDT_OK ? dump_tasks(&c->dump, j->steps, j->count) : status;
}

static hdt_status log_pass(void *closure, const char *pass, const hdt_program *program)
{
	const compilation *c = closure;
	text t = {0};
	program_print(&t, program);
	hdt_log(c->context, LOG_EACH_PASS, "pass %s:\n%s", pass, t.data ? t.data : "");
	text_free(&t);
	return HDT_OK;
}

static hdt_status lower_steps(compilation *c, const step *steps, int count, const loaded *on)
{
	/* telling what changed takes the text after every pass */
	const lowering how = {on->target, on->target->info(on->device),
	                      c->context->debug >= LOG_EACH_PASS ? log_pass : NULL, c};
	hdt_context *context = count ? steps[0].program->context : c->context;
	hdt_status status = HDT_OK;
	map lowered; /* a program may stand in several steps */
	map_init(&lowered, context);
	for (int i = 0; i < count && status == HDT_OK; i++) {
		hdt_program *program = (hdt_program *)(uintptr_t)steps[i].program;
		if (map_get(&lowered, program))
			continue;
		status = map_set(&lowered, program, program) ? program_lower(program, &how) : HDT_OUT_OF_MEMORY;
		if (status != HDT_OK)
			context_add_note(context, "program @%s was lowered", program->name);
	}
	return status;
}

/* From programs to the text of kernels. */
static hdt_status emit_steps(compilation *c, step *steps, int count, const loaded *on, kernels *k)
{
	hdt_status status = dump_programs(&c->dump, "programs", steps, count);
	dump_log_programs(c->context, steps, count);
	if (status != HDT_OK || stops_at(c, "schedule"))
		return status;
	c->clock = now_ms();
	status = lower_steps(c, steps, count, on);
	c->report.lower_ms += lap(c, "lower");
	if (status == HDT_OK)
		status = dump_programs(&c->dump, "lowered", steps, count);
	if (status != HDT_OK || stops_at(c, "lower"))
		return status;
	c->clock = now_ms();
	status = kernels_add(k, steps, count);
	c->report.emit_ms += lap(c, "emit");
	return status;
}

/* From groups to the text of kernels. */
static hdt_status write_kernels(compilation *c, job *j, const loaded *on, kernels *k)
{
	if (stops_at(c, "partition") || stops_at(c, "layout"))
		return HDT_OK;
	hdt_status status = make_programs(c, j, on);
	return status == HDT_OK ? emit_steps(c, j->steps, j->count, on, k) : status;
}

static bool stops_before_object(const compilation *c)
{
	return stops_at(c, "partition") || stops_at(c, "layout") || stops_at(c, "schedule") || stops_at(c, "lower") ||
	       c->plan_only;
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
		status = dump_source(&c->dump, &source, l->target->language);
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

/* From a loaded object to what can be run. */
static hdt_status make_ready(compilation *c, const job *j, loaded *on, compiled_graph **out)
{
	c->clock = now_ms();
	hdt_status status = compiled_new(j->graph, on, j->steps, j->count, &c->report, out);
	(void)lap(c, "ready");
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
	hdt_status status = open_for_passes(c, stops_in_passes(c), &target, &where);
	for (int i = 0; i < count && status == HDT_OK; i++)
		jobs[i].failed = run_passes(c, &jobs[i], where, &stopped) != HDT_OK;
	if (status != HDT_OK || stopped || all_failed(jobs, count)) {
		loaded_release(where);
		return status;
	}
	kernels_init(&all, c->context, target);
	for (int i = 0; i < count && status == HDT_OK; i++) {
		job *j = &jobs[i];
		j->failed = j->failed || divide(c, j, where) != HDT_OK || write_kernels(c, j, where, &all) != HDT_OK;
	}
	if (status == HDT_OK && !stops_before_object(c) && !all_failed(jobs, count))
		status = make_object(c, where, &all);
	c->report.distinct_kernels = all.all.count;
	for (int i = 0; i < count && status == HDT_OK && (where->object || c->plan_only); i++)
		if (!jobs[i].failed)
			(void)make_ready(c, &jobs[i], where, &out[i]);
	loaded_release(where);
	return status;
}

hdt_status compile_graphs(hdt_context *context, hdt_graph *const *graphs, int count, const hdt_compile_options *options,
                          const candidate *by, compiled_graph **out)
{
	compilation c;
	hdt_status status = begin(&c, context, options, options ? options->stop_after : NULL);
	for (int i = 0; i < count; i++)
		out[i] = NULL;
	job *jobs = calloc((size_t)count + 1, sizeof *jobs);
	if (!jobs)
		return hdt_fail(context, HDT_OUT_OF_MEMORY, "out of memory");
	for (int i = 0; i < count; i++)
		jobs[i] = (job){.graph = graphs[i], .by = by && by[i].scheduler ? &by[i] : NULL};
	if (count == 1) /* the files of several graphs would have the same names */
		c.dump = (dump){.context = context, .directory = c.options.dump_dir};
	if (status == HDT_OK)
		status = compile_jobs(&c, jobs, count, out);
	free(jobs);
	return status;
}

hdt_status compile_graph(hdt_graph *graph, const hdt_compile_options *options, compiled_graph **out)
{
	hdt_status status = compile_graphs(graph->context, &graph, 1, options, NULL, out);
	return status == HDT_OK ? hdt_context_status(graph->context) : status;
}

struct compile_base {
	compilation compilation;
	const hdt_target *target;
	loaded *where;
	job job;
};

/* Up to groups that programs can be made for. */
static hdt_status prepare(compile_base *b, const hdt_compile_options *options)
{
	bool stopped;
	compilation *c = &b->compilation;
	hdt_status status = begin(c, b->job.graph->context, options, NULL);
	if (status == HDT_OK)
		status = open_for_passes(c, false, &b->target, &b->where);
	if (status == HDT_OK)
		status = run_passes(c, &b->job, b->where, &stopped);
	return status == HDT_OK ? divide(c, &b->job, b->where) : status;
}

hdt_status compile_base_new(hdt_graph *graph, const hdt_compile_options *options, compile_base **out)
{
	compile_base *b = *out = calloc(1, sizeof *b);
	if (!b)
		return hdt_fail(graph->context, HDT_OUT_OF_MEMORY, "out of memory");
	b->job.graph = graph;
	hdt_status status = prepare(b, options);
	if (status == HDT_OK)
		return HDT_OK;
	compile_base_free(b);
	*out = NULL;
	return status;
}

void compile_base_free(compile_base *b)
{
	if (b)
		loaded_release(b->where);
	free(b);
}

const partition *compile_base_groups(const compile_base *b)
{
	return &b->job.groups;
}

const loaded *compile_base_device(const compile_base *b)
{
	return b->where;
}

hdt_status compile_base_build(compile_base *b, const candidate *fixed, compiled_graph **out)
{
	compilation *c = &b->compilation;
	loaded *where = NULL;
	kernels all;
	b->job.fixed = fixed;
	*out = NULL;
	hdt_status status = open_device(c, b->target, &where);
	kernels_init(&all, c->context, b->target);
	if (status == HDT_OK)
		status = write_kernels(c, &b->job, where, &all);
	if (status == HDT_OK)
		status = make_object(c, where, &all);
	if (status == HDT_OK)
		status = make_ready(c, &b->job, where, out);
	loaded_release(where);
	return status;
}

int compile_choices(hdt_graph *graph, const hdt_compile_options *options, const hdt_scheduler *scheduler, int level,
                    hdt_choice *out, int most)
{
	compile_base b = {.job = {.graph = graph, .by = &(candidate){.scheduler = scheduler}}};
	const partition *groups = &b.job.groups;
	int count = 0;
	if (prepare(&b, options) == HDT_OK)
		for (int i = 0; i < groups->count && !count; i++) {
			const hdt_target_info *info = b.where->target->info(b.where->device);
			if (scheduler->query(groups->groups[i].task, info).applies)
				count = scheduler->space(groups->groups[i].task, info, level, out, most);
		}
	loaded_release(b.where);
	return hdt_context_status(graph->context) == HDT_OK ? count : -1;
}

/* Its functions must be of the kind that the target runs, or the host's. */
static hdt_status check_kinds(const compilation *c, const hdt_program *program, const hdt_target *target)
{
	int launched = 0;
	for (int i = 0; i < program->function_count; i++) {
		const hdt_function *f = program->functions[i];
		if (f->kind != HDT_FUNCTION_HOST && f->kind != target->kind)
			return hdt_fail(c->context, HDT_BAD_TARGET, "@%s is a %s function, and the target %s runs %s functions",
			                f->name, function_text(f->kind), target->name, function_text(target->kind));
		launched += f->kind == HDT_FUNCTION_CPU || f->launched;
	}
	return launched
	           ? HDT_OK
	           : hdt_fail(c->context, HDT_BAD_MODEL, "program @%s has no function that can be launched", program->name);
}

hdt_status compile_program(hdt_program *program, const hdt_compile_options *options, loaded **on, loaded_program *out,
                           compile_report *report)
{
	compilation c;
	const hdt_target *target = NULL;
	step one = {.program = program};
	kernels all;
	hdt_status status = begin(&c, program->context, options, options ? options->stop_after : NULL);
	*on = NULL;
	if (status == HDT_OK)
		status = find_target(&c, &target);
	if (status == HDT_OK)
		status = check_kinds(&c, program, target);
	if (status != HDT_OK)
		return status;
	c.dump = (dump){.context = c.context, .directory = c.options.dump_dir};
	loaded *where = NULL;
	status = open_device(&c, target, &where);
	kernels_init(&all, c.context, target);
	if (status == HDT_OK)
		status = emit_steps(&c, &one, 1, where, &all);
	if (status == HDT_OK && !stops_before_object(&c))
		status = make_object(&c, where, &all);
	if (status == HDT_OK && where->object)
		status = loaded_program_find(c.context, where, program, one.function, out);
	*report = c.report;
	if (status == HDT_OK && where->object)
		*on = where;
	else
		loaded_release(where);
	return status;
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
