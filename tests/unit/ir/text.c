/* text.c: the text form: what is printed, that it reads back, tokens, attributes, and faults with their place. */
#include "fixture.h"
#include <criterion/criterion.h>
#include <locale.h>
#include <math.h>
#include <string.h>

static scope *s;

static void setup(void)
{
	s = scope_new();
}

static void teardown(void)
{
	scope_free(s);
}

TestSuite(text, .init = setup, .fini = teardown);

Test(text, canonical_text_reads_back_as_the_same_node)
{
	static const char *const texts[] = {
		"v",
		"-v",
		"v - n",
		"(v - n) * m",
		"v * n // m % 3",
		"v * (n // m)",
		"v - (n - m * v) // 2",
		"-(v * n)",
		"-v * n",
		"~v & 3 | n ^ m",
		"(v & 3) == n",
		"c && e || !c && (e || c)",
		"!(c && e)",
		"v < n == c",
		"(v << 2) + 1 >> 3",
		"1.5",
		"s * 0.1",
		"f64(0.1)",
		"f64(s)",
		"d * f64(1e-300)",
		"f16(0.1)",
		"bf16(-inf)",
		"nan",
		"inf",
		"-inf",
		"f64(nan)",
		"-0.0",
		"1e+20",
		"i32(3)",
		"u64(-1)",
		"u8(200)",
		"(-9223372036854775807 - 1)",
		"u64((-9223372036854775807 - 1))",
		"w + i32(-3)",
		"v - 3",
		"s + -3.0",
		"s - -3.0",
		"true",
		"x[i, k] * s",
		"max(s, 0.0)",
		"max(k < 64) x[i, k]",
		"sum(k < 64) x[i, k] * x[j, k]",
		"sum(k < 64) (x[i, k] + s)",
		"sum(k < 64) (-x[i, k])",
		"(sum(k < 64) x[i, k]) * s",
		"(sum(k < 64) x[i, k]) / 64.0",
		"s + sum(k < 64) x[i, k] + s",
		"s - (sum(k < 64) x[i, k] - s)",
		"sum(k < 64) max(l < 4) x[l, k]",
		"sum<f64>(k < 64) x[i, k]",
		"sum(k < 64) h[k]",
		"sum<f32>(k < 64) h[k]",
		"sum<i32>(k < 64) g[k]",
		"avg(k < 64, l < 4) x[l, k]",
		"argmax(k < 64) h[k]",
		"argmin(k < 64) (h[k] - h[l])",
		"any(k < 64) (q[k] < 3)",
		"prod(i < n) x[i, 0]",
		"select(v < 3, s, exp(s))",
		"bounded(v, n)",
		"sqrt(s)",
		"atan2(s, s)",
		"f32(i64(g[k]) + v)",
		"pow(s, 2.0)",
		"!isnan(s)",
	};
	for (size_t i = 0; i < sizeof texts / sizeof *texts; i++) {
		const hdt_expr *e = scope_parse(s, texts[i]);
		cr_assert(e, "%s: %s", texts[i], s->context->message);
		cr_expect_str_eq(hdt_expr_text(e), texts[i]);
		cr_expect_eq(scope_parse(s, hdt_expr_text(e)), e, "%s", texts[i]);
	}
}

Test(text, other_spellings_are_understood)
{
	static const char *const rows[][2] = {
		{"v>n", "n < v"},
		{"v >= n", "n <= v"},
		{"v%3", "v % 3"},
		{"((v))", "v"},
		{"1 + # one\n v", "v + 1"},
		{"f64(3)", "f64(3.0)"},
		{"sum( k<64 )x[i,k]", "sum(k < 64) x[i, k]"},
		{"- 3", "-3"},
		{"max(k, n) + 1", "max(k, n) + 1"},
		{"1e3", "1000.0"},
		{"1.5e9", "1.5e+09"},
	};
	for (size_t i = 0; i < sizeof rows / sizeof *rows; i++) {
		const hdt_expr *e = scope_parse(s, rows[i][0]);
		cr_assert(e, "%s: %s", rows[i][0], s->context->message);
		cr_expect_str_eq(hdt_expr_text(e), rows[i][1]);
	}
}

Test(text, floats_read_back_exactly_in_every_locale)
{
	uint64_t state = 7;
	setlocale(LC_ALL, "de_DE.UTF-8"); /* where it is installed: a comma */
	for (int i = 0; i < 3000; i++) {
		double value;
		state = state * UINT64_C(6364136223846793005) + 1442695040888963407u;
		uint64_t bits = state ^ state >> 29;
		memcpy(&value, &bits, sizeof value);
		hdt_dtype dtype = (hdt_dtype)(HDT_F16 + i % 4);
		const hdt_expr *e = hdt_number(s->context, dtype, i % 8 < 4 ? value : (double)(int32_t)bits / 1000);
		cr_assert_eq(scope_parse(s, hdt_expr_text(e)), e, "%s", hdt_expr_text(e));
	}
}

Test(text, faults_tell_place_and_reason_with_a_caret)
{
	static const char *const rows[][2] = {
		{"v + ", "test:1:5: expected an expression\n  v + \n      ^"},
		{"v +\n  (n * 2", "test:2:9: expected ')' after an expression in parentheses\n    (n * 2\n          ^"},
		{"v + zz", "test:1:5: unknown name 'zz'\n  v + zz\n      ^"},
		{"1 + sine(s)", "test:1:5: there is no function 'sine'\n  1 + sine(s)\n      ^"},
		{"exp(s, s)", "test:1:1: exp takes 1 operand, not 2\n  exp(s, s)\n  ^"},
		{"x[i]", "test:1:1: 'x' has 2 dimensions and is read at 1 index\n  x[i]\n  ^"},
		{"y[i]", "test:1:1: there is no tensor 'y' here\n  y[i]\n  ^"},
		{"9223372036854775808", "test:1:1: this integer does not fit 64 bits\n  9223372036854775808\n  ^"},
		{"3x", "test:1:1: a number is followed by 'x'\n  3x\n  ^"},
		{"v && c", "test:1:3: the operation '&&' takes bool, but v is i64\n  v && c\n    ^"},
		{"v\t+ $", "test:1:5: '$' means nothing here\n  v + $\n      ^"},
		{"v + \x01", "test:1:5: the byte 0x01 means nothing here\n  v +  \n      ^"},
		{"v n", "test:1:3: expected the end of the expression\n  v n\n    ^"},
		{"sum(64) v", "test:1:5: expected the name of an axis to reduce over, as in sum(k < 7)\n  sum(64) v\n      ^"},
	};
	for (size_t i = 0; i < sizeof rows / sizeof *rows; i++) {
		cr_expect_null(scope_parse(s, rows[i][0]));
		cr_expect_eq(hdt_context_status(s->context), HDT_BAD_MODEL);
		cr_expect_str_eq(s->context->message, rows[i][1]);
		context_clear_fault(s->context);
	}
}

static void expect_refused(char open, const char *reason)
{
	char deep[5001];
	memset(deep, open, 5000);
	deep[5000] = '\0';
	cr_expect_null(scope_parse(s, deep));
	cr_expect_not_null(strstr(s->context->message, reason));
	context_clear_fault(s->context);
}

Test(text, nesting_is_limited_and_chains_are_not)
{
	text chain = {0};
	expect_refused('(', "nest more than 200 deep");
	expect_refused('-', "nest more than 200 deep");
	expect_refused('~', "nest more than 200 deep");
	for (int i = 0; i < 20000; i++)
		text_add(&chain, i ? " + s" : "s");
	cr_expect_not_null(scope_parse(s, chain.data));
	text_free(&chain);
}

Test(text, a_long_line_is_shown_around_the_fault)
{
	text line = {0};
	for (int i = 0; i < 1000; i++)
		text_add(&line, "v + ");
	text_add(&line, "$");
	cr_expect_null(scope_parse(s, line.data));
	cr_expect_lt(strlen(s->context->message), 300);
	cr_expect_not_null(strstr(s->context->message, "test:1:4001: "));
	text_free(&line);
}

static token_kind kind_of(const char *source)
{
	parser p;
	scope_start(s, &p, source);
	return p.now.kind;
}

Test(text, tokens)
{
	parser p;
	cr_expect_eq(kind_of("%0"), TOKEN_VALUE);
	cr_expect_eq(kind_of("% 0"), TOKEN_PUNCTUATION);
	cr_expect_eq(kind_of("@f"), TOKEN_SYMBOL_NAME);
	cr_expect_eq(kind_of("# only a comment"), TOKEN_END);
	cr_expect_eq(kind_of("\"a\""), TOKEN_STRING);
	scope_start(s, &p, "1..64 a.b n..m -> 2.5e3 \"q\\\"\\x41\\n\"");
	static const char *const expected[] = {"1", "..", "64", "a.b", "n", "..", "m", "->", "2.5e3", "q\"A\n"};
	for (size_t i = 0; i < sizeof expected / sizeof *expected; i++, parser_next(&p))
		cr_expect_str_eq(p.now.text, expected[i]);
	cr_expect_eq(p.now.kind, TOKEN_END);
	scope_start(s, &p, "\"open");
	cr_expect(p.failed);
	parser_next(&p);
	cr_expect_eq(p.now.kind, TOKEN_END, "a parser is sticky");
	cr_expect_null(parse_expr(&p));
	cr_expect_eq(parse_dtype(&p), HDT_DTYPE_NONE);
}

Test(text, attributes_read_back)
{
	static const struct {
		const char *text;
		hdt_attribute_kind kind;
	} rows[] = {
		{"none", HDT_ATTRIBUTE_NONE},
		{"3", HDT_ATTRIBUTE_INT},
		{"-1", HDT_ATTRIBUTE_INT},
		{"(-9223372036854775807 - 1)", HDT_ATTRIBUTE_INT},
		{"0.1", HDT_ATTRIBUTE_FLOAT},
		{"-2.5", HDT_ATTRIBUTE_FLOAT},
		{"1e-05", HDT_ATTRIBUTE_FLOAT},
		{"inf", HDT_ATTRIBUTE_FLOAT},
		{"-inf", HDT_ATTRIBUTE_FLOAT},
		{"nan", HDT_ATTRIBUTE_FLOAT},
		{"true", HDT_ATTRIBUTE_BOOL},
		{"f16", HDT_ATTRIBUTE_DTYPE},
		{"\"a\\\"b\\\\\\n\\x01\"", HDT_ATTRIBUTE_STRING},
		{"[]", HDT_ATTRIBUTE_DIMS},
		{"[1, n, n * 2 - 1]", HDT_ATTRIBUTE_DIMS},
		{"[1, 1, 1, 1, 1, 1, 1, 1, 1, 1]", HDT_ATTRIBUTE_DIMS},
	};
	for (size_t i = 0; i < sizeof rows / sizeof *rows; i++) {
		parser p;
		hdt_attribute_value value = {.name = "a"};
		text printed = {0};
		scope_start(s, &p, rows[i].text);
		cr_assert(parse_attribute(&p, &value), "%s: %s", rows[i].text, s->context->message);
		cr_expect_eq(value.kind, rows[i].kind, "%s", rows[i].text);
		cr_expect_eq(p.now.kind, TOKEN_END, "%s", rows[i].text);
		attribute_print(&printed, &value);
		cr_expect_str_eq(printed.data, rows[i].text);
		text_free(&printed);
	}
}

Test(text, a_lone_dimension_is_a_list_of_one_and_bad_attributes_are_faults)
{
	parser p;
	hdt_attribute_value value = {.name = "a"};
	scope_start(s, &p, "n * 2");
	cr_expect(parse_attribute(&p, &value));
	cr_expect_eq(value.kind, HDT_ATTRIBUTE_DIMS);
	cr_expect_eq(value.count, 1);
	static const char *const bad[] = {"", "[1", "[1.5]", "[s]", "s", ")", "-", "[,]", "-nan"};
	for (size_t i = 0; i < sizeof bad / sizeof *bad; i++) {
		scope_start(s, &p, bad[i]);
		cr_expect_not(parse_attribute(&p, &value), "%s", bad[i]);
		cr_expect_neq(hdt_context_status(s->context), HDT_OK, "%s", bad[i]);
		context_clear_fault(s->context);
	}
}

Test(text, dimensions)
{
	parser p;
	const hdt_expr *dims[HDT_MAX_RANK];
	scope_start(s, &p, "[n, 4, n * m]");
	cr_expect_eq(parse_dims(&p, dims), 3);
	scope_start(s, &p, "[]");
	cr_expect_eq(parse_dims(&p, dims), 0);
	scope_start(s, &p, "[1, 1, 1, 1, 1, 1, 1, 1, 1]");
	cr_expect_eq(parse_dims(&p, dims), -1);
}
