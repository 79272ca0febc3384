/* parse.c: reads the text of a rule, once, when the rules of a registry are first needed.
 *
 *     rule     := sum, ... [ => sum, ... ]                      one result for each root
 *     sum      := product { + | - product }                     written with operators that have this sign
 *     product  := operand { * | / operand }
 *     operand  := [%name =] [&] call | [%name =] [&] ( sum { || sum } ) | %name[?][: sort] | %_ | number | none
 *     call     := op { | op } [?] [ ( sum | attribute, ... ) ] [ .output ]      without parentheses: with any inputs
 *     sort     := [const | number | fixed | variable] [dtype { | dtype }]
 *     attribute := name = value { | value } | name != value | name < value | ... | name = variable
 *
 * A name given twice is one value; `%name =` names the result of a call. `op?(x, ...)` matches the call, or x alone.
 * In a rule without a function an attribute that the pattern does not mention must have its default. */
#include "rewrite/rule.h"

#include <string.h>

enum { MAX_DEPTH = 32 };

typedef struct reader {
	parser p;
	rule *rule;
	bool in_results;
	int depth;
} reader;

static term *read_sum(reader *r);

static term *new_term(reader *r, term_kind kind)
{
	term *result = hdt_allocate(r->p.context, sizeof *result);
	if (result)
		*result = (term){.kind = kind, .name = -1, .output = -1};
	return result;
}

/* ---- names ------------------------------------------------------------------------------------------------------ */

/* The place of `name` in `list`, to which it is added when there is room; -1 otherwise. */
static int place_of(const char **list, int *count, int most, const char *name, bool add)
{
	for (int i = 0; i < *count; i++)
		if (list[i] == name)
			return i;
	if (!add || *count == most)
		return -1;
	list[*count] = name;
	return (*count)++;
}

/* %name, which stands for a value of the pattern, or is being defined. */
static bool read_name(reader *r, bool defined_here, int *out)
{
	parser *p = &r->p;
	rule *to = r->rule;
	*out = -1;
	if (strcmp(p->now.text, "_") || r->in_results) {
		*out = place_of(to->names, &to->name_count, MAX_RULE_NAMES, p->now.text, !r->in_results || defined_here);
		if (*out < 0 && r->in_results && !defined_here)
			return parser_fail(p, "nothing is called %%%s in the pattern", p->now.text), false;
		if (*out < 0)
			return parser_fail(p, "a rule has at most %d names", MAX_RULE_NAMES), false;
	}
	parser_next(p);
	return !p->failed;
}

static const hdt_operator *find_operator(reader *r)
{
	const hdt_registry *registry = r->p.context->registry;
	const hdt_operator *op = registry ? registry_operator(registry, r->p.now.text) : NULL;
	if (op)
		return op;
	int count = registry ? registry_count(registry, REGISTRY_OPERATOR) : 0;
	const char **names = hdt_allocate(r->p.context, sizeof *names * (size_t)(count + 1));
	for (int i = 0; names && i < count; i++)
		names[i] = registry_at(registry, REGISTRY_OPERATOR, i)->name;
	const char *nearest = names ? text_nearest(r->p.now.text, names) : NULL;
	parser_fail(&r->p, "no plugin provides an operator '%s'%s%s%s", r->p.now.text, nearest ? "; did you mean '" : "",
	            nearest ? nearest : "", nearest ? "'?" : "");
	return NULL;
}

/* ---- attributes ------------------------------------------------------------------------------------------------- */

static bool at_literal(const parser *p)
{
	static const char *const words[] = {"true", "false", "none", "inf", "nan"};
	if (p->now.kind != TOKEN_NAME || hdt_dtype_named(p->now.text) != HDT_DTYPE_NONE)
		return true;
	for (size_t i = 0; i < sizeof words / sizeof *words; i++)
		if (!strcmp(p->now.text, words[i]))
			return true;
	return false;
}

static bool read_variable(reader *r, condition *out)
{
	rule *to = r->rule;
	out->variable = place_of(to->variables, &to->variable_count, MAX_RULE_VARIABLES, r->p.now.text, !r->in_results);
	if (out->variable < 0)
		return parser_fail(&r->p, r->in_results ? "no attribute of the pattern is called '%s'" : "'%s' is one too many",
		                   r->p.now.text),
		       false;
	parser_next(&r->p);
	return !r->p.failed;
}

static bool read_literals(reader *r, condition *out)
{
	do {
		if (out->literal_count == MAX_ALTERNATIVES)
			return parser_fail(&r->p, "at most %d values for one attribute", MAX_ALTERNATIVES), false;
		if (!expression_literal(&r->p, &out->literals[out->literal_count++]))
			return false;
	} while (!r->in_results && parser_accept(&r->p, "|"));
	return true;
}

static const char *const comparisons[] = {"=", "!=", "<", "<=", ">", ">="};

/* The comparison at the token, or -1. */
static int comparison_at(const parser *p)
{
	for (size_t i = 0; i < sizeof comparisons / sizeof *comparisons; i++)
		if (parser_is(p, comparisons[i]))
			return (int)i;
	return -1;
}

/* Is the parser at `name =`, or another comparison? */
static bool at_attribute(const parser *p)
{
	parser ahead = *p;
	if (p->now.kind != TOKEN_NAME)
		return false;
	parser_next(&ahead);
	return !ahead.failed && comparison_at(&ahead) >= 0;
}

static bool has_attribute(const hdt_operator *op, const char *name)
{
	for (const hdt_attribute *a = op->attributes; a && a->name; a++)
		if (!strcmp(a->name, name))
			return true;
	return false;
}

static bool read_attribute(reader *r, term *out)
{
	parser *p = &r->p;
	condition one = {.name = p->now.text, .variable = -1};
	for (int i = 0; i < out->op_count; i++)
		if (!has_attribute(out->ops[i], one.name))
			return parser_fail(p, "%s has no attribute '%s'", out->ops[i]->name, one.name), false;
	if (out->condition_count == MAX_TERM_CONDITIONS)
		return parser_fail(p, "at most %d attributes at one operator", MAX_TERM_CONDITIONS), false;
	parser_next(p);
	one.compare = (comparison)comparison_at(p);
	if (one.compare != COMPARE_EQ && r->in_results)
		return parser_fail(p, "a result gives its attributes with ="), false;
	parser_next(p);
	bool literal = at_literal(p);
	if (!literal && one.compare != COMPARE_EQ)
		return parser_fail(p, "an attribute is compared with a literal"), false;
	if (literal ? !read_literals(r, &one) : !read_variable(r, &one))
		return false;
	if (!out->conditions)
		out->conditions = hdt_allocate(p->context, sizeof one * MAX_TERM_CONDITIONS);
	if (!out->conditions)
		return false;
	out->conditions[out->condition_count++] = one;
	return true;
}

/* ---- calls ------------------------------------------------------------------------------------------------------ */

static bool add_input(reader *r, term *to, const term *input)
{
	if (!input)
		return false;
	if (to->input_count == MAX_TERM_INPUTS)
		return parser_fail(&r->p, "at most %d inputs at one operator", MAX_TERM_INPUTS), false;
	to->inputs[to->input_count++] = input;
	return true;
}

static bool read_inputs(reader *r, term *out)
{
	parser *p = &r->p;
	while (!p->failed && !parser_is(p, ")")) {
		if (at_attribute(p) ? !read_attribute(r, out) : !add_input(r, out, read_sum(r)))
			return false;
		if (!parser_accept(p, ","))
			break;
	}
	return parser_expect(p, ")", "after the operands");
}

/* As many inputs as the operator can have; a result also needs those that it must have. */
static bool check_arity(reader *r, const term *t)
{
	for (int i = 0; i < t->op_count && !t->any_inputs; i++) {
		int required = 0, most = 0;
		operator_arity(t->ops[i], &required, &most);
		if ((most >= 0 && t->input_count > most) || (r->in_results && t->input_count < required))
			return parser_fail(&r->p, "%s cannot have %d inputs (it has: %s)", t->ops[i]->name, t->input_count,
			                   t->ops[i]->inputs),
			       false;
	}
	if (t->is_optional && t->input_count == 0)
		return parser_fail(&r->p, "an optional operator needs an input that may stand for it"), false;
	return true;
}

static bool read_output(reader *r, term *out)
{
	parser *p = &r->p;
	if (!parser_accept(p, "."))
		return true;
	if (p->now.kind != TOKEN_INTEGER || p->now.integer > 1000)
		return parser_fail(p, "expected the number of an output, from 0"), false;
	out->output = (int)p->now.integer;
	parser_next(p);
	return !p->failed;
}

static term *read_call(reader *r)
{
	parser *p = &r->p;
	term *result = new_term(r, TERM_OPERATOR);
	do {
		const hdt_operator *op = result && p->now.kind == TOKEN_NAME ? find_operator(r) : NULL;
		if (!op || result->op_count == MAX_ALTERNATIVES || (r->in_results && result->op_count))
			return parser_fail(p, "expected the name of an operator"), NULL;
		result->ops[result->op_count++] = op;
		parser_next(p);
	} while (parser_accept(p, "|"));
	result->is_optional = parser_accept(p, "?");
	result->any_inputs = !parser_accept(p, "(");
	if (result->any_inputs && (r->in_results || result->is_optional))
		return parser_fail(p, "expected ( and the inputs"), NULL;
	if (result->is_optional && r->in_results)
		return parser_fail(p, "only in a pattern may an operator be left out"), NULL;
	if (!result->any_inputs && (!read_inputs(r, result) || !check_arity(r, result) || !read_output(r, result)))
		return NULL;
	return p->failed ? NULL : result;
}

/* ---- operands --------------------------------------------------------------------------------------------------- */

/* The words behind the colon: const, f32|f64, const f32 */
static bool read_sort(reader *r, term *out)
{
	static const char *const words[SORT_COUNT] = {"", "const", "number", "fixed", "variable"};
	parser *p = &r->p;
	for (int i = 1; i < SORT_COUNT && out->sort == SORT_ANY; i++)
		if (parser_accept(p, words[i]))
			out->sort = (value_sort)i;
	while (p->now.kind == TOKEN_NAME && hdt_dtype_named(p->now.text) != HDT_DTYPE_NONE) {
		out->dtypes |= UINT64_C(1) << hdt_dtype_named(p->now.text);
		parser_next(p);
		if (!parser_accept(p, "|"))
			break;
	}
	if (out->sort == SORT_ANY && !out->dtypes)
		return parser_fail(p, "expected const, number, fixed or variable, or a dtype"), false;
	return !p->failed;
}

/* sum { || sum } behind the parenthesis */
static term *read_alternatives(reader *r)
{
	parser *p = &r->p;
	term *first = read_sum(r), *result = first;
	if (first && parser_is(p, "||") && !r->in_results) {
		result = new_term(r, TERM_EITHER);
		if (!result || !add_input(r, result, first))
			return NULL;
		while (parser_accept(p, "||"))
			if (!add_input(r, result, read_sum(r)))
				return NULL;
	}
	return parser_expect(p, ")", "after the operand") ? result : NULL;
}

/* [&] call | [&] ( ... ), to which a name may have been given */
static term *read_result(reader *r, int name)
{
	parser *p = &r->p;
	bool shared = parser_accept(p, "&");
	if (shared && r->in_results)
		return parser_fail(p, "& stands in patterns only"), NULL;
	term *result = NULL;
	result = parser_accept(p, "(") ? read_alternatives(r) : read_call(r);
	bool named = result && (result->kind == TERM_OPERATOR || result->kind == TERM_EITHER);
	if (!result || (name >= 0 && !named) || (shared && result->kind != TERM_OPERATOR))
		return parser_fail(p, "expected an operator"), NULL;
	if (name >= 0)
		result->name = name;
	result->may_be_shared = result->may_be_shared || shared;
	return result;
}

static term *read_value(reader *r)
{
	parser *p = &r->p, ahead = *p;
	int name = -1;
	parser_next(&ahead);
	bool defined_here = !ahead.failed && parser_is(&ahead, "=");
	if (!read_name(r, defined_here, &name))
		return NULL;
	if (parser_accept(p, "="))
		return read_result(r, name);
	term *result = new_term(r, TERM_VALUE);
	if (!result)
		return NULL;
	result->name = name;
	if (r->in_results)
		return result;
	result->is_optional = parser_accept(p, "?");
	if (parser_accept(p, ":") && !read_sort(r, result))
		return NULL;
	return p->failed ? NULL : result;
}

static term *read_number(reader *r)
{
	term *result = new_term(r, TERM_NUMBER);
	if (!result || !expression_literal(&r->p, &result->number))
		return NULL;
	if (result->number.kind != HDT_ARGUMENT_FLOAT && result->number.kind != HDT_ARGUMENT_DIM)
		return parser_fail(&r->p, "expected an operator, a value such as %%x, a number or none"), NULL;
	return result;
}

static term *read_operand(reader *r)
{
	parser *p = &r->p;
	if (p->now.kind == TOKEN_VALUE)
		return read_value(r);
	if (parser_accept(p, "none"))
		return new_term(r, TERM_NONE);
	if ((p->now.kind == TOKEN_NAME && strcmp(p->now.text, "inf")) || parser_is(p, "&") || parser_is(p, "("))
		return read_result(r, -1);
	return read_number(r);
}

/* left SIGN right, for which an operator is registered */
static term *join(reader *r, const char *sign, const term *left, const term *right)
{
	const hdt_operator *op = registry_signed_operator(r->p.context->registry, sign);
	term *result = left && right ? new_term(r, TERM_OPERATOR) : NULL;
	if (!result)
		return NULL;
	if (!op)
		return parser_fail(&r->p, "no plugin provides an operator that is written '%s'", sign), NULL;
	result->ops[result->op_count++] = op;
	return add_input(r, result, left) && add_input(r, result, right) && check_arity(r, result) ? result : NULL;
}

static term *read_joined(reader *r, term *(*read)(reader *), const char *const signs[2])
{
	term *left = read(r);
	while (left && !r->p.failed && (parser_is(&r->p, signs[0]) || parser_is(&r->p, signs[1]))) {
		const char *sign = r->p.now.text;
		parser_next(&r->p);
		left = join(r, sign, left, read(r));
	}
	return r->p.failed ? NULL : left;
}

static term *read_product(reader *r)
{
	static const char *const signs[] = {"*", "/"};
	return read_joined(r, read_operand, signs);
}

static term *read_sum(reader *r)
{
	static const char *const signs[] = {"+", "-"};
	if (r->depth >= MAX_DEPTH)
		return parser_fail(&r->p, "the rule is nested too deeply"), NULL;
	r->depth++;
	term *result = read_joined(r, read_product, signs);
	r->depth--;
	return result;
}

/* ---- rules ------------------------------------------------------------------------------------------------------ */

static bool read_list(reader *r, const term **out, int *count)
{
	do {
		const term *one = *count < MAX_RULE_ROOTS ? read_sum(r) : NULL;
		if (!one)
			return parser_fail(&r->p, "at most %d results", MAX_RULE_ROOTS), false;
		out[(*count)++] = one;
	} while (parser_accept(&r->p, ","));
	return true;
}

/* Number the operators in reading order. */
static bool number_operators(rule *out, const term *t)
{
	if (t->kind == TERM_OPERATOR && out->operator_count == MAX_RULE_OPERATORS)
		return false;
	if (t->kind == TERM_OPERATOR) {
		((term *)(uintptr_t)t)->index = out->operator_count; /* made above, for this rule alone */
		out->operators[out->operator_count++] = t;
	}
	for (int i = 0; i < t->input_count; i++)
		if (!number_operators(out, t->inputs[i]))
			return false;
	return true;
}

static void note_names(const term *t, bool *named)
{
	if (t->name >= 0)
		named[t->name] = true;
	for (int i = 0; i < t->input_count; i++)
		note_names(t->inputs[i], named);
}

/* Each root must share a name with those before it: otherwise any node of the graph might be meant. */
static bool roots_are_connected(const rule *r)
{
	bool before[MAX_RULE_NAMES] = {false};
	for (int i = 0; i < r->root_count; i++) {
		bool own[MAX_RULE_NAMES] = {false}, shared = i == 0;
		note_names(r->roots[i], own);
		for (int n = 0; n < r->name_count; n++) {
			shared = shared || (own[n] && before[n]);
			before[n] = before[n] || own[n];
		}
		if (!shared)
			return false;
	}
	return true;
}

static bool check_pattern(reader *r)
{
	rule *out = r->rule;
	for (int i = 0; i < out->root_count; i++) {
		const term *root = out->roots[i];
		if (root->kind != TERM_OPERATOR || root->is_optional)
			return parser_fail(&r->p, "a pattern is an operator that must be there"), false;
		if (!number_operators(out, root))
			return parser_fail(&r->p, "a pattern has at most %d operators", MAX_RULE_OPERATORS), false;
	}
	if (!roots_are_connected(out))
		return parser_fail(&r->p, "the patterns have no value in common"), false;
	return true;
}

bool rule_parse(hdt_context *context, const char *source, rule *out)
{
	reader r = {.rule = out};
	parser_init(&r.p, context, out->name, source);
	if (!read_list(&r, out->roots, &out->root_count) || !check_pattern(&r))
		return false;
	out->pattern_names = out->name_count;
	bool has_results = parser_accept(&r.p, "=>");
	if (has_results == (out->apply != NULL))
		return parser_fail(&r.p, "a rule needs a function or a text with =>, and not both"), false;
	r.in_results = true;
	if (has_results && !read_list(&r, out->results, &out->result_count))
		return false;
	if (has_results && out->result_count != out->root_count)
		return parser_fail(&r.p, "%d patterns become %d results", out->root_count, out->result_count), false;
	if (r.p.now.kind != TOKEN_END)
		return parser_fail(&r.p,
		                   has_results ? "expected the end of the rule" : "expected => or the end of the pattern"),
		       false;
	return !r.p.failed;
}
