/* timing.c: CLOCK_MONOTONIC: a change of the wall clock is none of time. */
#include "base/timing.h"

#include <stdlib.h>
#include <time.h>

double now_us(void)
{
	struct timespec t;
	clock_gettime(CLOCK_MONOTONIC, &t);
	return (double)t.tv_sec * 1e6 + (double)t.tv_nsec / 1e3;
}

double now_ms(void)
{
	return now_us() / 1e3;
}

double now_seconds(void)
{
	return now_us() / 1e6;
}

static int compare(const void *a, const void *b)
{
	double x = *(const double *)a, y = *(const double *)b;
	return (x > y) - (x < y);
}

void times_sort(double *times, int count)
{
	qsort(times, (size_t)count, sizeof *times, compare);
}

double times_median(double *times, int count)
{
	times_sort(times, count);
	return times[count / 2];
}
