/* Asynchronous copies against plain loops: the kernels of intrinsics/ that move data. */
#include "helpers.h"

#include <criterion/criterion.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

TestSuite(copies, .init = begin_session, .fini = end_session);

static hdt_kernel *load(const char *name)
{
	char path[256];
	hdt_kernel *kernel;
	snprintf(path, sizeof path, "%s/intrinsics/%s.hds", KERNELS, name);
	cr_assert_eq(load_kernel(path, &kernel), HDT_OK, "%s", hdt_session_error(session));
	return kernel;
}

/* Run it on x, 0, 1, 2, ..., for y, of zeros at first. */
static void run(const char *name, int32_t *x, int64_t x_count, int32_t *y, int64_t y_count)
{
	hdt_kernel *kernel = load(name);
	hdt_array xa = {.dtype = HDT_I32, .rank = 1, .shape = {x_count}, .data = x},
			  ya = {.dtype = HDT_I32, .rank = 1, .shape = {y_count}, .data = y};
	for (int64_t i = 0; i < x_count; i++)
		x[i] = (int32_t)i;
	memset(y, 0, (size_t)y_count * sizeof *y);
	hdt_kernel_argument arguments[] = {{.name = "x", .array = &xa}, {.name = "y", .array = &ya}};
	cr_assert_eq(hdt_kernel_run(kernel, arguments, 2), HDT_OK, "%s: %s", name, hdt_session_error(session));
	hdt_kernel_free(kernel);
}

Test(copies, cp_async_groups_arrive_in_order_and_fill_with_zeros)
{
	int32_t x[288], y[288];
	run("cp_async", x, 288, y, 288);
	for (int i = 0; i < 288; i++)
		cr_assert_eq(y[i], i < 224 || i % 2 == 0 ? i : 0, "y[%d] is %d", i, y[i]);
}

Test(copies, bulk_copies_come_and_go)
{
	int32_t x[256], y[256];
	run("bulk", x, 256, y, 256);
	for (int i = 0; i < 256; i++)
		cr_assert_eq(y[i], 2 * i, "y[%d] is %d", i, y[i]);
}

Test(copies, a_box_takes_every_so_many_th_element)
{
	int32_t x[2 * 7 * 6 * 8], y[72];
	run("tensor_steps", x, 2 * 7 * 6 * 8, y, 72);
	for (int i = 0; i < 72; i++)
		cr_assert_eq(y[i], ((7 + i / 24 * 3) * 6 + i / 8 % 3 * 2) * 8 + i % 8, "y[%d] is %d", i, y[i]);
}

Test(copies, the_blocks_of_a_cluster_send_to_each_other)
{
	int32_t x[128], y[128];
	run("cluster_async", x, 128, y, 128);
	for (int i = 0; i < 128; i++) {
		int block = i / 32, l = i % 32, sum = 0;
		for (int k = 0; k < 4; k++)
			sum += block / 2 * 64 + (l + k) % 32;
		cr_assert_eq(y[i], sum * (2 - block % 2), "y[%d] is %d", i, y[i]);
	}
}

/* f16 of a whole number up to 2048. */
static uint16_t half_of(int value)
{
	float f = (float)value;
	uint32_t bits;
	memcpy(&bits, &f, sizeof bits);
	return value ? (uint16_t)(((bits >> 23) - 112) << 10 | (bits >> 13 & 0x3ff)) : 0;
}

enum { ROWS = 6, COLUMNS = 72, BOX_ROWS = 8, BOX_COLUMNS = 64 };

static bool is_inside(int i, int j)
{
	return i >= 0 && i < ROWS && j >= 0 && j < COLUMNS;
}

static void check_boxes(hdt_kernel *kernel, int at_i, int at_j)
{
	static const int columns[4] = {64, 64, 32, 16};
	static uint16_t x[ROWS * COLUMNS], y[ROWS * COLUMNS];
	static float seen[4][BOX_ROWS][BOX_COLUMNS];
	hdt_array xa = {.dtype = HDT_F16, .rank = 1, .shape = {ROWS * COLUMNS}, .data = x}, ya = xa;
	hdt_array sa = {.dtype = HDT_F32, .rank = 1, .shape = {4 * BOX_ROWS * BOX_COLUMNS}, .data = seen};
	ya.data = y;
	for (int i = 0; i < ROWS * COLUMNS; i++)
		x[i] = half_of(i + 1);
	memset(y, 0, sizeof y);
	hdt_kernel_argument arguments[] = {{.name = "x", .array = &xa},
	                                   {.name = "y", .array = &ya},
	                                   {.name = "seen", .array = &sa},
	                                   {.name = "i", .integer = at_i},
	                                   {.name = "j", .integer = at_j}};
	cr_assert_eq(hdt_kernel_run(kernel, arguments, 5), HDT_OK, "%s", hdt_session_error(session));
	for (int m = 0; m < 4; m++)
		for (int r = 0; r < BOX_ROWS; r++)
			for (int c = 0; c < BOX_COLUMNS; c++) {
				int i = at_i + r, j = at_j + c % columns[m], want = is_inside(i, j) ? i * COLUMNS + j + 1 : 0;
				cr_assert_eq(seen[m][r][c], (float)want, "map %d at (%d, %d): [%d, %d] is %g, not %d", m, at_i, at_j, r,
				             c, (double)seen[m][r][c], want);
			}
	for (int i = 0; i < ROWS; i++)
		for (int j = 0; j < COLUMNS; j++) {
			bool boxed =
				at_i >= 0 && at_j >= 0 && i >= at_i && i < at_i + BOX_ROWS && j >= at_j && j < at_j + BOX_COLUMNS;
			cr_assert_eq(y[i * COLUMNS + j], boxed ? x[i * COLUMNS + j] : 0, "at (%d, %d): y[%d, %d]", at_i, at_j, i,
			             j);
		}
}

Test(copies, boxes_are_swizzled_and_zero_outside_of_the_tensor)
{
	static const int at[][2] = {{0, 0}, {-3, 8}, {2, -16}, {4, 64}, {-8, 0}, {0, 72}, {6, 0}, {1, 40}};
	hdt_kernel *kernel = load("tensor_boxes");
	for (size_t i = 0; i < sizeof at / sizeof *at; i++)
		check_boxes(kernel, at[i][0], at[i][1]);
	hdt_kernel_free(kernel);
}
