/* warpgroup: wgmma. Its products are macros, so that the many sizes cost the compiler nothing: it sees only those
 * that are called. */
#include "texts.h"

/* clang-format off */

/* The lines of one size. Its accumulators are those of the size before and four more, i0 to i3; the operands behind
 * them are t0, t1, ... Size 16:
 *     #define HIDET_NAMES_16 HIDET_NAMES_8 ", %4, %5, %6, %7"
 *     #define HIDET_OPERANDS_16(to, d) HIDET_OPERANDS_8(to, d), to((d)[4]), to((d)[5]), to((d)[6]), to((d)[7])
 *     #define hidet_wgmma_m64n16k8_tf32(d, a, b, accumulate) \
 *         HIDET_WGMMA("m64n16k8.f32.tf32.tf32", HIDET_NAMES_16, "%8, %9", "%10", ", 1, 1", HIDET_OPERANDS_16("+f", d), \
 *                     "l"(a), "l"(b), "r"((int)(accumulate)))
 * and the like for each type. */
#define SIZE(n, before, i0, i1, i2, i3, t0, t1, t2, t3, t4, t5, t6) \
	LINE("#define HIDET_NAMES_" #n " HIDET_NAMES_" #before " \", %" #i0 ", %" #i1 ", %" #i2 ", %" #i3 "\"") \
	LINE("#define HIDET_OPERANDS_" #n "(to, d) HIDET_OPERANDS_" #before "(to, d), " \
	     "to((d)[" #i0 "]), to((d)[" #i1 "]), to((d)[" #i2 "]), to((d)[" #i3 "])") \
	INTRINSICS(n, t0, t1, t2, t3, t4, t5, t6)
#define FIRST_SIZE(n, i0, i1, i2, i3, t0, t1, t2, t3, t4, t5, t6) \
	LINE("#define HIDET_NAMES_" #n " \"%" #i0 ", %" #i1 ", %" #i2 ", %" #i3 "\"") \
	LINE("#define HIDET_OPERANDS_" #n "(to, d) to((d)[" #i0 "]), to((d)[" #i1 "]), to((d)[" #i2 "]), to((d)[" #i3 "])") \
	INTRINSICS(n, t0, t1, t2, t3, t4, t5, t6)

#define INTRINSICS(n, t0, t1, t2, t3, t4, t5, t6) \
	HALVES(n, f16, t0, t1, t2, t3, t4, t5, t6) \
	HALVES(n, bf16, t0, t1, t2, t3, t4, t5, t6) \
	PRODUCT(n, k8_tf32, "d, a, b, accumulate", "k8.f32.tf32.tf32", "+f", \
	        "\"%" #t0 ", %" #t1 "\", \"%" #t2 "\", \", 1, 1\"", DESCRIPTORS) \
	PRODUCT(n, k32_i8, "d, a, b, accumulate", "k32.s32.s8.s8", "+r", \
	        "\"%" #t0 ", %" #t1 "\", \"%" #t2 "\", \"\"", DESCRIPTORS)
/* The types whose operands may be transposed, and come from registers. */
#define HALVES(n, type, t0, t1, t2, t3, t4, t5, t6) \
	PRODUCT(n, k16_##type, "d, a, b, accumulate, transpose_a, transpose_b", "k16.f32." #type "." #type, "+f", \
	        "\"%" #t0 ", %" #t1 "\", \"%" #t2 "\", \", 1, 1, %" #t3 ", %" #t4 "\"", \
	        DESCRIPTORS ", \"n\"(transpose_a), \"n\"(transpose_b)") \
	PRODUCT(n, k16_##type##_registers, "d, a, b, accumulate, transpose_b", "k16.f32." #type "." #type, "+f", \
	        "\"{%" #t0 ", %" #t1 ", %" #t2 ", %" #t3 "}, %" #t4 "\", \"%" #t5 "\", \", 1, 1, %" #t6 "\"", \
	        REGISTERS ", \"n\"(transpose_b)")
#define DESCRIPTORS "\"l\"(a), \"l\"(b), \"r\"((int)(accumulate))"
#define REGISTERS "HIDET_A(a, 0), HIDET_A(a, 1), HIDET_A(a, 2), HIDET_A(a, 3), \"l\"(b), \"r\"((int)(accumulate))"
#define PRODUCT(n, suffix, parameters, instruction, constraint, names, inputs) \
	LINE("#define hidet_wgmma_m64n" #n #suffix "(" parameters ") " \
	     "HIDET_WGMMA(\"m64n" #n instruction "\", HIDET_NAMES_" #n ", " names ", HIDET_ARGUMENTS(HIDET_OPERANDS_" #n "(\"" constraint "\", d)), " inputs ")")

const char cuda_text_warpgroup[] =
	CODE(HIDET_INLINE void hidet_wgmma_fence() { asm volatile("wgmma.fence.sync.aligned;" ::: "memory"); })
	CODE(HIDET_INLINE void hidet_wgmma_commit_group() { asm volatile("wgmma.commit_group.sync.aligned;" ::: "memory"); })
	CODE(template <int n> HIDET_INLINE void hidet_wgmma_wait_group_of() {
		asm volatile("wgmma.wait_group.sync.aligned %0;" :: "n"(n) : "memory");
	})
	LINE("#define hidet_wgmma_wait_group(n) hidet_wgmma_wait_group_of<(n)>()")
	CODE(HIDET_INLINE void hidet_keep(float &x) { asm volatile("" : "+f"(x) :: "memory"); })
	CODE(HIDET_INLINE void hidet_keep(int32_t &x) { asm volatile("" : "+r"(x) :: "memory"); })
	CODE(template <int n, class T> HIDET_INLINE void hidet_wgmma_fence_registers_of(T *d) {
		HIDET_UNROLL(n)
		for (int i = 0; i < n; i++)
			hidet_keep(d[i]);
	})
	LINE("#define hidet_wgmma_fence_registers(d, n) hidet_wgmma_fence_registers_of<(n)>(d)")
	CODE(template <int swizzle>
	HIDET_INLINE uint64_t hidet_wgmma_descriptor_of(const void *from, int32_t leading, int32_t stride) {
		static_assert(swizzle == 0 || swizzle == 32 || swizzle == 64 || swizzle == 128,
		              "wgmma_descriptor: a swizzle of 0, 32, 64 or 128 bytes");
		constexpr uint64_t mode = swizzle == 128 ? 1 : swizzle == 64 ? 2 : swizzle == 32 ? 3 : 0;
		return (uint64_t)(hidet_shared_address(from) >> 4 & 0x3fff) | (uint64_t)(leading >> 4 & 0x3fff) << 16 |
		       (uint64_t)(stride >> 4 & 0x3fff) << 32 | mode << 62;
	})
	LINE("#define hidet_wgmma_descriptor(from, leading, stride, swizzle) "
	     "hidet_wgmma_descriptor_of<(swizzle)>(from, leading, stride)")
	LINE("#define HIDET_A(a, i) \"r\"(((const uint32_t *)(a))[i])")
	LINE("#define HIDET_ARGUMENTS(...) __VA_ARGS__")
	LINE("#define HIDET_WGMMA(instruction, d, ab, condition, options, outputs, ...) \\")
	LINE("	asm volatile(\"{ .reg .pred p; setp.ne.b32 p, \" condition \", 0; \" \\")
	LINE("	             \"wgmma.mma_async.sync.aligned.\" instruction \" {\" d \"}, \" ab \", p\" options \"; }\" \\")
	LINE("	             : outputs : __VA_ARGS__)")
	FIRST_SIZE(8, 0, 1, 2, 3, 4, 5, 6, 7, 8, 9, 10)
	SIZE(16, 8, 4, 5, 6, 7, 8, 9, 10, 11, 12, 13, 14)
	SIZE(24, 16, 8, 9, 10, 11, 12, 13, 14, 15, 16, 17, 18)
	SIZE(32, 24, 12, 13, 14, 15, 16, 17, 18, 19, 20, 21, 22)
	SIZE(40, 32, 16, 17, 18, 19, 20, 21, 22, 23, 24, 25, 26)
	SIZE(48, 40, 20, 21, 22, 23, 24, 25, 26, 27, 28, 29, 30)
	SIZE(56, 48, 24, 25, 26, 27, 28, 29, 30, 31, 32, 33, 34)
	SIZE(64, 56, 28, 29, 30, 31, 32, 33, 34, 35, 36, 37, 38)
	SIZE(72, 64, 32, 33, 34, 35, 36, 37, 38, 39, 40, 41, 42)
	SIZE(80, 72, 36, 37, 38, 39, 40, 41, 42, 43, 44, 45, 46)
	SIZE(88, 80, 40, 41, 42, 43, 44, 45, 46, 47, 48, 49, 50)
	SIZE(96, 88, 44, 45, 46, 47, 48, 49, 50, 51, 52, 53, 54)
	SIZE(104, 96, 48, 49, 50, 51, 52, 53, 54, 55, 56, 57, 58)
	SIZE(112, 104, 52, 53, 54, 55, 56, 57, 58, 59, 60, 61, 62)
	SIZE(120, 112, 56, 57, 58, 59, 60, 61, 62, 63, 64, 65, 66)
	SIZE(128, 120, 60, 61, 62, 63, 64, 65, 66, 67, 68, 69, 70)
	SIZE(136, 128, 64, 65, 66, 67, 68, 69, 70, 71, 72, 73, 74)
	SIZE(144, 136, 68, 69, 70, 71, 72, 73, 74, 75, 76, 77, 78)
	SIZE(152, 144, 72, 73, 74, 75, 76, 77, 78, 79, 80, 81, 82)
	SIZE(160, 152, 76, 77, 78, 79, 80, 81, 82, 83, 84, 85, 86)
	SIZE(168, 160, 80, 81, 82, 83, 84, 85, 86, 87, 88, 89, 90)
	SIZE(176, 168, 84, 85, 86, 87, 88, 89, 90, 91, 92, 93, 94)
	SIZE(184, 176, 88, 89, 90, 91, 92, 93, 94, 95, 96, 97, 98)
	SIZE(192, 184, 92, 93, 94, 95, 96, 97, 98, 99, 100, 101, 102)
	SIZE(200, 192, 96, 97, 98, 99, 100, 101, 102, 103, 104, 105, 106)
	SIZE(208, 200, 100, 101, 102, 103, 104, 105, 106, 107, 108, 109, 110)
	SIZE(216, 208, 104, 105, 106, 107, 108, 109, 110, 111, 112, 113, 114)
	SIZE(224, 216, 108, 109, 110, 111, 112, 113, 114, 115, 116, 117, 118)
	SIZE(232, 224, 112, 113, 114, 115, 116, 117, 118, 119, 120, 121, 122)
	SIZE(240, 232, 116, 117, 118, 119, 120, 121, 122, 123, 124, 125, 126)
	SIZE(248, 240, 120, 121, 122, 123, 124, 125, 126, 127, 128, 129, 130)
	SIZE(256, 248, 124, 125, 126, 127, 128, 129, 130, 131, 132, 133, 134);
