/* not_built.c: the list that cmake wrote. */
#include "not_built.h"

#include <stddef.h>

const not_built_plugin not_built_plugins[] = {
#define NOT_BUILT(name, reason) {name, reason},
#include "not_built.def"
#undef NOT_BUILT
	{NULL, NULL},
};
