/* target.h: a kind of machine: how program text becomes a loaded object there, memory, and running.
 *
 * A device is opened by the host, used by one thread at a time, and closed after its objects are unloaded and its memory is released; several
 * may be open at once. Devices and objects belong to the target, and outlive the contexts that they were made with: a context is for
 * diagnostics, and for memory until the call returns. */
#ifndef HIDET_TARGET_H
#define HIDET_TARGET_H

#include <hidet/intrinsic.h>
#include <hidet/script.h>

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
	/* Of targets that run CUDA functions; 0 elsewhere. */
	int architecture;           /* compute capability 9.0: 90 */
	int processors;             /* streaming multiprocessors */
	int warp;                   /* lanes of a warp: 32 */
	int threads_per_block;      /* largest number */
	int64_t grid[3], block[3];  /* largest extents */
	int cluster_blocks;         /* most blocks of a cluster; 0: there are no clusters */
	int64_t shared_bytes;       /* of a block, without asking */
	int64_t shared_bytes_asked; /* of a block, dynamic shared memory included */
	int64_t memory_bytes;       /* of the device */
	double memory_rate;         /* bytes per second that its memory moves at most; 0: unknown */
	bool
		fused_multiply_add; /* of CPU functions: fma is one instruction; else it is slow, and x * y + z is the thing to do */
	/* Of CPU functions: products that one instruction adds to each 32-bit lane, 0: it has none, and the intrinsic is several */
	int dot_bf16; /* of dot_bf16 */
	int dot_i8;   /* of dot_i8 */
	bool tiles;   /* tile_begin, tile_dot_bf16, tile_dot_i8 and tile_end are instructions on tiles of 16 x 16 lanes */
	bool
		tf32; /* f32 factors of products may be rounded to tf32, and there are instructions for it: see hdt_target_options */
} hdt_target_info;

/* Text ready to compile: units are compiled independently and joined to one object. */
typedef struct hdt_source {
	const char *const *units; /* texts, NUL-terminated */
	int unit_count;
	int jobs; /* compile at most this many at a time */
} hdt_source;

/* How a CUDA function is spread over the device. */
typedef struct hdt_launch_grid {
	int64_t grid[3], block[3], cluster[3]; /* x, y, z; all 1 at least, but for a grid with a 0: nothing is to be run */
	int64_t shared_bytes;                  /* dynamic */
	bool cooperative, dependent;           /* see hdt_function */
} hdt_launch_grid;

/* A tensor map to be made for a launch (see hdt_tensor_map), dimensions in the order of the tensor, the last one dense. */
typedef struct hdt_launch_map {
	void *address;
	hdt_dtype dtype;
	int rank;
	int64_t shape[HDT_MAX_RANK], box[HDT_MAX_RANK], strides[HDT_MAX_RANK];
	int swizzle;
} hdt_launch_map;

/* One kernel call of a run. */
typedef struct hdt_launch {
	void *function; /* from hdt_target.find */
	void *const
		*buffers; /* device addresses: CPU: in the order of hdt_program.buffers; CUDA: of hdt_function.parameters */
	const int64_t *
		symbols; /* values, in the order of hdt_program.symbols; CPU: then its scalars, each in the first bytes of its eight */
	/* CUDA. The kernel's parameters are: buffers, symbols (i64), scalars, maps. */
	const hdt_launch_grid *grid; /* NULL for CPU functions */
	int buffer_count, symbol_count, scalar_count, map_count;
	const int64_t *buffer_bytes; /* sizes of the buffers */
	const int64_t *scalars;      /* each in the first bytes of its eight, as its dtype is stored */
	const hdt_dtype *scalar_dtypes;
	const hdt_launch_map *maps;
} hdt_launch;

/* Where and why a run stopped. */
typedef struct hdt_fault {
	int launch; /* index of the launch, -1: before any */
	hdt_status status;
	char message[512];
} hdt_fault;

typedef struct hdt_target_options {
	size_t size;
	int threads; /* 0: as many as the process may use (affinity, cgroup quota, OMP_NUM_THREADS) */
	int ordinal; /* which device */
	bool
		tf32; /* f32 factors of products may be rounded to tf32: a target that has instructions for it sets hdt_target_info.tf32 and
	              * makes it part of the cache key */
} hdt_target_options;

/* What `compile` takes. */
typedef enum hdt_language {
	HDT_LANGUAGE_C, /* docs/emitted-c.md; kernels as docs/emitted-kernels.md tells */
	HDT_LANGUAGE_SCRIPT /* units are programs in text, for hdt_program_parse, named so that find("NAME") is program NAME's function, and
	                     * find("NAME_f") its function f */
} hdt_language;

typedef struct hdt_target {
	size_t size;
	const char *name;
	const char *doc;
	bool host_memory;       /* buffers are plain host memory: weights and inputs are used where they lie */
	hdt_function_kind kind; /* of the functions it runs: schedulers for this kind serve it */
	hdt_language language;
	const hdt_intrinsic *const *intrinsics; /* ended by NULL; NULL: none */

	/* Open a device; a failure leaves its reason in `context`, and *out is NULL. [any thread] */
	hdt_status (*open)(hdt_context *context, const hdt_target_options *options, hdt_device **out);
	void (*close)(hdt_device *device);
	/* Valid until close. */
	const hdt_target_info *(*info)(const hdt_device *device);

	/* The text to put before the functions of a unit: types, runtime and helper functions of the emitted C. Valid until close. */
	const char *(*prelude)(const hdt_device *device);
	/* Compile the source into a new file at `path`. Nothing but that file remains afterwards, nor that after a failure. */
	hdt_status (*compile)(hdt_context *context, hdt_device *device, const hdt_source *source, const char *path);
	/* Load what compile made. The file may be deleted afterwards. *out is NULL after a failure. */
	hdt_status (*load)(hdt_context *context, hdt_device *device, const char *path, hdt_object **out);
	void (*unload)(hdt_device *device, hdt_object *object);
	/* The function of this name, for hdt_launch.function; NULL: there is none. Valid until unload. */
	void *(*find)(hdt_object *object, const char *function);

	/* Memory, aligned to 64 bytes at least; NULL when there is none left. release takes NULL. copy: either side may be host memory. */
	void *(*allocate)(hdt_device *device, size_t bytes);
	void (*release)(hdt_device *device, void *memory);
	hdt_status (*copy)(hdt_device *device, void *to, const void *from, size_t bytes);

	/* Run the launches in order and wait. A failure is told in *fault, whose status is returned. */
	hdt_status (*run)(hdt_device *device, const hdt_launch *launches, int count, hdt_fault *fault);

	/* Bytes that `allocate` could still give, and all there are, for messages; false: unknown. NULL: the host's memory. */
	bool (*memory)(hdt_device *device, size_t *available, size_t *total);

	/* Time that the device takes for the launches, in microseconds: they are run once, and then several times `repeats` times in a row; the
	 * median of these, divided by `repeats`. Buffers are left as after the last of all. NULL: its time means nothing. */
	hdt_status (*time)(hdt_device *device, const hdt_launch *launches, int count, int repeats, double *microseconds,
	                   hdt_fault *fault);
	/* Why nothing works on the device any more, valid until close; NULL: it works. NULL: there is nothing that could stop it. */
	const char *(*lost)(const hdt_device *device);
} hdt_target;

HDT_END
#endif
