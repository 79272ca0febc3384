/* resolve.c: resolving: an operator becomes others with the same meaning, for which there are better kernels.
 *
 *     %0 = silu(%x)                     with the rule  silu(%x) => mul(%x, sigmoid(%x))
 *     return %0                   =>    %0 = sigmoid(%x)
 *                                       %1 = mul(%x, %0)
 *                                       return %1
 * A resolve rule is a rewrite rule whose pattern is one operator. */
#include "rewrite/rule.h"

hdt_status graph_resolve(hdt_graph *graph, const rewrite_options *options, int *applied)
{
	hdt_context *context = graph->context;
	rule_list list = {0};
	hdt_status status = hdt_context_status(context);
	int count = context->registry ? registry_count(context->registry, REGISTRY_RESOLVE_RULE) : 0;
	for (int i = 0; i < count && status == HDT_OK; i++) {
		const hdt_resolve_rule *r = registry_at(context->registry, REGISTRY_RESOLVE_RULE, i)->descriptor;
		status = rules_add(context, &list, r->name, r->text ? r->text : r->op, r->apply, options);
	}
	return status == HDT_OK ? rules_run(graph, &list, options, applied) : status;
}
