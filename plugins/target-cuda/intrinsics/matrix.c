/* matrix: ldmatrix and stmatrix. What moves are 32-bit registers, whatever elements they hold. */
#include "texts.h"

/* clang-format off */

/* `registers`: the operands as PTX lists them; then the same as the compiler's constraints. */
#define LDMATRIX(name, options, registers, address, ...) \
	CODE(HIDET_INLINE void hidet_ldmatrix_##name(void *to, const void *from) { \
		uint32_t *r = (uint32_t *)to; \
		asm volatile("ldmatrix.sync.aligned.m8n8." options ".shared.b16 {" registers "}, [" address "];" \
		             : __VA_ARGS__ : "r"(hidet_shared_address(from)) : "memory"); \
	})
#define STMATRIX(name, options, registers, ...) \
	CODE(HIDET_INLINE void hidet_stmatrix_##name(void *to, const void *from) { \
		const uint32_t *r = (const uint32_t *)from; \
		asm volatile("stmatrix.sync.aligned.m8n8." options ".shared.b16 [%0], {" registers "};" \
		             :: "r"(hidet_shared_address(to)), __VA_ARGS__ : "memory"); \
	})
#define EACH(suffix, trans) \
	LDMATRIX(x1##suffix, "x1" trans, "%0", "%1", "=r"(r[0])) \
	LDMATRIX(x2##suffix, "x2" trans, "%0, %1", "%2", "=r"(r[0]), "=r"(r[1])) \
	LDMATRIX(x4##suffix, "x4" trans, "%0, %1, %2, %3", "%4", "=r"(r[0]), "=r"(r[1]), "=r"(r[2]), "=r"(r[3])) \
	STMATRIX(x1##suffix, "x1" trans, "%1", "r"(r[0])) \
	STMATRIX(x2##suffix, "x2" trans, "%1, %2", "r"(r[0]), "r"(r[1])) \
	STMATRIX(x4##suffix, "x4" trans, "%1, %2, %3, %4", "r"(r[0]), "r"(r[1]), "r"(r[2]), "r"(r[3]))

const char cuda_text_matrix[] = EACH(, "") EACH(_trans, ".trans");
