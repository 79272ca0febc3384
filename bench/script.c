/* script.c: what it costs to read, lower and emit a kernel, compilers left out.
 *     bench_script PLUGINS-DIR FILE.hds [REPEATS]
 *
 * Prints the lines of the text and the medians of each step in milliseconds. The goal: a kernel of 200 lines in less than 20 ms. */
#include "base/file.h"
#include "emit/emit.h"
#include "lower/lower.h"
#include "tests/load_plugins.h"
#include <stdio.h>
#include <stdlib.h>
#include <time.h>

enum { STEPS = 3, MOST_REPEATS = 1000, LIMIT_BYTES = 1 << 20 };

static double now_ms(void)
{
	struct timespec t;
	clock_gettime(CLOCK_MONOTONIC, &t);
	return (double)t.tv_sec * 1e3 + (double)t.tv_nsec / 1e6;
}

static int compare(const void *a, const void *b)
{
	double x = *(const double *)a, y = *(const double *)b;
	return (x > y) - (x < y);
}

/* One time through; false after a fault, which is told. */
static bool measure(const hdt_registry *registry, const char *file, const char *source, double times[STEPS])
{
	hdt_context *context = context_new(registry);
	const hdt_target *target = NULL;
	for (int i = 0; i < registry_count(registry, REGISTRY_TARGET); i++) {
		const hdt_target *t = registry_at(registry, REGISTRY_TARGET, i)->descriptor;
		if (t->kind == HDT_FUNCTION_CUDA && t->language == HDT_LANGUAGE_C)
			target = t;
	}
	text out = {0};
	emitted_texts needed = {0};
	double start = now_ms();
	hdt_program *program = hdt_program_parse(context, file, source, NULL, 0);
	double parsed = now_ms();
	hdt_status status = program_lower(program, &(lowering){.target = target});
	double lowered = now_ms();
	if (status == HDT_OK)
		status = emit_kernels(&out, program, "k", &needed);
	double emitted = now_ms();
	times[0] = parsed - start;
	times[1] = lowered - parsed;
	times[2] = emitted - lowered;
	if (status != HDT_OK)
		fprintf(stderr, "%s\n", context->message);
	text_free(&out);
	context_free(context);
	return status == HDT_OK;
}

int main(int argc, char **argv)
{
	static const char *const names[STEPS] = {"parse", "lower", "emit"};
	static double times[STEPS][MOST_REPEATS];
	int repeats = argc > 3 ? atoi(argv[3]) : 50, lines = 0;
	if (argc < 3 || repeats < 1 || repeats > MOST_REPEATS)
		return fprintf(stderr, "bench_script PLUGINS-DIR FILE.hds [REPEATS, at most %d]\n", MOST_REPEATS), 2;
	hdt_registry *registry;
	loader *l;
	char *source;
	size_t bytes;
	if (!load_plugins(argv[1], &registry, &l))
		return 3;
	hdt_context *context = context_new(registry);
	if (!context || file_read(context, argv[2], LIMIT_BYTES, &source, &bytes) != HDT_OK)
		return fprintf(stderr, "%s\n", context ? context->message : "out of memory"), 3;
	for (const char *c = source; *c; c++)
		lines += *c == '\n';
	for (int r = 0; r < repeats; r++) {
		double once[STEPS];
		if (!measure(registry, argv[2], source, once))
			return 3;
		for (int i = 0; i < STEPS; i++)
			times[i][r] = once[i];
	}
	double total = 0;
	printf("%s: %d lines\n", argv[2], lines);
	for (int i = 0; i < STEPS; i++) {
		qsort(times[i], (size_t)repeats, sizeof(double), compare);
		printf("%-6s %7.2f ms\n", names[i], times[i][repeats / 2]);
		total += times[i][repeats / 2];
	}
	printf("%-6s %7.2f ms, median of %d\n", "all", total, repeats);
	free(source);
	context_free(context);
	registry_free(registry);
	loader_close(l);
	return 0;
}
