/* options.c: reads `--name=value` and `--name value` by the table; an unknown name is answered with its nearest neighbour. */
#include "options.h"

#include "base/text.h"
#include <errno.h>
#include <stdlib.h>
#include <string.h>

typedef enum option_kind { FLAG, WORD, TEXT, COUNT, REAL, BYTES, LIST } option_kind;

typedef struct option_row {
	const char *group; /* title, for the first option of a group */
	const char *name, *argument, *verbs, *doc;
	option_kind kind;
	size_t offset;
} option_row;

static const option_row rows[] = {
#define GROUP(title) {.group = title},
#define OPTION(field, kind, name, argument, verbs, doc) \
	{NULL, name, argument, verbs, doc, kind, offsetof(options, field)},
#include "options.def"
#undef OPTION
#undef GROUP
};
enum { ROWS = sizeof rows / sizeof *rows };

typedef struct verb_row {
	const char *name;
	char letter;
	const char *usage, *doc;
} verb_row;

static const verb_row verbs[] = {
#define VERB(letter, name, usage, doc) {#name, letter, usage, doc},
#include "verbs.def"
#undef VERB
};
enum { VERBS = sizeof verbs / sizeof *verbs };

static bool push(string_list *list, const char *item)
{
	const char **more = realloc(list->items, sizeof *more * (size_t)(list->count + 2));
	if (!more)
		return false;
	list->items = more;
	list->items[list->count++] = item;
	list->items[list->count] = NULL;
	return true;
}

static const option_row *find_row(const char *name, size_t length)
{
	for (const option_row *r = rows; r < rows + ROWS; r++)
		if (r->name && strlen(r->name) == length && strncmp(r->name, name, length) == 0)
			return r;
	return NULL;
}

static bool unknown(const char *name, size_t length)
{
	const char *names[ROWS + 1];
	int count = 0;
	for (const option_row *r = rows; r < rows + ROWS; r++)
		if (r->name)
			names[count++] = r->name;
	names[count] = NULL;
	char copy[64];
	snprintf(copy, sizeof copy, "%.*s", (int)length, name);
	const char *near = text_nearest(copy, names);
	fprintf(stderr, "hidet-run: unknown option --%s", copy);
	if (near)
		fprintf(stderr, ": did you mean --%s?\n", near);
	else
		fprintf(stderr, "; hidet-run --help lists them\n");
	return false;
}

/* A whole number of at least 1, with K, M, G or T behind it for powers of 1024. 0: it is none. */
static int64_t parse_bytes(const char *word)
{
	static const char units[] = "KMGT";
	char *end;
	errno = 0;
	long long number = strtoll(word, &end, 10);
	int64_t bytes = number;
	const char *unit = *end ? strchr(units, *end) : NULL;
	for (const char *u = units; unit && u <= unit; u++)
		if (__builtin_mul_overflow(bytes, 1024, &bytes))
			return 0;
	bool whole = end > word && !errno && *word >= '0' && *word <= '9' && (*end == 0 || (unit && end[1] == 0));
	return whole ? bytes : 0;
}

static bool set(options *o, const option_row *r, const char *value)
{
	void *field = (char *)o + r->offset;
	char *end = NULL;
	errno = 0;
	switch (r->kind) {
	case FLAG:
		*(bool *)field = true;
		return true;
	case WORD:
	case TEXT:
		*(const char **)field = value;
		return true;
	case COUNT:
		*(long *)field = strtol(value, &end, 10);
		if (!*value || *end || errno || *(long *)field < 0) {
			fprintf(stderr, "hidet-run: --%s takes a whole number of at least 0, not '%s'\n", r->name, value);
			return false;
		}
		return true;
	case REAL:
		*(double *)field = strtod(value, &end);
		if (!*value || *end || !(*(double *)field >= 0)) {
			fprintf(stderr, "hidet-run: --%s takes a number of at least 0, not '%s'\n", r->name, value);
			return false;
		}
		return true;
	case BYTES:
		*(int64_t *)field = parse_bytes(value);
		if (*(int64_t *)field <= 0) {
			fprintf(stderr, "hidet-run: --%s takes a number of bytes like 4096, 512M or 2G, not '%s'\n", r->name,
			        value);
			return false;
		}
		return true;
	case LIST:
		return push(field, value);
	}
	return false;
}

/* One option at argv[*at]; *at is left at its last word. */
static bool parse_option(options *o, int argc, char **argv, int *at)
{
	const char *word = argv[*at];
	if (strcmp(word, "-v") == 0)
		return o->verbose = true;
	if (strcmp(word, "-h") == 0)
		return o->help = true;
	if (strcmp(word, "-o") == 0)
		word = "--out";
	if (word[1] != '-')
		return unknown(word + 1, strlen(word + 1));
	const char *name = word + 2, *equals = strchr(name, '=');
	size_t length = equals ? (size_t)(equals - name) : strlen(name);
	const option_row *r = find_row(name, length);
	if (!r)
		return unknown(name, length);
	if (o->verb && !strchr(r->verbs, o->verb)) {
		const char *verb = "";
		for (int i = 0; i < VERBS; i++)
			if (verbs[i].letter == o->verb)
				verb = verbs[i].name;
		fprintf(stderr, "hidet-run: --%s has no meaning for '%s'\n", r->name, verb);
		return false;
	}
	if (r->kind == FLAG && equals) {
		fprintf(stderr, "hidet-run: --%s takes no value\n", r->name);
		return false;
	}
	bool alone = r->kind == FLAG || r->kind == WORD;
	if (!alone && !equals && *at + 1 >= argc) {
		fprintf(stderr, "hidet-run: --%s needs a value: --%s=%s\n", r->name, r->name, r->argument);
		return false;
	}
	const char *value = equals ? equals + 1 : alone ? "" : argv[++*at];
	return set(o, r, value);
}

bool options_parse(options *o, int argc, char **argv)
{
	*o = (options){0};
	for (const option_row *r = rows; r < rows + ROWS; r++) {
		if (r->name && r->kind == COUNT)
			*(long *)((char *)o + r->offset) = -1;
		if (r->name && r->kind == REAL)
			*(double *)((char *)o + r->offset) = -1;
	}
	int at = 1;
	o->verb = 'r';
	for (int i = 0; i < VERBS && argc > 1; i++)
		if (strcmp(argv[1], verbs[i].name) == 0) {
			o->verb = verbs[i].letter;
			at = 2;
		}
	for (bool only_operands = false; at < argc; at++) {
		if (!only_operands && strcmp(argv[at], "--") == 0)
			only_operands = true;
		else if (!only_operands && argv[at][0] == '-' && argv[at][1]) {
			if (!parse_option(o, argc, argv, &at))
				return false;
		} else if (!push(&o->operands, argv[at]))
			return false;
	}
	return true;
}

void options_free(options *o)
{
	free(o->operands.items);
	for (const option_row *r = rows; r < rows + ROWS; r++)
		if (r->name && r->kind == LIST)
			free(((string_list *)(void *)((char *)o + r->offset))->items);
}

const char *options_verbs(void)
{
	return ""
#define VERB(letter, name, usage, doc) " " #name
#include "verbs.def"
#undef VERB
		;
}

void options_help(FILE *to, char verb)
{
	fprintf(to, "Compiles and runs deep-learning models.\n\n");
	for (int i = 0; i < VERBS; i++)
		if (verb == 'r' || verbs[i].letter == verb)
			fprintf(to, "  %-46s %s\n", verbs[i].usage, verbs[i].doc);
	if (verb == 'r')
		fprintf(to, "  %-46s %s\n", "hidet-run --version", "version of the program and of its plugin interface");
	const char *group = NULL;
	for (const option_row *r = rows; r < rows + ROWS; r++) {
		if (r->group) {
			group = r->group;
			continue;
		}
		if (verb != 'r' && !strchr(r->verbs, verb))
			continue;
		if (group)
			fprintf(to, "\n%s\n", group);
		group = NULL;
		char head[48];
		const char *form = r->kind == WORD ? "--%s[=%s]" : r->argument ? "--%s=%s" : "--%s";
		snprintf(head, sizeof head, form, r->name, r->argument);
		fprintf(to, "  %-26s %s\n", head, r->doc);
	}
	fprintf(
		to,
		"\nResults go to stdout, messages to stderr. Exit: 0 done, 1 mismatch, 2 usage, 3 model not readable or not\n"
		"supported, 4 target not usable, 5 out of memory, 6 plugin refused, 7 input data does not fit.\n");
}
