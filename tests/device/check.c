/* check.c: the target on a real GPU, without the compiler above it: parameters, memory, graphs, attributes of
 * launches, tensor maps, time; faults.c: kernels that fault.
 *     device_check KERNELS.cu
 * A line for each check; exit status 1 when one failed, 77 when there is no GPU. */
#include "check.h"

#include <math.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>
#include <unistd.h>

int failures;

void expect(bool holds, const char *format, ...)
{
	va_list arguments;
	va_start(arguments, format);
	printf("%s  ", holds ? "ok    " : "FAILED");
	vprintf(format, arguments);
	printf("\n");
	va_end(arguments);
	failures += !holds;
}

/* ---- the device ---- */

static hdt_status compile_kernels(gpu *g, const char *kernels, const char *path)
{
	FILE *f = fopen(kernels, "re");
	char *text = hdt_allocate(g->context, 1 << 16);
	size_t bytes = f && text ? fread(text, 1, (1 << 16) - 1, f) : 0;
	if (f)
		fclose(f);
	if (!bytes)
		return hdt_fail(g->context, HDT_IO_ERROR, "cannot read '%s'", kernels);
	const char *unit =
		hdt_format(g->context, "%s\n#line 1 \"%s\"\n%s", hdt_target_cuda.prelude(g->device), kernels, text);
	return hdt_target_cuda.compile(g->context, g->device, &(hdt_source){&unit, 1, 1}, path);
}

hdt_status gpu_open(gpu *g, const char *kernels)
{
	char path[] = "/tmp/hidet-device-XXXXXX";
	*g = (gpu){.context = context_new(NULL)};
	hdt_status status = hdt_target_cuda.open(g->context, NULL, &g->device);
	if (status != HDT_OK)
		return status;
	close(mkstemp(path));
	status = compile_kernels(g, kernels, path);
	if (status == HDT_OK)
		status = hdt_target_cuda.load(g->context, g->device, path, &g->object);
	unlink(path);
	return status;
}

void gpu_close(gpu *g)
{
	if (g->object)
		hdt_target_cuda.unload(g->device, g->object);
	if (g->device)
		hdt_target_cuda.close(g->device);
	context_free(g->context);
}

enum { MOST_CALLS = 64 };

/* The calls as the target takes them. */
typedef struct launch_set {
	hdt_launch launches[MOST_CALLS];
	hdt_launch_grid grids[MOST_CALLS];
} launch_set;

static bool make_launches(gpu *g, const call *calls, int count, launch_set *out)
{
	for (int i = 0; i < count && i < MOST_CALLS; i++) {
		const call *c = &calls[i];
		out->grids[i] = (hdt_launch_grid){.grid = {c->grid ? c->grid : 1, 1, 1},
		                                  .block = {128, 1, 1},
		                                  .cluster = {c->cluster ? c->cluster : 1, 1, 1},
		                                  .shared_bytes = c->shared,
		                                  .cooperative = c->cooperative,
		                                  .dependent = c->dependent};
		out->launches[i] = (hdt_launch){.function = hdt_target_cuda.find(g->object, c->kernel),
		                                .buffers = c->buffers,
		                                .symbols = c->symbols,
		                                .grid = &out->grids[i],
		                                .buffer_count = c->buffer_count,
		                                .symbol_count = c->symbol_count,
		                                .scalar_count = c->scalar_count,
		                                .scalars = c->scalars,
		                                .maps = c->map,
		                                .map_count = c->map != NULL};
		if (!out->launches[i].function) {
			snprintf(g->fault.message, sizeof g->fault.message, "there is no kernel %s", c->kernel);
			return false;
		}
	}
	return true;
}

hdt_status gpu_run(gpu *g, const call *calls, int count)
{
	launch_set l;
	if (!make_launches(g, calls, count, &l))
		return HDT_INTERNAL;
	return hdt_target_cuda.run(g->device, l.launches, count, &g->fault);
}

hdt_status gpu_time(gpu *g, const call *calls, int count, int repeats, double *microseconds)
{
	launch_set l;
	if (!make_launches(g, calls, count, &l))
		return HDT_INTERNAL;
	return hdt_target_cuda.time(g->device, l.launches, count, repeats, microseconds, &g->fault);
}

void *gpu_new(gpu *g, size_t bytes)
{
	return hdt_target_cuda.allocate(g->device, bytes);
}

void *gpu_with(gpu *g, const void *data, size_t bytes)
{
	void *memory = gpu_new(g, bytes);
	return memory && hdt_target_cuda.copy(g->device, memory, data, bytes) == HDT_OK ? memory : NULL;
}

void gpu_get(gpu *g, void *to, const void *from, size_t bytes)
{
	if (hdt_target_cuda.copy(g->device, to, from, bytes) != HDT_OK)
		memset(to, 0xee, bytes);
}

/* ---- launches ---- */

static int64_t bits_of(float value)
{
	int64_t bits = 0;
	memcpy(&bits, &value, sizeof value);
	return bits;
}

void check_parameters(gpu *g)
{
	float x[1000], y[1000];
	for (int i = 0; i < 1000; i++)
		x[i] = (float)i;
	call c = {.kernel = "add_scaled",
	          .grid = 8,
	          .buffers = {gpu_with(g, x, sizeof x), gpu_new(g, sizeof y)},
	          .buffer_count = 2,
	          .symbols = {1000},
	          .symbol_count = 1,
	          .scalars = {bits_of(0.5f), 1},
	          .scalar_count = 2};
	hdt_status status = gpu_run(g, &c, 1);
	gpu_get(g, y, c.buffers[1], sizeof y);
	int wrong = 0;
	for (int i = 0; i < 1000; i++)
		wrong += y[i] != x[i] * -0.5f + 1.0f;
	expect(status == HDT_OK && !wrong, "buffers, symbols and scalars arrive (%d wrong; %s)", wrong, g->fault.message);
}

static void check_shared(gpu *g)
{
	int64_t y[3] = {-1, -1, -1};
	call c = {.kernel = "shared_places", .shared = 201000, .buffers = {gpu_with(g, y, sizeof y)}, .buffer_count = 1};
	hdt_status status = gpu_run(g, &c, 1);
	gpu_get(g, y, c.buffers[0], sizeof y);
	expect(status == HDT_OK && y[2] == 1, "200 KB of dynamic shared memory (%s)", g->fault.message);
	expect(y[0] == 0 && y[1] == 0, "shared memory is aligned: dynamic %lld past 1024, static %lld past 128",
	       (long long)y[0], (long long)y[1]);
}

static double now_us(void)
{
	struct timespec t;
	clock_gettime(CLOCK_MONOTONIC, &t);
	return (double)t.tv_sec * 1e6 + (double)t.tv_nsec / 1e3;
}

/* Twenty times y = 2 x + 1, each launch needing the one before. */
static void check_chain(gpu *g, bool dependent)
{
	float x[512], y[512];
	call c[20];
	for (int i = 0; i < 512; i++)
		x[i] = (float)i * 0x1p-20f;
	void *memory[2] = {gpu_with(g, x, sizeof x), gpu_new(g, sizeof y)};
	for (int i = 0; i < 20; i++)
		c[i] = (call){.kernel = "early",
		              .grid = 4,
		              .dependent = dependent,
		              .buffers = {memory[i % 2], memory[1 - i % 2]},
		              .buffer_count = 2};
	int wrong = 0;
	double begin = 0;
	hdt_status status = HDT_OK;
	for (int round = 0; round < 100 && status == HDT_OK; round++) {
		(void)hdt_target_cuda.copy(g->device, memory[0], x, sizeof x);
		if (round == 3)
			begin = now_us();
		status = gpu_run(g, c, 20);
		if (round < 3) {
			gpu_get(g, y, memory[0], sizeof y);
			for (int i = 0; i < 512; i++)
				wrong +=
					y[i] != ldexpf(x[i] + 1.0f, 20) - 1.0f && fabsf(y[i] - (ldexpf(x[i] + 1.0f, 20) - 1.0f)) > 1.0f;
		}
	}
	expect(status == HDT_OK && !wrong,
	       "20 launches in order, %s, as list and as graph: %.1f us with copy and wait (%d wrong; %s)",
	       dependent ? "dependent" : "plain", (now_us() - begin) / 97, wrong, g->fault.message);
}

/* By the device's own clock: more for more work, and repeats do not count. */
static void check_time(gpu *g)
{
	call c[20];
	double one = 0, all = 0, repeated = 0;
	void *memory[2] = {gpu_new(g, 512 * sizeof(float)), gpu_new(g, 512 * sizeof(float))};
	for (int i = 0; i < 20; i++)
		c[i] = (call){.kernel = "early", .grid = 4, .buffers = {memory[i % 2], memory[1 - i % 2]}, .buffer_count = 2};
	bool good = gpu_time(g, c, 2, 100, &one) == HDT_OK && gpu_time(g, c, 20, 100, &all) == HDT_OK &&
	            gpu_time(g, c, 20, 10, &repeated) == HDT_OK;
	expect(good && one > 0 && all > 5 * one && all < 20 * one && repeated < 2 * all && all < 2 * repeated,
	       "2 launches take %.2f us of the device, 20 take %.2f or %.2f (%s)", one, all, repeated, g->fault.message);
}

static void check_attributes(gpu *g)
{
	int32_t ranks[8] = {0}, zero = 0;
	call c = {.kernel = "rank_in_cluster",
	          .grid = 8,
	          .cluster = 4,
	          .buffers = {gpu_with(g, ranks, sizeof ranks)},
	          .buffer_count = 1};
	hdt_status status = gpu_run(g, &c, 1);
	gpu_get(g, ranks, c.buffers[0], sizeof ranks);
	expect(status == HDT_OK && ranks[3] == 3 && ranks[4] == 0 && ranks[7] == 3, "clusters of four blocks (%s)",
	       g->fault.message);
	int64_t blocks = hdt_target_cuda.info(g->device)->processors;
	call meet = {.kernel = "meet",
	             .grid = blocks,
	             .cooperative = true,
	             .buffers = {gpu_with(g, &zero, sizeof zero)},
	             .buffer_count = 1,
	             .scalars = {blocks},
	             .scalar_count = 1};
	expect(gpu_run(g, &meet, 1) == HDT_OK, "%lld blocks that wait for each other (%s)", (long long)blocks,
	       g->fault.message);
	meet.grid = blocks * 1000;
	expect(gpu_run(g, &meet, 1) == HDT_BAD_TARGET, "too many of them are refused: %s", g->fault.message);
	c.cluster = 3;
	expect(gpu_run(g, &c, 1) == HDT_BAD_TARGET, "clusters that do not divide the grid are refused: %s",
	       g->fault.message);
	c.cluster = 1;
	c.shared = 240000;
	expect(gpu_run(g, &c, 1) == HDT_BAD_TARGET, "too much shared memory is refused: %s", g->fault.message);
}

static void check_map(gpu *g)
{
	float x[20 * 32], y[8 * 16] = {0};
	for (int i = 0; i < 20 * 32; i++)
		x[i] = (float)(i + 1);
	hdt_launch_map map = {.address = gpu_with(g, x, sizeof x),
	                      .dtype = HDT_F32,
	                      .rank = 2,
	                      .shape = {20, 32},
	                      .box = {8, 16},
	                      .strides = {1, 1}};
	call c = {.kernel = "take_box",
	          .buffers = {gpu_new(g, sizeof y)},
	          .buffer_count = 1,
	          .scalars = {14, 24},
	          .scalar_count = 2,
	          .map = &map};
	hdt_status status = gpu_run(g, &c, 1);
	gpu_get(g, y, c.buffers[0], sizeof y);
	int wrong = 0;
	for (int i = 0; i < 8; i++)
		for (int j = 0; j < 16; j++)
			wrong += y[i * 16 + j] != (14 + i < 20 && 24 + j < 32 ? x[(14 + i) * 32 + 24 + j] : 0.0f);
	expect(status == HDT_OK && !wrong, "a box by the copy engine, zero beyond the tensor (%d wrong; %s)", wrong,
	       g->fault.message);
}

static void check_memory(gpu *g)
{
	expect(!gpu_new(g, (size_t)1 << 42), "4 TB of memory are not to be had");
	void *a = gpu_new(g, 1 << 20);
	hdt_target_cuda.release(g->device, a);
	expect(a && gpu_new(g, 1 << 20) == a, "released memory is used again");
}

/* ---- all of them ---- */

static void check_all(gpu *g, const char *kernels)
{
	printf("%s\n%s\n", hdt_target_cuda.info(g->device)->device, hdt_target_cuda.info(g->device)->cache_key);
	check_parameters(g);
	check_shared(g);
	check_memory(g);
	check_values(g);
	if (hdt_target_cuda.info(g->device)->architecture >= 90) {
		check_chain(g, false);
		check_chain(g, true);
		check_time(g);
		check_attributes(g);
		check_map(g);
	}
	check_faults(g, kernels); /* last: nothing works in this process afterwards */
}

int main(int argc, char **argv)
{
	gpu g;
	if (argc != 2 && argc != 3) { /* a third word is for check_new_process */
		fprintf(stderr, "usage: device_check KERNELS.cu\n");
		return 2;
	}
	if (gpu_open(&g, argv[1]) != HDT_OK) {
		int status = g.device ? 1 : 77;
		printf("%s: %s\n", g.device ? "FAILED" : "skipped", hdt_context_message(g.context));
		gpu_close(&g);
		return status;
	}
	if (argc == 3)
		check_new_process(&g, argv[1], argv[2]);
	else
		check_all(&g, argv[1]);
	gpu_close(&g);
	if (argc == 2 || failures)
		printf("%d check%s failed\n", failures, failures == 1 ? "" : "s");
	return failures != 0;
}
