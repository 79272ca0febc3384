/* options.h: the command line of hidet-run, read into one structure. The table is options.def. */
#ifndef HIDET_RUN_OPTIONS_H
#define HIDET_RUN_OPTIONS_H

#include <stdbool.h>
#include <stdint.h>
#include <stdio.h>

typedef struct string_list {
	const char **items; /* ended by NULL once there is one */
	int count;
} string_list;

typedef bool option_FLAG;
typedef const char *option_WORD; /* NULL: not given; "": without a word */
typedef const char *option_TEXT;
typedef long option_COUNT;    /* -1: not given */
typedef double option_REAL;   /* negative: not given */
typedef int64_t option_BYTES; /* 0: not given */
typedef string_list option_LIST;

typedef struct options {
	char verb;            /* letter, as in options.def */
	string_list operands; /* what is no option: the model, names */
#define GROUP(title)
#define OPTION(field, kind, name, argument, verbs, doc) option_##kind field;
#include "options.def"
#undef OPTION
#undef GROUP
} options;

/* Read argv. False after a message on stderr: wrong usage. Strings point into argv. */
bool options_parse(options *o, int argc, char **argv);
void options_free(options *o);
/* The verbs by name: " run info ...". */
const char *options_verbs(void);
/* The help: everything, or what one verb takes. */
void options_help(FILE *to, char verb);

#endif
