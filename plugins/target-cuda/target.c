/* target.c: GPUs through CUDA's driver and its run-time compiler, both looked for when a device is opened. */
#include "cuda.h"

const hdt_target hdt_target_cuda = {
	.size = sizeof(hdt_target),
	.name = "cuda",
	.doc = "NVIDIA GPUs, through NVRTC and the CUDA driver",
	.kind = HDT_FUNCTION_CUDA,
	.language = HDT_LANGUAGE_C,
	.intrinsics = cuda_intrinsics,
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
	.memory = memory_available,
	.time = launches_time,
	.lost = device_lost,
};
