/* The operations over lanes against the reference evaluator's, for every operation and dtype, at edge values and many
 * pairs of them. */
#include "lanes.h"
#include "ir/expr.h"

#include <criterion/criterion.h>
#include <math.h>
#include <string.h>

static const double reals[] = {0,           -0.0,  1,     -1,       0.5,       -0.5,  1.5,    2.5,          -2.5,
                               3,           7,     -7,    0.1,      1e-8,      1e-40, 100,    127,          128,
                               -128,        -129,  255,   256,      300.7,     65504, 65520,  2147483648.0, -3e9,
                               1e19,        -1e19, 1e38,  INFINITY, -INFINITY, NAN,   6.1e-5, 5.9e-8,       3.14159265,
                               0.333333343, 2049,  -2051, 1e300};
static const int64_t integers[] = {
	0,          1,         -1,    2,     -2,        3,         5,          7,         -7,        8,
	31,         32,        63,    64,    100,       127,       128,        -128,      255,       256,
	32767,      -32768,    65535, 65536, INT32_MAX, INT32_MIN, UINT32_MAX, INT64_MAX, INT64_MIN, INT64_MIN + 1,
	1000000007, -123456789};
enum { REALS = sizeof reals / sizeof *reals, INTEGERS = sizeof integers / sizeof *integers };

static int value_count(hdt_dtype dtype)
{
	return hdt_is_float(dtype) ? REALS : INTEGERS;
}

/* A value of the dtype. */
static scalar value_of(hdt_dtype dtype, int i)
{
	return hdt_is_float(dtype) ? scalar_cast((scalar){.f = reals[i]}, HDT_F64, dtype)
	                           : scalar_cast((scalar){.i = integers[i]}, HDT_I64, dtype);
}

static void put(sim_lanes *lanes, int l, hdt_dtype dtype, scalar v)
{
	if (dtype == HDT_F64)
		lanes->d[l] = v.f;
	else if (hdt_is_float(dtype))
		lanes->f[l] = (float)v.f;
	else
		lanes->i[l] = v.i;
}

static scalar get(const sim_lanes *lanes, int l, hdt_dtype dtype)
{
	return dtype == HDT_F64      ? (scalar){.f = lanes->d[l]}
	       : hdt_is_float(dtype) ? (scalar){.f = (double)lanes->f[l]}
	                             : (scalar){.i = lanes->i[l]};
}

static bool equal(scalar a, scalar b, hdt_dtype dtype)
{
	if (!hdt_is_float(dtype))
		return a.i == b.i;
	return (a.f != a.f && b.f != b.f) || (a.f == b.f && signbit(a.f) == signbit(b.f));
}

/* The dtype of op(x, y) for operands of `dtype`; HDT_DTYPE_NONE where there is none: the builder converts first. */
static hdt_dtype result_of(hdt_scalar_op op, hdt_dtype dtype)
{
	const scalar_op_info *info = scalar_op_of(op);
	bool bits = op >= HDT_OP_BIT_AND && op <= HDT_OP_SHR,
		 logic = op == HDT_OP_AND || op == HDT_OP_OR || op == HDT_OP_NOT;
	if ((bits && hdt_is_float(dtype)) || (logic && dtype != HDT_BOOL) ||
	    (info->result == OP_RESULT_FLOAT && !hdt_is_float(dtype)))
		return HDT_DTYPE_NONE;
	return info->result == OP_RESULT_BOOL ? HDT_BOOL : dtype;
}

static void check_operation(hdt_scalar_op op, hdt_dtype dtype)
{
	hdt_dtype result = result_of(op, dtype);
	int n = value_count(dtype);
	if (result == HDT_DTYPE_NONE)
		return;
	lane_op *run = lanes_operation(op, dtype);
	cr_assert_not_null(run, "%s of %s is missing", scalar_op_of(op)->name, hdt_dtype_of(dtype)->name);
	for (int i = 0; i < n; i++) {
		for (int k = 0; k < (scalar_op_of(op)->arity >= 2 ? n : 1); k++) {
			sim_lanes a, b, d;
			bool ok = true;
			scalar args[3] = {value_of(dtype, i), value_of(dtype, k), value_of(dtype, k)};
			put(&a, 0, dtype, args[0]);
			put(&b, 0, dtype, args[1]);
			run(&d, &a, &b, &b, 1);
			scalar want = scalar_apply(op, dtype, result, args, &ok), got = get(&d, 0, result);
			cr_assert(equal(got, want, result), "%s of %s, values %d and %d: %lld or %g, expected %lld or %g",
			          scalar_op_of(op)->name, hdt_dtype_of(dtype)->name, i, k, (long long)got.i, got.f,
			          (long long)want.i, want.f);
		}
	}
}

Test(lanes, every_operation_means_what_the_evaluator_says)
{
	for (int op = HDT_OP_ADD; op < HDT_OP_COUNT; op++) {
		int arity = scalar_op_of((hdt_scalar_op)op)->arity;
		if (op == HDT_OP_CAST || op == HDT_OP_BOUNDED || op == HDT_OP_SELECT || arity < 1)
			continue;
		for (int dtype = 0; dtype < HDT_DTYPE_COUNT; dtype++)
			check_operation((hdt_scalar_op)op, (hdt_dtype)dtype);
	}
}

Test(lanes, every_cast_means_what_the_evaluator_says)
{
	for (int from = 0; from < HDT_DTYPE_COUNT; from++) {
		for (int to = 0; to < HDT_DTYPE_COUNT; to++) {
			for (int i = 0; i < value_count((hdt_dtype)from); i++) {
				sim_lanes a, d;
				scalar v = value_of((hdt_dtype)from, i), want = scalar_cast(v, (hdt_dtype)from, (hdt_dtype)to);
				put(&a, 0, (hdt_dtype)from, v);
				lanes_cast((hdt_dtype)from, (hdt_dtype)to)(&d, &a, &a, &a, 1);
				cr_assert(equal(get(&d, 0, (hdt_dtype)to), want, (hdt_dtype)to), "%s to %s, value %d",
				          hdt_dtype_of((hdt_dtype)from)->name, hdt_dtype_of((hdt_dtype)to)->name, i);
			}
		}
	}
}

Test(lanes, elements_of_memory_are_the_evaluators)
{
	for (int dtype = 0; dtype < HDT_DTYPE_COUNT; dtype++) {
		for (int i = 0; i < value_count((hdt_dtype)dtype); i++) {
			unsigned char ours[8] = {0}, theirs[8] = {0};
			sim_lanes a, b;
			put(&a, 0, (hdt_dtype)dtype, value_of((hdt_dtype)dtype, i));
			sim_store_element(ours, (hdt_dtype)dtype, &a, 0);
			scalar_store(theirs, (hdt_dtype)dtype, 0, value_of((hdt_dtype)dtype, i));
			cr_assert_eq(memcmp(ours, theirs, sizeof ours), 0, "%s, value %d", hdt_dtype_of((hdt_dtype)dtype)->name, i);
			sim_load_element(&b, 0, (hdt_dtype)dtype, theirs);
			cr_assert(equal(get(&b, 0, (hdt_dtype)dtype), scalar_load(theirs, (hdt_dtype)dtype, 0), (hdt_dtype)dtype));
		}
	}
}
