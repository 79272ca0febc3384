/* cpu_store.c: the sums of a tile become elements of the result, a row after the other.
 *
 *     for i in 0..14 { for j in 0..32 vectorise { y[row + i, column + j] = max(sums[i, j] + bias[column + j], 0.0); } } */
#include "cpu.h"

static const hdt_expr *number(const nest *n, int64_t value)
{
	return hdt_int(n->context, value);
}

static void store_row(nest *n, const hdt_expr *i, const hdt_expr *columns)
{
	const hdt_tensor *y = n->output;
	const hdt_expr *indices[HDT_MAX_RANK];
	const hdt_expr *row = nest_index(n, "row", hdt_add(n->first_row, i));
	const hdt_expr *j = hdt_begin_for(n->function, "j", columns, HDT_LOOP_VECTORISE);
	place at = n->at;
	place_put_position(&at, &n->p->rows, row);
	place_put_position(&at, &n->p->columns, j ? hdt_add(n->first_column, j) : NULL);
	for (int d = 0; d < y->rank; d++)
		indices[d] = place_value(&at, y->axes[d]);
	const hdt_expr *sum = j ? hdt_at(n->sums, hdt_add(tile_first_sum(n), i), j) : NULL;
	hdt_store(n->function, y, (hdt_list){indices, y->rank}, place_value(&at, hdt_contraction_result(&n->p->c, sum)));
	hdt_end(n->function);
}

static void store_columns(nest *n, const hdt_expr *columns)
{
	const hdt_expr *height = number(n, n->b->height);
	const hdt_expr *rows = n->clamped ? hdt_min(height, hdt_sub(n->p->rows.extent, n->first_row)) : height;
	const hdt_expr *i = hdt_begin_for(n->function, "i", rows, HDT_LOOP_SERIAL);
	if (i)
		store_row(n, i, columns);
	hdt_end(n->function);
}

void store_tile(nest *n)
{
	const hdt_expr *columns = n->p->columns.extent, *width = number(n, n->b->width);
	if (hdt_proves_equal(hdt_mod(columns, width), number(n, 0))) {
		store_columns(n, width);
		return;
	}
	hdt_begin_if(n->function, hdt_less_equal(hdt_add(n->first_column, width), columns));
	store_columns(n, width);
	hdt_begin_else(n->function);
	store_columns(n, hdt_sub(columns, n->first_column));
	hdt_end(n->function);
}
