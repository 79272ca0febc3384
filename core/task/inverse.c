/* inverse.c: inverse maps: where the elements of an input land in an output.
 *
 * A map is derived for an input that is read in one place, outside reductions, at the output's axes in any order, each
 * plus an offset:
 *     y[i, j] = exp(x[j, i + 2])        gives        x[a, b] -> y[b - 2, a]
 * A map says where an element lands if it lands at all: with offsets it may point outside the output, and an output may
 * have other elements besides. Who fuses through a map checks that the element counts are equal. */
#include "task/build.h"
#include "task/check.h"

/* ---- values without intermediate tensors ------------------------------------------------------------------------ */

/* Values per tensor of the task, with loads of earlier tensors that hold no reduction replaced by their values. */
typedef struct inliner {
	const hdt_task *task;
	const hdt_expr **values;
	bool *is_inlined; /* the tensor holds no reduction */
} inliner;

static int tensor_index(const hdt_task *task, const hdt_tensor *t)
{
	for (int i = 0; i < task->tensor_count; i++)
		if (task->tensors[i] == t)
			return i;
	return -1;
}

static const hdt_expr *replace_load(const hdt_expr *e, void *closure)
{
	const inliner *in = closure;
	int index = e->op == HDT_OP_LOAD ? tensor_index(in->task, e->tensor) : -1;
	if (index < 0 || !in->is_inlined[index] || !in->values[index])
		return NULL;
	return hdt_substitute(in->values[index], e->tensor->axes, e->args, e->count);
}

static bool has_reduction(const hdt_expr *e)
{
	return expr_contains_op(e, HDT_OP_REDUCE) || expr_contains_op(e, HDT_OP_ARG_REDUCE);
}

static bool inline_values(const hdt_task *task, inliner *in)
{
	*in = (inliner){.task = task};
	in->values = hdt_allocate(task->context, (size_t)task->tensor_count * sizeof *in->values);
	in->is_inlined = hdt_allocate(task->context, (size_t)task->tensor_count);
	if (!in->values || !in->is_inlined)
		return false;
	for (int i = 0; i < task->tensor_count; i++) {
		const hdt_expr *value = task->tensors[i]->value;
		in->values[i] = i ? expr_map(value, replace_load, in) : value;
		if (!in->values[i])
			return false;
		in->is_inlined[i] = !has_reduction(value);
	}
	return true;
}

/* ---- reads of one input ----------------------------------------------------------------------------------------- */

typedef struct reads {
	const hdt_tensor *input;
	const hdt_expr *load; /* the last one found */
	int count;            /* of different loads */
	bool reduced;         /* one of them stands in a reduction */
} reads;

static void find_read(const hdt_expr *e, void *closure)
{
	reads *r = closure;
	if (e->op == HDT_OP_LOAD && e->tensor == r->input && e != r->load) {
		r->load = e;
		r->count++;
	}
}

static void find_reduced(const hdt_expr *e, void *closure)
{
	reads *r = closure;
	if (expr_is_reduction(e) && r->load && !r->reduced)
		r->reduced = expr_contains(e, r->load);
}

/* The output that alone reads the input, at one place; NULL when there is none. */
static const hdt_tensor *only_reader(const inliner *in, const hdt_tensor *input, const hdt_expr **load)
{
	const hdt_task *task = in->task;
	const hdt_tensor *reader = NULL;
	for (int i = 0; i < task->tensor_count; i++) {
		bool is_output = false;
		for (int o = 0; o < task->output_count; o++)
			is_output |= task->outputs[o] == task->tensors[i];
		if (in->is_inlined[i] && !is_output)
			continue;
		reads r = {.input = input};
		expr_walk(in->values[i], find_read, &r);
		expr_walk(in->values[i], find_reduced, &r);
		if (!r.count)
			continue;
		if (reader || !is_output || r.count > 1 || r.reduced)
			return NULL;
		reader = task->tensors[i];
		*load = r.load;
	}
	return reader;
}

/* ---- deriving --------------------------------------------------------------------------------------------------- */

/* Is `index` axis + offset, or the axis alone? */
static bool split(const hdt_expr *index, const hdt_expr **axis, const hdt_expr **offset)
{
	if (index->op == HDT_OP_AXIS) {
		*axis = index;
		*offset = hdt_int(index->context, 0);
		return *offset != NULL;
	}
	if (index->op != HDT_OP_ADD && index->op != HDT_OP_SUB)
		return false;
	bool swapped = index->op == HDT_OP_ADD && index->args[0]->op != HDT_OP_AXIS;
	*axis = index->args[swapped];
	*offset = index->op == HDT_OP_ADD ? index->args[!swapped] : hdt_neg(index->args[1]);
	return (*axis)->op == HDT_OP_AXIS && *offset && !expr_contains_op(*offset, HDT_OP_AXIS) &&
	       !expr_contains_op(*offset, HDT_OP_LOAD);
}

/* Fill in the output's indices over the map's axes; false when the load is not of the simple form. */
static bool invert(const hdt_expr *load, const hdt_tensor *output, const hdt_expr *const *axes,
                   const hdt_expr **indices)
{
	for (int d = 0; d < load->count; d++) {
		const hdt_expr *axis, *offset;
		if (is_number(load->args[d], 0) && is_number(load->tensor->shape[d], 1))
			continue;
		if (!split(load->args[d], &axis, &offset))
			return false;
		int at = 0;
		while (at < output->rank && output->axes[at] != axis)
			at++;
		if (at == output->rank || indices[at])
			return false;
		indices[at] = hdt_sub(axes[d], offset);
		if (!indices[at])
			return false;
	}
	for (int i = 0; i < output->rank; i++) {
		if (!indices[i] && !is_number(output->shape[i], 1))
			return false;
		if (!indices[i])
			indices[i] = hdt_int(output->context, 0);
	}
	return true;
}

static void derive(task_builder *b, const inliner *in, const hdt_tensor *input)
{
	hdt_task *task = &b->task;
	const hdt_expr *load = NULL;
	const hdt_tensor *output = only_reader(in, input, &load);
	for (int i = 0; i < b->declared_inverse_count; i++)
		if (b->inverses.items[i].input == input && b->inverses.items[i].output == output)
			return;
	if (!output)
		return;
	hdt_list axes = hdt_axes(task, hdt_shape(input));
	const hdt_expr **indices = hdt_allocate(task->context, (size_t)output->rank * sizeof *indices);
	if ((!axes.items && input->rank) || !indices || !invert(load, output, axes.items, indices))
		return;
	hdt_inverse_map m = {input, output, axes.items, indices};
	if (!vec_push(task->context, &b->inverses, m))
		return;
	task->inverses = b->inverses.items;
	task->inverse_count = b->inverses.count;
}

void task_derive_inverses(hdt_task *task)
{
	inliner in;
	if (task_failed(task) || !inline_values(task, &in))
		return;
	for (int i = 0; i < task->input_count; i++)
		if (task->inputs[i])
			derive(task_builder_of(task), &in, task->inputs[i]);
}

/* ---- checking what was declared --------------------------------------------------------------------------------- */

typedef struct inverse_check {
	const hdt_task *task;
	const hdt_inverse_map *map;
	bool *reads_input; /* per tensor: it depends on the map's input */
	int current;       /* find_dependence: the tensor looked at */
	int loads;
	bool wrong;
} inverse_check;

static void find_dependence(const hdt_expr *e, void *closure)
{
	inverse_check *c = closure;
	if (e->op != HDT_OP_LOAD)
		return;
	int from = tensor_index(c->task, e->tensor);
	c->reads_input[c->current] |= e->tensor == c->map->input || (from >= 0 && c->reads_input[from]);
}

static void check_load(const hdt_expr *e, void *closure)
{
	inverse_check *c = closure;
	if (e->op != HDT_OP_LOAD || c->wrong)
		return;
	int from = tensor_index(c->task, e->tensor);
	c->wrong = from >= 0 && c->reads_input[from]; /* more of the input than one element, by way of a reduction */
	if (e->tensor != c->map->input)
		return;
	c->loads++;
	bool proved = true, probed = true;
	for (int d = 0; d < e->count; d++) {
		proved = proved && hdt_proves_equal(e->args[d], c->map->axes[d]);
		probed = probed && !expr_contains_op(e->args[d], HDT_OP_LOAD) && !has_reduction(e->args[d]);
	}
	hdt_list axes = {c->map->axes, e->count}, got = {e->args, e->count};
	c->wrong = !proved && !(probed && probe_equal(c->task, axes, got, axes));
}

bool inverse_holds(const hdt_task *task, const hdt_inverse_map *map)
{
	inliner in;
	int output = tensor_index(task, map->output);
	if (output < 0 || !inline_values(task, &in))
		return false;
	const hdt_expr *landed = hdt_substitute(in.values[output], map->output->axes, map->indices, map->output->rank);
	inverse_check c = {.task = task, .map = map};
	c.reads_input = hdt_allocate(task->context, (size_t)task->tensor_count);
	if (!landed || !c.reads_input)
		return false;
	for (; c.current < task->tensor_count; c.current++)
		expr_walk(in.values[c.current], find_dependence, &c);
	expr_walk(landed, check_load, &c);
	return c.loads > 0 && !c.wrong;
}
