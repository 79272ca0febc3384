/* Which of several plugins counts, what they need of each other, and that the order of files changes nothing. */
#include "scene.h"
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#define NEEDS(id) "\"requires\": [{\"id\": \"" id "\"}]"

Test(order, a_chain_with_a_missing_root_falls_with_the_reason_passed_on)
{
	enum { LENGTH = 30 };
	scene s;
	scene_open(&s);
	for (int i = 0; i < LENGTH; i++) {
		char id[32], extra[64];
		snprintf(id, sizeof id, "chain.p%02d", i);
		snprintf(extra, sizeof extra, "\"requires\": [{\"id\": \"chain.p%02d\"}]", i + 1);
		scene_plugin(&s, id, "subject", (manifest){.extra = extra});
	}
	scene_load(&s);
	cr_assert_eq(loader_refused_count(s.loader), LENGTH);
	scene_expect_refused(&s, "chain.p00", PLUGIN_CODE_REQUIRES, "'chain.p30', which is not installed");
	scene_expect_refused(&s, "chain.p29", PLUGIN_CODE_REQUIRES, "not installed");
	scene_close(&s);
}

Test(order, a_cycle_falls_as_a_whole_and_others_stay)
{
	scene s;
	scene_open(&s);
	scene_plugin(&s, "two.a", "subject", (manifest){.extra = NEEDS("two.b")});
	scene_plugin(&s, "two.b", "subject", (manifest){.extra = NEEDS("two.a")});
	scene_plugin(&s, "three.a", "subject", (manifest){.extra = NEEDS("three.b")});
	scene_plugin(&s, "three.b", "subject", (manifest){.extra = NEEDS("three.c")});
	scene_plugin(&s, "three.c", "subject", (manifest){.extra = NEEDS("three.a")});
	scene_plugin(&s, "self.a", "subject", (manifest){.extra = NEEDS("self.a")});
	scene_plugin(&s, "above.a", "subject", (manifest){.extra = NEEDS("three.c")});
	scene_load(&s);
	scene_expect_refused(&s, "two.a", PLUGIN_CODE_CYCLE, "two.a -> two.b -> two.a");
	scene_expect_refused(&s, "two.b", PLUGIN_CODE_CYCLE, "two.");
	scene_expect_refused(&s, "three.a", PLUGIN_CODE_CYCLE, "three.c");
	scene_expect_refused(&s, "three.b", PLUGIN_CODE_CYCLE, "three.");
	scene_expect_refused(&s, "three.c", PLUGIN_CODE_CYCLE, "three.");
	scene_expect_refused(&s, "self.a", PLUGIN_CODE_CYCLE, "self.a -> self.a");
	scene_expect_refused(&s, "above.a", PLUGIN_CODE_REQUIRES, "three.c");
	scene_close(&s);
}

Test(order, versions_of_requirements_count)
{
	scene s;
	scene_open(&s);
	scene_plugin(&s, "acme.fits", "subject",
	             (manifest){.extra = "\"requires\": [{\"id\": \"acme.good\", \"version\": \">=1 <2\"}]"});
	scene_plugin(&s, "acme.newer", "subject",
	             (manifest){.extra = "\"requires\": [{\"id\": \"acme.good\", \"version\": \">=1.0.1\"}]"});
	scene_plugin(&s, "acme.wish", "subject", (manifest){.extra = "\"optional\": [{\"id\": \"acme.absent\"}]"});
	scene_load(&s);
	scene_expect_loaded(&s, "acme.fits");
	scene_expect_loaded(&s, "acme.wish");
	scene_expect_refused(&s, "acme.newer", PLUGIN_CODE_REQUIRES, "version 1.0 is there");
	scene_close(&s);
}

Test(order, what_needs_a_plugin_whose_library_fails_is_refused_too)
{
	scene s;
	scene_open(&s);
	scene_plugin(&s, "bad.root", "stack", (manifest){0});
	scene_plugin(&s, "acme.above", "subject", (manifest){.extra = NEEDS("bad.root")});
	scene_load(&s);
	scene_expect_refused(&s, "bad.root", PLUGIN_CODE_ELF_STACK, "");
	scene_expect_refused(&s, "acme.above", PLUGIN_CODE_REQUIRES, "executable stack");
	scene_close(&s);
}

Test(order, of_equals_in_conflict_both_fall_and_of_unequals_the_preferred_stays)
{
	scene low, high;
	scene_open_empty(&low);
	scene_open_empty(&high);
	scene_plugin(&low, "one.a", "subject", (manifest){.extra = "\"conflicts\": [{\"id\": \"one.b\"}]"});
	scene_plugin(&low, "one.b", "subject", (manifest){0});
	scene_load(&low);
	scene_expect_refused(&low, "one.a", PLUGIN_CODE_CONFLICT, "one.b");
	scene_expect_refused(&low, "one.b", PLUGIN_CODE_CONFLICT, "one.a");
	scene_plugin(&high, "two.a", "subject",
	             (manifest){.extra = "\"conflicts\": [{\"id\": \"two.b\", \"version\": \"<2\"}]"});
	scene_plugin(&low, "two.b", "subject", (manifest){0});
	const char *folders[] = {high.folder, low.folder, NULL};
	scene_load_with(&low, &(loader_options){.dirs = folders, .system_path = ""});
	scene_expect_loaded(&low, "two.a");
	scene_expect_refused(&low, "two.b", PLUGIN_CODE_CONFLICT, "two.a");
	scene_close(&low);
	scene_close(&high);
}

Test(order, the_preferred_place_shadows_and_a_tie_refuses_both)
{
	scene low, high;
	scene_open_empty(&low);
	scene_open_empty(&high);
	scene_plugin(&high, "acme.same", "subject", (manifest){0});
	scene_plugin(&low, "acme.same", "subject", (manifest){0});
	const char *folders[] = {high.folder, low.folder, NULL};
	scene_load_with(&low, &(loader_options){.dirs = folders, .system_path = ""});
	cr_assert_eq(loader_count(low.loader), 2);
	cr_assert_eq(loader_at(low.loader, 0)->status, PLUGIN_LOADED);
	cr_assert(strstr(loader_at(low.loader, 0)->path, high.folder));
	cr_assert_eq(loader_at(low.loader, 1)->status, PLUGIN_SHADOWED);
	/* Two manifests of one folder tell the same id and version. */
	char text[512];
	for (int i = 0; i < 2; i++) {
		char name[64];
		snprintf(name, sizeof name, "tie%d.hidet.json", i);
		snprintf(text, sizeof text,
		         "{\"manifest_version\": 1, \"id\": \"acme.tie\", \"version\": \"1.0\", \"library\": \"x.so\","
		         "\"abi\": {\"major\": 1, \"minor_min\": 0}, \"provides\": {}}");
		scene_write(&high, name, text, strlen(text));
	}
	scene_load_with(&low, &(loader_options){.dirs = folders, .system_path = ""});
	cr_assert_eq(loader_refused_count(low.loader), 2);
	scene_expect_refused(&low, "acme.tie", PLUGIN_CODE_DUPLICATE, "same id and version");
	scene_close(&low);
	scene_close(&high);
}

Test(order, one_file_reached_by_two_paths_is_one_plugin)
{
	scene s, links;
	char from[128], to[128];
	scene_open(&s);
	scene_open_empty(&links);
	snprintf(from, sizeof from, "%s/acme.good.hidet.json", s.folder);
	snprintf(to, sizeof to, "%s/hard.hidet.json", links.folder);
	cr_assert_eq(link(from, to), 0);
	snprintf(to, sizeof to, "%s/soft.hidet.json", links.folder);
	cr_assert_eq(symlink(from, to), 0);
	const char *folders[] = {s.folder, links.folder, s.folder, NULL};
	scene_load_with(&s, &(loader_options){.dirs = folders, .system_path = ""});
	cr_assert_eq(loader_count(s.loader), 1);
	scene_expect_loaded(&s, "acme.good");
	scene_close(&s);
	scene_close(&links);
}

Test(order, places_that_cannot_be_searched_are_told)
{
	scene s;
	const char *folders[] = {"/nonexistent/hidet", NULL}, *files[] = {"/tmp/readme.txt", "/nonexistent/x.so", NULL};
	scene_open(&s);
	setenv("HIDET_PLUGIN_PATH", "relative::", 1);
	scene_load_with(&s, &(loader_options){.files = files, .dirs = folders, .system_path = s.folder});
	scene_expect_loaded(&s, "acme.good");
	int folders_refused = 0, files_refused = 0;
	for (int i = 0; i < loader_count(s.loader); i++) {
		folders_refused += loader_at(s.loader, i)->code == PLUGIN_CODE_DIRECTORY;
		files_refused +=
			loader_at(s.loader, i)->code == PLUGIN_CODE_PATH || loader_at(s.loader, i)->code == PLUGIN_CODE_FILE;
	}
	cr_assert_eq(folders_refused, 4, "a missing folder, a relative one, two empty ones; got %d", folders_refused);
	cr_assert_eq(files_refused, 2);
	scene_close(&s);
}

Test(order, a_library_stands_for_the_manifest_beside_it)
{
	scene s;
	char path[128];
	scene_open(&s);
	snprintf(path, sizeof path, "%s/acme.good.so", s.folder);
	const char *files[] = {path, NULL};
	scene_load_with(&s, &(loader_options){.files = files, .system_path = ""});
	scene_expect_loaded(&s, "acme.good");
	scene_close(&s);
}

Test(order, the_user_disables_by_id)
{
	scene s;
	scene_open(&s);
	scene_plugin(&s, "acme.other", "subject", (manifest){0});
	setenv("HIDET_PLUGIN_DISABLE", "acme.oth,acme.other", 1);
	scene_load(&s);
	cr_assert_eq(scene_find(&s, "acme.other")->status, PLUGIN_DISABLED);
	scene_close(&s);
}

static void load_distribution(scene *s, const char *plugins, hdt_status expected)
{
	char text[1024], path[128];
	snprintf(text, sizeof text, "{\"manifest_version\": 1, \"name\": \"test\", \"version\": \"1\", \"plugins\": [%s]}",
	         plugins);
	scene_write(s, "dist.json", text, strlen(text));
	snprintf(path, sizeof path, "%s/dist.json", s->folder);
	loader_close(s->loader);
	registry_free(s->registry);
	s->registry = registry_new();
	cr_assert_eq(
		loader_open(&(loader_options){.distribution = path, .system_path = s->folder}, s->registry, &s->loader),
		expected);
}

Test(order, a_distribution_selects)
{
	scene s;
	scene_open(&s);
	scene_plugin(&s, "acme.other", "subject", (manifest){0});
	scene_plugin(&s, "acme.old", "subject", (manifest){0});
	load_distribution(
		&s, "{\"id\": \"acme.good\"}, {\"id\": \"acme.old\", \"version\": \">=2\"}, {\"id\": \"acme.absent\"}", HDT_OK);
	scene_expect_loaded(&s, "acme.good");
	cr_assert_eq(scene_find(&s, "acme.other")->status, PLUGIN_AVAILABLE);
	cr_assert_null(registry_operator(s.registry, "acme.other.op"));
	scene_expect_refused(&s, "acme.old", PLUGIN_CODE_DISTRIBUTION, ">=2");
	scene_expect_refused(&s, "acme.absent", PLUGIN_CODE_DISTRIBUTION, "nowhere");
	load_distribution(&s, "1", HDT_PLUGIN_REFUSED);
	cr_assert(strstr(loader_error(s.loader), "dist.json"));
	load_distribution(&s, "{\"id\": \"a.b\"}, {\"id\": \"a.b\"}", HDT_PLUGIN_REFUSED);
	scene_close(&s);
}

Test(order, why_tells_of_ids_and_of_names_that_a_refused_plugin_would_provide)
{
	scene s;
	scene_open(&s);
	scene_plugin(&s, "bad.one", "stack", (manifest){0});
	scene_load(&s);
	cr_assert(strstr(loader_why(s.loader, "acme.good"), "loaded"));
	const char *why = loader_why(s.loader, "bad.one.op");
	cr_assert(why && strstr(why, "E_ELF_STACK") && strstr(why, "noexecstack"), "%s", why);
	cr_assert_null(loader_why(s.loader, "nothing"));
	cr_assert(strstr(loader_refusals(s.loader), "bad.one"));
	scene_close(&s);
}

Test(order, the_result_does_not_depend_on_the_order_in_which_files_were_made)
{
	char *fingerprints[2] = {NULL, NULL};
	for (int turn = 0; turn < 2; turn++) {
		scene s;
		scene_open_empty(&s);
		for (int i = 0; i < 12; i++) {
			char id[32];
			snprintf(id, sizeof id, "acme.p%02d", turn ? 11 - i : i);
			scene_plugin(&s, id, "subject", (manifest){0});
		}
		scene_load(&s);
		cr_assert_eq(loader_refused_count(s.loader), 0);
		fingerprints[turn] = strdup(registry_fingerprint(s.registry));
		scene_close(&s);
	}
	cr_assert_str_eq(fingerprints[0], fingerprints[1]);
	cr_assert_eq(strlen(fingerprints[0]), 64);
	free(fingerprints[0]);
	free(fingerprints[1]);
}

Test(order, versions_and_ranges)
{
	plugin_version v;
	cr_assert(version_parse("1.4.2", &v));
	cr_assert_not(version_parse("", &v));
	cr_assert_not(version_parse("1.", &v));
	cr_assert_not(version_parse("1.2.3.4.5", &v));
	cr_assert_not(version_parse("99999999999", &v));
	cr_assert(version_parse("1.4.2", &v));
	cr_assert(version_in_range(&v, ""));
	cr_assert(version_in_range(&v, ">=1.2 <2"));
	cr_assert(version_in_range(&v, ">= 1.4.2, <= 1.4.2"));
	cr_assert(version_in_range(&v, "=1.4.2.0"));
	cr_assert_not(version_in_range(&v, "<1.4.2"));
	cr_assert_not(version_in_range(&v, ">1.4.2"));
	cr_assert_not(version_is_range("1.2"));
	cr_assert_not(version_is_range(">=1.2<2"));
	cr_assert_not(version_is_range("~1"));
}
