/* safetensors.c: reads and writes .safetensors files. Everything the header claims is checked against the file. */
#include "tensors/tensors.h"

#include "base/text.h"
#include <jansson.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>

enum { LARGEST_HEADER = 64 << 20 };

/* The format's names of our dtypes. */
static const struct {
	const char *name;
	hdt_dtype dtype;
} dtype_names[] = {{"BOOL", HDT_BOOL}, {"U8", HDT_U8},   {"U16", HDT_U16}, {"U32", HDT_U32}, {"U64", HDT_U64},
                   {"I8", HDT_I8},     {"I16", HDT_I16}, {"I32", HDT_I32}, {"I64", HDT_I64}, {"F16", HDT_F16},
                   {"BF16", HDT_BF16}, {"F32", HDT_F32}, {"F64", HDT_F64}};
enum { DTYPE_NAMES = sizeof dtype_names / sizeof *dtype_names };

int64_t array_elements(const hdt_array *array)
{
	int64_t n = 1;
	for (int d = 0; d < array->rank; d++)
		if (array->shape[d] < 0 || __builtin_mul_overflow(n, array->shape[d], &n))
			return -1;
	return n;
}

void tensor_file_close(tensor_file *file)
{
	file_unmap(&file->mapping);
	free(file->items);
	*file = (tensor_file){0};
}

/* One header entry {"dtype", "shape", "data_offsets"} into `a`; the reason when it is wrong, else NULL. */
static const char *read_entry(hdt_context *context, const json_t *entry, const unsigned char *data, size_t bytes,
                              hdt_array *a)
{
	const char *dtype = json_string_value(json_object_get(entry, "dtype"));
	const json_t *shape = json_object_get(entry, "shape"), *offsets = json_object_get(entry, "data_offsets");
	if (!dtype || !json_is_array(shape) || json_array_size(offsets) != 2)
		return "needs dtype, shape and two data_offsets";
	a->dtype = HDT_DTYPE_NONE;
	for (int i = 0; i < DTYPE_NAMES; i++)
		if (strcmp(dtype, dtype_names[i].name) == 0)
			a->dtype = dtype_names[i].dtype;
	if (a->dtype == HDT_DTYPE_NONE)
		return "has a dtype that is not known here";
	if (json_array_size(shape) > HDT_MAX_RANK)
		return "has too many dimensions";
	a->rank = (int)json_array_size(shape);
	for (int d = 0; d < a->rank; d++) {
		const json_t *size = json_array_get(shape, (size_t)d);
		if (!json_is_integer(size) || json_integer_value(size) < 0)
			return "has a shape that is not made of sizes";
		a->shape[d] = json_integer_value(size);
	}
	json_int_t begin = json_integer_value(json_array_get(offsets, 0)),
			   end = json_integer_value(json_array_get(offsets, 1));
	int64_t elements = array_elements(a);
	size_t item = hdt_dtype_of(a->dtype)->bytes;
	if (begin < 0 || end < begin || (uint64_t)end > bytes)
		return "has data outside the file";
	if (elements < 0 || (uint64_t)elements > SIZE_MAX / item || (uint64_t)(end - begin) != (uint64_t)elements * item)
		return "has data that does not fit its shape";
	a->data = (void *)(uintptr_t)(data + begin);
	if ((uintptr_t)a->data % item && elements &&
	    !(a->data = arena_copy(&context->arena, data + begin, (size_t)(end - begin))))
		return "does not fit into memory";
	return NULL;
}

static hdt_status read_entries(hdt_context *context, const char *path, json_t *header, const unsigned char *data,
                               size_t bytes, tensor_file *out)
{
	const char *key;
	json_t *entry;
	out->items = calloc(json_object_size(header) + 1, sizeof *out->items);
	if (!out->items)
		return hdt_fail(context, HDT_OUT_OF_MEMORY, "out of memory reading '%s'", path);
	json_object_foreach (header, key, entry) {
		if (strcmp(key, "__metadata__") == 0)
			continue;
		hdt_array *a = &out->items[out->count++];
		a->name = hdt_intern(context, key);
		const char *wrong = read_entry(context, entry, data, bytes, a);
		if (wrong)
			return hdt_fail(context, HDT_BAD_INPUT, "'%s': tensor '%s' %s", path, key, wrong);
	}
	return HDT_OK;
}

hdt_status safetensors_read(hdt_context *context, const char *path, tensor_file *out)
{
	*out = (tensor_file){0};
	hdt_status status = file_map(context, path, &out->mapping);
	if (status != HDT_OK)
		return status;
	uint64_t length = 0;
	const unsigned char *file = out->mapping.data;
	for (int i = 0; i < 8 && out->mapping.bytes >= 8; i++)
		length |= (uint64_t)file[i] << (8 * i);
	if (out->mapping.bytes < 8 || length < 2 || length > LARGEST_HEADER || length > out->mapping.bytes - 8) {
		tensor_file_close(out);
		return hdt_fail(context, HDT_BAD_INPUT, "'%s' is not a safetensors file, or it is cut short", path);
	}
	json_error_t error;
	json_t *header = json_loadb((const char *)file + 8, (size_t)length, JSON_REJECT_DUPLICATES, &error);
	if (!json_is_object(header))
		status = hdt_fail(context, HDT_BAD_INPUT, "'%s': the safetensors header is not valid: %s", path,
		                  header ? "it is not an object" : error.text);
	else
		status = read_entries(context, path, header, file + 8 + length, out->mapping.bytes - 8 - (size_t)length, out);
	json_decref(header);
	if (status != HDT_OK)
		tensor_file_close(out);
	return status;
}

static const char *format_name(hdt_dtype dtype)
{
	for (int i = 0; i < DTYPE_NAMES; i++)
		if (dtype_names[i].dtype == dtype)
			return dtype_names[i].name;
	return "";
}

static char *make_header(const hdt_array *items, int count)
{
	json_t *header = json_object();
	size_t at = 0;
	for (int i = 0; i < count; i++) {
		size_t bytes = (size_t)array_elements(&items[i]) * hdt_dtype_of(items[i].dtype)->bytes;
		json_t *shape = json_array();
		for (int d = 0; d < items[i].rank; d++)
			json_array_append_new(shape, json_integer(items[i].shape[d]));
		json_object_set_new(header, items[i].name,
		                    json_pack("{s:s, s:o, s:[I, I]}", "dtype", format_name(items[i].dtype), "shape", shape,
		                              "data_offsets", (json_int_t)at, (json_int_t)(at + bytes)));
		at += bytes;
	}
	char *written = json_dumps(header, JSON_COMPACT | JSON_PRESERVE_ORDER);
	json_decref(header);
	return written;
}

/* Write through links, and never in the place of a device or a pipe. */
static hdt_status write_file(hdt_context *context, const char *path, const text *file)
{
	struct stat st;
	char *real = realpath(path, NULL);
	hdt_status status = real && stat(real, &st) == 0 && !S_ISREG(st.st_mode)
	                        ? hdt_fail(context, HDT_IO_ERROR, "cannot write '%s': it is not a regular file", path)
	                        : file_write_atomically(context, real ? real : path, file->data, file->length);
	free(real);
	return status;
}

hdt_status safetensors_write(hdt_context *context, const char *path, const hdt_array *items, int count)
{
	char *header = make_header(items, count);
	text file = {0};
	if (header) {
		size_t length = strlen(header), padded = (length + 7) & ~(size_t)7; /* data starts aligned */
		char prefix[8];
		for (int i = 0; i < 8; i++)
			prefix[i] = (char)((uint64_t)padded >> (8 * i));
		text_add_bytes(&file, prefix, 8);
		text_add(&file, header);
		text_format(&file, "%*s", (int)(padded - length), "");
		for (int i = 0; i < count; i++)
			text_add_bytes(&file, items[i].data,
			               (size_t)array_elements(&items[i]) * hdt_dtype_of(items[i].dtype)->bytes);
	}
	hdt_status status = !header || file.failed
	                        ? hdt_fail(context, HDT_OUT_OF_MEMORY, "out of memory writing '%s'", path)
	                        : write_file(context, path, &file);
	free(header);
	text_free(&file);
	return status;
}
