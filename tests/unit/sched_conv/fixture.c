/* fixture.c: see fixture.h. */
#include "fixture.h"

#include "base/text.h"
#include "exec/constants.h"
#include "exec/kernels.h"
#include "exec/launch.h"
#include "lower/lower.h"
#include <math.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

enum { MOST_BUFFERS = 64, MOST_ATTEMPTS = 256, MOST_CHOICES = 64 };

extern const hdt_target hdt_target_cpu;

typedef struct attempt {
	const hdt_task *task;
	step step;
} attempt;

static hdt_device *device;
static attempt attempts[MOST_ATTEMPTS];
static int attempt_count;

void set_up(void)
{
	const hdt_target_options options = {.size = sizeof options, .threads = 2};
	context_begin(&hdt_target_cpu);
	cr_assert_eq(hdt_target_cpu.open(context, &options, &device), HDT_OK, "%s", context->message);
	attempt_count = 0;
}

void tear_down(void)
{
	hdt_target_cpu.close(device);
	context_end();
}

const hdt_target_info *target_info(void)
{
	return hdt_target_cpu.info(device);
}

const char *reason_of(const hdt_scheduler *scheduler, const char *source)
{
	hdt_answer answer = scheduler->query(parse_task(source), target_info());
	return answer.applies ? NULL : answer.reason;
}

/* ---- attempts --------------------------------------------------------------------------------------------------- */

void sweep_add(const hdt_scheduler *scheduler, int level, int most, const char *source)
{
	const lowering how = {.target = &hdt_target_cpu, .info = target_info()};
	const hdt_task *task = parse_task(source);
	hdt_choice choices[MOST_CHOICES];
	hdt_answer answer = scheduler->query(task, target_info());
	cr_assert(answer.applies, "%s: %s\n%s", scheduler->name, answer.reason, source);
	int count = scheduler->space(task, target_info(), level, choices, most);
	cr_assert_gt(count, 0);
	for (int i = 0; i < count; i++) {
		cr_assert_lt(attempt_count, MOST_ATTEMPTS);
		hdt_program *program = scheduler->build_choice(task, target_info(), &choices[i]);
		cr_assert(program, "%s\n%s", context->message, source);
		cr_assert_eq(program_finish(program), HDT_OK, "%s\n%s", context->message, source);
		cr_assert_eq(program_verify(program), HDT_OK, "%s\n%s", context->message, program_text(program));
		cr_assert_eq(program_lower(program, &how), HDT_OK, "%s\n%s", context->message, source);
		attempts[attempt_count++] = (attempt){task, {.program = program, .scheduler = scheduler}};
	}
}

static void compile_all(loaded *on)
{
	kernels k;
	hdt_source source;
	char path[] = "/tmp/hidet-sched-XXXXXX";
	int file = mkstemp(path);
	hdt_status status = file >= 0 ? HDT_OK : HDT_IO_ERROR;
	if (file >= 0)
		close(file);
	kernels_init(&k, context, &hdt_target_cpu);
	for (int i = 0; i < attempt_count && status == HDT_OK; i++)
		status = kernels_add(&k, &attempts[i].step, 1);
	if (status == HDT_OK)
		status = kernels_source(&k, hdt_target_cpu.prelude(device), &source);
	if (status == HDT_OK)
		status = hdt_target_cpu.compile(context, device, &source, path);
	if (status == HDT_OK)
		status = hdt_target_cpu.load(context, device, path, &on->object);
	unlink(path);
	cr_assert_eq(status, HDT_OK, "%s", context->message);
}

/* ---- running ------------------------------------------------------------------------------------------------------ */

static double made_up(int64_t i)
{
	uint64_t bits = (uint64_t)(i + 1) * UINT64_C(0x9e3779b97f4a7c15);
	bits ^= bits >> 29;
	return (double)(bits % 2001) / 1000 - 1;
}

/* Buffers of the attempt: inputs made up, constants computed; the rest holds what no result may show. */
static void make_buffers(const attempt *c, void **buffers, int64_t *bytes)
{
	const hdt_program *p = c->step.program;
	const bindings none = {0};
	cr_assert_leq(p->buffer_count, MOST_BUFFERS);
	for (int i = 0; i < p->buffer_count; i++) {
		hdt_dtype dtype = p->buffers[i]->dtype;
		bytes[i] = shape_bytes(dtype, hdt_shape(p->buffers[i]), &none, NULL);
		buffers[i] = hdt_target_cpu.allocate(device, (size_t)bytes[i]);
		cr_assert(buffers[i]);
		for (int64_t e = 0; e < bytes[i] / hdt_dtype_of(dtype)->bytes; e++)
			scalar_store(buffers[i], dtype, e, (scalar){.f = i < c->task->input_count ? made_up(e + 7 * i) : NAN});
	}
	for (int i = 0; i < p->constant_count; i++) {
		const void *const *inputs;
		const hdt_task *task = constant_task(p, i, (const void *const *)buffers, &inputs);
		void *to = buffers[p->buffer_count - p->workspace_count - p->constant_count + i];
		cr_assert(task, "%s", context->message);
		cr_assert_eq(task_evaluate(task, &none, inputs, &to), HDT_OK, "%s", context->message);
	}
}

static void compare(const attempt *c, const void *got, const void *wanted, int64_t bytes, double tolerance)
{
	const hdt_tensor *t = c->task->outputs[0];
	double largest = 0;
	int64_t count = bytes / hdt_dtype_of(t->dtype)->bytes;
	for (int64_t i = 0; i < count; i++)
		largest = fmax(largest, fabs(scalar_load(wanted, t->dtype, i).f));
	for (int64_t i = 0; i < count; i++) {
		double a = scalar_load(got, t->dtype, i).f, b = scalar_load(wanted, t->dtype, i).f;
		cr_assert(fabs(a - b) <= tolerance * largest, "%s: element %lld is %.9g, not %.9g\n%s", c->step.scheduler->name,
		          (long long)i, a, b, program_text(c->step.program));
	}
}

static void run_one(loaded *on, const attempt *c, double tolerance)
{
	void *buffers[MOST_BUFFERS];
	int64_t bytes[MOST_BUFFERS];
	launch_list list;
	loaded_program program;
	const bindings none = {0};
	hdt_fault fault = {.launch = -1};
	int output = c->task->input_count;
	make_buffers(c, buffers, bytes);
	launch_list_init(&list);
	cr_assert_eq(loaded_program_find(context, on, c->step.program, c->step.function, &program), HDT_OK, "%s",
	             context->message);
	cr_assert_eq(launch_program(&list, context, &program, 0, &none, bytes), HDT_OK, "%s", context->message);
	for (int i = 0; i < list.launches.count; i++)
		launch_address(&list, i, buffers);
	cr_assert_eq(hdt_target_cpu.run(device, list.launches.items, list.launches.count, &fault), HDT_OK, "%s",
	             fault.message);
	launch_list_fini(&list);
	void *wanted = malloc((size_t)bytes[output] + 1);
	cr_assert(wanted);
	cr_assert_eq(task_evaluate(c->task, &none, (const void *const *)buffers, &wanted), HDT_OK, "%s", context->message);
	compare(c, buffers[output], wanted, bytes[output], tolerance);
	free(wanted);
	for (int i = 0; i < c->step.program->buffer_count; i++)
		hdt_target_cpu.release(device, buffers[i]);
}

void sweep_run(double tolerance)
{
	loaded on = {.target = &hdt_target_cpu, .device = device, .references = 1};
	compile_all(&on);
	for (int i = 0; i < attempt_count; i++)
		run_one(&on, &attempts[i], tolerance);
	hdt_target_cpu.unload(device, on.object);
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
