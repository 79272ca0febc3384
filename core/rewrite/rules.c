/* rules.c: all rules of a registry, parsed once and kept with it. A rule whose text cannot be used is left out and
 * named. */
#include "rewrite/rule.h"

#include <stdlib.h>
#include <string.h>

typedef hdt_status (*rule_function)(hdt_rewrite *, const hdt_node *);

/* The text of a rule, and its function. A resolve rule of a function has the operator for a pattern. */
static const char *text_of(const registry_entry *entry, rule_function *apply)
{
	if (entry->kind == REGISTRY_RESOLVE_RULE) {
		const hdt_resolve_rule *r = entry->descriptor;
		*apply = r->text ? NULL : r->apply;
		return r->text ? r->text : r->op;
	}
	const hdt_rewrite_rule *r = entry->descriptor;
	*apply = r->apply;
	return r->pattern;
}

/* A resolve rule speaks of its operator. */
static const char *find_contradiction(hdt_context *context, const registry_entry *entry, const rule *r)
{
	if (entry->kind != REGISTRY_RESOLVE_RULE)
		return NULL;
	const char *op = ((const hdt_resolve_rule *)entry->descriptor)->op;
	if (r->root_count == 1 && r->roots[0]->op_count == 1 && !strcmp(r->roots[0]->ops[0]->name, op))
		return NULL;
	return hdt_format(context, "it is a rule for %s, and its text is not", op);
}

static bool add_rule(rule_set *set, rule_list *list, const registry_entry *entry)
{
	hdt_context *context = set->context;
	rule one = {.name = entry->name};
	const char *source = text_of(entry, &one.apply), *reason = NULL;
	if (!rule_parse(context, source, &one))
		reason = hdt_format(context, "%s", context->message);
	else
		reason = find_contradiction(context, entry, &one);
	if (hdt_context_status(context) == HDT_OUT_OF_MEMORY)
		return false;
	context_clear_fault(context);
	const refused_rule refused = {entry, reason};
	return reason ? vec_push(context, &set->refused, refused) : vec_push(context, &list->rules, one);
}

static bool fill_list(rule_set *set, rule_list *list, const hdt_registry *registry)
{
	for (int i = 0; i < registry_count(registry, list->kind); i++)
		if (!add_rule(set, list, registry_at(registry, list->kind, i)))
			return false;
	return true;
}

static void free_set(void *set)
{
	if (set)
		context_free(((rule_set *)set)->context);
}

static void *make_set(const hdt_registry *registry)
{
	hdt_context *context = context_new(registry);
	rule_set *set = context ? hdt_allocate(context, sizeof *set) : NULL;
	bool ok = set != NULL;
	if (ok)
		*set = (rule_set){
			.context = context, .rewrite.kind = REGISTRY_REWRITE_RULE, .resolve.kind = REGISTRY_RESOLVE_RULE};
	ok = ok && fill_list(set, &set->rewrite, registry) && fill_list(set, &set->resolve, registry);
	if (ok)
		return set;
	context_free(context);
	return NULL;
}

const rule_set *rule_set_of(const hdt_registry *registry)
{
	static const rule_set empty;
	return registry ? registry_derive(registry, make_set, free_set) : &empty;
}

int rewrite_refused(const hdt_registry *registry, const refused_rule **out)
{
	const rule_set *set = rule_set_of(registry);
	*out = set ? set->refused.items : NULL;
	return set ? set->refused.count : 0;
}
