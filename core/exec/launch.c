/* launch.c: plans the launches of a program: one of all its functions, its kernels in their order, or what its host function says.
 *
 *     fn @main(a: *f32, m: i32) host { if m < 16 { launch @small(a, m); } else { launch @big(a, m); } }
 *     m = 40   ->   one launch: @big, grid (1, 1, 1), scalars {40} */
#include "exec/planner.h"

#include <stdlib.h>

enum { MOST_LAUNCHES = 1 << 16 };

void launch_list_init(launch_list *list)
{
	*list = (launch_list){.launches = {NULL, 0, 0}};
	arena_init(&list->memory);
}

void launch_list_fini(launch_list *list)
{
	heap_free(&list->launches);
	heap_free(&list->planned);
	arena_fini(&list->memory);
}

bool program_runs_whole(const hdt_program *program, hdt_function_kind kind)
{
	if (kind != HDT_FUNCTION_CPU)
		return false;
	for (int i = 0; i < program->function_count; i++)
		if (program->functions[i]->kind != HDT_FUNCTION_CPU)
			return false;
	return true;
}

hdt_status loaded_program_find(hdt_context *context, const loaded *on, const hdt_program *program, const char *name,
                               loaded_program *out)
{
	void **functions = hdt_allocate(context, sizeof *functions * (size_t)(program->function_count + 1));
	bool whole = program_runs_whole(program, on->target->kind);
	*out = (loaded_program){program, on->target->info(on->device), whole, functions};
	if (!functions)
		return HDT_OUT_OF_MEMORY;
	for (int i = 0; on->object && i < (whole ? 1 : program->function_count); i++) {
		if (!whole && !program->functions[i]->launched)
			continue;
		const char *found = whole ? name : hdt_format(context, "%s_%s", name, program->functions[i]->name);
		functions[i] = found ? on->target->find(on->object, found) : NULL;
		if (!functions[i])
			return hdt_fail(context, HDT_INTERNAL, "program @%s: its function %s is not in the compiled object",
			                program->name, found ? found : "");
	}
	return HDT_OK;
}

/* ---- faults and values ----------------------------------------------------------------------------------------------- */

hdt_status planner_fault(const planner *p, const hdt_function *f, int line, hdt_status status, const char *format, ...)
{
	va_list args;
	va_start(args, format);
	const char *what = context_vformat(p->diagnostics, format, args);
	va_end(args);
	if (line && p->program->file)
		return hdt_fail(p->diagnostics, status, "%s:%d: @%s: %s", p->program->file, line, f->name, what);
	return hdt_fail(p->diagnostics, status, "@%s: %s", f->name, what);
}

hdt_status planner_fail_memory(const planner *p)
{
	return hdt_fail(p->diagnostics, HDT_OUT_OF_MEMORY, "out of memory planning the launches of @%s", p->program->name);
}

void *planner_take(planner *p, size_t count, size_t bytes)
{
	return arena_alloc(&p->list->memory, (count ? count : 1) * bytes);
}

bool planner_bind(planner *p, const hdt_expr *name, int64_t bits)
{
	return heap_push(&p->names, name) && (heap_push(&p->values, bits) || (p->names.count--, false));
}

void planner_unbind(planner *p, int count)
{
	p->names.count = p->values.count = count;
}

hdt_status planner_evaluate(planner *p, const hdt_function *f, int line, const hdt_expr *e, const char *what,
                            scalar *out)
{
	const bindings b = planner_scope(p);
	if (expr_evaluate_value(e, &b, out))
		return HDT_OK;
	const hdt_status status = hdt_context_status(p->program->context);
	if (status == HDT_OUT_OF_MEMORY)
		return planner_fail_memory(p);
	return planner_fault(p, f, line, HDT_BAD_INPUT, "%s cannot be computed for these sizes: %s", what,
	                     hdt_expr_text(e));
}

int planner_buffer(const planner *p, const hdt_tensor *t)
{
	for (int i = 0; t && i < p->program->buffer_count; i++)
		if (p->program->buffers[i] == t)
			return i;
	return -1;
}

/* ---- parts of a launch ----------------------------------------------------------------------------------------------- */

hdt_status planner_symbols(planner *p, hdt_launch *l)
{
	const hdt_program *program = p->program;
	int64_t *symbols = planner_take(p, (size_t)program->symbol_count, sizeof *symbols);
	if (!symbols)
		return planner_fail_memory(p);
	for (int i = 0; i < program->symbol_count; i++)
		symbols[i] = p->values.items[i]; /* they are bound first */
	l->symbols = symbols;
	l->symbol_count = program->symbol_count;
	return HDT_OK;
}

hdt_status planner_scalars(planner *p, const hdt_expr *const *names, int count, const hdt_expr *const *derived,
                           int derived_count, hdt_launch *l)
{
	const bindings b = planner_scope(p);
	int64_t *scalars = planner_take(p, (size_t)count, sizeof *scalars);
	hdt_dtype *dtypes = planner_take(p, (size_t)count, sizeof *dtypes);
	if (!scalars || !dtypes)
		return planner_fail_memory(p);
	for (int i = 0; i < count; i++) {
		scalar value = {.i = 0};
		int at = i - (count - derived_count);
		const hdt_expr *from = at < 0 ? names[i] : derived[at];
		if (!expr_evaluate_value(from, &b, &value))
			return hdt_fail(p->diagnostics, HDT_BAD_INPUT, "@%s: an argument cannot be computed for these sizes: %s",
			                p->program->name, hdt_expr_text(from));
		dtypes[i] = (hdt_dtype)names[i]->dtype;
		scalar_store(&scalars[i], dtypes[i], 0, value);
	}
	l->scalars = scalars;
	l->scalar_dtypes = dtypes;
	l->scalar_count = count;
	return HDT_OK;
}

hdt_status planner_buffers(planner *p, const char *name, const hdt_tensor *const *tensors, int count, const int *at,
                           hdt_launch *l)
{
	const bindings b = planner_scope(p);
	void **buffers = planner_take(p, (size_t)count, sizeof *buffers);
	int64_t *bytes = planner_take(p, (size_t)count, sizeof *bytes);
	if (!buffers || !bytes)
		return planner_fail_memory(p);
	for (int i = 0; i < count; i++) {
		const hdt_tensor *t = tensors[i];
		int64_t there = p->bytes[at[i]];
		bytes[i] = there;
		if (!t || t->pointer)
			continue;
		bytes[i] = shape_bytes(t->dtype, hdt_shape(t), &b, NULL);
		if (bytes[i] < 0)
			return hdt_fail(p->diagnostics, HDT_BAD_INPUT, "@%s: these sizes give '%s' an impossible shape", name,
			                t->name);
		if (bytes[i] > there)
			return hdt_fail(p->diagnostics, HDT_BAD_INPUT, "@%s: '%s' has %lld bytes, and these sizes need %lld", name,
			                t->name, (long long)there, (long long)bytes[i]);
	}
	l->buffers = buffers;
	l->buffer_bytes = bytes;
	l->buffer_count = count;
	return HDT_OK;
}

hdt_status planner_keep(planner *p, planned_launch planned, hdt_launch l)
{
	if (p->list->launches.count >= MOST_LAUNCHES)
		return hdt_fail(p->diagnostics, HDT_BAD_INPUT, "these sizes need more than %d launches", MOST_LAUNCHES);
	planned.owner = p->owner;
	if (!heap_push(&p->list->planned, planned))
		return planner_fail_memory(p);
	if (heap_push(&p->list->launches, l))
		return HDT_OK;
	p->list->planned.count--;
	return planner_fail_memory(p);
}

/* ---- programs -------------------------------------------------------------------------------------------------------- */

/* Functions that run as a whole are told the scalars behind the symbols. */
static hdt_status launch_whole(planner *p)
{
	const hdt_program *program = p->program;
	hdt_launch l = {.function = p->loaded->functions[0]};
	int *buffers = planner_take(p, (size_t)program->buffer_count, sizeof *buffers);
	int64_t *values = planner_take(p, (size_t)(program->symbol_count + program->scalar_count), sizeof *values);
	if (!buffers || !values)
		return planner_fail_memory(p);
	for (int i = 0; i < program->buffer_count; i++)
		buffers[i] = i;
	hdt_status status = planner_buffers(p, program->name, program->buffers, program->buffer_count, buffers, &l);
	if (status == HDT_OK)
		status = planner_symbols(p, &l);
	if (status == HDT_OK)
		status = planner_scalars(p, program->scalars, program->scalar_count, NULL, 0, &l);
	if (status != HDT_OK)
		return status;
	for (int i = 0; i < program->symbol_count + program->scalar_count; i++)
		values[i] = i < program->symbol_count ? l.symbols[i] : l.scalars[i - program->symbol_count];
	l.symbols = values;
	return planner_keep(p, (planned_launch){.buffers = buffers}, l);
}

/* Every kernel, with the buffers and scalars of the program that its parameters are. */
static hdt_status launch_in_order(planner *p)
{
	for (int i = 0; i < p->program->function_count; i++) {
		const hdt_function *f = p->program->functions[i];
		if (!f->launched)
			continue;
		int *buffers = planner_take(p, (size_t)f->parameter_count, sizeof *buffers);
		if (!buffers)
			return planner_fail_memory(p);
		for (int k = 0; k < f->parameter_count; k++)
			if ((buffers[k] = planner_buffer(p, f->parameters[k])) < 0)
				return planner_fault(p, f, f->line, HDT_INTERNAL, "parameter '%s' is no buffer of the program",
				                     f->parameters[k]->name);
		hdt_status status = planner_launch(p, f, buffers);
		if (status != HDT_OK)
			return status;
	}
	return HDT_OK;
}

/* Symbols first, in the program's order: planner_symbols takes them from there. */
static hdt_status bind_sizes(planner *p, const bindings *sizes)
{
	const hdt_program *program = p->program;
	for (int i = 0; i < program->symbol_count + program->scalar_count; i++) {
		const hdt_expr *name =
			i < program->symbol_count ? program->symbols[i] : program->scalars[i - program->symbol_count];
		scalar value;
		if (!expr_evaluate_value(name, sizes, &value))
			return hdt_fail(p->diagnostics, HDT_BAD_INPUT, "@%s: '%s' has no value", program->name, name->name);
		if (!planner_bind(p, name, value.i))
			return planner_fail_memory(p);
	}
	return HDT_OK;
}

hdt_status launch_program(launch_list *list, hdt_context *diagnostics, const loaded_program *program, int owner,
                          const bindings *sizes, const int64_t *bytes)
{
	planner p = {.list = list,
	             .diagnostics = diagnostics,
	             .loaded = program,
	             .program = program->program,
	             .info = program->info,
	             .owner = owner,
	             .bytes = bytes};
	hdt_status status = bind_sizes(&p, sizes);
	if (status == HDT_OK)
		status = program->whole     ? launch_whole(&p)
		         : p.program->entry ? planner_run(&p, p.program->entry)
		                            : launch_in_order(&p);
	heap_free(&p.names);
	heap_free(&p.values);
	return status;
}

void launch_address(launch_list *list, int index, void *const *buffers)
{
	const planned_launch *planned = &list->planned.items[index];
	hdt_launch *l = &list->launches.items[index];
	void **addresses = (void **)(uintptr_t)l->buffers;
	hdt_launch_map *maps = (hdt_launch_map *)(uintptr_t)l->maps;
	for (int i = 0; i < l->buffer_count; i++)
		addresses[i] = buffers[planned->buffers[i]];
	for (int i = 0; i < l->map_count; i++)
		maps[i].address = addresses[planned->map_buffers[i]];
}
