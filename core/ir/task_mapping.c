/* task_mapping.c: the constructors of task mappings: lists of factors. What a mapping means is in mapping_tasks.c. */
#include "ir/task_mapping.h"
#include <string.h>

/* The mapping of these factors, which stay where they are. */
static const hdt_task_mapping *make(hdt_context *context, int rank, const mapping_factor *factors, int count)
{
	task_mapping *m = hdt_allocate(context, sizeof *m);
	int64_t total = 1;
	if (!m)
		return NULL;
	*m = (task_mapping){{.context = context, .rank = rank, .workers = 1, .tasks = 1}, factors, count};
	for (int d = 0; d < rank; d++)
		m->mapping.shape[d] = 1;
	for (int i = 0; i < count; i++) {
		if (!multiply_into(context, "a task mapping", &total, factors[i].box.size))
			return NULL; /* the other products are no larger */
		m->mapping.workers *= factor_workers(&factors[i]);
		m->mapping.tasks *= factor_tasks(&factors[i]);
		for (int d = 0; d < rank; d++)
			m->mapping.shape[d] *= factor_extent(&factors[i], d);
	}
	return &m->mapping;
}

static const hdt_task_mapping *make_single(hdt_context *context, const mapping_factor *factor)
{
	mapping_factor *copy = hdt_allocate(context, sizeof *copy);
	if (!copy)
		return NULL;
	*copy = *factor;
	return make(context, factor->box.rank, copy, 1);
}

const hdt_task_mapping *hdt_spatial_ranked(hdt_context *context, const int64_t *shape, int rank, const int *ranks)
{
	mapping_factor f = {.spatial = true};
	if (!context || !box_init(&f.box, context, "spatial", shape, rank, ranks))
		return NULL;
	return make_single(context, &f);
}

const hdt_task_mapping *hdt_repeat_ranked(hdt_context *context, const int64_t *shape, int rank, const int *ranks,
                                          const char *styles)
{
	mapping_factor f = {.spatial = false};
	if (!context || !box_init(&f.box, context, "repeat", shape, rank, ranks) ||
	    !loop_styles_parse(context, styles, shape, rank, f.styles))
		return NULL;
	return make_single(context, &f);
}

const hdt_task_mapping *hdt_spatial(hdt_context *context, const int64_t *shape, int rank)
{
	return hdt_spatial_ranked(context, shape, rank, NULL);
}

const hdt_task_mapping *hdt_repeat(hdt_context *context, const int64_t *shape, int rank)
{
	return hdt_repeat_ranked(context, shape, rank, NULL, NULL);
}

const hdt_task_mapping *hdt_mapping_compose(const hdt_task_mapping *outer, const hdt_task_mapping *inner)
{
	if (!outer || !inner)
		return NULL;
	hdt_context *context = outer->context;
	const task_mapping *a = task_mapping_of(outer), *b = task_mapping_of(inner);
	if (context != inner->context || outer->rank != inner->rank) {
		hdt_fail(context, HDT_INTERNAL, "a task mapping of rank %d is composed with one of rank %d%s", outer->rank,
		         inner->rank, context != inner->context ? " and another context" : "");
		return NULL;
	}
	if (a->count + b->count > MAPPING_MAX_FACTORS) {
		hdt_fail(context, HDT_INTERNAL, "a task mapping of more than %d factors", MAPPING_MAX_FACTORS);
		return NULL;
	}
	mapping_factor *factors = hdt_allocate(context, (size_t)(a->count + b->count) * sizeof *factors);
	if (!factors)
		return NULL;
	memcpy(factors, a->factors, (size_t)a->count * sizeof *factors);
	memcpy(factors + a->count, b->factors, (size_t)b->count * sizeof *factors);
	return make(context, outer->rank, factors, a->count + b->count);
}

const hdt_task_mapping *hdt_mapping_project(const hdt_task_mapping *mapping, const int *dims, int count)
{
	if (!mapping)
		return NULL;
	const task_mapping *m = task_mapping_of(mapping);
	unsigned projected = 0;
	for (int i = 0; i < count; i++) {
		if (dims[i] < 0 || dims[i] >= mapping->rank) {
			hdt_fail(mapping->context, HDT_INTERNAL, "a task mapping of rank %d has no dimension %d to project",
			         mapping->rank, dims[i]);
			return NULL;
		}
		projected |= 1u << dims[i];
	}
	mapping_factor *factors = hdt_allocate(mapping->context, (size_t)m->count * sizeof *factors);
	if (!factors)
		return NULL;
	for (int i = 0; i < m->count; i++) {
		factors[i] = m->factors[i];
		factors[i].projected |= projected;
	}
	return make(mapping->context, mapping->rank, factors, m->count);
}
