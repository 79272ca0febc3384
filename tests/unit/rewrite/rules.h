/* rules.h: a registry of the rules that a test sets, and graphs run through them. Included once by each file of tests. */
#ifndef TESTS_UNIT_REWRITE_RULES_H
#define TESTS_UNIT_REWRITE_RULES_H

#include "base/explain.h"
#include "rewrite/rewrite.h"

#include "../graph/operators.h"
#include "rewrite/rule.h"

/* Each test sets the one or two rules that it wants before the registry is made. */
static hdt_rewrite_rule rules[8];
static int rule_count;
static hdt_registry *registry;
static hdt_context *c;
static text told; /* by the rules */

static inline void add_rules(registry_stage *stage)
{
	for (int i = 0; i < rule_count; i++)
		registry_stage_add(stage, REGISTRY_REWRITE_RULE, rules[i].name, &rules[i]);
}
static void add_text(const char *name, int rank, const char *source)
{
	rules[rule_count++] =
		(hdt_rewrite_rule){.size = sizeof(hdt_rewrite_rule), .name = name, .doc = "", .rank = rank, .pattern = source};
}
static inline void add_function(const char *name, const char *source,
                                hdt_status (*apply)(hdt_rewrite *, const hdt_node *))
{
	add_text(name, 0, source);
	rules[rule_count - 1].apply = apply;
}
static inline void start(void)
{
	registry = make_registry(add_rules);
	c = context_new(registry);
}
static inline void teardown(void)
{
	text_free(&told);
	context_free(c);
	registry_free(registry);
}
static inline int rewrite(hdt_graph *g)
{
	int applied = -1;
	explanation lines;
	const rewrite_options options = {.limit = -1, .explain = &lines};
	explain_begin(&lines, c, false);
	cr_assert_eq(graph_rewrite(g, &options, &applied), HDT_OK, "%s", c->message);
	explain_print(&lines, &told);
	cr_assert_eq(graph_verify(g), HDT_OK, "%s", c->message);
	return applied;
}

static inline void expect_explained(const char *what)
{
	cr_assert(told.data && strstr(told.data, what), "explanation:\n%s", told.data ? told.data : "");
}

#endif
