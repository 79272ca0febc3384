#include "fake_target.h"

#include "base/context.h"
#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

int fake_compilations;
hdt_status fake_load_status;

struct hdt_object {
	char text[256];
};

static const hdt_target_info info = {
	.size = sizeof info, .target = "fake", .device = "fake", .cache_key = "fake 1", .threads = 1};

static const hdt_target_info *get_info(const hdt_device *device)
{
	(void)device;
	return &info;
}

static hdt_status compile(hdt_context *context, hdt_device *device, const hdt_source *source, const char *path)
{
	(void)device;
	fake_compilations++;
	FILE *f = fopen(path, "w");
	if (!f)
		return hdt_fail(context, HDT_IO_ERROR, "cannot write '%s': %s", path, strerror(errno));
	for (int i = 0; i < source->unit_count; i++)
		fputs(source->units[i], f);
	return fclose(f) == 0 ? HDT_OK : hdt_fail(context, HDT_IO_ERROR, "cannot write '%s'", path);
}

static hdt_status load(hdt_context *context, hdt_device *device, const char *path, hdt_object **out)
{
	(void)device;
	*out = NULL;
	if (fake_load_status != HDT_OK)
		return hdt_fail(context, fake_load_status, "told to fail");
	FILE *f = fopen(path, "r");
	if (!f)
		return hdt_fail(context, HDT_BAD_TARGET, "cannot read '%s'", path);
	*out = calloc(1, sizeof **out);
	size_t n = fread((*out)->text, 1, sizeof(*out)->text - 1, f);
	fclose(f);
	char *end = memchr((*out)->text, 'H', n); /* sources are in small letters; the cache's trailer begins with H */
	if (end)
		*end = 0;
	return HDT_OK;
}

static void unload(hdt_device *device, hdt_object *object)
{
	(void)device;
	free(object);
}

const char *fake_object_text(const hdt_object *object)
{
	return object->text;
}

const hdt_target fake_target = {
	.size = sizeof fake_target,
	.name = "fake",
	.host_memory = true,
	.info = get_info,
	.compile = compile,
	.load = load,
	.unload = unload,
};
