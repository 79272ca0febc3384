/* run.c: a task's program on the simulator against the reference evaluator. The simulator finds races, accesses out of bounds and reads of what
 * was never written on the way. */
#include "exec/kernels.h"
#include "exec/launch.h"
#include "fixture.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

enum { MOST_BUFFERS = 16 };

/* The program's buffers: on the simulator, and here what is put in and what is wanted of it. */
typedef struct memory {
	void *data[MOST_BUFFERS], *here[MOST_BUFFERS];
	int64_t bytes[MOST_BUFFERS];
} memory;

/* Small numbers of both signs, the same ones every time. */
static double made_up(int64_t i)
{
	uint64_t bits = (uint64_t)(i + 1) * UINT64_C(0x9e3779b97f4a7c15);
	bits ^= bits >> 29;
	return (double)(bits % 2001) / 1000 - 1;
}

static void fill(void *data, hdt_dtype dtype, int64_t bytes)
{
	int64_t count = bytes / hdt_dtype_of(dtype)->bytes;
	for (int64_t i = 0; i < count; i++) {
		double v = made_up(i);
		scalar s =
			hdt_is_float(dtype) ? (scalar){.f = v} : scalar_from_bits(dtype == HDT_BOOL ? v > 0 : (int64_t)(4 + 4 * v));
		scalar_store(data, dtype, i, s);
	}
}

static memory make_memory(hdt_device *device, const hdt_program *p, const hdt_task *task, const bindings *sizes)
{
	memory m = {0};
	cr_assert_leq(p->buffer_count, MOST_BUFFERS);
	for (int i = 0; i < p->buffer_count; i++) {
		m.bytes[i] = shape_bytes(p->buffers[i]->dtype, hdt_shape(p->buffers[i]), sizes, NULL);
		cr_assert_geq(m.bytes[i], 0);
		m.data[i] = hdt_target_sim.allocate(device, (size_t)m.bytes[i]);
		m.here[i] = calloc((size_t)m.bytes[i] + 1, 1);
		cr_assert(m.data[i] && m.here[i]);
		if (i >= task->input_count)
			continue;
		fill(m.here[i], p->buffers[i]->dtype, m.bytes[i]);
		cr_assert_eq(hdt_target_sim.copy(device, m.data[i], m.here[i], (size_t)m.bytes[i]), HDT_OK);
	}
	return m;
}

static void free_memory(hdt_device *device, memory *m)
{
	for (int i = 0; i < MOST_BUFFERS; i++) {
		if (m->data[i])
			hdt_target_sim.release(device, m->data[i]);
		free(m->here[i]);
	}
}

/* The object of the program's kernels; step->function is then its name. */
static void load_kernels(loaded *l, step *s)
{
	kernels k;
	hdt_source source;
	char path[] = "/tmp/hidet-sched-XXXXXX";
	int file = mkstemp(path);
	cr_assert(file >= 0);
	close(file);
	kernels_init(&k, context, &hdt_target_sim);
	hdt_status status = kernels_add(&k, s, 1);
	if (status == HDT_OK)
		status = kernels_source(&k, "", &source);
	if (status == HDT_OK)
		status = hdt_target_sim.compile(context, l->device, &source, path);
	if (status == HDT_OK)
		status = hdt_target_sim.load(context, l->device, path, &l->object);
	unlink(path);
	cr_assert_eq(status, HDT_OK, "%s", hdt_context_message(context));
}

static void run_kernels(loaded *l, step *s, const bindings *sizes, const memory *m)
{
	loaded_program program;
	launch_list list;
	hdt_fault fault = {.launch = -1};
	load_kernels(l, s);
	launch_list_init(&list);
	cr_assert_eq(loaded_program_find(context, l, s->program, s->function, &program), HDT_OK, "%s",
	             hdt_context_message(context));
	cr_assert_eq(launch_program(&list, context, &program, 0, sizes, m->bytes), HDT_OK, "%s",
	             hdt_context_message(context));
	for (int i = 0; i < list.launches.count; i++)
		launch_address(&list, i, m->data);
	hdt_status status = hdt_target_sim.run(l->device, list.launches.items, list.launches.count, &fault);
	cr_assert_eq(status, HDT_OK, "%s\n%s", fault.message, program_text(s->program));
	launch_list_fini(&list);
}

static loaded *open_simulator(void)
{
	hdt_target_options options = {.size = sizeof options};
	hdt_device *device = NULL;
	cr_assert_eq(hdt_target_sim.open(context, &options, &device), HDT_OK, "%s", hdt_context_message(context));
	loaded *l = loaded_new(&hdt_target_sim, device);
	cr_assert(l);
	return l;
}

void run_and_compare(const char *source, const int64_t *values)
{
	run_program_and_compare(parse_task(source), schedule(source), values);
}

void run_program_and_compare(const hdt_task *task, hdt_program *program, const int64_t *values)
{
	/* The symbols of the task, which are those of the program and of the same names. */
	bindings sizes = {.symbols = program->symbols, .values = values, .count = program->symbol_count};
	lowered(program, HDT_LANGUAGE_SCRIPT);
	loaded *l = open_simulator();
	memory m = make_memory(l->device, program, task, &sizes);
	cr_assert_eq(task_evaluate(task, &sizes, (const void *const *)m.here, m.here + task->input_count), HDT_OK, "%s",
	             hdt_context_message(context));
	run_kernels(l, &(step){.program = program}, &sizes, &m);
	for (int o = 0; o < task->output_count; o++) {
		int i = task->input_count + o;
		check_elements(task->outputs[o], m.data[i], m.here[i], m.bytes[i], program);
	}
	free_memory(l->device, &m);
	loaded_release(l);
}
