/* pooling.c: windows that are reduced without weights, each of one channel.
 *
 *     max(r < 3, s < 3) x[n, h * 2 + r, w * 2 + s, c]   ->   dims n; h with tap r; w with tap s     group c */
#include "match.h"
#include "search.h"

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
	search_any(out->tensor->value, note_reduction, &s);
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
	const hdt_expr *load = dims_main_load(c->element, set);
	c->groups = c->columns = 1;
	for (int d = load ? load->count - 1 : -1; d >= 0; d--) {
		for (int i = 0; i < set->row_count; i++) {
			if (load->args[d] != set->rows[i] || !hdt_is_const(set->rows[i]->args[0], &c->groups))
				continue;
			c->group = set->rows[i];
			set->rows[i] = set->rows[--set->row_count];
			return;
		}
	}
}

bool conv_match_pooling(const hdt_task *task, conv *out, const char **reason)
{
	*out = (conv){.phases = 1};
	*reason = find_pooling(task, &out->found);
	if (*reason)
		return false;
	out->element = out->found.a;
	axis_set set = match_axes(out);
	take_pooled_channel(out, &set);
	*reason = out->element && match_is_narrow_float(out->element) ? dims_take(out, &set)
	                                                              : "what it reduces are no narrow floats";
	if (!*reason)
		*reason = dims_check_all(out, &set);
	if (!*reason)
		*reason = dims_place(out);
	if (!*reason && hdt_context_status(task->context) != HDT_OK)
		*reason = "memory is out";
	return !*reason;
}
