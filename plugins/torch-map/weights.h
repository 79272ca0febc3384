/* weights.h: the parameters, buffers and tensor constants of an archive as constants of a graph.
 *
 * A weight that lies row-major in a stored entry is used where it lies in the mapped file; any other one (deflated,
 * transposed, at an odd address) is copied once. Names that share storage, dtype, sizes and strides share one constant.
 */
#ifndef TORCH_MAP_WEIGHTS_H
#define TORCH_MAP_WEIGHTS_H

#include "archive.h"
#include "mapped_file.h"
#include "schema.h"

typedef struct weights weights;

/* Read the two configurations. `a` and `file` must outlive the loading; constants retain `file`. With `a` NULL there
 * are no data: weights_constant makes constants of unknown bytes. */
hdt_status weights_open(hdt_context *context, const archive *a, mapped_file *file, weights **out);

/* The constant called `name` in the graph, which the program describes by `meta`; NULL after a fault. `key` is its name
 * in the configuration: "encoder.layer.0.weight". */
hdt_value *weights_constant(weights *w, hdt_graph *graph, const char *name, const char *key, const tensor_meta *meta);

/* Free the configurations. */
void weights_close(weights *w);

#endif
