/* mapped_file.c: read-only file mappings with a reference count. Only regular files are opened, and never blocking: a
 * FIFO or a device given as a model is a fault, not a hang. The file must not be shortened while it is mapped. */
#include "mapped_file.h"
#include <errno.h>
#include <fcntl.h>
#include <stdatomic.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mman.h>
#include <sys/stat.h>
#include <unistd.h>

struct mapped_file {
	atomic_int users;
	unsigned char *data; /* NULL for an empty file */
	size_t bytes;
};

static hdt_status map_descriptor(hdt_context *context, const char *path, int descriptor, mapped_file *file)
{
	struct stat info;
	if (fstat(descriptor, &info) != 0)
		return hdt_fail(context, HDT_IO_ERROR, "%s: cannot be read: %s", path, strerror(errno));
	if (!S_ISREG(info.st_mode))
		return hdt_fail(context, HDT_IO_ERROR, "%s: is not a regular file; give the path of a model file", path);
	if (info.st_size == 0)
		return HDT_OK;
	if ((uintmax_t)info.st_size > SIZE_MAX)
		return hdt_fail(context, HDT_IO_ERROR, "%s: is too large to be mapped", path);
	void *data = mmap(NULL, (size_t)info.st_size, PROT_READ, MAP_PRIVATE, descriptor, 0);
	if (data == MAP_FAILED)
		return hdt_fail(context, HDT_IO_ERROR, "%s: cannot be mapped: %s", path, strerror(errno));
	file->data = data;
	file->bytes = (size_t)info.st_size;
	return HDT_OK;
}

hdt_status mapped_file_open(hdt_context *context, const char *path, mapped_file **out)
{
	*out = NULL;
	int descriptor = open(path, O_RDONLY | O_CLOEXEC | O_NONBLOCK | O_NOCTTY);
	if (descriptor < 0)
		return hdt_fail(context, HDT_IO_ERROR, "%s: cannot be opened: %s", path, strerror(errno));
	mapped_file *file = calloc(1, sizeof(*file));
	hdt_status status = file ? map_descriptor(context, path, descriptor, file)
	                         : hdt_fail(context, HDT_OUT_OF_MEMORY, "%s: out of memory", path);
	close(descriptor);
	if (status != HDT_OK) {
		free(file);
		return status;
	}
	atomic_init(&file->users, 1);
	*out = file;
	return HDT_OK;
}

const unsigned char *mapped_file_data(const mapped_file *file)
{
	return file->data ? file->data : (const unsigned char *)"";
}

size_t mapped_file_bytes(const mapped_file *file)
{
	return file->bytes;
}

void mapped_file_retain(mapped_file *file)
{
	atomic_fetch_add(&file->users, 1);
}

void mapped_file_release(void *closure)
{
	mapped_file *file = closure;
	if (!file || atomic_fetch_sub(&file->users, 1) != 1)
		return;
	if (file->data)
		munmap(file->data, file->bytes);
	free(file);
}
