/* base.h: what every other public header needs: version, status codes, limits.
 *
 * Rules that hold for the whole interface:
 *  - C11 and C++17; a structure that may grow starts with `size` (its sizeof in the headers it was built
 *    with) and only ever gets fields appended.
 *  - Errors are values. A function that can fail returns hdt_status and leaves one diagnostic in its context;
 *    a builder function returns NULL after the first fault, and every builder takes NULL and returns NULL, so
 *    that straight-line code needs one check at its end.
 *  - Memory that a builder returns belongs to the context's arena and lives as long as the context. The host
 *    copies every array and string handed to it; nobody frees another's memory.
 *  - A context and all that hangs on it is used by one thread at a time. Descriptors are constant and shared. */
#ifndef HIDET_BASE_H
#define HIDET_BASE_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#ifdef __cplusplus
#define HDT_BEGIN extern "C" {
#define HDT_END }
#else
#define HDT_BEGIN
#define HDT_END
#endif

#if defined(__GNUC__)
#define HDT_PRINTF(string_index, first) __attribute__((__format__(__printf__, string_index, first)))
#define HDT_MUST_CHECK __attribute__((warn_unused_result))
#else
#define HDT_PRINTF(string_index, first)
#define HDT_MUST_CHECK
#endif

/* The interface's version. A plugin runs on a host of the same major and an equal or newer minor version. */
#define HDT_ABI_MAJOR 1
#define HDT_ABI_MINOR 0

#define HDT_MAX_RANK 8 /* dimensions of a tensor */

HDT_BEGIN

typedef enum hdt_status {
#define HDT_STATUS(name, exit_code, doc) HDT_##name,
#include <hidet/statuses.def>
#undef HDT_STATUS
	HDT_STATUS_COUNT
} hdt_status;

/* Everything made while one model is compiled: arena, interned names, expressions, diagnostics. */
typedef struct hdt_context hdt_context;

/* Record a diagnostic and return `status`, so that `return hdt_fail(c, HDT_BAD_MODEL, "...")` reads well.
 * Only the first one is kept as the reason of the failure; later ones become notes to it. When memory was out before, that is
 * the reason of what follows: HDT_OUT_OF_MEMORY is returned. */
hdt_status hdt_fail(hdt_context *context, hdt_status status, const char *format, ...) HDT_PRINTF(3, 4);

/* Write one line to the log (stderr of the host by default), if HIDET_DEBUG is at least `level`: 1..5 for those who look closer, 0 for
 * what everybody should know. */
void hdt_log(hdt_context *context, int level, const char *format, ...) HDT_PRINTF(3, 4);

/* HDT_OK, or the status of the first fault recorded in this context. */
hdt_status hdt_context_status(const hdt_context *context);

/* The text of that fault, "" when there is none; valid as long as the context. */
const char *hdt_context_message(const hdt_context *context);

/* A context of its own, to be closed, for what outlives the compilation of `like`: it knows the same plugins. NULL when memory is out. */
hdt_context *hdt_context_open(const hdt_context *like);
void hdt_context_close(hdt_context *context);

/* Zeroed memory of the context's arena, aligned to 16 bytes; NULL (and a diagnostic) when memory is out. */
void *hdt_allocate(hdt_context *context, size_t bytes);

/* The one copy of this string in the context: equal strings give equal pointers. */
const char *hdt_intern(hdt_context *context, const char *string);

/* Format into the arena; lives as long as the context. */
const char *hdt_format(hdt_context *context, const char *format, ...) HDT_PRINTF(2, 3);

HDT_END
#endif
