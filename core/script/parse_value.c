/* parse_value.c: values, conditions and types as statements and headers need them. */
#include "script/parse.h"

bool reader_ok(script_reader *r, const token *where)
{
	if (!r->p->failed && hdt_context_status(reader_context(r)) != HDT_OK)
		parser_refuse(r->p, where, "out of memory");
	return !r->p->failed;
}

bool effects_checked(script_reader *r)
{
	if (!r->p->failed && r->effect.kind != TOKEN_END)
		parser_fail_at(r->p, &r->effect,
		               "'%s' has effects, so it stands alone: give its value a name first, as in let v = %s(...);",
		               r->effect.text, r->effect.text);
	return !r->p->failed;
}

const hdt_expr *value_read(script_reader *r)
{
	token start = r->p->now;
	const hdt_expr *e = parse_expr(r->p);
	if (e && e->dtype == HDT_DTYPE_NONE)
		parser_fail_at(r->p, &start, "this gives no value");
	return effects_checked(r) ? e : NULL;
}

const hdt_expr *result_read(script_reader *r)
{
	token start = r->p->now;
	const hdt_expr *e = parse_expr(r->p);
	if (e && e->dtype == HDT_DTYPE_NONE)
		parser_fail_at(r->p, &start, "this gives no value");
	if (e && e->op == HDT_OP_CALL && r->effect.start == start.start) /* the call is the whole */
		r->effect.kind = TOKEN_END;
	return effects_checked(r) ? e : NULL;
}

const hdt_expr *condition_read(script_reader *r)
{
	token start = r->p->now;
	const hdt_expr *e = value_read(r);
	if (e && e->dtype != HDT_BOOL)
		parser_fail_at(r->p, &start, "a condition is bool, and this is %s", hdt_dtype_of((hdt_dtype)e->dtype)->name);
	return r->p->failed ? NULL : e;
}

const hdt_expr *integer_read(script_reader *r, const char *what)
{
	token start = r->p->now;
	const hdt_expr *e = value_read(r);
	if (e && !hdt_is_integer((hdt_dtype)e->dtype))
		parser_fail_at(r->p, &start, "%s is an integer, and this is %s", what, hdt_dtype_of((hdt_dtype)e->dtype)->name);
	e = r->p->failed ? NULL : hdt_cast(e, HDT_I64);
	return reader_ok(r, &start) ? e : NULL;
}

bool constant_read(script_reader *r, const char *what, int64_t least, int64_t *out)
{
	token start = r->p->now;
	const hdt_expr *e = integer_read(r, what);
	if (e && !hdt_is_const(e, out))
		parser_fail_at(r->p, &start, "%s is constant, and this is %s", what, hdt_expr_text(e));
	else if (e && *out < least)
		parser_fail_at(r->p, &start, "%s is at least %lld, and this is %lld", what, (long long)least, (long long)*out);
	return !r->p->failed;
}

/* [d0, d1, ...] with the place of each. */
static void read_dims(script_reader *r, written_type *out)
{
	parser *p = r->p;
	parser_next(p);
	out->shaped = true;
	if (parser_accept(p, "]"))
		return;
	do {
		if (out->rank == HDT_MAX_RANK) {
			parser_fail(p, "a tensor has at most %d dimensions", HDT_MAX_RANK);
			return;
		}
		out->places[out->rank] = p->now;
		out->dims[out->rank] = integer_read(r, "a dimension");
		out->rank++;
	} while (parser_accept(p, ","));
	parser_expect(p, "]", "after the dimensions");
}

hdt_dtype element_read(parser *p, int *bits)
{
	static const struct {
		const char *name;
		hdt_dtype dtype;
		int bits;
	} small[] = {{"u1", HDT_U8, 1}, {"u2", HDT_U8, 2}, {"u4", HDT_U8, 4}, {"i2", HDT_I8, 2}, {"i4", HDT_I8, 4}};
	*bits = 0;
	for (size_t i = 0; i < sizeof small / sizeof *small; i++) {
		if (p->now.kind != TOKEN_NAME || !parser_accept(p, small[i].name))
			continue;
		*bits = small[i].bits;
		return small[i].dtype;
	}
	return parse_dtype(p);
}

bool type_read(script_reader *r, written_type *out)
{
	*out = (written_type){.pointer = parser_accept(r->p, "*")};
	out->dtype = element_read(r->p, &out->bits);
	if (!out->pointer && parser_is(r->p, "["))
		read_dims(r, out);
	return !r->p->failed;
}
