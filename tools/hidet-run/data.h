/* data.h: the inputs of a run: from files, or made up. */
#ifndef HIDET_RUN_DATA_H
#define HIDET_RUN_DATA_H

#include "graph/graph.h"
#include "options.h"
#include "tensors/tensors.h"

typedef struct input_set {
	hdt_array *arrays; /* in signature order, one for each input of the graph or array of the kernel */
	int count;
	tensor_file *files; /* that the arrays point into */
	int file_count;
	void **made; /* memory of made-up arrays */
	int made_count;
} input_set;

/* The sizes of graph->symbols: those of --dim, else a small one inside the range. */
hdt_status sizes_choose(hdt_context *context, const hdt_graph *graph, const options *o, int64_t *values);
/* Read --inputs, or make up data (--seed, --dim, --shape). Faults are BAD_INPUT or USAGE. */
hdt_status inputs_gather(hdt_context *context, const hdt_graph *graph, const options *o, input_set *out);
void inputs_free(input_set *set);

/* What they are made of: open the files of --inputs; the tensor of this name in them, or NULL; zeroed memory for an array whose shape is
 * known (set->made has room); the sizes of "1x3x8x8". */
hdt_status inputs_read(hdt_context *context, const options *o, input_set *set);
const hdt_array *inputs_find(const input_set *set, const char *name);
hdt_status inputs_make_room(hdt_context *context, input_set *set, hdt_array *a);
hdt_status shape_parse(hdt_context *context, const char *word, hdt_array *a);

/* How many different indices may stand in an integer tensor of the graph: the least extent among the tables that it indexes; -1: it
 * indexes none (indices.c). */
int64_t index_limit(const hdt_graph *graph, const hdt_value *value);
/* Make up the constants whose bytes are not known, seeded by --seed, so that what is computed of them stays finite (weights.c). */
hdt_status weights_make_up(hdt_context *context, hdt_graph *graph, const options *o);

/* A reproducible stream of numbers: xoshiro256** seeded through splitmix64 (Blackman and Vigna, prng.di.unimi.it). */
typedef struct random_stream {
	uint64_t state[4];
} random_stream;
void random_seed(random_stream *r, uint64_t seed);
uint64_t random_next(random_stream *r);
double random_uniform(random_stream *r, double low, double high);
/* Fill `elements` of dtype: floats uniform in low..high, integers uniform in the whole numbers of low..high, bools 0 or 1. */
void random_fill(random_stream *r, hdt_dtype dtype, void *data, int64_t elements, double low, double high);

#endif
