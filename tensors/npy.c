/* npy.c: reads NumPy .npy files, versions 1 to 3, little-endian, C order. */
#include "tensors/tensors.h"

#include <stdlib.h>
#include <string.h>

static hdt_status wrong(hdt_context *context, const char *path, tensor_file *out, const char *what)
{
	tensor_file_close(out);
	return hdt_fail(context, HDT_BAD_INPUT, "'%s' %s", path, what);
}

static hdt_dtype dtype_of(const char *descr)
{
	static const struct {
		const char *name;
		hdt_dtype dtype;
	} names[] = {{"|b1", HDT_BOOL}, {"|u1", HDT_U8},  {"|i1", HDT_I8},  {"<u2", HDT_U16},
	             {"<i2", HDT_I16},  {"<u4", HDT_U32}, {"<i4", HDT_I32}, {"<u8", HDT_U64},
	             {"<i8", HDT_I64},  {"<f2", HDT_F16}, {"<f4", HDT_F32}, {"<f8", HDT_F64}};
	for (size_t i = 0; i < sizeof names / sizeof *names; i++)
		if (strncmp(descr, names[i].name, 3) == 0)
			return names[i].dtype;
	return HDT_DTYPE_NONE;
}

/* The text behind `key` in the header, which is a Python literal: {'descr': '<f4', 'fortran_order': False, 'shape': (3, 4), } */
static const char *value_of(const char *header, const char *key)
{
	const char *at = strstr(header, key);
	if (!at)
		return NULL;
	at += strlen(key);
	while (*at == ' ' || *at == ':' || *at == '\'')
		at++;
	return at;
}

static bool read_shape(const char *at, hdt_array *a)
{
	if (*at++ != '(')
		return false;
	for (;;) {
		while (*at == ' ' || *at == ',')
			at++;
		if (*at == ')')
			return true;
		char *end;
		long long size = strtoll(at, &end, 10);
		if (end == at || size < 0 || a->rank == HDT_MAX_RANK)
			return false;
		a->shape[a->rank++] = size;
		at = end;
	}
}

hdt_status npy_read(hdt_context *context, const char *path, tensor_file *out)
{
	*out = (tensor_file){0};
	hdt_status status = file_map(context, path, &out->mapping);
	if (status != HDT_OK)
		return status;
	const unsigned char *file = out->mapping.data;
	size_t bytes = out->mapping.bytes;
	if (bytes < 12 || memcmp(file, "\x93NUMPY", 6) != 0 || file[6] < 1 || file[6] > 3)
		return wrong(context, path, out, "is not a .npy file");
	size_t start = file[6] == 1 ? 10 : 12, length = file[8] | (size_t)file[9] << 8;
	if (file[6] > 1)
		length |= (size_t)file[10] << 16 | (size_t)file[11] << 24;
	if (length > bytes - start)
		return wrong(context, path, out, "is cut short");
	const char *header = arena_string(&context->arena, (const char *)file + start, length);
	hdt_array *a = out->items = calloc(1, sizeof *a);
	if (!header || !a)
		return wrong(context, path, out, "does not fit into memory");
	out->count = 1;
	const char *descr = value_of(header, "'descr'"), *order = value_of(header, "'fortran_order'"),
			   *shape = value_of(header, "'shape'");
	if (!descr || !order || !shape || !read_shape(shape, a))
		return wrong(context, path, out, "has a header that is not valid");
	a->dtype = dtype_of(descr);
	if (a->dtype == HDT_DTYPE_NONE)
		return wrong(context, path, out, "has a dtype that is not known here (big-endian and object arrays are not)");
	if (strncmp(order, "False", 5) != 0)
		return wrong(context, path, out, "is in Fortran order: save numpy.ascontiguousarray(x)");
	int64_t elements = array_elements(a);
	size_t item = hdt_dtype_of(a->dtype)->bytes;
	if (elements < 0 || (uint64_t)elements > (bytes - start - length) / item)
		return wrong(context, path, out, "is cut short");
	a->data = (void *)(uintptr_t)(file + start + length);
	if ((uintptr_t)a->data % item && !(a->data = arena_copy(&context->arena, a->data, (size_t)elements * item)))
		return wrong(context, path, out, "does not fit into memory");
	return HDT_OK;
}
