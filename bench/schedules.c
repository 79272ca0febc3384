/* schedules.c: how fast each scheduler's programs are for some tasks: every choice of every template, compiled together and timed one by one.
 *     bench_schedules PLUGINS-DIR TARGET TASKS.hds [LEVEL [MOST]]        default level 2, at most 64 choices of a template
 *
 * For each task one line per choice, the fastest first: time, what that is in operations and bytes a second, the estimate that the choice would be
 * made by, and the largest difference from the rule-based scheduler's results relative to their largest. Tasks have constant sizes. */
#include "base/file.h"
#include "exec/kernels.h"
#include "exec/launch.h"
#include "lower/lower.h"
#include "task/task.h"
#include "tests/load_plugins.h"
#include <math.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>
#include <unistd.h>

enum { MOST_TASKS = 32, MOST_BUFFERS = 16, LIMIT_BYTES = 1 << 20 };

/* One program for one of the tasks. */
typedef struct candidate {
	int task;
	const hdt_scheduler *scheduler;
	hdt_choice choice;
	double estimate, us, error;
	step step;
} candidate;

typedef struct bench {
	hdt_context *context;
	loaded *on;
	const hdt_task *tasks[MOST_TASKS];
	int task_count;
	candidate *all;
	int count;
	int level, most;
} bench;

static double now_s(void)
{
	struct timespec t;
	clock_gettime(CLOCK_MONOTONIC, &t);
	return (double)t.tv_sec + (double)t.tv_nsec * 1e-9;
}

/* ---- candidates ------------------------------------------------------------------------------------------------------ */

static hdt_status read_tasks(bench *b, const char *path)
{
	char *source;
	size_t bytes;
	parser p;
	hdt_status status = file_read(b->context, path, LIMIT_BYTES, &source, &bytes);
	if (status != HDT_OK)
		return status;
	parser_init(&p, b->context, path, source);
	while (b->task_count < MOST_TASKS && p.now.kind != TOKEN_END && status == HDT_OK) {
		const hdt_task *task = task_parse(&p);
		if (task)
			b->tasks[b->task_count++] = task;
		status = hdt_context_status(b->context);
	}
	free(source);
	return status;
}

static bool serves(const hdt_scheduler *s, const hdt_target *target)
{
	return s->kind == target->kind && (!s->target || strcmp(s->target, target->name) == 0);
}

static hdt_status add_candidate(bench *b, const candidate *from)
{
	candidate c = *from;
	const hdt_task *task = b->tasks[c.task];
	const hdt_target_info *info = b->on->target->info(b->on->device);
	const lowering how = {b->on->target, info, NULL, NULL};
	bool tuned = c.scheduler->size > offsetof(hdt_scheduler, build_choice) && c.scheduler->build_choice;
	hdt_program *program = tuned ? c.scheduler->build_choice(task, info, &c.choice) : c.scheduler->build(task, info);
	hdt_status status = program ? program_finish(program) : hdt_context_status(b->context);
	if (status == HDT_OK)
		status = program_lower(program, &how);
	c.step = (step){.program = program, .scheduler = c.scheduler};
	b->all[b->count++] = c;
	return status;
}

/* All choices of one scheduler for a task. */
static hdt_status add_choices(bench *b, int task, const hdt_scheduler *s)
{
	const hdt_target_info *info = b->on->target->info(b->on->device);
	hdt_answer answer = s->query(b->tasks[task], info);
	bool tuned = s->size > offsetof(hdt_scheduler, space) && s->space;
	hdt_choice *choices = hdt_allocate(b->context, sizeof *choices * (size_t)b->most);
	hdt_status status = HDT_OK;
	if (!answer.applies || !choices)
		return hdt_context_status(b->context);
	int count = tuned ? s->space(b->tasks[task], info, b->level, choices, b->most) : 1;
	candidate *grown = realloc(b->all, sizeof *grown * (size_t)(b->count + count));
	if (!grown)
		return HDT_OUT_OF_MEMORY;
	b->all = grown;
	for (int i = 0; i < count && status == HDT_OK; i++) {
		candidate c = {.task = task, .scheduler = s, .estimate = i ? NAN : answer.cost_us};
		c.choice = tuned ? choices[i] : (hdt_choice){{0}};
		status = add_candidate(b, &c);
	}
	return status;
}

static hdt_status add_all(bench *b)
{
	const hdt_registry *registry = b->context->registry;
	hdt_status status = HDT_OK;
	for (int t = 0; t < b->task_count; t++)
		for (int i = 0; i < registry_count(registry, REGISTRY_SCHEDULER) && status == HDT_OK; i++) {
			const hdt_scheduler *s = registry_at(registry, REGISTRY_SCHEDULER, i)->descriptor;
			if (serves(s, b->on->target))
				status = add_choices(b, t, s);
		}
	return status;
}

/* One object with all kernels, a unit for each program. */
static hdt_status compile_all(bench *b)
{
	kernels k;
	hdt_source source;
	const hdt_target *target = b->on->target;
	char path[] = "/tmp/hidet-bench-XXXXXX";
	int file = mkstemp(path);
	hdt_status status = HDT_OK;
	kernels_init(&k, b->context, target);
	for (int i = 0; i < b->count && status == HDT_OK; i++)
		status = kernels_add(&k, &b->all[i].step, 1);
	if (status == HDT_OK)
		status = kernels_source(&k, target->prelude(b->on->device), &source);
	source.jobs = (int)sysconf(_SC_NPROCESSORS_ONLN);
	if (status == HDT_OK)
		status = target->compile(b->context, b->on->device, &source, path);
	if (status == HDT_OK)
		status = target->load(b->context, b->on->device, path, &b->on->object);
	if (file >= 0)
		close(file);
	unlink(path);
	return status;
}

/* ---- memory ---------------------------------------------------------------------------------------------------------- */

typedef struct memory {
	void *data[MOST_BUFFERS];
	int64_t bytes[MOST_BUFFERS];
	int count;
} memory;

static double made_up(uint64_t i)
{
	i = (i + 1) * UINT64_C(0x9e3779b97f4a7c15);
	i ^= i >> 31;
	i *= UINT64_C(0xbf58476d1ce4e5b9);
	i ^= i >> 29;
	return (double)(i % 2001) / 1000 - 1;
}

/* The first buffers of a candidate's program are the task's: those of `shared`. The rest are its own. */
static bool make_memory(bench *b, const hdt_program *p, const memory *shared, int inputs, memory *out)
{
	const hdt_target *target = b->on->target;
	const bindings none = {0};
	*out = (memory){.count = p->buffer_count};
	for (int i = 0; i < p->buffer_count && i < MOST_BUFFERS; i++) {
		out->bytes[i] = shape_bytes(p->buffers[i]->dtype, hdt_shape(p->buffers[i]), &none, NULL);
		if (shared && i < shared->count) {
			out->data[i] = shared->data[i];
			continue;
		}
		out->data[i] = target->allocate(b->on->device, (size_t)out->bytes[i]);
		if (!out->data[i])
			return false;
		int64_t elements = out->bytes[i] / hdt_dtype_of(p->buffers[i]->dtype)->bytes;
		void *here = i < inputs ? malloc((size_t)out->bytes[i] + 1) : NULL;
		for (int64_t e = 0; here && e < elements; e++) {
			double v = made_up((uint64_t)e);
			hdt_dtype dtype = p->buffers[i]->dtype;
			scalar_store(here, dtype, e,
			             hdt_is_float(dtype) ? (scalar){.f = v} : scalar_from_bits((int64_t)(4 + 4 * v)));
		}
		if (here)
			(void)target->copy(b->on->device, out->data[i], here, (size_t)out->bytes[i]);
		free(here);
	}
	return true;
}

static void free_memory(bench *b, const memory *shared, memory *m)
{
	for (int i = shared ? shared->count : 0; i < m->count; i++)
		b->on->target->release(b->on->device, m->data[i]);
}

/* Of the first output; NULL when memory is out. */
static void *read_result(bench *b, const memory *m, int inputs)
{
	void *here = malloc((size_t)m->bytes[inputs] + 1);
	if (here && b->on->target->copy(b->on->device, here, m->data[inputs], (size_t)m->bytes[inputs]) != HDT_OK) {
		free(here);
		return NULL;
	}
	return here;
}

/* ---- timing ---------------------------------------------------------------------------------------------------------- */

static bool time_candidate(bench *b, candidate *c, const memory *shared, memory *m)
{
	launch_list list;
	loaded_program program;
	const bindings none = {0};
	hdt_fault fault = {.launch = -1};
	const hdt_target *target = b->on->target;
	launch_list_init(&list);
	hdt_status status = loaded_program_find(b->context, b->on, c->step.program, c->step.function, &program);
	if (status == HDT_OK && !make_memory(b, c->step.program, shared, 0, m))
		status = hdt_fail(b->context, HDT_OUT_OF_MEMORY, "out of device memory");
	if (status == HDT_OK)
		status = launch_program(&list, b->context, &program, 0, &none, m->bytes);
	for (int i = 0; i < list.launches.count && status == HDT_OK; i++)
		launch_address(&list, i, m->data);
	if (status == HDT_OK)
		status = target->run(b->on->device, list.launches.items, list.launches.count, &fault);
	if (status == HDT_OK) {
		double begin = now_s();
		status = target->run(b->on->device, list.launches.items, list.launches.count, &fault);
		int repeats = (int)(2e-3 / (now_s() - begin + 1e-6)) + 2; /* a few milliseconds in all */
		if (status == HDT_OK && target->time)
			status = target->time(b->on->device, list.launches.items, list.launches.count, repeats, &c->us, &fault);
	}
	if (status != HDT_OK)
		fprintf(stderr, "%s: %s\n", c->scheduler->name,
		        fault.message[0] ? fault.message : hdt_context_message(b->context));
	launch_list_fini(&list);
	return status == HDT_OK;
}

/* Largest difference relative to the largest of the wanted. */
static double error_of(hdt_dtype dtype, const void *got, const void *wanted, int64_t bytes)
{
	double most = 0, largest = 1e-30;
	for (int64_t i = 0; i < bytes / hdt_dtype_of(dtype)->bytes; i += 1 + i % 7) {
		scalar a = scalar_load(got, dtype, i), w = scalar_load(wanted, dtype, i);
		double x = hdt_is_float(dtype) ? a.f : (double)a.i, y = hdt_is_float(dtype) ? w.f : (double)w.i;
		double difference = isfinite(x) ? fabs(x - y) : isfinite(y) ? INFINITY : 0;
		most = difference > most ? difference : most;
		largest = fabs(y) > largest && isfinite(y) ? fabs(y) : largest;
	}
	return most / largest;
}

static bool time_task(bench *b, int task)
{
	const hdt_task *t = b->tasks[task];
	memory shared = {0}, own;
	void *wanted = NULL;
	for (int i = 0; i < b->count; i++) { /* the rule-based one comes first: its name begins with a */
		candidate *c = &b->all[i];
		if (c->task != task)
			continue;
		if (!shared.count && !make_memory(b, c->step.program, NULL, t->input_count, &shared))
			return false;
		shared.count = t->input_count + t->output_count;
		if (!time_candidate(b, c, &shared, &own))
			return false;
		void *got = read_result(b, &own, t->input_count);
		if (!wanted)
			wanted = got;
		if (got && wanted)
			c->error = error_of(t->outputs[0]->dtype, got, wanted, own.bytes[t->input_count]);
		if (got != wanted)
			free(got);
		free_memory(b, &shared, &own);
	}
	free(wanted);
	free_memory(b, NULL, &shared);
	return true;
}

/* ---- report ---------------------------------------------------------------------------------------------------------- */

static int by_time(const void *a, const void *b)
{
	const candidate *x = a, *y = b;
	if (x->task != y->task)
		return x->task - y->task;
	return (x->us > y->us) - (x->us < y->us);
}

/* Multiplications and additions of all reductions; bytes of inputs and outputs. */
static void count_work(const hdt_task *t, double *operations, double *bytes)
{
	const bindings none = {0};
	*operations = (double)task_flops(t, &none);
	*bytes = 0;
	for (int i = 0; i < t->input_count + t->output_count; i++) {
		const hdt_tensor *x = i < t->input_count ? t->inputs[i] : t->outputs[i - t->input_count];
		*bytes += (double)shape_bytes(x->dtype, hdt_shape(x), &none, NULL);
	}
}

static void print_candidate(const bench *b, const candidate *c)
{
	double operations, bytes;
	count_work(b->tasks[c->task], &operations, &bytes);
	printf("  %10.2f us %7.1f TF/s %7.0f GB/s  error %.1e  %s", c->us, operations / c->us * 1e-6, bytes / c->us * 1e-3,
	       c->error, c->scheduler->name);
	bool tuned = c->scheduler->size > offsetof(hdt_scheduler, params) && c->scheduler->params;
	for (int i = 0; tuned && c->scheduler->params[i]; i++)
		printf(" %s=%lld", c->scheduler->params[i], (long long)c->choice.values[i]);
	if (!isnan(c->estimate))
		printf("  (best guess: %.2f us)", c->estimate);
	printf("\n");
}

static bool run(bench *b, const char *path)
{
	double begin = now_s();
	if (read_tasks(b, path) != HDT_OK || add_all(b) != HDT_OK)
		return false;
	double built = now_s();
	if (compile_all(b) != HDT_OK)
		return false;
	printf("%s: %d programs built in %.1f s, compiled in %.1f s\n", b->on->target->info(b->on->device)->device,
	       b->count, built - begin, now_s() - built);
	for (int t = 0; t < b->task_count; t++)
		if (!time_task(b, t))
			return false;
	qsort(b->all, (size_t)b->count, sizeof *b->all, by_time);
	for (int i = 0, task = -1; i < b->count; i++) {
		if (b->all[i].task != task)
			printf("%s\n", b->tasks[task = b->all[i].task]->name);
		print_candidate(b, &b->all[i]);
	}
	return true;
}

int main(int argc, char **argv)
{
	if (argc < 4)
		return fprintf(stderr, "bench_schedules PLUGINS-DIR TARGET TASKS.hds [LEVEL [MOST]]\n"), 2;
	hdt_registry *registry;
	loader *l;
	bench b = {.level = argc > 4 ? atoi(argv[4]) : 2, .most = argc > 5 ? atoi(argv[5]) : 64};
	if (!load_plugins(argv[1], &registry, &l))
		return 3;
	b.context = context_new(registry);
	const hdt_target *target = registry_target(registry, argv[2]);
	hdt_device *device = NULL;
	bool good = target &&
	            target->open(b.context, &(hdt_target_options){.size = sizeof(hdt_target_options)}, &device) == HDT_OK &&
	            (b.on = loaded_new(target, device)) && run(&b, argv[3]);
	if (!good)
		fprintf(stderr, "%s\n", target ? hdt_context_message(b.context) : "there is no such target");
	free(b.all);
	loaded_release(b.on);
	context_free(b.context);
	registry_free(registry);
	loader_close(l);
	return good ? 0 : 3;
}
