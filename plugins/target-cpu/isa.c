/* isa.c: instruction set levels and which of them this machine has.
 *
 * Code is compiled for a level of the table, so that equal text gives equal objects on all machines of a level; only
 * features that were checked are passed to the compiler. */
#include "cpu.h"

#include <stdlib.h>
#include <string.h>

#define X86_V2 "-msse3", "-mssse3", "-msse4.1", "-msse4.2", "-mpopcnt"
#define X86_V3 X86_V2, "-mavx2", "-mfma", "-mf16c", "-mbmi", "-mbmi2"
#define X86_V4 X86_V3, "-mavx512f", "-mavx512bw", "-mavx512cd", "-mavx512dq", "-mavx512vl"

#if defined(__x86_64__)

#include <cpuid.h>

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

/* Narrowest first. */
static const struct {
	isa isa;
	bool (*has)(void);
} levels[] = {
	{{"x86-64", "SSE2", 16, {NULL}, false}, has_any},
	{{"x86-64-v2", "SSE4.2", 16, {X86_V2, NULL}, false}, has_v2},
	{{"x86-64-v3", "AVX2", 32, {X86_V3, NULL}, true}, has_v3},
	{{"x86-64-v4", "AVX-512", 64, {X86_V4, "-mprefer-vector-width=512", NULL}, true}, has_v4},
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
	{{"aarch64", "NEON", 16, {NULL}, true}, has_any},
#else
	{{"generic", "generic", 16, {NULL}, false}, has_any},
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

const isa *isa_detect(void)
{
	const char *allowed = getenv("HIDET_CPU_ISA");
	int best = 0;
	for (int i = 1; i < LEVEL_COUNT; i++)
		if (levels[i].has())
			best = i;
	for (int i = 0; allowed && i < best; i++)
		if (strcmp(levels[i].isa.name, allowed) == 0)
			best = i;
	return &levels[best].isa;
}
