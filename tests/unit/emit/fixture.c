/* fixture.c: see fixture.h. */
#include "fixture.h"

#include "base/context.h"
#include "base/file.h"
#include "paper_target.h"
#include "registry/registry.h"
#include <dlfcn.h>
#include <math.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

hdt_target_info machine = {.size = sizeof(hdt_target_info),
                           .target = "cpu",
                           .device = "test",
                           .threads = 2,
                           .vector_bytes = 32,
                           .fused_multiply_add = true};

/* Of the processor the intrinsics alone: the test prelude has them, too. */
extern const hdt_intrinsic *const cpu_intrinsics[];
static const hdt_target target = {.size = sizeof(hdt_target),
                                  .name = "cpu",
                                  .doc = "intrinsics",
                                  .intrinsics = cpu_intrinsics,
                                  .host_memory = true,
                                  PAPER_CALLBACKS};

void set_up(void)
{
	context_begin(&target);
}

void tear_down(void)
{
	context_end();
}

const hdt_program *schedule(const hdt_task *task)
{
	return check_program(hdt_scheduler_auto_cpu.build(task, &machine));
}

const char *c_text(const hdt_program *program)
{
	text t = {0};
	hdt_status status = emit_c(&t, program, "k");
	cr_assert_eq(status, HDT_OK, "%s", context->message);
	return text_finish(&t, context);
}

/* ---- running ------------------------------------------------------------------------------------------------------ */

typedef struct runtime runtime;
struct runtime {
	void (*parallel)(const runtime *rt, void (*body)(const runtime *, void *const *, const int64_t *, int64_t, int64_t),
	                 void *const *buffers, const int64_t *symbols, int64_t count, int64_t cost);
	void (*bad_index)(const runtime *rt, int64_t index, int64_t extent);
	void (*assertion_failed)(const runtime *rt, int64_t line, const char *message);
	_Bool (*stops)(const runtime *rt);
};
typedef void entry(const runtime *rt, void *const *buffers, const int64_t *symbols);

static int bad_indices;

/* The last piece first: iterations must not depend on their order. */
static void run_pieces(const runtime *rt,
                       void (*body)(const runtime *, void *const *, const int64_t *, int64_t, int64_t),
                       void *const *buffers, const int64_t *symbols, int64_t count, int64_t cost)
{
	cr_assert(cost >= 1 && cost <= INT64_C(1) << 40, "cost %lld", (long long)cost);
	for (int64_t end = count, piece = count / 3 + 1; end > 0; end -= piece)
		body(rt, buffers, symbols, end > piece ? end - piece : 0, end);
}

static void note_bad_index(const runtime *rt, int64_t index, int64_t extent)
{
	(void)rt;
	cr_assert(index < 0 || index >= extent);
	bad_indices++;
}

void *compile_text(const char *compiler, const char *source)
{
	char folder[] = "/tmp/hidet-emit-XXXXXX", command[512];
	cr_assert(mkdtemp(folder));
	const char *file = file_join(context, folder, "k.c"), *object = file_join(context, folder, "k.so");
	FILE *f = fopen(file, "w");
	cr_assert(f);
	fprintf(f, "#include \"%s\"\n%s", TEST_PRELUDE, source);
	fclose(f);
	snprintf(command, sizeof command, "%s -shared -fPIC -o %s %s -lm", compiler, object, file);
	int result = system(command);
	cr_assert_eq(result, 0, "%s refused:\n%s", compiler, source);
	void *library = dlopen(object, RTLD_NOW | RTLD_LOCAL);
	cr_assert(library, "%s", dlerror());
	void *symbol = dlsym(library, "k");
	cr_assert(symbol);
	unlink(file);
	unlink(object);
	rmdir(folder);
	return symbol;
}

static entry *compile(const char *source)
{
	void *symbol = compile_text(
		"cc -std=gnu11 -O1 -Wno-psabi -Wall -Wno-unused -Werror -fno-math-errno -ffp-contract=off", source);
	entry *e;
	memcpy(&e, &symbol, sizeof e);
	return e;
}

static int64_t element_count(const hdt_tensor *t, const bindings *b)
{
	int64_t count = 1, extent;
	for (int d = 0; d < t->rank; d++) {
		cr_assert(expr_evaluate(t->shape[d], b, &extent));
		count *= extent;
	}
	return count;
}

/* Memory of exactly the tensor's size, filled with 0xa5: the address sanitizer sees what the evaluator touches beyond. */
static void *allocate(const hdt_tensor *t, const bindings *b)
{
	size_t bytes = (size_t)element_count(t, b) * hdt_dtype_of(t->dtype)->bytes;
	void *data = malloc(bytes ? bytes : 1);
	memset(data, 0xa5, bytes ? bytes : 1);
	return data;
}

/* Floats in -2..2, integers in 0..3. */
static void fill(void *data, const hdt_tensor *t, int64_t count, unsigned *state)
{
	for (int64_t i = 0; i < count; i++) {
		*state = *state * 1664525u + 1013904223u;
		scalar v = {.i = (int64_t)(*state >> 16 & (t->dtype == HDT_BOOL ? 1 : 3))};
		if (hdt_is_float(t->dtype))
			v.f = (double)(*state >> 8) / (1 << 22) - 2;
		scalar_store(data, t->dtype, i, v);
	}
}

static void compare(const hdt_tensor *t, const void *got, const void *want, int64_t count, const char *source)
{
	const hdt_dtype_info *info = hdt_dtype_of(t->dtype);
	if (t->dtype == HDT_BOOL)
		for (int64_t i = 0; i < count; i++)
			cr_assert(((const unsigned char *)got)[i] <= 1, "a bool is stored as %d", ((const unsigned char *)got)[i]);
	for (int64_t i = 0; i < count; i++) {
		scalar g = scalar_load(got, t->dtype, i), w = scalar_load(want, t->dtype, i);
		if (!hdt_is_float(t->dtype))
			cr_assert(g.i == w.i, "%s[%lld] is %lld, not %lld\n%s", t->name, (long long)i, (long long)g.i,
			          (long long)w.i, source);
		else if (!(isnan(g.f) && isnan(w.f)) && g.f != w.f)
			cr_assert(fabs(g.f - w.f) <= info->atol + info->rtol * fabs(w.f), "%s[%lld] is %g, not %g\n%s", t->name,
			          (long long)i, g.f, w.f, source);
	}
}

static const bindings *bind(const hdt_program *program, const int64_t *sizes)
{
	bindings *b = hdt_allocate(context, sizeof *b);
	*b = (bindings){.symbols = program->symbols, .values = sizes, .count = program->symbol_count};
	return b;
}

hdt_status run_and_compare(const char *source, const int64_t *sizes)
{
	const hdt_task *task = parse_task(source);
	const hdt_program *program = schedule(task);
	const bindings *b = bind(program, sizes);
	void *buffers[64], *wanted[16];
	unsigned state = 7;
	if (system("cc --version > /dev/null 2>&1")) {
		cr_skip_test("there is no C compiler");
		return HDT_OK;
	}
	const char *emitted = c_text(program);
	entry *run = compile(emitted);
	cr_assert(program->buffer_count <= 64 && task->output_count <= 16);
	for (int i = 0; i < program->buffer_count; i++) {
		buffers[i] = allocate(program->buffers[i], b);
		if (i < task->input_count)
			fill(buffers[i], program->buffers[i], element_count(program->buffers[i], b), &state);
	}
	for (int o = 0; o < task->output_count; o++)
		wanted[o] = allocate(task->outputs[o], b);
	runtime rt = {run_pieces, note_bad_index, NULL, NULL}; /* tasks assert nothing */
	bad_indices = 0;
	run(&rt, buffers, sizes);
	hdt_status status = task_evaluate(task, b, (const void *const *)buffers, wanted);
	cr_assert_eq(status == HDT_BAD_INPUT, bad_indices > 0, "%s", context->message);
	for (int o = 0; o < task->output_count && status == HDT_OK; o++)
		if (!task->aliases || task->aliases[o] < 0)
			compare(task->outputs[o], buffers[task->input_count + o], wanted[o], element_count(task->outputs[o], b),
			        emitted);
	for (int i = 0; i < program->buffer_count; i++)
		free(buffers[i]);
	for (int o = 0; o < task->output_count; o++)
		free(wanted[o]);
	return status;
}
