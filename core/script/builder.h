/* builder.h: a program while it is being built; shared by the files of this folder. */
#ifndef CORE_SCRIPT_BUILDER_H
#define CORE_SCRIPT_BUILDER_H

#include "base/vec.h"
#include "script/script.h"

/* A body that is open: statements go to its end. */
typedef struct open_body {
	hdt_stmt *owner; /* NULL: the function's own body */
	hdt_stmt **tail;
	bool otherwise; /* the second body of an IF */
	int depth;
	struct open_body *outer;
} open_body;

/* What an hdt_function pointer points to. */
typedef struct function_builder {
	hdt_function function; /* first */
	VEC(const hdt_tensor *) parameters;
	VEC(const hdt_expr *) scalars;
	open_body *open;
	int line; /* of the text, for the statements that come: see hdt_stmt.line */
} function_builder;

/* What an hdt_program pointer points to. The public structure shows what has been built so far. */
typedef struct program_builder {
	hdt_program program; /* first */
	VEC(const hdt_tensor *) buffers;
	VEC(const hdt_tensor *) constants;
	VEC(hdt_function *) functions;
	VEC(const hdt_expr *) symbols;
	VEC(const hdt_expr *) scalars; /* of a program with a header */
} program_builder;

static inline program_builder *program_builder_of(const hdt_program *program)
{
	return (program_builder *)(uintptr_t)program;
}
static inline function_builder *function_builder_of(const hdt_function *function)
{
	return (function_builder *)(uintptr_t)function;
}

/* Loops and branches within each other; deeper is a fault. */
#define SCRIPT_MAX_DEPTH 64

/* build.c */
bool function_usable(const hdt_function *f);
/* NULL when one of the items is. */
const hdt_expr *const *list_copy(hdt_context *context, hdt_list list);
hdt_tensor *buffer_make(hdt_context *context, const char *name, hdt_dtype dtype, hdt_list shape, hdt_scope scope);
/* Add a buffer of the program as it is: behind those before. */
bool program_add_buffer(hdt_program *program, const hdt_tensor *buffer);
/* Copy the statement to the cursor; with a body, open that. NULL after a fault. */
hdt_stmt *stmt_append(hdt_function *function, hdt_stmt stmt);
void stmt_open(hdt_function *function, hdt_stmt *owner);

#endif
