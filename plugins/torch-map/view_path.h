/* view_path.h: paths of nodes of the transform operators (slice, select, reshape, ...) from a tensor to a view of it.
 */
#ifndef TORCH_MAP_VIEW_PATH_H
#define TORCH_MAP_VIEW_PATH_H

#include <hidet/plugin.h>

/* The value that the path from `root` to `leaf` gives when it starts at `start` instead. NULL without a fault when
 * there is no path. */
hdt_value *view_path_rebuild(hdt_graph *graph, hdt_value *root, hdt_value *leaf, hdt_value *start);

/* `start` with the part that the path picks replaced by `part`: the tensor from which the same path gives `part`. NULL
 * without a fault when there is no path, or a step on it cannot be undone. */
hdt_value *view_path_write(hdt_graph *graph, hdt_value *root, hdt_value *leaf, hdt_value *start, hdt_value *part);

#endif
