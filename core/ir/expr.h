/* expr.h: the host's side of scalar expressions: facts of the operations, evaluation, traversal, text. */
#ifndef CORE_IR_EXPR_H
#define CORE_IR_EXPR_H

#include "base/context.h"
#include "base/text.h"
#include <hidet/attribute.h>
#include <hidet/expr.h>

/* The dtype of a result: that of the promoted operands, bool, a float, or told by the node. */
typedef enum op_result { OP_RESULT_SAME, OP_RESULT_BOOL, OP_RESULT_FLOAT, OP_RESULT_OWN } op_result;

typedef struct scalar_op_info {
	const char *name; /* "ADD" */
	const char *text; /* "+" */
	int arity;
	const char *traits;
	op_result result;
} scalar_op_info;
const scalar_op_info *scalar_op_of(hdt_scalar_op op);
bool scalar_op_has(hdt_scalar_op op, char trait);
const char *reduce_text(hdt_reduce_kind kind);

/* No dimension is larger, no tensor takes more bytes: checked where shapes come in (task/shape.c), so that sizes,
 * strides and positions behind fit 64 bits. */
#define MAX_DIMENSION (INT64_C(1) << 48)
#define MAX_TENSOR_BYTES (INT64_C(1) << 62)

static inline bool expr_is_reduction(const hdt_expr *e)
{
	return e->op == HDT_OP_REDUCE || e->op == HDT_OP_ARG_REDUCE;
}

/* Number of expressions in the context: side tables are arrays of this size indexed by id. */
uint32_t expr_count(const hdt_context *context);

/* Call `visit` once for each node below `e` and for `e` itself (shared nodes once), operands first. The extents of axes
 * are visited, the range of a symbol is not. Depth is no concern in any of these. False (and a fault in the context)
 * when memory is out: then nothing was visited. */
bool expr_walk(const hdt_expr *e, void (*visit)(const hdt_expr *node, void *closure), void *closure);
/* Does `e` contain a node of this op / this very node? Also false, with a fault in the context, when memory is out. */
bool expr_contains_op(const hdt_expr *e, hdt_scalar_op op);
bool expr_contains(const hdt_expr *e, const hdt_expr *node);
/* Does `e` contain a constant beyond -limit..limit, or one whose computation left 64 bits? */
bool expr_exceeds(const hdt_expr *e, int64_t limit);
/* `e` rebuilt with `replace` applied to every node after its operands were rebuilt; returning NULL keeps the node. The
 * axes of reductions are visited too and must stay axes. */
const hdt_expr *expr_map(const hdt_expr *e, const hdt_expr *(*replace)(const hdt_expr *node, void *closure),
                         void *closure);

/* Is it the name of a dimension of this context? */
bool expr_is_symbol_name(const hdt_context *context, const char *name);

/* A new scalar parameter or `let` of a function. */
const hdt_expr *expr_variable(hdt_context *context, const char *name, hdt_dtype dtype);
/* As expr_variable, of an integer known to lie in min..max. */
const hdt_expr *expr_variable_within(hdt_context *context, const char *name, hdt_dtype dtype, int64_t min, int64_t max);
/* A call with checked and converted operands; each one without the trait p is a node of its own. */
const hdt_expr *expr_call(hdt_context *context, const hdt_intrinsic *intrinsic, hdt_dtype result,
                          const hdt_expr *const *args, int count);
/* `e` with other operands, built and simplified like a new expression; an axis keeps its name and serial. */
const hdt_expr *expr_rebuild(const hdt_expr *e, const hdt_expr *const *args);

/* One element in the widest form of its kind. */
typedef union scalar {
	int64_t i; /* bool, signed and unsigned integers (u64 as the same bits) */
	double f;  /* floats */
} scalar;
static inline scalar scalar_from_bits(int64_t bits)
{
	return (scalar){.i = bits};
}

/* Apply `op` to operands of dtype `operand` (results of FLOAT ops on integers convert first), giving a value of dtype
 * `result`: wraps integers, rounds floats to the compute dtype. The one place where the meaning of each operation is
 * written down: the folder and the reference evaluator both call it. `ok` is cleared by BOUNDED out of range. */
scalar scalar_apply(hdt_scalar_op op, hdt_dtype operand, hdt_dtype result, const scalar *args, bool *ok);
/* Does the true result of i64 operands leave 64 bits? */
bool scalar_overflows(hdt_scalar_op op, const scalar *args);
/* A constant of exactly this value. */
const hdt_expr *expr_constant(hdt_context *context, hdt_dtype dtype, scalar value);
/* The value of a CONST. */
scalar expr_value(const hdt_expr *constant);
scalar scalar_cast(scalar v, hdt_dtype from, hdt_dtype to);
/* Read and write one element of memory. */
scalar scalar_load(const void *data, hdt_dtype dtype, int64_t index);
void scalar_store(void *data, hdt_dtype dtype, int64_t index, scalar v);

/* Values of symbols, and in functions of variables and axes, for one run: pairs. A float's value stands as the bits of a double. */
typedef struct bindings {
	const hdt_expr *const *symbols;
	const int64_t *values;
	int count;
} bindings;
/* Evaluate an integer or bool expression over what is bound and constants only. False (no diagnostic) when another leaf occurs,
 * on overflow or when a leaf has no value; false with a fault in the expression's context when memory is out. */
bool expr_evaluate(const hdt_expr *e, const bindings *b, int64_t *out);
/* The same of an expression of any dtype. */
bool expr_evaluate_value(const hdt_expr *e, const bindings *b, scalar *out);

/* Append canonical text. Names of axes and variables are printed bare; the caller has made them unique. */
void expr_print(text *t, const hdt_expr *e);
/* In double quotes, with escapes. */
void string_print(text *t, const char *string);
void attribute_print(text *t, const hdt_attribute_value *value);

#endif
