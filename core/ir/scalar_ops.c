/* scalar_ops.c: the facts of the scalar operations and reductions, made from their tables. */
#include "ir/expr.h"
#include <string.h>

static const scalar_op_info operations[] = {
#define HDT_SCALAR_OP(name, text, arity, result, traits, doc) {#name, text, arity, traits, OP_RESULT_##result},
#include <hidet/scalar_ops.def>
#undef HDT_SCALAR_OP
	{"NONE", "<no operation>", 0, "-", OP_RESULT_OWN},
};

static const char *const reductions[] = {
#define HDT_REDUCE(name, text, doc) text,
#include <hidet/reduces.def>
#undef HDT_REDUCE
	"<no reduction>",
};

const scalar_op_info *scalar_op_of(hdt_scalar_op op)
{
	return &operations[(unsigned)op < HDT_OP_COUNT ? op : HDT_OP_COUNT];
}

bool scalar_op_has(hdt_scalar_op op, char trait)
{
	return strchr(scalar_op_of(op)->traits, trait) != NULL;
}

const char *reduce_text(hdt_reduce_kind kind)
{
	return reductions[(unsigned)kind < HDT_REDUCE_COUNT ? kind : HDT_REDUCE_COUNT];
}
