/* print.c: the text form of tasks.
 *
 *     task @rows(x: f32[n, 7], none, b: f32[]) -> (y) where n in 1..64 {
 *       require n % 2 == 0 "an even number of rows"
 *       m[i < n] = max(k < 7) x[i, k]
 *       y[i < n, j < 7] = exp(x[i, j] - m[i])
 *       alias y = x
 *       inverse x[a, b] -> y[b, a]
 *     }
 *
 *  - inputs in order of the call; `none` is an optional one left out
 *  - `where`: each size known at run time, with its range, sorted by name
 *  - a tensor is defined over axes with their extents; its dtype is that of its expression; it may read the inputs and
 * what is defined above it; a tensor of rank 0 is written m[]
 *  - `alias`: the output is the memory of the input, unchanged; `inverse`: where an element of an input lands. Only
 * inverse maps that the operator declared are written; the others are derived again on reading
 *
 * Equal tasks give equal texts, and reading a text and printing it again changes nothing. */
#include "task/build.h"

#include <stdlib.h>
#include <string.h>

typedef struct symbol_scan {
	const hdt_expr **items;
	int count, capacity;
	bool failed;
} symbol_scan;

static void scan(const hdt_expr *e, void *closure)
{
	symbol_scan *s = closure;
	if (e->op != HDT_OP_SYMBOL || s->failed)
		return;
	for (int i = 0; i < s->count; i++)
		if (s->items[i] == e)
			return;
	s->failed = !heap_push(s, e);
}

static int compare(const void *a, const void *b)
{
	return strcmp((*(const hdt_expr *const *)a)->name, (*(const hdt_expr *const *)b)->name);
}

static void scan_task(const hdt_task *task, symbol_scan *s)
{
	for (int i = 0; i < task->input_count; i++)
		for (int d = 0; task->inputs[i] && d < task->inputs[i]->rank; d++)
			s->failed |= !expr_walk(task->inputs[i]->shape[d], scan, s);
	for (int i = 0; i < task->assertion_count; i++)
		s->failed |= !expr_walk(task->assertions[i].condition, scan, s);
	for (int i = 0; i < task->tensor_count; i++) {
		s->failed |= !expr_walk(task->tensors[i]->value, scan, s);
		for (int d = 0; d < task->tensors[i]->rank; d++)
			s->failed |= !expr_walk(task->tensors[i]->shape[d], scan, s);
	}
}

static void print_symbols(text *t, const hdt_task *task)
{
	symbol_scan s = {0};
	scan_task(task, &s);
	if (s.count)
		qsort(s.items, (size_t)s.count, sizeof *s.items, compare);
	for (int i = 0; i < s.count; i++)
		text_format(t, "%s%s in %lld..%lld", i ? ", " : " where ", s.items[i]->name,
		            (long long)s.items[i]->args[0]->integer, (long long)s.items[i]->args[1]->integer);
	t->failed |= s.failed;
	heap_free(&s);
}

static void print_list(text *t, const hdt_expr *const *items, int count)
{
	text_add(t, "[");
	for (int i = 0; i < count; i++) {
		text_add(t, i ? ", " : "");
		expr_print(t, items[i]);
	}
	text_add(t, "]");
}

static void print_header(text *t, const hdt_task *task)
{
	text_format(t, "task @%s(", task->name);
	for (int i = 0; i < task->input_count; i++) {
		const hdt_tensor *x = task->inputs[i];
		text_add(t, i ? ", " : "");
		if (!x) {
			text_add(t, "none");
			continue;
		}
		text_format(t, "%s: %s%s", x->name, x->constant ? "const " : "", hdt_dtype_of(x->dtype)->name);
		print_list(t, x->shape, x->rank);
	}
	text_add(t, ") -> (");
	for (int i = 0; i < task->output_count; i++)
		text_format(t, "%s%s", i ? ", " : "", task->outputs[i]->name);
	text_add(t, ")");
	print_symbols(t, task);
	text_add(t, " {\n");
}

static void print_tensor(text *t, const hdt_tensor *x)
{
	text_format(t, "  %s[", x->name);
	for (int d = 0; d < x->rank; d++) {
		text_format(t, "%s%s < ", d ? ", " : "", x->axes[d]->name);
		expr_print(t, x->shape[d]);
	}
	text_add(t, "] = ");
	expr_print(t, x->value);
	text_add(t, "\n");
}

void task_print(text *t, const hdt_task *task)
{
	print_header(t, task);
	for (int i = 0; i < task->assertion_count; i++) {
		hdt_attribute_value message = hdt_string_value(NULL, task->assertions[i].message);
		text_add(t, "  require ");
		expr_print(t, task->assertions[i].condition);
		text_add(t, " ");
		attribute_print(t, &message);
		text_add(t, "\n");
	}
	for (int i = 0; i < task->tensor_count; i++)
		print_tensor(t, task->tensors[i]);
	for (int o = 0; o < task->output_count; o++)
		if (task->aliases[o] >= 0)
			text_format(t, "  alias %s = %s\n", task->outputs[o]->name, task->inputs[task->aliases[o]]->name);
	for (int i = 0; i < task_builder_of(task)->declared_inverse_count; i++) {
		const hdt_inverse_map *m = &task->inverses[i];
		text_format(t, "  inverse %s", m->input->name);
		print_list(t, m->axes, m->input->rank);
		text_format(t, " -> %s", m->output->name);
		print_list(t, m->indices, m->output->rank);
		text_add(t, "\n");
	}
	text_add(t, "}\n");
}
