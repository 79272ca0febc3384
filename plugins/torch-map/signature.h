/* signature.h: the inputs and outputs of an exported program. */
#ifndef TORCH_MAP_SIGNATURE_H
#define TORCH_MAP_SIGNATURE_H

#include "environment.h"
#include "program.h"
#include "weights.h"

/* Bind the placeholders in signature order: user inputs become inputs of the graph, under their names; parameters,
 * buffers and tensor constants that a node or output uses become constants. */
hdt_status signature_bind_inputs(const program *p, weights *w, hdt_graph *graph, environment *env);

/* Give the user's outputs in order. Programs that change a buffer or an input are refused. */
hdt_status signature_give_outputs(const program *p, hdt_graph *graph, environment *env);

#endif
