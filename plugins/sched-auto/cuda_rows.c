/* cuda_rows.c: a team of threads for a row of a group, or for an element that is one reduction:
 *
 *     m[i] = max(k) x[i, k]; y[i, j] = x[i, j] - m[i]     ->     let row = blockIdx.x;
 *                                                                m = (all threads) max(k) x[row, k];
 *                                                                for j in (this thread's) { y[row, j] = x[row, j] - m; }
 *
 * What has one value for a row is kept by each thread; what has several goes to shared memory, or to workspace where it is large. The
 * stages wait for each other. A row with a reduction left over for each of its elements has that done by the thread of the element. */
#include "cuda.h"

/* ---- how many threads --------------------------------------------------------------------------------------------- */

static int64_t power_of_two(int64_t at_least, int64_t most)
{
	int64_t value = 1;
	while (value < at_least && value < most)
		value *= 2;
	return value;
}

static int64_t times(int64_t a, int64_t b)
{
	int64_t product;
	return __builtin_mul_overflow(a, b, &product) ? INT64_MAX : product;
}

static int64_t reduce_elements(const hdt_expr *reduce)
{
	int64_t product = 1;
	for (int a = 1; a < reduce->count; a++)
		product = times(product, hdt_size_estimate(reduce->args[a]->args[0]));
	return product;
}

/* Is it computed once for a row? */
static bool is_of_row(const stage *s, int rows, const hdt_expr *reduce)
{
	for (int d = rows; d < s->tensor->rank; d++)
		if (depends_on(reduce, s->tensor->axes[d]))
			return false;
	return team_takes(reduce);
}

/* The largest number of elements that a team has before it at once. */
static int64_t row_elements(const plan *p, const group *g)
{
	int64_t most = 1;
	for (int i = g->first; i < g->first + g->count; i++) {
		const stage *s = &p->stages[i];
		expr_list nodes = {0};
		int64_t size = plan_elements(s->tensor, g->rows, s->tensor->rank);
		expr_nodes(s->value, &nodes);
		for (int k = 0; k < nodes.count; k++)
			if (is_reduce(nodes.items[k]) && is_of_row(s, g->rows, nodes.items[k])) {
				int64_t length = reduce_elements(nodes.items[k]);
				size = length > size ? length : size;
			}
		most = size > most ? size : most;
	}
	return most;
}

/* Do the reads of its reductions walk side by side from one element of the stage to the next, rather than along a reduction? Those that
 * differ from element to element, and so are most of the memory, count for more. */
static bool reads_across(const stage *s)
{
	expr_list nodes = {0};
	int along = 0, across = 0;
	const hdt_expr *last = NULL;
	int64_t extent;
	for (int d = 0; d < s->tensor->rank; d++)
		if (!hdt_is_const(s->tensor->shape[d], &extent) || extent != 1)
			last = s->tensor->axes[d];
	expr_nodes(s->value, &nodes);
	for (int i = 0; i < nodes.count; i++) {
		const hdt_expr *reduce = nodes.items[i];
		if (!is_reduce(reduce))
			continue;
		expr_list reads = {0};
		expr_nodes(reduce->args[0], &reads);
		for (int k = 0; k < reads.count; k++) {
			if (reads.items[k]->op != HDT_OP_LOAD)
				continue;
			int weight = last && depends_on(reads.items[k], last) ? 4 : 1;
			along += weight * kernel_reads_along(reads.items[k], reduce->args[reduce->count - 1]);
			across += weight > 1 && kernel_reads_along(reads.items[k], last) ? weight : 0;
		}
	}
	return across && across >= along;
}

/* Workers for each element of a single stage, which is a reduction; 1: its own thread is enough. */
static int64_t workers_alone(const plan *p, const group *g, bool across)
{
	const stage *s = &p->stages[g->first];
	int64_t length = row_elements(p, g), elements = plan_elements(s->tensor, 0, s->tensor->rank);
	int64_t lacking = DEVICE_THREADS / (elements ? elements : 1); /* to keep the device busy */
	if (across) {
		int64_t workers = power_of_two(lacking, 32);
		while (workers > 1 && length / workers < 8)
			workers /= 2;
		return workers;
	}
	if (length < 16)
		return 1;
	int64_t workers = power_of_two(lacking, length >= 8192 ? 1024 : BLOCK_THREADS);
	workers = workers < 32 ? 32 : workers; /* neighbours read side by side */
	while (workers > 8 && workers / 2 >= length)
		workers /= 2;
	return workers;
}

static team choose_team(const plan *p, const group *g)
{
	team t = {.count = 1};
	int64_t rows = plan_elements(p->stages[g->first].tensor, 0, g->rows), near = 1;
	if (g->count == 1) {
		t.side_by_side = reads_across(&p->stages[g->first]);
		t.workers = workers_alone(p, g, t.side_by_side);
	} else {
		int64_t elements = row_elements(p, g);
		t.workers = power_of_two(elements, elements >= 4096 && rows < 4 * DEVICE_PROCESSORS ? 1024 : BLOCK_THREADS);
		t.workers = t.workers < 8 ? 8 : t.workers;
	}
	for (int i = g->first; i < g->first + g->count; i++) /* bytes of a row in shared memory */
		if (!p->stages[i].memory)
			near += plan_elements(p->stages[i].tensor, g->rows, p->stages[i].tensor->rank) *
			        hdt_dtype_of(p->stages[i].tensor->dtype)->bytes;
	int64_t width = t.side_by_side && t.workers >= 8 ? 2 * BLOCK_THREADS : BLOCK_THREADS;
	while (t.count * t.workers < width && 2 * t.count * near <= p->rules->row_bytes &&
	       (t.count * t.workers < 32 || t.side_by_side || t.count * DEVICE_PROCESSORS < rows))
		t.count *= 2;
	return t;
}

bool rows_refuse(const stage *s)
{
	expr_list nodes = {0};
	expr_nodes(s->value, &nodes);
	for (int i = 0; i < nodes.count; i++)
		if (is_reduce(nodes.items[i]) && !team_takes(nodes.items[i]))
			return true;
	return false;
}

bool rows_apply(const plan *p, const group *g)
{
	const stage *s = &p->stages[g->first];
	expr_list nodes = {0};
	bool reduces = false;
	if (g->count > 1)
		return true;
	expr_nodes(s->value, &nodes);
	for (int i = 0; i < nodes.count; i++)
		reduces |= is_reduce(nodes.items[i]);
	return reduces && !rows_refuse(s) && workers_alone(p, g, reads_across(s)) > 1;
}

/* ---- code --------------------------------------------------------------------------------------------------------- */

/* Memory for the stage's values of the rows at hand, where it has none of its own. */
static bool make_memory(nest *n, const group *g, stage *s)
{
	const hdt_tensor *t = s->tensor;
	const hdt_expr *shape[HDT_MAX_RANK + 1];
	int count = 0;
	if (s->memory)
		return true;
	if (t->rank == g->rows) {
		s->memory = hdt_local(n->function, t->name, t->dtype, HDT_SCALAR);
		return s->memory != NULL;
	}
	hdt_buffer_options shared = {.scope = HDT_SCOPE_SHARED};
	if (n->team->count > 1) {
		s->slot = n->team->slot;
		shape[count++] = hdt_int(n->context, n->team->count);
	}
	for (int d = g->rows; d < t->rank; d++)
		shape[count++] = hdt_max(t->shape[d], hdt_int(n->context, 1));
	s->memory = hdt_buffer(n->function, t->name, t->dtype, (hdt_list){shape, count}, &shared);
	return s->memory != NULL;
}

/* Each worker takes its elements of the row. */
static bool emit_many(nest *n, const group *g, const stage *s, const hdt_expr *const *row, const hdt_expr *value)
{
	const hdt_tensor *t = s->tensor;
	const hdt_expr *extents[HDT_MAX_RANK], *values[HDT_MAX_RANK], *at[HDT_MAX_RANK + 1];
	dims d;
	int count = 0;
	if (!merge_dims(s, g->rows, value, &d))
		return false;
	for (int i = 0; i < d.count; i++)
		extents[i] = d.axes[i]->args[0];
	hdt_list shape = {extents, d.count};
	kernel_guard(n, n->team->active);
	const hdt_expr *position = team_begin(n, hdt_product(n->context, shape));
	if (!position || !kernel_unflatten(n, shape, position, values))
		return false;
	team *all = n->team;
	n->team = NULL; /* what is within is each thread's own */
	value = reduce_ready(n, hdt_substitute(d.value, d.axes, values, d.count));
	n->team = all;
	if (s->slot)
		at[count++] = s->slot;
	for (int i = s->rows; i < t->rank; i++)
		at[count++] = i < g->rows ? row[i] : hdt_substitute(d.at[i], d.axes, values, d.count);
	hdt_store(n->function, s->memory, (hdt_list){at, count}, value);
	team_end(n);
	kernel_unguard(n, n->team->active);
	return hdt_context_status(n->context) == HDT_OK;
}

/* A value for the row: kept by all threads, or put into memory by one. */
static bool emit_one(nest *n, const group *g, const stage *s, const hdt_expr *const *row, const hdt_expr *value)
{
	const hdt_expr *first =
		s->memory->scope == HDT_SCOPE_REGISTER ? NULL : hdt_equal(n->team->worker, hdt_int(n->context, 0));
	kernel_guard(n, n->team->active);
	kernel_guard(n, first);
	hdt_store(n->function, s->memory, s->memory->rank ? (hdt_list){row, g->rows} : HDT_SCALAR, value);
	kernel_unguard(n, first);
	kernel_unguard(n, n->team->active);
	return hdt_context_status(n->context) == HDT_OK;
}

static bool emit_row_stage(nest *n, const group *g, stage *s, const hdt_expr *const *row)
{
	const hdt_expr *value = plan_redirect(n->plan, s->value);
	if (!make_memory(n, g, s) || !value)
		return false;
	value = reduce_ready(n, hdt_substitute(value, s->tensor->axes, row, g->rows));
	if (!value)
		return false;
	return s->tensor->rank == g->rows ? emit_one(n, g, s, row, value) : emit_many(n, g, s, row, value);
}

bool rows_emit(plan *p, const group *g)
{
	const hdt_tensor *first = p->stages[g->first].tensor;
	const hdt_expr *row[HDT_MAX_RANK];
	hdt_list shape = {first->shape, g->rows};
	team t = choose_team(p, g);
	nest n;
	const hdt_expr *blocks = hdt_ceildiv(hdt_product(p->context, shape), hdt_int(p->context, t.count));
	if (!kernel_begin(&n, p, g, blocks, t.count * t.workers) || !team_begin_row(&n, &t, shape, row))
		return false;
	for (int i = g->first; i < g->first + g->count; i++) {
		const stage *before = i > g->first ? &p->stages[i - 1] : NULL;
		if (before && before->memory->scope != HDT_SCOPE_REGISTER)
			team_sync(&n);
		if (!emit_row_stage(&n, g, &p->stages[i], row))
			return false;
	}
	return hdt_context_status(p->context) == HDT_OK;
}
