/* pool.h: the workers of one device, and the parallel loop they share with the caller.
 *
 * The caller of pool_for always takes part and never waits for a worker that has not begun: a worker which the system
 * does not let run costs nothing but its help, and a forked child, which has no workers, still computes every loop. */
#ifndef TARGET_CPU_POOL_H
#define TARGET_CPU_POOL_H

#include <stdbool.h>
#include <stdint.h>

typedef struct pool pool;

/* Iterations begin..end-1 of a loop. */
typedef void (*pool_body)(void *closure, int64_t begin, int64_t end);

/* A pool of `threads` threads, the caller being one of them. Fewer are made when the system refuses; NULL when memory
 * is out. */
pool *pool_new(int threads);
void pool_free(pool *p);
int pool_threads(const pool *p);

/* All iterations 0..count-1, in pieces of any order on any thread; returns when all are done. One loop at a time per
 * pool; a loop inside a body runs on its own thread alone. */
void pool_for(pool *p, int64_t count, pool_body body, void *closure);

#endif
