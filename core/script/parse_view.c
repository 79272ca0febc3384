/* parse_view.c: views of buffers, which are other ways to name their elements.
 *
 *     view A[i < m, j < k] = a[i * k + j];      let A = view(a, f32[m, k]);      let T = A[2, :, 4:]; */
#include "script/parse.h"

const hdt_tensor *tensor_read(script_reader *r, token *name)
{
	*name = r->p->now;
	const known_name *known = name->kind == TOKEN_NAME ? name_find(r, name->text) : NULL;
	if (!known || !known->tensor) {
		if (known)
			parser_fail(r->p, "'%s' is %s: a buffer or view is needed here", name->text, known->what);
		else
			parser_fail(r->p,
			            name->kind == TOKEN_NAME ? "there is no buffer or view '%s' here"
			                                     : "expected the name of a buffer or view%s",
			            name->kind == TOKEN_NAME ? name->text : "");
		return NULL;
	}
	parser_next(r->p);
	return r->p->failed ? NULL : known->tensor;
}

/* ---- views -------------------------------------------------------------------------------------------------------- */

/* [i < m, j < k] : brings the axes into scope. Their number or -1. */
static int read_axes(script_reader *r, const hdt_expr **axes)
{
	parser *p = r->p;
	int count = 0;
	if (!parser_accept(p, "["))
		return 0;
	if (parser_accept(p, "]"))
		return 0;
	do {
		token name;
		if (count == HDT_MAX_RANK) {
			parser_fail(p, "a view has at most %d dimensions", HDT_MAX_RANK);
			return -1;
		}
		if (!name_read(r, "an index of the view", &name) || !parser_expect(p, "<", "after the name of an index"))
			return -1;
		const hdt_expr *extent = integer_read(r, "an extent");
		axes[count] = hdt_axis(name.text, extent);
		if (!reader_ok(r, &name))
			return -1;
		known_name meaning = {.what = "an index of the view", .value = axes[count++], .constant.dtype = HDT_DTYPE_NONE};
		for (int d = 0; d + 1 < count; d++)
			if (axes[d]->name == name.text)
				parser_fail_at(p, &name, "two indices of the view are named '%s'", name.text);
		if (!name_define_hiding(r, &name, meaning))
			return -1;
	} while (parser_accept(p, ","));
	return parser_expect(p, "]", "after the indices of the view") ? count : -1;
}

bool indices_read(script_reader *r, const token *name, const hdt_tensor *t, const hdt_expr **indices)
{
	int count = 0;
	if (parser_accept(r->p, "[") && !parser_accept(r->p, "]")) {
		do {
			if (count == HDT_MAX_RANK) {
				parser_fail(r->p, "more than %d indices", HDT_MAX_RANK);
				return false;
			}
			if (!(indices[count++] = integer_read(r, "an index")))
				return false;
		} while (parser_accept(r->p, ","));
		if (!parser_expect(r->p, "]", "after the indices"))
			return false;
	}
	if (count != t->rank)
		parser_fail_at(r->p, name, "'%s' has rank %d, but %d %s given", name->text, t->rank, count,
		               count == 1 ? "index is" : "indices are");
	return !r->p->failed;
}

void declaration_read_view(script_reader *r, const token *word)
{
	const hdt_expr *axes[HDT_MAX_RANK], *indices[HDT_MAX_RANK];
	token name, base_name;
	(void)word;
	if (!name_read(r, "a view", &name))
		return;
	int mark = names_mark(r), rank = read_axes(r, axes);
	if (rank < 0 || !parser_expect(r->p, "=", "before what is viewed"))
		return;
	const hdt_tensor *base = tensor_read(r, &base_name);
	if (!base || !indices_read(r, &base_name, base, indices))
		return;
	names_forget(r, mark);
	const hdt_tensor *t =
		hdt_view(r->function, name.text, (hdt_list){axes, rank}, base, (hdt_list){indices, base->rank});
	if (name_define_tensor(r, &name, "a view", t))
		statement_end(r);
}

const hdt_tensor *view_read_as(script_reader *r, const token *name)
{
	token base_name, place;
	written_type type;
	const hdt_tensor *base = tensor_read(r, &base_name);
	if (!base || !parser_expect(r->p, ",", "before the type of the view"))
		return NULL;
	place = r->p->now;
	if (!type_read(r, &type) || !parser_expect(r->p, ")", "after the type of the view"))
		return NULL;
	if (base->rank != 1)
		parser_fail_at(r->p, &base_name, "'%s' has rank %d: view() gives a shape to a pointer or a row", base->name,
		               base->rank);
	else if (type.pointer || !type.shaped)
		parser_fail_at(r->p, &place, "expected a type with a shape, as in view(a, f32[m, k])");
	else if (type.dtype != base->dtype || type.bits != base->bits)
		parser_fail_at(r->p, &place, "'%s' is of %s: a view of it is, too", base->name,
		               hdt_dtype_of(base->dtype)->name);
	return r->p->failed ? NULL : hdt_view_as(r->function, name->text, base, type_shape(&type));
}

/* ---- slices ------------------------------------------------------------------------------------------------------- */

/* Is there a : in these brackets? The parser stands behind the opening one, and stays there. */
static bool is_slice(parser *p)
{
	parser saved = *p;
	bool found = false;
	for (int depth = 1; depth > 0 && !found && p->now.kind != TOKEN_END && !parser_is(p, ";"); parser_next(p)) {
		depth += parser_is(p, "[") || parser_is(p, "(");
		depth -= parser_is(p, "]") || parser_is(p, ")");
		found = depth == 1 && parser_is(p, ":");
	}
	if (!p->failed)
		*p = saved;
	return found;
}

typedef struct slice {
	const hdt_expr *axes[HDT_MAX_RANK];
	const hdt_expr *indices[HDT_MAX_RANK];
	int rank, count; /* of the slice, of indices so far */
} slice;

/* e   :   e:   :e   e:e   over dimension `s->count` */
static bool read_range(script_reader *r, const hdt_tensor *base, slice *s)
{
	static const char *const names[HDT_MAX_RANK] = {"i", "j", "k", "l", "m", "n", "o", "p"};
	parser *p = r->p;
	token start = p->now;
	const hdt_expr *low = NULL, *high = NULL;
	if (s->count == base->rank) {
		parser_fail(p, "'%s' has rank %d: here are more indices", base->name, base->rank);
		return false;
	}
	if (!parser_is(p, ":") && !(low = integer_read(r, "an index")))
		return false;
	if (!parser_accept(p, ":")) {
		s->indices[s->count++] = low;
		return true;
	}
	if (!parser_is(p, ",") && !parser_is(p, "]") && !(high = integer_read(r, "the end of a range")))
		return false;
	high = high ? high : base->shape[s->count];
	const hdt_expr *axis = hdt_axis(names[s->rank], low ? hdt_sub(high, low) : high);
	s->axes[s->rank++] = axis;
	s->indices[s->count++] = low ? hdt_add(low, axis) : axis;
	return reader_ok(r, &start);
}

/* The base's ranges, behind the opening bracket. */
static const hdt_tensor *read_slice(script_reader *r, const token *name, const token *base_name, const hdt_tensor *base)
{
	slice s = {.rank = 0};
	do
		if (!read_range(r, base, &s))
			return NULL;
	while (parser_accept(r->p, ","));
	if (!parser_expect(r->p, "]", "after the ranges"))
		return NULL;
	if (s.count < base->rank) {
		parser_fail_at(r->p, base_name, "'%s' has rank %d: here are ranges for %d of them", base->name, base->rank,
		               s.count);
		return NULL;
	}
	return hdt_view(r->function, name->text, (hdt_list){s.axes, s.rank}, base, (hdt_list){s.indices, s.count});
}

const hdt_tensor *view_accept_slice(script_reader *r, const token *name)
{
	parser saved = *r->p;
	token base_name = saved.now;
	const known_name *known = base_name.kind == TOKEN_NAME ? name_find(r, base_name.text) : NULL;
	if (!known || !known->tensor)
		return NULL;
	parser_next(r->p);
	if (parser_accept(r->p, "[") && is_slice(r->p))
		return read_slice(r, name, &base_name, known->tensor);
	if (!r->p->failed)
		*r->p = saved;
	return NULL;
}
