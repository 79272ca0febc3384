/* loops.c: see loops.h. */
#include "loops.h"

static const hdt_expr *number(const hdt_function *f, int64_t value)
{
	return hdt_int(f->program->context, value);
}

const hdt_expr *loop_begin_part(hdt_function *f, const char *name, const hdt_expr *part, const hdt_expr *count,
                                const hdt_expr *each)
{
	const hdt_expr *first = hdt_mul(part, each), *extent = each;
	if (!hdt_proves_equal(hdt_mod(count, each), number(f, 0)))
		extent = hdt_min(extent, hdt_sub(count, first));
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

/* ---- fetching ahead ----------------------------------------------------------------------------------------------- */

enum { LINE_BYTES = 64, LINE_FLOATS = 16 };

int64_t loop_fetch_lines(int64_t columns, int64_t tiles)
{
	return (columns * FETCH_STEPS + LINE_FLOATS * tiles - 1) / (LINE_FLOATS * tiles);
}

/* Panels lie behind each other: what is counted beyond the last index lies in the following rows. */
void loop_fetch_ahead(hdt_function *f, const hdt_tensor *packed, hdt_list at, const hdt_expr *line, int64_t lines)
{
	const hdt_expr *index[HDT_MAX_RANK];
	const hdt_expr *each = number(f, packed ? LINE_BYTES / hdt_dtype_of(packed->dtype)->bytes : 1);
	for (int d = 0; d < at.count; d++)
		index[d] = at.items[d];
	for (int64_t l = 0; l < lines; l++) {
		const hdt_expr *element = hdt_mul(hdt_add(hdt_mul(line, number(f, lines)), number(f, l)), each);
		index[at.count - 1] = element;
		hdt_do(f, "prefetch", HDT_AT(hdt_address(packed, index, at.count)));
	}
}
