/* bulk.h: stores by the copy engine that a lane has started, in bulk groups. */
#ifndef TARGET_SIM_BULK_H
#define TARGET_SIM_BULK_H

#include "pending.h"

/* Of each lane; NULL after a fault. */
pending *bulk_stores(sim_warp *w);

#endif
