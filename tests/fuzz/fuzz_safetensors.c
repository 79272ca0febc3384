/* fuzz_safetensors.c: the reader of .safetensors files. */
#include "fuzz_tensors.h"

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t bytes);
int LLVMFuzzerTestOneInput(const uint8_t *data, size_t bytes)
{
	return fuzz_tensors(data, bytes, safetensors_read);
}
