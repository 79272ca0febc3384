/* auto_map.c: a box of tasks shared out to a number of workers.
 *
 * Both forms walk the dimensions from the fastest to the slowest and give each as many workers as it can take of those
 * that are left. 8 x 96 tasks to 64 workers, exactly:
 *
 *     gcd(64, 96) = 32 along the second, then gcd(64 / 32, 8) = 2 along the first  ->  repeat(4, 3) * spatial(2, 32)
 *
 * When the workers divide the tasks, all of them are used up in this way, prime by prime. */
#include "ir/task_mapping.h"

typedef struct shares {
	int64_t workers[HDT_MAX_RANK]; /* along each dimension */
	int64_t times[HDT_MAX_RANK];   /* that each of them works there */
} shares;

static int64_t common_divisor(int64_t a, int64_t b)
{
	while (b) {
		int64_t r = a % b;
		a = b;
		b = r;
	}
	return a;
}

static shares share_exactly(const box *b, int64_t workers)
{
	int dims[HDT_MAX_RANK];
	shares s = {0};
	box_dimensions(b, dims);
	for (int i = b->rank - 1; i >= 0; i--) {
		int d = dims[i];
		s.workers[d] = common_divisor(workers, b->extents[d]);
		s.times[d] = b->extents[d] / s.workers[d];
		workers /= s.workers[d];
	}
	return s;
}

/* As many workers as a dimension has tasks, while there are; along the first larger dimension a divisor of it, then one
 * each. */
static shares share_some(const box *b, int64_t workers)
{
	int dims[HDT_MAX_RANK];
	shares s = {0};
	box_dimensions(b, dims);
	for (int i = b->rank - 1; i >= 0; i--) {
		int d = dims[i];
		bool enough = workers >= b->extents[d];
		s.workers[d] = enough ? b->extents[d] : common_divisor(workers, b->extents[d]);
		s.times[d] = b->extents[d] / s.workers[d];
		workers = enough ? workers / b->extents[d] : 1;
	}
	return s;
}

static const hdt_task_mapping *compose_shares(hdt_context *context, const box *b, const shares *s)
{
	return hdt_mapping_compose(hdt_repeat_ranked(context, s->times, b->rank, b->ranks, NULL),
	                           hdt_spatial_ranked(context, s->workers, b->rank, b->ranks));
}

static bool prepare(box *b, hdt_context *context, const int64_t *shape, int rank, int64_t workers, const int *ranks)
{
	if (!context || !box_init(b, context, "auto_map", shape, rank, ranks))
		return false;
	if (workers < 1)
		hdt_fail(context, HDT_INTERNAL, "auto_map: %lld workers are not at least 1", (long long)workers);
	return workers >= 1;
}

const hdt_task_mapping *hdt_auto_map(hdt_context *context, const int64_t *shape, int rank, int64_t workers,
                                     const int *ranks, const char **reason)
{
	box b;
	if (!prepare(&b, context, shape, rank, workers, ranks))
		return NULL;
	if (b.size % workers) {
		const char *why = hdt_format(context, "auto_map: %lld tasks cannot be shared out evenly to %lld workers",
		                             (long long)b.size, (long long)workers);
		if (reason)
			*reason = why;
		else if (why)
			hdt_fail(context, HDT_INTERNAL, "%s", why);
		return NULL;
	}
	shares s = share_exactly(&b, workers);
	return compose_shares(context, &b, &s);
}

const hdt_task_mapping *hdt_auto_map_predicated(hdt_context *context, const int64_t *shape, int rank, int64_t workers,
                                                const int *ranks)
{
	box b;
	if (!prepare(&b, context, shape, rank, workers, ranks))
		return NULL;
	shares s = share_some(&b, workers);
	return compose_shares(context, &b, &s);
}
