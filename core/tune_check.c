/* tune_check.c: runs the comparison in a forked child, which leaves its findings in shared memory. A target with memory of its own is asked in this
 * process: its faults are no crashes of the host. */
#include "core/tune_check.h"

#include "base/child.h"
#include <errno.h>
#include <string.h>
#include <sys/mman.h>
#include <unistd.h>

/* Differences up to so many times the dtype's tolerance come of another order of additions. */
static const double TOLERANCE_SCALE = 4;

/* In the child: the worst that happens here is its end. */
static void ask(compiled_graph *c, compiled_graph *reference, hdt_context *diagnostics, const hdt_array *inputs,
                volatile int *states)
{
	child_dies_plainly();
	hdt_status status = compiled_lockstep(c, reference, diagnostics, inputs, TOLERANCE_SCALE, states);
	_exit(status == HDT_OK ? 0 : 1);
}

static int running_step(const volatile int *states, int count)
{
	for (int i = 0; i < count; i++)
		if (states[i] == STEP_RUNS)
			return i;
	return -1;
}

static check_result ask_child(compiled_graph *c, compiled_graph *reference, hdt_context *diagnostics,
                              const hdt_array *inputs, int count, double seconds, volatile int *shared, int *at)
{
	pid_t child = fork();
	if (child == 0)
		ask(c, reference, diagnostics, inputs, shared);
	if (child < 0) {
		hdt_fail(diagnostics, HDT_INTERNAL, "no process for checking kernels: %s", strerror(errno));
		return CHECK_FAILED;
	}
	int status = child_wait(child, seconds, NULL, NULL);
	*at = running_step(shared, count);
	if (status == 0)
		return CHECK_DONE;
	if (*at >= 0)
		return status < 0 ? CHECK_HUNG : CHECK_CRASHED;
	hdt_fail(diagnostics, HDT_INTERNAL, "the check of kernels ended before it ran any");
	return CHECK_FAILED;
}

check_result check_steps(compiled_graph *c, compiled_graph *reference, hdt_context *diagnostics,
                         const hdt_array *inputs, int step_count, double seconds, int *states, int *at)
{
	size_t bytes = sizeof *states * (size_t)(step_count + 1);
	*at = -1;
	if (!compiled_loaded(c)->target->host_memory)
		return compiled_lockstep(c, reference, diagnostics, inputs, TOLERANCE_SCALE, states) == HDT_OK ? CHECK_DONE
		                                                                                               : CHECK_FAILED;
	int *shared = mmap(NULL, bytes, PROT_READ | PROT_WRITE, MAP_SHARED | MAP_ANONYMOUS, -1, 0);
	if (shared == MAP_FAILED) {
		hdt_fail(diagnostics, HDT_OUT_OF_MEMORY, "out of memory checking kernels");
		return CHECK_FAILED;
	}
	memcpy(shared, states, sizeof *states * (size_t)step_count);
	check_result result = ask_child(c, reference, diagnostics, inputs, step_count, seconds, shared, at);
	memcpy(states, shared, sizeof *states * (size_t)step_count);
	munmap(shared, bytes);
	return result;
}
