/* Tuning: a template whose space holds a fast choice, slow ones, and every kind of bad one: wrong, crashing, hanging, not compiling. */
#include "core/tune.h"

#include "exec/tuning.h"
#include "fixture.h"
#include "ir/expr.h"
#include <criterion/criterion.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

/* ---- a template for y[i] = x[i] + x[i] ---- */

enum { FAST, SLOW, SLOWER, WRONG, CRASHES, HANGS, BREAKS, KINDS };
enum { ELEMENTS = 4096, SLOWNESS = 64 };

static int offered[KINDS], offered_count; /* what the space holds, the first one being the best guess */

static hdt_answer query(const hdt_task *task, const hdt_target_info *target)
{
	(void)target;
	return strcmp(task->name, "twice") == 0 ? (hdt_answer){.applies = true, .cost_us = 0}
	                                        : (hdt_answer){.reason = "it doubles nothing"};
}

static int space(const hdt_task *task, const hdt_target_info *target, int level, hdt_choice *out, int most)
{
	(void)task;
	(void)target;
	int count = level == 0 ? 1 : offered_count;
	for (int i = 0; i < count && i < most; i++)
		out[i] = (hdt_choice){{offered[i], 7}};
	return count < most ? count : most;
}

static void store_all(hdt_function *f, const hdt_tensor *x, const hdt_tensor *y, double factor)
{
	const hdt_expr *i = hdt_begin_for(f, "i", x->shape[0], HDT_LOOP_SERIAL);
	hdt_store(f, y, HDT_AT(i), hdt_mul(hdt_at(x, i), hdt_number(x->context, HDT_F32, factor)));
	hdt_end(f);
}

/* Far beyond any buffer. */
static void crash(hdt_function *f, const hdt_tensor *x, const hdt_tensor *y)
{
	const hdt_expr *far = hdt_int(x->context, INT64_C(1) << 45),
				   *i = hdt_begin_for(f, "i", x->shape[0], HDT_LOOP_SERIAL);
	hdt_store(f, y, HDT_AT(hdt_mul(hdt_cast(hdt_at(x, i), HDT_I64), far)), hdt_at(x, i));
	hdt_end(f);
}

static void hang(hdt_function *f, const hdt_tensor *x, const hdt_tensor *y)
{
	const hdt_tensor *n = hdt_local(f, "n", HDT_I64, HDT_SCALAR);
	hdt_store(f, n, HDT_SCALAR, hdt_int(x->context, 1));
	hdt_begin_while(f, hdt_less(hdt_int(x->context, 0), hdt_at_list(n, HDT_SCALAR)));
	hdt_store(f, n, HDT_SCALAR, hdt_cast(hdt_at(x, hdt_int(x->context, 1)), HDT_I64));
	hdt_store(f, y, HDT_AT(hdt_int(x->context, 0)), hdt_at(x, hdt_int(x->context, 0)));
	hdt_end(f);
}

static hdt_program *build_choice(const hdt_task *task, const hdt_target_info *target, const hdt_choice *choice)
{
	(void)target;
	int64_t kind = choice->values[0];
	hdt_program *p = hdt_program_new(task->context, task->name);
	hdt_program_bind(p, task);
	hdt_function *f = hdt_function_new(p, "twice", HDT_FUNCTION_CPU);
	const hdt_tensor *x = hdt_use(f, task->inputs[0]), *y = hdt_use(f, task->outputs[0]);
	if (kind == CRASHES)
		crash(f, x, y);
	else if (kind == HANGS)
		hang(f, x, y);
	else if (kind == BREAKS)
		hdt_asm(f, "this is no instruction", NULL, 0);
	int64_t rounds = kind == SLOW ? SLOWNESS : kind == SLOWER ? 4 * SLOWNESS : 1;
	if (rounds > 1) {
		/* not to be seen through: each round reads what the one before has written */
		const hdt_expr *r = hdt_begin_for(f, "r", hdt_int(x->context, rounds), HDT_LOOP_SERIAL);
		const hdt_expr *i = hdt_begin_for(f, "i", x->shape[0], HDT_LOOP_SERIAL);
		const hdt_expr *next = hdt_sub(hdt_sub(x->shape[0], hdt_int(x->context, 1)), i);
		hdt_begin_if(f, hdt_less(hdt_int(x->context, -1), r));
		hdt_store(f, y, HDT_AT(i), hdt_unary(HDT_OP_SIN, hdt_at(y, next)));
		hdt_end(f);
		hdt_end(f);
		hdt_end(f);
	}
	store_all(f, x, y, kind == WRONG ? 3 : 2);
	return p;
}

static const char *const params[] = {"kind", "seven", NULL};
static const hdt_scheduler template = {.size = sizeof template,
                                       .name = "template",
                                       .kind = HDT_FUNCTION_CPU,
                                       .query = query,
                                       .params = params,
                                       .space = space,
                                       .build_choice = build_choice};

/* ---- fixture ---- */

static float data[ELEMENTS];
static char told[8192]; /* what was logged, once asked for */

/* The log goes to stderr: to a file here, while a test runs. */
static const char *log_path(void)
{
	static char path[96];
	snprintf(path, sizeof path, "%s/log", folder);
	return path;
}

static const char *read_log(void)
{
	FILE *f = fopen(log_path(), "r");
	cr_assert_not_null(f);
	told[fread(told, 1, sizeof told - 1, f)] = 0;
	fclose(f);
	return told;
}

/* y = twice(x) */
static void fill_graph(void)
{
	hdt_value *x = hdt_graph_input(graph, "x", HDT_F32, HDT_AT(hdt_int(context, ELEMENTS)));
	hdt_graph_output(graph, "y", hdt_apply(graph, "twice", HDT_VALUES(x), NULL));
}

static void new_graph(void)
{
	context = context_new(registry);
	graph = hdt_graph_new(context, "g");
	fill_graph();
}

static void begin(void)
{
	fixture_begin(&hdt_target_cpu, NULL, (const hdt_scheduler *const[]){&template, NULL});
	for (int i = 0; i < ELEMENTS; i++)
		data[i] = (float)(1 + i % 5);
	cr_assert_not_null(freopen(log_path(), "w", stderr));
	setvbuf(stderr, NULL, _IONBF, 0);
	fill_graph();
}

TestSuite(tune, .init = begin, .fini = fixture_end, .timeout = 120);

static hdt_compile_options options(void)
{
	return (hdt_compile_options){
		.size = sizeof(hdt_compile_options), .target = "cpu", .threads = 1, .cache_dir = folder};
}

static tune_report tune(const int *kinds, int count, tune_options how)
{
	hdt_array in = {.dtype = HDT_F32, .rank = 1, .shape = {ELEMENTS}, .data = data};
	tune_report report;
	hdt_compile_options o = options();
	memcpy(offered, kinds, sizeof *kinds * (size_t)count);
	offered_count = count;
	how.level = how.level ? how.level : 2;
	cr_assert_eq(tune_graph(graph, &o, &in, 1, &how, &report), HDT_OK, "%s", context->message);
	return report;
}
#define TUNE(...) tune((const int[]){__VA_ARGS__}, (int)(sizeof((int[]){__VA_ARGS__}) / sizeof(int)), (tune_options){0})

/* Which kind is compiled now? -1: the rule-based schedule. */
static const char *chosen(void)
{
	hdt_context *old = context;
	compiled_graph *c = NULL;
	hdt_compile_options o = options();
	o.explain = true;
	cr_assert_not_null(freopen(log_path(), "w", stderr));
	setvbuf(stderr, NULL, _IONBF, 0);
	new_graph();
	cr_assert_eq(compile_graph(graph, &o, &c), HDT_OK, "%s", context->message);
	compiled_free(c);
	context_free(old);
	const char *at = strstr(read_log(), "scheduled by ");
	static char who[64];
	cr_assert_not_null(at, "%s", told);
	snprintf(who, sizeof who, "%.*s", (int)strcspn(at + 13, ","), at + 13);
	return who;
}

Test(tune, the_fastest_choice_wins_and_is_used_from_then_on)
{
	tune_report r = TUNE(SLOWER, SLOW, FAST);
	cr_assert_eq(r.count, 1);
	cr_assert_str_eq(r.tasks[0].before, "template kind=2 seven=7");
	cr_assert_lt(r.tasks[0].after_us, r.tasks[0].before_us / 2);
	cr_assert_not(r.stopped);
	const char *who = chosen();
	cr_assert(strcmp(who, "template kind=0 seven=7") == 0 || strcmp(who, "auto-cpu") == 0, "%s", who);
}

Test(tune, what_gives_other_results_is_named_and_never_wins)
{
	tune_report r = TUNE(SLOWER, WRONG);
	cr_assert_eq(r.tasks[0].dropped, 1);
	cr_assert_not_null(strstr(read_log(), "template kind=3 seven=7 gives other results"), "%s", told);
	cr_assert_str_neq(chosen(), "template kind=3 seven=7");
}

Test(tune, a_best_guess_that_is_wrong_gives_way_to_the_rules)
{
	(void)TUNE(WRONG);
	cr_assert_not_null(strstr(read_log(), "gives other results than by auto-cpu"), "%s", told);
}

Test(tune, a_kernel_that_crashes_ends_a_process_of_its_own)
{
	tune_report r = TUNE(SLOWER, CRASHES, FAST);
	cr_assert_eq(r.tasks[0].dropped, 1);
	cr_assert_not_null(strstr(read_log(), "template kind=4 seven=7 crashes"), "%s", told);
	cr_assert_str_neq(chosen(), "template kind=4 seven=7");
}

Test(tune, a_kernel_without_an_end_is_given_up)
{
	tune_report r = TUNE(SLOWER, HANGS);
	cr_assert_eq(r.tasks[0].dropped, 1);
	cr_assert_not_null(strstr(read_log(), "does not come to an end"), "%s", told);
}

Test(tune, a_kernel_that_does_not_compile_is_left_out)
{
	tune_report r = TUNE(SLOWER, BREAKS, FAST);
	cr_assert_eq(r.tasks[0].dropped, 1, "%s", read_log());
	cr_assert_not_null(strstr(read_log(), "does not compile"), "%s", told);
}

Test(tune, what_is_known_at_this_level_is_not_measured_again)
{
	(void)TUNE(SLOWER, FAST);
	context_free(context);
	new_graph();
	tune_report r = TUNE(SLOWER, FAST);
	cr_assert(r.tasks[0].known);
	cr_assert_eq(r.tasks[0].tried, 0);
}

static bool stop_at_once(void *closure, const tune_progress *p)
{
	(void)closure;
	(void)p;
	return false;
}

Test(tune, it_stops_when_told_to)
{
	tune_report r = tune((const int[]){SLOWER, FAST}, 2, (tune_options){.progress = stop_at_once});
	cr_assert(r.stopped);
	cr_assert_eq(r.tasks[0].tried, 0);
	cr_assert_str_eq(chosen(), "template kind=2 seven=7");
}

Test(tune, without_a_cache_folder_there_is_nowhere_to_keep_it)
{
	hdt_array in = {.dtype = HDT_F32, .rank = 1, .shape = {ELEMENTS}, .data = data};
	hdt_compile_options o = options();
	tune_report r;
	o.cache_dir = "";
	offered[0] = FAST;
	offered_count = 1;
	cr_assert_eq(tune_graph(graph, &o, &in, 1, &(tune_options){.level = 1}, &r), HDT_USAGE);
}

/* The only file; its text replaced by `text`. */
static void rewrite_finding(const char *content)
{
	char command[256];
	snprintf(command, sizeof command, "for f in '%s'/tuning/*.txt; do printf '%%s' \"$TEXT\" > \"$f\"; done", folder);
	setenv("TEXT", content, 1);
	cr_assert_eq(system(command), 0);
}

static bool only_what_is_new(void *closure, const tune_progress *p)
{
	(void)closure;
	cr_assert_eq(p->improved, 0);
	return true;
}

static tune_report tune_again(const int *kinds, int count, tune_options how)
{
	context_free(context);
	new_graph();
	return tune(kinds, count, how);
}

Test(tune, what_is_known_tells_what_it_gained)
{
	char after[80];
	tune_report first = tune((const int[]){SLOWER, FAST}, 2, (tune_options){0});
	double ratio = first.tasks[0].after_us / first.tasks[0].before_us;
	snprintf(after, sizeof after, "%s", first.tasks[0].after);
	tune_report r = tune_again((const int[]){SLOWER, FAST}, 2, (tune_options){.progress = only_what_is_new});
	cr_assert(r.tasks[0].known);
	cr_assert_str_eq(r.tasks[0].before, "template kind=2 seven=7");
	cr_assert_str_eq(r.tasks[0].after, after);
	cr_assert_float_eq(r.tasks[0].after_us / r.tasks[0].before_us, ratio, 0.02);
}

Test(tune, a_task_whose_last_candidate_is_dropped_is_decided)
{
	(void)tune((const int[]){FAST, WRONG}, 2, (tune_options){0}); /* the rule-based schedule is tried too */
	cr_assert(tune_again((const int[]){FAST, WRONG}, 2, (tune_options){0}).tasks[0].known);
	/* also when nothing else was there */
	rewrite_finding("");
	(void)tune_again((const int[]){FAST, WRONG, BREAKS}, 3, (tune_options){0});
	cr_assert(tune_again((const int[]){FAST, WRONG, BREAKS}, 3, (tune_options){0}).tasks[0].known);
}

Test(tune, memory_does_not_grow_with_the_number_of_variants)
{
	(void)tune((const int[]){SLOWER, FAST}, 2, (tune_options){.again = true});
	uint32_t few = expr_count(context);
	(void)tune_again((const int[]){SLOWER, SLOW, FAST, WRONG, BREAKS, CRASHES}, 6, (tune_options){.again = true});
	cr_assert_leq(expr_count(context), few, "%u expressions instead of %u", expr_count(context), few);
}

/* ---- findings on disk ---- */

Test(tune, a_finding_that_does_not_fit_is_none)
{
	static const char *const bad[] = {
		"",
		"hidet tuning 1\n",
		"hidet tuning 2\nscheduler auto-cpu\nus 1\nbaseline 1\nlevel 2\n",
		"hidet tuning 1\nscheduler nobody\nus 1\nbaseline 1\nlevel 2\n",
		"hidet tuning 1\nscheduler template\nkind 99\nseven 7\nus 1\nbaseline 1\nlevel 2\n",
		"hidet tuning 1\nscheduler template\nseven 7\nkind 0\nus 1\nbaseline 1\nlevel 2\n",
		"hidet tuning 1\nscheduler template\nkind 0\nseven 7\nus -1\nbaseline 1\nlevel 2\n",
		"hidet tuning 1\nscheduler template\nkind 0\nseven 7\nus 1\nbaseline 1\nlevel 2\nmore\n",
	};
	(void)TUNE(SLOWER, FAST);
	for (size_t i = 0; i < sizeof bad / sizeof *bad; i++) {
		rewrite_finding(bad[i]);
		cr_assert_str_eq(chosen(), "template kind=2 seven=7", "finding %zu was used", i);
	}
	rewrite_finding("hidet tuning 1\nscheduler template\nkind 0\nseven 7\nus 1\nbaseline 1\nlevel 2\n");
	cr_assert_str_eq(chosen(), "template kind=0 seven=7");
}
