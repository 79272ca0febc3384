/* The prelude's products by tiles on a machine in software: registers, their shapes and the instructions as the processor's manual defines them, so
 * that the kernels are tested where no processor has tiles: which rows, which columns, which strides. */
#include <criterion/criterion.h>
#include <stdint.h>
#include <stdlib.h>
#include <string.h>

#define HIDET_INLINE static inline __attribute__((unused))
#define hidet_prefetch(address) ((void)(address))
#define HIDET_HAS_TILES 1

enum { ROWS = 16, ROW_BYTES = 64, TILES = 8 };

static struct {
	bool configured;
	int rows[TILES], row_bytes[TILES];
	unsigned char data[TILES][ROWS][ROW_BYTES];
} machine;

struct hidet_tile_shape;
static void set_shape(const struct hidet_tile_shape *shape);
static void load(int tile, const void *from, int64_t stride);
static void store(int tile, void *to, int64_t stride);
static void tdpbf16ps(int sums, int a, int b);
static void tdpbssd(int sums, int a, int b);

#define HIDET_TILE_SHAPE(shape) set_shape(&(shape))
#define HIDET_TILE_RELEASE() ((void)(machine.configured = false))
#define HIDET_TILE_LOAD(tile, from, stride) load(tile, from, stride)
#define HIDET_TILE_STORE(tile, to, stride) store(tile, to, stride)
#define HIDET_TILE_DOT(instruction, sums, a, b) instruction(sums, a, b)
#include "prelude/tile.h"

/* ---- the machine -------------------------------------------------------------------------------------------------- */

static void set_shape(const struct hidet_tile_shape *shape)
{
	unsigned char bytes[64];
	cr_assert_eq(sizeof *shape, 64);
	memcpy(bytes, shape, 64);
	cr_assert_eq(bytes[0], 1, "the palette");
	for (int i = 1; i < 16; i++)
		cr_assert_eq(bytes[i], 0, "reserved");
	memset(&machine, 0, sizeof machine);
	machine.configured = true;
	for (int tile = 0; tile < 16; tile++) {
		int row_bytes = bytes[16 + 2 * tile] | bytes[17 + 2 * tile] << 8, rows = bytes[48 + tile];
		cr_assert(rows <= ROWS && row_bytes <= ROW_BYTES && row_bytes % 4 == 0);
		cr_assert_eq(rows == 0, row_bytes == 0, "a tile has both or neither");
		cr_assert(tile < TILES || rows == 0);
		if (tile < TILES) {
			machine.rows[tile] = rows;
			machine.row_bytes[tile] = row_bytes;
		}
	}
}

static void check_there(int tile)
{
	cr_assert(machine.configured && machine.rows[tile] > 0, "tile %d is not there", tile);
}

static void load(int tile, const void *from, int64_t stride)
{
	check_there(tile);
	memset(machine.data[tile], 0, sizeof machine.data[tile]);
	for (int row = 0; row < machine.rows[tile]; row++)
		memcpy(machine.data[tile][row], (const char *)from + row * stride, (size_t)machine.row_bytes[tile]);
}

static void store(int tile, void *to, int64_t stride)
{
	check_there(tile);
	for (int row = 0; row < machine.rows[tile]; row++)
		memcpy((char *)to + row * stride, machine.data[tile][row], (size_t)machine.row_bytes[tile]);
}

static void check_shapes(int sums, int a, int b)
{
	check_there(sums);
	check_there(a);
	check_there(b);
	cr_assert_eq(machine.rows[sums], machine.rows[a]);
	cr_assert_eq(machine.row_bytes[sums], machine.row_bytes[b]);
	cr_assert_eq(machine.row_bytes[a] / 4, machine.rows[b]);
}

static float bf16_at(int tile, int row, int index)
{
	uint16_t half;
	memcpy(&half, &machine.data[tile][row][2 * index], 2);
	uint32_t bits = (uint32_t)half << 16;
	float x;
	memcpy(&x, &bits, 4);
	return x;
}

static void tdpbf16ps(int sums, int a, int b)
{
	check_shapes(sums, a, b);
	for (int m = 0; m < machine.rows[sums]; m++) {
		for (int n = 0; n < machine.row_bytes[sums] / 4; n++) {
			float even = 0, odd = 0, sum;
			for (int k = 0; k < machine.row_bytes[a] / 4; k++) {
				even += bf16_at(a, m, 2 * k) * bf16_at(b, k, 2 * n);
				odd += bf16_at(a, m, 2 * k + 1) * bf16_at(b, k, 2 * n + 1);
			}
			memcpy(&sum, &machine.data[sums][m][4 * n], 4);
			sum += even + odd;
			memcpy(&machine.data[sums][m][4 * n], &sum, 4);
		}
	}
}

static void tdpbssd(int sums, int a, int b)
{
	check_shapes(sums, a, b);
	for (int m = 0; m < machine.rows[sums]; m++) {
		for (int n = 0; n < machine.row_bytes[sums] / 4; n++) {
			int32_t sum;
			memcpy(&sum, &machine.data[sums][m][4 * n], 4);
			for (int k = 0; k < machine.row_bytes[a]; k++)
				sum += (int8_t)machine.data[a][m][k] * (int8_t)machine.data[b][k / 4][4 * n + k % 4];
			memcpy(&machine.data[sums][m][4 * n], &sum, 4);
		}
	}
}

/* ---- products ----------------------------------------------------------------------------------------------------- */

enum { MOST = 32, DEPTH = 192, PITCH = DEPTH + 8, WIDTH = 40 };

/* Small whole numbers: every sum of their products is exact, in whatever order. */
static int number(int i)
{
	return (int)((unsigned)i * 2654435761u >> 20) % 13 - 6;
}

static uint16_t bf16_of(int value)
{
	float x = (float)value;
	uint32_t bits;
	memcpy(&bits, &x, 4);
	return (uint16_t)(bits >> 16);
}

static int b_at(int k, int column)
{
	return number(k * 57 + column * 3 + 1);
}

static void check_bf16(int rows, int columns, int depth)
{
	static uint16_t a[MOST * PITCH], b[DEPTH / 2 * WIDTH * 2];
	static float sums[MOST * WIDTH];
	for (int i = 0; i < MOST * PITCH; i++)
		a[i] = bf16_of(number(i));
	for (int k = 0; k < DEPTH; k++)
		for (int column = 0; column < WIDTH; column++)
			b[(k / 2 * WIDTH + column) * 2 + k % 2] = bf16_of(b_at(k, column));
	for (int i = 0; i < MOST * WIDTH; i++)
		sums[i] = (float)i;
	hidet_tile_begin(rows);
	hidet_tile_dot_bf16(sums, WIDTH, a, PITCH, b, WIDTH * 2, depth, rows, columns, b, 2);
	hidet_tile_end();
	for (int i = 0; i < MOST * WIDTH; i++) {
		int row = i / WIDTH, column = i % WIDTH, sum = i;
		for (int k = 0; k < depth && row < rows && column < columns; k++)
			sum += number(row * PITCH + k) * b_at(k, column);
		cr_assert_eq(sums[i], (float)sum, "%d x %d x %d: row %d column %d", rows, columns, depth, row, column);
	}
}

static void check_i8(int rows, int columns, int depth)
{
	static int8_t a[MOST * PITCH], b[DEPTH / 4 * WIDTH * 4];
	static int32_t sums[MOST * WIDTH];
	for (int i = 0; i < MOST * PITCH; i++)
		a[i] = (int8_t)number(i);
	for (int k = 0; k < DEPTH; k++)
		for (int column = 0; column < WIDTH; column++)
			b[(k / 4 * WIDTH + column) * 4 + k % 4] = (int8_t)b_at(k, column);
	for (int i = 0; i < MOST * WIDTH; i++)
		sums[i] = i;
	hidet_tile_begin(rows);
	hidet_tile_dot_i8(sums, WIDTH, a, PITCH, b, WIDTH * 4, depth, rows, columns, b, 0);
	hidet_tile_end();
	for (int i = 0; i < MOST * WIDTH; i++) {
		int row = i / WIDTH, column = i % WIDTH, sum = i;
		for (int k = 0; k < depth && row < rows && column < columns; k++)
			sum += number(row * PITCH + k) * b_at(k, column);
		cr_assert_eq(sums[i], sum, "%d x %d x %d: row %d column %d", rows, columns, depth, row, column);
	}
}

Test(tile_machine, bf16_of_every_number_of_rows_and_columns)
{
	for (int rows = 1; rows <= MOST; rows++)
		for (int columns = 16; columns <= 32; columns += 16)
			for (int depth = 0; depth <= 160; depth += 32)
				check_bf16(rows, columns, depth);
}

Test(tile_machine, i8_of_every_number_of_rows_and_columns)
{
	for (int rows = 1; rows <= MOST; rows++)
		for (int columns = 16; columns <= 32; columns += 16)
			for (int depth = 0; depth <= DEPTH; depth += 64)
				check_i8(rows, columns, depth);
}
