/* search.h: looking through the nodes of an expression. */
#ifndef SCHED_CONV_SEARCH_H
#define SCHED_CONV_SEARCH_H

#include <hidet/plugin.h>

/* Is the test true of any node of `e`? Each one is asked once, its operands before it. */
bool search_any(const hdt_expr *e, bool (*test)(const hdt_expr *node, void *closure), void *closure);

#endif
