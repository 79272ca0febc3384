/* match.c: what is found in an attention, and why something else is declined. */
#include "fixture.h"
#include "plugins/sched-attention/attention.h"

#include <string.h>

TestSuite(attention_match, .init = set_up, .fini = tear_down);

static attention found(const char *source)
{
	attention a;
	const char *reason = NULL;
	cr_assert(attention_find(parse_task(source), &a, &reason), "declined: %s", reason);
	return a;
}

static const char *declined(const char *source)
{
	attention a;
	const char *reason = NULL;
	cr_assert_not(attention_find(parse_task(source), &a, &reason));
	cr_assert_not_null(reason);
	return reason;
}

static void expect_text(const hdt_expr *e, const char *wanted)
{
	cr_assert_str_eq(hdt_expr_text(e), wanted);
}

Test(attention_match, factors_are_over_the_axes_of_the_scores)
{
	attention a = found(attention_text(&(attention_shape){.queries = "5", .keys = "7"}));
	cr_assert_eq(a.batch_count, 2);
	expect_text(a.q, "q[b, h, i, d]");
	expect_text(a.k, "k[b, h, j, d]");
	expect_text(a.v, "v[b, h, j, e]");
	expect_text(a.at[2], "i");
	expect_text(a.at[3], "e");
	cr_assert_eq(a.real, HDT_F32);
	cr_assert_not(a.causal);
	cr_assert_eq(a.condition_count, 0);
}

Test(attention_match, score_and_result_take_what_is_put_in_the_place_of_the_sums)
{
	attention a = found(attention_text(&(attention_shape){.queries = "5",
	                                                      .keys = "7",
	                                                      .more = ", bias: f32[5, 7]",
	                                                      .score = "%s * 0.5 + bias[i, j]",
	                                                      .result = "-(%s)"}));
	const hdt_expr *x = hdt_number(context, HDT_F32, 3);
	expect_text(attention_score(&a, x), "bias[i, j] + 1.5");
	expect_text(attention_result(&a, x), "-3.0");
}

Test(attention_match, conditions_are_told_apart_and_causal_is_known)
{
	attention a =
		found(attention_text(&(attention_shape){.queries = "5",
	                                            .keys = "7",
	                                            .more = ", seen: bool[5, 7]",
	                                            .score = "select(j <= i, select(seen[i, j], %s, -inf), -inf)"}));
	const hdt_expr *seen;
	cr_assert(a.causal);
	cr_assert_eq(a.condition_count, 2);
	expect_text(attention_shown(&a, hdt_number(context, HDT_F32, 3), &seen), "3.0");
	expect_text(seen, "j <= i && seen[i, j]");
}

Test(attention_match, dimensions_of_the_output_may_come_in_any_order)
{
	attention a = found(attention_text(&(attention_shape){.queries = "5", .keys = "7", .turned = true}));
	expect_text(a.at[1], "i");
	expect_text(a.at[2], "h");
}

Test(attention_match, heads_that_are_shared_stay_in_the_index)
{
	attention a = found(attention_text(&(attention_shape){.queries = "5", .keys = "7", .served = 2}));
	expect_text(a.k, "k[b, h // 2, j, d]");
	expect_text(a.v, "v[b, h // 2, j, e]");
}

Test(attention_match, other_tasks_are_declined_with_a_reason)
{
	cr_assert_str_eq(declined("task @t(x: f32[4, 7]) -> (y) { y[i < 4, j < 7] = x[i, j] + 1.0 }"),
	                 "it is no softmax between two products");
	/* the maximum of something else */
	attention_shape shape = {.queries = "5", .keys = "7", .largest = "scores[b, h, i, l] + 1.0"};
	cr_assert_str_eq(declined(attention_text(&shape)), "it is no softmax between two products");
}

Test(attention_match, an_output_that_needs_the_scores_again_is_declined)
{
	cr_assert_not_null(
		declined(attention_text(&(attention_shape){.queries = "5", .keys = "7", .result = "(%s) + largest[b, h, i]"})));
}

Test(attention_match, template_declines_what_it_does_not_do_well)
{
	cr_assert_str_eq(reason_against(attention_text(&(attention_shape){.queries = "1", .keys = "900"})),
	                 "its keys would be laid out for a few queries");
	cr_assert_str_eq(reason_against(attention_text(&(attention_shape){.queries = "8", .keys = "8", .depth = "300"})),
	                 "the size of a head is not known, or large");
	cr_assert_str_eq(reason_against(attention_text(&(attention_shape){.queries = "8", .keys = "8", .dtype = "f64"})),
	                 "it is not computed in f32");
}

Test(attention_match, template_keeps_what_it_takes_and_no_more)
{
	const hdt_scheduler *s = &hdt_scheduler_attention_cpu;
	cr_assert(s->keeps(parse_task(attention_text(&(attention_shape){.queries = "5", .keys = "7"})), machine));
	cr_assert_not(s->keeps(parse_task(attention_text(&(attention_shape){.queries = "1", .keys = "7"})), machine));
}
