/* launch_kernel.c: one launch of a kernel: its grid, checked against the device, its arguments and its tensor maps. */
#include "exec/planner.h"

static hdt_status check_extents(planner *p, const hdt_function *f, const char *what, const int64_t *extents,
                                const int64_t *most)
{
	for (int d = 0; d < 3; d++) {
		if (extents[d] < 0)
			return planner_fault(p, f, f->line, HDT_BAD_INPUT, "these sizes give a %s of %lld in dimension %c", what,
			                     (long long)extents[d], "xyz"[d]);
		if (most[d] && extents[d] > most[d])
			return planner_fault(p, f, f->line, HDT_BAD_INPUT,
			                     "these sizes need a %s of %lld in dimension %c, and %s takes at most %lld", what,
			                     (long long)extents[d], "xyz"[d], p -> info -> device, (long long)most[d]);
	}
	return HDT_OK;
}

/* INT64_MAX when it is larger. */
static int64_t product(const int64_t extents[3])
{
	int64_t all;
	bool over = __builtin_mul_overflow(extents[0], extents[1], &all) || __builtin_mul_overflow(all, extents[2], &all);
	return over ? INT64_MAX : all;
}

static hdt_status check_grid(planner *p, const hdt_function *f, const hdt_launch_grid *g)
{
	const hdt_target_info *info = p->info;
	int64_t threads = product(g->block), blocks = product(g->cluster);
	hdt_status status = check_extents(p, f, "grid", g->grid, info->grid);
	if (status == HDT_OK)
		status = check_extents(p, f, "block", g->block, info->block);
	if (status != HDT_OK)
		return status;
	if (info->threads_per_block && threads > info->threads_per_block)
		return planner_fault(p, f, f->line, HDT_BAD_TARGET, "a block of %lld threads, and %s takes at most %d",
		                     (long long)threads, info->device, info->threads_per_block);
	if (blocks > 1 && blocks > info->cluster_blocks)
		return planner_fault(p, f, f->line, HDT_BAD_TARGET, "a cluster of %lld blocks, and %s takes at most %d",
		                     (long long)blocks, info->device, info->cluster_blocks);
	for (int d = 0; d < 3; d++)
		if (g->cluster[d] && g->grid[d] % g->cluster[d])
			return planner_fault(p, f, f->line, HDT_BAD_INPUT,
			                     "a grid of %lld in dimension %c is not a whole number of clusters of %lld",
			                     (long long)g->grid[d], "xyz"[d], (long long)g -> cluster[d]);
	if (g->shared_bytes < 0 || (info->shared_bytes_asked && g->shared_bytes > info->shared_bytes_asked))
		return planner_fault(p, f, f->line, HDT_BAD_TARGET,
		                     "a block needs %lld bytes of dynamic shared memory, and %s has %lld",
		                     (long long)g->shared_bytes, info->device, (long long)info->shared_bytes_asked);
	return HDT_OK;
}

static hdt_status plan_grid(planner *p, const hdt_function *f, hdt_launch *l)
{
	hdt_launch_grid *g = planner_take(p, 1, sizeof *g);
	hdt_status status = g ? HDT_OK : planner_fail_memory(p);
	scalar value;
	for (int d = 0; d < 3 && status == HDT_OK; d++) {
		const struct {
			const char *what;
			const hdt_expr *extent;
			int64_t *out;
		} extents[] = {{"the grid", f->grid[d], &g->grid[d]},
		               {"the block", f->block[d], &g->block[d]},
		               {"the cluster", f->cluster[d], &g->cluster[d]}};
		for (int i = 0; i < 3 && status == HDT_OK; i++) {
			*extents[i].out = 1;
			if (!extents[i].extent)
				continue;
			status = planner_evaluate(p, f, f->line, extents[i].extent, extents[i].what, &value);
			*extents[i].out = value.i;
		}
	}
	if (status == HDT_OK && f->shared_bytes) {
		status = planner_evaluate(p, f, f->line, f->shared_bytes, "the shared memory", &value);
		g->shared_bytes = value.i;
	}
	if (status != HDT_OK)
		return status;
	g->cooperative = f->cooperative;
	g->dependent = f->dependent;
	l->grid = g;
	return check_grid(p, f, g);
}

static hdt_status plan_map(planner *p, const hdt_function *f, const hdt_stmt *s, int *buffer, hdt_launch_map *out)
{
	const bindings b = planner_scope(p);
	const hdt_tensor *t = s->map->tensor, *root = t;
	while (root->base)
		root = root->base;
	*out = (hdt_launch_map){.dtype = t->dtype, .rank = t->rank, .swizzle = s->map->swizzle};
	for (*buffer = 0; *buffer < f->parameter_count && f->parameters[*buffer] != root;)
		++*buffer;
	if (*buffer == f->parameter_count)
		return planner_fault(p, f, s->line, HDT_INTERNAL, "map %s is of '%s', which is no parameter", s->axis->name,
		                     root->name);
	for (int d = 0; d < t->rank; d++) {
		out->box[d] = s->map->box[d];
		out->strides[d] = s->map->strides[d];
		if (!expr_evaluate(t->shape[d], &b, &out->shape[d]) || out->shape[d] < 0)
			return planner_fault(p, f, s->line, HDT_BAD_INPUT,
			                     "dimension %d of map %s cannot be computed for these sizes", d, s->axis->name);
	}
	return HDT_OK;
}

static hdt_status plan_maps(planner *p, const hdt_function *f, planned_launch *planned, hdt_launch *l)
{
	int count = 0, n = 0;
	for (const hdt_stmt *s = f->body; s; s = s->next)
		count += s->kind == HDT_STMT_MAP;
	int *buffers = planner_take(p, (size_t)count, sizeof *buffers);
	hdt_launch_map *maps = planner_take(p, (size_t)count, sizeof *maps);
	if (!buffers || !maps)
		return planner_fail_memory(p);
	for (const hdt_stmt *s = f->body; s; s = s->next) {
		if (s->kind != HDT_STMT_MAP)
			continue;
		hdt_status status = plan_map(p, f, s, &buffers[n], &maps[n]);
		if (status != HDT_OK)
			return status;
		n++;
	}
	planned->map_buffers = buffers;
	l->maps = maps;
	l->map_count = count;
	return HDT_OK;
}

hdt_status planner_launch(planner *p, const hdt_function *f, const int *buffers)
{
	planned_launch planned = {.function = f, .buffers = buffers};
	hdt_launch l = {.function = NULL};
	for (int i = 0; i < p->program->function_count; i++)
		if (p->program->functions[i] == f)
			l.function = p->loaded->functions[i];
	hdt_status status = plan_grid(p, f, &l);
	if (status != HDT_OK || !l.grid->grid[0] || !l.grid->grid[1] || !l.grid->grid[2])
		return status;
	status = planner_buffers(p, f->name, f->parameters, f->parameter_count, buffers, &l);
	if (status == HDT_OK)
		status = planner_symbols(p, &l);
	if (status == HDT_OK)
		status = planner_scalars(p, f->scalars, f->scalar_count, f->derived, f->derived_count, &l);
	if (status == HDT_OK)
		status = plan_maps(p, f, &planned, &l);
	return status == HDT_OK ? planner_keep(p, planned, l) : status;
}
