/* schema.c: reads the pieces of which torch.export's JSON is made. Every type is checked: the file may hold anything.
 */
#include "schema.h"
#include <math.h>
#include <string.h>

enum { LAYOUT_STRIDED = 7 };

static const struct {
	const char *key;
	schema_kind kind;
} union_keys[] = {
	{"as_none", SCHEMA_NONE},
	{"as_tensor", SCHEMA_TENSOR},
	{"as_tensors", SCHEMA_TENSORS},
	{"as_optional_tensor", SCHEMA_OPTIONAL_TENSOR},
	{"as_optional_tensors", SCHEMA_OPTIONAL_TENSORS},
	{"as_int", SCHEMA_INT},
	{"as_ints", SCHEMA_INTS},
	{"as_float", SCHEMA_FLOAT},
	{"as_floats", SCHEMA_FLOATS},
	{"as_string", SCHEMA_STRING},
	{"as_strings", SCHEMA_STRINGS},
	{"as_bool", SCHEMA_BOOL},
	{"as_bools", SCHEMA_BOOLS},
	{"as_sym_int", SCHEMA_SYM_INT},
	{"as_sym_ints", SCHEMA_SYM_INTS},
	{"as_sym_float", SCHEMA_SYM_FLOAT},
	{"as_sym_floats", SCHEMA_SYM_FLOATS},
	{"as_sym_bool", SCHEMA_SYM_BOOL},
	{"as_sym_bools", SCHEMA_SYM_BOOLS},
	{"as_scalar_type", SCHEMA_SCALAR_TYPE},
	{"as_memory_format", SCHEMA_MEMORY_FORMAT},
	{"as_layout", SCHEMA_LAYOUT},
	{"as_device", SCHEMA_DEVICE},
	{"as_graph", SCHEMA_GRAPH},
	{"as_expr", SCHEMA_EXPR},
	{"as_name", SCHEMA_NAME},
};

static const struct {
	int code;
	const char *name;
	hdt_dtype dtype;
} scalar_types[] = {
#define SCALAR_TYPE(code, name, dtype) {code, name, HDT_##dtype},
#include "scalar_types.def"
#undef SCALAR_TYPE
};

schema_kind schema_union(const json_t *object, const json_t **value, const char **key)
{
	const char *name = "nothing";
	*value = NULL;
	void *member = json_is_object(object) ? json_object_iter((json_t *)object) : NULL;
	if (member) {
		name = json_object_iter_key(member);
		*value = json_object_iter_value(member);
	}
	if (key)
		*key = name;
	for (size_t i = 0; member && i < sizeof(union_keys) / sizeof(union_keys[0]); i++)
		if (strcmp(union_keys[i].key, name) == 0)
			return union_keys[i].kind;
	return SCHEMA_UNKNOWN;
}

hdt_status schema_dtype(hdt_context *context, const json_t *code, const char *where, hdt_dtype *out)
{
	*out = HDT_DTYPE_NONE;
	json_int_t number = json_is_integer(code) ? json_integer_value(code) : -1;
	for (size_t i = 0; i < sizeof(scalar_types) / sizeof(scalar_types[0]); i++) {
		if (scalar_types[i].code != number)
			continue;
		*out = scalar_types[i].dtype;
		if (*out != HDT_DTYPE_NONE)
			return HDT_OK;
		return hdt_fail(context, HDT_UNSUPPORTED,
		                "%s: has element type %s, which is not supported; convert it before export", where,
		                scalar_types[i].name);
	}
	return hdt_fail(context, HDT_BAD_MODEL, "%s: has the unknown element type %lld", where, (long long)number);
}

bool schema_float(const json_t *json, double *out)
{
	const char *text = json_string_value(json);
	*out = json_is_number(json) ? json_number_value(json) : 0;
	if (!text)
		return json_is_number(json);
	if (strcmp(text, "Infinity") == 0)
		*out = INFINITY;
	else if (strcmp(text, "-Infinity") == 0)
		*out = -INFINITY;
	else if (strcmp(text, "NaN") == 0)
		*out = NAN;
	else
		return false;
	return true;
}

const char *schema_string(const json_t *object, const char *key)
{
	return json_string_value(json_object_get(object, key));
}

static hdt_status read_sizes(const symbol_table *symbols, const json_t *json, const char *where, const char *what,
                             const hdt_expr *out[HDT_MAX_RANK], int *count)
{
	if (!json_is_array(json))
		return hdt_fail(symbols->context, HDT_BAD_MODEL, "%s: has no %s", where, what);
	if (json_array_size(json) > HDT_MAX_RANK)
		return hdt_fail(symbols->context, HDT_UNSUPPORTED, "%s: has %zu dimensions; at most %d are supported", where,
		                json_array_size(json), HDT_MAX_RANK);
	*count = (int)json_array_size(json);
	for (int i = 0; i < *count; i++) {
		out[i] = symbols_size(symbols, json_array_get(json, (size_t)i), where);
		if (!out[i])
			return hdt_context_status(symbols->context);
	}
	return HDT_OK;
}

hdt_status schema_tensor_meta(const symbol_table *symbols, const json_t *json, const char *where, tensor_meta *out)
{
	memset(out, 0, sizeof(*out));
	if (!json_is_object(json))
		return hdt_fail(symbols->context, HDT_BAD_MODEL, "%s: has no description of its type and shape", where);
	const json_t *layout = json_object_get(json, "layout");
	if (json_is_integer(layout) && json_integer_value(layout) != LAYOUT_STRIDED)
		return hdt_fail(symbols->context, HDT_UNSUPPORTED, "%s: is a sparse tensor; make it dense before export",
		                where);
	hdt_status status = schema_dtype(symbols->context, json_object_get(json, "dtype"), where, &out->dtype);
	if (status == HDT_OK)
		status = read_sizes(symbols, json_object_get(json, "sizes"), where, "sizes", out->sizes, &out->rank);
	int strides = 0;
	if (status == HDT_OK)
		status = read_sizes(symbols, json_object_get(json, "strides"), where, "strides", out->strides, &strides);
	if (status == HDT_OK && strides != out->rank)
		status =
			hdt_fail(symbols->context, HDT_BAD_MODEL, "%s: has %d sizes but %d strides", where, out->rank, strides);
	if (status != HDT_OK)
		return status;
	out->offset = symbols_size(symbols, json_object_get(json, "storage_offset"), where);
	return out->offset ? HDT_OK : hdt_context_status(symbols->context);
}

bool schema_is_contiguous(hdt_context *context, const tensor_meta *meta)
{
	const hdt_expr *expected = hdt_int(context, 1);
	for (int d = meta->rank - 1; d >= 0; d--) {
		int64_t size;
		bool known = hdt_is_const(meta->sizes[d], &size);
		if (known && size == 0)
			return true;
		if ((!known || size != 1) && !hdt_proves_equal(meta->strides[d], expected))
			return false;
		expected = hdt_mul(expected, meta->sizes[d]);
	}
	return true;
}
