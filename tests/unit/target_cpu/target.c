/* Tests of compiling, loading and running hand-written kernels. */
#include "helpers.h"

#include <criterion/criterion.h>
#include <signal.h>
#include <stdio.h>
#include <sys/stat.h>
#include <sys/wait.h>
#include <time.h>
#include <unistd.h>

static const char row_sum[] = "static void k0_body(const hidet_runtime *rt, void *const *buffers, const int64_t "
							  "*symbols, int64_t begin, int64_t end)\n"
							  "{\n"
							  "  const float *restrict x = (const float *)buffers[0];\n"
							  "  float *restrict y = (float *)buffers[1];\n"
							  "  for (int64_t i = begin; i < end; ++i) {\n"
							  "    float s = 0;\n"
							  "    for (int64_t j = 0; j < symbols[0]; ++j) s += x[i * symbols[0] + j];\n"
							  "    y[i] = s;\n"
							  "  }\n"
							  "}\n"
							  "void k0(const hidet_runtime *rt, void *const *buffers, const int64_t *symbols)\n"
							  "{ rt->parallel(rt, k0_body, buffers, symbols, 64, symbols[0]); }\n"
							  "void k1(const hidet_runtime *rt, void *const *buffers, const int64_t *symbols)\n"
							  "{ float *y = buffers[1]; y[0] = y[hidet_bounded(rt, symbols[0], 64)]; }\n";

static hdt_context *context;
static hdt_device *device;

static void open_device(void)
{
	context = context_new(NULL);
	cr_assert_eq(
		hdt_target_cpu.open(context, &(hdt_target_options){.size = sizeof(hdt_target_options), .threads = 2}, &device),
		HDT_OK);
}

static void close_device(void)
{
	hdt_target_cpu.close(device);
	context_free(context);
}

TestSuite(target, .init = open_device, .fini = close_device);

Test(target, tells_what_schedulers_need)
{
	const hdt_target_info *info = hdt_target_cpu.info(device);
	cr_assert_eq(info->threads, 2);
	cr_assert_geq(info->vector_bytes, 16);
	cr_assert_geq(info->cache_bytes[0], 0);
	cr_assert_not_null(strstr(info->cache_key, "-ffp-contract=off"));
	cr_assert_null(strstr(info->cache_key, "native"));
}

Test(target, runs_a_parallel_kernel_with_a_symbol)
{
	hdt_object *object = compile_text(context, device, row_sum);
	cr_assert_not_null(object, "%s", context->message);
	static float x[64 * 1000], y[64];
	for (int i = 0; i < 64 * 1000; i++)
		x[i] = (float)(i / 1000);
	void *buffers[] = {x, y};
	int64_t symbols[] = {1000};
	hdt_launch launch = {.function = hdt_target_cpu.find(object, "k0"), .buffers = buffers, .symbols = symbols};
	hdt_fault fault;
	for (int k = 0; k < 50; k++)
		cr_assert_eq(hdt_target_cpu.run(device, &launch, 1, &fault), HDT_OK);
	for (int i = 0; i < 64; i++)
		cr_assert_eq(y[i], (float)i * 1000);
	hdt_target_cpu.unload(device, object);
}

Test(target, time_is_that_of_one_repeat)
{
	hdt_object *object = compile_text(context, device, row_sum);
	cr_assert_not_null(object, "%s", context->message);
	static float x[64 * 1000], y[64];
	void *buffers[] = {x, y};
	int64_t symbols[] = {1000};
	hdt_launch launch = {.function = hdt_target_cpu.find(object, "k0"), .buffers = buffers, .symbols = symbols};
	hdt_fault fault;
	double microseconds;
	cr_assert_eq(hdt_target_cpu.time(device, &launch, 1, 10, &microseconds, &fault), HDT_OK);
	cr_assert_gt(microseconds, 1, "64000 sums take longer");
	cr_assert_lt(microseconds, 1e6, "and not the time of all repeats");
	symbols[0] = 64;
	launch.function = hdt_target_cpu.find(object, "k1");
	cr_assert_eq(hdt_target_cpu.time(device, &launch, 1, 10, &microseconds, &fault), HDT_BAD_INPUT);
	hdt_target_cpu.unload(device, object);
}

Test(target, an_index_out_of_bounds_stops_the_run_at_its_launch)
{
	hdt_object *object = compile_text(context, device, row_sum);
	cr_assert_not_null(object, "%s", context->message);
	float x[1] = {0}, y[64] = {0};
	void *buffers[] = {x, y};
	int64_t good[] = {3}, bad[] = {77};
	void *k1 = hdt_target_cpu.find(object, "k1");
	hdt_launch right = {.function = k1, .buffers = buffers, .symbols = good}, wrong = right;
	wrong.symbols = bad;
	hdt_launch launches[] = {right, wrong, right};
	hdt_fault fault;
	cr_assert_eq(hdt_target_cpu.run(device, launches, 3, &fault), HDT_BAD_INPUT);
	cr_assert_eq(fault.launch, 1);
	cr_assert_str_eq(fault.message, "index 77 is outside 0..63");
	hdt_target_cpu.unload(device, object);
}

Test(target, several_units_become_one_object)
{
	const char *folder = folder_new(context), *path = hdt_format(context, "%s/all.so", folder);
	const char *units[5];
	for (int i = 0; i < 5; i++)
		units[i] = hdt_format(context, "int value%d(void) { return %d; }\n", i, i * 11);
	hdt_source source = {units, 5, 2};
	hdt_object *object;
	cr_assert_eq(hdt_target_cpu.compile(context, device, &source, path), HDT_OK, "%s", context->message);
	cr_assert_eq(folder_count(folder), 1, "only the object remains");
	cr_assert_eq(hdt_target_cpu.load(context, device, path, &object), HDT_OK);
	for (int i = 0; i < 5; i++) {
		int (*value)(void) = NULL;
		void *p = hdt_target_cpu.find(object, hdt_format(context, "value%d", i));
		memcpy(&value, &p, sizeof p);
		cr_assert_eq(value(), i * 11);
	}
	hdt_target_cpu.unload(device, object);
	folder_remove(folder);
}

Test(target, text_that_does_not_compile_is_told_and_leaves_nothing)
{
	setenv("TMPDIR", folder_new(context), 1);
	const char *folder = folder_new(context), *path = hdt_format(context, "%s/bad.so", folder);
	const char *units[] = {"int good;\n", "int wrong = what_is_this;\n"};
	hdt_source source = {units, 2, 2};
	cr_assert_eq(hdt_target_cpu.compile(context, device, &source, path), HDT_BAD_TARGET);
	cr_assert_not_null(strstr(context->message, "what_is_this"), "%s", context->message);
	cr_assert_not_null(strstr(context->message, "hidet-refused-"), "%s", context->message);
	cr_assert_eq(folder_count(folder), 0);
	folder_remove(folder);
	folder_remove(getenv("TMPDIR"));
}

Test(target, a_folder_that_cannot_be_written_is_an_io_error)
{
	const char *unit = "int x;\n";
	hdt_source source = {&unit, 1, 1};
	cr_assert_eq(hdt_target_cpu.compile(context, device, &source, "/proc/no/such/folder/x.so"), HDT_IO_ERROR);
	cr_assert_not_null(strstr(context->message, "/proc/no/such/folder"));
}

Test(target, loading_what_is_no_object_is_a_status)
{
	const char *folder = folder_new(context), *path = hdt_format(context, "%s/text.so", folder);
	FILE *f = fopen(path, "w");
	fputs("this is no object", f);
	fclose(f);
	hdt_object *object;
	cr_assert_eq(hdt_target_cpu.load(context, device, path, &object), HDT_BAD_TARGET);
	cr_assert_null(object);
	folder_remove(folder);
}

/* A second device, opened with another compiler named. */
static hdt_status compile_with(const char *command, const char *folder)
{
	hdt_device *other;
	setenv("HIDET_CC", command, 1);
	cr_assert_eq(hdt_target_cpu.open(context, NULL, &other), HDT_OK);
	const char *unit = "int x;\n";
	hdt_source source = {&unit, 1, 1};
	hdt_status status = hdt_target_cpu.compile(context, other, &source, hdt_format(context, "%s/x.so", folder));
	hdt_target_cpu.close(other);
	return status;
}

Test(target, a_compiler_that_is_not_there_is_named)
{
	const char *folder = folder_new(context);
	cr_assert_eq(compile_with("no-such-compiler", folder), HDT_BAD_TARGET);
	cr_assert_not_null(strstr(context->message, "no-such-compiler"));
	folder_remove(folder);
}

Test(target, without_any_compiler_the_message_says_what_to_install)
{
	hdt_device *other;
	unsetenv("HIDET_CC");
	unsetenv("CC");
	setenv("PATH", "/nowhere", 1);
	cr_assert_eq(hdt_target_cpu.open(context, NULL, &other), HDT_OK, "opening needs no compiler");
	const char *unit = "int x;\n";
	hdt_source source = {&unit, 1, 1};
	cr_assert_eq(hdt_target_cpu.compile(context, other, &source, "/tmp/never.so"), HDT_BAD_TARGET);
	cr_assert_not_null(strstr(context->message, "install gcc or clang"), "%s", context->message);
	hdt_target_cpu.close(other);
}

Test(target, a_compiler_that_hangs_is_stopped_with_its_children)
{
	const char *folder = folder_new(context), *script = hdt_format(context, "%s/cc", folder);
	FILE *f = fopen(script, "w");
	fputs("#!/bin/sh\n[ \"$1\" = --version ] && echo fake && exit 0\nsleep 100\n", f);
	fclose(f);
	chmod(script, 0755);
	setenv("HIDET_CC_TIMEOUT", "1", 1);
	struct timespec before, after;
	clock_gettime(CLOCK_MONOTONIC, &before);
	cr_assert_eq(compile_with(script, folder), HDT_BAD_TARGET);
	clock_gettime(CLOCK_MONOTONIC, &after);
	cr_assert_leq(after.tv_sec - before.tv_sec, 5);
	cr_assert_not_null(strstr(context->message, "stopped after 1 second"), "%s", context->message);
	cr_assert_eq(folder_count(folder), 1, "only the script remains");
	folder_remove(folder);
}

Test(target, compiles_where_the_host_ignores_its_children)
{
	signal(SIGCHLD, SIG_IGN);
	hdt_object *object = compile_text(context, device, row_sum);
	cr_assert_not_null(object, "%s", context->message);
	hdt_target_cpu.unload(device, object);
}

Test(target, memory_is_aligned_at_all_sizes)
{
	static const size_t sizes[] = {0, 1, 63, 64, 4096, 3 << 20};
	for (size_t i = 0; i < sizeof sizes / sizeof *sizes; i++) {
		void *memory = hdt_target_cpu.allocate(device, sizes[i]);
		cr_assert_not_null(memory);
		cr_assert_eq((uintptr_t)memory % 64, 0);
		hdt_target_cpu.release(device, memory);
	}
	cr_assert_null(hdt_target_cpu.allocate(device, SIZE_MAX / 2 + 2));
}
