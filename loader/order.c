/* order.c: from the selected plugins to the order in which they are loaded.
 *
 * Conflicts first (the preferred plugin survives, equals go both), then requirements, transitively, then cycles, each of which goes
 * as a whole with whatever needs it. What remains is sorted so that each comes after what it requires, ties by id. All of it is
 * decided from manifests, before any plugin's code may run. */
#include "loader/stages.h"
#include <string.h>

static bool is_wanted(const plugin *p)
{
	return p->selected && p->info.status == PLUGIN_AVAILABLE;
}

/* The wanted plugin of this id, or NULL. */
static plugin *find(const loader *l, const char *id)
{
	for (int i = 0; i < l->plugins.count; i++)
		if (is_wanted(l->plugins.items[i]) && !strcmp(l->plugins.items[i]->info.id, id))
			return l->plugins.items[i];
	return NULL;
}

/* ---- conflicts ------------------------------------------------------------------------------------------------------- */

static bool conflicts(const plugin *p, const plugin *q)
{
	for (int i = 0; i < p->conflicts.count; i++)
		if (!strcmp(p->conflicts.items[i].id, q->info.id) && version_in_range(&q->version, p->conflicts.items[i].range))
			return true;
	return false;
}

static void drop_conflicts(loader *l)
{
	/* Decide on all pairs before refusing any, so that the outcome does not depend on the order of the pairs. */
	VEC(plugin *) losers = {0}, winners = {0};
	for (int i = 0; i < l->plugins.count; i++)
		for (int k = 0; k < l->plugins.count; k++) {
			plugin *p = l->plugins.items[i], *q = l->plugins.items[k];
			if (i == k || !is_wanted(p) || !is_wanted(q) || (!conflicts(p, q) && !conflicts(q, p)) ||
			    p->source < q->source)
				continue;
			if (!vec_push(l->context, &losers, p) || !vec_push(l->context, &winners, q))
				return;
		}
	for (int i = 0; i < losers.count && i < winners.count; i++)
		plugin_refuse(l, losers.items[i], PLUGIN_CODE_CONFLICT, "it conflicts with '%s' (%s)",
		              winners.items[i]->info.id, winners.items[i]->info.path);
}

/* ---- requirements ---------------------------------------------------------------------------------------------------- */

/* Why the requirement cannot be met, when no wanted plugin meets it. */
static const char *explain_missing(loader *l, const dependency *d, const plugin *wanted)
{
	if (wanted)
		return hdt_format(l->context, "it requires '%s' %s, but version %s is there", d->id, d->range,
		                  wanted->info.version);
	for (int i = 0; i < l->plugins.count; i++) {
		const plugin *q = l->plugins.items[i];
		if (!strcmp(q->info.id, d->id) && (q->info.status == PLUGIN_REFUSED || q->info.status == PLUGIN_DISABLED))
			return hdt_format(l->context, "it requires '%s': %s", d->id, q->info.reason);
	}
	return hdt_format(l->context, "it requires '%s', which is not installed%s", d->id,
	                  l->distribution ? " or not part of the distribution" : "");
}

static bool drop_one_unmet(loader *l)
{
	for (int i = 0; i < l->plugins.count; i++) {
		plugin *p = l->plugins.items[i];
		for (int k = 0; is_wanted(p) && k < p->requires.count; k++) {
			const dependency *d = &p->requires.items[k];
			const plugin *q = find(l, d->id);
			if (d->optional || (q && version_in_range(&q->version, d->range)))
				continue;
			plugin_refuse(l, p, PLUGIN_CODE_REQUIRES, "%s", explain_missing(l, d, q));
			return true;
		}
	}
	return false;
}

/* ---- order ----------------------------------------------------------------------------------------------------------- */

static bool is_in(const plugin_list *list, const plugin *p)
{
	for (int i = 0; i < list->count; i++)
		if (list->items[i] == p)
			return true;
	return false;
}

static bool is_ready(const loader *l, const plugin_list *done, const plugin *p)
{
	for (int i = 0; i < p->requires.count; i++) {
		const plugin *q = find(l, p->requires.items[i].id);
		if (q && !is_in(done, q))
			return false;
	}
	return true;
}

/* The wanted plugin of the smallest id that is not in `order` and whose requirements are. */
static plugin *next(const loader *l, const plugin_list *order)
{
	plugin *best = NULL;
	for (int i = 0; i < l->plugins.count; i++) {
		plugin *p = l->plugins.items[i];
		if (is_wanted(p) && !is_in(order, p) && is_ready(l, order, p) &&
		    (!best || strcmp(p->info.id, best->info.id) < 0))
			best = p;
	}
	return best;
}

/* The first plugin that `p` waits for. */
static plugin *following(const loader *l, const plugin_list *order, const plugin *p)
{
	for (int i = 0; i < p->requires.count; i++) {
		plugin *q = find(l, p->requires.items[i].id);
		if (q && !is_in(order, q))
			return q;
	}
	return NULL;
}

/* From a plugin that waits for ever, going on to what it waits for comes to a cycle. Gives a plugin of it. */
static plugin *find_cycle(const loader *l, const plugin_list *order, plugin *p)
{
	for (int step = 0; step < l->plugins.count; step++) {
		plugin *q = following(l, order, p);
		p = q ? q : p;
	}
	return p;
}

static void refuse_cycle(loader *l, const plugin_list *order, plugin *first)
{
	plugin_list members = {0};
	const char *chain = first->info.id;
	plugin *p = first;
	do {
		if (!vec_push(l->context, &members, p))
			return;
		p = following(l, order, p);
		const char *longer = p ? hdt_format(l->context, "%s -> %s", chain, p->info.id) : NULL;
		chain = longer ? longer : chain;
	} while (p && p != first && members.count <= l->plugins.count);
	for (int i = 0; i < members.count; i++)
		plugin_refuse(l, members.items[i], PLUGIN_CODE_CYCLE, "plugins require each other: %s", chain);
}

/* False when plugins remain that wait for each other; one cycle of them has then been refused. */
static bool try_order(loader *l, plugin_list *order)
{
	order->count = 0;
	for (plugin *p; (p = next(l, order));)
		if (!vec_push(l->context, order, p))
			return true;
	for (int i = 0; i < l->plugins.count; i++) {
		plugin *p = l->plugins.items[i];
		if (is_wanted(p) && !is_in(order, p)) {
			refuse_cycle(l, order, find_cycle(l, order, p));
			return false;
		}
	}
	return true;
}

void order_plugins(loader *l, plugin_list *order)
{
	drop_conflicts(l);
	do {
		while (drop_one_unmet(l))
			;
	} while (!try_order(l, order) && l->context->status == HDT_OK);
}
