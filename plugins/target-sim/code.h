/* code.h: a kernel as the simulator runs it: steps in bodies, over registers of lanes; made by translate.c.
 *
 * Each value of an expression has a register of its own, written once by the step that computes it. A value that is
 * the same for all threads of a warp takes one element, the others one for each lane. What has no effect is computed
 * in the outermost body where its operands are known, for all lanes, whether they are active or not. */
#ifndef TARGET_SIM_CODE_H
#define TARGET_SIM_CODE_H

#include "lanes.h"

/* STEP(enum, doc): what the fields of a step mean. */
#define SIM_STEPS(STEP)                                                                             \
	STEP(COMPUTE, "to = compute(a, b, c) for `count` lanes")                                        \
	STEP(MERGE, "to = a for the active lanes")                                                      \
	STEP(BOUNDED, "to = a, which is to lie in 0 .. b - 1")                                          \
	STEP(CHECK, "a, index `dimension` of the access, lies in 0 .. b - 1")                           \
	STEP(LOAD, "to = element a of the access' buffer")                                              \
	STEP(STORE, "element a of the access' buffer = b")                                              \
	STEP(ADDRESS, "to = address of element a of the access' buffer")                                \
	STEP(OUTSIDE, "to, an address, is marked where a, index `dimension`, is outside of 0 .. b - 1") \
	STEP(BUFFER, "the register buffer is unwritten")                                                \
	STEP(CALL, "to = intrinsic")                                                                    \
	STEP(ASSERT, "a is true")                                                                       \
	STEP(IF, "body where a is true, otherwise the other one")                                       \
	STEP(FOR, "body for to = 0 .. a - 1")                                                           \
	STEP(WHILE, "body as long as a, which `condition` computes")                                    \
	STEP(END, "of a body")

typedef enum step_kind {
#define STEP(name, doc) STEP_##name,
	SIM_STEPS(STEP)
#undef STEP
} step_kind;

/* Registers are named by their place in a warp's register file, in bytes. */
typedef uint32_t reg;

/* A buffer of the function. A pointer to it is what sim_operand.buffer holds. */
struct sim_buffer {
	const char *name;
	hdt_scope scope;
	hdt_dtype dtype;
	int bytes;        /* of an element */
	int index;        /* SHARED, REGISTER: its number among those of its scope; GLOBAL: of the parameter */
	int64_t elements; /* of its storage; GLOBAL: the size is the launch's */
	int64_t offset; /* SHARED: bytes from the beginning of the block's; REGISTER: elements before it of the thread's */
	int64_t byte_offset; /* REGISTER: bytes before it of the thread's */
	const hdt_tensor *tensor;
};

/* How a statement names an element, for messages: tensor[indices]. */
typedef struct access {
	const sim_buffer *buffer;
	const hdt_tensor *tensor; /* the buffer, or a view of it */
	int rank;
	reg indices[HDT_MAX_RANK];
	bool uniform[HDT_MAX_RANK]; /* the index is the same for all lanes */
} access;

typedef struct call_site {
	const hdt_intrinsic *intrinsic;
	const sim_intrinsic *run;
	int count;
	struct {
		reg value;
		hdt_dtype dtype;
		bool address;
		const sim_buffer *buffer;
		int map; /* of the launch's; -1: none */
	} operands[SIM_MOST_OPERANDS];
	hdt_dtype result; /* HDT_DTYPE_NONE: none */
} call_site;

typedef struct step step;
typedef struct body {
	step *steps; /* ended by STEP_END */
	int count, capacity;
} body;

struct step {
	uint8_t kind;
	uint8_t dtype;
	uint8_t count;     /* lanes that are computed: 1 or all */
	uint8_t dimension; /* CHECK, OUTSIDE */
	bool uniform_a;    /* a is the same for all lanes, and one element */
	bool uniform_b;
	int line;
	reg to, a, b, c;
	union {
		lane_op *compute;
		const access *access;
		const call_site *call;
		const sim_buffer *buffer;
		const char *message;
		struct {
			body *inner, *otherwise; /* WHILE: `otherwise` is the condition */
		};
	};
};

/* A value that stands in a register before the first step of a block. */
typedef struct constant {
	reg to;
	hdt_dtype dtype;
	int64_t integer;
	double real;
} constant;

typedef struct sim_function {
	const hdt_function *source;
	const char *name; /* as find() is asked */
	const char *file; /* for messages */
	body *body;
	uint32_t register_bytes;
	constant *constants;
	int constant_count, constant_capacity;
	sim_buffer *parameters; /* source->parameter_count */
	reg *symbols, *scalars; /* of the program's symbols and the function's scalars; one element each */
	reg thread_at[3], block_at[3];
	sim_buffer **shared, **registers;
	int shared_count, register_count;
	int64_t shared_bytes;    /* of a block, here */
	int64_t static_bytes;    /* of a device's block, beside the dynamic ones that a launch tells */
	int64_t thread_elements; /* of a thread's register buffers */
	int64_t thread_bytes;
	const hdt_stmt **maps; /* MAP statements in their order */
	int map_count;
} sim_function;

/* Translate a lowered function; `file` is for messages. Memory is of the program's context. NULL after a fault of
 * that context. */
sim_function *translate_function(hdt_context *context, const hdt_function *source, const char *name, const char *file);

/* intrinsics.c: by name; NULL: the simulator has none. */
const sim_intrinsic *intrinsic_named(const char *name);

#endif
