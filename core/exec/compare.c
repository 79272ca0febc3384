/* compare.c: elementwise comparison under the tolerance of a dtype. */
#include "exec/compare.h"

#include "ir/expr.h"
#include <math.h>
#include <string.h>

static double read_double(const hdt_array *a, int64_t i)
{
	scalar v = scalar_load(a->data, a->dtype, i);
	return hdt_is_float(a->dtype) ? v.f : a->dtype == HDT_U64 ? (double)(uint64_t)v.i : (double)v.i;
}

bool same_shape(const hdt_array *a, const hdt_array *b)
{
	return a->rank == b->rank && memcmp(a->shape, b->shape, sizeof *a->shape * (size_t)a->rank) == 0;
}

/* There is memory for all of them: the product fits. */
static int64_t count_elements(const hdt_array *a)
{
	int64_t count = 1;
	for (int i = 0; i < a->rank; i++)
		count *= a->shape[i];
	return count;
}

static void unravel(const hdt_array *a, int64_t position, int64_t *index)
{
	for (int d = a->rank - 1; d >= 0; d--) {
		index[d] = position % a->shape[d];
		position /= a->shape[d];
	}
}

/* The largest finite |element|; 1 when there is none but zeros. */
static double magnitude(const hdt_array *a, int64_t elements)
{
	double most = 0;
	for (int64_t i = 0; i < elements; i++) {
		double v = fabs(read_double(a, i));
		most = isfinite(v) && v > most ? v : most;
	}
	return most > 0 ? most : 1;
}

comparison compare_arrays(const hdt_array *got, const hdt_array *want, tolerance t)
{
	comparison c = {.elements = count_elements(want)};
	const hdt_dtype_info *a = hdt_dtype_of(got->dtype), *b = hdt_dtype_of(want->dtype), *by = hdt_dtype_of(t.computed);
	double scale = t.scale > 0 ? t.scale : 1;
	double relative = t.relative >= 0 ? t.relative : scale * fmax(by->rtol, fmax(a->rtol, b->rtol));
	double largest = magnitude(want, c.elements);
	double absolute = t.absolute >= 0 ? t.absolute : scale * fmax(by->atol, fmax(a->atol, b->atol)) * largest;
	double worst = 0;
	for (int64_t i = 0; i < c.elements; i++) {
		double x = read_double(got, i), y = read_double(want, i);
		if ((isnan(x) && isnan(y)) || x == y)
			continue;
		double difference = fabs(x - y), allowed = absolute + relative * fabs(y);
		if (isfinite(x) && isfinite(y)) {
			c.max_absolute = fmax(c.max_absolute, difference);
			c.max_relative = fmax(c.max_relative, difference / fmax(fabs(y), 1e-3 * largest));
		} else
			difference = INFINITY;
		if (difference <= allowed)
			continue;
		double excess = allowed > 0 ? difference / allowed : difference;
		if (!c.mismatched++ || excess > worst) {
			worst = excess;
			unravel(want, i, c.worst);
			c.worst_got = x;
			c.worst_want = y;
		}
	}
	return c;
}
