/* kernel.h: what a kernel of hidet/hidet.h is, for the files that load and run one, read its arguments, and tell what it takes. */
#ifndef CORE_KERNEL_H
#define CORE_KERNEL_H

#include "core/session.h"

/* A constant of the program: each run computes it from what is given for the inputs that it reads. */
typedef struct kernel_constant {
	const hdt_task *task;
	const void *const *inputs; /* of the task: &kernel->parameters[i] */
} kernel_constant;

struct hdt_kernel {
	hdt_session *session;
	hdt_context *context;
	const hdt_program *source; /* as it was written */
	loaded_program loaded;     /* of the same text, lowered */
	loaded *on;
	hdt_kernel_parameter *parameters; /* the program's buffers but for constants and workspace, then its scalars */
	int parameter_count, array_count;
	kernel_constant *constants; /* as many as the program has */
	hdt_context *diagnostics;   /* of runs; renewed after a fault */
};

/* Begin a call of the interface: no fault of an earlier one is left. */
hdt_status kernel_begin(hdt_kernel *kernel);
/* Fill in the parameters (kernel_parameters.c). */
hdt_status kernel_describe(hdt_kernel *kernel);

/* Compute constant `index` on the reference evaluator: `arrays` are those of a run, `to` has room for it (kernel_constants.c). */
hdt_status kernel_constants_describe(hdt_kernel *kernel);
hdt_status kernel_constant_compute(hdt_kernel *kernel, int index, const hdt_array *const *arrays, void *to);

/* The arguments of one run (kernel_arguments.c). */
typedef struct kernel_arguments {
	const hdt_array **arrays; /* per array parameter; NULL: not given */
	/* The symbols and scalars of the program whose values are known. */
	const hdt_expr **names;
	int64_t *values;
	int count;
} kernel_arguments;

hdt_status kernel_arguments_init(kernel_arguments *a, hdt_kernel *kernel);
void kernel_arguments_fini(kernel_arguments *a);
/* Sort arguments to the parameters; one that is none, or given twice or wrongly, is a fault (BAD_INPUT) of the kernel's diagnostics. */
hdt_status kernel_arguments_sort(kernel_arguments *a, hdt_kernel *kernel, const hdt_kernel_argument *arguments,
                                 int count);
/* Everything must be given; sizes that only arrays tell are found out, and all shapes checked. */
hdt_status kernel_arguments_complete(kernel_arguments *a, hdt_kernel *kernel);

static inline bindings kernel_arguments_known(const kernel_arguments *a)
{
	return (bindings){a->names, a->values, a->count};
}

#endif
