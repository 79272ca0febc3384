/* calls.c: the samples of every operator, with each number in turn replaced by an absurd one: the call is made and is
 * well formed, or it is refused as the model's fault. Never an internal error, and (under the sanitizers) no wrapped
 * arithmetic of C and no crash.
 *
 *     hostile_calls PLUGIN-DIR [OPERATOR]
 *
 * A number is a dimension, an attribute, a range of the data, or the value of a size: all of it comes from a model's
 * file. */
#include "graph/graph.h"
#include "tests/load_plugins.h"
#include <ctype.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

static const char *const absurd[] = {
	"0",
	"-1",
	"3000000000",
	"281474976710656", /* 2^48 */
	"281474976710657",
	"4611686018427387904", /* 2^62 */
	"9223372036854775807",
	"-9223372036854775807",
	"(-9223372036854775807 - 1)",
	"none",
	"[]",
	"[1, 2, 3, 4, 5, 6, 7, 8, 9]",
	"n * 4611686018427387904",
	"0.5",
	"\"x\"",
};

typedef struct tester {
	const hdt_registry *registry;
	long calls, refused, wrong;
} tester;

/* Every size that a run could have to compute lies behind the door. */
static bool sizes_are_bounded(const hdt_graph *graph)
{
	for (int n = 0; n < graph->node_count; n++)
		for (int i = 0; i < graph->nodes[n]->task->tensor_count; i++) {
			const hdt_tensor *t = graph->nodes[n]->task->tensors[i];
			if (shape_fault(graph->context, t->dtype, hdt_shape(t)))
				return false;
		}
	return true;
}

static void try_call(tester *t, const hdt_operator *op, const char *source)
{
	hdt_context *context = context_new(t->registry);
	sample s;
	hdt_dtype dtype = strstr(op->dtypes, "float") || strstr(op->dtypes, "f32") ? HDT_F32 : HDT_I64;
	hdt_status status = sample_parse(context, source, dtype, &s);
	bool refused = status == HDT_BAD_MODEL || status == HDT_UNSUPPORTED;
	bool made = status == HDT_OK && graph_verify(s.graph) == HDT_OK && sizes_are_bounded(s.graph);
	if (!refused && !made) {
		fprintf(stderr, "%s\n    %s\n", source, status == HDT_OK ? "is not well formed" : context->message);
		t->wrong++;
	}
	t->calls++;
	t->refused += refused;
	context_free(context);
}

/* A digit that begins a number: not within a name or behind another digit. */
static bool begins_number(const char *start, const char *at)
{
	return isdigit((unsigned char)*at) && (at == start || !(isalnum((unsigned char)at[-1]) || strchr("_.", at[-1])));
}

static void try_sample(tester *t, const hdt_operator *op, const char *call)
{
	for (const char *at = call; *at; at++) {
		if (!begins_number(call, at))
			continue;
		const char *behind = at + strspn(at, "0123456789.");
		for (size_t i = 0; i < sizeof absurd / sizeof *absurd; i++) {
			char source[1024];
			snprintf(source, sizeof source, "%.*s%s%s", (int)(at - call), call, absurd[i], behind);
			try_call(t, op, source);
		}
	}
}

int main(int argc, char **argv)
{
	if (argc < 2) {
		fprintf(stderr, "usage: hostile_calls PLUGIN-DIR [OPERATOR]\n");
		return 2;
	}
	hdt_registry *registry;
	loader *l;
	if (!load_plugins(argv[1], &registry, &l))
		return 1;
	tester t = {.registry = registry};
	for (int i = 0; i < registry_count(registry, REGISTRY_OPERATOR); i++) {
		const hdt_operator *op = registry_at(registry, REGISTRY_OPERATOR, i)->descriptor;
		for (const char *const *s = op->samples; s && *s && (argc < 3 || !strcmp(argv[2], op->name)); s++)
			try_sample(&t, op, *s);
	}
	printf("%ld calls, %ld refused, %ld wrong\n", t.calls, t.refused, t.wrong);
	registry_free(registry);
	loader_close(l);
	return t.wrong ? 1 : 0;
}
