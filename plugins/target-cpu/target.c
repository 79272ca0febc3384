/* target.c: the processor as a target: emitted C, compiled by the system's C compiler, run on a pool of threads. */
#include "cpu.h"

const hdt_target hdt_target_cpu = {
	.size = sizeof(hdt_target),
	.name = "cpu",
	.doc = "the processor, through the system's C compiler",
	.host_memory = true,
	.intrinsics = cpu_intrinsics,
	.open = device_open,
	.close = device_close,
	.info = device_info,
	.prelude = prelude_text,
	.compile = source_compile,
	.load = object_load,
	.unload = object_unload,
	.find = object_find,
	.allocate = memory_allocate,
	.release = memory_release,
	.copy = memory_copy,
	.run = launches_run,
	.time = launches_time,
};
