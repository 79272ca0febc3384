/* loops.c: one function for each group: a parallel loop over the outer dimensions, the other loops, and in them the blocks of lanes.c.
 *
 * As many of the outer loops as are needed to keep the workers busy become one parallel loop:
 *     for i in 0..4 { for j in 0..6 { ... } }   ->   for p in 0..24 parallel { let i = p // 6; let j = p % 6; ... } */
#include "auto.h"

#define PIECES 4 /* for each worker, at least, so that a late one does not hold up the others */

/* A loop to be opened: over a dimension, or over the blocks of one. */
typedef struct loop {
	const hdt_expr *axis;
	const hdt_expr *
		*position; /* set to the open loop's value: the number of a block; NULL: the axis is replaced in the dims */
} loop;

/* ---- opening ------------------------------------------------------------------------------------------------------ */

/* Replace an axis by what stands for it now. */
static void bind_axis(dims *d, int rank, const hdt_expr *axis, const hdt_expr *value)
{
	if (axis == value)
		return;
	d->value = hdt_substitute(d->value, &axis, &value, 1);
	for (int i = 0; i < rank; i++)
		if (d->at[i])
			d->at[i] = hdt_substitute(d->at[i], &axis, &value, 1);
}

static void bind_loop(dims *d, int rank, const loop *l, const hdt_expr *value)
{
	if (l->position)
		*l->position = value;
	else
		bind_axis(d, rank, l->axis, value);
}

/* One parallel loop for all of `loops`; `values` tell what stands for each axis. */
static void open_parallel(nest *n, const loop *loops, int count, const hdt_expr **values)
{
	const hdt_expr *extents[HDT_MAX_RANK + 2];
	if (count == 1) {
		open_loop(n, loops[0].axis, HDT_LOOP_PARALLEL);
		values[0] = loops[0].axis;
		return;
	}
	for (int i = 0; i < count; i++)
		extents[i] = loops[i].axis->args[0];
	hdt_list shape = {extents, count};
	const hdt_expr *p = hdt_axis("p", hdt_product(n->context, shape));
	open_loop(n, p, HDT_LOOP_PARALLEL);
	hdt_list at = hdt_unflatten(n->context, shape, p);
	for (int i = 0; i < count; i++) {
		values[i] = at.items ? at.items[i] : NULL;
		if (values[i] && values[i]->op != HDT_OP_CONST && values[i]->op != HDT_OP_AXIS)
			values[i] = hdt_let(n->function, loops[i].axis->name, values[i]);
	}
}

/* How many of the loops become the parallel one. */
static int parallel_count(const loop *loops, int count)
{
	int64_t pieces = 1;
	for (int i = 0; i < count; i++) {
		if (pieces >= PIECES * WORKERS)
			return i;
		if (__builtin_mul_overflow(pieces, hdt_size_estimate(loops[i].axis->args[0]), &pieces))
			return i + 1;
	}
	return count;
}

static const hdt_expr *blocks_axis(const char *name, const hdt_expr *extent, int64_t size)
{
	const hdt_expr *most = hdt_int(extent->context, size - 1), *block = hdt_int(extent->context, size);
	return hdt_axis(name, hdt_floordiv(hdt_add(extent, most), block));
}

/* ---- stages ------------------------------------------------------------------------------------------------------- */

/* The loops around a stage's blocks, outermost first; `last` (-1: none) is the dimension of the innermost one. */
static int list_loops(const dims *d, const tile *t, int last, const hdt_expr **row_block, const hdt_expr **lane_block,
                      loop *out)
{
	int count = 0;
	for (int i = 0; i < d->count; i++)
		if (i != t->row && i != t->lane && i != last)
			out[count++] = (loop){.axis = d->axes[i]};
	if (last >= 0)
		out[count++] = (loop){.axis = d->axes[last]};
	for (int step = 0; step < 2; step++) {
		bool rows = t->panel || t->transposed ? step == 1 : step == 0;
		if (rows && t->row >= 0)
			out[count++] = (loop){blocks_axis("rows", d->axes[t->row]->args[0], t->rows), row_block};
		if (!rows && t->lane >= 0 && !t->whole)
			out[count++] = (loop){blocks_axis("lanes", d->axes[t->lane]->args[0], t->lanes), lane_block};
	}
	return count;
}

/* `d` holds what is bound outside; with `parallel` its outer loops run on the workers. */
static bool emit_stage(nest *n, const stage *s, dims d, bool parallel)
{
	const hdt_expr *row_block = NULL, *lane_block = NULL, *values[HDT_MAX_RANK + 2] = {0};
	loop loops[HDT_MAX_RANK + 2];
	scan running = scan_find(&d);
	bool scans = running.reduce != NULL;
	tile t = scans ? (tile){.row = -1, .lane = -1} : tile_choose(n->plan, &d);
	bool ahead = n->rereads && !scans && ahead_applies(n, &d, &t);
	int count = list_loops(&d, &t, running.axis, &row_block, &lane_block, loops), rank = s->tensor->rank, opened = 0,
		done = 0;
	if (hdt_context_status(n->context) != HDT_OK)
		return false;
	if (parallel && (done = parallel_count(loops, count - (t.panel || scans))) > 0) {
		open_parallel(n, loops, done, values);
		opened++;
		for (int i = 0; i < done; i++)
			bind_loop(&d, rank, &loops[i], values[i]);
	}
	d.value = reduce_ready(n, hoist_checks(n, d.value));
	for (int i = done; i < count && d.value; i++) {
		if (t.panel && i == count - 1)
			d.value = tile_panel(n, &d, &t, lane_block);
		if (scans && i == count - 1)
			running = scan_begin(n, &d); /* the outer loops are bound now */
		open_loop(n, loops[i].axis, HDT_LOOP_SERIAL);
		opened++;
		bind_loop(&d, rank, &loops[i], loops[i].axis);
		if (scans && i == count - 1)
			d.value = scan_step(n, &running, d.value, loops[i].axis);
		d.value = reduce_ready(n, hoist_checks(n, d.value));
	}
	if (!d.value)
		return false;
	if (ahead) {
		ahead_fetch(n, n->rereads, &d, &t, lane_block);
		n->rereads = NULL;
	}
	tile_emit(n, s, d, &t, row_block, lane_block);
	while (opened--)
		close_loop(n);
	return hdt_context_status(n->context) == HDT_OK;
}

/* The stages of a group in one row: the first dimensions are bound to `values`. */
static bool emit_row(nest *n, const group *g, const hdt_expr *const *values)
{
	plan *p = n->plan;
	for (int i = g->first; i < g->first + g->count; i++) {
		stage *s = &p->stages[i];
		const hdt_tensor *t = s->tensor;
		dims d;
		if (!s->memory)
			s->memory = hdt_local(n->function, t->name, t->dtype, (hdt_list){t->shape + g->rows, t->rank - g->rows});
		const hdt_expr *value = plan_redirect(p, s->value);
		value = value ? hdt_substitute(value, t->axes, values, g->rows) : NULL;
		if (!s->memory || !value || !merge_dims(s, g->rows, value, &d))
			return false;
		for (int k = 0; k < g->rows; k++)
			d.at[k] = values[k];
		if (i == g->first + 1)
			n->rereads = g;
		if (!emit_stage(n, s, d, false))
			return false;
	}
	n->rereads = NULL;
	return true;
}

static bool emit_rows(nest *n, const group *g)
{
	const hdt_tensor *t = n->plan->stages[g->first].tensor;
	const hdt_expr *values[HDT_MAX_RANK];
	loop loops[HDT_MAX_RANK];
	for (int d = 0; d < g->rows; d++)
		loops[d] = (loop){.axis = hdt_axis(t->axes[d]->name, t->shape[d])};
	open_parallel(n, loops, g->rows, values);
	bool done = emit_row(n, g, values);
	close_loop(n);
	return done;
}

/* ---- groups ------------------------------------------------------------------------------------------------------- */

bool emit_group(plan *p, const group *g)
{
	stage *last = &p->stages[g->first + g->count - 1];
	nest n = {.plan = p, .context = p->context, .open = {.context = p->context}};
	n.function = hdt_function_new(p->program, last->tensor->name, HDT_FUNCTION_CPU);
	if (!n.function)
		return false;
	group_use_buffers(&n, g);
	if (g->count > 1)
		return emit_rows(&n, g);
	dims d;
	const hdt_expr *value = plan_redirect(p, last->value);
	return value && merge_dims(last, 0, value, &d) && emit_stage(&n, last, d, true);
}
