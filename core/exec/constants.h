/* constants.h: the constants of programs, which are computed once, before the first run, by programs of their own. */
#ifndef CORE_EXEC_CONSTANTS_H
#define CORE_EXEC_CONSTANTS_H

#include "exec/schedule.h"

/* The task that computes constant `index` of a program. `whats`: a pointer for each buffer of the program, and *inputs gets those of the ones that
 * the task reads, in the order of its inputs. NULL after a fault. */
const hdt_task *constant_task(const hdt_program *program, int index, const void *const *whats,
                              const void *const **inputs);

/* Put a step before those that need it for each constant of their programs, scheduled like any other task for the same target. Equal tasks on the
 * same values are one step; steps that only constants read go where they can become part of these. Sets `constants` of the steps. */
hdt_status schedule_constants(hdt_context *context, const loaded *on, schedules *known, step **steps, int *count);

/* Does any function of the program take this buffer of it? Else it is there for the constants alone. */
bool program_takes(const hdt_program *program, int buffer);

#endif
