/* c_vector.h: loops whose iterations become the lanes of vectors: what the files c_vector_*.c share.
 *
 * In such a loop the name of its axis stands for the index of lane 0, so the text of an index is what it is in a scalar loop, and means that of
 * lane 0. Values that differ from lane to lane have a vector type; those that do not stay scalars and are spread where a vector is wanted:
 *     for j in 0..n vectorise { y[i, j] = x[i, j] * s[i]; }
 *  -> for (int64_t j = 0; ...; j += HIDET_LANES) hidet_v_store_f32(&y[i * n + j], hidet_v_load_f32(&x[i * n + j]) * s[i]); */
#ifndef CORE_EMIT_C_VECTOR_H
#define CORE_EMIT_C_VECTOR_H

#include "emit/c.h"

typedef enum vector_form {
	VECTOR_UNKNOWN,
	VECTOR_SAME,   /* the same in all lanes: a scalar */
	VECTOR_INDEX,  /* an i64 that grows by a constant from lane to lane: in C that of lane 0 */
	VECTOR_LANES,  /* a vector */
	VECTOR_PIECED, /* a vector that is put together from scalars, lane by lane */
	VECTOR_NONE    /* none of these */
} vector_form;

/* The loop being written. */
typedef struct vector_loop {
	const hdt_expr *axis;
	uint32_t number;              /* of the emitter's vector loops: facts of others do not count */
	VEC(const hdt_tensor *) own;  /* buffers of its body: their elements are vectors */
	const char *obstacle;         /* why it cannot be; NULL: it can */
	int depth;                    /* of the expression being looked at */
	int part;                     /* the local that holds how many lanes there are; 0: all of them */
	int64_t as_vectors, as_lanes; /* rough numbers of operations of each kind */
} vector_loop;

/* c_vector_facts.c */

/* Can the loop become vectors? Fills `v`, which then is em->vector; else v->obstacle tells why not. */
bool vector_plan(emitter *em, vector_loop *v, const hdt_stmt *s);
vector_form vector_form_of(const emitter *em, const hdt_expr *e);
/* What an INDEX grows by from lane to lane. */
int vector_factor(const emitter *em, const hdt_expr *index);
/* By how many elements the position of x[indices] grows from lane to lane. False: not by a constant. */
bool vector_step(const emitter *em, const hdt_tensor *t, const hdt_expr *const *indices, int64_t *step);
/* Are all lanes in memory, of the array or of its padding? */
bool vector_is_whole(const emitter *em, const hdt_tensor *t, const hdt_expr *const *indices);
bool vector_owns(const emitter *em, const hdt_tensor *t);
/* Is there a store of a vector to neighbouring elements of this dtype? */
bool vector_stores(hdt_dtype dtype);
/* The index with names of the body replaced by what they stand for, so that it can be computed for each lane. */
const hdt_expr *vector_expand(const emitter *em, const hdt_expr *e);

#endif
