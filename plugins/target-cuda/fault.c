/* fault.c: the record that kernels write when they find a fault: one for each device, in memory of the host that the
 * device reaches, so that reading it costs a run nothing and works even after the kernel was stopped. */
#include "state.h"

#include <inttypes.h>
#include <stdio.h>
#include <string.h>

CUresult faults_init(hdt_device *device)
{
	void *memory = NULL;
	CUresult result = device->driver->host_allocate(&memory, sizeof *device->faults, CU_MEMHOSTALLOC_DEVICEMAP);
	if (result == CUDA_SUCCESS)
		result = device->driver->host_device_address(&device->faults_address, memory, 0);
	if (result != CUDA_SUCCESS)
		return result;
	device->faults = memory;
	faults_clear(device);
	return CUDA_SUCCESS;
}

void faults_clear(hdt_device *device)
{
	memset(device->faults, 0, sizeof *device->faults);
}

bool faults_get(const hdt_device *device, hdt_fault *out)
{
	const volatile hidet_fault_record *shared = device->faults;
	if (!shared->taken || shared->kind == HIDET_FAULT_NONE)
		return false;
	hidet_fault_record r;
	memcpy(&r, device->faults, sizeof r);
	r.message[sizeof r.message - 1] = 0;
	*out = (hdt_fault){.launch = r.launch, .status = HDT_BAD_INPUT};
	if (r.kind == HIDET_FAULT_INDEX)
		snprintf(out->message, sizeof out->message, "index %lld is outside 0..%lld", r.index, r.extent - 1);
	else if (r.line > 0)
		snprintf(out->message, sizeof out->message, "line %d: %s", r.line, r.message);
	else
		snprintf(out->message, sizeof out->message, "%s", r.message);
	return true;
}

CUresult faults_connect(hdt_device *device, CUmodule module)
{
	CUdeviceptr address;
	size_t bytes;
	CUresult result = device->driver->module_global(&address, &bytes, module, "hidet_faults");
	if (result == CUDA_SUCCESS)
		result = device->driver->memory_copy(address, (CUdeviceptr)(uintptr_t)&device->faults_address,
		                                     sizeof device->faults_address, device->stream);
	return result == CUDA_SUCCESS ? device->driver->stream_wait(device->stream) : result;
}
