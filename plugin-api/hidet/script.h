/* script.h: tensor programs: what a scheduler builds and a target compiles.
 *
 * A program is a list of functions; launching it runs them in order. A function is built top down: statements are added at the
 * cursor; hdt_begin_* opens a body and hdt_end closes it. A row sum on the CPU:
 *
 *     hdt_program_bind(p, task);
 *     hdt_function *f = hdt_function_new(p, "row_sum", HDT_FUNCTION_CPU);
 *     const hdt_tensor *x = hdt_use(f, task->inputs[0]), *y = hdt_use(f, task->outputs[0]);
 *     const hdt_expr *i = hdt_begin_for(f, "i", m, HDT_LOOP_PARALLEL);
 *     const hdt_tensor *s = hdt_local(f, "s", HDT_F32, HDT_SCALAR);
 *     hdt_store(f, s, HDT_SCALAR, hdt_number(c, HDT_F32, 0));
 *     const hdt_expr *j = hdt_begin_for(f, "j", n, HDT_LOOP_SERIAL);
 *     hdt_store(f, s, HDT_SCALAR, hdt_add(hdt_at_list(s, HDT_SCALAR), hdt_at(x, i, j)));
 *     hdt_end(f);
 *     hdt_store(f, y, HDT_AT(i), hdt_at_list(s, HDT_SCALAR));
 *     hdt_end(f); */
#ifndef HIDET_SCRIPT_H
#define HIDET_SCRIPT_H

#include <hidet/task.h>

HDT_BEGIN

typedef enum hdt_function_kind {
#define HDT_FUNCTION(name, text, doc) HDT_FUNCTION_##name,
#include <hidet/functions.def>
#undef HDT_FUNCTION
	HDT_FUNCTION_COUNT
} hdt_function_kind;

typedef enum hdt_loop_kind {
	HDT_LOOP_SERIAL,
	HDT_LOOP_PARALLEL, /* iterations are independent; outermost loops of a function only */
	HDT_LOOP_UNROLL,   /* unroll fully: constant extent */
	HDT_LOOP_VECTORISE /* iterations are independent: ask the compiler for vectors */
} hdt_loop_kind;

typedef enum hdt_stmt_kind {
#define HDT_STMT(name, text, doc) HDT_STMT_##name,
#include <hidet/statements.def>
#undef HDT_STMT
	HDT_STMT_COUNT
} hdt_stmt_kind;

/* A statement; which fields are set is told by its row in statements.def. Read only. */
typedef struct hdt_stmt hdt_stmt;
struct hdt_stmt {
	hdt_stmt_kind kind;
	hdt_loop_kind loop;
	const hdt_tensor *tensor;
	const hdt_expr *const *indices;
	const hdt_expr *axis;
	const hdt_expr *value;
	hdt_stmt *body;
	hdt_stmt *otherwise;
	hdt_stmt *next; /* in the same body */
};

typedef struct hdt_function hdt_function;
typedef struct hdt_program hdt_program;

struct hdt_function {
	hdt_program *program;
	const char *name;
	hdt_function_kind kind;
	const hdt_tensor *const *parameters; /* buffers, in the order of the call */
	int parameter_count;
	const hdt_stmt *body;
};

struct hdt_program {
	hdt_context *context;
	const char *name;
	/* Buffers of the launch, in order: the task's inputs, its outputs, then workspace that the memory plan provides. */
	const hdt_tensor *const *buffers;
	int buffer_count;
	int workspace_count;            /* the last ones of `buffers` */
	const hdt_expr *const *symbols; /* symbols used by the functions, sorted by name: passed to each as i64 */
	int symbol_count;
	hdt_function *const *functions;
	int function_count;
};

hdt_program *hdt_program_new(hdt_context *context, const char *name);
/* Make the task's inputs and outputs, in this order, the first buffers of the program. Once, before anything else. */
void hdt_program_bind(hdt_program *program, const hdt_task *task);
/* One more buffer, which the memory plan provides for the time of the launch. */
const hdt_tensor *hdt_program_workspace(hdt_program *program, const char *name, hdt_dtype dtype, hdt_list shape);

hdt_function *hdt_function_new(hdt_program *program, const char *name, hdt_function_kind kind);
/* Make a buffer of the program a parameter of the function (once; asking again changes nothing). Returns the buffer. Loads and
 * stores of a buffer that is neither a parameter nor a local in scope are faults of the verifier. */
const hdt_tensor *hdt_use(hdt_function *function, const hdt_tensor *buffer);

/* Statements, added at the cursor. */
const hdt_expr *hdt_begin_for(hdt_function *function, const char *name, const hdt_expr *extent, hdt_loop_kind kind);
/* As hdt_begin_for with an existing axis as loop variable. */
void hdt_begin_loop(hdt_function *function, const hdt_expr *axis, hdt_loop_kind kind);
void hdt_begin_if(hdt_function *function, const hdt_expr *condition);
void hdt_begin_else(hdt_function *function);
void hdt_end(hdt_function *function);
/* A buffer that lives in the current body: register scope for the CPU is the stack; its shape must be constant. */
const hdt_tensor *hdt_local(hdt_function *function, const char *name, hdt_dtype dtype, hdt_list shape);
void hdt_store(hdt_function *function, const hdt_tensor *buffer, hdt_list indices, const hdt_expr *value);
/* A named value, computed once here. */
const hdt_expr *hdt_let(hdt_function *function, const char *name, const hdt_expr *value);

HDT_END
#endif
