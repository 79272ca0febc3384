/* Loops whose iterations become the lanes of vectors: the same program with its loops marked `vectorise` and with them serial gives the same
 * bits, for every number of lanes and for extents that leave something over. */
#include "fixture.h"

#include "base/context.h"
#include "ir/expr.h"
#include "script/script.h"
#include <math.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

TestSuite(vectors, .init = set_up, .fini = tear_down, .timeout = 120);

enum { ROWS = 3, MOST = 48, SLOT = 4 * ROWS * MOST * 8 };

typedef void entry(const void *rt, void *const *buffers, const int64_t *symbols);

static const hdt_program *parse(const char *source)
{
	const hdt_program *p = hdt_program_parse(context, "test", source, NULL, 0);
	cr_assert(p, "%s\n%s", context->message, source);
	return p;
}

/* The text with every `from` replaced. */
static const char *replace(const char *source, const char *from, const char *to)
{
	text t = {0};
	for (const char *at; (at = strstr(source, from)); source = at + strlen(from)) {
		text_add_bytes(&t, source, (size_t)(at - source));
		text_add(&t, to);
	}
	text_add(&t, source);
	return text_finish(&t, context);
}

/* Inputs of each dtype that differ in their first dimension's size from nothing that is tested; n is a number or a symbol. */
static const char *whole(const char *body, const char *n, const char *range)
{
	return replace(hdt_format(context,
	                          "program @p(x: f32[3, N], z: f32[3, N], h: f16[3, N], g: bf16[3, N], c: bool[3, N], q: "
	                          "i32[3, N], b: i8[3, N], "
	                          "w: i64[3, N], t: f32[N, 3], y: f32[3, N], yt: f32[N, 3], yh: f16[3, N], yg: bf16[3, N], "
	                          "yc: bool[3, N], yi: i32[3, N]) %s "
	                          "{\n  fn @f(x, z, h, g, c, q, b, w, t, y, yt, yh, yg, yc, yi) cpu {\n    for r in 0..3 "
	                          "{\n%s    }\n  }\n}\n",
	                          range, body),
	               "N", n);
}

static void fill(const hdt_program *p, int64_t n, void **buffers)
{
	unsigned state = 11;
	for (int b = 0; b < p->buffer_count; b++) {
		hdt_dtype dtype = p->buffers[b]->dtype;
		for (int64_t k = 0; k < 3 * n; k++) {
			state = state * 1664525u + 1013904223u;
			scalar v = {.i = dtype == HDT_BOOL ? state >> 20 & 1 : (int64_t)(state >> 20 & 31) - 16};
			if (hdt_is_float(dtype))
				v.f = k % 17 == 5 ? NAN : k % 19 == 6 ? INFINITY : (double)(state >> 8) / (1 << 22) - 2;
			scalar_store(buffers[b], dtype, k, v);
		}
	}
}

/* Memory of exactly the buffers' sizes, so that the address sanitizer sees what is touched beyond. */
static void run(const hdt_program *p, entry *f, int64_t n, void **buffers)
{
	int64_t symbols[] = {n};
	for (int b = 0; b < p->buffer_count; b++)
		buffers[b] = malloc((size_t)(3 * n) * hdt_dtype_of(p->buffers[b]->dtype)->bytes);
	fill(p, n, buffers);
	f(NULL, buffers, symbols);
}

static entry *compile(const char *compiler, int lanes, const char *c)
{
	const char *command =
		hdt_format(context,
	               "%s -std=gnu11 -O1 -Wno-psabi -Wall -Wno-unused -Wno-unknown-pragmas "
	               "-Wno-bitwise-instead-of-logical -Werror -fno-math-errno -ffp-contract=off -DHIDET_LANES=%d",
	               compiler, lanes);
	void *symbol = compile_text(command, c);
	entry *e;
	memcpy(&e, &symbol, sizeof e);
	return e;
}

static void compare(const char *body, const char *vectors, const hdt_program *p, entry *expected, entry *got, int64_t n)
{
	void *want[32], *have[32];
	run(p, expected, n, want);
	run(p, got, n, have);
	for (int b = 0; b < p->buffer_count; b++) {
		size_t bytes = hdt_dtype_of(p->buffers[b]->dtype)->bytes;
		for (int64_t k = 0; k < 3 * n; k++) {
			scalar w = scalar_load(want[b], p->buffers[b]->dtype, k), h = scalar_load(have[b], p->buffers[b]->dtype, k);
			bool both_nan = hdt_is_float(p->buffers[b]->dtype) && isnan(w.f) && isnan(h.f);
			bool same = !memcmp((char *)want[b] + k * (int64_t)bytes, (char *)have[b] + k * (int64_t)bytes, bytes);
			cr_assert(same || both_nan, "n = %lld: %s[%lld] is %g or %lld, not %g or %lld\n%s\n%s", (long long)n,
			          p->buffers[b]->name, (long long)k, h.f, (long long)h.i, w.f, (long long)w.i, body, vectors);
		}
		free(want[b]);
		free(have[b]);
	}
}

static bool has_compiler(const char *name)
{
	return system(hdt_format(context, "%s --version > /dev/null 2>&1", name)) == 0;
}

/* `vectors`: how many of its loops are to become vectors. */
static void check(const char *body, const char *n, const char *range, const int64_t *sizes, int count, int vectors)
{
	static const char *const compilers[] = {"gcc", "clang"};
	const hdt_program *p = parse(whole(body, n, range)),
					  *plain = parse(replace(whole(body, n, range), " vectorise", ""));
	const char *c = c_text(p);
	int found = 0;
	for (const char *at = c; (at = strstr(at, "+= HIDET_LANES")); at++)
		found++;
	cr_assert_eq(found, vectors, "%d loops became vectors, not %d:\n%s", found, vectors, c);
	for (int k = 0; k < 2; k++) {
		if (!has_compiler(compilers[k]))
			continue;
		entry *expected = compile(compilers[k], 4, c_text(plain));
		for (int lanes = 4; lanes <= 16; lanes *= 2) {
			entry *e = compile(compilers[k], lanes, c);
			for (int s = 0; s < count; s++)
				compare(body, c, p, expected, e, sizes[s]);
		}
	}
}

/* A body over j, for a size that the program does not know. */
static void good(const char *body)
{
	const int64_t sizes[] = {1, 15, 16, 17, 33};
	check(body, "n", "where n in 1..100", sizes, 5, 1);
}

static void stays_scalar(const char *body, const char *reason)
{
	const char *c = c_text(parse(whole(body, "n", "where n in 1..100")));
	cr_assert(strstr(c, hdt_format(context, "/* no vectors: %s */", reason)), "%s", c);
	cr_assert(strstr(c, "HIDET_VECTORISE\n"));
	cr_assert_not(strstr(c, "hidet_v_"));
}

#define LOOP(...) "for j in 0..N vectorise { " __VA_ARGS__ " }\n"

Test(vectors, arithmetic_of_floats)
{
	good(LOOP("y[r, j] = (x[r, j] + 1.5) * z[r, j] - x[r, 0] / (z[r, j] - x[r, j]) + -x[r, j];"));
}

Test(vectors, every_function_of_one_float)
{
	text sum = {0};
	for (int op = HDT_OP_ADD; op < HDT_OP_COUNT; op++) {
		const scalar_op_info *info = scalar_op_of((hdt_scalar_op)op);
		if (info->arity != 1 || info->result == OP_RESULT_BOOL || strchr("np", info->traits[0]) || op == HDT_OP_CAST)
			continue;
		text_format(&sum, "%s%s(x[r, j])", sum.length ? " - " : "", info->text);
	}
	good(hdt_format(context, LOOP("y[r, j] = %s;"), text_finish(&sum, context)));
}

Test(vectors, every_function_of_two_floats)
{
	good(LOOP(
		"y[r, j] = min(x[r, j], z[r, j]) * max(x[r, j], 0.5) + pow(abs(x[r, j]), z[r, j]) - atan2(x[r, j], z[r, j]);"
		"yt[j, r] = x[r, j] // z[r, j] + x[r, j] % z[r, j] * truncdiv(x[r, j], 0.3) + fmod(x[r, j], z[r, j]) + "
		"exp(x[r, j]);"));
}

Test(vectors, fma_with_what_is_the_same_in_all_lanes)
{
	good(LOOP("y[r, j] = fma(z[r, 0], x[r, j], fma(x[r, j], 2.0, 1.0));"));
}

Test(vectors, tests_and_masks)
{
	good(LOOP("yc[r, j] = isnan(x[r, j]) || isinf(x[r, j]) && !(x[r, j] < z[r, j]) || c[r, j] && c[r, 0] || z[r, j] == "
	          "0.0;"));
	good(LOOP("yc[r, j] = (c[r, j] != (x[r, j] <= 0.5)) == c[r, 0] && isfinite(z[r, j]);"));
}

Test(vectors, selections)
{
	good(LOOP("y[r, j] = select(x[r, j] * 2.0 < 0.5, x[r, j], x[r, j] * x[r, j]);"));
	good(LOOP("y[r, j] = select(x[r, j] < z[r, j], exp(x[r, j]) + exp(x[r, j]), select(c[r, 0], z[r, j], 1.0));"
	          "yi[r, j] = select(c[r, j], q[r, j], i32(7));"));
}

Test(vectors, conversions)
{
	good(LOOP("y[r, j] = f32(q[r, j]) + f32(b[r, j]) * select(c[r, j], 1.0, 0.0);"
	          "yi[r, j] = i32(x[r, j] * 3.0e9);"
	          "yc[r, j] = bool(x[r, j]);"));
	good(LOOP("y[r, j] = f32(c[r, j]) + f32(j * 2 - r) + f32(f16(x[r, j])) + f32(bf16(z[r, j]));"
	          "yi[r, j] = i32(b[r, j]);"));
}

Test(vectors, sixteen_bit_floats)
{
	good(LOOP("yh[r, j] = f16(h[r, j] * h[r, j] + x[r, j]);"
	          "yg[r, j] = bf16(exp(g[r, j]) + h[r, 0]);"
	          "y[r, j] = f32(g[r, j]) - f32(h[r, j]);"));
}

Test(vectors, indices_that_are_compared)
{
	good(LOOP(
		"y[r, j] = select(j <= r + 3, x[r, j], -inf) + select(j * 2 == r * 4, 1.0, select(7 - j < r, x[r, j], 3.0));"));
	good(LOOP("yc[r, j] = j != 4 && 3 * j < w[r, 0] * w[r, 0] * w[r, 0];"));
}

Test(vectors, reads_beside_each_other_in_another_order)
{
	good(LOOP("y[r, j] = exp(t[j, r]) * exp(z[r, N - 1 - j]);"));
	good(LOOP("yt[j, r] = exp(x[r, j]) * tanh(z[r, j]);"));
}

Test(vectors, reads_that_some_lanes_must_not_do)
{
	good(LOOP("y[r, j] = exp(select(3 <= j && j < N, x[r, j - 3], 0.5));"));
	good(LOOP("y[r, j] = exp(select(j + 1 < N, x[r, j + 1], 0.5));"));
}

Test(vectors, names_of_values)
{
	good(LOOP("let e = exp(x[r, j]); let k = j + r; let m = e < z[r, j] && k < 7; let s = x[r, 0] * 2.0;"
	          "y[r, j] = select(m, e, s) + f32(k);"));
	good(LOOP("let k = N - 1 - j; let d = k * 1; y[r, j] = exp(x[r, d]) - exp(x[r, d]);"));
}

Test(vectors, a_name_keeps_the_value_that_memory_had)
{
	/* If `k` were computed again for each lane, w would be read after it was written. */
	stays_scalar(LOOP("let k = w[r, j] % 3 + 3; w[r, j] = 0; y[r, j] = exp(x[k % 3, 0]) + exp(x[k % 2, 0]);"),
	             "there are no vectors of i64");
	stays_scalar(LOOP("let k = i64(q[r, j]) % 3 + 3; q[r, j] = i32(0); y[r, j] = exp(x[k % 3, 0]) + exp(x[k % 2, 0]);"),
	             "'load' of f32 has no form in vectors");
	/* Nor a name outside of the loop that is the same in all lanes. */
	good("let s = x[r, 0];\nx[r, 0] = 9.0;\n" LOOP(
		"y[r, j] = exp(t[j, r]) * exp(x[r, j] + s) - exp(select(t[j, r] < s, t[j, r], s));"));
}

Test(vectors, comparisons_of_small_integers)
{
	good(LOOP("yc[r, j] = b[r, j] < b[r, 0] || q[r, j] <= i32(3) && i32(b[r, j]) != q[r, j];"));
}

Test(vectors, loops_and_branches_inside)
{
	good(LOOP("register s: f32; s = 0.0; for k in 0..3 { s = s + x[k, j]; } y[r, j] = s;"));
	good(LOOP("register s: f32[2]; s[0] = x[r, j]; s[1] = z[r, j];"
	          "for k in 0..3 { if k < r { s[0] = max(s[0], x[k, j]); } else { s[k % 2] = s[k % 2] + x[k, 0]; } }"
	          "y[r, j] = s[0] * s[1];"));
	good(LOOP("for k in 0..3 vectorise { y[k, j] = x[k, j] + x[r, j]; }"));
}

Test(vectors, accumulators_beside_each_other)
{
	good("register a: f32[32]; for l in 0..32 vectorise { a[l] = 0.0; for k in 0..N // 32 { a[l] = max(a[l], x[r, k * "
	     "32 + l]); } }\n"
	     "y[r, 0] = a[3];\n");
}

Test(vectors, extents_that_are_known)
{
	static const char *const texts[] = {"4", "15", "16", "17", "33", "48"};
	static const int64_t sizes[] = {4, 15, 16, 17, 33, 48};
	for (int k = 0; k < 6; k++)
		check(LOOP("y[r, j] = x[r, j] * z[r, j];"), texts[k], "", &sizes[k], 1, 1);
}

Test(vectors, tiles_of_registers)
{
	static const int64_t size = 32;
	check("register acc: f32[2, 32]; for i in 0..2 unroll { for j in 0..32 vectorise { acc[i, j] = 0.0; } }\n"
	      "for k in 0..3 { for i in 0..2 unroll { for j in 0..32 vectorise { acc[i, j] = fma(x[i, k], z[k, j], acc[i, "
	      "j]); } } }\n"
	      "for i in 0..2 { for j in 0..32 vectorise { y[i, j] = acc[i, j]; } }\n",
	      "32", "", &size, 1, 3);
}

Test(vectors, rows_of_registers_are_padded_where_something_is_left_over)
{
	static const int64_t size = 24;
	static const char body[] =
		"register acc: f32[2, 24]; for i in 0..2 unroll { for j in 0..24 vectorise { acc[i, j] = 0.0; } }\n"
		"for k in 0..3 { for i in 0..2 unroll { for j in 0..24 vectorise { acc[i, j] = fma(x[i, k], z[k, j], acc[i, "
		"j]); } } }\n"
		"for i in 0..2 { for j in 0..24 vectorise { y[i, j] = exp(acc[i, j]) + acc[i, 23 - j]; } }\n"
		"yt[r, 0] = acc[1, r] + acc[0, 23];\n";
	check(body, "24", "", &size, 1, 3);
	const char *c = c_text(parse(whole(body, "24", "")));
	cr_assert(strstr(c, "float acc[64]"), "%s", c);
	cr_assert(strstr(c, "hidet_v_store_f32(&acc[i * 32 + j], hidet_v_fma_f32("), "%s", c);
	cr_assert_not(strstr(c, "hidet_v_store_part_f32(&acc"), "%s", c);
	/* Not where an index was joined of a row and a place in it. */
	c = c_text(
		parse(whole("register acc: f32[2, 24]; for i in 0..2 { for j in 0..24 vectorise { acc[i, j] = x[i, j]; } }\n"
	                "for p in 0..48 { y[p // 24, p % 24] = acc[p // 24, p % 24]; }\n",
	                "24", "")));
	cr_assert(strstr(c, "float acc[48]"), "%s", c);
}

Test(vectors, what_cannot_be_says_why)
{
	stays_scalar(LOOP("y[r, 0] = x[r, j];"), "all lanes write one element of y");
	stays_scalar(LOOP("if x[r, j] < 0.0 { y[r, j] = 0.0; }"), "a branch is taken by some lanes alone");
	stays_scalar(LOOP("for k in 0..j { y[r, j] = x[r, k]; }"), "lanes run a loop differently often");
	stays_scalar(LOOP("y[r, j] = f32(f64(x[r, j]) * f64(x[r, j]));"), "there are no vectors of f64");
	stays_scalar(LOOP("y[r, j] = t[j, r];"), "most of it would go lane by lane");
	stays_scalar(LOOP("register s: f64; s = f64(x[r, j]); y[r, j] = f32(s);"), "s of f64 is one for each lane");
}
