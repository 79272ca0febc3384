/* fixture.h: tasks from their text to results, by one scheduler, on the processor. */
#ifndef TESTS_UNIT_SCHED_CONV_FIXTURE_H
#define TESTS_UNIT_SCHED_CONV_FIXTURE_H

#include "task/task.h"
#include <criterion/criterion.h>
#include <hidet/scheduler.h>

extern hdt_context *context;
void set_up(void);
void tear_down(void);

extern const hdt_scheduler hdt_scheduler_conv_cpu, hdt_scheduler_conv_depthwise_cpu, hdt_scheduler_conv_winograd_cpu,
	hdt_scheduler_pool_cpu;

/* Fails the test on a fault. */
const hdt_task *parse_task(const char *task);
const hdt_target_info *target_info(void);
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
	const char *dtype;                     /* NULL: f32 */
} layer;
const char *conv_text(const layer *s);

#endif
