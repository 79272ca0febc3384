/* symbols.c: a parser for sympy's two ways of writing an expression, mixed freely:
 *
 *     comparison: sum [("<" | "<=" | ">" | ">=" | "==" | "!=") sum]
 *     sum:        product {("+" | "-") product}
 *     product:    sign {("*" | "/" | "//" | "%") sign}
 *     sign:       "-" sign | power
 *     power:      primary ["**" sign]
 *     primary:    number | name | name "(" argument {"," argument} ")" | "(" comparison ")"
 *     argument:   comparison | 'quoted text' | name "=" anything (ignored)
 *
 * A quotient written "/" is exact in sympy, so floor division gives it. */
#include "symbols.h"
#include <ctype.h>
#include <errno.h>
#include <stdlib.h>
#include <string.h>

enum { MAX_TEXT = 4096, MAX_DEPTH = 64, MAX_ARGUMENTS = 32, MAX_POWER = 16, MAX_NAME = 128 };

typedef struct parser {
	const symbol_table *symbols;
	const char *text, *at, *where;
	int depth;
	bool failed;
} parser;

static const hdt_expr *parse_comparison(parser *p);

static const hdt_expr *refuse(parser *p, const char *why)
{
	if (!p->failed)
		hdt_fail(p->symbols->context, HDT_BAD_MODEL, "%s: the size expression \"%.200s\" %s (at character %d)",
		         p->where, p->text, why, (int)(p->at - p->text) + 1);
	p->failed = true;
	return NULL;
}

static void skip_spaces(parser *p)
{
	while (*p->at == ' ')
		p->at++;
}

static bool accept(parser *p, const char *token)
{
	skip_spaces(p);
	size_t length = strlen(token);
	if (strncmp(p->at, token, length) != 0)
		return false;
	p->at += length;
	return true;
}

/* One bound of a range; null is none. */
static int64_t read_bound(const json_t *range, const char *key, int64_t none)
{
	const json_t *bound = json_object_get(range, key);
	return json_is_integer(bound) ? (int64_t)json_integer_value(bound) : none;
}

static const hdt_expr *make_symbol(parser *p, const char *name)
{
	const json_t *range = json_object_get(p->symbols->ranges, name);
	int64_t min = read_bound(range, "min_val", 0), max = read_bound(range, "max_val", SYMBOLS_UNBOUNDED);
	min = min < 0 ? 0 : min;
	max = max > SYMBOLS_UNBOUNDED ? SYMBOLS_UNBOUNDED : max;
	if (min > max)
		return refuse(p, "has a symbol whose range is empty");
	return hdt_symbol(p->symbols->context, name, min, max);
}

static const hdt_expr *parse_number(parser *p)
{
	char *end;
	errno = 0;
	long long value = strtoll(p->at, &end, 10);
	if (errno == ERANGE)
		return refuse(p, "has a number that is too large");
	if (*end == '.' || *end == 'e')
		return refuse(p, "has a number that is not whole");
	p->at = end;
	return hdt_int(p->symbols->context, value);
}

static bool read_name(parser *p, char name[MAX_NAME])
{
	size_t length = 0;
	while (isalnum((unsigned char)p->at[length]) || p->at[length] == '_' || p->at[length] == '.')
		length++;
	if (length == 0 || length >= MAX_NAME)
		return false;
	memcpy(name, p->at, length);
	name[length] = 0;
	p->at += length;
	return true;
}

/* 's0' : the name inside. */
static bool read_quoted(parser *p, char name[MAX_NAME])
{
	char quote = *p->at++;
	bool good = read_name(p, name) && *p->at == quote;
	p->at += good;
	return good;
}

/* name=anything, up to the next comma or closing parenthesis: sympy's assumptions. */
static bool skip_assumption(parser *p)
{
	const char *end = p->at;
	while (isalnum((unsigned char)*end) || *end == '_')
		end++;
	if (end == p->at || *end != '=' || end[1] == '=')
		return false;
	p->at = end + strcspn(end, ",)");
	return true;
}

static const hdt_expr *fold(hdt_scalar_op op, const hdt_expr *const *args, int count)
{
	const hdt_expr *result = args[0];
	for (int i = 1; i < count; i++)
		result = hdt_binary(op, result, args[i]);
	return result;
}

static const hdt_expr *raise(parser *p, const hdt_expr *base, const hdt_expr *exponent)
{
	int64_t power;
	if (!exponent || !hdt_is_const(exponent, &power) || power < 0 || power > MAX_POWER)
		return refuse(p, "has a power that is no small whole number");
	const hdt_expr *result = hdt_int(p->symbols->context, 1);
	for (int64_t i = 0; i < power; i++)
		result = hdt_mul(result, base);
	return result;
}

typedef enum function_form { FORM_FOLD, FORM_SWAPPED, FORM_NOT, FORM_IDENTITY, FORM_POWER, FORM_SELECT } function_form;

static const struct {
	const char *name;
	int min, max; /* number of arguments */
	function_form form;
	hdt_scalar_op op;
} functions[] = {
	{"Integer", 1, 1, FORM_IDENTITY, HDT_OP_ADD},
	{"floor", 1, 1, FORM_IDENTITY, HDT_OP_ADD},
	{"Add", 1, MAX_ARGUMENTS, FORM_FOLD, HDT_OP_ADD},
	{"Mul", 1, MAX_ARGUMENTS, FORM_FOLD, HDT_OP_MUL},
	{"Max", 1, MAX_ARGUMENTS, FORM_FOLD, HDT_OP_MAX},
	{"Min", 1, MAX_ARGUMENTS, FORM_FOLD, HDT_OP_MIN},
	{"FloorDiv", 2, 2, FORM_FOLD, HDT_OP_FLOORDIV},
	{"CleanDiv", 2, 2, FORM_FOLD, HDT_OP_FLOORDIV},
	{"Mod", 2, 2, FORM_FOLD, HDT_OP_MOD},
	{"PythonMod", 2, 2, FORM_FOLD, HDT_OP_MOD},
	{"Pow", 2, 2, FORM_POWER, HDT_OP_MUL},
	{"PowByNatural", 2, 2, FORM_POWER, HDT_OP_MUL},
	{"Where", 3, 3, FORM_SELECT, HDT_OP_SELECT},
	{"Eq", 2, 2, FORM_FOLD, HDT_OP_EQ},
	{"Equality", 2, 2, FORM_FOLD, HDT_OP_EQ},
	{"Ne", 2, 2, FORM_FOLD, HDT_OP_NE},
	{"Unequality", 2, 2, FORM_FOLD, HDT_OP_NE},
	{"Lt", 2, 2, FORM_FOLD, HDT_OP_LT},
	{"StrictLessThan", 2, 2, FORM_FOLD, HDT_OP_LT},
	{"Le", 2, 2, FORM_FOLD, HDT_OP_LE},
	{"LessThan", 2, 2, FORM_FOLD, HDT_OP_LE},
	{"Gt", 2, 2, FORM_SWAPPED, HDT_OP_LT},
	{"StrictGreaterThan", 2, 2, FORM_SWAPPED, HDT_OP_LT},
	{"Ge", 2, 2, FORM_SWAPPED, HDT_OP_LE},
	{"GreaterThan", 2, 2, FORM_SWAPPED, HDT_OP_LE},
	{"And", 1, MAX_ARGUMENTS, FORM_FOLD, HDT_OP_AND},
	{"Or", 1, MAX_ARGUMENTS, FORM_FOLD, HDT_OP_OR},
	{"Not", 1, 1, FORM_NOT, HDT_OP_NOT},
};

static const hdt_expr *apply(parser *p, const char *name, const hdt_expr *const *args, int count)
{
	const char *dot = strrchr(name, '.');
	const char *plain = dot ? dot + 1 : name;
	for (size_t i = 0; i < sizeof(functions) / sizeof(functions[0]); i++) {
		if (strcmp(functions[i].name, plain) != 0)
			continue;
		if (count < functions[i].min || count > functions[i].max)
			return refuse(p, "gives a function the wrong number of arguments");
		switch (functions[i].form) {
		case FORM_FOLD:
			return fold(functions[i].op, args, count);
		case FORM_SWAPPED:
			return hdt_binary(functions[i].op, args[1], args[0]);
		case FORM_NOT:
			return hdt_not(args[0]);
		case FORM_IDENTITY:
			return args[0];
		case FORM_POWER:
			return raise(p, args[0], args[1]);
		case FORM_SELECT:
			return hdt_select(args[0], args[1], args[2]);
		}
	}
	return refuse(p, "uses a function that is not supported");
}

/* Behind "name(". */
static const hdt_expr *parse_call(parser *p, const char *name)
{
	const hdt_expr *args[MAX_ARGUMENTS];
	const hdt_expr *symbol = NULL;
	int count = 0;
	bool is_symbol = strcmp(name, "Symbol") == 0 || strcmp(name, "Dummy") == 0;
	do {
		skip_spaces(p);
		char quoted[MAX_NAME];
		if (is_symbol && (*p->at == '\'' || *p->at == '"')) {
			if (!read_quoted(p, quoted))
				return refuse(p, "has a symbol without a name");
			symbol = make_symbol(p, quoted);
		} else if (!skip_assumption(p)) {
			if (count == MAX_ARGUMENTS)
				return refuse(p, "gives a function too many arguments");
			args[count] = parse_comparison(p);
			if (!args[count++])
				return NULL;
		}
	} while (accept(p, ","));
	if (!accept(p, ")"))
		return refuse(p, "lacks a closing parenthesis");
	if (is_symbol)
		return symbol ? symbol : refuse(p, "has a symbol without a name");
	return apply(p, name, args, count);
}

static const hdt_expr *parse_primary(parser *p)
{
	skip_spaces(p);
	if (isdigit((unsigned char)*p->at))
		return parse_number(p);
	if (accept(p, "(")) {
		const hdt_expr *inner = parse_comparison(p);
		return !inner || accept(p, ")") ? inner : refuse(p, "lacks a closing parenthesis");
	}
	char name[MAX_NAME];
	if (!read_name(p, name))
		return refuse(p, "cannot be read");
	if (accept(p, "("))
		return parse_call(p, name);
	if (strcmp(name, "true") == 0 || strcmp(name, "True") == 0)
		return hdt_number(p->symbols->context, HDT_BOOL, 1);
	if (strcmp(name, "false") == 0 || strcmp(name, "False") == 0)
		return hdt_number(p->symbols->context, HDT_BOOL, 0);
	return make_symbol(p, name);
}

static const hdt_expr *parse_sign(parser *p)
{
	if (++p->depth > MAX_DEPTH)
		return refuse(p, "is nested too deeply");
	const hdt_expr *result;
	if (accept(p, "-")) {
		result = hdt_neg(parse_sign(p));
	} else {
		result = parse_primary(p);
		if (result && accept(p, "**"))
			result = raise(p, result, parse_sign(p));
	}
	p->depth--;
	return result;
}

static const hdt_expr *parse_product(parser *p)
{
	const hdt_expr *left = parse_sign(p);
	while (left) {
		if (accept(p, "//") || accept(p, "/"))
			left = hdt_floordiv(left, parse_sign(p));
		else if (accept(p, "*"))
			left = hdt_mul(left, parse_sign(p));
		else if (accept(p, "%"))
			left = hdt_mod(left, parse_sign(p));
		else
			break;
	}
	return left;
}

static const hdt_expr *parse_sum(parser *p)
{
	const hdt_expr *left = parse_product(p);
	while (left) {
		if (accept(p, "+"))
			left = hdt_add(left, parse_product(p));
		else if (accept(p, "-"))
			left = hdt_sub(left, parse_product(p));
		else
			break;
	}
	return left;
}

static const hdt_expr *parse_comparison(parser *p)
{
	const hdt_expr *left = parse_sum(p);
	if (!left)
		return NULL;
	if (accept(p, "<="))
		return hdt_less_equal(left, parse_sum(p));
	if (accept(p, ">="))
		return hdt_less_equal(parse_sum(p), left);
	if (accept(p, "=="))
		return hdt_equal(left, parse_sum(p));
	if (accept(p, "!="))
		return hdt_binary(HDT_OP_NE, left, parse_sum(p));
	if (accept(p, "<"))
		return hdt_less(left, parse_sum(p));
	if (accept(p, ">"))
		return hdt_less(parse_sum(p), left);
	return left;
}

const hdt_expr *symbols_parse(const symbol_table *symbols, const char *text, const char *where)
{
	parser p = {.symbols = symbols, .text = text, .at = text, .where = where};
	if (strlen(text) > MAX_TEXT)
		return refuse(&p, "is too long");
	const hdt_expr *result = parse_comparison(&p);
	skip_spaces(&p);
	return !result || *p.at == 0 ? result : refuse(&p, "goes on after its end");
}

const hdt_expr *symbols_size(const symbol_table *symbols, const json_t *json, const char *where)
{
	const json_t *integer = json_object_get(json, "as_int");
	if (json_is_integer(integer))
		return hdt_int(symbols->context, (int64_t)json_integer_value(integer));
	const char *text = json_string_value(json_object_get(json_object_get(json, "as_expr"), "expr_str"));
	if (text)
		return symbols_parse(symbols, text, where);
	hdt_fail(symbols->context, HDT_BAD_MODEL, "%s: has a size that is neither a number nor an expression", where);
	return NULL;
}
