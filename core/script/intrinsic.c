/* intrinsic.c: calls of intrinsics checked against their signatures: see hidet/intrinsic.h.
 *
 * The intrinsics are those of all loaded targets. Several may share a name: the first one whose signature takes the operands as they are is
 * meant, else the first one that takes them converted. */
#include "script/script.h"

#include "base/context.h"
#include "registry/registry.h"
#include <stdlib.h>
#include <string.h>

/* ---- signatures --------------------------------------------------------------------------------------------------- */

/* One parameter: pieces of the signature's text. */
typedef struct parameter {
	const char *name;
	size_t name_length;
	operand_use use;
	const char *scope; /* of an address */
	size_t scope_length;
	const char *dtypes; /* "any", or "f16|bf16" */
	size_t dtypes_length;
	const char *count; /* of an address: an integer or the name of a parameter; length 0: not said */
	size_t count_length;
} parameter;

typedef struct signature {
	parameter parameters[INTRINSIC_MOST_OPERANDS];
	int count;
	const char *result;
	size_t result_length;
} signature;

static bool is_word(const char *word, size_t length, const char *other)
{
	return strlen(other) == length && !memcmp(word, other, length);
}

/* The next word of a parameter, up to a space, comma or bracket; its length. */
static size_t next_word(const char **at, const char **word)
{
	while (**at == ' ')
		(*at)++;
	*word = *at;
	while (**at && !strchr(" ,:)", **at))
		(*at)++;
	return (size_t)(*at - *word);
}

static void read_address(const char **at, parameter *p)
{
	p->scope_length = next_word(at, &p->scope);
	p->dtypes_length = next_word(at, &p->dtypes);
	p->count_length = next_word(at, &p->count);
}

static const char *read_parameter(const char *at, parameter *p)
{
	static const struct {
		const char *word;
		operand_use use;
	} uses[] = {
		{"in", OPERAND_IN},       {"out", OPERAND_OUT}, {"inout", OPERAND_INOUT},
		{"const", OPERAND_CONST}, {"map", OPERAND_MAP},
	};
	const char *word;
	*p = (parameter){.use = OPERAND_VALUE};
	p->name_length = next_word(&at, &p->name);
	at += *at == ':';
	size_t length = next_word(&at, &word);
	for (size_t i = 0; i < sizeof uses / sizeof *uses; i++)
		if (is_word(word, length, uses[i].word))
			p->use = uses[i].use;
	if (p->use == OPERAND_VALUE) {
		p->dtypes = word;
		p->dtypes_length = length;
	} else if (p->use >= OPERAND_IN) {
		read_address(&at, p);
	}
	while (*at && *at != ',' && *at != ')')
		at++;
	return at;
}

static signature read_signature(const char *words)
{
	signature s = {.count = 0};
	const char *at = words + (*words == '(');
	while (*at && *at != ')' && s.count < INTRINSIC_MOST_OPERANDS) {
		at = read_parameter(at, &s.parameters[s.count++]);
		at += *at == ',';
		while (*at == ' ')
			at++;
	}
	const char *arrow = strstr(at, "->");
	if (arrow) {
		arrow += 2;
		s.result_length = next_word(&arrow, &s.result);
	}
	return s;
}

static int parameter_named(const signature *s, const char *name, size_t length)
{
	for (int i = 0; i < s->count; i++)
		if (s->parameters[i].name_length == length && !memcmp(s->parameters[i].name, name, length))
			return i;
	return -1;
}

/* ---- operands ----------------------------------------------------------------------------------------------------- */

/* Is the dtype in "any" or "f16|bf16"? `only`: set to the one that is listed, when there is one. */
static bool lists_dtype(const char *list, size_t length, hdt_dtype dtype, hdt_dtype *only)
{
	const char *end = list + length;
	bool found = is_word(list, length, "any");
	int listed = 0;
	*only = HDT_DTYPE_NONE;
	while (list < end) {
		const char *bar = memchr(list, '|', (size_t)(end - list));
		size_t piece = (size_t)((bar ? bar : end) - list);
		for (int d = 0; d < HDT_DTYPE_COUNT; d++)
			if (is_word(list, piece, hdt_dtype_of((hdt_dtype)d)->name)) {
				found = found || (hdt_dtype)d == dtype;
				*only = (hdt_dtype)d;
			}
		listed++;
		list += piece + 1;
	}
	if (listed != 1)
		*only = HDT_DTYPE_NONE;
	return found;
}

static bool is_scope(const parameter *p, hdt_scope scope)
{
	return is_word(p->scope, p->scope_length, "any") ||
	       (is_word(p->scope, p->scope_length, "memory") && scope != HDT_SCOPE_REGISTER) ||
	       is_word(p->scope, p->scope_length,
	               scope == HDT_SCOPE_GLOBAL   ? "global"
	               : scope == HDT_SCOPE_SHARED ? "shared"
	                                           : "register");
}

/* The operand as the parameter wants it; NULL when it does not take it. */
static const hdt_expr *fit(const parameter *p, const hdt_expr *e)
{
	int64_t value;
	hdt_dtype only;
	switch (p->use) {
	case OPERAND_VALUE:
		if (e->op == HDT_OP_ADDRESS || e->dtype == HDT_DTYPE_NONE)
			return NULL;
		if (lists_dtype(p->dtypes, p->dtypes_length, (hdt_dtype)e->dtype, &only))
			return e;
		/* Integers are converted to the one integer there is, and so on; an integer is no float without a word. */
		return only != HDT_DTYPE_NONE &&
		               (hdt_is_float(only) == hdt_is_float((hdt_dtype)e->dtype) || hdt_is_const(e, &value))
		           ? hdt_cast(e, only)
		           : NULL;
	case OPERAND_CONST:
		return hdt_is_const(e, &value) && !hdt_is_float((hdt_dtype)e->dtype) ? hdt_cast(e, HDT_I64) : NULL;
	case OPERAND_MAP:
		return e->op == HDT_OP_VARIABLE && e->dtype == HDT_U64 ? e : NULL;
	default:
		return e->op == HDT_OP_ADDRESS && is_scope(p, e->tensor->scope) &&
		               lists_dtype(p->dtypes, p->dtypes_length, e->tensor->dtype, &only)
		           ? e
		           : NULL;
	}
}

static hdt_dtype result_of(const signature *s, const hdt_expr *const *operands)
{
	if (s->result_length == 0)
		return HDT_DTYPE_NONE;
	for (int d = 0; d < HDT_DTYPE_COUNT; d++)
		if (is_word(s->result, s->result_length, hdt_dtype_of((hdt_dtype)d)->name))
			return (hdt_dtype)d;
	int from = parameter_named(s, s->result, s->result_length);
	if (from < 0)
		return HDT_DTYPE_NONE;
	return operands[from]->op == HDT_OP_ADDRESS ? operands[from]->tensor->dtype : (hdt_dtype)operands[from]->dtype;
}

/* `exactly`: without conversions but those to a `const`. */
static bool takes(const hdt_intrinsic *i, const hdt_expr *const *operands, int count, bool exactly,
                  const hdt_expr **converted, hdt_dtype *result)
{
	signature s = read_signature(i->signature);
	if (s.count != count)
		return false;
	for (int k = 0; k < count; k++)
		if (!(converted[k] = fit(&s.parameters[k], operands[k])) ||
		    (exactly && s.parameters[k].use == OPERAND_VALUE && converted[k] != operands[k]))
			return false;
	*result = result_of(&s, converted);
	return true;
}

/* ---- looking them up ---------------------------------------------------------------------------------------------- */

/* Intrinsics of the loaded targets, one after the other: give the next one of this name behind `*target`, `*index`. */
static const hdt_intrinsic *next_named(const hdt_registry *registry, const char *name, int *target, int *index)
{
	int count = registry ? registry_count(registry, REGISTRY_TARGET) : 0;
	for (; *target < count; (*target)++, *index = 0) {
		const hdt_target *t = registry_at(registry, REGISTRY_TARGET, *target)->descriptor;
		while (t->intrinsics && t->intrinsics[*index]) {
			const hdt_intrinsic *i = t->intrinsics[(*index)++];
			if (!name || !strcmp(i->name, name))
				return i;
		}
	}
	return NULL;
}

bool intrinsic_exists(const hdt_context *context, const char *name)
{
	int target = 0, index = 0;
	return next_named(context->registry, name, &target, &index) != NULL;
}

static void fail_unfit(hdt_context *context, const char *name)
{
	text t = {0};
	const hdt_intrinsic *i;
	for (int target = 0, index = 0; (i = next_named(context->registry, name, &target, &index));)
		if (!t.data || !strstr(t.data, i->signature)) /* targets agree mostly */
			text_format(&t, "%s%s%s", t.length ? "; " : "", name, i->signature);
	if (t.length)
		hdt_fail(context, HDT_BAD_MODEL, "these operands do not fit: %s", t.data);
	else
		hdt_fail(context, HDT_BAD_MODEL, "no loaded target provides an intrinsic '%s'", name);
	text_free(&t);
}

const hdt_intrinsic *intrinsic_find(hdt_context *context, const char *name, const hdt_expr *const *operands, int count,
                                    const hdt_expr **converted, hdt_dtype *result)
{
	const hdt_intrinsic *i;
	for (int exactly = 1; exactly >= 0 && count <= INTRINSIC_MOST_OPERANDS; exactly--)
		for (int target = 0, index = 0; (i = next_named(context->registry, name, &target, &index));)
			if (takes(i, operands, count, exactly, converted, result))
				return i;
	fail_unfit(context, name);
	return NULL;
}

const hdt_expr *hdt_intrinsic_call(hdt_context *context, const char *intrinsic, hdt_list operands)
{
	const hdt_expr *converted[INTRINSIC_MOST_OPERANDS];
	hdt_dtype result;
	if (!context || hdt_context_status(context) != HDT_OK)
		return NULL;
	for (int i = 0; i < operands.count; i++)
		if (!operands.items[i])
			return NULL;
	const hdt_intrinsic *i = intrinsic_find(context, intrinsic, operands.items, operands.count, converted, &result);
	return i ? expr_call(context, i, result, converted, operands.count) : NULL;
}

operand_use intrinsic_use(const hdt_expr *call, int index, int64_t *elements)
{
	signature s = read_signature(call->intrinsic->signature);
	*elements = 0;
	if (index < 0 || index >= s.count)
		return OPERAND_VALUE;
	const parameter *p = &s.parameters[index];
	if (p->count_length > 0) {
		int from = parameter_named(&s, p->count, p->count_length);
		if (from < 0)
			*elements = strtoll(p->count, NULL, 10);
		else if (!hdt_is_const(call->args[from], elements))
			*elements = 0;
	}
	return p->use;
}
