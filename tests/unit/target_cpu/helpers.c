#include "helpers.h"

#include <criterion/criterion.h>
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

const char *const vector_levels[] = {"x86-64", "x86-64-v2", "x86-64-v3", "x86-64-v4", "x86-64-v4-bf16", NULL};

void check_level(const char *level, const char *command, text_maker *make_text, object_check *check)
{
	hdt_context *context = context_new(NULL);
	hdt_device *device;
	setenv("HIDET_CPU_ISA", level, 1);
	if (command)
		setenv("HIDET_CC", command, 1);
	hdt_target_options options = {.size = sizeof options, .threads = 1};
	cr_assert_eq(hdt_target_cpu.open(context, &options, &device), HDT_OK);
	if (strcmp(device->isa->name, level) == 0 && (!command || device->compiler.words[0])) {
		hdt_object *object = compile_text(context, device, make_text(context));
		cr_assert_not_null(object, "%s", context->message);
		check(object);
		hdt_target_cpu.unload(device, object);
	}
	hdt_target_cpu.close(device);
	context_free(context);
}

void check_levels(const char *const *levels, const char *command, text_maker *make_text, object_check *check)
{
#if defined(__x86_64__)
	for (; *levels; levels++)
		check_level(*levels, command, make_text, check);
#else
	(void)levels;
	check_level(isa_detect(false)->name, command, make_text, check);
#endif
}
