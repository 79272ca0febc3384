/* cuda_registers.c: rows of constant length that a team of threads keeps in its registers:
 *
 *     m[i] = max(k) x[i, k]; e[i, j] = exp(x[i, j] - m[i]); s[i] = sum(k) e[i, k]; y[i, j] = e[i, j] / s[i]
 *  -> x_row = (this thread's elements of x[row, ..]); m = (all threads) max of x_row; e_row = exp(x_row - m); s = (all threads) sum of e_row;
 *     y[row, ..] = e_row / s
 *
 * Every stage of the group has the same row, a number of elements, or one value for it, and reads other stages at its own place: so each thread
 * computes the same places of all of them, and nothing but reductions goes from one thread to another. A thread's elements are pieces of
 * neighbours, which one access moves, a team's width apart. What several stages or reductions read is read once. */
#include "cuda.h"
#include "cuda_vector.h"

enum { MOST_KEPT = 16, MOST_REGISTERS = 64, WARP_ELEMENTS = 32 };

/* Elements that each thread keeps: of what is read several times, or of a stage of the group. */
typedef struct kept {
	const hdt_expr *load;
	int uses; /* passes over the row that read it */
	bool of_stage;
	const hdt_tensor *registers; /* [steps, width] */
} kept;

/* A row: every stage's value over the same axes. */
typedef struct row {
	plan *plan;
	const group *group;
	const hdt_expr *const *rows;        /* the group's axes, which are those of its first stage; */
	const hdt_expr *own[HDT_MAX_RANK];  /* the same as stages are read there: 0 for one that has a single row; */
	const hdt_expr *here[HDT_MAX_RANK]; /* where they are */
	const hdt_expr *position;           /* within the row, as an axis; */
	const hdt_expr *tail[HDT_MAX_RANK]; /* and the indices of the row's own dimensions there */
	hdt_list shape;                     /* of these */
	int64_t length, width, steps;       /* elements; of an access; accesses of a thread */
	kept kept[MOST_KEPT];
	int kept_count;
	expr_map scalars; /* what the group's stages of one value for the row read as */
	nest *nest;
	vector_span span; /* of the piece at hand */
	const hdt_expr *step;
	const hdt_expr *active; /* NULL: every team has a row, and all its pieces */
} row;

/* ---- can it be done? ---------------------------------------------------------------------------------------------- */

static const stage *stage_at(const row *r, int i)
{
	return &r->plan->stages[r->group->first + i];
}

static bool is_row_stage(const row *r, const stage *s)
{
	return s->tensor->rank > r->group->rows;
}

static bool has_shape(const row *r, const hdt_expr *const *extents, int count)
{
	if (count != r->shape.count)
		return false;
	for (int d = 0; d < count; d++)
		if (!hdt_proves_equal(extents[d], r->shape.items[d]))
			return false;
	return true;
}

/* The stage's value over the row's axes. */
static const hdt_expr *over_row(const row *r, const stage *s, const hdt_expr *value)
{
	int rows = r->group->rows;
	value = hdt_substitute(value, s->tensor->axes, r->own, rows);
	return hdt_substitute(value, s->tensor->axes + rows, r->tail, s->tensor->rank - rows);
}

static const hdt_expr *body_of(const row *r, const hdt_expr *reduce)
{
	return hdt_substitute(reduce->args[0], reduce->args + 1, r->tail, reduce->count - 1);
}

static bool depends_on_tail(const row *r, const hdt_expr *e)
{
	return depends_on(e, r->position);
}

static bool fits_reduction(const row *r, const hdt_expr *reduce)
{
	const hdt_expr *extents[HDT_MAX_RANK];
	if (reduce->op != HDT_OP_REDUCE || !team_takes(reduce) || depends_on_tail(r, reduce))
		return false;
	for (int a = 1; a < reduce->count; a++)
		extents[a - 1] = reduce->args[a]->args[0];
	return has_shape(r, extents, reduce->count - 1);
}

/* Is it read at the place that is computed? */
static bool is_own_place(const row *r, const hdt_expr *load)
{
	int rows = r->group->rows;
	for (int d = 0; d < load->count; d++)
		if (load->args[d] != (d < rows ? r->own[d] : r->tail[d - rows]))
			return false;
	return true;
}

static const stage *find_stage(const row *r, const hdt_tensor *t)
{
	for (int i = 0; i < r->group->count; i++)
		if (stage_at(r, i)->tensor == t)
			return stage_at(r, i);
	return NULL;
}

static kept *find_kept(row *r, const hdt_expr *load)
{
	for (int i = 0; i < r->kept_count; i++)
		if (r->kept[i].load == load)
			return &r->kept[i];
	return NULL;
}

static kept *add_kept(row *r, const hdt_expr *load, bool of_stage)
{
	kept *k = find_kept(r, load);
	if (!k && r->kept_count < MOST_KEPT) {
		k = &r->kept[r->kept_count++];
		*k = (kept){.load = load, .of_stage = of_stage};
	}
	return k;
}

/* Is `load` made whatever the element is? */
static bool is_certain(const hdt_expr *e, const hdt_expr *load)
{
	bool chooses = e->op == HDT_OP_SELECT || e->op == HDT_OP_AND || e->op == HDT_OP_OR;
	if (e == load)
		return true;
	if (is_reduce(e))
		return false;
	for (int i = 0; i < (chooses ? 1 : e->count) && e->op != HDT_OP_SYMBOL; i++)
		if (depends_on(e->args[i], load) && is_certain(e->args[i], load))
			return true;
	return false;
}

/* Note the reads of one pass over the row, which computes `value`. */
static bool note_pass(row *r, const hdt_expr *value)
{
	expr_list nodes = {0};
	if (!value)
		return false;
	expr_nodes(value, &nodes);
	for (int i = 0; i < nodes.count; i++) {
		const hdt_expr *load = nodes.items[i];
		if (load->op != HDT_OP_LOAD)
			continue;
		const stage *s = find_stage(r, load->tensor);
		if (s && !is_own_place(r, load))
			return false;
		if ((s && is_row_stage(r, s)) || (!s && depends_on_tail(r, load) && is_certain(value, load))) {
			kept *k = add_kept(r, load, s != NULL);
			if (k)
				k->uses++;
			else if (s)
				return false;
		}
	}
	return true;
}

/* Reductions are passes of their own, the stage's elements the last one. */
static bool note_stage(row *r, const stage *s)
{
	expr_list nodes = {0};
	const hdt_expr *value = over_row(r, s, plan_redirect(r->plan, s->value));
	if (!value ||
	    (is_row_stage(r, s) && !has_shape(r, s->tensor->shape + r->group->rows, s->tensor->rank - r->group->rows)))
		return false;
	expr_nodes(value, &nodes);
	for (int i = 0; i < nodes.count; i++) {
		if (!is_reduce(nodes.items[i]))
			continue;
		if (!fits_reduction(r, nodes.items[i]) || !note_pass(r, body_of(r, nodes.items[i])))
			return false;
	}
	return !is_row_stage(r, s) || note_pass(r, value);
}

static bool find_shape(row *r)
{
	const group *g = r->group;
	int64_t extent;
	for (int i = 0; i < g->count; i++) {
		const hdt_tensor *t = stage_at(r, i)->tensor;
		if (t->rank > g->rows)
			r->shape = (hdt_list){t->shape + g->rows, t->rank - g->rows};
	}
	r->length = r->shape.count > 0;
	for (int d = 0; d < r->shape.count; d++)
		if (!hdt_is_const(r->shape.items[d], &extent) || extent < 1 ||
		    __builtin_mul_overflow(r->length, extent, &r->length))
			return false;
	return r->length >= 8 && r->length <= 1 << 16;
}

static bool make_axes(row *r)
{
	hdt_context *c = r->plan->context;
	r->position = hdt_axis("position", hdt_int(c, r->length));
	hdt_list tail = hdt_unflatten(c, r->shape, r->position);
	for (int d = 0; d < r->shape.count && tail.items; d++)
		r->tail[d] = tail.items[d];
	return tail.items && r->position;
}

/* The widest access along the row, of loads and stores. */
static int64_t widest(const row *r)
{
	int64_t best = 1, width;
	for (int i = 0; i < r->kept_count; i++) {
		const hdt_expr *load = r->kept[i].load;
		if (r->kept[i].of_stage)
			continue;
		width = vector_width(load->tensor, (hdt_list){load->args, load->count}, r->position, 8);
		best = width > best ? width : best;
	}
	return best;
}

static bool find_row(plan *p, const group *g, row *r)
{
	int64_t extent;
	*r = (row){.plan = p, .group = g, .rows = p->stages[g->first].tensor->axes};
	for (int d = 0; d < g->rows; d++)
		r->own[d] = hdt_is_const(r->rows[d]->args[0], &extent) && extent == 1 ? hdt_int(p->context, 0) : r->rows[d];
	if (g->count < 2 || !find_shape(r) || !make_axes(r))
		return false;
	for (int i = 0; i < g->count; i++) {
		const stage *s = stage_at(r, i);
		if ((s->memory && s->memory != s->tensor) || !note_stage(r, s))
			return false;
	}
	for (int i = 0; i < r->kept_count; i++) /* what is read once is not kept */
		if (r->kept[i].uses < 2 && !r->kept[i].of_stage)
			r->kept[i--] = r->kept[--r->kept_count];
	r->width = widest(r);
	return hdt_context_status(p->context) == HDT_OK;
}

/* ---- how many threads --------------------------------------------------------------------------------------------- */

/* Registers for one element of all that is kept. */
static double registers_each(const row *r)
{
	double count = 1;
	for (int i = 0; i < r->kept_count; i++)
		count += hdt_dtype_of(r->kept[i].load->tensor->dtype)->bytes > 4 ? 2 : 1;
	return count;
}

static bool choose_team(row *r, team *t)
{
	int64_t rows = plan_elements(stage_at(r, 0)->tensor, 0, r->group->rows),
			pieces = (r->length + r->width - 1) / r->width;
	*t = (team){.count = 1, .workers = 1};
	while (t->workers < WARP && t->workers < pieces)
		t->workers *= 2;
	for (; t->workers < 1024; t->workers *= 2) {
		int64_t steps = (pieces + t->workers - 1) / t->workers;
		bool few =
			(double)(steps * r->width) * registers_each(r) <= MOST_REGISTERS && steps * r->width <= WARP_ELEMENTS;
		bool idle = rows * t->workers < DEVICE_THREADS && pieces % (2 * t->workers) == 0;
		if (t->workers >= WARP ? few && !idle : few)
			break;
	}
	r->steps = (pieces + t->workers - 1) / t->workers;
	while (t->count * t->workers < BLOCK_THREADS &&
	       (t->count * t->workers < WARP || t->count * 2 * DEVICE_PROCESSORS < rows))
		t->count *= 2;
	return (double)(r->steps * r->width) * registers_each(r) <= 2 * MOST_REGISTERS;
}

bool registers_apply(plan *p, const group *g)
{
	row r;
	team t;
	return find_row(p, g, &r) && choose_team(&r, &t);
}

/* ---- code --------------------------------------------------------------------------------------------------------- */

/* Open a pass over the thread's pieces; its code is within. */
static void begin_pass(row *r)
{
	nest *n = r->nest;
	hdt_context *c = n->context;
	const team *t = n->team;
	r->step = r->steps > 1 ? hdt_begin_for(n->function, "step", hdt_int(c, r->steps), HDT_LOOP_UNROLL) : hdt_int(c, 0);
	const hdt_expr *piece = hdt_add(hdt_mul(r->step, hdt_int(c, t->workers)), t->worker);
	const hdt_expr *first = kernel_index(n, "first", hdt_mul(piece, hdt_int(c, r->width)));
	r->active = t->active;
	if (r->length % (t->workers * r->width) != 0) {
		const hdt_expr *inside = hdt_less(first, hdt_int(c, r->length));
		r->active = r->active ? hdt_and(r->active, inside) : inside;
	}
	kernel_guard(n, r->active);
	r->span = (vector_span){n->function, r->position, first, hdt_axis("lane", hdt_int(c, r->width)), r->width};
}

static void end_pass(row *r)
{
	kernel_unguard(r->nest, r->active);
	if (r->steps > 1)
		hdt_end(r->nest->function);
}

/* The value at the lane of the piece at hand. */
static const hdt_expr *value_here(row *r, const hdt_expr *value)
{
	expr_map registers = {0};
	for (int i = 0; i < r->kept_count; i++)
		if (r->kept[i].registers)
			expr_map_set(&registers, r->kept[i].load, hdt_at(r->kept[i].registers, r->step, r->span.lane));
	value = replace_nodes(replace_nodes(value, &registers), &r->scalars);
	expr_map_free(&registers);
	return vector_read(&r->span, value, r->rows, r->here, r->group->rows);
}

static void store_lanes(row *r, const hdt_tensor *to, const hdt_expr *first_index, const hdt_expr *value)
{
	hdt_function *f = r->nest->function;
	hdt_begin_loop(f, r->span.lane, HDT_LOOP_UNROLL);
	if (first_index)
		hdt_store(f, to, HDT_AT(first_index, r->span.lane), value);
	else
		hdt_store(f, to, HDT_AT(r->span.lane), value);
	hdt_end(f);
}

/* Registers for what is kept; what is not of a stage is read at once. */
static bool fill_kept(row *r)
{
	hdt_context *c = r->nest->context;
	for (int i = 0; i < r->kept_count; i++) {
		kept *k = &r->kept[i];
		const hdt_tensor *t = k->load->tensor;
		const hdt_tensor *made =
			hdt_local(r->nest->function, t->name, t->dtype, HDT_AT(hdt_int(c, r->steps), hdt_int(c, r->width)));
		if (!made)
			return false;
		if (!k->of_stage) {
			begin_pass(r);
			store_lanes(r, made, r->step, vector_read(&r->span, k->load, r->rows, r->here, r->group->rows));
			end_pass(r);
		}
		k->registers = made;
	}
	return true;
}

/* All threads' part of a reduction, joined. Lanes have accumulators of their own, which are more precise and need not wait for each other. */
static const hdt_expr *reduce_row(row *r, const hdt_expr *reduce, const hdt_expr *body)
{
	nest *n = r->nest;
	hdt_function *f = n->function;
	hdt_context *c = n->context;
	const hdt_tensor *acc = reduce_scalar(n, "acc", reduce_start(reduce)), *lanes = acc;
	const hdt_expr *lane = hdt_axis("lane", hdt_int(c, r->width));
	if (r->width > 1) {
		hdt_buffer_options start = {.scope = HDT_SCOPE_REGISTER, .start = reduce_start(reduce)};
		lanes = hdt_buffer(f, "lanes", reduce_dtype(reduce), HDT_AT(hdt_int(c, r->width)), &start);
	}
	if (!acc || !lanes)
		return NULL;
	begin_pass(r);
	const hdt_expr *value = value_here(r, body);
	hdt_begin_loop(f, r->span.lane, HDT_LOOP_UNROLL);
	if (r->width > 1)
		hdt_store(f, lanes, HDT_AT(r->span.lane), kernel_step(reduce, hdt_at(lanes, r->span.lane), value));
	else
		hdt_store(f, acc, HDT_SCALAR, kernel_step(reduce, hdt_load(acc, NULL, 0), value));
	hdt_end(f);
	end_pass(r);
	if (r->width > 1) {
		hdt_begin_loop(f, lane, HDT_LOOP_UNROLL);
		hdt_store(f, acc, HDT_SCALAR, reduce_step(reduce, hdt_load(acc, NULL, 0), hdt_at(lanes, lane)));
		hdt_end(f);
	}
	return team_join(n, reduce, acc) ? hdt_let(f, "joined", reduce_result(reduce, hdt_load(acc, NULL, 0))) : NULL;
}

/* The stage's value with its reductions computed. */
static const hdt_expr *with_reductions(row *r, const hdt_expr *value)
{
	expr_list nodes = {0};
	expr_map results = {0};
	if (!value)
		return NULL;
	expr_nodes(value, &nodes);
	for (int i = 0; i < nodes.count; i++) { /* inner ones come first */
		const hdt_expr *reduce = nodes.items[i];
		if (!is_reduce(reduce))
			continue;
		const hdt_expr *result = reduce_row(r, reduce, replace_nodes(body_of(r, reduce), &results));
		if (!result)
			break;
		expr_map_set(&results, reduce, result);
	}
	value = hdt_context_status(r->nest->context) == HDT_OK ? replace_nodes(value, &results) : NULL;
	expr_map_free(&results);
	return value;
}

static bool emit_elements(row *r, const stage *s, const hdt_expr *value)
{
	nest *n = r->nest;
	const hdt_tensor *t = s->tensor;
	const hdt_expr *at[HDT_MAX_RANK];
	const hdt_tensor *elements = NULL;
	kept *k = NULL;
	for (int i = 0; i < r->kept_count; i++)
		k = r->kept[i].load->tensor == t ? &r->kept[i] : k;
	for (int d = 0; d < t->rank; d++)
		at[d] = d < r->group->rows ? r->rows[d] : r->tail[d - r->group->rows];
	begin_pass(r);
	value = value_here(r, value);
	if (k)
		store_lanes(r, k->registers, r->step, value);
	if (s->memory) {
		elements = hdt_local(n->function, "elements", t->dtype, HDT_AT(hdt_int(n->context, r->width)));
		if (!elements)
			return false;
		store_lanes(r, elements, NULL, k ? hdt_at(k->registers, r->step, r->span.lane) : value);
		vector_store(&r->span, s->memory, (hdt_list){at, t->rank}, elements, r->rows, r->here, r->group->rows);
	}
	end_pass(r);
	return hdt_context_status(n->context) == HDT_OK;
}

static bool emit_scalar(row *r, const stage *s, const hdt_expr *value)
{
	nest *n = r->nest;
	const hdt_tensor *own = hdt_local(n->function, s->tensor->name, s->tensor->dtype, HDT_SCALAR);
	const hdt_expr *first = hdt_equal(n->team->worker, hdt_int(n->context, 0));
	if (!own)
		return false;
	kernel_guard(n, n->team->active);
	value = replace_nodes(value, &r->scalars);
	hdt_store(n->function, own, HDT_SCALAR, hdt_substitute(value, r->rows, r->here, r->group->rows));
	if (s->memory) {
		kernel_guard(n, first);
		hdt_store(n->function, s->memory, (hdt_list){r->here, r->group->rows}, hdt_load(own, NULL, 0));
		kernel_unguard(n, first);
	}
	kernel_unguard(n, n->team->active);
	expr_map_set(&r->scalars, hdt_load(s->tensor, r->own, r->group->rows), hdt_load(own, NULL, 0));
	return hdt_context_status(n->context) == HDT_OK;
}

static bool emit_stages(row *r)
{
	if (!fill_kept(r))
		return false;
	for (int i = 0; i < r->group->count; i++) {
		const stage *s = stage_at(r, i);
		const hdt_expr *value = with_reductions(r, over_row(r, s, plan_redirect(r->plan, s->value)));
		if (!value || !(is_row_stage(r, s) ? emit_elements(r, s, value) : emit_scalar(r, s, value)))
			return false;
	}
	return true;
}

bool registers_emit(plan *p, const group *g)
{
	hdt_list shape = {p->stages[g->first].tensor->shape, g->rows};
	row r;
	team t;
	nest n;
	if (!find_row(p, g, &r) || !choose_team(&r, &t))
		return false;
	const hdt_expr *blocks = hdt_ceildiv(hdt_product(p->context, shape), hdt_int(p->context, t.count));
	r.nest = &n;
	if (!kernel_begin(&n, p, g, blocks, t.count * t.workers) || !team_begin_row(&n, &t, shape, r.here))
		return false;
	bool done = emit_stages(&r);
	expr_map_free(&r.scalars);
	return done;
}
