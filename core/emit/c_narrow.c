/* c_narrow.c: which index arithmetic of kernels is done in 32 bits: a thread has 32-bit registers, and wide arithmetic takes several.
 *
 * An i64 expression is narrow when its bounds prove that it fits an int and all that it is made of is narrow; its text then has the type int.
 * Names of values and selections need no bounds: they are what they stand for. Any other text of ints alone is widened where it is written.
 *     blockIdx.x * 64 + threadIdx.x < m                of a grid of ceildiv(m, 64): narrow
 *     x[i * k + j]  with i, j and k narrow             (int64_t)i * k + j, unless the product is known to fit */
#include "emit/c.h"

static bool fits(const hdt_expr *e)
{
	int64_t min, max;
	return hdt_bounds(e, &min, &max) && min >= INT32_MIN && max <= INT32_MAX;
}

static bool operands_are_narrow(const emitter *em, const hdt_expr *e, int from)
{
	for (int i = from; i < e->count; i++)
		if (!c_is_narrow(em, e->args[i]))
			return false;
	return true;
}

/* Integers whose C type is int or is promoted to it. */
static bool is_small_integer(hdt_dtype dtype)
{
	return dtype == HDT_I32 || dtype == HDT_I16 || dtype == HDT_I8 || dtype == HDT_U16 || dtype == HDT_U8;
}

static bool compute(const emitter *em, const hdt_expr *e)
{
	int64_t shift;
	const hdt_expr *definition;
	switch (e->op) {
	case HDT_OP_CONST:
	case HDT_OP_SYMBOL:
		return true;
	case HDT_OP_AXIS: /* at the end of a loop it reaches the extent */
		return fits(e->args[0]);
	case HDT_OP_VARIABLE:
		definition = map_get(&em->definitions, e);
		return definition && c_is_narrow(em, definition);
	case HDT_OP_CAST:
		return is_small_integer((hdt_dtype)e->args[0]->dtype);
	case HDT_OP_ADD:
	case HDT_OP_SUB:
	case HDT_OP_MUL:
	case HDT_OP_NEG:
	case HDT_OP_BIT_AND:
	case HDT_OP_BIT_OR:
	case HDT_OP_BIT_XOR:
		return operands_are_narrow(em, e, 0);
	case HDT_OP_SELECT:
		return operands_are_narrow(em, e, 1);
	case HDT_OP_SHR:
		return hdt_is_const(e->args[1], &shift) && shift >= 0 && shift < 32 && c_is_narrow(em, e->args[0]);
	case HDT_OP_FLOORDIV:
	case HDT_OP_MOD:
		return operands_are_narrow(em, e, 0) && c_divides_plainly(em, e->args[0], e->args[1]);
	default:
		return false;
	}
}

bool c_is_narrow(const emitter *em, const hdt_expr *e)
{
	enum { UNKNOWN, NARROW, WIDE };
	if (!em->kernel || e->dtype != HDT_I64)
		return false;
	if (e->op == HDT_OP_VARIABLE)
		return compute(em, e);
	uint8_t *known = e->id < em->info_count ? &em->widths[e->id] : NULL;
	if (known && *known != UNKNOWN)
		return *known == NARROW;
	bool narrow = (e->op == HDT_OP_SELECT || fits(e)) && compute(em, e);
	if (known)
		*known = narrow ? NARROW : WIDE;
	return narrow;
}

const char *c_type_of(const emitter *em, const hdt_expr *e)
{
	if (c_is_vector(em, e))
		return c_vector_type((hdt_dtype)e->dtype);
	return c_is_narrow(em, e) ? "int" : c_value_type((hdt_dtype)e->dtype);
}
