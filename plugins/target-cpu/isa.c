/* isa.c: instruction set levels and which of them this machine has.
 *
 * Code is compiled for a level of the table, so that equal text gives equal objects on all machines of a level; only
 * features that were checked are passed to the compiler. */
#include "cpu.h"

#include <stdlib.h>
#include <string.h>

#define X86_V2 "-msse3", "-mssse3", "-msse4.1", "-msse4.2", "-mpopcnt"
#define X86_V3 X86_V2, "-mavx2", "-mfma", "-mf16c", "-mbmi", "-mbmi2"
#define X86_V4 X86_V3, "-mavx512f", "-mavx512bw", "-mavx512cd", "-mavx512dq", "-mavx512vl", "-mprefer-vector-width=512"
#define X86_V4_VNNI X86_V4, "-mavx512vnni"
#define X86_V4_BF16 X86_V4_VNNI, "-mavx512bf16"
#define X86_V4_AMX X86_V4_BF16, "-mamx-tile", "-mamx-bf16", "-mamx-int8"

#if defined(__x86_64__)

#include <cpuid.h>
#include <sys/syscall.h>
#include <unistd.h>

static bool has_any(void)
{
	return true;
}

static bool has_v2(void)
{
	return __builtin_cpu_supports("ssse3") && __builtin_cpu_supports("sse4.2") && __builtin_cpu_supports("popcnt");
}

static bool has_v3(void)
{
	unsigned a, b, c, d;
	bool f16c = __get_cpuid(1, &a, &b, &c, &d) && c & bit_F16C;
	return has_v2() && f16c && __builtin_cpu_supports("avx2") && __builtin_cpu_supports("fma") &&
	       __builtin_cpu_supports("bmi") && __builtin_cpu_supports("bmi2");
}

static bool has_v4(void)
{
	return has_v3() && __builtin_cpu_supports("avx512f") && __builtin_cpu_supports("avx512bw") &&
	       __builtin_cpu_supports("avx512cd") && __builtin_cpu_supports("avx512dq") &&
	       __builtin_cpu_supports("avx512vl");
}

typedef enum word { EAX, EBX, ECX, EDX } word;

/* Of the structured features of cpuid. */
static bool has_feature(unsigned part, word which, int bit)
{
	unsigned words[4];
	return __get_cpuid_count(7, part, &words[EAX], &words[EBX], &words[ECX], &words[EDX]) && words[which] >> bit & 1;
}

static bool has_v3_vnni(void)
{
	return has_v3() && has_feature(1, EAX, 4);
}

static bool has_v4_vnni(void)
{
	return has_v4() && has_feature(0, ECX, 11);
}

static bool has_v4_bf16(void)
{
	return has_v4_vnni() && has_feature(1, EAX, 5);
}

/* A process has to ask for the tiles' registers, which are large, once. */
static bool may_use_tiles(void)
{
#ifdef __linux__
	enum { ARCH_REQ_XCOMP_PERM = 0x1023, TILE_DATA = 18 };
	return syscall(SYS_arch_prctl, ARCH_REQ_XCOMP_PERM, TILE_DATA) == 0;
#else
	return false;
#endif
}

static bool has_v4_amx(void)
{
	bool tiles = has_feature(0, EDX, 24), bf16 = has_feature(0, EDX, 22), i8 = has_feature(0, EDX, 25);
	return has_v4_bf16() && tiles && bf16 && i8 && may_use_tiles();
}

/* Narrowest first. Levels may lack what earlier ones have. */
static const struct {
	isa isa;
	bool (*has)(void);
} levels[] = {
	{{"x86-64", "SSE2", .vector_bytes = 16}, has_any},
	{{"x86-64-v2", "SSE4.2", .vector_bytes = 16, .flags = {X86_V2}}, has_v2},
	{{"x86-64-v3", "AVX2", .vector_bytes = 32, .flags = {X86_V3}, .fused_multiply_add = true}, has_v3},
	{{"x86-64-v3-vnni", "AVX2 with VNNI", .vector_bytes = 32, .flags = {X86_V3, "-mavxvnni"},
      .fused_multiply_add = true, .dot_i8 = 4, .recent = true},
     has_v3_vnni},
	{{"x86-64-v4", "AVX-512", .vector_bytes = 64, .flags = {X86_V4}, .fused_multiply_add = true}, has_v4},
	{{"x86-64-v4-vnni", "AVX-512 with VNNI", .vector_bytes = 64, .flags = {X86_V4_VNNI}, .fused_multiply_add = true,
      .dot_i8 = 4, .recent = true},
     has_v4_vnni},
	{{"x86-64-v4-bf16", "AVX-512 with BF16", .vector_bytes = 64, .flags = {X86_V4_BF16}, .fused_multiply_add = true,
      .dot_bf16 = 2, .dot_i8 = 4, .recent = true},
     has_v4_bf16},
	{{"x86-64-v4-amx", "AVX-512 with AMX", .vector_bytes = 64, .flags = {X86_V4_AMX}, .fused_multiply_add = true,
      .dot_bf16 = 2, .dot_i8 = 4, .tiles = true, .recent = true},
     has_v4_amx},
};

#else

static bool has_any(void)
{
	return true;
}

static const struct {
	isa isa;
	bool (*has)(void);
} levels[] = {
#if defined(__aarch64__)
	{{"aarch64", "NEON", .vector_bytes = 16, .fused_multiply_add = true}, has_any},
#else
	{{"generic", "generic", .vector_bytes = 16}, has_any},
#endif
};

#endif

enum { LEVEL_COUNT = sizeof levels / sizeof *levels };

const isa *isa_named(const char *name)
{
	for (int i = 0; i < LEVEL_COUNT; i++)
		if (strcmp(levels[i].isa.name, name) == 0)
			return &levels[i].isa;
	return NULL;
}

/* The widest level up to `most` that this machine has; `old`: that old compilers know, too. */
static int find_level(int most, bool old)
{
	for (int i = most; i > 0; i--)
		if (!(old && levels[i].isa.recent) && levels[i].has())
			return i;
	return 0;
}

const isa *isa_detect(bool old_compiler)
{
	const char *allowed = getenv("HIDET_CPU_ISA");
	int most = LEVEL_COUNT - 1;
	for (int i = 0; allowed && i < LEVEL_COUNT; i++)
		if (strcmp(levels[i].isa.name, allowed) == 0)
			most = i;
	return &levels[find_level(most, old_compiler)].isa;
}
