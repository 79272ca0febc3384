/* kernel_parameters.c: what a kernel takes, told by its text: which arrays it writes, and what shape it gives to a pointer.
 *
 *     fn @f(a: *f32, c: *f32, m: i32) ... { view A[i < m] = a[i];  view C[i < m] = c[i];  C.write(0, A.read(0)); }
 *     c is written; for m = 5, both are f32[5] */
#include "core/kernel.h"

#include <string.h>

/* ---- what is written ------------------------------------------------------------------------------------------------- */

typedef struct writes {
	hdt_context *context;
	VEC(const hdt_tensor *) written; /* buffers, under every name that a function has for them */
	VEC(const hdt_expr *) maps;      /* tensor maps through which something is stored */
	bool changed;
} writes;

static const hdt_tensor *root_of(const hdt_tensor *t)
{
	while (t->base)
		t = t->base;
	return t;
}

static bool is_written(const writes *w, const hdt_tensor *t)
{
	for (int i = 0; i < w->written.count; i++)
		if (w->written.items[i] == t)
			return true;
	return false;
}

static void mark(writes *w, const hdt_tensor *t)
{
	t = root_of(t);
	if (t->scope == HDT_SCOPE_GLOBAL && !is_written(w, t))
		w->changed = vec_push(w->context, &w->written, t) || w->changed;
}

static void mark_map(writes *w, const hdt_expr *map)
{
	for (int i = 0; i < w->maps.count; i++)
		if (w->maps.items[i] == map)
			return;
	w->changed = vec_push(w->context, &w->maps, map) || w->changed;
}

/* An intrinsic writes where its signature says so; one with a map and no address that it writes stores through the map. */
static void note_call(const hdt_expr *e, void *closure)
{
	writes *w = closure;
	bool into_map = true;
	int64_t elements;
	if (e->op != HDT_OP_CALL)
		return;
	for (int i = 0; i < e->count; i++) {
		operand_use use = intrinsic_use(e, i, &elements);
		if (use != OPERAND_OUT && use != OPERAND_INOUT)
			continue;
		into_map = false;
		if (e->args[i]->op == HDT_OP_ADDRESS)
			mark(w, e->args[i]->tensor);
	}
	for (int i = 0; i < e->count && into_map; i++)
		if (intrinsic_use(e, i, &elements) == OPERAND_MAP)
			mark_map(w, e->args[i]);
}

static void note_expression(const hdt_expr *e, void *closure)
{
	if (e)
		expr_walk(e, note_call, closure);
}

static void note_statement(const hdt_stmt *s, void *closure)
{
	writes *w = closure;
	stmt_expressions(s, note_expression, w);
	if (s->kind == HDT_STMT_STORE)
		mark(w, s->tensor);
	for (int i = 0; s->kind == HDT_STMT_ASM && i < s->operand_count; i++) {
		const hdt_operand *o = &s->operands[i];
		bool out = o->constraint && (*o->constraint == '=' || *o->constraint == '+');
		if (o->value && (o->value->op == HDT_OP_ADDRESS || (out && o->value->op == HDT_OP_LOAD)))
			mark(w, o->value->tensor);
	}
	for (int i = 0; (s->kind == HDT_STMT_CALL || s->kind == HDT_STMT_LAUNCH) && i < s->function->parameter_count; i++)
		if (s->operands[i].tensor && is_written(w, s->function->parameters[i]))
			mark(w, s->operands[i].tensor);
	for (int i = 0; s->kind == HDT_STMT_MAP && i < w->maps.count; i++)
		if (w->maps.items[i] == s->axis)
			mark(w, s->map->tensor);
}

static hdt_status find_writes(writes *w, const hdt_program *p)
{
	do { /* what a callee writes is known after it was looked at */
		w->changed = false;
		for (int i = 0; i < p->function_count; i++)
			stmt_walk(p->functions[i]->body, note_statement, w);
	} while (w->changed);
	return hdt_context_status(w->context);
}

/* ---- parameters ------------------------------------------------------------------------------------------------------ */

hdt_status kernel_describe(hdt_kernel *k)
{
	const hdt_program *p = k->source;
	writes w = {.context = k->context};
	k->array_count = p->buffer_count - p->constant_count - p->workspace_count;
	k->parameter_count = k->array_count + p->scalar_count;
	k->parameters = hdt_allocate(k->context, sizeof *k->parameters * (size_t)(k->parameter_count + 1));
	if (!k->parameters)
		return HDT_OUT_OF_MEMORY;
	for (int i = 0; i < k->array_count; i++)
		if (!p->buffers[i])
			return hdt_fail(k->context, HDT_BAD_MODEL, "program @%s leaves out an input: it runs in a model only",
			                p->name);
	hdt_status status = find_writes(&w, p);
	for (int i = 0; i < k->parameter_count && status == HDT_OK; i++) {
		if (i >= k->array_count) {
			const hdt_expr *scalar_of = p->scalars[i - k->array_count];
			k->parameters[i] = (hdt_kernel_parameter){.name = scalar_of->name, .dtype = (hdt_dtype)scalar_of->dtype};
			continue;
		}
		const hdt_tensor *t = p->buffers[i];
		k->parameters[i] = (hdt_kernel_parameter){.name = t->name,
		                                          .dtype = t->dtype,
		                                          .is_array = true,
		                                          .is_written = is_written(&w, t),
		                                          .rank = t->pointer ? -1 : t->rank};
	}
	return status == HDT_OK ? kernel_constants_describe(k) : status;
}

int hdt_kernel_parameters(const hdt_kernel *kernel, const hdt_kernel_parameter **out)
{
	*out = kernel->parameters;
	return kernel->parameter_count;
}

/* ---- shapes of pointers ---------------------------------------------------------------------------------------------- */

typedef struct view_search {
	const hdt_tensor *pointer;
	const hdt_program *program;     /* as it was written */
	const hdt_expr *const *scalars; /* whose values the launch has */
	int scalar_count;
	const hdt_launch *launch;
	int64_t elements; /* that the views seen so far reach; -1: none */
	hdt_array *out;
} view_search;

/* Names and values that the kernel sees in this launch, then `axes` with room for their values. */
typedef struct view_scope {
	const hdt_expr *names[64];
	int64_t values[64];
	int count;
} view_scope;

static bool see(view_scope *s, const hdt_expr *name, int64_t value)
{
	if (s->count == (int)(sizeof s->names / sizeof *s->names))
		return false;
	s->names[s->count] = name;
	s->values[s->count++] = value;
	return true;
}

static bool open_scope(const view_search *v, view_scope *s)
{
	const hdt_program *p = v->program;
	bool room = v->launch->scalar_count >= v->scalar_count; /* lowering may have added some behind */
	s->count = 0;
	for (int i = 0; i < p->symbol_count && room; i++)
		room = see(s, p->symbols[i], v->launch->symbols[i]);
	for (int i = 0; i < v->scalar_count && room; i++)
		room = see(s, v->scalars[i], scalar_load(&v->launch->scalars[i], v->launch->scalar_dtypes[i], 0).i);
	return room;
}

/* How far a view reaches into its pointer: one beyond the place of its last element. Views go up with each axis. */
static void look_at(const hdt_stmt *s, void *closure)
{
	view_search *v = closure;
	view_scope scope;
	hdt_array seen = {.name = v->out->name, .dtype = v->out->dtype};
	int64_t elements = 1, last = -1;
	if (s->kind != HDT_STMT_VIEW || s->tensor->base != v->pointer || !open_scope(v, &scope))
		return;
	seen.rank = s->tensor->rank;
	for (int d = 0; d < seen.rank; d++) {
		const bindings b = {scope.names, scope.values, scope.count};
		if (!expr_evaluate(s->tensor->shape[d], &b, &seen.shape[d]) || seen.shape[d] < 0 ||
		    __builtin_mul_overflow(elements, seen.shape[d], &elements))
			return;
	}
	for (int d = 0; d < seen.rank; d++)
		if (!see(&scope, s->tensor->axes[d], seen.shape[d] - 1))
			return;
	const bindings b = {scope.names, scope.values, scope.count};
	if (elements && !expr_evaluate(s->tensor->base_indices[0], &b, &last))
		return;
	if (last < -1 || last >= MAX_TENSOR_BYTES || last + 1 < v->elements)
		return;
	if (last + 1 != elements) { /* there are gaps */
		seen.rank = 1;
		seen.shape[0] = last + 1;
	}
	v->elements = last + 1;
	memcpy(v->out->shape, seen.shape, sizeof seen.shape);
	v->out->rank = seen.rank;
}

/* The views that a kernel makes of parameter `index` of the program. */
static void look_into_kernel(view_search *v, const hdt_function *f, const planned_launch *planned, int index)
{
	v->scalars = f->scalars;
	v->scalar_count = f->scalar_count;
	for (int i = 0; i < v->launch->buffer_count && i < f->parameter_count; i++)
		if (planned->buffers[i] == index) {
			v->pointer = f->parameters[i];
			stmt_walk(f->body, look_at, v);
		}
}

/* The same where the functions run as a whole. */
static void look_into_all(view_search *v, int index)
{
	v->scalars = v->program->scalars;
	v->scalar_count = v->program->scalar_count;
	v->pointer = v->program->buffers[index];
	for (int i = 0; i < v->program->function_count; i++)
		stmt_walk(v->program->functions[i]->body, look_at, v);
}

static const hdt_function *source_function(const hdt_kernel *k, const hdt_function *lowered)
{
	for (int i = 0; lowered && i < k->source->function_count; i++)
		if (strcmp(k->source->functions[i]->name, lowered->name) == 0)
			return k->source->functions[i];
	return NULL;
}

/* The launches for these numbers tell what the kernels' own sizes are. */
static hdt_status shape_by_views(hdt_kernel *k, const kernel_arguments *a, int index, hdt_array *out)
{
	launch_list list;
	launch_list_init(&list);
	const bindings b = kernel_arguments_known(a);
	int64_t *bytes = hdt_allocate(k->diagnostics, sizeof *bytes * (size_t)(k->loaded.program->buffer_count + 1));
	for (int i = 0; bytes && i < k->loaded.program->buffer_count; i++)
		bytes[i] = MAX_TENSOR_BYTES;
	hdt_status status = bytes ? launch_program(&list, k->diagnostics, &k->loaded, 0, &b, bytes) : HDT_OUT_OF_MEMORY;
	view_search v = {.program = k->source, .elements = -1, .out = out};
	for (int i = 0; i < list.launches.count && status == HDT_OK; i++) {
		const planned_launch *planned = &list.planned.items[i];
		v.launch = &list.launches.items[i];
		const hdt_function *f = source_function(k, planned->function);
		if (!planned->function)
			look_into_all(&v, index);
		else if (f)
			look_into_kernel(&v, f, planned, index);
	}
	if (status == HDT_OK && list.launches.count == 0)
		out->rank = 1; /* nothing runs at these sizes: no element is looked at */
	launch_list_fini(&list);
	return status;
}

hdt_status kernel_array_shape(hdt_kernel *k, const hdt_kernel_argument *numbers, int count, int index, hdt_array *out)
{
	const hdt_tensor *t = k->loaded.program->buffers[index];
	kernel_arguments a = {.count = 0};
	hdt_status status = kernel_begin(k);
	if (status == HDT_OK)
		status = kernel_arguments_init(&a, k);
	*out = (hdt_array){.name = k->parameters[index].name, .dtype = t->dtype, .rank = -1};
	if (status == HDT_OK)
		status = kernel_arguments_sort(&a, k, numbers, count);
	const bindings b = kernel_arguments_known(&a);
	if (status == HDT_OK && t->pointer) {
		status = shape_by_views(k, &a, index, out);
	} else if (status == HDT_OK) {
		out->rank = t->rank;
		for (int d = 0; d < t->rank && status == HDT_OK; d++)
			if (!expr_evaluate(t->shape[d], &b, &out->shape[d]) || out->shape[d] < 0)
				status = hdt_fail(k->diagnostics, HDT_BAD_INPUT,
				                  "dimension %d of '%s' is not known: %s; a number for each name in it is needed", d,
				                  t->name, hdt_expr_text(t->shape[d]));
	}
	kernel_arguments_fini(&a);
	if (status != HDT_OK)
		session_keep_fault(k->session, k->diagnostics);
	return status;
}
