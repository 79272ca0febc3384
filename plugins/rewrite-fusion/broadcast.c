/* broadcast: what an operator repeats by itself need not be repeated before.
 *
 *     %0 = expand(%m, shape=[4, 8])     with %m: f32[1, 8]
 *     %1 = add(%x, %0)                  with %x: f32[4, 8]     =>    %0 = add(%x, %m)
 *
 * Declined when the expand gives the result a dimension that no other input has. */
#include "rewrite_rule.h"
#include "shapes.h"

static hdt_status absorb(hdt_rewrite *r, const hdt_node *node)
{
	hdt_value *inputs[3] = {NULL};
	int absorbed = 0;
	for (int i = 0; i < node->input_count; i++) {
		hdt_value *source = behind(node->inputs[i], "expand");
		inputs[i] = source ? source : node->inputs[i];
		absorbed += source != NULL;
	}
	if (!absorbed)
		return hdt_decline(r, "no input is an expand");
	hdt_value *y = hdt_apply_list(hdt_rewrite_graph(r), node->op->name, inputs, node->input_count, node->attributes);
	if (!y || !same_type(y, node->outputs[0]))
		return y ? hdt_decline(r, "the result takes its shape from the expand") : HDT_OK;
	hdt_replace(r, 0, y);
	return HDT_OK;
}

FUNCTION_RULE(
	drop_expand, "drop-expand", 30, "an operator that broadcasts needs no expand before it",
	"add|sub|mul|div|minimum|maximum|pow|where|equal|not_equal|less|less_equal|greater|greater_equal|logical_and|"
	"logical_or|bitwise_and|bitwise_or",
	absorb);
