/* c_stmt.c: statements in C, for kernels and for other functions. Parallel loops are c.c's. */
#include "emit/c.h"

#include <ctype.h>
#include <string.h>

void c_line(emitter *em, const char *content)
{
	text_indent(em->out, em->depth);
	text_add(em->out, content);
	text_add(em->out, "\n");
}

/* As a literal. */
static void add_string(text *t, const char *content)
{
	text_add(t, "\"");
	for (const char *c = content; *c; c++) {
		if (*c == '"' || *c == '\\')
			text_format(t, "\\%c", *c);
		else if (isprint((unsigned char)*c))
			text_format(t, "%c", *c);
		else
			text_format(t, "\\%03o", (unsigned)(unsigned char)*c);
	}
	text_add(t, "\"");
}

/* ---- loops and branches ------------------------------------------------------------------------------------------- */

/* Append "extent" so that it is computed once: a name or a number. */
static void print_limit(emitter *em, const hdt_expr *extent, int local)
{
	if (local)
		text_format(em->out, "t%d", local);
	else
		c_value(em, 0, extent, C_LOWEST);
}

static void print_advice(emitter *em, const hdt_stmt *s)
{
	int64_t count = s->factor;
	if (s->loop == HDT_LOOP_VECTORISE && !em->vector)
		c_line(em, "HIDET_VECTORISE");
	if (s->loop != HDT_LOOP_UNROLL || (!count && !hdt_is_const(s->axis->args[0], &count)) || count < 1)
		return;
	text_indent(em->out, em->depth);
	text_format(em->out, "HIDET_UNROLL(%lld)\n", (long long)count);
}

static void emit_for(emitter *em, const hdt_stmt *s)
{
	if (c_vector_for(em, s))
		return;
	const hdt_expr *extent = s->axis->args[0];
	const char *name = c_name(em, s->axis->name);
	bool simple = extent->op == HDT_OP_CONST || extent->op == HDT_OP_SYMBOL;
	const char *type = c_type_of(em, s->axis);
	int limit = 0;
	c_prepare(em, &extent, 1);
	if (!simple) {
		limit = ++em->local_count;
		text_indent(em->out, em->depth);
		text_format(em->out, "const %s t%d = ", type, limit);
		c_value(em, 0, extent, C_LOWEST);
		text_add(em->out, ";\n");
	}
	print_advice(em, s);
	text_indent(em->out, em->depth);
	text_format(em->out, "for (%s %s = 0; %s < ", type, name, name);
	print_limit(em, extent, limit);
	text_format(em->out, "; ++%s) {\n", name);
	c_body(em, s->body);
	c_line(em, "}");
}

/* What the condition shares is computed anew each time. */
static void emit_while(emitter *em, const hdt_stmt *s)
{
	c_line(em, "for (;;) {");
	em->depth++;
	c_prepare(em, &s->value, 1);
	text_indent(em->out, em->depth);
	text_add(em->out, "if (!(");
	c_value(em, 0, s->value, C_LOWEST);
	text_add(em->out, "))\n");
	em->depth++;
	c_line(em, "break;");
	em->depth -= 2;
	c_body(em, s->body);
	c_line(em, "}");
}

static void emit_if(emitter *em, const hdt_stmt *s)
{
	c_prepare(em, &s->value, 1);
	text_indent(em->out, em->depth);
	text_add(em->out, "if (");
	c_value(em, 0, s->value, C_LOWEST);
	text_add(em->out, ") {\n");
	c_body(em, s->body);
	if (s->otherwise) {
		c_line(em, "} else {");
		c_body(em, s->otherwise);
	}
	c_line(em, "}");
}

/* ---- buffers ------------------------------------------------------------------------------------------------------ */

#define ALIGNED " __attribute__((aligned(64)))"
/* From this size on a local is reached through a restrict pointer: gcc keeps the elements of a small array (accumulators) in registers
 * across a loop that reads such a pointer, but not across one that reads another array. */
#define LARGE_LOCAL 2048
/* Of static shared memory: what the copy engine asks for without a swizzle. */
#define SHARED_ALIGNMENT 128

/* On the stack. */
static void print_local(emitter *em, const hdt_tensor *t, int64_t count)
{
	const char *type = c_memory_type(t->dtype), *name = c_name(em, t->name);
	int64_t bytes = count * hdt_dtype_of(t->dtype)->bytes;
	if (t->rank == 0)
		text_format(em->out, "%s %s;\n", type, name);
	else if (bytes < LARGE_LOCAL)
		text_format(em->out, "%s %s[%lld]%s;\n", type, name, (long long)(count ? count : 1),
		            bytes >= 64 ? ALIGNED : "");
	else
		text_format(em->out, "%s %s_memory[%lld]%s, *restrict %s = %s_memory;\n", type, name, (long long)count, ALIGNED,
		            name, name);
}

static void print_kernel_buffer(emitter *em, const hdt_tensor *t, int64_t count)
{
	const char *type = c_memory_type(t->dtype), *name = c_name(em, t->name);
	if (t->dynamic)
		text_format(em->out, "HIDET_DYNAMIC_SHARED(%s, %s, %lld);\n", type, name, (long long)t->place);
	else if (t->scope == HDT_SCOPE_SHARED)
		text_format(em->out, "HIDET_SHARED(%d) %s %s[%lld];\n", SHARED_ALIGNMENT, type, name,
		            (long long)(count ? count : 1));
	else if (t->rank == 0)
		text_format(em->out, "%s %s;\n", type, name);
	else
		text_format(em->out, "HIDET_REGISTER %s %s[%lld];\n", type, name, (long long)(count ? count : 1));
}

static void emit_buffer(emitter *em, const hdt_stmt *s)
{
	const hdt_tensor *t = s->tensor;
	int64_t count = 1, extent;
	c_pad(em, s);
	for (int i = 0; i < t->rank; i++) {
		if (!hdt_is_const(c_extent(em, t, i), &extent) || __builtin_mul_overflow(count, extent, &count)) {
			hdt_fail(em->context, HDT_INTERNAL, "program @%s: local %s has no constant size", em->program->name,
			         t->name);
			return;
		}
	}
	text_indent(em->out, em->depth);
	if (c_vector_buffer(em, s, count))
		return;
	if (em->kernel)
		print_kernel_buffer(em, t, count);
	else
		print_local(em, t, count);
}

/* ---- values ------------------------------------------------------------------------------------------------------- */

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
	int count = c_terms(em, s->tensor, s->indices, terms);
	for (int i = 0; i < count; i++)
		roots[i + 1] = terms[i].index;
	c_prepare(em, roots, count + 1);
	text_indent(em->out, em->depth);
	if (em->vector) {
		c_vector_store(em, s, roots[0]);
		return;
	}
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
	text_format(em->out, "const %s %s = ", c_type_of(em, s->value), c_name(em, s->axis->name));
	c_value(em, 0, s->value, C_LOWEST);
	text_add(em->out, ";\n");
	if (map_set(&em->definitions, s->axis, (void *)(uintptr_t)s->value) && vec_push(em->context, &em->lets, s->axis) &&
	    !vec_push(em->context, &em->let_values, s->value))
		em->lets.count--;
}

static void emit_evaluate(emitter *em, const hdt_stmt *s)
{
	c_prepare(em, &s->value, 1);
	text_indent(em->out, em->depth);
	c_value(em, 0, s->value, C_LOWEST);
	text_add(em->out, ";\n");
}

static void emit_assert(emitter *em, const hdt_stmt *s)
{
	c_prepare(em, &s->value, 1);
	text_indent(em->out, em->depth);
	text_add(em->out, "hidet_assert(rt, ");
	c_value(em, 0, s->value, C_CONDITIONAL);
	text_format(em->out, ", %d, ", s->line);
	add_string(em->out, s->text);
	text_add(em->out, ");\n");
}

static bool is_written(const hdt_operand *o)
{
	return o->constraint && (o->constraint[0] == '=' || o->constraint[0] == '+');
}

/* asm volatile("text" : "=r"(x[0]) : "r"(y) : "memory"); */
static void emit_asm(emitter *em, const hdt_stmt *s)
{
	const hdt_expr **roots = hdt_allocate(em->context, (size_t)(s->operand_count + 1) * sizeof *roots);
	if (!roots)
		return;
	for (int i = 0; i < s->operand_count; i++)
		roots[i] = s->operands[i].value;
	c_prepare(em, roots, s->operand_count);
	text_indent(em->out, em->depth);
	text_add(em->out, "asm volatile(");
	add_string(em->out, s->text);
	for (int written = 1; written >= 0; written--) {
		bool first = true;
		text_add(em->out, " : ");
		for (int i = 0; i < s->operand_count; i++) {
			const hdt_operand *o = &s->operands[i];
			if (is_written(o) != (bool)written)
				continue;
			text_add(em->out, first ? "" : ", ");
			add_string(em->out, o->constraint ? o->constraint : "r");
			text_add(em->out, "(");
			if (o->value->op == HDT_OP_LOAD)
				c_element(em, 0, o->value->tensor, o->value->args);
			else
				c_value(em, 0, o->value, C_LOWEST);
			text_add(em->out, ")");
			first = false;
		}
	}
	text_add(em->out, " : \"memory\");\n");
}

/* ---- any ---------------------------------------------------------------------------------------------------------- */

static void fail_left_over(emitter *em, const hdt_stmt *s)
{
	hdt_fail(em->context, HDT_INTERNAL, "program @%s: a %s statement reached the emitter", em->program->name,
	         stmt_text(s->kind));
}

void c_stmt(emitter *em, const hdt_stmt *s)
{
	/* Compilers then tell our lines; loops and branches have their own within. */
	if (em->kernel && s->line && em->program->file) {
		text_format(em->out, "#line %d ", s->line);
		add_string(em->out, em->program->file);
		text_add(em->out, "\n");
	}
	switch (s->kind) {
	case HDT_STMT_FOR:
		emit_for(em, s);
		break;
	case HDT_STMT_WHILE:
		emit_while(em, s);
		break;
	case HDT_STMT_IF:
		emit_if(em, s);
		break;
	case HDT_STMT_BUFFER:
		emit_buffer(em, s);
		break;
	case HDT_STMT_VIEW: /* of a tensor map: nothing here indexes it */
	case HDT_STMT_MAP:  /* a parameter */
		break;
	case HDT_STMT_STORE:
		emit_store(em, s);
		break;
	case HDT_STMT_LET:
		emit_let(em, s);
		break;
	case HDT_STMT_EVALUATE:
		emit_evaluate(em, s);
		break;
	case HDT_STMT_ASSERT:
		emit_assert(em, s);
		break;
	case HDT_STMT_ASM:
		emit_asm(em, s);
		break;
	default:
		fail_left_over(em, s);
		break;
	}
}

void c_body(emitter *em, const hdt_stmt *first)
{
	int lets = em->lets.count;
	em->depth++;
	for (const hdt_stmt *s = first; s && hdt_context_status(em->context) == HDT_OK; s = s->next)
		c_stmt(em, s);
	em->depth--;
	em->lets.count = em->let_values.count = lets;
}
