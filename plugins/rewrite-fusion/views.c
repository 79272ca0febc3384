/* views: of several changes of shape in a row only the last counts; what comes back to the first shape goes.
 *
 *     %0 = reshape(%x, shape=[6])                                           %0 = unsqueeze(%x, axes=[1])
 *     %1 = reshape(%0, shape=[3, 2])   =>   reshape(%x, shape=[3, 2])       %1 = squeeze(%0, axes=[1])    =>   %x
 *
 * An unsqueeze behind an unsqueeze stays: both only name axes, and a reshape would have to divide. */
#include "rewrite_rule.h"
#include "shapes.h"

static bool regroups(const hdt_node *node)
{
	return strcmp(node->op->name, "reshape") == 0 || strcmp(node->op->name, "flatten") == 0;
}

static hdt_status join(hdt_rewrite *r, const hdt_node *outer)
{
	hdt_value *x = hdt_match_value(r, "x");
	if (same_shape(x, outer->outputs[0]))
		hdt_replace(r, 0, x);
	else if (regroups(outer) || regroups(hdt_match_node(r, 1)))
		hdt_replace(r, 0, reshape_like(hdt_rewrite_graph(r), x, outer->outputs[0]));
	else
		return hdt_decline(r, "both only name axes");
	return HDT_OK;
}

FUNCTION_RULE(join_views, "join-views", 40, "several changes of shape in a row are one",
              "reshape|flatten|squeeze|unsqueeze(&reshape|flatten|squeeze|unsqueeze(%x))", join);
