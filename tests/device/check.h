/* check.h: a device, the kernels of kernels.cu on it, and short words for launching them. */
#ifndef TEST_DEVICE_CHECK_H
#define TEST_DEVICE_CHECK_H

#include "base/context.h"
#include "target-cuda/cuda.h"

extern const hdt_target hdt_target_cuda;

/* An opened device with the kernels loaded. */
typedef struct gpu {
	hdt_context *context;
	hdt_device *device;
	hdt_object *object;
	hdt_fault fault; /* of the last run */
} gpu;

/* What a launch passes; what is left out is none. */
typedef struct call {
	const char *kernel;
	int64_t grid, cluster, shared;
	bool cooperative, dependent;
	void *buffers[4];
	int buffer_count;
	int64_t symbols[4];
	int symbol_count;
	int64_t scalars[4];
	int scalar_count;
	const hdt_launch_map *map;
} call;

hdt_status gpu_open(gpu *g, const char *kernels);
void gpu_close(gpu *g);
hdt_status gpu_run(gpu *g, const call *calls, int count);
/* The device's time of the calls, in microseconds. */
hdt_status gpu_time(gpu *g, const call *calls, int count, int repeats, double *microseconds);
void *gpu_new(gpu *g, size_t bytes);
/* Memory of the device with a copy of this. */
void *gpu_with(gpu *g, const void *data, size_t bytes);
void gpu_get(gpu *g, void *to, const void *from, size_t bytes);

/* Note whether it holds; the number of those that did not is the program's exit status. */
void expect(bool holds, const char *format, ...) HDT_PRINTF(2, 3);
extern int failures;

/* values.c: the prelude's functions against libm. */
void check_values(gpu *g);

/* check.c: buffers, symbols and scalars arrive. */
void check_parameters(gpu *g);

/* faults.c: the last of all checks: nothing works in this process afterwards. */
void check_faults(gpu *g, const char *kernels);
/* What it starts this program anew for: "assertion" or "again". */
void check_new_process(gpu *g, const char *kernels, const char *word);

#endif
