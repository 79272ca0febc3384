/* fuzz_elf.c: no bytes make the check of a library crash, hang or read outside. */
#include "loader/stages.h"

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t bytes);
int LLVMFuzzerTestOneInput(const uint8_t *data, size_t bytes)
{
	elf_fault fault;
	elf_check(data, bytes, &fault);
	return 0;
}
