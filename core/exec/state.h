/* state.h: what a compiled graph is inside this folder. */
#ifndef CORE_EXEC_STATE_H
#define CORE_EXEC_STATE_H

#include "exec/compiled.h"
#include "exec/launch.h"
#include "exec/plan.h"

enum { PLAN_CACHE_SIZE = 8 };

typedef enum slot_place {
	SLOT_ARENA,   /* in the block that a plan lays out */
	SLOT_INPUT,   /* memory of the caller */
	SLOT_CONSTANT /* `memory` */
} slot_place;

/* Memory that a value of the graph and its aliases share, or a workspace. */
typedef struct slot {
	slot_place place;
	const hdt_value *value; /* for messages; NULL: workspace */
	hdt_dtype dtype;
	hdt_list shape;
	int input;       /* SLOT_INPUT, or copied from this input before the run; -1: none */
	void *memory;    /* SLOT_CONSTANT; NULL: its bytes are not known, or the setup alone needed it */
	bool unknown;    /* a constant without bytes */
	bool owned;      /* `memory` was allocated for this slot */
	bool kept;       /* a run needs it, not the setup alone */
	int setup_last;  /* SLOT_CONSTANT: the last step of the setup that needs it; -1: none */
	int first, last; /* SLOT_ARENA: steps in which it is needed; the number of steps stands for "after the run" */
} slot;

/* A step with everything that never changes looked up. */
typedef struct bound_step {
	const fusion_group *group;
	loaded_program loaded;
	const char *function;           /* emitted name; NULL: there is no object */
	const hdt_scheduler *scheduler; /* who made the program; NULL: nobody */
	const int *slots;               /* per buffer of the program; -1: none */
	int slot_count;
	int first_output; /* in `slots`: of the group's outputs */
} bound_step;

/* Layout and launches for one set of symbol values. */
typedef struct plan {
	int64_t *values;  /* of graph->symbols; NULL: unused */
	int64_t *bytes;   /* per slot */
	int64_t *offsets; /* per slot, of SLOT_ARENA */
	plan_size size;
	launch_list launches;
	uint64_t last_use;
} plan;

/* Memory of the library for one output that lies elsewhere, or one input that is not aligned. */
typedef struct owned_copy {
	void *memory;
	size_t bytes;
} owned_copy;

struct compiled_graph {
	hdt_context *context;
	hdt_graph *graph;
	const hdt_target *target;
	hdt_device *device;
	loaded *on; /* target, device and object, which other graphs may share */
	slot *slots;
	int slot_count;
	bound_step *setup; /* done once, before the first run */
	int setup_count;
	bound_step *steps; /* of each run */
	int step_count;
	const int *input_slots, *output_slots;
	plan plans[PLAN_CACHE_SIZE];
	uint64_t runs;
	void *arena;
	int64_t arena_bytes;
	owned_copy *input_copies, *output_copies;
	void **addresses; /* room for the buffers of a step */
	int64_t *values;  /* of graph->symbols in the run at hand */
	compile_report report;
};

/* Fill in slots, setup, steps and the slots of inputs and outputs. What was allocated is in the slots, also after a
 * fault. */
hdt_status compiled_bind(compiled_graph *c, const step *steps, int count);
/* Memory and bytes of what runs read, and the setup done; without an object or weights nothing (prepare.c). */
hdt_status compiled_prepare(compiled_graph *c);
/* False when the graph has constants whose bytes are not known. */
bool compiled_has_weights(const compiled_graph *c);
/* Everything of a run before its launches: the plan for these inputs (as many as the graph has), memory, the addresses of the inputs and of
 * all launches. `addresses` has room for the inputs. */
hdt_status compiled_begin_run(compiled_graph *c, hdt_context *diagnostics, const hdt_array *inputs, void **addresses,
                              const plan **out);
/* Address of a slot in the run that was begun; NULL for one without bytes. */
void *slot_address(const compiled_graph *c, const plan *p, void *const *input_addresses, int index);
/* The diagnostic for a run that stopped at a launch of one of these steps. */
hdt_status fail_launch(hdt_context *diagnostics, hdt_status status, const hdt_fault *fault, const launch_list *launches,
                       const bound_step *steps);

/* The plan for compiled->values: found or made, the least recently used one making room. */
hdt_status plan_for_values(compiled_graph *c, hdt_context *diagnostics, const plan **out);
void plan_clear(plan *p);
/* HDT_OUT_OF_MEMORY, telling what is alive where most is, when the plan's memory is beyond the limit. */
hdt_status plan_check_limit(const compiled_graph *c, hdt_context *diagnostics, const plan *p);

#endif
