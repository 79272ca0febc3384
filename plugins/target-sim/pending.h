/* pending.h: what a lane, or a warp, has started and not waited for yet, in groups: the oldest first. */
#ifndef TARGET_SIM_PENDING_H
#define TARGET_SIM_PENDING_H

#include "sim.h"

/* A copy: bytes in flight at either side; 0 bytes: nothing there. */
typedef struct pending_copy {
	uint64_t from, to;
	int from_bytes, to_bytes;
	int64_t group;
} pending_copy;

/* Zeroed: nothing was started. A ring. */
typedef struct pending {
	pending_copy *items;
	int first, count, capacity;
	int64_t group; /* not yet committed */
} pending;

/* Add to the group that is not committed yet. False after a fault: out of memory. */
bool pending_add(sim_warp *w, pending *p, pending_copy copy);
static inline pending_copy *pending_at(const pending *p, int i)
{
	return &p->items[(p->first + i) % p->capacity];
}
/* How many of the oldest ones are to have ended when all but the last `groups` committed groups have; -1: also what
 * is not committed. */
int pending_ended(const pending *p, int64_t groups);
void pending_drop(pending *p, int count);

#endif
