/* print.c: the canonical text of a graph.
 *
 *     graph @mlp(%x: f32[n, 16]) where n in 1..64 {
 *       %w = const f32[16, 2] from "mlp.bin" at 0
 *       %c0 = const f32[] 0.5
 *       %0 = matmul(%x, %w) from "encoder.0"
 *       %1 = mul(%0, %c0)
 *       assert n % 2 == 0, "n must be even"
 *       return %1 as "scores"
 *     }
 *
 * Canonical: nodes in order and their outputs numbered from 0; constants before them in order of first use, unnamed
 * ones (c and a number) numbered from 0; attributes that have their default left out. parse(print(g)) is g, and prints
 * the same. */
#include "graph/state.h"

#include "ir/number.h"
#include <inttypes.h>
#include <stdio.h>
#include <string.h>

enum { INLINE_ELEMENTS = 64 };

typedef struct printer {
	text *out;
	const hdt_graph *graph;
	constant_sink *sink;
	map names;  /* value -> interned name in the text */
	map inputs; /* interned name -> itself: names that inputs and named constants have */
	VEC(const hdt_value *) constants;
	int next_constant, next_number;
} printer;

/* ---- names ------------------------------------------------------------------------------------------------------ */

/* Unnamed constants are called c and a number. */
static bool is_unnamed(const char *name)
{
	return name[0] == 'c' && name[1] && strspn(name + 1, "0123456789") == strlen(name + 1);
}

static void name_value(printer *p, const hdt_value *value, const char *name)
{
	if (name)
		map_set(&p->names, value, (void *)name);
}

static void reserve(printer *p, const hdt_value *value)
{
	name_value(p, value, value->name);
	map_set(&p->inputs, value->name, (void *)value->name);
}

static void collect_constant(printer *p, const hdt_value *value)
{
	if (!value || !value->constant || map_get(&p->names, value))
		return;
	name_value(p, value, value->name);
	if (!is_unnamed(value->name))
		reserve(p, value);
	if (!vec_push(p->graph->context, &p->constants, value))
		p->out->failed = true;
}

static const char *next_constant_name(printer *p)
{
	const char *name;
	do {
		const char *fresh = hdt_format(p->graph->context, "c%d", p->next_constant++);
		name = fresh ? hdt_intern(p->graph->context, fresh) : NULL;
	} while (name && map_get(&p->inputs, name));
	return name;
}

static void assign_names(printer *p)
{
	const hdt_graph *g = p->graph;
	for (int i = 0; i < g->input_count; i++)
		reserve(p, g->inputs[i]);
	for (int n = 0; n < g->node_count; n++)
		for (int i = 0; i < g->nodes[n]->input_count; i++)
			collect_constant(p, g->nodes[n]->inputs[i]);
	for (int i = 0; i < g->output_count; i++)
		collect_constant(p, g->outputs[i]);
	for (int i = 0; i < p->constants.count; i++)
		if (is_unnamed(p->constants.items[i]->name))
			name_value(p, p->constants.items[i], next_constant_name(p));
	for (int n = 0; n < g->node_count; n++)
		for (int i = 0; i < g->nodes[n]->output_count; i++)
			name_value(p, g->nodes[n]->outputs[i], hdt_format(g->context, "%d", p->next_number++));
}

static const char *name_of(const printer *p, const hdt_value *value)
{
	const char *name = map_get(&p->names, value);
	return name ? name : "<unknown>";
}

/* ---- pieces ----------------------------------------------------------------------------------------------------- */

static void print_string(text *out, const char *string)
{
	hdt_attribute_value value = hdt_string_value("", string);
	attribute_print(out, &value);
}

static void print_type(text *out, const hdt_value *value)
{
	text_format(out, "%s[", hdt_dtype_of(value->dtype)->name);
	for (int d = 0; d < value->rank; d++) {
		text_add(out, d ? ", " : "");
		expr_print(out, value->shape[d]);
	}
	text_add(out, "]");
}

static void print_element(text *out, hdt_dtype dtype, const void *data, int64_t index)
{
	scalar v = scalar_load(data, dtype, index);
	char digits[NUMBER_BYTES];
	if (hdt_is_float(dtype)) {
		number_format(digits, v.f, dtype);
		text_add(out, digits);
	} else if (dtype == HDT_BOOL)
		text_add(out, v.i ? "true" : "false");
	else if (v.i == INT64_MIN)
		text_add(out, "-9223372036854775808.0"); /* its magnitude is no integer of the text form */
	else
		text_format(out, "%" PRId64, v.i);
}

static void print_constant(printer *p, const hdt_value *value)
{
	text *out = p->out;
	text_format(out, "  %%%s = const ", name_of(p, value));
	print_type(out, value);
	const hdt_data *data = value->constant;
	int64_t count = value_bytes(value) / hdt_dtype_of(value->dtype)->bytes;
	size_t offset = 0;
	if (!data->data) {
		text_add(out, "\n");
		return;
	}
	if (count <= INLINE_ELEMENTS) {
		text_add(out, value->rank ? " [" : " ");
		for (int64_t i = 0; i < count; i++) {
			text_add(out, i ? ", " : "");
			print_element(out, value->dtype, data->data, i);
		}
		text_add(out, value->rank ? "]" : "");
	} else if (p->sink && !p->sink->add(p->sink, data->data, data->bytes, &offset)) {
		out->failed = true;
	} else if (p->sink) {
		text_add(out, " from ");
		print_string(out, p->sink->file_name);
		text_format(out, " at %zu", offset);
	}
	text_add(out, "\n");
}

static void print_attributes(text *out, const hdt_node *node, const char *separator)
{
	const hdt_attribute_value *defaults = node_default_attributes(node);
	for (int i = 0; node->attributes && node->attributes[i].name; i++) {
		bool required = !node->op->attributes[i].fallback;
		if (!required && defaults && attribute_equal(&node->attributes[i], &defaults[i]))
			continue;
		text_format(out, "%s%s=", separator, node->attributes[i].name);
		attribute_print(out, &node->attributes[i]);
		separator = ", ";
	}
}

static void print_node(const printer *p, const hdt_node *node)
{
	text *out = p->out;
	text_add(out, "  ");
	for (int i = 0; i < node->output_count; i++)
		text_format(out, "%s%%%s", i ? ", " : "", name_of(p, node->outputs[i]));
	text_format(out, " = %s(", node->op->name);
	for (int i = 0; i < node->input_count; i++) {
		text_add(out, i ? ", " : "");
		if (node->inputs[i])
			text_format(out, "%%%s", name_of(p, node->inputs[i]));
		else
			text_add(out, "none");
	}
	print_attributes(out, node, node->input_count ? ", " : "");
	text_add(out, ")");
	if (node->origin) {
		text_add(out, " from ");
		print_string(out, node->origin);
	}
	text_add(out, "\n");
}

/* ---- the whole -------------------------------------------------------------------------------------------------- */

static void print_signature(const printer *p)
{
	const hdt_graph *g = p->graph;
	text_format(p->out, "graph @%s(", g->name);
	for (int i = 0; i < g->input_count; i++) {
		text_format(p->out, "%s%%%s: ", i ? ", " : "", name_of(p, g->inputs[i]));
		print_type(p->out, g->inputs[i]);
	}
	text_add(p->out, ")");
	for (int i = 0; i < g->symbol_count; i++) {
		int64_t min = 0, max = INT32_MAX;
		hdt_is_const(g->symbols[i]->args[0], &min);
		hdt_is_const(g->symbols[i]->args[1], &max);
		text_format(p->out, "%s%s in %" PRId64 "..%" PRId64, i ? ", " : " where ", g->symbols[i]->name, min, max);
	}
	text_add(p->out, " {\n");
}

static void print_results(const printer *p)
{
	const hdt_graph *g = p->graph;
	for (int i = 0; i < g->assertion_count; i++) {
		text_add(p->out, "  assert ");
		expr_print(p->out, g->assertions[i].condition);
		text_add(p->out, ", ");
		print_string(p->out, g->assertions[i].message);
		text_add(p->out, "\n");
	}
	text_add(p->out, "  return");
	for (int i = 0; i < g->output_count; i++) {
		char usual[24];
		snprintf(usual, sizeof usual, "out%d", i);
		text_format(p->out, "%s%%%s", i ? ", " : " ", name_of(p, g->outputs[i]));
		if (strcmp(g->output_names[i], usual)) {
			text_add(p->out, " as ");
			print_string(p->out, g->output_names[i]);
		}
	}
	text_add(p->out, "\n}\n");
}

void graph_print(text *t, const hdt_graph *graph, constant_sink *sink)
{
	printer p = {.out = t, .graph = graph, .sink = sink};
	map_init(&p.names, graph->context);
	map_init(&p.inputs, graph->context);
	assign_names(&p);
	print_signature(&p);
	for (int i = 0; i < p.constants.count; i++)
		print_constant(&p, p.constants.items[i]);
	for (int n = 0; n < graph->node_count; n++)
		print_node(&p, graph->nodes[n]);
	print_results(&p);
	if (hdt_context_status(graph->context) == HDT_OUT_OF_MEMORY) /* names are missing */
		t->failed = true;
}
