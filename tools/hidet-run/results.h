/* results.h: what comes out of a run: shown, compared with what is expected, saved, reported. */
#ifndef HIDET_RUN_RESULTS_H
#define HIDET_RUN_RESULTS_H

#include "base/context.h"
#include "options.h"
#include <hidet/hidet.h>
#include <jansson.h>

typedef struct results {
	const options *o;
	hdt_context *context; /* for names and diagnostics */
	hdt_array *outputs;
	int count;
	double compile_ms, run_ms;
	double max_absolute, max_relative; /* from --expect, once they are given */
	int64_t mismatched;
} results;

/* Show them, compare them with --expect, save and report them as the options ask. The exit code; a mismatch is one, a fault is told on
 * stderr. */
int results_give(results *r);
/* The dtype whose tolerance is that of a precision: tf32 has as many digits as f16. */
hdt_dtype results_tolerance(const char *precision);

#endif
