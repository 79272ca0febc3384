/* descriptor.c: from a plugin's query function to its entries in the registry.
 *
 * A descriptor is read with the size it says, into a structure of this host's size: what an older plugin does not have is zero, what a
 * newer one adds is not looked at. Every pointer in it must lie in the plugin's own library. What it lists is staged, compared
 * with what the manifest promises, and committed as a whole or not at all. */
#include "loader/stages.h"
#include <dlfcn.h>
#include <string.h>

enum { MOST_BYTES = 4096, MOST_ENTRIES = 65536, FLAGS_KNOWN = 0 };

/* The end of the structure in interface 1.0: no plugin has a smaller one. */
#define SIZE_AT_1_0 (offsetof(hdt_plugin, targets) + sizeof(void *))

_Static_assert(offsetof(hdt_plugin, magic) == 0 && offsetof(hdt_plugin, size) == 8 &&
                   offsetof(hdt_plugin, abi_major) == 12 && offsetof(hdt_plugin, abi_minor) == 14 &&
                   offsetof(hdt_plugin, abi_minor_min) == 16 && offsetof(hdt_plugin, flags_must) == 18 &&
                   offsetof(hdt_plugin, flags_may) == 20 && offsetof(hdt_plugin, reserved) == 24 &&
                   offsetof(hdt_plugin, id) == 32,
               "the first 32 bytes are frozen");

/* Where the list of each kind stands, and the name in its descriptors. */
static const struct {
	registry_kind kind;
	size_t list, name;
} lists[] = {
	{REGISTRY_OPERATOR, offsetof(hdt_plugin, operators), offsetof(hdt_operator, name)},
	{REGISTRY_RESOLVE_RULE, offsetof(hdt_plugin, resolve_rules), offsetof(hdt_resolve_rule, name)},
	{REGISTRY_REWRITE_RULE, offsetof(hdt_plugin, rewrite_rules), offsetof(hdt_rewrite_rule, name)},
	{REGISTRY_SCHEDULER, offsetof(hdt_plugin, schedulers), offsetof(hdt_scheduler, name)},
	{REGISTRY_MAPPING_SET, offsetof(hdt_plugin, mappings), offsetof(hdt_mapping_set, framework)},
	{REGISTRY_FRONTEND, offsetof(hdt_plugin, frontends), offsetof(hdt_frontend, name)},
	{REGISTRY_TARGET, offsetof(hdt_plugin, targets), offsetof(hdt_target, name)},
};

/* ---- the descriptor -------------------------------------------------------------------------------------------------- */

/* Do these bytes lie in the library whose function `query` is? A pointer to anywhere else is not followed. */
static bool is_of_library(hdt_plugin_query query, const void *from, size_t bytes)
{
	union {
		hdt_plugin_query function;
		void *data;
	} q = {query};
	Dl_info library, first, last;
	return from && dladdr(q.data, &library) && dladdr(from, &first) && dladdr((const char *)from + bytes - 1, &last) &&
	       first.dli_fbase == library.dli_fbase && last.dli_fbase == library.dli_fbase;
}

static bool check_head(loader *l, plugin *p, const hdt_plugin *d)
{
	if (d->magic != HDT_PLUGIN_MAGIC)
		plugin_refuse(l, p, PLUGIN_CODE_DESCRIPTOR, "the descriptor's magic number is wrong");
	else if (d->size < SIZE_AT_1_0 || d->size > MOST_BYTES)
		plugin_refuse(l, p, PLUGIN_CODE_DESCRIPTOR, "the descriptor says that it has %u bytes; %zu to %d are possible",
		              d->size, SIZE_AT_1_0, MOST_BYTES);
	else if (d->abi_major != HDT_ABI_MAJOR || d->abi_minor_min > HDT_ABI_MINOR)
		plugin_refuse(l, p, PLUGIN_CODE_ABI, "the plugin needs interface %d.%d, this host has %d.%d", d->abi_major,
		              d->abi_minor_min, HDT_ABI_MAJOR, HDT_ABI_MINOR);
	else if (d->flags_must & ~FLAGS_KNOWN)
		plugin_refuse(l, p, PLUGIN_CODE_ABI, "the plugin needs features that this host does not have (flags %#x)",
		              d->flags_must);
	return p->info.status != PLUGIN_REFUSED;
}

/* Is `text`, of the library, equal to what the manifest says? */
static bool agrees(loader *l, plugin *p, hdt_plugin_query query, const char *text, const char *manifest,
                   const char *what)
{
	size_t bytes = strlen(manifest) + 1;
	bool readable = is_of_library(query, text, 1);
	if (readable && is_of_library(query, text, bytes) && !memcmp(text, manifest, bytes))
		return true;
	plugin_refuse(l, p, PLUGIN_CODE_MISMATCH, "the %s is '%.100s' in the library and '%s' in the manifest", what,
	              readable ? text : "", manifest);
	return false;
}

static bool read_descriptor(loader *l, plugin *p, hdt_plugin_query query, hdt_plugin *out)
{
	guard *g = guard_new();
	const hdt_plugin *d = query(&host_table), *again = query(&host_table);
	const char *changed = g ? guard_check(g) : NULL;
	if (changed)
		plugin_refuse(l, p, PLUGIN_CODE_SIDE_EFFECT, "asking for its descriptor changed %s", changed);
	else if (d != again || (uintptr_t)d % _Alignof(hdt_plugin) != 0 || !is_of_library(query, d, SIZE_AT_1_0))
		plugin_refuse(l, p, PLUGIN_CODE_DESCRIPTOR,
		              "its query function does not give a constant descriptor of the library");
	else if (check_head(l, p, d) && !is_of_library(query, d, d->size))
		plugin_refuse(l, p, PLUGIN_CODE_DESCRIPTOR, "the descriptor ends outside the library");
	if (p->info.status == PLUGIN_REFUSED)
		return false;
	*out = (hdt_plugin){0};
	memcpy(out, d, d->size < sizeof *out ? d->size : sizeof *out);
	return agrees(l, p, query, out->id, p->info.id, "id") &&
	       agrees(l, p, query, out->version, p->info.version, "version");
}

/* ---- staging --------------------------------------------------------------------------------------------------------- */

/* Stage one list. False when it is not a list of descriptors of the library, and the plugin refused. `*offered` counts. */
static bool stage_list(loader *l, plugin *p, hdt_plugin_query query, registry_stage *stage, const hdt_plugin *d,
                       size_t which, int *offered)
{
	const void *const *list;
	memcpy(&list, (const char *)d + lists[which].list, sizeof list);
	for (int i = 0; list; i++, ++*offered) {
		const char *name;
		if (i == MOST_ENTRIES || !is_of_library(query, &list[i], sizeof *list) ||
		    (list[i] && !is_of_library(query, list[i], lists[which].name + sizeof name))) {
			plugin_refuse(l, p, PLUGIN_CODE_DESCRIPTOR,
			              "its list of %s is not ended by NULL, or leads out of the library",
			              registry_kind_text(lists[which].kind));
			return false;
		}
		if (!list[i])
			break;
		memcpy(&name, (const char *)list[i] + lists[which].name, sizeof name);
		if (!is_of_library(query, name, 1))
			name = NULL; /* the stage tells that the name is missing */
		registry_stage_add(stage, lists[which].kind, name, list[i]);
	}
	return true;
}

static bool is_promised(const plugin *p, const registry_entry *e)
{
	for (int i = 0; i < p->provides.count; i++)
		if (p->provides.items[i].kind == e->kind && !strcmp(p->provides.items[i].name, e->name))
			return true;
	return false;
}

static bool is_staged(const registry_stage *stage, const provided_name *name)
{
	for (int i = 0; i < registry_stage_count(stage); i++) {
		const registry_entry *e = registry_stage_entry(stage, i);
		if (e->kind == name->kind && !strcmp(e->name, name->name))
			return true;
	}
	return false;
}

/* Both ways: nothing is provided that was not promised, nothing was promised that is not provided. */
static bool keeps_promise(loader *l, plugin *p, const registry_stage *stage)
{
	for (int i = 0; i < registry_stage_count(stage); i++) {
		const registry_entry *e = registry_stage_entry(stage, i);
		if (!is_promised(p, e)) {
			plugin_refuse(l, p, PLUGIN_CODE_PROVIDES, "'%.100s' of its %s is not in the manifest", e->name,
			              registry_kind_text(e->kind));
			return false;
		}
	}
	for (int i = 0; i < p->provides.count; i++)
		if (!is_staged(stage, &p->provides.items[i])) {
			plugin_refuse(l, p, PLUGIN_CODE_PROVIDES, "the manifest lists '%s' among its %s, the library does not",
			              p->provides.items[i].name, registry_kind_text(p->provides.items[i].kind));
			return false;
		}
	return true;
}

bool descriptor_commit(loader *l, plugin *p, hdt_plugin_query query)
{
	hdt_plugin d;
	char reason[512];
	int offered = 0;
	if (!read_descriptor(l, p, query, &d))
		return false;
	registry_stage *stage = registry_stage_new(l->registry, p->info.id);
	bool good = stage != NULL;
	for (size_t i = 0; good && i < sizeof lists / sizeof *lists; i++)
		good = stage_list(l, p, query, stage, &d, i, &offered);
	/* A stage that did not take everything has a fault of its own, which the commit tells. */
	if (good && registry_stage_count(stage) == offered)
		good = keeps_promise(l, p, stage);
	if (!good) {
		registry_stage_drop(stage);
		plugin_refuse(l, p, PLUGIN_CODE_MEMORY, "out of memory");
		return false;
	}
	if (!registry_commit(stage, p->may_override ? p->overrides.items : NULL, reason, sizeof reason)) {
		plugin_refuse(l, p, PLUGIN_CODE_REGISTRY, "%s", reason);
		return false;
	}
	return true;
}
