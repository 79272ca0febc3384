/* container.c: one file for the code of all units of an object:
 *     8 bytes of magic; u32 version; u32 count; count x u64 size; the images one after the other.
 * Numbers are stored as this machine stores them: the file never leaves it. Whatever follows is another's and left
 * alone. */
#include "cuda.h"

#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

enum { VERSION = 1, MOST_IMAGES = 65536 };
static const char magic[8] = "HDTCUBIN";

typedef struct header {
	char magic[8];
	uint32_t version, count;
} header;

hdt_status container_write(hdt_context *context, const char *path, const container *c)
{
	header h = {.version = VERSION, .count = (uint32_t)c->count};
	memcpy(h.magic, magic, sizeof magic);
	FILE *f = fopen(path, "we");
	bool good = f && fwrite(&h, sizeof h, 1, f) == 1;
	for (int i = 0; good && i < c->count; i++)
		good = fwrite(&(uint64_t){c->sizes[i]}, sizeof(uint64_t), 1, f) == 1;
	for (int i = 0; good && i < c->count; i++)
		good = fwrite(c->images[i], 1, c->sizes[i], f) == c->sizes[i];
	int error = errno;
	if (f && fclose(f) != 0 && good) {
		good = false;
		error = errno;
	}
	if (good)
		return HDT_OK;
	if (f)
		unlink(path);
	return hdt_fail(context, HDT_IO_ERROR, "cuda: cannot write '%s': %s", path, strerror(error));
}

/* All bytes of the file; NULL after a diagnostic. */
static unsigned char *read_file(hdt_context *context, const char *path, size_t *bytes)
{
	FILE *f = fopen(path, "re");
	long end = f && fseek(f, 0, SEEK_END) == 0 ? ftell(f) : -1;
	unsigned char *data = end >= 0 ? malloc((size_t)end + 1) : NULL;
	bool good = data && fseek(f, 0, SEEK_SET) == 0 && fread(data, 1, (size_t)end, f) == (size_t)end;
	int error = errno;
	if (f)
		fclose(f);
	*bytes = good ? (size_t)end : 0;
	if (good)
		return data;
	free(data);
	hdt_fail(context, HDT_IO_ERROR, "cuda: cannot read '%s': %s", path, strerror(error));
	return NULL;
}

/* Find the images in the file's bytes. */
static bool divide(container *c, size_t bytes)
{
	header h;
	if (bytes < sizeof h)
		return false;
	memcpy(&h, c->bytes, sizeof h);
	if (memcmp(h.magic, magic, sizeof magic) != 0 || h.version != VERSION || h.count > MOST_IMAGES)
		return false;
	size_t at = sizeof h + h.count * sizeof(uint64_t);
	if (bytes < at)
		return false;
	c->images = calloc(h.count + 1, sizeof *c->images);
	c->sizes = calloc(h.count + 1, sizeof *c->sizes);
	if (!c->images || !c->sizes)
		return false;
	for (uint32_t i = 0; i < h.count; i++) {
		uint64_t size;
		memcpy(&size, c->bytes + sizeof h + i * sizeof size, sizeof size);
		if (size > bytes - at)
			return false;
		c->images[i] = c->bytes + at;
		c->sizes[i] = (size_t)size;
		at += (size_t)size;
	}
	c->count = (int)h.count;
	return true;
}

hdt_status container_read(hdt_context *context, const char *path, container *out)
{
	size_t bytes;
	*out = (container){.bytes = read_file(context, path, &bytes)};
	if (!out->bytes)
		return HDT_IO_ERROR;
	if (divide(out, bytes))
		return HDT_OK;
	container_fini(out);
	return hdt_fail(context, HDT_BAD_TARGET, "cuda: '%s' is no compiled object of this target, or is cut short", path);
}

void container_fini(container *c)
{
	free(c->bytes);
	free(c->images);
	free(c->sizes);
	*c = (container){0};
}
