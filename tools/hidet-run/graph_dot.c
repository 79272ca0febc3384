/* graph_dot.c: a picture as Graphviz text: a cluster for each kernel, in its colour. */
#include "graph_picture.h"

/* Inside double quotes. */
static void add_quoted(text *t, const char *string)
{
	for (; *string; string++)
		if (*string == '"' || *string == '\\')
			text_format(t, "\\%c", *string);
		else if (*string == '\n')
			text_add(t, "\\n");
		else
			text_add_bytes(t, string, 1);
}

static void add_box(text *t, const picture *p, int i, const char *indent)
{
	static const char *const shapes[] = {"shape=oval", "shape=box, style=dashed",
	                                     "shape=box, style=\"rounded,filled\", fillcolor=white", "shape=oval"};
	const picture_box *box = &p->boxes[i];
	text_format(t, "%sn%d [%s, label=\"", indent, i, shapes[box->kind]);
	for (int k = 0; k < 3; k++)
		if (*box->lines[k]) {
			text_add(t, k ? "\\n" : "");
			add_quoted(t, box->lines[k]);
		}
	text_add(t, "\", tooltip=\"");
	add_quoted(t, box->facts);
	text_add(t, "\"];\n");
}

static void add_kernel(text *t, const picture *p, int k)
{
	char light[8], strong[8];
	const picture_kernel *kernel = &p->kernels[k];
	text_format(t, "  subgraph cluster_%d {\n    label=\"%d: ", k, k);
	add_quoted(t, kernel->text);
	text_format(t, "\"; style=filled; fillcolor=\"%s\"; color=\"%s\";\n", picture_colour(k, false, light),
	            picture_colour(k, true, strong));
	for (int i = 0; i < kernel->box_count; i++)
		if (p->boxes[kernel->boxes[i]].kernel == k) /* a node of several kernels is drawn in the first */
			add_box(t, p, kernel->boxes[i], "    ");
	text_add(t, "  }\n");
}

void graph_dot(text *t, const picture *p)
{
	text_add(t, "digraph \"");
	add_quoted(t, p->name);
	text_add(t, "\" {\n  node [fontname=monospace, fontsize=10];\n  fontname=monospace; fontsize=10;\n");
	for (int k = 0; k < p->kernel_count; k++)
		add_kernel(t, p, k);
	for (int i = 0; i < p->layout.box_count; i++)
		if (p->boxes[i].kernel < 0)
			add_box(t, p, i, "  ");
	for (int i = 0; i < p->layout.edge_count; i++)
		text_format(t, "  n%d -> n%d;\n", p->layout.edges[i].from, p->layout.edges[i].to);
	text_add(t, "}\n");
}
