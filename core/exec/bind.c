/* bind.c: from values to memory: every value of the graph gets a slot with its lifetime, every step its slots and
 * functions.
 *
 * Views share the slot of what they view: nodes that only make views are in no group. A step that depends on constants
 * alone is done once, when the graph is made: it belongs to the setup, and its outputs are constants to the others.
 *
 *     w1 = reshape(w)    view: the slot of w         y = matmul(x, w2)   step 0 of each run: x input, w2 constant, y
 * arena w2 = mul(w1, s)    setup: own memory           z = relu(y)         step 1: y arena 0..1, z arena 1.. */
#include "exec/constants.h"
#include "exec/state.h"

#include "base/map.h"
#include "base/vec.h"
#include <stdlib.h>
#include <string.h>

enum { AT_SETUP = -1, AT_NO_STEP = -2 }; /* in place of the number of a step */

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
	return vec_push(b->context, &b->slots, s) ? b->slots.count - 1 : -1;
}

static void place_constant(builder *b, const hdt_value *v, slot *s)
{
	/* v->constant->bytes is 0 when unknown */
	int64_t bytes = shape_bytes(s->dtype, s->shape, &(bindings){NULL, NULL, 0}, NULL);
	s->place = SLOT_CONSTANT;
	s->unknown = !v->constant->data && bytes != 0;
	b->c->report.weight_bytes += bytes > 0 ? bytes : 0;
}

static void note_use(const builder *b, slot *s, int at)
{
	s->last = at > s->last ? at : s->last;
	s->kept = s->kept || at >= 0;
	s->setup_last = at == AT_SETUP ? b->c->setup_count - 1 : s->setup_last;
}

/* The slot of a value that step `at` needs, made at its first mention; -1 after a fault. */
static int slot_of(builder *b, const hdt_value *value, int at)
{
	const hdt_value *root = value_root(value);
	uintptr_t known = (uintptr_t)map_get(&b->places, root);
	if (known) {
		note_use(b, &b->slots.items[known - 1], at);
		return (int)known - 1;
	}
	slot s = {.place = SLOT_ARENA,
	          .value = root,
	          .dtype = root->dtype,
	          .shape = hdt_value_shape(root),
	          .input = -1,
	          .first = at,
	          .last = at,
	          .setup_last = -1};
	note_use(b, &s, at);
	if (root->constant) {
		place_constant(b, root, &s);
	} else if (at == AT_SETUP || at == AT_NO_STEP) {
		s.place = SLOT_CONSTANT;
	} else if (!root->producer) {
		s.input = root->index;
		s.first = 0; /* where inputs are copied, they are there from the start */
		if (b->c->target->host_memory)
			s.place = SLOT_INPUT;
	}
	int place = add_slot(b, s);
	if (place < 0 || !map_set(&b->places, root, (void *)(uintptr_t)(place + 1)))
		return -1;
	return place;
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

/* One slot for each buffer of the program: the task's inputs that are given, its outputs, its constants, the workspace. */
static hdt_status bind_buffers(builder *b, const step *s, int at, bound_step *out)
{
	const hdt_program *p = s->program;
	const fusion_group *g = s->group;
	int *slots = hdt_allocate(b->context, sizeof *slots * (size_t)(p->buffer_count + 1)), n = 0;
	if (!slots)
		return HDT_OUT_OF_MEMORY;
	out->slots = slots;
	out->slot_count = p->buffer_count;
	int bound = p->buffer_count - p->workspace_count - p->constant_count - g->output_count, given = 0;
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
		/* What the program's constants alone are made of is bound for its size. */
		bool known = g->task->inputs[i]->constant || is_known(b, g->inputs[i]);
		int when = known && !program_takes(p, n) ? AT_NO_STEP : at;
		if ((slots[n++] = slot_of(b, g->inputs[i], when)) < 0)
			return hdt_context_status(b->context);
	}
	n = out->first_output = bound;
	for (int i = 0; i < g->output_count; i++)
		if ((slots[n++] = slot_of(b, g->outputs[i], at)) < 0)
			return hdt_context_status(b->context);
	if (p->constant_count && !s->constants)
		return fail_step(b, s, "nothing computes its constants");
	for (int i = 0; i < p->constant_count; i++)
		if ((slots[n++] = slot_of(b, s->constants[i], at)) < 0)
			return hdt_context_status(b->context);
	for (; n < p->buffer_count; n++) {
		slot workspace = {.place = SLOT_ARENA,
		                  .dtype = p->buffers[n]->dtype,
		                  .shape = hdt_shape(p->buffers[n]),
		                  .input = -1,
		                  .first = at,
		                  .last = at,
		                  .setup_last = -1};
		if (at == AT_SETUP)
			workspace.place = SLOT_CONSTANT;
		note_use(b, &workspace, at);
		if ((slots[n] = add_slot(b, workspace)) < 0)
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
	out->function = s->function ? hdt_intern(b->context, s->function) : NULL;
	out->scheduler = s->scheduler;
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
