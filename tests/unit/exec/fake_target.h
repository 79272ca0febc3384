/* fake_target.h: a target whose objects are copies of the source: for tests of what stands around compilers. */
#ifndef TEST_EXEC_FAKE_TARGET_H
#define TEST_EXEC_FAKE_TARGET_H

#include <hidet/target.h>

extern int fake_compilations;       /* how many there were in this process */
extern hdt_status fake_load_status; /* what the next loads answer */
extern const hdt_target fake_target;

/* The text that a loaded object was made of. */
const char *fake_object_text(const hdt_object *object);

#endif
