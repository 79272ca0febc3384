/* mapping_tasks.c: what a task mapping means: its tasks as numbers, and as loops with an index expression for each
 * dimension.
 *
 *     repeat(2, 2) * spatial(2, 3) on w    ->    for t0 in 0..2 { for t1 in 0..2 { if 0 <= w && w < 6 { ...
 *                                                    (t0 * 2 + w // 3, t1 * 3 + w % 3) } } }
 *
 * A factor of stride s and extent e in a dimension contributes  position // s % e , times the extents of that dimension
 * in the factors within it. A position is the worker's, divided by the workers within, or that of the loops of a
 * repeat. */
#include "ir/task_mapping.h"

/* ---- numbers ---- */

void mapping_enumerate(const hdt_task_mapping *mapping, int64_t worker, int64_t (*tasks)[HDT_MAX_RANK])
{
	const task_mapping *m = task_mapping_of(mapping);
	for (int64_t k = 0; k < mapping->tasks; k++) {
		int64_t of_worker = worker, of_tasks = k, scale[HDT_MAX_RANK];
		for (int d = 0; d < mapping->rank; d++)
			scale[d] = 1, tasks[k][d] = 0;
		for (int i = m->count - 1; i >= 0; i--) {
			const mapping_factor *f = &m->factors[i];
			int64_t *rest = f->spatial ? &of_worker : &of_tasks, position = *rest % f->box.size;
			*rest /= f->box.size;
			for (int d = 0; d < mapping->rank; d++) {
				if (!(f->projected >> d & 1))
					tasks[k][d] += position / f->box.strides[d] % f->box.extents[d] * scale[d];
				scale[d] *= factor_extent(f, d);
			}
		}
	}
}

/* ---- expressions ---- */

/* A nest under construction: the factors are walked from the outermost to the innermost. */
typedef struct nest {
	hdt_context *context;
	const hdt_expr *worker;
	int64_t workers_within; /* of the factors within the current one */
	int64_t extents_within[HDT_MAX_RANK];
	const hdt_expr *axes[MAPPING_MAX_FACTORS * HDT_MAX_RANK];
	hdt_loop_style styles[MAPPING_MAX_FACTORS * HDT_MAX_RANK];
	int axis_count;
	const hdt_expr *indices[HDT_MAX_RANK];
} nest;

static void add_index(nest *n, const mapping_factor *f, int d, const hdt_expr *component)
{
	if (f->projected >> d & 1)
		return;
	const hdt_expr *scale = hdt_int(n->context, n->extents_within[d]);
	n->indices[d] = hdt_add(n->indices[d], hdt_mul(component, scale));
}

static void add_spatial(nest *n, const mapping_factor *f)
{
	for (int d = 0; d < f->box.rank; d++) {
		const hdt_expr *stride = hdt_int(n->context, n->workers_within * f->box.strides[d]);
		const hdt_expr *extent = hdt_int(n->context, f->box.extents[d]);
		add_index(n, f, d, hdt_mod(hdt_floordiv(n->worker, stride), extent));
	}
}

static void add_repeat(nest *n, const mapping_factor *f)
{
	int dims[HDT_MAX_RANK];
	box_dimensions(&f->box, dims);
	for (int i = 0; i < f->box.rank; i++) {
		int d = dims[i];
		if (f->box.extents[d] == 1)
			continue;
		const char *name = hdt_format(n->context, "t%d", n->axis_count);
		const hdt_expr *extent = hdt_int(n->context, f->box.extents[d]);
		const hdt_expr *axis = name && extent ? hdt_axis(name, extent) : NULL;
		n->styles[n->axis_count] = f->styles[d];
		n->axes[n->axis_count++] = axis;
		add_index(n, f, d, axis);
	}
}

/* `worker` is taken to be in 0..workers-1 wherever its bounds do not tell. */
static void build_nest(nest *n, const hdt_task_mapping *mapping, const hdt_expr *worker)
{
	const task_mapping *m = task_mapping_of(mapping);
	const hdt_expr *in_range = hdt_axis("worker", hdt_int(mapping->context, mapping->workers));
	*n = (nest){.context = mapping->context, .worker = in_range, .workers_within = mapping->workers};
	for (int d = 0; d < mapping->rank; d++) {
		n->extents_within[d] = mapping->shape[d];
		n->indices[d] = hdt_int(mapping->context, 0);
	}
	for (int i = 0; i < m->count; i++) {
		const mapping_factor *f = &m->factors[i];
		n->workers_within /= factor_workers(f);
		for (int d = 0; d < mapping->rank; d++)
			n->extents_within[d] /= factor_extent(f, d);
		if (f->spatial)
			add_spatial(n, f);
		else
			add_repeat(n, f);
	}
	for (int d = 0; d < mapping->rank && in_range; d++)
		n->indices[d] = hdt_substitute(n->indices[d], &in_range, &worker, 1);
}

static const hdt_expr *build_guard(const hdt_task_mapping *mapping, const hdt_expr *worker)
{
	const hdt_expr *workers = hdt_int(mapping->context, mapping->workers);
	return hdt_and(hdt_less_equal(hdt_int(mapping->context, 0), worker), hdt_less(worker, workers));
}

/* As an i64; NULL and a fault when it cannot be a worker of this mapping. */
static const hdt_expr *check_worker(const hdt_task_mapping *mapping, const hdt_expr *worker)
{
	int64_t min, max;
	if (worker->context != mapping->context || !hdt_is_integer((hdt_dtype)worker->dtype)) {
		hdt_fail(mapping->context, HDT_INTERNAL, "the worker of a task mapping is an integer of its context, not %s",
		         hdt_expr_text(worker));
		return NULL;
	}
	if (worker->op != HDT_OP_CONST && hdt_bounds(worker, &min, &max) && max < mapping->workers - 1) {
		hdt_fail(mapping->context, HDT_INTERNAL,
		         "%s is for %lld workers, but %s is at most %lld: some tasks would be left out",
		         hdt_mapping_text(mapping), (long long)mapping->workers, hdt_expr_text(worker), (long long)max);
		return NULL;
	}
	return hdt_cast(worker, HDT_I64);
}

static const hdt_expr *const *keep(hdt_context *context, const hdt_expr *const *items, int count)
{
	const hdt_expr **copy = hdt_allocate(context, (size_t)count * sizeof *copy);
	for (int i = 0; copy && i < count; i++) {
		if (!items[i])
			return NULL;
		copy[i] = items[i];
	}
	return copy;
}

const hdt_mapped_tasks *hdt_mapping_on(const hdt_task_mapping *mapping, const hdt_expr *worker)
{
	nest n;
	if (!mapping || !worker || !(worker = check_worker(mapping, worker)))
		return NULL;
	build_nest(&n, mapping, worker);
	hdt_mapped_tasks *tasks = hdt_allocate(n.context, sizeof *tasks);
	hdt_loop_style *styles = hdt_allocate(n.context, (size_t)n.axis_count * sizeof *styles);
	if (!tasks || !styles)
		return NULL;
	for (int i = 0; i < n.axis_count; i++)
		styles[i] = n.styles[i];
	tasks->guard = build_guard(mapping, worker);
	tasks->axes = keep(n.context, n.axes, n.axis_count);
	tasks->styles = styles;
	tasks->axis_count = n.axis_count;
	tasks->indices = keep(n.context, n.indices, mapping->rank);
	return tasks->guard && tasks->axes && tasks->indices ? tasks : NULL;
}

bool hdt_mapping_task(const hdt_task_mapping *mapping, const hdt_expr *worker, const hdt_expr **indices)
{
	if (!mapping || !worker)
		return false;
	if (mapping->tasks != 1) {
		hdt_fail(mapping->context, HDT_INTERNAL, "the one task of a worker was asked for, but %s gives each %lld",
		         hdt_mapping_text(mapping), (long long)mapping->tasks);
		return false;
	}
	const hdt_mapped_tasks *tasks = hdt_mapping_on(mapping, worker);
	for (int d = 0; tasks && d < mapping->rank; d++)
		indices[d] = tasks->indices[d];
	return tasks != NULL;
}
