/* Manifests that are broken, hostile or simply wrong. */
#include "scene.h"
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

static void check_text(const char *text, size_t size, plugin_code code, const char *reason)
{
	scene s;
	scene_open(&s);
	scene_write(&s, "bad.text.hidet.json", text, size);
	scene_load(&s);
	const plugin_info *p = NULL;
	for (int i = 0; i < loader_count(s.loader); i++)
		if (strcmp(loader_at(s.loader, i)->id, "acme.good") != 0)
			p = loader_at(s.loader, i);
	cr_assert(p && p->status == PLUGIN_REFUSED);
	cr_assert_eq(p->code, code, "%.80s: %s %s", text, plugin_code_text(p->code), p->reason);
	cr_assert(strstr(p->reason, reason), "'%s' does not say '%s'", p->reason, reason);
	for (const char *c = p->reason; *c; c++)
		cr_assert((unsigned char)*c >= ' ', "a message may not control the terminal");
	scene_close(&s);
}

#define HEAD "{\"manifest_version\": 1, \"id\": \"bad.text\", \"version\": \"1.0\", "
#define ABI "\"abi\": {\"major\": 1, \"minor_min\": 0}, "
#define REST "\"library\": \"bad.text.so\", " ABI "\"provides\": {}"
#define CHECK(text, code, reason) check_text(text, sizeof(text) - 1, PLUGIN_CODE_##code, reason)

Test(manifest, text_that_is_no_json_is_refused)
{
	CHECK("", MANIFEST, "");
	CHECK("{", MANIFEST, "");
	CHECK("[]", MANIFEST, "must be an object");
	CHECK("\xef\xbb\xbf{}", MANIFEST, "");
	CHECK("{\"id\": \"a\0b\"}", MANIFEST, "");
	CHECK("{\"id\": \"a\\u0000b\"}", MANIFEST, "");
	CHECK("{\"id\": \"\xff\xfe\"}", MANIFEST, "");
	CHECK("{\"manifest_version\": 99999999999999999999999999}", MANIFEST, "");
	CHECK(HEAD REST "} trailing", MANIFEST, "");
	CHECK("{\"id\": \"\x1b[31m\"}", MANIFEST, "");
}

Test(manifest, a_key_given_twice_is_refused)
{
	CHECK(HEAD "\"id\": \"bad.other\", " REST "}", MANIFEST, "duplicate");
}

Test(manifest, deep_nesting_is_refused_without_recursion)
{
	enum { DEPTH = 60000 };
	char *text = malloc(DEPTH);
	memset(text, '[', DEPTH);
	check_text(text, DEPTH, PLUGIN_CODE_MANIFEST, "deeper than");
	free(text);
}

Test(manifest, more_than_64_KiB_are_refused)
{
	enum { SIZE = 64 * 1024 + 1 };
	char *text = malloc(SIZE);
	memset(text, ' ', SIZE);
	check_text(text, SIZE, PLUGIN_CODE_MANIFEST, "at most 65536");
	free(text);
}

Test(manifest, wrong_values_are_named)
{
	CHECK("{\"manifest_version\": 2, \"id\": \"bad.text\", \"version\": \"1.0\", " REST "}", MANIFEST_VERSION,
	      "reads up to 1");
	CHECK("{\"manifest_version\": \"1\", \"id\": \"bad.text\", \"version\": \"1.0\", " REST "}", MANIFEST,
	      "manifest_version");
	CHECK("{\"manifest_version\": 1, \"version\": \"1.0\", " REST "}", MANIFEST, "'id'");
	CHECK("{\"manifest_version\": 1, \"id\": \"Bad Name\", \"version\": \"1.0\", " REST "}", MANIFEST, "no plugin id");
	CHECK("{\"manifest_version\": 1, \"id\": \"../up\", \"version\": \"1.0\", " REST "}", MANIFEST, "no plugin id");
	CHECK("{\"manifest_version\": 1, \"id\": \"nodot\", \"version\": \"1.0\", " REST "}", MANIFEST, "no plugin id");
	CHECK("{\"manifest_version\": 1, \"id\": \"bad.text\", \"version\": \"one\", " REST "}", MANIFEST, "no version");
	CHECK(HEAD "\"library\": \"x.so\", \"provides\": {}}", MANIFEST, "'abi'");
	CHECK(HEAD "\"library\": \"x.so\", \"abi\": {\"major\": 2, \"minor_min\": 0}, \"provides\": {}}", ABI, "2.0");
	CHECK(HEAD "\"library\": \"x.so\", \"abi\": {\"major\": 1, \"minor_min\": 1}, \"provides\": {}}", ABI, "1.1");
	CHECK(HEAD "\"library\": \"x.so\", " ABI "\"provides\": []}", MANIFEST, "'provides'");
	CHECK(HEAD "\"library\": \"x.so\", " ABI "\"provides\": {\"spells\": []}}", MANIFEST, "no such kind");
	CHECK(HEAD "\"library\": \"x.so\", " ABI "\"provides\": {\"operators\": [1]}}", MANIFEST, "list of names");
	CHECK(HEAD "\"library\": \"x.so\", " ABI "\"provides\": {\"operators\": [\"a\", \"a\"]}}", MANIFEST, "twice");
	CHECK(HEAD REST ", \"requires\": {}}", MANIFEST, "'requires'");
	CHECK(HEAD REST ", \"requires\": [{\"id\": \"a.b\", \"version\": \"=>1\"}]}", MANIFEST, "no range");
	CHECK(HEAD REST ", \"conflicts\": [\"a.b\"]}", MANIFEST, "conflicts");
	CHECK(HEAD REST ", \"overrides\": \"all\"}", MANIFEST, "'overrides'");
	CHECK(HEAD REST ", \"sha256\": \"12\"}", MANIFEST, "sha256");
	CHECK(HEAD REST ", \"default\": \"sometimes\"}", MANIFEST, "'default'");
}

Test(manifest, a_library_path_that_leads_elsewhere_is_refused)
{
	static const char *const paths[] = {
		"../x.so", "/tmp/x.so", "a/../../x.so", "sub/x.so",       "/proc/self/exe", "..",
		".",       "",          "a\\nb.so",     "a\\u001b[2Jb.so"};
	for (size_t i = 0; i < sizeof paths / sizeof *paths; i++) {
		char text[512];
		snprintf(text, sizeof text, HEAD "\"library\": \"%s\", " ABI "\"provides\": {}}", paths[i]);
		check_text(text, strlen(text), PLUGIN_CODE_PATH, "beside the manifest");
	}
}

Test(manifest, an_unknown_key_is_a_warning_and_x_is_free)
{
	scene s;
	scene_open(&s);
	scene_plugin(&s, "acme.extra", "subject", (manifest){.extra = "\"x-note\": 1, \"colour\": \"red\""});
	scene_load(&s);
	scene_expect_loaded(&s, "acme.extra");
	cr_assert(strstr(scene_find(&s, "acme.extra")->warnings, "colour"));
	cr_assert_not(strstr(scene_find(&s, "acme.extra")->warnings, "x-note"));
	scene_close(&s);
}

Test(manifest, what_is_no_regular_file_is_refused_at_once, .timeout = 10)
{
	scene s;
	char path[128];
	scene_open(&s);
	snprintf(path, sizeof path, "%s/bad.fifo.hidet.json", s.folder);
	cr_assert_eq(mkfifo(path, 0600), 0);
	snprintf(path, sizeof path, "%s/bad.loop.hidet.json", s.folder);
	cr_assert_eq(symlink("bad.loop.hidet.json", path), 0);
	snprintf(path, sizeof path, "%s/bad.folder.hidet.json", s.folder);
	cr_assert_eq(mkdir(path, 0700), 0);
	scene_load(&s);
	scene_expect_refused(&s, "bad.fifo", PLUGIN_CODE_MANIFEST, "regular file");
	scene_expect_refused(&s, "bad.loop", PLUGIN_CODE_FILE, "");
	scene_expect_refused(&s, "bad.folder", PLUGIN_CODE_MANIFEST, "regular file");
	scene_close(&s);
}
