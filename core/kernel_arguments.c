/* kernel_arguments.c: the arguments of a run of a kernel: sorted to its parameters, converted, checked against each other.
 *
 *     (x: f32[n, 7], s: f32) given x of 5 x 7 and s = 2   ->   n = 5, s = 2.0 */
#include "core/kernel.h"

#include <stdlib.h>
#include <string.h>

/* A fault of one parameter. */
static hdt_status refuse(const hdt_kernel *k, const char *name, const char *format, ...) HDT_PRINTF(3, 4);
static hdt_status refuse(const hdt_kernel *k, const char *name, const char *format, ...)
{
	va_list args;
	va_start(args, format);
	const char *what = context_vformat(k->diagnostics, format, args);
	va_end(args);
	return hdt_fail(k->diagnostics, HDT_BAD_INPUT, "kernel @%s: '%s' %s", k->loaded.program->name, name, what);
}

hdt_status kernel_arguments_init(kernel_arguments *a, hdt_kernel *kernel)
{
	const hdt_program *p = kernel->loaded.program;
	size_t sizes = (size_t)(p->symbol_count + p->scalar_count);
	*a = (kernel_arguments){.count = 0};
	a->arrays = calloc((size_t)kernel->array_count + 1, sizeof *a->arrays);
	a->names = calloc(sizes + 1, sizeof *a->names);
	a->values = calloc(sizes + 1, sizeof *a->values);
	if (a->arrays && a->names && a->values)
		return HDT_OK;
	kernel_arguments_fini(a);
	return hdt_fail(kernel->diagnostics, HDT_OUT_OF_MEMORY, "out of memory");
}

void kernel_arguments_fini(kernel_arguments *a)
{
	free(a->arrays);
	free(a->names);
	free(a->values);
	*a = (kernel_arguments){.count = 0};
}

/* ---- numbers --------------------------------------------------------------------------------------------------------- */

static bool is_known(const kernel_arguments *a, const hdt_expr *name)
{
	for (int i = 0; i < a->count; i++)
		if (a->names[i] == name)
			return true;
	return false;
}

/* There is room for each name once. */
static void learn(kernel_arguments *a, const hdt_expr *name, int64_t bits)
{
	a->names[a->count] = name;
	a->values[a->count++] = bits;
}

static hdt_status check_range(const hdt_kernel *k, const hdt_expr *symbol, int64_t value)
{
	int64_t min = 0, max = INT64_MAX;
	if (symbol->op != HDT_OP_SYMBOL || !hdt_is_const(symbol->args[0], &min) || !hdt_is_const(symbol->args[1], &max) ||
	    (value >= min && value <= max))
		return HDT_OK;
	return refuse(k, symbol->name, "is %lld, outside of its range %lld..%lld", (long long)value, (long long)min,
	              (long long)max);
}

/* Take the number for a scalar or a symbol. */
static hdt_status take_number(kernel_arguments *a, const hdt_kernel *k, const hdt_expr *name,
                              const hdt_kernel_argument *given)
{
	hdt_dtype dtype = (hdt_dtype)name->dtype;
	scalar value = {.i = given->integer};
	if (given->array)
		return refuse(k, name->name, "is a number of %s, not an array", hdt_dtype_of(dtype)->name);
	if (is_known(a, name))
		return refuse(k, name->name, "is given twice");
	if (hdt_is_float(dtype)) {
		if (given->integer)
			return refuse(k, name->name, "is a number of %s: give it as `real`", hdt_dtype_of(dtype)->name);
		value = scalar_cast((scalar){.f = given->real}, HDT_F64, dtype);
	} else {
		if (given->real != 0)
			return refuse(k, name->name, "is a number of %s: give it as `integer`", hdt_dtype_of(dtype)->name);
		scalar converted = scalar_cast(value, HDT_I64, dtype);
		if (converted.i != value.i)
			return refuse(k, name->name, "is %lld, which does not fit %s", (long long)value.i,
			              hdt_dtype_of(dtype)->name);
	}
	hdt_status status = check_range(k, name, value.i);
	if (status == HDT_OK)
		learn(a, name, value.i);
	return status;
}

/* ---- sorting --------------------------------------------------------------------------------------------------------- */

static const hdt_expr *find_symbol(const hdt_program *p, const char *name)
{
	for (int i = 0; i < p->symbol_count; i++)
		if (strcmp(p->symbols[i]->name, name) == 0)
			return p->symbols[i];
	return NULL;
}

static int find_parameter(const hdt_kernel *k, const char *name)
{
	for (int i = 0; i < k->parameter_count; i++)
		if (strcmp(k->parameters[i].name, name) == 0)
			return i;
	return -1;
}

static hdt_status refuse_unknown(const hdt_kernel *k, const char *name)
{
	text known = {0};
	for (int i = 0; i < k->parameter_count; i++)
		text_format(&known, "%s%s", i ? ", " : "", k->parameters[i].name);
	hdt_status status = refuse(k, name, "is no parameter; there is: %s", known.data ? known.data : "none");
	text_free(&known);
	return status;
}

static hdt_status take_array(kernel_arguments *a, const hdt_kernel *k, int index, const hdt_kernel_argument *given)
{
	const hdt_kernel_parameter *p = &k->parameters[index];
	if (!given->array)
		return refuse(k, p->name, "is an array of %s, not a number", hdt_dtype_of(p->dtype)->name);
	if (a->arrays[index])
		return refuse(k, p->name, "is given twice");
	if (given->array->dtype != p->dtype)
		return refuse(k, p->name, "must be %s, not %s", hdt_dtype_of(p->dtype)->name,
		              (unsigned)given->array->dtype < HDT_DTYPE_COUNT ? hdt_dtype_of(given->array->dtype)->name
		                                                              : "something else");
	if (given->array->rank < 0 || given->array->rank > HDT_MAX_RANK || (p->rank >= 0 && given->array->rank != p->rank))
		return refuse(k, p->name, "must have %d dimensions, not %d", p->rank, given->array->rank);
	a->arrays[index] = given->array;
	return HDT_OK;
}

hdt_status kernel_arguments_sort(kernel_arguments *a, hdt_kernel *k, const hdt_kernel_argument *arguments, int count)
{
	const hdt_program *p = k->loaded.program;
	hdt_status status = HDT_OK;
	for (int i = 0; i < count && status == HDT_OK; i++) {
		const hdt_kernel_argument *given = &arguments[i];
		int index = given->name ? find_parameter(k, given->name) : i;
		const hdt_expr *symbol = index < 0 ? find_symbol(p, given->name) : NULL;
		if (symbol)
			status = take_number(a, k, symbol, given);
		else if (index < 0)
			status = refuse_unknown(k, given->name);
		else if (index >= k->parameter_count)
			status = hdt_fail(k->diagnostics, HDT_BAD_INPUT, "kernel @%s takes %d arguments, and there are %d", p->name,
			                  k->parameter_count, count);
		else if (k->parameters[index].is_array)
			status = take_array(a, k, index, given);
		else
			status = take_number(a, k, p->scalars[index - k->array_count], given);
	}
	return status;
}

/* ---- sizes ----------------------------------------------------------------------------------------------------------- */

/* Dimensions that are a symbol tell it. */
static hdt_status infer_symbols(kernel_arguments *a, const hdt_kernel *k)
{
	const hdt_program *p = k->loaded.program;
	hdt_status status = HDT_OK;
	for (int i = 0; i < k->array_count; i++)
		for (int d = 0; k->parameters[i].rank >= 0 && d < k->parameters[i].rank && status == HDT_OK; d++) {
			const hdt_expr *dim = p->buffers[i]->shape[d];
			if (dim->op != HDT_OP_SYMBOL || is_known(a, dim))
				continue;
			status = check_range(k, dim, a->arrays[i]->shape[d]);
			if (status == HDT_OK)
				learn(a, dim, a->arrays[i]->shape[d]);
		}
	return status;
}

static hdt_status check_shapes(const kernel_arguments *a, const hdt_kernel *k)
{
	const bindings b = kernel_arguments_known(a);
	for (int i = 0; i < k->array_count; i++)
		for (int d = 0; d < a->arrays[i]->rank; d++) {
			const hdt_kernel_parameter *p = &k->parameters[i];
			int64_t got = a->arrays[i]->shape[d], want = got;
			if (p->rank >= 0 && !expr_evaluate(k->loaded.program->buffers[i]->shape[d], &b, &want))
				return refuse(k, p->name, "has a dimension %d that cannot be computed: %s", d,
				              hdt_expr_text(k->loaded.program->buffers[i]->shape[d]));
			if (got != want || got < 0)
				return refuse(k, p->name, "has size %lld in dimension %d, where the other arguments give %lld",
				              (long long)got, d, (long long)want);
		}
	return HDT_OK;
}

hdt_status kernel_arguments_complete(kernel_arguments *a, hdt_kernel *k)
{
	const hdt_program *p = k->loaded.program;
	for (int i = 0; i < k->parameter_count; i++) {
		bool given = i < k->array_count ? a->arrays[i] != NULL : is_known(a, p->scalars[i - k->array_count]);
		if (!given)
			return refuse(k, k->parameters[i].name, "is not given: it is %s of %s",
			              k->parameters[i].is_array ? "an array" : "a number",
			              hdt_dtype_of(k->parameters[i].dtype)->name);
	}
	hdt_status status = infer_symbols(a, k);
	for (int i = 0; i < p->symbol_count && status == HDT_OK; i++)
		if (!is_known(a, p->symbols[i]))
			status = refuse(k, p->symbols[i]->name, "is a size that no array tells: give it as a number");
	return status == HDT_OK ? check_shapes(a, k) : status;
}
