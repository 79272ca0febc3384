/* fuzz_cache.c: whatever bytes lie where a compiled object is looked for, it is made anew: only what was stored is ever loaded. */
#include "exec/cache.h"
#include "tests/paper_target.h"
#include <dirent.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

static const char object[] = "an object";

static hdt_status compile_object(hdt_context *context, hdt_device *device, const hdt_source *source, const char *path)
{
	(void)context, (void)device, (void)source;
	FILE *f = fopen(path, "w");
	if (!f || fputs(object, f) < 0 || fclose(f) != 0)
		abort();
	return HDT_OK;
}

/* It must begin as it was compiled. */
static hdt_status load_object(hdt_context *context, hdt_device *device, const char *path, hdt_object **out)
{
	char begin[sizeof object] = "";
	(void)context, (void)device;
	FILE *f = fopen(path, "r");
	if (!f || fread(begin, 1, sizeof begin - 1, f) != sizeof begin - 1 || strcmp(begin, object) != 0)
		abort();
	fclose(f);
	*out = (hdt_object *)(uintptr_t)object;
	return HDT_OK;
}

static const hdt_target target = {.size = sizeof target,
                                  .name = "paper",
                                  .host_memory = true,
                                  .info = paper_info,
                                  .compile = compile_object,
                                  .load = load_object,
                                  .unload = paper_unload};

/* The path of the one entry in the folder. */
static void find_entry(const char *folder, char path[256])
{
	DIR *d = opendir(folder);
	path[0] = 0;
	for (struct dirent *e; d && (e = readdir(d));)
		if (e->d_name[0] != '.')
			snprintf(path, 256, "%s/%.150s", folder, e->d_name);
	if (!d || !path[0])
		abort();
	closedir(d);
}

static void get(const char *folder)
{
	const char *const units[] = {"a kernel"};
	const hdt_source source = {(const char **)(uintptr_t)units, 1, 1};
	hdt_object *found;
	hdt_context *context = context_new(NULL);
	cache *c = cache_open(context, folder);
	if (!c || cache_get(c, context, &target, NULL, &source, &found, NULL) != HDT_OK)
		abort();
	cache_close(c);
	context_free(context);
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t bytes);
int LLVMFuzzerTestOneInput(const uint8_t *data, size_t bytes)
{
	static char folder[] = "/tmp/hidet-fuzz-cache-XXXXXX", path[256];
	if (!path[0]) {
		if (!mkdtemp(folder))
			abort();
		get(folder);
		find_entry(folder, path);
	}
	FILE *f = fopen(path, "w");
	if (!f || fwrite(data, 1, bytes, f) != bytes || fclose(f) != 0)
		abort();
	get(folder);
	return 0;
}
