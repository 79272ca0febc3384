/* direct_plan.c: what conv-cpu has to know of a convolution, and when it is none for it. */
#include "direct.h"

enum { FLOAT_BYTES = 4, WIDE_VECTOR = 64 };

/* Merge lines into one where a window is a position and the next line begins behind the last window. */
static bool can_merge(const direct_plan *p)
{
	const conv_dim *x = &p->c.dims[p->x], *y = p->y >= 0 ? &p->c.dims[p->y] : NULL;
	return y && x->fixed && y->fixed && x->out && y->out && x->taps == 1 && y->taps == 1 && x->stride == 1 &&
	       y->stride == 1;
}

static const char *take_lines(direct_plan *p)
{
	const conv *c = &p->c;
	if (c->dim_count == 0 || c->dim_count + 2 > HDT_MAX_RANK) /* a source has groups and channels, too */
		return c->dim_count ? "its windows have too many dimensions" : "it has no windows";
	p->x = c->dim_count - 1;
	p->y = c->dim_count - 2; /* -1: none */
	p->fixed = c->dims[p->x].fixed && (p->y < 0 || c->dims[p->y].fixed);
	p->windows = c->dims[p->x].outs;
	p->lines = p->y >= 0 ? c->dims[p->y].outs : 1;
	p->merged = can_merge(p);
	if (p->merged) {
		p->windows *= p->lines;
		p->lines = 1;
	}
	return NULL;
}

static const hdt_expr *without_widening(const hdt_expr *e)
{
	return e->op == HDT_OP_CAST && e->dtype == HDT_F32 && e->args[0]->dtype == HDT_BF16 ? e->args[0] : e;
}

/* Factors of bf16, with a channel to take in pairs. */
static void take_pairs(direct_plan *p, const hdt_target_info *target)
{
	conv *c = &p->c;
	const hdt_expr *element = without_widening(c->element), *weight = without_widening(c->weight);
	p->dtype = HDT_F32;
	p->channels = c->channels;
	p->step_work = 1;
	if (!c->channel || element->dtype != HDT_BF16 || weight->dtype != HDT_BF16)
		return;
	p->pairs = true;
	p->dtype = HDT_BF16;
	c->element = element;
	c->weight = weight;
	p->channels = round_up_divide(c->channels, 2) * 2;
	p->step_work = target->dot_bf16 ? 1 : 2;
}

/* Channels that go in pairs must lie side by side: else the source is a copy in which they do. */
static void take_source(direct_plan *p)
{
	const conv *c = &p->c;
	p->in_place = c->element->op == HDT_OP_LOAD && (hdt_dtype)c->element->dtype == p->dtype;
	p->channels_last = c->channel_dim < 0 || c->channel_dim == c->main->tensor->rank - 1;
	if (p->pairs) {
		p->in_place = p->in_place && p->channels_last && p->channels == c->channels;
		p->channels_last = true;
	}
	p->joined = !p->in_place && p->channels_last && c->channel && c->dims[p->x].dilation == 1;
}

/* Without taps, steps and phases. */
static bool is_product(const conv *c)
{
	bool plain = c->phases == 1;
	for (int i = 0; i < c->dim_count; i++)
		plain = plain && c->dims[i].taps == 1 && c->dims[i].stride == 1 && c->dims[i].step == 1;
	return plain;
}

bool direct_find(const hdt_task *task, const hdt_target_info *target, int phase, direct_plan *out, const char **reason)
{
	*out = (direct_plan){.lanes = target->vector_bytes / FLOAT_BYTES};
	if (out->lanes < 1 || !conv_match(task, phase, &out->c, reason)) {
		*reason = out->lanes < 1 ? "the target has no vectors" : *reason;
		return false;
	}
	out->fused = target->fused_multiply_add;
	/* SSE and AVX2 name 16 vector registers, AVX-512 names 32; what else has vectors of 16 bytes is reckoned to have as few. */
	out->registers = target->vector_bytes >= WIDE_VECTOR ? 32 : 16;
	if (!out->c.column)
		*reason = "each of its channels has windows of its own";
	else
		*reason = take_lines(out);
	if (*reason)
		return false;
	take_pairs(out, target);
	take_source(out);
	*reason = "it is a plain product of matrices";
	return !is_product(&out->c);
}
