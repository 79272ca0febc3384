/* Tests of the embedding interface of kernels: loading text, arguments, what comes back. */
#include "core/session.h"

#include <criterion/criterion.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

static hdt_session *session;
static hdt_kernel *kernel;
static char folder[64], path[96];

static void begin(void)
{
	hdt_session_options options = {.size = sizeof options, .system_plugin_path = PLUGINS};
	unsetenv("HIDET_PLUGIN_PATH");
	cr_assert_eq(hdt_session_open(&options, &session), HDT_OK);
	strcpy(folder, "/tmp/hidet-kernel-XXXXXX");
	cr_assert_not_null(mkdtemp(folder));
	snprintf(path, sizeof path, "%s/k.hds", folder);
}

static void end(void)
{
	char command[96];
	hdt_kernel_free(kernel);
	hdt_session_close(session);
	snprintf(command, sizeof command, "rm -r '%s'", folder);
	cr_assert_eq(system(command), 0);
}

TestSuite(kernel, .init = begin, .fini = end);

static hdt_status load(const char *source)
{
	hdt_compile_options options = {
		.size = sizeof options, .target = "cpu", .threads = 1, .jobs = 1, .cache_dir = folder};
	FILE *f = fopen(path, "w");
	fputs(source, f);
	fclose(f);
	hdt_kernel_free(kernel);
	return hdt_kernel_load(session, path, &options, &kernel);
}

static const char *const scale = "fn @scale(x: *f32, y: *f32, m: i32, n: i32, s: f32) cpu {\n"
								 "  view X[i < m, j < n] = x[i * n + j];\n"
								 "  view Y[i < m, j < n] = y[i * n + j];\n"
								 "  for i in 0..m { for j in 0..n { Y[i, j] = X[i, j] * s; } }\n"
								 "}\n";

static float x[100], y[100];

static hdt_array flat(float *data, int64_t count)
{
	return (hdt_array){.dtype = HDT_F32, .rank = 1, .shape = {count}, .data = data};
}

static hdt_status run_scale(int m, int n, double s)
{
	hdt_array in = flat(x, m * n), out = flat(y, m * n);
	for (int i = 0; i < 100; i++)
		x[i] = (float)i, y[i] = -1;
	return hdt_kernel_run(kernel,
	                      (hdt_kernel_argument[]){{.name = "s", .real = s},
	                                              {.name = "y", .array = &out},
	                                              {.name = "x", .array = &in},
	                                              {.name = "m", .integer = m},
	                                              {.name = "n", .integer = n}},
	                      5);
}

Test(kernel, one_compilation_serves_all_sizes)
{
	cr_assert_eq(load(scale), HDT_OK, "%s", hdt_session_error(session));
	for (int m = 0; m < 10; m++)
		for (int n = 0; n < 10; n++) {
			cr_assert_eq(run_scale(m, n, 2.5), HDT_OK, "%s", hdt_session_error(session));
			for (int i = 0; i < 100; i++)
				cr_assert_eq(y[i], i < m * n ? (float)i * 2.5f : -1);
		}
	cr_assert_eq(hdt_session_compilations(session), 1);
}

Test(kernel, arguments_without_names_come_in_order)
{
	cr_assert_eq(load(scale), HDT_OK, "%s", hdt_session_error(session));
	hdt_array in = flat(x, 4), out = flat(y, 4);
	x[3] = 3;
	cr_assert_eq(
		hdt_kernel_run(
			kernel,
			(hdt_kernel_argument[]){{.array = &in}, {.array = &out}, {.integer = 2}, {.integer = 2}, {.real = 3}}, 5),
		HDT_OK, "%s", hdt_session_error(session));
	cr_assert_eq(y[3], 9);
}

Test(kernel, parameters_are_told)
{
	const hdt_kernel_parameter *p;
	cr_assert_eq(load(scale), HDT_OK, "%s", hdt_session_error(session));
	cr_assert_eq(hdt_kernel_parameters(kernel, &p), 5);
	cr_assert(!strcmp(p[0].name, "x") && p[0].is_array && !p[0].is_written && p[0].rank == -1 && p[0].dtype == HDT_F32);
	cr_assert(!strcmp(p[1].name, "y") && p[1].is_array && p[1].is_written);
	cr_assert(!strcmp(p[2].name, "m") && !p[2].is_array && p[2].dtype == HDT_I32);
	cr_assert(!strcmp(p[4].name, "s") && p[4].dtype == HDT_F32);
}

static void expect_refusal(const hdt_kernel_argument *arguments, int count, const char *words)
{
	cr_assert_eq(hdt_kernel_run(kernel, arguments, count), HDT_BAD_INPUT, "%s", words);
	cr_assert_not_null(strstr(hdt_session_error(session), words), "%s", hdt_session_error(session));
}

Test(kernel, wrong_arguments_are_refused_by_name_and_the_next_call_is_right)
{
	static float apart[100];
	double wide[4] = {0};
	cr_assert_eq(load(scale), HDT_OK, "%s", hdt_session_error(session));
	hdt_array in = flat(x, 4), out = flat(apart, 4), f64 = {.dtype = HDT_F64, .rank = 1, .shape = {4}, .data = wide};
	hdt_array nowhere = flat(NULL, 4), same = flat(x + 2, 4), negative = flat(x, -4);
	const hdt_kernel_argument X = {.name = "x", .array = &in}, Y = {.name = "y", .array = &out};
	const hdt_kernel_argument m = {.name = "m", .integer = 2}, n = {.name = "n", .integer = 2},
							  s = {.name = "s", .real = 1};
#define WITH(...)                               \
	(const hdt_kernel_argument[]){__VA_ARGS__}, \
		(int)(sizeof((hdt_kernel_argument[]){__VA_ARGS__}) / sizeof(hdt_kernel_argument))
	expect_refusal(WITH(X, Y, m, n), "'s' is not given: it is a number of f32");
	expect_refusal(WITH(X, m, n, s), "'y' is not given: it is an array of f32");
	expect_refusal(WITH(X, Y, m, n, s, {.name = "q", .integer = 1}), "'q' is no parameter; there is: x, y, m, n, s");
	expect_refusal(WITH(X, Y, m, n, s, s), "'s' is given twice");
	expect_refusal(WITH({.name = "x", .array = &f64}, Y, m, n, s), "'x' must be f32, not f64");
	expect_refusal(WITH({.name = "x", .integer = 1}, Y, m, n, s), "'x' is an array of f32, not a number");
	expect_refusal(WITH(X, Y, {.name = "m", .array = &in}, n, s), "'m' is a number of i32, not an array");
	expect_refusal(WITH(X, Y, {.name = "m", .real = 2}, n, s), "'m' is a number of i32: give it as `integer`");
	expect_refusal(WITH(X, Y, m, n, {.name = "s", .integer = 2}), "'s' is a number of f32: give it as `real`");
	expect_refusal(WITH(X, Y, {.name = "m", .integer = INT64_C(1) << 31}, n, s), "2147483648, which does not fit i32");
	expect_refusal(WITH({.name = "x", .array = &nowhere}, Y, m, n, s), "'x' has no data");
	expect_refusal(WITH({.name = "x", .array = &negative}, Y, m, n, s), "'x' has size -4 in dimension 0");
	expect_refusal(WITH(X, {.name = "y", .array = &same}, m, n, s),
	               "'y', which is written, and 'x' lie in the same memory");
	expect_refusal(WITH(X, Y, m, n, s, {.integer = 1}), "takes 5 arguments");
	cr_assert_eq(hdt_kernel_run(kernel, WITH(X, Y, m, n, s)), HDT_OK, "%s", hdt_session_error(session));
	cr_assert_str_eq(hdt_session_error(session), "");
}

Test(kernel, sizes_of_a_program_come_from_its_arrays_and_must_agree)
{
	cr_assert_eq(load("program @rows(x: f32[n, 3], y: f32[n]) where n in 1..20 {\n"
	                  "  fn @rows(x, y) cpu { for i in 0..n { y[i] = x[i, 0] + x[i, 2]; } }\n"
	                  "}\n"),
	             HDT_OK, "%s", hdt_session_error(session));
	hdt_array in = {.dtype = HDT_F32, .rank = 2, .shape = {4, 3}, .data = x}, out = flat(y, 4);
	const hdt_kernel_argument arguments[] = {{.name = "x", .array = &in}, {.name = "y", .array = &out}};
	for (int i = 0; i < 12; i++)
		x[i] = (float)i;
	cr_assert_eq(hdt_kernel_run(kernel, arguments, 2), HDT_OK, "%s", hdt_session_error(session));
	cr_assert_eq(y[3], 9 + 11);
	out.shape[0] = 5;
	expect_refusal(arguments, 2, "'y' has size 5 in dimension 0, where the other arguments give 4");
	in.shape[0] = out.shape[0] = 21;
	expect_refusal(arguments, 2, "'n' is 21, outside of its range 1..20");
	in.rank = 1;
	expect_refusal(arguments, 2, "'x' must have 2 dimensions, not 1");
}

Test(kernel, shapes_of_pointers_are_those_of_the_views)
{
	hdt_array a;
	const hdt_kernel_argument numbers[] = {
		{.name = "m", .integer = 3}, {.name = "n", .integer = 5}, {.name = "s", .real = 1}};
	cr_assert_eq(load(scale), HDT_OK, "%s", hdt_session_error(session));
	cr_assert_eq(kernel_array_shape(kernel, numbers, 3, 0, &a), HDT_OK, "%s", hdt_session_error(session));
	cr_assert(a.rank == 2 && a.shape[0] == 3 && a.shape[1] == 5);
	cr_assert_eq(load("fn @f(x: *f32, z: *f32, m: i32) cpu { view X[i < m] = x[i * 4 + 2];  X[0] = z[0]; }"), HDT_OK,
	             "%s", hdt_session_error(session));
	cr_assert_eq(kernel_array_shape(kernel, numbers, 1, 0, &a), HDT_OK, "%s", hdt_session_error(session));
	cr_assert(a.rank == 1 && a.shape[0] == 11, "there are gaps");
	cr_assert_eq(kernel_array_shape(kernel, numbers, 1, 1, &a), HDT_OK, "%s", hdt_session_error(session));
	cr_assert_eq(a.rank, -1, "nothing tells");
}

Test(kernel, texts_that_cannot_run_here_are_refused)
{
	cr_assert_eq(load("fn @f(x: *f32) cpu { x[0 = 1.0; }"), HDT_BAD_MODEL);
	cr_assert_not_null(strstr(hdt_session_error(session), "k.hds:1:"), "%s", hdt_session_error(session));
	cr_assert_null(kernel);
	cr_assert_eq(load("fn @f(x: *f32) cuda grid(1) block(32) { x[0] = 1.0; }"), HDT_BAD_TARGET);
	cr_assert_not_null(strstr(hdt_session_error(session), "@f is a cuda function"), "%s", hdt_session_error(session));
	cr_assert_eq(load(""), HDT_BAD_MODEL, "%s", hdt_session_error(session));
	snprintf(path, sizeof path, "%s", folder);
	cr_assert_eq(hdt_kernel_load(session, path, NULL, &kernel), HDT_IO_ERROR, "%s", hdt_session_error(session));
	cr_assert_eq(hdt_session_compilations(session), 0);
}
