/* cuda.h: what the files of this plugin share that need no header of CUDA's. */
#ifndef TARGET_CUDA_CUDA_H
#define TARGET_CUDA_CUDA_H

#include <hidet/plugin.h>

/* intrinsics/: what the machine has and C has not, ended by NULL. */
extern const hdt_intrinsic *const cuda_intrinsics[];

/* architecture.c: limits of an architecture as they are documented, for compiling without a device. `name`: "sm_80",
 * "sm_90a". False when it is not known. */
bool architecture_limits(const char *name, hdt_target_info *info);

/* container.c: the code of all units in one file. */
typedef struct container {
	unsigned char *bytes; /* the file */
	int count;
	const unsigned char **images; /* of `count` units, in `bytes` */
	size_t *sizes;
} container;
hdt_status container_write(hdt_context *context, const char *path, const container *c);
/* What does not look like such a file is refused. */
hdt_status container_read(hdt_context *context, const char *path, container *out);
void container_fini(container *c);

/* The functions of the descriptor, each documented in hidet/target.h. */
hdt_status device_open(hdt_context *context, const hdt_target_options *options, hdt_device **out);
void device_close(hdt_device *device);
const hdt_target_info *device_info(const hdt_device *device);
const char *prelude_text(const hdt_device *device);
hdt_status source_compile(hdt_context *context, hdt_device *device, const hdt_source *source, const char *path);
hdt_status object_load(hdt_context *context, hdt_device *device, const char *path, hdt_object **out);
void object_unload(hdt_device *device, hdt_object *object);
void *object_find(hdt_object *object, const char *function);
void *memory_allocate(hdt_device *device, size_t bytes);
void memory_release(hdt_device *device, void *memory);
hdt_status memory_copy(hdt_device *device, void *to, const void *from, size_t bytes);
bool memory_available(hdt_device *device, size_t *available, size_t *total);
hdt_status launches_run(hdt_device *device, const hdt_launch *launches, int count, hdt_fault *fault);
hdt_status launches_time(hdt_device *device, const hdt_launch *launches, int count, int repeats, double *microseconds,
                         hdt_fault *fault);
const char *device_lost(const hdt_device *device);

#endif
