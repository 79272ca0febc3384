/* meaning.c: evaluates graphs on made-up inputs and compares the results. */
#include "meaning.h"

#include <math.h>
#include <stdio.h>
#include <stdlib.h>

/* Numbers that repeat for every graph: a linear congruential generator. */
static double next_random(uint64_t *state)
{
	*state = *state * UINT64_C(6364136223846793005) + UINT64_C(1442695040888963407);
	return (double)(*state >> 40) / (double)(1 << 24);
}

/* Floats in -2..2, integers in -3..3 (unsigned: 0..3), bools. */
static void fill(const hdt_value *input, int64_t count, void *data, uint64_t *state)
{
	for (int64_t i = 0; i < count; i++) {
		double x = next_random(state);
		scalar v = {0};
		if (hdt_is_float(input->dtype))
			v.f = 4 * x - 2;
		else if (input->dtype == HDT_BOOL)
			v.i = x > 0.3; /* mostly true: a mask that hides everything would hide errors, too */
		else
			v.i = hdt_dtype_of(input->dtype)->kind == HDT_KIND_UINT ? (int64_t)(4 * x) : (int64_t)(7 * x) - 3;
		scalar_store(data, input->dtype, i, v);
	}
}

static int64_t nearest_size(const hdt_expr *symbol, int64_t size)
{
	int64_t min = 0, max = 0;
	hdt_bounds(symbol, &min, &max);
	return max < size ? max : min > size ? min : size;
}

static void *make_input(const hdt_value *input, const bindings *b, uint64_t *state)
{
	int64_t count = 1, dim = 0;
	for (int d = 0; d < input->rank; d++) {
		if (!expr_evaluate(input->shape[d], b, &dim) || dim < 0 || __builtin_mul_overflow(count, dim, &count))
			return NULL;
	}
	void *data = calloc((size_t)count + 1, hdt_dtype_of(input->dtype)->bytes);
	if (data)
		fill(input, count, data, state);
	return data;
}

hdt_status meaning_take(const hdt_graph *graph, int64_t size, meaning *out)
{
	uint64_t state = 1;
	int64_t sizes[64] = {0};
	for (int i = 0; i < graph->symbol_count && i < 64; i++)
		sizes[i] = nearest_size(graph->symbols[i], size);
	const bindings b = {graph->symbols, sizes, graph->symbol_count};
	const void **inputs = calloc((size_t)graph->input_count + 1, sizeof *inputs);
	*out = (meaning){calloc((size_t)graph->output_count + 1, sizeof(evaluated)), graph->output_count};
	for (int i = 0; i < graph->input_count; i++)
		inputs[i] = make_input(graph->inputs[i], &b, &state);
	hdt_status status = graph_evaluate(graph, &b, inputs, out->outputs);
	for (int i = 0; i < graph->input_count; i++)
		free((void *)inputs[i]);
	free(inputs);
	return status;
}

static bool close_enough(hdt_dtype dtype, hdt_dtype computed, scalar a, scalar b)
{
	const hdt_dtype_info *info = hdt_dtype_of(dtype), *by = hdt_dtype_of(computed);
	if (!hdt_is_float(dtype))
		return a.i == b.i;
	double absolute = fmax(info->atol, by->atol), relative = fmax(info->rtol, by->rtol);
	return a.f == b.f || (isnan(a.f) && isnan(b.f)) || fabs(a.f - b.f) <= absolute + relative * fabs(b.f);
}

bool meaning_same(const meaning *before, const meaning *after, hdt_dtype computed, char *reason, size_t reason_bytes)
{
	snprintf(reason, reason_bytes, "%d outputs before, %d after", before->count, after->count);
	for (int o = 0; o < before->count && before->count == after->count; o++) {
		const evaluated *a = &after->outputs[o], *b = &before->outputs[o];
		int64_t count = 1;
		bool same = a->dtype == b->dtype && a->rank == b->rank;
		for (int d = 0; same && d < b->rank; d++) {
			same = a->shape[d] == b->shape[d];
			count *= b->shape[d];
		}
		snprintf(reason, reason_bytes, "output %d has another dtype or shape", o);
		for (int64_t i = 0; same && i < count; i++) {
			same =
				close_enough(a->dtype, computed, scalar_load(a->data, a->dtype, i), scalar_load(b->data, b->dtype, i));
			snprintf(reason, reason_bytes, "output %d differs at element %lld", o, (long long)i);
		}
		if (!same)
			return false;
	}
	return before->count == after->count;
}

void meaning_free(meaning *m)
{
	for (int i = 0; m->outputs && i < m->count; i++)
		free(m->outputs[i].data);
	free(m->outputs);
	*m = (meaning){0};
}
