/* Tests of the prelude's products of bf16 and i8: the same bits at every instruction set level of this machine, by each compiler that is found, as
 * the processors' manuals define the instructions; and that the level with tiles, which this machine may lack, compiles to them. */
#include "helpers.h"

#include <criterion/criterion.h>
#include <math.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

static const char functions[] =
	"int lanes(void) { return HIDET_LANES; }\n"
	"void dot_bf16(float *s, const uint16_t *a, const uint16_t *b) { hidet_dot_bf16(s, a, b, HIDET_LANES); }\n"
	"void dot_bf16_of_5(float *s, const uint16_t *a, const uint16_t *b) { hidet_dot_bf16(s, a, b, 5); }\n"
	"void dot_i8(int32_t *s, const int8_t *a, const int8_t *b) { hidet_dot_i8(s, a, b, HIDET_LANES); }\n"
	"void dot_i8_of_5(int32_t *s, const int8_t *a, const int8_t *b) { hidet_dot_i8(s, a, b, 5); }\n"
	"void zip(uint16_t *to, const uint16_t *x, const uint16_t *y) { hidet_zip_bf16(to, x, y, HIDET_LANES); }\n"
	"void transpose(uint16_t *to, int64_t t, const uint16_t *from, int64_t f) { hidet_transpose_pairs(to, t, from, f, "
	"HIDET_LANES); }\n"
	"void tile_bf16(float *s, const uint16_t *a, const uint16_t *b) { hidet_tile_begin(3);\n"
	"  hidet_tile_dot_bf16(s, 16, a, 64, b, 32, 64, 3, 16, b, 1); hidet_tile_end(); }\n"
	"void tile_i8(int32_t *s, const int8_t *a, const int8_t *b) { hidet_tile_begin(3);\n"
	"  hidet_tile_dot_i8(s, 16, a, 128, b, 64, 128, 3, 16, b, 1); hidet_tile_end(); }\n";

enum { MOST_LANES = 16, TURNS = 2000 };
static unsigned state = 1;

/* C has no conversion from the address of an object to one of a function. */
static void find(hdt_object *object, const char *name, void *function)
{
	void *address = hdt_target_cpu.find(object, name);
	cr_assert_not_null(address, "%s", name);
	memcpy(function, &address, sizeof address);
}

static unsigned next(void)
{
	state = state * 1664525 + 1013904223;
	return state >> 8;
}

/* From 2^-20 to 2^20, of both signs: no product and no sum is subnormal or infinite. */
static uint16_t some_bf16(void)
{
	return (uint16_t)((next() & 0x807f) | (107 + next() % 41) << 7);
}

static float float_of(uint16_t half)
{
	uint32_t bits = (uint32_t)half << 16;
	float x;
	memcpy(&x, &bits, 4);
	return x;
}

static void check_dot_bf16(hdt_object *object, const char *name, int lanes)
{
	void (*dot)(float *, const uint16_t *, const uint16_t *);
	find(object, name, &dot);
	for (int turn = 0; turn < TURNS; turn++) {
		uint16_t a[2] = {some_bf16(), some_bf16()}, b[2 * MOST_LANES];
		float sums[MOST_LANES], wanted[MOST_LANES];
		for (int i = 0; i < lanes; i++) {
			b[2 * i] = some_bf16();
			b[2 * i + 1] = some_bf16();
			sums[i] = float_of(some_bf16()) * 1.0001f;
			wanted[i] = fmaf(float_of(a[0]), float_of(b[2 * i]), fmaf(float_of(a[1]), float_of(b[2 * i + 1]), sums[i]));
		}
		dot(sums, a, b);
		cr_assert_arr_eq(sums, wanted, sizeof *sums * (size_t)lanes, "%s", name);
	}
}

static void check_dot_i8(hdt_object *object, const char *name, int lanes)
{
	void (*dot)(int32_t *, const int8_t *, const int8_t *);
	find(object, name, &dot);
	for (int turn = 0; turn < TURNS; turn++) {
		int8_t a[4], b[4 * MOST_LANES];
		int32_t sums[MOST_LANES], wanted[MOST_LANES];
		for (int e = 0; e < 4; e++)
			a[e] = (int8_t)(turn % 4 == 0 ? 127 : turn % 4 == 1 ? -128 : (int)next());
		for (int i = 0; i < lanes; i++) {
			sums[i] = (int32_t)(next() << 8);
			uint32_t sum = (uint32_t)sums[i];
			for (int e = 0; e < 4; e++) {
				b[4 * i + e] = (int8_t)(turn % 3 == 0 ? -128 : (int)next());
				sum += (uint32_t)((a[e] + 128) * b[4 * i + e]);
			}
			wanted[i] = (int32_t)sum;
		}
		dot(sums, a, b);
		cr_assert_arr_eq(sums, wanted, sizeof *sums * (size_t)lanes, "%s", name);
	}
}

static void check_pairs(hdt_object *object, int lanes)
{
	void (*zip)(uint16_t *, const uint16_t *, const uint16_t *);
	void (*transpose)(uint16_t *, int64_t, const uint16_t *, int64_t);
	uint16_t x[MOST_LANES * 40], to[MOST_LANES * 40];
	find(object, "zip", &zip);
	find(object, "transpose", &transpose);
	for (int i = 0; i < MOST_LANES * 40; i++)
		x[i] = (uint16_t)(i * 7 + 1);
	zip(to, x, x + 100);
	for (int i = 0; i < lanes; i++)
		cr_assert(to[2 * i] == x[i] && to[2 * i + 1] == x[100 + i]);
	for (int stride = 38; stride <= 39; stride++) { /* an odd one cannot be of pairs in one piece */
		transpose(to, 34, x, stride);
		for (int i = 0; i < lanes; i++)
			for (int j = 0; j < 2 * lanes; j++)
				cr_assert_eq(to[j / 2 * 34 + 2 * i + j % 2], x[i * stride + j]);
	}
}

/* Rounded as the instruction does: of each 32 the even and the odd products apart, then both together, then the sum. */
static void check_tiles(hdt_object *object)
{
	enum { ROWS = 3, COLUMNS = 16, DEPTH = 64 };
	void (*bf16)(float *, const uint16_t *, const uint16_t *);
	void (*i8)(int32_t *, const int8_t *, const int8_t *);
	find(object, "tile_bf16", &bf16);
	find(object, "tile_i8", &i8);
	static uint16_t a[ROWS * DEPTH], b[DEPTH * COLUMNS];
	float sums[ROWS * COLUMNS] = {0};
	int32_t integers[ROWS * COLUMNS] = {0};
	for (int i = 0; i < ROWS * DEPTH; i++)
		a[i] = some_bf16();
	for (int i = 0; i < DEPTH * COLUMNS; i++)
		b[i] = some_bf16();
	bf16(sums, a, b);
	i8(integers, (const int8_t *)a, (const int8_t *)b);
	for (int i = 0; i < ROWS * COLUMNS; i++) {
		int row = i / COLUMNS, column = i % COLUMNS, whole = 0;
		float sum = 0;
		for (int first = 0; first < DEPTH; first += 32) {
			float part[2] = {0, 0};
			for (int k = first; k < first + 32; k++)
				part[k % 2] = fmaf(float_of(a[row * DEPTH + k]), float_of(b[(k / 2 * COLUMNS + column) * 2 + k % 2]),
				                   part[k % 2]);
			sum += part[0] + part[1];
		}
		for (int k = 0; k < 2 * DEPTH; k++)
			whole +=
				((const int8_t *)a)[row * 2 * DEPTH + k] * ((const int8_t *)b)[(k / 4 * COLUMNS + column) * 4 + k % 4];
		cr_assert_eq(sums[i], sum);
		cr_assert_eq(integers[i], whole);
	}
}

static const char *make_text(hdt_context *context)
{
	(void)context;
	return functions;
}

static void check_all(hdt_object *object)
{
	int (*count_lanes)(void);
	find(object, "lanes", &count_lanes);
	int lanes = count_lanes();
	check_dot_bf16(object, "dot_bf16", lanes);
	check_dot_bf16(object, "dot_bf16_of_5", 5);
	check_dot_i8(object, "dot_i8", lanes);
	check_dot_i8(object, "dot_i8_of_5", 5);
	check_pairs(object, lanes);
	check_tiles(object);
}

static const char *const product_levels[] = {"x86-64",         "x86-64-v2",     "x86-64-v3",
                                             "x86-64-v3-vnni", "x86-64-v4",     "x86-64-v4-vnni",
                                             "x86-64-v4-bf16", "x86-64-v4-amx", NULL};

Test(prelude_product, the_same_bits_at_every_level_by_gcc)
{
	check_levels(product_levels, "gcc", make_text, check_all);
}

Test(prelude_product, the_same_bits_at_every_level_by_clang)
{
	check_levels(product_levels, "clang", make_text, check_all);
}

#if defined(__x86_64__)
static bool holds(const unsigned char *file, size_t bytes, const unsigned char *code, size_t count)
{
	for (size_t i = 0; i + count <= bytes; i++)
		if (memcmp(file + i, code, count) == 0)
			return true;
	return false;
}

/* Sums 0 1 2 3 of the first factor's tiles 4 4 5 5 and the second's 6 7 6 7, by tdpbf16ps and tdpbssd. */
static void check_code(const unsigned char *file, size_t bytes)
{
	static const unsigned char codes[][5] = {
		{0xc4, 0xe2, 0x4a, 0x5c, 0xc4}, {0xc4, 0xe2, 0x42, 0x5c, 0xcc}, {0xc4, 0xe2, 0x4a, 0x5c, 0xd5},
		{0xc4, 0xe2, 0x42, 0x5c, 0xdd}, {0xc4, 0xe2, 0x4b, 0x5e, 0xc4}, {0xc4, 0xe2, 0x43, 0x5e, 0xcc},
		{0xc4, 0xe2, 0x4b, 0x5e, 0xd5}, {0xc4, 0xe2, 0x43, 0x5e, 0xdd}, {0xc4, 0xe2, 0x78, 0x49, 0xc0},
	};
	for (size_t i = 0; i < sizeof codes / sizeof *codes; i++)
		cr_expect(holds(file, bytes, codes[i], 5), "instruction %zu", i);
}

static void check_tiles_compile(const char *command)
{
	static const char text[] =
		"void bf16(float *s, const uint16_t *a, const uint16_t *b, int64_t rows) { hidet_tile_begin(rows);\n"
		"  hidet_tile_dot_bf16(s, 32, a, 64, b, 64, 64, rows, 32, b, 1); hidet_tile_end(); }\n"
		"void i8(int32_t *s, const int8_t *a, const int8_t *b, int64_t rows) { hidet_tile_begin(rows);\n"
		"  hidet_tile_dot_i8(s, 32, a, 64, b, 128, 64, rows, 32, b, 1); hidet_tile_end(); }\n";
	static unsigned char file[1 << 20];
	char path[] = "/tmp/hidet-tiles-XXXXXX";
	hdt_context *context = context_new(NULL);
	hdt_device *device;
	hdt_target_options options = {.size = sizeof options, .threads = 1};
	setenv("HIDET_CC", command, 1);
	cr_assert_eq(hdt_target_cpu.open(context, &options, &device), HDT_OK);
	device->isa = isa_named("x86-64-v4-amx");
	close(mkstemp(path));
	const char *const units[] = {hdt_format(context, "%s%s", hdt_target_cpu.prelude(device), text)};
	hdt_source source = {units, 1, 1};
	if (device->compiler.words[0] && !device->compiler.old) {
		cr_assert_eq(hdt_target_cpu.compile(context, device, &source, path), HDT_OK, "%s", context->message);
		FILE *f = fopen(path, "rb");
		size_t bytes = fread(file, 1, sizeof file, f);
		fclose(f);
		check_code(file, bytes);
	}
	unlink(path);
	hdt_target_cpu.close(device);
	context_free(context);
}

Test(prelude_product, tiles_become_instructions_by_gcc)
{
	check_tiles_compile("gcc");
}

Test(prelude_product, tiles_become_instructions_by_clang)
{
	check_tiles_compile("clang");
}
#endif

Test(prelude_product, every_intrinsic_stands_in_the_documentation)
{
	static char page[1 << 18];
	hdt_context *context = context_new(NULL);
	FILE *f = fopen(HIDET_INTRINSICS_PAGE, "rb");
	cr_assert_not_null(f);
	size_t bytes = fread(page, 1, sizeof page - 1, f);
	fclose(f);
	cr_assert_lt(bytes, sizeof page - 1);
	for (const hdt_intrinsic *const *i = cpu_intrinsics; *i; i++) {
		const char *row = hdt_format(context, "| `%s%s` | %s |\n", (*i)->name, (*i)->signature, (*i)->doc);
		cr_expect_not_null(strstr(page, row), "%s", row);
	}
	context_free(context);
}
