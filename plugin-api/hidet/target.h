/* target.h: a kind of machine: how program text becomes a loaded object there, memory, and running. */
#ifndef HIDET_TARGET_H
#define HIDET_TARGET_H

#include <hidet/dtype.h>

HDT_BEGIN

typedef struct hdt_device hdt_device; /* the target's own: an opened device */
typedef struct hdt_object hdt_object; /* the target's own: a loaded object */

/* What schedulers and caches may know of an opened device. */
typedef struct hdt_target_info {
	size_t size;
	const char *target;     /* name of the target */
	const char *device;     /* for people: "AMD EPYC, 2 threads, AVX-512" */
	const char *cache_key;  /* all that changes the code made from equal text: ISA, compiler and its version, flags */
	int threads;            /* workers a parallel loop may use */
	int vector_bytes;       /* of the widest vector register */
	int64_t cache_bytes[3]; /* L1 data, L2, last level of one core's view; 0: unknown */
} hdt_target_info;

/* Text ready to compile: units are compiled independently and joined to one object. */
typedef struct hdt_source {
	const char *const *units; /* texts, NUL-terminated */
	int unit_count;
	int jobs; /* compile at most this many at a time */
} hdt_source;

/* One kernel call of a run. */
typedef struct hdt_launch {
	void *function;         /* from hdt_target.find */
	void *const *buffers;   /* device addresses, in the order of hdt_program.buffers */
	const int64_t *symbols; /* values, in the order of hdt_program.symbols */
} hdt_launch;

/* Where and why a run stopped. */
typedef struct hdt_fault {
	int launch; /* index of the launch, -1: before any */
	hdt_status status;
	char message[256];
} hdt_fault;

typedef struct hdt_target_options {
	size_t size;
	int threads; /* 0: as many as the process may use (affinity, cgroup quota, OMP_NUM_THREADS) */
	int ordinal; /* which device */
} hdt_target_options;

typedef struct hdt_target {
	size_t size;
	const char *name;
	const char *doc;
	bool host_memory; /* buffers are plain host memory: weights and inputs are used where they lie */

	/* Open a device; a failure leaves its reason in `context`. The device outlives the context. [any thread] */
	hdt_status (*open)(hdt_context *context, const hdt_target_options *options, hdt_device **out);
	void (*close)(hdt_device *device);
	/* Valid until close. */
	const hdt_target_info *(*info)(const hdt_device *device);

	/* The text to put before the functions of a unit: types, runtime and helper functions of the emitted C. */
	const char *(*prelude)(const hdt_device *device);
	/* Compile the source into a new file at `path`. Nothing but that file remains afterwards, nor that after a failure. */
	hdt_status (*compile)(hdt_context *context, hdt_device *device, const hdt_source *source, const char *path);
	/* Load what compile made. The file may be deleted afterwards. */
	hdt_status (*load)(hdt_context *context, hdt_device *device, const char *path, hdt_object **out);
	void (*unload)(hdt_device *device, hdt_object *object);
	void *(*find)(hdt_object *object, const char *function);

	/* Memory, aligned to 64 bytes at least; NULL when there is none. copy: either side may be host memory. */
	void *(*allocate)(hdt_device *device, size_t bytes);
	void (*release)(hdt_device *device, void *memory);
	hdt_status (*copy)(hdt_device *device, void *to, const void *from, size_t bytes);

	/* Run the launches in order and wait. One run at a time per device. */
	hdt_status (*run)(hdt_device *device, const hdt_launch *launches, int count, hdt_fault *fault);
} hdt_target;

HDT_END
#endif
