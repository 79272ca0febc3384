/* library.c: see library.h. */
#include "library.h"

#include <dlfcn.h>
#include <stdio.h>
#include <string.h>

void *library_open(const char *const *names, char *reason, size_t bytes)
{
	for (int i = 0; names[i]; i++) {
		void *handle = dlopen(names[i], RTLD_NOW | RTLD_LOCAL);
		if (handle)
			return handle;
		const char *error = dlerror();
		if (i == 0)
			snprintf(reason, bytes, "cannot load '%s': %s", names[i], error ? error : "unknown reason");
		(void)dlerror(); /* lets the text go */
	}
	return NULL;
}

const char *library_find(void *handle, const library_symbol *symbols, size_t count, void *table)
{
	for (size_t i = 0; i < count; i++) {
		void *found = dlsym(handle, symbols[i].name);
		if (!found)
			return symbols[i].name;
		memcpy((char *)table + symbols[i].offset, &found, sizeof found);
	}
	return NULL;
}
