/* schema.h: the vocabulary of torch.export's JSON: tagged unions, element types, tensor descriptions, numbers. Unknown
 * fields are ignored, so that files of newer minor versions of the schema read well. */
#ifndef TORCH_MAP_SCHEMA_H
#define TORCH_MAP_SCHEMA_H

#include "symbols.h"
#include <hidet/plugin.h>
#include <jansson.h>

/* The alternatives of the schema's argument union, by the name of their key. */
typedef enum schema_kind {
	SCHEMA_NONE,
	SCHEMA_TENSOR,
	SCHEMA_TENSORS,
	SCHEMA_OPTIONAL_TENSOR,
	SCHEMA_OPTIONAL_TENSORS,
	SCHEMA_INT,
	SCHEMA_INTS,
	SCHEMA_FLOAT,
	SCHEMA_FLOATS,
	SCHEMA_STRING,
	SCHEMA_STRINGS,
	SCHEMA_BOOL,
	SCHEMA_BOOLS,
	SCHEMA_SYM_INT,
	SCHEMA_SYM_INTS,
	SCHEMA_SYM_FLOAT,
	SCHEMA_SYM_FLOATS,
	SCHEMA_SYM_BOOL,
	SCHEMA_SYM_BOOLS,
	SCHEMA_SCALAR_TYPE,
	SCHEMA_MEMORY_FORMAT,
	SCHEMA_LAYOUT,
	SCHEMA_DEVICE,
	SCHEMA_GRAPH,
	SCHEMA_EXPR,
	SCHEMA_NAME,
	SCHEMA_UNKNOWN /* one that this reader does not know */
} schema_kind;

/* Which alternative a union `{"as_int": 3}` holds, and its value; UNKNOWN when it is no such object. `key` may be NULL.
 */
schema_kind schema_union(const json_t *object, const json_t **value, const char **key);

/* The element type numbered `code`; a fault naming `where` when this system has none for it. */
hdt_status schema_dtype(hdt_context *context, const json_t *code, const char *where, hdt_dtype *out);

/* A float: JSON number, or "Infinity", "-Infinity", "NaN" as a string. */
bool schema_float(const json_t *json, double *out);

/* The string member `key`, NULL when there is none. */
const char *schema_string(const json_t *object, const char *key);

/* What the schema says of a tensor: sizes and strides may be symbolic. */
typedef struct tensor_meta {
	hdt_dtype dtype;
	int rank;
	const hdt_expr *sizes[HDT_MAX_RANK];
	const hdt_expr *strides[HDT_MAX_RANK];
	const hdt_expr *offset;
} tensor_meta;

/* Read a tensor description; `where` names the tensor in messages. */
hdt_status schema_tensor_meta(const symbol_table *symbols, const json_t *json, const char *where, tensor_meta *out);
static inline hdt_list schema_shape(const tensor_meta *meta)
{
	hdt_list l = {meta->sizes, meta->rank};
	return l;
}
/* Is it proved to be row-major without gaps? */
bool schema_is_contiguous(hdt_context *context, const tensor_meta *meta);

#endif
