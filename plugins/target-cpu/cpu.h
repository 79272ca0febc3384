/* cpu.h: what the files of this plugin share: the device, and the functions that make up the target. */
#ifndef TARGET_CPU_CPU_H
#define TARGET_CPU_CPU_H

#include "pool.h"
#include <hidet/plugin.h>

/* An instruction set that code is compiled for: a level that many machines share, never one machine's own. */
typedef struct isa {
	const char *name;   /* in cache keys: "x86-64-v3" */
	const char *people; /* "AVX2" */
	int vector_bytes;
	const char *flags[24]; /* for gcc and clang, ended by NULL */
	bool fused_multiply_add;
	int dot_bf16, dot_i8; /* see hdt_target_info */
	bool tiles;
	bool recent; /* compilers before gcc 11 and clang 12 do not know its flags */
} isa;

/* The widest level that this machine has and HIDET_CPU_ISA (a name of the table) allows. */
const isa *isa_detect(bool old_compiler);
/* By name; NULL when there is none, or not on this kind of machine. */
const isa *isa_named(const char *name);

/* machine.c: facts of the machine. */
int machine_threads(void); /* that this process may use: affinity, cgroup quota; OMP_NUM_THREADS when set */
/* Processors that the control groups of this process allow, of both versions, in the file system at `root` (""); `most` when there is no limit. */
double machine_quota(const char *root, double most);
void machine_caches(int64_t bytes[3]);
void machine_name(char *name, size_t bytes);

enum { COMPILER_COMMAND_WORDS = 8, COMPILER_MOST_WORDS = 48 };

/* compiler.c: a C compiler, found at open. */
typedef struct compiler {
	char *words[COMPILER_COMMAND_WORDS]; /* command: program and first arguments, ended by NULL; empty when none was
											found */
	char version[256];                   /* first line of its --version */
	char missing[160];                   /* why there is none */
	bool clang;
	bool old; /* see isa.recent */
} compiler;

void compiler_find(compiler *c);
void compiler_fini(compiler *c);
/* The flags of a compilation for this instruction set, at most COMPILER_MOST_WORDS; returns their number. */
int compiler_flags(const compiler *c, const isa *level, const char **words);
/* The same joined by blanks: part of the cache key. */
void compiler_flags_text(const compiler *c, const isa *level, char *text, size_t bytes);

struct hdt_device {
	hdt_target_info info;
	const isa *isa;
	compiler compiler;
	pool *pool;
	char people[256];
	char cache_key[1024];
};

/* The functions of the descriptor, each documented in hidet/target.h. */
hdt_status device_open(hdt_context *context, const hdt_target_options *options, hdt_device **out);
void device_close(hdt_device *device);
const hdt_target_info *device_info(const hdt_device *device);
const char *prelude_text(const hdt_device *device);
extern const hdt_intrinsic *const cpu_intrinsics[]; /* ended by NULL */
hdt_status source_compile(hdt_context *context, hdt_device *device, const hdt_source *source, const char *path);
hdt_status object_load(hdt_context *context, hdt_device *device, const char *path, hdt_object **out);
void object_unload(hdt_device *device, hdt_object *object);
void *object_find(hdt_object *object, const char *function);
void *memory_allocate(hdt_device *device, size_t bytes);
void memory_release(hdt_device *device, void *memory);
hdt_status memory_copy(hdt_device *device, void *to, const void *from, size_t bytes);
hdt_status launches_run(hdt_device *device, const hdt_launch *launches, int count, hdt_fault *fault);
hdt_status launches_time(hdt_device *device, const hdt_launch *launches, int count, int repeats, double *microseconds,
                         hdt_fault *fault);

#endif
