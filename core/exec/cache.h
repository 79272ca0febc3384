/* cache.h: the on-disk cache of compiled objects: content-addressed, written atomically, safe for many processes,
 * bounded.
 *
 * Key: SHA-256 over the source texts, the target's cache key and the version of the format. A hit is a file whose name
 * is the key and whose trailer checks; anything else is rebuilt. A cache folder that is read-only or full costs a
 * warning and a rebuild, never a failure. */
#ifndef CORE_EXEC_CACHE_H
#define CORE_EXEC_CACHE_H

#include "registry/registry.h"

typedef struct cache cache;

/* `directory` NULL: HIDET_CACHE_DIR, else $XDG_CACHE_HOME/hidet, else ~/.cache/hidet; "": no cache. Never fails but for
 * memory. */
cache *cache_open(hdt_context *context, const char *directory);
void cache_close(cache *c);
/* The object for this source: loaded from the cache, or compiled, stored and loaded. `hit` may be NULL. */
hdt_status cache_get(cache *c, hdt_context *context, const hdt_target *target, hdt_device *device,
                     const hdt_source *source, hdt_object **out, bool *hit);
/* Where it is; NULL: there is no cache. */
const char *cache_directory(const cache *c);
/* Bytes and files in it. */
void cache_usage(const cache *c, int64_t *bytes, int *files);

#endif
