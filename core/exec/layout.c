/* layout.c: the plan of a compiled graph for one set of symbol values, memory and launches, and the few plans that are kept. */
#include "exec/state.h"

#include <stdlib.h>
#include <string.h>

int64_t shape_bytes(hdt_dtype dtype, hdt_list shape, const bindings *b, int64_t *dims)
{
	int64_t elements = 1, dim = 0;
	bool empty = false, fits = true;
	for (int d = 0; d < shape.count; d++) {
		if (!expr_evaluate(shape.items[d], b, &dim) || dim < 0)
			return -1;
		if (dims)
			dims[d] = dim;
		empty = empty || dim == 0;
		/* A later 0 makes it small again. */
		fits = fits && !__builtin_mul_overflow(elements, dim, &elements);
	}
	if (empty)
		return 0;
	return fits && elements < INT64_MAX / 16 ? elements * hdt_dtype_of(dtype)->bytes : -1;
}

void plan_clear(plan *p)
{
	free(p->values);
	free(p->bytes);
	free(p->offsets);
	launch_list_fini(&p->launches);
	*p = (plan){0};
}

static hdt_status size_slots(const compiled_graph *c, hdt_context *diagnostics, plan *p)
{
	const bindings b = {c->graph->symbols, p->values, c->graph->symbol_count};
	for (int i = 0; i < c->slot_count; i++) {
		p->bytes[i] = shape_bytes(c->slots[i].dtype, c->slots[i].shape, &b, NULL);
		if (p->bytes[i] >= 0)
			continue;
		text shape = {0};
		for (int d = 0; d < c->slots[i].shape.count; d++)
			text_format(&shape, "%s%s", d ? ", " : "", hdt_expr_text(c->slots[i].shape.items[d]));
		hdt_status status =
			hdt_fail(diagnostics, HDT_BAD_INPUT, "these input sizes give an impossible intermediate shape [%s]",
		             shape.data ? shape.data : "");
		text_free(&shape);
		return status;
	}
	return HDT_OK;
}

static hdt_status place_slots(const compiled_graph *c, hdt_context *diagnostics, plan *p)
{
	plan_buffer *buffers = calloc((size_t)c->slot_count + 1, sizeof *buffers);
	int count = 0;
	if (!buffers)
		return hdt_fail(diagnostics, HDT_OUT_OF_MEMORY, "out of memory planning a run");
	for (int i = 0; i < c->slot_count; i++)
		if (c->slots[i].place == SLOT_ARENA)
			buffers[count++] = (plan_buffer){p->bytes[i], c->slots[i].first, c->slots[i].last, 0};
	hdt_status status = plan_place(buffers, count, c->step_count, &p->size);
	if (status != HDT_OK)
		hdt_fail(diagnostics, status,
		         "out of memory: the intermediate results of these input sizes do not fit any memory");
	count = 0;
	for (int i = 0; i < c->slot_count; i++)
		p->offsets[i] = c->slots[i].place == SLOT_ARENA ? buffers[count++].offset : 0;
	free(buffers);
	return status;
}

static hdt_status plan_launches(const compiled_graph *c, hdt_context *diagnostics, plan *p)
{
	const bindings b = {c->graph->symbols, p->values, c->graph->symbol_count};
	hdt_status status = HDT_OK;
	for (int i = 0; i < c->step_count && status == HDT_OK; i++) {
		const bound_step *s = &c->steps[i];
		int64_t *bytes = malloc(((size_t)s->slot_count + 1) * sizeof *bytes);
		if (!bytes)
			return hdt_fail(diagnostics, HDT_OUT_OF_MEMORY, "out of memory planning a run");
		for (int k = 0; k < s->slot_count; k++)
			bytes[k] = s->slots[k] < 0 ? 0 : p->bytes[s->slots[k]];
		status = launch_program(&p->launches, diagnostics, &s->loaded, i, &b, bytes);
		free(bytes);
	}
	return status;
}

static hdt_status make_plan(const compiled_graph *c, hdt_context *diagnostics, plan *p)
{
	size_t symbols = (size_t)c->graph->symbol_count, slots = (size_t)c->slot_count;
	launch_list_init(&p->launches);
	p->values = calloc(symbols + 1, sizeof *p->values);
	p->bytes = calloc(slots + 1, sizeof *p->bytes);
	p->offsets = calloc(slots + 1, sizeof *p->offsets);
	if (!p->values || !p->bytes || !p->offsets)
		return hdt_fail(diagnostics, HDT_OUT_OF_MEMORY, "out of memory planning a run");
	memcpy(p->values, c->values, symbols * sizeof *p->values);
	hdt_status status = size_slots(c, diagnostics, p);
	if (status == HDT_OK)
		status = place_slots(c, diagnostics, p);
	if (status == HDT_OK)
		status = plan_check_limit(c, diagnostics, p);
	return status == HDT_OK ? plan_launches(c, diagnostics, p) : status;
}

hdt_status plan_for_values(compiled_graph *c, hdt_context *diagnostics, const plan **out)
{
	plan *oldest = &c->plans[0];
	c->runs++;
	for (int i = 0; i < PLAN_CACHE_SIZE; i++) {
		plan *p = &c->plans[i];
		if (p->values && memcmp(p->values, c->values, (size_t)c->graph->symbol_count * sizeof *p->values) == 0) {
			p->last_use = c->runs;
			*out = p;
			return HDT_OK;
		}
		oldest = p->last_use < oldest->last_use ? p : oldest;
	}
	plan_clear(oldest);
	hdt_status status = make_plan(c, diagnostics, oldest);
	if (status != HDT_OK) {
		plan_clear(oldest);
		return status;
	}
	oldest->last_use = c->runs;
	c->report.launches = oldest->launches.launches.count;
	c->report.planned_bytes = oldest->size.bytes;
	c->report.lower_bound_bytes = oldest->size.lower_bound;
	*out = oldest;
	return HDT_OK;
}
