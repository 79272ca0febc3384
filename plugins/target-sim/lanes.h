/* lanes.h: the scalar operations over the lanes of a warp. */
#ifndef TARGET_SIM_LANES_H
#define TARGET_SIM_LANES_H

#include "sim.h"

/* d = op(a, b, c) for the first `count` lanes: all of a warp, or one where the value is the same for all. Operands
 * that the operation has not may be anything. */
typedef void lane_op(sim_lanes *d, const sim_lanes *a, const sim_lanes *b, const sim_lanes *c, int count);

/* The operation on operands of this dtype; NULL: there is none. Operations with a float result take floats. */
lane_op *lanes_operation(hdt_scalar_op op, hdt_dtype operand);
/* Does the operation give a float whatever it takes? Its operands are to be converted to the dtype of the result
 * first. */
bool lanes_gives_float(hdt_scalar_op op);
lane_op *lanes_cast(hdt_dtype from, hdt_dtype to);
/* a ? b : c, and the value of the first lane for all, for values of a dtype. */
lane_op *lanes_select(hdt_dtype dtype);
lane_op *lanes_broadcast(hdt_dtype dtype);
/* The lanes of `mask` from `from`. */
void lanes_merge(sim_lanes *to, const sim_lanes *from, hdt_dtype dtype, uint32_t mask);

/* Elements at[l] of a row of them in memory, to and from the lanes of `mask`. */
typedef void lane_gather(sim_lanes *to, const void *base, const int64_t *at, uint32_t mask);
typedef void lane_scatter(void *base, const int64_t *at, const sim_lanes *from, uint32_t mask);
/* All lanes' elements side by side. */
typedef void lane_row(sim_lanes *to, const void *row);
typedef void lane_row_out(void *row, const sim_lanes *from);
lane_row *lanes_load_row(hdt_dtype dtype);
lane_row_out *lanes_store_row(hdt_dtype dtype);
lane_gather *lanes_gather(hdt_dtype dtype);
lane_scatter *lanes_scatter(hdt_dtype dtype);

#endif
