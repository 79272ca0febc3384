/* check.h: parts of the verifier that stand beside what they check. */
#ifndef CORE_TASK_CHECK_H
#define CORE_TASK_CHECK_H

#include "task/task.h"

/* Does the output, at the indices that the map gives, read exactly the map's element of the input? (inverse.c) */
bool inverse_holds(const hdt_task *task, const hdt_inverse_map *map);

/* Are `got[i]` and `want[i]`, i64 expressions over `axes` and symbols without loads, equal at sample values? Sizes that
 * break a requirement of the task are not tried. Finding no difference is no proof. (probe.c) */
bool probe_equal(const hdt_task *task, hdt_list axes, hdt_list got, hdt_list want);

#endif
