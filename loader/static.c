/* static.c: the table of plugins that are linked into the host: empty, but in a static distribution, whose build writes one. */
#include "loader/stages.h"

#ifndef HIDET_STATIC_PLUGINS
const static_plugin static_plugins[] = {{NULL, NULL, NULL}};
#endif
