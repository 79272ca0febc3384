/* Matrix instructions against plain loops: each kernel of intrinsics/ multiplies small integers, which every dtype
 * holds exactly. */
#include "helpers.h"

#include <criterion/criterion.h>
#include <math.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

TestSuite(products, .init = begin_session, .fini = end_session);

/* A whole number as an element of a dtype. */
static uint32_t element_bits(hdt_dtype dtype, int value)
{
	float f = (float)value;
	uint32_t bits;
	int exponent;
	memcpy(&bits, &f, sizeof bits);
	switch (dtype) {
	case HDT_F32:
		return bits;
	case HDT_BF16:
		return bits >> 16;
	case HDT_F16:
		exponent = (int)(bits >> 23 & 0xff) - 127 + 15;
		return value ? (bits >> 16 & 0x8000) | (uint32_t)exponent << 10 | (bits >> 13 & 0x3ff) : 0;
	default:
		return (uint32_t)value;
	}
}

static double element_value(hdt_dtype dtype, const void *at)
{
	uint32_t bits = 0;
	float f;
	memcpy(&bits, at, hdt_dtype_of(dtype)->bytes);
	switch (dtype) {
	case HDT_F32:
		memcpy(&f, &bits, sizeof f);
		return (double)f;
	case HDT_F16:
		return (bits & 0x8000 ? -1 : 1) *
		       (bits & 0x7fff ? ldexp(1024 + (bits & 0x3ff), (int)(bits >> 10 & 31) - 25) : 0);
	default:
		return (double)(int32_t)bits;
	}
}

/* -3 .. 3, without a pattern that a wrong order would keep. */
static int number(int seed, int i)
{
	return (int)((uint32_t)(i * 2654435761u + (uint32_t)seed * 40503u) >> 13) % 7 - 3;
}

static void fill(hdt_array *x, int *values, int seed)
{
	int64_t count = x->shape[0];
	int bytes = hdt_dtype_of(x->dtype)->bytes;
	x->data = calloc((size_t)count, (size_t)bytes);
	for (int i = 0; i < count; i++) {
		uint32_t bits = element_bits(x->dtype, values[i] = number(seed, i));
		memcpy((char *)x->data + i * bytes, &bits, (size_t)bytes);
	}
}

typedef struct product {
	int m, n, k;
	hdt_dtype in, out;
	bool a_by_columns, b_by_columns; /* how they lie in memory: a as [k, m], b as [n, k] */
} product;

/* The kernel's parameters are a, b and c. */
static void check(const char *name, hdt_kernel *kernel, const product *p)
{
	hdt_array a = {.dtype = p->in, .rank = 1, .shape = {p->m * p->k}},
			  b = {.dtype = p->in, .rank = 1, .shape = {p->k * p->n}};
	hdt_array c = {.dtype = p->out, .rank = 1, .shape = {p->m * p->n}};
	int *av = calloc((size_t)a.shape[0], sizeof *av), *bv = calloc((size_t)b.shape[0], sizeof *bv);
	fill(&a, av, 1);
	fill(&b, bv, 2);
	c.data = calloc((size_t)c.shape[0], 4);
	hdt_kernel_argument arguments[] = {
		{.name = "a", .array = &a}, {.name = "b", .array = &b}, {.name = "c", .array = &c}};
	cr_assert_eq(hdt_kernel_run(kernel, arguments, 3), HDT_OK, "%s: %s", name, hdt_session_error(session));
	for (int i = 0; i < p->m; i++)
		for (int j = 0; j < p->n; j++) {
			int sum = 0;
			for (int k = 0; k < p->k; k++)
				sum += av[p->a_by_columns ? k * p->m + i : i * p->k + k] *
				       bv[p->b_by_columns ? j * p->k + k : k * p->n + j];
			double got = element_value(p->out, (char *)c.data + (i * p->n + j) * hdt_dtype_of(p->out)->bytes);
			cr_assert_eq(got, sum, "%s: c[%d, %d] is %g, not %d", name, i, j, got, sum);
		}
	free(a.data), free(b.data), free(c.data), free(av), free(bv);
}

static void check_file(const char *name, const product *p)
{
	char path[256];
	hdt_kernel *kernel;
	snprintf(path, sizeof path, "%s/intrinsics/%s.hds", KERNELS, name);
	cr_assert_eq(load_kernel(path, &kernel), HDT_OK, "%s", hdt_session_error(session));
	check(name, kernel, p);
	hdt_kernel_free(kernel);
}

Test(products, ldmatrix_and_mma_multiply_a_tile_of_shared_memory)
{
	check_file("ldmatrix_mma", &(product){16, 8, 16, HDT_F16, HDT_F32, false, false});
}

/* ---- mma.sync: fragments filled by the formulas of docs/intrinsics.md ---- */

typedef struct mma {
	const char *name;
	int m, k;
	hdt_dtype in, out;
} mma;

static void check_mma(const mma *i)
{
	char source[2048], name[64];
	int p = 4 / hdt_dtype_of(i->in)->bytes, rows = i->m;
	const char *in = hdt_dtype_of(i->in)->name, *out = hdt_dtype_of(i->out)->name;
	hdt_kernel *kernel;
	snprintf(name, sizeof name, "%s to %s", i->name, out);
	snprintf(source, sizeof source,
	         "fn @mma(a: *%s, b: *%s, c: *%s) cuda grid(1) block(32) {\n"
	         "  let A = view(a, %s[%d, %d]), B = view(b, %s[%d, 8]), C = view(c, %s[%d, 8]);\n"
	         "  register fa: %s[%d];\n  register fb: %s[%d];\n  register d: %s[%d] = 0;\n"
	         "  let g = threadIdx.x // 4;\n  let t = threadIdx.x %% 4;\n"
	         "  for i in 0..%d { fa[i] = A[g + 8 * (i // %d %% %d), %d * t + %d * (i // %d) + i %% %d]; }\n"
	         "  for i in 0..%d { fb[i] = B[%d * t + %d * (i // %d) + i %% %d, g]; }\n"
	         "  %s(&d[0], &fa[0], &fb[0]);\n"
	         "  for i in 0..%d { C[g + 8 * (i // 2), 2 * t + i %% 2] = d[i]; }\n}\n",
	         in, in, out, in, rows, i->k, in, i->k, out, rows, in, rows * i->k / 32, in, i->k / 4, out, rows / 4,
	         rows * i->k / 32, p, rows / 8, p, 4 * p, p * rows / 8, p, i->k / 4, p, 4 * p, p, p, i->name, rows / 4);
	cr_assert_eq(load_text(source, &kernel), HDT_OK, "%s\n%s", hdt_session_error(session), source);
	check(name, kernel, &(product){rows, 8, i->k, i->in, i->out, false, false});
	hdt_kernel_free(kernel);
}

Test(products, mma_multiplies_in_every_shape_and_type)
{
	static const mma all[] = {
		{"mma_m16n8k8_f16", 16, 8, HDT_F16, HDT_F32},   {"mma_m16n8k8_f16", 16, 8, HDT_F16, HDT_F16},
		{"mma_m16n8k16_f16", 16, 16, HDT_F16, HDT_F32}, {"mma_m16n8k16_f16", 16, 16, HDT_F16, HDT_F16},
		{"mma_m16n8k8_bf16", 16, 8, HDT_BF16, HDT_F32}, {"mma_m16n8k16_bf16", 16, 16, HDT_BF16, HDT_F32},
		{"mma_m16n8k4_tf32", 16, 4, HDT_F32, HDT_F32},  {"mma_m16n8k8_tf32", 16, 8, HDT_F32, HDT_F32},
		{"mma_m8n8k16_i8", 8, 16, HDT_I8, HDT_I32},     {"mma_m16n8k16_i8", 16, 16, HDT_I8, HDT_I32},
		{"mma_m16n8k32_i8", 16, 32, HDT_I8, HDT_I32},
	};
	for (size_t i = 0; i < sizeof all / sizeof *all; i++)
		check_mma(&all[i]);
}

/* ---- wgmma: tiles placed by hand, in every layout that a descriptor tells ---- */

typedef struct wgmma {
	const char *dtype; /* as in the name: tf32 of f32 */
	int n, swizzle;
	bool transpose_a, transpose_b, a_in_registers;
} wgmma;

/* The body that fills a tile of `rows` rows and two products' depth from x, and the offsets of its descriptor. k
 * dense: groups of 8 rows, as long as the swizzle. Rows dense: groups of 8 k with 16 bytes to a swizzle of rows.
 * Elements are placed by their byte, exclusive-or and all. */
static int write_tile(char *to, size_t size, const char *name, const char *from, int rows, int element, int swizzle,
                      bool transposed)
{
	int unit = 16 / element, units = swizzle ? swizzle / 16 : 1, depth = 2 * 32 / element;
	char offset[256]; /* of the unit that holds row r, depth k */
	if (!transposed && swizzle >= 64)
		snprintf(offset, sizeof offset, "r * %d + k // %d * 16", units * 16, unit);
	else if (!transposed && swizzle == 32) /* the second product's depth is a tile of its own */
		snprintf(offset, sizeof offset, "k // %d * %d + r * 32 + k // %d %% 2 * 16", 2 * unit, rows * 32, unit);
	else if (!transposed) /* all rows of one column of units, then the next */
		snprintf(offset, sizeof offset, "k // %d * %d + r * 16", unit, rows * 16);
	else if (swizzle) /* all k of one swizzle of rows, then the next */
		snprintf(offset, sizeof offset, "r // %d * %d + k * %d + r // %d %% %d * 16", unit * units, depth * units * 16,
		         units * 16, unit, units);
	else /* all groups of rows of 8 k, then the next 8 k */
		snprintf(offset, sizeof offset, "k // 8 * %d + r // %d * 128 + k %% 8 * 16", rows / unit * 128, unit);
	return snprintf(
		to, size,
		"  for e in 0..%d {\n    let i = e * 128 + threadIdx.x;\n    let r = i // %d;\n    let k = i %% %d;\n"
		"    let o = %s;\n    let u = (o ^ (o >> 3 & %d)) // %d;\n    %s[u + %s %% %d] = %s[i];\n  }\n",
		rows * depth / 128, depth, depth, offset, (units - 1) * 16, element, name, transposed ? "r" : "k", unit, from);
}

/* leading and stride, and how far the second product's depth is. */
static void place_tile(int rows, int element, int swizzle, bool transposed, int out[3])
{
	int unit = 16 / element, units = swizzle ? swizzle / 16 : 1, depth = 2 * 32 / element;
	if (!transposed && swizzle)
		memcpy(out, (int[]){0, 8 * units * 16, swizzle == 32 ? rows * 32 : 32}, 3 * sizeof(int));
	else if (!transposed)
		memcpy(out, (int[]){rows * 16, 128, 2 * rows * 16}, 3 * sizeof(int));
	else if (swizzle)
		memcpy(out, (int[]){depth * units * 16, 8 * units * 16, depth / 2 * units * 16}, 3 * sizeof(int));
	else
		memcpy(out, (int[]){rows / unit * 128, 128, depth / 16 * rows / unit * 128}, 3 * sizeof(int));
}

static hdt_dtype dtype_of(const wgmma *i)
{
	return !strcmp(i->dtype, "tf32") ? HDT_F32 : hdt_dtype_named(i->dtype);
}

static void check_wgmma(const wgmma *i)
{
	char source[8192], name[128];
	hdt_dtype in = dtype_of(i), out = in == HDT_I8 ? HDT_I32 : HDT_F32;
	int element = hdt_dtype_of(in)->bytes, depth = 32 / element, a[3], b[3], n = i->n, registers = n / 2;
	const char *word = hdt_dtype_of(in)->name, *out_word = hdt_dtype_of(out)->name;
	bool half = element == 2;
	hdt_kernel *kernel;
	place_tile(64, element, i->swizzle, i->transpose_a, a);
	place_tile(n, element, i->swizzle, i->transpose_b, b);
	snprintf(name, sizeof name, "wgmma_m64n%dk%d_%s%s", n, depth, i->dtype, i->a_in_registers ? "_registers" : "");
	int at = snprintf(
		source, sizeof source,
		"fn @wgmma(a: *%s, b: *%s, c: *%s) cuda grid(1) block(128) {\n  let C = view(c, %s[64, %d]), A = view(a, "
		"%s[64, %d]);\n"
		"  shared dynamic sa: %s[%d];\n  shared dynamic sb: %s[%d];\n  register d: %s[%d];\n  register fa: %s[%d];\n"
		"  let g = threadIdx.x // 4;\n  let t = threadIdx.x %% 4;\n",
		word, word, out_word, out_word, n, word, 2 * depth, word, 64 * 2 * depth * 2, word, n * 2 * depth * 2, out_word,
		registers, word, 2 * depth);
	at += write_tile(source + at, sizeof source - (size_t)at, "sa", "a", 64, element, i->swizzle, i->transpose_a);
	at += write_tile(source + at, sizeof source - (size_t)at, "sb", "b", n, element, i->swizzle, i->transpose_b);
	if (i->a_in_registers)
		at += snprintf(source + at, sizeof source - (size_t)at,
		               "  for i in 0..16 { fa[i] = A[threadIdx.x // 32 * 16 + g %% 8 + 8 * (i // 2 %% 2), 2 * t + 8 * "
		               "(i // 4) + i %% 2]; }\n");
	at +=
		snprintf(source + at, sizeof source - (size_t)at,
	             "  syncthreads();\n  fence_proxy_async();\n  wgmma_fence_registers(&d[0], %d);\n  wgmma_fence();\n"
	             "  let da = wgmma_descriptor(&sa[0], %d, %d, %d);\n  let db = wgmma_descriptor(&sb[0], %d, %d, %d);\n",
	             registers, a[0], a[1], i->swizzle, b[0], b[1], i->swizzle);
	for (int half_of_k = 0; half_of_k < 2; half_of_k++) {
		at += snprintf(source + at, sizeof source - (size_t)at, "  %s(&d[0], ", name);
		at += i->a_in_registers ? snprintf(source + at, sizeof source - (size_t)at, "&fa[%d]", half_of_k * 8)
		                        : snprintf(source + at, sizeof source - (size_t)at, "da + %d", half_of_k * a[2] / 16);
		at += snprintf(source + at, sizeof source - (size_t)at, ", db + %d, %s", half_of_k * b[2] / 16,
		               half_of_k ? "true" : "false");
		if (half && !i->a_in_registers)
			at += snprintf(source + at, sizeof source - (size_t)at, ", %d", i->transpose_a);
		at += snprintf(source + at, sizeof source - (size_t)at, half ? ", %d);\n" : ");\n", i->transpose_b);
	}
	snprintf(source + at, sizeof source - (size_t)at,
	         "  wgmma_commit_group();\n  wgmma_wait_group(0);\n"
	         "  for i in 0..%d { C[threadIdx.x // 32 * 16 + g %% 8 + 8 * (i // 2 %% 2), 8 * (i // 4) + 2 * t + i %% 2] "
	         "= d[i]; }\n}\n",
	         registers);
	cr_assert_eq(load_text(source, &kernel), HDT_OK, "%s\n%s", hdt_session_error(session), source);
	snprintf(name + strlen(name), sizeof name - strlen(name), ", swizzle %d, transposed %d %d", i->swizzle,
	         i->transpose_a, i->transpose_b);
	check(name, kernel, &(product){64, n, 2 * depth, in, out, false, true});
	hdt_kernel_free(kernel);
}

Test(products, wgmma_multiplies_in_every_layout_and_type)
{
	static const int swizzles[] = {0, 32, 64, 128};
	for (int s = 0; s < 4; s++) {
		for (int transposes = 0; transposes < 4; transposes++)
			check_wgmma(&(wgmma){"f16", 64, swizzles[s], transposes & 1, transposes >> 1, false});
		check_wgmma(&(wgmma){"bf16", 128, swizzles[s], false, s % 2, true});
		check_wgmma(&(wgmma){"tf32", 8 << s, swizzles[s], false, false, false});
		check_wgmma(&(wgmma){"i8", 32, swizzles[s], false, false, false});
	}
	check_wgmma(&(wgmma){"f16", 256, 128, false, true, false});
}

Test(products, a_ring_of_stages_feeds_a_warpgroup)
{
	check_file("tensor_wgmma", &(product){128, 64, 192, HDT_F16, HDT_F32, false, true});
}
