/* softmax: found where a model spells it out, with or without taking the largest element off first.
 *
 *     %0 = reduce_max(%x, axes=[-1], keepdims=true)
 *     %1 = sub(%x, %0)
 *     %2 = exp(%1)
 *     %3 = reduce_sum(%2, axes=[-1], keepdims=true)
 *     %4 = div(%2, %3)                                     =>    %0 = softmax(%x, axis=-1)
 *     %5 = log(%4)                                         =>    %0 = log_softmax(%x, axis=-1)
 *
 * softmax always takes the largest off: what overflowed without that no longer does. For f32 and f64 alone: 16-bit
 * floats are rounded after each operator, which softmax does not do. */
#include "rewrite_rule.h"
#include "shapes.h"

/* The one axis of a reduction, counted from 0; -1 when there are several. */
static int64_t only_axis(const hdt_node *reduction)
{
	int64_t axes[HDT_MAX_RANK];
	int count = constant_axes(hdt_node_attribute(reduction, "axes"), reduction->inputs[0]->rank, axes);
	return count == 1 ? axes[0] : -1;
}

static hdt_status find(hdt_rewrite *r, const hdt_node *root)
{
	hdt_value *x = hdt_match_value(r, "x");
	const hdt_node *largest = hdt_match_node(r, 3), *sum = hdt_match_node(r, 4);
	int64_t axis = only_axis(sum);
	if (axis < 0 || (largest && only_axis(largest) != axis))
		return hdt_decline(r, "it is not over one axis");
	if (!is_wide(root->outputs[0]->dtype))
		return hdt_decline(r, "%s would be rounded in fewer places", hdt_dtype_of(root->outputs[0]->dtype)->name);
	if (axis == x->rank - 1)
		axis = -1;
	hdt_replace(r, 0, hdt_apply(hdt_rewrite_graph(r), "softmax", HDT_VALUES(x), HDT_WITH(hdt_int_value("axis", axis))));
	return HDT_OK;
}

FUNCTION_RULE(softmax_spelled, "softmax-spelled", 80, "exp(x - max x) / sum exp(x - max x) is softmax(x)",
              "div(%e = exp((sub(%x, reduce_max(%x, keepdims=true)) || %x)), reduce_sum(%e, keepdims=true))", find);

TEXT_RULE(log_of_softmax, "log-of-softmax", 70, "log(softmax(x)) is log_softmax(x)",
          "log(softmax(%x: f32|f64, axis=a)) => log_softmax(%x, axis=a)");
