/* fixture.c: see fixture.h. */
#include "fixture.h"

#include "base/context.h"
#include "exec/constants.h"
#include "exec/kernels.h"
#include "exec/launch.h"
#include "lower/lower.h"
#include <math.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mman.h>
#include <unistd.h>

enum { MOST_BUFFERS = 16, MOST_CHOICES = 256 };

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

const char *program_text_of(const char *source)
{
	return program_text(check_program(hdt_scheduler_attention_cpu.build(parse_task(source), machine)));
}

const char *reason_against(const char *source)
{
	hdt_answer answer = hdt_scheduler_attention_cpu.query(parse_task(source), machine);
	cr_assert_not(answer.applies);
	cr_assert_not_null(answer.reason);
	return answer.reason;
}

/* ---- memory ------------------------------------------------------------------------------------------------------- */

typedef struct block {
	char *pages;
	size_t bytes; /* of them, the forbidden one included */
	void *data;
} block;

static block block_new(int64_t bytes)
{
	size_t page = (size_t)sysconf(_SC_PAGESIZE), whole = ((size_t)bytes + page - 1) / page * page + page;
	block b = {mmap(NULL, whole, PROT_READ | PROT_WRITE, MAP_PRIVATE | MAP_ANONYMOUS, -1, 0), whole, NULL};
	cr_assert_neq((void *)b.pages, MAP_FAILED);
	cr_assert_eq(mprotect(b.pages + whole - page, page, PROT_NONE), 0);
	b.data = b.pages + whole - page - (size_t)bytes;
	return b;
}

static void block_free(block *b)
{
	if (b->pages)
		munmap(b->pages, b->bytes);
}

/* Small numbers of both signs, the same ones every time. */
static void fill(void *data, hdt_dtype dtype, int64_t count, unsigned seed)
{
	for (int64_t i = 0; i < count; i++) {
		uint64_t bits = (uint64_t)(i + 1 + 1000003 * (int64_t)seed) * UINT64_C(0x9e3779b97f4a7c15);
		bits ^= bits >> 29;
		double v = (double)(bits % 2001) / 1000 - 1;
		scalar s = hdt_is_float(dtype) ? (scalar){.f = v} : scalar_from_bits((int64_t)(2 + 2 * v));
		scalar_store(data, dtype, i, s);
	}
}

typedef struct memory {
	block blocks[MOST_BUFFERS];
	void *data[MOST_BUFFERS];
	int64_t bytes[MOST_BUFFERS];
	int count;
} memory;

static memory make_memory(const hdt_program *p, int inputs, const bindings *sizes)
{
	memory m = {.count = p->buffer_count};
	cr_assert_leq(p->buffer_count, MOST_BUFFERS);
	for (int i = 0; i < p->buffer_count; i++) {
		const hdt_tensor *t = p->buffers[i];
		m.bytes[i] = shape_bytes(t->dtype, hdt_shape(t), sizes, NULL);
		cr_assert_geq(m.bytes[i], 0);
		m.blocks[i] = block_new(m.bytes[i]);
		m.data[i] = m.blocks[i].data;
		fill(m.data[i], t->dtype, m.bytes[i] / hdt_dtype_of(t->dtype)->bytes, i < inputs ? (unsigned)i : 99);
	}
	return m;
}

static void free_memory(memory *m)
{
	for (int i = 0; i < m->count; i++)
		block_free(&m->blocks[i]);
}

/* ---- running ------------------------------------------------------------------------------------------------------ */

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

/* Lowered and compiled; steps[i].function is then the name. */
static void compile(step *steps, int count)
{
	kernels k;
	hdt_source source;
	char path[] = "/tmp/hidet-attention-XXXXXX";
	int file = mkstemp(path);
	lowering how = {.target = &hdt_target_cpu, .info = machine};
	hdt_status status = HDT_OK;
	cr_assert(file >= 0);
	close(file);
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

static void compare(const hdt_tensor *t, const void *got, const void *wanted, int64_t bytes, const hdt_program *p)
{
	const hdt_dtype_info *info = hdt_dtype_of(t->dtype);
	for (int64_t i = 0; i < bytes / info->bytes; i++) {
		double a = scalar_load(got, t->dtype, i).f, b = scalar_load(wanted, t->dtype, i).f;
		bool equal = isnan(b) ? isnan(a) : a == b || fabs(a - b) <= 2 * (info->atol + info->rtol * fabs(b));
		cr_assert(equal, "%s: element %lld is %.9g, not %.9g\n%s", t->name, (long long)i, a, b, program_text(p));
	}
}

static void run_step(const hdt_task *task, const step *s, const bindings *sizes)
{
	loaded_program program;
	launch_list list;
	hdt_fault fault = {.launch = -1};
	int output = task->input_count;
	memory m = make_memory(s->program, task->input_count, sizes);
	block wanted = block_new(m.bytes[output]);
	cr_assert_eq(task_evaluate(task, sizes, (const void *const *)m.data, &wanted.data), HDT_OK, "%s", context->message);
	make_constants(s->program, &m);
	launch_list_init(&list);
	cr_assert_eq(loaded_program_find(context, processor, s->program, s->function, &program), HDT_OK);
	cr_assert_eq(launch_program(&list, context, &program, 0, sizes, m.bytes), HDT_OK, "%s", context->message);
	for (int i = 0; i < list.launches.count; i++)
		launch_address(&list, i, m.data);
	hdt_status status = hdt_target_cpu.run(processor->device, list.launches.items, list.launches.count, &fault);
	cr_assert_eq(status, HDT_OK, "%s", fault.message);
	compare(task->outputs[0], m.data[output], wanted.data, m.bytes[output], s->program);
	launch_list_fini(&list);
	block_free(&wanted);
	free_memory(&m);
}

void run_sizes(const char *source, const int64_t *const *sizes, int count)
{
	const hdt_task *task = parse_task(source);
	hdt_answer answer = hdt_scheduler_attention_cpu.query(task, machine);
	cr_assert(answer.applies, "declined: %s", answer.reason);
	step s = {.program = check_program(hdt_scheduler_attention_cpu.build(task, machine))};
	const hdt_program *p = s.program;
	compile(&s, 1);
	for (int i = 0; i < count; i++)
		run_step(task, &s, &(bindings){p->symbols, sizes[i], p->symbol_count});
}

void run(const char *source)
{
	const int64_t *const none[] = {NULL};
	run_sizes(source, none, 1);
}

void run_choices(const char *source, int level, int apart)
{
	hdt_choice choices[MOST_CHOICES];
	step steps[MOST_CHOICES];
	const hdt_task *task = parse_task(source);
	int all = hdt_scheduler_attention_cpu.space(task, machine, level, choices, MOST_CHOICES), count = 0;
	cr_assert_gt(all, 0);
	for (int i = 0; i < all; i += apart)
		steps[count++] =
			(step){.program = check_program(hdt_scheduler_attention_cpu.build_choice(task, machine, &choices[i]))};
	compile(steps, count);
	for (int i = 0; i < count; i++)
		run_step(task, &steps[i], &(bindings){0});
}
