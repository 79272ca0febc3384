/* loader.h: finds plugins, checks them, and fills a registry from the good ones.
 *
 * One bad plugin is refused with a code and a reason; all others work. What a refused plugin would have provided is not reachable.
 * A loaded library is never unloaded. The order in which a file system lists files changes nothing. */
#ifndef LOADER_LOADER_H
#define LOADER_LOADER_H

#include "registry/registry.h"

typedef enum plugin_status {
	PLUGIN_LOADED,
	PLUGIN_AVAILABLE, /* good as far as its manifest goes, but not selected by the distribution */
	PLUGIN_REFUSED,
	PLUGIN_SHADOWED, /* another one of the same id is preferred */
	PLUGIN_DISABLED  /* by the user or by its own manifest */
} plugin_status;

typedef enum plugin_code {
	PLUGIN_CODE_NONE,
#define PLUGIN_CODE(name, hint) PLUGIN_CODE_##name,
#include "loader/codes.def"
#undef PLUGIN_CODE
	PLUGIN_CODE_COUNT
} plugin_code;

typedef struct provided_name {
	registry_kind kind;
	const char *name;
} provided_name;

/* What is known of one plugin. Strings are never NULL, are safe to print, and live as long as the loader. */
typedef struct plugin_info {
	const char *id; /* of the manifest; the file's name when the manifest cannot be read */
	const char *version;
	const char *license;
	const char *path; /* of the manifest */
	plugin_status status;
	plugin_code code;     /* of a refusal */
	const char *reason;   /* one sentence: why it is not loaded */
	const char *warnings; /* one a line; "" when none */
	const provided_name *provides;
	int provided_count;
} plugin_info;

typedef struct loader_options {
	const char *const *files; /* manifests, or libraries whose manifest lies beside them; ended by NULL; may be NULL */
	const char *const *dirs;  /* ended by NULL; may be NULL */
	const char *distribution; /* manifest of a distribution, which selects plugins; may be NULL */
	const char *system_path;  /* colon-separated folders instead of the default ones; "" for none; NULL: default */
} loader_options;

typedef struct loader loader;

/* Find, check, load, commit to `registry`, seal it. Fails only when memory is out or the distribution's manifest is bad; *out is then
 * the loader to ask for the error, or NULL when memory is out. */
hdt_status loader_open(const loader_options *options, hdt_registry *registry, loader **out);
void loader_close(loader *l);
/* Why loader_open failed; "" if it did not. */
const char *loader_error(const loader *l);

/* All plugins that were found, sorted by id, the preferred one of an id first. */
int loader_count(const loader *l);
const plugin_info *loader_at(const loader *l, int index);
int loader_refused_count(const loader *l);

const char *plugin_status_text(plugin_status status); /* "loaded" */
const char *plugin_code_text(plugin_code code);       /* "E_ELF_TRUNCATED"; "" for NONE */
const char *plugin_code_hint(plugin_code code);       /* what to do about it */
/* Several lines: how it stands with the plugin `name`, or with the plugins that provide or would provide the name `name`. NULL when
 * neither is known. Valid as long as the loader. */
const char *loader_why(loader *l, const char *name);
/* The refused plugins in one line each: "id: reason [code]: what to do"; "" when none. */
const char *loader_refusals(loader *l);

#endif
