/* statement.c: the builder's statements that have no body: see hidet/script.h. */
#include "script/builder.h"

#include "base/context.h"
#include <string.h>

/* ---- buffers and views -------------------------------------------------------------------------------------------- */

static bool layout_fits(hdt_function *function, const char *name, hdt_list shape, const hdt_layout *layout)
{
	bool fits = !layout || layout->rank == shape.count;
	for (int d = 0; layout && fits && d < shape.count; d++) {
		int64_t extent;
		fits = hdt_is_const(shape.items[d], &extent) && extent == layout->shape[d];
	}
	if (!fits)
		hdt_fail(function->program->context, HDT_BAD_MODEL,
		         "function @%s: the shape of %s is not that of its layout %s", function->name, name,
		         hdt_layout_text(layout));
	return fits;
}

const hdt_tensor *hdt_buffer(hdt_function *function, const char *name, hdt_dtype dtype, hdt_list shape,
                             const hdt_buffer_options *options)
{
	if (!function_usable(function) || !layout_fits(function, name, shape, options->layout))
		return NULL;
	hdt_tensor *t = buffer_make(function->program->context, name, dtype, shape, options->scope);
	if (!t)
		return NULL;
	t->dynamic = options->dynamic;
	t->bits = options->bits;
	t->layout = options->layout;
	const hdt_expr *start = options->start ? hdt_cast(options->start, dtype) : NULL;
	if (options->start && !start)
		return NULL;
	return stmt_append(function, (hdt_stmt){.kind = HDT_STMT_BUFFER, .tensor = t, .value = start}) ? t : NULL;
}

const hdt_tensor *hdt_local(hdt_function *function, const char *name, hdt_dtype dtype, hdt_list shape)
{
	return hdt_buffer(function, name, dtype, shape, &(hdt_buffer_options){.scope = HDT_SCOPE_REGISTER});
}

static bool rank_fits(hdt_function *function, const char *view, int rank)
{
	if (rank > HDT_MAX_RANK)
		hdt_fail(function->program->context, HDT_BAD_MODEL,
		         "function @%s: the view %s has %d dimensions, at most %d are possible", function->name, view, rank,
		         HDT_MAX_RANK);
	return rank <= HDT_MAX_RANK;
}

const hdt_tensor *hdt_view(hdt_function *function, const char *name, hdt_list axes, const hdt_tensor *base,
                           hdt_list indices)
{
	const hdt_expr *extents[HDT_MAX_RANK], *at[HDT_MAX_RANK];
	if (!function_usable(function) || !base)
		return NULL;
	hdt_context *context = function->program->context;
	if (indices.count != base->rank) {
		hdt_fail(context, HDT_BAD_MODEL, "function @%s: the view %s gives %d indices for %s, whose rank is %d",
		         function->name, name, indices.count, base->name, base->rank);
		return NULL;
	}
	if (!rank_fits(function, name, axes.count))
		return NULL;
	for (int d = 0; d < axes.count; d++) {
		if (!axes.items[d])
			return NULL;
		if (axes.items[d]->op != HDT_OP_AXIS) {
			hdt_fail(context, HDT_INTERNAL,
			         "function @%s: dimension %d of the view %s is given by %s, which is no axis", function->name, d,
			         name, hdt_expr_text(axes.items[d]));
			return NULL;
		}
		extents[d] = axes.items[d]->args[0];
	}
	for (int d = 0; d < indices.count; d++)
		at[d] = hdt_cast(indices.items[d], HDT_I64);
	hdt_tensor *t = buffer_make(context, name, base->dtype, (hdt_list){extents, axes.count}, base->scope);
	const hdt_expr *const *kept = list_copy(context, axes);
	const hdt_expr *const *base_indices = list_copy(context, (hdt_list){at, indices.count});
	if (!t || !kept || !base_indices)
		return NULL;
	t->axes = kept;
	t->bits = base->bits;
	t->base = base;
	t->base_indices = base_indices;
	return stmt_append(function, (hdt_stmt){.kind = HDT_STMT_VIEW, .tensor = t}) ? t : NULL;
}

const hdt_tensor *hdt_view_as(hdt_function *function, const char *name, const hdt_tensor *pointer, hdt_list shape)
{
	static const char *const names[HDT_MAX_RANK] = {"i", "j", "k", "l", "m", "n", "o", "p"};
	const hdt_expr *axes[HDT_MAX_RANK], *position = NULL;
	if (!function_usable(function) || !pointer || !rank_fits(function, name, shape.count))
		return NULL;
	if (pointer->rank != 1) {
		hdt_fail(function->program->context, HDT_BAD_MODEL, "function @%s: %s has a shape: only a pointer is given one",
		         function->name, pointer->name);
		return NULL;
	}
	for (int d = 0; d < shape.count; d++) {
		axes[d] = hdt_axis(names[d], shape.items[d]);
		if (!axes[d])
			return NULL;
		position = position ? hdt_add(hdt_mul(position, axes[d]->args[0]), axes[d]) : axes[d];
	}
	position = position ? position : hdt_int(function->program->context, 0);
	return hdt_view(function, name, (hdt_list){axes, shape.count}, pointer, (hdt_list){&position, 1});
}

const hdt_expr *hdt_map(hdt_function *function, const char *name, const hdt_tensor_map *map)
{
	if (!function_usable(function) || !map->tensor)
		return NULL;
	hdt_context *context = function->program->context;
	if (function_builder_of(function)->open->outer) {
		hdt_fail(context, HDT_BAD_MODEL, "function @%s: the tensor map %s is made within a loop or a branch",
		         function->name, name);
		return NULL;
	}
	hdt_tensor_map *copy = hdt_allocate(context, sizeof *copy);
	const hdt_expr *variable = expr_variable(context, name, HDT_U64);
	if (!copy || !variable)
		return NULL;
	*copy = *map;
	return stmt_append(function, (hdt_stmt){.kind = HDT_STMT_MAP, .axis = variable, .map = copy}) ? variable : NULL;
}

/* ---- stores, values, calls ---------------------------------------------------------------------------------------- */

static void store(hdt_function *function, const hdt_tensor *buffer, hdt_list indices, const hdt_expr *value,
                  bool protect)
{
	const hdt_expr *at[HDT_MAX_RANK];
	if (!function_usable(function) || !buffer || !value)
		return;
	hdt_context *context = function->program->context;
	if (indices.count != buffer->rank) {
		hdt_fail(context, HDT_INTERNAL, "function @%s: a store to %s with %d indices, its rank is %d", function->name,
		         buffer->name, indices.count, buffer->rank);
		return;
	}
	for (int d = 0; d < indices.count; d++)
		at[d] = hdt_cast(indices.items[d], HDT_I64);
	const hdt_expr *const *copy = list_copy(context, (hdt_list){at, indices.count});
	const hdt_expr *converted = hdt_cast(value, buffer->dtype);
	if (copy && converted)
		stmt_append(
			function,
			(hdt_stmt){
				.kind = HDT_STMT_STORE, .tensor = buffer, .indices = copy, .value = converted, .protect = protect});
}

void hdt_store(hdt_function *function, const hdt_tensor *buffer, hdt_list indices, const hdt_expr *value)
{
	store(function, buffer, indices, value, false);
}

void hdt_write(hdt_function *function, const hdt_tensor *buffer, hdt_list indices, const hdt_expr *value)
{
	store(function, buffer, indices, value, true);
}

const hdt_expr *hdt_let(hdt_function *function, const char *name, const hdt_expr *value)
{
	if (!function_usable(function) || !value)
		return NULL;
	hdt_context *context = function->program->context;
	if (value->dtype == HDT_DTYPE_NONE) {
		hdt_fail(context, HDT_BAD_MODEL, "function @%s: %s is a name for what gives no value", function->name, name);
		return NULL;
	}
	const hdt_expr *variable = expr_variable(context, name, (hdt_dtype)value->dtype);
	if (!variable || !stmt_append(function, (hdt_stmt){.kind = HDT_STMT_LET, .axis = variable, .value = value}))
		return NULL;
	return variable;
}

void hdt_do(hdt_function *function, const char *intrinsic, hdt_list operands)
{
	if (!function_usable(function))
		return;
	const hdt_expr *call = hdt_intrinsic_call(function->program->context, intrinsic, operands);
	if (call)
		stmt_append(function, (hdt_stmt){.kind = HDT_STMT_EVALUATE, .value = call});
}

void hdt_assert(hdt_function *function, const hdt_expr *condition, const char *message)
{
	if (!function_usable(function) || !condition)
		return;
	const char *kept = hdt_intern(function->program->context, message ? message : "");
	if (kept)
		stmt_append(function, (hdt_stmt){.kind = HDT_STMT_ASSERT, .value = condition, .text = kept});
}

static const hdt_operand *copy_operands(hdt_context *context, const hdt_operand *operands, int count)
{
	hdt_operand *copy = hdt_allocate(context, (size_t)(count + 1) * sizeof *copy);
	for (int i = 0; copy && i < count; i++) {
		copy[i] = operands[i];
		if (!copy[i].tensor && !copy[i].value)
			return NULL;
		if (copy[i].constraint && !(copy[i].constraint = hdt_intern(context, copy[i].constraint)))
			return NULL;
	}
	return copy;
}

void hdt_asm(hdt_function *function, const char *assembly, const hdt_operand *operands, int count)
{
	if (!function_usable(function))
		return;
	const hdt_operand *copy = copy_operands(function->program->context, operands, count);
	const char *kept = hdt_intern(function->program->context, assembly);
	if (copy && kept)
		stmt_append(function, (hdt_stmt){.kind = HDT_STMT_ASM, .text = kept, .operands = copy, .operand_count = count});
}

/* The operands as the callee's parameters want them; NULL after a fault. */
static const hdt_operand *bind_operands(hdt_function *function, const hdt_function *callee, const hdt_operand *operands,
                                        int count)
{
	hdt_context *context = function->program->context;
	if (count != callee->parameter_count + callee->scalar_count) {
		hdt_fail(context, HDT_BAD_MODEL, "@%s takes %d buffers and %d values, %d operands were given", callee->name,
		         callee->parameter_count, callee->scalar_count, count);
		return NULL;
	}
	hdt_operand *copy = (hdt_operand *)(uintptr_t)copy_operands(context, operands, count);
	for (int i = 0; copy && i < count; i++) {
		int at = i - callee->parameter_count;
		const char *name = at < 0 ? callee->parameters[i]->name : callee->scalars[at]->name;
		bool fits =
			at < 0 ? copy[i].tensor && copy[i].tensor->dtype == callee->parameters[i]->dtype : copy[i].value != NULL;
		if (!fits) {
			hdt_fail(context, HDT_BAD_MODEL, "@%s: its parameter %s takes %s%s", callee->name, name,
			         at < 0 ? "a buffer of " : "a value",
			         at < 0 ? hdt_dtype_of(callee->parameters[i]->dtype)->name : "");
			return NULL;
		}
		if (at >= 0 && !(copy[i].value = hdt_cast(copy[i].value, (hdt_dtype)callee->scalars[at]->dtype)))
			return NULL;
	}
	return copy;
}

static void call(hdt_function *function, hdt_stmt_kind kind, const hdt_function *callee, const hdt_operand *operands,
                 int count)
{
	if (!function_usable(function) || !callee)
		return;
	const hdt_operand *bound = bind_operands(function, callee, operands, count);
	if (bound)
		stmt_append(function, (hdt_stmt){.kind = kind, .function = callee, .operands = bound, .operand_count = count});
}

void hdt_call_function(hdt_function *function, const hdt_function *callee, const hdt_operand *operands, int count)
{
	call(function, HDT_STMT_CALL, callee, operands, count);
}

void hdt_launch_kernel(hdt_function *function, const hdt_function *kernel, const hdt_operand *operands, int count)
{
	call(function, HDT_STMT_LAUNCH, kernel, operands, count);
}
