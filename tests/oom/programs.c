/* programs.c: the way of a tensor program from its scheduler or its text to emitted text, and to a run. */
#include "programs.h"

#include "core/compile.h"
#include "emit/emit.h"
#include "exec/candidate.h"
#include "lower/lower.h"
#include "registry/registry.h"
#include "tests/paper_target.h"
#include <stdlib.h>
#include <string.h>

enum { MAX_NAMES = 16, SMALL_VALUE = 3, UNSAID_BYTES = 4096 };

static const hdt_target_info paper = {PAPER_LIMITS, .vector_bytes = 32, .cache_bytes = {32 << 10, 1 << 20, 8 << 20}};

/* ---- text --------------------------------------------------------------------------------------------------------- */

static hdt_status emit(const hdt_program *program, const hdt_target *target, text *out)
{
	emitted_texts needed = {0};
	hdt_status status = HDT_OK;
	if (target->language == HDT_LANGUAGE_SCRIPT)
		program_print_lines(out, program, "emitted");
	else if (program_runs_whole(program, HDT_FUNCTION_CPU))
		status = emit_c(out, program, "emitted");
	else
		status = emit_kernels(out, program, "emitted", &needed);
	for (int i = 0; i < needed.count; i++)
		text_add(out, needed.items[i]);
	return status;
}

/* A fault that is in no status would go unseen. */
static hdt_status settle(hdt_status status, const hdt_context *context, const text *out)
{
	if (status == HDT_OK)
		status = hdt_context_status(context);
	return status == HDT_OK && out->failed ? HDT_OUT_OF_MEMORY : status;
}

/* The program is used up: lowering changes it. */
static hdt_status lower_and_emit(hdt_program *program, const hdt_target *target, text *out)
{
	hdt_status status = program_verify(program);
	program_print(out, program);
	if (status == HDT_OK)
		status = program_lower(program, &(lowering){.target = target, .info = &paper});
	if (status == HDT_OK)
		status = program_verify(program);
	if (status == HDT_OK)
		status = emit(program, target, out);
	return settle(status, program->context, out);
}

static const hdt_target *target_at(const hdt_context *context, int index)
{
	return registry_at(context->registry, REGISTRY_TARGET, index)->descriptor;
}

/* ---- programs of schedulers ----------------------------------------------------------------------------------------- */

static hdt_status schedule(const hdt_task *task, const hdt_scheduler *by, const hdt_target *target, text *out)
{
	hdt_context *context = task->context;
	if (by->kind != target->kind || (by->target && strcmp(by->target, target->name) != 0))
		return HDT_OK;
	hdt_answer answer = by->query(task, &paper);
	if (!answer.applies)
		return hdt_context_status(context);
	hdt_program *program = candidate_program((candidate){.scheduler = by}, task, &paper);
	hdt_status status = program ? program_finish(program) : hdt_context_status(context);
	if (!program && status == HDT_OK)
		return hdt_fail(context, HDT_INTERNAL, "scheduler %s gave no program and no reason", by->name);
	return status == HDT_OK ? lower_and_emit(program, target, out) : status;
}

hdt_status programs_of_graph(hdt_graph *graph, text *out)
{
	hdt_context *context = graph->context;
	int targets = registry_count(context->registry, REGISTRY_TARGET);
	int schedulers = registry_count(context->registry, REGISTRY_SCHEDULER);
	hdt_status status = HDT_OK;
	for (int n = 0; n < graph->node_count; n++)
		for (int s = 0; s < schedulers; s++)
			for (int t = 0; t < targets && status == HDT_OK; t++)
				status =
					schedule(graph->nodes[n]->task, registry_at(context->registry, REGISTRY_SCHEDULER, s)->descriptor,
				             target_at(context, t), out);
	return status;
}

/* ---- programs of texts ---------------------------------------------------------------------------------------------- */

/* Does the target run the program's functions? Those of the host run everywhere. */
static bool runs(const hdt_target *target, const hdt_program *program)
{
	for (int i = 0; i < program->function_count; i++) {
		hdt_function_kind kind = program->functions[i]->kind;
		if (kind != HDT_FUNCTION_HOST && kind != target->kind)
			return false;
	}
	return true;
}

static hdt_status way_of_text(hdt_context *context, const char *name, const char *source, const hdt_target *target,
                              text *out)
{
	parser p;
	hdt_program *program;
	hdt_status status = HDT_OK;
	parser_init(&p, context, name, source);
	while (status == HDT_OK && (program = program_parse_next(&p, NULL, 0)))
		if (runs(target, program))
			status = lower_and_emit(program, target, out);
	return settle(status, context, out);
}

hdt_status programs_of_text(hdt_context *context, const char *name, const char *source, text *out)
{
	hdt_status status = HDT_OK;
	for (int t = 0; t < registry_count(context->registry, REGISTRY_TARGET) && status == HDT_OK; t++)
		status = way_of_text(context, name, source, target_at(context, t), out);
	return status;
}

/* ---- a run ---------------------------------------------------------------------------------------------------------- */

typedef struct trial {
	const hdt_program *program;
	const loaded *on;
	const hdt_expr *names[MAX_NAMES];
	int64_t values[MAX_NAMES];
	int count;
	int64_t *bytes; /* of the buffers */
	void **buffers;
	launch_list launches;
} trial;

static void bind_names(trial *t, const hdt_expr *const *names, int count)
{
	for (int i = 0; i < count && t->count < MAX_NAMES; i++) {
		t->names[t->count] = names[i];
		t->values[t->count++] = SMALL_VALUE;
	}
}

static bool place_buffers(trial *t)
{
	static const char zeros[UNSAID_BYTES];
	const bindings b = {t->names, t->values, t->count};
	for (int i = 0; i < t->program->buffer_count; i++) {
		const hdt_tensor *x = t->program->buffers[i];
		int64_t bytes =
			x->kind == HDT_TENSOR_BUFFER && x->rank ? shape_bytes(x->dtype, hdt_shape(x), &b, NULL) : UNSAID_BYTES;
		t->bytes[i] = bytes;
		t->buffers[i] = bytes < 0 ? NULL : t->on->target->allocate(t->on->device, (size_t)bytes + 1);
		if (!t->buffers[i])
			return false;
		for (int64_t at = 0; at < bytes; at += (int64_t)sizeof zeros) {
			size_t rest = (size_t)(bytes - at), part = rest < sizeof zeros ? rest : sizeof zeros;
			if (t->on->target->copy(t->on->device, (char *)t->buffers[i] + at, zeros, part) != HDT_OK)
				return false;
		}
	}
	return true;
}

/* What a buffer holds goes to `out`. */
static hdt_status read_back(const trial *t, int buffer, text *out)
{
	size_t bytes = (size_t)t->bytes[buffer];
	char *copy = malloc(bytes + 1);
	hdt_status status = copy ? t->on->target->copy(t->on->device, copy, t->buffers[buffer], bytes) : HDT_OUT_OF_MEMORY;
	if (status == HDT_OK)
		text_add_bytes(out, copy, bytes);
	free(copy);
	return status;
}

static hdt_status run_launches(trial *t, hdt_context *context, const loaded_program *p)
{
	const bindings b = {t->names, t->values, t->count};
	hdt_fault fault = {.launch = -1};
	hdt_status status = launch_program(&t->launches, context, p, 0, &b, t->bytes);
	for (int i = 0; status == HDT_OK && i < t->launches.launches.count; i++)
		launch_address(&t->launches, i, t->buffers);
	if (status == HDT_OK)
		status = t->on->target->run(t->on->device, t->launches.launches.items, t->launches.launches.count, &fault);
	return status == HDT_OK ? HDT_OK : hdt_fail(context, status, "%s", fault.message);
}

static hdt_status try_program(const loaded *on, const loaded_program *p, hdt_context *context, text *out)
{
	trial t = {.program = p->program, .on = on};
	size_t count = (size_t)p->program->buffer_count;
	bind_names(&t, p->program->symbols, p->program->symbol_count);
	bind_names(&t, p->program->scalars, p->program->scalar_count);
	launch_list_init(&t.launches);
	t.bytes = calloc(count + 1, sizeof *t.bytes);
	t.buffers = calloc(count + 1, sizeof *t.buffers);
	hdt_status status = t.bytes && t.buffers && place_buffers(&t) ? run_launches(&t, context, p) : HDT_OUT_OF_MEMORY;
	for (size_t i = 0; t.bytes && t.buffers && i < count; i++) {
		if (status == HDT_OK)
			status = read_back(&t, (int)i, out);
		if (t.buffers[i])
			on->target->release(on->device, t.buffers[i]);
	}
	launch_list_fini(&t.launches);
	free(t.bytes);
	free(t.buffers);
	return settle(status, context, out);
}

static const char *script_target(const hdt_context *context)
{
	for (int t = 0; t < registry_count(context->registry, REGISTRY_TARGET); t++)
		if (target_at(context, t)->language == HDT_LANGUAGE_SCRIPT)
			return target_at(context, t)->name;
	return NULL;
}

hdt_status programs_run(hdt_context *context, const char *name, const char *source, text *out)
{
	const char *target = script_target(context);
	hdt_program *program = hdt_program_parse(context, name, source, NULL, 0);
	hdt_compile_options options = {.size = sizeof options, .target = target, .threads = 1, .jobs = 1, .cache_dir = ""};
	loaded *on = NULL;
	loaded_program p;
	compile_report report;
	if (!program || !target)
		return hdt_context_status(context);
	hdt_status status = compile_program(program, &options, &on, &p, &report);
	if (status == HDT_OK && on)
		status = try_program(on, &p, context, out);
	loaded_release(on);
	return settle(status, context, out);
}
