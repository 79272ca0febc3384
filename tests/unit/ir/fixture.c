/* fixture.c: the names that the tests' expressions use. */
#include "fixture.h"
#include <stdlib.h>
#include <string.h>

const hdt_expr *scope_get(const scope *s, const char *name)
{
	for (int i = s->count - 1; i >= 0; i--)
		if (!strcmp(s->names[i]->name, name))
			return s->names[i];
	return NULL;
}

static const hdt_expr *define(scope *s, const hdt_expr *e)
{
	return s->names[s->count++] = e;
}

static const hdt_expr *resolve(parser *p, const char *name, void *closure)
{
	(void)p;
	return scope_get(closure, name);
}

static const hdt_expr *resolve_load(parser *p, const char *name, hdt_expr const *const *indices, int count,
                                    void *closure)
{
	scope *s = closure;
	(void)p;
	for (int i = 0; i < 4; i++)
		if (!strcmp(s->tensors[i].name, name))
			return hdt_load(&s->tensors[i], indices, count);
	return NULL;
}

static bool open_axis(parser *p, const char *name, const hdt_expr *axis, void *closure)
{
	scope *s = closure;
	(void)p;
	const hdt_expr *known = scope_get(s, name);
	bool same = known && known->op == HDT_OP_AXIS && known->args[0] == axis->args[0];
	if (s->count == MAX_NAMES)
		return false;
	define(s, same ? known : axis);
	return true;
}

static void close_axes(parser *p, int count, void *closure)
{
	(void)p;
	((scope *)closure)->count -= count;
}

static void add_tensor(scope *s, int index, const char *name, hdt_dtype dtype, int rank, const hdt_expr *const *shape)
{
	s->tensors[index] = (hdt_tensor){.context = s->context, .name = name, .dtype = dtype, .rank = rank, .shape = shape};
}

scope *scope_new(void)
{
	scope *s = calloc(1, sizeof *s);
	hdt_context *c = s->context = context_new(NULL);
	const hdt_expr *n = define(s, hdt_symbol(c, "n", 0, 2147483647)), *m = define(s, hdt_symbol(c, "m", 1, 100));
	define(s, hdt_axis("i", n));
	define(s, hdt_axis("j", m));
	define(s, hdt_axis("k", hdt_int(c, 64)));
	define(s, hdt_axis("l", hdt_int(c, 4)));
	define(s, expr_variable(c, "v", HDT_I64));
	define(s, expr_variable(c, "w", HDT_I32));
	define(s, expr_variable(c, "u", HDT_U8));
	define(s, expr_variable(c, "s", HDT_F32));
	define(s, expr_variable(c, "d", HDT_F64));
	define(s, expr_variable(c, "c", HDT_BOOL));
	define(s, expr_variable(c, "e", HDT_BOOL));
	s->x_shape[0] = n;
	s->x_shape[1] = s->row[0] = hdt_int(c, 64);
	add_tensor(s, 0, "x", HDT_F32, 2, s->x_shape);
	add_tensor(s, 1, "h", HDT_F16, 1, s->row);
	add_tensor(s, 2, "g", HDT_I32, 1, s->row);
	add_tensor(s, 3, "q", HDT_I64, 1, s->row);
	return s;
}

void scope_free(scope *s)
{
	context_free(s->context);
	free(s);
}

void scope_start(scope *s, parser *p, const char *source)
{
	parser_init(p, s->context, "test", source);
	p->resolve = resolve;
	p->resolve_load = resolve_load;
	p->open_axis = open_axis;
	p->close_axes = close_axes;
	p->closure = s;
}

const hdt_expr *scope_parse(scope *s, const char *source)
{
	parser p;
	scope_start(s, &p, source);
	const hdt_expr *e = parse_expr(&p);
	if (e && p.now.kind != TOKEN_END)
		parser_fail(&p, "expected the end of the expression");
	return p.failed ? NULL : e;
}
