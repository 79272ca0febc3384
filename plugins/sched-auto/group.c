/* group.c: joins stages into groups that work row by row, and gives every stage its memory.
 *
 * A row softmax has the stages m[i], e[i, j], s[i], y[i, j]: each reads the ones before it in its own row i only, so one loop over i
 * computes all four, and m, s and the row of e never leave the processor. */
#include "auto.h"

int64_t plan_elements(const hdt_tensor *t, int first, int last)
{
	int64_t product = 1;
	for (int d = first; d < last; d++)
		if (__builtin_mul_overflow(product, hdt_size_estimate(t->shape[d]), &product))
			return INT64_MAX;
	return product;
}

/* In how many leading dimensions does `load`, of a stage of the group, stay in the row of its reader? */
static int shared_rows(const stage *reader, const hdt_expr *load)
{
	int d = 0;
	const hdt_tensor *t = load->tensor;
	while (d < t->rank && d < reader->tensor->rank && load->args[d] == reader->tensor->axes[d] &&
	       hdt_proves_equal(t->shape[d], reader->tensor->shape[d]))
		d++;
	return d;
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
