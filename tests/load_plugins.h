/* load_plugins.h: the registry of all plugins of a folder, for test programs that are no Criterion suites. */
#ifndef TESTS_LOAD_PLUGINS_H
#define TESTS_LOAD_PLUGINS_H

#include "loader/loader.h"
#include <stdio.h>

/* Beside what is registered already. False, with the reason on stderr, when one of the plugins is refused: then nothing tested would mean
 * much. The caller frees the registry and closes the loader. */
static inline bool load_plugins_into(hdt_registry *registry, const char *folder, loader **l)
{
	const char *const dirs[] = {folder, NULL};
	*l = NULL;
	if (registry && loader_open(&(loader_options){.dirs = dirs, .system_path = ""}, registry, l) == HDT_OK &&
	    !loader_refused_count(*l))
		return true;
	fprintf(stderr, "the plugins of %s cannot be loaded: %s%s\n", folder, *l ? loader_error(*l) : "",
	        *l ? loader_refusals(*l) : "");
	return false;
}

static inline bool load_plugins(const char *folder, hdt_registry **registry, loader **l)
{
	*registry = registry_new();
	return load_plugins_into(*registry, folder, l);
}

#endif
