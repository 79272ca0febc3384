/* helpers.h: a device and compiled text for the tests of the target. */
#ifndef TEST_TARGET_HELPERS_H
#define TEST_TARGET_HELPERS_H

#include "base/context.h"
#include "cpu.h"

extern const hdt_target hdt_target_cpu;

/* A folder that is new and empty; removed with all in it by folder_remove. */
const char *folder_new(hdt_context *context);
void folder_remove(const char *folder);
int folder_count(const char *folder);

/* Prelude and text as one unit, compiled and loaded; NULL after a fault of the context. */
hdt_object *compile_text(hdt_context *context, hdt_device *device, const char *text);

/* Compile the text for this instruction set, by this C compiler's command (NULL: whichever there is), and check the object. This machine has neither every
 * instruction set nor every compiler: nothing is checked by what it lacks. */
typedef const char *text_maker(hdt_context *context);
typedef void object_check(hdt_object *object);
void check_level(const char *level, const char *command, text_maker *make_text, object_check *check);
/* At each of these, NULL behind the last; on processors other than x86-64 at their own one. */
void check_levels(const char *const *levels, const char *command, text_maker *make_text, object_check *check);
extern const char *const vector_levels[]; /* whose vectors differ */

#endif
