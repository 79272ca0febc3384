/* expr.h: scalar expressions: dimensions, index arithmetic and the values of tensors.
 *
 * Expressions are immutable and hash-consed: within a context equal expressions are the same pointer. The building
 * functions simplify (constants fold, x + 0 is x), promote operands to a common dtype, and take and return NULL after a
 * fault. The operations are listed in scalar_ops.def. */
#ifndef HIDET_EXPR_H
#define HIDET_EXPR_H

#include <hidet/dtype.h>
#include <hidet/intrinsic.h>

HDT_BEGIN

typedef enum hdt_scalar_op {
#define HDT_SCALAR_OP(name, text, arity, result, traits, doc) HDT_OP_##name,
#include <hidet/scalar_ops.def>
#undef HDT_SCALAR_OP
	HDT_OP_COUNT
} hdt_scalar_op;

typedef enum hdt_reduce_kind {
#define HDT_REDUCE(name, text, doc) HDT_REDUCE_##name,
#include <hidet/reduces.def>
#undef HDT_REDUCE
	HDT_REDUCE_COUNT
} hdt_reduce_kind;

typedef struct hdt_expr hdt_expr;
typedef struct hdt_tensor hdt_tensor;

/* One node. Read it freely, make it only through the functions below. Which fields are set is told by the op's row in
 * scalar_ops.def. */
struct hdt_expr {
	hdt_context *context;
	uint32_t id;        /* dense, counted from 0 in order of creation: operands have smaller ids */
	uint16_t op;        /* hdt_scalar_op */
	uint8_t dtype;      /* hdt_dtype of the value */
	uint8_t count;      /* number of args */
	uint8_t reduce;     /* hdt_reduce_kind of REDUCE and ARG_REDUCE */
	uint8_t accumulate; /* hdt_dtype in which a REDUCE accumulates */
	uint32_t
		serial; /* AXIS, VARIABLE, CALL: tells apart two that look alike; CONST: 1 when it is an i64 that wrapped */
	union {
		int64_t integer;                /* CONST of bool or integer dtype */
		double real;                    /* CONST of float dtype */
		const char *name;               /* SYMBOL, AXIS, VARIABLE: interned */
		const hdt_tensor *tensor;       /* LOAD, READ, ADDRESS */
		const hdt_intrinsic *intrinsic; /* CALL */
	};
	const hdt_expr *const *args;
};

/* Constants. hdt_int gives an i64, the dtype of indices; hdt_number takes the dtype; hdt_like takes the dtype of `e`. */
const hdt_expr *hdt_int(hdt_context *context, int64_t value);
const hdt_expr *hdt_number(hdt_context *context, hdt_dtype dtype, double value);
const hdt_expr *hdt_like(const hdt_expr *e, double value);

/* The dimension `name`, i64, known at run time to lie in min..max (0 <= min <= max <= 2^48). One range per name and context:
 * asking again with another range narrows nothing and is a fault. */
const hdt_expr *hdt_symbol(hdt_context *context, const char *name, int64_t min, int64_t max);

/* A new index variable running over 0..extent-1; `extent` may use other axes. `name` is for the text form. */
const hdt_expr *hdt_axis(const char *name, const hdt_expr *extent);

/* Any operation of scalar_ops.def with a fixed arity but SYMBOL, AXIS, CAST. */
const hdt_expr *hdt_operation(hdt_scalar_op op, const hdt_expr *const *args, int count);

const hdt_expr *hdt_unary(hdt_scalar_op op, const hdt_expr *x);
const hdt_expr *hdt_binary(hdt_scalar_op op, const hdt_expr *x, const hdt_expr *y);
const hdt_expr *hdt_cast(const hdt_expr *x, hdt_dtype dtype);
const hdt_expr *hdt_select(const hdt_expr *condition, const hdt_expr *yes, const hdt_expr *no);

/* The element of `tensor` at `count` indices (its rank). */
const hdt_expr *hdt_load(const hdt_tensor *tensor, const hdt_expr *const *indices, int count);

/* In functions (script.h): the element, or 0 where an index is outside of the tensor's shape; and its address, for an intrinsic. */
const hdt_expr *hdt_read(const hdt_tensor *tensor, const hdt_expr *const *indices, int count);
const hdt_expr *hdt_address(const hdt_tensor *tensor, const hdt_expr *const *indices, int count);

/* Reduction of `value` over `count` axes, accumulated in the dtype's own accumulate dtype and given in the dtype of `value`
 * (hdt_reduce), or accumulated and given in `accumulate` (hdt_reduce_in). ALL and ANY take and give bool. */
const hdt_expr *hdt_reduce(hdt_reduce_kind kind, const hdt_expr *const *axes, int count, const hdt_expr *value);
const hdt_expr *hdt_reduce_in(hdt_reduce_kind kind, hdt_dtype accumulate, const hdt_expr *const *axes, int count,
                              const hdt_expr *value);
const hdt_expr *hdt_arg_reduce(hdt_reduce_kind kind, const hdt_expr *axis, const hdt_expr *value);

/* `e` with each occurrence of from[i] (axes, symbols, variables) replaced by to[i], simplified again. */
const hdt_expr *hdt_substitute(const hdt_expr *e, const hdt_expr *const *from, const hdt_expr *const *to, int count);

/* Does `e` contain this very expression? An element of this tensor? False for NULL. */
bool hdt_contains(const hdt_expr *e, const hdt_expr *part);
bool hdt_reads(const hdt_expr *e, const hdt_tensor *tensor);

/* Is it a constant? Then *value is set (floats: only whole ones). */
bool hdt_is_const(const hdt_expr *e, int64_t *value);

/* Bounds of an integer expression from the ranges of its symbols and axes. False when nothing is known. */
bool hdt_bounds(const hdt_expr *e, int64_t *min, int64_t *max);

/* A size to reckon costs with before it is known: its constant value, else 64 brought into its bounds. Schedulers that estimate with
 * the same sizes give costs that can be compared. */
int64_t hdt_size_estimate(const hdt_expr *size);

/* Are these equal for every value of the symbols? True only when proved. */
bool hdt_proves_equal(const hdt_expr *a, const hdt_expr *b);

/* Canonical text, in the arena of the context; "<fault>" for NULL. */
const char *hdt_expr_text(const hdt_expr *e);

HDT_END

#if defined(HIDET_STATIC) || defined(HIDET_HEADERS_ONLY)
#include <hidet/shorthand.h> /* a plugin gets it from plugin.h, where calls already go through the host's table */
#endif
#endif
