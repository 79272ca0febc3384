/* translate.c: a lowered function as bodies of steps: statements; translate_value.c and translate_access.c have what
 * stands in them. */
#include "translate.h"

#include <stdarg.h>
#include <stdio.h>
#include <string.h>

bool translate_fail(translation *t, hdt_status status, const char *format, ...)
{
	char message[400];
	va_list arguments;
	va_start(arguments, format);
	vsnprintf(message, sizeof message, format, arguments);
	va_end(arguments);
	t->failed = true;
	(void)hdt_fail(t->context, status, "%s:%d: @%s: %s", t->function->file, t->line, t->function->source->name,
	               message);
	return false;
}

bool translate_room(translation *t, void *items, int count, int *capacity, size_t size)
{
	void *old, *grown;
	if (count < *capacity)
		return true;
	int more = *capacity ? *capacity * 2 : 8;
	memcpy(&old, items, sizeof old);
	grown = count > 1 << 26 ? NULL : hdt_allocate(t->context, (size_t)more * size);
	if (!grown) {
		t->failed = true;
		(void)hdt_fail(t->context, HDT_OUT_OF_MEMORY, "sim: out of memory translating @%s", t->function->source->name);
		return false;
	}
	if (count)
		memcpy(grown, old, (size_t)count * size);
	memcpy(items, &grown, sizeof grown);
	*capacity = more;
	return true;
}

/* ---- bodies ---- */

void translate_step(translation *t, int depth, step s)
{
	body *b = t->open[depth].code;
	if (!t->failed && translate_room(t, &b->steps, b->count, &b->capacity, sizeof *b->steps))
		b->steps[b->count++] = s;
}

body *translate_open(translation *t)
{
	body *b = hdt_allocate(t->context, sizeof *b);
	if (!b || t->depth + 1 >= MOST_BODIES) {
		translate_fail(t, b ? HDT_UNSUPPORTED : HDT_OUT_OF_MEMORY,
		               b ? "bodies are nested deeper than %d" : "out of memory (%d)", MOST_BODIES);
		return NULL;
	}
	t->open[++t->depth] = (open_body){.code = b, .serial = ++t->serial};
	return b;
}

void translate_close(translation *t)
{
	translate_step(t, t->depth, (step){.kind = STEP_END});
	t->depth--;
}

/* ---- statements ---- */

static bool translate_statements(translation *t, const hdt_stmt *first);

static body *translate_body(translation *t, const hdt_stmt *first)
{
	body *b = translate_open(t);
	if (!b)
		return NULL;
	bool ok = translate_statements(t, first);
	translate_close(t);
	return ok && !t->failed ? b : NULL;
}

static bool translate_for(translation *t, const hdt_stmt *s)
{
	step loop = {.kind = STEP_FOR, .line = s->line};
	value extent;
	if (!translate_value(t, s->axis->args[0], &extent) || !(loop.inner = translate_open(t)))
		return false;
	loop.a = extent.at;
	loop.uniform_a = extent.uniform;
	loop.to = translate_register(t, true); /* all threads that are in the loop are at the same iteration */
	translate_define(
		t, s->axis,
		(value){.at = loop.to, .body = t->open[t->depth].serial, .depth = (uint16_t)t->depth, .uniform = true});
	bool ok = translate_statements(t, s->body);
	translate_close(t);
	translate_step(t, t->depth, loop);
	return ok && !t->failed;
}

static bool translate_while(translation *t, const hdt_stmt *s)
{
	step loop = {.kind = STEP_WHILE, .line = s->line};
	value condition;
	if (!(loop.otherwise = translate_open(t)))
		return false;
	bool ok = translate_value(t, s->value, &condition);
	loop.a = condition.at;
	loop.uniform_a = condition.uniform;
	translate_close(t);
	if (!ok || !(loop.inner = translate_body(t, s->body)))
		return false;
	translate_step(t, t->depth, loop);
	return !t->failed;
}

static bool translate_if(translation *t, const hdt_stmt *s)
{
	step branch = {.kind = STEP_IF, .line = s->line};
	value condition;
	if (!translate_value(t, s->value, &condition))
		return false;
	branch.a = condition.at;
	branch.uniform_a = condition.uniform;
	if (!(branch.inner = translate_body(t, s->body)))
		return false;
	if (s->otherwise && !(branch.otherwise = translate_body(t, s->otherwise)))
		return false;
	translate_step(t, t->depth, branch);
	return !t->failed;
}

static bool translate_let(translation *t, const hdt_stmt *s)
{
	value v;
	if (!translate_value(t, s->value, &v))
		return false;
	v = translate_cast(t, v, (hdt_dtype)s->value->dtype, (hdt_dtype)s->axis->dtype);
	v.until = 0; /* it keeps what was read */
	translate_define(t, s->axis, v);
	return !t->failed;
}

static bool translate_assert(translation *t, const hdt_stmt *s)
{
	value v;
	if (!translate_value(t, s->value, &v))
		return false;
	translate_step(t, t->depth,
	               (step){.kind = STEP_ASSERT,
	                      .uniform_a = v.uniform,
	                      .line = s->line,
	                      .a = v.at,
	                      .message = s->text ? s->text : ""});
	return !t->failed;
}

static bool translate_statement(translation *t, const hdt_stmt *s)
{
	value ignored;
	switch (s->kind) {
	case HDT_STMT_FOR:
		return translate_for(t, s);
	case HDT_STMT_WHILE:
		return translate_while(t, s);
	case HDT_STMT_IF:
		return translate_if(t, s);
	case HDT_STMT_BUFFER:
		return translate_new_buffer(t, s->tensor);
	case HDT_STMT_VIEW:
	case HDT_STMT_MAP:
		return true;
	case HDT_STMT_STORE:
		return translate_store(t, s->tensor, s->indices, s->value);
	case HDT_STMT_LET:
		return translate_let(t, s);
	case HDT_STMT_EVALUATE:
		if (s->value->op != HDT_OP_CALL)
			return translate_value(t, s->value, &ignored);
		return translate_call(t, s->value, &ignored);
	case HDT_STMT_ASSERT:
		return translate_assert(t, s);
	case HDT_STMT_ASM:
		return translate_fail(t, HDT_UNSUPPORTED, "the simulator does not run inline assembly: use an intrinsic");
	default:
		return translate_fail(t, HDT_INTERNAL, "a statement was not lowered for the simulator");
	}
}

static bool translate_statements(translation *t, const hdt_stmt *first)
{
	for (const hdt_stmt *s = first; s; s = s->next) {
		t->statement++;
		t->line = s->line ? s->line : t->line;
		if (!translate_statement(t, s) || t->failed)
			return false;
	}
	return true;
}

/* ---- functions ---- */

typedef struct counts {
	int shared, registers, maps;
} counts;

static void count_statements(const hdt_stmt *first, counts *c)
{
	for (const hdt_stmt *s = first; s; s = s->next) {
		c->shared += s->kind == HDT_STMT_BUFFER && s->tensor->scope == HDT_SCOPE_SHARED;
		c->registers += s->kind == HDT_STMT_BUFFER && s->tensor->scope == HDT_SCOPE_REGISTER;
		c->maps += s->kind == HDT_STMT_MAP;
		count_statements(s->body, c);
		count_statements(s->otherwise, c);
	}
}

static void collect_maps(sim_function *f, const hdt_stmt *first)
{
	for (const hdt_stmt *s = first; s; s = s->next) {
		if (s->kind == HDT_STMT_MAP)
			f->maps[f->map_count++] = s;
		collect_maps(f, s->body);
		collect_maps(f, s->otherwise);
	}
}

static reg define_leaf(translation *t, const hdt_expr *leaf, bool uniform)
{
	reg at = translate_register(t, uniform);
	if (leaf)
		translate_define(t, leaf, (value){.at = at, .body = t->open[0].serial, .uniform = uniform});
	return at;
}

static bool define_leaves(translation *t)
{
	sim_function *f = t->function;
	const hdt_function *source = f->source;
	const hdt_program *program = source->program;
	for (int i = 0; i < program->symbol_count; i++)
		f->symbols[i] = define_leaf(t, program->symbols[i], true);
	for (int i = 0; i < source->scalar_count; i++)
		f->scalars[i] = define_leaf(t, source->scalars[i], true);
	for (int d = 0; d < 3; d++) {
		f->thread_at[d] = define_leaf(t, source->thread_at[d], false);
		f->block_at[d] = define_leaf(t, source->block_at[d], true);
	}
	return !t->failed;
}

static bool prepare(translation *t)
{
	sim_function *f = t->function;
	const hdt_function *source = f->source;
	counts c = {0};
	count_statements(source->body, &c);
	f->parameters = hdt_allocate(t->context, sizeof *f->parameters * (size_t)(source->parameter_count + 1));
	f->symbols = hdt_allocate(t->context, sizeof *f->symbols * (size_t)(source->program->symbol_count + 1));
	f->scalars = hdt_allocate(t->context, sizeof *f->scalars * (size_t)(source->scalar_count + 1));
	f->shared = hdt_allocate(t->context, sizeof *f->shared * (size_t)(c.shared + 1));
	f->registers = hdt_allocate(t->context, sizeof *f->registers * (size_t)(c.registers + 1));
	f->maps = hdt_allocate(t->context, sizeof *f->maps * (size_t)(c.maps + 1));
	if (!f->parameters || !f->symbols || !f->scalars || !f->shared || !f->registers || !f->maps)
		return false;
	for (int i = 0; i < source->parameter_count; i++) {
		const hdt_tensor *p = source->parameters[i];
		f->parameters[i] = (sim_buffer){.name = p->name,
		                                .scope = HDT_SCOPE_GLOBAL,
		                                .dtype = p->dtype,
		                                .bytes = hdt_dtype_of(p->dtype)->bytes,
		                                .index = i,
		                                .tensor = p};
	}
	collect_maps(f, source->body);
	return true;
}

sim_function *translate_function(hdt_context *context, const hdt_function *source, const char *name, const char *file)
{
	translation *t = hdt_allocate(context, sizeof *t);
	sim_function *f = hdt_allocate(context, sizeof *f);
	body *outermost = hdt_allocate(context, sizeof *outermost);
	if (!t || !f || !outermost)
		return NULL;
	*f = (sim_function){.source = source, .name = name, .file = file, .body = outermost};
	t->context = context;
	t->function = f;
	t->line = source->line;
	t->open[0] = (open_body){.code = outermost, .serial = ++t->serial};
	if (!prepare(t) || !define_leaves(t) || !translate_statements(t, source->body))
		return NULL;
	translate_step(t, 0, (step){.kind = STEP_END});
	return t->failed ? NULL : f;
}
