/* program_cpu.c: the loops around the tiles.
 *
 *     fn @attend(q, k, v, mask, y) cpu {
 *       for task in 0..heads * blocks parallel { for slice in 0..slices { ... for tile in 0..tiles { ... } } ... } } */
#include "cpu.h"
#include <math.h>

static bool failed(const nest *n)
{
	return hdt_context_status(n->context) != HDT_OK;
}

const hdt_expr *nest_number(const nest *n, int64_t value)
{
	return hdt_int(n->context, value);
}

const hdt_expr *nest_let(nest *n, const char *name, const hdt_expr *index)
{
	bool simple = !index || index->op == HDT_OP_CONST || index->op == HDT_OP_AXIS || index->op == HDT_OP_SYMBOL ||
	              index->op == HDT_OP_VARIABLE;
	return simple ? index : hdt_let(n->function, name, index);
}

static const hdt_expr *queries_of(const nest *n)
{
	return n->p->a.query->args[0];
}

static const hdt_expr *keys_of(const nest *n)
{
	return n->p->a.key->args[0];
}

const hdt_expr *nest_query(const nest *n, const hdt_expr *i)
{
	const hdt_expr *query = hdt_add(n->first_row, i);
	bool whole = hdt_proves_equal(hdt_mod(queries_of(n), nest_number(n, n->b->rows)), nest_number(n, 0));
	return whole ? query : hdt_min(query, hdt_sub(queries_of(n), nest_number(n, 1)));
}

const hdt_expr *nest_value(const nest *n, const hdt_expr *e, const hdt_expr *query, const hdt_expr *key,
                           const hdt_expr *depth, const hdt_expr *width)
{
	const attention *a = &n->p->a;
	const hdt_expr *from[HDT_MAX_RANK + 4], *to[HDT_MAX_RANK + 4];
	const hdt_expr *const axes[] = {a->query, a->key, a->depth, a->width}, *const values[] = {query, key, depth, width};
	int count = 0;
	for (int d = 0; d < a->batch_count; d++) {
		from[count] = a->batch[d];
		to[count++] = n->batch[d];
	}
	for (int i = 0; i < 4; i++) {
		if (!values[i])
			continue;
		from[count] = axes[i];
		to[count++] = values[i];
	}
	return hdt_substitute(e, from, to, count);
}

/* ---- where the task is -------------------------------------------------------------------------------------------- */

static const hdt_expr *blocks_of(const nest *n)
{
	return hdt_ceildiv(queries_of(n), nest_number(n, n->b->rows * n->b->tiles));
}

/* All of the batch, each with `count` more. */
static const hdt_expr *task_count(const nest *n, const hdt_expr *count)
{
	for (int d = 0; d < n->p->a.batch_count; d++)
		count = hdt_mul(count, n->p->a.batch[d]->args[0]);
	return count;
}

/* Where the task is in the batch, and which of the `count` it is there. */
static const hdt_expr *place_task(nest *n, const hdt_expr *task, const hdt_expr *count, const char *name)
{
	const attention *a = &n->p->a;
	const hdt_expr *extents[HDT_MAX_RANK + 1];
	for (int d = 0; d < a->batch_count; d++)
		extents[d] = a->batch[d]->args[0];
	extents[a->batch_count] = count;
	hdt_list at = hdt_unflatten(n->context, (hdt_list){extents, a->batch_count + 1}, task);
	if (!at.items)
		return NULL;
	for (int d = 0; d < a->batch_count; d++)
		n->batch[d] = nest_let(n, "batch", at.items[d]);
	if (n->b->shares_k) {
		const hdt_expr *position =
			hdt_flatten(n->context, (hdt_list){extents, a->batch_count}, (hdt_list){n->batch, a->batch_count});
		n->batch_position = nest_let(n, "position", position);
	}
	return nest_let(n, name, at.items[a->batch_count]);
}

static hdt_list shape_of(const nest *n, int64_t rows, int64_t columns, const hdt_expr **two)
{
	two[0] = nest_number(n, rows);
	two[1] = nest_number(n, columns);
	return (hdt_list){two, 2};
}

static const hdt_tensor *local(nest *n, const char *name, int64_t rows, int64_t columns)
{
	const hdt_expr *two[2];
	return hdt_local(n->function, name, HDT_F32, shape_of(n, rows, columns, two));
}

static void make_locals(nest *n)
{
	const problem *p = n->p;
	const blocking *b = n->b;
	int64_t states = b->rows * (n->whole ? 1 : b->tiles);
	if (!b->shares_k)
		n->panels = local(n, "panels", b->keys / b->panel * p->padded_depth, b->panel);
	n->values = b->lays_out_v ? local(n, "values", b->keys, p->padded_width) : NULL;
	n->rows = local(n, "rows", b->rows, p->depth);
	n->scores = local(n, "scores", b->rows, b->keys);
	n->sums = local(n, "sums", b->rows, b->panel);
	n->factor = n->whole ? NULL : local(n, "factor", b->rows, 1);
	n->top = local(n, "top", states, 1);
	n->total = local(n, "total", states, 1);
	n->means = n->whole ? NULL : local(n, "means", states, p->padded_width);
}

/* ---- a tile ------------------------------------------------------------------------------------------------------- */

/* No key was seen yet. */
static void clear_state(nest *n, int64_t states)
{
	const hdt_expr *zero = hdt_number(n->context, HDT_F32, 0), *none = nest_number(n, 0);
	const hdt_expr *i = hdt_begin_for(n->function, "i", nest_number(n, states), HDT_LOOP_SERIAL);
	hdt_store(n->function, n->top, HDT_AT(i, none), hdt_number(n->context, HDT_F32, -INFINITY));
	hdt_store(n->function, n->total, HDT_AT(i, none), zero);
	if (n->means) {
		const hdt_expr *e = hdt_begin_for(n->function, "e", nest_number(n, n->p->padded_width), HDT_LOOP_VECTORISE);
		hdt_store(n->function, n->means, HDT_AT(i, e), zero);
		hdt_end(n->function);
	}
	hdt_end(n->function);
}

/* Keys of the slice that come no later than the last query of the tile. */
static const hdt_expr *seen_by_order(nest *n)
{
	if (!n->p->a.causal)
		return n->key_count;
	const hdt_expr *last = hdt_min(hdt_add(n->first_row, nest_number(n, n->b->rows)), queries_of(n));
	const hdt_expr *seen = hdt_max(hdt_sub(last, n->first_key), nest_number(n, 0));
	return nest_let(n, "in_order", hdt_min(seen, n->key_count));
}

/* Does the tile, somewhere, see the key? */
static const hdt_expr *condition_at(const nest *n, const hdt_expr *query, const hdt_expr *key)
{
	const attention *a = &n->p->a;
	const hdt_expr *all = NULL;
	for (int i = 0; i < a->condition_count; i++)
		all = all ? hdt_and(all, a->conditions[i]) : a->conditions[i];
	return nest_value(n, all, query, key, NULL, NULL);
}

static bool differs_by_query(const problem *p)
{
	for (int i = 0; i < p->a.condition_count; i++)
		if (hdt_contains(p->a.conditions[i], p->a.query))
			return true;
	return false;
}

/* Is a key of the panel seen? The result is above 0 then. */
static void scan_panel(nest *n, const hdt_tensor *shown, const hdt_expr *first, const hdt_expr *count)
{
	hdt_function *f = n->function;
	const hdt_expr *lane = hdt_begin_for(f, "lane", nest_number(n, n->b->panel), HDT_LOOP_VECTORISE);
	hdt_store(f, shown, HDT_AT(lane), hdt_number(n->context, HDT_F32, 0));
	hdt_end(f);
	const hdt_expr *rows = nest_number(n, differs_by_query(n->p) ? n->b->rows : 1);
	const hdt_expr *i = hdt_begin_for(f, "i", rows, HDT_LOOP_SERIAL);
	const hdt_expr *query = i ? nest_let(n, "query", nest_query(n, i)) : NULL;
	lane = hdt_begin_for(f, "lane", count, HDT_LOOP_VECTORISE);
	const hdt_expr *key = hdt_add(hdt_add(n->first_key, first), lane), *one = hdt_number(n->context, HDT_F32, 1);
	const hdt_expr *sees = query ? condition_at(n, query, key) : NULL;
	hdt_store(f, shown, HDT_AT(lane), hdt_select(sees, one, hdt_at(shown, lane)));
	hdt_end(f);
	hdt_end(f);
}

/* Keys up to the last panel in which one is seen. */
static const hdt_expr *seen_by_data(nest *n, const hdt_expr *count)
{
	hdt_function *f = n->function;
	const hdt_expr *width = nest_number(n, n->b->panel), *none = nest_number(n, 0);
	const hdt_tensor *last = hdt_local(f, "last", HDT_I64, HDT_AT(nest_number(n, 1)));
	const hdt_tensor *shown = hdt_local(f, "shown", HDT_F32, HDT_AT(width));
	hdt_store(f, last, HDT_AT(none), none);
	const hdt_expr *panel = hdt_begin_for(f, "panel", hdt_ceildiv(count, width), HDT_LOOP_SERIAL);
	const hdt_expr *first = panel ? nest_let(n, "first", hdt_mul(panel, width)) : NULL;
	const hdt_expr *here = first ? nest_let(n, "here", hdt_min(width, hdt_sub(count, first))) : NULL;
	scan_panel(n, shown, first, here);
	for (int64_t v = n->p->lanes; v < n->b->panel; v += n->p->lanes) {
		const hdt_expr *lane = hdt_begin_for(f, "lane", nest_number(n, n->p->lanes), HDT_LOOP_VECTORISE);
		const hdt_expr *other = hdt_at(shown, hdt_add(lane, nest_number(n, v)));
		hdt_store(f, shown, HDT_AT(lane), hdt_add(hdt_at(shown, lane), other));
		hdt_end(f);
	}
	const hdt_expr *any =
		hdt_intrinsic_call(n->context, "sum_lanes", HDT_AT(hdt_address(shown, &none, 1), nest_number(n, n->p->lanes)));
	any = hdt_let(f, "any", any);
	hdt_begin_if(f, hdt_less(hdt_number(n->context, HDT_F32, 0), any));
	hdt_store(f, last, HDT_AT(none), hdt_add(first, here));
	hdt_end(f);
	hdt_end(f);
	return hdt_let(f, "seen", hdt_at(last, none));
}

/* One slice was all: the result is written at once, by the tile. */
static void emit_tile(nest *n, const hdt_expr *block, const hdt_expr *tile)
{
	const hdt_expr *index = hdt_add(hdt_mul(block, nest_number(n, n->b->tiles)), tile);
	n->first_row = nest_let(n, "first_row", hdt_mul(index, nest_number(n, n->b->rows)));
	n->first_state = n->whole ? nest_number(n, 0) : nest_let(n, "state", hdt_mul(tile, nest_number(n, n->b->rows)));
	n->seen = seen_by_order(n);
	if (n->p->scans && n->seen)
		n->seen = seen_by_data(n, n->seen);
	if (!n->seen || failed(n))
		return;
	lay_out_queries(n);
	tile_scores(n);
	softmax_rows(n);
	tile_means(n);
}

/* The tiles of the task: the last one may have fewer. */
static const hdt_expr *tile_count(nest *n, const hdt_expr *block)
{
	const hdt_expr *tiles = hdt_ceildiv(queries_of(n), nest_number(n, n->b->rows));
	const hdt_expr *most = nest_number(n, n->b->tiles);
	bool even = hdt_proves_equal(hdt_mod(tiles, most), nest_number(n, 0));
	return even ? most : nest_let(n, "tiles", hdt_min(most, hdt_sub(tiles, hdt_mul(block, most))));
}

/* Slices that the last query of the task sees something of. */
static const hdt_expr *slice_count(nest *n, const hdt_expr *block)
{
	const hdt_expr *keys = keys_of(n), *each = nest_number(n, n->b->keys);
	if (n->whole)
		return nest_number(n, 1);
	if (n->p->a.causal) {
		const hdt_expr *last = hdt_mul(hdt_add(block, nest_number(n, 1)), nest_number(n, n->b->rows * n->b->tiles));
		keys = hdt_min(keys, hdt_min(last, queries_of(n)));
	}
	return hdt_ceildiv(keys, each);
}

static void emit_slices(nest *n, const hdt_expr *block, const hdt_expr *tiles)
{
	hdt_function *f = n->function;
	const hdt_expr *each = nest_number(n, n->b->keys);
	const hdt_expr *slice = hdt_begin_for(f, "slice", slice_count(n, block), HDT_LOOP_SERIAL);
	if (slice) {
		n->first_key = n->whole ? nest_number(n, 0) : nest_let(n, "first_key", hdt_mul(slice, each));
		bool even = hdt_proves_equal(hdt_mod(keys_of(n), each), nest_number(n, 0));
		n->key_count = n->whole ? keys_of(n) : even ? each : hdt_min(each, hdt_sub(keys_of(n), n->first_key));
		n->key_count = nest_let(n, "count", n->key_count);
		if (!n->b->shares_k)
			lay_out_keys(n);
		if (n->values)
			lay_out_values(n);
		const hdt_expr *tile = hdt_begin_for(f, "tile", tiles, HDT_LOOP_SERIAL);
		if (tile)
			emit_tile(n, block, tile);
		hdt_end(f);
	}
	hdt_end(f);
}

/* Several slices: what they have summed becomes results. */
static void emit_results(nest *n, const hdt_expr *block)
{
	hdt_function *f = n->function;
	const hdt_expr *rows = nest_number(n, n->b->rows * n->b->tiles);
	n->first_row = nest_let(n, "first_row", hdt_mul(block, rows));
	n->first_state = nest_number(n, 0);
	const hdt_expr *here = hdt_min(rows, hdt_sub(queries_of(n), n->first_row));
	const hdt_expr *i = hdt_begin_for(f, "i", here, HDT_LOOP_SERIAL);
	store_row(n, n->means, i, nest_number(n, 0), i, nest_number(n, 0), nest_number(n, n->p->width));
	hdt_end(f);
}

/* ---- the function ------------------------------------------------------------------------------------------------- */

static void use_all(nest *n)
{
	const hdt_task *task = n->p->a.task;
	for (int i = 0; i < task->input_count; i++)
		if (task->inputs[i])
			hdt_use(n->function, task->inputs[i]);
	if (n->b->shares_k)
		hdt_use(n->function, n->panels);
	hdt_use(n->function, n->p->a.output);
}

/* All of k ahead, in panels. */
static void emit_keys(nest *n, hdt_program *program)
{
	const attention *a = &n->p->a;
	const hdt_expr *rows =
		hdt_mul(hdt_ceildiv(keys_of(n), nest_number(n, n->b->panel)), nest_number(n, n->p->padded_depth));
	hdt_list shape = HDT_AT(task_count(n, nest_number(n, 1)), rows, nest_number(n, n->b->panel));
	n->panels = hdt_program_workspace(program, "panels", HDT_F32, shape);
	n->function = hdt_function_new(program, "lay_out", HDT_FUNCTION_CPU);
	if (!n->function)
		return;
	for (int i = 0; i < a->task->input_count; i++)
		if (a->task->inputs[i] && hdt_reads(a->k, a->task->inputs[i]))
			hdt_use(n->function, a->task->inputs[i]);
	hdt_use(n->function, n->panels);
	n->first_key = nest_number(n, 0);
	n->key_count = keys_of(n);
	const hdt_expr *groups = group_count(n, n->key_count);
	const hdt_expr *task = hdt_begin_for(n->function, "task", task_count(n, groups), HDT_LOOP_PARALLEL);
	const hdt_expr *group = task ? place_task(n, task, groups, "group") : NULL;
	if (group)
		lay_out_group(n, nest_let(n, "first", hdt_mul(group, nest_number(n, n->p->lanes))));
	hdt_end(n->function);
}

hdt_program *attention_program(const problem *p, const blocking *b)
{
	nest n = {.p = p, .b = b, .context = p->context, .whole = problem_is_whole(p, b)};
	hdt_program *program = hdt_program_new(p->context, p->a.task->name);
	hdt_program_bind(program, p->a.task);
	if (b->shares_k)
		emit_keys(&n, program);
	n.function = hdt_function_new(program, "attend", HDT_FUNCTION_CPU);
	if (!n.function)
		return NULL;
	use_all(&n);
	const hdt_expr *blocks = blocks_of(&n);
	const hdt_expr *task = hdt_begin_for(n.function, "task", task_count(&n, blocks), HDT_LOOP_PARALLEL);
	const hdt_expr *block = task ? place_task(&n, task, blocks, "block") : NULL;
	if (block) {
		const hdt_expr *tiles = tile_count(&n, block);
		make_locals(&n);
		if (!n.whole)
			clear_state(&n, b->rows * b->tiles);
		emit_slices(&n, block, tiles);
		if (!n.whole)
			emit_results(&n, block);
	}
	hdt_end(n.function);
	return failed(&n) ? NULL : program;
}
