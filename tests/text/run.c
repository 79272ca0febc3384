/* run.c: the golden tests of graph passes and rules, and the round trip of the text form.
 *
 *     text_run golden PLUGIN-DIR FILE...   run what the first line says and compare
 *     text_run bless  PLUGIN-DIR FILE...   write what comes out as the expectation; read the diff before committing
 *     text_run round-trip PLUGIN-DIR FILE...   print(parse(x)) is a fixed point, down to the bytes of constants; a text
 * that needs a plugin from elsewhere is skipped. Programs also come back with the lines of their statements.
 *
 * A golden file:
 *     # run: rewrite, fold
 *     graph @g(...) { ... }
 *     ---
 *     graph @g(...) { ... }
 * The graph is also evaluated before and after, on made-up inputs: the passes must not change what it computes.
 * Words: rewrite, resolve, fold, merge, drop, all (these five in this order); f16, bf16: compute in it what is f32, and then compare as closely
 * as it allows. why:RULE adds as comments what that rule says to have
 * done and declined. With HIDET_DEBUG=1 all rules say it. */
#include "base/explain.h"
#include "base/file.h"
#include "meaning.h"
#include "pass/pass.h"
#include "rewrite/rewrite.h"
#include "script/script.h"
#include "tests/load_plugins.h"
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

enum { LIMIT_BYTES = 16 << 20 };

typedef struct runner {
	hdt_registry *registry;
	const char *file;
	text explanation;
	hdt_dtype computed; /* the dtype that a graph's f32 values became; HDT_BOOL: they are what they were */
	bool unsupported;   /* the last text needs an operator of a plugin that is not loaded */
} runner;

static const char why[] = "why:";

/* ---- passes ----------------------------------------------------------------------------------------------------- */

static hdt_status run_rules(runner *r, hdt_graph *g, hdt_status (*run)(hdt_graph *, const rewrite_options *, int *))
{
	explanation told;
	explain_begin(&told, g->context, true);
	hdt_status status = run(g, &(rewrite_options){.limit = -1, .explain = &told}, NULL);
	explain_print(&told, &r->explanation);
	return status;
}
static hdt_status run_rewrite(runner *r, hdt_graph *g)
{
	return run_rules(r, g, graph_rewrite);
}
static hdt_status run_resolve(runner *r, hdt_graph *g)
{
	return run_rules(r, g, graph_resolve);
}
static hdt_status run_precision(runner *r, hdt_graph *g, hdt_dtype to)
{
	r->computed = to;
	return pass_precision(g, to, NULL);
}
static hdt_status run_f16(runner *r, hdt_graph *g)
{
	return run_precision(r, g, HDT_F16);
}
static hdt_status run_bf16(runner *r, hdt_graph *g)
{
	return run_precision(r, g, HDT_BF16);
}
static hdt_status run_fold(runner *r, hdt_graph *g)
{
	(void)r;
	return pass_fold_constants(g, 1 << 20);
}
static hdt_status run_merge(runner *r, hdt_graph *g)
{
	(void)r;
	return pass_merge_common(g);
}
static hdt_status run_drop(runner *r, hdt_graph *g)
{
	(void)r;
	return pass_drop_dead(g);
}

static const struct {
	const char *word;
	hdt_status (*run)(runner *r, hdt_graph *graph);
} passes[] = {
	{"rewrite", run_rewrite}, {"resolve", run_resolve}, {"fold", run_fold}, {"merge", run_merge},
	{"drop", run_drop},       {"f16", run_f16},         {"bf16", run_bf16},
};
enum { ALL = 5 }; /* the first ones */

static hdt_status run_word(runner *r, hdt_graph *graph, const char *word)
{
	bool known = !strncmp(word, why, strlen(why));
	hdt_status status = HDT_OK;
	for (size_t i = 0; i < sizeof passes / sizeof *passes && status == HDT_OK; i++) {
		if (strcmp(word, passes[i].word) && (strcmp(word, "all") || i >= ALL))
			continue;
		known = true;
		status = passes[i].run(r, graph);
		if (status == HDT_OK)
			status = graph_verify(graph);
	}
	return known ? status : hdt_fail(graph->context, HDT_USAGE, "'%s' is no word of a golden file's first line", word);
}

/* Sizes that symbols take in turn: some, one and none. A graph that does not accept a size (an assertion fails) is not asked at it. */
enum { SIZES = 3 };
static const int64_t sizes[SIZES] = {5, 1, 0};

static void take_meanings(hdt_graph *graph, meaning *out, hdt_status *statuses)
{
	for (int i = 0; i < SIZES; i++) {
		statuses[i] = i == 0 || graph->symbol_count ? meaning_take(graph, sizes[i], &out[i]) : HDT_BAD_INPUT;
		if (i > 0 && statuses[i] != HDT_OK)
			context_clear_fault(graph->context);
	}
}

static hdt_status compare_meanings(const runner *r, const hdt_graph *graph, const char *words, const meaning *before,
                                   const meaning *after, const hdt_status *known, const hdt_status *got)
{
	char reason[128];
	for (int i = 0; i < SIZES; i++) {
		if (known[i] != HDT_OK)
			continue;
		if (got[i] != HDT_OK)
			return hdt_fail(graph->context, HDT_MISMATCH, "graph '%s' cannot be computed at size %lld after %s",
			                graph->name, (long long)sizes[i], words);
		if (!meaning_same(&before[i], &after[i], r->computed, reason, sizeof reason))
			return hdt_fail(graph->context, HDT_MISMATCH,
			                "graph '%s' computes something else at size %lld after %s: %s", graph->name,
			                (long long)sizes[i], words, reason);
	}
	return HDT_OK;
}

/* All words over one graph, which must compute the same afterwards. */
static hdt_status run_words(runner *r, hdt_graph *graph, const char *words)
{
	char *list = strdup(words), *rest = NULL;
	meaning before[SIZES] = {{0}}, after[SIZES] = {{0}};
	hdt_status known[SIZES], got[SIZES];
	if (!list)
		return HDT_OUT_OF_MEMORY;
	r->computed = HDT_BOOL;
	take_meanings(graph, before, known);
	hdt_status status = known[0];
	for (char *word = strtok_r(list, ", \r\n", &rest); word && status == HDT_OK; word = strtok_r(NULL, ", \r\n", &rest))
		status = run_word(r, graph, word);
	if (status == HDT_OK) {
		take_meanings(graph, after, got);
		status = compare_meanings(r, graph, words, before, after, known, got);
	}
	for (int i = 0; i < SIZES; i++) {
		meaning_free(&before[i]);
		meaning_free(&after[i]);
	}
	free(list);
	return status;
}

/* ---- texts ------------------------------------------------------------------------------------------------------ */

/* Does the source hold programs, rather than graphs and tasks? */
static bool holds_programs(hdt_context *context, const char *source)
{
	parser p;
	parser_init(&p, context, "source", source);
	return parser_is(&p, "param") || parser_is(&p, "program") || parser_is(&p, "fn") || parser_is(&p, "line");
}

static hdt_status print_programs(hdt_context *context, const char *file, const char *source, bool lines, text *out)
{
	parser p;
	const hdt_program *program;
	parser_init(&p, context, file, source);
	while ((program = program_parse_next(&p, NULL, 0))) {
		if (lines)
			program_print_lines(out, program, program->name);
		else
			program_print(out, program);
	}
	return hdt_context_status(context);
}

/* As canonical, of a source of programs. */
static char *canonical_programs(runner *r, const char *source, bool lines)
{
	hdt_context *context = context_new(r->registry);
	text out = {0};
	hdt_status status = print_programs(context, r->file, source, lines, &out);
	if (status != HDT_OK)
		fprintf(stderr, "%s: %s\n", r->file, context->message);
	r->unsupported = strstr(context->message, "no loaded target provides") != NULL;
	char *result = status == HDT_OK ? strdup(out.data ? out.data : "") : NULL;
	text_free(&out);
	context_free(context);
	return result;
}

/* Print every graph and task of a source, after running `words` (NULL: none); NULL after a fault, which is told. */
static char *canonical(runner *r, const char *source, const char *words, constant_sink *sink)
{
	hdt_context *context = context_new(r->registry);
	parsed_file file = {0};
	text out = {0};
	hdt_status status = text_parse_file(context, r->file, source, &file);
	for (int i = 0; i < file.graph_count && status == HDT_OK && words; i++)
		status = run_words(r, file.graphs[i], words);
	for (int i = 0; i < file.graph_count && status == HDT_OK; i++) {
		status = graph_verify(file.graphs[i]);
		graph_print(&out, file.graphs[i], sink);
	}
	for (int i = 0; i < file.task_count && status == HDT_OK; i++)
		task_print(&out, file.tasks[i]);
	if (status != HDT_OK)
		fprintf(stderr, "%s: %s\n", r->file, context->message);
	r->unsupported = status == HDT_UNSUPPORTED;
	char *result = status == HDT_OK ? strdup(out.data ? out.data : "") : NULL;
	text_free(&out);
	context_free(context);
	return result;
}

/* Cut the source at its line `---`: the part behind it, or NULL. */
static char *cut(char *source)
{
	char *line = !strncmp(source, "---", 3) ? source : strstr(source, "\n---");
	if (!line)
		return NULL;
	char *behind = line + (*line == '\n' ? 4 : 3);
	*line = 0;
	return behind + strspn(behind, "-\r\n");
}

static void show_difference(const char *file, const char *want, const char *got)
{
	fprintf(stderr, "%s: the result is not what is expected\n---- got\n%s---- want\n%s", file, got, want);
}

/* ---- golden files ----------------------------------------------------------------------------------------------- */

static bool write_golden(const char *file, const char *input, const char *result)
{
	FILE *f = fopen(file, "w");
	if (!f)
		return false;
	fprintf(f, "%s\n---\n%s", input, result);
	return fclose(f) == 0;
}

/* The result, and the lines of the explanation that begin with a rule that is asked for by why:RULE. */
static char *add_explanation(const runner *r, const char *words, char *result)
{
	text out = {0};
	text_add(&out, result);
	for (const char *word = strstr(words, why); word; word = strstr(word + 1, why)) {
		const char *rule = word + strlen(why);
		size_t length = strcspn(rule, ", \r\n");
		for (const char *line = r->explanation.data; line && *line; line += strcspn(line, "\n"), line += *line == '\n')
			if (!strncmp(line, rule, length) && line[length] == ':')
				text_format(&out, "# %.*s\n", (int)strcspn(line, "\n"), line);
	}
	free(result);
	return out.data;
}

static bool check_golden(runner *r, char *source, bool bless)
{
	static const char key[] = "# run:";
	char *want = cut(source);
	if (strncmp(source, key, strlen(key)) || (!want && !bless)) {
		fprintf(stderr, "%s: the first line must be '# run: WORDS', and a line --- must part input and expectation\n",
		        r->file);
		return false;
	}
	char words[256];
	snprintf(words, sizeof words, "%.*s", (int)strcspn(source + strlen(key), "\n"), source + strlen(key));
	char *got = canonical(r, source, words, NULL);
	bool ok = got != NULL;
	if (got)
		got = add_explanation(r, words, got);
	if (got && bless)
		ok = write_golden(r->file, source, got);
	else if (got && strcmp(got, want)) {
		show_difference(r->file, want, got);
		ok = false;
	}
	if ((!ok || getenv("HIDET_DEBUG")) && r->explanation.data)
		fprintf(stderr, "---- rules\n%s", r->explanation.data);
	free(got);
	return ok;
}

/* ---- round trip ------------------------------------------------------------------------------------------------- */

/* Constants go into a file beside which the text is read again. */
typedef struct weight_writer {
	constant_sink sink;
	FILE *file;
	size_t offset;
} weight_writer;

static bool add_weights(constant_sink *sink, const void *data, size_t bytes, size_t *offset)
{
	weight_writer *w = (weight_writer *)sink;
	static const char padding[16];
	*offset = w->offset;
	size_t gap = (16 - bytes % 16) % 16;
	w->offset += bytes + gap;
	return fwrite(data, 1, bytes, w->file) == bytes && fwrite(padding, 1, gap, w->file) == gap;
}

static char *print_with_weights(runner *r, const char *source, const char *folder, const char *name)
{
	char path[512];
	snprintf(path, sizeof path, "%s/%s", folder, name);
	weight_writer w = {.sink = {.file_name = "weights.bin", .add = add_weights}, .file = fopen(path, "wb")};
	char *result = w.file ? canonical(r, source, NULL, &w.sink) : NULL;
	if (w.file)
		fclose(w.file);
	return result;
}

static bool same_files(const char *folder, const char *a, const char *b)
{
	char command[1200];
	snprintf(command, sizeof command, "cmp -s '%s/%s' '%s/%s'", folder, a, folder, b);
	return system(command) == 0;
}

static bool round_trip(runner *r, const char *source)
{
	char folder[] = "/tmp/hidet-text-XXXXXX", again[64];
	if (!mkdtemp(folder))
		return false;
	const char *file = r->file;
	char *first = print_with_weights(r, source, folder, "weights.bin");
	snprintf(again, sizeof again, "%s/again.hds", folder);
	r->file = again;
	char *second = first ? print_with_weights(r, first, folder, "second.bin") : NULL;
	r->file = file;
	bool ok = first && second && !strcmp(first, second) && same_files(folder, "weights.bin", "second.bin");
	if (first && second && !ok)
		show_difference(file, first, second);
	free(first);
	free(second);
	static const char *const names[] = {"weights.bin", "second.bin"};
	for (size_t i = 0; i < sizeof names / sizeof *names; i++) {
		snprintf(again, sizeof again, "%s/%s", folder, names[i]);
		unlink(again);
	}
	rmdir(folder);
	return ok;
}

static bool round_trip_programs(runner *r, const char *source, bool lines)
{
	char *first = canonical_programs(r, source, lines);
	char *second = first ? canonical_programs(r, first, lines) : NULL;
	bool ok = first && second && !strcmp(first, second);
	if (first && second && !ok)
		show_difference(r->file, first, second);
	free(first);
	free(second);
	return ok;
}

static bool round_trip_any(runner *r, const char *source)
{
	hdt_context *context = context_new(NULL);
	bool programs = context && holds_programs(context, source);
	context_free(context);
	if (!programs)
		return round_trip(r, source);
	return round_trip_programs(r, source, false) && round_trip_programs(r, source, true);
}

static bool check_round_trip(runner *r, char *source)
{
	char *second = cut(source);
	bool ok = round_trip_any(r, source) && (!second || round_trip_any(r, second));
	if (ok || !r->unsupported)
		return ok;
	printf("skipped: %s needs a plugin that is not of this tree\n", r->file);
	return true;
}

/* ---- main ------------------------------------------------------------------------------------------------------- */

static bool run_file(runner *r, const char *verb)
{
	hdt_context *context = context_new(NULL);
	char *source = NULL;
	size_t bytes = 0;
	bool ok = file_read(context, r->file, LIMIT_BYTES, &source, &bytes) == HDT_OK;
	if (!ok)
		fprintf(stderr, "%s\n", context->message);
	else if (!strcmp(verb, "round-trip"))
		ok = check_round_trip(r, source);
	else
		ok = check_golden(r, source, !strcmp(verb, "bless"));
	text_free(&r->explanation);
	r->explanation = (text){0};
	free(source);
	context_free(context);
	return ok;
}

static bool is_verb(const char *word)
{
	return !strcmp(word, "golden") || !strcmp(word, "bless") || !strcmp(word, "round-trip");
}

int main(int argc, char **argv)
{
	if (argc < 4 || !is_verb(argv[1])) {
		fprintf(stderr, "usage: text_run golden|bless|round-trip PLUGIN-DIR FILE...\n");
		return 2;
	}
	runner r = {0};
	loader *l;
	if (!load_plugins(argv[2], &r.registry, &l))
		return 1;
	int failed = 0;
	for (int i = 3; i < argc; i++) {
		r.file = argv[i];
		failed += !run_file(&r, argv[1]);
	}
	registry_free(r.registry);
	loader_close(l);
	return failed ? 1 : 0;
}
