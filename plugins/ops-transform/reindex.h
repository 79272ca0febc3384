/* reindex.h: index maps between two shapes of the same elements in row-major order. */
#ifndef OPS_TRANSFORM_REINDEX_H
#define OPS_TRANSFORM_REINDEX_H

#include <hidet/plugin.h>

/* The indices in shape `from` of the element that stands at `indices` in shape `to`. Runs of dimensions with equal
 * products are mapped apart from each other: [n, 12, 64] and [n, 768] share the index of n, and only the rest is
 * divided. */
hdt_list reindex(hdt_task *t, hdt_list from, hdt_list to, hdt_list indices);

/* The whole operator: input 0 in another shape, as an alias. Sizes that differ are a fault. */
void reindex_define(hdt_task *t, hdt_list shape);

#endif
