#ifndef TEST_COMPILE_OPERATORS_H
#define TEST_COMPILE_OPERATORS_H

#include <hidet/operator.h>
#include <hidet/plugin.h>

extern const hdt_operator *const test_operators[]; /* ended by NULL */

#endif
