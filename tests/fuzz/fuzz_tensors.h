/* fuzz_tensors.h: no bytes make a reader of tensor files crash, leak or hang, and what it accepts can be read to its last byte. */
#ifndef TESTS_FUZZ_FUZZ_TENSORS_H
#define TESTS_FUZZ_FUZZ_TENSORS_H

#include "memory_file.h"
#include "tensors/tensors.h"
#include <stdint.h>

static inline int fuzz_tensors(const uint8_t *data, size_t bytes,
                               hdt_status (*read_file)(hdt_context *context, const char *path, tensor_file *out))
{
	char path[64];
	int fd = memory_file(data, bytes, path);
	hdt_context *context = context_new(NULL);
	tensor_file file;
	if (fd >= 0 && context && read_file(context, path, &file) == HDT_OK) {
		volatile unsigned char sum = 0;
		for (int i = 0; i < file.count; i++) {
			const unsigned char *at = file.items[i].data;
			size_t size = (size_t)array_elements(&file.items[i]) * hdt_dtype_of(file.items[i].dtype)->bytes;
			if (size)
				sum = (unsigned char)(sum + at[0] + at[size - 1]);
		}
		tensor_file_close(&file);
	}
	context_free(context);
	if (fd >= 0)
		close(fd);
	return 0;
}

#endif
