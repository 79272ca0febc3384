/* run.c: the launches of a run, one after the other; their parallel loops go to the pool. */
#include "cpu.h"

#include "prelude/runtime.h"
#include <inttypes.h>
#include <stdatomic.h>
#include <stdio.h>
#include <string.h>

/* Below so many scalar operations a loop stays on the calling thread: waking others costs more than it gives. */
enum { SERIAL_WORK = 20000 };

typedef void hidet_entry(const hidet_runtime *rt, void *const *buffers, const int64_t *symbols);

/* A run in progress; the kernels see its first member. */
typedef struct run {
	hidet_runtime runtime;
	pool *pool;
	atomic_int fault;   /* the first one: 0: none, 1: being recorded, 2: recorded */
	atomic_bool stops;  /* an assertion has failed: nothing more is run */
	const char *failed; /* the message of the assertion; NULL: an index is the fault */
	int64_t line;
	int64_t bad_index, bad_extent;
} run;

typedef struct loop {
	const hidet_runtime *runtime;
	hidet_body *body;
	void *const *buffers;
	const int64_t *symbols;
} loop;

static void run_piece(void *closure, int64_t begin, int64_t end)
{
	const loop *l = closure;
	l->body(l->runtime, l->buffers, l->symbols, begin, end);
}

static void parallel(const hidet_runtime *rt, hidet_body *body, void *const *buffers, const int64_t *symbols,
                     int64_t count, int64_t cost)
{
	if (count <= 0)
		return;
	if (count <= SERIAL_WORK / (cost < 1 ? 1 : cost)) {
		body(rt, buffers, symbols, 0, count);
		return;
	}
	loop l = {rt, body, buffers, symbols};
	pool_for(((const run *)rt)->pool, count, run_piece, &l);
}

/* Is this fault the first one, to be recorded by the caller? */
static bool is_first(run *r)
{
	int none = 0;
	return atomic_compare_exchange_strong(&r->fault, &none, 1);
}

static void bad_index(const hidet_runtime *rt, int64_t index, int64_t extent)
{
	run *r = (run *)(uintptr_t)rt;
	if (!is_first(r))
		return;
	r->bad_index = index;
	r->bad_extent = extent;
	atomic_store(&r->fault, 2);
}

static void assertion_failed(const hidet_runtime *rt, int64_t line, const char *message)
{
	run *r = (run *)(uintptr_t)rt;
	atomic_store(&r->stops, true);
	if (!is_first(r))
		return;
	r->failed = message;
	r->line = line;
	atomic_store(&r->fault, 2);
}

static _Bool stops(const hidet_runtime *rt)
{
	return atomic_load(&((run *)(uintptr_t)rt)->stops);
}

static void tell_fault(const run *r, hdt_fault *fault)
{
	if (!r->failed)
		snprintf(fault->message, sizeof fault->message, "index %" PRId64 " is outside 0..%" PRId64, r->bad_index,
		         r->bad_extent - 1);
	else if (r->line)
		snprintf(fault->message, sizeof fault->message, "line %" PRId64 ": assertion failed: %s", r->line, r->failed);
	else
		snprintf(fault->message, sizeof fault->message, "assertion failed: %s", r->failed);
}

hdt_status launches_run(hdt_device *device, const hdt_launch *launches, int count, hdt_fault *fault)
{
	run r = {.runtime = {parallel, bad_index, assertion_failed, stops}, .pool = device->pool};
	*fault = (hdt_fault){.launch = -1, .status = HDT_OK};
	for (int i = 0; i < count; i++) {
		const hdt_launch *launch = &launches[i];
		hidet_entry *entry;
		memcpy(&entry, &launch->function, sizeof entry); /* C has no cast from an object's address to a function's */
		entry(&r.runtime, launch->buffers, launch->symbols);
		/* A launch has returned only after all of its pieces did: the record is whole. */
		if (!atomic_load(&r.fault))
			continue;
		*fault = (hdt_fault){.launch = i, .status = HDT_BAD_INPUT};
		tell_fault(&r, fault);
		return fault->status;
	}
	return HDT_OK;
}
