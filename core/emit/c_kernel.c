/* c_kernel.c: kernels: functions that every thread of a grid of blocks runs. docs/emitted-kernels.md tells what the text looks like and
 * what it needs of the target's prelude. */
#include "emit/c.h"

#include <stdlib.h>
#include <string.h>

/* ---- what a kernel touches ---------------------------------------------------------------------------------------- */

typedef struct survey {
	emitter *em;
	emitted_texts *needed;
	bool *written;     /* per parameter of the kernel */
	bool places[2][3]; /* are thread_at[d] and block_at[d] asked for? */
} survey;

static void note_written(survey *v, const hdt_tensor *t)
{
	for (int i = 0; i < v->em->kernel->parameter_count; i++)
		if (v->em->kernel->parameters[i] == t)
			v->written[i] = true;
}

static void note_text(survey *v, const char *definition)
{
	for (int i = 0; i < v->needed->count; i++)
		if (v->needed->items[i] == definition)
			return;
	(void)vec_push(v->em->context, v->needed, definition); /* a failure is a fault of the context */
}

static void note_node(const hdt_expr *e, void *closure)
{
	survey *v = closure;
	for (int d = 0; d < 3; d++) {
		v->places[0][d] |= e == v->em->kernel->thread_at[d];
		v->places[1][d] |= e == v->em->kernel->block_at[d];
	}
	if (e->op != HDT_OP_CALL)
		return;
	if (e->intrinsic->text)
		note_text(v, e->intrinsic->text);
	for (int i = 0; i < e->count; i++) {
		int64_t elements;
		operand_use use = intrinsic_use(e, i, &elements);
		if ((use == OPERAND_OUT || use == OPERAND_INOUT) && e->args[i]->op == HDT_OP_ADDRESS)
			note_written(v, e->args[i]->tensor);
	}
}

static void note_expression(const hdt_expr *e, void *closure)
{
	expr_walk(e, note_node, closure);
}

static void note_stmt(const hdt_stmt *s, void *closure)
{
	survey *v = closure;
	if (s->kind == HDT_STMT_STORE)
		note_written(v, s->tensor);
	for (int i = 0; s->kind == HDT_STMT_ASM && i < s->operand_count; i++)
		if (s->operands[i].value->op == HDT_OP_LOAD)
			note_written(v, s->operands[i].value->tensor);
	stmt_expressions(s, note_expression, v);
}

/* ---- the head ----------------------------------------------------------------------------------------------------- */

static bool is_wide_symbol(const hdt_expr *symbol)
{
	return symbol->args[1]->integer > INT32_MAX;
}

static void print_buffers(emitter *em, const survey *v)
{
	const hdt_function *f = em->kernel;
	for (int i = 0; i < f->parameter_count; i++) {
		/* Loads of what is known never to change could be moved before the wait for the kernel that writes it. */
		const char *constant = v->written[i] || f->dependent ? "" : "const ";
		text_format(em->out, "%s%s *%s%s, ", constant, c_memory_type(f->parameters[i]->dtype),
		            f->dependent ? "" : "restrict ", c_name(em, f->parameters[i]->name));
	}
}

/* A size that fits an int comes in as a wide one all the same: its name is then the narrow copy's. */
static void print_symbols(emitter *em)
{
	const hdt_program *p = em->program;
	for (int i = 0; i < p->symbol_count; i++)
		text_format(em->out, "const int64_t %s%s, ", c_name(em, p->symbols[i]->name),
		            is_wide_symbol(p->symbols[i]) ? "" : "_wide_");
}

static void print_scalars(emitter *em)
{
	const hdt_function *f = em->kernel;
	for (int i = 0; i < f->scalar_count; i++) {
		hdt_dtype dtype = (hdt_dtype)f->scalars[i]->dtype;
		bool stored = dtype == HDT_F16 || dtype == HDT_BF16;
		text_format(em->out, "const %s %s%s, ", c_memory_type(dtype), c_name(em, f->scalars[i]->name),
		            stored ? "_stored_" : "");
	}
}

static void print_maps(emitter *em)
{
	for (const hdt_stmt *s = em->kernel->body; s; s = s->next)
		if (s->kind == HDT_STMT_MAP)
			text_format(em->out, "HIDET_MAP %s, ", c_name(em, s->axis->name));
}

static void print_head(emitter *em, const survey *v)
{
	const hdt_function *f = em->kernel;
	int64_t threads = 1;
	for (int d = 0; d < 3; d++)
		threads *= f->block[d]->integer;
	text_format(em->out, "HIDET_KERNEL(%lld, %d) void %s_%s(", (long long)threads, f->blocks_per_processor, em->unit,
	            f->name);
	print_buffers(em, v);
	print_symbols(em);
	print_scalars(em);
	print_maps(em);
	text_add(em->out, "const hidet_runtime rt)\n{\n");
}

/* ---- the body ----------------------------------------------------------------------------------------------------- */

static void declare_sizes(emitter *em)
{
	const hdt_program *p = em->program;
	for (int i = 0; i < p->symbol_count; i++) {
		const char *name = c_name(em, p->symbols[i]->name);
		if (is_wide_symbol(p->symbols[i]))
			continue;
		text_indent(em->out, em->depth);
		text_format(em->out, "const int %s = (int)%s_wide_;\n", name, name);
	}
	for (int i = 0; i < em->kernel->scalar_count; i++) {
		const hdt_expr *variable = em->kernel->scalars[i];
		const char *name = c_name(em, variable->name);
		if (variable->dtype != HDT_F16 && variable->dtype != HDT_BF16)
			continue;
		text_indent(em->out, em->depth);
		text_format(em->out, "const float %s = hidet_load_%s(%s_stored_);\n", name,
		            hdt_dtype_of((hdt_dtype)variable->dtype)->name, name);
	}
}

/* An axis of a grid too large for an int is a wide one all the same. */
static void declare_places(emitter *em, const survey *v)
{
	static const char letters[] = "XYZ";
	for (int d = 0; d < 3; d++) {
		const hdt_expr *axes[2] = {em->kernel->thread_at[d], em->kernel->block_at[d]};
		for (int k = 0; k < 2; k++) {
			const hdt_expr *axis = axes[k];
			if (!v->places[k][d])
				continue;
			text_indent(em->out, em->depth);
			text_format(em->out, "const %s %s = HIDET_%s_%c;\n", c_type_of(em, axis), c_name(em, axis->name),
			            k ? "BLOCK" : "THREAD", letters[d]);
		}
	}
}

static void emit_kernel(emitter *em, const hdt_function *f, emitted_texts *needed)
{
	survey v = {.em = em, .needed = needed};
	v.written = hdt_allocate(em->context, (size_t)f->parameter_count + 1);
	em->kernel = f;
	if (!v.written)
		return;
	stmt_walk(f->body, note_stmt, &v);
	em->local_count = 0;
	print_head(em, &v);
	em->depth = 1;
	declare_sizes(em);
	declare_places(em, &v);
	em->depth = 0;
	c_body(em, f->body);
	text_add(em->out, "}\n");
	em->kernel = NULL;
}

hdt_status emit_kernels(text *t, const hdt_program *program, const char *name, emitted_texts *needed)
{
	emitter em;
	if (!program || !name)
		return HDT_INTERNAL;
	if (hdt_context_status(program->context) != HDT_OK || !c_begin(&em, t, program, name))
		return hdt_context_status(program->context);
	for (int i = 0; i < program->function_count; i++)
		if (program->functions[i]->launched) {
			memset(em.widths, 0, em.info_count);
			emit_kernel(&em, program->functions[i], needed);
		}
	return c_end(&em);
}
