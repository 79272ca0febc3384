/* manifest.c: reads <id>.hidet.json, which tells everything about a plugin that must be known before its code may run.
 *
 * A manifest is at most 64 KiB, nests at most 16 deep and has no key twice. An unknown key is a warning (`x-...` is free to use); what
 * the host understands must be right to the letter, or the plugin is refused. `provides` is a contract: see descriptor.c. */
#include "loader/json.h"
#include "loader/stages.h"
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

enum { MANIFEST_VERSION = 1 };

static void refuse(loader *l, plugin *p, const char *what)
{
	plugin_refuse(l, p, PLUGIN_CODE_MANIFEST, "%s", what);
}

/* ---- values ---------------------------------------------------------------------------------------------------------- */

/* The string at `key`, copied; `fallback` when absent (NULL: it must be there). NULL and the plugin refused when it is no good. */
static const char *string_of(loader *l, plugin *p, const json_t *object, const char *key, const char *fallback)
{
	const json_t *value = json_object_get(object, key);
	if (!value && fallback)
		return fallback;
	if (!json_is_string(value)) {
		plugin_refuse(l, p, PLUGIN_CODE_MANIFEST, "'%s' must be a string", key);
		return NULL;
	}
	const char *copy = hdt_format(l->context, "%s", json_string_value(value));
	if (!copy)
		plugin_refuse(l, p, PLUGIN_CODE_MEMORY, "out of memory");
	return copy;
}

/* The array at `key`, NULL when absent; the plugin is refused when it is something else. */
static const json_t *array_of(loader *l, plugin *p, const json_t *object, const char *key)
{
	const json_t *value = json_object_get(object, key);
	if (value && !json_is_array(value))
		plugin_refuse(l, p, PLUGIN_CODE_MANIFEST, "'%s' must be a list", key);
	return json_is_array(value) ? value : NULL;
}

static void read_dependency(loader *l, plugin *p, const json_t *item, const char *key, bool optional, dependency *out)
{
	*out = (dependency){"", "", optional};
	if (!json_is_object(item)) {
		plugin_refuse(l, p, PLUGIN_CODE_MANIFEST, "each item of '%s' must be {\"id\": ..., \"version\": ...}", key);
		return;
	}
	const char *id = string_of(l, p, item, "id", NULL), *range = string_of(l, p, item, "version", "");
	if (!id || !range)
		return;
	if (!json_is_plugin_id(id))
		plugin_refuse(l, p, PLUGIN_CODE_MANIFEST, "'%s' of '%s' is no plugin id", id, key);
	else if (!version_is_range(range))
		plugin_refuse(l, p, PLUGIN_CODE_MANIFEST, "'%s' is no range of versions; write \">=1.2 <2\"", range);
	out->id = id;
	out->range = range;
}

static void read_requires(loader *l, plugin *p, const json_t *root, const char *key, bool optional)
{
	const json_t *list = array_of(l, p, root, key), *item;
	size_t i;
	json_array_foreach (list, i, item) {
		dependency d;
		read_dependency(l, p, item, key, optional, &d);
		if (!vec_push(l->context, &p->requires, d))
			refuse(l, p, "out of memory");
	}
}

static void read_conflicts(loader *l, plugin *p, const json_t *root)
{
	const json_t *list = array_of(l, p, root, "conflicts"), *item;
	size_t i;
	json_array_foreach (list, i, item) {
		dependency d;
		read_dependency(l, p, item, "conflicts", false, &d);
		if (!vec_push(l->context, &p->conflicts, d))
			refuse(l, p, "out of memory");
	}
}

/* The NULL-ended list that the registry wants. */
static void read_overrides(loader *l, plugin *p, const json_t *root)
{
	const json_t *list = array_of(l, p, root, "overrides"), *item;
	size_t i;
	json_array_foreach (list, i, item) {
		const char *name = json_string_value(item) ? hdt_format(l->context, "%s", json_string_value(item)) : NULL;
		if (!name || !json_is_name(name))
			refuse(l, p, "'overrides' must be a list of names");
		else if (!vec_push(l->context, &p->overrides, name))
			refuse(l, p, "out of memory");
	}
	const char *end = NULL;
	if (!vec_push(l->context, &p->overrides, end))
		refuse(l, p, "out of memory");
}

/* ---- provides -------------------------------------------------------------------------------------------------------- */

static registry_kind kind_named(const char *text)
{
	int kind = 0;
	while (kind < REGISTRY_KIND_COUNT && strcmp(registry_kind_text((registry_kind)kind), text) != 0)
		kind++;
	return (registry_kind)kind;
}

static void read_provided(loader *l, plugin *p, registry_kind kind, const json_t *item)
{
	const char *text = json_string_value(item);
	if (!text || !json_is_name(text)) {
		plugin_refuse(l, p, PLUGIN_CODE_MANIFEST, "'provides.%s' must be a list of names", registry_kind_text(kind));
		return;
	}
	provided_name name = {kind, hdt_intern(l->context, text)};
	for (int i = 0; i < p->provides.count; i++)
		if (p->provides.items[i].kind == kind && p->provides.items[i].name == name.name)
			plugin_refuse(l, p, PLUGIN_CODE_MANIFEST, "'%s' is listed twice in 'provides.%s'", text,
			              registry_kind_text(kind));
	if (!name.name || !vec_push(l->context, &p->provides, name))
		refuse(l, p, "out of memory");
}

static void read_provides(loader *l, plugin *p, const json_t *root)
{
	json_t *provides = json_object_get(root, "provides"), *list, *item;
	const char *key;
	size_t i;
	if (!json_is_object(provides)) {
		refuse(l, p, "'provides' must be an object");
		return;
	}
	json_object_foreach (provides, key, list) {
		registry_kind kind = kind_named(key);
		if (kind == REGISTRY_KIND_COUNT || !json_is_array(list)) {
			plugin_refuse(l, p, PLUGIN_CODE_MANIFEST, "'provides.%s': %s", key,
			              json_is_array(list) ? "this host knows no such kind" : "must be a list");
			return;
		}
		json_array_foreach (list, i, item)
			read_provided(l, p, kind, item);
	}
	p->info.provides = p->provides.items;
	p->info.provided_count = p->provides.count;
}

/* ---- the whole ------------------------------------------------------------------------------------------------------- */

static void check_keys(loader *l, plugin *p, const json_t *root)
{
	static const char *const keys[] = {"manifest_version", "id",        "version",   "license",  "vendor",
	                                   "library",          "sha256",    "abi",       "provides", "requires",
	                                   "optional",         "conflicts", "overrides", "default",  NULL};
	const char *key;
	json_t *value;
	json_object_foreach ((json_t *)(uintptr_t)root, key, value) {
		int k = 0;
		while (keys[k] && strcmp(keys[k], key) != 0)
			k++;
		if (!keys[k] && strncmp(key, "x-", 2) != 0)
			plugin_warn(l, p, "the manifest's key '%s' is unknown and ignored", key);
	}
}

static void read_version(loader *l, plugin *p, const json_t *root)
{
	const json_t *v = json_object_get(root, "manifest_version");
	if (!json_is_integer(v) || json_integer_value(v) < 1)
		refuse(l, p, "'manifest_version' must be 1");
	else if (json_integer_value(v) > MANIFEST_VERSION)
		plugin_refuse(l, p, PLUGIN_CODE_MANIFEST_VERSION, "the manifest is of version %lld, this host reads up to %d",
		              (long long)json_integer_value(v), MANIFEST_VERSION);
}

static void read_abi(loader *l, plugin *p, const json_t *root)
{
	const json_t *abi = json_object_get(root, "abi");
	const json_t *major = json_object_get(abi, "major"), *minor = json_object_get(abi, "minor_min");
	if (!json_is_integer(major) || !json_is_integer(minor))
		refuse(l, p, "'abi' must be {\"major\": ..., \"minor_min\": ...}");
	else if (json_integer_value(major) != HDT_ABI_MAJOR || json_integer_value(minor) > HDT_ABI_MINOR)
		plugin_refuse(l, p, PLUGIN_CODE_ABI, "the plugin needs interface %lld.%lld, this host has %d.%d",
		              (long long)json_integer_value(major), (long long)json_integer_value(minor), HDT_ABI_MAJOR,
		              HDT_ABI_MINOR);
}

static void read_library(loader *l, plugin *p, const json_t *root)
{
	const char *library = string_of(l, p, root, "library", NULL), *sha256 = string_of(l, p, root, "sha256", "");
	if (!library || !sha256)
		return;
	if (!json_is_name(library) || strchr(library, '/') || !strcmp(library, ".") || !strcmp(library, ".."))
		plugin_refuse(l, p, PLUGIN_CODE_PATH, "'library' must be the name of a file beside the manifest, not '%s'",
		              library);
	if (*sha256 && (strlen(sha256) != 64 || strspn(sha256, "0123456789abcdef") != 64))
		refuse(l, p, "'sha256' must be 64 hexadecimal digits in lower case");
	p->library = library;
	p->sha256 = sha256;
}

/* Identity first: a manifest refused for another reason is then reported under its own id. */
static void read_identity(loader *l, plugin *p, const json_t *root)
{
	const char *id = string_of(l, p, root, "id", NULL), *text = string_of(l, p, root, "version", NULL);
	const char *license = string_of(l, p, root, "license", "");
	if (id && !json_is_plugin_id(id))
		plugin_refuse(l, p, PLUGIN_CODE_MANIFEST, "'%s' is no plugin id; write \"owner.name\" in lower case", id);
	else if (id)
		p->info.id = id;
	if (text && !version_parse(text, &p->version))
		plugin_refuse(l, p, PLUGIN_CODE_MANIFEST, "'%s' is no version; write \"1.4.2\"", text);
	else if (text)
		p->info.version = text;
	if (license)
		p->info.license = printable(l->context, license);
}

void manifest_read(loader *l, plugin *p)
{
	const char *reason;
	json_t *root = p->linked ? json_read_bytes(l->context, p->linked->manifest, strlen(p->linked->manifest), &reason)
	                         : json_read_file(l->context, p->manifest, &reason);
	if (!root) {
		refuse(l, p, reason);
		return;
	}
	read_identity(l, p, root);
	read_version(l, p, root);
	read_abi(l, p, root);
	read_library(l, p, root);
	read_provides(l, p, root);
	read_requires(l, p, root, "requires", false);
	read_requires(l, p, root, "optional", true);
	read_conflicts(l, p, root);
	read_overrides(l, p, root);
	const char *state = string_of(l, p, root, "default", "enabled");
	p->enabled = state && !strcmp(state, "enabled");
	if (state && !p->enabled && strcmp(state, "disabled") != 0)
		refuse(l, p, "'default' must be \"enabled\" or \"disabled\"");
	check_keys(l, p, root);
	json_decref(root);
}
