/* The registry: commits are all or nothing, names are unique where they must be, order never depends on loading. */
#include "registry/registry.h"
#include <criterion/criterion.h>
#include <stdio.h>
#include <string.h>

static void define(hdt_task *task)
{
	(void)task;
}

static hdt_status apply_resolve(hdt_rewrite *rewrite, const hdt_node *node)
{
	(void)rewrite, (void)node;
	return HDT_OK;
}

static const hdt_operator twice = {.size = sizeof(hdt_operator), .name = "twice", .inputs = "x", .define = define};
static const hdt_operator other_twice = {
	.size = sizeof(hdt_operator), .name = "twice", .inputs = "x", .define = define};
static const hdt_operator half = {.size = sizeof(hdt_operator), .name = "half", .inputs = "x", .define = define};

static const hdt_mapping first_mappings[] = {{"a.one", "x", "twice(x)", NULL}, {"a.two", "x", "half(x)", NULL}, {0}};
static const hdt_mapping second_mappings[] = {{"a.three", "x", "twice(x)", NULL}, {0}};
static const hdt_mapping again_mappings[] = {{"a.one", "x", "half(x)", NULL}, {0}};
static const hdt_mapping_set first_set = {sizeof(hdt_mapping_set), "fw", first_mappings};
static const hdt_mapping_set second_set = {sizeof(hdt_mapping_set), "fw", second_mappings};
static const hdt_mapping_set again_set = {sizeof(hdt_mapping_set), "fw", again_mappings};

static char reason[512];

static bool add_one(hdt_registry *r, const char *plugin, registry_kind kind, const char *name, const void *descriptor,
                    const char *const *overrides)
{
	registry_stage *s = registry_stage_new(r, plugin);
	registry_stage_add(s, kind, name, descriptor);
	return registry_commit(s, overrides, reason, sizeof reason);
}

Test(registry, finds_what_was_committed_and_nothing_else)
{
	hdt_registry *r = registry_new();
	cr_assert(add_one(r, "me.one", REGISTRY_OPERATOR, "twice", &twice, NULL));
	cr_assert(add_one(r, "me.two", REGISTRY_OPERATOR, "half", &half, NULL));
	cr_assert_eq(registry_operator(r, "twice"), &twice);
	cr_assert_eq(registry_operator(r, "half"), &half);
	cr_assert_null(registry_operator(r, "third"));
	cr_assert_null(registry_target(r, "twice"));
	cr_assert_str_eq(registry_find(r, REGISTRY_OPERATOR, "half")->plugin, "me.two");
	cr_assert_null(registry_operator(NULL, "twice"), "a context without registry knows nothing");
	registry_free(r);
}

Test(registry, a_taken_name_is_refused_with_both_plugins_named)
{
	hdt_registry *r = registry_new();
	cr_assert(add_one(r, "me.one", REGISTRY_OPERATOR, "twice", &twice, NULL));
	cr_assert_not(add_one(r, "you.two", REGISTRY_OPERATOR, "twice", &other_twice, NULL));
	cr_assert(strstr(reason, "me.one") && strstr(reason, "you.two") && strstr(reason, "'twice'"), "%s", reason);
	cr_assert_eq(registry_operator(r, "twice"), &twice);
	registry_free(r);
}

Test(registry, a_failing_commit_adds_nothing_at_all)
{
	hdt_registry *r = registry_new();
	cr_assert(add_one(r, "me.one", REGISTRY_OPERATOR, "twice", &twice, NULL));
	registry_stage *s = registry_stage_new(r, "you.two");
	registry_stage_add(s, REGISTRY_OPERATOR, "half", &half);
	registry_stage_add(s, REGISTRY_MAPPING_SET, "fw", &first_set);
	registry_stage_add(s, REGISTRY_OPERATOR, "twice", &other_twice);
	cr_assert_eq(registry_stage_count(s), 3);
	cr_assert_not(registry_commit(s, NULL, reason, sizeof reason));
	cr_assert_eq(registry_count(r, REGISTRY_OPERATOR), 1);
	cr_assert_eq(registry_count(r, REGISTRY_MAPPING_SET), 0);
	cr_assert_null(registry_operator(r, "half"));
	registry_free(r);
}

Test(registry, an_override_takes_the_name_over_and_remembers)
{
	hdt_registry *r = registry_new();
	const char *const overrides[] = {"twice", NULL};
	cr_assert(add_one(r, "me.one", REGISTRY_OPERATOR, "twice", &twice, NULL));
	cr_assert(add_one(r, "you.two", REGISTRY_OPERATOR, "twice", &other_twice, overrides));
	const registry_entry *e = registry_find(r, REGISTRY_OPERATOR, "twice");
	cr_assert_eq(e->descriptor, &other_twice);
	cr_assert_str_eq(e->overridden->plugin, "me.one");
	cr_assert_eq(registry_count(r, REGISTRY_OPERATOR), 1);
	registry_free(r);
}

Test(registry, stage_keeps_its_first_fault)
{
	hdt_registry *r = registry_new();
	hdt_operator broken = twice;
	broken.size = 0;
	cr_assert_not(add_one(r, "me.one", REGISTRY_OPERATOR, "twice", &broken, NULL));
	cr_assert(strstr(reason, "size") && strstr(reason, "twice"), "%s", reason);
	broken = twice;
	broken.define = NULL;
	cr_assert_not(add_one(r, "me.one", REGISTRY_OPERATOR, "twice", &broken, NULL));
	cr_assert(strstr(reason, "define"), "%s", reason);
	cr_assert_not(add_one(r, "me.one", REGISTRY_OPERATOR, NULL, &twice, NULL));
	cr_assert(strstr(reason, "name"), "%s", reason);
	registry_stage *s = registry_stage_new(r, "me.one");
	registry_stage_add(s, REGISTRY_OPERATOR, "twice", &twice);
	registry_stage_add(s, REGISTRY_OPERATOR, "twice", &other_twice);
	cr_assert_not(registry_commit(s, NULL, reason, sizeof reason));
	cr_assert(strstr(reason, "'twice' twice"), "%s", reason);
	registry_free(r);
}

Test(registry, sets_of_one_framework_are_joined)
{
	hdt_registry *r = registry_new();
	cr_assert(add_one(r, "me.one", REGISTRY_MAPPING_SET, "fw", &first_set, NULL));
	cr_assert(add_one(r, "me.two", REGISTRY_MAPPING_SET, "fw", &second_set, NULL), "%s", reason);
	cr_assert_eq(registry_count(r, REGISTRY_MAPPING_SET), 2);
	cr_assert_str_eq(registry_mapping(r, "fw", "a.one")->expression, "twice(x)");
	cr_assert_str_eq(registry_mapping(r, "fw", "a.three")->expression, "twice(x)");
	cr_assert_null(registry_mapping(r, "fw", "a.four"));
	cr_assert_null(registry_mapping(r, "other", "a.one"));
	registry_free(r);
}

Test(registry, a_mapping_taken_by_another_plugin_needs_an_override)
{
	const char *const overrides[] = {"a.one", NULL};
	hdt_registry *r = registry_new();
	cr_assert(add_one(r, "me.one", REGISTRY_MAPPING_SET, "fw", &first_set, NULL));
	cr_assert_not(add_one(r, "a.you", REGISTRY_MAPPING_SET, "fw", &again_set, NULL));
	cr_assert(strstr(reason, "a.one") && strstr(reason, "me.one") && strstr(reason, "a.you"), "%s", reason);
	cr_assert(add_one(r, "z.you", REGISTRY_MAPPING_SET, "fw", &again_set, overrides), "%s", reason);
	cr_assert_str_eq(registry_mapping(r, "fw", "a.one")->expression, "half(x)");
	cr_assert_str_eq(registry_mapping(r, "fw", "a.two")->expression, "half(x)");
	registry_free(r);
}

Test(registry, rules_come_by_rank_then_name_whatever_the_order_of_loading)
{
	static const hdt_resolve_rule rules[] = {
		{.size = sizeof(hdt_resolve_rule), .name = "low", .op = "twice", .rank = -1, .apply = apply_resolve},
		{.size = sizeof(hdt_resolve_rule), .name = "b", .op = "twice", .rank = 5, .apply = apply_resolve},
		{.size = sizeof(hdt_resolve_rule), .name = "z", .op = "twice", .rank = 9, .apply = apply_resolve},
		{.size = sizeof(hdt_resolve_rule), .name = "a", .op = "twice", .rank = 5, .apply = apply_resolve},
	};
	static const char *const expected[] = {"z", "a", "b", "low"};
	static const int orders[][4] = {{0, 1, 2, 3}, {3, 2, 1, 0}, {2, 0, 3, 1}};
	for (int o = 0; o < 3; o++) {
		hdt_registry *r = registry_new();
		for (int i = 0; i < 4; i++) {
			const hdt_resolve_rule *rule = &rules[orders[o][i]];
			cr_assert(add_one(r, "me.one", REGISTRY_RESOLVE_RULE, rule->name, rule, NULL));
		}
		registry_seal(r);
		for (int i = 0; i < 4; i++)
			cr_assert_str_eq(registry_at(r, REGISTRY_RESOLVE_RULE, i)->name, expected[i]);
		cr_assert_null(registry_at(r, REGISTRY_RESOLVE_RULE, 4));
		cr_assert_eq(registry_find(r, REGISTRY_RESOLVE_RULE, "low")->descriptor, &rules[0]);
		registry_free(r);
	}
}

static hdt_answer query(const hdt_task *task, const hdt_target_info *target)
{
	(void)task, (void)target;
	return (hdt_answer){.applies = false};
}

static hdt_program *build(const hdt_task *task, const hdt_target_info *target)
{
	(void)task, (void)target;
	return NULL;
}

Test(registry, a_scheduler_serves_one_target_or_a_kind_of_functions_but_never_the_hosts)
{
	hdt_registry *r = registry_new();
	hdt_scheduler s = {.size = sizeof s, .name = "any", .kind = HDT_FUNCTION_CUDA, .query = query, .build = build};
	cr_assert(add_one(r, "me.one", REGISTRY_SCHEDULER, "any", &s, NULL), "%s", reason);
	hdt_scheduler host = s;
	host.kind = HDT_FUNCTION_HOST;
	cr_assert_not(add_one(r, "me.two", REGISTRY_SCHEDULER, "host", &host, NULL));
	cr_assert(strstr(reason, "kind of functions"), "%s", reason);
	hdt_scheduler wild = s;
	wild.kind = HDT_FUNCTION_COUNT;
	cr_assert_not(add_one(r, "me.three", REGISTRY_SCHEDULER, "wild", &wild, NULL));
	registry_free(r);
}

Test(registry, a_target_with_a_broken_intrinsic_is_refused)
{
	static const hdt_intrinsic nameless = {.size = sizeof nameless, .signature = "()"};
	static const hdt_intrinsic *const broken[] = {&nameless, NULL};
	hdt_registry *r = registry_new();
	hdt_target t = {.size = sizeof t, .name = "t", .kind = HDT_FUNCTION_CUDA, .intrinsics = broken};
	cr_assert_not(add_one(r, "me.one", REGISTRY_TARGET, "t", &t, NULL));
	cr_assert(strstr(reason, "intrinsics"), "%s", reason);
	t.intrinsics = NULL;
	t.language = (hdt_language)7;
	cr_assert_not(add_one(r, "me.one", REGISTRY_TARGET, "t", &t, NULL));
	cr_assert(strstr(reason, "language"), "%s", reason);
	t.language = HDT_LANGUAGE_SCRIPT;
	t.kind = HDT_FUNCTION_HOST;
	cr_assert_not(add_one(r, "me.one", REGISTRY_TARGET, "t", &t, NULL));
	cr_assert(strstr(reason, "kind of functions"), "%s", reason);
	registry_free(r);
}

Test(registry, a_context_opened_like_another_knows_the_same_plugins_and_none_of_its_faults)
{
	hdt_registry *r = registry_new();
	hdt_context *first = context_new(r);
	hdt_fail(first, HDT_BAD_MODEL, "broken %d", 1);
	cr_assert_str_eq(hdt_context_message(first), "broken 1");
	hdt_context *second = hdt_context_open(first);
	cr_assert_eq(second->registry, r);
	cr_assert_eq(hdt_context_status(second), HDT_OK);
	cr_assert_str_eq(hdt_context_message(second), "");
	context_free(first);
	cr_assert_not_null(hdt_intern(second, "lives on"));
	hdt_context_close(second);
	registry_free(r);
}

Test(registry, sealed_takes_no_more)
{
	hdt_registry *r = registry_new();
	registry_seal(r);
	cr_assert_not(add_one(r, "late.one", REGISTRY_OPERATOR, "twice", &twice, NULL));
	cr_assert(strstr(reason, "late.one") && strstr(reason, "sealed"), "%s", reason);
	registry_free(r);
}

Test(registry, a_dropped_stage_leaves_no_trace)
{
	hdt_registry *r = registry_new();
	registry_stage *s = registry_stage_new(r, "me.one");
	registry_stage_add(s, REGISTRY_OPERATOR, "twice", &twice);
	cr_assert_str_eq(registry_stage_entry(s, 0)->name, "twice");
	cr_assert_null(registry_stage_entry(s, 1));
	registry_stage_drop(s);
	cr_assert_null(registry_operator(r, "twice"));
	registry_free(r);
}

Test(registry, finds_among_many)
{
	static hdt_operator many[200];
	static char names[200][8];
	hdt_registry *r = registry_new();
	for (int i = 0; i < 200; i++) {
		int n = i * 73 % 200;
		snprintf(names[n], sizeof names[n], "op%d", n);
		many[n] = twice;
		many[n].name = names[n];
		cr_assert(add_one(r, "me.one", REGISTRY_OPERATOR, names[n], &many[n], NULL));
	}
	for (int i = 0; i < 200; i++)
		cr_assert_eq(registry_operator(r, names[i]), &many[i]);
	for (int i = 1; i < 200; i++)
		cr_assert_lt(strcmp(registry_at(r, REGISTRY_OPERATOR, i - 1)->name, registry_at(r, REGISTRY_OPERATOR, i)->name),
		             0);
	registry_free(r);
}

Test(registry, fingerprint_is_kept)
{
	hdt_registry *r = registry_new();
	cr_assert_str_eq(registry_fingerprint(r), "");
	registry_set_fingerprint(r, "0123abcd");
	cr_assert_str_eq(registry_fingerprint(r), "0123abcd");
	registry_free(r);
}
