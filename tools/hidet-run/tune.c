/* tune.c: the verb tune, and --tune of others: the search for the fastest kernels, with a bar while it goes on.
 *
 * The first interrupt ends the search and keeps what is known; the second one ends the program. */
#include "verbs.h"

#include "data.h"
#include <signal.h>
#include <string.h>
#include <unistd.h>

enum { BAR = 30, DEFAULT_LEVEL = 1, MOST_LEVEL = 2 };

static volatile sig_atomic_t interrupted;

static void note_interrupt(int number)
{
	interrupted = 1;
	signal(number, SIG_DFL);
}

static void draw_bar(const tune_progress *p)
{
	int full = p->total ? BAR * p->done / p->total : BAR;
	char bar[BAR + 1] = {0};
	memset(bar, '.', BAR);
	memset(bar, '#', (size_t)full);
	fprintf(stderr, "\rtuning [%s] %d of %d, %d kernels faster, %.0f s, about %.0f s left  ", bar, p->done, p->total,
	        p->improved, p->seconds, p->left_seconds);
	if (p->done == p->total)
		fputc('\n', stderr);
}

static bool show_progress(void *closure, const tune_progress *p)
{
	const options *o = closure;
	if (!o->quiet && isatty(STDERR_FILENO))
		draw_bar(p);
	else if (!o->quiet)
		fprintf(stderr, "tuning: %d of %d, %d kernels faster, %.0f s, about %.0f s left\n", p->done, p->total,
		        p->improved, p->seconds, p->left_seconds);
	return !interrupted;
}

/* The exit code of what the options ask for that cannot be. */
static int check_level(const options *o, int *level)
{
	*level = o->tune < 0 ? DEFAULT_LEVEL : o->tune > MOST_LEVEL ? MOST_LEVEL + 1 : (int)o->tune;
	if (*level <= MOST_LEVEL)
		return 0;
	fprintf(stderr, "hidet-run: --tune takes 0, 1 or 2, not %ld\n", o->tune);
	return exit_code_of(HDT_USAGE);
}

static int tune_inputs(hdt_session *session, hdt_model *model, const options *o, int level, tune_report *out)
{
	hdt_context *context = context_new(session_registry(session));
	const hdt_graph *graph = context ? model_graph(model) : NULL;
	input_set inputs = {0};
	if (!context)
		return exit_code_of(HDT_OUT_OF_MEMORY);
	int code = graph && inputs_gather(context, graph, o, &inputs) == HDT_OK ? 0 : report_fault(context);
	if (!code) {
		hdt_compile_options how = compile_options_of(o);
		tune_options search = {.level = level,
		                       .seconds = o->tune_budget > 0 ? o->tune_budget : 0,
		                       .again = o->again,
		                       .progress = show_progress,
		                       .closure = (void *)(uintptr_t)o};
		hdt_status status = model_tune(model, &how, inputs.arrays, inputs.count, &search, out);
		code = status == HDT_OK ? 0 : report_session_fault(session, status);
	}
	inputs_free(&inputs);
	context_free(context);
	return code;
}

int tune_model(hdt_session *session, hdt_model *model, const options *o, tune_report *out)
{
	tune_report report;
	int level, code = check_level(o, &level);
	if (code || !level)
		return code;
	struct sigaction take = {.sa_handler = note_interrupt}, before;
	sigaction(SIGINT, &take, &before);
	code = tune_inputs(session, model, o, level, out ? out : &report);
	sigaction(SIGINT, &before, NULL);
	return code;
}

static void print_report(const tune_report *r)
{
	if (r->count)
		printf(" before us   after us  ratio  kernels  by\n");
	for (int i = 0; i < r->count; i++) {
		const tuned_task *t = &r->tasks[i];
		printf("%10.2f %10.2f  %5.2f  %7d  %s: %s%s\n", t->before_us, t->after_us,
		       t->before_us > 0 ? t->after_us / t->before_us : 1, t->groups, t->text, t->after,
		       t->known ? " (known)" : "");
	}
	printf("%s%.1f us of kernels before, about %.1f us after\n", r->stopped ? "stopped early: " : "", r->before_us,
	       r->after_us);
}

static json_t *make_report(const tune_report *r)
{
	json_t *tasks = json_array();
	for (int i = 0; i < r->count; i++) {
		const tuned_task *t = &r->tasks[i];
		json_array_append_new(tasks, json_pack("{s:s, s:i, s:s, s:s, s:f, s:f, s:i, s:i, s:b}", "name", t->text,
		                                       "kernels", t->groups, "before", t->before, "after", t->after,
		                                       "before_us", t->before_us, "after_us", t->after_us, "tried", t->tried,
		                                       "dropped", t->dropped, "known", t->known));
	}
	return json_pack("{s:f, s:f, s:b, s:o}", "before_us", r->before_us, "after_us", r->after_us, "stopped", r->stopped,
	                 "tasks", tasks);
}

static int tune_and_tell(hdt_session *session, const options *o)
{
	tune_report report = {0};
	int code;
	hdt_model *model = load_model(session, o, &code);
	if (!model)
		return code;
	code = tune_model(session, model, o, &report);
	if (!code && !json_on_stdout(o))
		print_report(&report);
	if (!code && !report_json(o, make_report(&report)))
		code = exit_code_of(HDT_IO_ERROR);
	hdt_model_free(model);
	return code;
}

int verb_tune(hdt_session *session, const options *o)
{
	int code = o->import_from ? tuning_import(session, o) : 0;
	if (!code && (o->operands.count || !(o->import_from || o->export_to)))
		code = tune_and_tell(session, o);
	return code || !o->export_to ? code : tuning_export(session, o);
}
