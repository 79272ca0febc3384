/* heap.h: the heap of this program, whose allocations fail at will. The linker puts it before the C library's (--wrap),
 * for the code that is linked in statically: all of the core. */
#ifndef TESTS_OOM_HEAP_H
#define TESTS_OOM_HEAP_H

#include <stdbool.h>

/* Allocations after so many fail, or with `once` only the first of them; negative: none. */
void heap_fail(long after, bool once);
/* What is left of `after`. */
long heap_left(void);

#endif
