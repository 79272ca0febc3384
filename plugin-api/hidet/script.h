/* script.h: tensor programs, "hidet script": what a scheduler builds, a person writes, and a target compiles.
 *
 * A program is a list of functions. A function is built top down: statements are added at the cursor; hdt_begin_* opens a body and
 * hdt_end closes it. Programs, functions and what they hold live in the context, and are complete when the whole is handed over: a
 * builder reads what was built so far, and changes it only through the functions below. docs/script.md is the text form of the same. A row
 * sum on the CPU:
 *
 *     hdt_program_bind(p, task);
 *     hdt_function *f = hdt_function_new(p, "row_sum", HDT_FUNCTION_CPU);
 *     const hdt_tensor *x = hdt_use(f, task->inputs[0]), *y = hdt_use(f, task->outputs[0]);
 *     const hdt_expr *i = hdt_begin_for(f, "i", m, HDT_LOOP_PARALLEL);
 *     const hdt_tensor *s = hdt_local(f, "s", HDT_F32, HDT_SCALAR);
 *     hdt_store(f, s, HDT_SCALAR, hdt_number(c, HDT_F32, 0));
 *     const hdt_expr *j = hdt_begin_for(f, "j", n, HDT_LOOP_SERIAL);
 *     hdt_store(f, s, HDT_SCALAR, hdt_add(hdt_at_list(s, HDT_SCALAR), hdt_at(x, i, j)));
 *     hdt_end(f);
 *     hdt_store(f, y, HDT_AT(i), hdt_at_list(s, HDT_SCALAR));
 *     hdt_end(f);
 *
 * and on a GPU, one thread a row:
 *
 *     hdt_function *f = hdt_function_new(p, "row_sum", HDT_FUNCTION_CUDA);
 *     hdt_function_grid(f, HDT_AT(hdt_ceildiv(m, hdt_int(c, 256))), HDT_AT(hdt_int(c, 256)));
 *     const hdt_expr *i = hdt_add(hdt_mul(f->block_at[0], hdt_int(c, 256)), f->thread_at[0]);
 *     hdt_begin_if(f, hdt_less(i, m)); ... */
#ifndef HIDET_SCRIPT_H
#define HIDET_SCRIPT_H

#include <hidet/layout.h>
#include <hidet/task.h>
#include <hidet/task_mapping.h>

HDT_BEGIN

typedef enum hdt_function_kind {
#define HDT_FUNCTION(name, text, doc) HDT_FUNCTION_##name,
#include <hidet/functions.def>
#undef HDT_FUNCTION
	HDT_FUNCTION_COUNT
} hdt_function_kind;

typedef enum hdt_loop_kind {
	HDT_LOOP_SERIAL,
	HDT_LOOP_PARALLEL,  /* iterations are independent; outermost loops of a CPU function only */
	HDT_LOOP_UNROLL,    /* the compiler is to unroll: fully when no factor is said, and then the extent is constant */
	HDT_LOOP_VECTORISE, /* iterations are independent: ask the compiler for vectors */
	HDT_LOOP_COPIES     /* becomes copies of its body when lowered: constant extent. As text: unroll+ */
} hdt_loop_kind;

typedef enum hdt_stmt_kind {
#define HDT_STMT(name, text, doc) HDT_STMT_##name,
#include <hidet/statements.def>
#undef HDT_STMT
	HDT_STMT_COUNT
} hdt_stmt_kind;

typedef struct hdt_function hdt_function;
typedef struct hdt_program hdt_program;

/* What a call passes: a buffer, or a value. In ASM also where a value goes: `value` is then a LOAD. */
typedef struct hdt_operand {
	const hdt_tensor *tensor;
	const hdt_expr *value;
	const char *constraint; /* ASM: "=r", "l", "n", ...; one with = or + is written */
} hdt_operand;

/* A tensor in global memory as the copy engine sees it (CUDA driver API: cuTensorMapEncodeTiled). Dimension order as in `tensor`, which is a
 * buffer, or a view that gives all of a pointer a shape. */
typedef struct hdt_tensor_map {
	const hdt_tensor *tensor;
	int64_t box[HDT_MAX_RANK];     /* elements copied at once, per dimension */
	int64_t strides[HDT_MAX_RANK]; /* every so many-th element is copied: 1 mostly */
	int swizzle;                   /* bytes of the pattern in shared memory: 0, 32, 64, 128 */
} hdt_tensor_map;

/* A statement; which fields are set is told by its row in statements.def. Read only. */
typedef struct hdt_stmt hdt_stmt;
struct hdt_stmt {
	hdt_stmt_kind kind;
	int line; /* where it stands in hdt_program.file; 0: it was not read from text */
	hdt_loop_kind loop;
	int64_t factor; /* of an unrolled or parallel loop; 0: not said */
	bool protect;
	const hdt_tensor *tensor;
	const hdt_expr *const *indices;
	const hdt_expr *axis;
	const hdt_expr *value;
	const hdt_task_mapping *mapping;
	const hdt_tensor_map *map;
	const hdt_function *function;
	const hdt_operand *operands;
	int operand_count;
	const char *text;
	hdt_stmt *body;
	hdt_stmt *otherwise;
	hdt_stmt *next; /* in the same body */
};

struct hdt_function {
	hdt_program *program;
	const char *name;
	hdt_function_kind kind;
	int line;
	const hdt_tensor *const *parameters; /* buffers, in the order of the call */
	int parameter_count;
	const hdt_expr *const *scalars; /* VARIABLEs: values that follow the buffers in a call */
	int scalar_count;
	const hdt_stmt *body;
	/* CUDA. Extents over the program's symbols and the function's scalars; those of a block and a cluster are constant. */
	bool launched;                                   /* it has a grid */
	const hdt_expr *grid[3], *block[3], *cluster[3]; /* x, y, z; 1 where nothing is said */
	const hdt_expr *shared_bytes; /* dynamic shared memory asked for beyond that of its buffers; NULL: none. Once
	                                                  * lowered: all of it, that of its buffers first (see hdt_tensor.place) */
	int blocks_per_processor;     /* at least so many are to fit; 0: not said */
	bool cooperative;             /* all blocks run at once and may wait for each other */
	bool dependent;               /* may begin before the kernel before it has ended (griddepcontrol) */
	const hdt_expr *thread_at[3], *block_at[3]; /* AXES threadIdx.x, ... blockIdx.x, ... */
	/* The last ones of `scalars` when lowering added some: derived[i] is what scalars[scalar_count - derived_count + i] is, an i64 expression
	 * over symbols and the scalars before them. No caller gives them: who plans a launch computes each and passes it as the scalar's dtype. */
	const hdt_expr *const *derived;
	int derived_count;
};

struct hdt_program {
	hdt_context *context;
	const char *name;
	const char *file; /* where it was read from, for messages; NULL */
	/* Buffers of the launch, in order: the task's inputs, its outputs, constants that are made of constant inputs, then workspace that
	 * the memory plan provides. A program of functions alone has the buffers of its entry. */
	const hdt_tensor *const *buffers;
	int buffer_count;
	int workspace_count;                /* the last ones of `buffers` */
	int constant_count;                 /* the ones before those; */
	const hdt_tensor *const *constants; /* and what they are: COMPUTE tensors over the program's inputs */
	const hdt_expr *const *symbols;     /* symbols used by the functions, sorted by name: passed to each as i64 */
	int symbol_count;
	const hdt_expr *const *scalars; /* of the entry */
	int scalar_count;
	/* Without a host function, launching the program runs its functions (CUDA: those with a grid) in order, each with the buffers and
	 * scalars of the program that its parameters are. */
	hdt_function *const *functions;
	int function_count;
	const hdt_function *entry; /* the host function; NULL: none */
};

/* ---- programs ----------------------------------------------------------------------------------------------------- */

hdt_program *hdt_program_new(hdt_context *context, const char *name);
/* Make the task's inputs and outputs, in this order, the first buffers of the program. Once, before anything else. */
void hdt_program_bind(hdt_program *program, const hdt_task *task);
/* One more buffer, which the memory plan provides for the time of the launch. */
const hdt_tensor *hdt_program_workspace(hdt_program *program, const char *name, hdt_dtype dtype, hdt_list shape);

/* One more buffer, whose element at `axes` is `value`: made of constant inputs (hdt_tensor.constant) alone, computed once when the graph is made
 * ready, kept while it lives, and shared by all programs that ask for the same of the same weights. A packed weight. Text, before
 * the functions: constant packed[i < 12, k < 64, j < 16] = weight[i * 16 + j, k]; */
const hdt_tensor *hdt_program_constant(hdt_program *program, const char *name, hdt_list axes, const hdt_expr *value);

/* A value for a `param` of a program's text: the one field that its kind asks for is set. */
typedef struct hdt_param {
	const char *name;
	int64_t integer;
	hdt_dtype dtype; /* HDT_DTYPE_NONE: not a dtype */
	const hdt_task_mapping *mapping;
	const hdt_layout *layout;
	const hdt_expr *expr;
} hdt_param;

/* Read a program from its text (docs/script.md). `file` is for messages. A param without a value here takes its default. NULL after a
 * fault, which tells line, column and shows a caret. */
hdt_program *hdt_program_parse(hdt_context *context, const char *file, const char *text, const hdt_param *params,
                               int count);

/* ---- functions ---------------------------------------------------------------------------------------------------- */

hdt_function *hdt_function_new(hdt_program *program, const char *name, hdt_function_kind kind);
/* Make a buffer of the program a parameter of the function (once; asking again changes nothing). Returns the buffer. Loads and
 * stores of a buffer that is neither a parameter nor in scope are faults of the verifier. */
const hdt_tensor *hdt_use(hdt_function *function, const hdt_tensor *buffer);
/* A parameter of its own: memory whose size is not told (*f32), or of a shape over its scalars; and a value. */
const hdt_tensor *hdt_parameter_pointer(hdt_function *function, const char *name, hdt_dtype dtype);
const hdt_tensor *hdt_parameter_tensor(hdt_function *function, const char *name, hdt_dtype dtype, hdt_list shape);
const hdt_expr *hdt_parameter_scalar(hdt_function *function, const char *name, hdt_dtype dtype);
/* Make a CUDA function a kernel: one to three extents each (x, y, z), i64. Before its body is begun. `cluster` may be HDT_SCALAR. */
void hdt_function_grid(hdt_function *function, hdt_list grid, hdt_list block);
/* What else a kernel asks for (shared_bytes, an i64; blocks_per_processor; cooperative; dependent) is set in the structure. */
void hdt_function_cluster(hdt_function *function, hdt_list cluster);

/* ---- statements, added at the cursor ------------------------------------------------------------------------------- */

/* Bodies: each hdt_begin_ needs its hdt_end; they nest at most 64 deep. */
const hdt_expr *hdt_begin_for(hdt_function *function, const char *name, const hdt_expr *extent, hdt_loop_kind kind);
/* As hdt_begin_for with an existing axis as loop variable. */
void hdt_begin_loop(hdt_function *function, const hdt_expr *axis, hdt_loop_kind kind);
/* The tasks of a worker under a mapping, one after the other; their indices into indices[0..mapping->rank-1]. */
void hdt_begin_tasks(hdt_function *function, const hdt_task_mapping *mapping, const hdt_expr *worker,
                     const hdt_expr **indices);
void hdt_begin_while(hdt_function *function, const hdt_expr *condition);
void hdt_begin_if(hdt_function *function, const hdt_expr *condition);
void hdt_begin_else(hdt_function *function);
void hdt_end(hdt_function *function);

/* A buffer that lives in the current body; its shape must be constant. Register scope is for one thread (for the CPU: the stack). */
const hdt_tensor *hdt_local(hdt_function *function, const char *name, hdt_dtype dtype, hdt_list shape);
/* A buffer with everything said: scope SHARED or REGISTER; layout (of its shape) or NULL; `start`, a value for all elements, or NULL. */
typedef struct hdt_buffer_options {
	hdt_scope scope;
	bool dynamic; /* of SHARED */
	int bits;     /* see hdt_tensor */
	const hdt_layout *layout;
	const hdt_expr *start;
} hdt_buffer_options;
const hdt_tensor *hdt_buffer(hdt_function *function, const char *name, hdt_dtype dtype, hdt_list shape,
                             const hdt_buffer_options *options);
/* Another way to index a buffer or view: element `axes` (made by hdt_axis; their extents are its shape) is base[indices]. */
const hdt_tensor *hdt_view(hdt_function *function, const char *name, hdt_list axes, const hdt_tensor *base,
                           hdt_list indices);
/* The row-major view of a pointer as a tensor of this shape. */
const hdt_tensor *hdt_view_as(hdt_function *function, const char *name, const hdt_tensor *pointer, hdt_list shape);
/* A tensor map, for intrinsics that take one. Outside of loops and branches. */
const hdt_expr *hdt_map(hdt_function *function, const char *name, const hdt_tensor_map *map);

void hdt_store(hdt_function *function, const hdt_tensor *buffer, hdt_list indices, const hdt_expr *value);
/* As hdt_store; indices outside of the shape are skipped. */
void hdt_write(hdt_function *function, const hdt_tensor *buffer, hdt_list indices, const hdt_expr *value);
/* A named value, computed once here. */
const hdt_expr *hdt_let(hdt_function *function, const char *name, const hdt_expr *value);
/* Call an intrinsic of the loaded targets for its effect, and for its value (see intrinsic.h; a value with effects is to be the whole of a let
 * or of what is stored). A call that no signature takes is a fault that lists them. */
void hdt_do(hdt_function *function, const char *intrinsic, hdt_list operands);
const hdt_expr *hdt_intrinsic_call(hdt_context *context, const char *intrinsic, hdt_list operands);
/* Call a function of the same kind; in a host function, launch a kernel. Operands: its buffers, then its scalars. */
void hdt_call_function(hdt_function *function, const hdt_function *callee, const hdt_operand *operands, int count);
void hdt_launch_kernel(hdt_function *function, const hdt_function *kernel, const hdt_operand *operands, int count);
void hdt_assert(hdt_function *function, const hdt_expr *condition, const char *message);
/* Inline assembly: %0, %1 ... in `text` are the operands, outputs first. */
void hdt_asm(hdt_function *function, const char *text, const hdt_operand *operands, int count);

HDT_END

#if defined(HIDET_STATIC) || defined(HIDET_HEADERS_ONLY)
#include <hidet/shorthand.h>
#endif
#endif
