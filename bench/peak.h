/* peak.h: what this machine can do at most, measured: the yardstick of benches. */
#ifndef BENCH_PEAK_H
#define BENCH_PEAK_H

#include <stddef.h>

/* Seconds of `threads` threads side by side: each multiplies and adds `flops` f32 operations in registers, in the vectors that kernels use. */
double peak_fma_seconds(double flops, int threads);
/* The same of products that are several to an instruction: of bf16 in f32, of i8 in i32; by tiles where the processor has them. */
typedef enum peak_factor { PEAK_F32, PEAK_BF16, PEAK_I8 } peak_factor;
double peak_product_seconds(peak_factor factor, double operations, int threads);
/* Seconds of copying `bytes` (a multiple of 64) from one place to the other: the faster one of memcpy and of a plain loop of vectors. */
double peak_copy_seconds(char *to, const char *from, size_t bytes, int threads);
/* Of one thread: the time that it ran, whoever else was on the processor; of several: that went by. */
double peak_now(int threads);

#endif
