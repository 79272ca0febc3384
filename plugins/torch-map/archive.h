/* archive.h: the layout of a torch.export archive: which entry of the zip file holds what.
 *
 *     <root>/archive_format                                  "pt2"
 *     <root>/byteorder                                       "little"
 *     <root>/models/<model>.json                             the program
 *     <root>/data/weights/<model>_weights_config.json        name of a parameter or buffer -> file, dtype, sizes,
 * strides <root>/data/weights/weight_0 ...                       bytes of storages, stored
 *     <root>/data/constants/<model>_constants_config.json    the same for tensor constants
 *     <root>/data/constants/tensor_0 ... */
#ifndef TORCH_MAP_ARCHIVE_H
#define TORCH_MAP_ARCHIVE_H

#include "zip.h"
#include <jansson.h>

typedef struct archive {
	zip_directory zip;
	const char *root;  /* "mlp/", or "" */
	const char *model; /* "model" */
} archive;

/* Recognise the layout. Layouts that hold no exported program, or an older one, are refused with what to do. */
hdt_status archive_open(hdt_context *context, const char *path, const void *file, size_t bytes, archive *out);

/* A JSON entry of the archive; *out NULL without a fault when `required` is false and there is none. Free with
 * json_decref. */
hdt_status archive_json(const archive *a, const char *name, bool required, json_t **out);

/* JSON text: depth, size and duplicate keys are checked, a fault tells line and column. `name` is for messages. */
hdt_status archive_parse_json(hdt_context *context, const char *name, const void *text, size_t bytes, json_t **out);

#endif
