/* builder.h: a program while it is being built; shared by the files of this folder. */
#ifndef CORE_SCRIPT_BUILDER_H
#define CORE_SCRIPT_BUILDER_H

#include "base/vec.h"
#include "script/script.h"

/* A body that is open: statements go to its end. */
typedef struct open_body {
	hdt_stmt *owner; /* FOR or IF; NULL: the function's own body */
	hdt_stmt **tail;
	bool otherwise; /* the second body of an IF */
	int depth;
	struct open_body *outer;
} open_body;

/* What an hdt_function pointer points to. */
typedef struct function_builder {
	hdt_function function; /* first */
	VEC(const hdt_tensor *) parameters;
	open_body *open;
} function_builder;

/* What an hdt_program pointer points to. The public structure shows what has been built so far. */
typedef struct program_builder {
	hdt_program program; /* first */
	VEC(const hdt_tensor *) buffers;
	VEC(hdt_function *) functions;
	VEC(const hdt_expr *) symbols;
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

#endif
