/* compiled.c: making a compiled graph and taking it down again. What is computed of constants alone is computed here.
 */
#include "exec/state.h"

#include <stdlib.h>

/* A launch with room for what each run fills in. */
static hdt_status prepare_launch(compiled_graph *c, const bound_step *s, hdt_launch *out)
{
	void **buffers = hdt_allocate(c->context, sizeof *buffers * (size_t)(s->slot_count + 1));
	int64_t *symbols = hdt_allocate(c->context, sizeof *symbols * (size_t)(s->symbol_count + 1));
	*out = (hdt_launch){s->function, buffers, symbols};
	return buffers && symbols ? HDT_OK : HDT_OUT_OF_MEMORY;
}

static hdt_status prepare_runs(compiled_graph *c)
{
	c->launches = hdt_allocate(c->context, sizeof *c->launches * (size_t)(c->step_count + 1));
	c->values = hdt_allocate(c->context, sizeof *c->values * (size_t)(c->graph->symbol_count + 1));
	c->input_copies = hdt_allocate(c->context, sizeof *c->input_copies * (size_t)(c->graph->input_count + 1));
	c->output_copies = hdt_allocate(c->context, sizeof *c->output_copies * (size_t)(c->graph->output_count + 1));
	if (!c->launches || !c->values || !c->input_copies || !c->output_copies)
		return HDT_OUT_OF_MEMORY;
	for (int i = 0; i < c->step_count; i++)
		if (prepare_launch(c, &c->steps[i], &c->launches[i]) != HDT_OK)
			return HDT_OUT_OF_MEMORY;
	return HDT_OK;
}

/* Compute once what depends on constants alone, and let go what only that needed. */
static hdt_status run_setup(compiled_graph *c)
{
	hdt_launch *launches = hdt_allocate(c->context, sizeof *launches * (size_t)(c->setup_count + 1));
	hdt_status status = launches ? HDT_OK : HDT_OUT_OF_MEMORY;
	for (int i = 0; i < c->setup_count && status == HDT_OK; i++) {
		const bound_step *s = &c->setup[i];
		status = prepare_launch(c, s, &launches[i]);
		for (int k = 0; k < s->slot_count && status == HDT_OK; k++)
			((void **)(uintptr_t)launches[i].buffers)[k] = s->slots[k] < 0 ? NULL : c->slots[s->slots[k]].memory;
	}
	hdt_fault fault = {.launch = -1};
	if (status == HDT_OK && c->on->object && compiled_has_weights(c)) {
		status = c->target->run(c->device, launches, c->setup_count, &fault);
		if (status != HDT_OK)
			fail_launch(c->context, status, &fault, c->setup, c->setup_count);
	}
	for (int i = 0; i < c->slot_count; i++) {
		slot *s = &c->slots[i];
		if (!s->owned || s->kept)
			continue;
		c->target->release(c->device, s->memory);
		s->memory = NULL;
		s->owned = false;
	}
	return status;
}

/* A graph of static shapes has one plan, which is made at once. */
static hdt_status plan_ahead(compiled_graph *c)
{
	const plan *p;
	return c->graph->symbol_count == 0 ? plan_for_values(c, c->context, &p) : HDT_OK;
}

hdt_status compiled_new(hdt_graph *graph, loaded *on, const step *steps, int count, const compile_report *report,
                        compiled_graph **out)
{
	*out = NULL;
	compiled_graph *c = calloc(1, sizeof *c);
	if (!c)
		return hdt_fail(graph->context, HDT_OUT_OF_MEMORY, "out of memory");
	*c = (compiled_graph){.context = graph->context,
	                      .graph = graph,
	                      .target = on->target,
	                      .device = on->device,
	                      .on = loaded_retain(on),
	                      .report = *report};
	hdt_status status = compiled_bind(c, steps, count);
	if (status == HDT_OK)
		status = prepare_runs(c);
	if (status == HDT_OK && c->setup_count)
		status = run_setup(c);
	if (status == HDT_OK)
		status = plan_ahead(c);
	c->report.steps = c->step_count;
	if (status != HDT_OK)
		compiled_free(c);
	else
		*out = c;
	return status;
}

void compiled_free(compiled_graph *c)
{
	if (!c)
		return;
	for (int i = 0; i < c->slot_count; i++)
		if (c->slots[i].owned)
			c->target->release(c->device, c->slots[i].memory);
	for (int i = 0; i < PLAN_CACHE_SIZE; i++)
		plan_clear(&c->plans[i]);
	for (int i = 0; c->input_copies && i < c->graph->input_count; i++)
		free(c->input_copies[i].memory);
	for (int i = 0; c->output_copies && i < c->graph->output_count; i++)
		free(c->output_copies[i].memory);
	if (c->arena)
		c->target->release(c->device, c->arena);
	loaded_release(c->on);
	free(c);
}

hdt_status compiled_plan(compiled_graph *c, hdt_context *diagnostics, const int64_t *values)
{
	const plan *p;
	for (int i = 0; i < c->graph->symbol_count; i++)
		c->values[i] = values[i];
	return plan_for_values(c, diagnostics, &p);
}

const compile_report *compiled_report(const compiled_graph *c)
{
	return &c->report;
}
