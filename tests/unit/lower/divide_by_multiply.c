/* divide_by_multiply.c: quotients and remainders by the numbers that a launch derives are exactly those of // and %. */
#include "fixture.h"

#include <stdlib.h>
#include <string.h>

TestSuite(divide_by_multiply, .init = fixture_init, .fini = fixture_fini);

/* What the pass made of p // n and p % n. */
typedef struct fast {
	const hdt_function *function;
	const hdt_expr *n, *p, *quotient, *remainder, *quotient_value, *remainder_value;
} fast;

static fast fast_of(const char *range)
{
	fast f = {0};
	hdt_program *program = program_of(hdt_format(c,
	                                             "program @k(x: i64[n], y: i64[2]) where n in %s {\n"
	                                             "  fn @k(x, y) cuda grid(n) block(8) {\n"
	                                             "    for p in 0..2147483647 { y[p // n] = y[p %% n]; } } }\n",
	                                             range));
	cr_assert_eq(run_pass(program, "divide"), HDT_OK, "%s", c->message);
	f.function = program->functions[0];
	f.n = program->symbols[0];
	const hdt_stmt *loop = f.function->body, *last = loop->body;
	cr_assert_eq(f.function->derived_count, 2, "%s", text_of(program));
	f.p = loop->axis;
	for (; last->next; last = last->next) {
		cr_assert_eq(last->kind, HDT_STMT_LET);
		if (!strncmp(last->axis->name, "quotient", 8))
			f.quotient = last->axis, f.quotient_value = last->value;
		else
			f.remainder = last->axis, f.remainder_value = last->value;
	}
	return f;
}

typedef struct numbers {
	int64_t magic, shift;
} numbers;

static numbers derive(const fast *f, int64_t n)
{
	numbers made;
	bindings b = {&f->n, &n, 1};
	cr_assert(expr_evaluate(f->function->derived[0], &b, &made.magic));
	cr_assert(expr_evaluate(f->function->derived[1], &b, &made.shift));
	cr_assert(made.magic >= 0 && made.magic <= UINT32_MAX && made.shift >= 31 && made.shift <= 62, "%lld: %lld %lld",
	          (long long)n, (long long)made.magic, (long long)made.shift);
	return made;
}

static uint64_t state = 1;
static int64_t random_numerator(void)
{
	state = state * UINT64_C(6364136223846793005) + 1442695040888963407;
	return (int64_t)(state >> 33);
}

static void check(int64_t n, numbers by, int64_t p)
{
	if (p < 0 || p > INT32_MAX)
		return;
	cr_assert_eq((p * by.magic) >> by.shift, p / n, "%lld // %lld", (long long)p, (long long)n);
}

/* Where the quotient steps, and at both ends. */
static void check_around(int64_t n, numbers by)
{
	const int64_t most = INT32_MAX / n;
	const int64_t steps[] = {
		0, 1, 2, most - 1, most, most / 2, random_numerator() % (most + 1), random_numerator() % (most + 1)};
	for (size_t i = 0; i < sizeof steps / sizeof *steps; i++)
		for (int64_t d = -1; d <= 1; d++)
			check(n, by, steps[i] * n + d);
	check(n, by, INT32_MAX);
	for (int i = 0; i < 4; i++)
		check(n, by, random_numerator());
}

Test(divide_by_multiply, every_divisor_up_to_70000_is_exact, .timeout = 120)
{
	fast f = fast_of("1..100000");
	for (int64_t n = 1; n <= 70000; n++)
		check_around(n, derive(&f, n));
}

Test(divide_by_multiply, large_divisors_are_exact)
{
	fast f = fast_of("1..2147483648");
	for (int i = 0; i < 20000; i++) {
		int64_t n = 1 + random_numerator();
		check_around(n, derive(&f, n));
	}
	for (int k = 0; k <= 31; k++)
		for (int64_t n = (INT64_C(1) << k) - 1; n <= (INT64_C(1) << k) + 1; n++)
			if (n > 0 && n <= INT64_C(1) << 31)
				check_around(n, derive(&f, n));
}

/* The expressions themselves, with the numbers as a launch hands them over. */
static void check_expressions(const fast *f, int64_t n, int64_t p)
{
	numbers by = derive(f, n);
	const hdt_expr *const *scalars = f->function->scalars + f->function->scalar_count - 2;
	const hdt_expr *names[] = {f->n, f->p, scalars[0], scalars[1], NULL};
	int64_t values[] = {n, p, by.magic, by.shift, 0}, quotient, remainder;
	int64_t want = n ? p / n : 0, rest = n ? p % n : 0;
	bindings b = {names, values, 4};
	cr_assert(expr_evaluate(f->quotient_value, &b, &quotient));
	names[4] = f->quotient;
	values[4] = quotient;
	b.count = 5;
	cr_assert(expr_evaluate(f->remainder_value, &b, &remainder));
	cr_assert(quotient == want && remainder == rest, "%lld by %lld: %lld, %lld", (long long)p, (long long)n,
	          (long long)quotient, (long long)remainder);
}

Test(divide_by_multiply, the_expressions_say_what_the_numbers_are_for)
{
	fast f = fast_of("1..4294967296");
	for (int i = 0; i < 4000; i++)
		check_expressions(&f, 1 + random_numerator() % (i % 2 ? INT32_MAX : 1000), random_numerator());
	check_expressions(&f, INT64_C(4294967296), INT32_MAX);
	check_expressions(&f, INT64_C(2147483648), INT32_MAX);
	check_expressions(&f, INT32_MAX, INT32_MAX);
}

Test(divide_by_multiply, names_know_their_bounds)
{
	int64_t min, max;
	fast f = fast_of("4..1000");
	cr_assert(hdt_bounds(f.quotient, &min, &max) && min == 0 && max == 2147483646 / 4);
	cr_assert(hdt_bounds(f.remainder, &min, &max) && min == 0 && max == 999);
}

/* Scalars are 5, 6, ... for the interpreter. */
Test(divide_by_multiply, numerators_and_divisors_of_any_sign_keep_their_meaning)
{
	keeps_meaning(
		"divide",
		"fn @k(y: i64[64], w: i32, v: i64) cuda grid(4) block(16) {\n"
		"  let p = threadIdx.x * 1000 + blockIdx.x;\n"
		"  y[threadIdx.x] = p // i64(w - 9) + (p - 5000) // v + p % (i64(w) * v) + p // (i64(w) - 5) + p % (v - 6);\n"
		"  y[threadIdx.x + 16] = i64((i32(threadIdx.x) + 3) // w) + i64((i32(threadIdx.x) + 3) % w);\n"
		"  y[threadIdx.x + 32] = select(5 < p, p // v, p % v); }\n");
}

Test(divide_by_multiply, kernels_and_sizes_alone_are_changed)
{
	static const char *const kept[] = {
		"fn @k(y: i64[64], n: i64) cpu { for i in 0..8 { y[i // n] = i % n; } }\n",
		"fn @k(y: i64[64], n: i64) cuda grid(2) block(8) { y[threadIdx.x // (blockIdx.x + 1)] = threadIdx.x % 7; }\n",
		"fn @k(y: i64[64], n: i64) cuda grid(2) block(8) { y[threadIdx.x // y[0]] = (n - 3) % n; }\n",
	};
	for (size_t i = 0; i < sizeof kept / sizeof *kept; i++) {
		hdt_program *program = program_of(kept[i]);
		const char *before = text_of(program);
		cr_assert_eq(run_pass(program, "divide"), HDT_OK, "%s", c->message);
		cr_assert_str_eq(text_of(program), before);
		cr_assert_eq(program->functions[0]->derived_count, 0);
	}
}

Test(divide_by_multiply, no_more_parameters_than_a_kernel_has_room_for)
{
	text source = {0};
	text_add(&source, "fn @k(y: i64[64], n: i32) cuda grid(1) block(8) {\n");
	for (int i = 1; i < 60; i++)
		text_format(&source, "  y[%d] = threadIdx.x // i64(n * %d);\n", i, i + 1);
	text_add(&source, "}\n");
	hdt_program *program = keeps_meaning("divide", source.data);
	text_free(&source);
	cr_assert_eq(program->functions[0]->derived_count, 48);
}
