/* Marks: what came after one goes, what was before stays as it was. */
#include "ir/mark.h"

#include "fixture.h"
#include <criterion/criterion.h>

static scope *s;

static void setup(void)
{
	s = scope_new();
}

static void teardown(void)
{
	scope_free(s);
}

TestSuite(mark, .init = setup, .fini = teardown);

/* More than the tables hold before they grow. */
static void make_many(void)
{
	for (int i = 0; i < 5000; i++) {
		cr_assert_not_null(hdt_intern(s->context, hdt_format(s->context, "name %d", i)));
		cr_assert_not_null(hdt_symbol(s->context, hdt_format(s->context, "size%d", i), 1, 7));
		cr_assert_not_null(hdt_add(scope_get(s, "n"), hdt_int(s->context, 1000 + i)));
	}
}

static int closed;
static void count_close(void *closure)
{
	(void)closure;
	closed++;
}

Test(mark, everything_newer_goes_as_often_as_wanted)
{
	const hdt_expr *n = scope_get(s, "n"), *old = hdt_add(n, hdt_int(s->context, 1));
	const char *name = hdt_intern(s->context, "old");
	ir_mark m;
	cr_assert(ir_mark_take(s->context, &m));
	uint32_t count = expr_count(s->context);
	arena_mark memory = arena_get_mark(&s->context->arena);
	for (int round = 1; round <= 3; round++) {
		make_many();
		cr_assert(context_on_free(s->context, count_close, NULL));
		ir_mark_rewind(s->context, &m);
		cr_assert_eq(closed, round, "what was to be told is told");
		cr_assert_eq(expr_count(s->context), count);
		arena_mark now = arena_get_mark(&s->context->arena);
		cr_assert(now.block == memory.block && now.used == memory.used);
	}
	cr_assert_eq(hdt_add(n, hdt_int(s->context, 1)), old, "what was there is found");
	cr_assert_eq(hdt_symbol(s->context, "n", 0, 2147483647), n);
	cr_assert_eq(hdt_intern(s->context, "old"), name);
	ir_mark_free(&m);
	make_many();
}

Test(mark, walks_after_a_rewind_see_every_node)
{
	const hdt_expr *n = scope_get(s, "n"), *v = scope_get(s, "v");
	const hdt_expr *old = hdt_mul(hdt_add(n, v), hdt_sub(n, v));
	ir_mark m;
	cr_assert(ir_mark_take(s->context, &m));
	for (int i = 0; i < 4; i++) {
		const hdt_expr *newer = hdt_add(old, hdt_mul(v, hdt_int(s->context, 77 + i)));
		cr_assert(expr_contains_op(newer, HDT_OP_MUL));
		cr_assert(expr_contains_op(old, HDT_OP_SUB));
		ir_mark_rewind(s->context, &m);
		cr_assert(expr_contains_op(old, HDT_OP_SUB));
	}
	ir_mark_free(&m);
}
