/* fault.h: faults that kernels find themselves. The first one of a run is recorded. */
extern "C" {
__device__ hidet_fault_record *hidet_faults; /* set when the module is loaded */
}

static __device__ __noinline__ void hidet_bad_index(hidet_runtime launch, int64_t index, int64_t extent)
{
	hidet_fault_record *r = hidet_faults;
	if (atomicCAS(&r->taken, 0, 1) != 0)
		return;
	r->launch = launch;
	r->index = index;
	r->extent = extent;
	r->kind = HIDET_FAULT_INDEX;
	__threadfence_system();
}

/* Stops the kernel: nothing that follows could rely on the condition, and other threads may wait for this one. */
static __device__ __noinline__ void hidet_assertion_failed(hidet_runtime launch, int32_t line, const char *message)
{
	hidet_fault_record *r = hidet_faults;
	if (atomicCAS(&r->taken, 0, 1) == 0) {
		int n = 0;
		for (; message[n] && n < (int)sizeof r->message - 1; n++)
			r->message[n] = message[n];
		r->message[n] = 0;
		r->launch = launch;
		r->line = line;
		r->kind = HIDET_FAULT_ASSERT;
	} else {
		__nanosleep(1000000); /* let the first one write its record */
	}
	__threadfence_system();
	__trap();
}

HIDET_INLINE int64_t hidet_bounded(hidet_runtime rt, int64_t index, int64_t extent)
{
	if (__builtin_expect(index >= 0 && index < extent, 1))
		return index;
	hidet_bad_index(rt, index, extent);
	return 0;
}

#define hidet_assert(rt, condition, line, message) \
	(__builtin_expect(!!(condition), 1) ? (void)0 : hidet_assertion_failed(rt, line, message))
