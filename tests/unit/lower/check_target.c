/* check_target.c: what a device cannot run is refused, with the place, what is wanted and what is there. */
#include "fixture.h"

#include <string.h>

TestSuite(check_target, .init = fixture_init, .fini = fixture_fini);

static hdt_status check_on(const hdt_target *target, const hdt_target_info *info, hdt_program *program)
{
	lowering how = {.target = target, .info = info};
	return lower_check_target(program, &how);
}

#define KERNEL(launch, body) "fn @k(x: *f32) cuda " launch " {\n" body "\n}\n"

static const struct {
	const char *source, *says;
} refused[] = {
	{KERNEL("grid(1) block(1)", "newest();"),
     "test.hds:2: in @k: newest needs compute capability 10.0, this device has 9.0"},
	{KERNEL("grid(1) block(64, 8, 4)", ""),
     "test.hds:1: in @k: a block of 64 x 8 x 4 threads: this device takes at most 1024"},
	{KERNEL("grid(1) block(1, 1, 128)", ""), "a block of 128 threads along z: this device takes at most 64"},
	{KERNEL("grid(1, 70000) block(1)", ""), "a grid of 70000 blocks along y: this device takes at most 65535"},
	{KERNEL("grid(16) block(1) cluster(16)", ""), "a cluster of 16 blocks: this device takes at most 8"},
	{KERNEL("grid(7) block(1) cluster(2)", ""), "a grid of 7 blocks along x is not made of whole clusters of 2"},
	{KERNEL("grid(1) block(1)", "shared a: f32[10000]; shared b: f32[10000];"),
     "80000 bytes of static shared memory: this device has 49152 for a block; `shared dynamic` can have up to 232448"},
	{KERNEL("grid(1) block(1) shared(232000)", "shared a: f32[200];"),
     "232800 bytes of shared memory, 232000 of them dynamic: this device has 232448 for a block"},
	{KERNEL("grid(1) block(1) shared(9223372036854775800)", "shared a: f32[200];"),
     "this device has 232448 for a block"},
	{"fn @k(x: *f32) cpu { x[0] = 1.0; }\n", "the target 'lowering' runs functions of kind cuda, not cpu"},
};

Test(check_target, what_the_device_cannot_run_is_refused)
{
	for (size_t i = 0; i < sizeof refused / sizeof *refused; i++) {
		hdt_program *program = program_of(refused[i].source);
		cr_assert_neq(check_on(&lowering_target, &paper_device, program), HDT_OK, "not refused: %s", refused[i].source);
		cr_assert(strstr(c->message, refused[i].says), "%s", c->message);
		context_clear_fault(c);
	}
}

Test(check_target, limits_themselves_are_allowed)
{
	hdt_program *program = program_of(
		"fn @k(x: *f32, n: i32) cuda grid(n, 65535) block(16, 1, 64) shared(231632) {\n"
		"shared a: f32[200]; register r: f16[4]; shared s: f16[4]; syncthreads(); load_rows(&r[0], &s[0]); }\n");
	cr_assert_eq(check_on(&lowering_target, &paper_device, program), HDT_OK, "%s", c->message);
}

Test(check_target, without_a_device_no_limit_is_checked)
{
	hdt_program *program = program_of(KERNEL("grid(1, 70000) block(1, 1, 128)", "newest();"));
	cr_assert_eq(check_on(&lowering_target, NULL, program), HDT_OK, "%s", c->message);
}

Test(check_target, older_devices_tell_what_they_lack)
{
	hdt_target_info old = paper_device;
	old.architecture = 70;
	old.cluster_blocks = 0;
	hdt_program *program =
		program_of(KERNEL("grid(1) block(1)", "register r: f16[4]; shared s: f16[4];\nload_rows(&r[0], &s[0]);"));
	cr_assert_eq(check_on(&lowering_target, &old, program), HDT_BAD_TARGET);
	cr_assert(strstr(c->message, "test.hds:3: in @k: load_rows needs compute capability 7.5, this device has 7.0"),
	          "%s", c->message);
	context_clear_fault(c);
	program = program_of(KERNEL("grid(4) block(1) cluster(2)", ""));
	cr_assert_eq(check_on(&lowering_target, &old, program), HDT_BAD_TARGET);
	cr_assert(strstr(c->message, "no clusters"), "%s", c->message);
}

/* Another target's intrinsic of the same name and signature stands in the program: it becomes the target's own. */
Test(check_target, calls_become_the_targets_own)
{
	static const hdt_intrinsic own = {
		.size = sizeof own, .name = "syncthreads", .signature = "()", .traits = "b", .doc = "own"};
	static const hdt_intrinsic *const intrinsics[] = {&own, NULL};
	hdt_target target = lowering_target;
	target.intrinsics = intrinsics;
	hdt_program *program = program_of(KERNEL("grid(1) block(1)", "syncthreads(); for i in 0..2 { syncthreads(); }"));
	cr_assert_eq(check_on(&target, &paper_device, program), HDT_OK, "%s", c->message);
	const hdt_stmt *first = program->functions[0]->body;
	cr_assert_eq(first->value->intrinsic, &own);
	cr_assert_eq(first->next->body->value->intrinsic, &own);
	program = program_of(KERNEL("grid(1) block(1)", "newest();"));
	cr_assert_eq(check_on(&target, &paper_device, program), HDT_BAD_TARGET);
	cr_assert(strstr(c->message, "the target 'lowering' has no intrinsic newest()"), "%s", c->message);
}

Test(check_target, assembly_is_for_targets_that_take_c)
{
	hdt_program *program = program_of(KERNEL("grid(1) block(1)", "asm \"nop;\" ();"));
	cr_assert_eq(check_on(&lowering_target, &paper_device, program), HDT_OK, "%s", c->message);
	cr_assert_eq(check_on(&lowering_script_target, &paper_device, program), HDT_BAD_TARGET);
	cr_assert(strstr(c->message, "test.hds:2: in @k: the target 'lowering_script' takes no inline assembly"), "%s",
	          c->message);
}
