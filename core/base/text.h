/* text.h: a string that grows, on the heap. Faults are sticky: once memory is out, `failed` is set and appending does
 * nothing. */
#ifndef CORE_BASE_TEXT_H
#define CORE_BASE_TEXT_H

#include <hidet/base.h>
#include <stdarg.h>

typedef struct text {
	char *data; /* NUL-terminated; NULL while empty */
	size_t length, capacity;
	bool failed;
} text;

void text_add(text *t, const char *string);
void text_add_bytes(text *t, const char *bytes, size_t length);
void text_format(text *t, const char *format, ...) HDT_PRINTF(2, 3);
void text_vformat(text *t, const char *format, va_list args);
void text_indent(text *t, int depth); /* two spaces a level */
void text_free(text *t);
/* The text copied into the arena; the heap copy is freed. NULL after a failure. */
const char *text_finish(text *t, hdt_context *context);

/* The nearest of `names` (ended by NULL) to `name` by edit distance, or NULL when none is near: "did you mean". */
const char *text_nearest(const char *name, const char *const *names);

#endif
