/* vec.h: growable arrays, in an arena or on the heap.
 *
 *     VEC(hdt_node *) nodes = {0};
 *     vec_push(context, &nodes, node);       in the context's arena; false when memory is out
 *     heap_push(&names, name);  heap_free(&names);
 */
#ifndef CORE_BASE_VEC_H
#define CORE_BASE_VEC_H

#include <hidet/base.h>

#define VEC(type)     \
	struct {          \
		type *items;  \
		int count;    \
		int capacity; \
	}

/* False after a fault in the context: memory is out. */
bool vec_grow(hdt_context *context, void **items, int count, int *capacity, size_t item_bytes);
bool heap_grow(void **items, int count, int *capacity, size_t item_bytes);

#define vec_push(context, v, item)                                                                \
	(((v)->count < (v)->capacity ||                                                               \
	  vec_grow(context, (void **)&(v)->items, (v)->count, &(v)->capacity, sizeof *(v)->items)) && \
	 ((v)->items[(v)->count++] = (item), true))
#define heap_push(v, item)                                                                \
	(((v)->count < (v)->capacity ||                                                       \
	  heap_grow((void **)&(v)->items, (v)->count, &(v)->capacity, sizeof *(v)->items)) && \
	 ((v)->items[(v)->count++] = (item), true))
#define heap_free(v) (free((v)->items), (v)->items = NULL, (v)->count = (v)->capacity = 0)

#endif
