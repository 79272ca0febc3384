/* parse_layout.c: layouts from text; the inverse of layout_text.c. The form is told in layout.h. */
#include "ir/arguments.h"
#include "ir/layout.h"
#include <string.h>

/* What is read so far of a part: behind its closing parenthesis, and behind a point when `method`. */
typedef struct reading {
	const hdt_layout *layout;
	bool method;
} reading;

static bool give(parser *p, const token *where, const hdt_layout *layout, reading *out)
{
	if (!layout)
		parser_refuse(p, where, "this layout is not valid");
	out->layout = layout;
	return layout && !p->failed;
}

/* ---- forms ---- */

static bool parse_shape(parser *p, const token *word, reading *out,
                        const hdt_layout *(*build)(hdt_context *context, const int64_t *shape, int rank))
{
	arguments a;
	int64_t shape[HDT_MAX_RANK];
	int rank;
	if (!arguments_parse(&a, p, word) || (rank = arguments_take_integers(&a, shape, HDT_MAX_RANK)) < 0 ||
	    !arguments_close(&a, &out->method))
		return false;
	return give(p, word, build(p->context, shape, rank), out);
}

static bool parse_row(parser *p, const token *word, reading *out)
{
	return parse_shape(p, word, out, hdt_layout_row);
}

static bool parse_column(parser *p, const token *word, reading *out)
{
	return parse_shape(p, word, out, hdt_layout_column);
}

static bool parse_local(parser *p, const token *word, reading *out)
{
	return parse_shape(p, word, out, hdt_layout_local);
}

static bool parse_strided(parser *p, const token *word, reading *out)
{
	arguments a;
	int64_t shape[HDT_MAX_RANK];
	int ranks[HDT_MAX_RANK], rank;
	bool ranked;
	if (!arguments_parse(&a, p, word) || (rank = arguments_take_integers(&a, shape, HDT_MAX_RANK)) < 0 ||
	    !arguments_take_ranks(&a, rank, ranks, &ranked) || !arguments_close(&a, &out->method))
		return false;
	return give(p, word, hdt_layout_strided(p->context, shape, rank, ranked ? ranks : NULL), out);
}

/* A layout, or the shape of one in row order: [4, 4] */
static const hdt_layout *parse_member(parser *p)
{
	int64_t shape[HDT_MAX_RANK];
	token start = p->now;
	reading r = {0};
	if (!parser_is(p, "["))
		return parse_layout(p);
	int rank = parse_integers(p, shape);
	return rank >= 0 && give(p, &start, hdt_layout_row(p->context, shape, rank), &r) ? r.layout : NULL;
}

static bool parse_concat(parser *p, const token *word, reading *out)
{
	const hdt_layout *all = NULL;
	if (p->depth >= PARSER_MAX_DEPTH) {
		parser_fail(p, "layouts nest more than %d deep", PARSER_MAX_DEPTH);
		return false;
	}
	p->depth++;
	do {
		const hdt_layout *member = parse_member(p);
		if (!member || !give(p, word, all ? hdt_layout_concat(all, member) : member, out))
			return false;
		all = out->layout;
	} while (parser_accept(p, ","));
	p->depth--;
	return parse_closing(p, word, &out->method);
}

/* ---- methods ---- */

static bool parse_permute(parser *p, const token *word, reading *out)
{
	arguments a;
	int dims[HDT_MAX_RANK], count;
	if (!arguments_parse(&a, p, word) || (count = arguments_take_dims(&a, dims, HDT_MAX_RANK)) < 0 ||
	    !arguments_close(&a, &out->method))
		return false;
	return give(p, word, hdt_layout_permute(out->layout, dims, count), out);
}

static bool parse_reshape(parser *p, const token *word, reading *out)
{
	arguments a;
	int64_t shape[HDT_MAX_RANK];
	int rank;
	if (!arguments_parse(&a, p, word) || (rank = arguments_take_integers(&a, shape, HDT_MAX_RANK)) < 0 ||
	    !arguments_close(&a, &out->method))
		return false;
	return give(p, word, hdt_layout_reshape(out->layout, shape, rank), out);
}

static bool parse_swizzle(parser *p, const token *word, reading *out)
{
	arguments a;
	int dim, regards = -1, log_step = 0;
	if (!arguments_parse(&a, p, word))
		return false;
	int count = arguments_take_dims(&a, &dim, 1);
	if (count == 0)
		parser_fail_at(p, word, "'%s' needs the dimension to change, as in %s(1)", word->text, word->text);
	if (count < 1 || !arguments_take_dim(&a, "regards", &regards) || !arguments_take_dim(&a, "log_step", &log_step) ||
	    !arguments_close(&a, &out->method))
		return false;
	return give(p, word, hdt_layout_swizzle(out->layout, dim, regards, log_step), out);
}

/* ---- parts and compositions ---- */

typedef struct form {
	const char *name;
	bool (*parse)(parser *p, const token *word, reading *out);
} form;

#define FORM(name)          \
	{                       \
#name, parse_##name \
	}
static const form forms[] = {FORM(row), FORM(column), FORM(strided), FORM(local), FORM(concat), {0}};
static const form methods[] = {FORM(permute), FORM(reshape), FORM(swizzle), {0}};
#undef FORM

enum { MAX_FORMS = 8 };

static void tell_unknown(parser *p, const token *word, const form *table)
{
	const char *names[MAX_FORMS] = {NULL};
	for (int i = 0; table[i].name; i++)
		names[i] = table[i].name;
	const char *near = word->kind == TOKEN_NAME ? text_nearest(word->text, names) : NULL;
	if (near)
		parser_fail_at(p, word, "there is no layout '%s': did you mean '%s'?", word->text, near);
	else
		parser_fail_at(p, word, "expected %s",
		               table == forms ? "a layout such as row(4, 2)" : "permute, reshape or swizzle");
}

static bool parse_form(parser *p, const form *table, reading *out)
{
	token word = p->now;
	for (; table->name; table++) {
		if (word.kind != TOKEN_NAME || strcmp(word.text, table->name) != 0)
			continue;
		parser_next(p);
		return parser_expect(p, "(", "before the arguments of a layout") && table->parse(p, &word, out);
	}
	return false;
}

/* ( layout ) */
static bool parse_group(parser *p, reading *out)
{
	token start = p->now;
	if (p->depth >= PARSER_MAX_DEPTH) {
		parser_fail(p, "layouts nest more than %d deep", PARSER_MAX_DEPTH);
		return false;
	}
	p->depth++;
	parser_next(p);
	out->layout = parse_layout(p);
	p->depth--;
	return out->layout && parse_closing(p, &start, &out->method);
}

/* The name of a layout. */
static bool parse_constant(parser *p, reading *out)
{
	named_constant known = {.dtype = HDT_DTYPE_NONE};
	if (p->now.kind != TOKEN_NAME || !p->resolve_constant || !p->resolve_constant(p, p->now.text, &known, p->closure) ||
	    !known.layout)
		return false;
	out->layout = known.layout;
	parser_next(p);
	return true;
}

/* One of the table, or a fault that tells the nearest one. */
static bool parse_one(parser *p, const form *table, reading *out)
{
	token word = p->now;
	bool ok = parse_form(p, table, out);
	if (!ok && !p->failed)
		tell_unknown(p, &word, table);
	return ok;
}

static const hdt_layout *parse_part(parser *p)
{
	reading r = {0};
	bool ok = parser_is(p, "(") ? parse_group(p, &r) : parse_constant(p, &r) || parse_one(p, forms, &r);
	while (ok && r.method)
		ok = parse_one(p, methods, &r);
	return ok ? r.layout : NULL;
}

bool names_layout(const char *word)
{
	for (const form *f = forms; f->name; f++)
		if (!strcmp(f->name, word))
			return true;
	return false;
}

const hdt_layout *parse_layout(parser *p)
{
	reading r = {.layout = parse_part(p)};
	while (r.layout && parser_is(p, "*")) {
		token where = p->now;
		parser_next(p);
		const hdt_layout *inner = parse_part(p);
		if (!inner || !give(p, &where, hdt_layout_compose(r.layout, inner), &r))
			return NULL;
	}
	return p->failed ? NULL : r.layout;
}
