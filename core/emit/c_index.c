/* c_index.c: elements of buffers in C: n-dimensional indices become one row-major position.
 *
 *     x[i, j] of f32[n, 7]                    ->  x[i * 7 + j]
 *     x[p // 7, p % 7] of f32[n, 7]           ->  x[p] */
#include "emit/c.h"

/* Are `quotient` and `remainder` those of one position divided by `extent`? Returns the position or NULL. */
static const hdt_expr *joined(const hdt_expr *quotient, const hdt_expr *remainder, const hdt_expr *extent)
{
	if (remainder->op != HDT_OP_MOD || remainder->args[1] != extent)
		return NULL;
	const hdt_expr *position = remainder->args[0];
	return hdt_floordiv(position, extent) == quotient ? position : NULL;
}

int c_terms(const emitter *em, const hdt_tensor *t, const hdt_expr *const *indices, c_term *terms)
{
	const hdt_expr *index[HDT_MAX_RANK];
	int last_dim[HDT_MAX_RANK]; /* the innermost dimension that index[i] stands for */
	int count = 0;
	for (int d = 0; d < t->rank; d++) {
		const hdt_expr *position = count ? joined(index[count - 1], indices[d], t->shape[d]) : NULL;
		if (position)
			count--;
		index[count] = position ? position : indices[d];
		last_dim[count++] = d;
	}
	const hdt_expr *stride = hdt_int(t->context, 1);
	for (int i = count - 1, d = t->rank - 1; i >= 0; i--) {
		for (; d > last_dim[i]; d--)
			stride = hdt_mul(stride, c_extent(em, t, d));
		terms[i] = (c_term){index[i], stride};
	}
	return count;
}

/* In a kernel: does the sum of the terms fit an int, so that ints may be added and multiplied? */
static bool sum_fits(const c_term *terms, int count)
{
	int64_t total = 0, min, max, stride, part;
	for (int i = 0; i < count; i++)
		if (!hdt_bounds(terms[i].index, &min, &max) || !hdt_bounds(terms[i].stride, &part, &stride) || min < 0 ||
		    part < 0 || __builtin_mul_overflow(max, stride, &part) || __builtin_add_overflow(total, part, &total))
			return false;
	return total <= INT32_MAX;
}

/* One summand, unless it is the constant part, which is added to *offset. `widen`: it is to have 64 bits. */
static bool print_term(emitter *em, int scope, c_term term, bool first, bool widen, int64_t *offset)
{
	int64_t index, stride;
	bool constant_stride = hdt_is_const(term.stride, &stride);
	if (hdt_is_const(term.index, &index) && (index == 0 || constant_stride)) {
		int64_t part;
		if (index && !__builtin_mul_overflow(index, stride, &part) && !__builtin_add_overflow(*offset, part, offset))
			return false;
		if (!index)
			return false;
	}
	if (!first)
		text_add(em->out, " + ");
	bool unit = constant_stride && stride == 1;
	widen = widen && c_is_narrow(em, term.index);
	if (widen)
		text_add(em->out, "(int64_t)");
	c_value(em, scope, term.index, widen ? C_UNARY : unit ? C_SUM : C_PRODUCT);
	if (!unit) {
		text_add(em->out, " * ");
		bool before = em->without_locals;
		em->without_locals = true;
		c_value(em, scope, term.stride, C_UNARY);
		em->without_locals = before;
	}
	return true;
}

void c_element(emitter *em, int scope, const hdt_tensor *t, const hdt_expr *const *indices)
{
	text_add(em->out, c_name(em, t->name));
	if (t->rank == 0 && t->scope == HDT_SCOPE_REGISTER && t->kind == HDT_TENSOR_BUFFER)
		return;
	c_term terms[HDT_MAX_RANK];
	int count = c_terms(em, t, indices, terms);
	int64_t offset = 0;
	bool first = true, widen = em->kernel && t->scope == HDT_SCOPE_GLOBAL && !sum_fits(terms, count);
	text_add(em->out, "[");
	for (int i = 0; i < count; i++)
		if (print_term(em, scope, terms[i], first, widen, &offset))
			first = false;
	if (first || offset > 0)
		text_format(em->out, first ? "%lld" : " + %lld", (long long)offset);
	else if (offset)
		text_format(em->out, " - %llu", 0 - (unsigned long long)offset);
	text_add(em->out, "]");
}
