/* fixture.h: tasks from their text to results, by one scheduler, on the processor. */
#ifndef TESTS_UNIT_SCHED_CONV_FIXTURE_H
#define TESTS_UNIT_SCHED_CONV_FIXTURE_H

#include "../shared/processor.h"

extern const hdt_scheduler hdt_scheduler_conv_cpu, hdt_scheduler_conv_depthwise_cpu, hdt_scheduler_conv_winograd_cpu,
	hdt_scheduler_pool_cpu;

/* Why the scheduler declines; NULL: it applies. */
const char *reason_of(const hdt_scheduler *scheduler, const char *task);

/* ---- sweeps: tasks are added, then all compiled together, run on made-up data, and compared with the reference evaluator --------------- */

/* The task by the scheduler's best guess, and at `level` 1 and 2 by up to `most` of its choices. A scheduler that declines fails the test. */
void sweep_add(const hdt_scheduler *scheduler, int level, int most, const char *task);
/* `tolerance`: of the largest result. */
void sweep_run(double tolerance);

/* A convolution as text, channels last: z = max(sum x * weight + bias, 0). By dimension; sizes after padding must hold a window. */
typedef struct layer {
	int count;                                /* of dimensions: 1 to 3 */
	int64_t batch, groups, channels, columns; /* of a group */
	int64_t size[3], kernel[3], stride[3], padding[3], dilation[3];
	bool channels_first, constant, scaled; /* scaled: x is multiplied by a factor for each channel first */
	bool transposed;                       /* half a step, rounded down, is added to one side of the results */
	const char *dtype;                     /* NULL: f32 */
} layer;
const char *conv_text(const layer *s);
/* Of a layer: windows of 3 x 3 one behind the other, as many as there are positions. */
#define THREE_BY_THREE \
	.count = 2, .batch = 1, .groups = 1, .kernel = {3, 3}, .stride = {1, 1}, .padding = {1, 1}, .dilation = {1, 1}

#endif
