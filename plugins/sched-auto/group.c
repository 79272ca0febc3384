/* group.c: joins stages into groups that work row by row, and gives every stage its memory.
 *
 * A row softmax has the stages m[i], e[i, j], s[i], y[i, j]: each reads the ones before it in its own row i only, so one loop over i
 * computes all four, and m, s and the row of e never leave the processor. */
#include "auto.h"

#define MUCH_REUSE 4 /* times that an element is read, above which an operand is worth keeping near */

int64_t plan_elements(const hdt_tensor *t, int first, int last)
{
	int64_t product = 1;
	for (int d = first; d < last; d++)
		if (__builtin_mul_overflow(product, hdt_size_estimate(t->shape[d]), &product))
			return INT64_MAX;
	return product;
}

static bool is_one(const hdt_expr *extent)
{
	int64_t value;
	return hdt_is_const(extent, &value) && value == 1;
}

/* In how many leading dimensions does `load`, of a stage of the group, stay in the row of its reader? */
static int shared_rows(const stage *reader, const hdt_expr *load)
{
	int d = 0;
	const hdt_tensor *t = load->tensor;
	while (d < t->rank && d < reader->tensor->rank && hdt_proves_equal(t->shape[d], reader->tensor->shape[d]) &&
	       (load->args[d] == reader->tensor->axes[d] || is_one(t->shape[d])))
		d++;
	return d;
}

/* Steps of the reductions around the load, for one element of the stage; 0: it stands in none. */
static double steps_around(const expr_list *nodes, const hdt_expr *load)
{
	double steps = 0;
	for (int i = 0; i < nodes->count; i++) {
		const hdt_expr *reduce = nodes->items[i];
		if (!is_reduce(reduce) || !depends_on(reduce->args[0], load))
			continue;
		steps = steps > 0 ? steps : 1;
		for (int a = 1; a < reduce->count; a++)
			steps *= (double)hdt_size_estimate(reduce->args[a]->args[0]);
	}
	return steps;
}

/* Leading dimensions in which each row has operands of its own: where one operand of a product serves many rows, these are not taken
 * apart, so that blocks of them are computed at a time. */
static int own_rows(const stage *s)
{
	const hdt_tensor *t = s->tensor;
	double elements = (double)plan_elements(t, 0, t->rank);
	expr_list nodes = {0};
	int rows = t->rank;
	expr_nodes(s->value, &nodes);
	for (int i = 0; i < nodes.count; i++) {
		const hdt_expr *load = nodes.items[i];
		double steps = load->op == HDT_OP_LOAD ? steps_around(&nodes, load) : 0;
		if (steps == 0 || elements * steps <= MUCH_REUSE * (double)plan_elements(load->tensor, 0, load->tensor->rank))
			continue;
		int own = 0, last = -1;
		for (int d = 0; d < t->rank; d++)
			last = depends_on(load, t->axes[d]) ? d : last;
		while (own < rows && (depends_on(load, t->axes[own]) || is_one(t->shape[own])))
			own++;
		rows = last < 0 ? rows : own; /* what is the same for all elements is no operand of blocks */
	}
	return rows;
}

/* Rows of the group when `s` joins it; 0: it does not. */
static int rows_with(const plan *p, const group *g, const stage *s)
{
	expr_list nodes = {0};
	int rows = g->rows;
	bool reads = false;
	if (s->alone || p->stages[g->first].alone)
		return 0;
	expr_nodes(s->value, &nodes);
	for (int i = 0; i < nodes.count; i++) {
		const hdt_expr *load = nodes.items[i];
		const stage *read = load->op == HDT_OP_LOAD ? plan_find(p, load->tensor) : NULL;
		if (!read || read - p->stages < g->first)
			continue;
		int shared = shared_rows(s, load);
		rows = shared < rows ? shared : rows;
		reads = true;
	}
	int own = own_rows(s), first = g->count == 1 ? own_rows(&p->stages[g->first]) : own;
	own = first < own ? first : own;
	rows = own < rows ? own : rows;
	if (!reads || !rows)
		return 0;
	int64_t parallel = plan_elements(s->tensor, 0, rows), all = plan_elements(s->tensor, 0, s->tensor->rank);
	bool scalar = rows == s->tensor->rank;
	return scalar || parallel >= p->rules->rows || all < p->rules->small_work ? rows : 0;
}

/* Does a stage outside of the group read `s`? */
static bool read_elsewhere(const plan *p, const group *g, const stage *s)
{
	for (int i = g->first + g->count; i < p->stage_count; i++) {
		expr_list nodes = {0};
		expr_nodes(p->stages[i].value, &nodes);
		for (int n = 0; n < nodes.count; n++)
			if (nodes.items[n]->op == HDT_OP_LOAD && nodes.items[n]->tensor == s->tensor)
				return true;
	}
	return false;
}

/* Bytes of one row; INT64_MAX when it has no constant size. */
static int64_t row_bytes(const hdt_tensor *t, int rows)
{
	int64_t bytes = hdt_dtype_of(t->dtype)->bytes, extent;
	for (int d = rows; d < t->rank; d++)
		if (!hdt_is_const(t->shape[d], &extent) || __builtin_mul_overflow(bytes, extent, &bytes))
			return INT64_MAX;
	return bytes;
}

/* Outputs have their buffers; what nobody else reads and is small lives near its reader (memory stays NULL); the rest is workspace. */
static bool place(plan *p, const group *g)
{
	int64_t near = 0;
	for (int i = g->first; i < g->first + g->count; i++) {
		stage *s = &p->stages[i];
		if (s->memory)
			continue;
		int64_t bytes = row_bytes(s->tensor, g->rows);
		if (g->count > 1 && !read_elsewhere(p, g, s) && bytes <= p->rules->row_bytes - near) {
			near += bytes;
			s->rows = g->rows;
			continue;
		}
		s->memory = hdt_program_workspace(p->program, s->tensor->name, s->tensor->dtype, hdt_shape(s->tensor));
		if (!s->memory)
			return false;
	}
	return true;
}

bool plan_groups(plan *p)
{
	p->groups = hdt_allocate(p->context, ((size_t)p->stage_count + 1) * sizeof *p->groups);
	if (!p->groups)
		return false;
	for (int i = 0; i < p->stage_count; i++) {
		group *g = p->group_count ? &p->groups[p->group_count - 1] : NULL;
		int rows = g ? rows_with(p, g, &p->stages[i]) : 0;
		if (rows) {
			g->rows = rows;
			g->count++;
		} else {
			p->groups[p->group_count++] = (group){.first = i, .count = 1, .rows = p->stages[i].tensor->rank};
		}
	}
	for (int i = 0; i < p->group_count; i++)
		if (!place(p, &p->groups[i]))
			return false;
	return true;
}
