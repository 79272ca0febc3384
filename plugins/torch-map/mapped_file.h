/* mapped_file.h: a file mapped read-only and shared by reference count: each constant that lies in the file holds one
 * reference, so the mapping goes when the last of them goes. */
#ifndef TORCH_MAP_MAPPED_FILE_H
#define TORCH_MAP_MAPPED_FILE_H

#include <hidet/plugin.h>

typedef struct mapped_file mapped_file;

/* Map a regular file; the caller holds the first reference. Faults are HDT_IO_ERROR. */
hdt_status mapped_file_open(hdt_context *context, const char *path, mapped_file **out);
const unsigned char *mapped_file_data(const mapped_file *file);
size_t mapped_file_bytes(const mapped_file *file);
void mapped_file_retain(mapped_file *file);
/* Takes void * so that it serves as hdt_data.release. */
void mapped_file_release(void *file);

#endif
