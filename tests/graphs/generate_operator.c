/* generate_operator.c: which operator comes next, and which of its samples the node takes after. */
#include "generator.h"

#include <string.h>

/* Is `dtype` among the names and groups of an operator's `dtypes`? */
static bool claims(const hdt_operator *op, hdt_dtype dtype)
{
	static const char *const groups[] = {
		[HDT_KIND_BOOL] = "bool", [HDT_KIND_UINT] = "uint", [HDT_KIND_INT] = "int", [HDT_KIND_FLOAT] = "float"};
	const hdt_dtype_info *info = hdt_dtype_of(dtype);
	for (const char *at = op->dtypes; at && *at;) {
		size_t n = strcspn(at, " ");
		const char *const names[] = {info->name, groups[info->kind], "any"};
		for (int i = 0; i < 3; i++)
			if (n == strlen(names[i]) && strncmp(at, names[i], n) == 0)
				return true;
		at += n + strspn(at + n, " ");
	}
	return false;
}

static hdt_dtype choose_dtype(generator *g, const hdt_operator *op)
{
	for (int i = 0; i < 8; i++) {
		const hdt_value *recent = chance(g, 90) ? operand_random(g) : NULL;
		hdt_dtype dtype = recent ? recent->dtype : chance(g, 40) ? HDT_F32 : (hdt_dtype)below(g, HDT_DTYPE_COUNT);
		if (claims(op, dtype))
			return dtype;
	}
	return HDT_F32;
}

/* The sample with T in the place of f32, which those with symbols are mostly written in. */
static const char *open_dtypes(generator *g, const char *source)
{
	text t = {0};
	for (const char *at = source, *next; *at; at = next) {
		next = strstr(at, "f32[");
		text_add_bytes(&t, at, next ? (size_t)(next - at) : strlen(at));
		text_add(&t, next ? "T[" : "");
		next = next ? next + 4 : at + strlen(at);
	}
	return text_finish(&t, g->context);
}

bool pattern_choose(generator *g, pattern *p)
{
	*p = (pattern){0};
	p->op = registry_at(g->registry, REGISTRY_OPERATOR, below(g, registry_count(g->registry, REGISTRY_OPERATOR)))
	            ->descriptor;
	int samples = 0;
	while (p->op->samples && p->op->samples[samples])
		samples++;
	if (!samples)
		return false;
	const char *source = p->op->samples[below(g, samples)];
	hdt_dtype dtype = choose_dtype(g, p->op);
	if (chance(g, 80))
		source = open_dtypes(g, source);
	if (!source || sample_parse(g->context, source, dtype, &p->sample) != HDT_OK) {
		context_clear_fault(g->context);
		return false;
	}
	p->node = p->sample.graph->nodes[0];
	return true;
}
