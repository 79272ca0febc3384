/* samples: every operator of a folder's plugins has samples of every sort that selftest needs to say something of it: sizes that are
 * numbers, a size known at run time, a size of 0 or 1, broadcasting where two inputs are combined elementwise, and its dtypes. Every template has
 * samples of each kind (graph/sample_kinds.def), which are what they are said to be.
 *     samples PLUGINS_FOLDER */
#include "exec/candidate.h"
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

/* ---- templates ------------------------------------------------------------------------------------------------------ */

/* All of its sizes, whatever they multiply. */
static bool is_tiny(const hdt_graph *g)
{
	enum { TINY = 16 };
	int64_t low, high;
	for (int i = 0; i < g->input_count; i++)
		for (int d = 0; d < g->inputs[i]->rank; d++)
			if (hdt_bounds(g->inputs[i]->shape[d], &low, &high) && low == high && low > TINY)
				return false;
	return true;
}

/* A size that fills no vector; windows of 3 and numbers of batches are odd anyhow. */
static bool is_odd(const hdt_value *v)
{
	int64_t size;
	for (int d = 0; d < v->rank; d++)
		if (hdt_is_const(v->shape[d], &size) && size > 3 && size % 2)
			return true;
	return false;
}

static bool has_odd_size(const sample *s)
{
	for (int i = 0; i < s->graph->input_count; i++)
		if (is_odd(s->graph->inputs[i]))
			return true;
	for (int i = 0; i < s->constant_count; i++)
		if (is_odd(s->constants[i].value))
			return true;
	return false;
}

/* What is wrong with what the sample is said to be, or NULL. */
static const char *check_kind(const sample *s)
{
	const unsigned kinds = s->kinds;
	bool symbolic = s->graph->symbol_count > 0;
	return kinds == 0 ? "does not say of which kind it is"
	       : symbolic != ((kinds & 1u << SAMPLE_SYMBOLIC) != 0)
	           ? "is symbolic and does not say so, or the other way round"
	       : (kinds & 1u << SAMPLE_TINY) && !is_tiny(s->graph)                 ? "is not tiny"
	       : (kinds & 1u << SAMPLE_ALIGNED) && has_odd_size(s)                 ? "is not aligned: it has an odd size"
	       : (kinds & 1u << SAMPLE_UNALIGNED) && !symbolic && !has_odd_size(s) ? "is aligned: it has no odd size"
	                                                                           : NULL;
}

/* Does the template lack something? Tells of it. */
static bool lacks_samples(const hdt_registry *registry, const hdt_scheduler *template)
{
	unsigned kinds = 0;
	bool bad = false;
	const char *const *samples = scheduler_samples(template);
	for (const char *const *at = samples; at && *at; at++) {
		hdt_context *context = context_new(registry);
		sample s;
		bool good = context && sample_parse(context, *at, HDT_DTYPE_COUNT, &s) == HDT_OK;
		const char *wrong = !good ? "cannot be read" : check_kind(&s);
		kinds |= good ? s.kinds : 0;
		if (wrong)
			printf("FAILED %s: the sample '%s' %s\n", template->name, *at, wrong);
		bad = bad || wrong;
		context_free(context);
	}
	for (int i = 0; i < SAMPLE_KIND_COUNT; i++)
		if (!(kinds & 1u << i)) {
			printf("FAILED template %s lacks a sample of the kind %s\n", template->name, sample_kind_name(i));
			bad = true;
		}
	return bad;
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
	for (int i = 0; i < registry_count(registry, REGISTRY_SCHEDULER); i++) {
		const hdt_scheduler *scheduler = registry_at(registry, REGISTRY_SCHEDULER, i)->descriptor;
		count += scheduler_is_template(scheduler);
		failed += scheduler_is_template(scheduler) && lacks_samples(registry, scheduler);
	}
	printf("samples: %d passed, %d failed\n", count - failed, failed);
	registry_free(registry);
	loader_close(l);
	return failed != 0 || count == 0;
}
