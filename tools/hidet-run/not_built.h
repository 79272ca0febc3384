/* not_built.h: plugins of the source tree that this build left out, and why: what cmake found out (see CMakeLists.txt). */
#ifndef HIDET_RUN_NOT_BUILT_H
#define HIDET_RUN_NOT_BUILT_H

typedef struct not_built_plugin {
	const char *name; /* of its folder */
	const char *reason;
} not_built_plugin;

extern const not_built_plugin not_built_plugins[]; /* ended by a NULL name */

#endif
