/* scene.c: see scene.h. */
#include "scene.h"

#include <dirent.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

void scene_open_empty(scene *s)
{
	*s = (scene){.folder = "/tmp/hidet-loader-XXXXXX"};
	cr_assert(mkdtemp(s->folder));
}

void scene_open(scene *s)
{
	scene_open_empty(s);
	scene_plugin(s, "acme.good", "subject", (manifest){0});
}

void scene_close(scene *s)
{
	loader_close(s->loader);
	registry_free(s->registry);
	DIR *d = opendir(s->folder);
	for (struct dirent *e; d && (e = readdir(d));) {
		char path[512];
		snprintf(path, sizeof path, "%s/%s", s->folder, e->d_name);
		if (strcmp(e->d_name, ".") != 0 && strcmp(e->d_name, "..") != 0)
			remove(path);
	}
	if (d)
		closedir(d);
	rmdir(s->folder);
}

void scene_write(const scene *s, const char *name, const void *bytes, size_t size)
{
	char path[512];
	snprintf(path, sizeof path, "%s/%s", s->folder, name);
	FILE *f = fopen(path, "wb");
	cr_assert(f && fwrite(bytes, 1, size, f) == size && fclose(f) == 0, "cannot write %s", path);
}

char *scene_read_subject(const char *subject, size_t *size)
{
	char path[512];
	snprintf(path, sizeof path, SUBJECTS "/%s.so", subject);
	FILE *f = fopen(path, "rb");
	cr_assert(f, "cannot open %s", path);
	fseek(f, 0, SEEK_END);
	*size = (size_t)ftell(f);
	rewind(f);
	char *bytes = malloc(*size);
	cr_assert(bytes && fread(bytes, 1, *size, f) == *size);
	fclose(f);
	return bytes;
}

void scene_manifest(const scene *s, const char *id, manifest m)
{
	char text[8192], name[160], library[160], provides[256];
	snprintf(name, sizeof name, "%s.hidet.json", id);
	snprintf(library, sizeof library, "%s.so", id);
	snprintf(provides, sizeof provides, "{\"operators\": [\"%s.op\"]}", id);
	snprintf(text, sizeof text,
	         "{\"manifest_version\": 1, \"id\": \"%s\", \"version\": \"%s\", \"library\": \"%s\","
	         "\"abi\": {\"major\": %d, \"minor_min\": 0}, \"provides\": %s%s%s}",
	         id, m.version ? m.version : "1.0", m.library ? m.library : library, HDT_ABI_MAJOR,
	         m.provides ? m.provides : provides, m.extra ? ", " : "", m.extra ? m.extra : "");
	scene_write(s, name, text, strlen(text));
}

void scene_plugin(const scene *s, const char *id, const char *subject, manifest m)
{
	char name[160];
	size_t size;
	char *bytes = scene_read_subject(subject, &size);
	snprintf(name, sizeof name, "%s.so", id);
	scene_write(s, name, bytes, size);
	free(bytes);
	scene_manifest(s, id, m);
}

void scene_load_with(scene *s, const loader_options *options)
{
	loader_close(s->loader);
	registry_free(s->registry);
	s->registry = registry_new();
	cr_assert_eq(loader_open(options, s->registry, &s->loader), HDT_OK, "%s", loader_error(s->loader));
}

void scene_load(scene *s)
{
	const char *folders[] = {s->folder, NULL};
	char good[128];
	scene_load_with(s, &(loader_options){.dirs = folders, .system_path = ""});
	snprintf(good, sizeof good, "%s/acme.good.so", s->folder);
	if (access(good, F_OK) == 0)
		scene_expect_loaded(s, "acme.good");
}

const plugin_info *scene_find(const scene *s, const char *id)
{
	for (int i = 0; i < loader_count(s->loader); i++)
		if (!strcmp(loader_at(s->loader, i)->id, id))
			return loader_at(s->loader, i);
	cr_assert_fail("the loader has no plugin %s", id);
	return NULL;
}

void scene_expect_refused(const scene *s, const char *id, plugin_code code, const char *part_of_reason)
{
	const plugin_info *p = scene_find(s, id);
	char name[160];
	cr_assert_eq(p->status, PLUGIN_REFUSED, "%s is %s", id, plugin_status_text(p->status));
	cr_assert_eq(p->code, code, "%s: %s, expected %s: %s", id, plugin_code_text(p->code), plugin_code_text(code),
	             p->reason);
	cr_assert(strstr(p->reason, part_of_reason), "'%s' does not say '%s'", p->reason, part_of_reason);
	snprintf(name, sizeof name, "%s.op", id);
	cr_assert_null(registry_operator(s->registry, name), "what a refused plugin provides must not be reachable");
}

void scene_expect_loaded(const scene *s, const char *id)
{
	const plugin_info *p = scene_find(s, id);
	char name[160];
	cr_assert_eq(p->status, PLUGIN_LOADED, "%s: %s %s: %s", id, plugin_status_text(p->status),
	             plugin_code_text(p->code), p->reason);
	snprintf(name, sizeof name, "%s.op", id);
	cr_assert_not_null(registry_operator(s->registry, name));
}

void check_refused(const char *behaviour, plugin_code code, const char *part_of_reason)
{
	scene s;
	setenv("SUBJECT", behaviour, 1);
	scene_open(&s);
	scene_plugin(&s, "bad.one", "subject", (manifest){0});
	scene_load(&s);
	scene_expect_refused(&s, "bad.one", code, part_of_reason);
	cr_assert_eq(loader_refused_count(s.loader), 1);
	cr_assert_eq(registry_count(s.registry, REGISTRY_OPERATOR), 1, "nothing of a refused plugin may stay");
	scene_close(&s);
}
