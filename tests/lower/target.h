/* target.h: a target for tests of lowering: a few intrinsics and the limits of a device, nothing that runs. */
#ifndef TESTS_LOWER_TARGET_H
#define TESTS_LOWER_TARGET_H

#include "base/context.h"
#include "tests/paper_target.h"

/* One that takes C and one that takes script, alike otherwise. */
extern const hdt_target lowering_target, lowering_script_target;

/* A context that knows the first one's intrinsics; NULL when memory is out. */
hdt_context *lowering_context(void);
void lowering_context_free(hdt_context *context);

#endif
