/* bind.c: from values to memory: every value of the graph gets a slot with its lifetime, every step its slots and
 * functions.
 *
 * Views share the slot of what they view: nodes that only make views are in no group. A step that depends on constants
 * alone is done once, when the graph is made: it belongs to the setup, and its outputs are constants to the others.
 *
 *     w1 = reshape(w)    view: the slot of w         y = matmul(x, w2)   step 0 of each run: x input, w2 constant, y
 * arena w2 = mul(w1, s)    setup: own memory           z = relu(y)         step 1: y arena 0..1, z arena 1.. */
#include "exec/state.h"

#include "base/map.h"
#include "base/vec.h"
#include <stdlib.h>
#include <string.h>

enum { AT_SETUP = -1 }; /* in place of the number of a step */

typedef struct builder {
	compiled_graph *c;
	hdt_context *context;
	VEC(slot) slots;
	map places; /* value -> its place in `slots`, plus 1 */
} builder;

/* ---- slots ---- */

/* Its place; -1 when memory is out. */
static int add_slot(builder *b, slot s)
{
	if (vec_push(b->context, &b->slots, s))
		return b->slots.count - 1;
	if (s.owned)
		b->c->target->release(b->c->device, s.memory);
	return -1;
}

/* Use the constant's bytes where they lie, or a copy when the target cannot: other memory, or an address its loads do
 * not take. */
static hdt_status place_constant(builder *b, const hdt_value *v, slot *s)
{
	const hdt_data *data = v->constant;
	compiled_graph *c = b->c;
	s->place = SLOT_CONSTANT;
	s->memory = (void *)(uintptr_t)data->data;
	int64_t bytes =
		shape_bytes(s->dtype, s->shape, &(bindings){NULL, NULL, 0}, NULL); /* data->bytes is 0 when unknown */
	s->unknown = !data->data && bytes != 0;
	c->report.weight_bytes += bytes > 0 ? bytes : 0;
	if (!data->data || (c->target->host_memory && (uintptr_t)data->data % hdt_dtype_of(v->dtype)->bytes == 0))
		return HDT_OK;
	s->memory = c->target->allocate(c->device, data->bytes);
	s->owned = true;
	if (!s->memory)
		return hdt_fail(b->context, HDT_OUT_OF_MEMORY, "out of memory: constant '%s' needs %zu bytes%s", v->name,
		                data->bytes, loaded_free_memory(c->on, b->context));
	return c->target->copy(c->device, s->memory, data->data, data->bytes);
}

/* Memory of its own for what the setup computes. */
static hdt_status place_setup(builder *b, slot *s)
{
	int64_t bytes = shape_bytes(s->dtype, s->shape, &(bindings){NULL, NULL, 0}, NULL);
	s->place = SLOT_CONSTANT;
	s->memory = bytes >= 0 ? b->c->target->allocate(b->c->device, (size_t)bytes) : NULL;
	s->owned = s->memory != NULL;
	return s->memory ? HDT_OK
	                 : hdt_fail(b->context, HDT_OUT_OF_MEMORY,
	                            "out of memory: a result that is computed once needs %lld bytes%s", (long long)bytes,
	                            loaded_free_memory(b->c->on, b->context));
}

/* The slot of a value that step `at` needs, made at its first mention; -1 after a fault. */
static int slot_of(builder *b, const hdt_value *value, int at)
{
	const hdt_value *root = value_root(value);
	uintptr_t known = (uintptr_t)map_get(&b->places, root);
	if (known) {
		slot *s = &b->slots.items[known - 1];
		s->last = at > s->last ? at : s->last;
		s->kept = s->kept || at != AT_SETUP;
		return (int)known - 1;
	}
	slot s = {.place = SLOT_ARENA,
	          .value = root,
	          .dtype = root->dtype,
	          .shape = hdt_value_shape(root),
	          .input = -1,
	          .first = at,
	          .last = at,
	          .kept = at != AT_SETUP};
	hdt_status status = HDT_OK;
	if (root->constant) {
		status = place_constant(b, root, &s);
	} else if (at == AT_SETUP) {
		status = place_setup(b, &s);
	} else if (!root->producer) {
		s.input = root->index;
		s.first = 0; /* where inputs are copied, they are there from the start */
		if (b->c->target->host_memory)
			s.place = SLOT_INPUT;
	}
	int place = add_slot(b, s);
	if (place < 0 || !map_set(&b->places, root, (void *)(uintptr_t)(place + 1)))
		return -1;
	return status == HDT_OK ? place : -1;
}

/* Does the value depend on constants alone? */
static bool is_known(const builder *b, const hdt_value *value)
{
	const hdt_value *root = value_root(value);
	uintptr_t known = (uintptr_t)map_get(&b->places, root);
	return root->constant || (known && b->slots.items[known - 1].place == SLOT_CONSTANT);
}

/* ---- steps ---- */

static bool is_setup(const builder *b, const step *s)
{
	const bindings none = {NULL, NULL, 0};
	for (int i = 0; i < s->group->input_count; i++)
		if (s->group->inputs[i] && !is_known(b, s->group->inputs[i]))
			return false;
	for (int i = 0; i < s->group->output_count; i++)
		if (shape_bytes(s->group->outputs[i]->dtype, hdt_value_shape(s->group->outputs[i]), &none, NULL) < 0)
			return false;
	return s->program->symbol_count == 0;
}

static hdt_status fail_step(const builder *b, const step *s, const char *what)
{
	return hdt_fail(b->context, HDT_INTERNAL, "program @%s for '%s': %s", s->program->name, s->group->text, what);
}

/* One slot for each buffer of the program: the task's inputs that are given, its outputs, the workspace. */
static hdt_status bind_buffers(builder *b, const step *s, int at, bound_step *out)
{
	const hdt_program *p = s->program;
	const fusion_group *g = s->group;
	int *slots = hdt_allocate(b->context, sizeof *slots * (size_t)(p->buffer_count + 1)), n = 0;
	if (!slots)
		return HDT_OUT_OF_MEMORY;
	out->slots = slots;
	out->slot_count = p->buffer_count;
	int bound = p->buffer_count - p->workspace_count - g->output_count, given = 0;
	for (int i = 0; i < g->input_count; i++)
		given += g->inputs[i] != NULL;
	if (bound != given && bound != g->task->input_count)
		return fail_step(b, s, "its buffers are not those of its task");
	for (int i = 0; i < g->input_count; i++) {
		if (!g->inputs[i]) {
			if (bound != given)
				slots[n++] = -1;
			continue;
		}
		if ((slots[n++] = slot_of(b, g->inputs[i], at)) < 0)
			return hdt_context_status(b->context);
	}
	n = bound;
	for (int i = 0; i < g->output_count; i++)
		if ((slots[n++] = slot_of(b, g->outputs[i], at)) < 0)
			return hdt_context_status(b->context);
	for (; n < p->buffer_count; n++) {
		slot workspace = {.place = SLOT_ARENA,
		                  .dtype = p->buffers[n]->dtype,
		                  .shape = hdt_shape(p->buffers[n]),
		                  .input = -1,
		                  .first = at,
		                  .last = at};
		hdt_status status = at == AT_SETUP ? place_setup(b, &workspace) : HDT_OK;
		if (status != HDT_OK || (slots[n] = add_slot(b, workspace)) < 0)
			return hdt_context_status(b->context);
	}
	return HDT_OK;
}

static hdt_status check_symbols(const builder *b, const step *s)
{
	const hdt_graph *g = b->c->graph;
	for (int i = 0; i < s->program->symbol_count; i++) {
		int at = 0;
		while (at < g->symbol_count && g->symbols[at] != s->program->symbols[i])
			at++;
		if (at == g->symbol_count)
			return fail_step(b, s, "it uses a size that no input of the graph tells");
	}
	return s->program->scalar_count ? fail_step(b, s, "it takes scalars, and a graph has none") : HDT_OK;
}

static hdt_status bind_step(builder *b, const step *s, int at, bound_step *out)
{
	out->group = s->group;
	hdt_status status = loaded_program_find(b->context, b->c->on, s->program, s->function, &out->loaded);
	if (status == HDT_OK)
		status = bind_buffers(b, s, at, out);
	return status == HDT_OK ? check_symbols(b, s) : status;
}

static hdt_status bind_ends(builder *b)
{
	compiled_graph *c = b->c;
	const hdt_graph *g = c->graph;
	int *inputs = hdt_allocate(b->context, sizeof *inputs * (size_t)(g->input_count + 1));
	int *outputs = hdt_allocate(b->context, sizeof *outputs * (size_t)(g->output_count + 1));
	if (!inputs || !outputs)
		return HDT_OUT_OF_MEMORY;
	c->input_slots = inputs;
	c->output_slots = outputs;
	for (int i = 0; i < g->output_count; i++)
		if ((outputs[i] = slot_of(b, g->outputs[i], c->step_count)) < 0)
			return hdt_context_status(b->context);
	for (int i = 0; i < g->input_count; i++)
		if ((inputs[i] = slot_of(b, g->inputs[i], 0)) < 0)
			return hdt_context_status(b->context);
	return HDT_OK;
}

hdt_status compiled_bind(compiled_graph *c, const step *steps, int count)
{
	builder b = {.c = c, .context = c->context};
	map_init(&b.places, c->context);
	c->setup = hdt_allocate(c->context, sizeof *c->setup * (size_t)(count + 1));
	c->steps = hdt_allocate(c->context, sizeof *c->steps * (size_t)(count + 1));
	hdt_status status = c->setup && c->steps ? HDT_OK : HDT_OUT_OF_MEMORY;
	for (int i = 0; i < count && status == HDT_OK; i++)
		if (is_setup(&b, &steps[i]))
			status = bind_step(&b, &steps[i], AT_SETUP, &c->setup[c->setup_count++]);
		else
			status = bind_step(&b, &steps[i], c->step_count, &c->steps[c->step_count]), c->step_count++;
	if (status == HDT_OK)
		status = bind_ends(&b);
	c->slots = b.slots.items;
	c->slot_count = b.slots.count;
	return status;
}
