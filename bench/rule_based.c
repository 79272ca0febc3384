/* rule_based.c: how near the kernels that sched-auto makes of a task alone come to what the processor can do.
 *     bench_rule_based PLUGINS-DIR [NAME-PART]
 *
 * Each graph is compiled with the rule-based scheduler and no template, once for one thread and once for all. Prints its time, what it moves
 * (inputs and outputs once) beside a copy of as many bytes, and what it multiplies and adds beside a loop in registers; copy and loop are
 * timed in turns with the graph. */
#include "peak.h"

#include <hidet/hidet.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

enum { MOST_INPUTS = 8, MOST_PLUGINS = 8, LEAST_ROUNDS = 7, PATH_BYTES = 4096 };
#define SECONDS_PER_GRAPH 1.5

/* `flops`: 0 where memory is the limit. */
static const struct {
	const char *name, *text;
	double flops;
} graphs[] = {
	{"bias + gelu", "graph @g(%x: f32[8192, 3072], %b: f32[3072]) { %0 = add(%x, %b) %1 = gelu(%0) return %1 }", 0},
	{"residual + layer norm",
     "graph @g(%x: f32[16384, 768], %y: f32[16384, 768], %w: f32[768], %b: f32[768]) { %0 = add(%x, %y) "
     "%1 = layer_norm(%0, %w, %b) return %1 }",
     0},
	{"softmax of 768", "graph @g(%x: f32[32768, 768]) { %0 = softmax(%x) return %0 }", 0},
	{"softmax of 4096", "graph @g(%x: f32[8192, 4096]) { %0 = softmax(%x) return %0 }", 0},
	{"softmax over rows", "graph @g(%x: f32[64, 768, 512]) { %0 = softmax(%x, axis=1) return %0 }", 0},
	{"sum of all", "graph @g(%x: f32[25000000]) { %0 = reduce_sum(%x) return %0 }", 0},
	{"sums of columns", "graph @g(%x: f32[16384, 1024]) { %0 = reduce_sum(%x, axes=[0]) return %0 }", 0},
	{"mean of pixels", "graph @g(%x: f32[64, 512, 28, 28]) { %0 = reduce_mean(%x, axes=[2, 3]) return %0 }", 0},
	{"argmax", "graph @g(%x: f32[16384, 1000]) { %0 = argmax(%x, axis=1) return %0 }", 0},
	{"transpose", "graph @g(%x: f32[4096, 4096]) { %0 = transpose(%x, axes=[1, 0]) %1 = mul(%0, %0) return %1 }", 0},
	{"max pool", "graph @g(%x: f32[16, 64, 112, 112]) { %0 = max_pool2d(%x, kernel=3, stride=2, padding=1) return %0 }",
     0},
	{"relu + add", "graph @g(%x: f32[4096, 4096], %y: f32[4096, 4096]) { %0 = relu(%x) %1 = add(%0, %y) return %1 }",
     0},
	{"matmul 512", "graph @g(%x: f32[512, 512], %y: f32[512, 512]) { %0 = matmul(%x, %y) return %0 }",
     2.0 * 512 * 512 * 512},
	{"matmul 1024", "graph @g(%x: f32[1024, 1024], %y: f32[1024, 1024]) { %0 = matmul(%x, %y) return %0 }",
     2.0 * 1024 * 1024 * 1024},
	{"linear 128 x 768 x 3072 + gelu",
     "graph @g(%x: f32[128, 768], %w: f32[3072, 768], %b: f32[3072]) { %0 = linear(%x, %w, %b) %1 = gelu(%0) return %1 "
     "}",
     2.0 * 128 * 768 * 3072},
	{"scores 12 x 128 x 64 x 128",
     "graph @g(%x: f32[12, 128, 64], %y: f32[12, 128, 64]) { %0 = matmul(%x, %y, transpose_b=true) return %0 }",
     2.0 * 12 * 128 * 64 * 128},
	{"conv 3x3 of 64 at 56",
     "graph @g(%x: f32[1, 64, 56, 56], %w: f32[64, 64, 3, 3]) { %0 = conv2d(%x, %w, padding=1) %1 = relu(%0) return %1 "
     "}",
     2.0 * 64 * 64 * 9 * 56 * 56},
	{"conv 1x1 of 1024 at 14",
     "graph @g(%x: f32[1, 1024, 14, 14], %w: f32[256, 1024, 1, 1]) { %0 = conv2d(%x, %w) %1 = relu(%0) return %1 }",
     2.0 * 256 * 1024 * 14 * 14},
	{"conv 3x3 s2 of 128 at 56",
     "graph @g(%x: f32[1, 128, 56, 56], %w: f32[128, 128, 3, 3]) { %0 = conv2d(%x, %w, stride=2, padding=1) return %0 "
     "}",
     2.0 * 128 * 128 * 9 * 28 * 28},
	{"conv 7x7 s2 of 3 at 224",
     "graph @g(%x: f32[1, 3, 224, 224], %w: f32[64, 3, 7, 7]) { %0 = conv2d(%x, %w, stride=2, padding=3) return %0 }",
     2.0 * 64 * 3 * 49 * 112 * 112},
	{"depthwise 3x3 of 96 at 112",
     "graph @g(%x: f32[1, 96, 112, 112], %w: f32[96, 1, 3, 3]) { %0 = conv2d(%x, %w, padding=1, groups=96) return %0 }",
     2.0 * 96 * 9 * 112 * 112},
};

static const char *const plugins[] = {"ops-math",       "ops-nn",     "ops-transform",
                                      "rewrite-fusion", "sched-auto", "target-cpu"};
enum { PLUGIN_COUNT = sizeof plugins / sizeof *plugins, GRAPH_COUNT = sizeof graphs / sizeof *graphs };

/* A graph that is ready to run. */
typedef struct subject {
	hdt_model *model;
	hdt_compiled *compiled;
	hdt_array inputs[MOST_INPUTS], output;
	int input_count;
	size_t bytes; /* of inputs and output */
} subject;

static hdt_session *open_session(const char *folder)
{
	static char paths[PLUGIN_COUNT][PATH_BYTES];
	const char *files[PLUGIN_COUNT + 1] = {NULL};
	hdt_session *session = NULL;
	for (int i = 0; i < PLUGIN_COUNT; i++) {
		snprintf(paths[i], sizeof paths[i], "%s/hidet.%s.so", folder, plugins[i]);
		files[i] = paths[i];
	}
	const hdt_session_options options = {
		.size = sizeof options, .plugin_files = files, .system_plugin_path = "", .strict_plugins = true};
	if (hdt_session_open(&options, &session) != HDT_OK)
		fprintf(stderr, "%s\n", session ? hdt_session_error(session) : "no plugins");
	return session;
}

/* The inputs as the text declares them: f32, of numbers. */
static int make_inputs(const char *text, hdt_array *out)
{
	int count = 0;
	for (const char *at = text; (at = strstr(at, ": f32[")) && count < MOST_INPUTS; count++) {
		hdt_array *a = &out[count];
		size_t elements = 1;
		*a = (hdt_array){.dtype = HDT_F32};
		at += strlen(": f32");
		do {
			char *end;
			a->shape[a->rank] = strtol(at + 1, &end, 10);
			elements *= (size_t)a->shape[a->rank++];
			at = end;
		} while (*at == ',');
		float *x = aligned_alloc(64, (elements * sizeof *x + 63) / 64 * 64);
		for (size_t i = 0; x && i < elements; i++)
			x[i] = (float)(i * 7919 % 2003) / 1000 - 1;
		a->data = x;
	}
	return count;
}

static size_t bytes_of(const hdt_array *a)
{
	size_t bytes = (size_t)hdt_dtype_of(a->dtype)->bytes;
	for (int d = 0; d < a->rank; d++)
		bytes *= (size_t)a->shape[d];
	return bytes;
}

static hdt_status load(hdt_session *session, const char *text, hdt_model **out)
{
	char path[] = "/tmp/hidet-bench-XXXXXX.hds";
	int fd = mkstemps(path, 4);
	FILE *f = fd >= 0 ? fdopen(fd, "w") : NULL;
	if (!f)
		return HDT_IO_ERROR;
	fputs(text, f);
	fclose(f);
	hdt_status status = hdt_model_load(session, path, out);
	unlink(path);
	return status;
}

static hdt_status make_subject(hdt_session *session, const char *text, int threads, subject *s)
{
	const hdt_compile_options options = {
		.size = sizeof options, .target = "cpu", .threads = threads, .cache_dir = "", .dump_dir = getenv("BENCH_DUMP")};
	*s = (subject){0};
	hdt_status status = load(session, text, &s->model);
	if (status == HDT_OK)
		status = hdt_compile(s->model, &options, &s->compiled);
	s->input_count = make_inputs(text, s->inputs);
	if (status == HDT_OK)
		status = hdt_compiled_run(s->compiled, s->inputs, s->input_count, &s->output, 1);
	s->bytes = status == HDT_OK ? bytes_of(&s->output) : 0;
	for (int i = 0; i < s->input_count; i++)
		s->bytes += bytes_of(&s->inputs[i]);
	if (status != HDT_OK)
		fprintf(stderr, "%s\n", hdt_session_error(session));
	return status;
}

static void free_subject(subject *s)
{
	hdt_compiled_free(s->compiled);
	hdt_model_free(s->model);
	for (int i = 0; i < s->input_count; i++)
		free(s->inputs[i].data);
}

static double less(double a, double b)
{
	return b == 0 || a < b ? a : b;
}

/* The graph and its yardstick in turns, the best of each. */
static void measure(const char *name, subject *s, double flops, int threads)
{
	double best = 0, copy = 0, multiply = 0, spent = 0, part = 1e8;
	size_t half = s->bytes / 2 / 64 * 64;
	char *from = flops > 0 ? NULL : aligned_alloc(64, half), *to = flops > 0 ? NULL : aligned_alloc(64, half);
	if (from && to) {
		memset(from, 1, half);
		memset(to, 1, half);
	}
	for (int round = 0; round < LEAST_ROUNDS || spent < SECONDS_PER_GRAPH; round++) {
		double begin = peak_now(threads);
		(void)hdt_compiled_run(s->compiled, s->inputs, s->input_count, &s->output, 1);
		double seconds = peak_now(threads) - begin, yardstick = 0;
		best = less(seconds, best);
		if (flops > 0)
			multiply = less(yardstick = peak_fma_seconds(part, threads), multiply);
		else if (from && to)
			copy = less(yardstick = peak_copy_seconds(to, from, half, threads), copy);
		spent += seconds + yardstick;
	}
	if (flops > 0)
		printf("%-32s %dT %9.3f ms %7.1f GFLOP/s  %3.0f %% of %.0f\n", name, threads, best * 1e3, flops / best * 1e-9,
		       100 * flops / best / (part * threads / multiply), part * threads / multiply * 1e-9);
	else
		printf("%-32s %dT %9.3f ms %7.1f GB/s     %3.0f %% of %.1f\n", name, threads, best * 1e3,
		       (double)s->bytes / best * 1e-9, 100 * copy / best, (double)half * 2 / copy * 1e-9);
	fflush(stdout);
	free(from);
	free(to);
}

int main(int argc, char **argv)
{
	if (argc < 2) {
		fprintf(stderr, "usage: bench_rule_based PLUGINS-DIR [NAME-PART]\n");
		return 2;
	}
	hdt_session *session = open_session(argv[1]);
	int all = (int)sysconf(_SC_NPROCESSORS_ONLN), failed = session == NULL;
	for (int i = 0; i < GRAPH_COUNT && session; i++)
		for (int threads = 1; threads <= all; threads = threads < all ? all : all + 1) {
			subject s;
			if (argc > 2 && !strstr(graphs[i].name, argv[2]))
				continue;
			if (make_subject(session, graphs[i].text, threads, &s) == HDT_OK)
				measure(graphs[i].name, &s, graphs[i].flops, threads);
			else
				failed = 1;
			free_subject(&s);
		}
	hdt_session_close(session);
	return failed;
}
