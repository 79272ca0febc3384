/* match.c: finds attention in a task.
 *
 * The four tensors are recognised by what they hold, not by their names: each is built again from its parts, and equal expressions are the same
 * pointer. */
#include "attention.h"
#include <math.h>

enum { DEEPEST = 64 }; /* level of a value at which its parts are looked for */

typedef struct parts {
	const hdt_tensor *scores, *largest, *sum, *y;
} parts;

bool attention_extent(const hdt_expr *axis, int64_t most, int64_t *extent)
{
	return hdt_is_const(axis->args[0], extent) && *extent >= 1 && *extent <= most;
}

static const hdt_expr *without_casts(const hdt_expr *e)
{
	while (e->op == HDT_OP_CAST)
		e = e->args[0];
	return e;
}

static bool is_sum_of(const hdt_expr *e, hdt_scalar_op op)
{
	return e->op == HDT_OP_REDUCE && e->reduce == HDT_REDUCE_SUM && e->count == 2 &&
	       without_casts(e->args[0])->op == op;
}

/* The first part of `e` that `wanted` says yes to, looked for from above; NULL: there is none. */
static const hdt_expr *find_part(const hdt_expr *e, bool (*wanted)(const hdt_expr *), int level)
{
	const hdt_expr *found = wanted(e) ? e : NULL;
	for (int i = 0; i < e->count && !found && level < DEEPEST; i++)
		found = find_part(e->args[i], wanted, level + 1);
	return found;
}

static bool is_product_sum(const hdt_expr *e)
{
	return is_sum_of(e, HDT_OP_MUL);
}
static bool is_quotient(const hdt_expr *e)
{
	return e->op == HDT_OP_DIV && is_product_sum(e->args[0]);
}
static bool is_load(const hdt_expr *e)
{
	return e->op == HDT_OP_LOAD;
}

/* ---- the softmax between both products ---------------------------------------------------------------------------- */

static hdt_list axes_of(const hdt_tensor *t)
{
	return (hdt_list){t->axes, t->rank};
}

/* The element of the scores in this row. */
static const hdt_expr *score_at(const parts *p, const hdt_expr *const *row, const hdt_expr *key)
{
	const hdt_expr *at[HDT_MAX_RANK];
	int rank = p->scores->rank;
	for (int d = 0; d < rank - 1; d++)
		at[d] = row[d];
	at[rank - 1] = key;
	return hdt_load(p->scores, at, rank);
}

/* Is the row of -inf alone? */
static const hdt_expr *is_hidden(const parts *p, const hdt_expr *const *row)
{
	const hdt_expr *top = hdt_load(p->largest, row, p->largest->rank);
	return top ? hdt_equal(top, hdt_like(top, -INFINITY)) : NULL;
}

static const hdt_expr *weight_at(const parts *p, const hdt_expr *const *row, const hdt_expr *key)
{
	const hdt_expr *top = hdt_load(p->largest, row, p->largest->rank);
	const hdt_expr *shift = top ? hdt_select(is_hidden(p, row), hdt_like(top, 0), top) : NULL;
	return hdt_unary(HDT_OP_EXP, hdt_sub(score_at(p, row, key), shift));
}

static const hdt_expr *divisor_at(const parts *p, const hdt_expr *const *row)
{
	const hdt_expr *sum = hdt_load(p->sum, row, p->sum->rank);
	return sum ? hdt_select(is_hidden(p, row), hdt_like(sum, 1), sum) : NULL;
}

static bool is_largest(const parts *p)
{
	const hdt_expr *e = p->largest->value;
	return e->op == HDT_OP_REDUCE && e->reduce == HDT_REDUCE_MAX && e->count == 2 &&
	       e->args[0] == score_at(p, axes_of(p->largest).items, e->args[1]) &&
	       hdt_proves_equal(e->args[1]->args[0], p->scores->shape[p->scores->rank - 1]);
}

static bool is_sum(const parts *p)
{
	const hdt_expr *e = p->sum->value;
	return e->op == HDT_OP_REDUCE && e->reduce == HDT_REDUCE_SUM && e->count == 2 &&
	       e->args[0] == weight_at(p, axes_of(p->sum).items, e->args[1]) &&
	       hdt_proves_equal(e->args[1]->args[0], p->scores->shape[p->scores->rank - 1]);
}

static bool read_tensors(const hdt_task *task, parts *p)
{
	if (task->tensor_count != 4 || task->output_count != 1 || task->outputs[0] != task->tensors[3])
		return false;
	*p = (parts){task->tensors[0], task->tensors[1], task->tensors[2], task->tensors[3]};
	int rank = p->scores->rank;
	return rank >= 2 && p->largest->rank == rank - 1 && p->sum->rank == rank - 1 && is_largest(p) && is_sum(p);
}

/* ---- the scores --------------------------------------------------------------------------------------------------- */

/* score = select(condition, score, -inf), any number of times. */
static void read_conditions(attention *a, const hdt_expr *score)
{
	while (score->op == HDT_OP_SELECT && a->condition_count < ATTENTION_CONDITIONS &&
	       score->args[2] == hdt_like(score->args[2], -INFINITY)) {
		const hdt_expr *condition = score->args[0];
		a->causal = a->causal || condition == hdt_less_equal(a->key, a->query);
		a->conditions[a->condition_count++] = condition;
		score = score->args[1];
	}
}

static const char *read_scores(attention *a, const hdt_tensor *scores)
{
	int rank = scores->rank;
	const hdt_expr *sum = find_part(scores->value, is_product_sum, 0);
	if (!sum)
		return "its scores are no sums of products";
	a->scores = scores;
	a->batch_count = rank - 2;
	for (int d = 0; d < a->batch_count; d++)
		a->batch[d] = scores->axes[d];
	a->query = scores->axes[rank - 2];
	a->key = scores->axes[rank - 1];
	a->depth = sum->args[1];
	a->real = (hdt_dtype)sum->accumulate;
	const hdt_expr *product = without_casts(sum->args[0]);
	bool first = hdt_contains(product->args[1], a->key) || !hdt_contains(product->args[0], a->key);
	a->q = product->args[first ? 0 : 1];
	a->k = product->args[first ? 1 : 0];
	if (hdt_contains(a->q, a->key) || hdt_contains(a->k, a->query))
		return "its scores are no products of rows of q and k";
	a->product = (hdt_contraction){.tensor = scores, .reduce = sum};
	if (find_part(attention_score(a, hdt_number(a->context, a->real, 1)), is_product_sum, 0))
		return "its scores have several sums";
	read_conditions(a, scores->value);
	return NULL;
}

/* ---- the result --------------------------------------------------------------------------------------------------- */

/* Which axis of the output stands for which of the scores: by how the output reads them. `row` is that read. */
static const char *read_axes(attention *a, const hdt_expr *const *row)
{
	const hdt_tensor *y = a->output;
	bool taken[HDT_MAX_RANK] = {false};
	int64_t extent;
	for (int m = 0; m < a->batch_count + 1; m++) {
		int d = 0;
		while (d < y->rank && (y->axes[d] != row[m] || taken[d]))
			d++;
		if (d == y->rank && !(hdt_is_const(row[m], &extent) && attention_extent(a->scores->axes[m], 1, &extent)))
			return "its output merges dimensions";
		if (d == y->rank)
			continue;
		taken[d] = true;
		a->at[d] = a->scores->axes[m];
	}
	for (int d = y->rank - 1; d >= 0; d--) { /* of those left over one is the width, the others have one element */
		if (taken[d])
			continue;
		bool unit = attention_extent(y->axes[d], 1, &extent);
		if (!unit && a->width && !attention_extent(a->width, 1, &extent))
			return "its output has other dimensions than batch, queries and width";
		if (!a->width || !unit)
			a->width = y->axes[d];
	}
	if (!a->width)
		return "its output has no dimension of v's columns";
	for (int d = 0; d < y->rank; d++) {
		if (!taken[d])
			a->at[d] = y->axes[d] == a->width ? a->width : hdt_int(a->context, 0);
		a->output_axes[d] = y->axes[d];
		a->own_axes[d] = a->at[d];
	}
	a->axis_count = y->rank;
	return NULL;
}

static const hdt_expr *over_own_axes(const attention *a, const hdt_expr *e)
{
	return hdt_substitute(e, a->output_axes, a->own_axes, a->axis_count);
}

/* The values: the factor beside the weights. */
static bool read_values(attention *a, const parts *p, const hdt_expr *sum, const hdt_expr *const *row)
{
	const hdt_expr *product = without_casts(sum->args[0]), *key = sum->args[1], *weight = weight_at(p, row, key);
	int which = product->args[0] == weight ? 1 : 0;
	if (product->args[1 - which] != weight || !hdt_proves_equal(key->args[0], a->key->args[0]))
		return false;
	const hdt_expr *v = over_own_axes(a, product->args[which]);
	a->v = v ? hdt_substitute(v, &key, &a->key, 1) : NULL;
	return a->v && !hdt_contains(a->v, a->query);
}

static const char *read_output(attention *a, const parts *p)
{
	const hdt_expr *quotient = find_part(p->y->value, is_quotient, 0);
	if (!quotient)
		return "its output is no weighed mean";
	/* A weight reads the scores first of all. */
	const hdt_expr *sum = quotient->args[0], *product = without_casts(sum->args[0]), *load = NULL;
	for (int i = 0; i < 2 && !load; i++)
		if (product->args[i]->op == HDT_OP_EXP)
			load = find_part(product->args[i], is_load, 0);
	if (!load || load->tensor != p->scores)
		return "its output is no mean weighed by a softmax";
	a->output = p->y;
	const char *reason = read_axes(a, load->args);
	if (reason)
		return reason;
	if (!read_values(a, p, sum, load->args) || quotient->args[1] != divisor_at(p, load->args))
		return "its output is no mean weighed by a softmax";
	a->quotient = (hdt_contraction){.tensor = p->y, .reduce = quotient};
	const hdt_expr *probe = attention_result(a, hdt_number(a->context, a->real, 1));
	if (!probe || hdt_reads(probe, p->scores) || hdt_reads(probe, p->largest) || hdt_reads(probe, p->sum) ||
	    find_part(probe, is_product_sum, 0))
		return "its output needs more of the scores than their softmax";
	return NULL;
}

/* ---- the whole ---------------------------------------------------------------------------------------------------- */

bool attention_find(const hdt_task *task, attention *a, const char **reason)
{
	parts p;
	*a = (attention){.task = task, .context = task->context};
	if (!read_tensors(task, &p)) {
		*reason = "it is no softmax between two products";
		return false;
	}
	*reason = read_scores(a, p.scores);
	if (!*reason)
		*reason = read_output(a, &p);
	if (!*reason && hdt_context_status(a->context) != HDT_OK)
		*reason = "memory is out";
	return !*reason;
}

const hdt_expr *attention_score(const attention *a, const hdt_expr *product)
{
	return hdt_contraction_result(&a->product, product);
}

const hdt_expr *attention_shown(const attention *a, const hdt_expr *product, const hdt_expr **seen)
{
	const hdt_expr *score = attention_score(a, product);
	*seen = NULL;
	for (int i = 0; i < a->condition_count; i++) {
		*seen = *seen ? hdt_and(*seen, a->conditions[i]) : a->conditions[i];
		score = score && score->op == HDT_OP_SELECT ? score->args[1] : NULL;
	}
	return score;
}

const hdt_expr *attention_result(const attention *a, const hdt_expr *quotient)
{
	const hdt_expr *result = hdt_contraction_result(&a->quotient, quotient);
	return result ? over_own_axes(a, result) : NULL;
}
