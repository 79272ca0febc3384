/* dump.c: writes the stages' text. */
#include "exec/dump.h"

#include "base/file.h"
#include "base/map.h"
#include <string.h>

enum { LOG_PROGRAMS = 3 };

/* Write the text as the next file and free it. */
static hdt_status write_stage(dump *d, const char *word, const char *suffix, text *t)
{
	hdt_status status = file_make_directories(d->context, d->directory);
	const char *name = hdt_format(d->context, "%02d-%s.%s", ++d->number, word, suffix);
	const char *path = name ? file_join(d->context, d->directory, name) : NULL;
	if (status == HDT_OK && (!path || t->failed))
		status = hdt_fail(d->context, HDT_OUT_OF_MEMORY, "out of memory writing a dump");
	if (status == HDT_OK)
		status = file_write_atomically(d->context, path, t->data ? t->data : "", t->length);
	text_free(t);
	return status;
}

hdt_status dump_graph(dump *d, const char *word, const hdt_graph *graph)
{
	text t = {0};
	if (!d->directory)
		return HDT_OK;
	graph_print(&t, graph, NULL);
	return write_stage(d, word, "hds", &t);
}

hdt_status dump_groups(dump *d, const hdt_graph *graph, const partition *groups)
{
	text t = {0};
	if (!d->directory)
		return HDT_OK;
	for (int i = 0; i < groups->count; i++) {
		const fusion_group *g = &groups->groups[i];
		text_format(&t, "# %d: %s:", i, g->text);
		for (int n = 0; n < g->node_count; n++)
			text_format(&t, "%s%%%s", n ? ", " : " ", g->nodes[n]->outputs[0]->name);
		text_add(&t, "\n");
	}
	graph_print(&t, graph, NULL);
	return write_stage(d, "partition", "hds", &t);
}

/* Append `one` unless an equal text was appended before, and free it. */
static void add_distinct(text *all, text *one, map *seen)
{
	const char *key = one->data ? hdt_intern(seen->context, one->data) : NULL;
	if (key && !map_get(seen, key)) {
		(void)map_set(seen, key, (void *)(uintptr_t)key);
		text_add(all, all->length ? "\n" : "");
		text_add(all, key);
	}
	text_free(one);
}

hdt_status dump_layout(dump *d, const partition *groups, const layout *orders)
{
	text all = {0};
	map seen;
	if (!d->directory)
		return HDT_OK;
	map_init(&seen, d->context);
	for (int i = 0; i < orders->count; i++) {
		const hdt_value *value = orders->orders[i].value;
		text_format(&all, "# %%%s lies as [", value->name);
		for (int k = 0; k < value->rank; k++)
			text_format(&all, "%s%d", k ? ", " : "", orders->orders[i].dims[k]);
		text_add(&all, "]\n");
	}
	for (int i = 0; i < groups->count; i++) {
		text one = {0};
		task_print(&one, groups->groups[i].task);
		add_distinct(&all, &one, &seen);
	}
	return write_stage(d, "layout", "hds", &all);
}

hdt_status dump_tasks(dump *d, const step *steps, int count)
{
	text all = {0};
	map seen;
	if (!d->directory)
		return HDT_OK;
	map_init(&seen, d->context);
	for (int i = 0; i < count; i++) {
		text one = {0};
		task_print(&one, steps[i].group->task);
		add_distinct(&all, &one, &seen);
	}
	return write_stage(d, "tasks", "hds", &all);
}

static text distinct_programs(hdt_context *context, const step *steps, int count)
{
	text all = {0};
	map seen;
	map_init(&seen, context);
	for (int i = 0; i < count; i++) {
		text one = {0};
		program_print(&one, steps[i].program);
		add_distinct(&all, &one, &seen);
	}
	return all;
}

hdt_status dump_programs(dump *d, const char *word, const step *steps, int count)
{
	if (!d->directory)
		return HDT_OK;
	text all = distinct_programs(d->context, steps, count);
	return write_stage(d, word, "hds", &all);
}

void dump_log_programs(hdt_context *context, const step *steps, int count)
{
	if (context->debug < LOG_PROGRAMS)
		return;
	text all = distinct_programs(context, steps, count);
	hdt_log(context, LOG_PROGRAMS, "programs:\n%s", all.data ? all.data : "");
	text_free(&all);
}

hdt_status dump_source(dump *d, const hdt_source *source, hdt_language language)
{
	for (int u = 0; d->directory && u < source->unit_count; u++) {
		text t = {0};
		text_add(&t, source->units[u]);
		const char *word = hdt_format(d->context, "unit%d", u);
		hdt_status status = write_stage(d, word ? word : "unit", language == HDT_LANGUAGE_SCRIPT ? "hds" : "c", &t);
		if (status != HDT_OK)
			return status;
	}
	return HDT_OK;
}
