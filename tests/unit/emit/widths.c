/* widths.c: random index expressions at the edges of 32 bits, written as kernels, compiled for this machine as C++ and run one thread
 * after the other: each value, and each address of an element, must be the evaluator's. What leaves 64 bits there is passed over: sizes are
 * taken not to. Every other kernel goes through the passes of core/lower before. */
#include "fixture.h"

#include "base/context.h"
#include "lower/lower.h"
#include <stdlib.h>
#include <string.h>

TestSuite(widths, .init = set_up, .fini = tear_down);

enum { KERNELS = 6, VALUES = 140, NODES = 180, LEAVES = 12, MOST_DERIVED = 200, TENSORS = 6, SAMPLES = 200 };

/* For a kernel on the host: its place in the launch is set from outside. */
static const char host_words[] = "#define HIDET_KERNEL(threads, blocks) extern \"C\"\n"
								 "static int thread_x, block_x;\n"
								 "#define HIDET_THREAD_X thread_x\n"
								 "#define HIDET_BLOCK_X block_x\n"
								 "#define hidet_runtime hidet_launch_number\ntypedef int hidet_launch_number;\n";

/* Not optimised and wrapping: an int that overflows gives a wrong value at once. */
static const char compiler[] = "c++ -x c++ -std=gnu++17 -O0 -fwrapv -w -D_Bool=bool -Drestrict=__restrict__";

static uint64_t state = 11;

static uint32_t random_below(uint32_t limit)
{
	state = state * UINT64_C(6364136223846793005) + UINT64_C(1442695040888963407);
	return (uint32_t)(state >> 33) % limit;
}

typedef struct sample_kernel {
	hdt_program *program;
	hdt_function *function;
	const hdt_tensor *out, *tensors[TENSORS];
	const hdt_expr *nodes[NODES];   /* the leaves first, positions in tensors last */
	const hdt_expr *lets[NODES];    /* node n is the value of lets[n]; NULL: none */
	const hdt_expr *written[NODES]; /* what the kernel computes: the node, its let, or the address of a position */
	int count;
} sample_kernel;

static const hdt_expr *random_constant(void)
{
	static const int64_t edges[] = {
		1,         2,          3,          7,           64,         -1,          -3,
		INT32_MAX, INT32_MIN,  65536,      46341,       46340,      -46341,      INT64_C(1) << 31,
		-65536,    1073741824, 1073741823, -1073741825, 2147483646, -2147483647, INT64_C(1) << 32};
	return hdt_int(context, edges[random_below(sizeof edges / sizeof *edges)]);
}

static const hdt_expr *operand(const sample_kernel *k)
{
	if (random_below(4) == 0)
		return random_constant();
	int n = (int)random_below((uint32_t)k->count);
	return k->lets[n] ? k->lets[n] : k->nodes[n];
}

static const hdt_expr *random_condition(const sample_kernel *k)
{
	static const hdt_scalar_op ops[] = {HDT_OP_LT, HDT_OP_LE, HDT_OP_EQ, HDT_OP_NE};
	return hdt_binary(ops[random_below(4)], operand(k), operand(k));
}

static const hdt_expr *random_value(const sample_kernel *k)
{
	static const hdt_scalar_op ops[] = {HDT_OP_ADD, HDT_OP_SUB,      HDT_OP_MUL,     HDT_OP_MUL,     HDT_OP_ADD,
	                                    HDT_OP_MIN, HDT_OP_MAX,      HDT_OP_BIT_AND, HDT_OP_BIT_OR,  HDT_OP_BIT_XOR,
	                                    HDT_OP_MOD, HDT_OP_FLOORDIV, HDT_OP_MOD,     HDT_OP_FLOORDIV};
	static const hdt_dtype narrower[] = {HDT_I32, HDT_I16, HDT_U8, HDT_U32, HDT_I8, HDT_U16};
	const hdt_expr *x = operand(k);
	switch (random_below(10)) {
	case 0:
		return hdt_select(random_condition(k), x, operand(k));
	case 1:
		return hdt_unary(HDT_OP_NEG, x);
	case 2:
		return hdt_binary(HDT_OP_SHR, x, hdt_int(context, random_below(40)));
	case 3:
		return hdt_cast(hdt_cast(x, narrower[random_below(6)]), HDT_I64);
	case 4:
		return hdt_unary(random_below(2) ? HDT_OP_ABS : HDT_OP_SIGN, x);
	default:
		return hdt_binary(ops[random_below(sizeof ops / sizeof *ops)], x, operand(k));
	}
}

/* Symbols on both sides of 2^31, scalars of 32, 16 and 64 bits, places of a grid of any size. */
static void add_leaves(sample_kernel *k)
{
	static const int64_t most[] = {1000, 65536, INT32_MAX, INT64_C(1) << 31, INT64_C(1) << 33};
	static const hdt_dtype dtypes[] = {HDT_I32, HDT_I16, HDT_U8, HDT_I64, HDT_U32};
	for (int i = 0; i < 5; i++)
		k->nodes[k->count++] = hdt_symbol(context, (const char *[]){"s0", "s1", "s2", "s3", "s4"}[i], i % 2, most[i]);
	for (int i = 0; i < 5; i++) {
		const char *name = (const char *[]){"a0", "a1", "a2", "a3", "a4"}[i];
		k->nodes[k->count++] = hdt_cast(hdt_parameter_scalar(k->function, name, dtypes[i]), HDT_I64);
	}
	hdt_function_grid(k->function, HDT_AT(k->nodes[2]), HDT_AT(hdt_int(context, 1024)));
	k->nodes[k->count++] = k->function->block_at[0];
	k->nodes[k->count++] = k->function->thread_at[0];
	cr_assert_eq(k->count, LEAVES);
}

/* Of bytes, so that positions are distances: the kernel is given them at address 0. */
static void add_tensors(sample_kernel *k)
{
	for (int i = 0; i < TENSORS; i++) {
		const char *name = (const char *[]){"z0", "z1", "z2", "z3", "z4", "z5"}[i];
		const hdt_expr *shape[3];
		for (int d = 0; d < 3; d++)
			shape[d] = random_below(2) ? k->nodes[random_below(4)] : hdt_int(context, 1 + random_below(70000));
		k->tensors[i] = hdt_parameter_tensor(k->function, name, HDT_U8, (hdt_list){shape, 1 + i % 3});
	}
}

static const hdt_intrinsic distance = {
	.size = sizeof(hdt_intrinsic),
	.name = "distance",
	.signature = "(at: in any any) -> i64",
	.traits = "p",
	.text = "static int64_t hidet_distance(const void *at) { return (int64_t)(intptr_t)at; }\n",
};

static void add_element(sample_kernel *k)
{
	const hdt_tensor *t = k->tensors[random_below(TENSORS)];
	const hdt_expr *indices[3];
	for (int d = 0; d < t->rank; d++)
		indices[d] = operand(k);
	const hdt_expr *address = hdt_address(t, indices, t->rank);
	k->written[k->count] = expr_call(context, &distance, HDT_I64, &address, 1);
	k->nodes[k->count++] = hdt_flatten(context, hdt_shape(t), (hdt_list){indices, t->rank});
}

static void grow(sample_kernel *k)
{
	*k = (sample_kernel){.program = hdt_program_new(context, "widths")};
	k->function = hdt_function_new(k->program, "f", HDT_FUNCTION_CUDA);
	k->out = hdt_parameter_pointer(k->function, "out", HDT_I64);
	add_leaves(k);
	add_tensors(k);
	while (k->count < VALUES) {
		const hdt_expr *value = random_value(k);
		cr_assert(value, "%s", context->message);
		if (random_below(4) == 0 && value->op != HDT_OP_CONST)
			k->lets[k->count] = hdt_let(k->function, "v", value);
		k->nodes[k->count++] = value;
	}
	for (int n = 0; n < VALUES; n++)
		k->written[n] = k->lets[n] ? k->lets[n] : k->nodes[n];
	while (k->count < NODES)
		add_element(k);
	for (int n = 0; n < NODES; n++)
		hdt_store(k->function, k->out, HDT_AT(hdt_int(context, n)), k->written[n]);
}

typedef void run_kernel(int64_t *out, const int64_t *leaves);

static void lower(const sample_kernel *k)
{
	static const hdt_intrinsic *const intrinsics[] = {&distance, NULL};
	static const hdt_target target = {.size = sizeof(hdt_target),
	                                  .name = "test",
	                                  .kind = HDT_FUNCTION_CUDA,
	                                  .language = HDT_LANGUAGE_C,
	                                  .intrinsics = intrinsics};
	cr_assert_eq(program_lower(k->program, &(lowering){.target = &target}), HDT_OK, "%s", context->message);
	cr_assert(k->function->derived_count <= MOST_DERIVED, "%d derived scalars", k->function->derived_count);
}

/* A function that calls the kernel with the leaves, behind which its derived scalars stand. */
static void print_call(text *t, const sample_kernel *k)
{
	text_add(t, "extern \"C\" void k(int64_t *out, const int64_t *v)\n{\n"
	            "  block_x = (int)v[10], thread_x = (int)v[11];\n"
	            "  k_f(out, 0, 0, 0, 0, 0, 0, ");
	for (int i = 0; i < 10; i++)
		text_format(t, "v[%d], ", i);
	for (int i = 0; i < k->function->derived_count; i++)
		text_format(t, "v[%d], ", LEAVES + i);
	text_add(t, "0);\n}\n");
}

static run_kernel *compile_kernel(const sample_kernel *k, bool lowered, const char **source)
{
	text t = {0};
	emitted_texts needed = {0};
	text_add(&t, host_words);
	text_add(&t, distance.text);
	cr_assert_eq(program_finish(k->program), HDT_OK, "%s", context->message);
	cr_assert_eq(program_verify(k->program), HDT_OK, "%s", context->message);
	if (lowered)
		lower(k);
	cr_assert_eq(emit_kernels(&t, k->program, "k", &needed), HDT_OK, "%s", context->message);
	print_call(&t, k);
	*source = text_finish(&t, context);
	void *address = compile_text(compiler, *source);
	run_kernel *run;
	memcpy(&run, &address, sizeof run);
	return run;
}

static int64_t random_between(int64_t min, int64_t max)
{
	switch (random_below(4)) {
	case 0:
		return min;
	case 1:
		return max;
	default:
		return min + (int64_t)((double)(max - min) * random_below(10001) / 10000);
	}
}

/* The leaves' values at or between the ends of what they may be. */
static void draw(const sample_kernel *k, int64_t values[LEAVES])
{
	for (int i = 0; i < LEAVES; i++) {
		int64_t min = -(INT64_C(1) << 40), max = INT64_C(1) << 40;
		hdt_bounds(k->nodes[i], &min, &max);
		values[i] = random_between(min, max);
	}
	values[2] = values[2] ? values[2] : 1;
	values[10] = values[10] % values[2];
}

static const hdt_expr *leaf_of(const hdt_expr *e)
{
	return e->op == HDT_OP_CAST ? e->args[0] : e;
}

/* One thread: how many values were compared. */
static int check(const sample_kernel *k, run_kernel *run, const char *source)
{
	const hdt_expr *known[LEAVES + NODES];
	int64_t values[LEAVES + NODES], given[LEAVES + MOST_DERIVED], got[NODES], want;
	bindings b = {known, values, LEAVES};
	int compared = 0;
	draw(k, values);
	for (int i = 0; i < LEAVES; i++)
		known[i] = leaf_of(k->nodes[i]);
	memcpy(given, values, LEAVES * sizeof *given);
	for (int i = 0; i < k->function->derived_count; i++)
		if (!expr_evaluate(k->function->derived[i], &b,
		                   &given[LEAVES + i])) /* it leaves 64 bits: no launch is planned */
			return 0;
	run(got, given);
	for (int n = 0; n < NODES; n++) {
		if (!expr_evaluate(k->nodes[n], &b, &want))
			continue;
		cr_assert_eq(
			got[n], want,
			"out[%d]: %s is %lld, not %lld, at s0..s4 = %lld %lld %lld %lld %lld, a0..a4 = %lld %lld %lld %lld "
			"%lld, block %lld, thread %lld\n%s",
			n, hdt_expr_text(k->nodes[n]), (long long)got[n], (long long)want, (long long)values[0],
			(long long)values[1], (long long)values[2], (long long)values[3], (long long)values[4],
			(long long)values[5], (long long)values[6], (long long)values[7], (long long)values[8],
			(long long)values[9], (long long)values[10], (long long)values[11], source);
		compared++;
		if (k->lets[n])
			known[b.count] = k->lets[n], values[b.count++] = want;
	}
	return compared;
}

Test(widths, of_random_index_arithmetic_lose_nothing, .timeout = 60)
{
	if (system("c++ --version > /dev/null 2>&1")) {
		cr_skip_test("there is no C++ compiler");
		return;
	}
	const char *more = getenv("HIDET_TEST_KERNELS"), *seed = getenv("HIDET_TEST_SEED");
	int kernels = more ? atoi(more) : KERNELS, compared = 0;
	state = seed ? strtoull(seed, NULL, 10) : state;
	for (int i = 0; i < kernels; i++) {
		sample_kernel k;
		const char *source;
		grow(&k);
		run_kernel *run = compile_kernel(&k, i % 2, &source);
		for (int s = 0; s < SAMPLES; s++)
			compared += check(&k, run, source);
		tear_down();
		set_up();
	}
	cr_assert(compared > kernels * NODES * SAMPLES / 10, "only %d values compared", compared);
}
