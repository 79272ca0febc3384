/* drop_dead.c: nodes that no output depends on are dropped.
 *
 *     %0 = exp(%x)                     %0 = neg(%x)
 *     %1 = neg(%x)               =>    return %0
 *     return %1
 */
#include "pass/pass.h"

hdt_status pass_drop_dead(hdt_graph *graph)
{
	graph_sweep(graph);
	return hdt_context_status(graph->context);
}
