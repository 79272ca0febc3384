/* conditions.c: what a pattern asks of the attributes of an operator.
 *
 *     softmax(%x, axis=-1|1)     pool(%x, mode!="sum")     norm(%x, eps<0.1)     reshape(%x, shape=s)
 */
#include "rewrite/rule.h"

#include <string.h>

static const hdt_attribute_value *find_attribute(const hdt_attribute_value *list, const char *name)
{
	for (; list && list->name; list++)
		if (!strcmp(list->name, name))
			return list;
	return NULL;
}

/* Literals and attributes belong to different contexts: dimensions are compared as numbers. */
static bool equals_dims(const hdt_attribute_value *value, hdt_list literal)
{
	int64_t dim = 0, wanted = 0;
	for (int i = 0; i < value->count && value->count == literal.count; i++)
		if (!hdt_is_const(value->dims[i], &dim) || !hdt_is_const(literal.items[i], &wanted) || dim != wanted)
			return false;
	return value->count == literal.count;
}

static bool literal_number(const hdt_argument *literal, double *out)
{
	int64_t whole = 0;
	bool is_whole = literal->kind == HDT_ARGUMENT_DIM && hdt_is_const(literal->dim, &whole);
	*out = is_whole ? (double)whole : literal->real;
	return is_whole || literal->kind == HDT_ARGUMENT_FLOAT;
}

static bool equals_literal(const hdt_attribute_value *value, const hdt_argument *literal)
{
	double number = 0;
	int64_t dim = 0;
	switch (value->kind) {
	case HDT_ATTRIBUTE_NONE:
		return literal->kind == HDT_ARGUMENT_NONE;
	case HDT_ATTRIBUTE_INT:
		return literal_number(literal, &number) && (double)value->integer == number;
	case HDT_ATTRIBUTE_BOOL:
		return literal->kind == HDT_ARGUMENT_BOOL && value->integer == (literal->real != 0);
	case HDT_ATTRIBUTE_FLOAT:
		return literal_number(literal, &number) && value->real == number;
	case HDT_ATTRIBUTE_STRING:
		return literal->kind == HDT_ARGUMENT_STRING && !strcmp(value->string, literal->string);
	case HDT_ATTRIBUTE_DTYPE:
		return literal->kind == HDT_ARGUMENT_DTYPE && value->integer == (int64_t)literal->dtype;
	case HDT_ATTRIBUTE_DIMS:
		if (literal_number(literal, &number))
			return value->count == 1 && hdt_is_const(value->dims[0], &dim) && (double)dim == number;
		return literal->kind == HDT_ARGUMENT_DIMS && equals_dims(value, literal->dims);
	}
	return false;
}

static bool satisfies(const hdt_attribute_value *value, comparison compare, const hdt_argument *literal)
{
	double number = 0, own = value->kind == HDT_ATTRIBUTE_FLOAT ? value->real : (double)value->integer;
	bool ordered =
		(value->kind == HDT_ATTRIBUTE_INT || value->kind == HDT_ATTRIBUTE_FLOAT) && literal_number(literal, &number);
	switch (compare) {
	case COMPARE_EQ:
		return equals_literal(value, literal);
	case COMPARE_NE:
		return !equals_literal(value, literal);
	case COMPARE_LT:
		return ordered && own < number;
	case COMPARE_LE:
		return ordered && own <= number;
	case COMPARE_GT:
		return ordered && own > number;
	case COMPARE_GE:
		return ordered && own >= number;
	}
	return false;
}

/* One of the literals will do, but of `!=` none may be equal. */
static bool meets(const hdt_attribute_value *value, const condition *c)
{
	bool all = c->compare == COMPARE_NE, any = false;
	for (int i = 0; i < c->literal_count; i++) {
		bool one = satisfies(value, c->compare, &c->literals[i]);
		all = all && one;
		any = any || one;
	}
	return c->compare == COMPARE_NE ? all : any;
}

static bool bind_variable(match *m, int variable, const hdt_attribute_value *value)
{
	if (!m->attributes[variable]) {
		m->attributes[variable] = value;
		return true;
	}
	hdt_attribute_value renamed = *m->attributes[variable];
	renamed.name = value->name;
	return attribute_equal(&renamed, value);
}

static bool is_mentioned(const term *t, const char *name)
{
	for (int i = 0; i < t->condition_count; i++)
		if (!strcmp(t->conditions[i].name, name))
			return true;
	return false;
}

/* In a rule without a function, what the pattern does not mention must be as if nobody had mentioned it. */
static bool others_are_default(const term *t, const hdt_node *node)
{
	const hdt_attribute_value *defaults = NULL;
	for (int i = 0; node->attributes && node->attributes[i].name; i++) {
		if (is_mentioned(t, node->attributes[i].name))
			continue;
		if (!node->op->attributes[i].fallback)
			return false;
		defaults = defaults ? defaults : node_default_attributes(node);
		if (!defaults || !attribute_equal(&node->attributes[i], &defaults[i]))
			return false;
	}
	return true;
}

bool conditions_match(const rule *r, match *m, const term *t, const hdt_node *node)
{
	for (int i = 0; i < t->condition_count; i++) {
		const condition *c = &t->conditions[i];
		const hdt_attribute_value *value = find_attribute(node->attributes, c->name);
		if (!value || (c->variable >= 0 ? !bind_variable(m, c->variable, value) : !meets(value, c)))
			return false;
	}
	return r->apply || others_are_default(t, node);
}
