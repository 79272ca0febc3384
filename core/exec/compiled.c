/* compiled.c: making a compiled graph and taking it down again. */
#include "exec/state.h"

#include <stdlib.h>

static hdt_status prepare_runs(compiled_graph *c)
{
	int most = 0;
	for (int i = 0; i < c->setup_count + c->step_count; i++) {
		const bound_step *s = i < c->setup_count ? &c->setup[i] : &c->steps[i - c->setup_count];
		most = s->slot_count > most ? s->slot_count : most;
	}
	c->addresses = hdt_allocate(c->context, sizeof *c->addresses * (size_t)(most + 1));
	c->values = hdt_allocate(c->context, sizeof *c->values * (size_t)(c->graph->symbol_count + 1));
	c->input_copies = hdt_allocate(c->context, sizeof *c->input_copies * (size_t)(c->graph->input_count + 1));
	c->output_copies = hdt_allocate(c->context, sizeof *c->output_copies * (size_t)(c->graph->output_count + 1));
	return c->addresses && c->values && c->input_copies && c->output_copies ? HDT_OK : HDT_OUT_OF_MEMORY;
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
	if (status == HDT_OK)
		status = compiled_prepare(c);
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

const loaded *compiled_loaded(const compiled_graph *c)
{
	return c->on;
}
