/* cpu_program.c: the loops around the tiles, and the first factor computed ahead.
 *
 *     fn @stage(x, left) cpu { for row in 0..m parallel { for k in 0..d vectorise { left[0, row, k] = max(x[row, k], 0.0); } } }
 *     fn @multiply(left, packed, bias, y) cpu {
 *       for task in 0..blocks * groups parallel { for panel in 0..panels { for slice in 0..slices { for tile in 0..tiles { ... } } } } } */
#include "cpu.h"

bool nest_failed(const nest *n)
{
	return hdt_context_status(n->context) != HDT_OK;
}

const hdt_expr *nest_index(nest *n, const char *name, const hdt_expr *index)
{
	bool simple = !index || index->op == HDT_OP_CONST || index->op == HDT_OP_AXIS || index->op == HDT_OP_SYMBOL ||
	              index->op == HDT_OP_VARIABLE;
	return simple ? index : hdt_let(n->function, name, index);
}

static const hdt_expr *number(const nest *n, int64_t value)
{
	return hdt_int(n->context, value);
}

/* Is this at least one, whatever the sizes are? */
static bool is_positive(const hdt_expr *e)
{
	int64_t min, max;
	return hdt_bounds(e, &min, &max) && min > 0;
}

static place units_at_zero(const nest *n)
{
	place at = {.count = 0};
	const hdt_expr *zeros[MOST_AXES];
	for (int i = 0; i < n->p->units.count; i++)
		zeros[i] = number(n, 0);
	place_put(&at, &n->p->units, zeros);
	return at;
}

static void begin_function(nest *n, hdt_program *program, const char *name)
{
	n->function = hdt_function_new(program, name, HDT_FUNCTION_CPU);
	n->at = units_at_zero(n);
}

/* Make those inputs that `value` reads parameters. */
static void use_inputs(nest *n, const hdt_expr *value)
{
	const hdt_task *task = n->p->task;
	for (int i = 0; i < task->input_count; i++)
		if (task->inputs[i] && hdt_reads(value, task->inputs[i]))
			hdt_use(n->function, task->inputs[i]);
}

/* Put the axes of a span where the loop at hand is; several behind each other as one index each. */
static void put_index(nest *n, const span *s, const char *name, const hdt_expr *position)
{
	const hdt_expr *values[HDT_MAX_RANK];
	if (!s->count || !position)
		return;
	hdt_list list = hdt_unflatten(n->context, (hdt_list){s->extents, s->count}, position);
	for (int i = 0; i < s->count; i++)
		values[i] = list.items ? nest_index(n, name, list.items[i]) : NULL;
	place_put(&n->at, s, values);
}

/* ---- the first factor, computed ahead ----------------------------------------------------------------------------- */

/* Elements of the sum, filled up to whole steps. */
static const hdt_expr *left_depth(const nest *n)
{
	return hdt_mul(n->p->steps.extent, number(n, n->p->group));
}

/* Zeros for what the last step has beyond the sum. */
static void fill_up(nest *n, const hdt_expr *batch, const hdt_expr *row)
{
	const hdt_expr *first = n->p->depth.extent, *all = left_depth(n);
	const hdt_expr *k = hdt_begin_for(n->function, "k", hdt_sub(all, first), HDT_LOOP_SERIAL);
	hdt_store(n->function, n->left, HDT_AT(batch, row, hdt_add(first, k)), hdt_number(n->context, n->p->factor, 0));
	hdt_end(n->function);
}

static void emit_stage(nest *n, hdt_program *program)
{
	const problem *p = n->p;
	int depth = p->depth.count;
	begin_function(n, program, "stage");
	use_inputs(n, p->c.a);
	hdt_use(n->function, n->left);
	const hdt_expr *count = hdt_mul(p->batch.extent, p->rows.extent);
	const hdt_expr *line = hdt_begin_for(n->function, "line", count, HDT_LOOP_PARALLEL);
	hdt_list at = hdt_unflatten(n->context, HDT_AT(p->batch.extent, p->rows.extent), line);
	if (at.items) {
		put_index(n, &p->batch, "batch", at.items[0]);
		put_index(n, &p->rows, "row", at.items[1]);
		for (int i = 0; i < depth; i++)
			hdt_begin_loop(n->function, p->depth.axes[i], i + 1 < depth ? HDT_LOOP_SERIAL : HDT_LOOP_VECTORISE);
		const hdt_expr *k =
			hdt_flatten(n->context, (hdt_list){p->depth.extents, depth}, (hdt_list){p->depth.axes, depth});
		hdt_store(n->function, n->left, HDT_AT(at.items[0], at.items[1], k), place_value(&n->at, p->c.a));
		for (int i = 0; i < depth; i++)
			hdt_end(n->function);
		if (steps_fill_up(p))
			fill_up(n, at.items[0], at.items[1]);
	}
	hdt_end(n->function);
}

/* ---- the second factor, packed ------------------------------------------------------------------------------------ */

/* Axes of a constant made for panels, and what they say. */
typedef struct packing {
	const hdt_expr *panel, *lane, *column;
	place at; /* of all but the sum */
} packing;

static bool begin_packing(const nest *n, packing *k)
{
	const problem *p = n->p;
	const hdt_expr *around = hdt_mul(p->batch.extent, p->outer_columns.extent);
	k->panel = hdt_axis("panel", hdt_mul(around, n->panel_count));
	k->lane = hdt_axis("lane", number(n, n->b->width));
	hdt_list at = hdt_unflatten(n->context, HDT_AT(p->batch.extent, p->outer_columns.extent, n->panel_count), k->panel);
	if (!at.items)
		return false;
	k->column = hdt_add(hdt_mul(at.items[2], number(n, n->b->width)), k->lane);
	k->at = units_at_zero(n);
	place_put_position(&k->at, &p->batch, at.items[0]);
	place_put_position(&k->at, &p->outer_columns, at.items[1]);
	place_put_position(&k->at, &p->columns, k->column);
	return true;
}

/* The value where the condition holds, which may be NULL, and 0 elsewhere. */
static const hdt_expr *guarded(const hdt_expr *condition, const hdt_expr *value)
{
	return value && condition ? hdt_select(condition, value, hdt_like(value, 0)) : value;
}

/* packed[panel, step, lane, part]: columns beyond the last one are 0, and so is what fills up the last step. */
static const hdt_tensor *pack_constant(nest *n, hdt_program *program)
{
	const problem *p = n->p;
	packing k;
	if (!begin_packing(n, &k))
		return NULL;
	const hdt_expr *in_panel = hdt_axis("k", p->steps.extent);
	const hdt_expr *part = p->group > 1 ? hdt_axis("part", number(n, p->group)) : number(n, 0);
	hdt_list steps = hdt_unflatten(n->context, (hdt_list){p->steps.extents, p->steps.count}, in_panel);
	if (!steps.items)
		return NULL;
	place_put_step(&k.at, p, steps.items, part);
	const hdt_expr *value = guarded(hdt_less(k.column, p->columns.extent), place_value(&k.at, p->c.b));
	value = guarded(step_exists(p, steps.items, part), value);
	const hdt_expr *axes[] = {k.panel, in_panel, k.lane, part};
	return hdt_program_constant(program, "packed", (hdt_list){axes, p->group > 1 ? 4 : 3}, value);
}

/* begin[panel, lane]: dot_i8 adds 128 to the first factor, so the sum begins at -128 times that of the second. */
static const hdt_tensor *pack_begin(nest *n, hdt_program *program)
{
	const problem *p = n->p;
	const hdt_expr *axes[HDT_MAX_RANK];
	packing k;
	if (!begin_packing(n, &k))
		return NULL;
	for (int i = 0; i < p->depth.count; i++)
		axes[i] = hdt_axis("k", p->depth.extents[i]);
	place_put(&k.at, &p->depth, axes);
	const hdt_expr *value = guarded(hdt_less(k.column, p->columns.extent), place_value(&k.at, p->c.b));
	value = value ? hdt_mul(hdt_cast(value, HDT_I32), hdt_number(n->context, HDT_I32, -128)) : NULL;
	value = value ? hdt_reduce_in(HDT_REDUCE_SUM, HDT_I32, axes, p->depth.count, value) : NULL;
	return hdt_program_constant(program, "begin", HDT_AT(k.panel, k.lane), value);
}

/* ---- the loops ---------------------------------------------------------------------------------------------------- */

static void emit_tile(nest *n)
{
	tile_multiply(n);
	if (!n->one_slice)
		hdt_begin_if(n->function, hdt_equal(n->slice, hdt_sub(n->slice_count, number(n, 1))));
	store_tile(n);
	if (!n->one_slice)
		hdt_end(n->function);
}

/* The rows of the tile. A last tile that would reach beyond the rows begins earlier, when it is known that there are enough rows; else it takes
 * the last row several times. */
static void emit_rows(nest *n, const hdt_expr *block)
{
	const hdt_expr *rows = n->p->rows.extent, *height = number(n, n->b->height);
	const hdt_expr *index = hdt_add(hdt_mul(block, number(n, n->b->tiles)), n->tile), *first = hdt_mul(index, height);
	const hdt_expr *most = hdt_sub(rows, height), *zero = number(n, 0);
	bool even = hdt_proves_equal(hdt_mod(rows, height), zero);
	int64_t min, max;
	bool enough = hdt_bounds(most, &min, &max) && min >= 0;
	n->clamped = false;
	if (even || enough) {
		n->first_row = nest_index(n, "first_row", even ? first : hdt_min(first, most));
		emit_tile(n);
		return;
	}
	n->first_row = nest_index(n, "first_row", first);
	hdt_begin_if(n->function, hdt_less_equal(n->first_row, most));
	emit_tile(n);
	hdt_begin_else(n->function);
	n->clamped = true;
	emit_tile(n);
	hdt_end(n->function);
}

/* Blocks are of equal size: the last one may have fewer tiles. */
static void emit_tiles(nest *n, const hdt_expr *block)
{
	const hdt_expr *tiles = hdt_ceildiv(n->p->rows.extent, number(n, n->b->height)), *most = number(n, n->b->tiles);
	bool even = hdt_proves_equal(hdt_mod(tiles, most), number(n, 0));
	const hdt_expr *count = even ? most : hdt_min(most, hdt_sub(tiles, hdt_mul(block, most)));
	n->tile = hdt_begin_for(n->function, "tile", count, HDT_LOOP_SERIAL);
	if (n->tile)
		emit_rows(n, block);
	hdt_end(n->function);
}

static void emit_slices(nest *n, const hdt_expr *block)
{
	const hdt_expr *extent = n->p->steps.extents[0], *depth = number(n, n->b->depth), *one = number(n, 1);
	bool even = hdt_proves_equal(hdt_mod(extent, depth), number(n, 0));
	n->slice_count = hdt_ceildiv(extent, depth);
	if (!is_positive(n->slice_count)) /* an empty sum is 0, too */
		n->slice_count = hdt_max(n->slice_count, one);
	n->slice = hdt_begin_for(n->function, "slice", n->slice_count, HDT_LOOP_SERIAL);
	n->slice_first = n->slice ? nest_index(n, "slice_first", hdt_mul(n->slice, depth)) : NULL;
	if (n->slice_first) {
		n->slice_depth = even ? depth : hdt_min(depth, hdt_sub(extent, n->slice_first));
		n->slice_depth = nest_index(n, "slice_depth", n->slice_depth);
		if (n->p->right == RIGHT_LAID_OUT)
			panel_fill(n);
		emit_tiles(n, block);
	}
	hdt_end(n->function);
}

static void emit_panel(nest *n, const hdt_expr *block)
{
	const problem *p = n->p;
	n->first_column = nest_index(n, "first_column", hdt_mul(n->panel, number(n, n->b->width)));
	if (p->right == RIGHT_LAID_OUT) {
		int64_t rest = 1, extent = 1;
		for (int i = 1; i < p->steps.count && hdt_is_const(p->steps.extents[i], &extent); i++)
			rest *= extent;
		const hdt_expr *shape[] = {number(n, n->b->depth * rest), number(n, n->b->width), number(n, p->group)};
		n->right = hdt_local(n->function, "laid_out", p->factor, (hdt_list){shape, p->group > 1 ? 3 : 2});
	}
	emit_slices(n, block);
}

/* The panels of the task, of which the last one has fewer. */
static void emit_panels(nest *n, const hdt_expr *block, const hdt_expr *group)
{
	const hdt_expr *most = number(n, n->b->panels), *first = hdt_mul(group, most);
	bool even = hdt_proves_equal(hdt_mod(n->panel_count, most), number(n, 0));
	const hdt_expr *count = even ? most : hdt_min(most, hdt_sub(n->panel_count, first));
	const hdt_expr *index = hdt_begin_for(n->function, "of_group", count, HDT_LOOP_SERIAL);
	n->panel = index ? nest_index(n, "panel", hdt_add(first, index)) : NULL;
	if (n->panel)
		emit_panel(n, block);
	hdt_end(n->function);
}

/* Is the whole sum taken at once? Then the sums of one tile are kept, else those of all tiles of the task. */
static void make_sums(nest *n)
{
	int64_t depth;
	n->one_slice = hdt_is_const(n->p->steps.extents[0], &depth) && depth <= n->b->depth;
	int64_t rows = n->b->height * (n->one_slice ? 1 : n->b->tiles);
	n->sums = hdt_local(n->function, "sums", n->p->sum, HDT_AT(number(n, rows), number(n, n->b->width)));
}

static void emit_multiply(nest *n, hdt_program *program)
{
	const problem *p = n->p;
	const hdt_expr *blocks = hdt_ceildiv(p->rows.extent, number(n, n->b->height * n->b->tiles));
	const hdt_expr *groups = hdt_ceildiv(n->panel_count, number(n, n->b->panels));
	const hdt_expr *slow = n->b->by_columns ? groups : blocks, *fast = n->b->by_columns ? blocks : groups;
	hdt_list tasks = HDT_AT(p->batch.extent, p->outer_rows.extent, p->outer_columns.extent, slow, fast);
	const hdt_expr *probe = hdt_contraction_result(&p->c, hdt_number(n->context, p->sum, 0));
	begin_function(n, program, "multiply");
	if (n->left)
		hdt_use(n->function, n->left);
	else
		use_inputs(n, p->c.a);
	if (n->right)
		hdt_use(n->function, n->right);
	else
		use_inputs(n, p->c.b);
	if (n->begin)
		hdt_use(n->function, n->begin);
	use_inputs(n, probe);
	hdt_use(n->function, n->output);
	const hdt_expr *task = hdt_begin_for(n->function, "task", hdt_product(n->context, tasks), HDT_LOOP_PARALLEL);
	hdt_list at = hdt_unflatten(n->context, tasks, task);
	if (at.items) {
		const hdt_expr *batch = nest_index(n, "batch", at.items[0]);
		const hdt_expr *outer = nest_index(n, "outer_column", at.items[2]);
		put_index(n, &p->batch, "batch", batch);
		put_index(n, &p->outer_rows, "outer_row", at.items[1]);
		put_index(n, &p->outer_columns, "outer_column", outer);
		n->left_batch = batch;
		n->right_first = hdt_mul(hdt_add(hdt_mul(batch, p->outer_columns.extent), outer), n->panel_count);
		const hdt_expr *block = nest_index(n, "block", at.items[n->b->by_columns ? 4 : 3]);
		const hdt_expr *group = nest_index(n, "group", at.items[n->b->by_columns ? 3 : 4]);
		make_sums(n);
		if (p->tiles)
			hdt_do(n->function, "tile_begin", HDT_AT(number(n, n->b->height)));
		emit_panels(n, block, group);
		if (p->tiles)
			hdt_do(n->function, "tile_end", (hdt_list){NULL, 0});
	}
	hdt_end(n->function);
}

hdt_program *matmul_program(const problem *p, const blocking *b)
{
	nest n = {.p = p, .b = b, .context = p->context, .output = p->c.tensor};
	hdt_program *program = hdt_program_new(p->context, p->task->name);
	hdt_program_bind(program, p->task);
	n.panel_count = hdt_ceildiv(p->columns.extent, number(&n, b->width));
	if (p->right == RIGHT_PACKED)
		n.right = pack_constant(&n, program);
	if (p->factor == HDT_I8 && !p->tiles)
		n.begin = pack_begin(&n, program);
	if (p->left == LEFT_STAGED) {
		hdt_list shape = HDT_AT(p->batch.extent, p->rows.extent, left_depth(&n));
		n.left = hdt_program_workspace(program, "left", p->factor, shape);
		emit_stage(&n, program);
	}
	if (nest_failed(&n))
		return NULL;
	emit_multiply(&n, program);
	return nest_failed(&n) ? NULL : program;
}
