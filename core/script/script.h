/* script.h: the host's side of tensor programs: checks and text. Building is in hidet/script.h. */
#ifndef CORE_SCRIPT_SCRIPT_H
#define CORE_SCRIPT_SCRIPT_H

#include "ir/lex.h"
#include <hidet/script.h>

/* A fault (HDT_INTERNAL) tells the first broken rule: unknown buffers, wrong number of indices, dtypes, variables out of scope,
 * parallel loops that are not outermost, bodies left open. */
hdt_status program_verify(const hdt_program *program);
void program_print(text *t, const hdt_program *program);
/* As program_print with `name` instead of the program's, each statement that was read from a text told its line there: what the simulator is
 * given. */
void program_print_lines(text *t, const hdt_program *program, const char *name);
/* The next program of a text that holds several, as a dump does; NULL at its end and after a fault (p->failed). As hdt_program_parse. */
hdt_program *program_parse_next(parser *p, const hdt_param *params, int count);
/* Called by whoever built it: collects symbols, checks that every body was closed. (hdt_program_parse has called it.) Again after a pass, to
 * make names unambiguous. */
hdt_status program_finish(hdt_program *program);

/* Words of statements, functions and loops as they stand in the text. */
const char *stmt_text(hdt_stmt_kind kind);
const char *function_text(hdt_function_kind kind);

/* Call `visit` for every statement behind `first`, bodies included, each before its own bodies. */
void stmt_walk(const hdt_stmt *first, void (*visit)(const hdt_stmt *s, void *closure), void *closure);
/* Call `visit` for each expression that the statement itself holds (not those of its bodies): values, indices, extents, operands,
 * and what a view, buffer or map is made of. */
void stmt_expressions(const hdt_stmt *s, void (*visit)(const hdt_expr *e, void *closure), void *closure);
/* Replace those expressions by what `replace` gives (NULL: keep). Tensors are left alone: see tensor_replace in LOAD nodes. */
void stmt_map(hdt_stmt *s, const hdt_expr *(*replace)(const hdt_expr *e, void *closure), void *closure);
/* A fault about a place in a program: file and line where they are known, else the function. Returns `status`. */
hdt_status script_fail(const hdt_function *function, const hdt_stmt *s, hdt_status status, const char *format, ...)
	HDT_PRINTF(4, 5);

enum { INTRINSIC_MOST_OPERANDS = 16 }; /* a call with more is a fault */
/* intrinsic.c: the intrinsic of the loaded targets whose name and signature take these operands, converted into `converted` (room for
 * `count`); NULL and a fault that lists the candidates. */
const hdt_intrinsic *intrinsic_find(hdt_context *context, const char *name, const hdt_expr *const *operands, int count,
                                    const hdt_expr **converted, hdt_dtype *result);
bool intrinsic_exists(const hdt_context *context, const char *name);
/* How an operand is used. */
typedef enum operand_use {
	OPERAND_VALUE,
	OPERAND_CONST,
	OPERAND_MAP,
	OPERAND_IN,
	OPERAND_OUT,
	OPERAND_INOUT
} operand_use;
/* Of parameter `index`; `elements`: how many are read or written at an address, by these operands; 0: only the target knows. */
operand_use intrinsic_use(const hdt_expr *call, int index, int64_t *elements);
static inline bool intrinsic_has(const hdt_intrinsic *i, char trait)
{
	for (const char *t = i->traits; t && *t; t++)
		if (*t == trait)
			return true;
	return false;
}

#endif
