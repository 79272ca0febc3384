/* generator.h: a graph while it is made; shared by the files that generate. */
#ifndef TESTS_GRAPHS_GENERATOR_H
#define TESTS_GRAPHS_GENERATOR_H

#include "generate.h"
#include "values.h"

typedef struct generator {
	const hdt_registry *registry;
	random_stream random;
	hdt_context *context;
	hdt_graph *graph;
	fuzz_case *c;
	values at[CASE_RUNS];
	VEC(hdt_value *) pool; /* what nodes may read; of the context's arena */
	const hdt_expr *symbols[CASE_SYMBOLS];
	int symbol_count;
	int leaves;
} generator;

/* One sample call of an operator, which a new node takes after: its sizes and attributes are a pattern for others. */
typedef struct pattern {
	const hdt_operator *op;
	const hdt_node *node; /* of a graph of its own in the same context */
	sample sample;
	/* what became of the sizes and symbols of the sample */
	const hdt_expr *from[32], *to[32];
	int sizes;
	const hdt_value *anchor; /* the first operand chosen */
	const hdt_value *model;  /* the operand of the sample that it stands for */
} pattern;

static inline int below(generator *g, int n)
{
	return n > 0 ? (int)(random_next(&g->random) % (uint64_t)n) : 0;
}
static inline bool chance(generator *g, int percent)
{
	return below(g, 100) < percent;
}

/* generate_base.c: begin from a graph of one of these files; false when it cannot be used: then nothing is begun. */
bool base_choose(generator *g, const char *const *files, int count);
/* generate_operator.c: a sample of a random operator; false when there is none that can be used. */
bool pattern_choose(generator *g, pattern *p);
/* generate_operands.c: a dimension of any kind; the operand that stands for the sample's input `index`; NULL after a fault. */
const hdt_expr *operand_size(generator *g);
/* A value that there is, rather a new one than an old one; NULL: none. */
hdt_value *operand_random(generator *g);
hdt_value *operand_choose(generator *g, pattern *p, int index);
/* A new input or constant; NULL after a fault. */
hdt_value *operand_new(generator *g, hdt_dtype dtype, hdt_list shape, double low, double high);
/* generate_attributes.c: attributes after the sample's, some of them changed; NULL when memory is out. */
const hdt_attribute_value *attributes_choose(generator *g, const pattern *p);

#endif
