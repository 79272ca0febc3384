/* compiler.c: the system's C compiler, found in the environment or the PATH, and the flags it is given. */
#include "cpu.h"
#include "process.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

enum { VERSION_SECONDS = 20 };

/* No flag lets the compiler contract or reassociate: what rounds in the text rounds in the object. */
static const char *const common_flags[] = {
	"-O2",
	"-std=gnu11",
	"-fPIC",
	"-ffp-contract=off",
	"-fno-math-errno",
	"-fno-trapping-math",
	"-fwrapv",
	"-DHIDET_SIGNED_WRAPS",
	"-fno-ident",
	"-w",
	NULL,
};
/* The vectoriser of gcc's -O2 takes only loops of known, fitting trip counts; and without regard to the registers that a loop needs, the
 * constants of what is done to a block's results push its sums out of them. */
static const char *const gcc_flags[] = {"-ftree-vectorize", "-fvect-cost-model=dynamic", "-fno-semantic-interposition",
                                        "-fira-loop-pressure", NULL};
static const char *const clang_flags[] = {NULL};

static int add_words(const char **words, int count, const char *const *more)
{
	for (; *more && count < COMPILER_MOST_WORDS; more++)
		words[count++] = *more;
	return count;
}

int compiler_flags(const compiler *c, const isa *level, const char **words)
{
	int count = add_words(words, 0, common_flags);
	count = add_words(words, count, c->clang ? clang_flags : gcc_flags);
	return add_words(words, count, level->flags);
}

void compiler_flags_text(const compiler *c, const isa *level, char *text, size_t bytes)
{
	const char *words[COMPILER_MOST_WORDS];
	int count = compiler_flags(c, level, words);
	size_t length = 0;
	*text = 0;
	for (int i = 0; i < count && length < bytes; i++)
		length += (size_t)snprintf(text + length, bytes - length, "%s%s", i ? " " : "", words[i]);
}

/* The file that `program` runs, on the heap: itself when it has a slash, else the first of the PATH. */
static char *find_program(const char *program)
{
	if (strchr(program, '/'))
		return access(program, X_OK) == 0 ? strdup(program) : NULL;
	const char *at = getenv("PATH");
	for (at = at ? at : "/usr/bin:/bin"; *at;) {
		size_t length = strcspn(at, ":");
		char path[4096];
		struct stat st;
		int n = snprintf(path, sizeof path, "%.*s%s%s", (int)length, at, length ? "/" : "", program);
		if (n < (int)sizeof path && access(path, X_OK) == 0 && stat(path, &st) == 0 && S_ISREG(st.st_mode))
			return strdup(path);
		at += length + (at[length] == ':');
	}
	return NULL;
}

/* "ccache gcc" is two words: the command is split at blanks. False when its program is not found. */
static bool take_command(compiler *c, const char *command)
{
	char *copy = strdup(command), *rest = NULL;
	int count = 0;
	for (char *word = copy ? strtok_r(copy, " \t", &rest) : NULL; word; word = strtok_r(NULL, " \t", &rest)) {
		char *found = count == 0 ? find_program(word) : strdup(word);
		if (!found || count == COMPILER_COMMAND_WORDS - 1) {
			free(found);
			compiler_fini(c);
			count = 0;
			break;
		}
		c->words[count++] = found;
	}
	free(copy);
	return count > 0;
}

/* "gcc (Debian 12.2.0-14) 12.2.0", "Debian clang version 14.0.6": the first number with a point behind it. One without is taken for new. */
static bool is_old(const compiler *c)
{
	for (const char *at = c->version; *at; at++) {
		char *end;
		long major = *at >= '0' && *at <= '9' ? strtol(at, &end, 10) : 0;
		if (major > 0 && *end == '.')
			return major < (c->clang ? 12 : 11);
		if (major > 0)
			at = end - 1;
	}
	return false;
}

static void ask_version(compiler *c)
{
	char *words[COMPILER_COMMAND_WORDS + 1], version[] = "--version";
	int count = 0;
	while (c->words[count])
		words[count] = c->words[count], count++;
	words[count] = version;
	words[count + 1] = NULL;
	process *p = malloc(sizeof *p);
	if (p && process_start(p, words, NULL, VERSION_SECONDS) == 0 && process_wait_any(p, 1) == 0) {
		c->clang = strstr(p->text, "clang") != NULL;
		p->text[strcspn(p->text, "\n")] = 0;
		snprintf(c->version, sizeof c->version, "%.255s", p->text);
		c->old = is_old(c);
	}
	free(p);
}

void compiler_find(compiler *c)
{
	*c = (compiler){.missing =
	                    "no C compiler found: install gcc or clang (Debian: apt install gcc), or name one in HIDET_CC"};
	const char *wanted = getenv("HIDET_CC"), *usual = getenv("CC");
	bool found;
	if (wanted && *wanted) {
		found = take_command(c, wanted);
		if (!found)
			snprintf(c->missing, sizeof c->missing, "HIDET_CC names '%.60s', which cannot be run", wanted);
	} else {
		found = (usual && *usual && take_command(c, usual)) || take_command(c, "cc") || take_command(c, "gcc") ||
		        take_command(c, "clang");
	}
	if (found)
		ask_version(c);
}

void compiler_fini(compiler *c)
{
	for (int i = 0; i < COMPILER_COMMAND_WORDS; i++) {
		free(c->words[i]);
		c->words[i] = NULL;
	}
}
