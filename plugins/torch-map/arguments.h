/* arguments.h: the arguments of a call, from the schema's unions to what mappings take. */
#ifndef TORCH_MAP_ARGUMENTS_H
#define TORCH_MAP_ARGUMENTS_H

#include "environment.h"
#include "program.h"

/* One argument. Devices, layouts and memory formats become `none`: they say nothing about values. Lists of floats
 * become a list of f64 constants of kind DIMS, since mappings read lists by hdt_call_dims. */
hdt_status arguments_read(hdt_graph *graph, environment *env, const json_t *input, hdt_argument *out);

/* All arguments of a node; *out is in the arena. */
hdt_status arguments_of_node(hdt_graph *graph, environment *env, const json_t *node, hdt_argument **out, int *count);

/* The name in {"as_tensor": {"name": "x"}} of the node's first argument: the receiver of a method. NULL when it is
 * none. */
const char *arguments_receiver(const json_t *node);

/* The floats of an argument that arguments_read made of a list. */
double arguments_float(const hdt_expr *e);

#endif
