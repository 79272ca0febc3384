/* gemm.c: how fast products with constant weights are, through the whole way from a graph, beside those of torch.
 *     bench_gemm PLUGINS-DIR [--threads N] [--dtype f32|bf16|i8] [--compare PYTHON]
 *
 * For each size: the best time of many runs, billions of operations a second, and what that is of a loop of such products in registers, timed in
 * the same rounds. Products of bf16 are summed in f32 and rounded, those of i8 summed in i32. One thread is timed by its own clock, several by the clock on the wall. --compare runs bench/peers/gemm_peer.py with that
 * Python: both take turns of some milliseconds, so that a noisy neighbour meets both. */
#include "peak.h"

#include <hidet/hidet.h>
#include <signal.h>
#include <stdbool.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/wait.h>
#include <time.h>
#include <unistd.h>

enum { ROUNDS = 12, LARGEST_WEIGHT = 4096 * 4096 };
#define SECONDS_OF_A_TURN 0.03
#define PEAK_FLOPS 2e7            /* of f32; the others do several times as many in that time */
#define REST_NANOSECONDS 20000000 /* between the turns: threads that spin for more work give up */

typedef struct size {
	int m, n, k;
} size;

/* What is multiplied, and the graph of it with two places for m and k, n and k, and the place of the bias. */
static const struct kind {
	const char *name;
	hdt_dtype dtype;
	int bytes;
	peak_factor factor;
	double peak_flops;
	const char *graph;
} kinds[] = {
#define LINEAR(dtype)                                                                                                  \
	"graph @gemm(%%x: " dtype "[%d, %d]) {\n  %%w = const " dtype "[%d, %d] from \"w.bin\" at 0\n  %%b = const " dtype \
	"[%d] from \"w.bin\" at 64\n  %%0 = linear(%%x, %%w, %%b)\n  return %%0\n}\n"
	{"f32", HDT_F32, 4, PEAK_F32, PEAK_FLOPS, LINEAR("f32")},
	{"bf16", HDT_BF16, 2, PEAK_BF16, PEAK_FLOPS * 2, LINEAR("bf16")},
	{"i8", HDT_I8, 1, PEAK_I8, PEAK_FLOPS * 4,
     "graph @gemm(%%x: i8[%d, %d]) {\n  %%w = const i8[%d, %d] from \"w.bin\" at 0\n"
     "  %%0 = matmul(%%x, %%w, transpose_b=true, in_i32=true)\n  return %%0\n}\n"},
};

static const size sizes[] = {{128, 768, 768}, {128, 3072, 768},   {128, 768, 3072}, {128, 2304, 768}, {197, 192, 192},
                             {512, 512, 512}, {1024, 1024, 1024}, {16, 1024, 1024}, {4, 4096, 4096},  {1, 4096, 4096}};

/* torch in a process of its own, which answers each line by the best time of a turn, in microseconds, of two ways. */
typedef struct peer {
	FILE *to, *from;
	pid_t process;
} peer;

typedef struct bench {
	char folder[32];
	const char *plugins, *python, *script;
	const struct kind *kind;
	int threads;
	peer torch;
} bench;

static bool fail(hdt_session *session)
{
	fprintf(stderr, "%s\n", hdt_session_error(session));
	return false;
}

/* ---- the peer ----------------------------------------------------------------------------------------------------- */

static bool start_peer(bench *b)
{
	int down[2], up[2];
	if (!b->python)
		return true;
	if (pipe(down) != 0 || pipe(up) != 0)
		return false;
	b->torch.process = fork();
	if (b->torch.process == 0) {
		char threads[16];
		snprintf(threads, sizeof threads, "%d", b->threads);
		dup2(down[0], 0);
		dup2(up[1], 1);
		close(down[1]);
		close(up[0]);
		execlp(b->python, b->python, b->script, threads, b->kind->name, (char *)NULL);
		_exit(127);
	}
	close(down[0]);
	close(up[1]);
	b->torch.to = fdopen(down[1], "w");
	b->torch.from = fdopen(up[0], "r");
	return b->torch.process > 0 && b->torch.to && b->torch.from;
}

static void stop_peer(bench *b)
{
	if (!b->python)
		return;
	fclose(b->torch.to);
	fclose(b->torch.from);
	waitpid(b->torch.process, NULL, 0);
}

/* Microseconds of plain and of prepacked weights; 0: there is no such way. */
static bool peer_turn(bench *b, const size *s, double *plain, double *packed)
{
	struct timespec rest = {0, REST_NANOSECONDS};
	*plain = *packed = 0;
	if (!b->python)
		return true;
	fprintf(b->torch.to, "%d %d %d\n", s->m, s->n, s->k);
	fflush(b->torch.to);
	if (fscanf(b->torch.from, "%lf %lf", plain, packed) != 2)
		return fprintf(stderr, "the peer has died\n"), false;
	nanosleep(&rest, NULL);
	return true;
}

/* ---- ours --------------------------------------------------------------------------------------------------------- */

static bool write_file(const bench *b, const char *name, const void *data, size_t bytes)
{
	char path[64];
	snprintf(path, sizeof path, "%s/%s", b->folder, name);
	FILE *f = fopen(path, "wb");
	bool ok = f && fwrite(data, 1, bytes, f) == bytes;
	return f && fclose(f) == 0 && ok;
}

/* Numbers of the kind, from `first` on in steps of `step`, over and over. */
static void *make_numbers(const bench *b, int count, float first, float step, int period)
{
	char *all = malloc((size_t)count * (size_t)b->kind->bytes);
	for (int i = 0; all && i < count; i++) {
		float value = first + step * (float)(i % period);
		uint32_t bits;
		memcpy(&bits, &value, sizeof bits);
		if (b->kind->dtype == HDT_F32)
			memcpy(all + (size_t)i * 4, &value, 4);
		else if (b->kind->dtype == HDT_BF16)
			memcpy(all + (size_t)i * 2, &(uint16_t){(uint16_t)(bits >> 16)}, 2);
		else
			all[i] = (char)(int8_t)(value * 100);
	}
	return all;
}

static bool write_weights(const bench *b)
{
	void *w = make_numbers(b, LARGEST_WEIGHT, -1, 1e-3f, 2001);
	bool ok = w && write_file(b, "w.bin", w, (size_t)LARGEST_WEIGHT * (size_t)b->kind->bytes);
	free(w);
	return ok;
}

static bool compile(const bench *b, const size *s, hdt_session *session, hdt_model **model, hdt_compiled **out)
{
	char text[512], path[64];
	hdt_compile_options options = {.size = sizeof options, .target = "cpu", .threads = b->threads, .cache_dir = ""};
	int length = snprintf(text, sizeof text, b->kind->graph, s->m, s->k, s->n, s->k, s->n);
	snprintf(path, sizeof path, "%s/gemm.hds", b->folder);
	return write_file(b, "gemm.hds", text, (size_t)length) && hdt_model_load(session, path, model) == HDT_OK &&
	       hdt_compile(*model, &options, out) == HDT_OK;
}

/* Best seconds of a turn; negative after a fault. */
static double turn(hdt_compiled *c, const hdt_array *x, int threads)
{
	hdt_array y;
	double best = -1, begin = peak_now(threads);
	do {
		double before = peak_now(threads);
		if (hdt_compiled_run(c, x, 1, &y, 1) != HDT_OK)
			return -1;
		double took = peak_now(threads) - before;
		best = best < 0 || took < best ? took : best;
	} while (peak_now(threads) - begin < SECONDS_OF_A_TURN);
	return best;
}

static void keep_best(double *best, double value)
{
	if (value > 0 && (*best == 0 || value < *best))
		*best = value;
}

static void print_line(const bench *b, const size *s, double ours, double peak, double plain, double packed)
{
	double flops = 2.0 * s->m * s->n * s->k, rate = flops / ours * 1e-9;
	char name[48];
	snprintf(name, sizeof name, "%dx%dx%d", s->m, s->n, s->k);
	printf("%-16s %9.1f us %7.1f GF/s %5.1f %% of %.0f", name, ours * 1e6, rate, 100 * rate / peak, peak);
	if (b->python)
		printf("   torch %9.1f us, prepacked %9.1f us: %.2f times as fast", plain, packed,
		       (packed > 0 && packed < plain ? packed : plain) / (ours * 1e6));
	printf("\n");
	fflush(stdout);
}

static bool measure(bench *b, hdt_session *session, const size *s)
{
	hdt_model *model = NULL;
	hdt_compiled *compiled = NULL;
	double ours = 0, peak = 0, plain = 0, packed = 0;
	void *data = make_numbers(b, s->m * s->k, 0, 0.07f, 17);
	hdt_array x = {NULL, b->kind->dtype, 2, {s->m, s->k}, data};
	bool ok = data && compile(b, s, session, &model, &compiled);
	for (int r = 0; ok && r < ROUNDS; r++) {
		double a, c, best = turn(compiled, &x, b->threads);
		ok = best > 0 && peer_turn(b, s, &a, &c);
		keep_best(&ours, best);
		keep_best(&plain, a);
		keep_best(&packed, c);
		double flops = b->kind->peak_flops, seconds = peak_product_seconds(b->kind->factor, flops, 1);
		double rate = flops * b->threads / seconds * 1e-9;
		peak = rate > peak ? rate : peak;
	}
	if (ok)
		print_line(b, s, ours, peak, plain, packed);
	else
		fail(session);
	hdt_compiled_free(compiled);
	hdt_model_free(model);
	free(data);
	return ok;
}

static bool measure_all(bench *b)
{
	const char *const dirs[] = {b->plugins, NULL};
	hdt_session_options options = {.size = sizeof options, .plugin_dirs = dirs, .system_plugin_path = ""};
	hdt_session *session = NULL;
	signal(SIGPIPE, SIG_IGN); /* a peer that died is told as such */
	bool ok = hdt_session_open(&options, &session) == HDT_OK && write_weights(b) && start_peer(b);
	if (!ok)
		fprintf(stderr, "cannot begin: %s\n", session ? hdt_session_error(session) : "the plugins are not there");
	printf("%d thread%s; products of %s, m x n x k\n", b->threads, b->threads > 1 ? "s" : "", b->kind->name);
	for (size_t i = 0; ok && i < sizeof sizes / sizeof *sizes; i++)
		ok = measure(b, session, &sizes[i]);
	if (b->torch.to)
		stop_peer(b);
	hdt_session_close(session);
	return ok;
}

static void remove_files(const bench *b)
{
	static const char *const names[] = {"w.bin", "gemm.hds"};
	char path[64];
	for (size_t i = 0; i < sizeof names / sizeof *names; i++) {
		snprintf(path, sizeof path, "%s/%s", b->folder, names[i]);
		unlink(path);
	}
	rmdir(b->folder);
}

static const struct kind *kind_named(const char *name)
{
	for (size_t i = 0; i < sizeof kinds / sizeof *kinds; i++)
		if (strcmp(kinds[i].name, name) == 0)
			return &kinds[i];
	return NULL;
}

int main(int argc, char **argv)
{
	bench b = {.folder = "/tmp/hidet-gemm-XXXXXX", .threads = 1, .script = HIDET_GEMM_PEER, .kind = kinds};
	for (int i = 1; i < argc; i++)
		if (!strcmp(argv[i], "--threads") && i + 1 < argc)
			b.threads = atoi(argv[++i]);
		else if (!strcmp(argv[i], "--compare") && i + 1 < argc)
			b.python = argv[++i];
		else if (!strcmp(argv[i], "--dtype") && i + 1 < argc)
			b.kind = kind_named(argv[++i]);
		else if (!b.plugins)
			b.plugins = argv[i];
		else
			b.threads = 0;
	if (!b.plugins || b.threads < 1 || !b.kind)
		return fprintf(stderr, "bench_gemm PLUGINS-DIR [--threads N] [--dtype f32|bf16|i8] [--compare PYTHON]\n"), 2;
	if (!mkdtemp(b.folder))
		return perror("mkdtemp"), 1;
	bool ok = measure_all(&b);
	remove_files(&b);
	return ok ? 0 : 1;
}
