/* loops.c: see loops.h. */
#include "loops.h"

static const hdt_expr *number(const hdt_function *f, int64_t value)
{
	return hdt_int(f->program->context, value);
}

const hdt_expr *loop_begin_part(hdt_function *f, const char *name, const hdt_expr *part, int64_t count, int64_t each)
{
	const hdt_expr *first = hdt_mul(part, number(f, each)), *extent = number(f, each);
	if (count % each)
		extent = hdt_min(extent, hdt_sub(number(f, count), first));
	return hdt_add(first, hdt_begin_for(f, name, extent, HDT_LOOP_SERIAL));
}

const hdt_expr *loop_take_part(hdt_function *f, const char *name, const hdt_expr **rest, const hdt_expr *extent)
{
	int64_t one;
	if (hdt_is_const(extent, &one) && one == 1)
		return number(f, 0);
	const hdt_expr *part = hdt_let(f, name, hdt_mod(*rest, extent));
	*rest = hdt_floordiv(*rest, extent);
	return part;
}

/* ---- sums --------------------------------------------------------------------------------------------------------- */

const hdt_tensor *sums_new(hdt_function *f, const char *name, const sums_shape *s)
{
	return hdt_local(f, name, HDT_F32, HDT_AT(number(f, s->lines), number(f, s->windows), number(f, s->columns)));
}

sums_place sums_begin(hdt_function *f, const sums_shape *s, hdt_loop_kind kind)
{
	sums_place at;
	at.line = hdt_begin_for(f, "line", number(f, s->lines), kind);
	at.window = hdt_begin_for(f, "window", number(f, s->windows), kind);
	at.column = hdt_begin_for(f, "column", number(f, s->columns), HDT_LOOP_VECTORISE);
	return at;
}

void sums_end(hdt_function *f)
{
	for (int i = 0; i < 3; i++)
		hdt_end(f);
}

void sums_clear(hdt_function *f, const sums_shape *s, const hdt_tensor *sums)
{
	sums_place at = sums_begin(f, s, HDT_LOOP_UNROLL);
	sums_set(f, sums, &at, hdt_number(f->program->context, HDT_F32, 0));
	sums_end(f);
}

void sums_copy(hdt_function *f, const sums_shape *s, const hdt_tensor *to, const hdt_tensor *from)
{
	sums_place at = sums_begin(f, s, HDT_LOOP_UNROLL);
	sums_set(f, to, &at, sums_at(from, &at));
	sums_end(f);
}
