/* fixture.h: the scheduler of attention on the processor under test, and its tasks. */
#ifndef TESTS_UNIT_SCHED_ATTENTION_FIXTURE_H
#define TESTS_UNIT_SCHED_ATTENTION_FIXTURE_H

#include "../shared/scheduler.h"

extern const hdt_scheduler hdt_scheduler_attention_cpu;

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
