/* hidet.h: embedding: load plugins, load a model, compile it, run it. Link with libhidet.
 *
 *     hdt_session *s;
 *     hdt_session_open(NULL, &s);                                    // the installed plugins
 *     hdt_model *m;
 *     if (hdt_model_load(s, "mlp.pt2", &m)) puts(hdt_session_error(s));
 *     hdt_compiled *c;
 *     hdt_compile(m, &(hdt_compile_options){.size = sizeof(hdt_compile_options), .target = "cpu"}, &c);
 *     hdt_compiled_run(c, inputs, 1, outputs, 1);
 *
 * A kernel written as text is compiled once and serves all sizes (examples/dynamic-matmul):
 *
 *     hdt_kernel *k;
 *     hdt_kernel_load(s, "matmul.hds", &(hdt_compile_options){.size = sizeof(hdt_compile_options), .target = "sim"}, &k);
 *     hdt_kernel_run(k, (hdt_kernel_argument[]){{"a", &a}, {"b", &b}, {"c", &c}, {"m", .integer = 333}, ...}, 6);
 *
 * Threads: a session and its models are used by one thread at a time; different sessions are independent. A compiled
 * model or kernel runs one call at a time. */
#ifndef HIDET_HIDET_H
#define HIDET_HIDET_H

#include <hidet/dtype.h>

HDT_BEGIN
#if defined(__GNUC__)
#pragma GCC visibility push(default) /* libhidet shows these functions and nothing else */
#endif

typedef struct hdt_session hdt_session;
typedef struct hdt_model hdt_model;
typedef struct hdt_compiled hdt_compiled;
typedef struct hdt_kernel hdt_kernel;

typedef struct hdt_session_options {
	size_t size;
	const char *const *plugin_files; /* manifests or shared objects, ended by NULL */
	const char *const *plugin_dirs;  /* ended by NULL */
	const char *distribution;        /* distribution manifest, or NULL */
	bool strict_plugins;             /* a refused plugin is an error (HDT_PLUGIN_REFUSED) */
	const char *system_plugin_path;  /* instead of the default directories; "" for none; NULL: default */
} hdt_session_options;

/* Discover and load plugins. On failure *out is NULL, but for HDT_PLUGIN_REFUSED, which leaves an open session to ask. */
hdt_status hdt_session_open(const hdt_session_options *options, hdt_session **out);
void hdt_session_close(hdt_session *session);
/* The last failure of a call on this session, one or more lines; "" if none. Valid until the next call. */
const char *hdt_session_error(const hdt_session *session);
/* How often this session has made a compiled object, by a compiler or out of the cache. */
int hdt_session_compilations(const hdt_session *session);

/* A tensor in memory of the caller, row-major. */
typedef struct hdt_array {
	const char *name; /* may be NULL */
	hdt_dtype dtype;
	int rank;
	int64_t shape[HDT_MAX_RANK];
	void *data;
} hdt_array;

/* The tensors of a .safetensors or .npy file, by name; they lie in `memory` until hdt_tensors_free. */
typedef struct hdt_tensors {
	hdt_array *items;
	int count;
	void *memory;
} hdt_tensors;
hdt_status hdt_tensors_read(hdt_session *session, const char *path, hdt_tensors *out);
void hdt_tensors_free(hdt_tensors *tensors);

/* The session must outlive the model. *out is NULL after a fault. */
hdt_status hdt_model_load(hdt_session *session, const char *path, hdt_model **out);
void hdt_model_free(hdt_model *model);

typedef struct hdt_compile_options {
	size_t size;
	const char *target;     /* "name" or "name:ordinal"; NULL: the first one there is */
	int threads;            /* 0: as many as the process may use */
	int jobs;               /* compilers at a time; 0: as many as processors */
	const char *cache_dir;  /* NULL: the default; "": none */
	const char *dump_dir;   /* write every stage's text here; NULL: none */
	const char *stop_after; /* stop after this pass; no compiled model is made; NULL: go the whole way */
	bool no_optimise;       /* compile the graph as it is: no rewriting, no folding */
	const char *const *
		kernels; /* files, ended by NULL, with programs that take the place of the model's own of the same name and buffers */
	int rule_limit; /* stop rewriting and resolving after this many applications (to find the one that harms); 0: no limit; negative: none */
	bool no_fusion; /* every operator is computed for itself */
	bool explain;   /* tell in the log which rules applied or declined, what was fused and what was not, and why */
	int64_t
		memory_limit; /* bytes that the intermediate results of a run may take; a plan beyond it is HDT_OUT_OF_MEMORY; 0: no limit */
	const char *
		explain_only; /* with `explain`: tell those lines that hold this word, each of them: a value (%12), operator, rule or kernel; NULL: all, of a kind only the first */
	const char *
		precision; /* "f16", "bf16": what each run computes of f32 is computed of this; inputs and outputs keep their dtypes. "f32" or NULL: nothing changes. "tf32": f32 stays, but products may round
		            * their factors to 10 bits of mantissa, on targets with instructions for that */
} hdt_compile_options;

/* Compile; the model must outlive the result. */
hdt_status hdt_compile(hdt_model *model, const hdt_compile_options *options, hdt_compiled **out);
void hdt_compiled_free(hdt_compiled *compiled);

/* Run: inputs in signature order. Each output's `data` is allocated by the library and valid until the next run or free. */
hdt_status hdt_compiled_run(hdt_compiled *compiled, const hdt_array *inputs, int input_count, hdt_array *outputs,
                            int output_count);
/* The same on the reference evaluator: slow, obvious. Each output's `data` is from malloc: the caller frees it. */
hdt_status hdt_model_evaluate(hdt_model *model, const hdt_array *inputs, int input_count, hdt_array *outputs,
                              int output_count);

/* ---- kernels: programs written as text (docs/script.md) --------------------------------------------------------------- */

/* Read, check and compile the program of a file, once for all sizes. The session must outlive the kernel. *out is NULL after a fault, and
 * when options->stop_after ended the way before there was anything to run. */
hdt_status hdt_kernel_load(hdt_session *session, const char *path, const hdt_compile_options *options,
                           hdt_kernel **out);
void hdt_kernel_free(hdt_kernel *kernel);

/* What a kernel takes: the parameters of the file's host function, of its only kernel, or the buffers of its program. */
typedef struct hdt_kernel_parameter {
	const char *name;
	hdt_dtype dtype;
	bool is_array;   /* else a number */
	bool is_written; /* an array that the kernel changes */
	int rank;        /* of an array; -1: any (*f32) */
} hdt_kernel_parameter;
/* Their number; arrays come first. They and their names are valid as long as the kernel. */
int hdt_kernel_parameters(const hdt_kernel *kernel, const hdt_kernel_parameter **out);

/* What is given for a parameter, or for a dimension that no array tells. */
typedef struct hdt_kernel_argument {
	const char *name;       /* NULL: the parameter at this place */
	const hdt_array *array; /* in memory of the caller: what the kernel writes is there afterwards */
	int64_t integer;        /* a number for an integer or bool */
	double real;            /* a number for a float */
} hdt_kernel_argument;

/* Run with every parameter given once. Arrays that the kernel writes share no memory with others. A fault of the arguments is
 * HDT_BAD_INPUT and names the parameter; then nothing was run. */
hdt_status hdt_kernel_run(hdt_kernel *kernel, const hdt_kernel_argument *arguments, int count);

#if defined(__GNUC__)
#pragma GCC visibility pop
#endif
HDT_END
#endif
