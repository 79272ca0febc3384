/* main.c: multiplies matrices of many sizes with one kernel, compiled once.
 *
 *     dynamic-matmul [--target NAME] [--random COUNT] [--kernel FILE] [M N K]...
 *
 * Without sizes: 1024 x 1024 x 1024, 333 x 444 x 555 and 1 x 12 x 13. --random adds that many sizes out of 1..700. Every result is compared with
 * three plain loops; the program ends with 1 when one differs. */
#include <hidet/hidet.h>
#include <math.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

static const double tolerance = 1e-4; /* of the largest element */

enum { MOST_SIZES = 1024, LARGEST_RANDOM = 700 };

typedef struct size {
	int64_t m, n, k;
} size;

typedef struct job {
	const char *target, *kernel;
	size sizes[MOST_SIZES];
	int count;
	double worst; /* largest error so far */
	size worst_size;
} job;

/* ---- the command line ---- */

static unsigned next_random(void)
{
	static uint64_t state = 88172645463325252; /* xorshift64 (Marsaglia, 2003) */
	state ^= state << 13;
	state ^= state >> 7;
	state ^= state << 17;
	return (unsigned)(state >> 32);
}

static bool add_size(job *j, int64_t m, int64_t n, int64_t k)
{
	if (j->count == MOST_SIZES || m < 0 || n < 0 || k < 0 || m > 1 << 14 || n > 1 << 14 || k > 1 << 14)
		return false;
	j->sizes[j->count++] = (size){m, n, k};
	return true;
}

static bool read_arguments(job *j, int argc, char **argv)
{
	bool good = true;
	int random = 0;
	for (int i = 1; i < argc && good; i++) {
		if (strcmp(argv[i], "--target") == 0 && i + 1 < argc)
			j->target = argv[++i];
		else if (strcmp(argv[i], "--kernel") == 0 && i + 1 < argc)
			j->kernel = argv[++i];
		else if (strcmp(argv[i], "--random") == 0 && i + 1 < argc)
			random = atoi(argv[++i]);
		else if (i + 2 < argc && argv[i][0] != '-') {
			good = add_size(j, atoll(argv[i]), atoll(argv[i + 1]), atoll(argv[i + 2]));
			i += 2;
		} else
			good = false;
	}
	if (good && !j->count) {
		add_size(j, 1024, 1024, 1024);
		add_size(j, 333, 444, 555);
		add_size(j, 1, 12, 13);
	}
	for (int i = 0; i < random && good; i++)
		good = add_size(j, 1 + next_random() % LARGEST_RANDOM, 1 + next_random() % LARGEST_RANDOM,
		                1 + next_random() % LARGEST_RANDOM);
	if (!good)
		fprintf(stderr, "usage: dynamic-matmul [--target NAME] [--random COUNT] [--kernel FILE] [M N K]...\n");
	return good;
}

/* ---- matrices ---- */

static float *make_matrix(int64_t rows, int64_t columns)
{
	float *x = malloc(sizeof *x * (size_t)(rows * columns + 1));
	for (int64_t i = 0; x && i < rows * columns; i++)
		x[i] = (float)(next_random() % 2001) / 1000 - 1;
	return x;
}

/* The largest difference to three plain loops, relative to the largest element. */
static double compare(const float *a, const float *b, const float *c, size s)
{
	double difference = 0, largest = 1e-30, *row = malloc(sizeof *row * (size_t)(s.n + 1));
	for (int64_t i = 0; i < s.m && row; i++) {
		memset(row, 0, sizeof *row * (size_t)s.n);
		for (int64_t p = 0; p < s.k; p++)
			for (int64_t j = 0; j < s.n; j++)
				row[j] += (double)a[i * s.k + p] * b[p * s.n + j];
		for (int64_t j = 0; j < s.n; j++) {
			double d = fabs(row[j] - c[i * s.n + j]);
			largest = fmax(largest, fabs(row[j]));
			difference = d > difference || isnan(d) ? d : difference;
		}
	}
	free(row);
	return row ? difference / largest : INFINITY;
}

/* ---- one size ---- */

static hdt_status multiply(hdt_kernel *kernel, float *a, float *b, float *c, size s)
{
	hdt_array A = {.dtype = HDT_F32, .rank = 2, .shape = {s.m, s.k}, .data = a};
	hdt_array B = {.dtype = HDT_F32, .rank = 2, .shape = {s.k, s.n}, .data = b};
	hdt_array C = {.dtype = HDT_F32, .rank = 2, .shape = {s.m, s.n}, .data = c};
	hdt_kernel_argument arguments[] = {
		{.name = "a", .array = &A},   {.name = "b", .array = &B},   {.name = "c", .array = &C},
		{.name = "m", .integer = s.m}, {.name = "n", .integer = s.n}, {.name = "k", .integer = s.k},
	};
	return hdt_kernel_run(kernel, arguments, sizeof arguments / sizeof *arguments);
}

static hdt_status check_size(job *j, hdt_kernel *kernel, size s)
{
	float *a = make_matrix(s.m, s.k), *b = make_matrix(s.k, s.n), *c = make_matrix(s.m, s.n);
	hdt_status status = a && b && c ? multiply(kernel, a, b, c, s) : HDT_OUT_OF_MEMORY;
	double error = status == HDT_OK ? compare(a, b, c, s) : 0;
	if (error > j->worst || isnan(error)) {
		j->worst = error;
		j->worst_size = s;
	}
	if (status == HDT_OK && j->count <= 16)
		printf("%lld x %lld x %lld: error %.2e\n", (long long)s.m, (long long)s.n, (long long)s.k, error);
	free(a);
	free(b);
	free(c);
	return status;
}

/* ---- all of it ---- */

static hdt_status run(hdt_session *session, job *j)
{
	hdt_kernel *kernel = NULL;
	const hdt_compile_options how = {.size = sizeof how, .target = j->target};
	hdt_status status = hdt_kernel_load(session, j->kernel, &how, &kernel);
	for (int i = 0; i < j->count && status == HDT_OK; i++)
		status = check_size(j, kernel, j->sizes[i]);
	hdt_kernel_free(kernel);
	return status;
}

int main(int argc, char **argv)
{
	static job j = {.target = "sim", .kernel = "matmul.hds"};
	hdt_session *session = NULL;
	if (!read_arguments(&j, argc, argv))
		return 2;
	hdt_status status = hdt_session_open(NULL, &session);
	if (status == HDT_OK)
		status = run(session, &j);
	if (status != HDT_OK) {
		fprintf(stderr, "dynamic-matmul: %s\n", hdt_session_error(session));
		hdt_session_close(session);
		return 2;
	}
	bool good = j.worst <= tolerance;
	printf("%d sizes, compilations: %d, largest error %.2e (%lld x %lld x %lld): %s\n", j.count,
	       hdt_session_compilations(session), j.worst, (long long)j.worst_size.m, (long long)j.worst_size.n,
	       (long long)j.worst_size.k, good ? "right" : "WRONG");
	hdt_session_close(session);
	return good ? 0 : 1;
}
