/* target.c: CUDA functions run on the processor, thread by thread in step, and every access checked.
 * docs/simulator.md. */
#include "target.h"

#include "intrinsics.h"

/* The text is parsed as it is: it needs nothing before it. */
static const char *no_prelude(const hdt_device *device)
{
	(void)device;
	return "";
}

const hdt_target hdt_target_sim = {
	.size = sizeof(hdt_target),
	.name = "sim",
	.doc = "a simulator of CUDA functions that finds their faults",
	.kind = HDT_FUNCTION_CUDA,
	.language = HDT_LANGUAGE_SCRIPT,
	.intrinsics = sim_declared,
	.open = device_open,
	.close = device_close,
	.info = device_info,
	.prelude = no_prelude,
	.compile = source_compile,
	.load = object_load,
	.unload = object_unload,
	.find = object_find,
	.allocate = memory_allocate,
	.release = memory_release,
	.copy = memory_copy,
	.run = launches_run,
};
