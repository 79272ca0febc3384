/* tensors.h: named tensors in files: .safetensors (read, write) and .npy (read).
 *
 * Formats: https://github.com/huggingface/safetensors (8-byte little-endian length, JSON header, data) and NumPy's NEP 1. */
#ifndef TENSORS_TENSORS_H
#define TENSORS_TENSORS_H

#include "base/context.h"
#include "base/file.h"
#include <hidet/hidet.h>

/* The tensors of a file. `data` of each points into the mapping, or, when it lies there unaligned, into the context's arena. */
typedef struct tensor_file {
	hdt_array *items;
	int count;
	file_mapping mapping;
} tensor_file;

/* Faults (IO_ERROR, BAD_INPUT) name the file and what is wrong with it. Strings live in the context. */
hdt_status safetensors_read(hdt_context *context, const char *path, tensor_file *out);
hdt_status npy_read(hdt_context *context, const char *path, tensor_file *out);
void tensor_file_close(tensor_file *file);

hdt_status safetensors_write(hdt_context *context, const char *path, const hdt_array *items, int count);

/* Elements of a shape; -1 when it overflows. */
int64_t array_elements(const hdt_array *array);

#endif
