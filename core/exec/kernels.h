/* kernels.h: from lowered programs to source text: one kernel for each distinct text, in units that compile side by
 * side. */
#ifndef CORE_EXEC_KERNELS_H
#define CORE_EXEC_KERNELS_H

#include "base/map.h"
#include "base/vec.h"
#include "emit/emit.h"
#include "exec/compiled.h"

typedef struct kernel {
	const char *name; /* k_<hash of the text>, interned */
	const char *text;
	size_t bytes;
	emitted_texts needed; /* to stand before it */
	int unit;
} kernel;

/* The distinct kernels of one object, in order of first use; names and texts live in the context. */
typedef struct kernels {
	hdt_context *context;
	const hdt_target *target; /* tells what is emitted */
	VEC(kernel) all;
	map known; /* name -> anything */
} kernels;

void kernels_init(kernels *k, hdt_context *context, const hdt_target *target);
/* Emit the programs of the steps and set their function names; steps of equal text share a kernel. The context of the
 * programs may be another one; faults are left there. */
hdt_status kernels_add(kernels *k, step *steps, int count);
/* The units, each beginning with `prelude` and then the texts that its kernels need, each once; or a unit for each program when the target
 * takes programs. They depend on the programs alone, never on this machine; `jobs` is left to the caller. */
hdt_status kernels_source(kernels *k, const char *prelude, hdt_source *out);

#endif
