/* parse_constant.c: the constants of a program, which stand before its functions.
 *
 *     constant packed[i < 12, k < 64, j < 16] = weight[i * 16 + j, k];
 *
 * The value is read as that of a tensor in a task: reductions may stand in it, integers are i64, axes and buffers have names apart. */
#include "script/parse.h"

#include <string.h>

typedef struct constant_reader {
	script_reader *r;
	VEC(const hdt_expr *) axes; /* in scope, innermost last */
	VEC(const char *) names;    /* of each as it is written */
} constant_reader;

static const hdt_expr *resolve(parser *p, const char *name, void *closure)
{
	const constant_reader *c = closure;
	const known_name *known = name_find(c->r, name);
	(void)p;
	for (int i = c->names.count - 1; i >= 0; i--)
		if (!strcmp(c->names.items[i], name))
			return c->axes.items[i];
	return known ? known->value : NULL; /* of a param */
}

static const hdt_expr *resolve_load(parser *p, const char *name, hdt_expr const *const *indices, int count,
                                    void *closure)
{
	const constant_reader *c = closure;
	const known_name *known = map_get(&c->r->shared, name);
	if (!known || !known->tensor)
		return NULL;
	if (known->tensor->rank != count) {
		parser_fail(p, "'%s' has rank %d, but is read at %d indices", name, known->tensor->rank, count);
		return NULL;
	}
	return hdt_load(known->tensor, indices, count);
}

static bool open_axis(parser *p, const char *name, const hdt_expr *axis, void *closure)
{
	constant_reader *c = closure;
	return vec_push(p->context, &c->names, name) && vec_push(p->context, &c->axes, axis);
}

static void close_axes(parser *p, int count, void *closure)
{
	constant_reader *c = closure;
	(void)p;
	c->names.count -= count;
	c->axes.count -= count;
}

/* [i < 4, j < 8] : opens the axes. */
static bool read_axes(constant_reader *c)
{
	parser *p = c->r->p;
	if (!parser_expect(p, "[", "after the name of a constant"))
		return false;
	while (!parser_accept(p, "]")) {
		token name;
		if ((c->axes.count && !parser_expect(p, ",", "between axes")) || !name_read(c->r, "an axis", &name) ||
		    !parser_expect(p, "<", "after the name of an axis"))
			return false;
		if (c->axes.count == HDT_MAX_RANK) {
			parser_fail_at(p, &name, "a constant has at most %d dimensions", HDT_MAX_RANK);
			return false;
		}
		const hdt_expr *extent = integer_read(c->r, "an extent");
		if (!extent || !open_axis(p, name.text, hdt_axis(name.text, extent), c) || !reader_ok(c->r, &name))
			return false;
	}
	return true;
}

static const hdt_tensor *read_definition(constant_reader *c, token *name)
{
	parser *p = c->r->p;
	parser_next(p);
	if (!name_read(c->r, "a constant", name) || !read_axes(c) || !parser_expect(p, "=", "before the value"))
		return NULL;
	const hdt_expr *value = parse_expr(p);
	if (!value || !parser_expect(p, ";", "after the value of a constant"))
		return NULL;
	const hdt_tensor *t =
		hdt_program_constant(c->r->program, name->text, (hdt_list){c->axes.items, c->axes.count}, value);
	return reader_ok(c->r, name) ? t : NULL;
}

const hdt_tensor *constant_tensor_read(script_reader *r, token *name)
{
	parser *p = r->p, outer = *p;
	constant_reader c = {.r = r};
	p->resolve = resolve;
	p->resolve_load = resolve_load;
	p->open_axis = open_axis;
	p->close_axes = close_axes;
	p->resolve_tensor = NULL;
	p->resolve_constant = NULL;
	p->call = NULL;
	p->gives_dtype = NULL;
	p->closure = &c;
	const hdt_tensor *t = read_definition(&c, name);
	p->resolve = outer.resolve;
	p->resolve_load = outer.resolve_load;
	p->open_axis = outer.open_axis;
	p->close_axes = outer.close_axes;
	p->resolve_tensor = outer.resolve_tensor;
	p->resolve_constant = outer.resolve_constant;
	p->call = outer.call;
	p->gives_dtype = outer.gives_dtype;
	p->closure = outer.closure;
	return t;
}
