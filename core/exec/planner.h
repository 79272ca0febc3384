/* planner.h: what the files that plan launches share: the program at hand, the names in scope, and the list being made. */
#ifndef CORE_EXEC_PLANNER_H
#define CORE_EXEC_PLANNER_H

#include "exec/launch.h"

typedef struct planner {
	launch_list *list;
	hdt_context *diagnostics;
	const loaded_program *loaded;
	const hdt_program *program;
	const hdt_target_info *info;
	int owner;                   /* of the launches */
	const int64_t *bytes;        /* of the program's buffers */
	VEC(const hdt_expr *) names; /* in scope: symbols, scalars of the program, then lets and loop variables */
	VEC(int64_t) values;
	int statements; /* executed by the host function */
} planner;

/* A fault at a place of the program. */
hdt_status planner_fault(const planner *p, const hdt_function *f, int line, hdt_status status, const char *format, ...)
	HDT_PRINTF(5, 6);
hdt_status planner_fail_memory(const planner *p);

/* Zeroed memory that lives as long as the list; NULL when memory is out. */
void *planner_take(planner *p, size_t count, size_t bytes);

/* Names with values: those bound after `count` others go again. False when memory is out. */
bool planner_bind(planner *p, const hdt_expr *name, int64_t bits);
void planner_unbind(planner *p, int count);
static inline bindings planner_scope(const planner *p)
{
	return (bindings){p->names.items, p->values.items, p->names.count};
}
/* The value of an expression; `what` says in a fault what could not be computed. */
hdt_status planner_evaluate(planner *p, const hdt_function *f, int line, const hdt_expr *e, const char *what,
                            scalar *out);

/* Index in the program's buffers; -1: none of them. */
int planner_buffer(const planner *p, const hdt_tensor *t);

/* Parts of a launch. Buffers: `at` tells which of the program's each is; one that tells its shape must have room for it. Scalars: values that are
 * bound, as a kernel takes them; the last ones are made here when they are derived from those before. */
hdt_status planner_buffers(planner *p, const char *name, const hdt_tensor *const *tensors, int count, const int *at,
                           hdt_launch *l);
hdt_status planner_symbols(planner *p, hdt_launch *l);
hdt_status planner_scalars(planner *p, const hdt_expr *const *names, int count, const hdt_expr *const *derived,
                           int derived_count, hdt_launch *l);
hdt_status planner_keep(planner *p, planned_launch planned, hdt_launch l);

/* A launch of a kernel whose scalars are bound; its buffers are the program's at `buffers` (launch_kernel.c). */
hdt_status planner_launch(planner *p, const hdt_function *f, const int *buffers);
/* The launches of a host function (launch_host.c). */
hdt_status planner_run(planner *p, const hdt_function *host);

#endif
