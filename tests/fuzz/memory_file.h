/* memory_file.h: the fuzzer's bytes as a file with a path, for readers that map files. */
#ifndef TESTS_FUZZ_MEMORY_FILE_H
#define TESTS_FUZZ_MEMORY_FILE_H

#include <stddef.h>
#include <stdio.h>
#include <sys/mman.h>
#include <unistd.h>

/* The file descriptor (close it), with its path in `path`; -1 when the system gives none. */
static inline int memory_file(const void *data, size_t bytes, char path[64])
{
	int fd = memfd_create("fuzz", MFD_CLOEXEC);
	if (fd >= 0 && write(fd, data, bytes) != (ssize_t)bytes) {
		close(fd);
		fd = -1;
	}
	snprintf(path, 64, "/proc/self/fd/%d", fd);
	return fd;
}

#endif
