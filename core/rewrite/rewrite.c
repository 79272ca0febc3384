/* rewrite.c: sub-graph rewriting: each match of a rule's pattern becomes the rule's replacement.
 *
 *     %0 = relu(%x)                     with the rule  relu(relu(%x)) => relu(%x)
 *     %1 = relu(%0)               =>    %0 = relu(%x)
 *     return %1                         return %0
 */
#include "rewrite/rule.h"

hdt_status graph_rewrite(hdt_graph *graph, const rewrite_options *options, int *applied)
{
	const rule_set *set = rule_set_of(graph->context->registry);
	return rules_run(graph, set ? &set->rewrite : NULL, NULL, options, applied);
}
