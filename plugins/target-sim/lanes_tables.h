/* lanes_tables.h: the tables of operations by dtype, filled in lanes_integer.c and lanes_float.c. */
#ifndef TARGET_SIM_LANES_TABLES_H
#define TARGET_SIM_LANES_TABLES_H

#include "lanes.h"

extern lane_op *const lanes_of_truth[HDT_OP_COUNT];
extern lane_op *const lanes_of_u8[HDT_OP_COUNT], *const lanes_of_u16[HDT_OP_COUNT];
extern lane_op *const lanes_of_u32[HDT_OP_COUNT], *const lanes_of_u64[HDT_OP_COUNT];
extern lane_op *const lanes_of_i8[HDT_OP_COUNT], *const lanes_of_i16[HDT_OP_COUNT];
extern lane_op *const lanes_of_i32[HDT_OP_COUNT], *const lanes_of_i64[HDT_OP_COUNT];
extern lane_op *const lanes_of_f32[HDT_OP_COUNT], *const lanes_of_f64[HDT_OP_COUNT]; /* f16 and bf16 compute as f32 */

#endif
