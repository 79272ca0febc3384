/* Functions for the CPU written as text: what their statements compute, what their parallel loops see, how assertions end a run. */
#include <criterion/criterion.h>
#include <hidet/hidet.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

enum { MOST = 4096 };

static hdt_session *session;
static hdt_kernel *kernel;
static float x[MOST], y[MOST];

static void begin(void)
{
	hdt_session_options options = {.size = sizeof options, .system_plugin_path = PLUGINS};
	unsetenv("HIDET_PLUGIN_PATH");
	cr_assert_eq(hdt_session_open(&options, &session), HDT_OK);
	for (int i = 0; i < MOST; i++)
		x[i] = (float)i, y[i] = -1;
}

static void end(void)
{
	hdt_kernel_free(kernel);
	hdt_session_close(session);
}

TestSuite(functions, .init = begin, .fini = end);

static hdt_status load(const char *source)
{
	hdt_compile_options options = {.size = sizeof options, .target = "cpu", .threads = 3, .jobs = 1, .cache_dir = ""};
	char path[] = "/tmp/hidet-functions-XXXXXX";
	int file = mkstemp(path);
	cr_assert(file >= 0 && write(file, source, strlen(source)) == (ssize_t)strlen(source));
	close(file);
	hdt_status status = hdt_kernel_load(session, path, &options, &kernel);
	unlink(path);
	return status;
}

/* Of x and y, and m as the last parameter. */
static hdt_status run(const char *source, int64_t m)
{
	hdt_array in = {.dtype = HDT_F32, .rank = 1, .shape = {m}, .data = x}, out = in;
	out.data = y;
	if (!kernel)
		cr_assert_eq(load(source), HDT_OK, "%s", hdt_session_error(session));
	return hdt_kernel_run(
		kernel,
		(hdt_kernel_argument[]){{.name = "x", .array = &in}, {.name = "y", .array = &out}, {.name = "m", .integer = m}},
		3);
}

static void run_well(const char *source, int64_t m)
{
	cr_assert_eq(run(source, m), HDT_OK, "%s", hdt_session_error(session));
}

Test(functions, values_named_before_a_parallel_loop_reach_its_workers)
{
	run_well("fn @f(x: f32[m], y: f32[m], m: i32) cpu {\n"
	         "  let third = x[3]; let wide = f64(m) * 0.5; let count = i32(x[2]); let odd = m % 2 == 1; let half = "
	         "f16(0.5);\n"
	         "  let same = x[1];\n"
	         "  for i in 0..m parallel { y[i] = x[i] * third + f32(wide) + f32(count) + select(odd, 1.0, 0.0) + "
	         "f32(half); }\n"
	         "  for i in 0..m parallel { y[i] = y[i] - same; }\n"
	         "}\n",
	         MOST - 1);
	for (int i = 0; i < MOST - 1; i++)
		cr_assert_eq(y[i], (float)(i * 3) + (MOST - 1) * 0.5f + 2 + 1 + 0.5f - 1, "at %d: %f", i, (double)y[i]);
}

Test(functions, views_made_before_a_parallel_loop_are_seen_in_it)
{
	run_well("fn @f(x: *f32, y: *f32, m: i32) cpu {\n"
	         "  let rows = m // 4; let X = view(x, f32[rows, 4]), Y = view(y, f32[4, rows]); let second = X[:, 1];\n"
	         "  for i in 0..rows parallel { for j in 0..4 vectorise { Y[j, i] = X[i, j] + second[0]; } }\n"
	         "}\n",
	         400);
	for (int i = 0; i < 400; i++)
		cr_assert_eq(y[i], (float)(i % 100 * 4 + i / 100) + 1);
}

Test(functions, mappings_layouts_protected_elements_calls_and_loops)
{
	run_well("param tile: int = 4;\n"
	         "fn @sum(x: f32[m], s: *f32, m: i32, first: i64) cpu {\n"
	         "  for j in spatial(1) * repeat(tile) on 0 { s[0] = s[0] + x.read(first + j); }\n"
	         "}\n"
	         "fn @f(x: f32[m], y: f32[m], m: i32) cpu {\n"
	         "  for i in 0..ceildiv(m, tile) parallel(2) {\n"
	         "    register s: f32[1] = 0;\n"
	         "    register kept: f32[2, 4] layout row(2, 4) * row(1, 1) = 2;\n"
	         "    call @sum(x, s, m, i * tile);\n"
	         "    for w in 0..2 { for r in auto_map(8, workers=2) on w { y.write(i * tile + r % 4, s[0] * kept[r % 2, "
	         "3]); } }\n"
	         "    register k: i32 = 0;\n"
	         "    while k < 3 { for u in 0..2 unroll { y.write(i * tile, y[i * tile] + 1.0); } k += 1; }\n"
	         "  }\n"
	         "}\n",
	         10);
	static const float sums[] = {6, 22, 17};
	for (int i = 0; i < 10; i++)
		cr_assert_eq(y[i], sums[i / 4] * 2 + (i % 4 ? 0 : 6), "at %d: %f", i, (double)y[i]);
	cr_assert_eq(y[10], -1, "written beyond the array");
}

Test(functions, a_failed_assertion_ends_the_run_and_the_next_one_is_right)
{
	static const char source[] = "fn @f(x: f32[m], y: f32[m], m: i32) cpu {\n"
								 "  assert m > 2, \"too few\";\n"
								 "  for i in 0..m parallel {\n"
								 "    assert x[i] < 3000.0, \"too \\\"large\\\": 100%\";\n"
								 "  }\n"
								 "  for i in 0..m parallel { y[i] = 5.0; }\n"
								 "}\n";
	cr_assert_eq(run(source, 2), HDT_BAD_INPUT);
	cr_assert(strstr(hdt_session_error(session), "line 2: assertion failed: too few"), "%s",
	          hdt_session_error(session));
	cr_assert_eq(run(source, MOST), HDT_BAD_INPUT);
	cr_assert(strstr(hdt_session_error(session), "line 4: assertion failed: too \"large\": 100%"), "%s",
	          hdt_session_error(session));
	for (int i = 0; i < MOST; i++)
		cr_assert_eq(y[i], -1, "what follows the assertion was run");
	cr_assert_eq(run(source, 30), HDT_OK, "%s", hdt_session_error(session));
	cr_assert_eq(y[29], 5);
}

Test(functions, workers_do_not_share_buffers)
{
	cr_assert_eq(load("fn @f(x: f32[m], m: i32) cpu {\n  register s: f32 = 0;\n  for i in 0..m parallel {\n    s += "
	                  "x[i];\n  }\n}"),
	             HDT_BAD_MODEL);
	cr_assert(strstr(hdt_session_error(session), ":4: in @f: the workers of a parallel loop cannot share"), "%s",
	          hdt_session_error(session));
}

Test(functions, literals_take_the_dtype_of_data_and_sizes_are_i64)
{
	uint8_t bytes[3] = {255, 7, 0};
	int64_t out[8] = {0};
	hdt_array in = {.dtype = HDT_U8, .rank = 1, .shape = {3}, .data = bytes},
			  to = {.dtype = HDT_I64, .rank = 1, .shape = {8}, .data = out};
	cr_assert_eq(load("fn @f(x: *u8, y: *i64, m: i32) cpu {\n"
	                  "  let first = x[0];\n"
	                  "  y[0] = x[0] + 1; y[1] = i64(x[0]) + 1; y[2] = first + 1; y[3] = x[1] - 8; y[4] = x[0] + 300; "
	                  "y[5] = m + 1;\n"
	                  "  y[6] = 1 + x[0] * 2; y[7] = max(x[2] - 1, 3);\n"
	                  "}\n"),
	             HDT_OK, "%s", hdt_session_error(session));
	cr_assert_eq(
		hdt_kernel_run(kernel, (hdt_kernel_argument[]){{.array = &in}, {.array = &to}, {.integer = INT32_MAX}}, 3),
		HDT_OK, "%s", hdt_session_error(session));
	static const int64_t want[8] = {0, 256, 0, 255, 555, INT64_C(2147483648), 255, 255};
	for (int i = 0; i < 8; i++)
		cr_assert_eq(out[i], want[i], "y[%d] is %lld", i, (long long)out[i]);
}
