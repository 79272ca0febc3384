/* library.h: libraries that may be absent: opened by name, their functions filled into a table. */
#ifndef TARGET_CUDA_LIBRARY_H
#define TARGET_CUDA_LIBRARY_H

#include <stddef.h>

typedef struct library_symbol {
	const char *name;
	size_t offset; /* of the function pointer in the table */
} library_symbol;

/* The first of `names` (ended by NULL) that can be loaded; it stays loaded. NULL, and why the first one could not
 * be. */
void *library_open(const char *const *names, char *reason, size_t bytes);
/* Fill the table; the name of the first function that is not there, NULL when all are. */
const char *library_find(void *handle, const library_symbol *symbols, size_t count, void *table);

#endif
