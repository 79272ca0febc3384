/* pending.c: queues of copies that were started. */
#include "pending.h"

#include <string.h>

static bool grow(sim_warp *w, pending *p)
{
	int capacity = p->capacity ? p->capacity * 2 : 8;
	pending_copy *items = sim_allocate(w, (size_t)capacity * sizeof *items);
	if (!items)
		return false;
	for (int i = 0; i < p->count; i++)
		items[i] = *pending_at(p, i);
	p->items = items;
	p->capacity = capacity;
	p->first = 0;
	return true;
}

bool pending_add(sim_warp *w, pending *p, pending_copy copy)
{
	if (p->count == p->capacity && !grow(w, p))
		return false;
	copy.group = p->group;
	p->count++;
	*pending_at(p, p->count - 1) = copy;
	return true;
}

int pending_ended(const pending *p, int64_t groups)
{
	int i = 0;
	while (i < p->count && pending_at(p, i)->group < p->group - groups)
		i++;
	return i;
}

void pending_drop(pending *p, int count)
{
	p->first = p->capacity ? (p->first + count) % p->capacity : 0;
	p->count -= count;
}
