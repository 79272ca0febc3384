/* direct_plan.c: what conv-cpu has to know of a convolution, and when it is none for it. */
#include "direct.h"

enum { FLOAT_BYTES = 4, WIDE_VECTOR = 64 };

/* Merge lines into one where a window is a position and the next line begins behind the last window. */
static bool can_merge(const direct_plan *p)
{
	const conv_dim *x = &p->c.dims[p->x], *y = p->y >= 0 ? &p->c.dims[p->y] : NULL;
	return y && x->out && y->out && x->taps == 1 && y->taps == 1 && x->stride == 1 && y->stride == 1;
}

static const char *take_lines(direct_plan *p)
{
	const conv *c = &p->c;
	int64_t windows;
	if (c->dim_count == 0 || c->dim_count + 2 > HDT_MAX_RANK) /* a source has groups and channels, too */
		return c->dim_count ? "its windows have too many dimensions" : "it has no windows";
	p->x = c->dim_count - 1;
	p->y = c->dim_count - 2; /* -1: none */
	for (int i = 0; i < c->dim_count; i++)
		if (i >= p->y && !hdt_is_const(c->dims[i].windows, &windows))
			return "the number of its windows is known only when it runs";
	p->windows = c->dims[p->x].outs;
	p->lines = p->y >= 0 ? c->dims[p->y].outs : 1;
	p->merged = can_merge(p);
	if (p->merged) {
		p->windows *= p->lines;
		p->lines = 1;
	}
	return NULL;
}

static void take_source(direct_plan *p)
{
	const conv *c = &p->c;
	p->in_place = c->element->op == HDT_OP_LOAD && c->element->dtype == HDT_F32;
	p->channels_last = c->channel_dim < 0 || c->channel_dim == c->main->tensor->rank - 1;
	p->joined = !p->in_place && p->channels_last && c->channel && c->dims[p->x].dilation == 1;
}

bool direct_find(const hdt_task *task, const hdt_target_info *target, direct_plan *out, const char **reason)
{
	*out = (direct_plan){.lanes = target->vector_bytes / FLOAT_BYTES};
	if (out->lanes < 1 || !conv_match(task, &out->c, reason)) {
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
	take_source(out);
	const conv_dim *x = &out->c.dims[out->x];
	*reason = "it is a plain product of matrices";
	return !out->in_place || out->y >= 0 || x->taps > 1 || x->stride > 1;
}
