/* loaded.h: an opened device with an object of kernels in it, shared by the compiled graphs that run there. */
#ifndef CORE_EXEC_LOADED_H
#define CORE_EXEC_LOADED_H

#include <hidet/target.h>

typedef struct loaded {
	const hdt_target *target;
	hdt_device *device;
	hdt_object *object; /* NULL until it is made */
	int references;
} loaded;

/* Takes over the device, which is closed when memory is out; then NULL. The caller holds the first reference. */
loaded *loaded_new(const hdt_target *target, hdt_device *device);
loaded *loaded_retain(loaded *l);
/* HDT_BAD_TARGET and the reason, when nothing works on the device any more. */
hdt_status loaded_check(const loaded *l, hdt_context *diagnostics);
/* For messages of memory running out: "; of the device's N bytes M are free", or "" where the target does not tell. */
const char *loaded_free_memory(const loaded *l, hdt_context *diagnostics);
/* The last release unloads the object and closes the device. `l` may be NULL. */
void loaded_release(loaded *l);

#endif
