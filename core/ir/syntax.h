/* syntax.h: how tightly the parts of an expression's text bind: shared by printer and parser. */
#ifndef CORE_IR_SYNTAX_H
#define CORE_IR_SYNTAX_H

#include "ir/expr.h"

typedef enum precedence {
	BINDS_ANY,
	BINDS_OR,
	BINDS_AND,
	BINDS_BIT_OR,
	BINDS_BIT_XOR,
	BINDS_BIT_AND,
	BINDS_EQUAL,
	BINDS_LESS,
	BINDS_SHIFT,
	BINDS_SUM,
	BINDS_REDUCTION, /* its body takes in a whole product, so it stands in parentheses within one */
	BINDS_PRODUCT,
	BINDS_PREFIX,
	BINDS_PRIMARY
} precedence;

/* Of an infix operation; all of them lean left. */
static inline precedence infix_precedence(hdt_scalar_op op)
{
	switch (op) {
	case HDT_OP_OR:
		return BINDS_OR;
	case HDT_OP_AND:
		return BINDS_AND;
	case HDT_OP_BIT_OR:
		return BINDS_BIT_OR;
	case HDT_OP_BIT_XOR:
		return BINDS_BIT_XOR;
	case HDT_OP_BIT_AND:
		return BINDS_BIT_AND;
	case HDT_OP_EQ:
	case HDT_OP_NE:
		return BINDS_EQUAL;
	case HDT_OP_LT:
	case HDT_OP_LE:
		return BINDS_LESS;
	case HDT_OP_SHL:
	case HDT_OP_SHR:
		return BINDS_SHIFT;
	case HDT_OP_ADD:
	case HDT_OP_SUB:
		return BINDS_SUM;
	default:
		return BINDS_PRODUCT;
	}
}

/* The sign of a prefix operation. */
static inline const char *prefix_text(hdt_scalar_op op)
{
	return op == HDT_OP_NEG ? "-" : scalar_op_of(op)->text;
}

#endif
