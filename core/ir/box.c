/* box.c: see box.h. */
#include "ir/box.h"

bool multiply_into(hdt_context *context, const char *what, int64_t *total, int64_t factor)
{
	if (!__builtin_mul_overflow(*total, factor, total))
		return true;
	hdt_fail(context, HDT_INTERNAL, "%s: the product of its extents does not fit 64 bits", what);
	return false;
}

static bool check_rank(hdt_context *context, const char *what, int rank)
{
	if (rank >= 0 && rank <= HDT_MAX_RANK)
		return true;
	hdt_fail(context, HDT_INTERNAL, "%s: the rank %d is not in 0..%d", what, rank, HDT_MAX_RANK);
	return false;
}

bool check_permutation(hdt_context *context, const char *what, const char *items, const int *permutation, int count)
{
	unsigned seen = 0;
	for (int d = 0; d < count; d++) {
		int item = permutation[d];
		bool repeated = item >= 0 && item < count && (seen >> item & 1);
		if (item < 0 || item >= count || repeated) {
			hdt_fail(context, HDT_INTERNAL, "%s: the %s are a permutation of 0..%d, and %d %s", what, items, count - 1,
			         item, repeated ? "stands there twice" : "is none of them");
			return false;
		}
		seen |= 1u << item;
	}
	return true;
}

void box_dimensions(const box *b, int dims[HDT_MAX_RANK])
{
	for (int d = 0; d < b->rank; d++)
		dims[b->ranks[d]] = d;
}

bool box_init(box *b, hdt_context *context, const char *what, const int64_t *extents, int rank, const int *ranks)
{
	int dims[HDT_MAX_RANK];
	*b = (box){.rank = rank, .size = 1};
	if (!check_rank(context, what, rank) || (ranks && !check_permutation(context, what, "ranks", ranks, rank)))
		return false;
	for (int d = 0; d < rank; d++) {
		b->extents[d] = extents[d];
		b->ranks[d] = ranks ? ranks[d] : d;
		if (extents[d] < 1) {
			hdt_fail(context, HDT_INTERNAL, "%s: extent %lld of dimension %d is not at least 1", what,
			         (long long)extents[d], d);
			return false;
		}
	}
	box_dimensions(b, dims);
	for (int i = rank - 1; i >= 0; i--) {
		b->strides[dims[i]] = b->size;
		if (!multiply_into(context, what, &b->size, extents[dims[i]]))
			return false;
	}
	return true;
}

bool box_init_ordered(box *b, hdt_context *context, const char *what, const int64_t *extents, int rank, box_order order)
{
	int reversed[HDT_MAX_RANK] = {0};
	for (int d = 0; d < rank && d < HDT_MAX_RANK; d++)
		reversed[d] = rank - 1 - d;
	return box_init(b, context, what, extents, rank, order == BOX_COLUMN && rank <= HDT_MAX_RANK ? reversed : NULL);
}

/* ---- text ---- */

void print_extents(text *t, const int64_t *extents, int count)
{
	for (int d = 0; d < count; d++)
		text_format(t, "%s%lld", d ? ", " : "", (long long)extents[d]);
}

void print_dimensions(text *t, const int *dims, int count)
{
	for (int d = 0; d < count; d++)
		text_format(t, "%s%d", d ? ", " : "", dims[d]);
}

static bool has_order(const box *b, box_order order)
{
	for (int d = 0; d < b->rank; d++)
		if (b->ranks[d] != (order == BOX_ROW ? d : b->rank - 1 - d))
			return false;
	return true;
}

void box_print(text *t, const box *b, const char *row, const char *column, const char *other)
{
	bool is_row = has_order(b, BOX_ROW), is_column = has_order(b, BOX_COLUMN);
	text_format(t, "%s(", is_row ? row : is_column ? column : other);
	print_extents(t, b->extents, b->rank);
	if (is_row || is_column)
		return;
	text_add(t, ", ranks=[");
	print_dimensions(t, b->ranks, b->rank);
	text_add(t, "]");
}
