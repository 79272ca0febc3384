/* Tests of opening: with a GPU, for compiling only, and with what is needed missing. */
#include "helpers.h"

#include <criterion/criterion.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

TestSuite(opened, .init = open_fake, .fini = close_fake);

Test(opened, tells_what_schedulers_need)
{
	const hdt_target_info *info = hdt_target_cuda.info(device);
	cr_assert_eq(info->architecture, 90);
	cr_assert_eq(info->processors, 132);
	cr_assert_eq(info->shared_bytes_asked, 232448);
	cr_assert_eq(info->grid[1], 65535);
	cr_assert_eq(info->cluster_blocks, 8);
	cr_assert_float_eq(info->memory_rate, 3.2e12, 1);
	cr_assert_not_null(strstr(info->device, "Pretender 0"));
	cr_assert_not_null(strstr(info->cache_key, "sm_90"));
	cr_assert_not_null(strstr(info->cache_key, "-fmad=false"));
}

Test(opened, a_second_device_has_a_context_of_its_own)
{
	hdt_device *second;
	cr_assert_eq(hdt_target_cuda.open(context, NULL, &second), HDT_OK);
	cr_assert_eq(fake->contexts, 2);
	hdt_target_cuda.close(second);
	cr_assert_eq(fake->contexts, 1);
}

Test(opened, a_gpu_that_is_not_there_is_counted)
{
	hdt_device *second;
	hdt_target_options wanted = {.size = sizeof wanted, .ordinal = 3};
	cr_assert_eq(hdt_target_cuda.open(context, &wanted, &second), HDT_BAD_TARGET);
	cr_assert_null(second);
	cr_assert_not_null(strstr(context->message, "there is no GPU 3: the driver knows 1"), "%s", context->message);
}

static void clear(void)
{
	unsetenv("HIDET_CUDA_ARCH");
	unsetenv("HIDET_NVRTC");
}

TestSuite(opening, .init = clear);

static void refused(const char *reason)
{
	hdt_context *c = context_new(NULL);
	hdt_device *d;
	cr_assert_eq(hdt_target_cuda.open(c, NULL, &d), HDT_BAD_TARGET);
	cr_assert_null(d);
	cr_assert_not_null(strstr(c->message, reason), "%s", c->message);
	context_free(c);
}

Test(opening, without_a_driver_says_what_is_missing)
{
	setenv("HIDET_CUDA_DRIVER", "/nowhere/libcuda.so.1", 1);
	refused("cannot load '/nowhere/libcuda.so.1'");
}

Test(opening, without_a_gpu_says_so)
{
	setenv("HIDET_CUDA_DRIVER", FAKE_DRIVER, 1);
	setenv("FAKE_NO_GPU", "1", 1);
	refused("no CUDA-capable device is detected");
}

Test(opening, a_library_that_is_no_driver_is_refused)
{
	setenv("HIDET_CUDA_DRIVER", "libm.so.6", 1);
	refused("has no cuInit: a driver for CUDA 12.0");
}

Test(opening, an_unknown_architecture_is_refused)
{
	setenv("HIDET_CUDA_ARCH", "sm_80a", 1);
	refused("HIDET_CUDA_ARCH is 'sm_80a'");
}

Test(opening, for_compiling_only_has_the_documented_limits_and_runs_nothing)
{
	hdt_context *c = context_new(NULL);
	hdt_device *d;
	setenv("HIDET_CUDA_ARCH", "sm_80", 1);
	setenv("HIDET_CUDA_DRIVER", "/nowhere", 1);
	if (hdt_target_cuda.open(c, NULL, &d) != HDT_OK)
		cr_skip_test("%s", c->message);
	const hdt_target_info *info = hdt_target_cuda.info(d);
	cr_assert_eq(info->architecture, 80);
	cr_assert_eq(info->shared_bytes_asked, 163 << 10);
	cr_assert_eq(info->cluster_blocks, 0);
	hdt_launch launch = {.grid = &one_block};
	hdt_fault fault;
	cr_assert_eq(hdt_target_cuda.run(d, &launch, 1, &fault), HDT_BAD_TARGET);
	cr_assert_not_null(strstr(fault.message, "for compiling only"));
	char *memory = hdt_target_cuda.allocate(d, 100);
	cr_assert_not_null(memory);
	cr_assert_eq(hdt_target_cuda.copy(d, memory, "hidet", 6), HDT_OK);
	cr_assert_str_eq(memory, "hidet");
	hdt_target_cuda.release(d, memory);
	hdt_target_cuda.close(d);
	context_free(c);
}

Test(opening, without_a_compiler_only_compiling_fails)
{
	setenv("HIDET_NVRTC", "/nowhere/libnvrtc.so", 1);
	open_fake();
	const char *unit = "";
	hdt_source source = {&unit, 1, 1};
	cr_assert_eq(hdt_target_cuda.compile(context, device, &source, "/tmp/hidet-test-never"), HDT_BAD_TARGET);
	cr_assert_not_null(strstr(context->message, "cannot load '/nowhere/libnvrtc.so'"), "%s", context->message);
	cr_assert_neq(access("/tmp/hidet-test-never", F_OK), 0);
	close_fake();
}
