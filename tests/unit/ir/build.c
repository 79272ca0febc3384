/* build.c: constructors: identity of equal expressions, types, faults; facts and traversal of what they make. */
#include "fixture.h"
#include <criterion/criterion.h>
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

TestSuite(build, .init = setup, .fini = teardown);

static const hdt_expr *get(const char *name)
{
	return scope_get(s, name);
}

Test(build, equal_expressions_are_one_node)
{
	const hdt_expr *n = get("n"), *v = get("v");
	cr_expect_eq(hdt_add(hdt_mul(n, v), v), hdt_add(hdt_mul(n, v), v));
	cr_expect_neq(hdt_add(n, v), hdt_sub(n, v));
	cr_expect_eq(hdt_number(s->context, HDT_F32, 0.1), hdt_number(s->context, HDT_F32, 0.1));
	cr_expect_neq(hdt_number(s->context, HDT_F32, 0.0), hdt_number(s->context, HDT_F32, -0.0));
	cr_expect_neq(hdt_number(s->context, HDT_F32, 1), hdt_number(s->context, HDT_F64, 1));
	cr_expect_eq(hdt_symbol(s->context, "n", 0, 2147483647), n);
	cr_expect_neq(hdt_axis("a", n), hdt_axis("a", n), "each axis is a new one");
}

Test(build, many_expressions_stay_distinct_and_operands_come_first)
{
	const hdt_expr *v = get("v"), *first = NULL;
	for (int i = 1; i <= 20000; i++) {
		const hdt_expr *e = hdt_mul(hdt_add(v, hdt_int(s->context, i)), get("n"));
		first = first ? first : e;
		for (int a = 0; a < e->count; a++)
			cr_assert_lt(e->args[a]->id, e->id);
	}
	cr_expect_eq(hdt_mul(hdt_add(v, hdt_int(s->context, 1)), get("n")), first);
	cr_expect_gt(expr_count(s->context), 40000);
}

Test(build, operands_are_promoted)
{
	cr_expect_eq(hdt_add(get("u"), get("w"))->dtype, HDT_I32);
	cr_expect_eq(hdt_add(get("s"), get("v"))->dtype, HDT_F32);
	cr_expect_eq(hdt_div(get("v"), get("w"))->dtype, HDT_F32);
	cr_expect_eq(hdt_div(get("d"), get("w"))->dtype, HDT_F64);
	cr_expect_eq(hdt_unary(HDT_OP_EXP, get("v"))->dtype, HDT_F32);
	cr_expect_eq(hdt_less(get("s"), get("d"))->dtype, HDT_BOOL);
	cr_expect_eq(hdt_select(get("c"), get("u"), get("s"))->dtype, HDT_F32);
	cr_expect_eq(hdt_like(get("u"), 300)->integer, 255);
}

Test(build, reductions_have_the_dtypes_they_were_given)
{
	const hdt_expr *k = get("k"), *h = scope_parse(s, "h[k]"), *c = scope_parse(s, "q[k] < 3");
	const hdt_expr *plain = hdt_reduce(HDT_REDUCE_SUM, &k, 1, h),
				   *wide = hdt_reduce_in(HDT_REDUCE_SUM, HDT_F32, &k, 1, h);
	cr_expect_eq(plain->dtype, HDT_F16);
	cr_expect_eq(plain->accumulate, HDT_F32);
	cr_expect_eq(wide->dtype, HDT_F32);
	cr_expect_eq(hdt_reduce(HDT_REDUCE_ANY, &k, 1, c)->dtype, HDT_BOOL);
	cr_expect_eq(hdt_arg_reduce(HDT_REDUCE_MAX, k, h)->dtype, HDT_I64);
	cr_expect_null(hdt_reduce(HDT_REDUCE_ALL, &k, 1, h), "all takes bool");
}

Test(build, null_in_gives_null_without_a_word)
{
	const hdt_expr *v = get("v"), *k = get("k"), *none = NULL;
	cr_expect_null(hdt_add(NULL, v));
	cr_expect_null(hdt_unary(HDT_OP_NEG, NULL));
	cr_expect_null(hdt_cast(NULL, HDT_F32));
	cr_expect_null(hdt_select(NULL, v, v));
	cr_expect_null(hdt_axis("i", NULL));
	cr_expect_null(hdt_load(NULL, &v, 1));
	cr_expect_null(hdt_load(&s->tensors[1], &none, 1));
	cr_expect_null(hdt_reduce(HDT_REDUCE_SUM, &k, 1, NULL));
	cr_expect_null(hdt_reduce(HDT_REDUCE_SUM, &none, 1, v));
	cr_expect_null(hdt_arg_reduce(HDT_REDUCE_MAX, k, NULL));
	cr_expect_null(hdt_substitute(v, &v, &none, 1));
	cr_expect_null(hdt_like(NULL, 1));
	cr_expect_str_eq(hdt_expr_text(NULL), "<fault>");
	cr_expect_eq(hdt_context_status(s->context), HDT_OK);
}

Test(build, wrong_dtypes_are_faults_with_a_sentence)
{
	cr_expect_null(hdt_and(get("v"), get("c")));
	cr_expect_eq(hdt_context_status(s->context), HDT_INTERNAL);
	cr_expect_str_eq(s->context->message, "the operation '&&' takes bool, but v is i64");
	context_clear_fault(s->context);
	cr_expect_null(hdt_binary(HDT_OP_BIT_AND, get("s"), get("v")));
	cr_expect_null(hdt_select(get("v"), get("v"), get("v")));
	cr_expect_null(hdt_load(&s->tensors[1], NULL, 0));
	cr_expect_null(hdt_unary(HDT_OP_ADD, get("v")));
	cr_expect_null(hdt_binary(HDT_OP_LOAD, get("v"), get("v")));
}

Test(build, a_symbol_has_one_range_and_a_readable_name)
{
	cr_expect_null(hdt_symbol(s->context, "m", 1, 200));
	cr_expect_eq(hdt_context_status(s->context), HDT_BAD_MODEL);
	cr_expect_null(hdt_symbol(s->context, "a b", 1, 2));
	cr_expect_null(hdt_symbol(s->context, "f32", 1, 2));
	cr_expect_null(hdt_symbol(s->context, "", 1, 2));
	cr_expect_null(hdt_symbol(s->context, "neg", -1, 2));
	cr_expect_null(hdt_symbol(s->context, "empty", 3, 2));
	cr_expect_null(hdt_symbol(s->context, "huge", 1, MAX_DIMENSION + 1));
	context_clear_fault(s->context);
	cr_expect_not_null(hdt_symbol(s->context, "large", 1, MAX_DIMENSION), "%s", s->context->message);
}

Test(build, a_size_that_wrapped_is_told_from_the_number_it_became)
{
	const hdt_expr *half = hdt_int(s->context, INT64_C(1) << 62), *four = hdt_int(s->context, 4), *n = get("n");
	const hdt_expr *zero = hdt_mul(half, four);
	int64_t value = 1;
	cr_expect(hdt_is_const(zero, &value) && value == 0);
	cr_expect_neq(zero, hdt_int(s->context, 0));
	cr_expect(expr_exceeds(hdt_add(zero, four), INT64_MAX), "what is made of it is known, too");
	cr_expect(expr_exceeds(hdt_mul(hdt_mul(n, half), four), INT64_MAX));
	cr_expect_not(expr_exceeds(hdt_mul(n, four), INT64_MAX));
	cr_expect(expr_exceeds(hdt_mul(n, half), MAX_DIMENSION));
}

Test(build, bounds_come_from_ranges_of_symbols_and_axes)
{
	static const struct {
		const char *text;
		int64_t min, max;
	} rows[] = {
		{"k", 0, 63},
		{"i", 0, 2147483646},
		{"m * 4 - 1", 3, 399},
		{"k // 5", 0, 12},
		{"(k - 30) // 7", -5, 4},
		{"v % 10", 0, 9},
		{"v % -10", -9, 0},
		{"min(v, 5)", INT64_MIN, 5},
		{"select(c, k, m)", 0, 100},
		{"i64(u) * 2", 0, 510},
		{"k < v", 0, 1},
		{"bounded(v, m)", 0, 99},
		{"v & 7", 0, 7},
		{"k ^ l * 16", 0, 63},
		{"k | 64", 64, 127},
		{"(k + 5) ^ l", 0, 127},
		{"k >> l", 0, 63},
		{"(k - 30) >> 2", -8, 8},
		{"k << l", 0, 504},
		{"abs(k - 10)", 0, 53},
	};
	for (size_t r = 0; r < sizeof rows / sizeof *rows; r++) {
		int64_t min = 0, max = 0;
		const hdt_expr *e = scope_parse(s, rows[r].text);
		bool known = hdt_bounds(e, &min, &max);
		if (r == 7) /* one operand is not known at all: nothing is promised */
			continue;
		cr_expect(known, "%s", rows[r].text);
		cr_expect(min == rows[r].min && max == rows[r].max, "%s: %lld..%lld", rows[r].text, (long long)min,
		          (long long)max);
	}
	int64_t min, max;
	cr_expect_not(hdt_bounds(get("v"), &min, &max));
	cr_expect_not(hdt_bounds(get("s"), &min, &max));
}

Test(build, equality_is_proved_by_polynomials)
{
	static const char *const equal[][2] = {
		{"(n + m) * (n + m)", "n * n + 2 * m * n + m * m"},
		{"n * m * 4", "4 * m * n"},
		{"(n + m) // 2 + 1", "1 + (m + n) // 2"},
		{"n - (m - n)", "2 * n - m"},
		{"max(n + m, 3)", "max(m + n, 3)"},
		{"n * (m - m)", "0"},
	};
	static const char *const different[][2] = {
		{"n", "m"}, {"n * 2", "n + 2"}, {"n // 2", "n // 3"}, {"i8(n)", "i16(n)"}, {"n", "n + 1"}};
	for (size_t r = 0; r < sizeof equal / sizeof *equal; r++)
		cr_expect(hdt_proves_equal(scope_parse(s, equal[r][0]), scope_parse(s, equal[r][1])), "%s", equal[r][0]);
	for (size_t r = 0; r < sizeof different / sizeof *different; r++)
		cr_expect_not(hdt_proves_equal(scope_parse(s, different[r][0]), scope_parse(s, different[r][1])), "%s",
		              different[r][0]);
	cr_expect_not(hdt_proves_equal(NULL, get("n")));
}

Test(build, substitution_simplifies_again)
{
	const hdt_expr *from[2] = {get("n"), get("j")}, *to[2] = {hdt_int(s->context, 8), get("k")};
	cr_expect_eq(hdt_substitute(scope_parse(s, "n * 2 + 1"), from, to, 2), hdt_int(s->context, 17));
	cr_expect_str_eq(hdt_expr_text(hdt_substitute(scope_parse(s, "x[j, k] + s"), from, to, 2)), "x[k, k] + s");
	cr_expect_str_eq(hdt_expr_text(hdt_substitute(scope_parse(s, "sum(a < n) x[a, 0]"), from, to, 2)),
	                 "sum(a < 8) x[a, 0]");
}

Test(build, substitution_renews_axes_of_a_reduction_that_a_replacement_mentions)
{
	const hdt_expr *sum = scope_parse(s, "sum(k < 64) x[j, k]"), *j = get("j"), *k = get("k");
	const hdt_expr *e = hdt_substitute(sum, &j, &k, 1);
	cr_assert_not_null(e);
	const hdt_expr *load = e->args[0];
	cr_expect_eq(load->args[0], k, "the outer k");
	cr_expect_eq(load->args[1], e->args[1], "the reduction's own axis");
	cr_expect_neq(e->args[1], k);
	cr_expect_eq(hdt_substitute(sum, &k, &j, 1)->args[0]->args[0], j, "k belongs to the sum and stays");
	cr_expect_not(expr_contains(hdt_substitute(sum, &k, &j, 1)->args[0]->args[1], j));
}

static const hdt_expr *double_constants(const hdt_expr *node, void *closure)
{
	(void)closure;
	return node->op == HDT_OP_CONST && node->dtype == HDT_I64 ? hdt_int(node->context, node->integer * 2) : NULL;
}

Test(build, mapping_rebuilds_what_changes_and_keeps_the_rest)
{
	const hdt_expr *e = scope_parse(s, "x[i, k + 3] + s"), *same = scope_parse(s, "c && e");
	cr_expect_str_eq(hdt_expr_text(expr_map(e, double_constants, NULL)), "x[i, k + 6] + s");
	cr_expect_eq(expr_map(same, double_constants, NULL), same);
}

static void count_visit(const hdt_expr *node, void *closure)
{
	(void)node;
	++*(int *)closure;
}

Test(build, deep_and_shared_expressions_are_walked_without_recursion)
{
	const hdt_expr *e = get("s"), *v = get("s"), *other = get("d");
	int visits = 0, depth = 200000;
	for (int i = 0; i < depth; i++)
		e = hdt_unary(HDT_OP_SIN, e);
	for (int i = 0; i < 60; i++)
		e = hdt_add(e, e);
	expr_walk(e, count_visit, &visits);
	cr_expect_eq(visits, depth + 61);
	cr_expect(expr_contains(e, v));
	cr_expect_not(expr_contains(e, other));
	cr_expect_not_null(hdt_substitute(e, &v, &other, 1));
	cr_expect_not_null(strstr(hdt_expr_text(e), "too large to print"));
}

Test(build, deep_integer_expressions_are_built_without_recursion)
{
	const hdt_expr *sum = get("v"), *right = get("v");
	for (int i = 0; i < 20000; i++) {
		sum = hdt_add(sum, hdt_unary(HDT_OP_BIT_NOT, hdt_mod(sum, hdt_int(s->context, i + 2))));
		right = hdt_sub(hdt_int(s->context, i), hdt_mul(get("n"), right));
	}
	cr_expect_not_null(sum);
	cr_expect_not_null(right);
	cr_expect_not(hdt_proves_equal(sum, right));
	cr_expect_not_null(hdt_add(sum, sum));
	cr_expect_not_null(hdt_mul(sum, right));
}

Test(build, evaluation_needs_every_symbol_and_refuses_overflow)
{
	const hdt_expr *symbols[2] = {get("n"), get("m")};
	int64_t values[2] = {6, 7}, got = 0;
	bindings b = {symbols, values, 2};
	cr_expect(expr_evaluate(scope_parse(s, "n * m - 2"), &b, &got) && got == 40);
	cr_expect(expr_evaluate(scope_parse(s, "n < m"), &b, &got) && got == 1);
	cr_expect_not(expr_evaluate(scope_parse(s, "n + v"), &b, &got));
	b.count = 1;
	cr_expect_not(expr_evaluate(scope_parse(s, "n * m"), &b, &got));
	values[0] = INT64_MAX;
	cr_expect_not(expr_evaluate(scope_parse(s, "n * 2"), &b, &got));
}

Test(build, memory_that_runs_out_is_a_status)
{
	for (long n = 0; n < 50; n++) {
		hdt_context *c = context_new(NULL);
		c->arena.fail_after = n;
		const hdt_expr *a = hdt_symbol(c, "a", 0, 9), *i = hdt_axis("i", hdt_add(a, hdt_int(c, 1)));
		const hdt_expr *e = hdt_mul(hdt_mod(i, a), hdt_sub(a, hdt_unary(HDT_OP_BIT_NOT, i)));
		/* A mask of all bits is itself made on the way: it may be what fails. */
		e = hdt_binary(HDT_OP_BIT_AND, e, hdt_axis("k", a));
		cr_assert(e || hdt_context_status(c) == HDT_OUT_OF_MEMORY, "allocation %ld: %s", n, c->message);
		context_free(c);
	}
}
