/* values.c: the operands on which helpers are tested, and calls of compiled functions over them. */
#include "values.h"

#include <criterion/criterion.h>
#include <float.h>
#include <math.h>
#include <string.h>

static unsigned long long random_state = 88172645463325252ull;

unsigned long long values_random(void)
{
	random_state ^= random_state << 13;
	random_state ^= random_state >> 7;
	random_state ^= random_state << 17;
	return random_state;
}

int values_edge(hdt_dtype dtype, scalar *out, int count)
{
	/* clang-format off */
	static const double floats[] = {
		0.0, -0.0, 1, -1, 0.5, -0.5, 1.5, -1.5, 2, -2, 2.5, 3, -3, 7, -7, 10, 0.1, -0.1, 1e-8, -1e-8, 1e-4,
		2e-4, 0.3, 0.62, 0.63, 0.69, 0.7, 0.71, 0.9, 0.92, 0.94, 0.999999, 1.000001, 1.41, 1.42, 4, -4, 5, 9,
		9.5, 16, 20, -20, 40, -41, 80, 87, 88, 88.7, 88.8, 89, -87, -88, -100, -103, -104, -105, 127, 128, 129,
		-126, -127, -149, -150, -151, 255, 256, 1000, -1000, 32767, 32768, -32768, 65504, 65519, 65520, 65535,
		65536, 2147483520.0, 2147483648.0, -2147483648.0, 4294967040.0, 4294967296.0, 9.2e18, 9.3e18, -9.3e18,
		1.9e19, 1e30, -1e30, 3.4e38, -3.4e38, FLT_MIN, -FLT_MIN, FLT_TRUE_MIN, -FLT_TRUE_MIN, 1e-40, 6e-8,
		5.9604645e-8, 2.9802322e-8, 2.98e-8, INFINITY, -INFINITY, NAN, 1e300, DBL_MIN, DBL_TRUE_MIN
	};
	/* clang-format on */
	int n = 0;
	if (hdt_is_float(dtype)) {
		for (size_t i = 0; i < sizeof floats / sizeof *floats && n < count; i++)
			out[n++].f = dtype == HDT_F64 ? floats[i] : (double)(float)floats[i];
		while (n < count) {
			double magnitude = ldexp(1, (int)(values_random() % 40) - 30),
				   v = ((double)(values_random() >> 11) / 4503599627370496.0 - 1) * magnitude;
			out[n++].f = dtype == HDT_F64 ? v : (double)(float)v;
		}
		return n;
	}
	int bits = hdt_dtype_of(dtype)->bytes * 8;
	for (int v = -4; v <= 4 && n < count; v++)
		out[n++] = scalar_cast((scalar){.i = v}, HDT_I64, dtype);
	for (int v = -2; v <= 2 && n + 1 < count; v++) {
		out[n++] = scalar_cast((scalar){.i = (int64_t)((UINT64_C(1) << (bits - 1)) + (uint64_t)v)}, HDT_I64, dtype);
		out[n++] = scalar_cast((scalar){.i = v + 10}, HDT_I64, dtype);
	}
	while (n < count)
		out[n++] = scalar_cast((scalar){.i = (int64_t)(values_random() >> values_random() % 60)}, HDT_I64, dtype);
	return n;
}

scalar values_x[MOST_VALUES], values_y[MOST_VALUES];
_Alignas(64) char values_x_memory[MOST_VALUES * 8], values_y_memory[MOST_VALUES * 8],
	values_out_memory[MOST_VALUES * 8];

int values_fill(hdt_dtype dtype, int arity)
{
	scalar edges[120];
	int n = 0;
	if (arity == 1) {
		n = values_edge(dtype, values_x, MOST_VALUES);
	} else {
		int few = values_edge(dtype, edges, hdt_is_float(dtype) ? 56 : 24);
		for (int i = 0; i < few; i++)
			for (int j = 0; j < few; j++)
				values_x[n] = edges[i], values_y[n++] = edges[j];
		if (hdt_is_float(dtype)) {
			static const double ends[] = {INFINITY, -INFINITY, NAN, 0, -0.0, 3.5, -3.5};
			for (int i = 0; i < 7; i++)
				for (int j = 0; j < 7; j++)
					values_x[n].f = ends[i], values_y[n++].f = ends[j];
		}
		values_edge(dtype, values_x + n, 300);
		values_edge(dtype, values_y + n, 300);
		for (int i = 0; i < 300; i++) {
			int j = (int)(values_random() % 300);
			scalar swap = values_y[n + i];
			values_y[n + i] = values_y[n + j];
			values_y[n + j] = swap;
		}
		n += 300;
	}
	for (int i = 0; i < n; i++) {
		scalar_store(values_x_memory, dtype, i, values_x[i]);
		scalar_store(values_y_memory, dtype, i, values_y[i]);
	}
	return n;
}

void values_call(hdt_object *object, const char *name, const void *x, const void *y, void *out, int64_t n)
{
	void (*f)(const void *, const void *, void *, int64_t) = NULL;
	void *p = hdt_target_cpu.find(object, name);
	cr_assert_not_null(p, "%s is missing", name);
	memcpy(&f, &p, sizeof f);
	f(x, y, out, n);
}
