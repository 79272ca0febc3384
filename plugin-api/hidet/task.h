/* task.h: what an operator computes: tensors defined by index expressions.
 *
 * A row softmax, as an operator's `define` writes it:
 *
 *     const hdt_tensor *x = hdt_input(t, 0);
 *     const hdt_expr *i = hdt_axis("i", x->shape[0]), *j = hdt_axis("j", x->shape[1]), *k = hdt_axis("k", x->shape[1]);
 *     const hdt_tensor *m = hdt_compute(t, "m", HDT_AT(i), hdt_reduce(HDT_REDUCE_MAX, &k, 1, hdt_at(x, i, k)));
 *     ...
 *     hdt_output(t, hdt_compute(t, "y", HDT_AT(i, j), value));
 *
 * and as text: task @softmax(x: f32[4, 7]) -> (y) { m[i < 4] = max(k < 7) x[i, k]  ...  y[i < 4, j < 7] = ... } */
#ifndef HIDET_TASK_H
#define HIDET_TASK_H

#include <hidet/attribute.h>
#include <hidet/expr.h>

HDT_BEGIN

typedef enum hdt_tensor_kind {
	HDT_TENSOR_INPUT,   /* a task's input */
	HDT_TENSOR_COMPUTE, /* defined by `value` over `axes` */
	HDT_TENSOR_BUFFER   /* memory of a function (script.h) */
} hdt_tensor_kind;

typedef enum hdt_scope {
	HDT_SCOPE_GLOBAL,
	HDT_SCOPE_SHARED,
	HDT_SCOPE_REGISTER
} hdt_scope; /* shared: by the threads of a block */

/* A tensor of a task, or a buffer or view of a function. Row-major unless it has a layout. Read only. */
struct hdt_tensor {
	hdt_context *context;
	const char *name; /* interned; unique within a task or function */
	hdt_tensor_kind kind;
	hdt_scope scope; /* BUFFER */
	hdt_dtype dtype;
	int rank;
	const hdt_expr *const *shape; /* `rank` i64 expressions over symbols (BUFFER: also variables) */
	const hdt_expr *const *axes;  /* COMPUTE and views: `rank` axes, axes[d] runs over shape[d] */
	const hdt_expr *value;        /* COMPUTE: element at `axes`, of dtype `dtype` */
	bool constant; /* INPUT: its elements are known when the graph is made ready (weights). Text: w: const f32[4, 8] */
	/* BUFFER only: */
	bool pointer;  /* a parameter whose size is not told (*f32): of rank 1, its extent the largest there may be */
	bool dynamic;  /* shared: in the part whose size is set at launch */
	int bits;      /* 1, 2, 4: that many low ones of each element, of dtype u8 or i8, are kept, the first element in the
	                                       * lowest of a byte. Text: u4. 0: all. Of functions alone: buffers, and parameters of rank 1 */
	int64_t place; /* of a dynamic one, once lowered: its first byte in that part */
	const struct hdt_layout *layout;     /* where its elements lie; NULL: row by row */
	const hdt_tensor *base;              /* a view: its element at `axes` is that of `base` at `base_indices` */
	const hdt_expr *const *base_indices; /* base->rank of them, over `axes` */
};

/* Where the elements of an input land in an output: input element (axes) lands at output index (indices). */
typedef struct hdt_inverse_map {
	const hdt_tensor *input;
	const hdt_tensor *output;
	const hdt_expr *const *axes;    /* input->rank axes */
	const hdt_expr *const *indices; /* output->rank expressions over them */
} hdt_inverse_map;

typedef struct hdt_assertion {
	const hdt_expr *condition; /* bool over symbols: checked before a run when not provable */
	const char *message;
} hdt_assertion;

typedef struct hdt_task hdt_task;
struct hdt_task {
	hdt_context *context;
	const char *name;
	const hdt_tensor *const *inputs; /* NULL for an optional input left out before one that is given */
	int input_count;
	const hdt_tensor *const *outputs;
	int output_count;
	const hdt_tensor *const *tensors; /* every COMPUTE tensor, each after those it reads */
	int tensor_count;
	const hdt_assertion *assertions;
	int assertion_count;
	const hdt_inverse_map *inverses; /* declared by define or derived when the task was finished */
	int inverse_count;
	const int *aliases; /* per output: the input whose memory it is, unchanged, or -1 */
};

/* A list of index expressions or dimensions: HDT_AT(i, j). HDT_AT() of nothing is written HDT_SCALAR. */
typedef struct hdt_list {
	const hdt_expr *const *items;
	int count;
} hdt_list;
#define HDT_AT(...)                                     \
	((hdt_list){(const hdt_expr *const[]){__VA_ARGS__}, \
	            (int)(sizeof((const hdt_expr *const[]){__VA_ARGS__}) / sizeof(const hdt_expr *))})
#define HDT_SCALAR ((hdt_list){NULL, 0})
#define hdt_at(tensor, ...) hdt_at_list(tensor, HDT_AT(__VA_ARGS__))

/* ---- what an operator's `define` calls ------------------------------------------------------------------------- */

/* Inputs: number given in this call (optional ones left out at the end are not counted), and each one. NULL for an optional
 * input that was left out; a fault when a required one is asked for beyond the count. */
int hdt_input_count(const hdt_task *task);
const hdt_tensor *hdt_input(hdt_task *task, int index);

/* Attributes by name, as declared in the operator's table (a wrong name or kind is a fault naming the operator). */
int64_t hdt_get_int(hdt_task *task, const char *name);
double hdt_get_float(hdt_task *task, const char *name);
bool hdt_get_bool(hdt_task *task, const char *name);
const char *hdt_get_string(hdt_task *task, const char *name);
hdt_dtype hdt_get_dtype(hdt_task *task, const char *name); /* HDT_DTYPE_NONE for "none" */
hdt_list hdt_get_dims(hdt_task *task, const char *name);   /* integers or dimension expressions */
bool hdt_has(hdt_task *task, const char *name);            /* false when the attribute is "none" */

/* The attribute `name` as an axis of a tensor of `rank`: negative counts from the end; out of range is a fault. */
int hdt_get_axis(hdt_task *task, const char *name, int rank);
/* As hdt_get_axis for a list (`none` or empty gives all axes); returns the number, sorted, each at most once, in `axes`. */
int hdt_get_axes(hdt_task *task, const char *name, int rank, int axes[HDT_MAX_RANK]);

/* A new tensor whose element at `axes` (distinct axes made by hdt_axis; their extents are its shape) is `value`. */
const hdt_tensor *hdt_compute(hdt_task *task, const char *name, hdt_list axes, const hdt_expr *value);
/* Give a computed tensor as the next output. */
void hdt_output(hdt_task *task, const hdt_tensor *tensor);

/* Record that `condition` must hold for this call: false at once is a fault with this message (hdt_status
 * HDT_BAD_MODEL), provably true is dropped, else it is checked before a run. */
void hdt_require(hdt_task *task, const hdt_expr *condition, const char *format, ...) HDT_PRINTF(3, 4);
/* A fault of this call whatever the sizes ("axis 3 is out of range"). */
void hdt_reject(hdt_task *task, const char *format, ...) HDT_PRINTF(2, 3);

/* Declare where an input's elements land in output `output` (see hdt_inverse_map), where it cannot be derived. */
void hdt_declare_inverse(hdt_task *task, const hdt_tensor *input, int output, hdt_list axes, hdt_list indices);
/* Declare that output `output` is the memory of input `input` unchanged (a reshape). The verifier checks it. */
void hdt_declare_alias(hdt_task *task, int output, int input);

/* ---- helpers for shapes and elements ----------------------------------------------------------------------------- */

const hdt_expr *hdt_at_list(const hdt_tensor *tensor, hdt_list indices);

/* One new axis for each dimension of `shape`, named i0, i1, ... */
hdt_list hdt_axes(hdt_task *task, hdt_list shape);
static inline hdt_list hdt_shape(const hdt_tensor *x)
{
	hdt_list l = {x ? x->shape : NULL, x ? x->rank : 0};
	return l;
}

/* NumPy broadcasting. The common shape of several shapes (a fault when they do not fit; two symbolic dimensions
 * become a requirement that they be equal), and the element of `x` at `indices` of the broadcast result. */
hdt_list hdt_broadcast_shapes(hdt_task *task, const hdt_list *shapes, int count);
const hdt_expr *hdt_broadcast_at(const hdt_tensor *x, hdt_list indices);

/* Elementwise operators: the element of each input at one shared set of axes over the broadcast shape of all inputs, and the
 * output made of an expression over them. relu is  hdt_output_elements(t, hdt_max(hdt_element(t, 0), zero)) . */
const hdt_expr *hdt_element(hdt_task *task, int input);
void hdt_output_elements(hdt_task *task, const hdt_expr *value);

/* Row-major position of `indices` in `shape`, and the indices of a position. */
const hdt_expr *hdt_flatten(hdt_context *context, hdt_list shape, hdt_list indices);
hdt_list hdt_unflatten(hdt_context *context, hdt_list shape, const hdt_expr *position);
/* Product of the dimensions (1 for none). */
const hdt_expr *hdt_product(hdt_context *context, hdt_list shape);

HDT_END
#endif
