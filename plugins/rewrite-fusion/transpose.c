/* transpose: two transposes in a row are one.
 *
 *     %0 = transpose(%x, axes=[0, 2, 1])
 *     %1 = transpose(%0, axes=[1, 0, 2])     =>    %0 = transpose(%x, axes=[2, 0, 1])
 */
#include <hidet/plugin.h>

/* axes[d] of the node as a number from 0; false when it is not known. */
static bool source_axis(const hdt_node *node, int d, int64_t *axis)
{
	const hdt_attribute_value *axes = hdt_node_attribute(node, "axes");
	if (!axes || d >= axes->count || !hdt_is_const(axes->dims[d], axis))
		return false;
	*axis += *axis < 0 ? axes->count : 0;
	return *axis >= 0 && *axis < axes->count;
}

static hdt_status join(hdt_rewrite *r, const hdt_node *outer)
{
	hdt_graph *g = hdt_rewrite_graph(r);
	const hdt_node *inner = hdt_match_node(r, 1);
	hdt_value *x = hdt_match_value(r, "x");
	const hdt_expr *axes[HDT_MAX_RANK];
	for (int d = 0; d < x->rank; d++) {
		int64_t middle = 0, source = 0;
		if (!source_axis(outer, d, &middle) || !source_axis(inner, (int)middle, &source))
			return hdt_decline(r, "the axes are not known");
		axes[d] = hdt_int(g->context, source);
	}
	hdt_replace(r, 0, hdt_apply(g, "transpose", HDT_VALUES(x), HDT_WITH(hdt_dims_value("axes", axes, x->rank))));
	return HDT_OK;
}

const hdt_rewrite_rule hdt_rewrite_join_transposes = {
	.size = sizeof(hdt_rewrite_rule),
	.name = "join-transposes",
	.doc = "transpose of transpose is one transpose",
	.rank = 40,
	.pattern = "transpose(transpose(%x))",
	.apply = join,
};
