/* run.c: a run: its launches one after the other on the device's stream, or as one graph when the same run was there
 * before; then a wait.
 *
 * What goes wrong before a launch has started leaves the device whole. A kernel that faults while it runs takes the
 * whole context with it: the device says so from then on, and other devices go on.
 *
 *     HIDET_CUDA_GRAPH=0   never make a graph
 *     HIDET_CUDA_SYNC=1    wait after each launch, so that the one that faults is known */
#include "state.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

static bool is_set(const char *variable, char value)
{
	const char *text = getenv(variable);
	return text && text[0] == value && !text[1];
}

/* Wait for all that was started. A fault that a kernel recorded is told before what the driver makes of it. */
static hdt_status wait_for(hdt_device *device, int index, hdt_fault *fault)
{
	CUresult result = device->driver->stream_wait(device->stream);
	bool recorded = faults_get(device, fault);
	if (result != CUDA_SUCCESS)
		device_die(device, result);
	if (recorded)
		return fault->status;
	if (result == CUDA_SUCCESS)
		return HDT_OK;
	return launch_fail(fault, index, HDT_BAD_TARGET, "a kernel stopped the device: %s%s", device->death,
	                   index < 0 ? " (HIDET_CUDA_SYNC=1 tells which)" : "");
}

static hdt_status start_all(hdt_device *device, const hdt_launch *launches, int count, bool sync, hdt_fault *fault)
{
	for (int i = 0; i < count; i++) {
		hdt_status status = launch_start(device, &launches[i], i, fault);
		if (status == HDT_OK && sync)
			status = wait_for(device, i, fault);
		if (status != HDT_OK)
			return status;
	}
	return HDT_OK;
}

/* ---- graphs ---- */

/* The launches as a graph. What cannot become one is run launch by launch for ever. */
static void record(hdt_device *device, const hdt_launch *launches, int count, recording *one)
{
	const driver *d = device->driver;
	hdt_fault ignored;
	CUgraph graph = NULL;
	if (d->capture_begin(device->stream, CU_STREAM_CAPTURE_MODE_THREAD_LOCAL) != CUDA_SUCCESS)
		return;
	hdt_status status = start_all(device, launches, count, false, &ignored);
	if (d->capture_end(device->stream, &graph) != CUDA_SUCCESS || !graph)
		return;
	if (status != HDT_OK || d->graph_instantiate(&one->executable, graph, 0) != CUDA_SUCCESS)
		one->executable = NULL;
	(void)d->graph_destroy(graph);
}

/* The executable of this list when it has been run before; NULL: run it launch by launch. */
static CUgraphExec executable_of(hdt_device *device, const hdt_launch *launches, int count)
{
	if (count < 2 || is_set("HIDET_CUDA_GRAPH", '0'))
		return NULL;
	recording *one = recordings_get(&device->recordings, device->driver, launches, count);
	if (!one)
		return NULL;
	if (one->runs++ == 1)
		record(device, launches, count, one);
	return one->executable;
}

/* ---- the run ---- */

static hdt_status run_entered(hdt_device *device, const hdt_launch *launches, int count, hdt_fault *fault)
{
	bool sync = is_set("HIDET_CUDA_SYNC", '1');
	CUgraphExec executable = sync ? NULL : executable_of(device, launches, count);
	hdt_status status = HDT_OK;
	faults_clear(device);
	if (executable) {
		CUresult result = device->driver->graph_launch(executable, device->stream);
		if (result != CUDA_SUCCESS)
			status = driver_fail(device, fault, -1, result, "launching a graph");
	} else {
		status = start_all(device, launches, count, sync, fault);
	}
	/* What was started before a launch was refused has to end, too. */
	hdt_fault later;
	hdt_status ended = wait_for(device, count == 1 ? 0 : -1, &later);
	if (status == HDT_OK && ended != HDT_OK)
		*fault = later;
	return status != HDT_OK ? status : ended;
}

hdt_status launches_run(hdt_device *device, const hdt_launch *launches, int count, hdt_fault *fault)
{
	*fault = (hdt_fault){.launch = -1, .status = HDT_OK};
	if (count <= 0)
		return HDT_OK;
	if (!device->driver)
		return launch_fail(fault, -1, HDT_BAD_TARGET, "the device was opened for compiling only (HIDET_CUDA_ARCH=%s)",
		                   device->architecture);
	if (atomic_load(&device->dead))
		return launch_fail(fault, -1, HDT_BAD_TARGET,
		                   "the device stopped in an earlier run (%s): it has to be opened anew", device->death);
	if (!device_enter(device))
		return launch_fail(fault, -1, HDT_BAD_TARGET, "the device's context cannot be entered");
	hdt_status status = run_entered(device, launches, count, fault);
	device_leave(device);
	return status;
}
