/* simplify.c: what expressions simplify to, and what must stay as it is. */
#include "fixture.h"
#include <criterion/criterion.h>

typedef struct row {
	const char *from, *to;
} row;

static void check(const row *rows, size_t count)
{
	scope *s = scope_new();
	for (size_t r = 0; r < count; r++) {
		const hdt_expr *from = scope_parse(s, rows[r].from);
		cr_assert(from, "%s: %s", rows[r].from, s->context->message);
		cr_expect_str_eq(hdt_expr_text(from), rows[r].to, "%s gives %s, not %s", rows[r].from, hdt_expr_text(from),
		                 rows[r].to);
	}
	scope_free(s);
}
#define CHECK(...)                               \
	do {                                         \
		static const row rows[] = {__VA_ARGS__}; \
		check(rows, sizeof rows / sizeof *rows); \
	} while (0)

Test(simplify, integer_constants_fold)
{
	CHECK({"2 + 3 * 4", "14"}, {"-7 // 2", "-4"}, {"-7 % 2", "1"}, {"7 // 0", "0"}, {"7 % 0", "0"},
	      {"truncdiv(-7, 2)", "-3"}, {"fmod(-7, 2)", "-1"}, {"min(3, -1)", "-1"}, {"pow(2, 10)", "1024"},
	      {"pow(2, -1)", "0"}, {"pow(-1, -3)", "-1"}, {"i8(127) + i8(1)", "i8(-128)"}, {"u8(3) - u8(4)", "u8(255)"},
	      {"1 << 65", "2"}, {"-8 >> 1", "-4"}, {"3 < 4 && !(3 < 4)", "false"}, {"select(1 < 2, 5, 6)", "5"},
	      {"9223372036854775807 + 1", "(-9223372036854775807 - 1)"});
}

Test(simplify, float_constants_fold_when_every_machine_agrees)
{
	CHECK({"0.5 + 0.25", "0.75"}, {"sqrt(16.0)", "4.0"}, {"1 / 4", "0.25"},
	      {"f64(1.0) / f64(3.0)", "f64(0.3333333333333333)"}, {"1.0 / 3.0", "0.33333334"}, {"exp(1.0)", "exp(1.0)"},
	      {"pow(2.0, 0.5)", "pow(2.0, 0.5)"}, {"-0.0", "-0.0"}, {"0.0 / 0.0 < 1.0", "false"}, {"max(nan, 1.0)", "nan"});
}

Test(simplify, half_constants_fold_only_when_exact)
{
	CHECK({"f16(1.0) + f16(2.0)", "f16(3.0)"}, {"f16(2048.0) + f16(1.0)", "f16(2048.0) + f16(1.0)"},
	      {"f32(f16(0.1))", "0.099975586"});
}

Test(simplify, neutral_elements_vanish)
{
	CHECK({"v + 0", "v"}, {"0 + v", "v"}, {"v - 0", "v"}, {"v * 1", "v"}, {"v * 0", "0"}, {"v * -1", "-v"},
	      {"0 - v", "-v"}, {"v // 1", "v"}, {"v % 1", "0"}, {"0 // v", "0"}, {"v << 0", "v"}, {"v | 0", "v"},
	      {"v & 0", "0"}, {"v & -1", "v"}, {"v ^ v", "0"}, {"v - v", "0"}, {"--v", "v"}, {"~~v", "v"},
	      {"abs(abs(v))", "abs(v)"}, {"abs(-v)", "abs(v)"});
}

Test(simplify, constants_gather_to_the_right)
{
	CHECK({"3 + v", "v + 3"}, {"v + 1 + 2", "v + 3"}, {"1 + v + w + 2", "v + i64(w) + 3"}, {"2 * v * 3", "v * 6"},
	      {"v - 3", "v - 3"}, {"5 - v + 2", "7 - v"}, {"(v + 2) * 3", "v * 3 + 6"}, {"v - (w - 2)", "v - i64(w) + 2"},
	      {"i + (j + 1) - 1", "i + j"}, {"v * 2 * n", "v * n * 2"}, {"3 - v + n", "n - v + 3"},
	      {"u - u8(3)", "u - u8(3)"});
}

Test(simplify, like_terms_join)
{
	CHECK({"v + v", "v * 2"}, {"v * 3 - v", "v * 2"}, {"v + n - v", "n"}, {"n - v + v", "n"},
	      {"v * 2 + n + v * 3", "v * 5 + n"}, {"v - n - v", "-n"}, {"v + -n", "v - n"}, {"v - n * -2", "v + n * 2"},
	      {"-(v - n)", "n - v"}, {"-(v * 3)", "v * -3"});
}

Test(simplify, quotients_and_remainders_of_sums_come_apart)
{
	CHECK({"(i * 64 + k) // 64", "i"}, {"(i * 64 + k) % 64", "k"}, {"(i * 64 + v) % 64", "(i * 64 + v) % 64"},
	      {"(k + i * 64) // 64", "i"}, {"(i * 4 + l) // 8", "i // 2"}, {"(i * 4 + l) % 8", "i % 2 * 4 + l"},
	      {"(i * 64 + k * 2) // 64", "i + k // 32"}, {"(i * m + j) // m", "i"}, {"(i * m + j) % m", "j"},
	      {"((i * m + j) * 64 + k) // (m * 64)", "i"}, {"((i * m + j) * 64 + k) // 64 % m", "j"},
	      {"((i * m + j) * 64 + k) % (m * 64)", "j * 64 + k"}, {"(k - 64) // 64", "-1"}, {"(k - 64) % 64", "k"},
	      {"(i * 8) // 4", "i * 2"}, {"(i * 6) // 4", "i * 3 // 2"});
}

Test(simplify, nested_quotients_and_remainders_join)
{
	CHECK({"v // 3 // 5", "v // 15"}, {"v % 12 % 4", "v % 4"}, {"v // 8 * 8 + v % 8", "v"}, {"v % 8 + v // 8 * 8", "v"},
	      {"v - v // 8 * 8", "v % 8"}, {"(v // 96 * 4 + v // 24 % 4) * 24 + v % 24", "v"},
	      {"n + v // 8 * 8 + v % 8", "n + v"}, {"v // m * m + v % m", "v"},
	      {"(v // (m * 64) * m + v // 64 % m) * 64 + v % 64", "v"}, {"v // 8 * 16 + v % 8 * 2", "v * 2"},
	      {"v // 8 * 9 + v % 8", "v // 8 * 9 + v % 8"}, {"v // n * n + v % n", "v // n * n + v % n"});
}

Test(simplify, ranges_decide_order)
{
	CHECK({"k < 64", "true"}, {"k < 63", "k < 63"}, {"k >= 0", "true"}, {"i < n", "true"}, {"n <= i", "false"},
	      {"i * 64 + k < n * 64", "true"}, {"i + 1 <= n", "true"}, {"min(k, 100)", "k"}, {"max(k, 0)", "k"},
	      {"min(i, n)", "i"}, {"max(m, 1)", "m"}, {"min(min(v, 3), 5)", "min(v, 3)"}, {"abs(k)", "k"}, {"sign(m)", "1"},
	      {"k // 64", "0"}, {"k % 64", "k"}, {"k == 64", "false"}, {"n + 1 == n", "false"}, {"bounded(k, 64)", "k"},
	      {"bounded(k, 63)", "bounded(k, 63)"}, {"bounded(i, n)", "i"}, {"bounded(v, n) < n", "true"},
	      {"k + 3 < 5", "k < 2"}, {"0 <= k - 1", "1 <= k"}, {"v + 3 < 5", "v + 3 < 5"}, {"v + 3 == 5", "v == 2"},
	      {"u < u8(0)", "false"}, {"i <= n - 1", "true"}, {"i < n - 1", "i < n - 1"}, {"i64(u) < 256", "true"},
	      {"truncdiv(k, 3)", "k // 3"}, {"fmod(k, 3)", "k % 3"}, {"fmod(v, 3)", "fmod(v, 3)"});
}

Test(simplify, wrapping_arithmetic_is_not_taken_for_sizes)
{
	CHECK({"(w * i32(4)) // i32(4)", "w * i32(4) // i32(4)"}, {"(v * 4 + l) // 4", "(v * 4 + l) // 4"},
	      {"v < v + 1", "v < v + 1"}, {"k * 6364136223846793005 < 0", "k * 6364136223846793005 < 0"},
	      {"i8(i) < i8(64)", "i8(i) < i8(64)"});
}

Test(simplify, logic)
{
	CHECK({"c && true", "c"}, {"c && false", "false"}, {"c || true", "true"}, {"c || false", "c"}, {"!!c", "c"},
	      {"c && c", "c"}, {"c && !c", "false"}, {"c || !c", "true"}, {"c && e && e", "c && e"}, {"!(v < 3)", "3 <= v"},
	      {"!(s < 3.0)", "!(s < 3.0)"}, {"!(v == 3)", "v != 3"}, {"c == true", "c"}, {"max(c, e)", "c || e"},
	      {"c * e", "c && e"}, {"c ^ e", "c != e"}, {"~c", "!c"});
}

Test(simplify, select)
{
	CHECK({"select(true, v, n)", "v"}, {"select(c, v, v)", "v"}, {"select(!c, v, n)", "select(c, n, v)"},
	      {"select(c, true, false)", "c"}, {"select(c, false, true)", "!c"},
	      {"select(c, select(c, v, n), m)", "select(c, v, m)"}, {"select(k < 64, v, n)", "v"},
	      {"select(c, m, select(c, v, n))", "select(c, m, n)"});
}

Test(simplify, casts)
{
	CHECK({"f32(s)", "s"}, {"i32(i64(w))", "w"}, {"u8(i64(w))", "u8(w)"}, {"i64(i32(v))", "i64(i32(v))"},
	      {"f32(f64(s))", "s"}, {"f64(f32(d))", "f64(f32(d))"}, {"f16(f32(h[k]))", "h[k]"},
	      {"f16(f32(h[k] + h[l]))", "f16(f32(h[k] + h[l]))"}, {"f32(i64(u))", "f32(u)"});
}

Test(simplify, floats_change_only_where_exact)
{
	CHECK({"s * 1.0", "s"}, {"s / 1.0", "s"}, {"s - 0.0", "s"}, {"s + 0.0", "s + 0.0"}, {"0.0 + s", "s + 0.0"},
	      {"s - s", "s - s"}, {"s * 0.0", "s * 0.0"}, {"s + 1.0 + 2.0", "s + 1.0 + 2.0"}, {"-(-s)", "s"},
	      {"max(s, s)", "s"}, {"s == s", "s == s"}, {"s * -1.0", "-s"}, {"max(0.0, s)", "max(0.0, s)"},
	      {"isnan(v)", "false"}, {"floor(v)", "v"});
}

Test(simplify, reductions)
{
	CHECK({"sum(k < 64) 3", "192"}, {"sum(i < n) 2", "n * 2"}, {"sum(k < 64) 1.0", "sum(k < 64) 1.0"},
	      {"sum(k < 64) 0.0", "0.0"}, {"max(k < 64) 2.0", "2.0"}, {"max(i < n) 2.0", "max(i < n) 2.0"},
	      {"any(k < 64) (q[k] < 3)", "any(k < 64) (q[k] < 3)"}, {"all(k < 64) (k < 64)", "true"},
	      {"sum(k < 64, l < 4) 1", "256"}, {"sum(k < 64) s", "sum(k < 64) s"});
}
