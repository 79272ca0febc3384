/* bench.h: what the verb bench measures, and how it is told. */
#ifndef HIDET_RUN_BENCH_H
#define HIDET_RUN_BENCH_H

#include "base/vec.h"
#include "core/session.h"
#include "options.h"

enum { MOST_PERCENTILES = 16 };

typedef struct bench {
	const options *o;
	const hdt_target_info *info; /* of the device */
	double load_ms, compile_ms, first_run_ms;
	VEC(double) runs; /* milliseconds of each run of the steady state; sorted once they are all there */
	double total_ms;  /* of them all, by one clock */
	double percentiles[MOST_PERCENTILES];
	int percentile_count;
	int64_t peak_rss_bytes;    /* of this process, up to the end of the steady state */
	int64_t device_peak_bytes; /* memory of a device that has its own; 0: it uses the host's */
	compile_report compiled;
	step_measure *steps; /* in the order of a run */
	int step_count;
	/* What the processor does at most with these threads; 0: not known. */
	double peak_gflops; /* multiply-adds of f32, each two operations */
	double copy_gbytes; /* read and written a second */
} bench;

/* The run that is no faster than `percent` of all; 0 when there is none. */
double bench_percentile(const bench *b, double percent);
double bench_mean(const bench *b);

/* Fill in the peaks of a target that runs CPU functions: bench_peak.c. What cannot be measured stays 0. */
void bench_measure_peak(bench *b, const hdt_session *session, const hdt_target *target);

/* Print the results, write --json and --profile: bench_report.c. The exit code. */
int bench_give(const bench *b);

#endif
