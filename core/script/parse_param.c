/* parse_param.c: what a template leaves open: values that stand before the program and are given when it is read, or have a default.
 *
 *     param tile: int = 64;                           param type: dtype = f32;              param scale: expr = 0.5;
 *     param tiles: mapping = spatial(4, 2);           param place: layout = row(8, 64); */
#include "script/parse.h"

#include "ir/layout.h"
#include "ir/task_mapping.h"
#include <string.h>

static const hdt_param *find_given(const script_reader *r, const char *name)
{
	for (int i = 0; i < r->given_count; i++)
		if (r->given[i].name && !strcmp(r->given[i].name, name))
			return &r->given[i];
	return NULL;
}

typedef enum param_kind {
	PARAM_INT,
	PARAM_DTYPE,
	PARAM_MAPPING,
	PARAM_LAYOUT,
	PARAM_EXPR,
	PARAM_KIND_COUNT
} param_kind;
static const char *const param_words[PARAM_KIND_COUNT] = {"int", "dtype", "mapping", "layout", "expr"};

static param_kind read_param_kind(script_reader *r)
{
	for (int k = 0; k < PARAM_KIND_COUNT; k++)
		if (parser_accept(r->p, param_words[k]))
			return (param_kind)k;
	parser_fail(r->p, "expected what kind of param it is: int, dtype, mapping, layout or expr");
	return PARAM_KIND_COUNT;
}

/* The value from outside; false when it is none of this kind. */
static bool take_given(script_reader *r, param_kind kind, const hdt_param *given, known_name *out)
{
	switch (kind) {
	case PARAM_INT:
		out->value = hdt_int(reader_context(r), given->integer);
		return true;
	case PARAM_DTYPE:
		out->constant.dtype = given->dtype;
		return (unsigned)given->dtype < HDT_DTYPE_COUNT;
	case PARAM_MAPPING:
		out->constant.mapping = given->mapping;
		return given->mapping != NULL;
	case PARAM_LAYOUT:
		out->constant.layout = given->layout;
		return given->layout != NULL;
	default:
		out->value = given->expr;
		return given->expr != NULL;
	}
}

static void read_default(script_reader *r, param_kind kind, known_name *out)
{
	int64_t integer = 0;
	switch (kind) {
	case PARAM_INT:
		if (constant_read(r, "an int", INT64_MIN, &integer))
			out->value = hdt_int(reader_context(r), integer);
		break;
	case PARAM_DTYPE:
		out->constant.dtype = parse_dtype(r->p);
		break;
	case PARAM_MAPPING:
		out->constant.mapping = parse_task_mapping(r->p);
		break;
	case PARAM_LAYOUT:
		out->constant.layout = parse_layout(r->p);
		break;
	default:
		out->value = value_read(r);
		break;
	}
}

/* param name: kind = default; */
static void read_param(script_reader *r)
{
	parser *p = r->p;
	token name;
	known_name meaning = {.what = "a param", .constant.dtype = HDT_DTYPE_NONE};
	parser_next(p);
	if (!name_read(r, "a param", &name) || !parser_expect(p, ":", "before the kind of the param"))
		return;
	param_kind kind = read_param_kind(r);
	const hdt_param *given = find_given(r, name.text);
	if (p->failed)
		return;
	if (given && !take_given(r, kind, given, &meaning))
		parser_fail_at(p, &name, "the value given for the param '%s' is no %s", name.text, param_words[kind]);
	if (!parser_is(p, "=") && !given)
		parser_fail_at(p, &name, "the param '%s' was given no value, and it has no default", name.text);
	if (parser_accept(p, "=") && !given)
		read_default(r, kind, &meaning);
	while (given && !parser_is(p, ";") &&
	       p->now.kind != TOKEN_END) /* a default that is not asked for may even be wrong */
		parser_next(p);
	if (parser_expect(p, ";", "after a param"))
		(void)name_define(r, &name, meaning);
}

static void check_given(script_reader *r)
{
	for (int i = 0; i < r->given_count && !r->p->failed; i++)
		if (r->given[i].name && !name_find(r, hdt_intern(reader_context(r), r->given[i].name)))
			parser_fail(r->p, "a value was given for the param '%s', which is not declared", r->given[i].name);
}

void params_read(script_reader *r)
{
	while (parser_is(r->p, "param"))
		read_param(r);
	check_given(r);
}
