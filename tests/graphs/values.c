/* values.c: evaluates a graph node by node, exactly and disturbed. */
#include "values.h"

#include "task/compose.h"
#include "tensors/tensors.h"
#include <math.h>
#include <stdlib.h>
#include <string.h>

static const double LARGEST_FLOAT = 2000; /* f16 holds it, and so do sums over it */
static const double SMALLEST_FLOAT =
	1e-30; /* products of less have lost digits on the way, in some order of factors or another */
static const double SHAKY_PART = 0.4; /* of the tolerance */

void values_init(values *v, hdt_graph *graph, const fuzz_case *c, int run)
{
	*v = (values){.graph = graph, .c = c, .run = run, .most_elements = 1 << 12, .most_work = 1 << 18};
	random_seed(&v->noise, c->seed + 77 + (uint64_t)run);
	for (int i = 0; i < graph->symbol_count; i++)
		values_bind(v, graph->symbols[i], case_size_of(c, run, graph->symbols[i]));
}

void values_bind(values *v, const hdt_expr *symbol, int64_t size)
{
	if (v->symbol_count == CASE_SYMBOLS)
		return;
	v->symbols[v->symbol_count] = symbol;
	v->sizes[v->symbol_count++] = size;
}

void values_rewind(values *v, int count)
{
	while (v->known.count > count)
		for (int i = (v->known.count--, 0); i < VARIANTS; i++)
			free(v->known.items[v->known.count].data[i]);
}

void values_fini(values *v)
{
	values_rewind(v, 0);
	heap_free(&v->known);
}

const known_value *values_find(const values *v, const hdt_value *value)
{
	for (int i = v->known.count - 1; i >= 0; i--)
		if (v->known.items[i].value == value)
			return &v->known.items[i];
	return NULL;
}

bool values_size(const values *v, const hdt_expr *e, int64_t *out)
{
	const bindings b = {v->symbols, v->sizes, v->symbol_count};
	return expr_evaluate(e, &b, out);
}

/* ---- memory of one value -------------------------------------------------------------------------------------------- */

static judgement measure(const values *v, hdt_dtype dtype, int rank, const hdt_expr *const *shape, hdt_array *out)
{
	*out = (hdt_array){.dtype = dtype, .rank = rank};
	for (int d = 0; d < rank; d++)
		if (!values_size(v, shape[d], &out->shape[d]) || out->shape[d] < 0)
			return JUDGED_UNFIT;
	int64_t elements = array_elements(out);
	return elements < 0 || elements > v->most_elements ? JUDGED_LARGE : JUDGED_FINE;
}

static void release(known_value *k)
{
	for (int i = 0; i < VARIANTS; i++)
		free(k->data[i]);
}

static judgement allocate(const values *v, const hdt_value *value, known_value *out)
{
	*out = (known_value){.value = value};
	judgement j = measure(v, value->dtype, value->rank, value->shape, &out->exact);
	size_t bytes = j == JUDGED_FINE ? (size_t)array_elements(&out->exact) * hdt_dtype_of(value->dtype)->bytes : 0;
	for (int i = 0; i < VARIANTS && j == JUDGED_FINE; i++)
		if (!(out->data[i] = calloc(1, bytes + 8)))
			j = JUDGED_FAULTY;
	out->exact.data = out->data[0];
	if (j != JUDGED_FINE)
		release(out);
	return j;
}

static double element(const hdt_array *a, int64_t i)
{
	scalar s = scalar_load(a->data, a->dtype, i);
	return hdt_is_float(a->dtype) ? s.f : (double)s.i;
}

/* What masks hide by, and less than that: it is tame, too. */
static bool is_hidden(double x)
{
	return x < -1e30;
}

/* Low and high; false when an element is no tame number, or all of them are next to nothing. */
static bool take_range(known_value *k)
{
	bool tame = true;
	double most = 0;
	k->low = INFINITY;
	k->high = -INFINITY;
	for (int64_t i = array_elements(&k->exact) - 1; i >= 0; i--) {
		double x = element(&k->exact, i);
		tame = tame && (!hdt_is_float(k->exact.dtype) || fabs(x) <= LARGEST_FLOAT || is_hidden(x));
		k->low = fmin(k->low, x);
		k->high = fmax(k->high, x);
		most = fmax(most, fabs(x));
	}
	return tame && (most == 0 || most >= SMALLEST_FLOAT);
}

/* Relative error of one rounding, or of the compiled functions, which are a few roundings off. */
static double rounding(hdt_dtype dtype)
{
	switch (dtype) {
	case HDT_F16:
		return 0x1p-12;
	case HDT_BF16:
		return 0x1p-9;
	case HDT_F32:
		return 0x1p-21;
	default:
		return 0x1p-47;
	}
}

static double disturbed(double x, double relative, double absolute)
{
	if (x < -1e38)
		return -INFINITY; /* a sum of two may be that */
	return is_hidden(x) ? x : x * (1 + relative) + absolute;
}

/* By `factor` roundings of each element, and at least so much. Two variants at a time, in opposite directions: of two elements that only
 * rounding tells apart the lower one in one variant is the higher one in the other. */
static void disturb(values *v, known_value *k, double factor, double least)
{
	hdt_dtype dtype = k->exact.dtype;
	double size = factor * rounding(dtype);
	least += dtype == HDT_F16 ? factor * 0x1p-25 : 0; /* half a step of its smallest numbers */
	for (int n = 1; n < VARIANTS && hdt_is_float(dtype); n += 2)
		for (int64_t i = array_elements(&k->exact) - 1; i >= 0; i--) {
			double relative = random_uniform(&v->noise, -size, size);
			double absolute = random_uniform(&v->noise, -least, least);
			for (int one = n; one < n + 2 && one < VARIANTS; one++) {
				double sign = one == n ? 1 : -1;
				scalar s = scalar_load(k->data[one], dtype, i);
				s.f = disturbed(s.f, sign * relative, sign * absolute);
				scalar_store(k->data[one], dtype, i, s);
			}
		}
}

comparison values_compare(const hdt_array *got, const hdt_array *want, double scale)
{
	const hdt_array *from[] = {got, want};
	hdt_array to[2];
	int64_t elements = array_elements(want);
	for (int i = 0; i < 2; i++) {
		to[i] = *from[i];
		to[i].data = calloc((size_t)elements + 1, hdt_dtype_of(want->dtype)->bytes);
		for (int64_t e = 0; to[i].data && e < elements; e++) {
			scalar s = scalar_load(from[i]->data, want->dtype, e);
			if (hdt_is_float(want->dtype) && is_hidden(s.f))
				s.f = -INFINITY;
			scalar_store(to[i].data, want->dtype, e, s);
		}
	}
	comparison c = {.mismatched = 1};
	if (to[0].data && to[1].data)
		c = compare_arrays(&to[0], &to[1], (tolerance){.relative = -1, .absolute = -1, .scale = scale});
	free(to[0].data);
	free(to[1].data);
	return c;
}

static bool is_shaky(const known_value *k, double scale)
{
	for (int n = 1; n < VARIANTS; n++) {
		hdt_array disturbed = k->exact;
		disturbed.data = k->data[n];
		if (values_compare(&disturbed, &k->exact, SHAKY_PART * scale).mismatched)
			return true;
	}
	return false;
}

/* ---- leaves --------------------------------------------------------------------------------------------------------- */

static uint64_t hash_name(const char *name)
{
	uint64_t h = UINT64_C(14695981039346656037);
	for (; *name; name++)
		h = (h ^ (unsigned char)*name) * UINT64_C(1099511628211);
	return h;
}

judgement values_add_leaf(values *v, const hdt_value *leaf)
{
	known_value k;
	judgement j = allocate(v, leaf, &k);
	if (j != JUDGED_FINE)
		return j;
	int64_t elements = array_elements(&k.exact);
	size_t bytes = (size_t)elements * hdt_dtype_of(leaf->dtype)->bytes;
	if (leaf->constant && leaf->constant->data && bytes) {
		memcpy(k.data[0], leaf->constant->data, bytes);
	} else if (!leaf->constant) {
		case_range range = case_range_of(v->c, leaf);
		random_stream stream;
		random_seed(&stream, v->c->seed ^ hash_name(leaf->name) ^ (uint64_t)v->run << 60);
		random_fill(&stream, leaf->dtype, k.data[0], elements, range.low, range.high);
	}
	for (int i = 1; i < VARIANTS; i++)
		memcpy(k.data[i], k.data[0], bytes);
	disturb(v, &k, 1, 0);
	(void)take_range(&k);
	if (heap_push(&v->known, k))
		return JUDGED_FINE;
	release(&k);
	return JUDGED_FAULTY;
}

/* ---- nodes ---------------------------------------------------------------------------------------------------------- */

static judgement check_task(const values *v, const hdt_task *task)
{
	const bindings b = {v->symbols, v->sizes, v->symbol_count};
	hdt_array size;
	int64_t holds;
	for (int i = 0; i < task->assertion_count; i++)
		if (!values_size(v, task->assertions[i].condition, &holds) || !holds)
			return JUDGED_UNFIT;
	for (int i = 0; i < task->tensor_count; i++) {
		const hdt_tensor *t = task->tensors[i];
		judgement j = measure(v, t->dtype, t->rank, t->shape, &size);
		if (j != JUDGED_FINE)
			return j;
	}
	int64_t work = task_flops(task, &b);
	return work < 0 || work > v->most_work ? JUDGED_LARGE : JUDGED_FINE;
}

static judgement run_variant(const values *v, const hdt_node *node, int variant, known_value *outputs)
{
	const bindings b = {v->symbols, v->sizes, v->symbol_count};
	const void *inputs[64];
	void *results[16];
	if (node->input_count > 64 || node->output_count > 16)
		return JUDGED_LARGE;
	for (int i = 0; i < node->input_count; i++) {
		const known_value *known = node->inputs[i] ? values_find(v, node->inputs[i]) : NULL;
		if (node->inputs[i] && !known)
			return JUDGED_FAULTY;
		inputs[i] = known ? known->data[variant] : NULL;
	}
	for (int i = 0; i < node->output_count; i++)
		results[i] = outputs[i].data[variant];
	hdt_status status = task_evaluate(node->task, &b, inputs, results);
	return status == HDT_OK ? JUDGED_FINE : status == HDT_BAD_INPUT ? JUDGED_UNFIT : JUDGED_FAULTY;
}

static void find_function(const hdt_expr *e, void *closure)
{
	*(bool *)closure |= scalar_is_function(e);
}

/* x - tanh(x) of a small x is what the roundings of tanh(x) leave: no element that functions make is closer than its operands' last digits. */
static double least_error(const values *v, const hdt_node *node)
{
	double most = 0;
	bool found = false;
	for (int i = 0; i < node->task->tensor_count; i++)
		expr_walk(node->task->tensors[i]->value, find_function, &found);
	found = found && task_is_injective(node->task);
	for (int i = 0; found && i < node->input_count; i++) {
		const known_value *k = node->inputs[i] ? values_find(v, node->inputs[i]) : NULL;
		if (k && hdt_is_float(k->exact.dtype) && !is_hidden(k->low) && k->high >= k->low)
			most = fmax(most, fmax(fabs(k->low), fabs(k->high)) * rounding(k->exact.dtype) / 8);
	}
	return most;
}

static judgement judge_outputs(values *v, const hdt_node *node, known_value *outputs)
{
	double scale = node->op->tolerance > 1 ? node->op->tolerance : 1, least = least_error(v, node);
	for (int i = 0; i < node->output_count; i++) {
		if (!take_range(&outputs[i]))
			return JUDGED_WILD;
		disturb(v, &outputs[i], scale, least);
		if (is_shaky(&outputs[i], scale))
			return JUDGED_SHAKY;
	}
	return JUDGED_FINE;
}

judgement values_add_node(values *v, const hdt_node *node)
{
	known_value outputs[16];
	int made = 0;
	judgement j = node->output_count > 16 ? JUDGED_LARGE : check_task(v, node->task);
	while (j == JUDGED_FINE && made < node->output_count) {
		j = allocate(v, node->outputs[made], &outputs[made]);
		made += j == JUDGED_FINE;
	}
	for (int n = 0; n < VARIANTS && j == JUDGED_FINE; n++)
		j = run_variant(v, node, n, outputs);
	if (j == JUDGED_FINE)
		j = judge_outputs(v, node, outputs);
	int kept = 0;
	while (j == JUDGED_FINE && kept < made) {
		j = heap_push(&v->known, outputs[kept]) ? JUDGED_FINE : JUDGED_FAULTY;
		kept += j == JUDGED_FINE;
	}
	for (int i = kept; i < made; i++)
		release(&outputs[i]);
	return j;
}

judgement values_add_graph(values *v)
{
	const hdt_graph *g = v->graph;
	judgement j = JUDGED_FINE;
	for (int i = 0; i < g->input_count && j == JUDGED_FINE; i++)
		j = values_add_leaf(v, g->inputs[i]);
	for (int n = 0; n < g->node_count && j == JUDGED_FINE; n++) {
		const hdt_node *node = g->nodes[n];
		for (int i = 0; i < node->input_count && j == JUDGED_FINE; i++)
			if (node->inputs[i] && node->inputs[i]->constant && !values_find(v, node->inputs[i]))
				j = values_add_leaf(v, node->inputs[i]);
		j = j == JUDGED_FINE ? values_add_node(v, node) : j;
	}
	for (int i = 0; i < g->output_count && j == JUDGED_FINE; i++)
		if (g->outputs[i]->constant && !values_find(v, g->outputs[i]))
			j = values_add_leaf(v, g->outputs[i]);
	return j;
}
