/* fusion: what a group of nodes computes is what its nodes compute one by one. Every sample of every operator stands between cheap
 * operators on its float inputs and on its outputs, and the groups' tasks are compared with the graph, both by the reference evaluator.
 *     fusion PLUGINS_FOLDER */
#include "../load_plugins.h"
#include "base/map.h"
#include "pass/partition.h"
#include <math.h>
#include <stdlib.h>
#include <string.h>

enum { MOST_INPUTS = 16, MOST_ELEMENTS = 20000 };

/* ---- graphs ---- */

static bool is_float_array(const hdt_value *v)
{
	return v && hdt_is_float(v->dtype) && v->rank > 0;
}

/* The node of the sample again, between others. */
static hdt_graph *surround(const sample *s, int variant)
{
	const hdt_node *node = s->graph->nodes[0];
	hdt_graph *g = hdt_graph_new(s->graph->context, "chain");
	hdt_value *inputs[MOST_INPUTS];
	for (int i = 0; i < s->graph->input_count; i++) {
		hdt_value *x = hdt_graph_input(g, NULL, s->graph->inputs[i]->dtype, hdt_value_shape(s->graph->inputs[i]));
		inputs[i] = is_float_array(x) && variant % 2 ? hdt_apply(g, "abs", HDT_VALUES(x), NULL) : x;
	}
	hdt_node *again = hdt_apply_node(g, node->op->name, inputs, s->graph->input_count, node->attributes);
	for (int o = 0; again && o < again->output_count; o++) {
		hdt_value *y = again->outputs[o];
		if (!is_float_array(y)) {
			hdt_graph_output(g, NULL, y);
			continue;
		}
		hdt_value *twice = hdt_apply(g, "mul", HDT_VALUES(y, y), NULL);
		hdt_value *both = hdt_apply(g, "add", HDT_VALUES(twice, y), NULL);
		if (variant & 2)
			both = hdt_apply(g, "softmax", HDT_VALUES(both), NULL);
		hdt_graph_output(g, NULL, both);
		if (variant & 4)
			hdt_graph_output(g, NULL, y);
	}
	return hdt_context_status(g->context) == HDT_OK ? g : NULL;
}

/* ---- data ---- */

static double next_random(uint64_t *state)
{
	*state = *state * UINT64_C(6364136223846793005) + UINT64_C(1442695040888963407);
	return (double)(*state >> 40) / (double)(1 << 24);
}

static int64_t count_elements(const hdt_value *v, const bindings *b)
{
	int64_t product = 1, size;
	for (int d = 0; d < v->rank; d++) {
		if (!expr_evaluate(v->shape[d], b, &size) || size < 0 || (size && product > MOST_ELEMENTS / size))
			return -1;
		product *= size;
	}
	return product;
}

static void *allocate(const hdt_value *v, const bindings *b)
{
	int64_t elements = count_elements(v, b);
	return elements < 0 ? NULL : calloc((size_t)elements + 1, hdt_dtype_of(v->dtype)->bytes);
}

static void *make_data(const sample *s, int i, const hdt_value *v, const bindings *b, uint64_t *state)
{
	void *data = allocate(v, b);
	int64_t elements = data ? count_elements(v, b) : 0;
	for (int64_t e = 0; e < elements; e++) {
		double number = s->low[i] + (s->high[i] - s->low[i]) * next_random(state);
		scalar value = {.f = number};
		if (!hdt_is_float(v->dtype))
			value.i = (int64_t)floor(number);
		scalar_store(data, v->dtype, e, value);
	}
	return data;
}

/* ---- running groups ---- */

static const void *data_of(const map *values, const hdt_value *v)
{
	const hdt_value *root = value_root(v);
	return root->constant ? root->constant->data : map_get(values, root);
}

static bool run_group(const fusion_group *g, const bindings *b, map *values)
{
	hdt_context *c = g->task->context;
	const void **inputs = hdt_allocate(c, sizeof *inputs * (size_t)(g->input_count + 1));
	void **outputs = hdt_allocate(c, sizeof *outputs * (size_t)(g->output_count + 1));
	for (int i = 0; i < g->input_count; i++)
		inputs[i] = g->inputs[i] ? data_of(values, g->inputs[i]) : NULL;
	for (int o = 0; o < g->output_count; o++) {
		outputs[o] = allocate(g->outputs[o], b);
		map_set(values, g->outputs[o], outputs[o]);
		if (!outputs[o])
			return false;
	}
	return task_evaluate(g->task, b, inputs, outputs) == HDT_OK;
}

static bool close_enough(const hdt_value *v, const void *got, const void *want, int64_t elements)
{
	/* 16-bit results within a group are not rounded. */
	double tolerance = hdt_dtype_of(v->dtype)->bytes < 4 ? 0.05 : 1e-4;
	for (int64_t e = 0; e < elements; e++) {
		scalar a = scalar_load(got, v->dtype, e), w = scalar_load(want, v->dtype, e);
		bool same = hdt_is_float(v->dtype)
		                ? (isnan(a.f) && isnan(w.f)) || a.f == w.f || fabs(a.f - w.f) <= tolerance * (1 + fabs(w.f))
		                : a.i == w.i;
		if (!same)
			return false;
	}
	return true;
}

/* 1: equal; 0: not; -1: not to be compared. */
static int compare(hdt_graph *g, const sample *s, const partition *groups)
{
	bindings b = {s->graph->symbols, s->values, s->graph->symbol_count};
	const void *inputs[MOST_INPUTS] = {0};
	evaluated want[MOST_INPUTS] = {0};
	uint64_t state = 1;
	map values;
	int result = 1;
	map_init(&values, g->context);
	for (int i = 0; i < g->input_count && result == 1; i++) {
		inputs[i] = make_data(s, i, g->inputs[i], &b, &state);
		map_set(&values, g->inputs[i], (void *)(uintptr_t)inputs[i]);
		result = inputs[i] ? 1 : -1;
	}
	if (result == 1 && graph_evaluate(g, &b, inputs, want) != HDT_OK)
		result = -1; /* the data do not suit it: changed indices, for one */
	for (int i = 0; i < groups->count && result == 1; i++)
		result = run_group(&groups->groups[i], &b, &values) ? 1 : 0;
	for (int o = 0; o < g->output_count && result == 1; o++)
		result = close_enough(g->outputs[o], data_of(&values, g->outputs[o]), want[o].data,
		                      count_elements(g->outputs[o], &b));
	for (size_t i = 0; i < values.capacity; i++)
		free(values.keys[i] ? values.values[i] : NULL);
	for (int o = 0; o < g->output_count; o++)
		free(want[o].data);
	return result;
}

/* ---- all of them ---- */

typedef struct tally {
	int compared, fused, failed;
} tally;

static void check(const hdt_registry *registry, const hdt_operator *op, const char *source, hdt_dtype dtype,
                  int variant, tally *t)
{
	hdt_context *context = context_new(registry);
	sample s;
	partition groups;
	hdt_graph *g = NULL;
	if (context && sample_parse(context, source, dtype, &s) == HDT_OK && s.graph->input_count <= MOST_INPUTS)
		g = surround(&s, variant);
	if (g && pass_partition(g, &(partition_options){.fuse = true}, &groups) != HDT_OK) {
		printf("FAILED %s, %s, variant %d: %s\n", op->name, source, variant, context->message);
		t->failed++;
	} else if (g) {
		int result = compare(g, &s, &groups);
		t->compared += result >= 0;
		t->fused += groups.count < g->node_count;
		t->failed += result == 0;
		if (result == 0)
			printf("FAILED %s, %s, variant %d: the groups compute something else %s\n", op->name, source, variant,
			       context->message);
	}
	context_free(context);
}

int main(int argc, char **argv)
{
	hdt_registry *registry;
	loader *l;
	tally t = {0};
	if (argc != 2 || !load_plugins(argv[1], &registry, &l))
		return 2;
	for (int i = 0; i < registry_count(registry, REGISTRY_OPERATOR); i++) {
		const hdt_operator *op = registry_at(registry, REGISTRY_OPERATOR, i)->descriptor;
		for (const char *const *at = op->samples; at && *at; at++)
			for (int variant = 0; variant < 8; variant++)
				check(registry, op, *at, strchr(*at, 'T') && variant == 7 ? HDT_F16 : HDT_F32, variant, &t);
	}
	printf("fusion: %d graphs compared, %d of them with groups, %d failed\n", t.compared, t.fused, t.failed);
	registry_free(registry);
	loader_close(l);
	return t.failed != 0 || t.fused == 0;
}
