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
	atomic_int bad; /* 0: none, 1: being recorded, 2: recorded */
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

static void bad_index(const hidet_runtime *rt, int64_t index, int64_t extent)
{
	run *r = (run *)(uintptr_t)rt;
	int none = 0;
	if (!atomic_compare_exchange_strong(&r->bad, &none, 1))
		return;
	r->bad_index = index;
	r->bad_extent = extent;
	atomic_store(&r->bad, 2);
}

hdt_status launches_run(hdt_device *device, const hdt_launch *launches, int count, hdt_fault *fault)
{
	run r = {.runtime = {parallel, bad_index}, .pool = device->pool};
	*fault = (hdt_fault){.launch = -1, .status = HDT_OK};
	for (int i = 0; i < count; i++) {
		const hdt_launch *launch = &launches[i];
		hidet_entry *entry;
		memcpy(&entry, &launch->function, sizeof entry); /* C has no cast from an object's address to a function's */
		entry(&r.runtime, launch->buffers, launch->symbols);
		/* A launch has returned only after all of its pieces did: the record is whole. */
		if (!atomic_load(&r.bad))
			continue;
		*fault = (hdt_fault){.launch = i, .status = HDT_BAD_INPUT};
		snprintf(fault->message, sizeof fault->message, "index %" PRId64 " is outside 0..%" PRId64, r.bad_index,
		         r.bad_extent - 1);
		return fault->status;
	}
	return HDT_OK;
}
