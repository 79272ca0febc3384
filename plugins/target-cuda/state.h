/* state.h: an opened device and what hangs on it. */
#ifndef TARGET_CUDA_STATE_H
#define TARGET_CUDA_STATE_H

#include "compiler.h"
#include "cuda.h"
#include "driver.h"
#include "prelude/record.h"
#include <pthread.h>
#include <stdatomic.h>

/* A kernel of a loaded object: what hdt_launch.function points to. */
typedef struct kernel {
	struct kernel *next; /* of the object */
	char *name;
	CUfunction function;
	int static_shared; /* bytes */
	int most_threads;  /* of a block, by its registers */
	bool overlaps;     /* set up to run beside its neighbours */
	bool wide;         /* set up for clusters of more than 8 blocks */
} kernel;

struct hdt_object {
	hdt_device *device;
	CUmodule *modules;
	int module_count;
	container code; /* kept when there is no device: then names are looked for there */
	kernel *kernels;
};

/* memory.c: a piece of device memory, in use or waiting to be used again. */
typedef struct block {
	struct block *next;
	CUdeviceptr address;
	size_t bytes;
} block;

typedef struct pool {
	pthread_mutex_t lock;
	block *used, *idle;
	size_t idle_bytes;
} pool;

/* graphs.c: a list of launches that was run before, as bytes that are equal for equal lists. */
enum { MOST_RECORDINGS = 8 };
typedef struct recording {
	unsigned char *key;
	size_t bytes;
	uint64_t hash;
	uint64_t used; /* clock of its last use */
	uint64_t runs;
	CUgraphExec executable; /* made for the second run; NULL before, and when it cannot become a graph */
} recording;

typedef struct recordings {
	recording list[MOST_RECORDINGS];
	uint64_t clock;
	unsigned char *key; /* of the run in progress */
	size_t bytes, room;
} recordings;

/* launch.c: room for the parameters of one launch. */
typedef struct launch_room {
	void **parameters;
	int parameter_room;
	CUtensorMap *maps;
	int map_room;
} launch_room;

struct hdt_device {
	hdt_target_info info;
	const driver *driver;     /* NULL: opened for compiling only */
	const compiler *compiler; /* NULL: only what was compiled before can be loaded */
	const char *no_compiler;  /* why */
	char architecture[16];    /* "sm_90a" */
	bool has_architecture;    /* the compiler makes code for it */
	pthread_mutex_t
		lock;          /* one thread at a time works in the context: what it copies must not get into another's graph */
	CUcontext context; /* its own */
	CUstream stream;
	hidet_fault_record *faults; /* memory of the host that kernels write */
	CUdeviceptr faults_address; /* the same for them */
	pool pool;
	recordings recordings;
	launch_room room;
	char name[96], people[192], cache_key[256];
};

/* device.c: make the device's context current for the calls between, and keep other threads out. False: there is
 * nothing to leave. */
bool device_enter(hdt_device *device);
void device_leave(hdt_device *device);

/* fault.c: faults that kernels found themselves. */
CUresult faults_init(hdt_device *device);
void faults_clear(hdt_device *device);
/* Is there one? Then it is told in *out. */
bool faults_get(const hdt_device *device, hdt_fault *out);
/* Let the kernels of the module, which has the prelude's hidet_faults, write to the device's record. */
CUresult faults_connect(hdt_device *device, CUmodule module);

/* memory.c */
void pool_init(pool *p);
void pool_fini(hdt_device *device);

/* launch.c: check one launch against the device's limits, and start it on the stream. A fault is told in *fault. */
hdt_status launch_start(hdt_device *device, const hdt_launch *launch, int index, hdt_fault *fault);
void launch_room_fini(launch_room *room);
/* Set up the fault and return its status. */
hdt_status launch_fail(hdt_fault *fault, int index, hdt_status status, const char *format, ...) HDT_PRINTF(4, 5);
/* The same for a call of the driver that failed. */
hdt_status driver_fail(const hdt_device *device, hdt_fault *fault, int index, CUresult error, const char *doing);

/* run.c: parts of a run. */
/* Enter the device for a run; after a fault there is nothing to leave. */
hdt_status run_enter(hdt_device *device, hdt_fault *fault);
/* Start the launches in their order; sync: wait after each. */
hdt_status run_start(hdt_device *device, const hdt_launch *launches, int count, bool sync, hdt_fault *fault);
/* Wait for all that was started since faults_clear. `started` is how that went: what was started before a launch was refused has to end,
 * too, but the refusal is what is told. Else a fault that a kernel recorded comes before what the driver makes of it. index: of the launch
 * if there was but one, else -1. */
hdt_status run_wait(hdt_device *device, int index, hdt_status started, hdt_fault *fault);
/* The launches, so many times in a row, as one graph; NULL when they cannot become one, or must not. */
CUgraphExec run_capture(hdt_device *device, const hdt_launch *launches, int count, int repeats);

/* tensormap.c: the map in the form that kernels take. */
hdt_status tensor_map_encode(const hdt_device *device, const hdt_launch_map *map, int index, CUtensorMap *out,
                             hdt_fault *fault);

/* graphs.c */
/* The recording of this very list; made when it is new. NULL when memory is out or recordings are turned off. */
recording *recordings_get(recordings *r, const driver *d, const hdt_launch *launches, int count);
void recordings_clear(recordings *r, const driver *d);
void recordings_fini(recordings *r, const driver *d);

#endif
