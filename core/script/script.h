/* script.h: the host's side of tensor programs: checks and text. Building is in hidet/script.h. */
#ifndef CORE_SCRIPT_SCRIPT_H
#define CORE_SCRIPT_SCRIPT_H

#include "ir/expr.h"
#include <hidet/script.h>

/* A fault (HDT_INTERNAL) tells the first broken rule: unknown buffers, wrong number of indices, dtypes, variables out of scope,
 * parallel loops that are not outermost, bodies left open. */
hdt_status program_verify(const hdt_program *program);
void program_print(text *t, const hdt_program *program);
/* Called once by whoever built it: collects symbols, checks that every body was closed. */
hdt_status program_finish(hdt_program *program);

#endif
