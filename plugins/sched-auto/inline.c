/* inline.c: decides which tensors of a task are computed into memory, and writes the others into their readers.
 *
 *     e[i, j] = x[i, j] - m[i]; y[i, j] = e[i, j] * e[i, j]     ->     y[i, j] = (x[i, j] - m[i]) * (x[i, j] - m[i])
 *
 * A tensor is written into its readers when that repeats no work, or hardly any. Reductions get axes of their own on the way, so that no
 * axis means two things in an expression. */
#include "auto.h"

#define CHEAP 8 /* operations that are done again rather than stored */

static int index_of(const hdt_task *task, const hdt_tensor *tensor)
{
	for (int i = 0; i < task->tensor_count; i++)
		if (task->tensors[i] == tensor)
			return i;
	return -1;
}

static bool is_alias(const hdt_task *task, const hdt_tensor *tensor)
{
	for (int o = 0; o < task->output_count; o++)
		if (task->outputs[o] == tensor && task->aliases && task->aliases[o] >= 0)
			return true;
	return false;
}

static bool is_output(const hdt_task *task, const hdt_tensor *tensor)
{
	for (int o = 0; o < task->output_count; o++)
		if (task->outputs[o] == tensor)
			return true;
	return false;
}

static int operation_cost(const hdt_expr *e)
{
	if ((e->op >= HDT_OP_SQRT && e->op <= HDT_OP_ERFC) || e->op == HDT_OP_POW || e->op == HDT_OP_ATAN2)
		return 2 * CHEAP;
	return e->op >= HDT_OP_LOAD;
}

/* Scalar operations for one element; -1 when there is a reduction. */
static int element_cost(const hdt_expr *value)
{
	expr_list nodes = {0};
	int cost = 0;
	expr_nodes(value, &nodes);
	for (int i = 0; i < nodes.count; i++) {
		if (is_reduce(nodes.items[i]))
			return -1;
		cost += operation_cost(nodes.items[i]);
	}
	return cost;
}

/* The reads of a tensor by all others. */
typedef struct reads {
	int count;
	const hdt_expr *load; /* one of them */
	const hdt_tensor *reader;
	bool reduced;              /* it stands within a reduction */
	const hdt_expr *evaluated; /* how often it is evaluated */
} reads;

static void add_read(reads *r, const hdt_tensor *reader, const expr_list *nodes, const hdt_expr *load)
{
	r->count++;
	r->load = load;
	r->reader = reader;
	r->evaluated = hdt_product(reader->context, hdt_shape(reader));
	for (int i = 0; i < nodes->count; i++) {
		const hdt_expr *reduce = nodes->items[i];
		if (!is_reduce(reduce) || !depends_on(reduce->args[0], load))
			continue;
		r->reduced = true;
		for (int a = 1; a < reduce->count; a++)
			r->evaluated = hdt_mul(r->evaluated, reduce->args[a]->args[0]);
	}
}

static reads find_reads(const hdt_task *task, const hdt_tensor *tensor)
{
	reads r = {0};
	for (int t = index_of(task, tensor) + 1; t < task->tensor_count; t++) {
		expr_list nodes = {0};
		expr_nodes(task->tensors[t]->value, &nodes);
		for (int i = 0; i < nodes.count; i++)
			if (nodes.items[i]->op == HDT_OP_LOAD && nodes.items[i]->tensor == tensor)
				add_read(&r, task->tensors[t], &nodes, nodes.items[i]);
	}
	return r;
}

/* Are the indices distinct axes of the reader, or constants? */
static bool reads_in_place(const reads *r)
{
	for (int d = 0; d < r->load->count; d++) {
		const hdt_expr *index = r->load->args[d];
		if (index->op == HDT_OP_CONST)
			continue;
		for (int before = 0; before < d; before++)
			if (r->load->args[before] == index)
				return false;
		bool found = false;
		for (int a = 0; a < r->reader->rank; a++)
			found |= r->reader->axes[a] == index;
		if (!found)
			return false;
	}
	return true;
}

static bool worth_inlining(const hdt_task *task, const hdt_tensor *tensor, const hdt_expr *value)
{
	if (is_alias(task, tensor))
		return true;
	int cost = element_cost(value);
	if (cost >= 0 && cost <= CHEAP)
		return true;
	reads r = find_reads(task, tensor);
	if (r.count != 1 || is_output(task, tensor))
		return false;
	if (!hdt_proves_equal(r.evaluated, hdt_product(tensor->context, hdt_shape(tensor))))
		return false;
	return cost >= 0 || (!r.reduced && reads_in_place(&r));
}

/* The values of inlined tensors, by index in the task; NULL for the others. */
typedef struct inliner {
	const hdt_task *task;
	const hdt_expr **values;
} inliner;

static const hdt_expr *inline_load(const hdt_expr *node, void *closure)
{
	const inliner *in = closure;
	int index = node->op == HDT_OP_LOAD ? index_of(in->task, node->tensor) : -1;
	if (index < 0 || !in->values[index])
		return NULL;
	return hdt_substitute(in->values[index], node->tensor->axes, node->args, node->count);
}

stage *plan_find(const plan *p, const hdt_tensor *tensor)
{
	for (int i = 0; i < p->stage_count; i++)
		if (p->stages[i].tensor == tensor)
			return &p->stages[i];
	return NULL;
}

/* An output given twice is copied: the second time it has a buffer of its own. */
static void add_copies(plan *p)
{
	const hdt_task *task = p->task;
	for (int o = 0; o < task->output_count; o++) {
		const hdt_tensor *output = task->outputs[o], *buffer = p->program->buffers[task->input_count + o];
		if (buffer != output && !is_alias(task, output))
			p->stages[p->stage_count++] = (stage){.tensor = output,
			                                      .memory = buffer,
			                                      .output = true,
			                                      .value = hdt_load(output, output->axes, output->rank)};
	}
}

/* Surely no elements: then its value is never read. What loops around it would compute ahead may read what is not there, so any number
 * takes the value's place. */
static bool is_empty(const hdt_tensor *t)
{
	int64_t size;
	for (int d = 0; d < t->rank; d++)
		if (hdt_is_const(t->shape[d], &size) && size == 0)
			return true;
	return false;
}

/* The tensor's value, its index along dimensions of extent 1 written as 0: as others read it. */
static const hdt_expr *without_single_axes(const hdt_tensor *t, const hdt_expr *value)
{
	const hdt_expr *zero = hdt_int(t->context, 0);
	int64_t size;
	for (int d = 0; d < t->rank; d++)
		if (hdt_is_const(t->shape[d], &size) && size == 1)
			value = hdt_substitute(value, &t->axes[d], &zero, 1);
	return value;
}

bool plan_stages(plan *p)
{
	const hdt_task *task = p->task;
	inliner in = {.task = task};
	in.values = hdt_allocate(p->context, ((size_t)task->tensor_count + 1) * sizeof *in.values);
	p->stages = hdt_allocate(p->context, ((size_t)(task->tensor_count + task->output_count) + 1) * sizeof *p->stages);
	if (!in.values || !p->stages)
		return false;
	for (int i = 0; i < task->tensor_count; i++) {
		const hdt_tensor *t = task->tensors[i];
		rebuilder r = {.after = inline_load, .closure = &in, .fresh_axes = true};
		const hdt_expr *value = guard_reductions(without_single_axes(t, rebuild(&r, t->value)));
		rebuilder_free(&r);
		if (is_empty(t))
			value = hdt_number(p->context, t->dtype, 0);
		if (!value)
			return false;
		bool inlined = worth_inlining(task, t, value), output = is_output(task, t) && !is_alias(task, t);
		if (inlined)
			in.values[i] = hdt_as_stored(value);
		if (!inlined || output)
			p->stages[p->stage_count++] =
				(stage){.tensor = t, .value = value, .memory = output ? t : NULL, .output = output};
	}
	add_copies(p);
	return hdt_context_status(p->context) == HDT_OK;
}
