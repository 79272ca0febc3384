/* results.c: attention of all shapes on this processor against the reference evaluator. */
#include "fixture.h"

TestSuite(attention_cpu, .init = set_up, .fini = tear_down, .timeout = 300);

#define RUN(...) run(attention_text(&(attention_shape){__VA_ARGS__}))

Test(attention_cpu, whole_tiles)
{
	RUN(.queries = "28", .keys = "64", .depth = "32", .width = "32");
}

Test(attention_cpu, sizes_that_no_tile_divides)
{
	RUN(.queries = "37", .keys = "41", .depth = "24", .width = "40");
	RUN(.queries = "19", .keys = "33", .depth = "5", .width = "3");
	RUN(.queries = "4", .keys = "1", .depth = "1", .width = "1");
	RUN(.queries = "5", .keys = "3", .depth = "2", .width = "17");
}

Test(attention_cpu, heads_as_large_as_they_may_be)
{
	RUN(.queries = "6", .keys = "20", .depth = "256", .width = "256");
	RUN(.queries = "6", .keys = "20", .depth = "1", .width = "256");
}

Test(attention_cpu, every_choice_of_the_space)
{
	run_choices(attention_text(&(attention_shape){.queries = "30", .keys = "150", .depth = "16", .width = "16"}), 2, 7);
}

Test(attention_cpu, long_keys_in_slices)
{
	run_choices(attention_text(&(attention_shape){.queries = "9", .keys = "1300", .depth = "8", .width = "8"}), 1, 4);
}

Test(attention_cpu, first_scores_that_are_smaller_than_later_ones)
{
	RUN(.queries = "9", .keys = "2100", .depth = "8", .width = "8", .score = "%s * 2.0 + f32(j) * 0.01");
}

Test(attention_cpu, causal_with_as_many_fewer_and_more_keys)
{
	RUN(.queries = "40", .keys = "40", .score = "select(j <= i, %s * 0.25, -inf)");
	RUN(.queries = "45", .keys = "20", .score = "select(j <= i, %s * 0.25, -inf)");
	RUN(.queries = "20", .keys = "75", .score = "select(j <= i, %s * 0.25, -inf)");
	RUN(.queries = "70", .keys = "1100", .depth = "8", .width = "8", .score = "select(j <= i, %s, -inf)");
}

Test(attention_cpu, masks_of_truths_and_of_numbers)
{
	RUN(.queries = "21", .keys = "50", .more = ", m: bool[21, 50]", .score = "select(m[i, j], %s * 0.25, -inf)");
	RUN(.queries = "21", .keys = "50", .more = ", m: f32[1, 4, 21, 50]", .score = "%s + m[b, h, i, j]");
	RUN(.queries = "21", .keys = "50", .more = ", m: bool[50]", .score = "select(m[j], %s, -inf)");
	RUN(.queries = "21", .keys = "50", .more = ", m: f32[50], n: bool[21, 50]",
	    .score = "select(j <= i, select(n[i, j], %s + m[j], -inf), -inf)");
}

Test(attention_cpu, rows_that_see_no_key_are_zero)
{
	RUN(.queries = "30", .keys = "50", .more = ", m: f32[30]", .score = "select(m[i] < 0.0, %s, -inf)");
	RUN(.queries = "9", .keys = "1300", .depth = "8", .width = "8", .more = ", m: f32[9]",
	    .score = "select(m[i] < 0.0, %s, -inf)");
}

Test(attention_cpu, last_keys_that_nobody_sees)
{
	RUN(.queries = "30", .keys = "200", .score = "select(j < 70, %s, -inf)");
	RUN(.queries = "30", .keys = "200", .score = "select(j > 170, %s, -inf)");
}

Test(attention_cpu, heads_that_serve_several)
{
	RUN(.queries = "17", .keys = "35", .served = 2);
}

Test(attention_cpu, inputs_and_result_in_another_order)
{
	RUN(.queries = "17", .keys = "35", .turned = true, .result = "max(%s, 0.0)");
}

Test(attention_cpu, narrow_floats)
{
	RUN(.queries = "17", .keys = "35", .dtype = "f16");
	RUN(.queries = "17", .keys = "35", .dtype = "bf16");
}

Test(attention_cpu, symbolic_lengths)
{
	RUN_SIZES(attention_text(&(attention_shape){.queries = "n", .keys = "n", .where = "n in 0..900"}), SIZES(1),
	          SIZES(16), SIZES(75), SIZES(900));
	RUN_SIZES(
		attention_text(&(attention_shape){
			.queries = "m", .keys = "n", .where = "m in 0..40, n in 0..900", .score = "select(j <= i, %s, -inf)"}),
		SIZES(1, 1), SIZES(33, 20), SIZES(5, 700), SIZES(3, 0), SIZES(0, 3));
	RUN_SIZES(attention_text(&(attention_shape){.queries = "n",
	                                            .keys = "n",
	                                            .more = ", seen: bool[n]",
	                                            .where = "n in 0..900",
	                                            .score = "select(seen[j], %s, -inf)"}),
	          SIZES(1), SIZES(50), SIZES(700));
}
