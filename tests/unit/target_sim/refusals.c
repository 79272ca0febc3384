/* What the simulator does not run, or is given wrongly: each is a status and a sentence. */
#include "helpers.h"

#include <criterion/criterion.h>
#include <string.h>

TestSuite(refusals, .init = begin_session, .fini = end_session);

static void expect(hdt_status status, hdt_status wanted, const char *words)
{
	cr_expect_eq(status, wanted, "status %d: %s", (int)status, hdt_session_error(session));
	cr_expect_not_null(strstr(hdt_session_error(session), words), "expected '%s'; got: %s", words,
	                   hdt_session_error(session));
}

Test(refusals, inline_assembly_is_refused_with_its_line)
{
	hdt_kernel *kernel = NULL;
	hdt_status status = load_text("fn @f(y: *f32) cuda grid(1) block(32) {\n"
	                              "  register r: f32 = 0;\n"
	                              "  asm \"mov.f32 %0, 0f00000000;\" (\"=f\" r);\n"
	                              "  y[threadIdx.x] = r;\n"
	                              "}\n",
	                              &kernel);
	expect(status, HDT_BAD_TARGET, "kernel.hds:3: in @f: the target 'sim' takes no inline assembly");
	hdt_kernel_free(kernel);
}

Test(refusals, more_shared_memory_than_a_block_has_is_refused)
{
	hdt_kernel *kernel = NULL;
	hdt_status status = load_text("fn @f(y: *f32) cuda grid(1) block(32) {\n"
	                              "  shared dynamic s: f32[60000];\n"
	                              "  s[threadIdx.x] = 0;\n"
	                              "  y[threadIdx.x] = s[threadIdx.x];\n"
	                              "}\n",
	                              &kernel);
	expect(status, HDT_BAD_TARGET, "shared memory");
	hdt_kernel_free(kernel);
}

Test(refusals, a_grid_larger_than_the_device_is_refused_when_it_is_launched)
{
	hdt_kernel *kernel = NULL;
	float y[32];
	hdt_array array = {.dtype = HDT_F32, .rank = 1, .shape = {32}, .data = y};
	hdt_status status =
		load_text("fn @f(y: *f32, n: i32) cuda grid(1, n) block(32) { y[threadIdx.x] = 0; }\n", &kernel);
	cr_assert_eq(status, HDT_OK, "%s", hdt_session_error(session));
	status = hdt_kernel_run(
		kernel, (hdt_kernel_argument[]){{.name = "y", .array = &array}, {.name = "n", .integer = 70000}}, 2);
	expect(status, HDT_BAD_INPUT, "70000");
	hdt_kernel_free(kernel);
}

Test(refusals, a_cooperative_grid_that_cannot_be_resident_is_refused)
{
	hdt_kernel *kernel = NULL;
	float y[32];
	hdt_array array = {.dtype = HDT_F32, .rank = 1, .shape = {32}, .data = y};
	hdt_status status = load_text("fn @f(y: *f32, n: i32) cuda grid(n) block(1024) cooperative { if blockIdx.x == 0 && "
	                              "threadIdx.x < 32 { y[threadIdx.x] = 0; } }\n",
	                              &kernel);
	cr_assert_eq(status, HDT_OK, "%s", hdt_session_error(session));
	status = hdt_kernel_run(kernel,
	                        (hdt_kernel_argument[]){{.name = "y", .array = &array}, {.name = "n", .integer = 300}}, 2);
	expect(status, HDT_BAD_INPUT, "cooperative");
	hdt_kernel_free(kernel);
}

Test(refusals, after_a_fault_another_run_is_right)
{
	hdt_kernel *kernel = NULL;
	float y[64] = {0};
	hdt_array array = {.dtype = HDT_F32, .rank = 1, .shape = {64}, .data = y};
	hdt_status status = load_text(
		"fn @f(y: *f32, n: i32) cuda grid(1) block(64) { if threadIdx.x < n { y[threadIdx.x] = 1; } }\n", &kernel);
	cr_assert_eq(status, HDT_OK, "%s", hdt_session_error(session));
	array.shape[0] = 32;
	status = hdt_kernel_run(kernel,
	                        (hdt_kernel_argument[]){{.name = "y", .array = &array}, {.name = "n", .integer = 64}}, 2);
	expect(status, HDT_INTERNAL, "y[32]: out of bounds");
	status = hdt_kernel_run(kernel,
	                        (hdt_kernel_argument[]){{.name = "y", .array = &array}, {.name = "n", .integer = 32}}, 2);
	cr_assert_eq(status, HDT_OK);
	for (int i = 0; i < 64; i++)
		cr_expect_eq(y[i], i < 32 ? 1 : 0);
	hdt_kernel_free(kernel);
}
