/* known.h: what is known at a place of a program, by which conditions are decided there: the conditions of the branches around it.
 *
 *     if i * 4 + 3 < n { if i * 4 + 2 < n { ... } }        the inner one holds: n - (i * 4 + 2) is 1 more than n - (i * 4 + 3)
 *
 * A condition that reads memory or calls something may be false a statement later: it is never relied on. */
#ifndef CORE_LOWER_KNOWN_H
#define CORE_LOWER_KNOWN_H

#include "base/map.h"
#include "base/vec.h"
#include "ir/expr.h"

typedef struct known {
	hdt_context *context;
	VEC(const hdt_expr *) conditions; /* that hold, innermost last. Cut `count` back to forget */
	map definitions;                  /* LET variable -> its value, itself without such variables */
} known;

void known_init(known *k, hdt_context *context);
/* The variable is this value wherever it is in scope. */
void known_define(known *k, const hdt_expr *variable, const hdt_expr *value);
/* From here on the condition holds, or does not. */
void known_assume(known *k, const hdt_expr *condition, bool holds);

typedef enum truth { TRUTH_UNKNOWN, TRUTH_HOLDS, TRUTH_FAILS } truth;
/* Is the bool expression decided by its bounds and by what is known? */
truth known_decide(known *k, const hdt_expr *condition);

#endif
