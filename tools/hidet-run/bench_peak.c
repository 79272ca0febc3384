/* bench_peak.c: what the processor does at most, measured where the model was: multiply-adds on registers, and a copy beyond the caches.
 *
 * Both are kernels as text, compiled as any other: they are as wide as what they are compared with. */
#include "bench.h"

#include <string.h>

enum { REPEATS = 2, MOST_BUFFERS = 2 };

/* As many independent chains as hide the latency of a multiply-add, in vectors that fit the registers. */
enum { CHAINS = 12, STEPS = 100000 };
#define PEAK_TEXT(update)                                                                           \
	"param threads: int = 1;\n"                                                                     \
	"param lanes: int = 4;\n"                                                                       \
	"param chains: int = 1;\n"                                                                      \
	"param steps: int = 1;\n"                                                                       \
	"fn @peak(y: f32[threads, chains, lanes]) cpu {\n"                                              \
	"  for t in 0..threads parallel {\n"                                                            \
	"    register acc: f32[chains, lanes];\n"                                                       \
	"    for i in 0..chains { for j in 0..lanes { acc[i, j] = y[t, i, j]; } }\n"                    \
	"    for k in 0..steps {\n"                                                                     \
	"      for i in 0..chains unroll { for j in 0..lanes vectorise { acc[i, j] = " update "; } }\n" \
	"    }\n"                                                                                       \
	"    for i in 0..chains { for j in 0..lanes { y[t, i, j] = acc[i, j]; } }\n"                    \
	"  }\n"                                                                                         \
	"}\n"
/* Where the processor has no multiply-add, the first one is a slow emulation. */
static const char *const peak_texts[] = {PEAK_TEXT("fma(acc[i, j], 0.999, 0.001)"),
                                         PEAK_TEXT("acc[i, j] * 0.999 + 0.001")};

/* Far beyond the caches of a core. */
enum { BLOCKS = 256, FLOATS_OF_BLOCK = 1 << 16 };
static const char copy_text[] =
	"param blocks: int = 1;\n"
	"param floats: int = 1;\n"
	"fn @copy_rate(x: f32[blocks, floats], y: f32[blocks, floats]) cpu {\n"
	"  for t in 0..blocks parallel { for i in 0..floats vectorise { y[t, i] = x[t, i]; } }\n"
	"}\n";

/* One kernel, on a device of its own. */
typedef struct measured {
	hdt_context *context;
	loaded *on;
	loaded_program program;
	launch_list list;
	void *memory[MOST_BUFFERS];
} measured;

static void finish(measured *m)
{
	for (int i = 0; m->on && i < MOST_BUFFERS; i++)
		m->on->target->release(m->on->device, m->memory[i]);
	launch_list_fini(&m->list);
	loaded_release(m->on);
	context_free(m->context);
}

/* Microseconds of the program; 0 when it cannot be had. */
static double time_program(measured *m, hdt_program *program, const hdt_compile_options *how)
{
	const bindings none = {NULL, NULL, 0};
	int64_t bytes[MOST_BUFFERS];
	compile_report report;
	hdt_fault fault;
	double us;
	if (!program || program->buffer_count > MOST_BUFFERS ||
	    compile_program(program, how, &m->on, &m->program, &report) != HDT_OK)
		return 0;
	for (int i = 0; i < program->buffer_count; i++) {
		const hdt_tensor *t = program->buffers[i];
		bytes[i] = shape_bytes(t->dtype, hdt_shape(t), &none, NULL);
		m->memory[i] = bytes[i] > 0 ? m->on->target->allocate(m->on->device, (size_t)bytes[i]) : NULL;
		if (!m->memory[i])
			return 0;
		memset(m->memory[i], 1, (size_t)bytes[i]); /* pages that were never written are all one */
	}
	if (launch_program(&m->list, m->context, &m->program, 0, &none, bytes) != HDT_OK || m->list.launches.count != 1)
		return 0;
	launch_address(&m->list, 0, m->memory);
	const hdt_target *target = m->on->target;
	return target->time(m->on->device, m->list.launches.items, 1, REPEATS, &us, &fault) == HDT_OK ? us : 0;
}

static double time_text(const hdt_registry *registry, const hdt_compile_options *how, const char *source,
                        const hdt_param *params, int count)
{
	measured m = {.context = context_new(registry)};
	double us = 0;
	launch_list_init(&m.list);
	if (m.context)
		us = time_program(&m, hdt_program_parse(m.context, "peak", source, params, count), how);
	finish(&m);
	return us;
}

static hdt_param number(const char *name, int64_t value)
{
	return (hdt_param){.name = name, .integer = value, .dtype = HDT_DTYPE_NONE};
}

void bench_measure_peak(bench *b, const hdt_session *session, const hdt_target *target)
{
	const hdt_registry *registry = session_registry(session);
	const int64_t lanes = b->info->vector_bytes / (int)sizeof(float), threads = b->info->threads;
	const hdt_compile_options how = {
		.size = sizeof how, .target = target->name, .threads = (int)threads, .cache_dir = b->o->cache_dir};
	const hdt_param of_peak[] = {number("threads", threads), number("lanes", lanes), number("chains", CHAINS),
	                             number("steps", STEPS)};
	const hdt_param of_copy[] = {number("blocks", BLOCKS), number("floats", FLOATS_OF_BLOCK)};
	if (target->kind != HDT_FUNCTION_CPU || !target->host_memory || !target->time || lanes < 1)
		return;
	double us = 0;
	for (size_t i = 0; i < sizeof peak_texts / sizeof *peak_texts; i++) {
		us = time_text(registry, &how, peak_texts[i], of_peak, 4);
		double gflops = us > 0 ? 2.0 * STEPS * CHAINS * (double)(lanes * threads) / us * 1e-3 : 0;
		b->peak_gflops = gflops > b->peak_gflops ? gflops : b->peak_gflops;
	}
	us = time_text(registry, &how, copy_text, of_copy, 2);
	b->copy_gbytes = us > 0 ? 2.0 * sizeof(float) * BLOCKS * FLOATS_OF_BLOCK / us * 1e-3 : 0;
}
