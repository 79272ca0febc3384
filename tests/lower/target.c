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

const hdt_target_info lowering_info = {
	.size = sizeof lowering_info,
	.target = "lowering",
	.device = "a device for tests",
	.cache_key = "test",
	.threads = 1,
	.architecture = 90,
	.processors = 4,
	.warp = 32,
	.threads_per_block = 1024,
	.grid = {INT32_MAX, 65535, 65535},
	.block = {1024, 1024, 64},
	.cluster_blocks = 8,
	.shared_bytes = 48 << 10,
	.shared_bytes_asked = 227 << 10,
	.memory_bytes = INT64_C(16) << 30,
};

static hdt_status refuse_open(hdt_context *context, const hdt_target_options *options, hdt_device **out)
{
	(void)options;
	*out = NULL;
	return hdt_fail(context, HDT_BAD_TARGET, "this target is for tests of lowering");
}
static void close_none(hdt_device *device)
{
	(void)device;
}
static const hdt_target_info *get_info(const hdt_device *device)
{
	(void)device;
	return &lowering_info;
}
static const char *empty_prelude(const hdt_device *device)
{
	(void)device;
	return "";
}
static hdt_status refuse_compile(hdt_context *context, hdt_device *device, const hdt_source *source, const char *path)
{
	(void)device, (void)source, (void)path;
	return hdt_fail(context, HDT_BAD_TARGET, "this target is for tests of lowering");
}
static hdt_status refuse_load(hdt_context *context, hdt_device *device, const char *path, hdt_object **out)
{
	(void)device, (void)path, (void)out;
	return hdt_fail(context, HDT_BAD_TARGET, "this target is for tests of lowering");
}
static void unload_none(hdt_device *device, hdt_object *object)
{
	(void)device, (void)object;
}
static void *find_none(hdt_object *object, const char *function)
{
	(void)object, (void)function;
	return NULL;
}
static void *allocate_none(hdt_device *device, size_t bytes)
{
	(void)device, (void)bytes;
	return NULL;
}
static void release_none(hdt_device *device, void *memory)
{
	(void)device, (void)memory;
}
static hdt_status copy_none(hdt_device *device, void *to, const void *from, size_t bytes)
{
	(void)device, (void)to, (void)from, (void)bytes;
	return HDT_OK;
}
static hdt_status run_none(hdt_device *device, const hdt_launch *launches, int count, hdt_fault *fault)
{
	(void)device, (void)launches, (void)count, (void)fault;
	return HDT_OK;
}

#define TARGET(text_name, takes)                                                                                   \
	{                                                                                                              \
		.size = sizeof(hdt_target), .name = text_name, .doc = "for tests of lowering", .kind = HDT_FUNCTION_CUDA,  \
		.language = takes, .intrinsics = intrinsics, .open = refuse_open, .close = close_none, .info = get_info,   \
		.prelude = empty_prelude, .compile = refuse_compile, .load = refuse_load, .unload = unload_none,           \
		.find = find_none, .allocate = allocate_none, .release = release_none, .copy = copy_none, .run = run_none, \
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
