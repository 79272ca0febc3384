/* arguments.c: see arguments.h. */
#include "ir/arguments.h"
#include <string.h>

/* ---- reading ---- */

static bool parse_integer(parser *p, int64_t *out)
{
	token start = p->now;
	const hdt_expr *e = parse_expr(p);
	if (!e)
		return false;
	if (hdt_is_integer((hdt_dtype)e->dtype) && hdt_is_const(e, out))
		return true;
	parser_fail_at(p, &start, "expected a constant integer, not %s", hdt_expr_text(e));
	return false;
}

int parse_integers(parser *p, int64_t *items)
{
	int count = 0;
	if (!parser_expect(p, "[", "before a list of integers"))
		return -1;
	if (parser_accept(p, "]"))
		return 0;
	do {
		if (count == HDT_MAX_RANK) {
			parser_fail(p, "a list of more than %d integers", HDT_MAX_RANK);
			return -1;
		}
		if (!parse_integer(p, &items[count++]))
			return -1;
	} while (parser_accept(p, ","));
	return parser_expect(p, "]", "at the end of the list") ? count : -1;
}

/* name = , the parser staying where it was when it is something else */
static const char *accept_name(parser *p)
{
	parser saved = *p;
	if (p->now.kind == TOKEN_NAME) {
		parser_next(p);
		if (parser_accept(p, "="))
			return saved.now.text;
	}
	if (!p->failed)
		*p = saved;
	return NULL;
}

static bool parse_argument(parser *p, argument *out)
{
	*out = (argument){.where = p->now};
	out->name = accept_name(p);
	if (p->now.kind == TOKEN_STRING) {
		out->string = p->now.text;
		parser_next(p);
		return !p->failed;
	}
	out->list = parser_is(p, "[");
	out->count = out->list ? parse_integers(p, out->items) : parse_integer(p, out->items) ? 1 : -1;
	return out->count >= 0;
}

bool arguments_parse(arguments *a, parser *p, const token *word)
{
	a->p = p;
	a->word = *word;
	a->count = 0;
	if (parser_is(p, ")"))
		return true;
	do {
		if (a->count == MAX_ARGUMENTS) {
			parser_fail(p, "'%s' with more than %d arguments", word->text, MAX_ARGUMENTS);
			return false;
		}
		if (!parse_argument(p, &a->items[a->count++]))
			return false;
	} while (parser_accept(p, ","));
	return !p->failed;
}

/* ---- taking ---- */

static bool is_integer(const argument *item)
{
	return !item->list && !item->string;
}

int arguments_take_integers(arguments *a, int64_t *items, int most)
{
	int count = 0;
	for (int i = 0; i < a->count; i++) {
		argument *item = &a->items[i];
		if (item->taken || item->name || !is_integer(item))
			continue;
		if (count == most) {
			parser_fail_at(a->p, &item->where, "'%s' takes at most %d integers here", a->word.text, most);
			return -1;
		}
		items[count++] = item->items[0];
		item->taken = true;
	}
	return count;
}

/* Dimensions, ranks and shifts are small: what does not fit is out of range whatever the shape. */
static bool narrow(arguments *a, const token *where, int64_t value, int *out)
{
	*out = (int)value;
	if (value >= INT16_MIN && value <= INT16_MAX)
		return true;
	parser_fail_at(a->p, where, "%lld is out of range", (long long)value);
	return false;
}

int arguments_take_dims(arguments *a, int *dims, int most)
{
	int64_t items[HDT_MAX_RANK];
	int count = arguments_take_integers(a, items, most < HDT_MAX_RANK ? most : HDT_MAX_RANK);
	for (int i = 0; i < count; i++)
		if (!narrow(a, &a->word, items[i], &dims[i]))
			return -1;
	return count;
}

/* The argument of this name, now taken; NULL when it is not given. Named twice: the second is left over. */
static argument *take(arguments *a, const char *name)
{
	for (int i = 0; i < a->count; i++) {
		argument *item = &a->items[i];
		if (item->taken || !item->name || strcmp(item->name, name) != 0)
			continue;
		item->taken = true;
		return item;
	}
	return NULL;
}

bool arguments_take_integer(arguments *a, const char *name, int64_t *out, bool *given)
{
	argument *item = take(a, name);
	*given = item != NULL;
	if (item && !is_integer(item)) {
		parser_fail_at(a->p, &item->where, "'%s' is an integer", name);
		return false;
	}
	*out = item ? item->items[0] : *out;
	return true;
}

bool arguments_take_dim(arguments *a, const char *name, int *out)
{
	int64_t value = *out;
	bool given;
	return arguments_take_integer(a, name, &value, &given) && narrow(a, &a->word, value, out);
}

bool arguments_take_ranks(arguments *a, int rank, int *ranks, bool *given)
{
	argument *item = take(a, "ranks");
	*given = item != NULL;
	if (item && (!item->list || item->count != rank)) {
		parser_fail_at(a->p, &item->where, "expected one rank for each of the %d dimensions, as in ranks=[1, 0]", rank);
		return false;
	}
	for (int d = 0; item && d < rank; d++)
		if (!narrow(a, &item->where, item->items[d], &ranks[d]))
			return false;
	return true;
}

bool arguments_take_string(arguments *a, const char *name, const char **out)
{
	argument *item = take(a, name);
	if (item && !item->string) {
		parser_fail_at(a->p, &item->where, "'%s' is a string", name);
		return false;
	}
	*out = item ? item->string : NULL;
	return true;
}

/* ---- the end ---- */

/* A method's point stands right behind, so it is looked for in the source. */
bool parse_closing(parser *p, const token *word, bool *method)
{
	*method = false;
	if (!parser_is(p, ")")) {
		parser_fail(p, "expected ')' at the end of '%s'", word->text);
		return false;
	}
	*method = p->at[0] == '.' && p->at[1] != '.';
	p->at += *method;
	parser_next(p);
	return !p->failed;
}

bool arguments_close(arguments *a, bool *method)
{
	*method = false;
	for (int i = 0; i < a->count && !a->p->failed; i++) {
		const argument *item = &a->items[i];
		if (item->taken)
			continue;
		if (item->name)
			parser_fail_at(a->p, &item->where, "'%s' takes no '%s' here", a->word.text, item->name);
		else
			parser_fail_at(a->p, &item->where, "'%s' takes no such argument", a->word.text);
	}
	return !a->p->failed && parse_closing(a->p, &a->word, method);
}
