/* scheduler.h: turns a task into a tensor program for one target. */
#ifndef HIDET_SCHEDULER_H
#define HIDET_SCHEDULER_H

#include <hidet/script.h>
#include <hidet/target.h>

HDT_BEGIN

/* Workers to reckon with, whatever the machine has: equal tasks give equal programs on every machine of an ISA. */
enum { HDT_RECKONED_WORKERS = 8 };

typedef struct hdt_answer {
	bool applies;
	double cost_us;     /* estimated time of one launch in microseconds with HDT_RECKONED_WORKERS, when it applies */
	const char *reason; /* why it does not apply; constant or of the context's arena */
} hdt_answer;

/* A point of a tuning space: a value for each of the scheduler's params, in their order. */
enum { HDT_MAX_PARAMS = 12 };
typedef struct hdt_choice {
	int64_t values[HDT_MAX_PARAMS];
} hdt_choice;

/* The best choices so far, the least cost first; those of equal cost as they were added. */
enum { HDT_MOST_RANKED = 1024 };
typedef struct hdt_ranking {
	hdt_choice *choices; /* the caller's */
	double costs[HDT_MOST_RANKED];
	int count, most;
} hdt_ranking;

/* An empty ranking with what `space` is to list at this level, in `out`: one choice, or `few`, or `most`. */
static inline void hdt_ranking_begin(hdt_ranking *r, int level, int few, hdt_choice *out, int most)
{
	int wanted = level <= 0 ? 1 : level == 1 ? few : HDT_MOST_RANKED;
	r->choices = out;
	r->count = 0;
	r->most = most < HDT_MOST_RANKED ? most : HDT_MOST_RANKED;
	r->most = wanted < r->most ? wanted : r->most;
}

/* Keeps the choice if it is among the best. */
static inline void hdt_ranking_add(hdt_ranking *r, hdt_choice choice, double cost)
{
	int at = r->count;
	if (r->most < 1 || (at == r->most && r->costs[at - 1] <= cost))
		return;
	r->count += at < r->most;
	for (at = r->count - 1; at > 0 && r->costs[at - 1] > cost; at--) {
		r->choices[at] = r->choices[at - 1];
		r->costs[at] = r->costs[at - 1];
	}
	r->choices[at] = choice;
	r->costs[at] = cost;
}

/* Into how many parts of this size the whole is cut, the last one perhaps smaller. For estimates, which may be beyond every integer. */
static inline double hdt_pieces(double whole, double part)
{
	double quotient = whole / part;
	if (quotient > 1e15)
		return quotient;
	double count = (double)(int64_t)quotient;
	return count * part < whole ? count + 1 : count;
}

typedef struct hdt_scheduler {
	size_t size;
	const char *name;
	const char *doc;
	const char *target; /* name of the one target it schedules for; NULL: every target that runs functions of `kind` */
	hdt_function_kind kind;
	int rank; /* decides between equal costs */
	hdt_answer (*query)(const hdt_task *task, const hdt_target_info *target);
	/* The program for the task, its buffers bound by hdt_program_bind; NULL after a fault. Deterministic. */
	hdt_program *(*build)(const hdt_task *task, const hdt_target_info *target);

	/* ---- a template: the program has parameters that can be tuned. NULL, all three: there is one way only */

	const char *const *params; /* their names, ended by NULL */
	/* The choices worth trying for a task that query says it applies to, the best guess first: at level 0 that one alone, at 1 a short list, at
	 * 2 all. At most `most` into `out`; returns their number. Each is one that build_choice takes. */
	int (*space)(const hdt_task *task, const hdt_target_info *target, int level, hdt_choice *out, int most);
	/* As build, by this choice; `build` may then be NULL. */
	hdt_program *(*build_choice)(const hdt_task *task, const hdt_target_info *target, const hdt_choice *choice);

	/* ---- layout on the graph */

	/* In which order the dimensions of an input or output of the task should lie in memory, outermost first, for this scheduler to serve it
	 * well: {0, 2, 3, 1} for channels last. False: any will do. Where the graph can give that order, query and build get the task with the
	 * tensor's dimensions so permuted, and loads of it to match. NULL: any will do, always. */
	bool (*order)(const hdt_task *task, const hdt_target_info *target, const hdt_tensor *tensor,
	              int dims[HDT_MAX_RANK]);

	/* ---- operators that are better left whole */

	/* The task of one operator, as it is defined, for which there is a resolve rule. True: this scheduler serves it better than what the rule
	 * makes of it, and it is not resolved. It must then also take what fusion makes of it: inputs read through views, results converted,
	 * permuted or finished in place. NULL: never. */
	bool (*keeps)(const hdt_task *task, const hdt_target_info *target);

	/* ---- what it is tested with (hidet-run selftest)

	 * Calls as in an operator's samples, ended by NULL, each after what it stands for: "tiny: matmul(f32[1, 3], f32[3, 2])". A template gives at
	 * least one of each kind: aligned, unaligned, tiny, symbolic, batched; one call may be of several ("tiny symbolic: ..."). An input that is
	 * `const f32[64, 64]` is a constant of the graph; a call may stand in place of an input: "relu(linear(f32[13, 29], const f32[21, 29]))".
	 * Dtypes are written out; `where n = 3 in 1..64` gives a size its value and its range. This scheduler then computes what it takes of the
	 * graph, and must take something; or nothing of what is "refused": "tiny refused: matmul(f32[1, 3], f32[3, 2])". "aligned at tf32: ..." is
	 * compiled with that precision. */
	const char *const *samples;
} hdt_scheduler;

HDT_END
#endif
