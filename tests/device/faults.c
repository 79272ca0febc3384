/* faults.c: kernels that fault: a bad index harms nothing; what stops a kernel takes the driver's service from this process alone. */
#include "check.h"

#include <spawn.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/wait.h>

static const char started_again[] = "the program has to be started again";

/* This program once more, with one word more. Is its exit status 0? */
static bool run_process(const char *kernels, const char *word)
{
	char *const arguments[] = {"device_check", (char *)(uintptr_t)kernels, (char *)(uintptr_t)word, NULL};
	pid_t child;
	int status = -1;
	fflush(stdout);
	if (posix_spawn(&child, "/proc/self/exe", NULL, NULL, arguments, environ) != 0)
		return false;
	return waitpid(child, &status, 0) == child && status == 0;
}

static bool open_both(gpu *a, gpu *b, const char *kernels)
{
	hdt_status opened = gpu_open(a, kernels), also = gpu_open(b, kernels);
	expect(opened == HDT_OK && also == HDT_OK, "two devices at once (%s%s)", hdt_context_message(a->context),
	       hdt_context_message(b->context));
	return opened == HDT_OK && also == HDT_OK;
}

static void check_bad_index(gpu *g)
{
	float x[4] = {1, 2, 3, 4}, y[128];
	call good = {.kernel = "gather",
	             .buffers = {gpu_with(g, x, sizeof x), gpu_new(g, sizeof y)},
	             .buffer_count = 2,
	             .symbols = {2, 4},
	             .symbol_count = 2};
	call bad = good;
	bad.symbols[0] = 9;
	for (int i = 0; i < 3; i++) {
		hdt_status status = gpu_run(g, (const call[]){good, bad}, 2);
		expect(status == HDT_BAD_INPUT && g->fault.launch == 1 && strstr(g->fault.message, "index 9 is outside 0..3"),
		       "launch %d: %s", g->fault.launch, g->fault.message);
	}
	hdt_status status = gpu_run(g, &good, 1);
	gpu_get(g, y, good.buffers[1], sizeof y);
	expect(status == HDT_OK && y[127] == 3, "the device goes on after a bad index (%s)", g->fault.message);
}

/* Nothing that this process asks of the driver is done any more, and it says why. */
static void check_lost(gpu *a, gpu *b, const call *on_b)
{
	hdt_device *third;
	expect(gpu_run(b, on_b, 1) == HDT_BAD_TARGET && strstr(b->fault.message, started_again), "the other device: %s",
	       b->fault.message);
	expect(hdt_target_cuda.lost(a->device) != NULL, "and they are known to be lost");
	hdt_status status = hdt_target_cuda.open(a->context, NULL, &third);
	expect(status == HDT_BAD_TARGET && strstr(hdt_context_message(a->context), started_again),
	       "a device opened anew: %s", hdt_context_message(a->context));
}

/* In a process of its own: a failed assertion stops the kernel, and the driver with it. */
static void check_assertion(const char *kernels)
{
	gpu a, b;
	if (!open_both(&a, &b, kernels))
		return;
	float y[128];
	call one = {
		.kernel = "checked", .buffers = {gpu_new(&a, sizeof y)}, .buffer_count = 1, .symbols = {7}, .symbol_count = 1};
	call other = one;
	other.buffers[0] = gpu_new(&b, sizeof y);
	hdt_status status = gpu_run(&a, &one, 1), also = gpu_run(&b, &other, 1);
	gpu_get(&a, y, one.buffers[0], sizeof y);
	expect(status == HDT_OK && also == HDT_OK && y[5] == 7, "an assertion that holds (%s)", a.fault.message);
	one.symbols[0] = 101;
	status = gpu_run(&a, &one, 1);
	expect(status == HDT_BAD_INPUT && strcmp(a.fault.message, "line 12: n is too large") == 0, "an assertion: %s",
	       a.fault.message);
	check_lost(&a, &b, &other);
	gpu_close(&a);
	gpu_close(&b);
}

static void check_compiling(const char *kernels)
{
	gpu g;
	setenv("HIDET_CUDA_ARCH", "sm_90a", 1);
	hdt_status status = gpu_open(&g, kernels);
	expect(status == HDT_OK, "compiling goes on (%s)", hdt_context_message(g.context));
	gpu_close(&g);
	unsetenv("HIDET_CUDA_ARCH");
}

static void check_crash(const char *kernels)
{
	gpu a, b;
	if (!open_both(&a, &b, kernels))
		return;
	call crash = {.kernel = "crash", .buffers = {gpu_new(&a, 512)}, .buffer_count = 1};
	call other = {
		.kernel = "checked", .buffers = {gpu_new(&b, 512)}, .buffer_count = 1, .symbols = {7}, .symbol_count = 1};
	expect(gpu_run(&b, &other, 1) == HDT_OK, "before the crash (%s)", b.fault.message);
	hdt_status status = gpu_run(&a, &crash, 1);
	expect(status == HDT_BAD_TARGET && strstr(a.fault.message, started_again), "a crash: %s", a.fault.message);
	expect(gpu_run(&a, &crash, 1) == HDT_BAD_TARGET && strstr(a.fault.message, started_again), "after it: %s",
	       a.fault.message);
	check_lost(&a, &b, &other);
	gpu_close(&a);
	gpu_close(&b);
	check_compiling(kernels);
	expect(run_process(kernels, "again"), "a new process has the device again");
}

void check_new_process(gpu *g, const char *kernels, const char *word)
{
	if (strcmp(word, "assertion") == 0)
		check_assertion(kernels);
	else
		check_parameters(g);
}

void check_faults(gpu *g, const char *kernels)
{
	check_bad_index(g);
	expect(run_process(kernels, "assertion"), "an assertion in a process of its own");
	check_crash(kernels);
}
