/* machine.h: the simulated machine: device and its memory, and, while a launch runs, the blocks that are resident
 * together. */
#ifndef TARGET_SIM_MACHINE_H
#define TARGET_SIM_MACHINE_H

#include "code.h"

/* ---- accesses remembered ------------------------------------------------------------------------- */

/* Time counts the events that order accesses, for the whole life of a device. A thread's accesses carry as stamp the
 * time of its latest release: whoever learned of a later time of that thread comes after them. */
typedef uint32_t stamp;
static inline stamp later(stamp a, stamp b)
{
	return a > b ? a : b;
}

/* The last accesses to a piece of memory, an element mostly. A `who` is a thread of the set (its warp's number * 32 +
 * lane), or one of the others below, in the low bits; the line of its statement; and whether it was an atomic. */
typedef struct cell {
	stamp write_stamp, read_stamp; /* 0: never */
	uint32_t write_who, read_who;
	stamp read_first;    /* the earliest stamp of the reads that count */
	uint32_t read_warps; /* whose they are: bit warp % 32 */
} cell;

enum {
	WHO_BITS = 18,
	WHO_MASK = (1 << WHO_BITS) - 1,
	WHO_MANY = WHO_MASK,          /* several threads */
	WHO_IN_FLIGHT = WHO_MASK - 1, /* an asynchronous copy that nobody has waited for */
	WHO_ASYNC = WHO_MASK - 2,     /* one that completed on a barrier */
	MOST_THREADS = WHO_MASK - 2,
	LINE_BITS = 13
};
#define WHO_ATOMIC (UINT32_C(1) << 31)

/* A stretch of shared or global memory with what is known of it. */
typedef struct memory {
	unsigned char *data;
	uint8_t *written;   /* 1 for each byte that was */
	cell *cells;        /* one for each `granule` bytes */
	int granule, shift; /* 1 << shift */
	int64_t bytes;
	stamp epoch; /* accesses with a smaller stamp come before everything here */
	bool global;
} memory;

/* An allocation. */
typedef struct region {
	memory memory;
	size_t cell_bytes; /* as mapped; 0: no launch has touched it yet */
} region;

/* regions.c */
typedef struct regions {
	region **items; /* by address */
	int count, capacity;
} regions;
region *regions_find(const regions *r, const void *address);
/* Cells for each `granule` bytes at least. False: out of memory. */
bool region_prepare(region *r, int granule);
/* Forget the accesses; what is written stays so. */
void region_forget(region *r);

struct hdt_device {
	hdt_target_info info;
	char people[96], cache_key[64];
	regions regions;
	stamp now;
	uint64_t most_steps; /* of a warp */
};

/* ---- what a thread knows ------------------------------------------------------------------------- */

/* Per thread of the set: accesses with a smaller stamp come before. Shared by those who know the same. */
typedef struct seen {
	int references;
	stamp times[];
} seen;

struct sim_clock {
	uint64_t address;
	stamp set_start; /* of the set whose threads `seen` tells of */
	stamp known_set, known_async, latest;
	seen *seen;
	struct interval *foreign; /* what earlier sets of the launch published: begin <= stamp < end */
	int foreign_count, foreign_capacity;
	sim_clock *next; /* in its bucket */
};

typedef struct interval {
	stamp begin, end;
} interval;

enum { CLOCK_BUCKETS = 256 };
typedef struct clocks {
	sim_clock *buckets[CLOCK_BUCKETS];
} clocks;

/* ---- a launch ------------------------------------------------------------------------------------ */

/* A body that is being run. */
typedef struct frame {
	const body *body;
	int next;
	uint8_t kind;   /* step_kind of the step that opened it; WHILE: its body, FRAME_CONDITION: its condition */
	uint32_t saved; /* active lanes outside of it */
	uint32_t rest;  /* IF: lanes for the other body */
	int64_t iteration;
	const step *step;
} frame;
enum { FRAME_CONDITION = STEP_END + 1, MOST_FRAMES = 160 };

typedef struct family_state {
	const void *key;
	struct family_state *next;
	void *memory;
} family_state;

typedef enum warp_phase { WARP_READY, WARP_WAITING, WARP_ENDED } warp_phase;

typedef struct warp {
	sim_warp w; /* first */
	sim_set *set;
	warp_phase phase;
	unsigned char *registers;
	unsigned char *memory; /* register buffers: each element of all lanes side by side */
	uint32_t *written;     /* by element: lanes that wrote it */
	frame *frames;
	int depth;
	uint64_t steps;       /* bodies ended */
	uint64_t calls;       /* intrinsics completed: signs of progress */
	const step *waits_at; /* the call where it stood last */
	uint32_t generation;  /* of the barrier that it came to last */
	uint32_t cluster_generation;
	bool in_cluster_barrier;
	family_state *states;
	/* order */
	uint32_t first; /* `who` of lane 0 */
	uint32_t fenced;
	stamp time[SIM_LANES]; /* that its accesses carry */
	stamp known_warp[SIM_LANES], known_block[SIM_LANES], known_set[SIM_LANES], known_async[SIM_LANES];
	seen *seen[SIM_LANES];
} warp;

/* A barrier that counts warps: barrier 0 is syncthreads'. */
typedef struct named_barrier {
	int arrived; /* threads */
	uint32_t generation;
	const step *step; /* where the first one came to it */
	int line;
	sim_clock clocks[2]; /* of even and odd generations */
	int64_t sums[2];     /* of predicates */
} named_barrier;
enum { NAMED_BARRIERS = 16 };

struct sim_block {
	sim_set *set;
	int rank; /* in the set */
	int64_t at[3];
	int warp_count, threads;
	warp *warps;
	memory shared;   /* all of it; its cells are the buffers' */
	memory *buffers; /* of each shared buffer */
	named_barrier barriers[NAMED_BARRIERS];
	family_state *states;
};

typedef struct allocation {
	struct allocation *next;
	max_align_t memory[];
} allocation;

/* A barrier of all warps of a cluster, or of the grid. */
typedef struct set_barrier {
	int arrived; /* warps */
	uint32_t generation;
	sim_clock clocks[2];
} set_barrier;

struct sim_set {
	hdt_device *device;
	const sim_function *function;
	const hdt_launch *launch;
	hdt_fault *fault;
	memory *globals; /* by parameter */
	sim_block *blocks;
	int block_count;   /* resident */
	int cluster_count; /* blocks of a cluster; block_count is a multiple */
	int thread_slots;
	bool fences; /* a thread of the launch has executed a fence */
	stamp launch_start, start;
	interval *foreign; /* what this set has acquired of earlier ones */
	int foreign_count, foreign_capacity;
	clocks shared_clocks, global_clocks;
	set_barrier *cluster_barriers; /* by cluster */
	allocation *allocations;
};

/* Two accesses without order. */
typedef struct conflict {
	bool write; /* what the other one was */
	uint32_t who;
	stamp stamp;
} conflict;

/* ---- fault.c ---- */

/* The index as it stands in the source: "tile[3, 4]", for a lane. */
void access_text(const warp *w, const access *a, int lane, char *text, size_t size);
/* An element of storage by its indices, where the buffer lies row by row. */
void element_text(const sim_buffer *b, int64_t element, char *text, size_t size);
sim_status fault_access(warp *w, int lane, hdt_status status, const access *a, const char *format, ...)
	HDT_PRINTF(5, 6);
void fault_memory(warp *w);
/* "written at line 7 by thread (3, 0, 0), without a barrier in between" */
void conflict_text(const warp *w, const conflict *other, char *text, size_t size);

/* ---- order.c ---- */

static inline uint32_t who_of(const warp *w, int lane)
{
	uint32_t line = (uint32_t)(w->w.line > 0 && w->w.line < 1 << LINE_BITS ? w->w.line : 0);
	return (w->first + (uint32_t)lane) | line << WHO_BITS;
}
/* Remember an access to a cell. False: it conflicts with *other. `same`: what is written already stands there. */
bool order_read(const warp *w, int lane, const memory *m, cell *c, uint32_t who, conflict *other);
/* Would order_read change nothing? Several threads, one of this warp among them, read it since they all came
 * together, and nobody has written. */
static inline bool order_read_again(const warp *w, int lane, const memory *m, const cell *c)
{
	return c->read_stamp == w->time[lane] && (c->read_who & WHO_MASK) == WHO_MANY &&
	       c->read_warps >> (w->first / SIM_LANES % 32) & 1 &&
	       (c->write_stamp < m->epoch ||
	        (c->write_stamp >= w->set->start && c->write_stamp < w->known_block[lane] && w->set->block_count == 1));
}
bool order_write(const warp *w, int lane, const memory *m, cell *c, uint32_t who, bool same, conflict *other);
/* ---- clocks.c ---- */

/* All warps of a block, or of blocks that are resident together, have come together. */
bool order_join_block(sim_block *block);
void order_join_set(sim_set *set, int first_block, int count);
bool order_join_warp(warp *w, uint32_t lanes);
void order_forget(warp *w);
void clock_fini(sim_clock *c);
void clocks_fini(clocks *c);
void seen_release(seen *s);
/* The event of an atomic: acquires and, after a fence, releases. */
bool order_atomic(warp *w, int lane, uint64_t address);

/* ---- memory_elements.c ---- */

bool memory_load(warp *w, const step *s);
bool memory_store(warp *w, const step *s);
/* The buffer's memory as this warp sees it. */
memory *memory_of(const warp *w, const sim_buffer *b);

/* ---- execute.c ---- */

typedef enum warp_result { RAN_TO_END, RAN_TO_WAIT, RAN_A_TURN, RAN_INTO_FAULT } warp_result;
void warp_begin(warp *w);
warp_result warp_run(warp *w);

/* ---- set.c: blocks that are resident together ---- */

/* Room for them, and the values that are the same for all blocks. False after a fault. */
bool set_init(sim_set *set);
void set_fini(sim_set *set);
/* Run them from beginning to end; the first one stands at these coordinates. False after a fault. */
bool set_run(sim_set *set, const int64_t first[3]);

/* ---- launch.c ---- */
hdt_status launches_run(hdt_device *device, const hdt_launch *launches, int count, hdt_fault *fault);

#endif
