/* compose.c: several tasks become one.
 *
 *     y[i, j] = sum(k < 8) a[i, k] * b[k, j]   and   out[i, j] = max(x[i, j], 0.0), whose x is y
 *       ->   out[i, j] = max(sum(k < 8) a[i, k] * b[k, j], 0.0)
 *
 * A tensor is written into its readers when it is cheap, or read in one place that evaluates it no more often than it has elements. What
 * holds a reduction is never written into another reduction. All that is left are the tensors that have to be somewhere while the others
 * are computed: a scheduler's stages. */
#include "task/compose.h"

#include "base/map.h"
#include "task/build.h"

enum { MAX_NODES = 3000 }; /* of one value: beyond, nothing more is written into it */

/* ---- joining ---- */

/* What stands for a tensor of the member at hand. */
typedef struct source {
	const hdt_tensor *tensor;
	const hdt_expr *number; /* or this */
} source;

static const hdt_expr *redirect(const hdt_expr *e, void *closure)
{
	const source *s = e->op == HDT_OP_LOAD ? map_get(closure, e->tensor) : NULL;
	if (!s)
		return NULL;
	return s->number ? s->number : hdt_load(s->tensor, e->args, e->count);
}

static bool set_source(map *sources, const hdt_tensor *from, const hdt_tensor *tensor, const hdt_expr *number)
{
	source *s = hdt_allocate(sources->context, sizeof *s);
	if (!s)
		return false;
	*s = (source){tensor, number};
	return map_set(sources, from, s);
}

static hdt_tensor *copy_tensor(hdt_context *context, const hdt_tensor *from)
{
	hdt_tensor *t = hdt_allocate(context, sizeof *t);
	if (t)
		*t = *from;
	return t;
}

static hdt_tensor *find_input(const composition *c, const void *what)
{
	for (int i = 0; i < c->inputs.count; i++)
		if (c->inputs.items[i].what == what)
			return (hdt_tensor *)(uintptr_t)c->inputs.items[i].tensor;
	return NULL;
}

/* The tensor of a value; a new input when no member before has computed it. */
static const hdt_tensor *find_value(composition *c, const void *what, const hdt_tensor *like)
{
	for (int i = 0; i < c->tensors.count; i++)
		if (c->tensors.items[i].what == what)
			return c->tensors.items[i].tensor;
	composed_input input = {find_input(c, what), what};
	if (input.tensor)
		return input.tensor;
	input.tensor = copy_tensor(c->context, like);
	return input.tensor && vec_push(c->context, &c->inputs, input) ? input.tensor : NULL;
}

static bool join_inputs(composition *c, const task_member *m, map *sources)
{
	for (int i = 0; i < m->task->input_count; i++) {
		const hdt_tensor *input = m->task->inputs[i], *from;
		const hdt_expr *number = m->numbers && input ? m->numbers[i] : NULL;
		if (!input)
			continue;
		if (number && number->dtype == input->dtype) {
			if (!set_source(sources, input, NULL, number))
				return false;
			continue;
		}
		from = find_value(c, m->inputs[i], input);
		if (!from || !set_source(sources, input, from, NULL))
			return false;
	}
	return true;
}

static bool has(const void *const *list, int count, const void *what)
{
	for (int i = 0; i < count; i++)
		if (list[i] == what)
			return true;
	return false;
}

static bool join_assertions(composition *c, const hdt_task *task)
{
	for (int i = 0; i < task->assertion_count; i++) {
		bool known = false;
		for (int k = 0; k < c->assertions.count; k++)
			known |= c->assertions.items[k].condition == task->assertions[i].condition;
		if (!known && !vec_push(c->context, &c->assertions, task->assertions[i]))
			return false;
	}
	return true;
}

/* What stands for a tensor of a member: what members behind it read already, where they do. */
static hdt_tensor *place_tensor(composition *c, const hdt_tensor *from, const void *what)
{
	hdt_tensor *read = what ? find_input(c, what) : NULL;
	if (!read)
		return copy_tensor(c->context, from);
	for (int i = 0; i < c->inputs.count; i++)
		if (c->inputs.items[i].tensor == read)
			c->inputs.items[i--] = c->inputs.items[--c->inputs.count];
	*read = *from;
	return read;
}

static bool join(composition *c, const task_member *m, const void *const *needed, int needed_count)
{
	const hdt_task *task = m->task;
	map sources;
	map_init(&sources, c->context);
	if (!join_inputs(c, m, &sources))
		return false;
	for (int i = 0; i < task->tensor_count; i++) {
		composed_tensor t = {.value = expr_map(task->tensors[i]->value, redirect, &sources)};
		for (int o = 0; o < task->output_count; o++)
			if (task->outputs[o] == task->tensors[i])
				t.what = m->outputs[o];
		if (!t.value || !(t.tensor = place_tensor(c, task->tensors[i], t.what)))
			return false;
		t.needed = t.what && has(needed, needed_count, t.what);
		if (!set_source(&sources, task->tensors[i], t.tensor, NULL) || !vec_push(c->context, &c->tensors, t))
			return false;
	}
	return join_assertions(c, task);
}

/* ---- reads ---- */

double tensor_elements(const hdt_tensor *tensor)
{
	double product = 1;
	for (int d = 0; d < tensor->rank; d++)
		product *= (double)hdt_size_estimate(tensor->shape[d]);
	return product;
}

typedef struct read_search {
	const hdt_tensor *tensor;
	const hdt_expr *loads[64]; /* the first ones */
	int count;
	VEC(const hdt_expr *) reductions;
	bool failed;
} read_search;

static void find_reads(const hdt_expr *e, void *closure)
{
	read_search *s = closure;
	if (e->op == HDT_OP_LOAD && e->tensor == s->tensor) {
		if (s->count < (int)(sizeof s->loads / sizeof *s->loads))
			s->loads[s->count] = e;
		s->count++;
	}
	if (expr_is_reduction(e))
		s->failed |= !vec_push(e->context, &s->reductions, e);
}

/* How often the load is evaluated for one element of its reader. */
static double repetitions(const read_search *s, const hdt_expr *load, bool *reduced)
{
	double times = 1;
	for (int r = 0; r < s->reductions.count; r++) {
		const hdt_expr *reduce = s->reductions.items[r];
		if (!expr_contains(reduce->args[0], load))
			continue;
		*reduced = true;
		for (int a = 1; a < reduce->count; a++)
			times *= (double)hdt_size_estimate(reduce->args[a]->args[0]);
	}
	return times;
}

tensor_reads compose_reads(const composition *c, const hdt_tensor *tensor)
{
	tensor_reads r = {.reader = -1};
	for (int i = 0; i < c->tensors.count; i++) {
		const composed_tensor *t = &c->tensors.items[i];
		read_search s = {.tensor = tensor};
		if (t->gone || t->tensor == tensor)
			continue;
		expr_walk(t->value, find_reads, &s);
		if (!s.count)
			continue;
		r.loads += s.count;
		r.reader = i;
		int kept =
			s.count < (int)(sizeof s.loads / sizeof *s.loads) ? s.count : (int)(sizeof s.loads / sizeof *s.loads);
		for (int k = 0; k < kept; k++)
			r.evaluations += tensor_elements(t->tensor) * repetitions(&s, s.loads[k], &r.reduced);
	}
	return r;
}

/* ---- writing tensors into their readers ---- */

typedef struct cost_count {
	int operations, nodes;
	bool reduces;
} cost_count;

bool scalar_is_function(const hdt_expr *e)
{
	return (e->op >= HDT_OP_SQRT && e->op <= HDT_OP_ERFC) || e->op == HDT_OP_POW || e->op == HDT_OP_ATAN2;
}

static void count_cost(const hdt_expr *e, void *closure)
{
	cost_count *c = closure;
	c->operations += scalar_is_function(e) ? 2 * CHEAP_VALUE : e->op >= HDT_OP_LOAD;
	c->reduces |= expr_is_reduction(e);
	c->nodes++;
}

int value_cost(const hdt_expr *value)
{
	cost_count c = {0};
	expr_walk(value, count_cost, &c);
	return c.reduces ? -1 : c.operations;
}

static int count_nodes(const hdt_expr *value)
{
	cost_count c = {0};
	expr_walk(value, count_cost, &c);
	return c.nodes;
}

/* Has `a` at most as many elements as `b`, whatever the sizes are? */
static bool no_more_elements(const hdt_tensor *a, const hdt_tensor *b)
{
	const hdt_expr *of_a = hdt_product(a->context, hdt_shape(a)), *of_b = hdt_product(a->context, hdt_shape(b));
	int64_t min, most, least, max;
	if (!of_a || !of_b)
		return false;
	return hdt_proves_equal(of_a, of_b) ||
	       (hdt_bounds(of_a, &min, &most) && hdt_bounds(of_b, &least, &max) && most <= least);
}

static bool fits(const composition *c, const composed_tensor *t, const tensor_reads *r)
{
	return count_nodes(t->value) + count_nodes(c->tensors.items[r->reader].value) <= MAX_NODES;
}

/* Read in one place, which evaluates it no more often than it has elements? */
static bool read_once(const composition *c, const composed_tensor *t, const tensor_reads *r)
{
	return r->loads == 1 && !r->reduced && no_more_elements(c->tensors.items[r->reader].tensor, t->tensor);
}

static bool is_cheap(const composition *c, const composed_tensor *t, const tensor_reads *r)
{
	(void)c;
	(void)r;
	int cost = value_cost(t->value);
	return cost >= 0 && cost <= CHEAP_VALUE;
}

static const hdt_expr *replace_load(const hdt_expr *e, void *closure)
{
	const composed_tensor *t = closure;
	return e->op == HDT_OP_LOAD && e->tensor == t->tensor
	           ? hdt_substitute(hdt_as_stored(t->value), t->tensor->axes, e->args, e->count)
	           : NULL;
}

static bool inline_tensor(composition *c, int index)
{
	composed_tensor *t = &c->tensors.items[index];
	for (int i = index + 1; i < c->tensors.count; i++) {
		composed_tensor *reader = &c->tensors.items[i];
		if (!reader->gone && !(reader->value = expr_map(reader->value, replace_load, t)))
			return false;
	}
	t->gone = true;
	return true;
}

typedef bool worth_writing(const composition *c, const composed_tensor *t, const tensor_reads *r);

/* Among the first `count`; last ones first: what a tensor reads is then looked at with all that it has become part of. */
static bool inline_tensors(composition *c, int count, worth_writing *worth)
{
	for (int i = count - 1; i >= 0; i--) {
		composed_tensor *t = &c->tensors.items[i];
		if (t->needed || t->gone)
			continue;
		tensor_reads r = compose_reads(c, t->tensor);
		if (r.loads == 0)
			t->gone = true;
		else if (fits(c, t, &r) && worth(c, t, &r) && !inline_tensor(c, i))
			return false;
	}
	return hdt_context_status(c->context) == HDT_OK;
}

/* ---- drafts ---- */

bool compose_draft(composition *c, hdt_context *context, const task_member *members, int member_count,
                   const void *const *needed, int needed_count)
{
	*c = (composition){.context = context};
	for (int i = 0; i < member_count; i++)
		if (!join(c, &members[i], needed, needed_count))
			return false;
	return inline_tensors(c, c->tensors.count, read_once);
}

static bool add_tensors_left(composition *c, const composition *from)
{
	for (int i = 0; i < from->tensors.count; i++)
		if (!from->tensors.items[i].gone && !vec_push(c->context, &c->tensors, from->tensors.items[i]))
			return false;
	return true;
}

static bool copy_surroundings(composition *c, const composition *from)
{
	*c = (composition){.context = from->context};
	for (int i = 0; i < from->inputs.count; i++)
		if (!vec_push(c->context, &c->inputs, from->inputs.items[i]))
			return false;
	for (int i = 0; i < from->assertions.count; i++)
		if (!vec_push(c->context, &c->assertions, from->assertions.items[i]))
			return false;
	return true;
}

static bool reads_computed(const composition *c, const task_member *m)
{
	for (int i = 0; i < m->task->input_count; i++)
		for (int t = 0; t < c->tensors.count; t++)
			if (m->task->inputs[i] && c->tensors.items[t].what == m->inputs[i])
				return true;
	return false;
}

bool compose_before(const composition *draft, const task_member *members, int member_count, const void *also,
                    composition *c)
{
	if (!copy_surroundings(c, draft))
		return false;
	for (int i = 0; i < member_count; i++)
		if (reads_computed(draft, &members[i]) || !join(c, &members[i], &also, also ? 1 : 0))
			return false;
	int added = c->tensors.count;
	return add_tensors_left(c, draft) && inline_tensors(c, added, read_once);
}

/* What a reduction is read by once took it in first, in the draft: it is not cheap now. */
bool compose_settle(const composition *draft, composition *c)
{
	return copy_surroundings(c, draft) && add_tensors_left(c, draft) && inline_tensors(c, c->tensors.count, is_cheap);
}

bool compose(composition *c, hdt_context *context, const task_member *members, int member_count,
             const void *const *needed, int needed_count)
{
	composition draft;
	return compose_draft(&draft, context, members, member_count, needed, needed_count) && compose_settle(&draft, c);
}

/* ---- the task ---- */

static bool add_read_inputs(const composition *c, task_builder *b, map *sources, const void **inputs)
{
	int count = 0;
	for (int i = 0; i < c->inputs.count; i++) {
		const hdt_tensor *t = c->inputs.items[i].tensor;
		if (!compose_reads(c, t).loads)
			continue;
		inputs[count++] = c->inputs.items[i].what;
		const hdt_tensor *added = task_add_input(b, t->name, t->dtype, hdt_shape(t));
		if (!added || !set_source(sources, t, added, NULL))
			return false;
		((hdt_tensor *)(uintptr_t)added)->constant = t->constant;
	}
	return true;
}

static bool add_tensors(const composition *c, task_builder *b, map *sources)
{
	for (int i = 0; i < c->tensors.count; i++) {
		const hdt_tensor *t = c->tensors.items[i].tensor;
		if (c->tensors.items[i].gone)
			continue;
		const hdt_expr *value = expr_map(c->tensors.items[i].value, redirect, sources);
		const hdt_tensor *added = hdt_compute(&b->task, t->name, (hdt_list){t->axes, t->rank}, value);
		if (!added || !set_source(sources, t, added, NULL))
			return false;
	}
	return true;
}

static bool add_outputs(const composition *c, task_builder *b, const map *sources, const void *const *needed,
                        int needed_count)
{
	for (int o = 0; o < needed_count; o++) {
		const source *s = NULL;
		for (int i = 0; i < c->tensors.count; i++)
			if (c->tensors.items[i].what == needed[o])
				s = map_get(sources, c->tensors.items[i].tensor);
		hdt_output(&b->task, s ? s->tensor : NULL);
	}
	for (int i = 0; i < c->assertions.count; i++)
		if (!vec_push(c->context, &b->assertions, c->assertions.items[i]))
			return false;
	b->task.assertions = b->assertions.items;
	b->task.assertion_count = b->assertions.count;
	return !task_failed(&b->task);
}

const hdt_task *compose_finish(const composition *c, const char *name, const void *const *needed, int needed_count,
                               const void *const **inputs)
{
	map sources;
	map_init(&sources, c->context);
	task_builder *b = task_builder_new(c->context, name);
	const void **read = hdt_allocate(c->context, ((size_t)c->inputs.count + 1) * sizeof *read);
	*inputs = read;
	if (!b || !read || !add_read_inputs(c, b, &sources, read) || !add_tensors(c, b, &sources) ||
	    !add_outputs(c, b, &sources, needed, needed_count))
		return NULL;
	return task_finish(b);
}
