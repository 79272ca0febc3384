/* lockstep.c: runs two compiled graphs side by side. Results are compared in host memory, whatever memory they lie in. */
#include "exec/lockstep.h"

#include "exec/compare.h"
#include "exec/state.h"
#include <stdlib.h>

/* One of the two, its run begun. */
typedef struct side {
	compiled_graph *c;
	const plan *plan;
	void **addresses; /* of the inputs */
	int next;         /* launch */
} side;

static hdt_status begin(side *s, compiled_graph *c, hdt_context *diagnostics, const hdt_array *inputs)
{
	*s = (side){.c = c, .addresses = calloc((size_t)c->graph->input_count + 1, sizeof(void *))};
	return s->addresses ? compiled_begin_run(c, diagnostics, inputs, s->addresses, &s->plan)
	                    : hdt_fail(diagnostics, HDT_OUT_OF_MEMORY, "out of memory");
}

/* The launches of this step, which are the next ones. */
static hdt_status run_step(side *s, int index, bool skip)
{
	const launch_list *l = &s->plan->launches;
	hdt_fault fault = {.launch = -1};
	int first = s->next;
	while (s->next < l->launches.count && l->planned.items[s->next].owner == index)
		s->next++;
	if (skip || s->next == first)
		return HDT_OK;
	return s->c->target->run(s->c->device, l->launches.items + first, s->next - first, &fault);
}

static void *output_address(const side *s, const bound_step *of, int output, int64_t *bytes)
{
	int place = of->slots[of->first_output + output];
	*bytes = place < 0 ? 0 : s->plan->bytes[place];
	return place < 0 ? NULL : slot_address(s->c, s->plan, s->addresses, place);
}

/* Both results in host memory, compared; then the reference's takes the other's place. False: they differ. */
static hdt_status compare_output(const side *got, const side *want, int index, int output, double scale, bool *right)
{
	const bound_step *g = &got->c->steps[index], *w = &want->c->steps[index];
	const bindings b = {want->c->graph->symbols, want->c->values, want->c->graph->symbol_count};
	const hdt_tensor *t = w->group->task->outputs[output];
	int64_t got_bytes, want_bytes, dims[HDT_MAX_RANK];
	void *from = output_address(got, g, output, &got_bytes), *to = output_address(want, w, output, &want_bytes);
	if (!from || !to || want_bytes <= 0)
		return HDT_OK;
	hdt_array a = {.dtype = t->dtype, .rank = t->rank, .data = malloc((size_t)want_bytes)}, r = a;
	r.data = malloc((size_t)want_bytes);
	hdt_status status = a.data && r.data ? HDT_OK : HDT_OUT_OF_MEMORY;
	if (status == HDT_OK && shape_bytes(t->dtype, hdt_shape(t), &b, dims) != want_bytes)
		status = HDT_INTERNAL;
	for (int i = 0; i < t->rank && status == HDT_OK; i++)
		a.shape[i] = r.shape[i] = dims[i];
	if (status == HDT_OK)
		status = got->c->target->copy(got->c->device, a.data, from, (size_t)want_bytes);
	if (status == HDT_OK)
		status = want->c->target->copy(want->c->device, r.data, to, (size_t)want_bytes);
	if (status == HDT_OK) {
		*right = *right &&
		         compare_arrays(&a, &r, (tolerance){.relative = -1, .absolute = -1, .scale = scale}).mismatched == 0;
		status = got->c->target->copy(got->c->device, from, r.data, (size_t)want_bytes);
	}
	free(a.data);
	free(r.data);
	return status;
}

static hdt_status compare_step(side *got, side *want, int index, double scale, volatile int *state)
{
	bool skip = *state == STEP_WRONG, right = true;
	hdt_status status = run_step(want, index, false);
	if (status != HDT_OK)
		return status;
	if (!skip)
		*state = STEP_RUNS;
	right = run_step(got, index, skip) == HDT_OK && !skip;
	for (int i = 0; i < want->c->steps[index].group->output_count && status == HDT_OK; i++)
		status = compare_output(got, want, index, i, scale, &right);
	*state = right ? STEP_RIGHT : STEP_WRONG;
	return status;
}

hdt_status compiled_lockstep(compiled_graph *c, compiled_graph *reference, hdt_context *diagnostics,
                             const hdt_array *inputs, double scale, volatile int *states)
{
	side got, want = {0};
	hdt_status status = begin(&got, c, diagnostics, inputs);
	if (status == HDT_OK)
		status = begin(&want, reference, diagnostics, inputs);
	for (int i = 0; i < c->step_count && status == HDT_OK; i++) {
		status = compare_step(&got, &want, i, scale, &states[i]);
		if (status != HDT_OK)
			hdt_fail(diagnostics, status, "%s: the check of its kernel could not go on", c->steps[i].group->text);
	}
	free(got.addresses);
	free(want.addresses);
	return status;
}
