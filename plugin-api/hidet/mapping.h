/* mapping.h: how an operator of a framework is said in operators of this system.
 *
 * Most are one line:
 *     {"aten.addmm.default", "self, mat1, mat2, *, beta=1, alpha=1", "add(mul(self, beta), mul(matmul(mat1, mat2), alpha))"}
 * The rest are a function that reads the call's arguments by name and builds nodes. */
#ifndef HIDET_MAPPING_H
#define HIDET_MAPPING_H

#include <hidet/graph.h>

HDT_BEGIN

typedef struct hdt_call hdt_call; /* one call in the framework's program, being mapped */

typedef struct hdt_mapping {
	const char *name;      /* the framework's name: "aten.relu.default" */
	const char *arguments; /* its signature: names in order with defaults: "self, dim=-1, keepdim=false, dtype=none" */
	/* What it becomes: nested calls of our operators over argument names and literals: "softmax(self, axis=dim)". A number
	 * given where an operator takes a tensor becomes a rank-0 constant of the dtype it has beside its first tensor operand
	 * (PyTorch's weak scalars). An argument that is `none` may stand for an optional input. NULL when `map` is set. */
	const char *expression;
	/* Build the results and hand them over with hdt_call_return. A fault is reported with the call's name and origin. */
	hdt_status (*map)(hdt_call *call);
} hdt_mapping;

/* A plugin gives one set for each framework; the registry joins the sets. */
typedef struct hdt_mapping_set {
	size_t size;
	const char *framework;       /* as front ends name it: "torch" */
	const hdt_mapping *mappings; /* ended by {0} */
} hdt_mapping_set;

hdt_graph *hdt_call_graph(hdt_call *call);
hdt_context *hdt_call_context(hdt_call *call);
/* The framework's name of the operator. */
const char *hdt_call_name(hdt_call *call);

/* Is the argument given and not none? */
bool hdt_call_has(hdt_call *call, const char *name);
/* Arguments by name; the default of `arguments` when not given; a fault when it has neither or is of another kind. */
hdt_value *hdt_call_value(hdt_call *call, const char *name); /* a tensor; NULL without a fault when none */
hdt_value *hdt_call_operand(hdt_call *call, const char *name,
                            const hdt_value *beside);           /* tensor, or number as a weak scalar */
const hdt_expr *hdt_call_dim(hdt_call *call, const char *name); /* integer, constant or symbolic */
int64_t hdt_call_int(hdt_call *call, const char *name);         /* integer known now */
double hdt_call_float(hdt_call *call, const char *name);        /* integer or float */
bool hdt_call_is_float(hdt_call *call, const char *name);       /* is the number a float? */
bool hdt_call_bool(hdt_call *call, const char *name);
const char *hdt_call_string(hdt_call *call, const char *name);
hdt_dtype hdt_call_dtype(hdt_call *call, const char *name); /* HDT_DTYPE_NONE when none */
hdt_list hdt_call_dims(hdt_call *call, const char *name);   /* list of integers; a lone integer is a list of one */
int hdt_call_values(hdt_call *call, const char *name,
                    hdt_value *const **values); /* list of tensors; absent ones are NULL */

/* Hand over the next result, in order: a tensor, a list of tensors as one result, or an integer (symbolic size). */
void hdt_call_return(hdt_call *call, hdt_value *value);
void hdt_call_return_list(hdt_call *call, hdt_value *const *values, int count);
void hdt_call_return_dim(hdt_call *call, const hdt_expr *dim);

/* ---- for front ends --------------------------------------------------------------------------------------------- */

typedef enum hdt_argument_kind {
	HDT_ARGUMENT_NONE,
	HDT_ARGUMENT_VALUE,  /* value */
	HDT_ARGUMENT_VALUES, /* values, count; absent ones are NULL */
	HDT_ARGUMENT_DIM,    /* dim: integer or size expression */
	HDT_ARGUMENT_DIMS,   /* dims */
	HDT_ARGUMENT_FLOAT,  /* real */
	HDT_ARGUMENT_FLOATS, /* reals, count */
	HDT_ARGUMENT_BOOL,   /* dim is NULL, real is 0 or 1 */
	HDT_ARGUMENT_STRING, /* string */
	HDT_ARGUMENT_DTYPE   /* dtype */
} hdt_argument_kind;

typedef struct hdt_argument {
	const char *name; /* NULL: by position */
	hdt_argument_kind kind;
	hdt_value *value;
	hdt_value *const *values;
	int count;
	const hdt_expr *dim;
	hdt_list dims;
	double real;
	const double *reals;
	const char *string;
	hdt_dtype dtype;
} hdt_argument;

/* Find a mapping: NULL when no plugin has one. */
const hdt_mapping *hdt_find_mapping(hdt_context *context, const char *framework, const char *name);
/* Map one call: results (kinds VALUE, VALUES, DIM) are left in *results, *result_count. */
hdt_status hdt_map_call(hdt_graph *graph, const hdt_mapping *mapping, const hdt_argument *arguments, int count,
                        const hdt_argument **results, int *result_count);

HDT_END
#endif
