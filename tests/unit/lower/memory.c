/* memory.c: out of memory at any allocation is a status, and the program stays whole. */
#include "fixture.h"

static const char *const with_calls =
	"fn @add(to: *f32, from: f32[2, 4], v: f32) cuda {\n"
	"  for i in 0..2 unroll+ { let u = from[i, 1] * v; to.write(i, u); } }\n"
	"fn @k(x: *f32, y: f32[8]) cuda grid(2) block(8) {\n"
	"  view v[i < 4] = x[i * 2]; view w[i < 2] = v[i + 1]; shared s: f32[4, 4] layout row(4, 4).swizzle(1);\n"
	"  register r: f32[8, 4] layout local(8, 1) * row(1, 4) = 0.0;\n"
	"  for i, j in spatial(2, 4) * repeat(2, 1) on threadIdx.x { s[i, j] = w[0] + y.read(i + j * 4); }\n"
	"  call @add(x, y, s[1, 2]); r[threadIdx.x, 1] = y.read(threadIdx.x + 1); w[1] = r[threadIdx.x, 1]; }\n";

static const char *const with_divisions =
	"fn @k(x: *u4, y: *f32, n: i32, m: i64) cuda grid(ceildiv(n, 8)) block(8) shared(n) {\n"
	"  shared dynamic s: f32[4, 4]; shared dynamic t: f16[600]; register r: f16[4]; register unused: i2[4]; let p = "
	"blockIdx.x * 8 + threadIdx.x;\n"
	"  if p < m { let q = p // m; if p < m + 1 { y[q + p % (m * 3)] = f32(x[p]); } }\n"
	"  for i in 0..1 { let v = s[i, 0]; load_rows(&r[0], &t[0]); unused[0] = i8(p); x[i + p // m] = u8(v); } assert m "
	"< 9, \"few\"; }\n";

/* Lower with the allocation number `fail_after` failing. */
static hdt_status lower_with(const char *source, long fail_after)
{
	lowering how = {.target = &lowering_target, .info = &paper_device};
	hdt_program *program = program_of(source);
	c->arena.fail_after = fail_after;
	hdt_status status = program_lower(program, &how);
	c->arena.fail_after = -1;
	return status;
}

static void run_out(const char *source)
{
	long n = 0;
	hdt_status status = HDT_OUT_OF_MEMORY;
	for (; status == HDT_OUT_OF_MEMORY; n += 1 + n / 8) {
		fixture_init();
		status = lower_with(source, n);
		if (status != HDT_OK)
			cr_expect_eq(status, HDT_OUT_OF_MEMORY, "after %ld allocations: %s", n, c->message);
		fixture_fini();
	}
	cr_assert_gt(n, 100);
}

Test(memory, runs_out_at_any_allocation)
{
	run_out(with_calls);
}

Test(memory, runs_out_at_any_allocation_for_divisions_and_places)
{
	run_out(with_divisions);
}
