/* print.c: the text form of tensor programs, which docs/script.md explains. Canonical: equal programs print equal bytes, and what is printed
 * reads back to the same.
 *
 *     program @row_sum(x: f32[n, 7], y: f32[n]) where n in 1..64 {
 *       fn @y(x, y) KIND {
 *         for i in 0..n parallel {
 *           register s: f32 = 0.0;
 *           for j in 0..7 { ... }
 *         }
 *       }
 *     } */
#include "ir/layout.h"
#include "ir/task_mapping.h"
#include "script/script.h"

typedef struct printer {
	text *out;
	bool lines; /* each statement that was read from a text tells its line there */
} printer;

/* ---- pieces ------------------------------------------------------------------------------------------------------- */

static void print_exprs(text *t, const hdt_expr *const *list, int count)
{
	for (int i = 0; i < count; i++) {
		text_add(t, i ? ", " : "");
		expr_print(t, list[i]);
	}
}

static void print_extent_list(text *t, const char *word, const hdt_expr *const extents[3])
{
	int64_t value;
	int count = 3;
	while (count > 1 && hdt_is_const(extents[count - 1], &value) && value == 1)
		count--;
	text_format(t, " %s(", word);
	print_exprs(t, extents, count);
	text_add(t, ")");
}

static void print_indices(text *t, const hdt_expr *const *indices, int count)
{
	text_add(t, "[");
	print_exprs(t, indices, count);
	text_add(t, "]");
}

/* name: dtype[shape]; the brackets tell a buffer of rank 0 from a value where both may stand. */
static void print_type(text *t, const hdt_tensor *tensor, bool brackets)
{
	text_format(t, "%s: %s%s", tensor->name, tensor->constant ? "const " : "", tensor->pointer ? "*" : "");
	if (tensor->bits)
		text_format(t, "%c%d", tensor->dtype == HDT_I8 ? 'i' : 'u', tensor->bits);
	else
		text_add(t, hdt_dtype_of(tensor->dtype)->name);
	if (!tensor->pointer && (tensor->rank || brackets))
		print_indices(t, tensor->shape, tensor->rank);
}

/* An element as expressions print it: x[i, j], and s of one's own scalar. */
static void print_element(text *t, const hdt_tensor *tensor, const hdt_expr *const *indices)
{
	text_add(t, tensor->name);
	if (tensor->rank || tensor->scope == HDT_SCOPE_GLOBAL)
		print_indices(t, indices, tensor->rank);
}

static void print_counts(text *t, const char *word, const int64_t *items, int count)
{
	text_format(t, " %s(", word);
	print_extents(t, items, count);
	text_add(t, ")");
}

/* ---- statements --------------------------------------------------------------------------------------------------- */

static void print_body(printer *p, const hdt_stmt *first, int depth);

static void print_block(printer *p, const hdt_stmt *first, int depth)
{
	text_add(p->out, " {\n");
	print_body(p, first, depth + 1);
	text_indent(p->out, depth);
	text_add(p->out, "}");
}

static void print_for(printer *p, const hdt_stmt *s, int depth)
{
	static const char *const kinds[] = {
		[HDT_LOOP_SERIAL] = "",         [HDT_LOOP_PARALLEL] = " parallel",
		[HDT_LOOP_UNROLL] = " unroll",  [HDT_LOOP_VECTORISE] = " vectorise",
		[HDT_LOOP_COPIES] = " unroll+",
	};
	text_format(p->out, "for %s in 0..", s->axis->name);
	expr_print(p->out, s->axis->args[0]);
	text_add(p->out, kinds[s->loop]);
	if (s->factor && (s->loop == HDT_LOOP_UNROLL || s->loop == HDT_LOOP_PARALLEL))
		text_format(p->out, "(%lld)", (long long)s->factor);
	print_block(p, s->body, depth);
}

static void print_tasks(printer *p, const hdt_stmt *s, int depth)
{
	for (int d = 0; d < s->mapping->rank; d++)
		text_format(p->out, "%s%s", d ? ", " : "for ", s->indices[d]->name);
	text_add(p->out, " in ");
	mapping_print(p->out, s->mapping);
	text_add(p->out, " on ");
	expr_print(p->out, s->value);
	print_block(p, s->body, depth);
}

static void print_if(printer *p, const hdt_stmt *s, int depth)
{
	text_add(p->out, "if ");
	expr_print(p->out, s->value);
	print_block(p, s->body, depth);
	const hdt_stmt *other = s->otherwise;
	if (!other)
		return;
	text_add(p->out, " else");
	if (other->kind == HDT_STMT_IF && !other->next && !p->lines) {
		text_add(p->out, " ");
		print_if(p, other, depth);
	} else {
		print_block(p, other, depth);
	}
}

static void print_buffer(text *t, const hdt_stmt *s)
{
	const hdt_tensor *b = s->tensor;
	text_add(t, b->scope == HDT_SCOPE_SHARED ? "shared " : "register ");
	text_add(t, b->dynamic ? "dynamic " : "");
	print_type(t, b, false);
	if (b->layout) {
		text_add(t, " layout ");
		layout_print(t, b->layout);
	}
	if (s->value) {
		text_add(t, " = ");
		expr_print(t, s->value);
	}
}

/* i < 4, j < 8 */
static void print_axes(text *t, const hdt_tensor *tensor)
{
	for (int d = 0; d < tensor->rank; d++) {
		text_format(t, "%s%s < ", d ? ", " : "", tensor->axes[d]->name);
		expr_print(t, tensor->shape[d]);
	}
}

static void print_view(text *t, const hdt_tensor *v)
{
	text_format(t, "view %s%s", v->name, v->rank ? "[" : "");
	print_axes(t, v);
	text_add(t, v->rank ? "] = " : " = ");
	print_element(t, v->base, v->base_indices);
}

static void print_map(text *t, const hdt_stmt *s)
{
	const hdt_tensor_map *m = s->map;
	bool strided = false;
	text_format(t, "map %s = %s", s->axis->name, m->tensor->name);
	print_counts(t, "box", m->box, m->tensor->rank);
	for (int d = 0; d < m->tensor->rank; d++)
		strided |= m->strides[d] != 1;
	if (strided)
		print_counts(t, "strides", m->strides, m->tensor->rank);
	if (m->swizzle)
		text_format(t, " swizzle(%d)", m->swizzle);
}

static void print_store(text *t, const hdt_stmt *s)
{
	if (s->protect) {
		text_format(t, "%s.write(", s->tensor->name);
		print_exprs(t, s->indices, s->tensor->rank);
		text_add(t, s->tensor->rank ? ", " : "");
	} else {
		print_element(t, s->tensor, s->indices);
		text_add(t, " = ");
	}
	expr_print(t, s->value);
	text_add(t, s->protect ? ")" : "");
}

static void print_call(text *t, const hdt_stmt *s)
{
	text_format(t, "%s @%s(", stmt_text(s->kind), s->function->name);
	for (int i = 0; i < s->operand_count; i++) {
		text_add(t, i ? ", " : "");
		if (s->operands[i].tensor)
			text_add(t, s->operands[i].tensor->name);
		else
			expr_print(t, s->operands[i].value);
	}
	text_add(t, ")");
}

static void print_asm(text *t, const hdt_stmt *s)
{
	text_add(t, "asm ");
	string_print(t, s->text);
	for (int i = 0; i < s->operand_count; i++) {
		text_add(t, i ? ", " : " (");
		string_print(t, s->operands[i].constraint);
		text_add(t, " ");
		expr_print(t, s->operands[i].value);
	}
	text_add(t, s->operand_count ? ")" : "");
}

/* Those that end with a semicolon. */
static void print_simple(text *t, const hdt_stmt *s)
{
	switch (s->kind) {
	case HDT_STMT_BUFFER:
		print_buffer(t, s);
		break;
	case HDT_STMT_VIEW:
		print_view(t, s->tensor);
		break;
	case HDT_STMT_MAP:
		print_map(t, s);
		break;
	case HDT_STMT_STORE:
		print_store(t, s);
		break;
	case HDT_STMT_LET:
		text_format(t, "let %s = ", s->axis->name);
		expr_print(t, s->value);
		break;
	case HDT_STMT_CALL:
	case HDT_STMT_LAUNCH:
		print_call(t, s);
		break;
	case HDT_STMT_ASSERT:
		text_add(t, "assert ");
		expr_print(t, s->value);
		text_add(t, ", ");
		string_print(t, s->text);
		break;
	case HDT_STMT_ASM:
		print_asm(t, s);
		break;
	default: /* EVALUATE */
		expr_print(t, s->value);
		break;
	}
	text_add(t, ";");
}

static void print_stmt(printer *p, const hdt_stmt *s, int depth)
{
	switch (s->kind) {
	case HDT_STMT_FOR:
		print_for(p, s, depth);
		break;
	case HDT_STMT_TASKS:
		print_tasks(p, s, depth);
		break;
	case HDT_STMT_WHILE:
		text_add(p->out, "while ");
		expr_print(p->out, s->value);
		print_block(p, s->body, depth);
		break;
	case HDT_STMT_IF:
		print_if(p, s, depth);
		break;
	default:
		print_simple(p->out, s);
		break;
	}
}

static void print_body(printer *p, const hdt_stmt *first, int depth)
{
	for (const hdt_stmt *s = first; s; s = s->next) {
		text_indent(p->out, depth);
		if (p->lines && s->line > 0)
			text_format(p->out, "line %d ", s->line);
		print_stmt(p, s, depth);
		text_add(p->out, "\n");
	}
}

/* ---- functions ---------------------------------------------------------------------------------------------------- */

static bool is_of_program(const hdt_program *program, const hdt_tensor *buffer)
{
	for (int i = 0; i < program->buffer_count; i++)
		if (program->buffers[i] == buffer)
			return true;
	return false;
}

static bool is_scalar_of_program(const hdt_program *program, const hdt_expr *value)
{
	for (int i = 0; i < program->scalar_count; i++)
		if (program->scalars[i] == value)
			return true;
	return false;
}

/* What the program has is told by its name, what is the function's own with its type. */
static void print_parameters(text *t, const hdt_function *f)
{
	const char *between = "";
	for (int i = 0; i < f->parameter_count; i++, between = ", ") {
		text_add(t, between);
		if (is_of_program(f->program, f->parameters[i]))
			text_add(t, f->parameters[i]->name);
		else
			print_type(t, f->parameters[i], true);
	}
	for (int i = 0; i < f->scalar_count; i++, between = ", ") {
		text_format(t, "%s%s", between, f->scalars[i]->name);
		if (!is_scalar_of_program(f->program, f->scalars[i]))
			text_format(t, ": %s", hdt_dtype_of((hdt_dtype)f->scalars[i]->dtype)->name);
	}
}

static void print_attributes(text *t, const hdt_function *f)
{
	int64_t value;
	bool clustered = false;
	if (!f->launched)
		return;
	print_extent_list(t, "grid", f->grid);
	print_extent_list(t, "block", f->block);
	for (int d = 0; d < 3; d++)
		clustered |= f->cluster[d] && !(hdt_is_const(f->cluster[d], &value) && value == 1);
	if (clustered)
		print_extent_list(t, "cluster", f->cluster);
	if (f->shared_bytes) {
		text_add(t, " shared(");
		expr_print(t, f->shared_bytes);
		text_add(t, ")");
	}
	if (f->blocks_per_processor)
		text_format(t, " blocks(%d)", f->blocks_per_processor);
	text_add(t, f->cooperative ? " cooperative" : "");
	text_add(t, f->dependent ? " dependent" : "");
}

static void print_function(printer *p, const hdt_function *f)
{
	text_indent(p->out, 1);
	if (p->lines && f->line > 0)
		text_format(p->out, "line %d ", f->line);
	text_format(p->out, "fn @%s(", f->name);
	print_parameters(p->out, f);
	text_format(p->out, ") %s", function_text(f->kind));
	print_attributes(p->out, f);
	print_block(p, f->body, 1);
	text_add(p->out, "\n");
}

/* ---- programs ----------------------------------------------------------------------------------------------------- */

static void print_buffers(text *t, const hdt_tensor *const *buffers, int count)
{
	for (int i = 0; i < count; i++) {
		text_add(t, i ? ", " : "");
		if (buffers[i])
			print_type(t, buffers[i], true);
		else
			text_add(t, "none"); /* an optional input left out */
	}
}

static void print_header(text *t, const hdt_program *program, const char *name)
{
	int bound = program->buffer_count - program->workspace_count - program->constant_count;
	text_format(t, "program @%s(", name);
	print_buffers(t, program->buffers, bound);
	for (int i = 0; i < program->scalar_count; i++)
		text_format(t, "%s%s: %s", i || bound ? ", " : "", program->scalars[i]->name,
		            hdt_dtype_of((hdt_dtype)program->scalars[i]->dtype)->name);
	text_add(t, ")");
	if (program->workspace_count) {
		text_add(t, " workspace(");
		print_buffers(t, program->buffers + bound + program->constant_count, program->workspace_count);
		text_add(t, ")");
	}
	for (int i = 0; i < program->symbol_count; i++) {
		const hdt_expr *symbol = program->symbols[i];
		text_format(t, "%s%s in ", i ? ", " : " where ", symbol->name);
		expr_print(t, symbol->args[0]);
		text_add(t, "..");
		expr_print(t, symbol->args[1]);
	}
}

static void print_constant(text *t, const hdt_tensor *constant)
{
	text_format(t, "  constant %s[", constant->name);
	print_axes(t, constant);
	text_add(t, "] = ");
	expr_print(t, constant->value);
	text_add(t, ";\n");
}

static void print_program(printer *p, const hdt_program *program, const char *name)
{
	print_header(p->out, program, name);
	if (p->lines && program->file) {
		text_add(p->out, " from ");
		string_print(p->out, program->file);
	}
	text_add(p->out, " {\n");
	for (int i = 0; i < program->constant_count; i++)
		print_constant(p->out, program->constants[i]);
	for (int i = 0; i < program->function_count; i++)
		print_function(p, program->functions[i]);
	text_add(p->out, "}\n");
}

void program_print(text *t, const hdt_program *program)
{
	printer p = {.out = t};
	print_program(&p, program, program->name);
}

void program_print_lines(text *t, const hdt_program *program, const char *name)
{
	printer p = {.out = t, .lines = true};
	print_program(&p, program, name);
}
