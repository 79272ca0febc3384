/* archive.c: finds the program and its data in the zip file that torch.export.save wrote, and says of other zip files
 * what they are. */
#include "archive.h"
#include <stdlib.h>
#include <string.h>

#define MAX_JSON_BYTES (UINT64_C(512) << 20)

static bool ends_with(const char *text, const char *end)
{
	size_t n = strlen(text), m = strlen(end);
	return n >= m && strcmp(text + n - m, end) == 0;
}

/* Is there an entry whose name has `part` in it? */
static bool has_entry(const zip_directory *zip, const char *part)
{
	for (int i = 0; i < zip->count; i++)
		if (strstr(zip->entries[i].name, part))
			return true;
	return false;
}

static hdt_status refuse_layout(const zip_directory *zip)
{
	if (has_entry(zip, "serialized_exported_program.json"))
		return hdt_fail(
			zip->context, HDT_UNSUPPORTED,
			"%s: has the layout of an older PyTorch, with pickled weights; load it with torch.export.load and save it "
			"again with torch.export.save of PyTorch 2.11 or newer",
			zip->path);
	if (has_entry(zip, "data/aotinductor/"))
		return hdt_fail(zip->context, HDT_UNSUPPORTED,
		                "%s: is a package compiled by AOTInductor, without the program; save the exported program with "
		                "torch.export.save instead",
		                zip->path);
	if (has_entry(zip, "constants.pkl") || has_entry(zip, "data.pkl"))
		return hdt_fail(
			zip->context, HDT_UNSUPPORTED,
			"%s: is a TorchScript or pickle file, not an exported program; export the model with torch.export.export "
			"and torch.export.save",
			zip->path);
	return hdt_fail(zip->context, HDT_BAD_MODEL,
	                "%s: is a zip file, but holds no exported program (no models/*.json in it)", zip->path);
}

/* The folder that holds archive_format; the whole archive when there is none. */
static const char *find_root(const zip_directory *zip)
{
	for (int i = 0; i < zip->count; i++) {
		const char *name = zip->entries[i].name;
		if (ends_with(name, "/archive_format"))
			return hdt_format(zip->context, "%.*s", (int)(strlen(name) - strlen("archive_format")), name);
	}
	return "";
}

/* The model called "model" if there is one; else the only one. */
static hdt_status find_model(archive *a)
{
	const char *folder = hdt_format(a->zip.context, "%smodels/", a->root);
	const char *names = NULL;
	for (int i = 0; folder && i < a->zip.count; i++) {
		const char *name = a->zip.entries[i].name;
		if (strncmp(name, folder, strlen(folder)) != 0 || !ends_with(name, ".json"))
			continue;
		const char *base = name + strlen(folder);
		a->model = hdt_format(a->zip.context, "%.*s", (int)(strlen(base) - strlen(".json")), base);
		if (!a->model)
			return HDT_OUT_OF_MEMORY;
		if (strcmp(a->model, "model") == 0)
			return HDT_OK;
		names = names ? hdt_format(a->zip.context, "%s, %s", names, a->model) : a->model;
	}
	if (!a->model)
		return refuse_layout(&a->zip);
	if (names != a->model)
		return hdt_fail(a->zip.context, HDT_UNSUPPORTED, "%s: holds several programs (%.500s); save one of them alone",
		                a->zip.path, names);
	return HDT_OK;
}

static hdt_status check_byte_order(const archive *a)
{
	const zip_entry *entry = zip_find(&a->zip, hdt_format(a->zip.context, "%sbyteorder", a->root));
	unsigned char *text;
	if (!entry)
		return HDT_OK;
	hdt_status status = zip_extract(&a->zip, entry, 64, &text);
	if (status != HDT_OK)
		return status;
	if (strncmp((const char *)text, "little", strlen("little")) != 0)
		status = hdt_fail(a->zip.context, HDT_UNSUPPORTED, "%s: has %s-endian data; save it on a little-endian machine",
		                  a->zip.path, strncmp((const char *)text, "big", 3) == 0 ? "big" : "unknown");
	free(text);
	return status;
}

hdt_status archive_open(hdt_context *context, const char *path, const void *file, size_t bytes, archive *out)
{
	*out = (archive){0};
	hdt_status status = zip_open(context, path, file, bytes, &out->zip);
	if (status != HDT_OK)
		return status;
	out->root = find_root(&out->zip);
	if (!out->root)
		return HDT_OUT_OF_MEMORY;
	status = find_model(out);
	return status == HDT_OK ? check_byte_order(out) : status;
}

hdt_status archive_parse_json(hdt_context *context, const char *name, const void *text, size_t bytes, json_t **out)
{
	json_error_t error;
	*out = NULL;
	if (bytes > MAX_JSON_BYTES)
		return hdt_fail(context, HDT_BAD_MODEL, "%s: has %zu bytes, too many for a program", name, bytes);
	*out = json_loadb(text, bytes, JSON_REJECT_DUPLICATES, &error);
	if (*out)
		return HDT_OK;
	if (json_error_code(&error) == json_error_out_of_memory)
		return hdt_fail(context, HDT_OUT_OF_MEMORY, "%s: out of memory", name);
	return hdt_fail(context, HDT_BAD_MODEL, "%s: is not valid JSON: line %d, column %d: %s", name, error.line,
	                error.column, error.text);
}

hdt_status archive_json(const archive *a, const char *name, bool required, json_t **out)
{
	*out = NULL;
	const char *full = hdt_format(a->zip.context, "%s%s", a->root, name);
	const zip_entry *entry = full ? zip_find(&a->zip, full) : NULL;
	if (!entry)
		return required ? hdt_fail(a->zip.context, HDT_BAD_MODEL, "%s: the entry %s%s is missing", a->zip.path, a->root,
		                           name)
		                : hdt_context_status(a->zip.context);
	unsigned char *text;
	hdt_status status = zip_extract(&a->zip, entry, MAX_JSON_BYTES, &text);
	if (status != HDT_OK)
		return status;
	status = archive_parse_json(a->zip.context, hdt_format(a->zip.context, "%s: %s", a->zip.path, full), text,
	                            (size_t)entry->bytes, out);
	free(text);
	return status;
}
