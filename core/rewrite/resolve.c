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
	const rule_set *set = rule_set_of(graph->context->registry);
	return rules_run(graph, set ? &set->resolve : NULL, options, applied);
}
