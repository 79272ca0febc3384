/* problem_cpu.c: what is known of an attention, and how its q, k and v are best read. */
#include "cpu.h"

static const hdt_expr *extent_of(const hdt_expr *axis)
{
	return axis->args[0];
}

static bool is_memory(const hdt_expr *e)
{
	return e->op == HDT_OP_LOAD && e->dtype == HDT_F32;
}

/* Do neighbours along the axis lie side by side? */
static bool is_along(const hdt_expr *load, const hdt_expr *axis)
{
	int last = load->count - 1;
	int64_t factor;
	const hdt_expr *rest;
	for (int d = 0; d < last; d++)
		if (hdt_contains(load->args[d], axis))
			return false;
	return last >= 0 && hdt_linear(load->args[last], &axis, 1, &factor, &rest) && factor == 1;
}

/* Elements between neighbours along the axis; false when that is no number. */
static bool stride_along(const hdt_expr *load, const hdt_expr *axis, int64_t *stride)
{
	int64_t size = 1, factor, part, extent;
	const hdt_expr *rest;
	bool known = true; /* is the size of what lies behind dimension d? */
	*stride = 0;
	for (int d = load->count - 1; d >= 0; d--) {
		bool here = hdt_contains(load->args[d], axis);
		if (here && (!known || !hdt_linear(load->args[d], &axis, 1, &factor, &rest) ||
		             __builtin_mul_overflow(factor, size, &part) || __builtin_add_overflow(*stride, part, stride)))
			return false;
		known = known && hdt_is_const(load->tensor->shape[d], &extent) && !__builtin_mul_overflow(size, extent, &size);
	}
	return true;
}

static void find_reads(problem *p)
{
	const attention *a = &p->a;
	p->k_squares = p->depth % p->lanes == 0 && is_memory(a->k) && is_along(a->k, a->depth) &&
	               stride_along(a->k, a->key, &p->k_stride) && p->k_stride > 0;
	p->v_in_place = p->width % p->lanes == 0 && is_memory(a->v) && is_along(a->v, a->width);
	for (int i = 0; i < a->condition_count; i++)
		p->scans = p->scans || a->conditions[i] != hdt_less_equal(a->key, a->query);
}

static double size_of(const hdt_expr *axis)
{
	return (double)hdt_size_estimate(extent_of(axis));
}

static const char *read_sizes(problem *p)
{
	const attention *a = &p->a;
	if (!attention_extent(a->depth, MOST_WIDTH, &p->depth) || !attention_extent(a->width, MOST_WIDTH, &p->width))
		return "the size of a head is not known, or large";
	p->padded_depth = (p->depth + p->lanes - 1) / p->lanes * p->lanes;
	p->padded_width = (p->width + p->lanes - 1) / p->lanes * p->lanes;
	p->batch = 1;
	for (int d = 0; d < a->batch_count; d++)
		p->batch *= size_of(a->batch[d]);
	p->queries = size_of(a->query);
	p->keys = size_of(a->key);
	if (p->batch < 1 || p->queries < 1 || p->keys < 1)
		return "it is empty";
	int64_t queries;
	if (hdt_is_const(extent_of(a->query), &queries) && queries < 4)
		return "its keys would be laid out for a few queries";
	return NULL;
}

bool problem_find(const hdt_task *task, const hdt_target_info *target, problem *p, const char **reason)
{
	*p = (problem){.context = task->context};
	if (!attention_find(task, &p->a, reason))
		return false;
	int bytes = target->vector_bytes < 16 ? 16 : target->vector_bytes;
	p->lanes = bytes / 4;
	p->registers = bytes >= 64 ? 32 : 16;
	p->fused = target->fused_multiply_add;
	*reason = p->a.real == HDT_F32 ? read_sizes(p) : "it is not computed in f32";
	if (!*reason)
		find_reads(p);
	return !*reason;
}

bool problem_is_whole(const problem *p, const blocking *b)
{
	int64_t keys;
	return hdt_is_const(extent_of(p->a.key), &keys) && keys <= b->keys;
}
