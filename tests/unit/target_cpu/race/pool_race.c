/* pool_race.c: many small and large loops on pools of one to four threads, for the thread sanitizer to watch. Exit code
 * 0: all sums were right and no race was seen. */
#include "pool.h"

#include <stdio.h>
#include <stdlib.h>
#include <time.h>

enum { COUNT = 1000, LOOPS = 2000 };

typedef struct sums {
	int64_t item[COUNT]; /* plain memory: two threads on one item would be a race */
	int64_t round;
} sums;

static void add(void *closure, int64_t begin, int64_t end)
{
	sums *s = closure;
	for (int64_t i = begin; i < end; i++)
		s->item[i] += i + s->round;
}

static int check(int threads)
{
	pool *p = pool_new(threads);
	sums *s = calloc(1, sizeof *s);
	if (!p || !s)
		return 1;
	int64_t rounds[COUNT] = {0}, added[COUNT] = {0};
	for (int k = 0; k < LOOPS; k++) {
		int64_t count = k % 7 == 0 ? COUNT : k % 13;
		s->round = k;
		pool_for(p, count, add, s);
		for (int64_t i = 0; i < count; i++)
			rounds[i]++, added[i] += k;
		if (k % 500 == 499) {
			struct timespec nap = {.tv_nsec = 5000000}; /* long enough for the workers to go to sleep */
			nanosleep(&nap, NULL);
		}
	}
	int wrong = 0;
	for (int64_t i = 0; i < COUNT; i++)
		wrong += s->item[i] != i * rounds[i] + added[i];
	pool_free(p);
	free(s);
	if (wrong)
		printf("%d threads: %d sums are wrong\n", threads, wrong);
	return wrong;
}

int main(void)
{
	int wrong = 0;
	for (int threads = 1; threads <= 4; threads++)
		wrong += check(threads);
	return wrong != 0;
}
