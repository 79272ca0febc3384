/* build.c: the constructors of expressions: promotion and type rules. What they make is simplified (simplify.c) and
 * unique (table.c).
 *
 * A NULL operand gives NULL without a word: its maker has told. Operands of the wrong dtype are faults here, so that no
 * ill-typed expression exists. */
#include "ir/node.h"
#include <ctype.h>
#include <hidet/task.h>
#include <string.h>

/* ---- leaves ---- */

static int64_t wrapped(int64_t value, hdt_dtype dtype)
{
	scalar v = {.i = value};
	return scalar_cast(v, HDT_I64, dtype).i;
}

const hdt_expr *expr_constant(hdt_context *context, hdt_dtype dtype, scalar value)
{
	hdt_expr node = {.op = HDT_OP_CONST, .dtype = (uint8_t)dtype};
	if (hdt_is_float(dtype))
		node.real = value.f != value.f ? (double)__builtin_nanf("") : value.f; /* one NaN */
	else
		node.integer = wrapped(value.i, dtype);
	return expr_intern(context, &node, NULL, 0);
}

scalar expr_value(const hdt_expr *constant)
{
	scalar v = {.i = 0};
	if (hdt_is_float(dtype_of(constant)))
		v.f = constant->real;
	else
		v.i = constant->integer;
	return v;
}

const hdt_expr *hdt_int(hdt_context *context, int64_t value)
{
	scalar v = {.i = value};
	return expr_constant(context, HDT_I64, v);
}

const hdt_expr *hdt_number(hdt_context *context, hdt_dtype dtype, double value)
{
	scalar v = {.f = value};
	if ((unsigned)dtype >= HDT_DTYPE_COUNT) {
		hdt_fail(context, HDT_INTERNAL, "a constant needs a dtype");
		return NULL;
	}
	return expr_constant(context, dtype, scalar_cast(v, HDT_F64, dtype));
}

const hdt_expr *hdt_like(const hdt_expr *e, double value)
{
	return e ? hdt_number(e->context, dtype_of(e), value) : NULL;
}

/* Names stand in the text form, so they must read back as names. */
static bool is_name(const char *name)
{
	static const char *const reserved[] = {"true", "false", "none", "nan", "inf"};
	if (!name || !(isalpha((unsigned char)name[0]) || name[0] == '_'))
		return false;
	for (const char *c = name; *c; c++)
		if (!isalnum((unsigned char)*c) && *c != '_' && !(*c == '.' && c[1] != '.' && c[1] != '\0'))
			return false;
	for (size_t i = 0; i < sizeof reserved / sizeof *reserved; i++)
		if (!strcmp(name, reserved[i]))
			return false;
	return hdt_dtype_named(name) == HDT_DTYPE_NONE;
}

static const char *checked_name(hdt_context *context, const char *what, const char *name)
{
	if (is_name(name))
		return hdt_intern(context, name);
	hdt_fail(context, HDT_BAD_MODEL,
	         "'%s' cannot be the name of %s: a name is letters, digits and _, and no reserved word",
	         name ? name : "(null)", what);
	return NULL;
}

static const hdt_expr *check_range(hdt_context *context, const hdt_expr *symbol, int64_t min, int64_t max)
{
	int64_t low = symbol->args[0]->integer, high = symbol->args[1]->integer;
	if (low == min && high == max)
		return symbol;
	hdt_fail(context, HDT_BAD_MODEL,
	         "the dimension '%s' was given the range %lld..%lld and now %lld..%lld: one name has one range",
	         symbol->name, (long long)low, (long long)high, (long long)min, (long long)max);
	return NULL;
}

const hdt_expr *hdt_symbol(hdt_context *context, const char *name, int64_t min, int64_t max)
{
	hdt_expr node = {.op = HDT_OP_SYMBOL, .dtype = HDT_I64};
	expr_table *table = expr_table_of(context);
	if (!table || !(node.name = checked_name(context, "a dimension", name)))
		return NULL;
	if (min < 0 || max < min || max > MAX_DIMENSION) {
		hdt_fail(context, HDT_BAD_MODEL, "the range %lld..%lld of the dimension '%s' is %s", (long long)min,
		         (long long)max, name,
		         min < 0     ? "negative"
		         : max < min ? "empty"
		                     : "too large: at most 2^48 is possible");
		return NULL;
	}
	const hdt_expr *known = map_get(&table->symbols, node.name);
	if (known)
		return check_range(context, known, min, max);
	const hdt_expr *range[2] = {hdt_int(context, min), hdt_int(context, max)};
	const hdt_expr *symbol = range[0] && range[1] ? expr_intern(context, &node, range, 2) : NULL;
	return symbol && map_set(&table->symbols, node.name, (void *)symbol) ? symbol : NULL;
}

bool expr_is_symbol_name(const hdt_context *context, const char *name)
{
	const char *interned = context->exprs ? hdt_intern((hdt_context *)(uintptr_t)context, name) : NULL;
	return interned && map_get(&context->exprs->symbols, interned);
}

static const hdt_expr *as_index(const hdt_expr *e, const char *what)
{
	if (!e || e->dtype == HDT_I64)
		return e;
	if (hdt_is_integer(dtype_of(e)))
		return hdt_cast(e, HDT_I64);
	hdt_fail(e->context, HDT_INTERNAL, "%s is an integer, not %s: %s", what, hdt_dtype_of(dtype_of(e))->name,
	         hdt_expr_text(e));
	return NULL;
}

const hdt_expr *hdt_axis(const char *name, const hdt_expr *extent)
{
	hdt_expr node = {.op = HDT_OP_AXIS, .dtype = HDT_I64};
	extent = as_index(extent, "the extent of an axis");
	if (!extent || !(node.name = checked_name(extent->context, "an axis", name)))
		return NULL;
	node.serial = ++expr_table_of(extent->context)->serial;
	return expr_intern(extent->context, &node, &extent, 1);
}

static const hdt_expr *variable(hdt_context *context, const char *name, hdt_dtype dtype, const hdt_expr *const *range,
                                int count)
{
	hdt_expr node = {.op = HDT_OP_VARIABLE, .dtype = (uint8_t)dtype};
	expr_table *table = expr_table_of(context);
	if (!table || !(node.name = checked_name(context, "a variable", name)))
		return NULL;
	node.serial = ++table->serial;
	return expr_intern(context, &node, range, count);
}

const hdt_expr *expr_variable(hdt_context *context, const char *name, hdt_dtype dtype)
{
	return variable(context, name, dtype, NULL, 0);
}

const hdt_expr *expr_variable_within(hdt_context *context, const char *name, hdt_dtype dtype, int64_t min, int64_t max)
{
	const hdt_expr *range[2] = {hdt_int(context, min), hdt_int(context, max)};
	return range[0] && range[1] ? variable(context, name, dtype, range, 2) : NULL;
}

/* ---- operations ---- */

static const hdt_expr *make(hdt_scalar_op op, hdt_dtype dtype, const hdt_expr *const *args, int count)
{
	for (int i = 0; i < count; i++)
		if (!args[i])
			return NULL;
	hdt_context *context = args[0]->context;
	const hdt_expr *simpler = simplify_operation(op, dtype, args, count);
	if (simpler || hdt_context_status(context) == HDT_OUT_OF_MEMORY)
		return simpler;
	hdt_expr node = {.op = (uint16_t)op, .dtype = (uint8_t)dtype};
	return expr_intern(context, &node, args, count);
}

static const hdt_expr *wrong_operand(hdt_scalar_op op, const hdt_expr *e, const char *wanted)
{
	hdt_fail(e->context, HDT_INTERNAL, "the operation '%s' takes %s, but %s is %s", scalar_op_of(op)->text, wanted,
	         hdt_expr_text(e), hdt_dtype_of(dtype_of(e))->name);
	return NULL;
}

static bool is_logic(hdt_scalar_op op)
{
	return op == HDT_OP_AND || op == HDT_OP_OR || op == HDT_OP_NOT;
}

static bool is_of_bits(hdt_scalar_op op)
{
	return op == HDT_OP_BIT_AND || op == HDT_OP_BIT_OR || op == HDT_OP_BIT_XOR || op == HDT_OP_BIT_NOT ||
	       op == HDT_OP_SHL || op == HDT_OP_SHR;
}

/* The dtype in which `op` works on operands of `dtype`; NONE when it does not take them (a fault is recorded). */
static hdt_dtype working_dtype(hdt_scalar_op op, hdt_dtype dtype, const hdt_expr *e)
{
	const char *wanted = is_logic(op) && dtype != HDT_BOOL                             ? "bool"
	                     : is_of_bits(op) && hdt_is_float(dtype)                       ? "integers or bool"
	                     : (op == HDT_OP_SHL || op == HDT_OP_SHR) && dtype == HDT_BOOL ? "integers"
	                                                                                   : NULL;
	if (wanted) {
		wrong_operand(op, e, wanted);
		return HDT_DTYPE_NONE;
	}
	return scalar_op_of(op)->result == OP_RESULT_FLOAT && !hdt_is_float(dtype) ? HDT_F32 : dtype;
}

static hdt_dtype result_dtype(hdt_scalar_op op, hdt_dtype working)
{
	return scalar_op_of(op)->result == OP_RESULT_BOOL ? HDT_BOOL : working;
}

/* A call without a result is no operand. */
static bool has_value(const hdt_expr *e)
{
	if (e->dtype != HDT_DTYPE_NONE)
		return true;
	hdt_fail(e->context, HDT_BAD_MODEL, "%s gives no value", hdt_expr_text(e));
	return false;
}

static bool has_arity(hdt_context *context, hdt_scalar_op op, int arity)
{
	const scalar_op_info *info = scalar_op_of(op);
	if (info->arity == arity && op > HDT_OP_ARG_REDUCE && op != HDT_OP_CAST)
		return true;
	hdt_fail(context, HDT_INTERNAL, "%s is no scalar operation on %d operand%s", info->name, arity,
	         arity == 1 ? "" : "s");
	return false;
}

const hdt_expr *hdt_unary(hdt_scalar_op op, const hdt_expr *x)
{
	if (!x || !has_value(x) || !has_arity(x->context, op, 1))
		return NULL;
	hdt_dtype working = working_dtype(op, dtype_of(x), x);
	if (working == HDT_DTYPE_NONE || !(x = hdt_cast(x, working)))
		return NULL;
	return make(op, result_dtype(op, working), &x, 1);
}

static bool same_context(const hdt_expr *x, const hdt_expr *y)
{
	if (x->context == y->context)
		return true;
	hdt_fail(x->context, HDT_INTERNAL, "an expression was made of parts of two contexts");
	return false;
}

static const hdt_expr *checked_index(const hdt_expr *index, const hdt_expr *extent)
{
	const hdt_expr *args[2] = {as_index(index, "a checked index"), as_index(extent, "the extent of a checked index")};
	return make(HDT_OP_BOUNDED, HDT_I64, args, 2);
}

const hdt_expr *hdt_binary(hdt_scalar_op op, const hdt_expr *x, const hdt_expr *y)
{
	if (!x || !y || !has_value(x) || !has_value(y) || !same_context(x, y) || !has_arity(x->context, op, 2))
		return NULL;
	if (op == HDT_OP_BOUNDED)
		return checked_index(x, y);
	hdt_dtype dtype = hdt_promote(dtype_of(x), dtype_of(y));
	hdt_dtype working = working_dtype(op, dtype, x->dtype == dtype ? x : y);
	if (working == HDT_DTYPE_NONE)
		return NULL;
	const hdt_expr *args[2] = {hdt_cast(x, working), hdt_cast(y, working)};
	return make(op, result_dtype(op, working), args, 2);
}

const hdt_expr *hdt_cast(const hdt_expr *x, hdt_dtype dtype)
{
	if (!x || !has_value(x))
		return NULL;
	if ((unsigned)dtype >= HDT_DTYPE_COUNT) {
		hdt_fail(x->context, HDT_INTERNAL, "a cast needs a dtype: %s", hdt_expr_text(x));
		return NULL;
	}
	const hdt_expr *simpler = simplify_cast(x, dtype);
	if (simpler)
		return simpler;
	hdt_expr node = {.op = HDT_OP_CAST, .dtype = (uint8_t)dtype};
	return expr_intern(x->context, &node, &x, 1);
}

const hdt_expr *hdt_select(const hdt_expr *condition, const hdt_expr *yes, const hdt_expr *no)
{
	if (!condition || !yes || !no || !same_context(condition, yes) || !same_context(yes, no) || !has_value(yes) ||
	    !has_value(no))
		return NULL;
	if (condition->dtype != HDT_BOOL)
		return wrong_operand(HDT_OP_SELECT, condition, "a bool condition");
	hdt_dtype dtype = hdt_promote(dtype_of(yes), dtype_of(no));
	const hdt_expr *args[3] = {condition, hdt_cast(yes, dtype), hdt_cast(no, dtype)};
	return make(HDT_OP_SELECT, dtype, args, 3);
}

/* Integers are converted here: a node's operands are of its own dtype. */
static const hdt_expr *fused_multiply_add(const hdt_expr *x, const hdt_expr *y, const hdt_expr *z)
{
	if (!has_value(x) || !has_value(y) || !has_value(z) || !same_context(x, y) || !same_context(y, z))
		return NULL;
	hdt_dtype dtype = hdt_promote(hdt_promote(dtype_of(x), dtype_of(y)), dtype_of(z));
	dtype = working_dtype(HDT_OP_FMA, dtype, x);
	const hdt_expr *args[3] = {hdt_cast(x, dtype), hdt_cast(y, dtype), hdt_cast(z, dtype)};
	return make(HDT_OP_FMA, dtype, args, 3);
}

const hdt_expr *hdt_operation(hdt_scalar_op op, const hdt_expr *const *args, int count)
{
	for (int i = 0; i < count; i++)
		if (!args[i])
			return NULL;
	if (count == 1)
		return hdt_unary(op, args[0]);
	if (count == 2)
		return hdt_binary(op, args[0], args[1]);
	if (count == 3 && op == HDT_OP_SELECT)
		return hdt_select(args[0], args[1], args[2]);
	if (count == 3 && op == HDT_OP_FMA)
		return fused_multiply_add(args[0], args[1], args[2]);
	if (count > 0)
		has_arity(args[0]->context, op, count);
	return NULL;
}

/* ---- reads and reductions ---- */

/* LOAD, READ and ADDRESS: an element named by its indices. */
static const hdt_expr *element(hdt_scalar_op op, hdt_dtype dtype, const hdt_tensor *tensor,
                               const hdt_expr *const *indices, int count)
{
	const hdt_expr *args[HDT_MAX_RANK];
	if (count != tensor->rank || count < 0 || count > HDT_MAX_RANK) {
		hdt_fail(tensor->context, HDT_INTERNAL, "'%s' has %d dimension%s and is read at %d ind%s", tensor->name,
		         tensor->rank, tensor->rank == 1 ? "" : "s", count, count == 1 ? "ex" : "ices");
		return NULL;
	}
	for (int i = 0; i < count; i++)
		if (!(args[i] = as_index(indices[i], "an index")))
			return NULL;
	hdt_expr node = {.op = (uint16_t)op, .dtype = (uint8_t)dtype, .tensor = tensor};
	return expr_intern(tensor->context, &node, args, count);
}

const hdt_expr *hdt_load(const hdt_tensor *tensor, const hdt_expr *const *indices, int count)
{
	return tensor ? element(HDT_OP_LOAD, tensor->dtype, tensor, indices, count) : NULL;
}

const hdt_expr *hdt_read(const hdt_tensor *tensor, const hdt_expr *const *indices, int count)
{
	return tensor ? element(HDT_OP_READ, tensor->dtype, tensor, indices, count) : NULL;
}

const hdt_expr *hdt_address(const hdt_tensor *tensor, const hdt_expr *const *indices, int count)
{
	return tensor ? element(HDT_OP_ADDRESS, HDT_U64, tensor, indices, count) : NULL;
}

const hdt_expr *expr_call(hdt_context *context, const hdt_intrinsic *intrinsic, hdt_dtype result,
                          const hdt_expr *const *args, int count)
{
	hdt_expr node = {.op = HDT_OP_CALL, .dtype = (uint8_t)result, .intrinsic = intrinsic};
	expr_table *table = expr_table_of(context);
	for (int i = 0; i < count; i++)
		if (!args[i])
			return NULL;
	if (!table)
		return NULL;
	if (!intrinsic->traits || !strchr(intrinsic->traits, 'p')) /* each call happens */
		node.serial = ++table->serial;
	return expr_intern(context, &node, args, count);
}

/* value and axes, as operands of a reduction; false after a fault. */
static bool reduction_operands(const hdt_expr *value, const hdt_expr *const *axes, int count, const hdt_expr **args)
{
	if (count < 0 || count > 2 * HDT_MAX_RANK) {
		hdt_fail(value->context, HDT_INTERNAL, "a reduction over %d axes", count);
		return false;
	}
	args[0] = value;
	for (int i = 0; i < count; i++) {
		if (!axes[i] || !same_context(value, axes[i]))
			return false;
		if (!is_op(axes[i], HDT_OP_AXIS)) {
			hdt_fail(value->context, HDT_INTERNAL, "a reduction runs over axes, and %s is none",
			         hdt_expr_text(axes[i]));
			return false;
		}
		for (int j = 0; j < i; j++) {
			if (axes[i] == axes[j]) {
				hdt_fail(value->context, HDT_INTERNAL, "a reduction names the axis %s twice", axes[i]->name);
				return false;
			}
		}
		args[i + 1] = axes[i];
	}
	return true;
}

static const hdt_expr *reduce(hdt_reduce_kind kind, hdt_dtype dtype, hdt_dtype accumulate, const hdt_expr *const *axes,
                              int count, const hdt_expr *value)
{
	const hdt_expr *args[2 * HDT_MAX_RANK + 1];
	bool logic = kind == HDT_REDUCE_ALL || kind == HDT_REDUCE_ANY;
	if ((unsigned)kind >= HDT_REDUCE_COUNT || (unsigned)accumulate >= HDT_DTYPE_COUNT) {
		hdt_fail(value->context, HDT_INTERNAL, "a reduction needs a kind and a dtype");
		return NULL;
	}
	if (logic && (value->dtype != HDT_BOOL || dtype != HDT_BOOL)) {
		hdt_fail(value->context, HDT_INTERNAL, "the reduction '%s' takes and gives bool", reduce_text(kind));
		return NULL;
	}
	if (!reduction_operands(value, axes, count, args))
		return NULL;
	if (count == 0)
		return hdt_cast(value, dtype);
	hdt_expr node = {.op = HDT_OP_REDUCE, .dtype = (uint8_t)dtype, .reduce = (uint8_t)kind};
	node.accumulate = (uint8_t)(logic ? HDT_BOOL : accumulate);
	const hdt_expr *simpler = simplify_reduce(&node, args, count + 1);
	return simpler ? simpler : expr_intern(value->context, &node, args, count + 1);
}

const hdt_expr *hdt_reduce(hdt_reduce_kind kind, const hdt_expr *const *axes, int count, const hdt_expr *value)
{
	return value ? reduce(kind, dtype_of(value), hdt_dtype_of(dtype_of(value))->accumulate, axes, count, value) : NULL;
}

const hdt_expr *hdt_reduce_in(hdt_reduce_kind kind, hdt_dtype accumulate, const hdt_expr *const *axes, int count,
                              const hdt_expr *value)
{
	return value ? reduce(kind, accumulate, accumulate, axes, count, value) : NULL;
}

const hdt_expr *hdt_arg_reduce(hdt_reduce_kind kind, const hdt_expr *axis, const hdt_expr *value)
{
	const hdt_expr *args[2];
	hdt_expr node = {.op = HDT_OP_ARG_REDUCE, .dtype = HDT_I64, .reduce = (uint8_t)kind};
	if (!value || !axis)
		return NULL;
	if (kind != HDT_REDUCE_MAX && kind != HDT_REDUCE_MIN) {
		hdt_fail(value->context, HDT_INTERNAL, "the index of an extreme is that of max or min");
		return NULL;
	}
	return reduction_operands(value, &axis, 1, args) ? expr_intern(value->context, &node, args, 2) : NULL;
}

/* ---- again ---- */

const hdt_expr *expr_rebuild(const hdt_expr *e, const hdt_expr *const *args)
{
	const hdt_expr *extent;
	hdt_expr node = *e;
	for (int i = 0; i < e->count; i++)
		if (!args[i])
			return NULL;
	switch (e->op) {
	case HDT_OP_CONST:
	case HDT_OP_SYMBOL:
	case HDT_OP_VARIABLE:
		return e;
	case HDT_OP_AXIS:
		extent = as_index(args[0], "the extent of an axis");
		return extent ? expr_intern(e->context, &node, &extent, 1) : NULL;
	case HDT_OP_LOAD:
	case HDT_OP_READ:
	case HDT_OP_ADDRESS:
		return element((hdt_scalar_op)e->op, dtype_of(e), e->tensor, args, e->count);
	case HDT_OP_CALL:
		return expr_intern(e->context, &node, args, e->count);
	case HDT_OP_REDUCE: /* a value of another dtype keeps what the reduction accumulates in and gives */
		return reduce((hdt_reduce_kind)e->reduce, dtype_of(e), (hdt_dtype)e->accumulate, args + 1, e->count - 1,
		              args[0]);
	case HDT_OP_ARG_REDUCE:
		return hdt_arg_reduce((hdt_reduce_kind)e->reduce, args[1], args[0]);
	case HDT_OP_CAST:
		return hdt_cast(args[0], dtype_of(e));
	default:
		return hdt_operation((hdt_scalar_op)e->op, args, e->count);
	}
}

bool hdt_is_const(const hdt_expr *e, int64_t *value)
{
	if (!e || !is_constant(e))
		return false;
	if (!hdt_is_float(dtype_of(e))) {
		*value = e->integer;
		return true;
	}
	if (!(e->real >= -9223372036854775808.0 && e->real < 9223372036854775808.0) || (double)(int64_t)e->real != e->real)
		return false;
	*value = (int64_t)e->real;
	return true;
}
