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

#endif
