/* graph_picture.c: from a graph and its kernels to what a drawing shows. */
#include "graph_picture.h"

#include "base/map.h"
#include "base/vec.h"
#include "exec/launch.h"
#include <hidet/rule.h>
#include <math.h>
#include <stdio.h>
#include <string.h>

enum { LINE_COLUMNS = 36, FACT_COLUMNS = 400 };
#define COLUMN_WIDTH 7.3
#define LINE_HEIGHT 15.0
#define PADDING 8.0

typedef VEC(int) int_list;

typedef struct painter {
	picture *out;
	hdt_context *context;
	const hdt_graph *graph;
	bindings sizes;
	bool constants;
	VEC(picture_box) boxes;
	VEC(layout_edge) edges;
	map places; /* value or node -> its box, plus 1 */
} painter;

/* ---- texts ---- */

/* Bytes of the code point at `s`; 0: not UTF-8. */
static int utf8_length(const unsigned char *s)
{
	int length = s[0] < 0x80                   ? 1
	             : s[0] >= 0xc2 && s[0] < 0xe0 ? 2
	             : s[0] >= 0xe0 && s[0] < 0xf0 ? 3
	             : s[0] >= 0xf0 && s[0] < 0xf5 ? 4
	                                           : 0;
	for (int i = 1; i < length; i++)
		if ((s[i] & 0xc0) != 0x80)
			return 0;
	bool bad = (s[0] == 0xe0 && s[1] < 0xa0) || (s[0] == 0xed && s[1] > 0x9f) || (s[0] == 0xf0 && s[1] < 0x90) ||
	           (s[0] == 0xf4 && s[1] > 0x8f) || (s[0] == 0xef && s[1] == 0xbf && s[2] > 0xbd);
	return bad ? 0 : length;
}

/* Append at most `columns` code points; what is no text becomes U+FFFD, what is cut off becomes "...". */
static void add_clean(text *t, const char *string, int columns)
{
	const unsigned char *s = (const unsigned char *)string;
	for (int column = 0; *s; column++) {
		int length = utf8_length(s);
		bool good = length && (*s >= ' ' || *s == '\n') && *s != 127 && !(s[0] == 0xc2 && s[1] < 0xa0);
		if (column == columns) {
			text_add(t, "...");
			return;
		}
		if (good)
			text_add_bytes(t, (const char *)s, (size_t)length);
		else
			text_add(t, "\xef\xbf\xbd");
		s += length ? length : 1;
	}
}

/* The text, clean, in the arena; frees it. "" when memory is out: the context knows. */
static const char *finish(const painter *p, text *t, int columns)
{
	text clean = {0};
	add_clean(&clean, t->data ? t->data : "", columns);
	clean.failed |= t->failed;
	text_free(t);
	const char *done = text_finish(&clean, p->context);
	return done ? done : "";
}

static void add_type(text *t, const hdt_value *v)
{
	text_format(t, "%s[", hdt_dtype_of(v->dtype)->name);
	for (int d = 0; d < v->rank; d++)
		text_format(t, "%s%s", d ? ", " : "", hdt_expr_text(v->shape[d]));
	text_add(t, "]");
}

static void add_value(text *t, const hdt_value *v)
{
	double number;
	text_format(t, "\n  %%%s: ", v->name);
	add_type(t, v);
	if (hdt_constant_number(v, &number))
		text_format(t, " = %.6g", number);
	else if (v->constant)
		text_add(t, " constant");
}

static const char *type_line(const painter *p, const hdt_value *v, int more)
{
	text t = {0};
	add_type(&t, v);
	if (more)
		text_format(&t, " +%d", more);
	return finish(p, &t, LINE_COLUMNS);
}

/* The attributes that do not have their defaults. */
static void add_attributes(text *t, const hdt_node *node, const char *before)
{
	const hdt_attribute_value *defaults = node_default_attributes(node);
	for (int i = 0; node->attributes && node->attributes[i].name; i++) {
		if (node->op->attributes[i].fallback && defaults && attribute_equal(&node->attributes[i], &defaults[i]))
			continue;
		text_format(t, "%s%s=", before, node->attributes[i].name);
		attribute_print(t, &node->attributes[i]);
		before = ", ";
	}
}

/* Small numbers among the inputs say more than an edge: "_ * 0.5". */
static const char *detail_line(const painter *p, const hdt_node *node)
{
	text t = {0};
	double number;
	add_attributes(&t, node, "");
	for (int i = 0; i < node->input_count && !p->constants; i++)
		if (node->inputs[i] && hdt_constant_number(node->inputs[i], &number))
			text_format(&t, "%s%s=%.6g", t.length ? ", " : "", operator_input_name(p->context, node->op, i), number);
	return finish(p, &t, LINE_COLUMNS);
}

static const char *node_facts(const painter *p, const hdt_node *node)
{
	text t = {0};
	text_add(&t, node->op->name);
	if (node->origin)
		text_format(&t, "\nfrom %s", node->origin);
	add_attributes(&t, node, "\nattributes: ");
	text_add(&t, "\ninputs:");
	for (int i = 0; i < node->input_count; i++)
		if (node->inputs[i])
			add_value(&t, node->inputs[i]);
		else
			text_add(&t, "\n  none");
	text_add(&t, "\noutputs:");
	for (int i = 0; i < node->output_count; i++)
		add_value(&t, node->outputs[i]);
	if (node_is_view(node))
		text_add(&t, "\na view: shares the memory of its input");
	return finish(p, &t, 8 * FACT_COLUMNS);
}

static const char *value_facts(const painter *p, const char *what, const char *name, const hdt_value *v)
{
	text t = {0};
	text_format(&t, "%s %s", what, name);
	add_value(&t, v);
	return finish(p, &t, FACT_COLUMNS);
}

/* ---- boxes and edges ---- */

static void add_box(painter *p, const void *key, picture_box box)
{
	if (vec_push(p->context, &p->boxes, box) && key)
		(void)map_set(&p->places, key, (void *)(uintptr_t)p->boxes.count);
}

static int find_box(const painter *p, const void *key)
{
	return (int)(uintptr_t)map_get(&p->places, key) - 1;
}

static const char *plain_line(const painter *p, const char *string)
{
	text t = {0};
	text_add(&t, string);
	return finish(p, &t, LINE_COLUMNS);
}

/* A box for a tensor that no operator makes, or that is given away. */
static void add_value_box(painter *p, const void *key, picture_kind kind, const char *name, const hdt_value *v)
{
	static const char *const kinds[] = {"input", "constant", "operator", "output"};
	const char *facts = value_facts(p, kinds[kind], name, v);
	add_box(p, key, (picture_box){kind, {plain_line(p, name), "", type_line(p, v, 0)}, facts, -1});
}

static void add_constant(painter *p, const hdt_value *v)
{
	if (p->constants && v->constant && find_box(p, v) < 0)
		add_value_box(p, v, PICTURE_CONSTANT, v->name, v);
}

static void add_edge(painter *p, const hdt_value *v, int to, int_list *seen)
{
	int from = find_box(p, v->producer ? (const void *)v->producer : v);
	for (int i = 0; i < seen->count; i++)
		if (seen->items[i] == from)
			return;
	if (from >= 0 && vec_push(p->context, seen, from))
		(void)vec_push(p->context, &p->edges, ((layout_edge){.from = from, .to = to}));
}

static void add_node(painter *p, const hdt_node *node)
{
	int_list seen = {0};
	for (int i = 0; i < node->input_count; i++)
		if (node->inputs[i])
			add_constant(p, node->inputs[i]);
	const char *type = type_line(p, node->outputs[0], node->output_count - 1);
	const char *name = plain_line(p, node->op->name), *detail = detail_line(p, node);
	add_box(p, node, (picture_box){PICTURE_OPERATOR, {name, detail, type}, node_facts(p, node), -1});
	for (int i = 0; i < node->input_count; i++)
		if (node->inputs[i])
			add_edge(p, node->inputs[i], p->boxes.count - 1, &seen);
}

static void add_boxes(painter *p)
{
	const hdt_graph *g = p->graph;
	for (int i = 0; i < g->input_count; i++)
		add_value_box(p, g->inputs[i], PICTURE_INPUT, g->inputs[i]->name, g->inputs[i]);
	for (int n = 0; n < g->node_count; n++)
		add_node(p, g->nodes[n]);
	for (int i = 0; i < g->output_count; i++) {
		int_list seen = {0};
		add_constant(p, g->outputs[i]);
		add_value_box(p, NULL, PICTURE_OUTPUT, g->output_names[i], g->outputs[i]);
		add_edge(p, g->outputs[i], p->boxes.count - 1, &seen);
	}
}

/* ---- kernels ---- */

static int64_t bytes_of(const painter *p, const hdt_value *v)
{
	return shape_bytes(v->dtype, hdt_value_shape(v), &p->sizes, NULL);
}

void picture_add_bytes(int64_t *sum, int64_t bytes)
{
	if (bytes < 0 || *sum < 0 || __builtin_add_overflow(*sum, bytes, sum))
		*sum = -1;
}

static void note_kernel(const painter *p, picture_box *box, int number, const char *name)
{
	text t = {0};
	text_format(&t, "%s\nkernel %d: %s", box->facts, number, name);
	box->facts = finish(p, &t, 16 * FACT_COLUMNS);
	box->kernel = box->kernel < 0 ? number : box->kernel;
}

static void describe_group(const painter *p, const fusion_group *g, int number, picture_kernel *out)
{
	int *boxes = hdt_allocate(p->context, ((size_t)g->node_count + 1) * sizeof *boxes);
	text t = {0};
	text_add(&t, g->text);
	*out = (picture_kernel){
		.text = finish(p, &t, FACT_COLUMNS), .boxes = boxes, .flops = task_flops(g->task, &p->sizes), .once = true};
	for (int n = 0; n < g->node_count && boxes; n++) {
		boxes[out->box_count] = find_box(p, g->nodes[n]);
		if (boxes[out->box_count] >= 0)
			note_kernel(p, &p->out->boxes[boxes[out->box_count++]], number, out->text);
	}
	for (int i = 0; i < g->input_count; i++)
		if (g->inputs[i])
			picture_add_bytes(value_root(g->inputs[i])->constant ? &out->constants : &out->read,
			                  bytes_of(p, g->inputs[i]));
	for (int i = 0; i < g->output_count; i++) {
		picture_add_bytes(&out->written, bytes_of(p, g->outputs[i]));
		out->once = out->once && hdt_is_fixed(g->outputs[i]);
	}
}

static void add_kernels(painter *p, const partition *groups)
{
	picture *out = p->out;
	out->kernels = hdt_allocate(p->context, ((size_t)groups->count + 1) * sizeof *out->kernels);
	for (int i = 0; i < groups->count && out->kernels; i++)
		describe_group(p, &groups->groups[i], out->kernel_count++, &out->kernels[i]);
}

/* ---- the whole ---- */

static int count_columns(const char *line)
{
	int columns = 0;
	for (; *line; line++)
		columns += ((unsigned char)*line & 0xc0) != 0x80;
	return columns;
}

static bool lay_out(painter *p)
{
	layout *l = &p->out->layout;
	*l = (layout){.box_count = p->boxes.count, .edges = p->edges.items, .edge_count = p->edges.count};
	l->boxes = hdt_allocate(p->context, ((size_t)l->box_count + 1) * sizeof *l->boxes);
	for (int i = 0; i < l->box_count && l->boxes; i++) {
		int columns = 3, lines = 0;
		for (int k = 0; k < 3; k++) {
			int c = count_columns(p->boxes.items[i].lines[k]);
			columns = c > columns ? c : columns;
			lines += c > 0;
		}
		l->boxes[i] =
			(layout_box){.width = columns * COLUMN_WIDTH + 2 * PADDING, .height = lines * LINE_HEIGHT + PADDING};
	}
	return l->boxes && layout_place(l);
}

static const char *describe_sizes(const painter *p)
{
	text t = {0};
	for (int s = 0; s < p->sizes.count; s++)
		text_format(&t, "%s%s = %lld", s ? ", " : "", p->sizes.symbols[s]->name, (long long)p->sizes.values[s]);
	return finish(p, &t, FACT_COLUMNS);
}

hdt_status picture_make(hdt_graph *graph, const partition *groups, const int64_t *values, bool constants, picture *out)
{
	painter p = {.out = out,
	             .context = graph->context,
	             .graph = graph,
	             .sizes = {graph->symbols, values, graph->symbol_count},
	             .constants = constants};
	map_init(&p.places, graph->context);
	*out = (picture){.context = graph->context};
	out->name = plain_line(&p, graph->name);
	out->sizes = describe_sizes(&p);
	add_boxes(&p);
	out->boxes = p.boxes.items;
	if (groups)
		add_kernels(&p, groups);
	if (hdt_context_status(graph->context) == HDT_OK && !lay_out(&p))
		hdt_fail(graph->context, HDT_OUT_OF_MEMORY, "out of memory drawing the graph");
	return hdt_context_status(graph->context);
}

void picture_free(picture *p)
{
	layout_free(&p->layout);
}

/* ---- what drawings share ---- */

const char *picture_colour(int kernel, bool strong, char *out)
{
	double hue = fmod(kernel * 0.61803398875, 1.0) * 6; /* the golden ratio keeps neighbours apart */
	double light = strong ? 0.42 : 0.86, chroma = (strong ? 0.55 : 0.62) * (1 - fabs(2 * light - 1));
	double rgb[3];
	for (int i = 0; i < 3; i++) {
		double at = fabs(fmod(hue + 6 - 2 * i, 6) - 3) - 1; /* red is strongest at 0, green at 2, blue at 4 */
		rgb[i] = light + chroma * ((at < 0 ? 0 : at > 1 ? 1 : at) - 0.5);
	}
	snprintf(out, 8, "#%02x%02x%02x", (unsigned)(rgb[0] * 255) & 255, (unsigned)(rgb[1] * 255) & 255,
	         (unsigned)(rgb[2] * 255) & 255);
	return out;
}

const char *picture_bytes(int64_t bytes, char *out)
{
	if (bytes < 0)
		snprintf(out, 32, "?");
	else if (bytes < 1000)
		snprintf(out, 32, "%d B", (int)bytes);
	else
		snprintf(out, 32, bytes < 1000000 ? "%.2f kB" : "%.2f MB", (double)bytes / (bytes < 1000000 ? 1e3 : 1e6));
	return out;
}

void picture_escape(text *t, const char *string)
{
	for (const char *rest = string; *rest;) {
		size_t plain = strcspn(rest, "&<>\"'");
		text_add_bytes(t, rest, plain);
		rest += plain;
		if (*rest)
			text_format(t, "&#%d;", (unsigned char)*rest++);
	}
}
