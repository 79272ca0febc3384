/* share.c: functions that are computed twice for each element of a row, once for a reduction and once for what uses its result, are computed
 * into a stage of their own:
 *
 *     s[i] = sum(k < n) exp(x[i, k]); y[i, j] = exp(x[i, j]) / s[i]
 *  -> s_terms[i, k] = exp(x[i, k]); s[i] = sum(k < n) s_terms[i, k]; y[i, j] = s_terms[i, j] / s[i]
 *
 * Only where the row is short enough to stay in the cache between the two. */
#include "auto.h"

static bool is_function(const hdt_expr *e)
{
	return (e->op >= HDT_OP_EXP && e->op <= HDT_OP_ERFC) || e->op == HDT_OP_POW || e->op == HDT_OP_ATAN2;
}

static bool has_function(const hdt_expr *e)
{
	expr_list nodes = {0};
	expr_nodes(e, &nodes);
	for (int i = 0; i < nodes.count; i++)
		if (is_reduce(nodes.items[i]))
			return false;
	for (int i = 0; i < nodes.count; i++)
		if (is_function(nodes.items[i]))
			return true;
	return false;
}

/* Has `reader` the rows of `s`, each as long as the reduction, as its last dimension? */
static bool has_rows_of(const plan *p, const stage *reader, const stage *s, const hdt_expr *reduce)
{
	const hdt_tensor *t = reader->tensor;
	const hdt_expr *extent = reduce->args[1]->args[0];
	int64_t size;
	if (t->rank < 1 || s->tensor->rank < t->rank - 1 || !hdt_is_const(extent, &size) ||
	    size > p->rules->row_bytes / (int64_t)sizeof(float) || !hdt_proves_equal(extent, t->shape[t->rank - 1]))
		return false;
	for (int d = 0; d < t->rank - 1; d++)
		if (!hdt_proves_equal(t->shape[d], s->tensor->shape[d]))
			return false;
	return s->tensor->rank <= t->rank;
}

/* `term`, of a reduction in `s`, at an element of a tensor with these axes: the row's, and the last one in place of the reduction's. */
static const hdt_expr *term_at(const stage *s, const hdt_expr *reduce, const hdt_expr *term,
                               const hdt_expr *const *axes, int rank)
{
	const hdt_expr *from[HDT_MAX_RANK];
	for (int d = 0; d < rank - 1; d++)
		from[d] = s->tensor->axes[d];
	from[rank - 1] = reduce->args[1];
	return hdt_substitute(term, from, axes, rank);
}

/* The largest function within the reduction that `reader` computes, too; NULL: there is none. */
static const hdt_expr *find_term(const stage *s, const hdt_expr *reduce, const stage *reader)
{
	const hdt_tensor *t = reader->tensor;
	expr_list nodes = {0};
	expr_nodes(reduce->args[0], &nodes);
	for (int i = nodes.count - 1; i >= 0; i--) {
		const hdt_expr *term = nodes.items[i];
		if (term->dtype == HDT_F32 && depends_on(term, reduce->args[1]) && has_function(term) && guard_needless(term) &&
		    hdt_contains(reader->value, term_at(s, reduce, term, t->axes, t->rank)))
			return term;
	}
	return NULL;
}

/* Put a stage for `term` before stage `at`, which reads it and so do all later ones that compute it. */
static bool take_term(plan *p, int at, const hdt_expr *reduce, const hdt_expr *term, int rank)
{
	const hdt_expr *axes[HDT_MAX_RANK];
	stage s = p->stages[at];
	for (int d = 0; d < rank - 1; d++)
		axes[d] = hdt_axis(s.tensor->axes[d]->name, s.tensor->shape[d]);
	axes[rank - 1] = hdt_axis(reduce->args[1]->name, reduce->args[1]->args[0]);
	const char *name = hdt_format(p->context, "%s_terms", s.tensor->name);
	const hdt_tensor *t = stages_tensor(p, name, (hdt_list){axes, rank}, term_at(&s, reduce, term, axes, rank));
	stage *more = hdt_allocate(p->context, ((size_t)p->stage_count + 2) * sizeof *more);
	if (!t || !more)
		return false;
	for (int i = 0; i < at; i++)
		more[i] = p->stages[i];
	more[at] = (stage){.tensor = t, .value = t->value};
	for (int i = at; i < p->stage_count; i++) {
		stage *later = &more[i + 1];
		*later = p->stages[i];
		if (i > at && later->tensor->rank == rank && has_rows_of(p, later, &s, reduce))
			later->value = replace_node(later->value, term_at(&s, reduce, term, later->tensor->axes, rank),
			                            hdt_load(t, later->tensor->axes, rank));
		if (!later->value)
			return false;
	}
	for (int d = 0; d < rank - 1; d++)
		axes[d] = s.tensor->axes[d];
	axes[rank - 1] = reduce->args[1];
	more[at + 1].value = replace_node(s.value, term, hdt_load(t, axes, rank));
	p->stages = more;
	p->stage_count++;
	return more[at + 1].value != NULL;
}

/* Of stage `at`; *found tells whether there was anything. */
static bool share_stage(plan *p, int at, bool *found)
{
	const stage *s = &p->stages[at];
	expr_list nodes = {0};
	expr_nodes(s->value, &nodes);
	*found = false;
	for (int i = 0; i < nodes.count; i++) {
		const hdt_expr *reduce = nodes.items[i];
		if (reduce->op != HDT_OP_REDUCE || reduce->count != 2)
			continue;
		for (int r = at + 1; r < p->stage_count; r++) {
			const stage *reader = &p->stages[r];
			const hdt_expr *term = has_rows_of(p, reader, s, reduce) ? find_term(s, reduce, reader) : NULL;
			*found = term != NULL;
			if (term)
				return take_term(p, at, reduce, term, reader->tensor->rank);
		}
	}
	return hdt_context_status(p->context) == HDT_OK;
}

bool share_functions(plan *p)
{
	for (int at = 0; at < p->stage_count; at++) {
		bool found;
		if (!share_stage(p, at, &found))
			return false;
		at += found; /* past the new stage and its first reader */
	}
	return true;
}
