/* helpers.h: a device of the driver that only pretends, objects of kernels that it knows, and launches of them. */
#ifndef TEST_CUDA_HELPERS_H
#define TEST_CUDA_HELPERS_H

#include "base/context.h"
#include "fake/driver.h"
#include "target-cuda/cuda.h"

extern const hdt_target hdt_target_cuda;

extern hdt_context *context;
extern hdt_device *device;
extern fake_state *fake;

/* Suite set-up: the driver that only pretends is loaded and a device opened; and it is closed. */
void open_fake(void);
void close_fake(void);

/* An object of these kernels: lines "NAME PARAMETERS". */
hdt_object *load_kernels(const char *lines);

/* A launch of one block of 128 threads of a kernel with `buffer_count` buffers and nothing else. */
hdt_launch launch_of(hdt_object *object, const char *name, void *const *buffers, int buffer_count,
                     const hdt_launch_grid *grid);
extern const hdt_launch_grid one_block;

/* How often does the text stand in the driver's log? */
int logged(const char *text);

#endif
