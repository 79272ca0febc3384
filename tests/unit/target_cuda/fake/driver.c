/* driver.c: a CUDA driver that only pretends: device memory is the host's, launches become lines of a log, and
 * faults are injected. It checks what the real one would refuse: calls without a current context, pointers that are
 * not its own. */
#include "driver.h"

#include "../../../../plugins/target-cuda/prelude/record.h"
#include <cuda.h>
#include <stdarg.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

static fake_state state = {.memory = 64 << 20, .devices = 1, .architecture = 90};
fake_state *fake_driver_state(void)
{
	return &state;
}

static void note(const char *format, ...)
{
	size_t n = strlen(state.log);
	va_list arguments;
	va_start(arguments, format);
	vsnprintf(state.log + n, sizeof state.log - n, format, arguments);
	va_end(arguments);
}

/* ---- contexts ---- */

typedef struct context {
	CUresult
		pending; /* of a kernel that crashed; told by the next wait, and by every call of the process from then on */
	struct graph *capture;
} context;

static CUresult crashed;

static context *stack[16];

static context *current(void)
{
	return state.depth ? stack[state.depth - 1] : NULL;
}

/* Every call but a few needs a context, and a process without a crash. */
#define NEED_CONTEXT()                         \
	do {                                       \
		if (!current())                        \
			return CUDA_ERROR_INVALID_CONTEXT; \
		if (crashed)                           \
			return crashed;                    \
	} while (0)

CUresult cuInit(unsigned flags)
{
	return flags ? CUDA_ERROR_INVALID_VALUE : getenv("FAKE_NO_GPU") ? CUDA_ERROR_NO_DEVICE : CUDA_SUCCESS;
}
CUresult cuDriverGetVersion(int *version)
{
	*version = 13000;
	return CUDA_SUCCESS;
}
CUresult cuGetErrorName(CUresult error, const char **text)
{
	*text = error == CUDA_ERROR_ILLEGAL_ADDRESS ? "CUDA_ERROR_ILLEGAL_ADDRESS"
	        : error == CUDA_ERROR_NO_DEVICE     ? "CUDA_ERROR_NO_DEVICE"
	                                            : "CUDA_ERROR_OTHER";
	return CUDA_SUCCESS;
}
CUresult cuGetErrorString(CUresult error, const char **text)
{
	*text = error == CUDA_ERROR_NO_DEVICE ? "no CUDA-capable device is detected" : "something went wrong";
	return CUDA_SUCCESS;
}
CUresult cuDeviceGetCount(int *count)
{
	*count = state.devices;
	return CUDA_SUCCESS;
}
CUresult cuDeviceGet(CUdevice *device, int ordinal)
{
	*device = ordinal;
	return ordinal < state.devices ? CUDA_SUCCESS : CUDA_ERROR_INVALID_DEVICE;
}
CUresult cuDeviceGetName(char *name, int bytes, CUdevice device)
{
	snprintf(name, (size_t)bytes, "Pretender %d", device);
	return CUDA_SUCCESS;
}
CUresult cuDeviceGetAttribute(int *value, CUdevice_attribute attribute, CUdevice device)
{
	(void)device;
	switch ((int)attribute) {
	case CU_DEVICE_ATTRIBUTE_COMPUTE_CAPABILITY_MAJOR:
		*value = state.architecture / 10;
		break;
	case CU_DEVICE_ATTRIBUTE_COMPUTE_CAPABILITY_MINOR:
		*value = state.architecture % 10;
		break;
	case CU_DEVICE_ATTRIBUTE_MULTIPROCESSOR_COUNT:
		*value = 132;
		break;
	case CU_DEVICE_ATTRIBUTE_WARP_SIZE:
		*value = 32;
		break;
	case CU_DEVICE_ATTRIBUTE_MAX_THREADS_PER_BLOCK:
		*value = 1024;
		break;
	case CU_DEVICE_ATTRIBUTE_MAX_GRID_DIM_X:
		*value = INT32_MAX;
		break;
	case CU_DEVICE_ATTRIBUTE_MAX_GRID_DIM_Y:
	case CU_DEVICE_ATTRIBUTE_MAX_GRID_DIM_Z:
		*value = 65535;
		break;
	case CU_DEVICE_ATTRIBUTE_MAX_BLOCK_DIM_X:
	case CU_DEVICE_ATTRIBUTE_MAX_BLOCK_DIM_Y:
		*value = 1024;
		break;
	case CU_DEVICE_ATTRIBUTE_MAX_BLOCK_DIM_Z:
		*value = 64;
		break;
	case CU_DEVICE_ATTRIBUTE_CLUSTER_LAUNCH:
		*value = state.architecture >= 90;
		break;
	case CU_DEVICE_ATTRIBUTE_MAX_SHARED_MEMORY_PER_BLOCK:
		*value = 49152;
		break;
	case CU_DEVICE_ATTRIBUTE_MAX_SHARED_MEMORY_PER_BLOCK_OPTIN:
		*value = 232448;
		break;
	case CU_DEVICE_ATTRIBUTE_L2_CACHE_SIZE:
		*value = 50 << 20;
		break;
	case CU_DEVICE_ATTRIBUTE_MEMORY_CLOCK_RATE:
		*value = 2500000;
		break;
	case CU_DEVICE_ATTRIBUTE_GLOBAL_MEMORY_BUS_WIDTH:
		*value = 5120;
		break;
	default:
		return CUDA_ERROR_INVALID_VALUE;
	}
	return CUDA_SUCCESS;
}
CUresult cuDeviceTotalMem_v2(size_t *bytes, CUdevice device)
{
	(void)device;
	*bytes = state.memory;
	return CUDA_SUCCESS;
}
CUresult cuCtxPushCurrent_v2(CUcontext c)
{
	if (!c || state.depth == 16)
		return CUDA_ERROR_INVALID_CONTEXT;
	stack[state.depth++] = (context *)c;
	return CUDA_SUCCESS;
}
CUresult cuCtxPopCurrent_v2(CUcontext *c)
{
	if (!state.depth)
		return CUDA_ERROR_INVALID_CONTEXT;
	*c = (CUcontext)stack[--state.depth];
	return CUDA_SUCCESS;
}
CUresult cuCtxCreate_v2(CUcontext *out, unsigned flags, CUdevice device)
{
	(void)flags;
	(void)device;
	if (crashed)
		return crashed;
	*out = calloc(1, sizeof(context));
	state.contexts++;
	return cuCtxPushCurrent_v2(*out);
}

/* ---- memory: all of it in one list ---- */

typedef struct piece {
	struct piece *next;
	context *owner;
	char *memory;
	size_t bytes;
} piece;
static piece *pieces;

static void *add_piece(size_t bytes, size_t size)
{
	piece *p = calloc(1, sizeof *p);
	*p = (piece){pieces, current(), aligned_alloc(256, (bytes + 255) / 256 * 256), size};
	pieces = p;
	state.used += size;
	return p->memory;
}
static void drop_piece(piece **at)
{
	piece *p = *at;
	*at = p->next;
	state.used -= p->bytes;
	free(p->memory);
	free(p);
}
CUresult cuMemAlloc_v2(CUdeviceptr *address, size_t bytes)
{
	NEED_CONTEXT();
	if (bytes == 0)
		return CUDA_ERROR_INVALID_VALUE;
	if (bytes > state.memory - state.used)
		return CUDA_ERROR_OUT_OF_MEMORY;
	*address = (CUdeviceptr)(uintptr_t)add_piece(bytes, bytes);
	note("allocate %zu\n", bytes);
	return CUDA_SUCCESS;
}
CUresult cuMemFree_v2(CUdeviceptr address)
{
	NEED_CONTEXT();
	for (piece **at = &pieces; *at; at = &(*at)->next)
		if ((*at)->memory == (char *)(uintptr_t)address) {
			note("free %zu\n", (*at)->bytes);
			drop_piece(at);
			return CUDA_SUCCESS;
		}
	return CUDA_ERROR_INVALID_VALUE;
}
CUresult cuMemGetInfo_v2(size_t *available, size_t *total)
{
	NEED_CONTEXT();
	*available = state.memory - state.used;
	*total = state.memory;
	return CUDA_SUCCESS;
}
CUresult cuMemHostAlloc(void **memory, size_t bytes, unsigned flags)
{
	NEED_CONTEXT();
	*memory = add_piece(bytes, 0);
	return flags == CU_MEMHOSTALLOC_DEVICEMAP ? CUDA_SUCCESS : CUDA_ERROR_INVALID_VALUE;
}
CUresult cuMemHostGetDevicePointer_v2(CUdeviceptr *address, void *memory, unsigned flags)
{
	*address = (CUdeviceptr)(uintptr_t)memory;
	return flags ? CUDA_ERROR_INVALID_VALUE : CUDA_SUCCESS;
}
CUresult cuMemcpyAsync(CUdeviceptr to, CUdeviceptr from, size_t bytes, CUstream stream)
{
	NEED_CONTEXT();
	if (!stream)
		return CUDA_ERROR_INVALID_HANDLE;
	memmove((void *)(uintptr_t)to, (const void *)(uintptr_t)from, bytes);
	return CUDA_SUCCESS;
}

/* ---- modules ---- */

typedef struct function {
	char name[64];
	int parameters;
} function;
typedef struct module {
	hidet_fault_record *faults; /* the kernels' variable hidet_faults */
	int count;
	function functions[16];
} module;

static module *last_module;

CUresult cuModuleLoadData(CUmodule *out, const void *image)
{
	NEED_CONTEXT();
	module *m = calloc(1, sizeof *m);
	const char *at = image;
	for (int used = 0;
	     sscanf(at, "%63s %d\n%n", m->functions[m->count].name, &m->functions[m->count].parameters, &used) == 2;
	     at += used)
		m->count++;
	if (!m->count) {
		free(m);
		return CUDA_ERROR_INVALID_IMAGE;
	}
	*out = (CUmodule)m;
	last_module = m;
	state.modules++;
	return CUDA_SUCCESS;
}
CUresult cuModuleUnload(CUmodule m)
{
	state.modules--;
	free(m);
	return CUDA_SUCCESS;
}
CUresult cuModuleGetFunction(CUfunction *out, CUmodule handle, const char *name)
{
	NEED_CONTEXT();
	module *m = (module *)handle;
	for (int i = 0; i < m->count; i++)
		if (strcmp(m->functions[i].name, name) == 0) {
			*out = (CUfunction)&m->functions[i];
			return CUDA_SUCCESS;
		}
	note("no function %s\n", name);
	return CUDA_ERROR_NOT_FOUND;
}
CUresult cuModuleGetGlobal_v2(CUdeviceptr *address, size_t *bytes, CUmodule handle, const char *name)
{
	NEED_CONTEXT();
	module *m = (module *)handle;
	for (int i = 0; i < m->count; i++)
		if (strcmp(m->functions[i].name, name) == 0) {
			*address = (CUdeviceptr)(uintptr_t)&m->faults;
			*bytes = sizeof m->faults;
			return CUDA_SUCCESS;
		}
	note("no variable %s\n", name);
	return CUDA_ERROR_NOT_FOUND;
}
CUresult cuFuncGetAttribute(int *value, CUfunction_attribute attribute, CUfunction f)
{
	NEED_CONTEXT();
	if (attribute == CU_FUNC_ATTRIBUTE_SHARED_SIZE_BYTES)
		*value = 1024;
	else if (attribute == CU_FUNC_ATTRIBUTE_MAX_THREADS_PER_BLOCK)
		*value = strncmp(((function *)f)->name, "slow_", 5) == 0 ? 256 : 1024;
	else
		return CUDA_ERROR_INVALID_VALUE;
	return CUDA_SUCCESS;
}
CUresult cuFuncSetAttribute(CUfunction f, CUfunction_attribute attribute, int value)
{
	NEED_CONTEXT();
	note("set %s %d to %d\n", ((function *)f)->name, (int)attribute, value);
	return CUDA_SUCCESS;
}

/* ---- streams, launches, graphs ---- */

typedef struct graph {
	int count;
	function *functions[32];
	int launches[32]; /* their last parameter */
} graph;

CUresult cuStreamCreate(CUstream *stream, unsigned flags)
{
	NEED_CONTEXT();
	*stream = (CUstream)current();
	return flags == CU_STREAM_NON_BLOCKING ? CUDA_SUCCESS : CUDA_ERROR_INVALID_VALUE;
}
CUresult cuStreamSynchronize(CUstream stream)
{
	NEED_CONTEXT();
	if (current()->capture || stream != (CUstream)current())
		return CUDA_ERROR_STREAM_CAPTURE_UNSUPPORTED;
	crashed = current()->pending;
	return crashed;
}

static void execute(const function *f, int launch)
{
	hidet_fault_record *r = last_module->faults;
	state.milliseconds += 0.5f;
	if (strncmp(f->name, "index_", 6) == 0 && r && !r->taken)
		*r = (hidet_fault_record){.taken = 1, .kind = HIDET_FAULT_INDEX, .launch = launch, .index = 9, .extent = 4};
	if (strncmp(f->name, "assert_", 7) == 0 && r && !r->taken) {
		*r = (hidet_fault_record){
			.taken = 1, .kind = HIDET_FAULT_ASSERT, .launch = launch, .line = 12, .message = "n is too large"};
		current()->pending = CUDA_ERROR_LAUNCH_FAILED;
	}
	if (strncmp(f->name, "crash_", 6) == 0)
		current()->pending = CUDA_ERROR_ILLEGAL_ADDRESS;
}

static void note_launch(const CUlaunchConfig *c, const function *f, void **parameters)
{
	note("launch %s grid %u %u %u block %u %u %u shared %u", f->name, c->gridDimX, c->gridDimY, c->gridDimZ,
	     c->blockDimX, c->blockDimY, c->blockDimZ, c->sharedMemBytes);
	for (unsigned i = 0; i < c->numAttrs; i++) {
		const CUlaunchAttribute *a = &c->attrs[i];
		if (a->id == CU_LAUNCH_ATTRIBUTE_CLUSTER_DIMENSION)
			note(" cluster %u %u %u", a->value.clusterDim.x, a->value.clusterDim.y, a->value.clusterDim.z);
		else if (a->id == CU_LAUNCH_ATTRIBUTE_COOPERATIVE)
			note(" cooperative %d", a->value.cooperative);
		else if (a->id == CU_LAUNCH_ATTRIBUTE_PROGRAMMATIC_STREAM_SERIALIZATION)
			note(" dependent %d", a->value.programmaticStreamSerializationAllowed);
	}
	note(" with");
	for (int i = 0; i < f->parameters - 1; i++) {
		uint64_t value;
		memcpy(&value, parameters[i], sizeof value);
		note(" %llx", (unsigned long long)value);
	}
	note("; %d\n", *(int *)parameters[f->parameters - 1]);
}

CUresult cuLaunchKernelEx(const CUlaunchConfig *config, CUfunction handle, void **parameters, void **extra)
{
	NEED_CONTEXT();
	const function *f = (const function *)handle;
	if (state.fail_launch)
		return (CUresult)state.fail_launch;
	if (extra || config->hStream != (CUstream)current())
		return CUDA_ERROR_INVALID_VALUE;
	int launch = *(int *)parameters[f->parameters - 1];
	graph *g = current()->capture;
	if (g) {
		g->functions[g->count] = (function *)handle;
		g->launches[g->count++] = launch;
		return CUDA_SUCCESS;
	}
	note_launch(config, f, parameters);
	execute(f, launch);
	return CUDA_SUCCESS;
}
CUresult cuEventCreate(CUevent *event, unsigned flags)
{
	NEED_CONTEXT();
	*event = calloc(1, sizeof(float));
	state.events++;
	return flags == CU_EVENT_DEFAULT ? CUDA_SUCCESS : CUDA_ERROR_INVALID_VALUE;
}
CUresult cuEventRecord(CUevent event, CUstream stream)
{
	NEED_CONTEXT();
	*(float *)event = state.milliseconds;
	return stream == (CUstream)current() ? CUDA_SUCCESS : CUDA_ERROR_INVALID_HANDLE;
}
#undef cuEventElapsedTime
CUresult cuEventElapsedTime(float *milliseconds, CUevent begin, CUevent end)
{
	NEED_CONTEXT();
	*milliseconds = *(float *)end - *(float *)begin;
	return CUDA_SUCCESS;
}
CUresult cuEventDestroy_v2(CUevent event)
{
	free(event);
	state.events--;
	return CUDA_SUCCESS;
}
CUresult cuTensorMapEncodeTiled(CUtensorMap *map, CUtensorMapDataType type, cuuint32_t rank, void *address,
                                const cuuint64_t *extents, const cuuint64_t *strides, const cuuint32_t *box,
                                const cuuint32_t *steps, CUtensorMapInterleave interleave, CUtensorMapSwizzle swizzle,
                                CUtensorMapL2promotion promotion, CUtensorMapFloatOOBfill fill)
{
	if (state.fail_map)
		return (CUresult)state.fail_map;
	if ((uintptr_t)map % 64 || interleave != CU_TENSOR_MAP_INTERLEAVE_NONE || fill != CU_TENSOR_MAP_FLOAT_OOB_FILL_NONE)
		return CUDA_ERROR_INVALID_VALUE;
	(void)promotion;
	memset(map, 0, sizeof *map);
	memcpy(map, &address, sizeof address);
	note("map type %d swizzle %d:", (int)type, (int)swizzle);
	for (cuuint32_t i = 0; i < rank; i++)
		note(" %llu/%llu box %u step %u", (unsigned long long)extents[i],
		     i + 1 < rank ? (unsigned long long)strides[i] : 0, box[i], steps[i]);
	note("\n");
	return CUDA_SUCCESS;
}
CUresult cuStreamBeginCapture_v2(CUstream stream, CUstreamCaptureMode mode)
{
	NEED_CONTEXT();
	(void)mode;
	if (stream != (CUstream)current() || current()->capture)
		return CUDA_ERROR_ILLEGAL_STATE;
	if (state.fail_capture)
		return (CUresult)state.fail_capture;
	current()->capture = calloc(1, sizeof(graph));
	return CUDA_SUCCESS;
}
CUresult cuStreamEndCapture(CUstream stream, CUgraph *out)
{
	(void)stream;
	*out = (CUgraph)current()->capture;
	current()->capture = NULL;
	return *out ? CUDA_SUCCESS : CUDA_ERROR_ILLEGAL_STATE;
}
CUresult cuGraphInstantiateWithFlags(CUgraphExec *out, CUgraph g, unsigned long long flags)
{
	(void)flags;
	*out = calloc(1, sizeof(graph));
	memcpy(*out, g, sizeof(graph));
	state.executables++;
	return CUDA_SUCCESS;
}
CUresult cuGraphLaunch(CUgraphExec executable, CUstream stream)
{
	NEED_CONTEXT();
	const graph *g = (const graph *)executable;
	(void)stream;
	note("graph of %d\n", g->count);
	for (int i = 0; i < g->count; i++)
		execute(g->functions[i], g->launches[i]);
	return CUDA_SUCCESS;
}
CUresult cuGraphDestroy(CUgraph g)
{
	free(g);
	return CUDA_SUCCESS;
}
CUresult cuGraphExecDestroy(CUgraphExec executable)
{
	free(executable);
	state.executables--;
	return CUDA_SUCCESS;
}
CUresult cuCtxDestroy_v2(CUcontext c)
{
	for (piece **at = &pieces; *at;)
		if ((*at)->owner == (context *)c)
			drop_piece(at);
		else
			at = &(*at)->next;
	free(c);
	state.contexts--;
	return CUDA_SUCCESS;
}
