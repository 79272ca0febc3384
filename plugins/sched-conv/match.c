/* match.c: finds the convolution in a task.
 *
 *     sum(c, r, s) select(1 <= h * 2 + r && ..., x[n, h * 2 + r - 1, w * 2 + s - 1, c], 0.0) * weight[o, c, r, s]
 *  -> dims n; h with tap r, stride 2; w with tap s, stride 2     channel c     column o
 *     element  select(1 <= p && ..., x[n, p - 1, q - 1, c], 0.0)  over the positions p = h * 2 + r and q = w * 2 + s
 *
 * The read with the most axes tells which axes belong together. That the rest of the factor depends on nothing but positions is proved
 * by rewriting it. */
#include "conv.h"

#include <stdlib.h>
#include <string.h>

enum { MOST_AXES = 2 * HDT_MAX_RANK };

/* ---- expressions -------------------------------------------------------------------------------------------------- */

typedef struct search {
	bool (*test)(const hdt_expr *node, void *closure);
	void *closure;
	uint8_t *seen; /* a bit for each id up to that of the root: operands have smaller ids */
} search;

static bool search_below(search *s, const hdt_expr *e)
{
	uint8_t bit = (uint8_t)(1u << (e->id & 7));
	if (s->seen[e->id >> 3] & bit)
		return false;
	s->seen[e->id >> 3] |= bit;
	for (int i = 0; i < e->count && e->op != HDT_OP_SYMBOL; i++)
		if (search_below(s, e->args[i]))
			return true;
	return s->test(e, s->closure);
}

static bool any_node(const hdt_expr *e, bool (*test)(const hdt_expr *node, void *closure), void *closure)
{
	search s = {test, closure, calloc((size_t)(e->id >> 3) + 1, 1)};
	bool found = s.seen && search_below(&s, e);
	if (!s.seen)
		hdt_fail(e->context, HDT_OUT_OF_MEMORY, "out of memory while scheduling");
	free(s.seen);
	return found;
}

void use_inputs(hdt_function *function, const hdt_task *task, const hdt_expr *e)
{
	for (int i = 0; i < task->input_count; i++)
		if (task->inputs[i] && hdt_reads(e, task->inputs[i]))
			hdt_use(function, task->inputs[i]);
}

static bool is_single(const hdt_expr *axis)
{
	int64_t extent;
	return hdt_is_const(axis->args[0], &extent) && extent == 1;
}

static int64_t gcd(int64_t a, int64_t b)
{
	return b ? gcd(b, a % b) : a;
}

/* ---- axes --------------------------------------------------------------------------------------------------------- */

/* The axes that count: those of one element are 0 everywhere. */
typedef struct axis_set {
	const hdt_expr *rows[HDT_MAX_RANK], *depth[HDT_MAX_RANK];
	int row_count, depth_count;
} axis_set;

static void put_zero(conv *c, const hdt_expr *axis)
{
	const hdt_expr *zero = hdt_int(axis->context, 0);
	c->element = hdt_substitute(c->element, &axis, &zero, 1);
	c->weight = hdt_substitute(c->weight, &axis, &zero, 1);
}

static void take_axes(conv *c, axis_set *set)
{
	const hdt_contraction *f = &c->found;
	for (int i = 0; i < f->row_count; i++) {
		if (is_single(f->rows[i]))
			put_zero(c, f->rows[i]);
		else
			set->rows[set->row_count++] = f->rows[i];
	}
	for (int i = 0; i < f->batch_count; i++)
		if (is_single(f->batch[i]))
			put_zero(c, f->batch[i]);
	for (int i = 0; i < f->depth_count; i++) {
		if (is_single(f->depth[i]))
			put_zero(c, f->depth[i]);
		else
			set->depth[set->depth_count++] = f->depth[i];
	}
}

/* The divisor K of an  axis // K  within an expression. */
typedef struct divisor {
	const hdt_expr *axis;
	int64_t value; /* 0: there is none */
} divisor;

static bool is_quotient(const hdt_expr *e, void *closure)
{
	divisor *d = closure;
	int64_t value;
	if (e->op != HDT_OP_FLOORDIV || e->args[0] != d->axis || !hdt_is_const(e->args[1], &value) || value < 1)
		return false;
	d->value = value;
	return true;
}

/* One axis o of both factors, of which the first regards o // K alone: a group and a column. */
static const char *split_joint(conv *c)
{
	const hdt_expr *o = c->group;
	divisor d = {o, 0};
	if (!hdt_is_const(o->args[0], &c->groups))
		return "its channels are known only when it runs";
	c->column = NULL;
	if (!any_node(c->element, is_quotient, &d) || d.value == 1 || c->groups % d.value)
		return NULL;
	c->joint = o;
	c->groups /= d.value;
	c->columns = d.value;
	c->group = hdt_axis("g", hdt_int(o->context, c->groups));
	c->column = hdt_axis(o->name, hdt_int(o->context, c->columns));
	const hdt_expr *both = hdt_add(hdt_mul(c->group, hdt_int(o->context, c->columns)), c->column);
	c->element = hdt_substitute(c->element, &o, &both, 1);
	c->weight = hdt_substitute(c->weight, &o, &both, 1);
	if (!c->element || !c->weight || hdt_contains(c->element, c->column))
		return "its groups are no blocks of channels";
	return NULL;
}

/* The only axis of several elements, else the last one; *several counts those. */
static const hdt_expr *only_axis(const hdt_expr *const *axes, int count, int *several)
{
	const hdt_expr *only = count ? axes[count - 1] : NULL;
	*several = 0;
	for (int i = 0; i < count; i++) {
		if (is_single(axes[i]))
			continue;
		only = axes[i];
		++*several;
	}
	return only;
}

static const char *take_columns(conv *c)
{
	const hdt_contraction *f = &c->found;
	int columns, groups;
	c->groups = c->columns = 1;
	c->column = only_axis(f->columns, f->column_count, &columns);
	c->group = only_axis(f->batch, f->batch_count, &groups);
	for (int i = 0; i < f->column_count; i++)
		if (is_single(f->columns[i]) && f->columns[i] != c->column)
			put_zero(c, f->columns[i]);
	if (columns > 1 || groups > 1)
		return "its output channels are several dimensions";
	if (columns == 0 && groups)
		return split_joint(c);
	if (groups == 0)
		c->group = NULL;
	if (!c->column)
		return "it has no output channels";
	if (!hdt_is_const(c->column->args[0], &c->columns) || (c->group && !hdt_is_const(c->group->args[0], &c->groups)))
		return "its channels are known only when it runs";
	return NULL;
}

/* ---- dimensions --------------------------------------------------------------------------------------------------- */

static int count_axes(const hdt_expr *e, const axis_set *set)
{
	int count = 0;
	for (int i = 0; i < set->row_count; i++)
		count += hdt_contains(e, set->rows[i]);
	for (int i = 0; i < set->depth_count; i++)
		count += hdt_contains(e, set->depth[i]);
	return count;
}

typedef struct main_search {
	const axis_set *set;
	const hdt_expr *best;
	int most;
} main_search;

static bool weigh_load(const hdt_expr *e, void *closure)
{
	main_search *s = closure;
	int count = e->op == HDT_OP_LOAD ? count_axes(e, s->set) : 0;
	if (count > s->most || (count && count == s->most && e->tensor->rank > s->best->tensor->rank)) {
		s->best = e;
		s->most = count;
	}
	return false;
}

/* What one index of the main read is made of. */
typedef struct index_parts {
	const hdt_expr *row, *tap;
	int64_t stride, dilation;
	bool group;
} index_parts;

static bool take_index(const conv *c, const axis_set *set, const hdt_expr *index, index_parts *out)
{
	const hdt_expr *axes[MOST_AXES], *rest;
	int64_t factors[MOST_AXES];
	int count = 0;
	*out = (index_parts){0};
	if (set->row_count + set->depth_count + 1 > MOST_AXES)
		return false;
	for (int i = 0; i < set->row_count; i++)
		axes[count++] = set->rows[i];
	for (int i = 0; i < set->depth_count; i++)
		axes[count++] = set->depth[i];
	if (c->group)
		axes[count++] = c->group;
	if (!hdt_linear(index, axes, count, factors, &rest))
		return false;
	for (int i = 0; i < count; i++) {
		bool is_row = i < set->row_count, is_group = axes[i] == c->group;
		if (factors[i] == 0)
			continue;
		if (factors[i] < 0 || (is_row && out->row) || (!is_row && !is_group && out->tap))
			return false;
		out->group |= is_group;
		if (is_row) {
			out->row = axes[i];
			out->stride = factors[i];
		} else if (!is_group) {
			out->tap = axes[i];
			out->dilation = factors[i];
		}
	}
	return !out->group || !out->row;
}

static bool is_taken(const conv *c, const index_parts *p)
{
	for (int i = 0; i < c->dim_count; i++)
		if ((p->row && c->dims[i].out == p->row) || (p->tap && c->dims[i].tap == p->tap))
			return true;
	return p->tap && c->channel == p->tap;
}

static const char *add_dim(conv *c, const index_parts *p, int place)
{
	conv_dim d = {.out = p->row, .tap = p->tap, .stride = p->stride, .dilation = p->dilation, .outs = 1, .taps = 1};
	hdt_context *context = c->element->context;
	bool fixed = true;
	d.place = place;
	d.windows = p->row ? p->row->args[0] : hdt_int(context, 1);
	if (p->row) {
		fixed = hdt_is_const(d.windows, &d.outs);
		d.outs = fixed ? d.outs : hdt_size_estimate(d.windows);
	}
	if (p->tap && (!hdt_is_const(p->tap->args[0], &d.taps) || !fixed))
		return "its windows are known only when it runs";
	int64_t step = gcd(d.stride, d.dilation), reach, across;
	d.stride = d.stride ? d.stride / step : 1;
	d.dilation = d.dilation ? d.dilation / step : 1;
	if (d.outs < 1 || d.taps < 1)
		return "it is empty";
	if (__builtin_mul_overflow(d.outs - 1, d.stride, &across) ||
	    __builtin_mul_overflow(d.taps - 1, d.dilation, &reach) || __builtin_add_overflow(across, reach + 1, &d.extent))
		return "its windows reach too far";
	d.position = hdt_axis("p", fixed ? hdt_int(context, d.extent) : d.windows);
	c->dims[c->dim_count++] = d;
	return NULL;
}

/* Which depth axis without a window is the channel: the longest. */
static const hdt_expr *choose_channel(const index_parts *parts, int rank)
{
	const hdt_expr *best = NULL;
	for (int d = 0; d < rank; d++) {
		const hdt_expr *tap = parts[d].row ? NULL : parts[d].tap;
		if (tap && (!best || hdt_size_estimate(tap->args[0]) > hdt_size_estimate(best->args[0])))
			best = tap;
	}
	return best;
}

static const char *take_dims(conv *c, const axis_set *set)
{
	index_parts parts[HDT_MAX_RANK];
	main_search s = {.set = set};
	any_node(c->element, weigh_load, &s);
	c->main = s.best;
	if (!c->main)
		return "no windows slide over an input";
	int rank = c->main->tensor->rank;
	for (int d = 0; d < rank; d++)
		if (!take_index(c, set, c->main->args[d], &parts[d]))
			return "what it reads are no windows";
	c->channel = c->column ? choose_channel(parts, rank) : NULL;
	c->channel_dim = -1;
	c->channels = 1;
	for (int d = 0; d < rank; d++) {
		const char *reason = NULL;
		bool channel = c->channel && parts[d].tap == c->channel;
		if (channel || (parts[d].group && !parts[d].tap)) {
			c->channel_dim = d;
			if (channel && (parts[d].row || parts[d].dilation != 1))
				reason = "its channels are no dimension of their own";
		} else if (is_taken(c, &parts[d])) {
			reason = "an axis is part of several dimensions";
		} else if (parts[d].row || parts[d].tap) {
			reason = add_dim(c, &parts[d], d);
		}
		if (reason)
			return reason;
	}
	if (c->channel && !hdt_is_const(c->channel->args[0], &c->channels))
		return "its channels are known only when it runs";
	return NULL;
}

static const char *check_all_taken(const conv *c, const axis_set *set)
{
	for (int i = 0; i < set->row_count; i++)
		if (!is_taken(c, &(index_parts){.row = set->rows[i]}))
			return "an axis of the result is part of no window";
	for (int i = 0; i < set->depth_count; i++)
		if (!is_taken(c, &(index_parts){.tap = set->depth[i]}))
			return "an axis of the sum is part of no window";
	return NULL;
}

/* The element as a function of positions: h becomes p - r * dilation or r becomes p - h * stride, which cancels out. */
static const char *place_windows(conv *c)
{
	for (int i = 0; i < c->dim_count; i++) {
		const conv_dim *d = &c->dims[i];
		hdt_context *context = c->element->context;
		const hdt_expr *from = d->stride == 1 && d->out ? d->out : d->tap, *to = d->position;
		if (d->out && d->tap && d->stride != 1 && d->dilation != 1)
			return "its windows are both strided and dilated";
		if (d->out && d->tap)
			to = from == d->out ? hdt_sub(to, hdt_mul(d->tap, hdt_int(context, d->dilation)))
			                    : hdt_sub(to, hdt_mul(d->out, hdt_int(context, d->stride)));
		if (!to)
			return "memory is out";
		c->element = hdt_substitute(c->element, &from, &to, 1);
		if (!c->element)
			return "memory is out";
		if ((d->out && hdt_contains(c->element, d->out)) || (d->tap && hdt_contains(c->element, d->tap)))
			return "what is fused in front of it depends on more than the position";
	}
	return NULL;
}

static bool is_narrow_float(const hdt_expr *e)
{
	return e->dtype == HDT_F32 || e->dtype == HDT_F16 || e->dtype == HDT_BF16;
}

/* The same with the roles of the factors changed. */
static void swap_factors(hdt_contraction *f)
{
	hdt_contraction old = *f;
	f->a = old.b;
	f->b = old.a;
	f->a_constant = old.b_constant;
	f->b_constant = old.a_constant;
	memcpy(f->rows, old.columns, sizeof f->rows);
	memcpy(f->columns, old.rows, sizeof f->columns);
	f->row_count = old.column_count;
	f->column_count = old.row_count;
}

/* Windows over the first factor of what was found. */
static const char *match_windows(const hdt_contraction *found, conv *out)
{
	axis_set set = {0};
	*out = (conv){.found = *found, .element = found->a, .weight = found->b};
	if (!is_narrow_float(found->a) || !is_narrow_float(found->b))
		return "its factors are no narrow floats";
	take_axes(out, &set);
	const char *reason = out->element && out->weight ? take_columns(out) : "memory is out";
	if (!reason)
		reason = take_dims(out, &set);
	if (!reason)
		reason = check_all_taken(out, &set);
	return reason ? reason : place_windows(out);
}

bool conv_match(const hdt_task *task, conv *out, const char **reason)
{
	hdt_contraction found;
	conv first;
	if (!hdt_contraction_find(task, &found, reason))
		return false;
	*reason = "its sum is not kept in f32";
	if (found.reduce->accumulate != HDT_F32)
		return false;
	*reason = match_windows(&found, &first);
	*out = first;
	if (*reason) {
		swap_factors(&found);
		const char *second = match_windows(&found, out);
		*reason = second && first.main ? *reason : second; /* the one that says more */
	}
	if (!*reason && hdt_context_status(task->context) != HDT_OK)
		*reason = "memory is out";
	return !*reason;
}

/* ---- poolings ----------------------------------------------------------------------------------------------------- */

typedef struct reduction_search {
	const hdt_expr *found;
	int count;
} reduction_search;

static bool note_reduction(const hdt_expr *e, void *closure)
{
	reduction_search *s = closure;
	if (e->op == HDT_OP_REDUCE || e->op == HDT_OP_ARG_REDUCE) {
		s->found = e;
		s->count++;
	}
	return false;
}

static const char *find_pooling(const hdt_task *task, hdt_contraction *out)
{
	reduction_search s = {NULL, 0};
	if (task->tensor_count != 1 || task->output_count != 1 || task->outputs[0] != task->tensors[0])
		return "it computes more than one tensor";
	*out = (hdt_contraction){.tensor = task->tensors[0]};
	any_node(out->tensor->value, note_reduction, &s);
	if (s.count != 1 || s.found->op != HDT_OP_REDUCE)
		return s.count ? "it has several reductions" : "it has no reduction";
	if (s.found->count - 1 > HDT_MAX_RANK)
		return "its windows have too many dimensions";
	out->reduce = s.found;
	out->a = s.found->args[0];
	for (int i = 1; i < s.found->count; i++)
		out->depth[out->depth_count++] = s.found->args[i];
	for (int d = 0; d < out->tensor->rank; d++)
		out->rows[out->row_count++] = out->tensor->axes[d];
	return NULL;
}

/* The channel of a pooling: the innermost axis that is an index as it is, in a dimension of its own. */
static void take_pooled_channel(conv *c, axis_set *set)
{
	main_search s = {.set = set};
	any_node(c->element, weigh_load, &s);
	c->groups = c->columns = 1;
	for (int d = s.best ? s.best->count - 1 : -1; d >= 0; d--) {
		for (int i = 0; i < set->row_count; i++) {
			if (s.best->args[d] != set->rows[i] || !hdt_is_const(set->rows[i]->args[0], &c->groups))
				continue;
			c->group = set->rows[i];
			set->rows[i] = set->rows[--set->row_count];
			return;
		}
	}
}

bool conv_match_pooling(const hdt_task *task, conv *out, const char **reason)
{
	axis_set set = {0};
	*out = (conv){0};
	*reason = find_pooling(task, &out->found);
	if (*reason)
		return false;
	out->element = out->found.a;
	take_axes(out, &set);
	take_pooled_channel(out, &set);
	*reason =
		out->element && is_narrow_float(out->element) ? take_dims(out, &set) : "what it reduces are no narrow floats";
	if (!*reason)
		*reason = check_all_taken(out, &set);
	if (!*reason)
		*reason = place_windows(out);
	if (!*reason && hdt_context_status(task->context) != HDT_OK)
		*reason = "memory is out";
	return !*reason;
}

/* ---- at a place --------------------------------------------------------------------------------------------------- */

typedef struct replacements {
	const hdt_expr *from[MOST_AXES * 2], *to[MOST_AXES * 2];
	int count;
} replacements;

static void add(replacements *r, const hdt_expr *from, const hdt_expr *to)
{
	if (!from || !to)
		return;
	r->from[r->count] = from;
	r->to[r->count++] = to;
}

const hdt_expr *conv_element(const conv *c, const conv_place *at)
{
	replacements r = {0};
	for (int i = 0; i < c->dim_count; i++)
		add(&r, c->dims[i].position, at->position[i]);
	add(&r, c->channel, at->channel);
	add(&r, c->group, at->group);
	return hdt_substitute(c->element, r.from, r.to, r.count);
}

const hdt_expr *conv_weight(const conv *c, const conv_place *at)
{
	replacements r = {0};
	for (int i = 0; i < c->dim_count; i++)
		add(&r, c->dims[i].tap, at->tap[i]);
	add(&r, c->channel, at->channel);
	add(&r, c->column, at->column);
	add(&r, c->group, at->group);
	return hdt_substitute(c->weight, r.from, r.to, r.count);
}

static const hdt_expr *index_at(const conv *c, const conv_place *at, const hdt_expr *axis)
{
	if (axis == c->joint)
		return hdt_add(hdt_mul(at->group, hdt_int(axis->context, c->columns)), at->column);
	if (axis == c->column)
		return at->column;
	if (axis == c->group)
		return at->group;
	for (int i = 0; i < c->dim_count; i++)
		if (axis == c->dims[i].out)
			return at->out[i];
	return hdt_int(axis->context, 0);
}

hdt_list conv_indices(const conv *c, const conv_place *at)
{
	const hdt_tensor *t = c->found.tensor;
	const hdt_expr **items = hdt_allocate(t->context, (size_t)(t->rank + 1) * sizeof *items);
	if (!items)
		return HDT_SCALAR;
	for (int d = 0; d < t->rank; d++)
		items[d] = index_at(c, at, t->axes[d]);
	return (hdt_list){items, t->rank};
}

const hdt_expr *conv_result(const conv *c, const conv_place *at, const hdt_expr *sum)
{
	const hdt_tensor *t = c->found.tensor;
	hdt_list indices = conv_indices(c, at);
	return hdt_substitute(hdt_contraction_result(&c->found, sum), t->axes, indices.items, indices.count);
}

const hdt_expr *conv_around(const conv *c)
{
	hdt_context *context = c->found.tensor->context;
	return hdt_contraction_result(&c->found, hdt_cast(hdt_axis("sum", hdt_int(context, 2)), HDT_F32));
}

/* ---- order in memory ---------------------------------------------------------------------------------------------- */

enum { FEW_CHANNELS = 8 }; /* in their own order they are read as well */

static bool last_is(int dim, int rank, int dims[HDT_MAX_RANK])
{
	int count = 0;
	for (int d = 0; d < rank; d++)
		if (d != dim)
			dims[count++] = d;
	dims[count] = dim;
	return true;
}

/* The dimension of a tensor that runs along the columns, where others run along other axes. */
typedef struct column_search {
	const hdt_tensor *tensor;
	const hdt_expr *column;
	int dim;
} column_search;

static bool runs_along_column(const hdt_expr *e, void *closure)
{
	column_search *s = closure;
	int found = -1, others = 0;
	if (e->op != HDT_OP_LOAD || e->tensor != s->tensor)
		return false;
	for (int d = 0; d < e->count; d++) {
		bool along = hdt_contains(e->args[d], s->column);
		found = along ? d : found;
		others += !along && e->args[d]->op != HDT_OP_CONST;
	}
	s->dim = found;
	return found >= 0 && others;
}

bool conv_order(const conv *c, const hdt_tensor *tensor, int dims[HDT_MAX_RANK])
{
	const hdt_tensor *result = c->found.tensor;
	const hdt_expr *column = c->joint ? c->joint : c->column ? c->column : c->group;
	if (tensor == c->main->tensor)
		return c->channel_dim >= 0 && c->channels * c->groups >= FEW_CHANNELS &&
		       last_is(c->channel_dim, tensor->rank, dims);
	if (tensor == result) {
		for (int d = 0; d < tensor->rank; d++)
			if (tensor->axes[d] == column)
				return last_is(d, tensor->rank, dims);
		return false;
	}
	column_search s = {tensor, column, -1};
	const hdt_expr *around = conv_around(c);
	return around && any_node(around, runs_along_column, &s) && last_is(s.dim, tensor->rank, dims);
}
