/* arguments.h: the arguments of a mapping or a layout in text: (4, 2, ranks=[1, 0], loops="u+."). Integers are constant
 * expressions, so names that the parser resolves to constants may stand in them.
 *
 * The arguments are read as a whole and then taken one after the other; what is left over is a fault. Each function
 * that returns false has told a fault with its place. */
#ifndef CORE_IR_ARGUMENTS_H
#define CORE_IR_ARGUMENTS_H

#include "ir/lex.h"

enum { MAX_ARGUMENTS = HDT_MAX_RANK + 4 };

typedef struct argument {
	token where;
	const char *name; /* NULL: by position */
	bool taken;
	bool list;
	int64_t items[HDT_MAX_RANK]; /* one unless it is a list */
	int count;
	const char *string; /* NULL: integers */
} argument;

typedef struct arguments {
	parser *p;
	token word; /* what they are arguments of */
	argument items[MAX_ARGUMENTS];
	int count;
} arguments;

/* Behind the opening parenthesis; stops at the closing one, which arguments_close takes. */
bool arguments_parse(arguments *a, parser *p, const token *word);
/* [integers] into `items` (HDT_MAX_RANK). Their number or -1. */
int parse_integers(parser *p, int64_t *items);

/* The integers by position that come next, up to `most`: their number, 0 when there is none, -1 after a fault. */
int arguments_take_integers(arguments *a, int64_t *items, int most);
int arguments_take_dims(arguments *a, int *dims, int most);
/* By name; `out` is left alone when it is not given. Dimensions and ranks fit an int or are faults. */
bool arguments_take_integer(arguments *a, const char *name, int64_t *out, bool *given);
bool arguments_take_dim(arguments *a, const char *name, int *out);
bool arguments_take_ranks(arguments *a, int rank, int *ranks, bool *given);
bool arguments_take_string(arguments *a, const char *name, const char **out);
/* Nothing left over, and the closing parenthesis. *method tells that a point stands right behind it; the point is
 * passed. */
bool arguments_close(arguments *a, bool *method);
bool parse_closing(parser *p, const token *word, bool *method);

#endif
