/* pool.c: what a parallel loop of the cpu target costs.
 *     bench_pool [THREADS]        default: what the process may use
 *
 * Prints the time of an empty loop while the workers spin; of the first loop after a pause in which they fell asleep; and of loops with a known
 * amount of work, alone and beside a process that keeps one processor busy. */
#include "plugins/target-cpu/pool.h"

#include <sched.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <sys/wait.h>
#include <time.h>
#include <unistd.h>

enum { SAMPLES = 20001, PAUSES = 101, ITERATIONS = 64 };

typedef struct times {
	double us[SAMPLES];
	int count;
} times;

static double now_us(void)
{
	struct timespec t;
	clock_gettime(CLOCK_MONOTONIC, &t);
	return (double)t.tv_sec * 1e6 + (double)t.tv_nsec / 1e3;
}

static int compare(const void *a, const void *b)
{
	double x = *(const double *)a, y = *(const double *)b;
	return (x > y) - (x < y);
}

static void print(const char *what, times *t)
{
	double sum = 0;
	qsort(t->us, (size_t)t->count, sizeof *t->us, compare);
	for (int i = 0; i < t->count; i++)
		sum += t->us[i];
	printf("%-56s min %9.2f  median %9.2f  mean %9.2f  p95 %9.2f  p99 %9.2f us\n", what, t->us[0], t->us[t->count / 2],
	       sum / t->count, t->us[t->count * 95 / 100], t->us[t->count * 99 / 100]);
}

/* Steps of a chain of dependent multiply-adds that take a microsecond. */
static long steps_of_us;
static volatile double kept;

static void spend(long steps)
{
	double x = kept;
	for (long i = 0; i < steps; i++)
		x = x * 0.999999 + 1e-9;
	kept = x;
}

static void calibrate(void)
{
	double best = 1e30;
	for (int i = 0; i < 20; i++) {
		double begin = now_us();
		spend(100000);
		double taken = now_us() - begin;
		best = taken < best ? taken : best;
	}
	steps_of_us = (long)(100000 / best);
}

static void nothing(void *closure, int64_t begin, int64_t end)
{
	(void)closure;
	(void)begin;
	(void)end;
}

static void spend_each(void *closure, int64_t begin, int64_t end)
{
	spend(*(const long *)closure * (end - begin));
}

static double time_loop(pool *p, int64_t count, pool_body body, void *closure)
{
	double begin = now_us();
	pool_for(p, count, body, closure);
	return now_us() - begin;
}

static void bench_empty(pool *p, times *t)
{
	for (t->count = 0; t->count < SAMPLES; t->count++)
		t->us[t->count] = time_loop(p, pool_threads(p), nothing, NULL);
	print("empty loop, workers spinning", t);
}

static void bench_asleep(pool *p, times *t)
{
	for (t->count = 0; t->count < PAUSES; t->count++) {
		usleep(10000);
		t->us[t->count] = time_loop(p, pool_threads(p), nothing, NULL);
	}
	print("empty loop after 10 ms of rest", t);
}

/* Loops that take `work_us` on all threads together. */
static void bench_work(pool *p, times *t, const char *where, double work_us)
{
	char what[96];
	long steps = (long)(work_us * (double)steps_of_us / ITERATIONS);
	double until = now_us() + 2e6;
	for (t->count = 0; t->count < SAMPLES && now_us() < until; t->count++)
		t->us[t->count] = time_loop(p, ITERATIONS, spend_each, &steps);
	snprintf(what, sizeof what, "%.0f us of work, ideal %.1f us%s", work_us, work_us / pool_threads(p), where);
	print(what, t);
}

static void bench_all_work(pool *p, times *t, const char *where)
{
	static const double amounts[] = {5, 50, 400, 4000};
	for (size_t i = 0; i < sizeof amounts / sizeof *amounts; i++)
		bench_work(p, t, where, amounts[i]);
}

int main(int argc, char **argv)
{
	cpu_set_t set;
	int threads = argc > 1 ? atoi(argv[1]) : sched_getaffinity(0, sizeof set, &set) == 0 ? CPU_COUNT(&set) : 1;
	times *t = malloc(sizeof *t);
	pool *p = threads >= 1 ? pool_new(threads) : NULL;
	if (!t || !p)
		return fprintf(stderr, "bench_pool [THREADS]\n"), 2;
	calibrate();
	printf("%d threads\n", pool_threads(p));
	bench_empty(p, t);
	bench_asleep(p, t);
	bench_all_work(p, t, "");
	pid_t neighbour = fork();
	if (neighbour == 0) {
		alarm(60); /* whatever becomes of the parent */
		for (;;)
			spend(1000000);
	}
	bench_all_work(p, t, ", a busy neighbour");
	if (neighbour > 0) {
		kill(neighbour, SIGKILL);
		waitpid(neighbour, NULL, 0);
	}
	pool_free(p);
	free(t);
	return 0;
}
