/* choice.c: see choice.h. */
#include "choice.h"

bool ranking_init(ranking *r, hdt_context *context, int capacity)
{
	*r = (ranking){.capacity = capacity};
	r->choices = hdt_allocate(context, sizeof *r->choices * (size_t)capacity);
	r->costs = hdt_allocate(context, sizeof *r->costs * (size_t)capacity);
	return r->choices && r->costs;
}

void ranking_add(ranking *r, const hdt_choice *choice, double cost)
{
	int at = r->count;
	if (r->count == r->capacity)
		return;
	for (; at > 0 && r->costs[at - 1] > cost; at--) {
		r->costs[at] = r->costs[at - 1];
		r->choices[at] = r->choices[at - 1];
	}
	r->costs[at] = cost;
	r->choices[at] = *choice;
	r->count++;
}

int ranking_give(const ranking *r, int level, hdt_choice *out, int most)
{
	int count = level == 0 ? 1 : level == 1 ? 12 : r->count;
	count = count < r->count ? count : r->count;
	count = count < most ? count : most;
	for (int i = 0; i < count; i++)
		out[i] = r->choices[i];
	return count;
}

double parts_of(double a, double b)
{
	int64_t n = (int64_t)(a / b);
	return (double)n * b < a ? (double)(n + 1) : (double)n;
}

bool product_is_empty(const product *p)
{
	const hdt_tensor *t = p->c.tensor;
	int64_t extent;
	for (int d = 0; d < t->rank; d++)
		if (hdt_is_const(t->shape[d], &extent) && extent == 0)
			return true;
	return p->depth.size == 0;
}
