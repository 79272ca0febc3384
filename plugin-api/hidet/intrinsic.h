/* intrinsic.h: what a target adds to the script language: functions that its machine has and C has not.
 *
 *     static const hdt_intrinsic barrier = {.size = sizeof(hdt_intrinsic), .name = "syncthreads", .signature = "()",
 *                                           .traits = "b", .doc = "wait for all threads of the block"};
 *
 * A call is checked against the signature when it is parsed or built, and against the target when it is lowered; it has at most 16
 * operands. Emitted C calls hidet_<name>, which `text` defines. Several intrinsics may have one name: the first whose signature takes the
 * operands as they are is meant, else the first one that takes them converted. Descriptors are constant and stay mapped for ever. */
#ifndef HIDET_INTRINSIC_H
#define HIDET_INTRINSIC_H

#include <hidet/base.h>

HDT_BEGIN

typedef struct hdt_intrinsic {
	size_t size;
	const char *name;
	/* "(value: i32|f32, offset: i32) -> value". The type of a parameter is
	 *   f32, i32|f32, any       a value of (one of) these dtypes; it is converted when there is but one
	 *   const                   an integer constant
	 *   map                     a tensor map
	 *   in SCOPE DTYPES [n]     the address of an element (&x[i, j]) from which n elements are read; out: written; inout: both.
	 *                           SCOPE: shared, global, register, memory (shared or global) or any. n: an integer, the name of a
	 *                           `const` parameter, or left out when only the target knows.
	 * and that of the result a dtype, the name of a parameter (its dtype), or nothing. */
	const char *signature;
	/* Letters: p pure: may be moved, repeated and dropped. Those who must come together to a call: w the lanes of a warp, g the four warps of a
	 * warpgroup, b the threads of the block, c those of the cluster, t (or none) each thread for itself. v: also memory of others changes
	 * (atomics, fences, asynchronous copies). */
	const char *traits;
	int architecture;       /* smallest that has it: 80 for compute capability 8.0; 0: all */
	bool architecture_only; /* of that very architecture's special features ("sm_90a") */
	const char *doc;
	const char *
		text; /* C that defines hidet_<name>, put once before the functions that need it; equal pointers are put once. NULL: the
	                   * prelude has it, or the target takes no C */
} hdt_intrinsic;

HDT_END
#endif
