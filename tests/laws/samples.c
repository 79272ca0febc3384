/* samples: every operator of a folder's plugins has samples of every sort that selftest needs to say something of it: sizes that are
 * numbers, a size known at run time, a size of 0 or 1, broadcasting where two inputs are combined elementwise, and its dtypes.
 *     samples PLUGINS_FOLDER */
#include "graph/graph.h"
#include "loader/loader.h"
#include <stdio.h>
#include <string.h>

typedef struct sorts {
	bool plain, symbolic, edge, broadcast, elementwise, open;
} sorts;

static bool is_edge(const hdt_value *v)
{
	int64_t size;
	for (int d = 0; d < v->rank; d++)
		if (hdt_is_const(v->shape[d], &size) && size <= 1)
			return true;
	return v->rank == 0; /* one element, always */
}

static void look(const hdt_graph *g, const char *source, sorts *s)
{
	s->symbolic |= g->symbol_count > 0;
	s->plain |= g->symbol_count == 0;
	s->open |= strstr(source, "T[") || strstr(source, "=T");
	for (int i = 0; i < g->input_count; i++)
		s->edge |= is_edge(g->inputs[i]);
	for (int i = 0; i < g->output_count; i++)
		s->edge |= is_edge(g->outputs[i]);
	const hdt_node *node = g->nodes[0];
	for (int i = 1; i < node->input_count; i++)
		if (node->inputs[0] && node->inputs[i])
			s->broadcast |= node->inputs[0]->rank != node->inputs[i]->rank ||
			                memcmp(node->inputs[0]->shape, node->inputs[i]->shape,
			                       sizeof *node->inputs[i]->shape * (size_t)node->inputs[i]->rank) != 0;
}

/* What an operator lacks, or NULL. */
static const char *check(const hdt_registry *registry, const hdt_operator *op)
{
	sorts s = {0};
	for (const char *const *at = op->samples; at && *at; at++) {
		hdt_context *context = context_new(registry);
		sample parsed;
		bool good = false;
		/* Any dtype that the sample takes will do here: selftest tries them all. */
		for (int d = HDT_DTYPE_COUNT - 1; d >= 0 && context && !good; d--) {
			context_clear_fault(context);
			good = sample_parse(context, *at, (hdt_dtype)d, &parsed) == HDT_OK;
		}
		if (good)
			look(parsed.graph, *at, &s);
		context_free(context);
		if (!good)
			return *at;
	}
	int required, most;
	operator_arity(op, &required, &most);
	s.elementwise = required == 2 && most == 2 && op->inputs && strcmp(op->inputs, "x, y") == 0;
	return !s.plain                                           ? "a sample whose sizes are numbers"
	       : !s.symbolic                                      ? "a sample with a size known at run time"
	       : !s.edge                                          ? "a sample with a size of 0 or 1"
	       : !s.open && op->dtypes && strchr(op->dtypes, ' ') ? "a sample with T, for its several dtypes"
	       : s.elementwise && !s.broadcast                    ? "a sample that broadcasts"
	                                                          : NULL;
}

int main(int argc, char **argv)
{
	hdt_registry *registry = registry_new();
	loader *l = NULL;
	int failed = 0;
	if (argc != 2 || !registry || loader_open(&(loader_options){.system_path = argv[1]}, registry, &l) != HDT_OK)
		return 2;
	int count = registry_count(registry, REGISTRY_OPERATOR);
	for (int i = 0; i < count; i++) {
		const hdt_operator *op = registry_at(registry, REGISTRY_OPERATOR, i)->descriptor;
		const char *lacks = check(registry, op);
		if (lacks) {
			printf("FAILED operator %s lacks %s\n", op->name, lacks);
			failed++;
		}
	}
	printf("samples: %d passed, %d failed\n", count - failed, failed);
	registry_free(registry);
	loader_close(l);
	return failed != 0 || count == 0;
}
