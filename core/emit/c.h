/* c.h: what the files of the C emitter share. One emitter lives while one program is written. */
#ifndef CORE_EMIT_C_H
#define CORE_EMIT_C_H

#include "base/context.h"
#include "base/map.h"
#include "base/vec.h"
#include "emit/emit.h"

/* A scope in which an expression is written once for all its uses there. */
typedef struct placement {
	int scope;
	int uses;
	int local; /* number of the local const that holds it; 0: none, it is written where it is used */
	int arms;  /* SELECT: scope of its first arm; that of the second follows */
	struct placement *next;
} placement;

/* What is known of an expression while the statement that uses it is written; by id. */
typedef struct node_info {
	uint32_t statement; /* the number of the statement that the rest belongs to */
	bool guarded;       /* reads memory or reports: never evaluated where the program does not */
	uint8_t form;       /* vector_form in the vector loop that is numbered so */
	uint32_t loop;
	int factor; /* see vector_factor */
	placement *placements;
} node_info;

/* A place where locals may stand: 0 is the statement itself, the others are arms of selects: 1 and 2, 3 and 4, ... */
typedef struct select_scope {
	int parent, depth;
} select_scope;

typedef struct emitter {
	text *out;
	const hdt_program *program;
	hdt_context *context;
	const char *unit;           /* name of the entry, prefix of all others */
	int depth;                  /* of indentation */
	map names;                  /* interned name -> name in C */
	VEC(const char *) taken;    /* names in C */
	map definitions;            /* VARIABLE of a let -> its value */
	VEC(const hdt_expr *) lets; /* those variables */
	VEC(const hdt_expr *) let_values;
	node_info *info; /* by id, for the expressions that existed when the emitter was made */
	uint32_t info_count;
	uint32_t statement;
	const hdt_function *kernel; /* being written; NULL in other functions */
	uint8_t *widths;            /* of a kernel's index arithmetic: see c_narrow.c; by id */
	bool without_locals;        /* a stride is being written: it is no part of the statement's bookkeeping */
	int local_count;            /* local consts in the current C function */
	VEC(select_scope) scopes;
	VEC(const hdt_expr *) nodes;    /* of the current statement, larger ids first */
	size_t statement_start;         /* in the text */
	int parallel_count;             /* loop bodies of the current function */
	struct vector_loop *vector;     /* the loop that is being written as vectors; NULL: none */
	uint32_t vector_count;          /* vector loops so far */
	VEC(const hdt_tensor *) padded; /* local arrays, see c_pad.c */
} emitter;

/* c.c: one emitter from beginning to end. False after a fault; then it must not be ended. */
bool c_begin(emitter *em, text *t, const hdt_program *program, const char *name);
hdt_status c_end(emitter *em);

/* c_stmt.c: statements and bodies; a line. */
void c_stmt(emitter *em, const hdt_stmt *s);
void c_body(emitter *em, const hdt_stmt *first);
void c_line(emitter *em, const char *content);

/* c_narrow.c: is it an index that a kernel computes in 32 bits? The C type of a value: int for those. */
bool c_is_narrow(const emitter *em, const hdt_expr *e);
const char *c_type_of(const emitter *em, const hdt_expr *e);

/* c_names.c: names in C, and how dtypes are spelled. */
const char *c_name(emitter *em, const char *name);
const char *c_value_type(hdt_dtype dtype);
const char *c_vector_type(hdt_dtype dtype); /* of a value for each lane; NULL: there is none */
const char *c_memory_type(hdt_dtype dtype);

/* c_index.c: the row-major position of an element as a sum of index * stride. */
typedef struct c_term {
	const hdt_expr *index;
	const hdt_expr *stride; /* constant, or a product of symbols */
} c_term;
/* Fills `terms` (room for HDT_MAX_RANK); returns their number. Neighbouring indices that are quotient and remainder of one position
 * are joined to that position. */
int c_terms(const emitter *em, const hdt_tensor *t, const hdt_expr *const *indices, c_term *terms);
/* Append the element's lvalue: x[i * 7 + j]. */
void c_element(emitter *em, int scope, const hdt_tensor *t, const hdt_expr *const *indices);

/* c_pad.c: pad the rows of a local array, if that is of use. Are they? The extent of a dimension in memory. */
void c_pad(emitter *em, const hdt_stmt *buffer);
bool c_is_padded(const emitter *em, const hdt_tensor *t);
const hdt_expr *c_extent(const emitter *em, const hdt_tensor *t, int d);

/* c_share.c: which expressions of a statement become local consts. */

/* Look through the expressions of one statement, to be written with c_value in scope 0, and write the local consts they share. */
void c_prepare(emitter *em, const hdt_expr *const *roots, int count);
/* Append the local consts of a scope, each ended by `end`. Returns how many there are. */
int c_declare(emitter *em, int scope, const char *end);
/* The number of the local that holds `e` in a scope; 0: none. The scope of an arm (0 or 1) of a select. */
int c_local(const emitter *em, int scope, const hdt_expr *e);
int c_arm(const emitter *em, int scope, const hdt_expr *select, int arm);

/* c_expr.c: values. */

/* Append the value; `precedence` is what the context binds with: parentheses are added around anything weaker. */
void c_value(emitter *em, int scope, const hdt_expr *e, int precedence);
enum { C_LOWEST = 0, C_CONDITIONAL = 3, C_SUM = 12, C_PRODUCT = 13, C_UNARY = 14, C_PRIMARY = 15 };
/* Index arithmetic, which never leaves 64 bits: plain operators will do. */
bool c_is_index(const emitter *em, const hdt_expr *e);
/* Are quotient and remainder of non-negative `x` by positive `y`, which C's operators give? */
bool c_divides_plainly(const emitter *em, const hdt_expr *x, const hdt_expr *y);
/* What the text of one expression contains at most. */
enum { C_MOST_OPERANDS = INTRINSIC_MOST_OPERANDS };

/* c_vector_loop.c: write a loop as vectors. False: it cannot be, and nothing was written but a comment that tells why. The statements of a body
 * that are others there: false when they are as usual. */
bool c_vector_for(emitter *em, const hdt_stmt *s);
bool c_vector_buffer(emitter *em, const hdt_stmt *s, int64_t count);
void c_vector_store(emitter *em, const hdt_stmt *s, const hdt_expr *value);

/* c_vector_value.c: does the value differ from lane to lane of the loop that is being written as vectors? (An i64 is never a vector.) */
bool c_is_vector(const emitter *em, const hdt_expr *e);
bool c_is_vector_whole(const emitter *em, const hdt_expr *e);
/* Append the value when vectors spell it in a way of their own; false: the usual text will do. */
bool c_vector_value(emitter *em, int scope, const hdt_expr *e, int precedence);
/* The value as a vector: one that is the same in all lanes is spread. */
void c_vector_operand(emitter *em, int scope, const hdt_expr *e, int precedence);
/* Append the head of a loop over the lanes, which opens a block where the axis is that of the lane: locals `lane` and the one behind it. */
void c_vector_lanes(emitter *em, int lane);
/* Append the scalar value of such a lane. */
void c_vector_scalar(emitter *em, const hdt_expr *e, int precedence);

/* c_cost.c: a rough number of scalar operations of one run through `first` and what follows it, over symbols only. */
const hdt_expr *c_cost(hdt_context *context, const hdt_stmt *first);

#endif
