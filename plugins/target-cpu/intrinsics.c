/* intrinsics.c: what the processor adds to the script language. The prelude defines them. */
#include "cpu.h"

static const hdt_intrinsic prefetch = {
	.size = sizeof(hdt_intrinsic),
	.name = "prefetch",
	.signature = "(x: in any any)",
	.traits = "t",
	.doc = "ask for the cache line of the element, which will be read soon; it need not exist",
};

/* Joining the elements of a vector in memory, halves first. `lanes` is best what a vector of f32 has here. */
#define LANES_SIGNATURE "(x: in any f32 lanes, lanes: const) -> f32"

static const hdt_intrinsic sum_lanes = {
	.size = sizeof(hdt_intrinsic),
	.name = "sum_lanes",
	.signature = LANES_SIGNATURE,
	.traits = "t",
	.doc = "sum of neighbouring elements, a power of two of them; the two halves are added first",
};

static const hdt_intrinsic max_lanes = {
	.size = sizeof(hdt_intrinsic),
	.name = "max_lanes",
	.signature = LANES_SIGNATURE,
	.traits = "t",
	.doc = "largest of neighbouring elements, NaN when one is NaN",
};

static const hdt_intrinsic min_lanes = {
	.size = sizeof(hdt_intrinsic),
	.name = "min_lanes",
	.signature = LANES_SIGNATURE,
	.traits = "t",
	.doc = "smallest of neighbouring elements, NaN when one is NaN",
};

static const hdt_intrinsic transpose_lanes = {
	.size = sizeof(hdt_intrinsic),
	.name = "transpose_lanes",
	.signature = "(to: out any f32, to_stride: i64, from: in any f32, from_stride: i64, lanes: const)",
	.traits = "t",
	.doc = "to[j * to_stride + i] = from[i * from_stride + j] for i and j below lanes",
};

const hdt_intrinsic *const cpu_intrinsics[] = {&prefetch, &sum_lanes, &max_lanes, &min_lanes, &transpose_lanes, NULL};
