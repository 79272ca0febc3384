/* object.c: compiled objects in this process. */
#include "cpu.h"

#include <dlfcn.h>

hdt_status object_load(hdt_context *context, hdt_device *device, const char *path, hdt_object **out)
{
	(void)device;
	void *handle = dlopen(path, RTLD_NOW | RTLD_LOCAL);
	*out = handle;
	if (handle)
		return HDT_OK;
	const char *reason = dlerror();
	return hdt_fail(context, HDT_BAD_TARGET, "cpu: cannot load the compiled object '%s': %s", path,
	                reason ? reason : "unknown reason");
}

void object_unload(hdt_device *device, hdt_object *object)
{
	(void)device;
	if (object)
		dlclose(object);
}

void *object_find(hdt_object *object, const char *function)
{
	return dlsym(object, function);
}
