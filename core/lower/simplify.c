/* simplify.c: expressions, loops and branches simplify by what is known where they stand:
 *
 *     for i in 0..1 { if i < n { for j in 0..8 { if j < 4 { if j < 5 && n != 0 { y[i * 8 + j // 4] = 0.0; } } } } }     (n at least 1)
 *  -> for j in 0..8 { if j < 4 { y[0] = 0.0; } }
 *
 * Loops of one iteration become their body, those of none go, and so do branches whose condition is known: by bounds, or by the
 * branches and asserts around. Within `if j < 4` the axis j is taken to run over 0..3 while expressions are built anew. Sums of
 * indices are put in the order of the loops, what belongs to the outermost first, so that a compiler finds whole parts to compute
 * before the inner loops. */
#include "lower/edit.h"
#include "lower/known.h"

/* What an axis is while the program is gone through. An axis is told by its serial: its extent may change. */
typedef struct meaning {
	const hdt_expr *axis;   /* as it is from now on */
	const hdt_expr *within; /* what stands for it while expressions are built: itself, one of a smaller extent, or 0 */
} meaning;

/* What a narrowed axis was before. */
typedef struct narrowing {
	int index; /* in `axes` */
	const hdt_expr *within;
} narrowing;

typedef struct simplifier {
	hdt_context *context;
	known known;
	VEC(meaning) axes;               /* in scope, outermost first */
	VEC(narrowing) narrowings;       /* in force, innermost last */
	VEC(const hdt_expr *) variables; /* lets in scope ... */
	VEC(int) depths;                 /* ... and so many axes in scope where they stand */
	int replaced;                    /* axes in scope that something is put in the place of */
} simplifier;

/* What is in scope where a body begins. */
typedef struct mark {
	int conditions, axes, narrowings, variables, replaced;
} mark;

static mark enter(const simplifier *s)
{
	return (mark){s->known.conditions.count, s->axes.count, s->narrowings.count, s->variables.count, s->replaced};
}

static void leave(simplifier *s, mark m)
{
	while (s->narrowings.count > m.narrowings) {
		const narrowing *n = &s->narrowings.items[--s->narrowings.count];
		s->axes.items[n->index].within = n->within;
	}
	s->known.conditions.count = m.conditions;
	s->axes.count = m.axes;
	s->variables.count = s->depths.count = m.variables;
	s->replaced = m.replaced;
}

/* ---- axes --------------------------------------------------------------------------------------------------------- */

static meaning *meaning_of(const simplifier *s, const hdt_expr *axis)
{
	for (int i = s->axes.count; i-- > 0;)
		if (s->axes.items[i].axis->serial == axis->serial)
			return &s->axes.items[i];
	return NULL;
}

static void bring(simplifier *s, const hdt_expr *axis, const hdt_expr *within)
{
	meaning m = {axis, within};
	(void)vec_push(s->context, &s->axes, m); /* a failure is a fault of the context */
	s->replaced += axis != within;
}

static const hdt_expr *as_itself(const hdt_expr *e, void *closure)
{
	const meaning *m = e->op == HDT_OP_AXIS ? meaning_of(closure, e) : NULL;
	return m ? m->axis : NULL;
}

static const hdt_expr *widened(simplifier *s, const hdt_expr *e)
{
	return e && s->replaced ? expr_map(e, as_itself, s) : e;
}

static bool is_index(const hdt_expr *e)
{
	return e->op == HDT_OP_AXIS && e->dtype == HDT_I64;
}

/* The axis of this condition, and what it is below of; NULL: it is not such a condition. */
static const hdt_expr *bounded_axis(const hdt_expr *condition, const hdt_expr **limit)
{
	if ((condition->op != HDT_OP_LT && condition->op != HDT_OP_LE) || !is_index(condition->args[0]))
		return NULL;
	const hdt_expr *most = condition->args[1];
	*limit = condition->op == HDT_OP_LT ? most : hdt_add(most, hdt_like(most, 1));
	return *limit && !edit_is_fleeting(most) && !expr_contains(most, condition->args[0]) ? condition->args[0] : NULL;
}

/* Take the axis to run below the limit only, where that tells more than its extent. */
static void narrow(simplifier *s, const hdt_expr *condition)
{
	int64_t before, after, least;
	const hdt_expr *limit, *axis = bounded_axis(condition, &limit);
	meaning *m = axis ? meaning_of(s, axis) : NULL;
	if (!m || !is_index(m->within) || !hdt_bounds(limit, &least, &after))
		return;
	if (hdt_bounds(m->within->args[0], &least, &before) && after > before)
		return;
	const hdt_expr *smaller = expr_rebuild(m->within, &limit);
	narrowing n = {(int)(m - s->axes.items), m->within};
	if (smaller && vec_push(s->context, &s->narrowings, n)) {
		m->within = smaller;
		s->replaced++;
	}
}

/* From here to the end of the body the condition holds, or does not. */
static void assume(simplifier *s, const hdt_expr *condition, bool holds)
{
	int i = s->known.conditions.count;
	known_assume(&s->known, condition, holds);
	for (; i < s->known.conditions.count; i++)
		narrow(s, s->known.conditions.items[i]);
}

static void assume_runs(simplifier *s, const hdt_expr *extent)
{
	int64_t known_extent;
	if (extent && !hdt_is_const(extent, &known_extent))
		assume(s, hdt_less_equal(hdt_like(extent, 1), extent), true);
}

/* ---- sums --------------------------------------------------------------------------------------------------------- */

typedef struct depth_search {
	const simplifier *simplifier;
	int depth;
} depth_search;

static void deepen(depth_search *d, int depth)
{
	d->depth = depth > d->depth ? depth : d->depth;
}

static void find_depth(const hdt_expr *e, void *closure)
{
	depth_search *d = closure;
	const simplifier *s = d->simplifier;
	if (e->op == HDT_OP_LOAD || e->op == HDT_OP_READ || e->op == HDT_OP_CALL)
		deepen(d, INT32_MAX);
	for (int i = s->axes.count; e->op == HDT_OP_AXIS && i-- > 0;)
		if (s->axes.items[i].axis->serial == e->serial)
			deepen(d, i + 1);
	for (int i = s->variables.count; e->op == HDT_OP_VARIABLE && i-- > 0;)
		if (s->variables.items[i] == e)
			deepen(d, s->depths.items[i]);
}

/* Of the innermost loop that the value depends on. */
static int depth_of(const simplifier *s, const hdt_expr *e)
{
	depth_search d = {s, 0};
	expr_walk(e, find_depth, &d);
	return d.depth;
}

/* (inner + outer) -> (outer + inner), the left operand being in order already. */
static const hdt_expr *in_order(const simplifier *s, const hdt_expr *sum)
{
	const hdt_expr *left = sum->args[0], *right = sum->args[1];
	bool chain = left->op == HDT_OP_ADD;
	const hdt_expr *last = chain ? left->args[1] : left;
	if (sum->dtype != HDT_I64 || right->op == HDT_OP_CONST || last->op == HDT_OP_CONST ||
	    depth_of(s, right) >= depth_of(s, last))
		return NULL;
	const hdt_expr *first = chain ? hdt_add(left->args[0], right) : right;
	const hdt_expr *ordered = first && chain && first->op == HDT_OP_ADD ? in_order(s, first) : NULL;
	return hdt_add(ordered ? ordered : first, last);
}

/* ---- expressions -------------------------------------------------------------------------------------------------- */

static const hdt_expr *decided(simplifier *s, const hdt_expr *condition)
{
	truth t = known_decide(&s->known, widened(s, condition));
	return t == TRUTH_UNKNOWN ? NULL : hdt_cast(hdt_int(s->context, t == TRUTH_HOLDS), HDT_BOOL);
}

static const hdt_expr *simplify_node(const hdt_expr *e, void *closure)
{
	simplifier *s = closure;
	const meaning *m;
	switch (e->op) {
	case HDT_OP_AXIS:
		m = meaning_of(s, e);
		return m ? m->within : NULL;
	case HDT_OP_LT:
	case HDT_OP_LE:
	case HDT_OP_EQ:
	case HDT_OP_NE:
		return decided(s, e);
	case HDT_OP_VARIABLE:
		return e->dtype == HDT_BOOL ? decided(s, e) : NULL;
	case HDT_OP_ADD:
		return in_order(s, e);
	default:
		return NULL;
	}
}

static const hdt_expr *simplified(const hdt_expr *e, void *closure)
{
	simplifier *s = closure;
	if (e->op == HDT_OP_CONST || e->op == HDT_OP_SYMBOL)
		return e;
	return widened(s, expr_map(e, simplify_node, s));
}

/* ---- statements --------------------------------------------------------------------------------------------------- */

static void simplify_body(simplifier *s, hdt_stmt **at);

static void simplify_branch(simplifier *s, hdt_stmt **body, const hdt_expr *condition, bool holds)
{
	mark m = enter(s);
	assume(s, condition, holds);
	simplify_body(s, body);
	leave(s, m);
}

static hdt_stmt *simplify_if(simplifier *s, hdt_stmt *branch)
{
	int64_t holds;
	if (hdt_is_const(branch->value, &holds)) {
		hdt_stmt **taken = holds ? &branch->body : &branch->otherwise;
		simplify_body(s, taken);
		return *taken;
	}
	simplify_branch(s, &branch->body, branch->value, true);
	simplify_branch(s, &branch->otherwise, branch->value, false);
	return branch;
}

static hdt_stmt *simplify_for(simplifier *s, hdt_stmt *loop)
{
	int64_t min, max;
	const hdt_expr *extent = loop->axis->args[0];
	bool bounded = hdt_bounds(extent, &min, &max), once = bounded && min == 1 && max == 1;
	mark m = enter(s);
	if (bounded && max <= 0)
		return NULL;
	bring(s, loop->axis, once ? hdt_int(s->context, 0) : loop->axis);
	assume_runs(s, extent);
	simplify_body(s, &loop->body);
	leave(s, m);
	return once ? loop->body : loop;
}

static void simplify_inner(simplifier *s, hdt_stmt *loop)
{
	mark m = enter(s);
	for (int d = 0; loop->kind == HDT_STMT_TASKS && d < loop->mapping->rank; d++)
		bring(s, loop->indices[d], loop->indices[d]);
	simplify_body(s, &loop->body);
	leave(s, m);
}

/* The statements to stand in the place of this one, which has none behind it. */
static hdt_stmt *simplify_stmt(simplifier *s, hdt_stmt *stmt)
{
	int64_t holds;
	stmt_map(stmt, simplified, s);
	switch (stmt->kind) {
	case HDT_STMT_IF:
		return simplify_if(s, stmt);
	case HDT_STMT_FOR:
		return simplify_for(s, stmt);
	case HDT_STMT_WHILE:
		if (hdt_is_const(stmt->value, &holds) && !holds)
			return NULL;
		simplify_inner(s, stmt);
		return stmt;
	case HDT_STMT_TASKS:
		simplify_inner(s, stmt);
		return stmt;
	case HDT_STMT_LET:
		known_define(&s->known, stmt->axis, stmt->value);
		if (vec_push(s->context, &s->variables, stmt->axis) &&
		    !vec_push(s->context, &s->depths, depth_of(s, stmt->value)))
			s->variables.count--;
		return stmt;
	case HDT_STMT_ASSERT:
		if (hdt_is_const(stmt->value, &holds) && holds)
			return NULL;
		assume(s, stmt->value, true);
		return stmt;
	default:
		return stmt;
	}
}

static void simplify_body(simplifier *s, hdt_stmt **at)
{
	mark m = enter(s);
	while (*at && hdt_context_status(s->context) == HDT_OK) {
		hdt_stmt *stmt = *at, *next = stmt->next;
		stmt->next = NULL;
		*at = simplify_stmt(s, stmt);
		while (*at)
			at = &(*at)->next;
		*at = next;
	}
	leave(s, m);
}

static void simplify_function(hdt_function *f)
{
	simplifier s = {.context = f->program->context};
	known_init(&s.known, s.context);
	for (int d = 0; f->kind == HDT_FUNCTION_CUDA && d < 3; d++)
		bring(&s, f->block_at[d], f->block_at[d]);
	for (int d = 0; f->kind == HDT_FUNCTION_CUDA && d < 3; d++)
		bring(&s, f->thread_at[d], f->thread_at[d]);
	for (int d = 0; f->launched && d < 3; d++)
		assume_runs(&s, f->grid[d]);
	simplify_body(&s, (hdt_stmt **)(uintptr_t)&f->body);
}

hdt_status lower_simplify(hdt_program *program, const lowering *how)
{
	(void)how;
	for (int i = 0; i < program->function_count; i++)
		simplify_function(program->functions[i]);
	return hdt_context_status(program->context);
}
