/* launch.c: what a launch costs, and how fast memory is copied, on a target with a clock of its own.
 *     bench_launch PLUGINS-DIR KERNELS-DIR [TARGET]        default cuda
 *
 * Prints the time of one of many launches of an empty kernel: in a list, as the graph that a run becomes when it comes again, and on the
 * device alone; then the bandwidth of a copy, beside what the device's memory can do at most. */
#include "base/file.h"
#include "core/compile.h"
#include "tests/load_plugins.h"
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>

enum { LAUNCHES = 100, RUNS = 51, LIMIT_BYTES = 1 << 20, COPIED = 64 << 20 /* floats: far beyond any cache */ };

/* A kernel file, compiled and loaded. */
typedef struct ready {
	hdt_context *context;
	loaded *on;
	loaded_program program;
	launch_list list; /* its one launch */
} ready;

static double now_us(void)
{
	struct timespec t;
	clock_gettime(CLOCK_MONOTONIC, &t);
	return (double)t.tv_sec * 1e6 + (double)t.tv_nsec / 1e3;
}

static int compare(const void *a, const void *b)
{
	double x = *(const double *)a, y = *(const double *)b;
	return (x > y) - (x < y);
}

/* `size`: the value of each scalar that the kernel has. */
static hdt_status make_ready(ready *r, const hdt_registry *registry, const char *folder, const char *name,
                             const char *target, int64_t size)
{
	char *source;
	size_t source_bytes;
	compile_report report;
	const hdt_compile_options options = {.size = sizeof options, .target = target, .cache_dir = ""};
	*r = (ready){.context = context_new(registry)};
	launch_list_init(&r->list);
	const char *path = hdt_format(r->context, "%s/%s.hds", folder, name);
	hdt_status status = file_read(r->context, path, LIMIT_BYTES, &source, &source_bytes);
	if (status != HDT_OK)
		return status;
	hdt_program *program = hdt_program_parse(r->context, path, source, NULL, 0);
	free(source);
	status =
		program ? compile_program(program, &options, &r->on, &r->program, &report) : hdt_context_status(r->context);
	if (status != HDT_OK)
		return status;
	const hdt_program *p = r->program.program;
	const bindings sizes = {p->scalars, &size, p->scalar_count};
	const int64_t bytes[] = {size * (int64_t)sizeof(float), size * (int64_t)sizeof(float)};
	return launch_program(&r->list, r->context, &r->program, 0, &sizes, bytes);
}

static void finish(ready *r)
{
	launch_list_fini(&r->list);
	loaded_release(r->on);
	context_free(r->context);
}

static bool fail(const ready *r, const hdt_fault *fault)
{
	fprintf(stderr, "%s\n", fault && fault->message[0] ? fault->message : hdt_context_message(r->context));
	return false;
}

/* ---- launches -------------------------------------------------------------------------------------------------------- */

/* Median time of a run, in microseconds for each launch, by the host's clock; negative after a fault. */
static double time_runs(const ready *r, const hdt_launch *launches, hdt_fault *fault)
{
	static double times[RUNS];
	for (int i = -3; i < RUNS; i++) {
		double begin = now_us();
		if (r->on->target->run(r->on->device, launches, LAUNCHES, fault) != HDT_OK)
			return -1;
		if (i >= 0) /* the first ones load the kernel and make the graph */
			times[i] = (now_us() - begin) / LAUNCHES;
	}
	qsort(times, RUNS, sizeof *times, compare);
	return times[RUNS / 2];
}

static bool bench_launches(ready *r)
{
	static hdt_launch launches[LAUNCHES];
	hdt_fault fault = {.launch = -1};
	const hdt_target *target = r->on->target;
	void *memory = target->allocate(r->on->device, 64);
	launch_address(&r->list, 0, &memory);
	for (int i = 0; i < LAUNCHES; i++)
		launches[i] = r->list.launches.items[0];
	double device;
	setenv("HIDET_CUDA_GRAPH", "0", 1);
	double listed = time_runs(r, launches, &fault);
	unsetenv("HIDET_CUDA_GRAPH");
	double graph = time_runs(r, launches, &fault);
	if (listed < 0 || graph < 0 || target->time(r->on->device, launches, LAUNCHES, 10, &device, &fault) != HDT_OK)
		return fail(r, &fault);
	printf("an empty kernel, one of %d: %.2f us in a list, %.2f us in a graph, %.2f us of the device\n", LAUNCHES,
	       listed, graph, device / LAUNCHES);
	target->release(r->on->device, memory);
	return true;
}

/* ---- copying --------------------------------------------------------------------------------------------------------- */

static bool bench_copy(ready *r)
{
	hdt_fault fault = {.launch = -1};
	const hdt_target *target = r->on->target;
	const double bytes = 2.0 * sizeof(float) * COPIED, most = r->program.info->memory_rate;
	void *memory[2] = {target->allocate(r->on->device, sizeof(float) * COPIED),
	                   target->allocate(r->on->device, sizeof(float) * COPIED)};
	double us;
	if (!memory[0] || !memory[1])
		return fprintf(stderr, "out of device memory\n"), false;
	launch_address(&r->list, 0, memory);
	if (target->time(r->on->device, r->list.launches.items, 1, 20, &us, &fault) != HDT_OK)
		return fail(r, &fault);
	printf("a copy of %d MB: %.1f us, %.0f GB/s", (int)(sizeof(float) * COPIED >> 20), us, bytes / us * 1e-3);
	if (most > 0)
		printf(", %.0f %% of the memory's %.0f", bytes / us * 1e8 / most, most * 1e-9);
	printf("\n");
	return true;
}

int main(int argc, char **argv)
{
	if (argc < 3)
		return fprintf(stderr, "bench_launch PLUGINS-DIR KERNELS-DIR [TARGET]\n"), 2;
	const char *target = argc > 3 ? argv[3] : "cuda";
	hdt_registry *registry;
	loader *l;
	ready empty = {0}, copy = {0};
	if (!load_plugins(argv[1], &registry, &l))
		return 3;
	bool good = make_ready(&empty, registry, argv[2], "empty", target, 0) == HDT_OK || fail(&empty, NULL);
	if (good && (empty.on->target->size <= offsetof(hdt_target, time) || !empty.on->target->time))
		good = fprintf(stderr, "the target '%s' has no clock\n", target) < 0;
	good = good && (printf("%s\n", empty.program.info->device), bench_launches(&empty));
	finish(&empty);
	if (good) {
		good = make_ready(&copy, registry, argv[2], "copy", target, COPIED) == HDT_OK || fail(&copy, NULL);
		good = good && bench_copy(&copy);
		finish(&copy);
	}
	registry_free(registry);
	loader_close(l);
	return good ? 0 : 3;
}
