/* sparse.h: zeroed memory for large tables of which little is used: what nobody touches costs nothing.
 *
 * The zeroes of malloc's own pools are written out each time; here they are pages of the system. */
#ifndef CORE_BASE_SPARSE_H
#define CORE_BASE_SPARSE_H

#include <stddef.h>

/* NULL when memory is out. */
void *sparse_new(size_t count, size_t item_bytes);
/* With the same sizes; NULL is taken. */
void sparse_free(void *table, size_t count, size_t item_bytes);

#endif
