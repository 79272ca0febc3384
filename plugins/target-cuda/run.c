/* run.c: a run: its launches one after the other on the device's stream, or as one graph when the same run was there
 * before; then a wait.
 *
 * What goes wrong before a launch has started leaves the device whole. A kernel that crashes while it runs takes the driver with it
 * (driver.h): every device of the process says so from then on.
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

hdt_status run_wait(hdt_device *device, int index, hdt_status started, hdt_fault *fault)
{
	CUresult result = device->driver->stream_wait(device->stream);
	driver_note(device->driver, result);
	if (started != HDT_OK)
		return started;
	if (faults_get(device, fault))
		return fault->status;
	if (result == CUDA_SUCCESS)
		return HDT_OK;
	if (index < 0 && driver_lost())
		return launch_fail(fault, index, HDT_BAD_TARGET, "%s (HIDET_CUDA_SYNC=1 tells which kernel)", driver_lost());
	return driver_fail(device, fault, index, result, "waiting for the device");
}

hdt_status run_start(hdt_device *device, const hdt_launch *launches, int count, bool sync, hdt_fault *fault)
{
	for (int i = 0; i < count; i++) {
		hdt_status status = launch_start(device, &launches[i], i, fault);
		if (status == HDT_OK && sync)
			status = run_wait(device, i, HDT_OK, fault);
		if (status != HDT_OK)
			return status;
	}
	return HDT_OK;
}

/* ---- graphs ---- */

CUgraphExec run_capture(hdt_device *device, const hdt_launch *launches, int count, int repeats)
{
	const driver *d = device->driver;
	hdt_fault ignored;
	hdt_status status = HDT_OK;
	CUgraph graph = NULL;
	CUgraphExec executable = NULL;
	if (is_set("HIDET_CUDA_GRAPH", '0') ||
	    d->capture_begin(device->stream, CU_STREAM_CAPTURE_MODE_THREAD_LOCAL) != CUDA_SUCCESS)
		return NULL;
	for (int i = 0; i < repeats && status == HDT_OK; i++)
		status = run_start(device, launches, count, false, &ignored);
	if (d->capture_end(device->stream, &graph) != CUDA_SUCCESS || !graph)
		return NULL;
	if (status != HDT_OK || d->graph_instantiate(&executable, graph, 0) != CUDA_SUCCESS)
		executable = NULL;
	(void)d->graph_destroy(graph);
	return executable;
}

/* The executable of this list when it has been run before; NULL: run it launch by launch. What cannot become one is run so for ever. */
static CUgraphExec executable_of(hdt_device *device, const hdt_launch *launches, int count)
{
	if (count < 2 || is_set("HIDET_CUDA_GRAPH", '0'))
		return NULL;
	recording *one = recordings_get(&device->recordings, device->driver, launches, count);
	if (!one)
		return NULL;
	if (one->runs++ == 1)
		one->executable = run_capture(device, launches, count, 1);
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
		status = run_start(device, launches, count, sync, fault);
	}
	return run_wait(device, count == 1 ? 0 : -1, status, fault);
}

hdt_status run_enter(hdt_device *device, hdt_fault *fault)
{
	*fault = (hdt_fault){.launch = -1, .status = HDT_OK};
	if (!device->driver)
		return launch_fail(fault, -1, HDT_BAD_TARGET, "the device was opened for compiling only (HIDET_CUDA_ARCH=%s)",
		                   device->architecture);
	if (driver_lost() || !device_enter(device))
		return launch_fail(fault, -1, HDT_BAD_TARGET, "%s",
		                   driver_lost() ? driver_lost() : "the device's context cannot be entered");
	return HDT_OK;
}

hdt_status launches_run(hdt_device *device, const hdt_launch *launches, int count, hdt_fault *fault)
{
	*fault = (hdt_fault){.launch = -1, .status = HDT_OK};
	hdt_status status = count > 0 ? run_enter(device, fault) : HDT_OK;
	if (status != HDT_OK || count <= 0)
		return status;
	status = run_entered(device, launches, count, fault);
	device_leave(device);
	return status;
}
