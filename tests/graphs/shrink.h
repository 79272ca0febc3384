/* shrink.h: makes a failing case smaller while it fails. */
#ifndef TESTS_GRAPHS_SHRINK_H
#define TESTS_GRAPHS_SHRINK_H

#include "check.h"

/* In place; `v` is the verdict of the case and becomes that of the smaller one. */
void case_shrink(const checker *k, fuzz_case *c, verdict *v);

#endif
