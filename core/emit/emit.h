/* emit.h: tensor programs as C text. The text is canonical: equal programs give equal bytes on every machine. */
#ifndef CORE_EMIT_EMIT_H
#define CORE_EMIT_EMIT_H

#include "script/script.h"

/* Append the program as C functions, the last one being
 *     void NAME(const hidet_runtime *rt, void *const *buffers, const int64_t *symbols)
 * which runs the program's functions in order. `name` is unique within the unit. The text relies on the target's prelude, whose
 * contract stands in docs/emitted-c.md. */
hdt_status emit_c(text *t, const hdt_program *program, const char *name);

#endif
