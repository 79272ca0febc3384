/* match.c: finds the convolution in a task.
 *
 *     sum(c, r, s) select(1 <= h * 2 + r && ..., x[n, h * 2 + r - 1, w * 2 + s - 1, c], 0.0) * weight[o, c, r, s]
 *  -> dims n; h with tap r, stride 2; w with tap s, stride 2     channel c     column o
 *     element  select(1 <= p && ..., x[n, p - 1, q - 1, c], 0.0)  over the positions p = h * 2 + r and q = w * 2 + s
 *
 * phases.c turns transposed ones round first; dims.c finds the windows. */
#include "match.h"
#include "search.h"

#include <string.h>

static bool is_single(const hdt_expr *axis)
{
	int64_t extent;
	return hdt_is_const(axis->args[0], &extent) && extent == 1;
}

/* ---- axes --------------------------------------------------------------------------------------------------------- */

static void put_zero(conv *c, const hdt_expr *axis)
{
	const hdt_expr *zero = hdt_int(axis->context, 0);
	c->element = hdt_substitute(c->element, &axis, &zero, 1);
	c->weight = hdt_substitute(c->weight, &axis, &zero, 1);
}

axis_set match_axes(conv *c)
{
	const hdt_contraction *f = &c->found;
	axis_set set = {.row_count = 0};
	for (int i = 0; i < f->row_count; i++) {
		if (is_single(f->rows[i]))
			put_zero(c, f->rows[i]);
		else
			set.rows[set.row_count++] = f->rows[i];
	}
	for (int i = 0; i < f->batch_count; i++)
		if (is_single(f->batch[i]))
			put_zero(c, f->batch[i]);
	for (int i = 0; i < f->depth_count; i++) {
		if (is_single(f->depth[i]))
			put_zero(c, f->depth[i]);
		else
			set.depth[set.depth_count++] = f->depth[i];
	}
	return set;
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
	if (!search_any(c->element, is_quotient, &d) || d.value == 1 || c->groups % d.value)
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

bool match_is_narrow_float(const hdt_expr *e)
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
static const char *match_windows(const hdt_contraction *found, int phase, conv *out)
{
	*out = (conv){.found = *found, .element = found->a, .weight = found->b, .phases = 1};
	if (!match_is_narrow_float(found->a) || !match_is_narrow_float(found->b))
		return "its factors are no narrow floats";
	const char *reason = phases_take(out, phase);
	axis_set set = {0};
	if (!reason) {
		set = match_axes(out);
		reason = out->element && out->weight ? take_columns(out) : "memory is out";
	}
	if (!reason)
		reason = dims_take(out, &set);
	if (!reason)
		reason = dims_check_all(out, &set);
	return reason ? reason : dims_place(out);
}

bool conv_match(const hdt_task *task, int phase, conv *out, const char **reason)
{
	hdt_contraction found;
	conv first;
	if (!hdt_contraction_find(task, &found, reason))
		return false;
	*reason = "its sum is not kept in f32";
	if (found.reduce->accumulate != HDT_F32)
		return false;
	*reason = match_windows(&found, 0, &first);
	*out = first;
	if (*reason) {
		swap_factors(&found);
		const char *second = match_windows(&found, 0, out);
		*reason = second && first.main ? *reason : second; /* the one that says more */
	}
	if (!*reason && phase) /* of the factor that was found to have windows */
		*reason = match_windows(&found, phase, out);
	if (!*reason && hdt_context_status(task->context) != HDT_OK)
		*reason = "memory is out";
	return !*reason;
}
