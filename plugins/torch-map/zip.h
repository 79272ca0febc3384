/* zip.h: a read-only view of a zip archive that lies in memory: its directory, and the bytes of its entries.
 *
 * Everything in the archive is distrusted: every offset and size is checked against the file before it is followed,
 * entries may not overlap, names must be distinct and printable, and an entry may not claim to inflate beyond what
 * deflate can do. Faults are HDT_BAD_MODEL with the path of the archive and the name of the entry. */
#ifndef TORCH_MAP_ZIP_H
#define TORCH_MAP_ZIP_H

#include <hidet/plugin.h>

typedef enum zip_method { ZIP_STORED = 0, ZIP_DEFLATED = 8 } zip_method;

typedef struct zip_entry {
	const char *name;
	uint64_t data;       /* offset of its first byte in the file */
	uint64_t compressed; /* bytes in the file */
	uint64_t bytes;      /* once inflated */
	uint32_t checksum;   /* CRC-32 of the inflated bytes */
	zip_method method;
} zip_entry;

typedef struct zip_directory {
	hdt_context *context;
	const char *path; /* of the archive, for messages */
	const unsigned char *file;
	size_t file_bytes;
	zip_entry *entries; /* sorted by name */
	int count;
} zip_directory;

/* Read the directory of the archive in file[0..bytes). The memory must outlive `out`. */
hdt_status zip_open(hdt_context *context, const char *path, const void *file, size_t bytes, zip_directory *out);

/* The entry with this name; NULL when there is none. */
const zip_entry *zip_find(const zip_directory *zip, const char *name);

/* The bytes of a stored entry, in place, after their checksum was compared. */
hdt_status zip_stored(const zip_directory *zip, const zip_entry *entry, const unsigned char **out);

/* A copy of the entry's bytes on the heap (free), inflated if needed, followed by a NUL. More than `limit` bytes are
 * refused. */
hdt_status zip_extract(const zip_directory *zip, const zip_entry *entry, uint64_t limit, unsigned char **out);

#endif
