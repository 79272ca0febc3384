/* target.h: the functions that make up the target, each documented in hidet/target.h. */
#ifndef TARGET_SIM_TARGET_H
#define TARGET_SIM_TARGET_H

#include "machine.h"

hdt_status device_open(hdt_context *context, const hdt_target_options *options, hdt_device **out);
void device_close(hdt_device *device);
const hdt_target_info *device_info(const hdt_device *device);
hdt_status source_compile(hdt_context *context, hdt_device *device, const hdt_source *source, const char *path);
hdt_status object_load(hdt_context *context, hdt_device *device, const char *path, hdt_object **out);
void object_unload(hdt_device *device, hdt_object *object);
void *object_find(hdt_object *object, const char *function);
void *memory_allocate(hdt_device *device, size_t bytes);
void memory_release(hdt_device *device, void *address);
hdt_status memory_copy(hdt_device *device, void *to, const void *from, size_t bytes);
void memory_fini(hdt_device *device);

#endif
