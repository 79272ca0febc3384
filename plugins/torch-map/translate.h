/* translate.h: an exported program becomes a graph. */
#ifndef TORCH_MAP_TRANSLATE_H
#define TORCH_MAP_TRANSLATE_H

#include "program.h"
#include "weights.h"

/* Translate the program into a new graph called `name`. Operators that no mapping covers are all reported
 * (hdt_report_missing) before the first one is translated; HDT_UNSUPPORTED then. */
hdt_status translate_program(const program *p, weights *w, const char *name, hdt_graph **out);

#endif
