/* shorthand.h: short names for the expressions that are written most.
 *
 * They call functions of the host, so in a plugin they come after <hidet/calls.h>: include <hidet/plugin.h>, never this. */
#ifndef HIDET_SHORTHAND_H
#define HIDET_SHORTHAND_H

#include <hidet/expr.h>

HDT_BEGIN

static inline const hdt_expr *hdt_add(const hdt_expr *x, const hdt_expr *y)
{
	return hdt_binary(HDT_OP_ADD, x, y);
}
static inline const hdt_expr *hdt_sub(const hdt_expr *x, const hdt_expr *y)
{
	return hdt_binary(HDT_OP_SUB, x, y);
}
static inline const hdt_expr *hdt_mul(const hdt_expr *x, const hdt_expr *y)
{
	return hdt_binary(HDT_OP_MUL, x, y);
}
static inline const hdt_expr *hdt_div(const hdt_expr *x, const hdt_expr *y)
{
	return hdt_binary(HDT_OP_DIV, x, y);
}
static inline const hdt_expr *hdt_floordiv(const hdt_expr *x, const hdt_expr *y)
{
	return hdt_binary(HDT_OP_FLOORDIV, x, y);
}
/* The quotient rounded up, of a positive divisor. */
static inline const hdt_expr *hdt_ceildiv(const hdt_expr *x, const hdt_expr *y)
{
	return hdt_floordiv(hdt_add(x, hdt_sub(y, hdt_like(y, 1))), y);
}
static inline const hdt_expr *hdt_mod(const hdt_expr *x, const hdt_expr *y)
{
	return hdt_binary(HDT_OP_MOD, x, y);
}
static inline const hdt_expr *hdt_min(const hdt_expr *x, const hdt_expr *y)
{
	return hdt_binary(HDT_OP_MIN, x, y);
}
static inline const hdt_expr *hdt_max(const hdt_expr *x, const hdt_expr *y)
{
	return hdt_binary(HDT_OP_MAX, x, y);
}
static inline const hdt_expr *hdt_equal(const hdt_expr *x, const hdt_expr *y)
{
	return hdt_binary(HDT_OP_EQ, x, y);
}
static inline const hdt_expr *hdt_less(const hdt_expr *x, const hdt_expr *y)
{
	return hdt_binary(HDT_OP_LT, x, y);
}
static inline const hdt_expr *hdt_less_equal(const hdt_expr *x, const hdt_expr *y)
{
	return hdt_binary(HDT_OP_LE, x, y);
}
static inline const hdt_expr *hdt_and(const hdt_expr *x, const hdt_expr *y)
{
	return hdt_binary(HDT_OP_AND, x, y);
}
static inline const hdt_expr *hdt_or(const hdt_expr *x, const hdt_expr *y)
{
	return hdt_binary(HDT_OP_OR, x, y);
}
static inline const hdt_expr *hdt_not(const hdt_expr *x)
{
	return hdt_unary(HDT_OP_NOT, x);
}
static inline const hdt_expr *hdt_neg(const hdt_expr *x)
{
	return hdt_unary(HDT_OP_NEG, x);
}
/* x * y + z, rounded once. */
static inline const hdt_expr *hdt_fma(const hdt_expr *x, const hdt_expr *y, const hdt_expr *z)
{
	const hdt_expr *const args[] = {x, y, z};
	return hdt_operation(HDT_OP_FMA, args, 3);
}
static inline const hdt_expr *hdt_bounded(const hdt_expr *i, const hdt_expr *n)
{
	return hdt_binary(HDT_OP_BOUNDED, i, n);
}
static inline const hdt_expr *hdt_sum(const hdt_expr *axis, const hdt_expr *v)
{
	return hdt_reduce(HDT_REDUCE_SUM, &axis, 1, v);
}

/* The value as it would be read back from memory: what is computed for a 16-bit float has more digits until it is stored. */
static inline const hdt_expr *hdt_as_stored(const hdt_expr *value)
{
	if (!value || (value->dtype != HDT_F16 && value->dtype != HDT_BF16))
		return value;
	return hdt_cast(hdt_cast(value, HDT_F32), (hdt_dtype)value->dtype);
}

HDT_END
#endif
