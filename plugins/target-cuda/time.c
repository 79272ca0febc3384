/* time.c: how long the device takes for launches. They are repeated within one graph, so that the host's part of starting them does not
 * count, and the graph is started several times between two events; the median counts. */
#include "state.h"

#include <stdlib.h>

enum { ROUNDS = 5 };

typedef struct timing {
	hdt_device *device;
	const hdt_launch *launches;
	int count, repeats;
	CUgraphExec executable; /* of all repeats; NULL: they are started one by one */
	CUevent begin, end;
} timing;

static hdt_status start_repeats(const timing *t, hdt_fault *fault)
{
	hdt_device *d = t->device;
	hdt_status status = HDT_OK;
	if (t->executable) {
		CUresult result = d->driver->graph_launch(t->executable, d->stream);
		return result == CUDA_SUCCESS ? HDT_OK : driver_fail(d, fault, -1, result, "launching a graph");
	}
	for (int i = 0; i < t->repeats && status == HDT_OK; i++)
		status = run_start(d, t->launches, t->count, false, fault);
	return status;
}

static hdt_status measure(const timing *t, double *microseconds, hdt_fault *fault)
{
	const driver *d = t->device->driver;
	float milliseconds = 0;
	CUresult result = d->event_record(t->begin, t->device->stream);
	hdt_status status = start_repeats(t, fault);
	if (result == CUDA_SUCCESS)
		result = d->event_record(t->end, t->device->stream);
	status = run_wait(t->device, -1, status, fault);
	if (status != HDT_OK)
		return status;
	if (result == CUDA_SUCCESS)
		result = d->event_elapsed(&milliseconds, t->begin, t->end);
	*microseconds = (double)milliseconds * 1e3 / t->repeats;
	return result == CUDA_SUCCESS ? HDT_OK : driver_fail(t->device, fault, -1, result, "measuring time");
}

static int compare(const void *a, const void *b)
{
	double x = *(const double *)a, y = *(const double *)b;
	return (x > y) - (x < y);
}

static hdt_status measure_rounds(timing *t, double *microseconds, hdt_fault *fault)
{
	double times[ROUNDS];
	faults_clear(t->device);
	hdt_status status = run_start(t->device, t->launches, t->count, false, fault);
	status = run_wait(t->device, t->count == 1 ? 0 : -1, status, fault);
	if (status != HDT_OK)
		return status;
	t->executable = run_capture(t->device, t->launches, t->count, t->repeats);
	/* The first round brings the graph onto the device, and does not count. */
	status = measure(t, times, fault);
	for (int i = 0; i < ROUNDS && status == HDT_OK; i++)
		status = measure(t, &times[i], fault);
	if (t->executable)
		(void)t->device->driver->executable_destroy(t->executable);
	if (status == HDT_OK) {
		qsort(times, ROUNDS, sizeof *times, compare);
		*microseconds = times[ROUNDS / 2];
	}
	return status;
}

hdt_status launches_time(hdt_device *device, const hdt_launch *launches, int count, int repeats, double *microseconds,
                         hdt_fault *fault)
{
	timing t = {.device = device, .launches = launches, .count = count, .repeats = repeats < 1 ? 1 : repeats};
	*microseconds = 0;
	hdt_status status = run_enter(device, fault);
	if (status != HDT_OK)
		return status;
	const driver *d = device->driver;
	CUresult result = d->event_create(&t.begin, CU_EVENT_DEFAULT);
	if (result == CUDA_SUCCESS)
		result = d->event_create(&t.end, CU_EVENT_DEFAULT);
	status = result == CUDA_SUCCESS ? measure_rounds(&t, microseconds, fault)
	                                : driver_fail(device, fault, -1, result, "making an event");
	if (t.begin)
		(void)d->event_destroy(t.begin);
	if (t.end)
		(void)d->event_destroy(t.end);
	device_leave(device);
	return status;
}
