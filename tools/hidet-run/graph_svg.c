/* graph_svg.c: a picture as <svg>: boxes coloured by kernel, what is known of each as its tooltip.
 *
 * Classes, for the page around it: `box` with `k3` for kernel 3, `edge` likewise when it stays inside the kernel. */
#include "graph_picture.h"

#define TEXT_LEFT 8.0
#define FIRST_BASELINE 15.0
#define NEXT_BASELINE 15.0

static const char style[] =
	"svg.graph{background:#fff;font:12px ui-monospace,Menlo,Consolas,monospace}"
	".graph text{fill:#222}.graph .name{font-weight:bold}.graph .detail{fill:#666}"
	".graph rect{fill:#fff;stroke:#999}.graph .input rect,.graph .output rect{fill:#333;stroke:#333}"
	".graph .input text,.graph .output text{fill:#fff}.graph .constant rect{fill:#eee;stroke-dasharray:2 2}"
	".graph .view rect{stroke-dasharray:4 3}.graph .edge{fill:none;stroke:#bbb;stroke-width:1.2}";

static void add_styles(text *t, const picture *p)
{
	char light[8], strong[8];
	text_format(t, "<style>%s", style);
	for (int k = 0; k < p->kernel_count; k++) {
		picture_colour(k, false, light);
		picture_colour(k, true, strong);
		text_format(t, ".graph .k%d rect{fill:%s;stroke:%s}.graph .k%d.edge{stroke:%s;stroke-width:2.4}", k, light,
		            strong, k, strong);
	}
	text_add(t, "</style>\n");
}

/* Curves between the layers, straight lines through them. */
static void add_edge(text *t, const picture *p, const layout_edge *e)
{
	const layout_point *at = p->layout.points + e->first;
	int kernel = p->boxes[e->from].kernel;
	text_add(t, "<path class=\"edge");
	if (kernel >= 0 && kernel == p->boxes[e->to].kernel)
		text_format(t, " k%d", kernel);
	text_format(t, "\" d=\"M%.1f %.1f", at[0].x, at[0].y);
	for (int i = 1; i < e->count; i++) {
		double middle = 0.5 * (at[i - 1].y + at[i].y);
		if (at[i].x == at[i - 1].x)
			text_format(t, "V%.1f", at[i].y);
		else
			text_format(t, "C%.1f %.1f %.1f %.1f %.1f %.1f", at[i - 1].x, middle, at[i].x, middle, at[i].x, at[i].y);
	}
	text_add(t, "\"/>\n");
}

static void add_box(text *t, const picture *p, int i)
{
	const picture_box *box = &p->boxes[i];
	const layout_box *at = &p->layout.boxes[i];
	static const char *const kinds[] = {"input", "constant", "operator", "output"};
	static const char *const lines[] = {"name", "detail", "type"};
	text_format(t, "<g class=\"box %s", kinds[box->kind]);
	if (box->kernel >= 0)
		text_format(t, " k%d", box->kernel);
	else if (box->kind == PICTURE_OPERATOR && p->kernel_count)
		text_add(t, " view"); /* part of no kernel: it costs nothing */
	text_add(t, "\"><title>");
	picture_escape(t, box->facts);
	text_format(t, "</title><rect x=\"%.1f\" y=\"%.1f\" width=\"%.1f\" height=\"%.1f\" rx=\"4\"/>", at->x, at->y,
	            at->width, at->height);
	double y = at->y + FIRST_BASELINE;
	for (int k = 0; k < 3; k++) {
		if (!*box->lines[k])
			continue;
		text_format(t, "<text class=\"%s\" x=\"%.1f\" y=\"%.1f\">", lines[k], at->x + TEXT_LEFT, y);
		picture_escape(t, box->lines[k]);
		text_add(t, "</text>");
		y += NEXT_BASELINE;
	}
	text_add(t, "</g>\n");
}

void graph_svg(text *t, const picture *p, bool alone)
{
	const layout *l = &p->layout;
	if (alone)
		text_add(t, "<?xml version=\"1.0\" encoding=\"UTF-8\"?>\n");
	text_format(t,
	            "<svg class=\"graph\" xmlns=\"http://www.w3.org/2000/svg\" width=\"%.0f\" height=\"%.0f\" viewBox=\"0 "
	            "0 %.0f %.0f\">\n",
	            l->width, l->height, l->width, l->height);
	add_styles(t, p);
	for (int i = 0; i < l->edge_count; i++)
		add_edge(t, p, &l->edges[i]);
	for (int i = 0; i < l->box_count; i++)
		add_box(t, p, i);
	text_add(t, "</svg>\n");
}
