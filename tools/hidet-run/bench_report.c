/* bench_report.c: what bench has measured, as text, as JSON, and as a trace for a browser's viewer of traces (chrome://tracing, Perfetto). */
#include "bench.h"

#include "verbs.h"
#include <stdio.h>
#include <stdlib.h>

/* Kernels told in the text; all with -v. */
enum { SHOWN_KERNELS = 20 };

static double sum_of_steps(const bench *b)
{
	double sum = 0;
	for (int i = 0; i < b->step_count; i++)
		sum += b->steps[i].median_us;
	return sum;
}

/* ---- text -------------------------------------------------------------------------------------------------------------- */

static int slower_first(const void *a, const void *b)
{
	const step_measure *x = *(const step_measure *const *)a, *y = *(const step_measure *const *)b;
	if (x->median_us != y->median_us)
		return x->median_us < y->median_us ? 1 : -1;
	return (x > y) - (x < y);
}

/* What a rate is of 0 seconds is nobody's concern. */
static double rate(int64_t amount, double us)
{
	return amount > 0 && us > 0 ? (double)amount / us * 1e-3 : 0;
}

/* In percent; 0 of what is not known. */
static double share(double part, double whole)
{
	return whole > 0 ? part / whole * 100 : 0;
}

static void print_steps(const bench *b)
{
	const step_measure **order = calloc((size_t)b->step_count + 1, sizeof *order);
	double sum = sum_of_steps(b);
	if (!order)
		return; /* the sums above are told */
	for (int i = 0; i < b->step_count; i++)
		order[i] = &b->steps[i];
	qsort(order, (size_t)b->step_count, sizeof(step_measure *), slower_first);
	int shown = b->o->verbose || b->step_count < SHOWN_KERNELS ? b->step_count : SHOWN_KERNELS;
	printf("\n%10s %6s %9s %6s %8s %6s  %-12s %-18s %s\n", "us", "%", "GFLOP/s", "% fma", "GB/s", "% copy", "scheduler",
	       "kernel", "operators");
	for (int i = 0; i < shown; i++) {
		const step_measure *s = order[i];
		double flops = rate(s->flops, s->median_us), bytes = rate(s->bytes, s->median_us);
		printf("%10.2f %6.2f %9.2f %6.1f %8.2f %6.1f  %-12s %-18s %s\n", s->median_us, share(s->median_us, sum), flops,
		       share(flops, b->peak_gflops), bytes, share(bytes, b->copy_gbytes), s->scheduler, s->kernel, s->text);
	}
	if (shown < b->step_count)
		printf("%10s and %d more: -v shows all\n", "", b->step_count - shown);
	free(order);
}

static void print_text(const bench *b)
{
	printf("device     %s\n", b->info->device);
	printf("load       %.2f ms\n", b->load_ms);
	printf("compile    %.2f ms%s\n", b->compile_ms, b->compiled.cache_hit ? " (kernels from the cache)" : "");
	printf("first run  %.3f ms\n", b->first_run_ms);
	printf("memory     %.2f MB at most, of which weights %.2f MB, intermediates %.2f MB (at least %.2f MB)",
	       (double)b->peak_rss_bytes * 1e-6, (double)b->compiled.weight_bytes * 1e-6,
	       (double)b->compiled.planned_bytes * 1e-6, (double)b->compiled.lower_bound_bytes * 1e-6);
	if (b->device_peak_bytes)
		printf("; of the device %.2f MB", (double)b->device_peak_bytes * 1e-6);
	printf("\nkernels    %d a run, %.3f ms in them\n", b->compiled.launches, sum_of_steps(b) * 1e-3);
	if (b->peak_gflops > 0)
		printf("processor  %.0f GFLOP/s of multiply-adds, %.1f GB/s of a copy\n", b->peak_gflops, b->copy_gbytes);
	printf("Throughput: %.3f qps\n", bench_mean(b) > 0 ? 1e3 / bench_mean(b) : 0);
	printf("Latency: min = %.4f ms, median = %.4f ms, mean = %.4f ms", bench_percentile(b, 0), bench_percentile(b, 50),
	       bench_mean(b));
	for (int i = 0; i < b->percentile_count; i++)
		if (b->percentiles[i] != 50)
			printf(", p%g = %.4f ms", b->percentiles[i], bench_percentile(b, b->percentiles[i]));
	printf(" (%d runs)\n", b->runs.count);
	if (!b->o->quiet)
		print_steps(b);
}

/* ---- JSON -------------------------------------------------------------------------------------------------------------- */

/* A text that may have come out of a file. */
static json_t *text_of(const char *words)
{
	json_t *valid = json_string(words);
	return valid ? valid : json_string("(not UTF-8)");
}

static json_t *latencies(const bench *b)
{
	json_t *all = json_pack("{s:f, s:f, s:f}", "min", bench_percentile(b, 0), "median", bench_percentile(b, 50), "mean",
	                        bench_mean(b));
	json_object_set_new(all, "p90", json_real(bench_percentile(b, 90)));
	json_object_set_new(all, "p99", json_real(bench_percentile(b, 99)));
	for (int i = 0; i < b->percentile_count; i++) {
		char name[40];
		snprintf(name, sizeof name, "p%g", b->percentiles[i]);
		json_object_set_new(all, name, json_real(bench_percentile(b, b->percentiles[i])));
	}
	return all;
}

static json_t *steps_report(const bench *b)
{
	json_t *all = json_array();
	for (int i = 0; i < b->step_count; i++) {
		const step_measure *s = &b->steps[i];
		json_array_append_new(all, json_pack("{s:o, s:o, s:o, s:f, s:I, s:I, s:i}", "name", text_of(s->text), "kernel",
		                                     text_of(s->kernel), "scheduler", text_of(s->scheduler), "median_us",
		                                     s->median_us, "flops", (json_int_t)s->flops, "bytes", (json_int_t)s->bytes,
		                                     "launches", s->launches));
	}
	return all;
}

static json_t *make_report(const bench *b)
{
	json_t *report = json_pack("{s:o, s:o, s:i}", "target", text_of(b->info->target), "device",
	                           text_of(b->info->device), "threads", b->info->threads);
	json_object_set_new(report, "latency_ms", latencies(b));
	json_object_set_new(report, "throughput_qps", json_real(bench_mean(b) > 0 ? 1e3 / bench_mean(b) : 0));
	json_object_set_new(report, "runs", json_integer(b->runs.count));
	json_object_set_new(report, "load_ms", json_real(b->load_ms));
	json_object_set_new(report, "compile_ms", json_real(b->compile_ms));
	json_object_set_new(report, "cache_hit", json_boolean(b->compiled.cache_hit));
	json_object_set_new(report, "first_run_ms", json_real(b->first_run_ms));
	json_object_set_new(report, "peak_rss_bytes", json_integer(b->peak_rss_bytes));
	json_object_set_new(report, "device_peak_bytes", json_integer(b->device_peak_bytes));
	json_object_set_new(report, "weight_bytes", json_integer(b->compiled.weight_bytes));
	json_object_set_new(report, "planned_bytes", json_integer(b->compiled.planned_bytes));
	json_object_set_new(report, "lower_bound_bytes", json_integer(b->compiled.lower_bound_bytes));
	json_object_set_new(report, "kernels", json_integer(b->compiled.launches));
	json_object_set_new(report, "fma_peak_gflops", json_real(b->peak_gflops));
	json_object_set_new(report, "copy_gbytes_per_s", json_real(b->copy_gbytes));
	json_object_set_new(report, "operators", steps_report(b));
	return report;
}

/* ---- trace ------------------------------------------------------------------------------------------------------------- */

static json_t *make_trace(const bench *b)
{
	json_t *events = json_array();
	for (int i = 0; i < b->step_count; i++) {
		const step_measure *s = &b->steps[i];
		json_t *details = json_pack("{s:o, s:I, s:I}", "kernel", text_of(s->kernel), "flops", (json_int_t)s->flops,
		                            "bytes", (json_int_t)s->bytes);
		json_array_append_new(events, json_pack("{s:o, s:o, s:s, s:f, s:f, s:i, s:i, s:o}", "name", text_of(s->text),
		                                        "cat", text_of(s->scheduler), "ph", "X", "ts", s->begin_us, "dur",
		                                        s->median_us, "pid", 1, "tid", 1, "args", details));
	}
	return json_pack("{s:o, s:s}", "traceEvents", events, "displayTimeUnit", "ms");
}

int bench_give(const bench *b)
{
	bool good = true;
	if (!json_on_stdout(b->o))
		print_text(b);
	if (b->o->profile)
		good = save_json(make_trace(b), b->o->profile);
	good = report_json(b->o, make_report(b)) && good;
	return good ? 0 : exit_code_of(HDT_IO_ERROR);
}
