/* main.c: hidet-run: reads the command line, opens a session with the plugins asked for, runs the verb. */
#include "verbs.h"

#include "base/file.h"
#include "data.h"
#include "not_built.h"
#include <fcntl.h>
#include <limits.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

int exit_code_of(hdt_status status)
{
	static const int codes[] = {
#define HDT_STATUS(name, exit_code, doc) exit_code,
#include <hidet/statuses.def>
#undef HDT_STATUS
	};
	return codes[status];
}

/* Names out of hostile files may hold what steers a terminal. */
static void print_message(const char *message)
{
	fputs("hidet-run: ", stderr);
	for (const unsigned char *at = (const unsigned char *)message; *at; at++)
		fprintf(stderr, (*at < ' ' && *at != '\n' && *at != '\t') || *at == 127 ? "\\x%02x" : "%c", *at);
	fputc('\n', stderr);
}

int report_fault(const hdt_context *context)
{
	print_message(context->message);
	if (*context->notes)
		fprintf(stderr, "%s\n", context->notes);
	return exit_code_of(context->status);
}

int report_session_fault(hdt_session *session, hdt_status status)
{
	print_message(hdt_session_error(session));
	return exit_code_of(status);
}

bool json_on_stdout(const options *o)
{
	return o->json && strcmp(o->json, "-") == 0;
}

/* A file is written whole or not at all; what is no file (a pipe, a terminal) is written as it comes. */
static bool write_json(const json_t *report, const char *path)
{
	struct stat st;
	if (stat(path, &st) == 0 && !S_ISREG(st.st_mode))
		return json_dump_file(report, path, JSON_INDENT(2)) == 0;
	hdt_context *context = context_new(NULL);
	char *written = json_dumps(report, JSON_INDENT(2));
	bool good = context && written && file_write_atomically(context, path, written, strlen(written)) == HDT_OK;
	free(written);
	context_free(context);
	return good;
}

bool save_json(json_t *report, const char *path)
{
	bool good = strcmp(path, "-") == 0 ? json_dumpf(report, stdout, JSON_INDENT(2)) == 0 && putchar('\n') == '\n'
	                                   : write_json(report, path);
	if (!good)
		fprintf(stderr, "hidet-run: cannot write the report to '%s'\n", path);
	json_decref(report);
	return good;
}

bool report_json(const options *o, json_t *report)
{
	if (o->json)
		return save_json(report, o->json);
	json_decref(report);
	return true;
}

/* On the command line 0 allows none, among the options of a compilation a negative number does. */
static int rule_limit_of(const options *o)
{
	int limit = o->rule_limit < INT_MAX ? (int)o->rule_limit : INT_MAX;
	return limit < 0 ? 0 : limit == 0 ? -1 : limit;
}

hdt_compile_options compile_options_of(const options *o)
{
	return (hdt_compile_options){.size = sizeof(hdt_compile_options),
	                             .target = o->target ? o->target : "cpu",
	                             .threads = o->threads <= 0        ? 0
	                                        : o->threads < INT_MAX ? (int)o->threads
	                                                               : INT_MAX,
	                             .cache_dir = o->cache_dir,
	                             .dump_dir = o->dump,
	                             .stop_after = o->stop_after,
	                             .no_optimise = o->no_optimise,
	                             .no_fusion = o->no_fusion,
	                             .explain = o->explain != NULL,
	                             .explain_only = o->explain && *o->explain ? o->explain : NULL,
	                             .rule_limit = rule_limit_of(o),
	                             .memory_limit = o->memory_limit,
	                             .precision = o->precision,
	                             .kernels = o->kernels.items};
}

static bool is_file(const char *path)
{
	struct stat st;
	return stat(path, &st) == 0 && !S_ISDIR(st.st_mode);
}

/* Compiling takes the reading of the model that is changed here. */
static hdt_status make_up_weights(hdt_session *session, hdt_model *model, const options *o)
{
	hdt_context *context = context_new(session_registry(session));
	if (!context)
		return session_fail(session, HDT_OUT_OF_MEMORY, "out of memory");
	hdt_status status = weights_make_up(context, model_graph(model), o);
	if (status != HDT_OK)
		session_keep_fault(session, context);
	context_free(context);
	return status;
}

hdt_model *load_model(hdt_session *session, const options *o, int *exit_code)
{
	*exit_code = exit_code_of(HDT_USAGE);
	const char *word = o->operands.count ? o->operands.items[0] : "";
	if (*word && !strpbrk(word, "./") && !is_file(word)) {
		fprintf(stderr, "hidet-run: '%s' is neither a verb nor a file; a verb stands first:%s\n", word,
		        options_verbs());
		return NULL;
	}
	if (o->operands.count != 1) {
		fprintf(stderr,
		        o->operands.count ? "hidet-run: one model at a time, not also '%s'\n"
		                          : "hidet-run: which model? hidet-run MODEL%s\n",
		        o->operands.count ? o->operands.items[1] : "");
		return NULL;
	}
	hdt_model *model = NULL;
	hdt_status status = hdt_model_load(session, o->operands.items[0], &model);
	if (status == HDT_OK && o->random_weights)
		status = make_up_weights(session, model, o);
	if (status == HDT_OK)
		return model;
	*exit_code = report_session_fault(session, status);
	hdt_model_free(model);
	return NULL;
}

/* A target that nobody provides may be one that this build left out. */
static void explain_missing_target(const hdt_session *session, const options *o)
{
	size_t length = o->target ? strcspn(o->target, ":") : 0;
	for (const not_built_plugin *p = not_built_plugins; length && p->name; p++)
		if (strncmp(p->name, "target-", 7) == 0 && strlen(p->name + 7) == length &&
		    strncmp(p->name + 7, o->target, length) == 0 && !registry_target(session_registry(session), p->name + 7))
			fprintf(stderr, "hidet-run: %s is in the source tree, but was not built: %s\n", p->name, p->reason);
}

static int run_verb(const options *o)
{
	static const struct {
		char letter;
		int (*run)(hdt_session *, const options *);
	} verbs[] = {
#define VERB(letter, name, usage, doc) {letter, verb_##name},
#include "verbs.def"
#undef VERB
	};
	hdt_session_options s = {.size = sizeof s,
	                         .plugin_files = o->plugin.items,
	                         .plugin_dirs = o->plugin_dir.items,
	                         .distribution = o->dist,
	                         .strict_plugins = o->strict};
	hdt_session *session = NULL;
	hdt_status status = hdt_session_open(&s, &session);
	if (!session) {
		fprintf(stderr, "hidet-run: out of memory\n");
		return exit_code_of(HDT_OUT_OF_MEMORY);
	}
	int code = 0;
	if (status != HDT_OK)
		code = report_session_fault(session, status);
	else if (!o->quiet && o->verb != 'p' && loader_refused_count(session_loader(session)))
		fprintf(stderr, "hidet-run: refused plugins:\n%s\n", loader_refusals(session_loader(session)));
	/* `plugins` is asked to find out what was refused. */
	if (status == HDT_OK || (status == HDT_PLUGIN_REFUSED && o->verb == 'p')) {
		for (size_t i = 0; i < sizeof verbs / sizeof *verbs; i++)
			if (verbs[i].letter == o->verb) {
				int answer = verbs[i].run(session, o);
				if (answer == exit_code_of(HDT_BAD_TARGET))
					explain_missing_target(session, o);
				code = code ? code : answer;
			}
	}
	hdt_session_close(session);
	return code;
}

/* A file that the host opens must not become the stdout or stderr that was closed: hold the places with what cannot be written. */
static void hold_standard_files(void)
{
	int fd;
	do
		fd = open("/dev/null", O_RDONLY);
	while (fd >= 0 && fd <= STDERR_FILENO);
	if (fd >= 0)
		close(fd);
}

int main(int argc, char **argv)
{
	options o;
	hold_standard_files();
	int code = exit_code_of(HDT_USAGE);
	if (argc > 1 && strcmp(argv[1], "--version") == 0) {
		printf("hidet-run %s, plugin interface %d.%d\n", HIDET_VERSION, HDT_ABI_MAJOR, HDT_ABI_MINOR);
		return 0;
	}
	if (options_parse(&o, argc, argv)) {
		if (o.help || argc == 1) {
			options_help(o.help ? stdout : stderr, o.verb);
			code = o.help ? 0 : code;
		} else
			code = run_verb(&o);
	}
	options_free(&o);
	if (fflush(stdout) != 0 && code == 0) {
		fprintf(stderr, "hidet-run: cannot write the results to stdout\n");
		code = exit_code_of(HDT_IO_ERROR);
	}
	return code;
}
