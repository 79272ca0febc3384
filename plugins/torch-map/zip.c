/* zip.c: reads the directory of a zip archive (with the 64-bit extension) and its stored and deflated entries.
 *
 * Only the central directory is believed for sizes; of an entry's local header nothing but the length is used. Archives
 * in several volumes, encrypted entries, other compression methods, and anything before or between the parts that the
 * directory does not account for in order are refused rather than guessed at. */
#include "zip.h"
#include <limits.h>
#include <stdlib.h>
#include <string.h>
#include <zlib.h>

enum {
	END_BYTES = 22,       /* end of central directory */
	END64_BYTES = 56,     /* the same, 64-bit */
	LOCATOR64_BYTES = 20, /* tells where END64 is; lies just before END */
	CENTRAL_BYTES = 46,   /* one entry of the directory, without name, extra field and comment */
	LOCAL_BYTES = 30,     /* header before an entry's data, without name and extra field */
	EXTRA_ZIP64 = 1,      /* id of the extra field with 64-bit sizes */
	MAX_COMMENT = 0xffff,
	MAX_NAME = 4096,
	MAX_INFLATION = 1032 /* deflate cannot make more bytes of one */
};

#define SIGNATURE_END 0x06054b50u
#define SIGNATURE_END64 0x06064b50u
#define SIGNATURE_LOCATOR64 0x07064b50u
#define SIGNATURE_CENTRAL 0x02014b50u
#define SIGNATURE_LOCAL 0x04034b50u
#define FLAG_ENCRYPTED 1u

typedef struct central_range {
	uint64_t offset, bytes, count;
} central_range;

static uint32_t read16(const unsigned char *p)
{
	return (uint32_t)p[0] | (uint32_t)p[1] << 8;
}

static uint32_t read32(const unsigned char *p)
{
	return read16(p) | read16(p + 2) << 16;
}

static uint64_t read64(const unsigned char *p)
{
	return read32(p) | (uint64_t)read32(p + 4) << 32;
}

static hdt_status damaged(const zip_directory *zip, const char *what)
{
	return hdt_fail(zip->context, HDT_BAD_MODEL, "%s: damaged zip archive: %s; copy or export the file again",
	                zip->path, what);
}

static hdt_status damaged_entry(const zip_directory *zip, const char *name, const char *what)
{
	return hdt_fail(zip->context, HDT_BAD_MODEL, "%s: damaged zip archive: entry %s %s; copy or export the file again",
	                zip->path, name, what);
}

/* The end record is the last thing in the file but for a comment, whose length it tells. */
static bool find_end(const zip_directory *zip, uint64_t *out)
{
	if (zip->file_bytes < END_BYTES)
		return false;
	size_t last = zip->file_bytes - END_BYTES, first = last > MAX_COMMENT ? last - MAX_COMMENT : 0;
	for (size_t at = last;; at--) {
		const unsigned char *p = zip->file + at;
		if (read32(p) == SIGNATURE_END && at + END_BYTES + read16(p + 20) == zip->file_bytes) {
			*out = at;
			return true;
		}
		if (at == first)
			return false;
	}
}

static hdt_status read_end64(const zip_directory *zip, uint64_t end, central_range *out, uint64_t *limit)
{
	const unsigned char *locator = zip->file + end - LOCATOR64_BYTES;
	uint64_t at = read64(locator + 8);
	if (read32(locator + 16) > 1)
		return damaged(zip, "it is one of several volumes");
	if (at > end - LOCATOR64_BYTES || end - LOCATOR64_BYTES - at < END64_BYTES)
		return damaged(zip, "its 64-bit end record lies outside the file");
	const unsigned char *p = zip->file + at;
	if (read32(p) != SIGNATURE_END64)
		return damaged(zip, "its 64-bit end record is missing");
	*out = (central_range){.offset = read64(p + 48), .bytes = read64(p + 40), .count = read64(p + 32)};
	*limit = at;
	return HDT_OK;
}

static hdt_status find_central(const zip_directory *zip, central_range *out)
{
	uint64_t end = 0, limit;
	if (!find_end(zip, &end))
		return damaged(zip, "its directory is missing (is the file cut short?)");
	const unsigned char *p = zip->file + end;
	limit = end;
	*out = (central_range){.offset = read32(p + 16), .bytes = read32(p + 12), .count = read16(p + 10)};
	if (end >= LOCATOR64_BYTES && read32(p - LOCATOR64_BYTES) == SIGNATURE_LOCATOR64) {
		hdt_status status = read_end64(zip, end, out, &limit);
		if (status != HDT_OK)
			return status;
	} else if (read16(p + 4) != 0 || read16(p + 6) != 0) {
		return damaged(zip, "it is one of several volumes");
	}
	if (out->offset > limit || out->bytes > limit - out->offset)
		return damaged(zip, "its directory lies outside the file");
	if (out->count > out->bytes / CENTRAL_BYTES || out->count > INT_MAX)
		return damaged(zip, "its directory is too small for the number of its entries");
	return HDT_OK;
}

/* Sizes and offset that do not fit in 32 bits stand in the extra field, in this order, only those that are needed. */
static bool read_extra64(const unsigned char *extra, size_t bytes, zip_entry *entry, uint64_t *local)
{
	uint64_t *wanted[3];
	int count = 0;
	if (entry->bytes == UINT32_MAX)
		wanted[count++] = &entry->bytes;
	if (entry->compressed == UINT32_MAX)
		wanted[count++] = &entry->compressed;
	if (*local == UINT32_MAX)
		wanted[count++] = local;
	while (count > 0 && bytes >= 4) {
		uint32_t id = read16(extra), size = read16(extra + 2);
		if (size > bytes - 4)
			return false;
		if (id == EXTRA_ZIP64) {
			if (size < 8u * (unsigned)count)
				return false;
			for (int i = 0; i < count; i++)
				*wanted[i] = read64(extra + 4 + 8 * i);
			return true;
		}
		extra += 4 + size;
		bytes -= 4 + size;
	}
	return count == 0;
}

static const char *copy_name(const zip_directory *zip, const unsigned char *name, size_t bytes)
{
	if (bytes == 0 || bytes > MAX_NAME)
		return NULL;
	for (size_t i = 0; i < bytes; i++)
		if (name[i] < 0x20 || name[i] == 0x7f)
			return NULL;
	char *copy = hdt_allocate(zip->context, bytes + 1);
	if (copy)
		memcpy(copy, name, bytes);
	return copy;
}

/* Where the data of an entry begins, from the lengths in its local header. */
static hdt_status locate_data(const zip_directory *zip, uint64_t central, uint64_t local, zip_entry *entry)
{
	if (local > central || central - local < LOCAL_BYTES)
		return damaged_entry(zip, entry->name, "begins outside the file");
	const unsigned char *p = zip->file + local;
	if (read32(p) != SIGNATURE_LOCAL)
		return damaged_entry(zip, entry->name, "has no header where the directory says");
	entry->data = local + LOCAL_BYTES + read16(p + 26) + read16(p + 28);
	if (entry->data > central || entry->compressed > central - entry->data)
		return damaged_entry(zip, entry->name, "reaches outside the file");
	return HDT_OK;
}

static hdt_status check_sizes(const zip_directory *zip, uint32_t flags, uint32_t method, zip_entry *entry)
{
	if (flags & FLAG_ENCRYPTED)
		return damaged_entry(zip, entry->name, "is encrypted");
	if (method != ZIP_STORED && method != ZIP_DEFLATED)
		return damaged_entry(zip, entry->name, "is compressed by a method other than deflate");
	entry->method = (zip_method)method;
	if (method == ZIP_STORED && entry->bytes != entry->compressed)
		return damaged_entry(zip, entry->name, "is stored but has two sizes");
	if (method == ZIP_DEFLATED && entry->bytes / MAX_INFLATION > entry->compressed)
		return damaged_entry(zip, entry->name, "claims to inflate to an impossible size");
	return HDT_OK;
}

/* Read the entry at *at, and move *at behind it. */
static hdt_status read_entry(const zip_directory *zip, const central_range *central, uint64_t *at, zip_entry *entry)
{
	uint64_t left = central->offset + central->bytes - *at;
	const unsigned char *p = zip->file + *at;
	if (left < CENTRAL_BYTES || read32(p) != SIGNATURE_CENTRAL)
		return damaged(zip, "its directory ends too early");
	uint32_t name_bytes = read16(p + 28), extra_bytes = read16(p + 30), comment_bytes = read16(p + 32);
	uint64_t size = (uint64_t)CENTRAL_BYTES + name_bytes + extra_bytes + comment_bytes;
	if (size > left)
		return damaged(zip, "an entry of its directory reaches beyond it");
	uint64_t local = read32(p + 42);
	entry->name = copy_name(zip, p + CENTRAL_BYTES, name_bytes);
	if (!entry->name)
		return damaged(zip, "an entry has an empty, overlong or unprintable name");
	entry->checksum = read32(p + 16);
	entry->compressed = read32(p + 20);
	entry->bytes = read32(p + 24);
	if (!read_extra64(p + CENTRAL_BYTES + name_bytes, extra_bytes, entry, &local))
		return damaged_entry(zip, entry->name, "lacks its 64-bit sizes");
	hdt_status status = check_sizes(zip, read16(p + 8), read16(p + 10), entry);
	*at += size;
	return status == HDT_OK ? locate_data(zip, central->offset, local, entry) : status;
}

static int compare_names(const void *a, const void *b)
{
	return strcmp(((const zip_entry *)a)->name, ((const zip_entry *)b)->name);
}

static int compare_positions(const void *a, const void *b)
{
	const zip_entry *x = a, *y = b;
	if (x->data != y->data)
		return x->data < y->data ? -1 : 1;
	return x->compressed < y->compressed ? -1 : x->compressed > y->compressed;
}

static hdt_status check_overlaps(const zip_directory *zip)
{
	qsort(zip->entries, (size_t)zip->count, sizeof(zip_entry), compare_positions);
	for (int i = 1; i < zip->count; i++) {
		const zip_entry *before = &zip->entries[i - 1], *entry = &zip->entries[i];
		if (before->data + before->compressed > entry->data)
			return damaged_entry(zip, entry->name, "overlaps another entry");
	}
	return HDT_OK;
}

static hdt_status check_names(const zip_directory *zip)
{
	qsort(zip->entries, (size_t)zip->count, sizeof(zip_entry), compare_names);
	for (int i = 1; i < zip->count; i++)
		if (strcmp(zip->entries[i - 1].name, zip->entries[i].name) == 0)
			return damaged_entry(zip, zip->entries[i].name, "comes twice");
	return HDT_OK;
}

hdt_status zip_open(hdt_context *context, const char *path, const void *file, size_t bytes, zip_directory *out)
{
	*out = (zip_directory){.context = context, .path = path, .file = file, .file_bytes = bytes};
	central_range central = {0};
	hdt_status status = find_central(out, &central);
	if (status != HDT_OK)
		return status;
	out->entries = hdt_allocate(context, ((size_t)central.count + 1) * sizeof(zip_entry));
	if (!out->entries)
		return HDT_OUT_OF_MEMORY;
	uint64_t at = central.offset;
	for (out->count = 0; (uint64_t)out->count < central.count; out->count++)
		if ((status = read_entry(out, &central, &at, &out->entries[out->count])) != HDT_OK)
			return status;
	status = check_overlaps(out);
	return status == HDT_OK ? check_names(out) : status;
}

const zip_entry *zip_find(const zip_directory *zip, const char *name)
{
	zip_entry key = {.name = name};
	return zip->count ? bsearch(&key, zip->entries, (size_t)zip->count, sizeof(zip_entry), compare_names) : NULL;
}

/* Writers may leave the checksum out; it is 0 then. */
static hdt_status verify_checksum(const zip_directory *zip, const zip_entry *entry, const unsigned char *data)
{
	if (entry->checksum == 0 || crc32_z(0, data, (z_size_t)entry->bytes) == entry->checksum)
		return HDT_OK;
	return damaged_entry(zip, entry->name, "does not match its checksum");
}

hdt_status zip_stored(const zip_directory *zip, const zip_entry *entry, const unsigned char **out)
{
	*out = NULL;
	if (entry->method != ZIP_STORED)
		return damaged_entry(zip, entry->name, "is compressed where it must be stored");
	hdt_status status = verify_checksum(zip, entry, zip->file + entry->data);
	if (status == HDT_OK)
		*out = zip->file + entry->data;
	return status;
}

/* zlib counts input and output in 32 bits: feed it in portions. */
static bool inflate_into(const unsigned char *from, uint64_t from_bytes, unsigned char *to, uint64_t to_bytes)
{
	z_stream stream = {0};
	if (inflateInit2(&stream, -MAX_WBITS) != Z_OK)
		return false;
	int result = Z_OK;
	uint64_t read = 0, written = 0;
	unsigned char beyond;
	while (result == Z_OK) {
		const uInt portion = 1u << 30;
		uint64_t input = from_bytes - read, output = to_bytes - written;
		stream.next_in = (z_const Bytef *)(from + read);
		stream.avail_in = input < portion ? (uInt)input : portion;
		stream.next_out = output ? to + written : &beyond;
		stream.avail_out = output ? (output < portion ? (uInt)output : portion) : 1;
		uInt in_before = stream.avail_in, out_before = stream.avail_out;
		result = inflate(&stream, Z_NO_FLUSH);
		uint64_t produced = out_before - stream.avail_out;
		read += in_before - stream.avail_in;
		if (produced > output) /* it goes on after the end */
			result = Z_DATA_ERROR;
		else
			written += produced;
	}
	inflateEnd(&stream);
	return result == Z_STREAM_END && written == to_bytes && read == from_bytes;
}

hdt_status zip_extract(const zip_directory *zip, const zip_entry *entry, uint64_t limit, unsigned char **out)
{
	*out = NULL;
	if (entry->bytes > limit || entry->bytes >= SIZE_MAX)
		return hdt_fail(zip->context, HDT_BAD_MODEL, "%s: entry %s has %llu bytes, more than the %llu that it may have",
		                zip->path, entry->name, (unsigned long long)entry->bytes, (unsigned long long)limit);
	unsigned char *data = malloc((size_t)entry->bytes + 1);
	if (!data)
		return hdt_fail(zip->context, HDT_OUT_OF_MEMORY, "%s: out of memory for the %llu bytes of entry %s", zip->path,
		                (unsigned long long)entry->bytes, entry->name);
	hdt_status status = HDT_OK;
	const unsigned char *from = zip->file + entry->data;
	if (entry->method == ZIP_STORED)
		memcpy(data, from, (size_t)entry->bytes);
	else if (!inflate_into(from, entry->compressed, data, entry->bytes))
		status = damaged_entry(zip, entry->name, "cannot be inflated");
	if (status == HDT_OK)
		status = verify_checksum(zip, entry, data);
	if (status != HDT_OK) {
		free(data);
		return status;
	}
	data[entry->bytes] = 0;
	*out = data;
	return HDT_OK;
}
