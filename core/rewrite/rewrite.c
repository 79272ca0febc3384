/* rewrite.c: sub-graph rewriting: each match of a rule's pattern becomes the rule's replacement.
 *
 *     %0 = relu(%x)                     with the rule  relu(relu(%x)) => relu(%x)
 *     %1 = relu(%0)               =>    %0 = relu(%x)
 *     return %1                         return %0
 */
#include "rewrite/rule.h"

hdt_status graph_rewrite(hdt_graph *graph, const rewrite_options *options, int *applied)
{
	hdt_context *context = graph->context;
	rule_list list = {0};
	hdt_status status = hdt_context_status(context);
	int count = context->registry ? registry_count(context->registry, REGISTRY_REWRITE_RULE) : 0;
	for (int i = 0; i < count && status == HDT_OK; i++) {
		const hdt_rewrite_rule *r = registry_at(context->registry, REGISTRY_REWRITE_RULE, i)->descriptor;
		status = rules_add(context, &list, r->name, r->pattern ? r->pattern : "", r->apply, options);
	}
	return status == HDT_OK ? rules_run(graph, &list, options, applied) : status;
}
