/* parse_declaration.c: statements that give something a name: buffers, tensor maps and let.
 *
 *     register acc: f32[4, 4] layout row(4, 4) = 0;      shared dynamic sb: f16[8, 256];      workspace w: f32[m];
 *     map ma = A box(64, 64) swizzle(128);               let x = v;      let tiles = spatial(4, 2) * repeat(2, 2); */
#include "script/parse.h"

#include "ir/layout.h"
#include "ir/task_mapping.h"
#include <string.h>

/* ---- buffers ------------------------------------------------------------------------------------------------------ */

/* name: dtype[dims] */
static bool read_typed_name(script_reader *r, const char *what, token *name, written_type *type)
{
	if (!name_read(r, what, name) || !parser_expect(r->p, ":", "before the type") || !type_read(r, type))
		return false;
	if (type->pointer)
		parser_fail_at(r->p, name, "a buffer has a shape: it cannot be a pointer");
	return !r->p->failed;
}

static bool check_constant_shape(script_reader *r, const token *name, const written_type *type)
{
	int64_t extent;
	for (int d = 0; d < type->rank; d++) {
		if (!hdt_is_const(type->dims[d], &extent)) {
			parser_fail_at(r->p, &type->places[d], "the shape of '%s' must be constant, and this is %s", name->text,
			               hdt_expr_text(type->dims[d]));
			return false;
		}
		if (extent < 0) {
			parser_fail_at(r->p, &type->places[d], "an extent is not negative");
			return false;
		}
	}
	return true;
}

static const hdt_layout *read_layout(script_reader *r, const token *name, const written_type *type)
{
	token start = r->p->now;
	int64_t extent;
	const hdt_layout *layout = parse_layout(r->p);
	if (!layout)
		return NULL;
	bool fits = layout->rank == type->rank;
	for (int d = 0; fits && d < type->rank; d++)
		fits = hdt_is_const(type->dims[d], &extent) && extent == layout->shape[d];
	if (fits)
		return layout;
	text shape = {0};
	print_extents(&shape, layout->shape, layout->rank);
	parser_fail_at(r->p, &start, "this layout has the shape [%s], which is not that of '%s'",
	               shape.data ? shape.data : "", name->text);
	text_free(&shape);
	return NULL;
}

static void read_buffer(script_reader *r, hdt_buffer_options options, const char *what)
{
	parser *p = r->p;
	token name;
	written_type type;
	if (!read_typed_name(r, "a buffer", &name, &type) || !check_constant_shape(r, &name, &type))
		return;
	options.bits = type.bits;
	if (parser_accept(p, "layout"))
		options.layout = read_layout(r, &name, &type);
	if (!p->failed && parser_accept(p, "="))
		options.start = value_read(r);
	if (p->failed)
		return;
	const hdt_tensor *t = hdt_buffer(r->function, name.text, type.dtype, type_shape(&type), &options);
	if (name_define_tensor(r, &name, what, t))
		statement_end(r);
}

void declaration_read_register(script_reader *r, const token *word)
{
	if (r->function->kind == HDT_FUNCTION_HOST)
		parser_fail_at(r->p, word, "a %s function has no memory of its own, except workspace",
		               function_text(HDT_FUNCTION_HOST));
	else
		read_buffer(r, (hdt_buffer_options){.scope = HDT_SCOPE_REGISTER}, "a buffer");
}

void declaration_read_shared(script_reader *r, const token *word)
{
	hdt_buffer_options options = {.scope = HDT_SCOPE_SHARED};
	parser saved = *r->p;
	if (r->function->kind != HDT_FUNCTION_CUDA) {
		parser_fail_at(r->p, word, "shared memory belongs to the functions of kind %s",
		               function_text(HDT_FUNCTION_CUDA));
		return;
	}
	options.dynamic = parser_accept(r->p, "dynamic");
	if (options.dynamic && parser_is(r->p, ":")) { /* it is the name */
		*r->p = saved;
		options.dynamic = false;
	}
	read_buffer(r, options, "a shared buffer");
}

static void depends_on_sizes_alone(const hdt_expr *node, void *closure)
{
	bool *ok = closure;
	if (node->op == HDT_OP_LOAD || node->op == HDT_OP_READ || node->op == HDT_OP_CALL || node->op == HDT_OP_AXIS)
		*ok = false;
}

static bool is_scalar_of(const hdt_function *f, const hdt_expr *e)
{
	for (int i = 0; i < f->scalar_count; i++)
		if (f->scalars[i] == e)
			return true;
	return false;
}

typedef struct scalar_check {
	const hdt_function *function;
	const hdt_expr *other; /* a variable that is no scalar of the function */
} scalar_check;

static void find_other_variable(const hdt_expr *node, void *closure)
{
	scalar_check *c = closure;
	if (node->op == HDT_OP_VARIABLE && !is_scalar_of(c->function, node))
		c->other = node;
}

/* The memory plan provides it, so its shape is made of what is known at the launch. */
static bool check_workspace_shape(script_reader *r, const written_type *type)
{
	for (int d = 0; d < type->rank; d++) {
		bool ok = true;
		scalar_check c = {.function = r->function};
		if (!expr_walk(type->dims[d], depends_on_sizes_alone, &ok) ||
		    !expr_walk(type->dims[d], find_other_variable, &c))
			return reader_ok(r, &type->places[d]);
		if (ok && !c.other)
			continue;
		parser_fail_at(r->p, &type->places[d],
		               "the shape of workspace is made of the function's values alone, without let and loop variables");
		return false;
	}
	return true;
}

void declaration_read_workspace(script_reader *r, const token *word)
{
	token name;
	written_type type;
	if (r->function->kind != HDT_FUNCTION_HOST) {
		parser_fail_at(r->p, word, "workspace is asked for in functions of kind %s", function_text(HDT_FUNCTION_HOST));
		return;
	}
	if (!read_typed_name(r, "the workspace", &name, &type) || !check_workspace_shape(r, &type))
		return;
	if (type.bits)
		parser_fail_at(r->p, &name, "workspace has elements of whole bytes");
	const hdt_tensor *t = hdt_program_workspace(r->program, name.text, type.dtype, type_shape(&type));
	if (name_define_tensor(r, &name, "workspace", hdt_use(r->function, t)))
		statement_end(r);
}

/* ---- tensor maps -------------------------------------------------------------------------------------------------- */

/* (n, n), one constant for each dimension */
static bool read_counts(script_reader *r, const char *what, int rank, int64_t *out)
{
	if (!parser_expect(r->p, "(", "before the extents"))
		return false;
	for (int d = 0; d < rank; d++)
		if ((d && !parser_expect(r->p, ",", "between the extents: one for each dimension")) ||
		    !constant_read(r, what, 1, &out[d]))
			return false;
	return parser_expect(r->p, ")", "after the extents");
}

void declaration_read_map(script_reader *r, const token *word)
{
	parser *p = r->p;
	hdt_tensor_map m = {.swizzle = 0};
	token name, tensor_name;
	int64_t swizzle = 0;
	if (r->function->kind != HDT_FUNCTION_CUDA)
		parser_fail_at(p, word, "tensor maps belong to the functions of kind %s", function_text(HDT_FUNCTION_CUDA));
	if (!name_read(r, "a tensor map", &name) || !parser_expect(p, "=", "after the name of a tensor map"))
		return;
	m.tensor = tensor_read(r, &tensor_name);
	if (!m.tensor || !parser_expect(p, "box", "before the elements that are copied at once") ||
	    !read_counts(r, "an extent of the box", m.tensor->rank, m.box))
		return;
	for (int d = 0; d < m.tensor->rank; d++)
		m.strides[d] = 1;
	if (parser_accept(p, "strides") && !read_counts(r, "a stride", m.tensor->rank, m.strides))
		return;
	token place = p->now;
	if (parser_accept(p, "swizzle") && !read_counts(r, "the swizzle", 1, &swizzle))
		return;
	if (swizzle != 0 && swizzle != 32 && swizzle != 64 && swizzle != 128) {
		parser_fail_at(p, &place, "a tensor map swizzles patterns of 32, 64 or 128 bytes");
		return;
	}
	m.swizzle = (int)swizzle;
	if (name_define_value(r, &name, "a tensor map", hdt_map(r->function, name.text, &m)))
		statement_end(r);
}

/* ---- let ---------------------------------------------------------------------------------------------------------- */

/* What stands behind the = of a let. */
typedef enum let_kind { LET_VALUE, LET_VIEW, LET_MAPPING, LET_LAYOUT } let_kind;

static let_kind kind_ahead(script_reader *r)
{
	parser saved = *r->p;
	while (parser_accept(r->p, "("))
		continue;
	token word = r->p->now;
	const known_name *known = word.kind == TOKEN_NAME ? name_find(r, word.text) : NULL;
	if (word.kind == TOKEN_NAME)
		parser_next(r->p);
	bool called = word.kind == TOKEN_NAME && !known && parser_is(r->p, "(");
	if (r->p->failed)
		return LET_VALUE;
	*r->p = saved;
	if (known)
		return known->constant.mapping ? LET_MAPPING : known->constant.layout ? LET_LAYOUT : LET_VALUE;
	return !called                         ? LET_VALUE
	       : !strcmp(word.text, "view")    ? LET_VIEW
	       : names_task_mapping(word.text) ? LET_MAPPING
	       : names_layout(word.text)       ? LET_LAYOUT
	                                       : LET_VALUE;
}

static void let_value(script_reader *r, const token *name, hdt_dtype dtype)
{
	const hdt_tensor *t = dtype == HDT_DTYPE_NONE ? view_accept_slice(r, name) : NULL;
	if (t) {
		(void)name_define_tensor(r, name, "a view", t);
		return;
	}
	const hdt_expr *value = r->p->failed ? NULL : result_read(r);
	if (value && dtype != HDT_DTYPE_NONE && value->op == HDT_OP_CALL && value->dtype != dtype)
		value = hdt_let(r->function, name->text, value); /* the call alone, then its conversion */
	if (value && dtype != HDT_DTYPE_NONE)
		value = hdt_cast(value, dtype);
	(void)name_define_let(r, name, hdt_let(r->function, name->text, value), value);
}

/* name = value, name: dtype = value */
static void read_binding(script_reader *r)
{
	token name;
	hdt_dtype dtype = HDT_DTYPE_NONE;
	known_name meaning = {.constant.dtype = HDT_DTYPE_NONE};
	if (!name_read(r, "a value", &name))
		return;
	if (parser_accept(r->p, ":") && (dtype = parse_dtype(r->p)) == HDT_DTYPE_NONE)
		return;
	if (!parser_expect(r->p, "=", "after the name"))
		return;
	switch (dtype == HDT_DTYPE_NONE ? kind_ahead(r) : LET_VALUE) {
	case LET_VALUE:
		let_value(r, &name, dtype);
		break;
	case LET_VIEW:
		parser_next(r->p);
		parser_next(r->p);
		(void)name_define_tensor(r, &name, "a view", view_read_as(r, &name));
		break;
	case LET_MAPPING:
		meaning.what = "a task mapping";
		meaning.constant.mapping = parse_task_mapping(r->p);
		(void)name_define(r, &name, meaning);
		break;
	case LET_LAYOUT:
		meaning.what = "a layout";
		meaning.constant.layout = parse_layout(r->p);
		(void)name_define(r, &name, meaning);
		break;
	}
}

void declaration_read_let(script_reader *r, const token *word)
{
	(void)word;
	do
		read_binding(r);
	while (parser_accept(r->p, ","));
	statement_end(r);
}
