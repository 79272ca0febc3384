/* context.h: a context with the operators of operators.h, anew for each test of a suite. */
#ifndef TESTS_UNIT_GRAPH_CONTEXT_H
#define TESTS_UNIT_GRAPH_CONTEXT_H

#include "operators.h"

static hdt_registry *registry;
static hdt_context *c;

static inline void setup(void)
{
	registry = make_registry(NULL);
	c = context_new(registry);
}

static inline void teardown(void)
{
	context_free(c);
	registry_free(registry);
}

#endif
