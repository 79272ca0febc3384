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

/* ---- products of narrow numbers: several to a lane of 32 bits ------------------------------------------------------ */

static const hdt_intrinsic dot_bf16 = {
	.size = sizeof(hdt_intrinsic),
	.name = "dot_bf16",
	.signature = "(sums: inout any f32 lanes, a: in any bf16 2, b: in any bf16, lanes: const)",
	.traits = "t",
	.doc = "sums[i] += a[1] * b[2 i + 1], then += a[0] * b[2 i], for i below lanes; subnormals may count as 0",
};

static const hdt_intrinsic dot_i8 = {
	.size = sizeof(hdt_intrinsic),
	.name = "dot_i8",
	.signature = "(sums: inout any i32 lanes, a: in any i8 4, b: in any i8, lanes: const)",
	.traits = "t",
	.doc = "sums[i] += (a[e] + 128) * b[4 i + e] for e below 4 and i below lanes, wrapping",
};

static const hdt_intrinsic zip_bf16 = {
	.size = sizeof(hdt_intrinsic),
	.name = "zip_bf16",
	.signature = "(to: out any bf16, first: in any bf16 lanes, second: in any bf16 lanes, lanes: const)",
	.traits = "t",
	.doc = "to[2 i] = first[i] and to[2 i + 1] = second[i] for i below lanes",
};

static const hdt_intrinsic transpose_pairs = {
	.size = sizeof(hdt_intrinsic),
	.name = "transpose_pairs",
	.signature = "(to: out any bf16, to_stride: i64, from: in any bf16, from_stride: i64, lanes: const)",
	.traits = "t",
	.doc = "to[j * to_stride + 2 i + e] = from[i * from_stride + 2 j + e] for i and j below lanes and e below 2",
};

/* The matrices of tile_dot: sums[row, column] of `rows` (at most 32) by `columns` (16 or 32); a[row, k]; b[k / n, column, k % n] with n = 2 of bf16
 * and 4 of i8; strides are in elements. */
#define TILE_SIGNATURE(sum, factor)                                                                      \
	"(sums: inout any " sum ", sums_stride: i64, a: in any " factor ", a_stride: i64, b: in any " factor \
	", b_stride: i64, depth: i64, rows: i64, columns: const, ahead: in any " factor ", lines: const)"

static const hdt_intrinsic tile_begin = {
	.size = sizeof(hdt_intrinsic),
	.name = "tile_begin",
	.signature = "(rows: i64)",
	.traits = "t",
	.doc = "what follows are products of so many rows, 1 to 32; once in each task, and before another number of rows",
};

static const hdt_intrinsic tile_dot_bf16 = {
	.size = sizeof(hdt_intrinsic),
	.name = "tile_dot_bf16",
	.signature = TILE_SIGNATURE("f32", "bf16"),
	.traits = "t",
	.doc = "sums += a b over `depth`, a multiple of 32, 32 at a time; asks for `lines` cache lines from `ahead` on at "
		   "each",
};

static const hdt_intrinsic tile_dot_i8 = {
	.size = sizeof(hdt_intrinsic),
	.name = "tile_dot_i8",
	.signature = TILE_SIGNATURE("i32", "i8"),
	.traits = "t",
	.doc = "sums += a b over `depth`, a multiple of 64, wrapping; `lines` cache lines from `ahead` on at each 64",
};

static const hdt_intrinsic tile_end = {
	.size = sizeof(hdt_intrinsic),
	.name = "tile_end",
	.signature = "()",
	.traits = "t",
	.doc = "no more products of tiles in this task",
};

const hdt_intrinsic *const cpu_intrinsics[] = {
	&prefetch, &sum_lanes,       &max_lanes,  &min_lanes,     &transpose_lanes, &dot_bf16, &dot_i8,
	&zip_bf16, &transpose_pairs, &tile_begin, &tile_dot_bf16, &tile_dot_i8,     &tile_end, NULL,
};
