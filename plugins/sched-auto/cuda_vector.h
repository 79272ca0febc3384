/* cuda_vector.h: neighbouring elements moved by one access, of up to 16 bytes. Used by the schedulers for CUDA functions. */
#ifndef SCHED_AUTO_CUDA_VECTOR_H
#define SCHED_AUTO_CUDA_VECTOR_H

#include "walk.h"

enum { VECTOR_BYTES = 16 };

/* How many elements of `t`, at most `most`, one access can take along `axis`: those at indices `at` for which the axis counts on from a multiple
 * of that number. A power of two; 1: no more than one. */
int64_t vector_width(const hdt_tensor *t, hdt_list at, const hdt_expr *axis, int64_t most);

/* How many elements along `axis` are best computed at once when a value is stored to t[at]: as many as one access stores, where all reads that
 * depend on the axis can go along, but for those of small tensors. 1: one by one. */
int64_t vector_choose(const hdt_tensor *t, hdt_list at, const hdt_expr *value, const hdt_expr *axis);

/* The same for a value that is not stored so: the widest access among its reads along the axis. */
int64_t vector_widest(const hdt_expr *value, const hdt_expr *axis);

/* A value at `width` elements of an axis, side by side. */
typedef struct vector_span {
	hdt_function *function;
	const hdt_expr *axis;  /* of the value */
	const hdt_expr *first; /* where it begins: a multiple of width */
	const hdt_expr *lane;  /* the axis of the loop over the elements, which the caller opens */
	int64_t width;
} vector_span;

/* Write the loads of the parts of `value` that lie side by side, and give the value of element `lane`. Other axes of the value become what `to` has
 * for them in `from`. */
const hdt_expr *vector_read(const vector_span *s, const hdt_expr *value, const hdt_expr *const *from,
                            const hdt_expr *const *to, int count);
/* Store `width` elements of the register array to t[at], where at[last] counts along the span's axis, in as few accesses as `at` allows. `at` is over
 * the same axes as the value. */
void vector_store(const vector_span *s, const hdt_tensor *t, hdt_list at, const hdt_tensor *elements,
                  const hdt_expr *const *from, const hdt_expr *const *to, int count);

#endif
