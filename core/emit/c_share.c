/* c_share.c: finds the expressions that a statement uses more than once and makes each a local const, so that the text grows with the
 * number of distinct expressions.
 *
 * A local stands in the innermost scope around its uses: before the statement, or within the arm of a select, as a statement expression:
 *     c ? sqrt(x[i]) * sqrt(x[i]) : 0    ->    c ? ({ const float t1 = hidet_sqrt_f32(x[i]); t1 * t1; }) : 0.0f
 * What reads memory is never moved out of an arm unless it is evaluated there anyway: in both arms of one select, or beside it. So its uses
 * may need several locals, in scopes apart from each other. */
#include "emit/c.h"

#include <stdlib.h>

#define MAX_SCOPES 8192  /* of one statement: what arms guard may have to be written in each of them */
#define MAX_NESTING 4000 /* of an expression: the emitter recurses */

static node_info *info_of(const emitter *em, const hdt_expr *e)
{
	return e->id < em->info_count ? &em->info[e->id] : NULL;
}

static bool is_leaf(const hdt_expr *e)
{
	return e->op == HDT_OP_CONST || e->op == HDT_OP_SYMBOL || e->op == HDT_OP_AXIS || e->op == HDT_OP_VARIABLE;
}

/* Not worth a local: i + 1. */
static bool is_short(const emitter *em, const hdt_expr *e)
{
	if (e->op != HDT_OP_ADD && e->op != HDT_OP_SUB && e->op != HDT_OP_MUL)
		return is_leaf(e);
	return is_leaf(e->args[0]) && is_leaf(e->args[1]) && c_is_index(em, e);
}

/* The expressions that the text of `e` contains. Returns their number. */
static int operands(const emitter *em, const hdt_expr *e, const hdt_expr **out)
{
	if (is_leaf(e) || c_is_vector_whole(em, e))
		return 0;
	if (e->op == HDT_OP_LOAD || e->op == HDT_OP_ADDRESS) {
		c_term terms[HDT_MAX_RANK];
		int count = c_terms(em, e->tensor, e->args, terms);
		for (int i = 0; i < count; i++)
			out[i] = terms[i].index;
		return count;
	}
	for (int i = 0; i < e->count; i++)
		out[i] = e->args[i];
	return e->count;
}

static void collect(emitter *em, const hdt_expr *e, int nesting)
{
	node_info *info = info_of(em, e);
	if (!info || info->statement == em->statement || hdt_context_status(em->context) != HDT_OK)
		return;
	info->statement = em->statement;
	info->guarded = e->op == HDT_OP_LOAD || e->op == HDT_OP_BOUNDED || c_is_vector_whole(em, e);
	info->placements = NULL;
	if (e->op == HDT_OP_REDUCE || e->op == HDT_OP_ARG_REDUCE) {
		hdt_fail(em->context, HDT_INTERNAL, "program @%s: a reduction reached the emitter", em->program->name);
		return;
	}
	if (nesting > MAX_NESTING) {
		hdt_fail(em->context, HDT_UNSUPPORTED,
		         "program @%s: a value is nested more than %d deep: name parts of it by lets", em->program->name,
		         MAX_NESTING);
		return;
	}
	const hdt_expr *below[C_MOST_OPERANDS];
	int count = operands(em, e, below);
	for (int i = 0; i < count; i++) {
		collect(em, below[i], nesting + 1);
		const node_info *operand = info_of(em, below[i]);
		info->guarded |= operand && operand->guarded;
	}
	(void)vec_push(em->context, &em->nodes, e);
}

static int larger_id_first(const void *a, const void *b)
{
	uint32_t x = (*(const hdt_expr *const *)a)->id, y = (*(const hdt_expr *const *)b)->id;
	return x < y ? 1 : x > y ? -1 : 0;
}

/* ---- scopes ------------------------------------------------------------------------------------------------------- */

static int common_scope(const emitter *em, int a, int b)
{
	const select_scope *scopes = em->scopes.items;
	while (a != b) {
		if (scopes[a].depth >= scopes[b].depth)
			a = scopes[a].parent;
		else
			b = scopes[b].parent;
	}
	return a;
}

/* The other arm of the same select. */
static int other_arm(int scope)
{
	return scope % 2 ? scope + 1 : scope - 1;
}

/* Two scopes, one after the other, for the arms of a select. Returns the first. */
static int new_arms(emitter *em, int parent)
{
	select_scope scope = {parent, em->scopes.items[parent].depth + 1};
	int first = em->scopes.count;
	if (first > MAX_SCOPES) {
		hdt_fail(em->context, HDT_UNSUPPORTED, "program @%s: selects of shared reads nest too deeply",
		         em->program->name);
		return -1;
	}
	return vec_push(em->context, &em->scopes, scope) && vec_push(em->context, &em->scopes, scope) ? first : -1;
}

/* Where `uses` more in `scope` and what `other` stands for are both served; -1: nowhere. */
static int joint_scope(const emitter *em, const node_info *info, const placement *other, int scope)
{
	int common = common_scope(em, scope, other->scope);
	if (!info->guarded || common == scope || common == other->scope)
		return common;
	return scope > 0 && other->scope == other_arm(scope) ? common : -1;
}

/* Join the use with every placement that can serve it, as long as there are such; then it is one itself. */
static void add_use(emitter *em, const hdt_expr *e, int scope)
{
	node_info *info = info_of(em, e);
	int uses = 1;
	if (!info)
		return;
	for (placement **p = &info->placements; *p;) {
		int joint = joint_scope(em, info, *p, scope);
		if (joint < 0) {
			p = &(*p)->next;
			continue;
		}
		uses += (*p)->uses;
		scope = joint;
		*p = (*p)->next;
		p = &info->placements;
	}
	placement *added = hdt_allocate(em->context, sizeof *added);
	if (!added)
		return;
	*added = (placement){.scope = scope, .uses = uses, .next = info->placements};
	info->placements = added;
}

/* The operands of `e` are used wherever it is written. */
static void add_uses_below(emitter *em, const hdt_expr *e)
{
	node_info *info = info_of(em, e);
	const hdt_expr *below[C_MOST_OPERANDS];
	int count = operands(em, e, below);
	for (placement *p = info->placements; p; p = p->next) {
		bool select = e->op == HDT_OP_SELECT;
		if (select && (p->arms = new_arms(em, p->scope)) < 0)
			return;
		for (int i = 0; i < count; i++)
			add_use(em, below[i], select && i > 0 ? p->arms + i - 1 : p->scope);
	}
}

/* ---- locals ------------------------------------------------------------------------------------------------------- */

/* The placement that serves a use in `scope`. */
static placement *find(const emitter *em, const hdt_expr *e, int scope)
{
	const node_info *info = info_of(em, e);
	if (!info || em->without_locals || info->statement != em->statement)
		return NULL;
	for (placement *p = info->placements; p; p = p->next)
		if (common_scope(em, p->scope, scope) == p->scope)
			return p;
	return NULL;
}

int c_local(const emitter *em, int scope, const hdt_expr *e)
{
	const placement *p = find(em, e, scope);
	return p ? p->local : 0;
}

int c_arm(const emitter *em, int scope, const hdt_expr *select, int arm)
{
	const placement *p = find(em, select, scope);
	return p ? p->arms + arm : scope;
}

int c_declare(emitter *em, int scope, const char *end)
{
	int declared = 0;
	for (int i = em->nodes.count; i-- > 0;) { /* operands first */
		const hdt_expr *e = em->nodes.items[i];
		placement *p = find(em, e, scope);
		if (!p || p->scope != scope || p->uses < 2 || p->local || is_short(em, e) || e->op == HDT_OP_ADDRESS)
			continue;
		if (scope == 0)
			text_indent(em->out, em->depth);
		int local = ++em->local_count;
		text_format(em->out, "const %s t%d = ", c_type_of(em, e), local);
		c_value(em, scope, e, C_CONDITIONAL);
		text_add(em->out, end);
		p->local = local;
		declared++;
	}
	return declared;
}

void c_prepare(emitter *em, const hdt_expr *const *roots, int count)
{
	em->statement++;
	em->statement_start = em->out->length;
	em->nodes.count = 0;
	em->scopes.count = 0;
	if (!vec_push(em->context, &em->scopes, ((select_scope){-1, 0})))
		return;
	for (int i = 0; i < count; i++)
		collect(em, roots[i], 1);
	if (hdt_context_status(em->context) != HDT_OK)
		return;
	if (em->nodes.count) /* an assembly without operands has none */
		qsort(em->nodes.items, (size_t)em->nodes.count, sizeof *em->nodes.items, larger_id_first);
	for (int i = 0; i < count; i++)
		add_use(em, roots[i], 0);
	for (int i = 0; i < em->nodes.count; i++)
		add_uses_below(em, em->nodes.items[i]);
	c_declare(em, 0, ";\n");
}
