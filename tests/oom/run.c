/* run.c: the n-th allocation fails, for n = 0, 1, 2, ...: the answer must be HDT_OUT_OF_MEMORY, or success with the
 * very result that enough memory gives. Never another status, and (under the sanitizers) no fault and no leak.
 *
 *     oom_run PLUGIN-DIR some            a sample call of some operators, at most RUNS values of n each
 *     oom_run PLUGIN-DIR schedules       the same calls, whose tasks become programs for every target
 *     oom_run PLUGIN-DIR some FILE...    the graphs of these files, or their programs
 *     oom_run PLUGIN-DIR every [FILE...] every n, every sample of every operator
 *
 * Allocations of the arena and of the heap fail, each alone and with all that follow it. */
#include "base/file.h"
#include "heap.h"
#include "subject.h"
#include "tests/load_plugins.h"
#include <limits.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

enum { RUNS = 400, SCHEDULE_RUNS = 60, LIMIT_BYTES = 1 << 20, MAX_REPORTS = 3 };

/* Of every kind: elementwise, reducing, gathering, windowed, with data-dependent indices, with several outputs, with
 * requirements on sizes, aliases, many tensors in one task. */
static const char *const operators[] = {
	"add",       "where",   "cast",       "bitwise_and", "reduce_mean", "argmax",     "cumsum", "topk",
	"softmax",   "matmul",  "layer_norm", "conv2d",      "max_pool2d",  "batch_norm", "concat", "attention",
	"gather",    "scatter", "index_put",  "grid_sample", "pad",         "reshape",    "slice",  "resize_linear",
	"transpose", "expand",  "tile",       "one_hot",     "tril",        "unfold",     "take",   "repeat_interleave",
};

/* What fails. */
typedef enum failure { OF_ARENA, OF_ARENA_ONCE, OF_HEAP, OF_HEAP_ONCE, FAILURE_COUNT } failure;

static const char *const failure_texts[] = {"arena", "arena, once", "heap", "heap, once"};

typedef struct tester {
	const hdt_registry *registry;
	long runs;            /* at most so many values of n; 0: all */
	subject_kind samples; /* what is done with sample calls */
	int wrong;            /* answers */
} tester;

typedef struct result {
	hdt_status status;
	char message[200];
	text out;
	long used; /* allocations */
} result;

/* With memory for `allocations` of the kind that fails. */
static result run_with(const tester *t, const subject *s, failure kind, long allocations)
{
	result r = {.status = HDT_OUT_OF_MEMORY};
	hdt_context *context = context_new(t->registry);
	if (!context)
		return r;
	bool of_heap = kind == OF_HEAP || kind == OF_HEAP_ONCE;
	context->arena.fail_after = of_heap ? -1 : allocations;
	context->arena.fail_once = kind == OF_ARENA_ONCE;
	heap_fail(of_heap ? allocations : -1, kind == OF_HEAP_ONCE);
	r.status = subject_run(s, context, &r.out);
	r.used = allocations - (of_heap ? heap_left() : context->arena.fail_after);
	heap_fail(-1, false);
	snprintf(r.message, sizeof r.message, "%s", context->message);
	context_free(context);
	return r;
}

static bool same_text(const text *a, const text *b)
{
	return a->length == b->length && (!a->length || !memcmp(a->data, b->data, a->length));
}

static void check_failure(tester *t, const subject *s, failure kind)
{
	result whole = run_with(t, s, kind, LONG_MAX);
	int wrong = whole.status != HDT_OK;
	if (wrong)
		fprintf(stderr, "%s: fails even with enough memory: %s\n", s->name, whole.message);
	/* Odd steps: a fixed pattern of allocations must not hide what lies between. */
	long step = t->runs && whole.used > t->runs ? whole.used / t->runs | 1 : 1;
	for (long n = 0; whole.status == HDT_OK && n < whole.used && wrong < MAX_REPORTS; n += step) {
		result r = run_with(t, s, kind, n);
		if (r.status != HDT_OUT_OF_MEMORY && (r.status != HDT_OK || !same_text(&r.out, &whole.out))) {
			fprintf(stderr, "%s: allocation %ld of %ld fails (%s), and the answer is %s: %s\n", s->name, n, whole.used,
			        failure_texts[kind], r.status == HDT_OK ? "another result" : "another status", r.message);
			wrong++;
		}
		text_free(&r.out);
	}
	t->wrong += wrong;
	text_free(&whole.out);
}

static void check(tester *t, const subject *s)
{
	for (int kind = 0; kind < FAILURE_COUNT; kind++)
		check_failure(t, s, (failure)kind);
}

/* A sample with a symbol when there is one: it takes the longer way. */
static const char *choose_sample(const hdt_operator *op)
{
	for (const char *const *s = op->samples; s && *s; s++)
		if (strstr(*s, " where "))
			return *s;
	return op->samples ? op->samples[0] : NULL;
}

static void check_sample(tester *t, const hdt_operator *op, const char *source)
{
	hdt_dtype dtype = strstr(op->dtypes, "float") || strstr(op->dtypes, "f32") ? HDT_F32 : HDT_I64;
	check(t, &(subject){source, source, t->samples, dtype});
}

static void check_some_operators(tester *t)
{
	for (size_t i = 0; i < sizeof operators / sizeof *operators; i++) {
		const hdt_operator *op = registry_operator(t->registry, operators[i]);
		const char *source = op ? choose_sample(op) : NULL;
		if (source) {
			check_sample(t, op, source);
			continue;
		}
		fprintf(stderr, "there is no operator '%s' with samples\n", operators[i]);
		t->wrong++;
	}
}

static void check_every_operator(tester *t)
{
	for (int i = 0; i < registry_count(t->registry, REGISTRY_OPERATOR); i++) {
		const hdt_operator *op = registry_at(t->registry, REGISTRY_OPERATOR, i)->descriptor;
		for (const char *const *s = op->samples; s && *s; s++)
			check_sample(t, op, *s);
	}
}

/* A file of programs has functions, one of graphs and tasks none. What is named run_... is run, too. */
static void check_text(tester *t, const char *path, const char *source)
{
	bool programs = strstr(source, "\nfn @") || !strncmp(source, "fn @", 4);
	check(t, &(subject){.name = path, .source = source, .kind = programs ? SUBJECT_KERNELS : SUBJECT_GRAPHS});
	if (programs && strstr(path, "run_"))
		check(t, &(subject){.name = path, .source = source, .kind = SUBJECT_RUN});
}

static void check_file(tester *t, const char *path)
{
	hdt_context *context = context_new(NULL);
	char *source = NULL;
	size_t bytes = 0;
	if (context && file_read(context, path, LIMIT_BYTES, &source, &bytes) == HDT_OK) {
		check_text(t, path, source);
	} else {
		fprintf(stderr, "%s: %s\n", path, context ? context->message : "out of memory");
		t->wrong++;
	}
	free(source);
	context_free(context);
}

int main(int argc, char **argv)
{
	if (argc < 3) {
		fprintf(stderr, "usage: oom_run PLUGIN-DIR some|schedules|every [FILE...]\n");
		return 2;
	}
	hdt_registry *registry;
	loader *l;
	if (!load_plugins(argv[1], &registry, &l))
		return 1;
	bool every = !strcmp(argv[2], "every"), schedules = !strcmp(argv[2], "schedules");
	tester t = {.registry = registry,
	            .runs = every       ? 0
	                    : schedules ? SCHEDULE_RUNS
	                                : RUNS,
	            .samples = schedules ? SUBJECT_SCHEDULES : SUBJECT_SAMPLE};
	if (argc == 3 && every)
		check_every_operator(&t);
	else if (argc == 3)
		check_some_operators(&t);
	for (int i = 3; i < argc; i++)
		check_file(&t, argv[i]);
	registry_free(registry);
	loader_close(l);
	return t.wrong ? 1 : 0;
}
