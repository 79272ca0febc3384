/* generate_base.c: graphs to begin from: those of text files, such as the goldens of the rewrite rules, sometimes of another dtype. What the
 * rules look for is seldom made by chance; in a graph that has it, chance adds who else reads it. */
#include "generator.h"

#include "base/file.h"
#include "copy.h"
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

enum { LARGEST_FILE = 1 << 20 };

/* The file's text up to the expected form behind "---", with f32 replaced by `dtype`. */
static const char *read_source(generator *g, const char *path, const char *dtype)
{
	char *source;
	size_t bytes;
	text t = {0};
	if (file_read(g->context, path, LARGEST_FILE, &source, &bytes) != HDT_OK)
		return NULL;
	const char *end = strstr(source, "\n---");
	end = end ? end + 1 : source + bytes;
	for (const char *at = source; at < end;) {
		bool replaced = strncmp(at, "f32", 3) == 0;
		text_add_bytes(&t, replaced ? dtype : at, replaced ? strlen(dtype) : 1);
		at += replaced ? 3 : 1;
	}
	free(source);
	return text_finish(&t, g->context);
}

static bool same_type(const hdt_value *a, const hdt_value *b)
{
	bool same = a->dtype == b->dtype && a->rank == b->rank;
	for (int d = 0; same && d < a->rank; d++)
		same = a->shape[d] == b->shape[d] || hdt_proves_equal(a->shape[d], b->shape[d]);
	return same;
}

/* Almost what a rule looks for: one value becomes another that was there before. */
static hdt_graph *change_one(generator *g, hdt_graph *graph)
{
	const hdt_node *node = graph->node_count > 1 ? graph->nodes[below(g, graph->node_count)] : NULL;
	copy_plan plan = {0};
	for (int tries = 0; tries < 8 && node && !plan.by; tries++) {
		const hdt_node *before = graph->nodes[below(g, graph->node_count)];
		const hdt_value *by = before == node ? NULL : chance(g, 50) ? before->inputs[0] : before->outputs[0];
		int at = 0;
		while (graph->nodes[at] != node && graph->nodes[at] != before)
			at++;
		if (by && graph->nodes[at] == before && same_type(by, node->outputs[0])) {
			plan.bypassed = node->outputs[0];
			plan.by = by;
		}
	}
	return plan.by ? graph_copy(graph, &plan) : graph;
}

static void choose_sizes(generator *g)
{
	g->symbol_count = g->c->symbols = g->graph->symbol_count;
	g->c->runs = g->symbol_count && chance(g, 30) ? 2 : 1;
	for (int i = 0; i < g->symbol_count; i++) {
		int64_t min = g->graph->symbols[i]->args[0]->integer, max = g->graph->symbols[i]->args[1]->integer;
		g->symbols[i] = g->graph->symbols[i];
		for (int r = 0; r < g->c->runs; r++) {
			case_size *size = &g->c->sizes[r][i];
			int64_t from = min < 1 && max >= 1 && chance(g, 85) ? 1 : min;
			snprintf(size->symbol, sizeof size->symbol, "%s", g->symbols[i]->name);
			size->value = from + below(g, max - from < 7 ? (int)(max - from) + 1 : 8);
		}
	}
}

/* Everything of the graph becomes the pool. */
static bool take_values(generator *g)
{
	bool fine = true;
	for (int r = 0; r < g->c->runs; r++) {
		values_init(&g->at[r], g->graph, g->c, r);
		fine = fine && values_add_graph(&g->at[r]) == JUDGED_FINE;
	}
	for (int i = 0; i < g->at[0].known.count && fine; i++)
		fine = vec_push(g->context, &g->pool, (hdt_value *)(uintptr_t)g->at[0].known.items[i].value);
	for (int r = 0; r < g->c->runs && !fine; r++)
		values_fini(&g->at[r]);
	return fine;
}

bool base_choose(generator *g, const char *const *files, int count)
{
	static const char *const dtypes[] = {"f32", "f32", "f32", "f16", "bf16", "f64"};
	parsed_file file;
	const char *source = read_source(g, files[below(g, count)], dtypes[below(g, 6)]);
	if (!source || text_parse_file(g->context, "base.hds", source, &file) != HDT_OK || !file.graph_count) {
		context_clear_fault(g->context);
		return false;
	}
	g->graph = file.graphs[below(g, file.graph_count)];
	if (chance(g, 35))
		g->graph = change_one(g, g->graph);
	if (!g->graph || graph_verify(g->graph) != HDT_OK || g->graph->symbol_count > CASE_SYMBOLS) {
		context_clear_fault(g->context);
		return false;
	}
	choose_sizes(g);
	bool fine = take_values(g);
	context_clear_fault(g->context);
	return fine;
}
