/* What the query function gives, and the registrations that it lists. */
#include "scene.h"
#include <stdlib.h>
#include <string.h>

Test(descriptor, a_wrong_one_is_refused_with_the_reason)
{
	static const struct {
		const char *behaviour;
		plugin_code code;
		const char *reason;
	} cases[] = {
		{"magic", PLUGIN_CODE_DESCRIPTOR, "magic"},
		{"size-0", PLUGIN_CODE_DESCRIPTOR, "has 0 bytes"},
		{"size-31", PLUGIN_CODE_DESCRIPTOR, "has 31 bytes"},
		{"size-95", PLUGIN_CODE_DESCRIPTOR, "has 95 bytes"},
		{"size-4097", PLUGIN_CODE_DESCRIPTOR, "has 4097 bytes"},
		{"size-max", PLUGIN_CODE_DESCRIPTOR, "has 4294967295 bytes"},
		{"null", PLUGIN_CODE_DESCRIPTOR, "constant descriptor"},
		{"unmapped", PLUGIN_CODE_DESCRIPTOR, "constant descriptor"},
		{"unaligned", PLUGIN_CODE_DESCRIPTOR, "constant descriptor"},
		{"heap", PLUGIN_CODE_DESCRIPTOR, "constant descriptor"},
		{"changing", PLUGIN_CODE_DESCRIPTOR, "constant descriptor"},
		{"major-next", PLUGIN_CODE_ABI, "needs interface 2.0"},
		{"major-before", PLUGIN_CODE_ABI, "needs interface 0.0"},
		{"minor-needed", PLUGIN_CODE_ABI, "needs interface 1.1"},
		{"must", PLUGIN_CODE_ABI, "flags 0x1"},
		{"other-id", PLUGIN_CODE_MISMATCH, "acme.other"},
		{"null-id", PLUGIN_CODE_MISMATCH, "bad.one"},
		{"wild-id", PLUGIN_CODE_MISMATCH, "bad.one"},
		{"other-version", PLUGIN_CODE_MISMATCH, "9.9"},
		{"wild-list", PLUGIN_CODE_DESCRIPTOR, "operators"},
		{"wild-operator", PLUGIN_CODE_DESCRIPTOR, "operators"},
	};
	for (size_t i = 0; i < sizeof cases / sizeof *cases; i++)
		check_refused(cases[i].behaviour, cases[i].code, cases[i].reason);
}

static void check_accepted(const char *behaviour)
{
	scene s;
	setenv("SUBJECT", behaviour, 1);
	scene_open(&s);
	scene_plugin(&s, "bad.one", "subject", (manifest){0});
	scene_load(&s);
	scene_expect_loaded(&s, "bad.one");
	scene_close(&s);
}

Test(descriptor, newer_headers_with_an_old_floor_are_accepted)
{
	check_accepted("minor-newer");
}

Test(descriptor, a_longer_descriptor_is_accepted)
{
	check_accepted("longer");
}

Test(descriptor, an_unknown_optional_flag_is_ignored)
{
	check_accepted("may");
}

Test(descriptor, registrations_are_committed_as_a_whole_or_not_at_all)
{
	check_refused("many-then-null", PLUGIN_CODE_REGISTRY, "define");
	check_refused("null-name", PLUGIN_CODE_REGISTRY, "name");
	check_refused("wild-name", PLUGIN_CODE_REGISTRY, "name");
	check_refused("small-operator", PLUGIN_CODE_REGISTRY, "size");
	check_refused("twice", PLUGIN_CODE_REGISTRY, "twice");
}

Test(descriptor, the_manifest_is_a_contract_both_ways)
{
	check_refused("undeclared", PLUGIN_CODE_PROVIDES, "is not in the manifest");
	check_refused("nothing", PLUGIN_CODE_PROVIDES, "the library does not");
}

/* bad.one provides acme.good.op, as acme.good does. */
static void load_taken(scene *s, const char *extra, bool by_hand)
{
	setenv("SUBJECT", "taken", 1);
	scene_open(s);
	scene_plugin(s, "bad.one", "subject",
	             (manifest){.provides = "{\"operators\": [\"acme.good.op\"]}", .extra = extra});
	const char *folders[] = {s->folder, NULL};
	if (by_hand)
		scene_load_with(s, &(loader_options){.dirs = folders, .system_path = ""});
	else
		scene_load_with(s, &(loader_options){.system_path = s->folder});
}

Test(descriptor, a_taken_name_is_refused_and_both_plugins_are_named)
{
	scene s;
	load_taken(&s, NULL, true);
	scene_expect_refused(&s, "bad.one", PLUGIN_CODE_REGISTRY, "acme.good");
	cr_assert_str_eq(registry_find(s.registry, REGISTRY_OPERATOR, "acme.good.op")->plugin, "acme.good");
	scene_close(&s);
}

Test(descriptor, an_override_needs_the_users_hand)
{
	scene s;
	load_taken(&s, "\"overrides\": [\"acme.good.op\"]", false);
	scene_expect_refused(&s, "bad.one", PLUGIN_CODE_REGISTRY, "acme.good");
	scene_close(&s);
	load_taken(&s, "\"overrides\": [\"acme.good.op\"]", true);
	cr_assert_eq(scene_find(&s, "bad.one")->status, PLUGIN_LOADED);
	cr_assert_str_eq(registry_find(s.registry, REGISTRY_OPERATOR, "acme.good.op")->plugin, "bad.one");
	cr_assert_str_eq(registry_find(s.registry, REGISTRY_OPERATOR, "acme.good.op")->overridden->plugin, "acme.good");
	scene_close(&s);
}
