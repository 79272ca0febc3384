/* cpu_tile.c: the tile in registers: every element of the slice adds the product of a column of the first factor and a row of the panel.
 *
 *     for k in 0..192 { prefetch(&packed[next..]);
 *       for k_1 in 0..4 { for i in 0..14 unroll { for j in 0..32 vectorise { acc[i, j] = fma(x[row + i, ..], packed[panel, .., j], acc[i, j]); } } } }
 *
 * The loops around the accumulators are unrolled, so that compilers keep each of their vectors in a register. */
#include "cpu.h"

enum {
	STEPS = 4,            /* of the sum for which lines are fetched together */
	AHEAD = 24,           /* steps of the sum by which they come early where nothing is left to do */
	LINE = 16,            /* columns of a cache line */
	MANY_BYTES = 1 << 20, /* of a second factor that does not stay in a core's cache */
};

static const hdt_expr *number(const nest *n, int64_t value)
{
	return hdt_int(n->context, value);
}

/* ---- both factors ------------------------------------------------------------------------------------------------- */

/* The first factor; of a group its first element. */
static const hdt_expr *left_at(const nest *n, const step *k, const hdt_expr *i)
{
	const problem *p = n->p;
	const hdt_expr *row = hdt_add(n->first_row, i), *zero = number(n, 0);
	if (n->clamped && !p->tiles)
		row = hdt_min(row, hdt_sub(p->rows.extent, number(n, 1)));
	if (p->left == LEFT_STAGED)
		return hdt_at(n->left, n->left_batch, row, hdt_mul(step_position(p, k->at), number(n, p->group)));
	place at = n->at;
	place_put_step(&at, p, k->at, zero);
	place_put_position(&at, &p->rows, row);
	return place_value(&at, p->c.a);
}

static const hdt_expr *address_of(const hdt_expr *load)
{
	return load && load->op == HDT_OP_LOAD ? hdt_address(load->tensor, load->args, load->count) : NULL;
}

/* A vector of sums after the other. */
static void add_groups(nest *n, const hdt_tensor *acc, const step *k)
{
	const problem *p = n->p;
	const hdt_expr *lanes = number(n, p->lanes), *vectors = number(n, n->b->width / p->lanes);
	const hdt_expr *i = hdt_begin_for(n->function, "i", number(n, n->b->height), HDT_LOOP_UNROLL);
	const hdt_expr *vector = hdt_begin_for(n->function, "vector", vectors, HDT_LOOP_UNROLL);
	if (i && vector && acc) {
		const hdt_expr *lane = hdt_mul(vector, lanes);
		const hdt_expr *sums = address_of(hdt_at(acc, i, lane)), *a = address_of(left_at(n, k, i));
		hdt_do(n->function, p->factor == HDT_BF16 ? "dot_bf16" : "dot_i8",
		       HDT_AT(sums, a, address_of(panel_at(n, k, lane)), lanes));
	}
	hdt_end(n->function);
	hdt_end(n->function);
}

static void add_products(nest *n, const hdt_tensor *acc, const step *k)
{
	if (n->p->group > 1) {
		add_groups(n, acc, k);
		return;
	}
	const hdt_expr *i = hdt_begin_for(n->function, "i", number(n, n->b->height), HDT_LOOP_UNROLL);
	const hdt_expr *j = hdt_begin_for(n->function, "j", number(n, n->b->width), HDT_LOOP_VECTORISE);
	if (i && j && acc) {
		const hdt_expr *a = left_at(n, k, i), *b = panel_at(n, k, j), *sum = hdt_at(acc, i, j);
		hdt_store(n->function, acc, HDT_AT(i, j), n->p->fused ? hdt_fma(a, b, sum) : hdt_add(sum, hdt_mul(a, b)));
	}
	hdt_end(n->function);
	hdt_end(n->function);
}

/* ---- prefetching -------------------------------------------------------------------------------------------------- */

/* Does the second factor come from far? */
static bool fetches_ahead(const nest *n)
{
	const problem *p = n->p;
	int64_t bytes = 4;
	bool fits = !__builtin_mul_overflow(bytes, p->steps.size, &bytes) &&
	            !__builtin_mul_overflow(bytes, p->columns.size, &bytes);
	return p->right == RIGHT_PACKED && p->steps.count == 1 && fits && bytes > MANY_BYTES &&
	       hdt_proves_equal(hdt_mod(p->steps.extent, number(n, STEPS)), number(n, 0)) && n->b->depth % STEPS == 0;
}

/* While several tiles of the task go over this panel, the next one comes: some lines of it with each few steps. The panels lie behind each other, and
 * so do their slices; behind the last one nothing is lost. A single tile fetches what it is about to use. */
static void fetch_ahead(nest *n, const hdt_expr *done)
{
	int64_t width = n->b->width, each = LINE * n->b->tiles, lines = (width * STEPS + each - 1) / each;
	bool next = n->b->tiles > 1;
	const hdt_expr *steps = hdt_floordiv(n->slice_depth, number(n, STEPS)), *line = done;
	const hdt_expr *first = hdt_add(n->slice_first, next ? n->slice_depth : number(n, AHEAD));
	if (next)
		line = hdt_add(hdt_mul(n->tile, steps), done);
	for (int64_t l = 0; l < lines; l++) {
		const hdt_expr *element = hdt_mul(hdt_add(hdt_mul(line, number(n, lines)), number(n, l)), number(n, LINE));
		const hdt_expr *row = hdt_add(first, hdt_floordiv(element, number(n, width)));
		const hdt_expr *at[] = {hdt_add(n->right_first, n->panel), row, hdt_mod(element, number(n, width)),
		                        number(n, 0)};
		hdt_do(n->function, "prefetch", HDT_AT(hdt_address(n->right, at, n->right->rank)));
	}
}

/* ---- the processor's tiles ------------------------------------------------------------------------------------------ */

/* Rows of the tile at hand that are there. */
static const hdt_expr *tile_rows(const nest *n)
{
	const hdt_expr *height = number(n, n->b->height);
	return n->clamped ? hdt_min(height, hdt_sub(n->p->rows.extent, n->first_row)) : height;
}

/* What comes next while 16 steps are computed: as fetch_ahead. */
static const hdt_expr *fetched_by_tile(const nest *n, int64_t *lines)
{
	int64_t width = n->b->width, of_steps = width * STEPS_OF_TILE / LINE;
	bool next = n->b->tiles > 1;
	*lines = (of_steps + n->b->tiles - 1) / n->b->tiles;
	const hdt_expr *rows =
		hdt_floordiv(hdt_mul(number(n, *lines * LINE), n->slice_depth), number(n, STEPS_OF_TILE * width));
	const hdt_expr *first = hdt_add(n->slice_first, next ? n->slice_depth : number(n, AHEAD));
	const hdt_expr *at[] = {hdt_add(n->right_first, n->panel), next ? hdt_add(first, hdt_mul(n->tile, rows)) : first,
	                        number(n, 0), number(n, 0)};
	return hdt_address(n->right, at, 4);
}

/* All steps of the innermost loop at once. */
static void add_tile(nest *n, step *k)
{
	const problem *p = n->p;
	int last = p->steps.count - 1;
	int64_t lines = 0;
	const hdt_expr *zero = number(n, 0), *width = number(n, n->b->width), *group = number(n, p->group);
	const hdt_expr *depth = hdt_mul(last ? p->steps.extents[last] : n->slice_depth, group);
	if (!last)
		k->in_slice = zero;
	k->at[last] = last ? zero : n->slice_first;
	const hdt_expr *a = address_of(left_at(n, k, zero)), *b = address_of(panel_at(n, k, zero));
	const hdt_expr *pitch = p->left == LEFT_STAGED ? n->left->shape[2] : number(n, p->row_pitch);
	const hdt_expr *ahead = fetches_ahead(n) ? fetched_by_tile(n, &lines) : b;
	if (n->clamped)
		hdt_do(n->function, "tile_begin", HDT_AT(tile_rows(n)));
	hdt_do(n->function, p->factor == HDT_BF16 ? "tile_dot_bf16" : "tile_dot_i8",
	       HDT_AT(address_of(hdt_at(n->sums, tile_first_sum(n), zero)), width, a, pitch, b, hdt_mul(width, group),
	              depth, tile_rows(n), width, ahead, number(n, lines)));
	if (n->clamped)
		hdt_do(n->function, "tile_begin", HDT_AT(number(n, n->b->height)));
}

/* ---- the sum ------------------------------------------------------------------------------------------------------ */

static void add_innermost(nest *n, const hdt_tensor *acc, step *k)
{
	const span *steps = &n->p->steps;
	int last = steps->count - 1;
	bool fetches = fetches_ahead(n);
	const hdt_expr *extent = last ? steps->extents[last] : n->slice_depth, *four = number(n, STEPS);
	const hdt_expr *at =
		hdt_begin_for(n->function, "k", fetches ? hdt_floordiv(extent, four) : extent, HDT_LOOP_SERIAL);
	if (fetches && at) {
		fetch_ahead(n, at);
		at = hdt_add(hdt_mul(at, four), hdt_begin_for(n->function, "k", four, HDT_LOOP_SERIAL));
	}
	if (!last)
		k->in_slice = at;
	k->at[last] = last ? at : hdt_add(n->slice_first, at);
	add_products(n, acc, k);
	if (fetches)
		hdt_end(n->function);
	hdt_end(n->function);
}

/* Into `acc`; NULL: into the sums, by the processor's tiles. */
static void add_slice(nest *n, const hdt_tensor *acc)
{
	step k = {.in_slice = NULL};
	int outer = n->p->steps.count - 1;
	for (int i = 0; i < outer; i++) {
		const hdt_expr *extent = i ? n->p->steps.extents[i] : n->slice_depth;
		k.at[i] = hdt_begin_for(n->function, "k", extent, HDT_LOOP_SERIAL);
		if (i == 0) {
			k.in_slice = k.at[0];
			k.at[0] = hdt_add(n->slice_first, k.at[0]);
		}
	}
	if (acc)
		add_innermost(n, acc, &k);
	else
		add_tile(n, &k);
	for (int i = 0; i < outer; i++)
		hdt_end(n->function);
}

/* ---- the tile ----------------------------------------------------------------------------------------------------- */

const hdt_expr *tile_first_sum(nest *n)
{
	return n->one_slice ? number(n, 0) : hdt_mul(n->tile, number(n, n->b->height));
}

typedef enum copy_kind { COPY_BEGIN, COPY_FROM_SUMS, COPY_TO_SUMS } copy_kind;

/* Where the sum of a column begins. */
static const hdt_expr *beginning(const nest *n, const hdt_expr *lane)
{
	return n->begin ? hdt_at(n->begin, hdt_add(n->right_first, n->panel), lane) : hdt_number(n->context, n->p->sum, 0);
}

/* `acc` NULL: the sums themselves. */
static void copy(nest *n, const hdt_tensor *acc, copy_kind kind)
{
	hdt_function *f = n->function;
	const hdt_expr *i = hdt_begin_for(f, "i", number(n, n->b->height), acc ? HDT_LOOP_UNROLL : HDT_LOOP_SERIAL);
	const hdt_expr *j = hdt_begin_for(f, "j", number(n, n->b->width), HDT_LOOP_VECTORISE);
	if (i && j && n->sums) {
		hdt_list in_acc = HDT_AT(i, j), in_sums = HDT_AT(hdt_add(tile_first_sum(n), i), j);
		if (kind == COPY_TO_SUMS)
			hdt_store(f, n->sums, in_sums, hdt_at_list(acc, in_acc));
		else if (kind == COPY_FROM_SUMS)
			hdt_store(f, acc, in_acc, hdt_at_list(n->sums, in_sums));
		else
			hdt_store(f, acc ? acc : n->sums, acc ? in_acc : in_sums, beginning(n, j));
	}
	hdt_end(f);
	hdt_end(f);
}

/* In the first slice. */
static void begin_sums(nest *n, const hdt_tensor *acc)
{
	if (n->one_slice) {
		copy(n, acc, COPY_BEGIN);
		return;
	}
	hdt_begin_if(n->function, hdt_equal(n->slice, number(n, 0)));
	copy(n, acc, COPY_BEGIN);
	if (acc) {
		hdt_begin_else(n->function);
		copy(n, acc, COPY_FROM_SUMS);
	}
	hdt_end(n->function);
}

void tile_multiply(nest *n)
{
	const hdt_tensor *acc = NULL;
	if (!n->p->tiles)
		acc = hdt_local(n->function, "acc", n->p->sum, HDT_AT(number(n, n->b->height), number(n, n->b->width)));
	begin_sums(n, acc);
	add_slice(n, acc);
	if (acc)
		copy(n, acc, COPY_TO_SUMS);
}
