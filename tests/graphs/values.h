/* values.h: what every value of a graph is in one run, by the reference evaluator, node by node; and whether it is well enough
 * conditioned to be compared at all.
 *
 * Each value is computed three times: exactly, and twice with every float on the way disturbed by about its rounding error. Where the
 * disturbed results leave a part of the tolerance, two right compilations may differ, too: such a value is SHAKY. */
#ifndef TESTS_GRAPHS_VALUES_H
#define TESTS_GRAPHS_VALUES_H

#include "base/vec.h"
#include "case.h"
#include "data.h"
#include "exec/compare.h"

enum { VARIANTS = 3 }; /* the first one is exact */

typedef enum judgement {
	JUDGED_FINE,
	JUDGED_UNFIT, /* an assertion or index that these sizes or data break */
	JUDGED_LARGE, /* too much to compute */
	JUDGED_WILD,  /* infinite, NaN, or too large a number */
	JUDGED_SHAKY, /* rounding decides what it is */
	JUDGED_FAULTY /* the evaluator failed for another reason, or memory is out */
} judgement;

typedef struct known_value {
	const hdt_value *value;
	hdt_array exact;
	void *data[VARIANTS]; /* data[0] is exact.data */
	double low, high;     /* of the finite elements; low > high: there are none */
} known_value;

typedef struct values {
	hdt_graph *graph;
	const fuzz_case *c;
	int run;
	int64_t sizes[CASE_SYMBOLS];
	const hdt_expr *symbols[CASE_SYMBOLS];
	int symbol_count;
	random_stream noise;
	int64_t most_elements, most_work; /* limits of one node */
	VEC(known_value) known;           /* heap */
} values;

void values_init(values *v, hdt_graph *graph, const fuzz_case *c, int run);
void values_fini(values *v);
/* A symbol that expressions may use, with its size in this run. */
void values_bind(values *v, const hdt_expr *symbol, int64_t size);

/* Data of an input (see case.h) or of a constant. */
judgement values_add_leaf(values *v, const hdt_value *leaf);
/* The outputs of a node whose inputs are known. On any judgement but FINE nothing is added. */
judgement values_add_node(values *v, const hdt_node *node);
/* Every input, constant and node of the graph; stops at the first that is not FINE. */
judgement values_add_graph(values *v);
const known_value *values_find(const values *v, const hdt_value *value);
/* Forget all but the first `count`. */
void values_rewind(values *v, int count);
/* As compare_arrays, with the dtype's tolerances times `scale`; all numbers that masks hide by are one. Of equal dtype and shape. */
comparison values_compare(const hdt_array *got, const hdt_array *want, double scale);
/* The expression in this run; false when it has no value. */
bool values_size(const values *v, const hdt_expr *e, int64_t *out);

#endif
