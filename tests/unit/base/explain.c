/* Tests of what passes tell. */
#include "base/explain.h"

#include <criterion/criterion.h>

static hdt_context *c;
static explanation e;

static void setup(void)
{
	c = context_new(NULL);
	explain_begin(&e, c, false);
}
static void teardown(void)
{
	context_free(c);
}
TestSuite(explain, .init = setup, .fini = teardown);

static void expect(const char *want)
{
	text t = {0};
	explain_print(&e, &t);
	cr_assert_str_eq(t.data ? t.data : "", want);
	text_free(&t);
}

Test(explain, of_a_kind_the_first_line_is_told_with_the_number_of_the_others)
{
	for (int i = 0; i < 4; i++)
		explain_line(&e, "kind", "%%%d: too small", i);
	explain_line(&e, "another kind", "%%1: too large");
	expect("%0: too small (and 3 more)\n%1: too large\n");
}

Test(explain, values_that_it_names_do_not_make_another_kind)
{
	explain_line(&e, "beside %0", "%%2: beside %%0");
	explain_line(&e, "beside %a_1", "%%3: beside %%a_1");
	explain_line(&e, "beside it", "%%4: beside it");
	expect("%2: beside %0 (and 1 more)\n%4: beside it\n");
}

Test(explain, lines_without_a_kind_stand_for_themselves)
{
	explain_line(&e, NULL, "one");
	explain_line(&e, NULL, "two");
	expect("one\ntwo\n");
}

Test(explain, the_same_line_is_told_once_and_counts_once)
{
	for (int i = 0; i < 3; i++)
		explain_line(&e, "kind", "%%0: too small");
	expect("%0: too small\n");
}

Test(explain, every_line_is_told_when_asked_for)
{
	e.every = true;
	explain_line(&e, "kind", "%%0: too small");
	explain_line(&e, "kind", "%%1: too small");
	expect("%0: too small\n%1: too small\n");
}

Test(explain, a_value_is_meant_by_its_whole_name)
{
	cr_assert(explain_matches("not fused: %1 = product", "%1"));
	cr_assert_not(explain_matches("not fused: %12 = product", "%1"));
	cr_assert_not(explain_matches("not fused: %1_b = product", "%1"));
	cr_assert(explain_matches("not fused: %12 = product and %1: because", "%1"));
	cr_assert(explain_matches("not fused: %12 = product", "prod"));
	cr_assert_not(explain_matches("not fused: %12 = product", "plus"));
}
