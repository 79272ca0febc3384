/* The text form of programs: what is written in short comes back in full, and what was printed comes back as it is. */
#include "intrinsics.h"
#include "script/script.h"

#include "ir/layout.h"
#include "ir/task_mapping.h"
#include <criterion/criterion.h>
#include <string.h>

static hdt_registry *registry;
static hdt_context *context;

static void set_up(void)
{
	registry = registry_with_intrinsics();
	context = context_new(registry);
}

static void tear_down(void)
{
	context_free(context);
	registry_free(registry);
}

TestSuite(script_text, .init = set_up, .fini = tear_down);

static const hdt_program *read_with(const char *source, const hdt_param *params, int count)
{
	const hdt_program *p = hdt_program_parse(context, "test.hds", source, params, count);
	cr_assert(p, "%s", hdt_context_message(context));
	return p;
}

static const char *print(const hdt_program *p)
{
	text t = {0};
	program_print(&t, p);
	return text_finish(&t, context);
}

/* `source` prints as `want`, which prints as itself. */
static void expect(const char *source, const char *want)
{
	cr_assert_str_eq(print(read_with(source, NULL, 0)), want);
	cr_assert_str_eq(print(read_with(want, NULL, 0)), want);
}

/* The body of a kernel of 32 threads with `a` and `m`; in full. */
static void expect_body(const char *body, const char *want)
{
	const char *source = hdt_format(context, "fn @f(a: *f32, m: i32) %s grid(m) block(32) {\n%s\n}",
	                                function_text(HDT_FUNCTION_CUDA), body);
	const char *full =
		hdt_format(context, "program @f(a: *f32, m: i32) {\n  fn @f(a, m) %s grid(i64(m)) block(32) {\n%s  }\n}\n",
	               function_text(HDT_FUNCTION_CUDA), want);
	expect(source, full);
}

/* ---- statements in short ------------------------------------------------------------------------------------------ */

Test(script_text, compound_assignments_read_the_element_again)
{
	expect_body(
		"register s: f32 = 0; register i: i32[2]; s += 1; s -= a[3]; i[1] <<= 2; i[0] ^= i[1]; i[0] //= 3; i[1] &= 7;",
		"    register s: f32 = 0.0;\n"
		"    register i: i32[2];\n"
		"    s = s + 1.0;\n"
		"    s = s - a[3];\n"
		"    i[1] = i[1] << i32(2);\n"
		"    i[0] = i[0] ^ i[1];\n"
		"    i[0] = i[0] // i32(3);\n"
		"    i[1] = i[1] & i32(7);\n");
}

Test(script_text, ranges_count_from_zero)
{
	expect_body("for i in 2..m step 3 { a[i] = 1; }", "    for i in 0..i64(m) // 3 {\n"
	                                                  "      a[i * 3 + 2] = 1.0;\n"
	                                                  "    }\n");
	expect_body("for i in 4..8 unroll+ { a[i] = 1; } for i in 0..m unroll(4) { a[i] = 2; } for i in 0..4 vectorise { "
	            "a[i] = 3; }",
	            "    for i in 0..4 unroll+ {\n"
	            "      a[i + 4] = 1.0;\n"
	            "    }\n"
	            "    for i in 0..i64(m) unroll(4) {\n"
	            "      a[i] = 2.0;\n"
	            "    }\n"
	            "    for i in 0..4 vectorise {\n"
	            "      a[i] = 3.0;\n"
	            "    }\n");
}

Test(script_text, the_first_value_of_a_range_is_computed_once)
{
	expect_body("for i in m * m..m * m + 4 { a[i] = 1; }", "    let i_first = i64(m * m);\n"
	                                                       "    for i in 0..i64(m * m) - i_first + 4 {\n"
	                                                       "      a[i_first + i] = 1.0;\n"
	                                                       "    }\n");
}

Test(script_text, an_else_if_is_a_branch_within_the_other_branch)
{
	expect_body("if m > 3 { a[0] = 1; } else if m > 2 { a[0] = 2; } else { a[0] = 3; a[1] = 3; }",
	            "    if 3 < i64(m) {\n"
	            "      a[0] = 1.0;\n"
	            "    } else if 2 < i64(m) {\n"
	            "      a[0] = 2.0;\n"
	            "    } else {\n"
	            "      a[0] = 3.0;\n"
	            "      a[1] = 3.0;\n"
	            "    }\n");
}

Test(script_text, views_and_slices_are_index_maps)
{
	expect_body("let A = view(a, f32[m, 8]), R = A[2, :], T = A[1:, 2:6]; view W[i < 8, j < 8] = A[j, i]; a[0] = R[3] "
	            "+ T[i64(m) - 2, 0] + W[1, 2];",
	            "    view A[i < i64(m), j < 8] = a[i * 8 + j];\n"
	            "    view R[i < 8] = A[2, i];\n"
	            "    view T[i < i64(m) - 1, j < 4] = A[i + 1, j + 2];\n"
	            "    view W[i < 8, j < 8] = A[j, i];\n"
	            "    a[0] = R[3] + T[i64(m) - 2, 0] + W[1, 2];\n");
}

Test(script_text, the_axes_of_a_view_may_hide_other_names)
{
	expect_body("for i in 0..4 { view A[i < 8] = a[i * 2]; A[i] = 1; }", "    for i in 0..4 {\n"
	                                                                     "      view A[i_1 < 8] = a[i_1 * 2];\n"
	                                                                     "      A[i] = 1.0;\n"
	                                                                     "    }\n");
}

Test(script_text, named_mappings_and_layouts_are_written_out)
{
	expect_body(
		"let tiles = spatial(4, 2) * repeat(2, 2), place = row(8, 4).swizzle(1); shared s: f16[8, 4] layout place; "
		"for i, j in tiles * spatial(1, 2) on threadIdx.x { s[i, j // 2] = a.read(i); }",
		"    shared s: f16[8, 4] layout row(8, 4).swizzle(1);\n"
		"    for i, j in spatial(4, 2) * repeat(2, 2) * spatial(1, 2) on threadIdx.x {\n"
		"      s[i, j // 2] = f16(a.read(i));\n"
		"    }\n");
}

Test(script_text, extents_of_block_and_grid_are_values)
{
	expect_body("a[blockIdx.x * blockDim.x + threadIdx.x] = gridDim.x; a[ceildiv(m, 4)] = round_up(m, 4);",
	            "    a[blockIdx.x * 32 + threadIdx.x] = f32(m);\n"
	            "    a[(i64(m) + 3) // 4] = f32((i64(m) + 3) // 4 * 4);\n");
}

Test(script_text, calls_with_effects_are_converted_after_they_have_a_name)
{
	expect_body("register h: f16; let v: i32 = atomic_add(&a, 1); h = atomic_add(&a[2], f32(v)); syncthreads; let w = "
	            "shfl_down(v, 16);",
	            "    register h: f16;\n"
	            "    let v = atomic_add(&a[0], 1.0);\n"
	            "    let v_1 = i32(v);\n"
	            "    let value = atomic_add(&a[2], f32(v_1));\n"
	            "    h = f16(value);\n"
	            "    syncthreads();\n"
	            "    let w = shfl_down(v_1, i32(16));\n");
}

Test(script_text, scalars_of_rank_zero_are_bare_in_registers)
{
	expect("fn @f(x: f32[], m: i32) cpu { register s: i32; s = m; x[] = s; x = x + 1; }",
	       "program @f(x: f32[], m: i32) {\n"
	       "  fn @f(x, m) cpu {\n"
	       "    register s: i32;\n"
	       "    s = m;\n"
	       "    x[] = f32(s);\n"
	       "    x[] = x[] + 1.0;\n"
	       "  }\n"
	       "}\n");
}

Test(script_text, elements_of_less_than_a_byte)
{
	expect("fn @f(x: *i4, y: u4[m], m: i32) cpu { register t: u2[8] = 1; let A = view(x, i4[m]), B = y[1:]; t[0] = "
	       "A[1] + B[0]; }",
	       "program @f(x: *i4, y: u4[i64(m)], m: i32) {\n"
	       "  fn @f(x, y, m) cpu {\n"
	       "    register t: u2[8] = u8(1);\n"
	       "    view A[i < i64(m)] = x[i];\n"
	       "    view B[i < i64(m) - 1] = y[i + 1];\n"
	       "    t[0] = u8(i16(A[1]) + i16(B[0]));\n"
	       "  }\n"
	       "}\n");
}

Test(script_text, words_of_statements_may_be_names)
{
	expect_body(
		"register map: f32[4]; register line: f32; map[0] = 1; map[1] += map[0]; line = 2; register if: f32; if = 3;",
		"    register map: f32[4];\n"
		"    register line: f32;\n"
		"    map[0] = 1.0;\n"
		"    map[1] = map[1] + map[0];\n"
		"    line = 2.0;\n"
		"    register if: f32;\n"
		"    if = 3.0;\n");
}

/* ---- programs ----------------------------------------------------------------------------------------------------- */

/* Of every statement one, in canonical form. */
Test(script_text, every_statement_comes_back_as_it_is_printed)
{
	static const char all[] =
		"program @p(x: f32[n, 7], none, y: f32[], a: *f16, m: i32) workspace(w: f32[n]) where n in 1..640 {\n"
		"  fn @helper(s: f32[4], v: f32) cuda {\n"
		"    s[0] = v;\n"
		"  }\n"
		"  fn @k(x, a, w, own: f32[i64(m), 2], m, last: f64) cuda grid((n + 255) // 256, 2) block(256) cluster(2) "
		"shared(1024) "
		"blocks(2) cooperative dependent {\n"
		"    view A[i < i64(m), j < n] = a[i * n + j];\n"
		"    map ma = A box(8, 8) strides(1, 2) swizzle(128);\n"
		"    shared dynamic sa: f16[8, 8] layout row(8, 8).swizzle(1);\n"
		"    register s: f32[4] = 0.0;\n"
		"    register t: f32;\n"
		"    copy_box(ma, &sa[0, 0], i32(0), i32(8));\n"
		"    for i, j in repeat(2, 2) * spatial(4, 4) on threadIdx.x % 16 {\n"
		"      A.write(i, j, sa[i, j]);\n"
		"    }\n"
		"    while w[0] < 1.0 {\n"
		"      t = blend(t, s[0], f32(lane()));\n"
		"      assert last != f64(0.5), \"a \\\"message\\\"\\n\";\n"
		"    }\n"
		"    call @helper(s, t);\n"
		"    asm \"mov.f32 %0, %1;\" (\"=f\" t, \"f\" x.read(0, 1));\n"
		"    let v = atomic_add(&w[0], t);\n"
		"    own[0, 1] = v;\n"
		"  }\n"
		"  fn @main(x, a, w, m) host {\n"
		"    for i in 0..3 {\n"
		"      launch @k(x, a, w, x, m + i32(i), f64(0.5));\n"
		"    }\n"
		"  }\n"
		"}\n";
	expect(all, all);
}

Test(script_text, a_cpu_program_of_a_task_comes_back_as_it_is_printed)
{
	static const char program[] =
		"program @softmax(x: f32[n, 7], none, y: f32[n, 7]) workspace(m: f32[n]) where n in 1..64 {\n"
		"  fn @m(x, m) cpu {\n"
		"    for i in 0..n parallel {\n"
		"      register best: f32 = -inf;\n"
		"      for j in 0..7 unroll {\n"
		"        best = max(best, x[i, j]);\n"
		"      }\n"
		"      m[i] = best;\n"
		"    }\n"
		"  }\n"
		"  fn @y(x, m, y) cpu {\n"
		"    for i in 0..n parallel(8) {\n"
		"      for j in 0..7 vectorise {\n"
		"        y[i, j] = exp(x[i, j] - m[i]);\n"
		"      }\n"
		"    }\n"
		"  }\n"
		"}\n";
	expect(program, program);
	const hdt_program *p = read_with(program, NULL, 0);
	cr_assert_eq(p->buffer_count, 4);
	cr_assert_null(p->buffers[1], "the input that is left out");
	cr_assert_eq(p->workspace_count, 1);
	cr_assert_eq(p->symbol_count, 1);
	cr_assert_null(p->entry);
}

Test(script_text, functions_alone_take_the_buffers_of_the_host_function_and_its_workspace)
{
	const hdt_program *p =
		read_with("fn @main(a: *f32, c: *f32, m: i32) host {\n"
	              "  workspace w: f32[m, 4];\n"
	              "  if m < 16 { launch @k(a, c, m); } else { launch @k(a, w, m); launch @k(w, c, m); }\n"
	              "}\n"
	              "fn @k(a: *f32, b: *f32, m: i32) cuda grid(m) block(32) { b[blockIdx.x] = a[blockIdx.x]; }\n",
	              NULL, 0);
	cr_assert_str_eq(p->name, "main");
	cr_assert_eq(p->entry, p->functions[0]);
	cr_assert_eq(p->buffer_count, 3);
	cr_assert_eq(p->workspace_count, 1);
	cr_assert_str_eq(p->buffers[2]->name, "w");
	cr_assert_eq(p->scalar_count, 1);
	cr_assert_eq(p->scalars[0], p->entry->scalars[0]);
	cr_assert_str_eq(p->functions[1]->parameters[0]->name, "a", "two functions may have the same names");
	cr_assert_neq(p->functions[1]->parameters[0], p->buffers[0]);
	const char *once = print(p);
	cr_assert_str_eq(print(read_with(once, NULL, 0)), once);
}

Test(script_text, a_called_function_is_not_the_one_to_run)
{
	const hdt_program *p =
		read_with("fn @f(x: f32[8]) cpu { call @g(x); }  fn @g(x: f32[8]) cpu { x[0] = 1; }", NULL, 0);
	cr_assert_str_eq(p->name, "f");
	cr_assert_eq(p->buffers[0], p->functions[0]->parameters[0]);
}

/* ---- params ------------------------------------------------------------------------------------------------------- */

static const char template[] = "param tile: int = 8;\n"
							   "param kind: dtype = f16;\n"
							   "param place: layout = row(tile, 4);\n"
							   "param tiles: mapping = spatial(tile, 4);\n"
							   "param scale: expr = 2.5;\n"
							   "fn @f(x: *f32) cuda grid(1) block(32) {\n"
							   "  shared s: kind[tile, 4] layout place;\n"
							   "  for i, j in tiles on threadIdx.x { s[i, j] = kind(x[i]) * kind(scale); }\n"
							   "}\n";

Test(script_text, params_take_their_defaults)
{
	expect(template, "program @f(x: *f32) {\n"
	                 "  fn @f(x) cuda grid(1) block(32) {\n"
	                 "    shared s: f16[8, 4] layout row(8, 4);\n"
	                 "    for i, j in spatial(8, 4) on threadIdx.x {\n"
	                 "      s[i, j] = f16(x[i]) * f16(2.5);\n"
	                 "    }\n"
	                 "  }\n"
	                 "}\n");
}

Test(script_text, params_are_bound_to_what_is_given)
{
	static const int64_t shape[] = {4, 4};
	const hdt_param given[] = {{.name = "tile", .integer = 4},
	                           {.name = "kind", .dtype = HDT_F32},
	                           {.name = "place", .layout = hdt_layout_column(context, shape, 2)},
	                           {.name = "tiles", .mapping = hdt_spatial(context, shape, 2)},
	                           {.name = "scale", .expr = hdt_number(context, HDT_F32, 0.5)}};
	cr_assert_str_eq(print(read_with(template, given, 5)), "program @f(x: *f32) {\n"
	                                                       "  fn @f(x) cuda grid(1) block(32) {\n"
	                                                       "    shared s: f32[4, 4] layout column(4, 4);\n"
	                                                       "    for i, j in spatial(4, 4) on threadIdx.x {\n"
	                                                       "      s[i, j] = x[i] * 0.5;\n"
	                                                       "    }\n"
	                                                       "  }\n"
	                                                       "}\n");
}

/* ---- lines -------------------------------------------------------------------------------------------------------- */

static const char *print_lines(const hdt_program *p, const char *name)
{
	text t = {0};
	program_print_lines(&t, p, name);
	return text_finish(&t, context);
}

Test(script_text, lines_of_the_first_text_survive_for_who_reads_the_printed_one)
{
	const char *want = "program @k(a: *f32) from \"test.hds\" {\n"
					   "  line 2 fn @f(a) cpu {\n"
					   "    line 3 for i in 0..4 {\n"
					   "      line 4 a[i] = 1.0;\n"
					   "    }\n"
					   "    line 6 if a[0] < 0.5 {\n"
					   "      line 6 a[1] = 1.0;\n"
					   "    } else {\n"
					   "      line 7 if a[0] < 0.25 {\n"
					   "        line 7 a[2] = 1.0;\n"
					   "      }\n"
					   "    }\n"
					   "  }\n"
					   "}\n";
	const char *printed = print_lines(read_with("\nfn @f(a: *f32) cpu {\n"
	                                            "  for i in 0..4 {\n"
	                                            "    a[i] = 1;\n"
	                                            "  }\n"
	                                            "  if a[0] < 0.5 { a[1] = 1; }\n"
	                                            "  else if a[0] < 0.25 { a[2] = 1; }\n"
	                                            "}\n",
	                                            NULL, 0),
	                                  "k");
	cr_assert_str_eq(printed, want);
	const hdt_program *again = hdt_program_parse(context, "other.hds", printed, NULL, 0);
	cr_assert(again, "%s", hdt_context_message(context));
	cr_assert_str_eq(again->file, "test.hds");
	cr_assert_str_eq(print_lines(again, "k"), want);
}

Test(script_text, several_programs_of_a_text_are_read_one_after_the_other)
{
	parser p;
	parser_init(&p, context, "test.hds",
	            "program @a(x: f32[n]) where n in 1..4 { } program @b(x: f32[n]) where n in 1..4 { }");
	const hdt_program *a = program_parse_next(&p, NULL, 0), *b = program_parse_next(&p, NULL, 0);
	cr_assert(a && b, "%s", hdt_context_message(context));
	cr_assert_str_eq(a->name, "a");
	cr_assert_str_eq(b->name, "b");
	cr_assert_null(program_parse_next(&p, NULL, 0));
	cr_assert_not(p.failed);
}

/* ---- memory ------------------------------------------------------------------------------------------------------- */

Test(script_text, memory_may_run_out_anywhere)
{
	static const char source[] =
		"param tiles: mapping = spatial(4, 2);\n"
		"program @p(x: f32[n, 7], a: *f32, m: i32) workspace(w: f32[n]) where n in 1..64 {\n"
		"  fn @g(s: f32[4], v: f32) cuda { if v < 1.0 { s[0] = v; } else { s[1] = -v; } }\n"
		"  fn @k(x, a, own: f32[m], m) cuda grid(m) block(32) {\n"
		"    let A = view(a, f32[m, 8]), R = A[1, 2:];\n"
		"    register s: f32[4] layout row(4) = 0;\n"
		"    map ma = A box(8, 8);\n"
		"    for i, j in tiles on threadIdx.x { s[i] += R[j] * A.read(i, j); A.write(i, j, x[0, 1]); }\n"
		"    call @g(s, 2.0);\n"
		"    let v = atomic_add(&a, s[0]);\n"
		"    asm \"nop %0;\" (\"f\" v);\n"
		"  }\n"
		"  fn @main(x, a, w, m) host { for i in m * m..m * m + 2 { launch @k(x, a, w, i); } }\n"
		"}\n";
	for (long n = 0;; n++) {
		hdt_context *c = context_new(registry);
		c->arena.fail_after = n;
		const hdt_program *p = hdt_program_parse(c, "test.hds", source, NULL, 0);
		hdt_status status = hdt_context_status(c);
		cr_assert_eq(status, p ? HDT_OK : HDT_OUT_OF_MEMORY, "after %ld allocations: %s", n, hdt_context_message(c));
		context_free(c);
		if (p)
			break;
	}
}
