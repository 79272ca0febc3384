/* sim.h: what an intrinsic of the simulator sees: a warp, its operands, checked memory, waiting, and the order of
 * accesses.
 *
 * HOW TO ADD INTRINSICS. A family is a file intrinsics_<family>.c with a table of names, and a line in SIM_FAMILIES
 * (intrinsics.h):
 *
 *     static sim_status popcount(sim_warp *w, const sim_call *call)
 *     {
 *         SIM_FOR_LANES(l, w->active)
 *             call->result->i[l] = __builtin_popcount((uint32_t)call->operands[0].value->u[l]);
 *         return SIM_DONE;
 *     }
 *     const sim_intrinsic sim_math_intrinsics[] = {{"popcount", popcount}, {NULL, NULL}};
 *
 * The function is called once for the warp, with the lanes that execute it in w->active; the dispatcher has checked
 * that those whom the trait (w, g, b, c of hidet/intrinsic.h) asks for have come together, as far as one warp can
 * tell. It acts for lanes of w->active only, but may read any lane of an operand's value and write any of the result.
 * Intrinsics of one name share a function: the operands' dtypes tell which is meant.
 *
 * VALUES. bool and integers stand in `i`, sign or zero extended from their dtype's width to 64 bits (keep them so:
 * sim_wrap); f16, bf16 and f32 in `f`, an f16 value being an f32 that was rounded when it was loaded; f64 in `d`. u64
 * addresses are in `u`.
 *
 * MEMORY is reached through sim_read, sim_write and their relatives alone: they check bounds, alignment, that what is
 * read was written, and races. Each returns false (or 0, or NULL) after a fault; then return SIM_FAULT at once.
 *
 * WAITING. Return SIM_WAIT to be called again when other warps have run; w->again is true in those later calls. All
 * warps waiting is a fault that tells where each of them stands. SIM_TURN completes the instruction and lets other
 * warps run first (a polled try_wait).
 *
 * ORDER. Two accesses by different threads, one of them a write, are a race unless a chain of releases and acquires
 * leads from one to the other. A barrier owns a sim_clock; who arrives releases to it, who has waited acquires from
 * it. syncthreads and syncwarp are built in. Asynchronous copies move their data at once, by sim_async_read and
 * sim_async_write: what they touch stays "in flight", so that any access is a race, until sim_async_join (cp.async:
 * the waiting thread takes them over) or sim_async_complete (completion on a barrier: who acquires its clock knows
 * them). */
#ifndef TARGET_SIM_SIM_H
#define TARGET_SIM_SIM_H

#include <hidet/plugin.h>

enum { SIM_LANES = 32, SIM_MOST_OPERANDS = 24 };

typedef union sim_lanes {
	int64_t i[SIM_LANES];
	uint64_t u[SIM_LANES];
	double d[SIM_LANES];
	float f[SIM_LANES];
} sim_lanes;

/* An opened run: what all blocks that are resident together share. */
typedef struct sim_set sim_set;
typedef struct sim_block sim_block;
typedef struct sim_warp sim_warp;
typedef struct sim_clock sim_clock;
/* A buffer of the kernel as an operand points into it. */
typedef struct sim_buffer sim_buffer;

/* Fields that intrinsics may use; the rest of a warp is machine.h's. */
struct sim_warp {
	sim_block *block;
	int index;       /* in its block: threads 32 * index ... */
	uint32_t active; /* lanes that execute the present instruction */
	uint32_t lanes;  /* lanes that exist: all but in the last warp of a block */
	bool again;      /* this is not the first call for the present instruction */
	int line;        /* of the present statement; 0: not known */
};

typedef struct sim_operand {
	const sim_lanes *value;    /* of an address: see "addresses" below */
	hdt_dtype dtype;           /* of an address: of the element it points to */
	bool address;              /* it is &x[...] */
	const sim_buffer *buffer;  /* of an address: what it points into */
	const hdt_launch_map *map; /* of a tensor map */
} sim_operand;

typedef struct sim_call {
	const char *name;
	const sim_operand *operands;
	int count;
	sim_lanes *result; /* NULL: it has none */
	hdt_dtype result_dtype;
} sim_call;

typedef enum sim_status { SIM_DONE, SIM_WAIT, SIM_TURN, SIM_FAULT } sim_status;

typedef struct sim_intrinsic {
	const char *name;
	sim_status (*run)(sim_warp *w, const sim_call *call);
} sim_intrinsic;

/* ---- where a thread stands ----------------------------------------------------------------------- */

int sim_block_warps(const sim_block *block);
int sim_block_threads(const sim_block *block);
/* Rank in the cluster, and how many blocks it has. */
int sim_cluster_rank(const sim_block *block);
int sim_cluster_size(const sim_block *block);
/* The block of this rank in the same cluster; NULL: there is none. */
sim_block *sim_cluster_block(const sim_block *block, int rank);

/* Record the run's fault (the first is kept): file, line, thread and block come before the message. Returns
 * SIM_FAULT. */
sim_status sim_fault(sim_warp *w, int lane, const char *format, ...) HDT_PRINTF(3, 4);

/* ---- addresses ----------------------------------------------------------------------------------- */

/* Global memory: the host's pointer. Shared memory: SIM_SHARED, the block's rank in its cluster in bits 24 to 31, the
 * byte below; its low 32 bits are what "shared address" operands and descriptors carry (mapa changes the rank).
 * Registers: a thread's own, see sim_read. */
#define SIM_SHARED (UINT64_C(1) << 56)
#define SIM_REGISTER (UINT64_C(2) << 56)
#define SIM_OUTSIDE (UINT64_C(1) << 62) /* made with an index outside of the tensor: a fault when it is used */

static inline uint64_t sim_shared_address(uint32_t shared)
{
	return SIM_SHARED | shared;
}

/* ---- memory: by an operand, `offset` bytes behind where it points for this lane; or by any address ---- */

/* The address must be a multiple of `alignment` (a power of two; 1: any). */
bool sim_read(sim_warp *w, int lane, const sim_operand *at, int64_t offset, void *to, int bytes, int alignment);
bool sim_write(sim_warp *w, int lane, const sim_operand *at, int64_t offset, const void *from, int bytes,
               int alignment);
bool sim_read_at(sim_warp *w, int lane, uint64_t address, void *to, int bytes, int alignment);
bool sim_write_at(sim_warp *w, int lane, uint64_t address, const void *from, int bytes, int alignment);
/* An atomic access: the bytes, which may be changed in place, of shared or global memory; NULL after a fault. Atomics
 * do not race with each other. They order other accesses when the thread has executed a fence before. */
void *sim_atomic(sim_warp *w, int lane, const sim_operand *at, int bytes);
/* The same to write what may not have been written before. */
void *sim_atomic_place(sim_warp *w, int lane, const sim_operand *at, int bytes);

/* The address of an operand for a lane, checked to lie `offset` .. `offset + bytes` within its buffer; 0 after a
 * fault. */
uint64_t sim_address(sim_warp *w, int lane, const sim_operand *at, int64_t offset, int64_t bytes, int alignment);

/* ---- order --------------------------------------------------------------------------------------- */

/* The clock of the barrier object at this address (an mbarrier, a flag), made at first use. NULL: out of memory, a
 * fault is recorded. */
sim_clock *sim_clock_at(sim_warp *w, uint64_t address);
/* What these lanes did so far comes before what others do after they acquire. False after a fault (out of memory). */
bool sim_release(sim_warp *w, uint32_t lanes, sim_clock *clock);
bool sim_acquire(sim_warp *w, uint32_t lanes, const sim_clock *clock);
void sim_clock_clear(sim_clock *clock);
/* These lanes executed a fence of memory: their atomics order what they did before. */
void sim_fence(sim_warp *w, uint32_t lanes);

/* Copies in flight. Checked as accesses of the lane. */
bool sim_async_read(sim_warp *w, int lane, uint64_t address, void *to, int bytes, int alignment);
bool sim_async_write(sim_warp *w, int lane, uint64_t address, const void *from, int bytes, int alignment);
/* They have ended, and count from now on as accesses of this lane, ... */
void sim_async_join(sim_warp *w, int lane, uint64_t address, int bytes);
/* ... or have completed on a barrier: who acquires its clock comes after them. */
void sim_async_complete(sim_warp *w, sim_clock *clock, uint64_t address, int bytes);

/* ---- state of a family --------------------------------------------------------------------------- */

/* Zeroed memory of this warp, or block, for the family that owns `key` (the address of a static variable), the same
 * at each call until the block ends. NULL: out of memory, a fault is recorded. */
void *sim_warp_state(sim_warp *w, const void *key, size_t bytes);
void *sim_block_state(sim_warp *w, sim_block *block, const void *key, size_t bytes);
/* Zeroed memory that lives until the resident blocks end. */
void *sim_allocate(sim_warp *w, size_t bytes);

/* ---- values -------------------------------------------------------------------------------------- */

/* The value of an integer dtype that has the low bits of v. */
int64_t sim_wrap(int64_t v, hdt_dtype dtype);
float sim_half_to_float(uint16_t bits);
uint16_t sim_half_from_float(float value);
float sim_bfloat_to_float(uint16_t bits);
uint16_t sim_bfloat_from_float(float value);
/* One element between memory and a lane. */
void sim_load_element(sim_lanes *to, int lane, hdt_dtype dtype, const void *from);
void sim_store_element(void *to, hdt_dtype dtype, const sim_lanes *from, int lane);
/* As a float, whatever the dtype; and the bits of a value as they stand in memory, zero extended. */
uint64_t sim_lane_bits(const sim_lanes *from, int lane, hdt_dtype dtype);
void sim_set_lane_bits(sim_lanes *to, int lane, hdt_dtype dtype, uint64_t bits);

/* For each lane of a mask. */
#define SIM_FOR_LANES(lane, mask)                \
	for (int lane = 0; lane < SIM_LANES; lane++) \
		if (!((mask) >> lane & 1)) {             \
		} else

#endif
