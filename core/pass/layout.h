/* layout.h: in which order the dimensions of intermediate results lie in memory. */
#ifndef CORE_PASS_LAYOUT_H
#define CORE_PASS_LAYOUT_H

#include "pass/partition.h"
#include <hidet/scheduler.h>

typedef struct layout_options {
	const hdt_scheduler *const *schedulers; /* that serve the target */
	int scheduler_count;
	const hdt_target_info *target;
	struct explanation *explain; /* which results got an order and who wanted it, and what was given up; or NULL */
} layout_options;

/* A result whose dimensions are in another order: dimension i in memory is dimension dims[i] of the value. */
typedef struct value_order {
	const hdt_value *value;
	int dims[HDT_MAX_RANK];
} value_order;

typedef struct layout {
	const value_order *orders;
	int count;
} layout;

/* Give results of groups that other groups alone read the order that schedulers ask for, where the schedulers' own estimates say that this
 * makes the whole faster; the groups' tasks become those on tensors of that order. Values of the graph stay as they are. */
hdt_status pass_layout(hdt_context *context, partition *groups, const hdt_graph *graph, const layout_options *options,
                       layout *out);

#endif
