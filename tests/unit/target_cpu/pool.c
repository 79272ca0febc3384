/* Tests of the worker pool: every iteration once, whatever the sizes and the number of threads. */
#include "../../../plugins/target-cpu/pool.h"

#include <criterion/criterion.h>
#include <sys/wait.h>
#include <unistd.h>

enum { MOST = 5000 };

static void count_visit(void *closure, int64_t begin, int64_t end)
{
	int *visits = closure;
	for (int64_t i = begin; i < end; i++)
		visits[i]++;
}

Test(pool, visits_every_iteration_once_for_all_counts_and_threads)
{
	static const int64_t counts[] = {0, 1, 2, 3, 7, 8, 9, 16, 17, 100, MOST};
	static int visits[MOST];
	for (int threads = 1; threads <= 4; threads++) {
		pool *p = pool_new(threads);
		cr_assert_not_null(p);
		cr_assert_eq(pool_threads(p), threads);
		for (size_t c = 0; c < sizeof counts / sizeof *counts; c++) {
			memset(visits, 0, sizeof visits);
			pool_for(p, counts[c], count_visit, visits);
			for (int64_t i = 0; i < MOST; i++)
				cr_assert_eq(visits[i], i < counts[c], "iteration %d of %d on %d threads", (int)i, (int)counts[c],
				             threads);
		}
		pool_free(p);
	}
}

/* The pieces of a loop by where they begin. */
static void note_piece(void *closure, int64_t begin, int64_t end)
{
	int *sizes = closure;
	sizes[begin] = (int)(end - begin);
}

Test(pool, pieces_and_homes_differ_by_one_iteration_at_most)
{
	for (int threads = 2; threads <= 4; threads++) {
		pool *p = pool_new(threads);
		for (int count = 2; count < 100; count++) {
			int sizes[100] = {0}, least = count, most = 0;
			pool_for(p, count, note_piece, sizes);
			for (int i = 0; i < count; i += sizes[i]) {
				cr_assert_gt(sizes[i], 0, "the pieces follow each other");
				least = sizes[i] < least ? sizes[i] : least;
				most = sizes[i] > most ? sizes[i] : most;
			}
			cr_assert_leq(most - least, 1);
			for (int t = 0; count >= 4 * threads && t < threads; t++)
				cr_assert_gt(sizes[count * t / threads], 0, "home %d of %d begins with a piece, %d iterations", t,
				             threads, count);
		}
		pool_free(p);
	}
}

typedef struct nested {
	pool *pool;
	int visits[16][64];
} nested;

static void run_inner(void *closure, int64_t begin, int64_t end)
{
	nested *n = closure;
	for (int64_t i = begin; i < end; i++)
		pool_for(n->pool, 64, count_visit, n->visits[i]);
}

Test(pool, a_loop_inside_a_loop_runs_whole)
{
	nested n = {.pool = pool_new(3)};
	pool_for(n.pool, 16, run_inner, &n);
	for (int i = 0; i < 16; i++)
		for (int j = 0; j < 64; j++)
			cr_assert_eq(n.visits[i][j], 1);
	pool_free(n.pool);
}

Test(pool, many_runs_with_sleep_between_lose_nothing)
{
	pool *p = pool_new(2);
	static int visits[64];
	for (int k = 0; k < 20000; k++) {
		pool_for(p, 64, count_visit, visits);
		if (k % 4000 == 0)
			usleep(4000); /* the workers sleep after 2 ms */
	}
	for (int i = 0; i < 64; i++)
		cr_assert_eq(visits[i], 20000);
	pool_free(p);
}

Test(pool, a_forked_child_without_workers_computes_and_frees)
{
	pool *p = pool_new(4);
	static int visits[100];
	pid_t child = fork();
	if (child == 0) {
		pool_for(p, 100, count_visit, visits);
		int sum = 0;
		for (int i = 0; i < 100; i++)
			sum += visits[i];
		pool_free(p);
		_exit(sum == 100 ? 0 : 1);
	}
	int status = -1;
	waitpid(child, &status, 0);
	cr_assert_eq(status, 0);
	pool_free(p);
}
