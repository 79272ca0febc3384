/* program.h: the parsed JSON of an exported program, its version checked. */
#ifndef TORCH_MAP_PROGRAM_H
#define TORCH_MAP_PROGRAM_H

#include "symbols.h"

typedef struct program {
	hdt_context *context;
	const char *path;        /* of the model file, for messages */
	json_t *root;            /* owned */
	const json_t *graph;     /* object */
	const json_t *nodes;     /* array */
	const json_t *signature; /* object */
	symbol_table symbols;
} program;

/* Takes over `root`, also on failure; program_close frees it. */
hdt_status program_open(hdt_context *context, const char *path, json_t *root, program *out);
void program_close(program *p);

/* The module path of a node ("encoder.layer.0.attention"), from its metadata; NULL when it has none. */
const char *program_origin(hdt_context *context, const json_t *node);

#endif
