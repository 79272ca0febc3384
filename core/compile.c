/* compile.c: the pipeline, from top to bottom.
 *
 * After every pass over the graph: its time in the log (HIDET_DEBUG=1), its text in the dump folder, and with
 * HIDET_VERIFY=1 the verifier. */
#include "compile.h"

#include "base/explain.h"
#include "base/file.h"
#include "exec/cache.h"
#include "exec/constants.h"
#include "exec/dump.h"
#include "exec/kernels.h"
#include "exec/replace.h"
#include "exec/schedule.h"
#include "lower/lower.h"
#include "pass/layout.h"
#include "pass/partition.h"
#include "pass/pass.h"
#include "rewrite/rewrite.h"
#include <limits.h>
#include <sched.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>

enum { LOG_EACH_PASS = 5 };

/* Larger results of constants are computed once by compiled code, when the graph is made ready. */
enum { FOLD_BYTES = 4096 };

/* What passes are told. */
typedef struct pass_settings {
	int rules_left;       /* applications of rules that are still allowed; negative: any number */
	hdt_dtype precision;  /* HDT_F32: every value keeps its dtype */
	explanation *explain; /* NULL: nobody asked */
} pass_settings;

static hdt_status run_rules(hdt_graph *g, pass_settings *s,
                            hdt_status (*run)(hdt_graph *, const rewrite_options *, int *applied))
{
	int applied = 0;
	hdt_status status = run(g, &(rewrite_options){.limit = s->rules_left, .explain = s->explain}, &applied);
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
	step *steps;
	int count;
	bool failed; /* the reason is in the graph's context */
} job;

typedef struct compilation {
	hdt_context *context;
	hdt_compile_options options;
	const char *stop_after;
	hdt_dtype precision; /* of values that are f32 */
	bool plan_only;      /* no object: nobody will run it */
	int ordinal;         /* of the device */
	dump dump;
	text *notes;  /* what passes tell goes here, not into the log; NULL: it does not */
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

static bool is_precision(hdt_dtype dtype)
{
	return dtype == HDT_F32 || (hdt_is_float(dtype) && hdt_dtype_of(dtype)->bytes == 2);
}

/* What the options say values of f32 are to become. */
static hdt_status read_precision(compilation *c)
{
	const char *word = c->options.precision;
	text words = {0};
	c->precision = word ? hdt_dtype_named(word) : HDT_F32;
	if (is_precision(c->precision))
		return HDT_OK;
	for (int d = 0; d < HDT_DTYPE_COUNT; d++)
		if (is_precision((hdt_dtype)d))
			text_format(&words, "%s%s", words.length ? ", " : "", hdt_dtype_of((hdt_dtype)d)->name);
	hdt_status status = hdt_fail(c->context, HDT_USAGE, "no scheduler computes in '%s'; the precisions are %s", word,
	                             words.data ? words.data : "");
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

static hdt_status run_passes(compilation *c, hdt_graph *graph, bool *stopped)
{
	const char *verify = getenv("HIDET_VERIFY");
	int limit = c->options.rule_limit;
	explanation told;
	pass_settings settings = {.rules_left = limit == 0 ? -1 : limit < 0 ? 0 : limit, .precision = c->precision};
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

hdt_status compile_optimise(hdt_graph *graph, const hdt_compile_options *options, const char *stop_after, text *notes)
{
	compilation c;
	bool stopped;
	hdt_status status = begin(&c, graph->context, options, stop_after);
	c.dump = (dump){.context = graph->context, .directory = c.options.dump_dir};
	c.notes = notes;
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
	how.schedulers = schedulers_for(context, on->target, &how.scheduler_count);
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

/* Where findings of tuning are; NULL: there are none. */
static const char *findings_directory(compilation *c)
{
	cache *objects = c->options.no_optimise ? NULL : cache_open(c->context, c->options.cache_dir);
	const char *directory =
		objects && cache_directory(objects) ? hdt_format(c->context, "%s", cache_directory(objects)) : NULL;
	cache_close(objects);
	const char *folder = directory ? file_join(c->context, directory, "tuning") : NULL;
	return folder && file_exists(folder) ? directory : NULL;
}

/* The programs of the steps, from the groups, and before them those of what their constants are. Files may hold any of them. */
static hdt_status make_programs(compilation *c, job *j, const loaded *on)
{
	hdt_context *context = j->graph->context;
	explanation told;
	replacements files;
	schedule_options how = {.directory = findings_directory(c), .fixed = j->fixed, .explain = begin_telling(c, &told)};
	c->clock = now_ms();
	hdt_status status = schedule_groups(context, &j->groups, on, &how, &j->steps, &j->count);
	tell(c, "schedule", &told);
	if (status == HDT_OK)
		status = replacements_read(&files, context, c->options.kernels);
	if (status == HDT_OK) {
		replacements_put(&files, j->steps, j->count);
		status = schedule_constants(context, on, &j->steps, &j->count);
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
	map lowered; /* a program from a file may stand in several steps */
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
	kernels_init(&all, c->context, target);
	for (int i = 0; i < count && status == HDT_OK; i++) {
		job *j = &jobs[i];
		j->failed = j->failed || make_groups(c, j, where) != HDT_OK;
		if (!j->failed && !stops_at(c, "partition"))
			j->failed = make_layout(c, j, where) != HDT_OK;
		if (!j->failed && !stops_at(c, "partition") && !stops_at(c, "layout"))
			j->failed =
				make_programs(c, j, where) != HDT_OK || emit_steps(c, j->steps, j->count, where, &all) != HDT_OK;
	}
	if (status == HDT_OK && !stops_before_object(c) && !all_failed(jobs, count))
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

struct compile_base {
	compilation compilation;
	const hdt_target *target;
	loaded *where;
	job job;
};

hdt_status compile_base_new(hdt_graph *graph, const hdt_compile_options *options, compile_base **out)
{
	bool stopped;
	compile_base *b = *out = calloc(1, sizeof *b);
	if (!b)
		return hdt_fail(graph->context, HDT_OUT_OF_MEMORY, "out of memory");
	compilation *c = &b->compilation;
	b->job.graph = graph;
	hdt_status status = begin(c, graph->context, options, NULL);
	if (status == HDT_OK)
		status = find_target(c, &b->target);
	if (status == HDT_OK)
		status = run_passes(c, graph, &stopped);
	if (status == HDT_OK)
		status = open_device(c, b->target, &b->where);
	if (status == HDT_OK)
		status = make_groups(c, &b->job, b->where);
	if (status == HDT_OK)
		status = make_layout(c, &b->job, b->where);
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
		status = make_programs(c, &b->job, where);
	if (status == HDT_OK)
		status = emit_steps(c, b->job.steps, b->job.count, where, &all);
	if (status == HDT_OK)
		status = make_object(c, where, &all);
	if (status == HDT_OK)
		status = compiled_new(b->job.graph, where, b->job.steps, b->job.count, &c->report, out);
	loaded_release(where);
	return status;
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
