/* child.h: a forked process in which code runs that may crash or never end. */
#ifndef CORE_BASE_CHILD_H
#define CORE_BASE_CHILD_H

#include <sys/types.h>

/* In the child: a crash is a plain death, with no core file, and no sanitizer telling what the parent is to tell. */
void child_dies_plainly(void);

/* In the parent: waits until the child ends, as long as `progress` (NULL: never) changes at least every `seconds`; else kills it. Returns the
 * status of waitpid; -1: it was killed. */
int child_wait(pid_t child, double seconds, int (*progress)(const void *closure), const void *closure);

#endif
