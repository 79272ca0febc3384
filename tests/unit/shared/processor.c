/* processor.c: see processor.h. */
#include "processor.h"

#include "base/context.h"
#include "exec/constants.h"
#include "exec/kernels.h"
#include "exec/launch.h"
#include "lower/lower.h"
#include <math.h>
#include <stdlib.h>
#include <sys/mman.h>
#include <unistd.h>

const hdt_target_info *machine;
static loaded *processor;

void set_up(void)
{
	context_begin(&hdt_target_cpu);
	hdt_target_options options = {.size = sizeof options, .threads = 2};
	hdt_device *device = NULL;
	cr_assert_eq(hdt_target_cpu.open(context, &options, &device), HDT_OK, "%s", context->message);
	processor = loaded_new(&hdt_target_cpu, device);
	machine = hdt_target_cpu.info(device);
}

void tear_down(void)
{
	loaded_release(processor);
	context_end();
}

/* ---- memory ------------------------------------------------------------------------------------------------------- */

/* Of a block: the bytes of its pages, the forbidden one included. */
static size_t paged(int64_t bytes)
{
	size_t page = (size_t)sysconf(_SC_PAGESIZE);
	return ((size_t)bytes + page - 1) / page * page + page;
}

static void *block_new(int64_t bytes)
{
	size_t page = (size_t)sysconf(_SC_PAGESIZE), whole = paged(bytes);
	char *pages = mmap(NULL, whole, PROT_READ | PROT_WRITE, MAP_PRIVATE | MAP_ANONYMOUS, -1, 0);
	cr_assert_neq((void *)pages, MAP_FAILED);
	cr_assert_eq(mprotect(pages + whole - page, page, PROT_NONE), 0);
	return pages + whole - page - (size_t)bytes;
}

static void block_free(void *data, int64_t bytes)
{
	size_t page = (size_t)sysconf(_SC_PAGESIZE), whole = paged(bytes);
	munmap((char *)data + (size_t)bytes + page - whole, whole);
}

/* An input holds small numbers of both signs, whatever is not one what no result may show. */
static void fill(void *data, hdt_dtype dtype, int64_t count, int buffer, bool input)
{
	for (int64_t i = 0; i < count; i++) {
		uint64_t bits = (uint64_t)(i + 1 + 1000003 * (int64_t)buffer) * UINT64_C(0x9e3779b97f4a7c15);
		bits ^= bits >> 29;
		double v = (double)(bits % 2001) / 1000 - 1;
		scalar s = hdt_is_float(dtype) ? (scalar){.f = input ? v : NAN} : scalar_from_bits((int64_t)(2 + 2 * v));
		scalar_store(data, dtype, i, s);
	}
}

memory memory_new(const hdt_program *p, int inputs, const bindings *sizes)
{
	memory m = {.count = p->buffer_count};
	cr_assert_leq(p->buffer_count, MOST_BUFFERS);
	for (int i = 0; i < p->buffer_count; i++) {
		const hdt_tensor *t = p->buffers[i];
		m.bytes[i] = shape_bytes(t->dtype, hdt_shape(t), sizes, NULL);
		cr_assert_geq(m.bytes[i], 0);
		m.data[i] = block_new(m.bytes[i]);
		fill(m.data[i], t->dtype, m.bytes[i] / hdt_dtype_of(t->dtype)->bytes, i, i < inputs);
	}
	return m;
}

void memory_free(memory *m)
{
	for (int i = 0; i < m->count; i++)
		block_free(m->data[i], m->bytes[i]);
}

void *wanted_of(const hdt_task *task, const memory *m, const bindings *sizes)
{
	void *result = malloc((size_t)m->bytes[task->input_count] + 1);
	cr_assert(result);
	cr_assert_eq(task_evaluate(task, sizes, (const void *const *)m->data, &result), HDT_OK, "%s", context->message);
	return result;
}

/* ---- running ------------------------------------------------------------------------------------------------------ */

void processor_compile(step *steps, int count)
{
	kernels k;
	hdt_source source;
	char path[] = "/tmp/hidet-sched-XXXXXX";
	int file = mkstemp(path);
	lowering how = {.target = &hdt_target_cpu, .info = machine};
	hdt_status status = HDT_OK;
	cr_assert(file >= 0);
	close(file);
	if (processor->object)
		hdt_target_cpu.unload(processor->device, processor->object);
	processor->object = NULL;
	kernels_init(&k, context, &hdt_target_cpu);
	for (int i = 0; i < count && status == HDT_OK; i++)
		status = program_lower((hdt_program *)(uintptr_t)steps[i].program, &how);
	if (status == HDT_OK)
		status = kernels_add(&k, steps, count);
	if (status == HDT_OK)
		status = kernels_source(&k, hdt_target_cpu.prelude(processor->device), &source);
	source.jobs = 2;
	if (status == HDT_OK)
		status = hdt_target_cpu.compile(context, processor->device, &source, path);
	if (status == HDT_OK)
		status = hdt_target_cpu.load(context, processor->device, path, &processor->object);
	unlink(path);
	cr_assert_eq(status, HDT_OK, "%s", context->message);
}

static void make_constants(const hdt_program *p, memory *m)
{
	int first = p->buffer_count - p->workspace_count - p->constant_count;
	for (int i = 0; i < p->constant_count; i++) {
		const void *const *inputs;
		const hdt_task *task = constant_task(p, i, (const void *const *)m->data, &inputs);
		cr_assert(task, "%s", context->message);
		cr_assert_eq(task_evaluate(task, NULL, inputs, &m->data[first + i]), HDT_OK, "%s", context->message);
	}
}

void processor_run(const step *s, memory *m, const bindings *sizes)
{
	loaded_program program;
	launch_list list;
	hdt_fault fault = {.launch = -1};
	make_constants(s->program, m);
	launch_list_init(&list);
	cr_assert_eq(loaded_program_find(context, processor, s->program, s->function, &program), HDT_OK, "%s",
	             context->message);
	cr_assert_eq(launch_program(&list, context, &program, 0, sizes, m->bytes), HDT_OK, "%s", context->message);
	for (int i = 0; i < list.launches.count; i++)
		launch_address(&list, i, m->data);
	hdt_status status = hdt_target_cpu.run(processor->device, list.launches.items, list.launches.count, &fault);
	cr_assert_eq(status, HDT_OK, "%s", fault.message);
	launch_list_fini(&list);
}
