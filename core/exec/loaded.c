/* loaded.c: counts the users of a device and its object. */
#include "exec/loaded.h"

#include <stddef.h>
#include <stdlib.h>

loaded *loaded_new(const hdt_target *target, hdt_device *device)
{
	loaded *l = malloc(sizeof *l);
	if (!l) {
		target->close(device);
		return NULL;
	}
	*l = (loaded){target, device, NULL, 1};
	return l;
}

loaded *loaded_retain(loaded *l)
{
	__atomic_add_fetch(&l->references, 1, __ATOMIC_RELAXED);
	return l;
}

hdt_status loaded_check(const loaded *l, hdt_context *diagnostics)
{
	bool tells = l->target->size > offsetof(hdt_target, lost) && l->target->lost;
	const char *reason = tells ? l->target->lost(l->device) : NULL;
	return reason ? hdt_fail(diagnostics, HDT_BAD_TARGET, "%s: %s", l->target->name, reason) : HDT_OK;
}

void loaded_release(loaded *l)
{
	if (!l || __atomic_sub_fetch(&l->references, 1, __ATOMIC_ACQ_REL) > 0)
		return;
	if (l->object)
		l->target->unload(l->device, l->object);
	l->target->close(l->device);
	free(l);
}

const char *loaded_free_memory(const loaded *l, hdt_context *diagnostics)
{
	size_t available, total;
	if (!l->target->memory || !l->target->memory(l->device, &available, &total))
		return "";
	const char *told = hdt_format(diagnostics, "; of the device's %zu bytes %zu are free", total, available);
	return told ? told : "";
}
