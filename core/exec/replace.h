/* replace.h: programs from files instead of those that schedulers built: how an edited dump is loaded back. */
#ifndef CORE_EXEC_REPLACE_H
#define CORE_EXEC_REPLACE_H

#include "exec/compiled.h"

/* Each program of the files (ended by NULL) takes the place of every step's program that has its name and its buffers, but for workspace.
 * A program that fits no step is a fault (BAD_INPUT), which tells what there is. */
hdt_status replace_programs(hdt_context *context, const char *const *files, step *steps, int count);

#endif
