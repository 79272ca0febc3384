/* device_fixture.h: an empty graph for the device of device_target.h, and its way into a compiled graph by programs written out as text. */
#ifndef TEST_EXEC_DEVICE_FIXTURE_H
#define TEST_EXEC_DEVICE_FIXTURE_H

#include "device_target.h"
#include "exec/compiled.h"
#include <hidet/operator.h>

extern hdt_registry *registry;
extern hdt_context *context, *diagnostics; /* of the graph, and of runs */
extern hdt_graph *graph;

/* y = x + x */
extern const hdt_operator twice;

/* With these operators (ended by NULL) and these kernels of the device. */
void fixture_begin(const hdt_operator *const *operators, const device_function *functions);
void fixture_end(void);
/* The graph on this target, with the program of this text for each of its nodes, in order; their kernels are k_a, k_b, ... */
compiled_graph *fixture_compile(const hdt_target *target, const char *const *texts);

#endif
