/* Tests of planning launches: what a program launches for given sizes. */
#include "exec/launch.h"

#include "base/context.h"
#include "device_target.h"
#include <criterion/criterion.h>
#include <stdio.h>
#include <string.h>

enum { ROOM = 1 << 20 };

static hdt_context *context;
static launch_list list;

static void begin(void)
{
	context = context_new(NULL);
	launch_list_init(&list);
}

static void end(void)
{
	launch_list_fini(&list);
	context_free(context);
}

TestSuite(launch, .init = begin, .fini = end);

/* Plan the program with its symbols and scalars, in their order, having these values. */
static hdt_status plan(const char *source, const int64_t *values)
{
	const hdt_program *p = hdt_program_parse(context, "test.hds", source, NULL, 0);
	cr_assert_not_null(p, "%s", context->message);
	cr_assert_eq(program_verify(p), HDT_OK, "%s", context->message);
	const hdt_expr *names[16];
	int64_t bytes[16];
	void *functions[16] = {NULL};
	int count = 0;
	for (int i = 0; i < p->symbol_count; i++)
		names[count++] = p->symbols[i];
	for (int i = 0; i < p->scalar_count; i++)
		names[count++] = p->scalars[i];
	for (int i = 0; i < p->buffer_count; i++)
		bytes[i] = ROOM;
	for (int i = 0; i < p->function_count; i++)
		functions[i] = (void *)(uintptr_t)p->functions[i]; /* any token */
	const hdt_function_kind kind = p->function_count ? p->functions[0]->kind : HDT_FUNCTION_CPU;
	loaded_program found = {p, &device_info, program_runs_whole(p, kind), functions};
	const bindings b = {names, values, count};
	return launch_program(&list, context, &found, 7, &b, bytes);
}

static void expect_fault(const char *source, const int64_t *values, hdt_status status, const char *words)
{
	cr_assert_eq(plan(source, values), status, "%s", context->message);
	cr_assert_not_null(strstr(context->message, words), "%s", context->message);
	context_clear_fault(context);
}

#define LAUNCH(i) (&list.launches.items[i])

static const char *const two_kernels =
	"program @both(x: f32[n], y: f32[n]) workspace(w: f32[n, 2]) where n in 0..100000 {\n"
	"  fn @first(x, w) cuda grid(ceildiv(n, 32), 2) block(32) { w[blockIdx.x, 0] = x[threadIdx.x]; }\n"
	"  fn @second(w, y) cuda grid(ceildiv(n, 64)) block(64, 2) { y[blockIdx.x] = w[blockIdx.x, 1]; }\n"
	"}\n";

Test(launch, a_size_that_only_shared_memory_needs_is_known)
{
	const char *source = "program @p(y: f32[4], m: i64) where n in 1..64 {\n"
						 "  fn @k(y, m) cuda grid(1) block(32) shared(n * 4) { y[0] = 1.0; }\n"
						 "}\n";
	cr_assert_eq(plan(source, (int64_t[]){10, 0}), HDT_OK, "%s", context->message);
	cr_assert_eq(LAUNCH(0)->grid->shared_bytes, 40);
}

Test(launch, a_cluster_beyond_64_bits_is_refused)
{
	expect_fault("fn @k(y: *f32) cuda grid(1) block(32) cluster(4294967296, 4294967296, 2) { y[0] = 1.0; }", NULL,
	             HDT_BAD_TARGET, "a cluster of");
}

Test(launch, kernels_without_a_host_function_come_in_order_with_numbers)
{
	cr_assert_eq(plan(two_kernels, (int64_t[]){100}), HDT_OK, "%s", context->message);
	cr_assert_eq(list.launches.count, 2);
	const hdt_launch *a = LAUNCH(0), *b = LAUNCH(1);
	cr_assert(a->grid->grid[0] == 4 && a->grid->grid[1] == 2 && a->grid->grid[2] == 1);
	cr_assert(b->grid->grid[0] == 2 && b->grid->block[0] == 64 && b->grid->block[1] == 2 && b->grid->cluster[0] == 1);
	cr_assert(a->symbol_count == 1 && a->symbols[0] == 100);
	cr_assert(a->buffer_count == 2 && a->buffer_bytes[0] == 400 && a->buffer_bytes[1] == 800);
	cr_assert_eq(list.planned.items[1].owner, 7);
	cr_assert_str_eq(list.planned.items[1].function->name, "second");
	/* Buffers of the program are x, y, w. */
	void *at[] = {(void *)16, (void *)32, (void *)48};
	launch_address(&list, 0, at);
	launch_address(&list, 1, at);
	cr_assert(a->buffers[0] == at[0] && a->buffers[1] == at[2] && b->buffers[0] == at[2] && b->buffers[1] == at[1]);
}

Test(launch, a_grid_of_no_blocks_is_not_launched)
{
	cr_assert_eq(plan(two_kernels, (int64_t[]){0}), HDT_OK, "%s", context->message);
	cr_assert_eq(list.launches.count, 0);
}

Test(launch, what_the_device_cannot_is_told)
{
	expect_fault(two_kernels, (int64_t[]){64000}, HDT_BAD_INPUT, "a grid of 2000 in dimension x");
	expect_fault("fn @k(a: *f32, m: i32) cuda grid(m) block(1024, 2) { a[0] = 1.0; }", (int64_t[]){1}, HDT_BAD_TARGET,
	             "a block of 2048 threads");
	expect_fault("fn @k(a: *f32, m: i32) cuda grid(m) block(32) cluster(16) { a[0] = 1.0; }", (int64_t[]){16},
	             HDT_BAD_TARGET, "a cluster of 16 blocks");
	expect_fault("fn @k(a: *f32, m: i32) cuda grid(m) block(32) cluster(2) { a[0] = 1.0; }", (int64_t[]){3},
	             HDT_BAD_INPUT, "not a whole number of clusters");
	expect_fault("fn @k(a: *f32, m: i32) cuda grid(1) block(32) shared(m) { a[0] = 1.0; }", (int64_t[]){9000},
	             HDT_BAD_TARGET, "9000 bytes of dynamic shared memory");
	expect_fault("fn @k(a: *f32, m: i32) cuda grid(m - 5) block(32) { a[0] = 1.0; }", (int64_t[]){2}, HDT_BAD_INPUT,
	             "grid of -3");
	expect_fault("fn @k(a: f32[m], m: i32) cuda grid(1) block(32) { a[0] = 1.0; }", (int64_t[]){ROOM}, HDT_BAD_INPUT,
	             "'a' has 1048576 bytes, and these sizes need 4194304");
}

static const char *const host =
	"fn @small(a: *f32, m: i32) cuda grid(1) block(32) { a[threadIdx.x] = f32(m); }\n"
	"fn @big(a: *f32, w: *f32, part: i64, m: i32) cuda grid(m) block(128) { w[part] = a[blockIdx.x]; }\n"
	"fn @main(a: *f32, m: i32) host {\n"
	"  workspace w: f32[m, 4];\n"
	"  assert m > 0, \"m must be positive\";\n"
	"  let half = m // 2;\n"
	"  if m < 16 { launch @small(a, m); } else {\n"
	"    for p in 0..3 { launch @big(a, w, p * 10, half); }\n"
	"    launch @small(w, half);\n"
	"  }\n"
	"}\n";

Test(launch, a_host_function_decides_from_sizes)
{
	cr_assert_eq(plan(host, (int64_t[]){9}), HDT_OK, "%s", context->message);
	cr_assert_eq(list.launches.count, 1);
	cr_assert_eq(*(const int32_t *)LAUNCH(0)->scalars, 9);
	cr_assert_eq(plan(host, (int64_t[]){41}), HDT_OK, "%s", context->message);
	cr_assert_eq(list.launches.count, 5);
	for (int i = 0; i < 3; i++) {
		const hdt_launch *l = LAUNCH(1 + i);
		cr_assert(l->scalar_count == 2 && l->scalar_dtypes[0] == HDT_I64 && l->scalar_dtypes[1] == HDT_I32);
		cr_assert(l->scalars[0] == i * 10 && *(const int32_t *)&l->scalars[1] == 20 && l->grid->grid[0] == 20);
	}
	void *at[] = {(void *)16, (void *)32};
	launch_address(&list, 4, at);
	cr_assert_eq(LAUNCH(4)->buffers[0], at[1], "the workspace");
}

Test(launch, an_assertion_that_fails_tells_its_place_and_message)
{
	expect_fault(host, (int64_t[]){0}, HDT_BAD_INPUT, "test.hds:5: @main: m must be positive");
}

Test(launch, host_functions_end)
{
	const char *const loops = "fn @k(a: *f32) cuda grid(1) block(1) { a[0] = 1.0; }\n"
							  "fn @main(a: *f32, m: i64) host { for i in 0..m { for j in 0..m { %s } } }\n";
	char source[256];
	snprintf(source, sizeof source, loops, "launch @k(a);");
	expect_fault(source, (int64_t[]){1000000}, HDT_BAD_INPUT, "launches");
	snprintf(source, sizeof source, loops, "");
	expect_fault(source, (int64_t[]){INT64_C(1) << 40}, HDT_BAD_INPUT, "statements");
}

Test(launch, a_number_that_does_not_fit_the_kernels_parameter_is_refused)
{
	expect_fault("fn @k(a: *f32, m: i32) cuda grid(1) block(1) { a[0] = f32(m); }\n"
	             "fn @main(a: *f32, m: i64) host { launch @k(a, m * 2); }\n",
	             (int64_t[]){INT64_C(1) << 31}, HDT_BAD_INPUT, "4294967296 does not fit 'm' of @k, which is i32");
}

Test(launch, scalars_stand_as_their_dtype_is_stored)
{
	union {
		double value;
		int64_t bits;
	} half = {.value = 0.5};
	cr_assert_eq(plan("fn @k(a: *f32, h: f16, f: f32, b: bool, m: i8) cuda grid(1) block(1) { if b { a[0] = f32(h) + f "
	                  "+ f32(m); } }",
	                  (int64_t[]){half.bits, half.bits, 1, -3}),
	             HDT_OK, "%s", context->message);
	const hdt_launch *l = LAUNCH(0);
	cr_assert_eq(l->scalar_count, 4);
	cr_assert_eq(*(const uint16_t *)&l->scalars[0], 0x3800);
	cr_assert_eq(*(const float *)&l->scalars[1], 0.5f);
	cr_assert_eq(*(const uint8_t *)&l->scalars[2], 1);
	cr_assert_eq(*(const int8_t *)&l->scalars[3], -3);
}

Test(launch, tensor_maps_are_described_for_the_buffer_that_they_are_of)
{
	cr_assert_eq(plan("fn @k(x: *f32, a: *f16, m: i32) cuda grid(1) block(1) {\n"
	                  "  view A[i < m, j < 64] = a[i * 64 + j];\n"
	                  "  map ma = A box(8, 64) swizzle(128);\n"
	                  "  x[0] = 1.0;\n"
	                  "}\n",
	                  (int64_t[]){40}),
	             HDT_OK, "%s", context->message);
	const hdt_launch *l = LAUNCH(0);
	cr_assert(l->map_count == 1 && l->maps[0].rank == 2 && l->maps[0].dtype == HDT_F16 && l->maps[0].swizzle == 128);
	cr_assert(l->maps[0].shape[0] == 40 && l->maps[0].shape[1] == 64 && l->maps[0].box[0] == 8);
	void *at[] = {(void *)16, (void *)32};
	launch_address(&list, 0, at);
	cr_assert_eq(l->maps[0].address, at[1]);
}

Test(launch, functions_that_run_as_a_whole_are_one_launch_with_scalars_behind_the_symbols)
{
	cr_assert_eq(plan("fn @f(x: *f32, m: i32) cpu { x[0] = f32(m); }", (int64_t[]){12}), HDT_OK, "%s",
	             context->message);
	cr_assert_eq(list.launches.count, 1);
	cr_assert_null(LAUNCH(0)->grid);
	cr_assert_null(list.planned.items[0].function);
	cr_assert_eq(LAUNCH(0)->symbols[0], 12);
}
