/* memory_access.h: the checks of an access to shared or global memory, and what messages call it. */
#ifndef TARGET_SIM_MEMORY_ACCESS_H
#define TARGET_SIM_MEMORY_ACCESS_H

#include "machine.h"

/* What is accessed, as a piece of a message: an element that a statement names, or bytes of a buffer. */
typedef struct subject {
	const access *access;     /* NULL: bytes from `offset` on */
	const sim_buffer *buffer; /* NULL: not known */
	int64_t offset;
	int bytes;
} subject;

typedef enum access_kind { READS, WRITES, UPDATES } access_kind;

/* Where an address of shared or global memory leads. */
typedef struct target {
	memory *memory;
	const sim_buffer *buffer;
	int64_t offset; /* in memory */
} target;

/* memory_check.c. Each is false after a fault. */
sim_status fault_subject(warp *w, int lane, const subject *s, const char *what);
/* All bytes were written before. */
bool check_written(warp *w, int lane, const memory *m, const subject *s, int64_t offset, int bytes);
/* The access does not race with an earlier one; it is remembered as one by `who`. `from`: what is written, to tell a
 * write that changes nothing. */
bool check_order(warp *w, int lane, memory *m, const subject *s, int64_t offset, int bytes, access_kind kind,
                 uint32_t who, const void *from);

/* memory_address.c: shared or global memory from `address` on, all in one buffer; false without a fault. */
bool find_memory(warp *w, uint64_t address, int64_t bytes, target *out);
/* The same, aligned; a fault when it is not so. */
bool find_target(warp *w, int lane, uint64_t address, int64_t bytes, int alignment, target *out);
bool read_target(warp *w, int lane, const target *t, void *to, int bytes, uint32_t who);
bool write_target(warp *w, int lane, const target *t, const void *from, int bytes, uint32_t who);

#endif
