/* c.c: functions that are no kernels, in C. docs/emitted-c.md tells what the text looks like and what it needs of the target's prelude.
 *
 * A parallel loop becomes a function over a piece begin..end of its range, handed to the runtime; everything else becomes the entry. Values that
 * were named before the loop reach the piece behind the symbols and scalars: symbols[count + i] is the i-th named value of the function. */
#include "emit/c.h"

#include "base/sparse.h"
#include <stdlib.h>
#include <string.h>

/* ---- what a C function uses --------------------------------------------------------------------------------------- */

typedef struct uses {
	const hdt_program *program;
	bool *reads, *writes;       /* per buffer of the program */
	bool *symbols;              /* per symbol of the program */
	bool *scalars;              /* per scalar of the program */
	VEC(const hdt_stmt *) lets; /* of a parallel loop: those before it whose values it uses */
} uses;

static void note_symbol(const hdt_expr *e, void *closure)
{
	uses *u = closure;
	for (int i = 0; e->op == HDT_OP_SYMBOL && i < u->program->symbol_count; i++)
		u->symbols[i] |= u->program->symbols[i] == e;
	for (int i = 0; e->op == HDT_OP_VARIABLE && i < u->program->scalar_count; i++)
		u->scalars[i] |= u->program->scalars[i] == e;
}

static void note_element(uses *u, const hdt_tensor *t, bool *marks)
{
	for (int i = 0; i < u->program->buffer_count; i++)
		if (u->program->buffers[i] == t)
			marks[i] = true;
	for (int d = 1; d < t->rank; d++) /* its strides */
		expr_walk(t->shape[d], note_symbol, u);
}

static void note_node(const hdt_expr *e, void *closure)
{
	uses *u = closure;
	note_symbol(e, u);
	if (e->op == HDT_OP_LOAD || e->op == HDT_OP_ADDRESS)
		note_element(u, e->tensor, u->reads);
}

static void note_operands(uses *u, const hdt_stmt *s)
{
	for (int i = 0; i < s->operand_count; i++) {
		const hdt_operand *o = &s->operands[i];
		expr_walk(o->value, note_node, u);
		if (o->value && o->value->op == HDT_OP_LOAD && o->constraint && strpbrk(o->constraint, "=+"))
			note_element(u, o->value->tensor, u->writes);
	}
}

static void note_body(uses *u, const hdt_stmt *first, bool into_parallel)
{
	for (const hdt_stmt *s = first; s; s = s->next) {
		if (s->kind == HDT_STMT_FOR)
			expr_walk(s->axis->args[0], note_node, u);
		if (s->value)
			expr_walk(s->value, note_node, u);
		if (s->kind == HDT_STMT_STORE) {
			note_element(u, s->tensor, u->writes);
			for (int i = 0; i < s->tensor->rank; i++)
				expr_walk(s->indices[i], note_node, u);
		}
		note_operands(u, s);
		if (s->kind == HDT_STMT_FOR && s->loop == HDT_LOOP_PARALLEL && !into_parallel) {
			expr_walk(c_cost(u->program->context, s->body), note_node, u);
			continue;
		}
		note_body(u, s->body, into_parallel);
		note_body(u, s->otherwise, into_parallel);
	}
}

/* Does any statement of the body use the value, or test what may end the run? */
typedef struct body_search {
	const hdt_expr *variable;
	bool found;
} body_search;

static void find_variable(const hdt_expr *e, void *closure)
{
	body_search *search = closure;
	search->found |= expr_contains(e, search->variable);
}

static void find_variable_in(const hdt_stmt *s, void *closure)
{
	stmt_expressions(s, find_variable, closure);
}

static void find_assertion(const hdt_stmt *s, void *closure)
{
	((body_search *)closure)->found |= s->kind == HDT_STMT_ASSERT;
}

/* The lets before the parallel loop `s` that its body uses. */
static void note_lets(uses *u, const hdt_function *f, const hdt_stmt *s)
{
	for (const hdt_stmt *before = f->body; before != s; before = before->next) {
		body_search search = {before->axis, false};
		if (before->kind != HDT_STMT_LET)
			continue;
		stmt_walk(s->body, find_variable_in, &search);
		if (search.found && !vec_push(u->program->context, &u->lets, before))
			return;
	}
}

static bool asserts(const hdt_stmt *body)
{
	body_search search = {0};
	stmt_walk(body, find_assertion, &search);
	return search.found;
}

static bool uses_init(uses *u, const hdt_program *p)
{
	*u = (uses){.program = p};
	u->reads = hdt_allocate(p->context, (size_t)p->buffer_count + 1);
	u->writes = hdt_allocate(p->context, (size_t)p->buffer_count + 1);
	u->symbols = hdt_allocate(p->context, (size_t)p->symbol_count + 1);
	u->scalars = hdt_allocate(p->context, (size_t)p->scalar_count + 1);
	return u->reads && u->writes && u->symbols && u->scalars;
}

/* Scalars follow the symbols, each in the first bytes of its eight: `stored` as in memory, else as in arithmetic. */
static void declare_scalar(emitter *em, const hdt_expr *variable, int at, bool stored)
{
	hdt_dtype dtype = (hdt_dtype)variable->dtype;
	text_indent(em->out, em->depth);
	text_format(em->out, "const %s %s = ", c_value_type(dtype), c_name(em, variable->name));
	if (stored && (dtype == HDT_F16 || dtype == HDT_BF16))
		text_format(em->out, "hidet_load_%s((uint16_t)symbols[%d]);\n", hdt_dtype_of(dtype)->name, at);
	else if (hdt_is_float(dtype))
		text_format(em->out, "((union { int64_t bits; %s value; }){symbols[%d]}).value;\n", c_value_type(dtype), at);
	else
		text_format(em->out, "(%s)symbols[%d];\n", c_value_type(dtype), at);
}

/* const float *restrict x = (const float *)buffers[0]; */
static void declare_uses(emitter *em, const uses *u)
{
	for (int i = 0; i < u->program->buffer_count; i++) {
		if (!u->reads[i] && !u->writes[i])
			continue;
		const hdt_tensor *t = u->program->buffers[i];
		const char *constant = u->writes[i] ? "" : "const ", *type = c_memory_type(t->dtype);
		text_indent(em->out, em->depth);
		text_format(em->out, "%s%s *restrict %s = (%s%s *)buffers[%d];\n", constant, type, c_name(em, t->name),
		            constant, type, i);
	}
	for (int i = 0; i < u->program->symbol_count; i++) {
		if (!u->symbols[i])
			continue;
		text_indent(em->out, em->depth);
		text_format(em->out, "const int64_t %s = symbols[%d];\n", c_name(em, u->program->symbols[i]->name), i);
	}
	for (int i = 0; i < u->program->scalar_count; i++)
		if (u->scalars[i])
			declare_scalar(em, u->program->scalars[i], u->program->symbol_count + i, true);
	for (int i = 0; i < u->lets.count; i++)
		declare_scalar(em, u->lets.items[i]->axis, u->program->symbol_count + u->program->scalar_count + i, false);
}

/* ---- parallel loops ------------------------------------------------------------------------------------------------ */

/* An array with the symbols, the scalars, and the values of these lets. Returns its number: its name is t<number>. */
static int emit_values(emitter *em, const uses *u)
{
	int given = u->program->symbol_count + u->program->scalar_count, number = ++em->local_count;
	text_indent(em->out, em->depth);
	text_format(em->out, "const int64_t t%d[%d] = {", number, given + u->lets.count);
	for (int i = 0; i < given; i++)
		text_format(em->out, "symbols[%d], ", i);
	for (int i = 0; i < u->lets.count; i++) {
		const hdt_expr *let = u->lets.items[i]->axis;
		const char *name = c_name(em, let->name), *comma = i + 1 < u->lets.count ? ", " : "";
		if (hdt_is_float((hdt_dtype)let->dtype))
			text_format(em->out, "((union { %s value; int64_t bits; }){%s}).bits%s",
			            c_value_type((hdt_dtype)let->dtype), name, comma);
		else
			text_format(em->out, "(int64_t)%s%s", name, comma);
	}
	text_add(em->out, "};\n");
	return number;
}

/* The call for a parallel loop, whose body was written before. */
static void emit_parallel(emitter *em, const hdt_function *f, const hdt_stmt *s)
{
	uses u = {.program = em->program};
	note_lets(&u, f, s);
	int values = u.lets.count ? emit_values(em, &u) : 0;
	const hdt_expr *cost = c_cost(em->context, s->body), *largest = hdt_int(em->context, INT64_C(1) << 40);
	cost = hdt_min(hdt_max(cost, hdt_int(em->context, 1)), largest);
	const hdt_expr *roots[] = {s->axis->args[0]};
	if (!cost)
		return;
	c_prepare(em, roots, 1);
	text_indent(em->out, em->depth);
	text_format(em->out, "rt->parallel(rt, %s_%s_%d, buffers, ", em->unit, c_name(em, f->name), em->parallel_count++);
	if (values)
		text_format(em->out, "t%d, ", values);
	else
		text_add(em->out, "symbols, ");
	c_value(em, 0, roots[0], C_LOWEST + 1);
	text_add(em->out, ", ");
	c_value(em, 0, cost, C_LOWEST + 1);
	text_add(em->out, ");\n");
	if (asserts(s->body))
		c_line(em, "hidet_stop(rt);");
}

/* ---- functions ---------------------------------------------------------------------------------------------------- */

static bool is_parallel(const hdt_stmt *s)
{
	return s->kind == HDT_STMT_FOR && s->loop == HDT_LOOP_PARALLEL;
}

/* The body of a parallel loop over begin..end. */
static void emit_piece(emitter *em, const hdt_function *f, const hdt_stmt *s)
{
	uses u;
	if (!uses_init(&u, em->program))
		return;
	note_body(&u, s->body, true);
	note_lets(&u, f, s);
	text_format(
		em->out,
		"static void %s_%s_%d(const hidet_runtime *rt, void *const *buffers, const int64_t *symbols, int64_t begin, "
		"int64_t end)\n{\n",
		em->unit, c_name(em, f->name), em->parallel_count++);
	em->local_count = 0;
	em->depth = 1;
	declare_uses(em, &u);
	const char *name = c_name(em, s->axis->name);
	text_indent(em->out, em->depth);
	text_format(em->out, "for (int64_t %s = begin; %s < end; ++%s) {\n", name, name, name);
	c_body(em, s->body);
	c_line(em, "}");
	text_add(em->out, "}\n");
}

static void emit_pieces(emitter *em, const hdt_function *f)
{
	em->parallel_count = 0;
	for (const hdt_stmt *s = f->body; s; s = s->next)
		if (is_parallel(s))
			emit_piece(em, f, s);
}

/* What runs on the calling thread. */
static void emit_function(emitter *em, const hdt_function *f)
{
	uses u;
	if (!uses_init(&u, em->program))
		return;
	note_body(&u, f->body, false);
	em->parallel_count = 0;
	em->depth = 1;
	c_line(em, "{");
	em->depth++;
	declare_uses(em, &u);
	for (const hdt_stmt *s = f->body; s && hdt_context_status(em->context) == HDT_OK; s = s->next) {
		if (is_parallel(s))
			emit_parallel(em, f, s);
		else
			c_stmt(em, s);
	}
	em->lets.count = em->let_values.count = 0;
	em->depth--;
	c_line(em, "}");
}

static void free_tables(emitter *em)
{
	sparse_free(em->info, (size_t)em->info_count + 1, sizeof *em->info);
	sparse_free(em->widths, (size_t)em->info_count + 1, 1);
}

bool c_begin(emitter *em, text *t, const hdt_program *program, const char *name)
{
	hdt_context *context = program->context;
	*em = (emitter){.out = t, .program = program, .context = context, .unit = name};
	map_init(&em->names, context);
	map_init(&em->definitions, context);
	em->info_count = expr_count(context);
	/* Not in the arena: a table over all expressions for each of many programs would grow with their product. */
	em->info = sparse_new((size_t)em->info_count + 1, sizeof *em->info);
	em->widths = sparse_new((size_t)em->info_count + 1, 1);
	if (em->info && em->widths)
		return true;
	free_tables(em);
	hdt_fail(context, HDT_OUT_OF_MEMORY, "out of memory while writing program @%s", program->name);
	return false;
}

hdt_status c_end(emitter *em)
{
	free_tables(em);
	if (em->out->failed)
		return hdt_fail(em->context, HDT_OUT_OF_MEMORY, "out of memory while writing program @%s", em->program->name);
	return hdt_context_status(em->context);
}

hdt_status emit_c(text *t, const hdt_program *program, const char *name)
{
	emitter em;
	if (!program || !name)
		return HDT_INTERNAL;
	if (hdt_context_status(program->context) != HDT_OK || !c_begin(&em, t, program, name))
		return hdt_context_status(program->context);
	for (int i = 0; i < program->function_count; i++)
		if (program->functions[i]->kind == HDT_FUNCTION_CPU)
			emit_pieces(&em, program->functions[i]);
	text_format(t, "void %s(const hidet_runtime *rt, void *const *buffers, const int64_t *symbols)\n{\n", name);
	em.local_count = 0;
	for (int i = 0; i < program->function_count; i++)
		if (program->functions[i]->kind == HDT_FUNCTION_CPU)
			emit_function(&em, program->functions[i]);
	text_add(t, "}\n");
	return c_end(&em);
}
