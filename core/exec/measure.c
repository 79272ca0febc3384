/* measure.c: times the steps of a run one by one.
 *
 * A whole run comes first. Then another is begun, for it may have written over inputs that the device has in its own memory, and the launches of that
 * one are given to the target in parts. */
#include "exec/measure.h"

#include "base/timing.h"
#include "exec/state.h"
#include <stdlib.h>

/* The launches of one step are neighbours in the list. */
typedef struct span {
	int first, count;
} span;

int compiled_step_count(const compiled_graph *c)
{
	return c->step_count;
}

/* Bytes of the step's values. What only moves elements reads no more than it writes: of a table that is looked up in, not all of it. */
static int64_t count_bytes(const fusion_group *g, const bindings *b)
{
	int64_t written = 0, read = 0;
	for (int i = 0; i < g->output_count; i++) {
		int64_t bytes = shape_bytes(g->outputs[i]->dtype, hdt_value_shape(g->outputs[i]), b, NULL);
		if (bytes < 0 || __builtin_add_overflow(written, bytes, &written))
			return -1;
	}
	bool moves = task_is_injective(g->task);
	for (int i = 0; i < g->input_count; i++) {
		if (!g->inputs[i])
			continue;
		int64_t bytes = shape_bytes(g->inputs[i]->dtype, hdt_value_shape(g->inputs[i]), b, NULL);
		if (bytes < 0 || __builtin_add_overflow(read, moves && bytes > written ? written : bytes, &read))
			return -1;
	}
	return __builtin_add_overflow(read, written, &written) ? -1 : written;
}

static void describe(const compiled_graph *c, const launch_list *launches, span *spans, step_measure *out)
{
	const bindings b = {c->graph->symbols, c->values, c->graph->symbol_count};
	for (int i = 0; i < c->step_count; i++) {
		const bound_step *s = &c->steps[i];
		spans[i] = (span){0};
		out[i] = (step_measure){.group = s->group,
		                        .text = s->group->text,
		                        .kernel = s->function ? s->function : "",
		                        .scheduler = s->scheduler ? s->scheduler->name : "",
		                        .flops = task_flops(s->group->task, &b),
		                        .bytes = count_bytes(s->group, &b)};
	}
	for (int l = 0; l < launches->launches.count; l++) {
		span *s = &spans[launches->planned.items[l].owner];
		s->first = s->count++ ? s->first : l;
	}
	for (int i = 0; i < c->step_count; i++)
		out[i].launches = spans[i].count;
}

/* A fault of a part of the list, as one of the whole. */
static hdt_status place_fault(hdt_fault *fault, const span *part)
{
	fault->launch += fault->launch >= 0 ? part->first : 0;
	return fault->status;
}

/* All steps in order, round after round; `times` has room for rounds of each step. */
static hdt_status time_in_place(const compiled_graph *c, const hdt_launch *launches, const span *spans, int rounds,
                                double *times, step_measure *out, hdt_fault *fault)
{
	for (int r = 0; r < rounds; r++) {
		double start = now_us();
		for (int i = 0; i < c->step_count; i++) {
			double begin = now_us();
			hdt_status status =
				spans[i].count ? c->target->run(c->device, launches + spans[i].first, spans[i].count, fault) : HDT_OK;
			if (status != HDT_OK)
				return place_fault(fault, &spans[i]);
			times[(size_t)i * (size_t)rounds + (size_t)r] = now_us() - begin;
			out[i].begin_us = begin - start;
		}
	}
	for (int i = 0; i < c->step_count; i++)
		out[i].median_us = times_median(times + (size_t)i * (size_t)rounds, rounds);
	return HDT_OK;
}

/* Each step for itself, by the device's clock. */
static hdt_status time_apart(const compiled_graph *c, const hdt_launch *launches, const span *spans, int rounds,
                             step_measure *out, hdt_fault *fault)
{
	double begin = 0;
	for (int i = 0; i < c->step_count; i++) {
		hdt_status status = spans[i].count ? c->target->time(c->device, launches + spans[i].first, spans[i].count,
		                                                     rounds, &out[i].median_us, fault)
		                                   : HDT_OK;
		if (status != HDT_OK)
			return place_fault(fault, &spans[i]);
		out[i].begin_us = begin;
		begin += out[i].median_us;
	}
	return HDT_OK;
}

static hdt_status measure(compiled_graph *c, hdt_context *diagnostics, const hdt_array *inputs, void **addresses,
                          int rounds, span *spans, double *times, step_measure *out)
{
	const plan *p;
	hdt_fault fault = {.launch = -1};
	hdt_status status = compiled_begin_run(c, diagnostics, inputs, addresses, &p);
	if (status != HDT_OK)
		return status;
	describe(c, &p->launches, spans, out);
	const hdt_launch *launches = p->launches.launches.items;
	status = c->target->host_memory || !c->target->time ? time_in_place(c, launches, spans, rounds, times, out, &fault)
	                                                    : time_apart(c, launches, spans, rounds, out, &fault);
	return status == HDT_OK ? HDT_OK : fail_launch(diagnostics, status, &fault, &p->launches, c->steps);
}

hdt_status compiled_measure(compiled_graph *c, hdt_context *diagnostics, const hdt_array *inputs, int input_count,
                            int rounds, step_measure *out)
{
	/* Without a clock of its own, a target with its own memory is timed in one round: the next one would read what this one wrote over
	 * the inputs. */
	rounds = rounds < 1 || (!c->target->host_memory && !c->target->time) ? 1 : rounds;
	size_t steps = (size_t)c->step_count + 1;
	hdt_array *outputs = calloc((size_t)c->graph->output_count + 1, sizeof *outputs);
	void **addresses = calloc((size_t)c->graph->input_count + 1, sizeof *addresses);
	span *spans = calloc(steps, sizeof *spans);
	double *times = calloc(steps * (size_t)rounds, sizeof *times);
	hdt_status status = HDT_OK;
	if (!outputs || !addresses || !spans || !times)
		status = hdt_fail(diagnostics, HDT_OUT_OF_MEMORY, "out of memory timing the steps of a run");
	if (status == HDT_OK)
		status = compiled_run(c, diagnostics, inputs, input_count, outputs, c->graph->output_count);
	if (status == HDT_OK)
		status = measure(c, diagnostics, inputs, addresses, rounds, spans, times, out);
	free(outputs);
	free(addresses);
	free(spans);
	free(times);
	return status;
}
