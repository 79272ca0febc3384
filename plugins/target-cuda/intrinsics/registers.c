/* registers: setmaxnreg, by all warps of a warpgroup. */
#include "texts.h"

/* clang-format off */

#define SETMAXNREG(word) \
	CODE(template <int n> HIDET_INLINE void hidet_setmaxnreg_##word##_of() { \
		asm volatile("setmaxnreg." #word ".sync.aligned.u32 %0;" :: "n"(n)); \
	}) \
	LINE("#define hidet_setmaxnreg_" #word "(n) hidet_setmaxnreg_" #word "_of<(n)>()")

const char cuda_text_registers[] = SETMAXNREG(inc) SETMAXNREG(dec);
