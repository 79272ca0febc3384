/* frontend.c: reads a PyTorch exported program: a .pt2 archive (torch.export.save), or its program alone as JSON
 * (.model.json), whose constants then have no data: good for looking at, not for running. */
#include "archive.h"
#include "mapped_file.h"
#include "translate.h"
#include <string.h>

static bool ends_with(const char *text, const char *end)
{
	size_t n = strlen(text), m = strlen(end);
	return n >= m && strcmp(text + n - m, end) == 0;
}

/* JSON begins with a brace, a zip file never does. */
static bool is_json(const void *head, size_t bytes)
{
	const char *text = head;
	size_t blanks = 0;
	while (blanks < bytes && strchr(" \t\r\n", text[blanks]) && text[blanks])
		blanks++;
	return blanks < bytes && text[blanks] == '{';
}

static bool contains(const char *head, size_t bytes, const char *word)
{
	size_t length = strlen(word);
	for (size_t i = 0; i + length <= bytes; i++)
		if (memcmp(head + i, word, length) == 0)
			return true;
	return false;
}

/* A zip file whose first entry has a name that PyTorch gives; the name lies at byte 30. Weights alone and scripted
 * programs are taken too, for the sake of a helpful refusal. */
static bool is_torch_zip(const char *head, size_t bytes)
{
	static const char *const names[] = {"data/", "data.pkl", "archive_format", "models/", "serialized_", "byteorder"};
	if (bytes < 30 || memcmp(head, "PK\3\4", 4) != 0)
		return false;
	size_t length = (size_t)(unsigned char)head[26] | (size_t)(unsigned char)head[27] << 8;
	length = length < bytes - 30 ? length : bytes - 30;
	for (size_t i = 0; i < sizeof(names) / sizeof(names[0]); i++)
		if (contains(head + 30, length, names[i]))
			return true;
	return false;
}

static bool recognises(const char *path, const void *head, size_t bytes)
{
	if (ends_with(path, ".pt2") || ends_with(path, ".model.json"))
		return true;
	return is_json(head, bytes) ? contains(head, bytes, "\"graph_module\"") : is_torch_zip(head, bytes);
}

/* The file's name without folder and extension, fit for a graph's name. */
static const char *graph_name(hdt_context *context, const char *path)
{
	const char *slash = strrchr(path, '/');
	const char *base = slash ? slash + 1 : path;
	char name[64];
	size_t n = 0;
	for (; base[n] && base[n] != '.' && n + 1 < sizeof(name); n++) {
		char c = base[n];
		bool letter = (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z') || c == '_';
		name[n] = letter || (n > 0 && c >= '0' && c <= '9') ? c : '_';
	}
	name[n] = 0;
	return hdt_intern(context, n ? name : "model");
}

/* Translate the parsed program; `a` is NULL when there are no data. Takes over `root`. */
static hdt_status load_program(hdt_context *context, const char *path, json_t *root, const archive *a,
                               mapped_file *file, hdt_graph **out)
{
	program p;
	weights *w = NULL;
	hdt_status status = program_open(context, path, root, &p);
	if (status == HDT_OK)
		status = weights_open(context, a, file, &w);
	if (status == HDT_OK)
		status = translate_program(&p, w, graph_name(context, path), out);
	weights_close(w);
	program_close(&p);
	return status;
}

static hdt_status load_archive(hdt_context *context, const char *path, mapped_file *file, hdt_graph **out)
{
	archive a;
	json_t *root;
	hdt_status status = archive_open(context, path, mapped_file_data(file), mapped_file_bytes(file), &a);
	if (status != HDT_OK)
		return status;
	const char *name = hdt_format(context, "models/%s.json", a.model);
	status = name ? archive_json(&a, name, true, &root) : HDT_OUT_OF_MEMORY;
	return status == HDT_OK ? load_program(context, path, root, &a, file, out) : status;
}

static hdt_status load_json(hdt_context *context, const char *path, mapped_file *file, hdt_graph **out)
{
	json_t *root;
	hdt_status status = archive_parse_json(context, path, mapped_file_data(file), mapped_file_bytes(file), &root);
	return status == HDT_OK ? load_program(context, path, root, NULL, file, out) : status;
}

static hdt_status load(hdt_context *context, const char *path, hdt_graph **out)
{
	mapped_file *file;
	*out = NULL;
	hdt_status status = mapped_file_open(context, path, &file);
	if (status != HDT_OK)
		return status;
	status = is_json(mapped_file_data(file), mapped_file_bytes(file)) ? load_json(context, path, file, out)
	                                                                  : load_archive(context, path, file, out);
	mapped_file_release(file);
	return status;
}

const hdt_frontend hdt_frontend_torch = {
	.size = sizeof(hdt_frontend),
	.name = "torch",
	.doc = "PyTorch programs saved by torch.export",
	.extensions = ".pt2 .model.json",
	.recognises = recognises,
	.load = load,
};
