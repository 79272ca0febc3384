/* kernel.h: kernels that call one intrinsic each, made from its signature. */
#ifndef TEST_INTRINSICS_KERNEL_H
#define TEST_INTRINSICS_KERNEL_H

#include "base/text.h"
#include <hidet/intrinsic.h>

enum { KERNEL_VARIANTS = 6 };

/* Append a kernel `name` that calls the intrinsic; variants differ in the dtypes, scopes and sizes that the
 * signature leaves open. */
void kernel_write(text *t, const hdt_intrinsic *intrinsic, int variant, const char *name);

#endif
