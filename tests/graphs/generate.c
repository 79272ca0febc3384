/* generate.c: makes a graph node by node. Each attempt takes a sample call of an operator, lends it values that are there, and keeps the
 * node when the operator takes them and the reference evaluator finds the results tame in every run. */
#include "generator.h"

#include "copy.h"
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

enum { MOST_NODES = 25, TRIES_PER_NODE = 40 };

/* ---- beginning ------------------------------------------------------------------------------------------------------ */

static void choose_symbols(generator *g)
{
	static const int64_t ranges[][2] = {{1, 8}, {0, 6}, {2, 16}, {1, 64}, {3, 3}, {1, 5}};
	g->symbol_count = chance(g, 50) ? 0 : 1 + below(g, 2);
	g->c->runs = g->symbol_count && chance(g, 50) ? 2 : 1;
	g->c->symbols = g->symbol_count;
	for (int i = 0; i < g->symbol_count; i++) {
		const int64_t *range = ranges[below(g, 6)];
		const char *name = hdt_format(g->context, "s%d", i);
		g->symbols[i] = hdt_symbol(g->context, name, range[0], range[1]);
		for (int r = 0; r < g->c->runs && name; r++) {
			int64_t most = range[1] - range[0] < 9 ? range[1] - range[0] : 9;
			case_size *size = &g->c->sizes[r][i];
			snprintf(size->symbol, sizeof size->symbol, "%s", name);
			size->value = range[0] + below(g, (int)most + 1);
		}
	}
}

static void begin_values(generator *g)
{
	for (int r = 0; r < g->c->runs; r++) {
		values_init(&g->at[r], g->graph, g->c, r);
		for (int i = 0; i < g->symbol_count; i++)
			values_bind(&g->at[r], g->symbols[i], g->c->sizes[r][i].value);
	}
}

static void add_first_leaves(generator *g)
{
	for (int n = 1 + below(g, 3); n > 0; n--) {
		const hdt_expr *dims[HDT_MAX_RANK];
		int rank = chance(g, 5) ? 0 : 1 + below(g, 4);
		hdt_dtype dtype = chance(g, 60) ? HDT_F32 : (hdt_dtype)below(g, HDT_DTYPE_COUNT);
		for (int d = 0; d < rank; d++)
			dims[d] = operand_size(g);
		hdt_dtype_kind kind = hdt_dtype_of(dtype)->kind;
		bool positive = kind == HDT_KIND_BOOL || kind == HDT_KIND_UINT;
		(void)operand_new(g, dtype, (hdt_list){dims, rank}, positive ? 0 : -2,
		                  kind == HDT_KIND_BOOL ? 1
		                  : positive            ? 4
		                                        : 2);
	}
}

/* A base with what is computed of it, or an empty graph with some leaves. */
static bool begin(generator *g, const bases *b)
{
	if (b->count && chance(g, 45) && base_choose(g, b->files, b->count))
		return true;
	g->pool.count = 0;
	g->graph = hdt_graph_new(g->context, "fuzz");
	if (!g->graph)
		return false;
	choose_symbols(g);
	begin_values(g);
	add_first_leaves(g);
	return true;
}

/* ---- nodes ---------------------------------------------------------------------------------------------------------- */

static bool judge(generator *g, const hdt_node *node)
{
	int done = 0;
	while (done < g->c->runs && values_add_node(&g->at[done], node) == JUDGED_FINE)
		done++;
	for (int r = 0; r < done && done < g->c->runs; r++)
		values_rewind(&g->at[r], g->at[r].known.count - node->output_count);
	return done == g->c->runs;
}

/* What the sample reads, or what stands for it. False when a value cannot be found or made. */
static bool choose_operands(generator *g, pattern *p, hdt_value **inputs)
{
	for (int i = 0; i < p->node->input_count; i++) {
		inputs[i] = p->node->inputs[i] ? operand_choose(g, p, p->node->inputs[i]->index) : NULL;
		if (p->node->inputs[i] && !inputs[i])
			return false;
	}
	return true;
}

/* False when nothing came of it. New leaves stay in the pool for others even then; what is never read is dropped at the end. */
static bool add_node(generator *g)
{
	enum { MOST_INPUTS = 16 };
	hdt_value *inputs[MOST_INPUTS];
	pattern p;
	if (!pattern_choose(g, &p) || p.node->input_count > MOST_INPUTS || !choose_operands(g, &p, inputs)) {
		context_clear_fault(g->context);
		return false;
	}
	graph_mark mark = graph_get_mark(g->graph);
	const hdt_attribute_value *attributes = attributes_choose(g, &p);
	hdt_node *node = attributes ? hdt_apply_node(g->graph, p.op->name, inputs, p.node->input_count, attributes) : NULL;
	if (!node || hdt_context_status(g->context) != HDT_OK || graph_verify(g->graph) != HDT_OK || !judge(g, node)) {
		context_clear_fault(g->context);
		graph_rewind(g->graph, mark);
		return false;
	}
	for (int i = 0; i < node->output_count; i++)
		(void)vec_push(g->context, &g->pool, node->outputs[i]);
	return true;
}

/* ---- ending --------------------------------------------------------------------------------------------------------- */

static void choose_outputs(generator *g)
{
	for (int n = 0; n < g->graph->node_count; n++)
		for (int i = 0; i < g->graph->nodes[n]->output_count; i++) {
			hdt_value *value = g->graph->nodes[n]->outputs[i];
			if (!graph_use_count(g->graph, value) || chance(g, 8))
				hdt_graph_output(g->graph, NULL, value);
		}
	if (chance(g, 3) && g->pool.count)
		hdt_graph_output(g->graph, NULL, g->pool.items[below(g, g->pool.count)]);
}

/* The text must say all: what is read back from it prints the same. */
static bool check_round_trip(const generator *g, const char *source)
{
	hdt_context *context = context_new(g->registry);
	const fuzz_case again = {.text = (char *)(uintptr_t)source};
	hdt_graph *graph = context ? case_graph(&again, context) : NULL;
	text t = {0};
	if (graph)
		graph_print(&t, graph, NULL);
	bool same = t.data && strcmp(t.data, source) == 0;
	if (!same)
		fprintf(stderr, "the text does not come back: %s\n%s\n---\n%s\n", context ? context->message : "", source,
		        t.data ? t.data : "");
	text_free(&t);
	context_free(context);
	return same;
}

static bool finish(generator *g)
{
	choose_outputs(g);
	hdt_graph *copy = graph_copy(g->graph, &(copy_plan){0});
	text t = {0};
	if (copy)
		graph_print(&t, copy, NULL);
	else
		fprintf(stderr, "the graph cannot be copied: %s\n", g->context->message);
	bool fine = t.data && !t.failed && check_round_trip(g, t.data) && case_set_text(g->c, t.data);
	text_free(&t);
	int kept = 0; /* ranges of the inputs left */
	for (int i = 0; i < g->c->range_count && copy; i++)
		for (int n = 0; n < copy->input_count; n++)
			if (strcmp(copy->inputs[n]->name, g->c->ranges[i].input) == 0)
				g->c->ranges[kept++] = g->c->ranges[i];
	g->c->range_count = kept;
	return fine;
}

bool case_generate(const hdt_registry *registry, const bases *b, uint64_t seed, fuzz_case *out)
{
	generator g = {.registry = registry, .context = context_new(registry), .c = out};
	*out = (fuzz_case){.seed = seed, .runs = 1};
	random_seed(&g.random, seed);
	bool fine = g.context && begin(&g, b);
	if (fine) {
		int wanted = g.graph->node_count + 1 + below(&g, chance(&g, 30) ? MOST_NODES : MOST_NODES / 3);
		wanted = wanted < MOST_NODES ? wanted : MOST_NODES;
		for (int tries = wanted * TRIES_PER_NODE; tries > 0 && g.graph->node_count < wanted; tries--)
			(void)add_node(&g);
		fine = g.graph->node_count > 0 && finish(&g);
	}
	for (int r = 0; r < out->runs; r++)
		values_fini(&g.at[r]);
	context_free(g.context);
	if (!fine)
		case_free(out);
	return fine;
}
