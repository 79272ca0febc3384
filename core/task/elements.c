/* elements.c: helpers that operators write their computations with: axes over a shape, broadcasting, row-major
 * positions. */
#include "task/build.h"

static const hdt_list nothing = {NULL, 0};

const hdt_expr *hdt_at_list(const hdt_tensor *tensor, hdt_list indices)
{
	return tensor ? hdt_load(tensor, indices.items, indices.count) : NULL;
}

hdt_list hdt_axes(hdt_task *task, hdt_list shape)
{
	if (task_failed(task) || (shape.count && !shape.items))
		return nothing;
	const hdt_expr **axes = hdt_allocate(task->context, (size_t)shape.count * sizeof *axes);
	if (!axes)
		return nothing;
	for (int d = 0; d < shape.count; d++) {
		axes[d] = hdt_axis(hdt_format(task->context, "i%d", d), shape.items[d]);
		if (!axes[d])
			return nothing;
	}
	return (hdt_list){axes, shape.count};
}

/* ---- broadcasting ----------------------------------------------------------------------------------------------- */

static const char *shapes_text(hdt_context *context, const hdt_list *shapes, int count)
{
	text t = {0};
	for (int i = 0; i < count; i++) {
		text_add(&t, i ? ", [" : "[");
		for (int d = 0; d < shapes[i].count; d++) {
			text_add(&t, d ? ", " : "");
			expr_print(&t, shapes[i].items[d]);
		}
		text_add(&t, "]");
	}
	const char *finished = text_finish(&t, context);
	return finished ? finished : "shapes";
}

/* The common size of two dimensions; what only a run can tell becomes a requirement. */
static const hdt_expr *fit(hdt_task *task, const hdt_expr *a, const hdt_expr *b, const hdt_list *shapes, int count)
{
	int64_t value;
	if (is_number(b, 1) || hdt_proves_equal(a, b))
		return a;
	if (is_number(a, 1))
		return b;
	hdt_require(task, hdt_equal(a, b), "the shapes %s do not broadcast: %s differs from %s",
	            shapes_text(task->context, shapes, count), hdt_expr_text(a), hdt_expr_text(b));
	return hdt_is_const(b, &value) ? b : a;
}

hdt_list hdt_broadcast_shapes(hdt_task *task, const hdt_list *shapes, int count)
{
	if (task_failed(task))
		return nothing;
	int rank = 0;
	for (int i = 0; i < count; i++)
		rank = shapes[i].count > rank ? shapes[i].count : rank;
	const hdt_expr **common = hdt_allocate(task->context, (size_t)rank * sizeof *common);
	if (!common)
		return nothing;
	for (int d = 0; d < rank; d++) {
		common[d] = hdt_int(task->context, 1);
		for (int i = 0; i < count && !task_failed(task); i++) {
			int own = d - (rank - shapes[i].count); /* right-aligned */
			if (own >= 0)
				common[d] = fit(task, common[d], shapes[i].items[own], shapes, count);
		}
	}
	return task_failed(task) ? nothing : (hdt_list){common, rank};
}

const hdt_expr *hdt_broadcast_at(const hdt_tensor *x, hdt_list indices)
{
	if (!x || (indices.count && !indices.items))
		return NULL;
	if (indices.count < x->rank || x->rank > HDT_MAX_RANK) {
		if (hdt_context_status(x->context) == HDT_OK)
			hdt_fail(x->context, HDT_INTERNAL, "'%s' of rank %d is read at %d indices", x->name, x->rank,
			         indices.count);
		return NULL;
	}
	const hdt_expr *own[HDT_MAX_RANK];
	for (int d = 0; d < x->rank; d++)
		own[d] = is_number(x->shape[d], 1) ? hdt_int(x->context, 0) : indices.items[indices.count - x->rank + d];
	return hdt_load(x, own, x->rank);
}

/* ---- elementwise operators -------------------------------------------------------------------------------------- */

/* The axes over the broadcast shape of all inputs: one set a task. */
static bool make_elements(task_builder *b)
{
	hdt_context *c = b->task.context;
	if (b->has_elements || task_failed(&b->task))
		return b->has_elements;
	hdt_list *shapes = hdt_allocate(c, (size_t)b->task.input_count * sizeof *shapes);
	if (!shapes)
		return false;
	int count = 0;
	for (int i = 0; i < b->task.input_count; i++)
		if (b->task.inputs[i])
			shapes[count++] = hdt_shape(b->task.inputs[i]);
	b->elements = hdt_axes(&b->task, hdt_broadcast_shapes(&b->task, shapes, count));
	b->has_elements = !task_failed(&b->task);
	return b->has_elements;
}

const hdt_expr *hdt_element(hdt_task *task, int input)
{
	const hdt_tensor *x = hdt_input(task, input);
	if (!x || !make_elements(task_builder_of(task)))
		return NULL;
	return hdt_broadcast_at(x, task_builder_of(task)->elements);
}

void hdt_output_elements(hdt_task *task, const hdt_expr *value)
{
	if (!task_failed(task) && make_elements(task_builder_of(task)))
		hdt_output(task, hdt_compute(task, "out", task_builder_of(task)->elements, value));
}

/* ---- positions -------------------------------------------------------------------------------------------------- */

/* Elements between neighbours along dimension `d`. */
static const hdt_expr *stride(hdt_context *context, hdt_list shape, int d)
{
	return hdt_product(context, (hdt_list){shape.items + d + 1, shape.count - d - 1});
}

const hdt_expr *hdt_product(hdt_context *context, hdt_list shape)
{
	const hdt_expr *product = hdt_int(context, 1);
	for (int d = 0; d < shape.count; d++)
		product = hdt_mul(product, shape.items[d]);
	return product;
}

const hdt_expr *hdt_flatten(hdt_context *context, hdt_list shape, hdt_list indices)
{
	const hdt_expr *position = hdt_int(context, 0);
	if (shape.count != indices.count) {
		if (hdt_context_status(context) == HDT_OK)
			hdt_fail(context, HDT_INTERNAL, "%d indices for a shape of rank %d", indices.count, shape.count);
		return NULL;
	}
	for (int d = 0; d < shape.count; d++)
		position = hdt_add(position, hdt_mul(indices.items[d], stride(context, shape, d)));
	return position;
}

hdt_list hdt_unflatten(hdt_context *context, hdt_list shape, const hdt_expr *position)
{
	const hdt_expr **indices = hdt_allocate(context, (size_t)shape.count * sizeof *indices);
	if (!indices || !position)
		return nothing;
	for (int d = 0; d < shape.count; d++) {
		indices[d] = hdt_floordiv(position, stride(context, shape, d));
		if (d) /* a position lies within the shape: the first index needs no remainder */
			indices[d] = hdt_mod(indices[d], shape.items[d]);
	}
	return (hdt_list){indices, shape.count};
}
