/* object.c: compiled code in the device's context, and its kernels by name. */
#include "state.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

/* Does the image have this name among those of its sections and symbols? The driver is asked for nothing else: that would be an error,
 * which tools that watch it report. */
static bool has_name(const container *code, int image, const char *name)
{
	return memmem(code->images[image], code->sizes[image], name, strlen(name) + 1);
}

static hdt_status load_modules(hdt_context *context, hdt_device *device, const container *code, hdt_object *o)
{
	char text[256];
	o->modules = calloc((size_t)code->count + 1, sizeof(CUmodule));
	if (!o->modules)
		return hdt_fail(context, HDT_OUT_OF_MEMORY, "cuda: out of memory");
	for (int i = 0; i < code->count; i++) {
		CUresult result = device->driver->module_load(&o->modules[i], code->images[i]);
		if (result == CUDA_SUCCESS) {
			o->module_count++;
			if (has_name(code, i, "hidet_faults")) /* else nothing in it can find a fault */
				result = faults_connect(device, o->modules[i]);
		}
		driver_note(device->driver, result);
		if (driver_lost())
			return hdt_fail(context, HDT_BAD_TARGET, "cuda: %s", driver_lost());
		if (result != CUDA_SUCCESS)
			return hdt_fail(context, result == CUDA_ERROR_OUT_OF_MEMORY ? HDT_OUT_OF_MEMORY : HDT_BAD_TARGET,
			                "cuda: cannot load compiled code (%s) onto %s: %s", device->architecture, device->people,
			                driver_error(device->driver, result, text, sizeof text));
	}
	return HDT_OK;
}

hdt_status object_load(hdt_context *context, hdt_device *device, const char *path, hdt_object **out)
{
	container code;
	*out = NULL;
	hdt_status status = container_read(context, path, &code);
	if (status != HDT_OK)
		return status;
	hdt_object *o = calloc(1, sizeof *o);
	if (!o) {
		container_fini(&code);
		return hdt_fail(context, HDT_OUT_OF_MEMORY, "cuda: out of memory");
	}
	o->device = device;
	o->code = code; /* kept: it tells which module has a kernel */
	if (!device->driver) {
		*out = o;
		return HDT_OK;
	}
	if (driver_lost() || !device_enter(device)) {
		status = hdt_fail(context, HDT_BAD_TARGET, "cuda: %s",
		                  driver_lost() ? driver_lost() : "the device's context cannot be entered");
	} else {
		status = load_modules(context, device, &code, o);
		device_leave(device);
	}
	if (status == HDT_OK)
		*out = o;
	else
		object_unload(device, o);
	return status;
}

void object_unload(hdt_device *device, hdt_object *object)
{
	if (!object)
		return;
	if (object->module_count && device_enter(device)) {
		recordings_clear(&device->recordings, device->driver); /* they may call its kernels */
		for (int i = 0; i < object->module_count; i++)
			(void)device->driver->module_unload(object->modules[i]);
		device_leave(device);
	}
	for (kernel *k = object->kernels, *next; k; k = next) {
		next = k->next;
		free(k->name);
		free(k);
	}
	free(object->modules);
	container_fini(&object->code);
	free(object);
}

/* ---- kernels ---- */

/* Which image has a kernel of this name: it has a section .text.NAME. -1: none. */
static int find_image(const hdt_object *o, const char *name)
{
	char section[512];
	int length = snprintf(section, sizeof section, ".text.%s", name);
	for (int i = 0; i < o->code.count && length < (int)sizeof section; i++)
		if (has_name(&o->code, i, section))
			return i;
	return -1;
}

/* The driver's function and what launches need to know of it. */
static bool find_function(const hdt_object *o, int image, kernel *k)
{
	const driver *d = o->device->driver;
	if (d->module_function(&k->function, o->modules[image], k->name) != CUDA_SUCCESS)
		return false;
	k->most_threads = (int)o->device->info.threads_per_block;
	(void)d->function_attribute(&k->static_shared, CU_FUNC_ATTRIBUTE_SHARED_SIZE_BYTES, k->function);
	(void)d->function_attribute(&k->most_threads, CU_FUNC_ATTRIBUTE_MAX_THREADS_PER_BLOCK, k->function);
	int rest = (int)o->device->info.shared_bytes_asked - k->static_shared;
	if (rest > 0) /* else a launch that asks for more is refused */
		(void)d->function_set(k->function, CU_FUNC_ATTRIBUTE_MAX_DYNAMIC_SHARED_SIZE_BYTES, rest);
	return true;
}

void *object_find(hdt_object *object, const char *function)
{
	for (kernel *k = object->kernels; k; k = k->next)
		if (strcmp(k->name, function) == 0)
			return k;
	kernel *k = calloc(1, sizeof *k);
	if (!k || !(k->name = strdup(function))) {
		free(k);
		return NULL;
	}
	int image = find_image(object, function);
	bool found = image >= 0;
	if (found && object->device->driver) {
		found = device_enter(object->device);
		if (found) {
			found = find_function(object, image, k);
			device_leave(object->device);
		}
	}
	if (!found) {
		free(k->name);
		free(k);
		return NULL;
	}
	k->next = object->kernels;
	object->kernels = k;
	return k;
}
