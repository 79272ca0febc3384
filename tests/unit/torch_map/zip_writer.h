/* zip_writer.h: makes small zip archives in memory, good ones and, by patching the bytes, bad ones. */
#ifndef TESTS_TORCH_MAP_ZIP_WRITER_H
#define TESTS_TORCH_MAP_ZIP_WRITER_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

typedef struct zip_writer {
	unsigned char *data;
	size_t bytes, capacity;
	unsigned char directory[4096];
	size_t directory_bytes;
	int count;
	bool zip64; /* write 64-bit sizes and end records */
} zip_writer;

/* Add an entry; deflated when `deflate`. */
void zip_writer_add(zip_writer *w, const char *name, const void *data, size_t bytes, bool deflate);
/* Pad so that the next entry's data begin at a multiple of `alignment`, by an extra field of that entry. */
void zip_writer_add_aligned(zip_writer *w, const char *name, const void *data, size_t bytes, size_t alignment);
/* Write the directory. The archive is data[0..bytes). */
void zip_writer_finish(zip_writer *w);
void zip_writer_free(zip_writer *w);

#endif
