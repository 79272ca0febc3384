/* case.h: one graph to be tried: its text, the sizes of its runs and the ranges of its data. As a file it is a graph with comments:
 *
 *     # seed 42
 *     # sizes a=3 b=5
 *     # range in0 -2 2
 *     graph @fuzz(%in0: f32[a, b]) where a in 1..8, b in 2..6 { ... }
 *
 * Each line of sizes is one run. The data of an input follow from the seed and the input's name. */
#ifndef TESTS_GRAPHS_CASE_H
#define TESTS_GRAPHS_CASE_H

#include "base/text.h"
#include "graph/graph.h"

enum { CASE_RUNS = 2, CASE_SYMBOLS = 4, CASE_NAME = 24 };

typedef struct case_size {
	char symbol[CASE_NAME];
	int64_t value;
} case_size;

typedef struct case_range {
	char input[CASE_NAME];
	double low, high;
} case_range;

typedef struct fuzz_case {
	uint64_t seed;
	int runs; /* at least 1 */
	case_size sizes[CASE_RUNS][CASE_SYMBOLS];
	int symbols;
	case_range *ranges; /* heap */
	int range_count, range_capacity;
	char *text; /* of the graph; heap */
} fuzz_case;

void case_free(fuzz_case *c);
/* False when memory is out. */
bool case_copy(const fuzz_case *from, fuzz_case *to);
bool case_set_text(fuzz_case *c, const char *graph);
bool case_set_range(fuzz_case *c, const char *input, double low, double high);
/* The range of an input; -2..2 where none is told, from 0 for an unsigned one. */
case_range case_range_of(const fuzz_case *c, const hdt_value *input);
/* The size of a symbol in a run; its least one where none is told. */
int64_t case_size_of(const fuzz_case *c, int run, const hdt_expr *symbol);

/* The only graph of the case, in `context`; NULL after a fault there. */
hdt_graph *case_graph(const fuzz_case *c, hdt_context *context);

/* The file form: comments and graph. `note` (may be NULL) is one more comment, of which the first line is taken. */
void case_print(text *t, const fuzz_case *c, const char *note);
/* False when the file cannot be read. */
bool case_read(const char *path, fuzz_case *out);

#endif
