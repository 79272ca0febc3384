/* file.h: files: read whole, map, write atomically. Only regular files are opened; a FIFO or a device never blocks. */
#ifndef CORE_BASE_FILE_H
#define CORE_BASE_FILE_H

#include <hidet/base.h>

/* A read-only mapping of a whole regular file. An empty file maps to data = "" with bytes = 0. */
typedef struct file_mapping {
	const unsigned char *data;
	size_t bytes;
} file_mapping;

/* Failures record a diagnostic with the path and the reason (status IO_ERROR). */
hdt_status file_map(hdt_context *context, const char *path, file_mapping *out);
void file_unmap(file_mapping *mapping);
/* Whoever reads here again reads the file again: the whole pages of this part of a mapping need not stay in memory. */
void file_forget_pages(const void *data, size_t bytes);
/* The whole file, NUL-terminated, on the heap (free). Refuses more than `limit` bytes. */
hdt_status file_read(hdt_context *context, const char *path, size_t limit, char **data, size_t *bytes);
/* Write to a temporary file beside `path`, then rename: readers see all or nothing, and nothing is left after a
 * failure. */
hdt_status file_write_atomically(hdt_context *context, const char *path, const void *data, size_t bytes);
hdt_status file_make_directories(hdt_context *context, const char *path);
bool file_exists(const char *path);
/* `directory`/`name` in the arena. */
const char *file_join(hdt_context *context, const char *directory, const char *name);

#endif
