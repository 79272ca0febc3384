/* arena.h: memory that is given back all at once. One arena per compilation; blocks grow, nothing is freed alone. */
#ifndef CORE_BASE_ARENA_H
#define CORE_BASE_ARENA_H

#include <stdarg.h>
#include <stdbool.h>
#include <stddef.h>

typedef struct arena_block arena_block;
typedef struct arena {
	arena_block *blocks; /* newest first */
	size_t total;        /* bytes handed out */
	long fail_after;     /* tests: allocations after this many fail; negative: none */
	bool fail_once;      /* tests: only the first of them */
} arena;

typedef struct arena_mark {
	arena_block *block;
	size_t used;
} arena_mark;

void arena_init(arena *a);
void arena_fini(arena *a);
/* Zeroed, aligned to 16 bytes; NULL when memory is out. Zero bytes give a valid pointer. */
void *arena_alloc(arena *a, size_t bytes);
void *arena_copy(arena *a, const void *from, size_t bytes);
char *arena_string(arena *a, const char *from, size_t length); /* adds the NUL */
char *arena_vformat(arena *a, const char *format, va_list args);
/* Everything allocated after the mark is given back by rewind. */
arena_mark arena_get_mark(const arena *a);
void arena_rewind(arena *a, arena_mark mark);

#endif
