/* emit.h: tensor programs as text for a target. The text is canonical: equal programs give equal bytes on every machine. */
#ifndef CORE_EMIT_EMIT_H
#define CORE_EMIT_EMIT_H

#include "base/vec.h"
#include "script/script.h"

/* Append the functions of the program that are no kernels as C functions, the last one being
 *     void NAME(const hidet_runtime *rt, void *const *buffers, const int64_t *symbols)
 * which runs the program's functions in order. `name` is unique within the unit. The text relies on the target's prelude, whose
 * contract stands in docs/emitted-c.md. */
hdt_status emit_c(text *t, const hdt_program *program, const char *name);

/* Append the program's kernels, each as
 *     HIDET_KERNEL(threads, blocks) void NAME_<function>(T *restrict x, ..., const int64_t n, ..., const int32_t m, ..., HIDET_MAP map, ...)
 * Contract: docs/emitted-kernels.md. The texts of the intrinsics that it calls are added to `needed`, each once. */
typedef VEC(const char *) emitted_texts;
hdt_status emit_kernels(text *t, const hdt_program *program, const char *name, emitted_texts *needed);

#endif
