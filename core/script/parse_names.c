/* parse_names.c: what the names in a program's text stand for, and what expressions ask of them.
 *
 * A name has one meaning at one place: giving it another within the same function is a fault. The axes of a view are names within it
 * alone and may hide others. */
#include "script/parse.h"

#include "ir/layout.h"
#include "ir/task_mapping.h"
#include "registry/registry.h"
#include <string.h>

/* ---- scopes ------------------------------------------------------------------------------------------------------- */

const known_name *name_find(const script_reader *r, const char *name)
{
	return map_get(&r->names, name);
}

int names_mark(const script_reader *r)
{
	return r->scope.count;
}

void names_forget(script_reader *r, int mark)
{
	while (r->scope.count > mark) {
		const known_name *last = r->scope.items[--r->scope.count];
		(void)map_set(&r->names, last->name, last->hidden); /* the key is there */
	}
}

static bool is_reserved(const char *name)
{
	static const char *const words[] = {"true", "false", "none", "nan", "inf"};
	for (size_t i = 0; i < sizeof words / sizeof *words; i++)
		if (!strcmp(words[i], name))
			return true;
	return hdt_dtype_named(name) != HDT_DTYPE_NONE;
}

bool name_define_hiding(script_reader *r, const token *where, known_name meaning)
{
	if (r->p->failed)
		return false;
	if (is_reserved(where->text)) {
		parser_fail_at(r->p, where, "'%s' is a word of the language: it cannot be the name of something", where->text);
		return false;
	}
	known_name *kept = hdt_allocate(reader_context(r), sizeof *kept);
	if (kept) {
		*kept = meaning;
		kept->name = where->text;
		kept->line = where->line;
		kept->hidden = map_get(&r->names, where->text);
	}
	if (kept && map_set(&r->names, kept->name, kept) && vec_push(reader_context(r), &r->scope, kept))
		return true;
	parser_fail_at(r->p, where, "out of memory");
	return false;
}

bool name_define(script_reader *r, const token *where, known_name meaning)
{
	const known_name *before = name_find(r, where->text);
	if (before && before->line)
		parser_fail_at(r->p, where, "'%s' is %s already, from line %d", where->text, before->what, before->line);
	else if (before)
		parser_fail_at(r->p, where, "'%s' is %s already", where->text, before->what);
	return !before && name_define_hiding(r, where, meaning);
}

bool name_define_value(script_reader *r, const token *where, const char *what, const hdt_expr *value)
{
	return reader_ok(r, where) &&
	       name_define(r, where, (known_name){.what = what, .value = value, .constant.dtype = HDT_DTYPE_NONE});
}

bool name_define_tensor(script_reader *r, const token *where, const char *what, const hdt_tensor *tensor)
{
	return reader_ok(r, where) &&
	       name_define(r, where, (known_name){.what = what, .tensor = tensor, .constant.dtype = HDT_DTYPE_NONE});
}

bool name_read(script_reader *r, const char *what, token *out)
{
	*out = r->p->now;
	if (out->kind != TOKEN_NAME) {
		parser_fail(r->p, "expected the name of %s", what);
		return false;
	}
	parser_next(r->p);
	return !r->p->failed;
}

/* ---- data --------------------------------------------------------------------------------------------------------- */

typedef struct data_search {
	const script_reader *reader;
	bool found;
} data_search;

static void find_data(const hdt_expr *e, void *closure)
{
	data_search *search = closure;
	const known_name *known = e->op == HDT_OP_VARIABLE ? name_find(search->reader, e->name) : NULL;
	bool effects = e->op == HDT_OP_CALL && e->serial;
	bool named =
		e->op == HDT_OP_VARIABLE && (!known || known->value != e || known->is_data); /* no name yet: what a call gave */
	search->found |= e->op == HDT_OP_LOAD || e->op == HDT_OP_READ || effects || named;
}

/* Is it made of what memory or other threads gave? Everything else, values of the function and indices, is arithmetic on sizes: i64. */
static bool is_data(const script_reader *r, const hdt_expr *e)
{
	data_search search = {r, false};
	expr_walk(e, find_data, &search);
	return search.found;
}

bool name_define_let(script_reader *r, const token *where, const hdt_expr *variable, const hdt_expr *value)
{
	return reader_ok(r, where) && name_define(r, where,
	                                          (known_name){.what = "a let",
	                                                       .value = variable,
	                                                       .is_data = is_data(r, value),
	                                                       .constant.dtype = HDT_DTYPE_NONE});
}

/* ---- what expressions ask ----------------------------------------------------------------------------------------- */

/* blockDim.x and its like: extents, not axes. */
static const hdt_expr *resolve_extent(script_reader *r, const char *name)
{
	const hdt_function *f = r->function;
	const char *point = strrchr(name, '.');
	int d = point && point[1] >= 'x' && point[1] <= 'z' && !point[2] ? point[1] - 'x' : -1;
	size_t length = point ? (size_t)(point - name) : 0;
	if (!f || f->kind != HDT_FUNCTION_CUDA || d < 0 || length == 0)
		return NULL;
	bool block = !strncmp(name, "blockDim", length), grid = !strncmp(name, "gridDim", length);
	if ((block || grid) && !f->launched) {
		parser_fail_at(r->p, &r->p->asked, "a function without grid() and block() does not know '%s'", name);
		return NULL;
	}
	return block ? f->block[d] : grid ? f->grid[d] : NULL;
}

/* In the shapes of a program's buffers: one of its values, else a dimension known at run time. */
static const hdt_expr *resolve_in_header(script_reader *r, const char *name)
{
	const known_name *known = map_get(&r->shared, name);
	if (known)
		return known->value;
	const hdt_expr *symbol = hdt_symbol(reader_context(r), name, 0, INT32_MAX);
	return name_define_value(r, &r->p->asked, "a dimension", symbol) ? symbol : NULL;
}

static const hdt_expr *resolve(parser *p, const char *name, void *closure)
{
	script_reader *r = closure;
	const known_name *known = name_find(r, name);
	if (known && known->constant.mapping)
		parser_fail_at(p, &p->asked, "'%s' is a task mapping, not a value", name);
	else if (known && known->constant.layout)
		parser_fail_at(p, &p->asked, "'%s' is a layout, not a value", name);
	if (known || p->failed)
		return p->failed ? NULL : known->value;
	return r->in_header ? resolve_in_header(r, name) : resolve_extent(r, name);
}

static const hdt_tensor *resolve_tensor(parser *p, const char *name, void *closure)
{
	const script_reader *r = closure;
	const known_name *known = name_find(r, name);
	bool looks = known && known->tensor && r->function && r->function->kind == HDT_FUNCTION_HOST;
	if (looks)
		parser_fail_at(p, &p->asked, "a %s function decides from sizes alone: it does not look into '%s'",
		               function_text(HDT_FUNCTION_HOST), name);
	return known && !looks ? known->tensor : NULL;
}

static bool resolve_constant(parser *p, const char *name, named_constant *out, void *closure)
{
	const known_name *known = name_find(closure, name);
	(void)p;
	if (known)
		*out = known->constant;
	return known != NULL;
}

/* The intrinsic that was meant, perhaps. */
static const char *nearest_intrinsic(const hdt_context *context, const char *name)
{
	const char *best = NULL, *pair[3] = {NULL, NULL, NULL};
	const hdt_registry *registry = context->registry;
	int count = registry ? registry_count(registry, REGISTRY_TARGET) : 0;
	for (int t = 0; t < count; t++) {
		const hdt_target *target = registry_at(registry, REGISTRY_TARGET, t)->descriptor;
		for (int i = 0; target->intrinsics && target->intrinsics[i]; i++) {
			pair[0] = target->intrinsics[i]->name;
			pair[1] = best;
			best = text_nearest(name, pair);
		}
	}
	return best;
}

static const hdt_expr *call(parser *p, const token *name, const hdt_expr *const *operands, int count, void *closure)
{
	script_reader *r = closure;
	const known_name *known = name_find(r, name->text);
	if (known) {
		parser_fail_at(p, name, "'%s' is %s, not a function", name->text, known->what);
		return NULL;
	}
	if (!intrinsic_exists(p->context, name->text)) {
		const char *near = nearest_intrinsic(p->context, name->text);
		if (near)
			parser_fail_at(p, name, "no loaded target provides '%s': did you mean '%s'?", name->text, near);
		else
			parser_fail_at(p, name, "there is no function '%s', and no loaded target provides it", name->text);
		return NULL;
	}
	const hdt_expr *e = hdt_intrinsic_call(p->context, name->text, (hdt_list){operands, count});
	if (!reader_ok(r, name))
		return NULL;
	if (!intrinsic_has(e->intrinsic, 'p') && r->effect.kind == TOKEN_END)
		r->effect = *name; /* the first one: of an operand, where both have effects */
	return e;
}

static bool gives_dtype(parser *p, const hdt_expr *operand, void *closure)
{
	(void)p;
	return is_data(closure, operand);
}

void names_connect(script_reader *r)
{
	r->p->resolve = resolve;
	r->p->resolve_tensor = resolve_tensor;
	r->p->resolve_constant = resolve_constant;
	r->p->call = call;
	r->p->gives_dtype = gives_dtype;
	r->p->closure = r;
}

void names_disconnect(script_reader *r)
{
	r->p->resolve = NULL;
	r->p->resolve_tensor = NULL;
	r->p->resolve_constant = NULL;
	r->p->call = NULL;
	r->p->gives_dtype = NULL;
	r->p->closure = NULL;
}
