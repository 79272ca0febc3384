/* winograd_transform.c: the constant matrices, those of inputs and results as steps that share what rows have in common. */
#include "winograd.h"

#define COUNT(array) ((int)(sizeof(array) / sizeof *(array)))

/* B' of 2:  1 0 -1 0 | 0 1 1 0 | 0 -1 1 0 | 0 1 0 -1 */
static const winograd_step input_2[] = {{4, 2, -1, 0}, {5, 1, 1, 2}, {6, 1, -1, 2}, {7, 3, -1, 1}};
/* A' of 2:  1 1 1 0 | 0 1 -1 -1 */
static const winograd_step output_2[] = {{6, 0, 1, 1}, {4, 6, 1, 2}, {7, 2, -1, 1}, {5, 3, -1, 7}};
/* B' of 4:  4 0 -5 0 1 0 | 0 -4 -4 1 1 0 | 0 4 -4 -1 1 0 | 0 -2 -1 2 1 0 | 0 2 -1 -2 1 0 | 0 4 0 -5 0 1 */
static const winograd_step input_4[] = {
	{12, 2, -4, 4}, {13, 1, -4, 3},   {7, 13, 1, 12}, {8, 13, -1, 12}, {14, 2, -1, 4}, {15, 1, -1, 3},
	{9, 15, 2, 14}, {10, 15, -2, 14}, {16, 2, -5, 4}, {6, 0, 4, 16},   {17, 3, -5, 5}, {11, 1, 4, 17},
};
/* A' of 4:  1 1 1 1 1 0 | 0 1 -1 2 -2 0 | 0 1 1 4 4 0 | 0 1 -1 8 -8 1 */
static const winograd_step output_4[] = {
	{10, 2, 1, 1},  {11, 2, -1, 1}, {12, 4, 1, 3},  {13, 4, -1, 3},  {14, 10, 1, 0},
	{6, 12, 1, 14}, {7, 13, 2, 11}, {8, 12, 4, 10}, {15, 13, 8, 11}, {9, 5, 1, 15},
};

const winograd_transform *winograd_input(int64_t results)
{
	static const winograd_transform two = {4, 4, 8, input_2, COUNT(input_2)},
									four = {6, 6, 18, input_4, COUNT(input_4)};
	return results == 2 ? &two : &four;
}

const winograd_transform *winograd_output(int64_t results)
{
	static const winograd_transform two = {4, 2, 8, output_2, COUNT(output_2)},
									four = {6, 4, 16, output_4, COUNT(output_4)};
	return results == 2 ? &two : &four;
}

/* G */
static const double weights_2[4][3] = {{1, 0, 0}, {0.5, 0.5, 0.5}, {0.5, -0.5, 0.5}, {0, 0, 1}};
static const double weights_4[6][3] = {
	{1. / 4, 0, 0},
	{-1. / 6, -1. / 6, -1. / 6},
	{-1. / 6, 1. / 6, -1. / 6},
	{1. / 24, 1. / 12, 1. / 6},
	{1. / 24, -1. / 12, 1. / 6},
	{0, 0, 1},
};

/* Row `i`, an axis, of column `tap` of G. */
static const hdt_expr *factor(int64_t results, const hdt_expr *i, int tap)
{
	const double(*g)[3] = results == 2 ? weights_2 : weights_4;
	int64_t rows = results + 2;
	const hdt_expr *value = i ? hdt_number(i->context, HDT_F64, g[rows - 1][tap]) : NULL;
	for (int64_t r = rows - 2; r >= 0 && value; r--)
		value = hdt_select(hdt_equal(i, hdt_int(i->context, r)), hdt_number(i->context, HDT_F64, g[r][tap]), value);
	return value;
}

/* Summed in f64: it is done once. */
const hdt_expr *winograd_weight(const winograd_plan *p, const conv_place *from, const hdt_expr *i, const hdt_expr *j)
{
	conv_place at = *from;
	const hdt_expr *sum = NULL;
	hdt_context *context = p->c.weight->context;
	for (int r = 0; r < 3; r++) {
		const hdt_expr *line = NULL;
		for (int s = 0; s < 3; s++) {
			at.tap[p->y] = hdt_int(context, r);
			at.tap[p->x] = hdt_int(context, s);
			const hdt_expr *term = hdt_mul(hdt_cast(conv_weight(&p->c, &at), HDT_F64), factor(p->results, j, s));
			line = line ? hdt_add(line, term) : term;
		}
		line = hdt_mul(line, factor(p->results, i, r));
		sum = sum ? hdt_add(sum, line) : line;
	}
	return hdt_cast(sum, HDT_F32);
}
