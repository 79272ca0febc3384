/* resolve.c: resolving: an operator becomes others with the same meaning, for which there are better kernels.
 *
 *     %0 = silu(%x)                     with the rule  silu(%x) => mul(%x, sigmoid(%x))
 *     return %0                   =>    %0 = sigmoid(%x)
 *                                       %1 = mul(%x, %0)
 *                                       return %1
 * A resolve rule is a rewrite rule whose pattern is one operator. A scheduler of the target that serves an operator better as it is keeps it. */
#include "rewrite/rule.h"

#include <stddef.h>

static const char *keeper_of(const rewrite_options *options, const hdt_node *node)
{
	for (int i = 0; options && i < options->scheduler_count; i++) {
		const hdt_scheduler *s = options->schedulers[i];
		if (s->size > offsetof(hdt_scheduler, keeps) && s->keeps && s->keeps(node->task, options->target))
			return s->name;
	}
	return NULL;
}

hdt_status graph_resolve(hdt_graph *graph, const rewrite_options *options, int *applied)
{
	const rule_set *set = rule_set_of(graph->context->registry);
	return rules_run(graph, set ? &set->resolve : NULL, keeper_of, options, applied);
}
