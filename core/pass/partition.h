/* partition.h: which nodes of a graph are computed together. */
#ifndef CORE_PASS_PARTITION_H
#define CORE_PASS_PARTITION_H

#include "graph/graph.h"
#include <hidet/scheduler.h>

/* Nodes that become one task. A cheap node may be part of several groups; one that only gives views of its input, and that no group
 * looks through, is part of none. */
typedef struct fusion_group {
	hdt_node *const *nodes; /* in the order of the graph */
	int node_count;
	const hdt_task *task;
	hdt_value *const *inputs; /* of the task; NULL for one left out */
	int input_count;
	hdt_value *const *outputs; /* of the task */
	int output_count;
	const char *text; /* for messages: "matmul + add (decoder.0)" */
} fusion_group;

typedef struct partition {
	fusion_group *groups; /* each after those that compute what it reads */
	int count;
} partition;

typedef struct partition_options {
	const hdt_scheduler *const
		*schedulers;     /* that serve the target: what they say is much slower together is kept apart */
	int scheduler_count; /* 0: nobody is asked */
	const hdt_target_info *target;
	bool fuse;                   /* else every node is a group of its own */
	struct explanation *explain; /* what was fused, and of neighbours that were not, why; or NULL */
} partition_options;

/* The groups and their tasks. What two groups compute in memory is never more than what their nodes would, each for itself. */
hdt_status pass_partition(hdt_graph *graph, const partition_options *options, partition *out);

/* Mark the inputs of the groups' tasks that are known before the first run (mark_constants.c). */
hdt_status partition_mark_constants(hdt_context *context, const partition *groups);

/* Is every output of the node the memory of one of its inputs? */
bool node_is_view(const hdt_node *node);
/* The value whose memory this one is. */
const hdt_value *value_root(const hdt_value *value);

#endif
