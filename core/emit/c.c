/* c.c: functions and statements in C. docs/emitted-c.md tells what the text looks like and what it needs of the target's prelude.
 *
 * A parallel loop becomes a function over a piece begin..end of its range, handed to the runtime; everything else becomes the entry. */
#include "emit/c.h"

#include <stdlib.h>
#include <string.h>

static void line(emitter *em, const char *content)
{
	text_indent(em->out, em->depth);
	text_add(em->out, content);
	text_add(em->out, "\n");
}

/* ---- what a C function uses --------------------------------------------------------------------------------------- */

typedef struct uses {
	const hdt_program *program;
	bool *reads, *writes; /* per buffer of the program */
	bool *symbols;        /* per symbol of the program */
} uses;

static void note_symbol(const hdt_expr *e, void *closure)
{
	uses *u = closure;
	for (int i = 0; e->op == HDT_OP_SYMBOL && i < u->program->symbol_count; i++)
		u->symbols[i] |= u->program->symbols[i] == e;
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
	if (e->op == HDT_OP_LOAD)
		note_element(u, e->tensor, u->reads);
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
		if (s->kind == HDT_STMT_FOR && s->loop == HDT_LOOP_PARALLEL && !into_parallel) {
			expr_walk(c_cost(u->program->context, s->body), note_node, u);
			continue;
		}
		note_body(u, s->body, into_parallel);
		note_body(u, s->otherwise, into_parallel);
	}
}

static bool uses_init(uses *u, const hdt_program *p)
{
	*u = (uses){.program = p};
	u->reads = hdt_allocate(p->context, (size_t)p->buffer_count + 1);
	u->writes = hdt_allocate(p->context, (size_t)p->buffer_count + 1);
	u->symbols = hdt_allocate(p->context, (size_t)p->symbol_count + 1);
	return u->reads && u->writes && u->symbols;
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
}

/* ---- statements --------------------------------------------------------------------------------------------------- */

static void emit_body(emitter *em, const hdt_stmt *first);

static void emit_for(emitter *em, const hdt_stmt *s)
{
	const hdt_expr *extent = s->axis->args[0];
	const char *name = c_name(em, s->axis->name);
	int64_t count;
	bool simple = extent->op == HDT_OP_CONST || extent->op == HDT_OP_SYMBOL;
	c_prepare(em, &extent, 1);
	if (!simple) {
		text_indent(em->out, em->depth);
		text_format(em->out, "const int64_t t%d = ", ++em->local_count);
		c_value(em, 0, extent, C_LOWEST);
		text_add(em->out, ";\n");
	}
	int limit = em->local_count;
	if (s->loop == HDT_LOOP_VECTORISE)
		line(em, "HIDET_VECTORISE");
	if (s->loop == HDT_LOOP_UNROLL && hdt_is_const(extent, &count)) {
		text_indent(em->out, em->depth);
		text_format(em->out, "HIDET_UNROLL(%lld)\n", (long long)count);
	}
	text_indent(em->out, em->depth);
	text_format(em->out, "for (int64_t %s = 0; %s < ", name, name);
	if (simple)
		c_value(em, 0, extent, C_LOWEST);
	else
		text_format(em->out, "t%d", limit);
	text_format(em->out, "; ++%s) {\n", name);
	emit_body(em, s->body);
	line(em, "}");
}

static void emit_if(emitter *em, const hdt_stmt *s)
{
	c_prepare(em, &s->value, 1);
	text_indent(em->out, em->depth);
	text_add(em->out, "if (");
	c_value(em, 0, s->value, C_LOWEST);
	text_add(em->out, ") {\n");
	emit_body(em, s->body);
	if (s->otherwise) {
		line(em, "} else {");
		emit_body(em, s->otherwise);
	}
	line(em, "}");
}

#define ALIGNED " __attribute__((aligned(64)))"
/* From this size on a local is reached through a restrict pointer: gcc keeps the elements of a small array (accumulators) in registers
 * across a loop that reads such a pointer, but not across one that reads another array. */
#define LARGE_LOCAL 2048

static void emit_local(emitter *em, const hdt_stmt *s)
{
	const hdt_tensor *t = s->tensor;
	int64_t count = 1, extent;
	for (int i = 0; i < t->rank; i++) {
		if (!hdt_is_const(t->shape[i], &extent) || __builtin_mul_overflow(count, extent, &count)) {
			hdt_fail(em->context, HDT_INTERNAL, "program @%s: local %s has no constant size", em->program->name,
			         t->name);
			return;
		}
	}
	const char *type = c_memory_type(t->dtype), *name = c_name(em, t->name);
	int64_t bytes = count * hdt_dtype_of(t->dtype)->bytes;
	text_indent(em->out, em->depth);
	if (t->rank == 0)
		text_format(em->out, "%s %s;\n", type, name);
	else if (bytes < LARGE_LOCAL)
		text_format(em->out, "%s %s[%lld]%s;\n", type, name, (long long)(count ? count : 1),
		            bytes >= 64 ? ALIGNED : "");
	else
		text_format(em->out, "%s %s_memory[%lld]%s, *restrict %s = %s_memory;\n", type, name, (long long)count, ALIGNED,
		            name, name);
}

/* A conversion to a 16-bit float just before it is stored as one does nothing: the store rounds. */
static const hdt_expr *stored_value(const hdt_stmt *s)
{
	hdt_dtype to = s->tensor->dtype;
	const hdt_expr *v = s->value;
	bool rounds = to == HDT_F16 || to == HDT_BF16;
	return rounds && v->op == HDT_OP_CAST && v->args[0]->dtype == HDT_F32 ? v->args[0] : v;
}

static void emit_store(emitter *em, const hdt_stmt *s)
{
	const hdt_expr *roots[HDT_MAX_RANK + 1] = {stored_value(s)};
	c_term terms[HDT_MAX_RANK];
	int count = c_terms(s->tensor, s->indices, terms);
	for (int i = 0; i < count; i++)
		roots[i + 1] = terms[i].index;
	c_prepare(em, roots, count + 1);
	text_indent(em->out, em->depth);
	c_element(em, 0, s->tensor, s->indices);
	bool converted = s->tensor->dtype == HDT_F16 || s->tensor->dtype == HDT_BF16;
	if (converted)
		text_format(em->out, " = hidet_store_%s(", hdt_dtype_of(s->tensor->dtype)->name);
	else
		text_add(em->out, " = ");
	c_value(em, 0, roots[0], C_LOWEST);
	text_add(em->out, converted ? ");\n" : ";\n");
}

static void emit_let(emitter *em, const hdt_stmt *s)
{
	c_prepare(em, &s->value, 1);
	text_indent(em->out, em->depth);
	text_format(em->out, "const %s %s = ", c_value_type((hdt_dtype)s->axis->dtype), c_name(em, s->axis->name));
	c_value(em, 0, s->value, C_LOWEST);
	text_add(em->out, ";\n");
	if (map_set(&em->definitions, s->axis, (void *)(uintptr_t)s->value) && vec_push(em->context, &em->lets, s->axis) &&
	    !vec_push(em->context, &em->let_values, s->value))
		em->lets.count--;
}

/* The call for a parallel loop, whose body was written before. */
static void emit_parallel(emitter *em, const hdt_function *f, const hdt_stmt *s)
{
	const hdt_expr *cost = c_cost(em->context, s->body), *largest = hdt_int(em->context, INT64_C(1) << 40);
	cost = hdt_min(hdt_max(cost, hdt_int(em->context, 1)), largest);
	const hdt_expr *roots[] = {s->axis->args[0]};
	if (!cost)
		return;
	c_prepare(em, roots, 1);
	text_indent(em->out, em->depth);
	text_format(em->out, "rt->parallel(rt, %s_%s_%d, buffers, symbols, ", em->unit, c_name(em, f->name),
	            em->parallel_count++);
	c_value(em, 0, roots[0], C_LOWEST + 1);
	text_add(em->out, ", ");
	c_value(em, 0, cost, C_LOWEST + 1);
	text_add(em->out, ");\n");
}

static void emit_stmt(emitter *em, const hdt_stmt *s)
{
	switch (s->kind) {
	case HDT_STMT_FOR:
		emit_for(em, s);
		break;
	case HDT_STMT_IF:
		emit_if(em, s);
		break;
	case HDT_STMT_LOCAL:
		emit_local(em, s);
		break;
	case HDT_STMT_STORE:
		emit_store(em, s);
		break;
	case HDT_STMT_LET:
		emit_let(em, s);
		break;
	case HDT_STMT_COUNT:
		break;
	}
}

static void emit_body(emitter *em, const hdt_stmt *first)
{
	int lets = em->lets.count;
	em->depth++;
	for (const hdt_stmt *s = first; s && hdt_context_status(em->context) == HDT_OK; s = s->next)
		emit_stmt(em, s);
	em->depth--;
	em->lets.count = em->let_values.count = lets;
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
	emit_body(em, s->body);
	line(em, "}");
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
	line(em, "{");
	em->depth++;
	declare_uses(em, &u);
	for (const hdt_stmt *s = f->body; s && hdt_context_status(em->context) == HDT_OK; s = s->next) {
		if (is_parallel(s))
			emit_parallel(em, f, s);
		else
			emit_stmt(em, s);
	}
	em->lets.count = em->let_values.count = 0;
	em->depth--;
	line(em, "}");
}

static bool emitter_init(emitter *em, text *t, const hdt_program *program, const char *name)
{
	hdt_context *context = program->context;
	*em = (emitter){.out = t, .program = program, .context = context, .unit = name};
	map_init(&em->names, context);
	map_init(&em->definitions, context);
	em->info_count = expr_count(context);
	/* Not in the arena: a table over all expressions for each of many programs would grow with their product. */
	em->info = calloc((size_t)em->info_count + 1, sizeof *em->info);
	if (!em->info)
		hdt_fail(context, HDT_OUT_OF_MEMORY, "out of memory while writing program @%s", program->name);
	return em->info != NULL;
}

hdt_status emit_c(text *t, const hdt_program *program, const char *name)
{
	emitter em;
	if (!program || !name)
		return HDT_INTERNAL;
	if (hdt_context_status(program->context) != HDT_OK || !emitter_init(&em, t, program, name))
		return hdt_context_status(program->context);
	for (int i = 0; i < program->function_count; i++)
		emit_pieces(&em, program->functions[i]);
	text_format(t, "void %s(const hidet_runtime *rt, void *const *buffers, const int64_t *symbols)\n{\n", name);
	em.local_count = 0;
	for (int i = 0; i < program->function_count; i++)
		emit_function(&em, program->functions[i]);
	text_add(t, "}\n");
	free(em.info);
	if (t->failed)
		return hdt_fail(program->context, HDT_OUT_OF_MEMORY, "out of memory while writing program @%s", program->name);
	return hdt_context_status(program->context);
}
