/* barrier.h: mbarriers as those see them that arrive without a call of their own: copies. The state stands in the
 * barrier's eight bytes. */
#ifndef TARGET_SIM_BARRIER_H
#define TARGET_SIM_BARRIER_H

#include "sim.h"

/* An arrival of this lane on the barrier at a shared address. False after a fault. */
bool barrier_arrive(sim_warp *w, int lane, uint64_t barrier);
/* Its present phase waits for `bytes` more; negative: so many have come. */
bool barrier_add_bytes(sim_warp *w, int lane, uint64_t barrier, int64_t bytes);
/* The clock of the present phase: what completes on it is known to who waits for this phase. NULL after a fault. */
sim_clock *barrier_clock(sim_warp *w, int lane, uint64_t barrier);

#endif
