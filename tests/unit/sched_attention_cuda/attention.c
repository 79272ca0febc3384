/* What the template attention-mma computes, choice by choice, on the simulator against the reference evaluator; and what it declines. */
#include "../shared/cuda_template.h"

#include <string.h>

extern const hdt_scheduler hdt_scheduler_attention_mma;
#define MMA (&hdt_scheduler_attention_mma)

TestSuite(attention, .init = set_up, .fini = tear_down);

/* The softmax between both products, as the operator defines it: of `heads` heads, with what the score is made of. */
#define SHIFT(at) "select(largest[" at "] == -inf, 0.0, largest[" at "])"
#define ROWS(heads, queries, keys, score)                                           \
	"scores[h < " heads ", i < " queries ", j < " keys "] = " score "\n"            \
	"largest[h < " heads ", i < " queries "] = max(l < " keys ") scores[h, i, l]\n" \
	"sum[h < " heads ", i < " queries "] = sum(s < " keys ") exp(scores[h, i, s] - " SHIFT("h, i") ")\n"
#define MEAN(keys, value)                                                              \
	"(sum(j < " keys ") exp(scores[h, i, j] - " SHIFT("h, i") ") * f32(" value ")) / " \
															  "select(largest[h, i] == -inf, 1.0, sum[h, i])"
#define PRODUCT(depth) "(sum<f32>(d < " depth ") q[h, i, d] * k[h, j, d]) * 0.25"

static const char *shown_by(const char *source, hdt_choice choice)
{
	return program_text(check_program(MMA->build_choice(parse_task(source), &hopper, &choice)));
}

Test(attention, of_every_choice)
{
	check_choices(
		MMA,
		"task @t(q: f16[2, 64, 32], k: f16[2, 128, 32], v: f16[2, 128, 32]) -> (y) {\n" ROWS(
			"2", "64", "128", PRODUCT("32")) "y[h < 2, i < 64, e < 32] = f16(" MEAN("128", "v[h, j, e]") ") }",
		NULL, 2, 5);
}

Test(attention, of_sizes_that_leave_something_over)
{
	check_choices(MMA,
	              "task @t(q: bf16[3, 37, 24], k: bf16[3, 51, 24], v: bf16[3, 51, 40]) -> (y) {\n" ROWS(
					  "3", "37", "51", PRODUCT("24")) "y[h < 3, i < 37, e < 40] = bf16(" MEAN("51", "v[h, j, e]") ") }",
	              NULL, 2, 7);
	check_choices(MMA,
	              "task @t(q: f16[2, 19, 5], k: f16[2, 33, 5], v: f16[2, 33, 3]) -> (y) {\n" ROWS(
					  "2", "19", "33", PRODUCT("5")) "y[h < 2, i < 19, e < 3] = f16(" MEAN("33", "v[h, j, e]") ") }",
	              NULL, 1, 4);
}

Test(attention, of_one_query_and_one_key)
{
	check_choices(MMA,
	              "task @t(q: f16[1, 1, 16], k: f16[1, 1, 16], v: f16[1, 1, 16]) -> (y) {\n" ROWS(
					  "1", "1", "1", PRODUCT("16")) "y[h < 1, i < 1, e < 16] = f16(" MEAN("1", "v[h, j, e]") ") }",
	              NULL, 1, 3);
}

Test(attention, of_sizes_known_when_run)
{
	static const char source[] =
		"task @t(q: f16[2, m, 32], k: f16[2, n, 32], v: f16[2, n, 32]) -> (y) where m in 1..512, n in 1..512 {\n" ROWS(
			"2", "m", "n", PRODUCT("32")) "y[h < 2, i < m, e < 32] = f16(" MEAN("n", "v[h, j, e]") ") }";
	check_choices(MMA, source, SIZES(45, 70), 0, 1);
	check_choices(MMA, source, SIZES(1, 200), 0, 1);
}

Test(attention, that_sees_no_later_keys)
{
	static const char source[] = "task @t(q: f16[2, 90, 32], k: f16[2, 80, 32], v: f16[2, 80, 32]) -> (y) {\n" ROWS(
		"2", "90", "80",
		"select(j <= i, " PRODUCT("32") ", -inf)") "y[h < 2, i < 90, e < 32] = f16(" MEAN("80", "v[h, j, e]") ") }";
	check_choices(MMA, source, NULL, 2, 6);
	/* Tiles that nobody looks at are not brought: the loop ends with the block's last query. */
	cr_assert(strstr(shown_by(source, (hdt_choice){{1, 1, 32, 2}}), "let tiles = (min("));
}

/* Keys are seen where the mask is true: some queries see none of the keys. */
Test(attention, with_a_mask_that_hides)
{
	check_choices(
		MMA,
		"task @t(q: f16[2, 40, 32], k: f16[2, 50, 32], v: f16[2, 50, 32], mask: bool[40, 50]) -> (y) {\n" ROWS(
			"2", "40", "50",
			"select(mask[i, j] && i != 3, " PRODUCT(
				"32") ", -inf)") "y[h < 2, i < 40, e < 32] = f16(" MEAN("50", "v[h, j, e]") ") }",
		NULL, 1, 4);
}

Test(attention, with_a_mask_that_is_added)
{
	check_choices(
		MMA,
		"task @t(q: f16[2, 40, 32], k: f16[2, 50, 32], v: f16[2, 50, 32], mask: f16[2, 1, 50]) -> (y) {\n" ROWS(
			"2", "40", "50",
			PRODUCT("32") " + f32(mask[h, 0, j])") "y[h < 2, i < 40, e < 32] = f16(" MEAN("50", "v[h, j, e]") ") }",
		NULL, 1, 4);
}

Test(attention, of_a_packed_product_and_merged_heads)
{
	static const char source[] = "task @t(x: f16[48, 192]) -> (y) {\n" ROWS(
		"2", "48", "48",
		"(sum<f32>(d < 32) x[i, h * 32 + d] * x[j, h * 32 + d + 64]) * 0.25") "y[i < 48, h < 2, e < 32] = "
																			  "f16(" MEAN("48", "x[j, h * 32 + e "
	                                                                                            "+ 128]") ") }";
	check_choices(MMA, source, NULL, 1, 3);
	const char *shown = shown_by(source, (hdt_choice){{1, 1, 32, 2}});
	cr_assert_eq(count_of(shown, ", 8);") + count_of(shown, ", 8, "), 5, "%s", shown); /* copies of 16 bytes */
}

Test(attention, of_heads_that_share_keys_and_values)
{
	check_choices(
		MMA,
		"task @t(q: f16[4, 40, 32], k: f16[2, 50, 32], v: f16[2, 50, 32]) -> (y) {\n" ROWS(
			"4", "40", "50",
			"(sum<f32>(d < 32) q[h, i, d] * k[h // 2, j, d]) * 0.25") "y[h < 4, i < 40, e < 32] = "
																	  "f16(" MEAN("50", "v[h // 2, j, e]") ") }",
		NULL, 0, 1);
}

/* Queries are then read again for each tile. */
Test(attention, of_wide_heads)
{
	check_choices(
		MMA,
		"task @t(q: f16[1, 20, 256], k: f16[1, 40, 256], v: f16[1, 40, 256]) -> (y) {\n" ROWS(
			"1", "20", "40", PRODUCT("256")) "y[h < 1, i < 20, e < 256] = f16(" MEAN("40", "v[h, j, e]") ") }",
		NULL, 1, 3);
}

Test(attention, with_something_done_before_and_behind)
{
	check_choices(
		MMA,
		"task @t(q: f16[2, 40, 32], c: f16[32], k: f16[2, 50, 32], v: f16[2, 50, 32], r: f16[2, 40, 32]) -> (y) "
		"{\n" ROWS("2", "40", "50",
	               "(sum<f32>(d < 32) (q[h, i, d] + c[d]) * k[h, j, d]) * 0.25") "y[h < 2, i < 40, e < 32] = "
																				 "f16(max(" MEAN("50",
	                                                                                             "v[h, j, e]") ", 0.0) "
																											   "+ "
																											   "f32(r["
																											   "h, i, "
																											   "e])) }",
		NULL, 0, 1);
}

Test(attention, declines)
{
	check_declined(MMA,
	               "task @t(q: f32[2, 8, 16], k: f32[2, 8, 16], v: f32[2, 8, 16]) -> (y) {\n" ROWS(
					   "2", "8", "8", PRODUCT("16")) "y[h < 2, i < 8, e < 16] = " MEAN("8", "v[h, j, e]") " }",
	               "16-bit");
	check_declined(MMA,
	               "task @t(q: f16[2, 8, 320], k: f16[2, 8, 320], v: f16[2, 8, 16]) -> (y) {\n" ROWS(
					   "2", "8", "8", PRODUCT("320")) "y[h < 2, i < 8, e < 16] = f16(" MEAN("8", "v[h, j, e]") ") }",
	               "columns");
	check_declined(MMA,
	               "task @t(q: f16[2, 0, 16], k: f16[2, 8, 16], v: f16[2, 8, 16]) -> (y) {\n" ROWS(
					   "2", "0", "8", PRODUCT("16")) "y[h < 2, i < 0, e < 16] = f16(" MEAN("8", "v[h, j, e]") ") }",
	               "no elements");
	check_declined(MMA, "task @t(x: f16[64, 64]) -> (y) { y[i < 64] = sum(k < 64) x[i, k] }", "softmax");
	hdt_target_info turing = hopper;
	turing.architecture = 75;
	cr_assert_not(
		MMA->query(parse_task("task @t(x: f16[64, 64]) -> (y) { y[i < 64] = sum(k < 64) x[i, k] }"), &turing).applies);
}
