/* print.c: the text form of tensor programs. Canonical: equal programs print equal bytes.
 *
 *     program @row_sum(x: f32[n, 7], y: f32[n]) where n in 1..64 {
 *       fn @y(x, y) KIND {
 *         for i in 0..n parallel {
 *           register s: f32;
 *           s = 0;
 *           for j in 0..7 { ... }
 *         }
 *       }
 *     } */
#include "script/script.h"

static void print_type(text *t, const hdt_tensor *tensor)
{
	text_format(t, "%s: %s", tensor->name, hdt_dtype_of(tensor->dtype)->name);
	for (int i = 0; i < tensor->rank; i++) {
		text_add(t, i ? ", " : "[");
		expr_print(t, tensor->shape[i]);
	}
	if (tensor->rank)
		text_add(t, "]");
}

static void print_body(text *t, const hdt_stmt *first, int depth);

static void print_block(text *t, const hdt_stmt *first, int depth)
{
	text_add(t, " {\n");
	print_body(t, first, depth + 1);
	text_indent(t, depth);
	text_add(t, "}");
}

static void print_for(text *t, const hdt_stmt *s, int depth)
{
	static const char *const kinds[] = {
		[HDT_LOOP_SERIAL] = "",
		[HDT_LOOP_PARALLEL] = " parallel",
		[HDT_LOOP_UNROLL] = " unroll",
		[HDT_LOOP_VECTORISE] = " vectorise",
	};
	text_format(t, "for %s in 0..", s->axis->name);
	expr_print(t, s->axis->args[0]);
	text_add(t, kinds[s->loop]);
	print_block(t, s->body, depth);
	text_add(t, "\n");
}

static void print_if(text *t, const hdt_stmt *s, int depth)
{
	text_add(t, "if ");
	expr_print(t, s->value);
	print_block(t, s->body, depth);
	if (s->otherwise) {
		text_add(t, " else");
		print_block(t, s->otherwise, depth);
	}
	text_add(t, "\n");
}

static void print_store(text *t, const hdt_stmt *s)
{
	expr_print(t, hdt_load(s->tensor, s->indices, s->tensor->rank));
	text_add(t, " = ");
	expr_print(t, s->value);
	text_add(t, ";\n");
}

static void print_body(text *t, const hdt_stmt *first, int depth)
{
	for (const hdt_stmt *s = first; s; s = s->next) {
		text_indent(t, depth);
		switch (s->kind) {
		case HDT_STMT_FOR:
			print_for(t, s, depth);
			break;
		case HDT_STMT_IF:
			print_if(t, s, depth);
			break;
		case HDT_STMT_LOCAL:
			text_add(t, "register ");
			print_type(t, s->tensor);
			text_add(t, ";\n");
			break;
		case HDT_STMT_STORE:
			print_store(t, s);
			break;
		case HDT_STMT_LET:
			text_format(t, "let %s = ", s->axis->name);
			expr_print(t, s->value);
			text_add(t, ";\n");
			break;
		case HDT_STMT_COUNT:
			break;
		}
	}
}

static void print_function(text *t, const hdt_function *f)
{
	static const char *const kinds[] = {
#define HDT_FUNCTION(name, text, doc) text,
#include <hidet/functions.def>
#undef HDT_FUNCTION
	};
	text_format(t, "  fn @%s(", f->name);
	for (int i = 0; i < f->parameter_count; i++)
		text_format(t, "%s%s", i ? ", " : "", f->parameters[i]->name);
	text_format(t, ") %s", kinds[f->kind]);
	print_block(t, f->body, 1);
	text_add(t, "\n");
}

static void print_buffers(text *t, const hdt_tensor *const *buffers, int count)
{
	for (int i = 0; i < count; i++) {
		text_add(t, i ? ", " : "");
		if (buffers[i])
			print_type(t, buffers[i]);
		else
			text_add(t, "none"); /* an optional input left out */
	}
}

void program_print(text *t, const hdt_program *program)
{
	int bound = program->buffer_count - program->workspace_count;
	text_format(t, "program @%s(", program->name);
	print_buffers(t, program->buffers, bound);
	text_add(t, ")");
	if (program->workspace_count) {
		text_add(t, " workspace(");
		print_buffers(t, program->buffers + bound, program->workspace_count);
		text_add(t, ")");
	}
	for (int i = 0; i < program->symbol_count; i++) {
		const hdt_expr *symbol = program->symbols[i];
		text_format(t, "%s%s in ", i ? ", " : " where ", symbol->name);
		expr_print(t, symbol->args[0]);
		text_add(t, "..");
		expr_print(t, symbol->args[1]);
	}
	text_add(t, " {\n");
	for (int i = 0; i < program->function_count; i++)
		print_function(t, program->functions[i]);
	text_add(t, "}\n");
}
