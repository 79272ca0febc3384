/* pack_small.c: packed elements have the values of their bits, wherever they are kept. */
#include "fixture.h"

#include <string.h>

TestSuite(pack_small, .init = fixture_init, .fini = fixture_fini);

static hdt_status pack_for(const hdt_target *target, hdt_program *program)
{
	lowering how = {.target = target, .info = &paper_device};
	return lower_pack_small(program, &how);
}

static meaning meaning_of(hdt_program *program)
{
	meaning m;
	cr_assert_eq(meaning_take(program, &m), HDT_OK, "%s\n%s", c->message, text_of(program));
	return m;
}

/* The same, written with bytes. */
static void packs_to(const char *small, const char *bytes)
{
	hdt_program *program = program_of(small);
	cr_assert_eq(run_pass(program, "pack"), HDT_OK, "%s", c->message);
	meaning got = meaning_of(program), want = meaning_of(program_of(bytes));
	cr_assert(meaning_same(&got, &want), "%s", text_of(program));
}

Test(pack_small, memory_of_others_has_the_first_element_in_the_lowest_bits)
{
	packs_to("fn @k(x: *u4, z: u2[15], y: f32[32]) cuda grid(1) block(1) {\n"
	         "  for i in 0..16 { y[i] = f32(x[i]); } for i in 0..15 { y[i + 16] = f32(z[i]); } x[3] = u8(9); z[14] = "
	         "u8(7); }\n",
	         "fn @k(x: *u8, z: u8[4], y: f32[32]) cuda grid(1) block(1) {\n"
	         "  for i in 0..16 { y[i] = f32((x[i // 2] >> u8(i % 2 * 4)) & u8(15)); }\n"
	         "  for i in 0..15 { y[i + 16] = f32((z[i // 4] >> u8(i % 4 * 2)) & u8(3)); }\n"
	         "  x[1] = (x[1] & u8(15)) | u8(144); z[3] = (z[3] & u8(207)) | u8(48); }\n");
}

Test(pack_small, signs_are_extended)
{
	packs_to(
		"fn @k(x: *i4, y: f32[8]) cuda grid(1) block(1) { x[0] = i8(-8); x[1] = i8(7); x[2] = i8(-1); x[3] = i8(9);\n"
		"  for i in 0..4 { y[i] = f32(x[i]); } }\n",
		"fn @k(x: *u8, y: f32[8]) cuda grid(1) block(1) { x[0] = u8(120); x[1] = u8(159);\n"
		"  y[0] = -8.0; y[1] = 7.0; y[2] = -1.0; y[3] = -7.0; }\n");
}

Test(pack_small, values_that_do_not_fit_are_cut_on_every_target)
{
	static const char source[] =
		"fn @k(y: f32[32]) cuda grid(1) block(1) { register r: i2[9]; register s: u4[2, 2];\n"
		"  for i in 0..9 { r[i] = i8(i); } for i in 0..4 { s[i // 2, i % 2] = u8(i * 7); }\n"
		"  for i in 0..9 { y[i] = f32(r[i]); } for i in 0..4 { y[i + 9] = f32(s[i // 2, i % 2]); } }\n";
	hdt_program *packed = program_of(source), *kept = program_of(source);
	cr_assert_eq(pack_for(&lowering_target, packed), HDT_OK, "%s", c->message);
	cr_assert_eq(pack_for(&lowering_script_target, kept), HDT_OK, "%s", c->message);
	cr_assert(strstr(text_of(packed), "register r: u8[3]"), "%s", text_of(packed));
	cr_assert(strstr(text_of(kept), "register r: i2[9]"), "%s", text_of(kept));
	meaning a = meaning_of(packed), b = meaning_of(kept);
	cr_assert(meaning_same(&a, &b), "%s\n%s", text_of(packed), text_of(kept));
	double value;
	cr_assert(a.cells.count == 32 && (value = a.cells.items[3]->real) == -1, "%f", value);
	cr_assert(a.cells.items[8]->real == 0 && a.cells.items[9 + 3]->real == 5);
}

Test(pack_small, views_of_packed_memory_are_seen_through)
{
	packs_to("fn @k(x: *u4, y: f32[16]) cuda grid(1) block(1) { let X = view(x, u4[4, 4]); let row = X[1, :];\n"
	         "  for i in 0..4 { y[i] = f32(row[i]); } row[2] = u8(5); }\n",
	         "fn @k(x: *u8, y: f32[16]) cuda grid(1) block(1) {\n"
	         "  for i in 0..4 { y[i] = f32((x[2 + i // 2] >> u8(i % 2 * 4)) & u8(15)); } x[3] = (x[3] & u8(240)) | "
	         "u8(5); }\n");
}

Test(pack_small, a_parameter_that_tells_its_shape_tells_its_bytes)
{
	hdt_program *program = program_of("fn @k(x: u4[n], y: *f32, n: i64) cuda grid(1) block(1) { y[0] = f32(x[3]); }\n");
	int64_t bytes, n = 7;
	cr_assert_eq(run_pass(program, "pack"), HDT_OK, "%s", c->message);
	cr_assert_eq(program->buffers[0], program->functions[0]->parameters[0]);
	bindings b = {program->functions[0]->scalars, &n, 1};
	cr_assert(expr_evaluate(program->buffers[0]->shape[0], &b, &bytes) && bytes == 4);
}

Test(pack_small, an_address_is_that_of_a_byte)
{
	static const char source[] = "fn @k(x: *u8) cuda grid(1) block(4) { register r: u4[16]; %s }\n";
	hdt_program *program = program_of(hdt_format(c, source, "asm \"ld %0\" (\"l\" &r[threadIdx.x * 2]);"));
	cr_assert_eq(run_pass(program, "pack"), HDT_OK, "%s", c->message);
	cr_assert(strstr(text_of(program), "&r[threadIdx.x]"), "%s", text_of(program));
	program = program_of(hdt_format(c, source, "asm \"ld %0\" (\"l\" &r[threadIdx.x]);"));
	cr_assert_eq(run_pass(program, "pack"), HDT_BAD_MODEL);
	cr_assert(strstr(c->message, "2 of its elements make one"), "%s", c->message);
}

Test(pack_small, values_and_boxes_have_whole_bytes)
{
	cr_assert_null(hdt_program_parse(c, "test.hds", "fn @k(x: *u8, n: u4) cuda grid(1) block(1) { }\n", NULL, 0));
	cr_assert(strstr(c->message, "test.hds:1:"), "%s", c->message);
	context_clear_fault(c);
	cr_assert_null(hdt_program_parse(c, "test.hds", "fn @k(x: u4[4, 4]) cuda grid(1) block(1) { }\n", NULL, 0));
	cr_assert(strstr(c->message, "has one dimension"), "%s", c->message);
}
