/* zip_writer.c: local headers and data as they come, the directory collected and appended at the end. Failures of the
 * test machine (no memory) end the test. */
#include "zip_writer.h"
#include <stdlib.h>
#include <string.h>
#include <zlib.h>

enum { EXTRA64_LOCAL = 20, EXTRA64_CENTRAL = 28, EXTRA_PADDING = 0x4246 };

static void append(zip_writer *w, const void *bytes, size_t count)
{
	if (w->bytes + count > w->capacity) {
		w->capacity = 2 * (w->bytes + count);
		w->data = realloc(w->data, w->capacity);
		if (!w->data)
			abort();
	}
	if (count)
		memcpy(w->data + w->bytes, bytes, count);
	w->bytes += count;
}

/* `count` little-endian bytes of a number. */
static size_t put(unsigned char *at, uint64_t value, int count)
{
	for (int i = 0; i < count; i++)
		at[i] = i < 8 ? (unsigned char)(value >> (8 * i)) : 0;
	return (size_t)count;
}

static size_t put_extra64(unsigned char *at, uint64_t bytes, uint64_t compressed, uint64_t offset, bool has_offset)
{
	size_t n = put(at, 1, 2);
	n += put(at + n, has_offset ? 24 : 16, 2);
	n += put(at + n, bytes, 8);
	n += put(at + n, compressed, 8);
	return has_offset ? n + put(at + n, offset, 8) : n;
}

/* The fields that local and central header share, from "version needed" to the length of the name. */
static size_t put_common(const zip_writer *w, unsigned char *at, bool deflated, uint32_t crc, size_t compressed,
                         size_t bytes, size_t name)
{
	size_t n = put(at, w->zip64 ? 45 : 20, 2);
	n += put(at + n, 0, 2);
	n += put(at + n, deflated ? 8 : 0, 2);
	n += put(at + n, 0, 4);
	n += put(at + n, crc, 4);
	n += put(at + n, w->zip64 ? UINT32_MAX : compressed, 4);
	n += put(at + n, w->zip64 ? UINT32_MAX : bytes, 4);
	return n + put(at + n, name, 2);
}

static void add_entry(zip_writer *w, const char *name, const void *data, size_t bytes, const void *stored,
                      size_t stored_bytes, bool deflated, size_t alignment)
{
	unsigned char header[128], padding[256] = {0};
	size_t name_bytes = strlen(name), offset = w->bytes, fixed = 30 + name_bytes + (w->zip64 ? EXTRA64_LOCAL : 0);
	size_t pad = alignment > 1 ? (alignment - (offset + fixed + 4) % alignment) % alignment + 4 : 0;
	uint32_t crc = (uint32_t)crc32_z(0, data, bytes);
	size_t n = put(header, 0x04034b50, 4);
	n += put_common(w, header + n, deflated, crc, stored_bytes, bytes, name_bytes);
	n += put(header + n, (w->zip64 ? EXTRA64_LOCAL : 0) + pad, 2);
	append(w, header, n);
	append(w, name, name_bytes);
	if (w->zip64)
		append(w, header, put_extra64(header, bytes, stored_bytes, 0, false));
	if (pad) {
		put(padding, EXTRA_PADDING, 2);
		put(padding + 2, pad - 4, 2);
		append(w, padding, pad);
	}
	append(w, stored, stored_bytes);

	unsigned char *at = w->directory + w->directory_bytes;
	if (w->directory_bytes + 46 + name_bytes + EXTRA64_CENTRAL > sizeof(w->directory))
		abort();
	n = put(at, 0x02014b50, 4);
	n += put(at + n, 45, 2);
	n += put_common(w, at + n, deflated, crc, stored_bytes, bytes, name_bytes);
	n += put(at + n, w->zip64 ? EXTRA64_CENTRAL : 0, 2);
	n += put(at + n, 0, 2 + 2 + 2 + 4);
	n += put(at + n, w->zip64 ? UINT32_MAX : offset, 4);
	memcpy(at + n, name, name_bytes);
	n += name_bytes;
	if (w->zip64)
		n += put_extra64(at + n, bytes, stored_bytes, offset, true);
	w->directory_bytes += n;
	w->count++;
}

void zip_writer_add(zip_writer *w, const char *name, const void *data, size_t bytes, bool deflate_it)
{
	if (!deflate_it) {
		add_entry(w, name, data, bytes, data, bytes, false, 0);
		return;
	}
	size_t room = compressBound((uLong)bytes) + 16;
	unsigned char *packed = malloc(room);
	z_stream stream = {0};
	if (!packed || deflateInit2(&stream, 9, Z_DEFLATED, -MAX_WBITS, 8, Z_DEFAULT_STRATEGY) != Z_OK)
		abort();
	stream.next_in = (z_const Bytef *)data;
	stream.avail_in = (uInt)bytes;
	stream.next_out = packed;
	stream.avail_out = (uInt)room;
	if (deflate(&stream, Z_FINISH) != Z_STREAM_END)
		abort();
	add_entry(w, name, data, bytes, packed, room - stream.avail_out, true, 0);
	deflateEnd(&stream);
	free(packed);
}

void zip_writer_add_aligned(zip_writer *w, const char *name, const void *data, size_t bytes, size_t alignment)
{
	add_entry(w, name, data, bytes, data, bytes, false, alignment);
}

void zip_writer_finish(zip_writer *w)
{
	unsigned char end[128];
	size_t offset = w->bytes, n = 0;
	append(w, w->directory, w->directory_bytes);
	if (w->zip64) {
		size_t end64 = w->bytes;
		n = put(end, 0x06064b50, 4);
		n += put(end + n, 44, 8);
		n += put(end + n, 45, 2);
		n += put(end + n, 45, 2);
		n += put(end + n, 0, 8);
		n += put(end + n, (uint64_t)w->count, 8);
		n += put(end + n, (uint64_t)w->count, 8);
		n += put(end + n, w->directory_bytes, 8);
		n += put(end + n, offset, 8);
		n += put(end + n, 0x07064b50, 4);
		n += put(end + n, 0, 4);
		n += put(end + n, end64, 8);
		n += put(end + n, 1, 4);
		append(w, end, n);
	}
	n = put(end, 0x06054b50, 4);
	n += put(end + n, 0, 4);
	n += put(end + n, w->zip64 ? 0xffff : (uint64_t)w->count, 2);
	n += put(end + n, w->zip64 ? 0xffff : (uint64_t)w->count, 2);
	n += put(end + n, w->zip64 ? UINT32_MAX : w->directory_bytes, 4);
	n += put(end + n, w->zip64 ? UINT32_MAX : offset, 4);
	n += put(end + n, 0, 2);
	append(w, end, n);
}

void zip_writer_free(zip_writer *w)
{
	free(w->data);
	*w = (zip_writer){0};
}
