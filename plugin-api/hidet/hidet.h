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
 * Threads: a session and its models are used by one thread at a time; different sessions are independent. A compiled
 * model runs one call at a time. */
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

#if defined(__GNUC__)
#pragma GCC visibility pop
#endif
HDT_END
#endif
