/* symbols_test.c: size expressions in both of sympy's spellings. */
#include "base/context.h"
#include "ir/expr.h"
#include "symbols.h"
#include <criterion/criterion.h>
#include <string.h>

static hdt_context *context;
static json_t *ranges;
static symbol_table symbols;

static void setup(void)
{
	context = context_new(NULL);
	ranges = json_loads(
		"{\"s0\": {\"min_val\": 2, \"max_val\": 64}, \"s1\": {\"min_val\": null, \"max_val\": null},"
		" \"s2\": {\"min_val\": 5, \"max_val\": 4}, \"s3\": {\"min_val\": 1, \"max_val\": 9223372036854775807}}",
		0, NULL);
	symbols = (symbol_table){.context = context, .ranges = ranges};
}

static void teardown(void)
{
	json_decref(ranges);
	context_free(context);
}

TestSuite(symbols, .init = setup, .fini = teardown);

/* The value of `source` where s0 = 6 and s1 = 10. */
static int64_t evaluate(const char *source)
{
	const hdt_expr *e = symbols_parse(&symbols, source, "x");
	cr_assert_not_null(e, "%s: %s", source, context->message);
	const hdt_expr *names[] = {hdt_symbol(context, "s0", 2, 64), hdt_symbol(context, "s1", 0, SYMBOLS_UNBOUNDED)};
	int64_t values[] = {6, 10}, result = -1;
	bindings b = {.symbols = names, .values = values, .count = 2};
	cr_assert(expr_evaluate(e, &b, &result), "%s", source);
	return result;
}

Test(symbols, reads_plain_arithmetic)
{
	cr_assert_eq(evaluate("s0"), 6);
	cr_assert_eq(evaluate("2*s0 + 1"), 13);
	cr_assert_eq(evaluate("s0 - s1"), -4);
	cr_assert_eq(evaluate("-s0 + 2*(s1 - 1)"), 12);
	cr_assert_eq(evaluate("(s1//4)"), 2);
	cr_assert_eq(evaluate("s0*s1/4"), 15);
	cr_assert_eq(evaluate("s0**2"), 36);
	cr_assert_eq(evaluate("s1 % 4"), 2);
	cr_assert_eq(evaluate("10 - 3 - 2"), 5);
}

Test(symbols, reads_constructor_form)
{
	cr_assert_eq(evaluate("Symbol('s0', positive=True, integer=True)"), 6);
	cr_assert_eq(evaluate("Mul(Integer(2), Symbol('s0', positive=True, integer=True))"), 12);
	cr_assert_eq(evaluate("Add(Mul(Integer(-1), Symbol('s0')), Symbol(\"s1\"), Integer(3))"), 7);
	cr_assert_eq(evaluate("Pow(Symbol('s0', positive=True, integer=True), Integer(2))"), 36);
}

Test(symbols, reads_functions)
{
	cr_assert_eq(evaluate("Max(1, s0)"), 6);
	cr_assert_eq(evaluate("Min(s0, s1, 3)"), 3);
	cr_assert_eq(evaluate("FloorDiv(s1, 4)"), 2);
	cr_assert_eq(evaluate("Mod(s1, 4)"), 2);
	cr_assert_eq(evaluate("torch.utils._sympy.functions.FloorDiv(s1, s0)"), 1);
	cr_assert_eq(evaluate("Where(Gt(s0, s1), 1, 2)"), 2);
}

Test(symbols, reads_comparisons)
{
	cr_assert_eq(evaluate("s0 <= 6"), 1);
	cr_assert_eq(evaluate("s0 > s1"), 0);
	cr_assert_eq(evaluate("Eq(s0, 6)"), 1);
	cr_assert_eq(evaluate("And(Ne(s0, 6), True)"), 0);
	cr_assert_eq(evaluate("Not(s0 >= s1)"), 1);
}

Test(symbols, take_their_range)
{
	int64_t min, max;
	cr_assert(hdt_bounds(symbols_parse(&symbols, "s0", "x"), &min, &max) && min == 2 && max == 64);
	cr_assert(hdt_bounds(symbols_parse(&symbols, "s1", "x"), &min, &max) && min == 0 && max == SYMBOLS_UNBOUNDED);
	cr_assert(hdt_bounds(symbols_parse(&symbols, "s3", "x"), &min, &max) && min == 1 && max == SYMBOLS_UNBOUNDED);
}

static void refuse(const char *source, const char *word)
{
	cr_assert_null(symbols_parse(&symbols, source, "tensor x"), "%s", source);
	cr_assert(strstr(context->message, word) && strstr(context->message, "tensor x"), "%s: %s", source,
	          context->message);
	context_clear_fault(context);
}

Test(symbols, refuse_what_cannot_be_read)
{
	refuse("", "cannot be read");
	refuse("2 *", "cannot be read");
	refuse("(s0", "parenthesis");
	refuse("Max(s0", "parenthesis");
	refuse("s0 s1", "after its end");
	refuse("sin(s0)", "not supported");
	refuse("FloorDiv(s0)", "number of arguments");
	refuse("Symbol()", "cannot be read");
	refuse("Symbol('')", "without a name");
	refuse("s0**s1", "power");
	refuse("s0**-1", "power");
	refuse("99999999999999999999", "too large");
	refuse("1.5*s0", "not whole");
	refuse("s2", "range is empty");
}

Test(symbols, refuse_deep_and_long_text)
{
	char deep[4000];
	memset(deep, '(', sizeof(deep));
	deep[sizeof(deep) - 1] = 0;
	refuse(deep, "too deeply");
	memset(deep, '-', sizeof(deep) - 1);
	refuse(deep, "too deeply");
	char longer[5000];
	memset(longer, '1', sizeof(longer));
	longer[sizeof(longer) - 1] = 0;
	refuse(longer, "too long");
}

Test(symbols, read_sizes_of_the_schema)
{
	json_t *fixed = json_loads("{\"as_int\": 7}", 0, NULL);
	json_t *symbolic = json_loads("{\"as_expr\": {\"expr_str\": \"2*s0\", \"hint\": {\"as_int\": 8}}}", 0, NULL);
	json_t *neither = json_loads("{\"as_float\": 1.5}", 0, NULL);
	int64_t value;
	cr_assert(hdt_is_const(symbols_size(&symbols, fixed, "x"), &value) && value == 7);
	cr_assert_not_null(symbols_size(&symbols, symbolic, "x"));
	cr_assert_null(symbols_size(&symbols, neither, "x"));
	json_decref(fixed);
	json_decref(symbolic);
	json_decref(neither);
}
