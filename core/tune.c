/* tune.c: the search. See tune.h for what it does.
 *
 *     task       baseline   variant 1   variant 2   variant 3
 *     product    a 14x32    a 8x48      a 6x64      b
 *     softmax    c          d           c           c          a task with fewer candidates goes back to its baseline
 */
#include "core/tune.h"

#include "base/map.h"
#include "base/timing.h"
#include "core/tune_check.h"
#include "exec/measure.h"
#include "exec/tuning.h"
#include "ir/mark.h"
#include <stdlib.h>
#include <string.h>

enum {
	LEAST_PAIRS = 5, /* measurements of variant and baseline before anything is decided */
	MOST_PAIRS = 11,
	PAIR_MS = 60, /* of a measurement, about */
	LEAST_ROUNDS = 3,
	MOST_ROUNDS = 64,
	CHECK_SECONDS = 5,
	CHECK_RUNS = 300
};

/* A candidate that is less than this part faster is not: machines of a kind differ by more. */
static const double WORTH = 0.97;

typedef struct task_state {
	const hdt_task *task;
	const char *key, *text;
	VEC(int) groups; /* indices of those that have this task */
	candidate *all;  /* besides the baseline */
	int count;
	candidate baseline, best;
	double best_ratio; /* of times: best / baseline */
	double baseline_us;
	double ratios[MOST_PAIRS]; /* of the variant at hand */
	int ratio_count;
	int tried, dropped;
	bool known;
} task_state;

typedef struct tuner {
	hdt_context *context;     /* of the graph */
	hdt_context *diagnostics; /* of runs */
	const hdt_array *inputs;
	int input_count;
	const tune_options *how;
	const char *folder; /* of findings */
	compile_base *base;
	const partition *groups;
	VEC(task_state) tasks;
	int *task_of;     /* per group; -1: not measured */
	candidate *fixed; /* per group */
	bool *in_run;     /* per group: a step of a run, not of the setup */
	compiled_graph *baseline;
	step_measure *base_steps, *variant_steps;
	int step_count;
	double began;
	int done, total;
	bool stopped;
} tuner;

static hdt_status fail_memory(tuner *t)
{
	return hdt_fail(t->context, HDT_OUT_OF_MEMORY, "out of memory tuning");
}

/* ---- tasks and their candidates --------------------------------------------------------------------------------------- */

/* The best guess, and the others. */
static bool list_candidates(tuner *t, task_state *s)
{
	const loaded *on = compile_base_device(t->base);
	candidate *guesses, *all;
	finding found;
	text declined = {0};
	int guessed = candidates_list(t->context, s->task, on, 0, &guesses, &declined);
	int count = guessed > 0 ? candidates_list(t->context, s->task, on, t->how->level, &all, &declined) : -1;
	text_free(&declined);
	if (count < 0)
		return false;
	(void)candidate_guess(&guesses[0], s->task, on->target->info(on->device));
	s->best = s->baseline = guesses[0];
	s->best_ratio = 1;
	s->known = !t->how->again && tuning_find(t->context, t->folder, s->key, s->task, on, &found) &&
	           found.level >= t->how->level;
	if (s->known) {
		s->best = found.best;
		s->best_ratio = found.baseline_us > 0 ? found.us / found.baseline_us : 1;
		return true;
	}
	s->all = hdt_allocate(t->context, sizeof *s->all * (size_t)(count + 1));
	for (int i = 0; s->all && i < count; i++)
		if (!candidate_equal(&all[i], &s->baseline))
			s->all[s->count++] = all[i];
	return s->all != NULL;
}

/* Distinct tasks of the steps of a run, in the order of the first. */
static hdt_status list_tasks(tuner *t)
{
	const loaded *on = compile_base_device(t->base);
	map known; /* key -> index of its task, plus 1 */
	map_init(&known, t->context);
	for (int g = 0; g < t->groups->count; g++) {
		const fusion_group *group = &t->groups->groups[g];
		const char *name = tuning_key(t->context, group->task, on);
		const char *key = name ? hdt_intern(t->context, name) : NULL;
		uintptr_t place = key ? (uintptr_t)map_get(&known, key) : 0;
		t->task_of[g] = -1;
		if (!key)
			return fail_memory(t);
		if (!t->in_run[g])
			continue;
		if (!place) {
			task_state s = {.task = group->task, .key = key, .text = group->text};
			if (!list_candidates(t, &s) || !vec_push(t->context, &t->tasks, s) ||
			    !map_set(&known, key, (void *)(uintptr_t)t->tasks.count))
				return hdt_context_status(t->context) != HDT_OK ? hdt_context_status(t->context) : fail_memory(t);
			place = (uintptr_t)t->tasks.count;
			t->total = s.count > t->total ? s.count : t->total;
		}
		t->task_of[g] = (int)place - 1;
		if (!vec_push(t->context, &t->tasks.items[place - 1].groups, g))
			return fail_memory(t);
	}
	return HDT_OK;
}

static void fix(tuner *t, const task_state *s, const candidate *by)
{
	for (int i = 0; i < s->groups.count; i++)
		t->fixed[s->groups.items[i]] = *by;
}

/* ---- variants ---------------------------------------------------------------------------------------------------------- */

static void drop(task_state *s, int variant, hdt_context *context, const char *why)
{
	text name = {0};
	candidate_print(&name, &s->all[variant]);
	hdt_log(context, 0, "tuning: %s by %s %s and is left out", s->text, name.data ? name.data : "", why);
	text_free(&name);
	s->all[variant].scheduler = NULL;
	s->dropped++;
}

static bool takes_part(const task_state *s, int variant)
{
	return variant < s->count && s->all[variant].scheduler;
}

/* Tasks first .. last - 1 by their candidates of the variant, the others by their baselines. */
static bool build_part(tuner *t, int variant, int first, int last, compiled_graph **out)
{
	for (int i = 0; i < t->tasks.count; i++) {
		const task_state *s = &t->tasks.items[i];
		fix(t, s, i >= first && i < last && takes_part(s, variant) ? &s->all[variant] : &s->baseline);
	}
	if (compile_base_build(t->base, t->fixed, out) == HDT_OK)
		return true;
	hdt_log(t->context, 1, "%s", hdt_context_message(t->context));
	context_clear_fault(t->context);
	return false;
}

/* Drop what does not compile, by halves. */
static void drop_broken(tuner *t, int variant, int first, int last)
{
	compiled_graph *part = NULL;
	int taking = 0, only = first;
	for (int i = first; i < last; i++)
		if (takes_part(&t->tasks.items[i], variant)) {
			taking++;
			only = i;
		}
	if (!taking || build_part(t, variant, first, last, &part)) {
		compiled_free(part);
		return;
	}
	if (taking == 1) {
		drop(&t->tasks.items[only], variant, t->context, "does not compile");
		return;
	}
	int middle = first + (last - first) / 2;
	drop_broken(t, variant, first, middle);
	drop_broken(t, variant, middle, last);
}

static compiled_graph *build_variant(tuner *t, int variant)
{
	compiled_graph *made = NULL;
	if (!build_part(t, variant, 0, t->tasks.count, &made)) {
		drop_broken(t, variant, 0, t->tasks.count);
		(void)build_part(t, variant, 0, t->tasks.count, &made);
	}
	return made;
}

/* The task of a step; NULL: it is not tuned. */
static task_state *task_of_step(tuner *t, int step_index)
{
	int task = t->task_of[t->base_steps[step_index].group - t->groups->groups];
	return task < 0 ? NULL : &t->tasks.items[task];
}

static double total_us(const step_measure *steps, int count)
{
	double sum = 0;
	for (int i = 0; i < count; i++)
		sum += steps[i].median_us;
	return sum;
}

/* A check runs every step twice, on one thread, and compares: it may take so long before it hangs. */
static double check_seconds(const tuner *t)
{
	return CHECK_SECONDS + CHECK_RUNS * total_us(t->base_steps, t->step_count) / 1e6;
}

/* Drop what does not compute what the baseline does. False: what is left must be built again without what crashed. */
static bool check_variant(tuner *t, int variant, compiled_graph *made, bool *failed)
{
	int *states = calloc((size_t)t->step_count + 1, sizeof *states), at;
	*failed = !states;
	if (!states)
		return false;
	check_result result =
		check_steps(made, t->baseline, t->diagnostics, t->inputs, t->step_count, check_seconds(t), states, &at);
	for (int i = 0; i < t->step_count; i++) {
		task_state *s = task_of_step(t, i);
		if (states[i] == STEP_WRONG && s && takes_part(s, variant))
			drop(s, variant, t->context, "gives other results");
	}
	if (result == CHECK_CRASHED || result == CHECK_HUNG) {
		task_state *s = task_of_step(t, at);
		*failed = !s || !takes_part(s, variant);
		if (!*failed)
			drop(s, variant, t->context, result == CHECK_HUNG ? "does not come to an end" : "crashes");
	} else if (result == CHECK_FAILED) {
		hdt_log(t->context, 0, "tuning: %s", hdt_context_message(t->diagnostics));
		context_clear_fault(t->diagnostics);
		*failed = true;
	}
	free(states);
	return result == CHECK_DONE;
}

/* ---- measuring --------------------------------------------------------------------------------------------------------- */

/* Of each task's steps together. */
static void add_ratios(tuner *t)
{
	for (int k = 0; k < t->tasks.count; k++) {
		task_state *s = &t->tasks.items[k];
		double before = 0, after = 0;
		for (int i = 0; i < t->step_count; i++)
			if (task_of_step(t, i) == s) {
				before += t->base_steps[i].median_us;
				after += t->variant_steps[i].median_us;
			}
		s->baseline_us = before;
		s->ratios[s->ratio_count++] = before > 0 ? after / before : 1;
	}
}

/* By a sign test: after LEAST_PAIRS measurements that all point one way chance is left out by 31 to 1. */
static bool is_decided(const task_state *s)
{
	int faster = 0, slower = 0;
	for (int i = 0; i < s->ratio_count; i++) {
		faster += s->ratios[i] < WORTH;
		slower += s->ratios[i] > WORTH;
	}
	return s->ratio_count >= LEAST_PAIRS && (faster == s->ratio_count || slower == s->ratio_count);
}

static bool measure_one(tuner *t, compiled_graph *c, int rounds, step_measure *steps)
{
	if (compiled_measure(c, t->diagnostics, t->inputs, t->input_count, rounds, steps) == HDT_OK)
		return true;
	hdt_fail(t->context, HDT_INTERNAL, "tuning: %s", hdt_context_message(t->diagnostics));
	return false;
}

static bool measure_pairs(tuner *t, int variant, compiled_graph *made)
{
	double run_ms = total_us(t->base_steps, t->step_count) / 1e3;
	int rounds = run_ms > 0 && PAIR_MS / run_ms < MOST_ROUNDS ? (int)(PAIR_MS / run_ms) : MOST_ROUNDS;
	rounds = rounds < LEAST_ROUNDS ? LEAST_ROUNDS : rounds;
	for (int i = 0; i < t->tasks.count; i++)
		t->tasks.items[i].ratio_count = 0;
	for (int pair = 0; pair < MOST_PAIRS; pair++) {
		if (!measure_one(t, t->baseline, rounds, t->base_steps) || !measure_one(t, made, rounds, t->variant_steps))
			return false;
		add_ratios(t);
		bool decided = true;
		for (int i = 0; i < t->tasks.count && decided; i++)
			decided = !takes_part(&t->tasks.items[i], variant) || is_decided(&t->tasks.items[i]);
		if (decided)
			break;
	}
	return true;
}

/* ---- findings ---------------------------------------------------------------------------------------------------------- */

static hdt_status keep(tuner *t, const task_state *s)
{
	bool whole = s->tried + s->dropped >= s->count;
	int steps = s->groups.count ? s->groups.count : 1;
	finding f = {.best = s->best,
	             .us = s->baseline_us * s->best_ratio / steps,
	             .baseline_us = s->baseline_us / steps,
	             .level = whole ? t->how->level : 0};
	return tuning_store(t->context, t->folder, s->key, &f);
}

/* What this variant has shown. */
static hdt_status judge(tuner *t, int variant)
{
	hdt_status status = HDT_OK;
	for (int i = 0; i < t->tasks.count && status == HDT_OK; i++) {
		task_state *s = &t->tasks.items[i];
		if (!takes_part(s, variant))
			continue;
		double median = times_median(s->ratios, s->ratio_count);
		s->tried++;
		bool better = median < WORTH && median < s->best_ratio;
		if (better) {
			s->best = s->all[variant];
			s->best_ratio = median;
		}
		if (better)
			status = keep(t, s);
	}
	return status;
}

/* Tasks whose last candidate this was are decided, also when it was dropped. */
static hdt_status keep_decided(tuner *t, int variant)
{
	hdt_status status = HDT_OK;
	for (int i = 0; i < t->tasks.count && status == HDT_OK; i++)
		if (variant + 1 == t->tasks.items[i].count)
			status = keep(t, &t->tasks.items[i]);
	return status;
}

/* May another variant begin? */
static bool goes_on(tuner *t)
{
	double seconds = now_seconds() - t->began;
	tune_progress p = {.done = t->done, .total = t->total, .seconds = seconds};
	for (int i = 0; i < t->tasks.count; i++)
		p.improved += !t->tasks.items[i].known && t->tasks.items[i].best_ratio < 1;
	p.left_seconds = t->done ? seconds / t->done * (t->total - t->done) : 0;
	if (t->how->seconds > 0 && p.left_seconds > t->how->seconds - seconds)
		p.left_seconds = t->how->seconds > seconds ? t->how->seconds - seconds : 0;
	bool wanted = !t->how->progress || t->how->progress(t->how->closure, &p);
	t->stopped = t->done < t->total && (!wanted || (t->how->seconds > 0 && seconds >= t->how->seconds));
	return t->done < t->total && !t->stopped;
}

static hdt_status try_variant(tuner *t, int variant)
{
	hdt_status status = HDT_OK;
	bool failed = false, checked = false;
	compiled_graph *made = NULL;
	while (!checked && !failed) {
		compiled_free(made);
		made = build_variant(t, variant);
		failed = !made;
		checked = made && check_variant(t, variant, made, &failed);
	}
	if (checked && !failed)
		status = measure_pairs(t, variant, made) ? judge(t, variant) : hdt_context_status(t->context);
	compiled_free(made);
	return status == HDT_OK ? keep_decided(t, variant) : status;
}

/* ---- the baseline ------------------------------------------------------------------------------------------------------ */

/* The first candidate that is no template: rules make it, and it is what others are compared with. NULL: there is none. */
static const candidate *plain_candidate(const task_state *s)
{
	for (int i = 0; i < s->count; i++)
		if (!s->all[i].chosen)
			return &s->all[i];
	return NULL;
}

/* A best guess that does not compute what the plain candidate does is no baseline: the plain one is. */
static hdt_status check_baseline(tuner *t)
{
	compiled_graph *plain = NULL;
	int *states = calloc((size_t)t->step_count + 1, sizeof *states), at, wrong = 0;
	for (int i = 0; i < t->tasks.count; i++) {
		const candidate *c = plain_candidate(&t->tasks.items[i]);
		fix(t, &t->tasks.items[i], c ? c : &t->tasks.items[i].baseline);
	}
	hdt_status status = states ? compile_base_build(t->base, t->fixed, &plain) : fail_memory(t);
	check_result result = CHECK_DONE;
	if (status == HDT_OK)
		result =
			check_steps(t->baseline, plain, t->diagnostics, t->inputs, t->step_count, check_seconds(t), states, &at);
	for (int i = 0; i < t->step_count && status == HDT_OK; i++) {
		task_state *s = task_of_step(t, i);
		const candidate *c = s ? plain_candidate(s) : NULL;
		if ((states[i] != STEP_WRONG && !(result != CHECK_DONE && i == at)) || !c)
			continue;
		hdt_log(t->context, 0, "tuning: %s by %s gives other results than by %s, which takes its place", s->text,
		        s->baseline.scheduler->name, c->scheduler->name);
		s->best = s->baseline = *c;
		wrong++;
	}
	compiled_free(plain);
	free(states);
	if (status != HDT_OK || !wrong)
		return status;
	compiled_free(t->baseline);
	for (int i = 0; i < t->tasks.count; i++)
		fix(t, &t->tasks.items[i], &t->tasks.items[i].baseline);
	return compile_base_build(t->base, t->fixed, &t->baseline);
}

/* ---- the whole --------------------------------------------------------------------------------------------------------- */

/* The baseline, which shows what the steps of a run are. */
static hdt_status build_baseline(tuner *t)
{
	const loaded *on = compile_base_device(t->base);
	for (int g = 0; g < t->groups->count; g++) {
		candidate *guesses;
		text declined = {0};
		int count = candidates_list(t->context, t->groups->groups[g].task, on, 0, &guesses, &declined);
		text_free(&declined);
		t->fixed[g] = count > 0 ? guesses[0] : (candidate){0};
	}
	hdt_status status = compile_base_build(t->base, t->fixed, &t->baseline);
	if (status != HDT_OK)
		return status;
	t->step_count = compiled_step_count(t->baseline);
	t->base_steps = calloc((size_t)t->step_count + 1, sizeof *t->base_steps);
	t->variant_steps = calloc((size_t)t->step_count + 1, sizeof *t->variant_steps);
	if (!t->base_steps || !t->variant_steps)
		return fail_memory(t);
	if (!measure_one(t, t->baseline, LEAST_ROUNDS, t->base_steps))
		return hdt_context_status(t->context);
	for (int i = 0; i < t->step_count; i++)
		t->in_run[t->base_steps[i].group - t->groups->groups] = true;
	return HDT_OK;
}

static hdt_status begin(tuner *t, hdt_graph *graph, const hdt_compile_options *options)
{
	t->diagnostics = context_new(t->context->registry);
	if (!t->diagnostics)
		return fail_memory(t);
	t->folder = tuning_folder(t->context, options->cache_dir);
	if (!t->folder)
		return hdt_context_status(t->context);
	hdt_status status = compile_base_new(graph, options, &t->base);
	if (status != HDT_OK)
		return status;
	t->groups = compile_base_groups(t->base);
	size_t count = (size_t)t->groups->count + 1;
	t->task_of = hdt_allocate(t->context, count * sizeof *t->task_of);
	t->fixed = hdt_allocate(t->context, count * sizeof *t->fixed);
	t->in_run = hdt_allocate(t->context, count * sizeof *t->in_run);
	if (!t->task_of || !t->fixed || !t->in_run)
		return HDT_OUT_OF_MEMORY;
	status = build_baseline(t);
	if (status == HDT_OK)
		status = list_tasks(t);
	for (int i = 0; i < t->step_count && status == HDT_OK; i++)
		task_of_step(t, i)->baseline_us += t->base_steps[i].median_us;
	return status == HDT_OK && t->total ? check_baseline(t) : status;
}

static const char *print(hdt_context *context, const candidate *c)
{
	text t = {0};
	candidate_print(&t, c);
	return text_finish(&t, context);
}

static hdt_status report(tuner *t, tune_report *out)
{
	*out = (tune_report){.count = t->tasks.count, .stopped = t->stopped};
	out->tasks = hdt_allocate(t->context, sizeof *out->tasks * (size_t)(t->tasks.count + 1));
	if (!out->tasks || !measure_one(t, t->baseline, LEAST_ROUNDS, t->base_steps))
		return hdt_context_status(t->context);
	for (int k = 0; k < t->tasks.count; k++) {
		const task_state *s = &t->tasks.items[k];
		double us = 0;
		for (int i = 0; i < t->step_count; i++)
			us += task_of_step(t, i) == s ? t->base_steps[i].median_us : 0;
		out->tasks[k] = (tuned_task){.text = s->text,
		                             .groups = s->groups.count,
		                             .before = print(t->context, &s->baseline),
		                             .after = print(t->context, &s->best),
		                             .before_us = us,
		                             .after_us = us * s->best_ratio,
		                             .tried = s->tried,
		                             .dropped = s->dropped,
		                             .known = s->known};
		out->before_us += us;
		out->after_us += us * s->best_ratio;
	}
	return HDT_OK;
}

static void end(tuner *t)
{
	compiled_free(t->baseline);
	compile_base_free(t->base);
	context_free(t->diagnostics);
	free(t->base_steps);
	free(t->variant_steps);
}

/* What a variant was made of goes with it: of many, no more than one is in memory beside the baseline. */
static hdt_status try_variants(tuner *t)
{
	ir_mark before;
	hdt_status status = HDT_OK;
	if (!ir_mark_take(t->context, &before))
		return fail_memory(t);
	while (status == HDT_OK && goes_on(t)) {
		status = try_variant(t, t->done++);
		if (status == HDT_OK)
			ir_mark_rewind(t->context, &before);
	}
	ir_mark_free(&before);
	return status;
}

hdt_status tune_graph(hdt_graph *graph, const hdt_compile_options *options, const hdt_array *inputs, int input_count,
                      const tune_options *how, tune_report *out)
{
	tuner t = {
		.context = graph->context, .inputs = inputs, .input_count = input_count, .how = how, .began = now_seconds()};
	*out = (tune_report){0};
	hdt_status status = begin(&t, graph, options);
	if (status == HDT_OK)
		status = try_variants(&t);
	if (status == HDT_OK)
		status = report(&t, out);
	end(&t);
	return status;
}
