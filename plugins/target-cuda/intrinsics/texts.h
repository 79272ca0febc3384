/* texts.h: the CUDA texts of the intrinsics, one for each family of hidet/cuda_intrinsics.def, and what they are
 * written with.
 *
 * A text is put once before the kernels that call one of its functions, after the prelude (docs/emitted-kernels.md),
 * on which alone it may build. What it defines and nobody calls costs nothing: the compiler drops it before it looks
 * at the instructions in it, so a family may hold instructions of several architectures. Parameters that are `const`
 * are those of templates, behind a macro of the intrinsic's name. */
#ifndef TARGET_CUDA_TEXTS_H
#define TARGET_CUDA_TEXTS_H

/* Longer than the 4095 characters that every compiler must take; these take them. */
#pragma GCC diagnostic ignored "-Woverlength-strings"

/* Code as a string, in which commas and quotes may stand: a line of the text. */
#define CODE(...) #__VA_ARGS__ "\n"
/* A directive: a line as well. */
#define LINE(words) words "\n"

extern const char cuda_text_sync[];
extern const char cuda_text_warp[];
extern const char cuda_text_atomic[];
extern const char cuda_text_memory[];
extern const char cuda_text_matrix[];
extern const char cuda_text_mma[];
extern const char cuda_text_copy_async[];
extern const char cuda_text_barrier[];
extern const char cuda_text_bulk[];
extern const char cuda_text_tensor[];
extern const char cuda_text_warpgroup[];
extern const char cuda_text_registers[];
extern const char cuda_text_math[];
extern const char cuda_text_cluster[];
extern const char cuda_text_launch[];

#endif
