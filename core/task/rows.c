/* rows.c: can the tensors of a composition be computed row by row, and what does a row need?
 *
 *     m[i] = max(k < n) x[i, k];  s[i] = sum(k < n) exp(x[i, k] - m[i]);  y[i, j] = exp(x[i, j] - m[i]) / s[i]
 *
 * have the row i in common: when one row is computed after the other, m, s and what else is in between never leave the processor. */
#include "task/rows.h"

enum {
	MUCH_REUSE = 4,      /* an operand of which each element is read more often is worth keeping near */
	SMALL_OPERAND = 1024 /* bytes: it stays near anyhow */
};

static bool is_one(const hdt_expr *extent)
{
	int64_t value;
	return hdt_is_const(extent, &value) && value == 1;
}

/* In how many leading dimensions does `load` stay in the row of its reader? */
static int shared_rows(const hdt_tensor *reader, const hdt_expr *load)
{
	const hdt_tensor *t = load->tensor;
	int d = 0;
	while (d < t->rank && d < reader->rank && hdt_proves_equal(t->shape[d], reader->shape[d]) &&
	       (load->args[d] == reader->axes[d] || is_one(t->shape[d])))
		d++;
	return d;
}

typedef struct row_search {
	VEC(const hdt_expr *) loads;
	VEC(const hdt_expr *) reductions;
	bool failed;
} row_search;

static void gather(const hdt_expr *e, void *closure)
{
	row_search *s = closure;
	if (e->op == HDT_OP_LOAD)
		s->failed |= !vec_push(e->context, &s->loads, e);
	if (expr_is_reduction(e))
		s->failed |= !vec_push(e->context, &s->reductions, e);
}

static bool is_computed(const composition *c, const hdt_tensor *t)
{
	for (int i = 0; i < c->tensors.count; i++)
		if (c->tensors.items[i].tensor == t)
			return true;
	return false;
}

/* How often the load is evaluated within the reductions around it, for one element of the reader; 0: there is none. */
static double reduction_steps(const row_search *s, const hdt_expr *load)
{
	double steps = 0;
	for (int r = 0; r < s->reductions.count; r++) {
		const hdt_expr *reduce = s->reductions.items[r];
		if (!expr_contains(reduce->args[0], load))
			continue;
		steps = steps > 0 ? steps : 1;
		for (int a = 1; a < reduce->count; a++)
			steps *= (double)hdt_size_estimate(reduce->args[a]->args[0]);
	}
	return steps;
}

/* Steps of all reductions for one element, taken as side by side. */
static double all_steps(const row_search *s)
{
	double sum = 0;
	for (int r = 0; r < s->reductions.count; r++) {
		double steps = 1;
		for (int a = 1; a < s->reductions.items[r]->count; a++)
			steps *= (double)hdt_size_estimate(s->reductions.items[r]->args[a]->args[0]);
		sum += steps;
	}
	return sum;
}

/* Leading dimensions in which each row has operands of its own. */
static int own_rows(const hdt_tensor *t, const row_search *s)
{
	int rows = t->rank;
	for (int l = 0; l < s->loads.count; l++) {
		const hdt_expr *load = s->loads.items[l];
		double steps = reduction_steps(s, load), read = tensor_elements(load->tensor);
		if (steps == 0 || tensor_elements(t) * steps <= MUCH_REUSE * read)
			continue;
		int own = 0, last = -1;
		for (int d = 0; d < t->rank; d++)
			last = expr_contains(load, t->axes[d]) ? d : last;
		while (own < rows && (expr_contains(load, t->axes[own]) || is_one(t->shape[own])))
			own++;
		rows = last < 0 ? rows : own; /* what is the same for all elements is no operand of blocks */
	}
	return rows;
}

/* What the tensors have in common as rows; 0: nothing. */
static int common_rows(const composition *c, int *stages)
{
	int rows = HDT_MAX_RANK;
	*stages = 0;
	for (int i = 0; i < c->tensors.count; i++) {
		const hdt_tensor *t = c->tensors.items[i].tensor;
		row_search s = {0};
		bool reads = false;
		if (c->tensors.items[i].gone)
			continue;
		expr_walk(c->tensors.items[i].value, gather, &s);
		for (int l = 0; l < s.loads.count; l++) {
			if (!is_computed(c, s.loads.items[l]->tensor))
				continue;
			int shared = shared_rows(t, s.loads.items[l]);
			rows = shared < rows ? shared : rows;
			reads = true;
		}
		if (*stages > 0 && !reads)
			return 0;
		int own = own_rows(t, &s);
		rows = own < rows ? own : rows;
		++*stages;
	}
	return rows;
}

row_facts compose_rows(const composition *c)
{
	row_facts f = {.count = 1};
	f.rows = common_rows(c, &f.stages);
	for (int i = 0; i < c->tensors.count; i++) {
		const hdt_tensor *t = c->tensors.items[i].tensor;
		row_search s = {0};
		if (c->tensors.items[i].gone)
			continue;
		double elements = tensor_elements(t);
		f.count = 1;
		for (int d = 0; d < f.rows; d++)
			f.count *= (double)hdt_size_estimate(t->shape[d]);
		expr_walk(c->tensors.items[i].value, gather, &s);
		f.work += elements * (1 + all_steps(&s));
	}
	return f;
}

bool compose_is_heavy(const composition *c)
{
	for (int i = 0; i < c->tensors.count; i++) {
		const hdt_tensor *t = c->tensors.items[i].tensor;
		row_search s = {0};
		if (c->tensors.items[i].gone)
			continue;
		expr_walk(c->tensors.items[i].value, gather, &s);
		for (int l = 0; l < s.loads.count; l++) {
			const hdt_tensor *from = s.loads.items[l]->tensor;
			double steps = reduction_steps(&s, s.loads.items[l]), read = tensor_elements(from);
			if (steps > 0 && read * hdt_dtype_of(from->dtype)->bytes > SMALL_OPERAND &&
			    tensor_elements(t) * steps / read > MUCH_REUSE)
				return true;
		}
	}
	return false;
}
