/* fuzz_pt2.c: no bytes make the reader of PyTorch's archives and programs crash, leak or hang. The plugins are those
 * beside the program, built with the same instrumentation; bytes that begin with a brace are a program in JSON.
 *
 * Random bytes seldom are JSON, so half of the mutations of a program change one of its values and keep it well-formed:
 * numbers become other numbers, names other names of the program, members vanish or are copied over others. */
#include "memory_file.h"
#include <hidet/hidet.h>
#include <jansson.h>
#include <stdint.h>
#include <stdlib.h>
#include <string.h>

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t bytes);
size_t LLVMFuzzerMutate(uint8_t *data, size_t bytes, size_t capacity);
size_t LLVMFuzzerCustomMutator(uint8_t *data, size_t bytes, size_t capacity, unsigned int seed);

/* ---- mutation ---------------------------------------------------------------------------------------------------- */

enum { MAX_VALUES = 1 << 14 };

/* A value of the document, by where it hangs. */
typedef struct place {
	json_t *parent;
	const char *key; /* in an object */
	size_t index;    /* in an array */
} place;

static size_t collect(json_t *json, place *out, size_t count)
{
	const char *key;
	json_t *item;
	size_t i;
	json_object_foreach (json, key, item) {
		if (count < MAX_VALUES)
			out[count++] = (place){json, key, 0};
		count = collect(item, out, count);
	}
	json_array_foreach (json, i, item) {
		if (count < MAX_VALUES)
			out[count++] = (place){json, NULL, i};
		count = collect(item, out, count);
	}
	return count;
}

static json_t *value_at(place p)
{
	return p.key ? json_object_get(p.parent, p.key) : json_array_get(p.parent, p.index);
}

static json_t *other_number(unsigned int choice)
{
	static const json_int_t numbers[] = {
		0, 1, -1, 2, 3, 7, 8, 9, 64, -64, 4096, INT32_MAX, INT64_MAX, INT64_MIN, (json_int_t)1 << 40};
	return json_integer(numbers[choice % (sizeof(numbers) / sizeof(numbers[0]))]);
}

static void change(place p, const place *all, size_t count, unsigned int seed)
{
	json_t *value = value_at(p), *replacement = NULL;
	json_t *other = value_at(all[(seed / 16) % count]);
	if (seed % 16 == 0 || (seed % 16 < 6 && json_is_integer(value)))
		replacement = other_number(seed / 256);
	else if (seed % 16 == 1)
		replacement = json_pack("{s{ss}}", "as_expr", "expr_str", "s0 - 2*s1");
	else if (seed % 16 == 2) {
		p.key ? json_object_del(p.parent, p.key) : json_array_remove(p.parent, p.index);
		return;
	} else { /* another value of the same type, so that names stay names */
		for (size_t i = 0; i < count && json_typeof(other) != json_typeof(value); i++)
			other = value_at(all[(seed / 16 + i) % count]);
		replacement = json_deep_copy(other);
	}
	if (p.key)
		json_object_set_new(p.parent, p.key, replacement);
	else
		json_array_set_new(p.parent, p.index, replacement);
}

size_t LLVMFuzzerCustomMutator(uint8_t *data, size_t bytes, size_t capacity, unsigned int seed)
{
	static place places[MAX_VALUES];
	json_t *root = bytes && data[0] == '{' && seed % 2 ? json_loadb((const char *)data, bytes, 0, NULL) : NULL;
	size_t count = root ? collect(root, places, 0) : 0;
	if (!count) {
		json_decref(root);
		return LLVMFuzzerMutate(data, bytes, capacity);
	}
	change(places[(seed >> 1) % count], places, count, seed * 2654435761u);
	size_t size = json_dumpb(root, NULL, 0, JSON_COMPACT);
	if (size <= capacity)
		bytes = json_dumpb(root, (char *)data, capacity, JSON_COMPACT);
	json_decref(root);
	return bytes;
}

/* ---- the target -------------------------------------------------------------------------------------------------- */

/* A link to the memory file with a name that the front end looks at whatever the file holds. */
static const char *link_path(void)
{
	static char path[64];
	if (!*path)
		snprintf(path, sizeof path, "/tmp/fuzz-%d.pt2", (int)getpid());
	return path;
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t bytes)
{
	static hdt_session *session;
	char path[64];
	if (!session && hdt_session_open(NULL, &session) != HDT_OK)
		abort();
	int fd = memory_file(data, bytes, path);
	if (fd < 0)
		return 0;
	unlink(link_path());
	if (symlink(path, link_path()) == 0) {
		hdt_model *model;
		if (hdt_model_load(session, link_path(), &model) == HDT_OK)
			hdt_model_free(model);
		unlink(link_path());
	}
	close(fd);
	return 0;
}
