/* edit.h: rewriting functions: bodies are written anew, statement by statement, as a pass wants them.
 *
 * A pass gives one or both of the functions of struct edit and calls edit_program. What it does not care for is kept, with its
 * expressions rewritten. Nothing is changed in place, so one body may be written several times, each time with loop variables, lets,
 * buffers and views of its own.
 *
 *     static void rewrite(edit *e, const hdt_stmt *s, stmt_list *out) { if (s->kind != HDT_STMT_X) edit_keep(e, s, out); else ... }
 *
 * Faults are those of the context: after one, nothing more is written and the program stays as it was. */
#ifndef CORE_LOWER_EDIT_H
#define CORE_LOWER_EDIT_H

#include "base/map.h"
#include "lower/lower.h"

/* More is a fault: a small program may ask for copies without end. The depth is that of texts, so that what is lowered reads back. */
enum { EDIT_MOST_STATEMENTS = 1 << 14, EDIT_MOST_DEPTH = 64, EDIT_MOST_EXPRESSIONS = 1 << 18 };

/* Where the next statement goes: a body under construction. Adding moves it on. */
typedef struct stmt_list {
	hdt_stmt **tail;
} stmt_list;

typedef struct edit edit;
struct edit {
	hdt_context *context;
	const hdt_function *function; /* which is being rewritten */
	/* Add what stands in the place of `s` to `out`; NULL: edit_keep for all. */
	void (*statement)(edit *e, const hdt_stmt *s, stmt_list *out);
	/* What an element (LOAD, READ, ADDRESS), whose indices are rewritten, becomes; NULL: itself, of the tensor's replacement. The place of
	 * a store is asked for as a LOAD, and must stay one. */
	const hdt_expr *(*element)(edit *e, const hdt_expr *element);
	void *closure;
	map values;  /* axis or variable -> expression in its place */
	map tensors; /* tensor -> tensor in its place */
	map names;   /* name -> how often a copy has defined it */
	int depth;   /* of the body being written */
	bool fresh;  /* within edit_copy */
	int fresh_depth;
	int64_t statements;
	uint32_t expressions; /* of the context when it began */
};

/* Rewrite every function of the program. `pass` tells what to do; its other fields are set here for each function. */
hdt_status edit_program(hdt_program *program, const edit *pass);
/* Rewrite one function. */
hdt_status edit_function(hdt_function *function, const edit *pass);

/* Write the statements of a body into `out`. */
void edit_body(edit *e, const hdt_stmt *first, stmt_list *out);
/* As edit_body where the body is written more than once: what it defines becomes new. */
void edit_copy(edit *e, const hdt_stmt *first, stmt_list *out);
/* Write `s` with its expressions and bodies rewritten. */
void edit_keep(edit *e, const hdt_stmt *s, stmt_list *out);
/* Add a statement as it is; NULL after a fault. */
hdt_stmt *edit_add(edit *e, stmt_list *out, hdt_stmt s);
/* Add a statement and give the list of its body. It counts for the depth until edit_close, which ends `count` of them. */
stmt_list edit_open(edit *e, stmt_list *out, hdt_stmt s);
void edit_close(edit *e, int count);
/* Count a step that may write nothing, so that it ends; false after a fault. */
bool edit_step(edit *e, const hdt_stmt *s);

const hdt_expr *edit_expr(edit *e, const hdt_expr *x);
const hdt_tensor *edit_tensor(edit *e, const hdt_tensor *t);
/* The axis as rewritten expressions mention it before it is replaced: its extent may have changed. */
const hdt_expr *edit_axis(edit *e, const hdt_expr *axis);
/* From here on `to` stands for the axis or variable `from`, for the tensor `from`. */
void edit_replace(edit *e, const hdt_expr *from, const hdt_expr *to);
void edit_replace_tensor(edit *e, const hdt_tensor *from, const hdt_tensor *to);
/* The element of `tensor` in the way of `op`: its value, its protected value or its address. */
const hdt_expr *edit_element(hdt_scalar_op op, const hdt_tensor *tensor, const hdt_expr *const *indices, int count);
/* A name for a value: adds a LET and gives its variable. Values that are names or numbers are given back. */
const hdt_expr *edit_let(edit *e, stmt_list *out, const hdt_stmt *near, const char *name, const hdt_expr *value);
/* May its value change between one place of a body and another: does it read memory or call? */
bool edit_is_fleeting(const hdt_expr *x);

/* Is it proved? */
static inline bool is_true(const hdt_expr *condition)
{
	int64_t value;
	return hdt_is_const(condition, &value) && value;
}

#endif
