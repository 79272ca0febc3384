/* fixture.h: tasks from their text to programs, and their results on this processor against the reference evaluator. */
#ifndef TESTS_UNIT_SCHED_ATTENTION_FIXTURE_H
#define TESTS_UNIT_SCHED_ATTENTION_FIXTURE_H

#include "../shared/tasks.h"

extern const hdt_target_info *machine; /* of this processor */
void set_up(void);
void tear_down(void);

extern const hdt_scheduler hdt_scheduler_attention_cpu;
extern const hdt_target hdt_target_cpu;

/* Each fails the test on a fault. */
/* Of what the scheduler thinks best, verified, as text. */
const char *program_text_of(const char *task);
/* Why the scheduler declines it. */
const char *reason_against(const char *task);

/* Run what the scheduler makes of the task on made-up data, for each of `count` sets of values of the symbols (in the order of their names), and
 * compare with the reference evaluator. Memory ends where a page ends that nobody may touch. */
void run_sizes(const char *task, const int64_t *const *sizes, int count);
/* The same for sizes that are all known; and by each choice of the tuning space at this level, `step` by `step`. */
void run(const char *task);
void run_choices(const char *task, int level, int step);

/* The text of an attention, b 1 and h 2 the batch; what is left out: depth and width "16", dtype "f32", score "%s * 0.25" (of the sum of products, over b, h,
 * i, j), result "%s" (of the mean, over b, h, i, e). */
typedef struct attention_shape {
	const char *queries, *keys, *depth, *width, *dtype;
	const char *more; /* inputs: ", m: bool[3, 4]" */
	const char *score, *result, *largest;
	const char *where; /* ranges of symbols */
	int served;        /* heads of q for each of k and v */
	bool turned;       /* q, k, v and y have the heads behind the rows */
} attention_shape;
const char *attention_text(const attention_shape *shape);

#endif
