/* cuda_kernel.c: the frame that all kernels share: function, indices with names, guards. */
#include "cuda.h"

bool kernel_begin(nest *n, plan *p, const group *g, const hdt_expr *blocks, int64_t threads)
{
	const stage *last = &p->stages[g->first + g->count - 1];
	*n = (nest){.plan = p, .context = p->context, .open = {.context = p->context}};
	n->function = hdt_function_new(p->program, last->tensor->name, HDT_FUNCTION_CUDA);
	if (!n->function || !blocks)
		return false;
	group_use_buffers(n, g);
	hdt_function_grid(n->function, HDT_AT(blocks), HDT_AT(hdt_int(p->context, threads)));
	return hdt_context_status(p->context) == HDT_OK && expr_list_add(&n->open, kernel_block(n)) &&
	       expr_list_add(&n->open, kernel_thread(n));
}

const hdt_expr *kernel_block(const nest *n)
{
	return n->function->block_at[0];
}

const hdt_expr *kernel_thread(const nest *n)
{
	return n->function->thread_at[0];
}

const hdt_expr *kernel_index(nest *n, const char *name, const hdt_expr *index)
{
	bool plain = index && (index->op == HDT_OP_CONST || index->op == HDT_OP_AXIS || index->op == HDT_OP_VARIABLE);
	return !index || plain ? index : hdt_let(n->function, name, index);
}

bool kernel_unflatten(nest *n, hdt_list shape, const hdt_expr *position, const hdt_expr **out)
{
	hdt_list at = hdt_unflatten(n->context, shape, position);
	for (int i = 0; i < shape.count && at.items; i++)
		out[i] = at.items[i];
	return hdt_context_status(n->context) == HDT_OK;
}

bool kernel_reads_along(const hdt_expr *load, const hdt_expr *axis)
{
	const hdt_expr *position = hdt_flatten(load->context, hdt_shape(load->tensor), (hdt_list){load->args, load->count});
	int64_t factor;
	return position && depends_on(position, axis) && linear_factor(position, axis, &factor) && factor == 1;
}

static bool is_needed(const hdt_expr *condition)
{
	int64_t value;
	return condition && !(hdt_is_const(condition, &value) && value);
}

void kernel_guard(nest *n, const hdt_expr *condition)
{
	if (is_needed(condition))
		hdt_begin_if(n->function, condition);
}

void kernel_unguard(nest *n, const hdt_expr *condition)
{
	if (is_needed(condition))
		hdt_end(n->function);
}

const hdt_expr *kernel_step(const hdt_expr *reduce, const hdt_expr *accumulator, const hdt_expr *value)
{
	const hdt_expr *product = value;
	while (product && product->op == HDT_OP_CAST && hdt_is_float((hdt_dtype)product->args[0]->dtype))
		product = product->args[0];
	bool exact = product && product->op == HDT_OP_MUL && hdt_dtype_of((hdt_dtype)product->dtype)->bytes == 2;
	if (exact && reduce_dtype(reduce) == HDT_F32)
		value = hdt_mul(hdt_cast(product->args[0], HDT_F32), hdt_cast(product->args[1], HDT_F32));
	return reduce_step(reduce, accumulator, value);
}
