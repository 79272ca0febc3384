/* cpu_steps.c: which numbers are multiplied, and in which steps the sum goes over them.
 *
 *     sum(k < 7) x[i, k] * w[j, k]    of bf16
 *  -> for step in 0..4 { acc += x[i, 2 * step] * w[j, 2 * step] + x[i, 2 * step + 1] * w[j, 2 * step + 1] }    with zeros for k = 7
 *
 * Where the first factor lies in memory so that every step is one piece of it, the loops go over the axes of the sum; else it is computed ahead,
 * and they are one. */
#include "cpu.h"

/* ---- factors ------------------------------------------------------------------------------------------------------ */

/* Without conversions that lose nothing. */
static const hdt_expr *without_widening(const hdt_expr *e)
{
	while (e->op == HDT_OP_CAST) {
		hdt_dtype to = (hdt_dtype)e->dtype, from = (hdt_dtype)e->args[0]->dtype;
		if (hdt_is_float(to) != hdt_is_float(from) || from == HDT_BOOL || hdt_promote(to, from) != to)
			break;
		e = e->args[0];
	}
	return e;
}

static bool are_sums_of_i32(const hdt_contraction *c)
{
	return c->reduce->dtype == HDT_I32 && c->reduce->args[0]->dtype == HDT_I32 &&
	       (c->reduce->accumulate == HDT_I32 || c->reduce->accumulate == HDT_I64);
}

static bool is_f32_inside(hdt_dtype dtype)
{
	return hdt_is_float(dtype) && hdt_dtype_of(dtype)->compute == HDT_F32;
}

static void take(problem *p, hdt_dtype factor, const hdt_expr *a, const hdt_expr *b)
{
	p->factor = factor;
	p->sum = factor == HDT_I8 ? HDT_I32 : HDT_F32;
	p->group = 4 / hdt_dtype_of(factor)->bytes;
	p->c.a = a;
	p->c.b = b;
}

const char *steps_find_factors(problem *p, const hdt_target_info *target)
{
	const hdt_contraction *c = &p->c;
	const hdt_expr *a = without_widening(c->a), *b = without_widening(c->b);
	bool plain = c->reduce->args[0]->op == HDT_OP_MUL;
	bool floats = is_f32_inside((hdt_dtype)c->a->dtype) && is_f32_inside((hdt_dtype)c->b->dtype) &&
	              is_f32_inside((hdt_dtype)c->reduce->dtype) && c->reduce->accumulate == HDT_F32;
	p->step_work = 1;
	if (plain && floats && a->dtype == HDT_BF16 && b->dtype == HDT_BF16) {
		take(p, HDT_BF16, a, b);
		p->step_work = target->dot_bf16 ? 1 : 2;
	} else if (plain && floats) {
		take(p, HDT_F32, hdt_cast(c->a, HDT_F32), hdt_cast(c->b, HDT_F32));
	} else if (plain && are_sums_of_i32(c) && a->dtype == HDT_I8 && b->dtype == HDT_I8) {
		take(p, HDT_I8, a, b);
		p->step_work = target->dot_i8 ? 1 : 4;
	} else {
		return "its products are neither of floats up to f32 nor of i8 in i32";
	}
	p->tiles = target->tiles && p->group > 1 && p->lanes == STEPS_OF_TILE;
	return NULL;
}

/* ---- steps -------------------------------------------------------------------------------------------------------- */

/* Elements that are taken together. */
static int64_t piece(const problem *p)
{
	return p->tiles ? p->group * STEPS_OF_TILE : p->group;
}

static const hdt_expr *number(const problem *p, int64_t value)
{
	return hdt_int(p->context, value);
}

static bool divides(const problem *p, int64_t part, const hdt_expr *whole)
{
	return hdt_proves_equal(hdt_mod(whole, number(p, part)), number(p, 0));
}

bool steps_are_pieces(const problem *p)
{
	const span *depth = &p->depth;
	if (p->group == 1)
		return true;
	if (!depth->count || !divides(p, piece(p), depth->extents[depth->count - 1]))
		return false;
	const hdt_expr *a = p->c.a, *axis = depth->axes[depth->count - 1], *rest;
	int64_t factor;
	for (int d = 0; d < a->count; d++)
		if (!hdt_linear(a->args[d], &axis, 1, &factor, &rest) || factor != (d + 1 == a->count))
			return false;
	return true;
}

void steps_finish(problem *p)
{
	const span *depth = &p->depth;
	span *steps = &p->steps;
	*steps = (span){.count = depth->count};
	p->flat = p->group > 1 && p->left == LEFT_STAGED;
	if (p->flat)
		steps->count = 1;
	for (int i = 0; i < steps->count; i++)
		steps->extents[i] = depth->extents[i];
	int last = steps->count - 1;
	if (p->flat)
		steps->extents[0] = hdt_mul(hdt_ceildiv(depth->extent, number(p, piece(p))), number(p, piece(p) / p->group));
	else if (p->group > 1 && last >= 0)
		steps->extents[last] = hdt_floordiv(depth->extents[last], number(p, p->group));
}

bool steps_fill_up(const problem *p)
{
	return p->flat && !divides(p, piece(p), p->depth.extent);
}

/* The position of the element in the sum, when that is flat. */
static const hdt_expr *flat_position(const problem *p, const hdt_expr *const *steps, const hdt_expr *part)
{
	return hdt_add(hdt_mul(steps[0], number(p, p->group)), part);
}

void place_put_step(place *at, const problem *p, const hdt_expr *const *steps, const hdt_expr *part)
{
	const hdt_expr *values[MOST_AXES];
	int last = p->depth.count - 1;
	if (p->flat) {
		place_put_position(at, &p->depth, flat_position(p, steps, part));
		return;
	}
	for (int i = 0; i <= last; i++)
		values[i] = i < last || p->group == 1 ? steps[i] : flat_position(p, &steps[last], part);
	place_put(at, &p->depth, values);
}

const hdt_expr *step_exists(const problem *p, const hdt_expr *const *steps, const hdt_expr *part)
{
	return steps_fill_up(p) ? hdt_less(flat_position(p, steps, part), p->depth.extent) : NULL;
}

const hdt_expr *step_position(const problem *p, const hdt_expr *const *steps)
{
	return hdt_flatten(p->context, (hdt_list){p->steps.extents, p->steps.count}, (hdt_list){steps, p->steps.count});
}
