/* cost.c: how much there is to do in a task, at the sizes that all schedulers reckon with.
 *
 * Counted is what depends on data, once for each element, or each step of the reduction around it; arithmetic on indices goes with the loops. */
#include "auto.h"

double cost_elements(const hdt_tensor *t)
{
	double product = 1;
	for (int d = 0; d < t->rank; d++)
		product *= (double)hdt_size_estimate(t->shape[d]);
	return product;
}

double cost_bytes(const hdt_task *task)
{
	double bytes = 0;
	for (int i = 0; i < task->input_count; i++)
		if (task->inputs[i])
			bytes += cost_elements(task->inputs[i]) * hdt_dtype_of(task->inputs[i]->dtype)->bytes;
	for (int i = 0; i < task->output_count; i++)
		bytes += cost_elements(task->outputs[i]) * hdt_dtype_of(task->outputs[i]->dtype)->bytes;
	return bytes;
}

/* ---- operations --------------------------------------------------------------------------------------------------- */

/* What has been counted: values that depend on data map to themselves, others to `none`. */
typedef struct meter {
	const cost_weights *weights;
	expr_map seen;
	double operations;
} meter;

static const hdt_expr none;

/* Every second element, or one behind a division: a vector is put together one by one. */
static bool is_strided(const hdt_expr *load)
{
	const hdt_expr *last = load->count ? load->args[load->count - 1] : NULL;
	while (last && (last->op == HDT_OP_ADD || last->op == HDT_OP_SUB))
		last = last->args[0];
	return last &&
	       (last->op == HDT_OP_MUL || last->op == HDT_OP_FLOORDIV || last->op == HDT_OP_MOD || last->op == HDT_OP_LOAD);
}

static double weight(const meter *m, const hdt_expr *e)
{
	if (e->op == HDT_OP_LOAD)
		return is_strided(e) ? m->weights->strided : 1;
	bool function = (e->op >= HDT_OP_EXP && e->op <= HDT_OP_ERFC) || e->op == HDT_OP_POW || e->op == HDT_OP_ATAN2;
	bool slow = e->op == HDT_OP_DIV || e->op == HDT_OP_SQRT || e->op == HDT_OP_MOD || e->op == HDT_OP_FLOORDIV;
	return function ? m->weights->function : slow ? 4 : 1;
}

/* Does the value depend on data? */
static bool measure(meter *m, const hdt_expr *e)
{
	bool data = e->op == HDT_OP_LOAD;
	const hdt_expr *known = expr_map_get(&m->seen, e);
	if (known || m->seen.failed)
		return known == e;
	if (is_reduce(e)) {
		double steps = 1;
		for (int a = 1; a < e->count; a++)
			steps *= (double)hdt_size_estimate(e->args[a]->args[0]);
		m->operations += steps * (1 + cost_operations(e->args[0], m->weights));
		data = true;
	} else if (e->op >= HDT_OP_ADD || e->op == HDT_OP_LOAD) {
		for (int a = 0; a < e->count; a++)
			data = measure(m, e->args[a]) || data;
		m->operations += data ? weight(m, e) : 0;
	}
	expr_map_set(&m->seen, e, data ? e : &none);
	return data;
}

double cost_operations(const hdt_expr *value, const cost_weights *weights)
{
	meter m = {.weights = weights};
	(void)measure(&m, value);
	expr_map_free(&m.seen);
	return m.operations;
}
