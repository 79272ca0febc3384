/* run.c: the golden tests of the passes over programs.
 *
 *     lower_run golden FILE...   run what the first line says and compare
 *     lower_run bless  FILE...   write what comes out as the expectation; read the diff before committing
 *
 * A golden file:
 *     # run: map, guard
 *     fn @f(...) ... { ... }
 *     ---
 *     fn @f(...) ... { ... }
 * Words: those of passes.def; `all` for those that a target taking C needs, `script` for one taking script. After each the program must
 * hold before the verifier and do to memory what it did before; at the end it must read back from its text. */
#include "base/file.h"
#include "lower/lower.h"
#include "meaning.h"
#include "target.h"
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

enum { LIMIT_BYTES = 1 << 20 };

static hdt_status run_word(hdt_program *program, const char *word)
{
	lowering how = {.target = &lowering_target, .info = &paper_device};
	if (!strcmp(word, "script"))
		how.target = &lowering_script_target;
	if (!strcmp(word, "all") || !strcmp(word, "script"))
		return program_lower(program, &how);
	for (int i = 0; i < lower_pass_count; i++)
		if (!strcmp(word, lower_passes[i].word))
			return lower_run(&lower_passes[i], program, &how);
	return hdt_fail(program->context, HDT_USAGE, "'%s' is no word of a golden file's first line", word);
}

static hdt_status run_words(hdt_program *program, const char *words)
{
	hdt_context *context = program->context;
	char *list = strdup(words), *rest = NULL;
	meaning before, after;
	hdt_status status = list ? meaning_take(program, &before) : HDT_OUT_OF_MEMORY;
	for (char *word = strtok_r(list, ", \r\n", &rest); word && status == HDT_OK;
	     word = strtok_r(NULL, ", \r\n", &rest)) {
		status = run_word(program, word);
		if (status == HDT_OK)
			status = program_verify(program);
		if (status == HDT_OK)
			status = meaning_take(program, &after);
		if (status == HDT_OK && !meaning_same(&before, &after))
			status = hdt_fail(context, HDT_MISMATCH, "the program does something else after '%s'", word);
	}
	free(list);
	return status;
}

static char *print(const hdt_program *program)
{
	text out = {0};
	program_print(&out, program);
	char *copy = out.data && !out.failed ? strdup(out.data) : NULL;
	text_free(&out);
	return copy;
}

/* The text of the program after `words` (NULL: as it is); NULL after a fault, which is told. */
static char *lowered(const char *file, const char *source, const char *words)
{
	hdt_context *context = lowering_context();
	hdt_program *program = hdt_program_parse(context, file, source, NULL, 0);
	hdt_status status = program ? HDT_OK : hdt_context_status(context);
	if (program && words)
		status = run_words(program, words);
	char *result = program && status == HDT_OK ? print(program) : NULL;
	if (!result)
		fprintf(stderr, "%s: %s\n", file, context->message);
	lowering_context_free(context);
	return result;
}

/* Cut the source at its line `---`: the part behind it, or NULL. */
static char *cut(char *source)
{
	char *line = strstr(source, "\n---\n");
	if (!line)
		return NULL;
	line[1] = 0;
	return line + 5;
}

static bool compare(const char *file, const char *want, const char *got)
{
	if (strcmp(want, got) == 0)
		return true;
	fprintf(stderr, "%s: the result is not what is expected\n---- got\n%s---- want\n%s", file, got, want);
	return false;
}

static bool write_golden(const char *file, const char *input, const char *result)
{
	FILE *f = fopen(file, "w");
	if (!f)
		return false;
	fprintf(f, "%s---\n%s", input, result);
	return fclose(f) == 0;
}

static bool check(const char *file, char *source, bool bless)
{
	static const char key[] = "# run:";
	char *want = cut(source);
	if (strncmp(source, key, strlen(key)) || (!want && !bless)) {
		fprintf(stderr, "%s: the first line must be '# run: WORDS', and a line --- must part input and expectation\n",
		        file);
		return false;
	}
	char words[256];
	snprintf(words, sizeof words, "%.*s", (int)strcspn(source + strlen(key), "\n"), source + strlen(key));
	char *got = lowered(file, source, words);
	char *again = got ? lowered(file, got, NULL) : NULL;
	bool ok = got && again && compare(file, got, again);
	if (ok)
		ok = bless ? write_golden(file, source, got) : compare(file, want, got);
	free(got);
	free(again);
	return ok;
}

static bool run_file(const char *file, bool bless)
{
	hdt_context *context = context_new(NULL);
	char *source = NULL;
	size_t bytes = 0;
	bool ok = file_read(context, file, LIMIT_BYTES, &source, &bytes) == HDT_OK;
	if (!ok)
		fprintf(stderr, "%s\n", context->message);
	else
		ok = check(file, source, bless);
	free(source);
	context_free(context);
	return ok;
}

int main(int argc, char **argv)
{
	if (argc < 3 || (strcmp(argv[1], "golden") && strcmp(argv[1], "bless"))) {
		fprintf(stderr, "usage: lower_run golden|bless FILE...\n");
		return 2;
	}
	int failed = 0;
	for (int i = 2; i < argc; i++)
		failed += !run_file(argv[i], !strcmp(argv[1], "bless"));
	return failed ? 1 : 0;
}
