/* parse_task_mapping.c: task mappings from text; the inverse of mapping_text.c. The form is told in task_mapping.h. */
#include "ir/arguments.h"
#include "ir/task_mapping.h"
#include <string.h>

/* What is read so far of a factor: behind its closing parenthesis, and behind a point when `method`. */
typedef struct reading {
	const hdt_task_mapping *mapping;
	bool method;
} reading;

static const hdt_task_mapping *checked(parser *p, const token *where, const hdt_task_mapping *mapping)
{
	if (!mapping)
		parser_refuse(p, where, "this task mapping is not valid");
	return p->failed ? NULL : mapping;
}

/* ---- forms ---- */

/* spatial(4, 2)  repeat(4, 2, ranks=[1, 0], loops="u.") and the column forms of both */
static bool parse_factor(parser *p, const token *word, bool spatial, box_order order, reading *out)
{
	arguments a;
	int64_t shape[HDT_MAX_RANK];
	int ranks[HDT_MAX_RANK], rank;
	const char *styles = NULL;
	bool ranked = false;
	if (!arguments_parse(&a, p, word) || (rank = arguments_take_integers(&a, shape, HDT_MAX_RANK)) < 0)
		return false;
	if (order == BOX_ROW && !arguments_take_ranks(&a, rank, ranks, &ranked))
		return false;
	for (int d = 0; d < rank && !ranked; d++)
		ranks[d] = order == BOX_ROW ? d : rank - 1 - d;
	if ((!spatial && !arguments_take_string(&a, "loops", &styles)) || !arguments_close(&a, &out->method))
		return false;
	out->mapping = checked(p, word,
	                       spatial ? hdt_spatial_ranked(p->context, shape, rank, ranks)
	                               : hdt_repeat_ranked(p->context, shape, rank, ranks, styles));
	return out->mapping != NULL;
}

static bool parse_spatial(parser *p, const token *word, reading *out)
{
	return parse_factor(p, word, true, BOX_ROW, out);
}

static bool parse_repeat(parser *p, const token *word, reading *out)
{
	return parse_factor(p, word, false, BOX_ROW, out);
}

static bool parse_col_spatial(parser *p, const token *word, reading *out)
{
	return parse_factor(p, word, true, BOX_COLUMN, out);
}

static bool parse_col_repeat(parser *p, const token *word, reading *out)
{
	return parse_factor(p, word, false, BOX_COLUMN, out);
}

static bool parse_shared_out(parser *p, const token *word, bool exact, reading *out)
{
	arguments a;
	int64_t shape[HDT_MAX_RANK], workers = 0;
	int ranks[HDT_MAX_RANK], rank;
	bool ranked, has_workers;
	if (!arguments_parse(&a, p, word) || (rank = arguments_take_integers(&a, shape, HDT_MAX_RANK)) < 0 ||
	    !arguments_take_ranks(&a, rank, ranks, &ranked) ||
	    !arguments_take_integer(&a, "workers", &workers, &has_workers) || !arguments_close(&a, &out->method))
		return false;
	if (!has_workers) {
		parser_fail_at(p, word, "'%s' needs the number of workers, as in workers=256", word->text);
		return false;
	}
	const int *order = ranked ? ranks : NULL;
	out->mapping = checked(p, word,
	                       exact ? hdt_auto_map(p->context, shape, rank, workers, order, NULL)
	                             : hdt_auto_map_predicated(p->context, shape, rank, workers, order));
	return out->mapping != NULL;
}

static bool parse_auto_map(parser *p, const token *word, reading *out)
{
	return parse_shared_out(p, word, true, out);
}

static bool parse_predicated_auto_map(parser *p, const token *word, reading *out)
{
	return parse_shared_out(p, word, false, out);
}

/* project(0, 1) */
static bool parse_project(parser *p, const token *word, reading *out)
{
	arguments a;
	int dims[HDT_MAX_RANK], count;
	if (!arguments_parse(&a, p, word) || (count = arguments_take_dims(&a, dims, HDT_MAX_RANK)) < 0 ||
	    !arguments_close(&a, &out->method))
		return false;
	out->mapping = checked(p, word, hdt_mapping_project(out->mapping, dims, count));
	return out->mapping != NULL;
}

/* ---- factors and compositions ---- */

#define FORM(name)          \
	{                       \
#name, parse_##name \
	}
static const struct form {
	const char *name;
	bool (*parse)(parser *p, const token *word, reading *out);
} forms[] = {FORM(spatial),    FORM(repeat),   FORM(col_spatial),
             FORM(col_repeat), FORM(auto_map), FORM(predicated_auto_map)};
#undef FORM

static void tell_unknown(parser *p, const token *word)
{
	const char *names[sizeof forms / sizeof *forms + 1] = {NULL};
	for (size_t i = 0; i < sizeof forms / sizeof *forms; i++)
		names[i] = forms[i].name;
	const char *near = word->kind == TOKEN_NAME ? text_nearest(word->text, names) : NULL;
	if (near)
		parser_fail_at(p, word, "there is no task mapping '%s': did you mean '%s'?", word->text, near);
	else
		parser_fail_at(p, word, "expected a task mapping such as spatial(4, 2)");
}

static bool parse_form(parser *p, reading *out)
{
	token word = p->now;
	for (size_t i = 0; i < sizeof forms / sizeof *forms; i++) {
		if (word.kind != TOKEN_NAME || strcmp(word.text, forms[i].name) != 0)
			continue;
		parser_next(p);
		return parser_expect(p, "(", "before the extents of a task mapping") && forms[i].parse(p, &word, out);
	}
	tell_unknown(p, &word);
	return false;
}

/* The name of a mapping. */
static bool parse_constant(parser *p, reading *out)
{
	named_constant known = {.dtype = HDT_DTYPE_NONE};
	if (p->now.kind != TOKEN_NAME || !p->resolve_constant || !p->resolve_constant(p, p->now.text, &known, p->closure) ||
	    !known.mapping)
		return false;
	out->mapping = known.mapping;
	parser_next(p);
	return true;
}

/* ( mapping ) */
static bool parse_group(parser *p, reading *out)
{
	token start = p->now;
	if (p->depth >= PARSER_MAX_DEPTH) {
		parser_fail(p, "task mappings nest more than %d deep", PARSER_MAX_DEPTH);
		return false;
	}
	p->depth++;
	parser_next(p);
	out->mapping = parse_task_mapping(p);
	p->depth--;
	return out->mapping && parse_closing(p, &start, &out->method);
}

static const hdt_task_mapping *parse_projected(parser *p)
{
	reading r = {0};
	if (!(parser_is(p, "(") ? parse_group(p, &r) : parse_constant(p, &r) || parse_form(p, &r)))
		return NULL;
	while (r.method) {
		token word = p->now;
		if (!parser_expect(p, "project", "behind the point: nothing else applies to a task mapping") ||
		    !parser_expect(p, "(", "before the dimensions to project") || !parse_project(p, &word, &r))
			return NULL;
	}
	return r.mapping;
}

bool names_task_mapping(const char *word)
{
	for (size_t i = 0; i < sizeof forms / sizeof *forms; i++)
		if (!strcmp(forms[i].name, word))
			return true;
	return false;
}

const hdt_task_mapping *parse_task_mapping(parser *p)
{
	const hdt_task_mapping *mapping = parse_projected(p);
	while (mapping && parser_is(p, "*")) {
		token where = p->now;
		parser_next(p);
		const hdt_task_mapping *inner = parse_projected(p);
		mapping = inner ? checked(p, &where, hdt_mapping_compose(mapping, inner)) : NULL;
	}
	return p->failed ? NULL : mapping;
}
