/* fixture.c: see fixture.h. */
#include "fixture.h"

#include "base/text.h"
#include <math.h>
#include <stdlib.h>

enum { MOST_ATTEMPTS = 256, MOST_CHOICES = 64 };

/* Each step a program of the task of the same number. */
static const hdt_task *tasks[MOST_ATTEMPTS];
static step steps[MOST_ATTEMPTS];
static int attempt_count;

const char *reason_of(const hdt_scheduler *scheduler, const char *source)
{
	hdt_answer answer = scheduler->query(parse_task(source), machine);
	return answer.applies ? NULL : answer.reason;
}

/* ---- sweeps ------------------------------------------------------------------------------------------------------- */

void sweep_add(const hdt_scheduler *scheduler, int level, int most, const char *source)
{
	const hdt_task *task = parse_task(source);
	hdt_choice choices[MOST_CHOICES];
	hdt_answer answer = scheduler->query(task, machine);
	cr_assert(answer.applies, "%s: %s\n%s", scheduler->name, answer.reason, source);
	int count = scheduler->space(task, machine, level, choices, most);
	cr_assert_gt(count, 0);
	for (int i = 0; i < count; i++) {
		cr_assert_lt(attempt_count, MOST_ATTEMPTS);
		hdt_program *program = check_program(scheduler->build_choice(task, machine, &choices[i]));
		tasks[attempt_count] = task;
		steps[attempt_count++] = (step){.program = program, .scheduler = scheduler};
	}
}

static void compare(const hdt_tensor *t, const step *s, const void *got, const void *wanted, int64_t bytes,
                    double tolerance)
{
	double largest = 0;
	int64_t count = bytes / hdt_dtype_of(t->dtype)->bytes;
	for (int64_t i = 0; i < count; i++)
		largest = fmax(largest, fabs(scalar_load(wanted, t->dtype, i).f));
	for (int64_t i = 0; i < count; i++) {
		double a = scalar_load(got, t->dtype, i).f, b = scalar_load(wanted, t->dtype, i).f;
		cr_assert(fabs(a - b) <= tolerance * largest, "%s: element %lld is %.9g, not %.9g\n%s", s->scheduler->name,
		          (long long)i, a, b, program_text(s->program));
	}
}

static void run_one(const hdt_task *task, const step *s, double tolerance)
{
	int output = task->input_count;
	memory m = memory_new(s->program, task->input_count, NULL);
	void *wanted = wanted_of(task, &m, NULL);
	processor_run(s, &m, NULL);
	compare(task->outputs[0], s, m.data[output], wanted, m.bytes[output], tolerance);
	free(wanted);
	memory_free(&m);
}

void sweep_run(double tolerance)
{
	processor_compile(steps, attempt_count);
	for (int i = 0; i < attempt_count; i++)
		run_one(tasks[i], &steps[i], tolerance);
	attempt_count = 0;
}

/* ---- texts -------------------------------------------------------------------------------------------------------- */

static int64_t windows(const layer *s, int d)
{
	if (s->transposed)
		return (s->size[d] - 1) * s->stride[d] + (s->kernel[d] - 1) * s->dilation[d] + 1 - 2 * s->padding[d] +
		       s->stride[d] / 2;
	return (s->size[d] + 2 * s->padding[d] - (s->kernel[d] - 1) * s->dilation[d] - 1) / s->stride[d] + 1;
}

/* Items of each dimension, with a comma before each. */
static const char *each(const layer *s, const char *(*item)(const layer *s, int d))
{
	const char *all = "";
	for (int d = 0; d < s->count; d++)
		all = hdt_format(context, "%s, %s", all, item(s, d));
	return all;
}

static const char *size_item(const layer *s, int d)
{
	return hdt_format(context, "%lld", (long long)s->size[d]);
}
static const char *kernel_item(const layer *s, int d)
{
	return hdt_format(context, "%lld", (long long)s->kernel[d]);
}
static const char *tap_item(const layer *s, int d)
{
	return hdt_format(context, "k%d < %lld", d, (long long)s->kernel[d]);
}
static const char *tap_index(const layer *s, int d)
{
	(void)s;
	return hdt_format(context, "k%d", d);
}
static const char *window_item(const layer *s, int d)
{
	return hdt_format(context, "i%d < %lld", d, (long long)windows(s, d));
}
static const char *shifted(const layer *s, int d)
{
	return hdt_format(context, "(i%d - k%d * %lld + %lld)", d, d, (long long)s->dilation[d], (long long)s->padding[d]);
}
static const char *position(const layer *s, int d)
{
	if (s->transposed)
		return hdt_format(context, "%s // %lld", shifted(s, d), (long long)s->stride[d]);
	return hdt_format(context, "i%d * %lld + k%d * %lld - %lld", d, (long long)s->stride[d], d,
	                  (long long)s->dilation[d], (long long)s->padding[d]);
}
static const char *condition(const layer *s, int d)
{
	if (s->transposed)
		return hdt_format(context, "0 <= %s && %s < %lld && %s %% %lld == 0", shifted(s, d), position(s, d),
		                  (long long)s->size[d], shifted(s, d), (long long)s->stride[d]);
	return hdt_format(context, "0 <= %s && %s < %lld", position(s, d), position(s, d), (long long)s->size[d]);
}

static const char *element_text(const layer *s)
{
	long long c = s->channels, o = s->columns;
	const char *channel = s->groups > 1 ? hdt_format(context, "(o // %lld) * %lld + c", o, c) : "c", *inside = NULL;
	const char *read = s->channels_first ? hdt_format(context, "x[n, %s%s]", channel, each(s, position))
	                                     : hdt_format(context, "x[n%s, %s]", each(s, position), channel);
	if (s->scaled)
		read = hdt_format(context, "%s * scale[n, %s]", read, channel);
	for (int d = 0; d < s->count; d++)
		if (s->padding[d] || s->transposed)
			inside = inside ? hdt_format(context, "%s && %s", inside, condition(s, d)) : condition(s, d);
	return inside ? hdt_format(context, "select(%s, %s, 0.0)", inside, read) : read;
}

const char *conv_text(const layer *s)
{
	long long c = s->channels, o = s->columns * s->groups, all = s->channels * s->groups;
	const char *t = s->dtype ? s->dtype : "f32", *x, *y;
	x = s->channels_first ? hdt_format(context, "%lld%s", all, each(s, size_item))
	                      : hdt_format(context, "%s, %lld", each(s, size_item) + 2, all);
	y = s->channels_first ? hdt_format(context, "o < %lld%s", o, each(s, window_item))
	                      : hdt_format(context, "%s, o < %lld", each(s, window_item) + 2, o);
	return hdt_format(context,
	                  "task @conv(x: %s[%lld, %s], weight: %s%s[%lld, %lld%s], bias: %s[%lld]%s) -> (z) {\n"
	                  "  z[n < %lld, %s] = max((sum(c < %lld%s) (%s) * weight[o, c%s]) + bias[o], 0.0)\n}",
	                  t, (long long)s->batch, x, s->constant ? "const " : "", t, o, c, each(s, kernel_item), t, o,
	                  s->scaled ? hdt_format(context, ", scale: %s[%lld, %lld]", t, (long long)s->batch, all) : "",
	                  (long long)s->batch, y, c, each(s, tap_item), element_text(s), each(s, tap_index));
}
