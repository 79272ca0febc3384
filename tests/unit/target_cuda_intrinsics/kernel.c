/* kernel.c: a kernel from a signature: "(to: out register f16 8, from: in shared f16 8)" becomes
 *
 *     extern "C" __global__ void k(uint16_t *out_to) {
 *         HIDET_REGISTER uint16_t to[8];
 *         HIDET_SHARED(1024) uint16_t from[512];
 *         from[threadIdx.x] = (uint16_t)clock();
 *         hidet_ldmatrix_x4(&to[0], &from[threadIdx.x % 4 * 8]);
 *         for (int i = 0; i < 8; i++) out_to[i] = to[i];
 *     } */
#include "kernel.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

enum { MOST_PARAMETERS = 16, SHARED_ELEMENTS = 512 };

/* A parameter as its words stand in the signature: "to: out register f16|bf16 8". */
typedef struct parameter {
	char words[4][32]; /* of the type */
	char name[32];
	int word_count;
} parameter;

typedef struct kernel {
	text *t;
	int variant;
	const char *intrinsic;
	parameter parameters[MOST_PARAMETERS];
	int count;
	char result[32];
} kernel;

static bool is(const char *a, const char *b)
{
	return !strcmp(a, b);
}

static void read_signature(kernel *k, const char *signature)
{
	char copy[512], *rest, *piece, *word, *more;
	const char *arrow = strstr(signature, "-> ");
	snprintf(k->result, sizeof k->result, "%s", arrow ? arrow + 3 : "");
	snprintf(copy, sizeof copy, "%s", signature + 1);
	*strchr(copy, ')') = 0;
	for (piece = strtok_r(copy, ",", &rest); piece; piece = strtok_r(NULL, ",", &rest)) {
		parameter *p = &k->parameters[k->count++];
		word = strtok_r(piece, ": ", &more);
		snprintf(p->name, sizeof p->name, "%s", word);
		while ((word = strtok_r(NULL, " ", &more)))
			snprintf(p->words[p->word_count++], sizeof *p->words, "%s", word);
	}
}

static bool is_address(const parameter *p)
{
	return is(p->words[0], "in") || is(p->words[0], "out") || is(p->words[0], "inout");
}

/* The dtype that this variant takes of a list. */
static const char *pick_dtype(const kernel *k, const char *list, char *to, size_t bytes)
{
	int count = 1, at = 0;
	snprintf(to, bytes, "%s", is(list, "any") ? "f32|f16|i8|f64|bf16|u16" : list);
	for (char *c = to; *c; c++)
		count += *c == '|';
	char *piece = to, *bar;
	while (at++ < k->variant % count)
		piece = strchr(piece, '|') + 1;
	if ((bar = strchr(piece, '|')))
		*bar = 0;
	return memmove(to, piece, strlen(piece) + 1);
}

static const struct {
	const char *dtype, *memory, *value;
	int bytes;
} types[] = {
	{"bool", "uint8_t", "bool", 1},     {"u8", "uint8_t", "uint8_t", 1},    {"i8", "int8_t", "int8_t", 1},
	{"u16", "uint16_t", "uint16_t", 2}, {"i16", "int16_t", "int16_t", 2},   {"f16", "uint16_t", "float", 2},
	{"bf16", "uint16_t", "float", 2},   {"u32", "uint32_t", "uint32_t", 4}, {"i32", "int32_t", "int32_t", 4},
	{"f32", "float", "float", 4},       {"u64", "uint64_t", "uint64_t", 8}, {"i64", "int64_t", "int64_t", 8},
	{"f64", "double", "double", 8},
};

static int type_of(const kernel *k, const char *list)
{
	char dtype[128];
	pick_dtype(k, list, dtype, sizeof dtype);
	for (size_t i = 0; i < sizeof types / sizeof *types; i++)
		if (is(types[i].dtype, dtype))
			return (int)i;
	fprintf(stderr, "%s: '%s' is no dtype\n", k->intrinsic, dtype);
	abort();
}

/* A number that the instruction takes for a `const` parameter. */
static int constant(const kernel *k, const parameter *p)
{
	if (is(p->name, "swizzle"))
		return 128 >> k->variant % 3;
	if (strstr(p->name, "transpose"))
		return k->variant % 2;
	if (strstr(k->intrinsic, "setmaxnreg"))
		return 64;
	for (int i = 0; i < k->count; i++) /* as many elements as are 16, 8 or 4 bytes */
		if (is_address(&k->parameters[i]) && is(k->parameters[i].words[3], p->name)) {
			int size = types[type_of(k, k->parameters[i].words[2])].bytes;
			int n = (16 >> k->variant / 2 % 3) / size;
			return n ? n : 1;
		}
	return k->variant % 3;
}

static int elements(const kernel *k, const parameter *p)
{
	if (p->word_count < 4)
		return SHARED_ELEMENTS;
	for (int i = 0; i < k->count; i++)
		if (is(k->parameters[i].name, p->words[3]))
			return constant(k, &k->parameters[i]);
	return atoi(p->words[3]);
}

static const char *scope_of(const kernel *k, const parameter *p)
{
	return !is(p->words[1], "memory") ? p->words[1] : k->variant % 2 ? "shared" : "global";
}

static void write_parameters(const kernel *k)
{
	const char *comma = "";
	for (int i = 0; i < k->count; i++) {
		const parameter *p = &k->parameters[i];
		if (is(p->words[0], "const"))
			continue;
		if (is(p->words[0], "map"))
			text_format(k->t, "%sHIDET_MAP %s", comma, p->name);
		else if (is_address(p))
			text_format(k->t, "%s%s *memory_%s", comma, types[type_of(k, p->words[2])].memory, p->name);
		else
			text_format(k->t, "%sconst %s %s", comma, types[type_of(k, p->words[0])].value, p->name);
		comma = ", ";
	}
	text_format(k->t, "%suint64_t *result", comma);
}

/* Buffers in registers and shared memory, with values that the compiler does not know. */
static void write_buffers(const kernel *k)
{
	for (int i = 0; i < k->count; i++) {
		const parameter *p = &k->parameters[i];
		if (!is_address(p) || is(scope_of(k, p), "global"))
			continue;
		const char *type = types[type_of(k, p->words[2])].memory;
		if (is(scope_of(k, p), "shared")) {
			text_format(k->t, "\tHIDET_SHARED(1024) %s %s[%d];\n", type, p->name, SHARED_ELEMENTS);
			text_format(k->t, "\t%s[threadIdx.x] = memory_%s[threadIdx.x];\n", p->name, p->name);
			continue;
		}
		text_format(k->t, "\tHIDET_REGISTER %s %s[%d];\n", type, p->name, elements(k, p));
		if (!is(p->words[0], "out"))
			text_format(
				k->t, "\tHIDET_UNROLL(%d)\n\tfor (int i = 0; i < %d; i++) %s[i] = memory_%s[i * 128 + threadIdx.x];\n",
				elements(k, p), elements(k, p), p->name, p->name);
	}
}

static void write_operand(const kernel *k, const parameter *p)
{
	if (is(p->words[0], "const"))
		text_format(k->t, "%d", constant(k, p));
	else if (is(p->words[0], "map"))
		text_format(k->t, "&%s", p->name);
	else if (!is_address(p))
		text_add(k->t, p->name);
	else if (is(scope_of(k, p), "register"))
		text_format(k->t, "&%s[0]", p->name);
	else
		text_format(k->t, "&%s%s[threadIdx.x %% 8 * 16]", is(scope_of(k, p), "global") ? "memory_" : "", p->name);
}

/* What was written goes to memory, so that nothing is needless. */
static void write_results(const kernel *k)
{
	for (int i = 0; i < k->count; i++) {
		const parameter *p = &k->parameters[i];
		if (is_address(p) && is(scope_of(k, p), "register") && !is(p->words[0], "in"))
			text_format(
				k->t, "\tHIDET_UNROLL(%d)\n\tfor (int i = 0; i < %d; i++) memory_%s[i * 128 + threadIdx.x] = %s[i];\n",
				elements(k, p), elements(k, p), p->name, p->name);
		else if (is_address(p) && is(scope_of(k, p), "shared"))
			text_format(k->t, "\t__syncthreads();\n\tmemory_%s[threadIdx.x] = %s[threadIdx.x ^ 1];\n", p->name,
			            p->name);
	}
	text_add(k->t, *k->result ? "\tresult[threadIdx.x] = (uint64_t)value_of_call;\n}\n" : "}\n");
}

void kernel_write(text *t, const hdt_intrinsic *intrinsic, int variant, const char *name)
{
	kernel k = {.t = t, .variant = variant, .intrinsic = intrinsic->name};
	read_signature(&k, intrinsic->signature);
	text_format(t, "HIDET_KERNEL(128, 0) void %s(", name);
	write_parameters(&k);
	text_add(t, ")\n{\n");
	write_buffers(&k);
	text_format(t, "\t%shidet_%s(", *k.result ? "const auto value_of_call = " : "", intrinsic->name);
	for (int i = 0; i < k.count; i++) {
		text_add(t, i ? ", " : "");
		write_operand(&k, &k.parameters[i]);
	}
	text_add(t, ");\n");
	write_results(&k);
}
