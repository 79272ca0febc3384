#include "target.h"

#include "registry/registry.h"
#include <stdio.h>

static const hdt_intrinsic barrier = {.size = sizeof barrier,
                                      .name = "syncthreads",
                                      .signature = "()",
                                      .traits = "b",
                                      .doc = "wait for all threads of the block",
                                      .text = "/* syncthreads */\n"};
static const hdt_intrinsic shuffle = {.size = sizeof shuffle,
                                      .name = "shfl_down",
                                      .signature = "(value: i32|f32, offset: i32) -> value",
                                      .traits = "w",
                                      .doc = "value of the lane that many above",
                                      .text = "/* shfl_down */\n"};
static const hdt_intrinsic atomic = {.size = sizeof atomic,
                                     .name = "atomic_add",
                                     .signature = "(to: inout memory i32|f32 1, value: i32|f32) -> value",
                                     .traits = "v",
                                     .doc = "add; gives what was there",
                                     .text = "/* atomic_add */\n"};
static const hdt_intrinsic fast_square = {.size = sizeof fast_square,
                                          .name = "fast_square",
                                          .signature = "(value: f32) -> f32",
                                          .traits = "p",
                                          .doc = "a pure one",
                                          .text = "/* fast_square */\n"};
static const hdt_intrinsic load_rows = {.size = sizeof load_rows,
                                        .name = "load_rows",
                                        .signature = "(to: out register f16 4, from: in shared f16 4)",
                                        .traits = "w",
                                        .architecture = 75,
                                        .doc = "four elements of each lane",
                                        .text = "/* load_rows */\n"};
static const hdt_intrinsic newest = {.size = sizeof newest,
                                     .name = "newest",
                                     .signature = "()",
                                     .traits = "t",
                                     .architecture = 100,
                                     .doc = "of an architecture that the device is not",
                                     .text = "/* newest */\n"};
static const hdt_intrinsic *const intrinsics[] = {&barrier, &shuffle, &atomic, &fast_square, &load_rows, &newest, NULL};

#define TARGET(text_name, takes)                                                                                  \
	{                                                                                                             \
		.size = sizeof(hdt_target), .name = text_name, .doc = "for tests of lowering", .kind = HDT_FUNCTION_CUDA, \
		.language = takes, .intrinsics = intrinsics, PAPER_CALLBACKS                                              \
	}

const hdt_target lowering_target = TARGET("lowering", HDT_LANGUAGE_C);
const hdt_target lowering_script_target = TARGET("lowering_script", HDT_LANGUAGE_SCRIPT);

hdt_context *lowering_context(void)
{
	char reason[256];
	hdt_registry *registry = registry_new();
	registry_stage *stage = registry ? registry_stage_new(registry, "tests") : NULL;
	if (!stage)
		return NULL;
	registry_stage_add(stage, REGISTRY_TARGET, lowering_target.name, &lowering_target);
	if (!registry_commit(stage, NULL, reason, sizeof reason)) {
		fprintf(stderr, "the target of these tests is refused: %s\n", reason);
		return NULL;
	}
	registry_seal(registry);
	return context_new(registry);
}

void lowering_context_free(hdt_context *context)
{
	hdt_registry *registry = (hdt_registry *)(uintptr_t)context->registry;
	context_free(context);
	registry_free(registry);
}
