/* intrinsics.h: a registry with one target that has a few intrinsics of each kind, for tests of this folder and of the fuzzer. */
#ifndef TESTS_UNIT_SCRIPT_INTRINSICS_H
#define TESTS_UNIT_SCRIPT_INTRINSICS_H

#include "../../paper_target.h"
#include "base/context.h"
#include "registry/registry.h"

#define INTRINSIC(id, word, form, letters)   \
	static const hdt_intrinsic test_##id = { \
		.size = sizeof(hdt_intrinsic), .name = word, .signature = form, .traits = letters}

INTRINSIC(syncthreads, "syncthreads", "()", "b");
INTRINSIC(lane, "lane", "() -> u32", "p");
INTRINSIC(shfl_down, "shfl_down", "(value: i32|f32, offset: i32) -> value", "w");
INTRINSIC(atomic_add, "atomic_add", "(place: inout memory f32 1, value: f32) -> f32", "v");
INTRINSIC(ldmatrix, "ldmatrix_x4", "(to: out register f16 8, from: in shared f16 8)", "w");
INTRINSIC(blend, "blend", "(x: f32, y: f32, z: f32) -> f32", "p");
INTRINSIC(wait, "wait_group", "(pending: const)", "t");
INTRINSIC(copy, "copy_box", "(box: map, to: out shared any, row: i32, column: i32)", "v");
#undef INTRINSIC

/* Sealed; the caller frees it. NULL when it cannot be made. */
static inline hdt_registry *registry_with_intrinsics(void)
{
	static const hdt_intrinsic *const intrinsics[] = {&test_syncthreads, &test_lane,     &test_shfl_down,
	                                                  &test_atomic_add,  &test_ldmatrix, &test_blend,
	                                                  &test_wait,        &test_copy,     NULL};
	static const hdt_target target = {
		.size = sizeof target, .name = "paper", .kind = HDT_FUNCTION_CUDA, .intrinsics = intrinsics, PAPER_CALLBACKS};
	char reason[256];
	hdt_registry *registry = registry_new();
	registry_stage *stage = registry ? registry_stage_new(registry, "test.paper") : NULL;
	if (stage)
		registry_stage_add(stage, REGISTRY_TARGET, target.name, &target);
	if (!stage || !registry_commit(stage, NULL, reason, sizeof reason)) {
		registry_free(registry);
		return NULL;
	}
	registry_seal(registry);
	return registry;
}

#endif
