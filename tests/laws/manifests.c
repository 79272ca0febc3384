/* manifests: every plugin of a folder loads, and what the registry holds of it is what its manifest lists, no more and no less.
 *     manifests PLUGINS_FOLDER */
#include "loader/loader.h"
#include <stdio.h>
#include <string.h>

static int failed;

static void fail(const char *plugin, const char *what, const char *name)
{
	printf("FAILED %s: %s %s\n", plugin, what, name);
	failed++;
}

static bool lists(const plugin_info *p, const registry_entry *e)
{
	for (int i = 0; i < p->provided_count; i++)
		if (p->provides[i].kind == e->kind && !strcmp(p->provides[i].name, e->name))
			return true;
	return false;
}

static void check(const hdt_registry *registry, const plugin_info *p)
{
	if (p->status != PLUGIN_LOADED)
		fail(p->id, plugin_code_text(p->code), p->reason);
	if (*p->warnings)
		fail(p->id, "warns:", p->warnings);
	for (int i = 0; i < p->provided_count; i++)
		if (!registry_find(registry, p->provides[i].kind, p->provides[i].name))
			fail(p->id, "does not register", p->provides[i].name);
	for (int k = 0; k < REGISTRY_KIND_COUNT; k++)
		for (int i = 0; i < registry_count(registry, (registry_kind)k); i++) {
			const registry_entry *e = registry_at(registry, (registry_kind)k, i);
			if (!strcmp(e->plugin, p->id) && !lists(p, e))
				fail(p->id, "does not list", e->name);
		}
}

int main(int argc, char **argv)
{
	hdt_registry *registry = registry_new();
	loader *l = NULL;
	if (argc != 2 || !registry || loader_open(&(loader_options){.system_path = argv[1]}, registry, &l) != HDT_OK)
		return 2;
	for (int i = 0; i < loader_count(l); i++)
		check(registry, loader_at(l, i));
	if (loader_count(l) == 0)
		fail(argv[1], "holds no plugin", "");
	printf("manifests: %d passed, %d failed\n", loader_count(l), failed);
	registry_free(registry);
	loader_close(l);
	return failed != 0;
}
