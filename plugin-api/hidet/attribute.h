/* attribute.h: an operator's attributes: what it declares, and the values a call gives. */
#ifndef HIDET_ATTRIBUTE_H
#define HIDET_ATTRIBUTE_H

#include <hidet/expr.h>

HDT_BEGIN

typedef enum hdt_attribute_kind {
	HDT_ATTRIBUTE_NONE, /* the value `none`; also ends a list */
#define HDT_ATTRIBUTE(name, text, field, doc) HDT_ATTRIBUTE_##name,
#include <hidet/attributes.def>
#undef HDT_ATTRIBUTE
} hdt_attribute_kind;

/* Declaration, in an operator's table; the table ends with {0}. */
typedef struct hdt_attribute {
	const char *name;
	hdt_attribute_kind kind;
	const char *fallback; /* default as text ("-1", "none", "[1, 1]"); NULL: must be given */
	const char *doc;
} hdt_attribute;

/* One value. An array of them ends with {0}; the order does not matter. */
typedef struct hdt_attribute_value {
	const char *name;
	hdt_attribute_kind kind;     /* NONE: the attribute is `none` */
	int64_t integer;             /* INT, BOOL, DTYPE */
	double real;                 /* FLOAT */
	const char *string;          /* STRING */
	const hdt_expr *const *dims; /* DIMS */
	int count;                   /* of dims */
} hdt_attribute_value;

static inline hdt_attribute_value hdt_int_value(const char *name, int64_t v)
{
	hdt_attribute_value a = {name, HDT_ATTRIBUTE_INT, v, 0, NULL, NULL, 0};
	return a;
}
static inline hdt_attribute_value hdt_bool_value(const char *name, bool v)
{
	hdt_attribute_value a = {name, HDT_ATTRIBUTE_BOOL, v, 0, NULL, NULL, 0};
	return a;
}
static inline hdt_attribute_value hdt_dtype_value(const char *name, hdt_dtype v)
{
	hdt_attribute_value a = {name, HDT_ATTRIBUTE_DTYPE, v, 0, NULL, NULL, 0};
	return a;
}
static inline hdt_attribute_value hdt_float_value(const char *name, double v)
{
	hdt_attribute_value a = {name, HDT_ATTRIBUTE_FLOAT, 0, v, NULL, NULL, 0};
	return a;
}
static inline hdt_attribute_value hdt_string_value(const char *name, const char *v)
{
	hdt_attribute_value a = {name, HDT_ATTRIBUTE_STRING, 0, 0, v, NULL, 0};
	return a;
}
static inline hdt_attribute_value hdt_dims_value(const char *name, const hdt_expr *const *dims, int count)
{
	hdt_attribute_value a = {name, HDT_ATTRIBUTE_DIMS, 0, 0, NULL, dims, count};
	return a;
}

HDT_END
#endif
