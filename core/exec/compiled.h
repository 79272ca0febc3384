/* compiled.h: a compiled graph: kernels, weights, and a plan of buffers; what `run` needs and nothing else. */
#ifndef CORE_EXEC_COMPILED_H
#define CORE_EXEC_COMPILED_H

#include "exec/cache.h"
#include "exec/loaded.h"
#include "pass/partition.h"
#include "script/script.h"
#include <hidet/hidet.h>

/* A group of nodes and the program that computes it. */
typedef struct step {
	const fusion_group *group; /* NULL: a program alone */
	const hdt_program *program;
	const hdt_scheduler *scheduler; /* who made it */
	const char *function;           /* emitted name; steps of equal text share it */
	hdt_value *const *constants;    /* what the program's constants are: computed by steps before */
} step;

typedef struct compiled_graph compiled_graph;

typedef struct compile_report {
	double graph_ms, schedule_ms, lower_ms, emit_ms, object_ms, load_ms;
	bool cache_hit;
	int steps, distinct_kernels;
	int launches;              /* of the plan made last */
	int64_t planned_bytes;     /* arena for the largest symbol values tried last, static graphs: the arena */
	int64_t lower_bound_bytes; /* largest set of live intermediate bytes */
	int64_t weight_bytes;
	int64_t memory_limit; /* that planned_bytes must keep; 0: none */
} compile_report;

/* The graph must outlive the result, which is one more user of `on`; without an object in it the result can be planned, not run. `report` holds the times so far, and the limit. */
hdt_status compiled_new(hdt_graph *graph, loaded *on, const step *steps, int count, const compile_report *report,
                        compiled_graph **out);
void compiled_free(compiled_graph *c);
/* Inputs in signature order, host memory. Outputs' data is owned by the compiled graph until the next run. Faults go to
 * `diagnostics`. */
hdt_status compiled_run(compiled_graph *c, hdt_context *diagnostics, const hdt_array *inputs, int input_count,
                        hdt_array *outputs, int output_count);
/* Plan for these sizes (values of graph->symbols) without running; the report then tells of this plan. */
hdt_status compiled_plan(compiled_graph *c, hdt_context *diagnostics, const int64_t *values);
const compile_report *compiled_report(const compiled_graph *c);
const loaded *compiled_loaded(const compiled_graph *c);

#endif
