/* Resolving: a scheduler of the target may keep an operator whole. */
#include "rules.h"

#include <stddef.h>

TestSuite(resolve, .fini = teardown);

static hdt_status become_ramp(hdt_rewrite *r, const hdt_node *node)
{
	hdt_replace(r, 0, hdt_apply(hdt_rewrite_graph(r), "ramp", HDT_VALUES(node->inputs[0]), NULL));
	return HDT_OK;
}

static const hdt_resolve_rule flip_rule = {
	.size = sizeof(hdt_resolve_rule),
	.name = "flip",
	.doc = "flip_sign is ramp, here",
	.op = "flip_sign",
	.apply = become_ramp,
};

static void add_resolve(registry_stage *stage)
{
	registry_stage_add(stage, REGISTRY_RESOLVE_RULE, flip_rule.name, &flip_rule);
}

static bool keeps_short(const hdt_task *task, const hdt_target_info *target)
{
	int64_t size;
	return target->threads == 7 && hdt_is_const(task->inputs[0]->shape[0], &size) && size < 4;
}
static const hdt_scheduler short_keeper = {
	.size = sizeof(hdt_scheduler), .name = "short", .kind = HDT_FUNCTION_CPU, .keeps = keeps_short};
/* Of a plugin that was built before there was such a question. */
static const hdt_scheduler older = {
	.size = offsetof(hdt_scheduler, keeps), .name = "older", .kind = HDT_FUNCTION_CPU, .keeps = keeps_short};

static const char *resolve(const char *source, const hdt_scheduler *scheduler)
{
	const hdt_target_info info = {.size = sizeof info, .target = "paper", .threads = 7};
	explanation lines;
	rewrite_options options = {.limit = -1, .explain = &lines, .target = &info};
	registry = make_registry(add_resolve);
	c = context_new(registry);
	hdt_graph *g = read_graph(c, source);
	explain_begin(&lines, c, false);
	options.schedulers = &scheduler;
	options.scheduler_count = scheduler ? 1 : 0;
	cr_assert_eq(graph_resolve(g, &options, NULL), HDT_OK, "%s", c->message);
	explain_print(&lines, &told);
	return show_graph(g);
}

static const char two[] = "graph @g(%x: f32[2], %y: f32[8]) { %0 = flip_sign(%x) %1 = flip_sign(%y) return %0, %1 }";

Test(resolve, without_schedulers_every_operator_with_a_rule_is_resolved)
{
	const char *shown = resolve(two, NULL);
	cr_assert_null(strstr(shown, "flip_sign"), "%s", shown);
}

Test(resolve, a_scheduler_keeps_what_it_says_and_no_more)
{
	const char *shown = resolve(two, &short_keeper);
	cr_assert_not_null(strstr(shown, "%0 = flip_sign(%x)"), "%s", shown);
	cr_assert_not_null(strstr(shown, "ramp(%y)"), "%s", shown);
	expect_explained("%0 = flip_sign stays whole: the scheduler short keeps it");
}

Test(resolve, an_older_scheduler_is_not_asked)
{
	const char *shown = resolve(two, &older);
	cr_assert_null(strstr(shown, "flip_sign"), "%s", shown);
}
