/* layout_text.c: the canonical text of a layout. What parse_layout reads. */
#include "ir/layout.h"

static void print(text *t, const layout_node *l);

static void print_parts(text *t, const layout_node *l, const char *between)
{
	for (int i = 0; i < l->part_count; i++) {
		text_add(t, i ? between : "");
		print(t, l->parts[i]);
	}
}

/* What a method is applied to: in parentheses when it is a composition. */
static void print_base(text *t, const layout_node *l)
{
	bool parentheses = l->kind == LAYOUT_COMPOSE;
	text_add(t, parentheses ? "(" : "");
	print(t, l);
	text_add(t, parentheses ? ")" : "");
}

static void print_swizzle(text *t, const layout_node *l)
{
	text_format(t, ".swizzle(%d", l->dim);
	if (l->regards != swizzle_default(l->layout.rank, l->dim))
		text_format(t, ", regards=%d", l->regards);
	if (l->log_step)
		text_format(t, ", log_step=%d", l->log_step);
}

static void print(text *t, const layout_node *l)
{
	switch (l->kind) {
	case LAYOUT_STRIDED:
		box_print(t, &l->box, "row", "column", "strided");
		break;
	case LAYOUT_LOCAL:
		text_add(t, "local(");
		print_extents(t, l->layout.shape, l->layout.rank);
		break;
	case LAYOUT_COMPOSE:
		print_parts(t, l, " * ");
		return;
	case LAYOUT_CONCAT:
		text_add(t, "concat(");
		print_parts(t, l, ", ");
		break;
	case LAYOUT_PERMUTE:
		print_base(t, l->base);
		text_add(t, ".permute(");
		print_dimensions(t, l->dims, l->layout.rank);
		break;
	case LAYOUT_RESHAPE:
		print_base(t, l->base);
		text_add(t, ".reshape(");
		print_extents(t, l->layout.shape, l->layout.rank);
		break;
	case LAYOUT_SWIZZLE:
		print_base(t, l->base);
		print_swizzle(t, l);
		break;
	}
	text_add(t, ")");
}

void layout_print(text *t, const hdt_layout *layout)
{
	if (layout)
		print(t, layout_node_of(layout));
	else
		text_add(t, "<fault>");
}

const char *hdt_layout_text(const hdt_layout *layout)
{
	text t = {0};
	if (!layout)
		return "<fault>";
	layout_print(&t, layout);
	const char *finished = text_finish(&t, layout->context);
	return finished ? finished : "<fault>";
}
