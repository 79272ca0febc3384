/* paper_target.h: what targets for tests have in common that are read, checked and lowered for but never run on: the limits of a device, and
 * callbacks that refuse. */
#ifndef TESTS_PAPER_TARGET_H
#define TESTS_PAPER_TARGET_H

#include <hidet/target.h>

/* Of a large device, on which every program fits. */
#define PAPER_LIMITS                                                                                             \
	.size = sizeof(hdt_target_info), .target = "paper", .device = "a device for tests", .cache_key = "paper",    \
	.threads = 1, .architecture = 90, .processors = 4, .warp = 32, .threads_per_block = 1024,                    \
	.grid = {INT32_MAX, 65535, 65535}, .block = {1024, 1024, 64}, .cluster_blocks = 8, .shared_bytes = 48 << 10, \
	.shared_bytes_asked = 227 << 10, .memory_bytes = INT64_C(16) << 30

static const hdt_target_info paper_device = {PAPER_LIMITS};

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
	return (void)d, &paper_device;
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

#define PAPER_CALLBACKS                                                                                               \
	.open = paper_open, .close = paper_close, .info = paper_info, .prelude = paper_prelude, .compile = paper_compile, \
	.load = paper_load, .unload = paper_unload, .find = paper_find, .allocate = paper_allocate,                       \
	.release = paper_release, .copy = paper_copy, .run = paper_run

#endif
