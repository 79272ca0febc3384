/* place.c: finds the product in a task, and the tile of each block:
 *
 *     y[n, i, j] = sum(k < 768) x[n, i, k] * w[j, k]   rows n, i   columns j   depth k
 *     block = ((batch * column tiles + column tile) * row tiles + row tile) * splits + split
 *
 * Eight tiles of rows take turns before the next tile of columns, so that blocks which run together share more of both factors in L2. */
#include "tile.h"

enum { GROUP = 8 };

/* ---- the product ---- */

static void make_span(hdt_context *c, span *s, const hdt_expr *const *axes, int count)
{
	*s = (span){.axes = axes, .size = 1};
	for (int i = 0; i < count; i++) {
		s->storage[i] = axes[i]->args[0];
		if (__builtin_mul_overflow(s->size, hdt_size_estimate(axes[i]->args[0]), &s->size))
			s->size = INT64_MAX;
	}
	s->shape = (hdt_list){s->storage, count};
	s->extent = hdt_product(c, s->shape);
}

/* Casts that lose nothing. */
static const hdt_expr *without_widening(const hdt_expr *e)
{
	while (e->op == HDT_OP_CAST && hdt_is_float((hdt_dtype)e->dtype) && hdt_is_float((hdt_dtype)e->args[0]->dtype) &&
	       hdt_promote((hdt_dtype)e->dtype, (hdt_dtype)e->args[0]->dtype) == (hdt_dtype)e->dtype)
		e = e->args[0];
	return e;
}

static bool is_zero(const hdt_expr *e)
{
	int64_t value;
	return hdt_is_const(e, &value) && value == 0;
}

/* Is every value of it one of the dtype, so that storing it loses nothing? */
static bool is_exact(const hdt_expr *e)
{
	if (hdt_dtype_of((hdt_dtype)e->dtype)->bytes > 2 || e->op == HDT_OP_LOAD || e->op == HDT_OP_CAST || is_zero(e))
		return true;
	if (e->op == HDT_OP_SELECT)
		return is_exact(e->args[1]) && is_exact(e->args[2]);
	if (e->op == HDT_OP_MAX || e->op == HDT_OP_MIN)
		return is_exact(e->args[0]) && is_exact(e->args[1]);
	return e->op == HDT_OP_NEG && is_exact(e->args[0]);
}

static void find_load(operand *o)
{
	const hdt_expr *e = o->factor, *value;
	if (e->op == HDT_OP_LOAD) {
		o->load = e;
	} else if (e->op == HDT_OP_SELECT) {
		bool yes = is_zero(e->args[2]);
		value = without_widening(e->args[yes ? 1 : 2]);
		if ((yes || is_zero(e->args[1])) && value->op == HDT_OP_LOAD && value->tensor->dtype == o->dtype) {
			o->load = value;
			o->condition = yes ? e->args[0] : hdt_not(e->args[0]);
		}
	}
}

/* The widest access along an axis of the span; *which is that axis. */
static int64_t widest(const operand *o, const span *s, int *which)
{
	int64_t best = 1;
	for (int i = s->shape.count - 1; i >= 0 && o->load; i--) {
		if (o->condition && depends_on(o->condition, s->axes[i]))
			continue;
		int64_t width =
			vector_width(o->load->tensor, (hdt_list){o->load->args, o->load->count}, s->axes[i], VECTOR_BYTES);
		if (width > best) {
			best = width;
			*which = i;
		}
	}
	return best;
}

static bool walks_along(const operand *o, const hdt_expr *axis)
{
	int64_t factor = 0;
	const hdt_expr *rest, *load = o->load;
	return load && load->count && hdt_linear(load->args[load->count - 1], &axis, 1, &factor, &rest) && factor == 1;
}

/* How the operand is brought. Vectors run along the last axis of the depth or of the side. */
static void choose_way(operand *o, const span *depth)
{
	int at = -1, last = depth->shape.count - 1, side_last = o->side->shape.count - 1;
	int64_t along = widest(o, depth, &at), across = 1;
	if (at != last)
		along = 1;
	at = -1;
	across = widest(o, o->side, &at);
	if (at != side_last)
		across = 1;
	o->along_depth = along >= across && (along > 1 || side_last < 0 || !walks_along(o, o->side->axes[side_last]));
	o->side_dense = !o->along_depth;
	o->vector = o->along_depth ? along : across;
	o->copied = o->load && o->vector * hdt_dtype_of(o->dtype)->bytes >= 4;
}

/* Is it made of constants alone, and are there constantly many elements? */
static bool is_constant(const operand *o, const product *p)
{
	expr_list nodes = {0};
	int64_t extent;
	bool loads = false;
	expr_nodes(o->factor, &nodes);
	for (int i = 0; i < nodes.count; i++) {
		const hdt_expr *e = nodes.items[i];
		if (e->op == HDT_OP_SYMBOL || (e->op == HDT_OP_LOAD && !e->tensor->constant))
			return false;
		loads |= e->op == HDT_OP_LOAD;
	}
	for (int i = 0; i < p->batch.shape.count; i++)
		if (depends_on(o->factor, p->batch.axes[i]))
			return false;
	return loads && hdt_is_const(o->side->extent, &extent) && hdt_is_const(p->depth.extent, &extent);
}

/* What does not lie well is laid out anew if that can be done once. */
static void choose_packing(operand *o, const product *p)
{
	int64_t width = VECTOR_BYTES / hdt_dtype_of(o->dtype)->bytes, depth;
	if (o->vector == width || !is_constant(o, p) || !hdt_is_const(p->depth.extent, &depth) || depth % width != 0)
		return;
	o->constant = o->copied = o->along_depth = true;
	o->side_dense = false;
	o->vector = width;
}

static bool init_operand(operand *o, const hdt_expr *factor, const span *side)
{
	*o = (operand){.factor = without_widening(factor), .side = side};
	o->dtype = (hdt_dtype)o->factor->dtype;
	find_load(o);
	return is_exact(o->factor);
}

/* The axis of the sum along which `a` lies in memory comes last. */
static void order_depth(product *p)
{
	int at = -1;
	(void)widest(&p->a, &p->depth, &at);
	if (at < 0)
		(void)widest(&p->b, &p->depth, &at);
	if (at < 0 || at == p->c.depth_count - 1)
		return;
	const hdt_expr *axis = p->c.depth[at];
	for (int i = at; i + 1 < p->c.depth_count; i++)
		p->c.depth[i] = p->c.depth[i + 1];
	p->c.depth[p->c.depth_count - 1] = axis;
	make_span(p->context, &p->depth, p->c.depth, p->c.depth_count);
}

bool product_find(const hdt_task *task, const hdt_target_info *target,
                  bool (*takes)(hdt_dtype, const hdt_target_info *), product *out, const char **reason)
{
	*out = (product){.task = task, .context = task->context};
	hdt_contraction *c = &out->c;
	if (!hdt_contraction_find(task, c, reason))
		return false;
	make_span(task->context, &out->rows, c->rows, c->row_count);
	make_span(task->context, &out->columns, c->columns, c->column_count);
	make_span(task->context, &out->batch, c->batch, c->batch_count);
	make_span(task->context, &out->depth, c->depth, c->depth_count);
	*reason = "a fault";
	if (hdt_context_status(task->context) != HDT_OK)
		return false;
	bool exact = init_operand(&out->a, c->a, &out->rows) & init_operand(&out->b, c->b, &out->columns);
	out->dtype = out->a.dtype;
	*reason = "its factors are of other dtypes";
	if (out->a.dtype != out->b.dtype || !takes(out->dtype, target))
		return false;
	*reason = "its sum is not taken in f32";
	if (hdt_dtype_of((hdt_dtype)c->reduce->accumulate)->compute != HDT_F32 ||
	    !hdt_is_float((hdt_dtype)c->reduce->dtype))
		return false;
	*reason = "storing a factor would round it";
	if (!exact)
		return false;
	order_depth(out);
	choose_way(&out->a, &out->depth);
	choose_way(&out->b, &out->depth);
	choose_packing(&out->a, out);
	choose_packing(&out->b, out);
	*reason = "a fault";
	return hdt_context_status(task->context) == HDT_OK;
}

/* ---- places ---- */

bool span_at(const span *s, const hdt_expr *position, const hdt_expr **out)
{
	if (!position)
		return false;
	hdt_list at = hdt_unflatten(position->context, s->shape, position);
	for (int i = 0; i < s->shape.count && at.items; i++)
		out[i] = at.items[i];
	return at.items || s->shape.count == 0;
}

const hdt_expr *span_within(const span *s, const hdt_expr *index, int64_t size)
{
	const hdt_expr *rest = hdt_mod(s->extent, hdt_int(s->extent->context, size));
	if (!index || !rest)
		return NULL;
	return hdt_proves_equal(rest, hdt_int(s->extent->context, 0)) ? NULL : hdt_less(index, s->extent);
}

const hdt_expr *both(const hdt_expr *a, const hdt_expr *b)
{
	return a && b ? hdt_and(a, b) : a ? a : b;
}

void guard_begin(hdt_function *f, const hdt_expr *condition)
{
	if (condition)
		hdt_begin_if(f, condition);
}

void guard_end(hdt_function *f, const hdt_expr *condition)
{
	if (condition)
		hdt_end(f);
}

static const hdt_expr *tiles_of(const span *s, int64_t size)
{
	return hdt_ceildiv(s->extent, hdt_int(s->extent->context, size));
}

/* Row and column tile of a number: groups of rows of tiles, in each of them column after column. */
static void place_tile(kernel *k, const hdt_expr *tile, const hdt_expr *row_tiles, const hdt_expr *column_tiles)
{
	hdt_context *c = k->context;
	hdt_function *f = k->function;
	const hdt_expr *group_rows = hdt_int(c, GROUP), *group_tiles = hdt_mul(group_rows, column_tiles);
	const hdt_expr *row = tile, *column = hdt_int(c, 0);
	int64_t count;
	if (!hdt_is_const(column_tiles, &count) || count != 1) {
		const hdt_expr *first = hdt_mul(hdt_floordiv(tile, group_tiles), group_rows),
					   *within = hdt_mod(tile, group_tiles);
		const hdt_expr *rows = group_rows;
		if (!hdt_proves_equal(hdt_mod(row_tiles, group_rows), hdt_int(c, 0)))
			rows = hdt_let(f, "group", hdt_max(hdt_min(hdt_sub(row_tiles, first), group_rows), hdt_int(c, 1)));
		row = hdt_add(first, hdt_mod(within, rows));
		column = hdt_floordiv(within, rows);
	}
	k->a.first = hdt_let(f, "first_row", hdt_mul(row, hdt_int(c, k->tile_rows)));
	k->b.first = hdt_let(f, "first_column", hdt_mul(column, hdt_int(c, k->tile_columns)));
}

/* The slices of the sum that are this block's. */
static void place_slices(kernel *k)
{
	hdt_context *c = k->context;
	const hdt_expr *slice = hdt_int(c, k->slice), *all = tiles_of(&k->product->depth, k->slice);
	k->first_slice = hdt_int(c, 0);
	k->slices = all;
	k->depth_end = k->product->depth.extent;
	if (k->splits == 1)
		return;
	const hdt_expr *each = hdt_ceildiv(all, hdt_int(c, k->splits));
	k->first_slice = hdt_let(k->function, "first_slice", hdt_mul(k->split, each));
	const hdt_expr *end = hdt_min(hdt_add(k->first_slice, each), all);
	k->slices = hdt_let(k->function, "slices", hdt_max(hdt_sub(end, k->first_slice), hdt_int(c, 0)));
	k->depth_end =
		hdt_let(k->function, "depth_end", hdt_min(hdt_mul(hdt_add(k->first_slice, each), slice), k->depth_end));
}

/* packed[side, depth] = the factor there. */
static void pack(kernel *k, hdt_program *program, operand *o, const char *name)
{
	const hdt_expr *side = hdt_axis("i", o->side->extent), *depth = hdt_axis("k", k->product->depth.extent);
	const hdt_expr *at[HDT_MAX_RANK], *depth_at[HDT_MAX_RANK];
	if (!o->constant || !side || !depth || !span_at(o->side, side, at) || !span_at(&k->product->depth, depth, depth_at))
		return;
	const hdt_expr *value = hdt_substitute(o->factor, o->side->axes, at, o->side->shape.count);
	value = hdt_substitute(value, k->product->depth.axes, depth_at, k->product->depth.shape.count);
	o->packed = hdt_program_constant(program, name, HDT_AT(side, depth), hdt_cast(value, o->dtype));
	(void)hdt_use(k->function, o->packed);
}

hdt_program *kernel_program(kernel *k, const char *name, bool cluster)
{
	const product *p = k->product;
	const hdt_task *task = p->task;
	hdt_context *c = k->context = p->context;
	const hdt_expr *row_tiles = tiles_of(&p->rows, k->tile_rows),
				   *column_tiles = tiles_of(&p->columns, k->tile_columns);
	const hdt_expr *tiles = hdt_mul(row_tiles, column_tiles), *splits = hdt_int(c, k->splits);
	hdt_program *program = hdt_program_new(c, task->name);
	hdt_program_bind(program, task);
	hdt_function *f = k->function = hdt_function_new(program, name, HDT_FUNCTION_CUDA);
	if (!f || hdt_context_status(c) != HDT_OK)
		return NULL;
	for (int i = 0; i < task->input_count; i++)
		if (task->inputs[i])
			(void)hdt_use(f, task->inputs[i]);
	(void)hdt_use(f, task->outputs[0]);
	hdt_function_grid(f, HDT_AT(hdt_mul(hdt_mul(p->batch.extent, tiles), splits)), HDT_AT(hdt_int(c, k->threads)));
	if (cluster)
		hdt_function_cluster(f, HDT_AT(splits));
	k->a = p->a;
	k->b = p->b;
	k->a.tile = k->tile_rows;
	k->b.tile = k->tile_columns;
	pack(k, program, &k->a, "left_packed");
	pack(k, program, &k->b, "right_packed");
	k->thread = f->thread_at[0];
	const hdt_expr *block = f->block_at[0];
	k->split = k->splits > 1 ? hdt_let(f, "split", hdt_mod(block, splits)) : hdt_int(c, 0);
	block = hdt_floordiv(block, splits);
	if (!span_at(&p->batch, hdt_floordiv(block, tiles), k->batch))
		return NULL;
	place_tile(k, p->batch.shape.count ? hdt_mod(block, tiles) : block, row_tiles, column_tiles);
	place_slices(k);
	return hdt_context_status(c) == HDT_OK ? program : NULL;
}
