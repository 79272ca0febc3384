/* parse.h: reading programs from text; shared by the parse_*.c of this folder. docs/script.md has the grammar.
 *
 * Recursive descent on ir/lex.h. Programs are made by the public builder, so that text and C make the same nodes; what the builder would
 * refuse is checked here first, where the place is known. Every function stops at the first fault, which is told with its place: afterwards
 * `p->failed` holds and every token is the end.
 *
 *   parse.c              the header of a program, its functions in two rounds: headers, then bodies
 *   parse_param.c        params
 *   parse_constant.c     constants of the program
 *   parse_names.c        what names stand for, and scopes
 *   parse_value.c        values, conditions and types as statements and headers need them
 *   parse_function.c     the header of a function
 *   parse_statement.c    blocks, loops, branches, assignments
 *   parse_call.c         calls, launches, asserts, inline assembly
 *   parse_declaration.c  buffers, tensor maps, let
 *   parse_view.c         views and slices */
#ifndef CORE_SCRIPT_PARSE_H
#define CORE_SCRIPT_PARSE_H

#include "base/map.h"
#include "ir/lex.h"
#include "script/builder.h"

enum { MAX_PARAMETERS = 1024 }; /* buffers and values of a program or function, each */

/* What a name stands for: one of value, tensor, constant. */
typedef struct known_name {
	const char *name; /* interned */
	const char *what; /* for messages: "a loop variable" */
	int line;
	const hdt_expr *value;
	bool is_data; /* the value of a let comes from memory */
	const hdt_tensor *tensor;
	named_constant constant;
	struct known_name *hidden; /* what it stood for outside */
} known_name;

/* A function whose header has been read. */
typedef struct pending_function {
	hdt_function *function;
	parser body; /* at its opening brace */
} pending_function;

typedef struct script_reader {
	parser *p;
	const hdt_param *given;
	int given_count;
	hdt_program *program;
	VEC(pending_function) pending;
	map functions;           /* name -> hdt_function */
	map shared;              /* name -> known_name: buffers and scalars of a program with a header */
	map names;               /* name -> known_name: the innermost */
	VEC(known_name *) scope; /* all that is visible, in order */
	hdt_function *function;  /* being read; NULL: none */
	bool in_header;          /* an unknown name is a dimension known at run time */
	bool lines;              /* the program tells the file that it comes from: lines are those told there */
	token effect;            /* a call with effects that no statement has taken yet; kind END: none */
} script_reader;

/* ---- parse_names.c ---- */

/* Point the parser's questions about names to this reader. */
void names_connect(script_reader *r);
void names_disconnect(script_reader *r);
/* Give a name its meaning from here to the end of the scope. A fault when it has one already, unless it may be hidden. */
bool name_define(script_reader *r, const token *where, known_name meaning);
bool name_define_hiding(script_reader *r, const token *where, known_name meaning);
bool name_define_value(script_reader *r, const token *where, const char *what, const hdt_expr *value);
bool name_define_tensor(script_reader *r, const token *where, const char *what, const hdt_tensor *tensor);
/* A let. */
bool name_define_let(script_reader *r, const token *where, const hdt_expr *variable, const hdt_expr *value);
const known_name *name_find(const script_reader *r, const char *name);
/* How many names are visible, and going back to so many. */
int names_mark(const script_reader *r);
void names_forget(script_reader *r, int mark);
/* Is the current token a name? Then take it; else a fault that asks for `what`. */
bool name_read(script_reader *r, const char *what, token *out);

/* ---- parse_value.c ---- */

static inline hdt_context *reader_context(const script_reader *r)
{
	return r->p->context;
}
/* A fault of a builder is told again with its place. False after any fault. */
bool reader_ok(script_reader *r, const token *where);
/* An expression without effects, of the dtype kind asked for; NULL after a fault. */
const hdt_expr *value_read(script_reader *r);
const hdt_expr *condition_read(script_reader *r);
const hdt_expr *integer_read(script_reader *r, const char *what);
bool constant_read(script_reader *r, const char *what, int64_t least, int64_t *out);
/* The value of a statement: an expression, or one call that may have effects. */
const hdt_expr *result_read(script_reader *r);
/* No call with effects stands where none may; asked at the end of each statement. */
bool effects_checked(script_reader *r);

/* dtype, *dtype or dtype[d0, d1, ...] */
typedef struct written_type {
	hdt_dtype dtype;
	int bits; /* see hdt_tensor */
	bool pointer;
	bool shaped;
	int rank;
	const hdt_expr *dims[HDT_MAX_RANK];
	token places[HDT_MAX_RANK]; /* of the dims */
} written_type;
bool type_read(script_reader *r, written_type *out);
/* The dtype of elements: u1, u2, u4, i2 and i4 are u8 and i8 of so many bits. HDT_DTYPE_NONE after a fault. */
hdt_dtype element_read(parser *p, int *bits);
static inline hdt_list type_shape(const written_type *t)
{
	return (hdt_list){t->dims, t->rank};
}

/* ---- parse_param.c ---- */

/* The params at the cursor, and whether all that values were given for are there. */
void params_read(script_reader *r);

/* ---- parse_constant.c ---- */

/* The constant at the cursor, up to its semicolon; NULL after a fault. */
const hdt_tensor *constant_tensor_read(script_reader *r, token *name);

/* ---- parse_function.c ---- */

/* fn @name(parameters) kind attributes, up to its body. */
hdt_function *function_read_header(script_reader *r);

/* ---- parse_statement.c ---- */

void block_read(script_reader *r);
/* The semicolon. */
void statement_end(script_reader *r);

/* ---- parse_call.c ---- */

/* An intrinsic called for its effect, whose name stands at `start`; the parser stands behind it. Parentheses may be left out where there
 * are no operands. */
void call_read_intrinsic(script_reader *r, const parser *start);
void call_read(script_reader *r, const token *word);
void call_read_launch(script_reader *r, const token *word);
void call_read_assert(script_reader *r, const token *word);
void call_read_asm(script_reader *r, const token *word);
/* No function calls itself, over others or not: a call becomes a copy of the body. */
bool calls_check(script_reader *r, const token *start);

/* ---- parse_declaration.c, parse_view.c: behind the word that begins the statement ---- */

void declaration_read_register(script_reader *r, const token *word);
void declaration_read_shared(script_reader *r, const token *word);
void declaration_read_workspace(script_reader *r, const token *word);
void declaration_read_map(script_reader *r, const token *word);
void declaration_read_let(script_reader *r, const token *word);
void declaration_read_view(script_reader *r, const token *word);

/* The tensor that the current token names, which is taken; NULL after a fault. */
const hdt_tensor *tensor_read(script_reader *r, token *name);
/* [e, e], one integer for each dimension of `t`; nothing, or [], for rank 0. */
bool indices_read(script_reader *r, const token *name, const hdt_tensor *t, const hdt_expr **indices);
/* The view `name`: a, f32[m, k]) of view(a, f32[m, k]). */
const hdt_tensor *view_read_as(script_reader *r, const token *name);
/* The view `name`: a slice, when that is what comes; else NULL, and the parser stays where it is. */
const hdt_tensor *view_accept_slice(script_reader *r, const token *name);

#endif
