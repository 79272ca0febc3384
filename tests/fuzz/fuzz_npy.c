/* fuzz_npy.c: no bytes make the .npy reader crash, leak or hang. */
#include "memory_file.h"
#include "tensors/tensors.h"
#include <stdint.h>

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t bytes);
int LLVMFuzzerTestOneInput(const uint8_t *data, size_t bytes)
{
	char path[64];
	int fd = memory_file(data, bytes, path);
	hdt_context *context = context_new(NULL);
	tensor_file file;
	if (fd >= 0 && context && npy_read(context, path, &file) == HDT_OK) {
		/* What was accepted can be read to its last byte. */
		volatile unsigned char sum = 0;
		for (int i = 0; i < file.count; i++) {
			size_t size = (size_t)array_elements(&file.items[i]) * hdt_dtype_of(file.items[i].dtype)->bytes;
			if (size)
				sum = (unsigned char)(sum + ((unsigned char *)file.items[i].data)[0] +
				                      ((unsigned char *)file.items[i].data)[size - 1]);
		}
		tensor_file_close(&file);
	}
	context_free(context);
	if (fd >= 0)
		close(fd);
	return 0;
}
