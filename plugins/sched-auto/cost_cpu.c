/* cost_cpu.c: how long a task takes a CPU, roughly: within a factor of two or three for what the schedules here make of it.
 *
 * Counted is what depends on data, once for each element, or each step of the reduction around it; arithmetic on indices goes with the loops.
 * The numbers were measured with fused elementwise tasks, norms, softmax and pooling in f32 on vectors of 512 bits. */
#include "auto.h"

static const struct {
	double operations;      /* per microsecond and worker */
	double function;        /* operations that exp and its like count as, */
	double strided;         /* and a read whose elements do not lie side by side */
	double near_bytes;      /* per microsecond and worker, of what stays in the caches, and */
	double far_bytes;       /* per microsecond of what does not */
	double cached;          /* bytes of the caches */
	double begin, parallel; /* microseconds of a launch, and of sharing it out */
} machine = {80e3, 12, 8, 2e5, 2e4, 8 << 20, 0.3, 1};

/* What has been counted: values that depend on data map to themselves, others to `none`. */
typedef struct meter {
	expr_map seen;
	double operations;
} meter;

static const hdt_expr none;

static double count(const hdt_expr *value);

/* Every second element, or one behind a division: a vector is put together one by one. */
static bool is_strided(const hdt_expr *load)
{
	const hdt_expr *last = load->count ? load->args[load->count - 1] : NULL;
	while (last && (last->op == HDT_OP_ADD || last->op == HDT_OP_SUB))
		last = last->args[0];
	return last &&
	       (last->op == HDT_OP_MUL || last->op == HDT_OP_FLOORDIV || last->op == HDT_OP_MOD || last->op == HDT_OP_LOAD);
}

static double weight(const hdt_expr *e)
{
	if (e->op == HDT_OP_LOAD)
		return is_strided(e) ? machine.strided : 1;

	bool function = (e->op >= HDT_OP_EXP && e->op <= HDT_OP_ERFC) || e->op == HDT_OP_POW || e->op == HDT_OP_ATAN2;
	bool slow = e->op == HDT_OP_DIV || e->op == HDT_OP_SQRT || e->op == HDT_OP_MOD || e->op == HDT_OP_FLOORDIV;
	return function ? machine.function : slow ? 4 : 1;
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
		m->operations += steps * (1 + count(e->args[0]));
		data = true;
	} else if (e->op >= HDT_OP_ADD || e->op == HDT_OP_LOAD) {
		for (int a = 0; a < e->count; a++)
			data = measure(m, e->args[a]) || data;
		m->operations += data ? weight(e) : 0;
	}
	expr_map_set(&m->seen, e, data ? e : &none);
	return data;
}

static double count(const hdt_expr *value)
{
	meter m = {.operations = 0};
	(void)measure(&m, value);
	expr_map_free(&m.seen);
	return m.operations;
}

static double elements(const hdt_tensor *t)
{
	double product = 1;
	for (int d = 0; d < t->rank; d++)
		product *= (double)hdt_size_estimate(t->shape[d]);
	return product;
}

double cost_cpu_us(const hdt_task *task)
{
	double operations = 0, bytes = cost_bytes(task);
	for (int i = 0; i < task->tensor_count; i++)
		operations += elements(task->tensors[i]) * (1 + count(task->tensors[i]->value));
	double near = bytes < machine.cached ? bytes : machine.cached;
	double alone = operations / machine.operations + near / machine.near_bytes;
	double shared = machine.parallel + alone / WORKERS;
	return machine.begin + (alone < shared ? alone : shared) + (bytes - near) / machine.far_bytes;
}
