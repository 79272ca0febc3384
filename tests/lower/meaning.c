#include "meaning.h"

#include "base/map.h"
#include "ir/task_mapping.h"

enum { POINTER_CELLS = 4096, MOST_CELLS = 1 << 16, MOST_TURNS = 4096 };

/* What a tensor's name stands for: memory; elements of another by a view's indices; or those of an operand, counted row by row. */
typedef struct place {
	const hdt_tensor *tensor;
	const hdt_expr **cells; /* memory; NULL: not this */
	int64_t count;
	const struct place *base;
} place;

typedef struct machine {
	hdt_context *context;
	map values; /* axis, variable, symbol -> constant */
	map places; /* tensor -> place */
} machine;

static bool is_ok(const machine *m)
{
	return hdt_context_status(m->context) == HDT_OK;
}

/* ---- values ------------------------------------------------------------------------------------------------------- */

static int64_t integer_of(machine *m, const hdt_expr *e);
static const hdt_expr **cell_of(machine *m, const place *p, const hdt_expr *const *indices);

static const hdt_expr *element_value(machine *m, const hdt_expr *e)
{
	const place *p = map_get(&m->places, e->tensor);
	for (int d = 0; d < e->count && e->op == HDT_OP_READ; d++) {
		int64_t index = integer_of(m, e->args[d]);
		if (index < 0 || index >= integer_of(m, e->tensor->shape[d]))
			return hdt_number(m->context, e->tensor->dtype, 0);
	}
	const hdt_expr **cell = p ? cell_of(m, p, e->args) : NULL;
	if (cell && !*cell)
		hdt_fail(m->context, HDT_MISMATCH, "%s is read where it was not written", e->tensor->name);
	return cell ? *cell : NULL;
}

/* Not only operations: a select's other side may be outside of memory. */
static const hdt_expr *value_of(machine *m, const hdt_expr *e)
{
	const hdt_expr *args[UINT8_MAX], *known = map_get(&m->values, e);
	if (known || e->op == HDT_OP_CONST || !is_ok(m))
		return known ? known : e;
	if (e->op == HDT_OP_SELECT) {
		int64_t condition = 0;
		hdt_is_const(value_of(m, e->args[0]), &condition);
		return value_of(m, e->args[condition ? 1 : 2]);
	}
	if (e->op == HDT_OP_AXIS || e->op == HDT_OP_VARIABLE || e->op == HDT_OP_SYMBOL) {
		hdt_fail(m->context, HDT_MISMATCH, "%s has no value", e->name);
		return NULL;
	}
	for (int i = 0; i < e->count; i++)
		if (!(args[i] = value_of(m, e->args[i])))
			return NULL;
	if (e->op == HDT_OP_LOAD || e->op == HDT_OP_READ) {
		hdt_expr element = *e;
		element.args = args;
		return element_value(m, &element);
	}
	return expr_rebuild(e, args);
}

static int64_t integer_of(machine *m, const hdt_expr *e)
{
	int64_t value = 0;
	const hdt_expr *constant = value_of(m, e);
	if (!hdt_is_const(constant, &value))
		hdt_fail(m->context, HDT_MISMATCH, "%s is no integer", hdt_expr_text(e));
	return value;
}

static void set(machine *m, const hdt_expr *variable, int64_t value)
{
	map_set(&m->values, variable, (void *)(uintptr_t)hdt_number(m->context, (hdt_dtype)variable->dtype, (double)value));
}

/* ---- memory ------------------------------------------------------------------------------------------------------- */

static int64_t position_in(machine *m, const hdt_tensor *t, const hdt_expr *const *indices)
{
	int64_t position = 0, offset = 0;
	if (t->layout) {
		hdt_is_const(hdt_layout_offset(t->layout, indices, t->rank), &position);
		return position;
	}
	for (int d = 0; d < t->rank; d++) {
		int64_t extent = integer_of(m, t->shape[d]), index = integer_of(m, indices[d]);
		if (index < 0 || index >= extent)
			hdt_fail(m->context, HDT_MISMATCH, "index %lld of %s is outside of its shape", (long long)index, t->name);
		offset = offset * extent + index;
	}
	return offset;
}

static const hdt_expr **cell_of(machine *m, const place *p, const hdt_expr *const *indices)
{
	const hdt_expr *inner[HDT_MAX_RANK];
	const hdt_tensor *t = p->tensor;
	if (p->cells) {
		int64_t position = position_in(m, t, indices);
		if (is_ok(m) && (position < 0 || position >= p->count))
			hdt_fail(m->context, HDT_MISMATCH, "an element of %s is outside of its memory", t->name);
		return is_ok(m) ? &p->cells[position] : NULL;
	}
	if (t->base) {
		for (int d = 0; d < t->rank; d++)
			map_set(&m->values, t->axes[d], (void *)(uintptr_t)indices[d]);
		for (int d = 0; d < t->base->rank; d++)
			inner[d] = value_of(m, t->base_indices[d]);
	} else { /* a parameter: its elements are those of the operand, row by row */
		int64_t position = t->pointer ? integer_of(m, indices[0]) : position_in(m, t, indices);
		for (int d = p->base->tensor->rank - 1; d >= 0; d--) {
			int64_t extent = d ? integer_of(m, p->base->tensor->shape[d]) : INT64_MAX;
			inner[d] = hdt_int(m->context, position % extent);
			position /= extent;
		}
	}
	return is_ok(m) ? cell_of(m, p->base, inner) : NULL;
}

static place *add_place(machine *m, const hdt_tensor *t)
{
	place *p = hdt_allocate(m->context, sizeof *p);
	if (p)
		*p = (place){.tensor = t};
	map_set(&m->places, t, p);
	return p;
}

static place *add_memory(machine *m, const hdt_tensor *t)
{
	int64_t count = t->pointer ? POINTER_CELLS : t->layout ? t->layout->size : 1;
	for (int d = 0; d < t->rank && !t->pointer && !t->layout; d++)
		count *= integer_of(m, t->shape[d]);
	if (count > MOST_CELLS)
		hdt_fail(m->context, HDT_MISMATCH, "%s is too large for this test", t->name);
	place *p = is_ok(m) ? add_place(m, t) : NULL;
	if (!p)
		return NULL;
	p->count = count;
	p->cells = hdt_allocate(m->context, (size_t)(count + 1) * sizeof *p->cells);
	return p->cells ? p : NULL;
}

/* ---- statements --------------------------------------------------------------------------------------------------- */

static void run_body(machine *m, const hdt_stmt *first);

static void run_store(machine *m, const hdt_stmt *s)
{
	const hdt_expr *indices[HDT_MAX_RANK];
	const hdt_tensor *t = s->tensor;
	bool inside = true;
	for (int d = 0; d < t->rank; d++) {
		int64_t index = integer_of(m, s->indices[d]);
		indices[d] = hdt_int(m->context, index);
		inside &= index >= 0 && index < integer_of(m, t->shape[d]);
	}
	const hdt_expr *value = value_of(m, s->value);
	if (s->protect && !inside)
		return;
	const place *p = map_get(&m->places, t);
	const hdt_expr **cell = p && is_ok(m) ? cell_of(m, p, indices) : NULL;
	if (cell)
		*cell = value;
}

static void run_for(machine *m, const hdt_stmt *s)
{
	int64_t extent = integer_of(m, s->axis->args[0]);
	for (int64_t i = 0; i < extent && is_ok(m); i++) {
		set(m, s->axis, i);
		run_body(m, s->body);
	}
}

static void run_tasks(machine *m, const hdt_stmt *s)
{
	int64_t worker = integer_of(m, s->value), (*tasks)[HDT_MAX_RANK];
	if (worker < 0 || worker >= s->mapping->workers)
		return;
	tasks = hdt_allocate(m->context, (size_t)s->mapping->tasks * sizeof *tasks);
	mapping_enumerate(s->mapping, worker, tasks);
	for (int64_t k = 0; k < s->mapping->tasks && is_ok(m); k++) {
		for (int d = 0; d < s->mapping->rank; d++)
			set(m, s->indices[d], tasks[k][d]);
		run_body(m, s->body);
	}
}

static void fill(machine *m, place *p, const hdt_expr *value)
{
	for (int64_t i = 0; p && value && i < p->count; i++)
		p->cells[i] = value;
	(void)m;
}

static void run_call(machine *m, const hdt_stmt *s)
{
	const hdt_function *f = s->function;
	const place *inner[64];
	void *outer[64];
	for (int i = 0; i < f->parameter_count; i++)
		inner[i] = map_get(&m->places, s->operands[i].tensor);
	for (int i = 0; i < f->scalar_count; i++)
		map_set(&m->values, f->scalars[i], (void *)(uintptr_t)value_of(m, s->operands[f->parameter_count + i].value));
	for (int i = 0; i < f->parameter_count; i++) {
		outer[i] = map_get(&m->places, f->parameters[i]);
		place *p = add_place(m, f->parameters[i]);
		p->base = inner[i];
	}
	run_body(m, f->body);
	for (int i = 0; i < f->parameter_count; i++)
		map_set(&m->places, f->parameters[i], outer[i]);
}

static void run_stmt(machine *m, const hdt_stmt *s)
{
	switch (s->kind) {
	case HDT_STMT_FOR:
		run_for(m, s);
		break;
	case HDT_STMT_TASKS:
		run_tasks(m, s);
		break;
	case HDT_STMT_WHILE:
		for (int turn = 0; is_ok(m) && integer_of(m, s->value); turn++) {
			run_body(m, s->body);
			if (turn > MOST_TURNS)
				hdt_fail(m->context, HDT_MISMATCH, "a while without end");
		}
		break;
	case HDT_STMT_IF:
		run_body(m, integer_of(m, s->value) ? s->body : s->otherwise);
		break;
	case HDT_STMT_BUFFER:
		fill(m, add_memory(m, s->tensor), s->value ? value_of(m, s->value) : NULL);
		break;
	case HDT_STMT_VIEW:
		add_place(m, s->tensor)->base = map_get(&m->places, s->tensor->base);
		break;
	case HDT_STMT_STORE:
		run_store(m, s);
		break;
	case HDT_STMT_LET:
		map_set(&m->values, s->axis, (void *)(uintptr_t)value_of(m, s->value));
		break;
	case HDT_STMT_CALL:
		run_call(m, s);
		break;
	default:
		break;
	}
}

static void run_body(machine *m, const hdt_stmt *first)
{
	for (const hdt_stmt *s = first; s && is_ok(m); s = s->next)
		run_stmt(m, s);
}

/* ---- functions ---------------------------------------------------------------------------------------------------- */

typedef struct survey {
	const hdt_function *callee; /* asked for */
	bool called, strange;
} survey;

static void find_strange(const hdt_expr *e, void *closure)
{
	survey *found = closure;
	found->strange |= expr_contains_op(e, HDT_OP_CALL) || expr_contains_op(e, HDT_OP_ADDRESS);
}

static void look_at(const hdt_stmt *s, void *closure)
{
	survey *found = closure;
	found->called |= s->kind == HDT_STMT_CALL && s->function == found->callee;
	found->strange |= s->kind == HDT_STMT_ASM || s->kind == HDT_STMT_MAP || s->kind == HDT_STMT_ASSERT;
	stmt_expressions(s, find_strange, found);
}

static bool is_launched(const hdt_function *f)
{
	survey found = {.callee = f};
	for (int i = 0; i < f->program->function_count; i++)
		stmt_walk(f->program->functions[i]->body, look_at, &found);
	return f->kind == HDT_FUNCTION_CPU ? !found.called : f->kind == HDT_FUNCTION_CUDA && f->launched;
}

/* Indices of the block and of the thread, as every function calls them. */
static void set_indices(machine *m, const hdt_program *program, int d, int64_t block, int64_t thread)
{
	for (int i = 0; i < program->function_count; i++) {
		const hdt_function *f = program->functions[i];
		if (f->kind != HDT_FUNCTION_CUDA)
			continue;
		set(m, f->block_at[d], block);
		set(m, f->thread_at[d], thread);
	}
}

/* Every thread of every block. */
static void run_grid(machine *m, const hdt_function *f)
{
	int64_t blocks = 1, threads = 1, extents[2][3];
	for (int d = 0; d < 3; d++) {
		blocks *= extents[0][d] = integer_of(m, f->grid[d]);
		threads *= extents[1][d] = integer_of(m, f->block[d]);
	}
	for (int64_t at = 0; at < blocks * threads && is_ok(m); at++) {
		int64_t block = at / threads, thread = at % threads;
		for (int d = 0; d < 3; d++) {
			set_indices(m, f->program, d, block % extents[0][d], thread % extents[1][d]);
			block /= extents[0][d];
			thread /= extents[1][d];
		}
		run_body(m, f->body);
	}
}

static void run_function(hdt_context *context, const hdt_function *f, meaning *out)
{
	machine m = {.context = context};
	map_init(&m.values, context);
	map_init(&m.places, context);
	for (int i = 0; i < f->program->symbol_count; i++) {
		const hdt_expr *symbol = f->program->symbols[i];
		set(&m, symbol, symbol->args[1]->integer < 7 ? symbol->args[1]->integer : 7);
	}
	for (int i = 0, given = f->scalar_count - f->derived_count; i < f->scalar_count; i++)
		set(&m, f->scalars[i], i < given ? 5 + i : integer_of(&m, f->derived[i - given]));
	for (int i = 0; i < f->parameter_count; i++) {
		place *p = add_memory(&m, f->parameters[i]);
		for (int64_t k = 0; p && k < p->count; k++)
			p->cells[k] = hdt_number(context, p->tensor->dtype, (double)((k * 7 + i * 3) % 11));
	}
	if (f->kind == HDT_FUNCTION_CUDA)
		run_grid(&m, f);
	else
		run_body(&m, f->body);
	for (int i = 0; i < f->parameter_count; i++) {
		const place *p = map_get(&m.places, f->parameters[i]);
		for (int64_t k = 0; p && k < p->count; k++)
			vec_push(context, &out->cells, p->cells[k]);
	}
}

hdt_status meaning_take(const hdt_program *program, meaning *out)
{
	survey found = {0};
	*out = (meaning){0};
	for (int i = 0; i < program->function_count; i++)
		stmt_walk(program->functions[i]->body, look_at, &found);
	out->known = !found.strange;
	for (int i = 0; i < program->function_count && out->known; i++)
		if (is_launched(program->functions[i]))
			run_function(program->context, program->functions[i], out);
	return hdt_context_status(program->context);
}

bool meaning_same(const meaning *before, const meaning *after)
{
	bool same = before->known == after->known && before->cells.count == after->cells.count;
	for (int i = 0; same && i < before->cells.count; i++)
		same = before->cells.items[i] == after->cells.items[i];
	return same;
}
