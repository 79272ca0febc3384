/* conv.c: how fast convolutions are, layer by layer: those of resnet50, and depthwise ones.
 *     bench_conv PLUGINS-DIR [NAME-PART [LEVEL [cold]]]
 *
 * Channels lie last, but in images, and weights are constant, as on the way through a model. For each layer the best guess of every scheduler that applies (at
 * level 1 and 2 also the other choices, fastest first), on one thread by its own clock: microseconds, billions of operations a second, and
 * what that is of a loop of multiply-adds in registers, timed in the same minute. The largest difference from the first one's results,
 * relative to their largest, tells wrong ones. `cold`: weights come from memory, as in a model whose weights are larger than the caches; the
 * inputs are near. */
#include "peak.h"

#include "exec/constants.h"
#include "exec/kernels.h"
#include "exec/launch.h"
#include "lower/lower.h"
#include "task/task.h"
#include "tests/load_plugins.h"
#include <math.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

enum { COLD_BYTES = 96 << 20 };
enum { IMAGE_CHANNELS = 3 }; /* images come with their channels first */
enum { MOST_BUFFERS = 16, MOST_CHOICES = 64, ROUNDS = 5 };
#define SECONDS_PER_CHOICE 0.15

typedef struct layer {
	const char *name;
	int64_t channels, outputs, size, kernel, stride;
	bool residual, depthwise;
	int count; /* in resnet50 */
} layer;

static const layer layers[] = {
	{"7x7 s2 3-64 @224", 3, 64, 224, 7, 2, false, false, 1},
	{"3x3 s2 3-16 @224", 3, 16, 224, 3, 2, false, false, 0},
	{"3x3 s2 3-32 @224", 3, 32, 224, 3, 2, false, false, 0},
	{"3x3 64 @56", 64, 64, 56, 3, 1, false, false, 3},
	{"3x3 128 @28", 128, 128, 28, 3, 1, false, false, 3},
	{"3x3 256 @14", 256, 256, 14, 3, 1, false, false, 5},
	{"3x3 512 @7", 512, 512, 7, 3, 1, false, false, 2},
	{"3x3 s2 128 @56", 128, 128, 56, 3, 2, false, false, 1},
	{"3x3 s2 256 @28", 256, 256, 28, 3, 2, false, false, 1},
	{"3x3 s2 512 @14", 512, 512, 14, 3, 2, false, false, 1},
	{"1x1 64-64 @56", 64, 64, 56, 1, 1, false, false, 1},
	{"1x1 64-256 @56 + residual", 64, 256, 56, 1, 1, true, false, 4},
	{"1x1 128-512 @28 + residual", 128, 512, 28, 1, 1, true, false, 4},
	{"1x1 256-1024 @14 + residual", 256, 1024, 14, 1, 1, true, false, 6},
	{"1x1 512-2048 @7 + residual", 512, 2048, 7, 1, 1, true, false, 3},
	{"1x1 256-64 @56", 256, 64, 56, 1, 1, false, false, 2},
	{"1x1 256-128 @56", 256, 128, 56, 1, 1, false, false, 1},
	{"1x1 512-128 @28", 512, 128, 28, 1, 1, false, false, 3},
	{"1x1 512-256 @28", 512, 256, 28, 1, 1, false, false, 1},
	{"1x1 1024-256 @14", 1024, 256, 14, 1, 1, false, false, 5},
	{"1x1 1024-512 @14", 1024, 512, 14, 1, 1, false, false, 1},
	{"1x1 2048-512 @7", 2048, 512, 7, 1, 1, false, false, 2},
	{"1x1 s2 256-512 @56", 256, 512, 56, 1, 2, false, false, 1},
	{"1x1 s2 512-1024 @28", 512, 1024, 28, 1, 2, false, false, 1},
	{"1x1 s2 1024-2048 @14", 1024, 2048, 14, 1, 2, false, false, 1},
	{"depthwise 3x3 32 @112", 32, 32, 112, 3, 1, false, true, 0},
	{"depthwise 3x3 s2 96 @112", 96, 96, 112, 3, 2, false, true, 0},
	{"depthwise 3x3 144 @56", 144, 144, 56, 3, 1, false, true, 0},
	{"depthwise 3x3 480 @14", 480, 480, 14, 3, 1, false, true, 0},
	{"depthwise 5x5 672 @14", 672, 672, 14, 5, 1, false, true, 0},
	{"depthwise 5x5 s2 672 @14", 672, 672, 14, 5, 2, false, true, 0},
	{"depthwise 5x5 240 @28", 240, 240, 28, 5, 1, false, true, 0},
	{"depthwise 5x5 1152 @7", 1152, 1152, 7, 5, 1, false, true, 0},
	{"depthwise 7x7 96 @56", 96, 96, 56, 7, 1, false, true, 0},
};

/* One program for the layer at hand. */
typedef struct contender {
	const hdt_scheduler *scheduler;
	hdt_choice choice;
	double estimate, us, error; /* estimate: NAN but for a best guess */
	step step;
	void *buffers[MOST_BUFFERS];
	launch_list list;
} contender;

typedef struct bench {
	const hdt_registry *registry;
	const hdt_target *target;
	hdt_device *device;
	int level;
	char *cold; /* memory to write over, to empty the caches; NULL: they stay */
	/* of a layer */
	hdt_context *context;
	loaded *on;
	const hdt_task *task;
	contender all[MOST_CHOICES];
	int count;
} bench;

/* ---- the task ----------------------------------------------------------------------------------------------------- */

static int64_t outs(const layer *l)
{
	return (l->size + 2 * (l->kernel / 2) - l->kernel) / l->stride + 1;
}

/* max(sum x * weight + bias + residual, 0), of the text form. */
static const char *task_text(hdt_context *context, const layer *l)
{
	long long c = l->channels, o = l->outputs, s = l->size, k = l->kernel, pad = k / 2, out = outs(l), t = l->stride;
	const char *at = hdt_format(context, "h * %lld + r - %lld, w * %lld + s - %lld", t, pad, t, pad);
	const char *read = hdt_format(context,
	                              c == IMAGE_CHANNELS ? "x[0, c, %s]"
	                              : l->depthwise      ? "x[0, %s, o]"
	                                                  : "x[0, %s, c]",
	                              at);
	const char *shape = c == IMAGE_CHANNELS ? hdt_format(context, "%lld, %lld, %lld", c, s, s)
	                                        : hdt_format(context, "%lld, %lld, %lld", s, s, c);
	if (pad)
		read = hdt_format(context,
		                  "select(%lld <= h * %lld + r && h * %lld + r < %lld && %lld <= w * %lld + s && w * %lld + s "
		                  "< %lld, %s, 0.0)",
		                  pad, t, t, s + pad, pad, t, t, s + pad, read);
	const char *taps = k > 1 || l->depthwise ? hdt_format(context, ", r < %lld, s < %lld", k, k) : ", r < 1, s < 1";
	return hdt_format(
		context,
		"task @conv(x: f32[1, %s], weight: const f32[%lld, %lld, %lld, %lld], bias: f32[%lld], y: f32[1, %lld, %lld, "
		"%lld]) -> (z) {\n  z[n < 1, h < %lld, w < %lld, o < %lld] = max((sum(c < %lld%s) %s * weight[o, c, r, s]) + "
		"bias[o]%s, 0.0)\n}",
		shape, o, l->depthwise ? 1 : c, k, k, o, out, out, o, out, out, o, l->depthwise ? 1 : c, taps, read,
		l->residual ? " + y[0, h, w, o]" : "");
}

static bool read_task(bench *b, const layer *l)
{
	parser p;
	parser_init(&p, b->context, l->name, task_text(b->context, l));
	b->task = task_parse(&p);
	return b->task != NULL;
}

/* ---- contenders --------------------------------------------------------------------------------------------------- */

static bool serves(const hdt_scheduler *s, const hdt_target *target)
{
	return s->kind == target->kind && (!s->target || strcmp(s->target, target->name) == 0);
}

static bool add_contender(bench *b, const hdt_scheduler *s, const hdt_choice *choice, double estimate)
{
	const hdt_target_info *info = b->target->info(b->device);
	const lowering how = {.target = b->target, .info = info};
	if (b->count == MOST_CHOICES)
		return true;
	contender *c = &b->all[b->count++];
	*c = (contender){.scheduler = s, .estimate = estimate};
	if (choice)
		c->choice = *choice;
	hdt_program *program = choice ? s->build_choice(b->task, info, choice) : s->build(b->task, info);
	c->step = (step){.program = program, .scheduler = s};
	return program && program_finish(program) == HDT_OK && program_lower(program, &how) == HDT_OK;
}

static bool add_choices(bench *b, const hdt_scheduler *s)
{
	const hdt_target_info *info = b->target->info(b->device);
	hdt_choice choices[MOST_CHOICES];
	hdt_answer answer = s->query(b->task, info);
	bool tuned = s->size > offsetof(hdt_scheduler, build_choice) && s->space && s->build_choice;
	if (!answer.applies)
		return true;
	int count = tuned ? s->space(b->task, info, b->level, choices, MOST_CHOICES) : 1;
	for (int i = 0; i < count; i++)
		if (!add_contender(b, s, tuned ? &choices[i] : NULL, i ? NAN : answer.cost_us))
			return false;
	return true;
}

static bool add_all(bench *b)
{
	for (int i = 0; i < registry_count(b->registry, REGISTRY_SCHEDULER); i++) {
		const hdt_scheduler *s = registry_at(b->registry, REGISTRY_SCHEDULER, i)->descriptor;
		if (serves(s, b->target) && !add_choices(b, s))
			return false;
	}
	return true;
}

/* One object with all kernels. */
static bool compile_all(bench *b)
{
	kernels k;
	hdt_source source;
	char path[] = "/tmp/hidet-bench-XXXXXX";
	int file = mkstemp(path);
	hdt_status status = HDT_OK;
	kernels_init(&k, b->context, b->target);
	for (int i = 0; i < b->count && status == HDT_OK; i++)
		status = kernels_add(&k, &b->all[i].step, 1);
	if (status == HDT_OK)
		status = kernels_source(&k, b->target->prelude(b->device), &source);
	source.jobs = 2;
	if (status == HDT_OK)
		status = b->target->compile(b->context, b->device, &source, path);
	if (status == HDT_OK)
		status = b->target->load(b->context, b->device, path, &b->on->object);
	if (file >= 0)
		close(file);
	unlink(path);
	return status == HDT_OK;
}

/* ---- memory ------------------------------------------------------------------------------------------------------- */

static int64_t bytes_of(const hdt_tensor *t)
{
	const bindings none = {0};
	return shape_bytes(t->dtype, hdt_shape(t), &none, NULL);
}

static float made_up(uint64_t i)
{
	i = (i + 1) * UINT64_C(0x9e3779b97f4a7c15);
	i ^= i >> 31;
	i *= UINT64_C(0xbf58476d1ce4e5b9);
	i ^= i >> 29;
	return (float)(i % 2001) / 1000 - 1;
}

/* Inputs and output are `shared` by all contenders, the rest is their own; constants get their values. */
static bool make_memory(bench *b, contender *c, void **shared)
{
	const hdt_program *p = c->step.program;
	const bindings none = {0};
	int bound = b->task->input_count + b->task->output_count;
	for (int i = 0; i < p->buffer_count; i++) {
		int64_t bytes = bytes_of(p->buffers[i]);
		if (i < bound && shared[i]) {
			c->buffers[i] = shared[i];
			continue;
		}
		float *data = c->buffers[i] = b->target->allocate(b->device, (size_t)bytes);
		if (!data)
			return false;
		for (int64_t e = 0; e < bytes / 4; e++)
			data[e] = i < b->task->input_count ? made_up((uint64_t)e * 16 + (uint64_t)i) : 0;
		if (i < bound)
			shared[i] = data;
	}
	for (int i = 0; i < p->constant_count; i++) {
		const void *const *inputs;
		const hdt_task *task = constant_task(p, i, (const void *const *)c->buffers, &inputs);
		void *to = c->buffers[p->buffer_count - p->workspace_count - p->constant_count + i];
		if (!task || task_evaluate(task, &none, inputs, &to) != HDT_OK)
			return false;
	}
	return true;
}

static void free_memory(bench *b, void **shared)
{
	int bound = b->task ? b->task->input_count + b->task->output_count : 0;
	for (int i = 0; i < b->count; i++)
		for (int k = bound; k < MOST_BUFFERS; k++)
			b->target->release(b->device, b->all[i].buffers[k]);
	for (int i = 0; i < MOST_BUFFERS; i++)
		b->target->release(b->device, shared[i]);
}

static bool make_launches(bench *b, contender *c)
{
	loaded_program program;
	const bindings none = {0};
	int64_t bytes[MOST_BUFFERS];
	for (int i = 0; i < c->step.program->buffer_count; i++)
		bytes[i] = bytes_of(c->step.program->buffers[i]);
	launch_list_init(&c->list);
	if (loaded_program_find(b->context, b->on, c->step.program, c->step.function, &program) != HDT_OK ||
	    launch_program(&c->list, b->context, &program, 0, &none, bytes) != HDT_OK)
		return false;
	for (int i = 0; i < c->list.launches.count; i++)
		launch_address(&c->list, i, c->buffers);
	return true;
}

/* ---- timing ------------------------------------------------------------------------------------------------------- */

/* Everything leaves the caches, then the inputs come back: other memory than weights. */
static void cool(bench *b, const contender *c)
{
	static volatile float sum;
	for (int64_t i = 0; i < COLD_BYTES; i += 64)
		b->cold[i]++;
	for (int i = 0; i < b->task->input_count; i++) {
		const float *data = c->buffers[i];
		for (int64_t e = 0; !b->task->inputs[i]->constant && e < bytes_of(b->task->inputs[i]) / 4; e += 16)
			sum = sum + data[e];
	}
}

static bool run_once(bench *b, contender *c, double *seconds)
{
	hdt_fault fault = {.launch = -1};
	if (b->cold)
		cool(b, c);
	double begin = peak_now(1);
	hdt_status status = b->target->run(b->device, c->list.launches.items, c->list.launches.count, &fault);
	*seconds = peak_now(1) - begin;
	if (status != HDT_OK)
		fprintf(stderr, "%s: %s\n", c->scheduler->name, fault.message);
	return status == HDT_OK;
}

static double error_of(const float *got, const float *wanted, int64_t count)
{
	double most = 0, largest = 1e-30;
	for (int64_t i = 0; i < count; i++) {
		most = fmax(most, isfinite(got[i]) ? fabs((double)got[i] - (double)wanted[i]) : INFINITY);
		largest = fmax(largest, fabs((double)wanted[i]));
	}
	return most / largest;
}

/* The best of many runs, the contenders in turns; and their results against those of the first. */
static bool time_all(bench *b, double *fma_rate)
{
	int64_t bytes = bytes_of(b->task->outputs[0]);
	int output = b->task->input_count;
	float *wanted = malloc((size_t)bytes);
	bool good = wanted != NULL;
	double seconds;
	*fma_rate = 0;
	for (int i = 0; i < b->count && good; i++) {
		contender *c = &b->all[i];
		good = run_once(b, c, &seconds);
		c->us = INFINITY;
		if (good && i == 0)
			memcpy(wanted, c->buffers[output], (size_t)bytes);
		if (good)
			c->error = error_of(c->buffers[output], wanted, bytes / 4);
	}
	for (int round = 0; round < ROUNDS && good; round++) {
		*fma_rate = fmax(*fma_rate, 2e8 / peak_fma_seconds(2e8, 1));
		for (int i = 0; i < b->count && good; i++) {
			double spent = 0;
			for (int n = 0; good && (n < 2 || spent < SECONDS_PER_CHOICE / ROUNDS); n++, spent += seconds) {
				good = run_once(b, &b->all[i], &seconds);
				b->all[i].us = fmin(b->all[i].us, seconds * 1e6);
			}
		}
	}
	free(wanted);
	return good;
}

/* ---- report ------------------------------------------------------------------------------------------------------- */

static int by_time(const void *a, const void *b)
{
	const contender *x = a, *y = b;
	return (x->us > y->us) - (x->us < y->us);
}

static void print_contender(const contender *c, double flops, double fma_rate)
{
	printf("  %9.1f us %7.1f GF/s %5.1f %%  error %.0e  %s", c->us, flops / c->us * 1e-3,
	       100 * flops / c->us * 1e6 / fma_rate, c->error, c->scheduler->name);
	bool tuned = c->scheduler->size > offsetof(hdt_scheduler, params) && c->scheduler->params;
	for (int i = 0; tuned && c->scheduler->params[i]; i++)
		printf(" %s=%lld", c->scheduler->params[i], (long long)c->choice.values[i]);
	if (!isnan(c->estimate))
		printf("  (best guess: %.1f us)", c->estimate);
	printf("\n");
}

static bool measure(bench *b, const layer *l, double *total, double *total_flops)
{
	void *shared[MOST_BUFFERS] = {NULL};
	double fma_rate = 0, guess = INFINITY, spent = 0;
	double flops =
		2.0 * (double)(outs(l) * outs(l) * l->outputs * (l->depthwise ? 1 : l->channels) * l->kernel * l->kernel);
	b->context = context_new(b->registry);
	b->on = loaded_new(b->target, b->device);
	b->count = 0;
	bool good = b->context && b->on && read_task(b, l) && add_all(b) && compile_all(b);
	for (int i = 0; i < b->count && good; i++)
		good = make_memory(b, &b->all[i], shared) && make_launches(b, &b->all[i]);
	good = good && time_all(b, &fma_rate);
	if (!good)
		fprintf(stderr, "%s: %s\n", l->name, hdt_context_message(b->context));
	for (int i = 0; i < b->count; i++) {
		const contender *c = &b->all[i];
		if (!isnan(c->estimate) && c->estimate < guess) {
			guess = c->estimate;
			spent = c->us;
		}
	}
	printf("%s   (%.0f GF/s in registers)\n", l->name, fma_rate * 1e-9);
	qsort(b->all, (size_t)b->count, sizeof *b->all, by_time);
	for (int i = 0; i < b->count && good; i++)
		print_contender(&b->all[i], flops, fma_rate);
	fflush(stdout);
	*total += spent * l->count;
	*total_flops += flops * l->count;
	for (int i = 0; i < b->count; i++)
		launch_list_fini(&b->all[i].list);
	free_memory(b, shared);
	if (b->on && b->on->object)
		b->target->unload(b->device, b->on->object);
	free(b->on); /* the device is closed at the end */
	context_free(b->context);
	return good;
}

int main(int argc, char **argv)
{
	static bench b;
	hdt_registry *registry;
	loader *l;
	double total = 0, flops = 0;
	bool good;
	if (argc < 2)
		return fprintf(stderr, "bench_conv PLUGINS-DIR [NAME-PART [LEVEL [cold]]]\n"), 2;
	if (!load_plugins(argv[1], &registry, &l))
		return 3;
	b.registry = registry;
	b.level = argc > 3 ? atoi(argv[3]) : 0;
	b.cold = argc > 4 && strcmp(argv[4], "cold") == 0 ? calloc(COLD_BYTES, 1) : NULL;
	b.target = registry_target(registry, "cpu");
	hdt_context *context = context_new(registry);
	good = b.target && context &&
	       b.target->open(context, &(hdt_target_options){.size = sizeof(hdt_target_options), .threads = 1},
	                      &b.device) == HDT_OK;
	for (size_t i = 0; i < sizeof layers / sizeof *layers && good; i++)
		if (argc < 3 || strstr(layers[i].name, argv[2]))
			good = measure(&b, &layers[i], &total, &flops);
	printf("convolutions of resnet50 as chosen: %.2f ms, %.1f GF/s\n", total * 1e-3,
	       total > 0 ? flops / total * 1e-3 : 0);
	free(b.cold);
	if (b.device)
		b.target->close(b.device);
	context_free(context);
	registry_free(registry);
	loader_close(l);
	return good ? 0 : 3;
}
