/* cast: conversions that lose nothing are not seen by those that follow.
 *
 *     %0 = cast(%x, dtype=f32)     with %x: f16                %0 = cast(%x, dtype=f32)     with %x: f16
 *     %1 = cast(%0, dtype=f64)   =>  cast(%x, dtype=f64)       %1 = softmax(%0)
 *                                                              %2 = cast(%1, dtype=f16)   =>   softmax(%x)
 *
 * A first conversion that rounds stays: it is what the user has asked for. The second rule holds for operators that
 * compute 16-bit inputs in f32 and round their result once, as their definitions say. */
#include "rewrite_rule.h"
#include "shapes.h"

/* Bits that a value of the dtype needs, without its sign; of a float, those that it holds exactly. */
static int exact_bits(hdt_dtype dtype)
{
	const hdt_dtype_info *info = hdt_dtype_of(dtype);
	switch (info->kind) {
	case HDT_KIND_BOOL:
		return 1;
	case HDT_KIND_UINT:
		return 8 * info->bytes;
	case HDT_KIND_INT:
		return 8 * info->bytes - 1;
	case HDT_KIND_FLOAT:
		return dtype == HDT_F16 ? 11 : dtype == HDT_BF16 ? 8 : dtype == HDT_F32 ? 24 : 53;
	}
	return 0;
}

/* Does every value of `from` stay the same in `to`? */
static bool is_lossless(hdt_dtype from, hdt_dtype to)
{
	hdt_dtype_kind source = hdt_dtype_of(from)->kind, target = hdt_dtype_of(to)->kind;
	if (from == to || source == HDT_KIND_BOOL)
		return true;
	if (target == HDT_KIND_BOOL || (source == HDT_KIND_FLOAT && target != HDT_KIND_FLOAT))
		return false;
	if (source == HDT_KIND_FLOAT)
		return to == HDT_F64 || (to == HDT_F32 && from != HDT_F64);
	return !(source == HDT_KIND_INT && target == HDT_KIND_UINT) && exact_bits(from) <= exact_bits(to);
}

static hdt_status join(hdt_rewrite *r, const hdt_node *outer)
{
	hdt_value *x = hdt_match_value(r, "x");
	hdt_dtype middle = outer->inputs[0]->dtype, last = outer->outputs[0]->dtype;
	if (!is_lossless(x->dtype, middle))
		return hdt_decline(r, "%s does not hold every %s: the first conversion may change a value",
		                   hdt_dtype_of(middle)->name, hdt_dtype_of(x->dtype)->name);
	hdt_replace(r, 0,
	            last == x->dtype
	                ? x
	                : hdt_apply(hdt_rewrite_graph(r), "cast", HDT_VALUES(x), HDT_WITH(hdt_dtype_value("dtype", last))));
	return HDT_OK;
}

FUNCTION_RULE(join_casts, "join-casts", 45, "a conversion that loses nothing, before another one, is left out",
              "cast(&cast(%x))", join);

static hdt_status narrow(hdt_rewrite *r, const hdt_node *last)
{
	const hdt_node *op = hdt_match_node(r, 1), *first = made_by(op->inputs[0], "cast");
	hdt_value *inputs[4] = {NULL}, *x = first ? first->inputs[0] : NULL;
	if (!x || (x->dtype != HDT_F16 && x->dtype != HDT_BF16) || first->outputs[0]->dtype != HDT_F32)
		return hdt_decline(r, "its input is not converted from a 16-bit float to f32");
	if (last->outputs[0]->dtype != x->dtype)
		return hdt_decline(r, "its result is converted to another dtype than the input had");
	if (op->input_count > 4)
		return hdt_decline(r, "it has too many inputs");
	for (int i = 0; i < op->input_count; i++)
		inputs[i] = i == 0 ? x : op->inputs[i];
	hdt_replace(r, 0, hdt_apply_list(hdt_rewrite_graph(r), op->op->name, inputs, op->input_count, op->attributes));
	return HDT_OK;
}

FUNCTION_RULE(narrow_operator, "narrow-operator", 44,
              "an operator that computes in f32 anyway needs no conversion around it",
              "cast(softmax|log_softmax|layer_norm|rms_norm|gelu|silu|sigmoid|hard_swish|hard_sigmoid|mish|softplus)",
              narrow);
