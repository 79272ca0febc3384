/* contraction.c: finds the sum of products at the heart of a task.
 *
 *     y[i, j] = max(sum(k < 64) x[i, k] * w[j, k] + bias[j], 0.0)     with w constant
 *  -> a = x[i, k]   b = w[j, k]   rows i   columns j   depth k
 *
 * Only what the value says is looked at; nothing is rewritten. */
#include "base/vec.h"
#include "task/task.h"
#include <hidet/contraction.h>
#include <string.h>

enum { MAX_INDEX_DEPTH = 256 }; /* of an index expression that is taken apart */

/* ---- the reduction ---- */

typedef struct reduction_search {
	const hdt_expr *first;
	int count;
} reduction_search;

static void find_reduction(const hdt_expr *e, void *closure)
{
	reduction_search *s = closure;
	if (!expr_is_reduction(e))
		return;
	s->first = e;
	s->count++;
}

static bool has_axis(const hdt_expr *const *axes, int count, const hdt_expr *e)
{
	for (int i = 0; i < count; i++)
		if (expr_contains(e, axes[i]))
			return true;
	return false;
}

static const hdt_expr *without_casts(const hdt_expr *e)
{
	while (e->op == HDT_OP_CAST)
		e = e->args[0];
	return e;
}

/* The product in the only reduction, as out->reduce, out->a and out->b; else the reason. */
static const char *find_product(const hdt_tensor *t, hdt_contraction *out)
{
	reduction_search s = {0};
	if (!expr_walk(t->value, find_reduction, &s))
		return "memory is out";
	if (s.count != 1)
		return s.count ? "it has several reductions" : "it has no reduction";
	const hdt_expr *reduce = s.first;
	if (reduce->op != HDT_OP_REDUCE || reduce->reduce != HDT_REDUCE_SUM)
		return "its reduction is no sum";
	if (reduce->count - 1 > HDT_MAX_RANK)
		return "its sum has too many axes";
	const hdt_expr *product = without_casts(reduce->args[0]);
	if (product->op != HDT_OP_MUL)
		return "it does not add up products";
	for (int i = 1; i < reduce->count; i++) {
		out->depth[out->depth_count++] = reduce->args[i];
		if (has_axis(t->axes, t->rank, reduce->args[i]->args[0]) ||
		    has_axis(reduce->args + 1, reduce->count - 1, reduce->args[i]->args[0]))
			return "its sum has not the same extents for all elements";
	}
	out->reduce = reduce;
	out->a = product->args[0];
	out->b = product->args[1];
	return NULL;
}

/* ---- which factor is which ---- */

static void find_changing(const hdt_expr *e, void *closure)
{
	bool *changing = closure;
	*changing |= e->op == HDT_OP_SYMBOL || (e->op == HDT_OP_LOAD && !e->tensor->constant);
}

/* Known before a run? */
static bool is_constant_factor(const hdt_expr *e)
{
	bool changing = false;
	return expr_walk(e, find_changing, &changing) && !changing;
}

static double elements_of(const hdt_expr *const *axes, int count)
{
	double product = 1;
	for (int i = 0; i < count; i++)
		product *= (double)hdt_size_estimate(axes[i]->args[0]);
	return product;
}

static void swap_factors(hdt_contraction *c)
{
	hdt_contraction old = *c;
	c->a = old.b;
	c->b = old.a;
	memcpy(c->rows, old.columns, sizeof c->rows);
	memcpy(c->columns, old.rows, sizeof c->columns);
	c->row_count = old.column_count;
	c->column_count = old.row_count;
	c->a_constant = old.b_constant;
	c->b_constant = old.a_constant;
}

/* Results lie side by side along the columns where one can choose. */
static bool must_swap(const hdt_contraction *c)
{
	const hdt_tensor *t = c->tensor;
	const hdt_expr *last = t->rank ? t->axes[t->rank - 1] : NULL;
	if (c->a_constant != c->b_constant)
		return c->a_constant;
	bool by_a = c->row_count && c->rows[c->row_count - 1] == last;
	bool by_b = c->column_count && c->columns[c->column_count - 1] == last;
	if (by_a != by_b)
		return by_a;
	return elements_of(c->rows, c->row_count) < elements_of(c->columns, c->column_count);
}

static void sort_axes(hdt_contraction *c)
{
	const hdt_tensor *t = c->tensor;
	const hdt_expr *neither[HDT_MAX_RANK];
	int neither_count = 0;
	for (int d = 0; d < t->rank; d++) {
		bool by_a = expr_contains(c->a, t->axes[d]), by_b = expr_contains(c->b, t->axes[d]);
		if (by_a && by_b)
			c->batch[c->batch_count++] = t->axes[d];
		else if (by_a)
			c->rows[c->row_count++] = t->axes[d];
		else if (by_b)
			c->columns[c->column_count++] = t->axes[d];
		else
			neither[neither_count++] = t->axes[d];
	}
	c->a_constant = is_constant_factor(c->a);
	c->b_constant = is_constant_factor(c->b);
	if (must_swap(c))
		swap_factors(c);
	memcpy(c->rows + c->row_count, neither, (size_t)neither_count * sizeof *neither);
	c->row_count += neither_count;
}

bool hdt_contraction_find(const hdt_task *task, hdt_contraction *out, const char **reason)
{
	*out = (hdt_contraction){0};
	if (!task || task->tensor_count != 1 || task->output_count != 1 || task->outputs[0] != task->tensors[0]) {
		*reason = "it computes more than one tensor";
		return false;
	}
	out->tensor = task->tensors[0];
	*reason = find_product(out->tensor, out);
	if (*reason)
		return false;
	sort_axes(out);
	if (hdt_context_status(task->context) == HDT_OK)
		return true;
	*reason = "memory is out";
	return false;
}

/* ---- the value around the sum ---- */

typedef struct replacement {
	const hdt_expr *from, *to;
} replacement;

static const hdt_expr *replace(const hdt_expr *node, void *closure)
{
	const replacement *r = closure;
	return node == r->from ? r->to : NULL;
}

const hdt_expr *hdt_contraction_result(const hdt_contraction *c, const hdt_expr *sum)
{
	replacement r = {c->reduce, sum ? hdt_cast(sum, (hdt_dtype)c->reduce->dtype) : NULL};
	return r.to ? expr_map(c->tensor->value, replace, &r) : NULL;
}

/* ---- index expressions ---- */

/* Add `times` the factors of `e`; the parts without any of the axes are the rest, which the caller gets by other means. */
static bool add_factors(const hdt_expr *e, const hdt_expr *const *axes, int count, int64_t times, int64_t *factors,
                        int depth)
{
	int64_t constant;
	if (depth > MAX_INDEX_DEPTH)
		return false;
	for (int i = 0; i < count; i++)
		if (e == axes[i])
			return !__builtin_add_overflow(factors[i], times, &factors[i]);
	if (!has_axis(axes, count, e))
		return true;
	if (e->op == HDT_OP_ADD || e->op == HDT_OP_SUB) {
		int64_t second = times;
		if (e->op == HDT_OP_SUB && __builtin_sub_overflow(0, times, &second))
			return false;
		return add_factors(e->args[0], axes, count, times, factors, depth + 1) &&
		       add_factors(e->args[1], axes, count, second, factors, depth + 1);
	}
	if (e->op == HDT_OP_NEG)
		return !__builtin_sub_overflow(0, times, &times) &&
		       add_factors(e->args[0], axes, count, times, factors, depth + 1);
	for (int i = 0; e->op == HDT_OP_MUL && i < 2; i++)
		if (hdt_is_const(e->args[i], &constant) && !expr_exceeds(e->args[i], INT64_MAX))
			return !__builtin_mul_overflow(times, constant, &times) &&
			       add_factors(e->args[1 - i], axes, count, times, factors, depth + 1);
	return false;
}

bool hdt_linear(const hdt_expr *index, const hdt_expr *const *axes, int count, int64_t *factors, const hdt_expr **rest)
{
	const hdt_expr *zeros[HDT_MAX_RANK * 2];
	int64_t value;
	if (!index || count > (int)(sizeof zeros / sizeof *zeros))
		return false;
	for (int i = 0; i < count; i++) {
		factors[i] = 0;
		zeros[i] = hdt_int(index->context, 0);
	}
	if (!add_factors(index, axes, count, 1, factors, 0))
		return false;
	const hdt_expr *left = hdt_substitute(index, axes, zeros, count);
	if (rest)
		*rest = left;
	return left && (rest || hdt_is_const(left, &value));
}
