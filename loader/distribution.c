/* distribution.c: the manifest of a distribution, which selects the plugins to load:
 *
 *     {"manifest_version": 1, "name": "acme-edge", "version": "2.0",
 *      "plugins": [{"id": "hidet.example", "version": ">=1", "sha256": "...", "may_override": true}, ...]} */
#include "loader/json.h"
#include "loader/stages.h"
#include <string.h>

static hdt_status fail(loader *l, const char *path, const char *what)
{
	const char *shown = printable(l->context, path);
	return hdt_fail(l->context, HDT_PLUGIN_REFUSED, "distribution '%s': %s", shown, what);
}

/* An optional string of an entry; NULL when it is something else. */
static const char *string_of(loader *l, const json_t *object, const char *key)
{
	const json_t *value = json_object_get(object, key);
	return !value ? "" : json_is_string(value) ? hdt_format(l->context, "%s", json_string_value(value)) : NULL;
}

static hdt_status read_entry(loader *l, const char *path, const json_t *item)
{
	distribution_entry e = {string_of(l, item, "id"), string_of(l, item, "version"), string_of(l, item, "sha256"),
	                        json_is_true(json_object_get(item, "may_override"))};
	if (!e.id || !json_is_plugin_id(e.id) || !e.range || !version_is_range(e.range) || !e.sha256)
		return fail(l, path,
		            "each of its plugins must be {\"id\": \"owner.name\", \"version\": \">=1\", \"sha256\": \"...\"}, "
		            "the last two as needed");
	for (int i = 0; i < l->distribution->plugins.count; i++)
		if (!strcmp(l->distribution->plugins.items[i].id, e.id))
			return fail(l, path, hdt_format(l->context, "it lists '%s' twice", e.id));
	return vec_push(l->context, &l->distribution->plugins, e) ? HDT_OK : HDT_OUT_OF_MEMORY;
}

static hdt_status read_root(loader *l, const char *path, const json_t *root)
{
	const json_t *version = json_object_get(root, "manifest_version"), *plugins = json_object_get(root, "plugins"),
				 *item;
	size_t i;
	if (!json_is_integer(version) || json_integer_value(version) != 1)
		return fail(l, path, "'manifest_version' must be 1");
	if (!json_is_array(plugins))
		return fail(l, path, "'plugins' must be a list");
	json_array_foreach (plugins, i, item) {
		hdt_status status = read_entry(l, path, item);
		if (status != HDT_OK)
			return status;
	}
	return HDT_OK;
}

hdt_status distribution_read(loader *l, const char *path)
{
	const char *reason;
	l->distribution = hdt_allocate(l->context, sizeof *l->distribution);
	if (!l->distribution)
		return HDT_OUT_OF_MEMORY;
	json_t *root = json_read_file(l->context, path, &reason);
	if (!root)
		return fail(l, path, printable(l->context, reason));
	hdt_status status = read_root(l, path, root);
	json_decref(root);
	return status;
}
