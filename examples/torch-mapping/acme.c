/* acme: what the operators of the PyTorch extension `acme` are in operators of this system. */
#include <hidet/plugin.h>

/* relu(self), times `scale` if it is given. */
static hdt_status spark(hdt_call *call)
{
	hdt_graph *g = hdt_call_graph(call);
	hdt_value *y = hdt_apply(g, "relu", HDT_VALUES(hdt_call_value(call, "self")), NULL);
	if (hdt_call_has(call, "scale"))
		y = hdt_apply(g, "mul", HDT_VALUES(y, hdt_call_operand(call, "scale", y)), NULL);
	hdt_call_return(call, y);
	return hdt_context_status(hdt_call_context(call));
}

static const hdt_mapping mappings[] = {
	/* One expression says it: the names are the arguments; `bias` may be none. */
	{"acme.linear_magic.default", "input, weight, bias=none", "linear(input, weight, bias)", NULL},
	/* It depends on the arguments: a function. */
	{"acme.spark.default", "self, scale=none", NULL, spark},
	{0},
};

const hdt_mapping_set hdt_mappings_acme = {
	.size = sizeof(hdt_mapping_set),
	.framework = "torch",
	.mappings = mappings,
};
