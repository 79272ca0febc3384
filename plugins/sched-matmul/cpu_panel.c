/* cpu_panel.c: how a panel of the second factor is read, and laid out by those who do not find it packed.
 *
 *     y[i, j] = sum(k < 64) q[i, k] * t[j, k]
 *  -> laid_out[k, lane] = t[first_column + lane, k]    of bf16: laid_out[k, lane, e] = t[first_column + lane, 2 * k + e]
 *
 * Columns beyond the last one are 0, and so is what fills up the last step. */
#include "cpu.h"

/* Position in the slice: as the panel lies. */
static const hdt_expr *in_slice(const nest *n, const step *k)
{
	const span *s = &n->p->steps;
	const hdt_expr *position = k->in_slice;
	for (int i = 1; i < s->count; i++)
		position = hdt_add(hdt_mul(position, s->extents[i]), k->at[i]);
	return position;
}

static const hdt_expr *number(const nest *n, int64_t value)
{
	return hdt_int(n->context, value);
}

/* The factor itself at a column, for an element of the step. */
static const hdt_expr *value_at(const nest *n, const step *k, const hdt_expr *part, const hdt_expr *column)
{
	place at = n->at;
	place_put_step(&at, n->p, k->at, part);
	place_put_position(&at, &n->p->columns, column);
	return place_value(&at, n->p->c.b);
}

/* An element of the panel laid out. */
static hdt_list laid_out_at(const nest *n, const hdt_expr *indices[3], const step *k, const hdt_expr *lane,
                            const hdt_expr *part)
{
	indices[0] = in_slice(n, k);
	indices[1] = lane;
	indices[2] = part;
	return (hdt_list){indices, n->p->group > 1 ? 3 : 2};
}

const hdt_expr *panel_at(nest *n, const step *k, const hdt_expr *lane)
{
	const hdt_expr *indices[4], *zero = number(n, 0);
	bool grouped = n->p->group > 1;
	switch (n->p->right) {
	case RIGHT_PACKED:
		indices[0] = hdt_add(n->right_first, n->panel);
		indices[1] = step_position(n->p, k->at);
		indices[2] = lane;
		indices[3] = zero;
		return hdt_at_list(n->right, (hdt_list){indices, grouped ? 4 : 3});
	case RIGHT_LAID_OUT:
		return hdt_at_list(n->right, laid_out_at(n, indices, k, lane, zero));
	default:
		return value_at(n, k, zero, hdt_add(n->first_column, lane));
	}
}

/* ---- laying out --------------------------------------------------------------------------------------------------- */

/* Loops over the slice, outermost first, and which step they are at. */
static void begin_slice(nest *n, step *k)
{
	const span *steps = &n->p->steps;
	k->in_slice = hdt_begin_for(n->function, "k", n->slice_depth, HDT_LOOP_SERIAL);
	k->at[0] = hdt_add(n->slice_first, k->in_slice);
	for (int i = 1; i < steps->count; i++)
		k->at[i] = hdt_begin_for(n->function, "k", steps->extents[i], HDT_LOOP_SERIAL);
}

static void end_slice(nest *n)
{
	for (int i = 0; i < n->p->steps.count; i++)
		hdt_end(n->function);
}

/* A whole panel of whole squares: of so many columns and steps. */
static bool has_squares(const nest *n)
{
	const problem *p = n->p;
	return p->right_reads == READS_SQUARES && p->factor != HDT_I8 && n->b->depth % p->lanes == 0 && !steps_fill_up(p) &&
	       hdt_proves_equal(hdt_mod(p->steps.extent, number(n, p->lanes)), number(n, 0));
}

static void fill_squares(nest *n)
{
	hdt_function *f = n->function;
	bool pairs = n->p->group > 1;
	const hdt_expr *lanes = number(n, n->p->lanes), *width = number(n, n->b->width), *zero = number(n, 0);
	const hdt_expr *across = hdt_begin_for(f, "square", hdt_floordiv(width, lanes), HDT_LOOP_SERIAL);
	const hdt_expr *down = hdt_begin_for(f, "k", hdt_floordiv(n->slice_depth, lanes), HDT_LOOP_SERIAL);
	const hdt_expr *lane = hdt_mul(across, lanes), *indices[3];
	step k = {.in_slice = hdt_mul(down, lanes)};
	k.at[0] = hdt_add(n->slice_first, k.in_slice);
	const hdt_expr *from = value_at(n, &k, zero, hdt_add(n->first_column, lane));
	hdt_list to = laid_out_at(n, indices, &k, lane, zero);
	if (from && from->op == HDT_OP_LOAD)
		hdt_do(f, pairs ? "transpose_pairs" : "transpose_lanes",
		       HDT_AT(hdt_address(n->right, to.items, to.count), number(n, n->b->width * n->p->group),
		              hdt_address(from->tensor, from->args, from->count), number(n, n->p->right_stride), lanes));
	hdt_end(f);
	hdt_end(f);
}

/* Whole rows of pairs, both of which lie along the columns. */
static bool has_pairs(const nest *n)
{
	return n->p->right_reads == READS_ALONG && n->p->factor == HDT_BF16 && !steps_fill_up(n->p);
}

static void fill_pairs(nest *n)
{
	step k;
	const hdt_expr *lanes = number(n, n->p->lanes), *zero = number(n, 0), *indices[3];
	begin_slice(n, &k);
	const hdt_expr *vectors = hdt_floordiv(number(n, n->b->width), lanes);
	const hdt_expr *lane = hdt_mul(hdt_begin_for(n->function, "vector", vectors, HDT_LOOP_SERIAL), lanes);
	const hdt_expr *column = hdt_add(n->first_column, lane);
	const hdt_expr *first = value_at(n, &k, zero, column), *second = value_at(n, &k, number(n, 1), column);
	hdt_list to = laid_out_at(n, indices, &k, lane, zero);
	if (first && second && first->op == HDT_OP_LOAD && second->op == HDT_OP_LOAD)
		hdt_do(n->function, "zip_bf16",
		       HDT_AT(hdt_address(n->right, to.items, to.count), hdt_address(first->tensor, first->args, first->count),
		              hdt_address(second->tensor, second->args, second->count), lanes));
	hdt_end(n->function);
	end_slice(n);
}

/* The condition, which may be NULL, and another one. */
static const hdt_expr *both(const hdt_expr *first, const hdt_expr *second)
{
	return first ? hdt_and(first, second) : second;
}

static void fill_element(nest *n, const step *k, const hdt_expr *lane, const hdt_expr *part, bool inside)
{
	const hdt_expr *column = hdt_add(n->first_column, lane), *value = value_at(n, k, part, column), *indices[3];
	const hdt_expr *exists = step_exists(n->p, k->at, part);
	if (!inside)
		exists = both(exists, hdt_less(column, n->p->columns.extent));
	if (value && exists)
		value = hdt_select(exists, value, hdt_like(value, 0));
	hdt_store(n->function, n->right, laid_out_at(n, indices, k, lane, part), value);
}

/* `inside`: all columns are there. */
static void fill(nest *n, bool inside)
{
	step k;
	bool grouped = n->p->group > 1;
	bool across = grouped || n->p->right_reads == READS_ACROSS || n->p->right_reads == READS_SQUARES;
	if (inside && has_squares(n)) {
		fill_squares(n);
		return;
	}
	if (inside && has_pairs(n)) {
		fill_pairs(n);
		return;
	}
	const hdt_expr *width = number(n, n->b->width), *lane = NULL, *part = number(n, 0);
	if (across)
		lane = hdt_begin_for(n->function, "lane", width, HDT_LOOP_SERIAL);
	begin_slice(n, &k);
	if (!across)
		lane = hdt_begin_for(n->function, "lane", width, HDT_LOOP_VECTORISE);
	if (grouped)
		part = hdt_begin_for(n->function, "part", number(n, n->p->group), HDT_LOOP_UNROLL);
	fill_element(n, &k, lane, part, inside);
	if (grouped)
		hdt_end(n->function);
	end_slice(n);
	hdt_end(n->function);
}

void panel_fill(nest *n)
{
	const hdt_expr *columns = n->p->columns.extent, *width = hdt_int(n->context, n->b->width);
	if (hdt_proves_equal(hdt_mod(columns, width), hdt_int(n->context, 0))) {
		fill(n, true);
		return;
	}
	hdt_begin_if(n->function, hdt_less_equal(hdt_add(n->first_column, width), columns));
	fill(n, true);
	hdt_begin_else(n->function);
	fill(n, false);
	hdt_end(n->function);
}
