#include "helpers.h"

#include <dirent.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

const char *folder_new(hdt_context *context)
{
	char pattern[] = "/tmp/hidet-test-XXXXXX";
	return hdt_intern(context, mkdtemp(pattern));
}

int folder_count(const char *folder)
{
	int count = 0;
	DIR *d = opendir(folder);
	for (struct dirent *e; d && (e = readdir(d));)
		count += strcmp(e->d_name, ".") != 0 && strcmp(e->d_name, "..") != 0;
	if (d)
		closedir(d);
	return count;
}

void folder_remove(const char *folder)
{
	DIR *d = opendir(folder);
	for (struct dirent *e; d && (e = readdir(d));)
		unlinkat(dirfd(d), e->d_name, 0);
	if (d)
		closedir(d);
	rmdir(folder);
}

hdt_object *compile_text(hdt_context *context, hdt_device *device, const char *text)
{
	const char *folder = folder_new(context), *path = hdt_format(context, "%s/unit.so", folder);
	const char *unit = hdt_format(context, "%s%s", hdt_target_cpu.prelude(device), text);
	hdt_source source = {&unit, 1, 1};
	hdt_object *object = NULL;
	if (hdt_target_cpu.compile(context, device, &source, path) == HDT_OK)
		(void)hdt_target_cpu.load(context, device, path, &object);
	folder_remove(folder);
	return object;
}
