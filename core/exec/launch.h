/* launch.h: what a program launches for one set of sizes: kernel calls with every number in them, so that targets evaluate nothing.
 *
 * A host function is run here; without one, the kernels of the program are launched in their order. A program of functions that run as a
 * whole is one launch of all of them. Only addresses are left open: memory differs from run to run, sizes seldom do. */
#ifndef CORE_EXEC_LAUNCH_H
#define CORE_EXEC_LAUNCH_H

#include "base/vec.h"
#include "exec/loaded.h"
#include "script/script.h"

/* A lowered program with its functions found in an object. */
typedef struct loaded_program {
	const hdt_program *program;
	const hdt_target_info *info;
	bool whole;             /* see program_runs_whole */
	void *const *functions; /* of the object, for each function of the program that is launched; as a whole: [0] */
} loaded_program;

/* Look the functions up by the emitted name of the program. Without an object there are none: it can be planned, not run. */
hdt_status loaded_program_find(hdt_context *context, const loaded *on, const hdt_program *program, const char *name,
                               loaded_program *out);

/* Do the functions of this program run as a whole on a target for functions of this kind? Else they are launched one by one; a program
 * without functions, for results without elements, then launches nothing. */
bool program_runs_whole(const hdt_program *program, hdt_function_kind kind);

/* What belongs to a launch beside what the target is told. */
typedef struct planned_launch {
	int owner;                    /* told by the caller: the step whose launch it is */
	const hdt_function *function; /* NULL: the program as a whole */
	const int *buffers;           /* of the launch's buffers: index in hdt_program.buffers */
	const int *map_buffers;       /* of the launch's maps: index among its buffers */
} planned_launch;

typedef struct launch_list {
	arena memory;                /* of what the launches point to */
	VEC(hdt_launch) launches;    /* in order; their addresses are open until launch_address */
	VEC(planned_launch) planned; /* one for each */
} launch_list;

/* Bytes of a shape under these values; -1 when it is negative, cannot be computed, or is too large. `dims` may be NULL. */
int64_t shape_bytes(hdt_dtype dtype, hdt_list shape, const bindings *b, int64_t *dims);

void launch_list_init(launch_list *list);
void launch_list_fini(launch_list *list);

/* Append the launches of a program for these sizes, which bind its symbols and scalars. `bytes` are the sizes of its buffers. A grid of no
 * blocks launches nothing. A fault (BAD_INPUT or BAD_TARGET) goes to `diagnostics`; what was appended before it stays. */
hdt_status launch_program(launch_list *list, hdt_context *diagnostics, const loaded_program *p, int owner,
                          const bindings *sizes, const int64_t *bytes);

/* Fill in the addresses of one launch; `buffers` are those of its program. */
void launch_address(launch_list *list, int index, void *const *buffers);

#endif
