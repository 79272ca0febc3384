/* select.c: of all plugins found, the one of each id that is to be loaded.
 *
 * Of one id the plugin of the preferred place counts; within a place the higher version; two of the same place and version are refused
 * both, because nothing but chance would decide. HIDET_PLUGIN_DISABLE (ids separated by commas) and a distribution's list take
 * plugins out. */
#include "loader/stages.h"
#include <stdlib.h>
#include <string.h>

static bool is_candidate(const plugin *p)
{
	return p->info.status == PLUGIN_AVAILABLE;
}

static bool is_in_list(const char *list, const char *id)
{
	size_t length = strlen(id);
	for (; list && *list; list += strcspn(list, ","), list += *list == ',')
		if (strcspn(list, ",") == length && !strncmp(list, id, length))
			return true;
	return false;
}

static void disable(loader *l)
{
	const char *disabled = secure_getenv("HIDET_PLUGIN_DISABLE");
	for (int i = 0; i < l->plugins.count; i++) {
		plugin *p = l->plugins.items[i];
		if (!is_candidate(p))
			continue;
		bool by_user = is_in_list(disabled, p->info.id);
		if (!by_user && (p->enabled || p->by_hand || l->distribution))
			continue;
		p->info.status = PLUGIN_DISABLED;
		p->info.reason =
			by_user ? "disabled by HIDET_PLUGIN_DISABLE" : "its manifest disables it unless it is named by hand";
	}
}

/* Negative: `a` is preferred. */
static int prefer(const plugin *a, const plugin *b)
{
	return a->source != b->source ? (a->source < b->source ? -1 : 1) : version_compare(&b->version, &a->version);
}

static void shadow(loader *l)
{
	for (int i = 0; i < l->plugins.count; i++) {
		plugin *p = l->plugins.items[i], *tie = NULL, *better = NULL;
		/* A tie is refused in turn: others must see both as they were, so candidates are told by what they are not. */
		for (int k = 0; k < l->plugins.count && is_candidate(p); k++) {
			plugin *q = l->plugins.items[k];
			if (q == p || strcmp(q->info.id, p->info.id) != 0)
				continue;
			bool counts = is_candidate(q) || q->info.status == PLUGIN_SHADOWED || q->info.code == PLUGIN_CODE_DUPLICATE;
			int order = counts ? prefer(q, p) : 1;
			if (order < 0)
				better = q;
			else if (order == 0)
				tie = q;
		}
		if (better) {
			p->info.status = PLUGIN_SHADOWED;
			p->info.reason =
				hdt_format(l->context, "version %s at %s is preferred", better->info.version, better->info.path);
		} else if (tie) {
			plugin_refuse(l, p, PLUGIN_CODE_DUPLICATE, "the same id and version lie at %s", tie->info.path);
		}
	}
}

static plugin *find_candidate(loader *l, const char *id)
{
	for (int i = 0; i < l->plugins.count; i++)
		if (is_candidate(l->plugins.items[i]) && !strcmp(l->plugins.items[i]->info.id, id))
			return l->plugins.items[i];
	return NULL;
}

/* A listed plugin that is not there has a record of its own, so that it is seen. */
static void add_missing(loader *l, const distribution_entry *e)
{
	for (int i = 0; i < l->plugins.count; i++)
		if (l->plugins.items[i]->info.status == PLUGIN_REFUSED && !strcmp(l->plugins.items[i]->info.id, e->id))
			return;
	plugin *p = hdt_allocate(l->context, sizeof *p);
	if (!p || !vec_push(l->context, &l->plugins, p))
		return;
	p->info = (plugin_info){.id = e->id, .version = "", .license = "", .path = "", .reason = "", .warnings = ""};
	p->info.status = PLUGIN_AVAILABLE;
	plugin_refuse(l, p, PLUGIN_CODE_DISTRIBUTION, "the distribution lists it, but it is nowhere to be found");
}

static void select_listed(loader *l)
{
	for (int i = 0; i < l->distribution->plugins.count; i++) {
		const distribution_entry *e = &l->distribution->plugins.items[i];
		plugin *p = find_candidate(l, e->id);
		if (!p) {
			add_missing(l, e);
			continue;
		}
		p->selected = true;
		p->may_override = p->may_override || e->may_override;
		if (!version_in_range(&p->version, e->range))
			plugin_refuse(l, p, PLUGIN_CODE_DISTRIBUTION, "version %s is there, the distribution asks for %s",
			              p->info.version, e->range);
		else if (*e->sha256 && *p->sha256 && strcmp(e->sha256, p->sha256) != 0)
			plugin_refuse(l, p, PLUGIN_CODE_HASH, "manifest and distribution pin different files");
		else if (*e->sha256)
			p->sha256 = e->sha256;
	}
}

void select_plugins(loader *l)
{
	disable(l);
	shadow(l);
	if (l->distribution)
		select_listed(l);
	for (int i = 0; i < l->plugins.count; i++) {
		plugin *p = l->plugins.items[i];
		if (!l->distribution || p->by_hand)
			p->selected = true;
		else if (is_candidate(p) && !p->selected)
			p->info.reason = "the distribution does not list it";
	}
}
