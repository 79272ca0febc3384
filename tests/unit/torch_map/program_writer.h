/* program_writer.h: makes small exported programs as PyTorch would write them: the JSON alone, or an archive with
 * weights. */
#ifndef TESTS_TORCH_MAP_PROGRAM_WRITER_H
#define TESTS_TORCH_MAP_PROGRAM_WRITER_H

#include "zip_writer.h"
#include <jansson.h>

typedef struct program_writer {
	json_t *root;
	json_t *inputs, *outputs, *nodes, *values, *sizes, *specs_in, *specs_out, *weights;
} program_writer;

program_writer program_new(void);
/* Shapes are JSON: "[2, 3]", a size may be a string: "[\"s0\", 3]". Element types are the schema's numbers: 7 is
 * float32. */
void program_input(program_writer *p, const char *name, int dtype, const char *shape);
/* A parameter (or another kind: "buffer") with its place in the archive; strides NULL: row-major. */
void program_weight(program_writer *p, const char *kind, const char *name, int dtype, const char *shape,
                    const char *strides, int offset, const char *path);
/* A node. `arguments` is a JSON list of [name, argument] pairs in which "%x" is the tensor x and "$n" the size n:
 *     [["self", "%x"], ["other", 2.5], ["size", [1, "$n"]]]
 * `outputs` are names divided by blanks, each "%x" or "$n". `module` is the module path, or NULL. */
void program_node(program_writer *p, const char *target, const char *arguments, const char *outputs,
                  const char *module);
/* What the program says of a tensor: needed where aliasing or a check depends on it. */
void program_describe(program_writer *p, const char *name, int dtype, const char *shape, const char *strides);
void program_output(program_writer *p, const char *name);
void program_range(program_writer *p, const char *symbol, int min, int max);
void program_free(program_writer *p);

/* The JSON text (free). */
char *program_text(const program_writer *p);
/* An archive with the program, the configuration of its weights and no weights yet; zip_writer_finish it. */
zip_writer program_archive(const program_writer *p);

#endif
