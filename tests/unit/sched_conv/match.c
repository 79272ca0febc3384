/* match.c: what is found as a convolution, and why other tasks are not. */
#include "fixture.h"
#include "plugins/sched-conv/conv.h"

TestSuite(match, .init = set_up, .fini = tear_down);

static conv find(const char *source)
{
	conv c;
	const char *reason = NULL;
	cr_assert(conv_match(parse_task(source), 0, &c, &reason), "%s\n%s", reason, source);
	return c;
}

static const char *reason_against(const char *source)
{
	conv c;
	const char *reason = NULL;
	cr_assert_not(conv_match(parse_task(source), 0, &c, &reason));
	return reason;
}

Test(match, windows_with_steps_and_a_border)
{
	conv c = find(conv_text(&(layer){.count = 2,
	                                 .batch = 2,
	                                 .groups = 1,
	                                 .channels = 5,
	                                 .columns = 7,
	                                 .size = {11, 9},
	                                 .kernel = {3, 3},
	                                 .stride = {2, 1},
	                                 .padding = {1, 1},
	                                 .dilation = {1, 2}}));
	cr_assert_eq(c.dim_count, 3);
	cr_expect_eq(c.channels, 5);
	cr_expect_eq(c.columns, 7);
	cr_expect_eq(c.dims[0].taps, 1);
	cr_expect_eq(c.dims[1].stride, 2);
	cr_expect_eq(c.dims[1].taps, 3);
	cr_expect_eq(c.dims[2].dilation, 2);
	cr_expect_eq(c.dims[2].extent, c.dims[2].outs - 1 + 2 * 2 + 1);
	conv_limits l = conv_border(&c);
	cr_expect_eq(l.begin[1], 1);
	cr_expect_eq(l.end[1], 12);
	cr_expect_eq(l.inside->op, HDT_OP_LOAD, "%s", hdt_expr_text(l.inside));
}

Test(match, weight_that_is_no_constant_may_be_the_first_factor_found)
{
	conv c =
		find(conv_text(&(layer){THREE_BY_THREE, .channels = 3, .columns = 20, .size = {5, 4}, .channels_first = true}));
	cr_expect_str_eq(c.main->tensor->name, "x");
	cr_expect_eq(c.channel_dim, 1);
}

Test(match, blocks_of_channels_are_groups)
{
	conv c = find(conv_text(&(layer){.count = 1,
	                                 .batch = 1,
	                                 .groups = 3,
	                                 .channels = 4,
	                                 .columns = 5,
	                                 .size = {9},
	                                 .kernel = {3},
	                                 .stride = {1},
	                                 .dilation = {1}}));
	cr_expect_eq(c.groups, 3);
	cr_expect_eq(c.columns, 5);
	cr_expect_eq(c.channels, 4);
}

Test(match, windows_both_strided_and_dilated)
{
	conv c = find(conv_text(&(layer){.count = 1,
	                                 .batch = 1,
	                                 .groups = 1,
	                                 .channels = 4,
	                                 .columns = 5,
	                                 .size = {19},
	                                 .kernel = {3},
	                                 .stride = {2},
	                                 .padding = {3},
	                                 .dilation = {3}}));
	cr_expect_eq(c.dims[0].stride, 2);
	cr_expect_eq(c.dims[0].dilation, 3);
	cr_expect_eq(conv_border(&c).begin[0], 3);
	cr_expect_eq(conv_border(&c).end[0], 22);
}

Test(match, transposed_convolutions_have_phases)
{
	layer s = {.count = 1,
	           .batch = 1,
	           .groups = 1,
	           .channels = 4,
	           .columns = 5,
	           .size = {6},
	           .kernel = {3},
	           .stride = {2},
	           .padding = {1},
	           .dilation = {1},
	           .transposed = true};
	const hdt_task *task = parse_task(conv_text(&s));
	const char *reason = NULL;
	for (int phase = 0; phase < 2; phase++) {
		conv c;
		cr_assert(conv_match(task, phase, &c, &reason), "%s", reason);
		cr_expect_eq(c.phases, 2);
		cr_expect_eq(c.dims[0].taps, phase + 1);
		cr_expect_eq(c.dims[0].stride, 1);
		cr_expect_eq(conv_border(&c).inside->op, HDT_OP_LOAD);
	}
	s.kernel[0] = 2;
	s.stride[0] = 3;
	cr_expect_str_eq(reason_of(&hdt_scheduler_conv_cpu, conv_text(&s)), "some of its results are sums of nothing");
}

Test(match, windows_whose_number_is_a_symbol)
{
	conv c = find("task @t(x: f32[1, 4, n], w: f32[5, 4, 3]) -> (y) where n in 8..100 { y[b < 1, o < 5, i < n] = "
	              "sum(c < 4, k < 3) select(1 <= i + k && i + k - 1 < n, x[b, c, i + k - 1], 0.0) * w[o, c, k] }");
	conv_limits l = conv_border(&c);
	cr_expect_not(c.dims[0].fixed);
	cr_expect_eq(l.begin[0], 1);
	cr_expect_str_eq(hdt_expr_text(conv_border_end(&c, &l, 0)), "n + 1");
}

Test(match, steps_that_share_a_divisor_leave_positions_out)
{
	conv c = find(conv_text(&(layer){.count = 1,
	                                 .batch = 1,
	                                 .groups = 1,
	                                 .channels = 4,
	                                 .columns = 5,
	                                 .size = {9},
	                                 .kernel = {1},
	                                 .stride = {2},
	                                 .dilation = {1}}));
	cr_expect_eq(c.dims[0].stride, 1);
	cr_expect_eq(c.dims[0].extent, 5);
}

Test(match, what_is_fused_in_front_is_part_of_the_element)
{
	conv c = find(conv_text(&(layer){THREE_BY_THREE, .channels = 4, .columns = 5, .size = {6, 6}, .scaled = true}));
	cr_expect_str_eq(c.main->tensor->name, "x");
	cr_expect_eq(conv_border(&c).inside->op, HDT_OP_MUL);
}

Test(match, a_pooling_has_no_weight)
{
	conv c;
	const char *reason = NULL;
	const hdt_task *task =
		parse_task("task @t(x: f32[1, 12, 12, 20]) -> (y) {\n"
	               "y[n < 1, h < 5, w < 5, c < 20] = max(r < 3, s < 3) x[n, h * 2 + r, w * 2 + s, c] }");
	cr_assert(conv_match_pooling(task, &c, &reason), "%s", reason);
	cr_expect_null(c.weight);
	cr_expect_eq(c.groups, 20);
	cr_expect_eq(c.dim_count, 2);
}

Test(match, reasons_against)
{
	cr_expect_str_eq(reason_against("task @t(x: f32[9]) -> (y) { y[i < 9] = x[i] }"), "it has no reduction");
	cr_expect_str_eq(
		reason_against("task @t(x: f64[9, 4], w: f64[5, 4]) -> (y) { y[i < 9, j < 5] = sum(k < 4) x[i, k] * w[j, k] }"),
		"its sum is not kept in f32");
	cr_expect_str_eq(reason_against("task @t(x: f32[9], w: f32[9]) -> (y) { y[] = sum(k < 9) x[k] * w[k] }"),
	                 "it has no output channels");
}

Test(match, order_is_channels_last_and_stays)
{
	conv c = find(
		conv_text(&(layer){THREE_BY_THREE, .channels = 16, .columns = 20, .size = {5, 4}, .channels_first = true}));
	int dims[HDT_MAX_RANK];
	cr_assert(conv_order(&c, c.main->tensor, dims));
	cr_expect(dims[0] == 0 && dims[1] == 2 && dims[2] == 3 && dims[3] == 1);
	cr_assert(conv_order(&c, c.found.tensor, dims));
	cr_expect(dims[0] == 0 && dims[1] == 2 && dims[2] == 3 && dims[3] == 1);
	c = find(conv_text(&(layer){THREE_BY_THREE, .channels = 16, .columns = 20, .size = {5, 4}}));
	cr_assert(conv_order(&c, c.main->tensor, dims));
	cr_expect(dims[0] == 0 && dims[1] == 1 && dims[2] == 2 && dims[3] == 3);
}
