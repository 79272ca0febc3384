/* time.c: how long launches take by the clock, the median of several times many repeats. */
#include "cpu.h"

#include <stdlib.h>
#include <time.h>

enum { ROUNDS = 5 };

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

hdt_status launches_time(hdt_device *device, const hdt_launch *launches, int count, int repeats, double *microseconds,
                         hdt_fault *fault)
{
	double times[ROUNDS];
	repeats = repeats < 1 ? 1 : repeats;
	*microseconds = 0;
	hdt_status status = launches_run(device, launches, count, fault);
	for (int round = 0; round < ROUNDS && status == HDT_OK; round++) {
		double begin = now_us();
		for (int i = 0; i < repeats && status == HDT_OK; i++)
			status = launches_run(device, launches, count, fault);
		times[round] = (now_us() - begin) / repeats;
	}
	if (status == HDT_OK) {
		qsort(times, ROUNDS, sizeof *times, compare);
		*microseconds = times[ROUNDS / 2];
	}
	return status;
}
