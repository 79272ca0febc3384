/* file.c: files with clear reasons when they cannot be had, and writes that are all or nothing. */
#include "base/file.h"

#include "base/context.h"
#include <errno.h>
#include <fcntl.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mman.h>
#include <sys/stat.h>
#include <unistd.h>

/* Open a regular file for reading; -1 after a diagnostic. O_NONBLOCK: a FIFO must not hang us. */
static int open_regular(hdt_context *context, const char *path, struct stat *st)
{
	int fd = open(path, O_RDONLY | O_CLOEXEC | O_NONBLOCK);
	if (fd < 0) {
		hdt_fail(context, HDT_IO_ERROR, "cannot open '%s': %s", path, strerror(errno));
		return -1;
	}
	if (fstat(fd, st) != 0 || !S_ISREG(st->st_mode)) {
		hdt_fail(context, HDT_IO_ERROR, "cannot read '%s': it is not a regular file", path);
		close(fd);
		return -1;
	}
	return fd;
}

hdt_status file_map(hdt_context *context, const char *path, file_mapping *out)
{
	*out = (file_mapping){(const unsigned char *)"", 0};
	struct stat st;
	int fd = open_regular(context, path, &st);
	if (fd < 0)
		return HDT_IO_ERROR;
	void *p = st.st_size ? mmap(NULL, (size_t)st.st_size, PROT_READ, MAP_PRIVATE, fd, 0) : NULL;
	close(fd);
	if (p == MAP_FAILED)
		return hdt_fail(context, HDT_IO_ERROR, "cannot map '%s': %s", path, strerror(errno));
	if (p)
		*out = (file_mapping){p, (size_t)st.st_size};
	return HDT_OK;
}

void file_unmap(file_mapping *mapping)
{
	if (mapping->bytes)
		munmap((void *)(uintptr_t)mapping->data, mapping->bytes);
	*mapping = (file_mapping){(const unsigned char *)"", 0};
}

void file_forget_pages(const void *data, size_t bytes)
{
	uintptr_t page = (uintptr_t)sysconf(_SC_PAGESIZE), from = ((uintptr_t)data + page - 1) / page * page;
	uintptr_t to = ((uintptr_t)data + bytes) / page * page;
	if (from < to)
		(void)madvise((void *)from, to - from, MADV_DONTNEED); /* advice: a refusal costs only memory */
}

hdt_status file_read(hdt_context *context, const char *path, size_t limit, char **data, size_t *bytes)
{
	struct stat st;
	*data = NULL;
	int fd = open_regular(context, path, &st);
	if (fd < 0)
		return HDT_IO_ERROR;
	size_t size = (size_t)st.st_size, got = 0;
	hdt_status status = HDT_OK;
	if (size > limit)
		status =
			hdt_fail(context, HDT_IO_ERROR, "'%s' has %zu bytes; at most %zu are accepted here", path, size, limit);
	else if (!(*data = malloc(size + 1)))
		status = hdt_fail(context, HDT_OUT_OF_MEMORY, "out of memory reading '%s' (%zu bytes)", path, size);
	while (status == HDT_OK && got < size) {
		ssize_t n = read(fd, *data + got, size - got);
		if (n < 0 && errno == EINTR)
			continue;
		if (n < 0)
			status = hdt_fail(context, HDT_IO_ERROR, "cannot read '%s': %s", path, strerror(errno));
		if (n <= 0)
			break;
		got += (size_t)n;
	}
	close(fd);
	if (status != HDT_OK) {
		free(*data);
		*data = NULL;
		return status;
	}
	(*data)[got] = 0;
	*bytes = got;
	return HDT_OK;
}

static bool write_all(int fd, const char *data, size_t bytes)
{
	while (bytes) {
		ssize_t n = write(fd, data, bytes);
		if (n < 0 && errno == EINTR)
			continue;
		if (n <= 0)
			return false;
		data += n;
		bytes -= (size_t)n;
	}
	return true;
}

hdt_status file_write_atomically(hdt_context *context, const char *path, const void *data, size_t bytes)
{
	size_t length = strlen(path);
	char *temporary = malloc(length + 12);
	if (!temporary)
		return hdt_fail(context, HDT_OUT_OF_MEMORY, "out of memory writing '%s'", path);
	snprintf(temporary, length + 12, "%s.tmpXXXXXX", path);
	int fd = mkstemp(temporary);
	int error = fd < 0 ? errno : 0;
	if (fd >= 0) {
		mode_t mask = umask(0);
		umask(mask);
		bool good = fchmod(fd, 0666 & ~mask) == 0 && write_all(fd, data, bytes);
		error = good ? 0 : errno;
		if (close(fd) != 0 && !error)
			error = errno;
		if (!error && rename(temporary, path) != 0)
			error = errno;
		if (error)
			unlink(temporary);
	}
	free(temporary);
	return error ? hdt_fail(context, HDT_IO_ERROR, "cannot write '%s': %s", path, strerror(error)) : HDT_OK;
}

hdt_status file_make_directories(hdt_context *context, const char *path)
{
	char *copy = strdup(path);
	if (!copy)
		return hdt_fail(context, HDT_OUT_OF_MEMORY, "out of memory making '%s'", path);
	hdt_status status = HDT_OK;
	for (char *p = copy + 1; status == HDT_OK; p++) {
		if (*p && *p != '/')
			continue;
		char kept = *p;
		*p = 0;
		if (mkdir(copy, 0777) != 0 && errno != EEXIST)
			status = hdt_fail(context, HDT_IO_ERROR, "cannot make the folder '%s': %s", copy, strerror(errno));
		*p = kept;
		if (!kept)
			break;
	}
	free(copy);
	return status;
}

bool file_exists(const char *path)
{
	return access(path, F_OK) == 0;
}

const char *file_join(hdt_context *context, const char *directory, const char *name)
{
	return *directory && name[0] != '/' ? hdt_format(context, "%s/%s", directory, name)
	                                    : hdt_format(context, "%s", name);
}
