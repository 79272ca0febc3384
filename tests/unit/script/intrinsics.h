/* intrinsics.h: a registry with one target that has a few intrinsics of each kind, for tests of this folder and of the fuzzer. */
#ifndef TESTS_UNIT_SCRIPT_INTRINSICS_H
#define TESTS_UNIT_SCRIPT_INTRINSICS_H

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
INTRINSIC(fma, "fma", "(x: f32, y: f32, z: f32) -> f32", "p");
INTRINSIC(wait, "wait_group", "(pending: const)", "t");
INTRINSIC(copy, "copy_box", "(box: map, to: out shared any, row: i32, column: i32)", "v");
#undef INTRINSIC

/* A target on paper: it is asked for nothing but its intrinsics. */
static inline hdt_status paper_open(hdt_context *c, const hdt_target_options *o, hdt_device **d)
{
	(void)c, (void)o, (void)d;
	return HDT_BAD_TARGET;
}
static inline void paper_close(hdt_device *d)
{
	(void)d;
}
static inline const hdt_target_info *paper_info(const hdt_device *d)
{
	return (void)d, NULL;
}
static inline const char *paper_prelude(const hdt_device *d)
{
	return (void)d, "";
}
static inline hdt_status paper_compile(hdt_context *c, hdt_device *d, const hdt_source *s, const char *path)
{
	(void)c, (void)d, (void)s, (void)path;
	return HDT_BAD_TARGET;
}
static inline hdt_status paper_load(hdt_context *c, hdt_device *d, const char *path, hdt_object **o)
{
	(void)c, (void)d, (void)path, (void)o;
	return HDT_BAD_TARGET;
}
static inline void paper_unload(hdt_device *d, hdt_object *o)
{
	(void)d, (void)o;
}
static inline void *paper_find(hdt_object *o, const char *function)
{
	return (void)o, (void)function, NULL;
}
static inline void *paper_allocate(hdt_device *d, size_t bytes)
{
	return (void)d, (void)bytes, NULL;
}
static inline void paper_release(hdt_device *d, void *memory)
{
	(void)d, (void)memory;
}
static inline hdt_status paper_copy(hdt_device *d, void *to, const void *from, size_t bytes)
{
	(void)d, (void)to, (void)from, (void)bytes;
	return HDT_BAD_TARGET;
}
static inline hdt_status paper_run(hdt_device *d, const hdt_launch *launches, int count, hdt_fault *fault)
{
	(void)d, (void)launches, (void)count, (void)fault;
	return HDT_BAD_TARGET;
}

/* Sealed; the caller frees it. NULL when it cannot be made. */
static inline hdt_registry *registry_with_intrinsics(void)
{
	static const hdt_intrinsic *const intrinsics[] = {&test_syncthreads, &test_lane,     &test_shfl_down,
	                                                  &test_atomic_add,  &test_ldmatrix, &test_fma,
	                                                  &test_wait,        &test_copy,     NULL};
	static const hdt_target target = {.size = sizeof target,
	                                  .name = "paper",
	                                  .kind = HDT_FUNCTION_CUDA,
	                                  .intrinsics = intrinsics,
	                                  .open = paper_open,
	                                  .close = paper_close,
	                                  .info = paper_info,
	                                  .prelude = paper_prelude,
	                                  .compile = paper_compile,
	                                  .load = paper_load,
	                                  .unload = paper_unload,
	                                  .find = paper_find,
	                                  .allocate = paper_allocate,
	                                  .release = paper_release,
	                                  .copy = paper_copy,
	                                  .run = paper_run};
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
