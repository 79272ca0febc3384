/* mapping_text.c: the canonical text of a task mapping: its factors. What parse_task_mapping reads. */
#include "ir/task_mapping.h"

/* Are the styles other than those that would be taken without a word? */
static bool has_own_styles(const mapping_factor *f)
{
	for (int d = 0; d < f->box.rank && !f->spatial; d++)
		if (f->styles[d].kind != loop_style_default(f->box.extents[d]).kind)
			return true;
	return false;
}

static void print_factor(text *t, const mapping_factor *f)
{
	int dims[HDT_MAX_RANK], count = 0;
	if (f->spatial)
		box_print(t, &f->box, "spatial", "col_spatial", "spatial");
	else
		box_print(t, &f->box, "repeat", "col_repeat", "repeat");
	if (has_own_styles(f)) {
		text_add(t, ", loops=\"");
		loop_styles_print(t, f->styles, f->box.rank);
		text_add(t, "\"");
	}
	text_add(t, ")");
	for (int d = 0; d < f->box.rank; d++)
		if (f->projected >> d & 1)
			dims[count++] = d;
	if (count) {
		text_add(t, ".project(");
		print_dimensions(t, dims, count);
		text_add(t, ")");
	}
}

void mapping_print(text *t, const hdt_task_mapping *mapping)
{
	const task_mapping *m = mapping ? task_mapping_of(mapping) : NULL;
	if (!m)
		text_add(t, "<fault>");
	for (int i = 0; m && i < m->count; i++) {
		text_add(t, i ? " * " : "");
		print_factor(t, &m->factors[i]);
	}
}

const char *hdt_mapping_text(const hdt_task_mapping *mapping)
{
	text t = {0};
	if (!mapping)
		return "<fault>";
	mapping_print(&t, mapping);
	const char *finished = text_finish(&t, mapping->context);
	return finished ? finished : "<fault>";
}
