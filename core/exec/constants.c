/* constants.c: makes steps of what programs want to be made of constant inputs.
 *
 *     program @p(x: f32[4, 8], w: const f32[6, 8], y: f32[4, 6]) { constant packed[k < 8, j < 6] = w[j, k]; ... }
 *       ->   step 0   task @packed(w: f32[6, 8]) -> (packed) { packed[k < 8, j < 6] = w[j, k] }
 *            step 1   program @p with its result as buffer `packed`
 *
 * What only a constant reads is computed as part of it: of w = v * s, another step of the setup, comes packed[k < 8, j < 6] = v[j, k] * s[j]. */
#include "exec/constants.h"

#include "base/map.h"
#include "base/vec.h"
#include "task/compose.h"

bool program_takes(const hdt_program *program, int buffer)
{
	for (int i = 0; i < program->function_count; i++)
		for (int k = 0; k < program->functions[i]->parameter_count; k++)
			if (program->functions[i]->parameters[k] == program->buffers[buffer])
				return true;
	return false;
}

/* The number of input of the step's group that is this buffer of its program; -1: none, or one that is left out. */
static int find_input(const step *s, int buffer)
{
	const fusion_group *g = s->group;
	const hdt_program *p = s->program;
	int inputs = p->buffer_count - p->workspace_count - p->constant_count - g->output_count;
	bool all = inputs == g->input_count; /* else those that were left out are not among the buffers */
	for (int i = 0, n = 0; i < g->input_count && buffer < inputs; i++)
		if ((all || g->inputs[i]) && n++ == buffer)
			return g->inputs[i] ? i : -1;
	return -1;
}

/* ---- tasks -------------------------------------------------------------------------------------------------------- */

const hdt_task *constant_task(const hdt_program *program, int index, const void *const *whats,
                              const void *const **inputs)
{
	const hdt_tensor *const *read;
	const hdt_task *task = task_extract(program->constants[index], &read);
	const void **all = task ? hdt_allocate(program->context, sizeof *all * (size_t)(task->input_count + 1)) : NULL;
	if (!all)
		return NULL;
	for (int i = 0; i < task->input_count; i++) {
		for (int k = 0; k < program->buffer_count; k++)
			if (program->buffers[k] == read[i])
				all[i] = whats[k];
		((hdt_tensor *)(uintptr_t)task->inputs[i])->constant = false; /* nothing is packed to pack something */
	}
	*inputs = all;
	return task;
}

/* ---- steps -------------------------------------------------------------------------------------------------------- */

typedef struct constant_steps {
	hdt_context *context;
	schedule_options how;
	const loaded *on;
	VEC(step) all;
	map known; /* interned text of task and values -> what is computed */
} constant_steps;

/* What each buffer of the step's program is in the graph; NULL after a fault. */
static const void **list_values(const step *s)
{
	const hdt_program *p = s->program;
	const void **values = hdt_allocate(p->context, sizeof *values * (size_t)(p->buffer_count + 1));
	for (int i = 0; values && i < p->buffer_count; i++) {
		int input = find_input(s, i);
		bool known = input >= 0 && s->group->task->inputs[input]->constant;
		values[i] = known ? s->group->inputs[input] : NULL;
	}
	return values;
}

/* Equal keys: equal results. */
static const char *make_key(hdt_context *context, const fusion_group *g)
{
	text t = {0};
	task_print(&t, g->task);
	for (int i = 0; i < g->input_count; i++)
		text_format(&t, " %p", (const void *)value_root(g->inputs[i]));
	const char *key = text_finish(&t, context);
	return key ? hdt_intern(context, key) : NULL;
}

/* A value that stands in no graph, for the result of the group. */
static hdt_value *make_value(const fusion_group *user, const hdt_tensor *constant)
{
	hdt_value *v = hdt_allocate(constant->context, sizeof *v);
	if (v)
		*v = (hdt_value){.graph = user->outputs[0]->graph,
		                 .name = constant->name,
		                 .dtype = constant->dtype,
		                 .rank = constant->rank,
		                 .shape = constant->shape};
	return v;
}

/* The group that computes the constant. */
static fusion_group *make_group(const step *s, int index, const void *const *values)
{
	hdt_context *context = s->program->context;
	const hdt_tensor *constant = s->program->constants[index];
	const void *const *inputs = NULL;
	fusion_group *g = hdt_allocate(context, sizeof *g);
	hdt_value **output = hdt_allocate(context, sizeof *output);
	const hdt_task *task = constant_task(s->program, index, values, &inputs);
	const char *about = hdt_format(context, "%s of %s", constant->name, s->group->text);
	if (!g || !output || !task || !about || !(output[0] = make_value(s->group, constant)))
		return NULL;
	for (int i = 0; i < task->input_count; i++)
		if (!inputs[i]) {
			hdt_fail(context, HDT_BAD_INPUT, "program @%s: the constant '%s' reads '%s', which each run computes anew",
			         s->program->name, constant->name, task->inputs[i]->name);
			return NULL;
		}
	*g = (fusion_group){.task = task,
	                    .inputs = (hdt_value *const *)inputs,
	                    .input_count = task->input_count,
	                    .outputs = output,
	                    .output_count = 1,
	                    .text = about};
	return g;
}

/* The step that computes this of the setup, if its task is an index expression that can be written into others. */
static const fusion_group *find_producer(const constant_steps *c, const hdt_value *value)
{
	for (int i = 0; i < c->all.count; i++) {
		const fusion_group *g = c->all.items[i].group;
		bool only = g->output_count == 1 && g->outputs[0] == value;
		if (only && task_is_injective(g->task) && !g->task->assertion_count && !c->all.items[i].program->file)
			return g;
	}
	return NULL;
}

/* The constant with the producer of one of its inputs written into it; the group stays as it is when that makes more than one tensor. */
static bool write_in(hdt_context *context, fusion_group *g, const fusion_group *producer, bool *done)
{
	composition c;
	const void *const *needed = (const void *const *)g->outputs, *const * inputs;
	const task_member members[] = {
		{producer->task, (const void *const *)producer->inputs, NULL, (const void *const *)producer->outputs},
		{g->task, (const void *const *)g->inputs, NULL, needed}};
	const hdt_task *task =
		compose(&c, context, members, 2, needed, 1) ? compose_finish(&c, g->task->name, needed, 1, &inputs) : NULL;
	*done = task && task->tensor_count == 1;
	if (!*done)
		return task != NULL;
	for (int i = 0; i < task->input_count; i++)
		((hdt_tensor *)(uintptr_t)task->inputs[i])->constant = false;
	g->task = task;
	g->inputs = (hdt_value *const *)inputs;
	g->input_count = task->input_count;
	return true;
}

enum { MOST_PRODUCERS = 4 }; /* one behind the other */

static bool write_in_producers(const constant_steps *c, fusion_group *g)
{
	bool done = true;
	for (int depth = 0; depth < MOST_PRODUCERS && done; depth++) {
		done = false;
		for (int i = 0; i < g->input_count && !done; i++) {
			const fusion_group *producer = find_producer(c, g->inputs[i]);
			if (producer && !write_in(c->context, g, producer, &done))
				return false;
		}
	}
	return true;
}

/* What the constant of this step is, with a step for it where there is none yet. NULL after a fault. */
static hdt_value *find_constant(constant_steps *c, const step *s, int index, const void *const *values)
{
	fusion_group *g = make_group(s, index, values);
	const char *key = g && write_in_producers(c, g) ? make_key(c->context, g) : NULL;
	hdt_value *known = key ? map_get(&c->known, key) : NULL;
	step made = {0};
	if (!key || known)
		return known;
	if (schedule_group(g, c->on, &c->how, &made) != HDT_OK || !vec_push(c->context, &c->all, made) ||
	    !map_set(&c->known, key, g->outputs[0]))
		return NULL;
	return g->outputs[0];
}

static hdt_status fail(hdt_context *context)
{
	hdt_status status = hdt_context_status(context);
	return status != HDT_OK ? status : hdt_fail(context, HDT_OUT_OF_MEMORY, "out of memory");
}

static bool add_step(constant_steps *c, step s)
{
	int count = s.program->constant_count;
	const void **values = count ? list_values(&s) : NULL;
	hdt_value **constants = hdt_allocate(c->context, sizeof *constants * (size_t)(count + 1));
	if (!constants || (count && !values))
		return false;
	for (int i = 0; i < count; i++)
		if (!(constants[i] = find_constant(c, &s, i, values)))
			return false;
	s.constants = constants;
	return vec_push(c->context, &c->all, s);
}

/* ---- steps that nobody needs any more ------------------------------------------------------------------------------ */

static bool is_needed(const map *needed, const step *s)
{
	for (int o = 0; o < s->group->output_count; o++)
		if (map_get(needed, s->group->outputs[o]))
			return true;
	return false;
}

static bool note_needs(map *needed, const step *s)
{
	for (int b = 0; b < s->program->buffer_count; b++) {
		int input = find_input(s, b);
		if (input >= 0 && program_takes(s->program, b) && !map_set(needed, value_root(s->group->inputs[input]), needed))
			return false;
	}
	for (int i = 0; i < s->program->constant_count; i++)
		if (!map_set(needed, s->constants[i], needed))
			return false;
	return true;
}

/* Last ones first: whoever needs something comes behind it. */
static bool drop_unneeded(constant_steps *c, const hdt_graph *graph)
{
	int kept = c->all.count;
	map needed;
	map_init(&needed, c->context);
	for (int o = 0; o < graph->output_count; o++)
		if (!map_set(&needed, value_root(graph->outputs[o]), &needed))
			return false;
	for (int i = c->all.count - 1; i >= 0; i--) {
		const step s = c->all.items[i];
		if (!is_needed(&needed, &s))
			continue;
		if (!note_needs(&needed, &s))
			return false;
		c->all.items[--kept] = s;
	}
	c->all.items += kept;
	c->all.count -= kept;
	return true;
}

hdt_status schedule_constants(hdt_context *context, const loaded *on, schedules *known, step **steps, int *count)
{
	constant_steps c = {.context = context, .how = {.known = known}, .on = on};
	map_init(&c.known, context);
	for (int i = 0; i < *count; i++)
		if (!add_step(&c, (*steps)[i]))
			return fail(context);
	if (c.known.count && !drop_unneeded(&c, (*steps)[0].group->outputs[0]->graph))
		return fail(context);
	*steps = c.all.items;
	*count = c.all.count;
	return HDT_OK;
}
