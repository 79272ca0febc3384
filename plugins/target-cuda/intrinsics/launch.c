/* launch: kernels that overlap with the one before them. */
#include "texts.h"

/* clang-format off */

const char cuda_text_launch[] =
	CODE(HIDET_INLINE void hidet_grid_launch_dependents() {
		asm volatile("griddepcontrol.launch_dependents;" ::: "memory");
	})
	CODE(HIDET_INLINE void hidet_grid_dependency_wait() { asm volatile("griddepcontrol.wait;" ::: "memory"); });
