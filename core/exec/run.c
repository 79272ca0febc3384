/* run.c: one run of a compiled graph: sizes from the inputs, memory from the plan, the launches, the outputs.
 *
 * Inputs and constants are read where they lie if the target can; outputs that are results of steps stay in the arena
 * and are given away from there. What an output shares with an input or a constant is copied: it is the library's
 * memory that the caller gets. */
#include "exec/state.h"

#include <stdlib.h>
#include <string.h>

static hdt_status check_inputs(const compiled_graph *c, hdt_context *diagnostics, const hdt_array *inputs, int count)
{
	actual_input *actual = calloc((size_t)count + 1, sizeof *actual);
	if (!actual)
		return hdt_fail(diagnostics, HDT_OUT_OF_MEMORY, "out of memory");
	for (int i = 0; i < count; i++)
		actual[i] = (actual_input){inputs[i].dtype, inputs[i].rank, inputs[i].shape};
	hdt_status status = graph_bind(c->graph, diagnostics, actual, count, c->values);
	free(actual);
	return status;
}

bool compiled_has_weights(const compiled_graph *c)
{
	for (int i = 0; i < c->slot_count; i++)
		if (c->slots[i].unknown)
			return false;
	return true;
}

static hdt_status prepare_arena(compiled_graph *c, hdt_context *diagnostics, const plan *p)
{
	if (p->size.bytes <= c->arena_bytes)
		return HDT_OK;
	if (c->arena)
		c->target->release(c->device, c->arena);
	c->arena = c->target->allocate(c->device, (size_t)p->size.bytes);
	c->arena_bytes = c->arena ? p->size.bytes : 0;
	if (c->arena)
		return HDT_OK;
	return hdt_fail(diagnostics, HDT_OUT_OF_MEMORY,
	                "out of memory: this run needs %lld bytes for its intermediate results%s", (long long)p->size.bytes,
	                loaded_free_memory(c->on, diagnostics));
}

/* At least `bytes` of memory, which need not keep what was in it. */
static bool make_room(owned_copy *copy, size_t bytes)
{
	if (copy->memory && copy->bytes >= bytes)
		return true;
	free(copy->memory);
	size_t rounded = (bytes + PLAN_ALIGNMENT) / PLAN_ALIGNMENT * PLAN_ALIGNMENT; /* one byte at least */
	copy->memory = aligned_alloc(PLAN_ALIGNMENT, rounded);
	copy->bytes = copy->memory ? rounded : 0;
	return copy->memory != NULL;
}

void *slot_address(const compiled_graph *c, const plan *p, void *const *input_addresses, int index)
{
	const slot *s = index < 0 ? NULL : &c->slots[index];
	if (!s || p->bytes[index] == 0)
		return NULL;
	switch (s->place) {
	case SLOT_INPUT:
		return input_addresses[s->input];
	case SLOT_CONSTANT:
		return s->memory;
	default:
		return (char *)c->arena + p->offsets[index];
	}
}

/* Where each input is read: in place, or in a copy. */
static hdt_status place_inputs(compiled_graph *c, hdt_context *diagnostics, const plan *p, const hdt_array *inputs,
                               void **addresses)
{
	for (int i = 0; i < c->graph->input_count; i++) {
		int index = c->input_slots[i];
		size_t bytes = (size_t)p->bytes[index];
		addresses[i] = inputs[i].data;
		if (bytes == 0)
			continue;
		if (!inputs[i].data)
			return hdt_fail(diagnostics, HDT_BAD_INPUT, "input '%s' has no data", c->graph->inputs[i]->name);
		hdt_status status = HDT_OK;
		if (c->slots[index].place == SLOT_ARENA) {
			status = c->target->copy(c->device, (char *)c->arena + p->offsets[index], inputs[i].data, bytes);
		} else if ((uintptr_t)inputs[i].data % hdt_dtype_of(inputs[i].dtype)->bytes != 0) {
			if (!make_room(&c->input_copies[i], bytes))
				return hdt_fail(diagnostics, HDT_OUT_OF_MEMORY, "out of memory: input '%s' needs %zu bytes",
				                c->graph->inputs[i]->name, bytes);
			memcpy(c->input_copies[i].memory, inputs[i].data, bytes);
			addresses[i] = c->input_copies[i].memory;
		}
		if (status != HDT_OK)
			return hdt_fail(diagnostics, status, "input '%s' cannot be copied to the device",
			                c->graph->inputs[i]->name);
	}
	return HDT_OK;
}

hdt_status fail_launch(hdt_context *diagnostics, hdt_status status, const hdt_fault *fault, const launch_list *launches,
                       const bound_step *steps)
{
	if (fault->launch < 0 || fault->launch >= launches->planned.count)
		return hdt_fail(diagnostics, status, "the run failed: %s", fault->message);
	const planned_launch *l = &launches->planned.items[fault->launch];
	return hdt_fail(diagnostics, status, "%s: %s%s%s%s", steps[l->owner].group->text, l->function ? "@" : "",
	                l->function ? l->function->name : "", l->function ? ": " : "", fault->message);
}

static void fill_addresses(compiled_graph *c, const plan *p, void *const *input_addresses)
{
	/* The run at hand is the only one of this graph: the plan's launches are its own to fill in. */
	launch_list *l = (launch_list *)(uintptr_t)&p->launches;
	for (int i = 0, filled = -1; i < l->launches.count; i++) {
		int owner = l->planned.items[i].owner;
		const bound_step *s = &c->steps[owner];
		for (int k = 0; k < s->slot_count && owner != filled; k++)
			c->addresses[k] = slot_address(c, p, input_addresses, s->slots[k]);
		filled = owner;
		launch_address(l, i, c->addresses);
	}
}

static hdt_status launch_steps(compiled_graph *c, hdt_context *diagnostics, const plan *p)
{
	const launch_list *l = &p->launches;
	hdt_fault fault = {.launch = -1};
	hdt_status status = c->target->run(c->device, l->launches.items, l->launches.count, &fault);
	return status == HDT_OK ? HDT_OK : fail_launch(diagnostics, status, &fault, l, c->steps);
}

static hdt_status give_output(compiled_graph *c, hdt_context *diagnostics, const plan *p, void *const *input_addresses,
                              int i, hdt_array *out)
{
	const hdt_value *value = c->graph->outputs[i];
	const bindings b = {c->graph->symbols, c->values, c->graph->symbol_count};
	int index = c->output_slots[i];
	*out = (hdt_array){.name = c->graph->output_names[i], .dtype = value->dtype, .rank = value->rank};
	int64_t bytes = shape_bytes(value->dtype, hdt_value_shape(value), &b, out->shape);
	if (bytes != p->bytes[index])
		return hdt_fail(diagnostics, HDT_INTERNAL, "output '%s' does not have the size of its memory", out->name);
	void *address = slot_address(c, p, input_addresses, index);
	if (address && c->slots[index].place == SLOT_ARENA && c->target->host_memory) {
		out->data = address;
		return HDT_OK;
	}
	if (!make_room(&c->output_copies[i], (size_t)bytes))
		return hdt_fail(diagnostics, HDT_OUT_OF_MEMORY, "out of memory: output '%s' needs %lld bytes", out->name,
		                (long long)bytes);
	out->data = c->output_copies[i].memory;
	if (!address || c->target->copy(c->device, out->data, address, (size_t)bytes) == HDT_OK)
		return HDT_OK;
	return hdt_fail(diagnostics, HDT_BAD_TARGET, "output '%s' cannot be copied from the device", out->name);
}

hdt_status compiled_begin_run(compiled_graph *c, hdt_context *diagnostics, const hdt_array *inputs, void **addresses,
                              const plan **out)
{
	hdt_status status = check_inputs(c, diagnostics, inputs, c->graph->input_count);
	if (status == HDT_OK && !compiled_has_weights(c))
		status = hdt_fail(diagnostics, HDT_BAD_MODEL,
		                  "the model was loaded without its weights; it can be looked at but not run");
	if (status == HDT_OK)
		status = loaded_check(c->on, diagnostics);
	if (status == HDT_OK)
		status = plan_for_values(c, diagnostics, out);
	if (status == HDT_OK)
		status = prepare_arena(c, diagnostics, *out);
	if (status == HDT_OK)
		status = place_inputs(c, diagnostics, *out, inputs, addresses);
	if (status == HDT_OK)
		fill_addresses(c, *out, addresses);
	return status;
}

hdt_status compiled_run(compiled_graph *c, hdt_context *diagnostics, const hdt_array *inputs, int input_count,
                        hdt_array *outputs, int output_count)
{
	const plan *p = NULL;
	if (output_count != c->graph->output_count)
		return hdt_fail(diagnostics, HDT_USAGE, "the model has %d output%s, room was given for %d",
		                c->graph->output_count, c->graph->output_count == 1 ? "" : "s", output_count);
	if (input_count != c->graph->input_count)
		return check_inputs(c, diagnostics, inputs, input_count);
	void **addresses = calloc((size_t)input_count + 1, sizeof *addresses);
	if (!addresses)
		return hdt_fail(diagnostics, HDT_OUT_OF_MEMORY, "out of memory");
	hdt_status status = compiled_begin_run(c, diagnostics, inputs, addresses, &p);
	if (status == HDT_OK)
		status = launch_steps(c, diagnostics, p);
	for (int i = 0; i < output_count && status == HDT_OK; i++)
		status = give_output(c, diagnostics, p, addresses, i, &outputs[i]);
	free(addresses);
	return status;
}
