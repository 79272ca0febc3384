/* place_shared.c: the dynamic shared buffers of a kernel get their places in the one block of memory that a launch asks for:
 *
 *     fn @k(..) .. grid(n) block(32) shared(64) { shared dynamic a: f32[5]; shared dynamic b: f16[100]; ... }
 *  -> a at 0, b at 32; shared(296): 232 for the buffers, then the 64 that were asked for
 *
 * A place is a multiple of 16 bytes; of 128, and for a KiB or more of 1024, where the address is taken: what copies tiles or multiplies
 * them wants that. Buffers of different bodies share memory when one body is over before the other begins and a barrier of the block stands
 * between them, also on the way around a loop that holds both; else a thread might write the one while another still reads the other. A
 * buffer whose address goes where it may be written through later shares with none. */
#include "lower/lower.h"

#include "base/map.h"
#include "base/vec.h"

enum { MOST_STEPS = 16 }; /* buffers that lie deeper share with none of those beside them */

/* The statements of one body, told by their number in it. */
typedef struct body {
	bool in_loop;
	VEC(int) barriers; /* statements that are barriers of the block */
} body;

typedef struct step {
	body *body;
	int at;
} step;

typedef struct placed {
	hdt_tensor *tensor;
	step path[MOST_STEPS]; /* from the function's body to where it is declared */
	int steps;
	bool alone; /* shares with none */
	int64_t bytes, alignment;
} placed;

typedef struct placement {
	hdt_context *context;
	hdt_function *function;
	VEC(placed) buffers;
	map addressed; /* tensors whose address is taken ... */
	map escaped;   /* ... and goes elsewhere than to be read by a call; as keys */
	step path[MOST_STEPS];
	int steps;
} placement;

/* ---- addresses ---------------------------------------------------------------------------------------------------- */

static void note(map *m, const hdt_tensor *t)
{
	for (; t; t = t->base)
		(void)map_set(m, t, (void *)(uintptr_t)t); /* a failure is a fault of the context */
}

static void note_operands(const hdt_expr *e, void *closure)
{
	placement *p = closure;
	int64_t elements;
	for (int i = 0; e->op != HDT_OP_SYMBOL && i < e->count; i++) {
		if (e->args[i]->op != HDT_OP_ADDRESS)
			continue;
		note(&p->addressed, e->args[i]->tensor);
		if (e->op != HDT_OP_CALL || intrinsic_use(e, i, &elements) != OPERAND_IN)
			note(&p->escaped, e->args[i]->tensor);
	}
}

static void note_addresses_in(const hdt_expr *e, void *closure)
{
	placement *p = closure;
	if (e->op == HDT_OP_ADDRESS) {
		note(&p->addressed, e->tensor);
		note(&p->escaped, e->tensor);
	}
	expr_walk(e, note_operands, p);
}

static void note_addresses(const hdt_stmt *s, void *closure)
{
	stmt_expressions(s, note_addresses_in, closure);
}

/* ---- buffers ------------------------------------------------------------------------------------------------------ */

static bool is_barrier(const hdt_stmt *s)
{
	bool calls = (s->kind == HDT_STMT_EVALUATE || s->kind == HDT_STMT_LET) && s->value->op == HDT_OP_CALL;
	return calls && intrinsic_has(s->value->intrinsic, 'b');
}

/* Its size in bytes; -1 after a fault. */
static int64_t size_of(const placement *p, const hdt_stmt *s)
{
	const hdt_tensor *t = s->tensor;
	int64_t bytes = t->layout ? t->layout->size : 1, extent;
	bool fits = true;
	for (int d = 0; d < t->rank && !t->layout && fits; d++)
		fits = hdt_is_const(t->shape[d], &extent) && extent >= 0 && !__builtin_mul_overflow(bytes, extent, &bytes);
	fits = fits && !__builtin_mul_overflow(bytes, hdt_dtype_of(t->dtype)->bytes, &bytes) && bytes <= INT32_MAX;
	if (!fits)
		script_fail(p->function, s, HDT_BAD_MODEL, "the size of the shared buffer %s is not constant, or beyond 2 GiB",
		            t->name);
	return fits ? bytes : -1;
}

static void add_buffer(placement *p, const hdt_stmt *s)
{
	bool addressed = map_get(&p->addressed, s->tensor) != NULL;
	placed b = {.tensor = (hdt_tensor *)(uintptr_t)s->tensor, .steps = p->steps, .bytes = size_of(p, s)};
	b.alone = map_get(&p->escaped, s->tensor) != NULL;
	b.alignment = !addressed ? 16 : b.bytes >= 1024 ? 1024 : 128;
	for (int i = 0; i < p->steps; i++)
		b.path[i] = p->path[i];
	if (b.bytes >= 0)
		(void)vec_push(p->context, &p->buffers, b);
}

static void find_buffers(placement *p, const hdt_stmt *first, bool in_loop)
{
	body *here = first ? hdt_allocate(p->context, sizeof *here) : NULL;
	if (!here)
		return;
	here->in_loop = in_loop;
	int level = p->steps, at = 0;
	for (const hdt_stmt *s = first; s && hdt_context_status(p->context) == HDT_OK; s = s->next, at++) {
		bool loops = s->kind == HDT_STMT_FOR || s->kind == HDT_STMT_WHILE || s->kind == HDT_STMT_TASKS;
		if (level < MOST_STEPS) {
			p->path[level] = (step){here, at};
			p->steps = level + 1;
		}
		if (is_barrier(s))
			(void)vec_push(p->context, &here->barriers, at);
		if (s->kind == HDT_STMT_BUFFER && s->tensor->scope == HDT_SCOPE_SHARED && s->tensor->dynamic)
			add_buffer(p, s);
		find_buffers(p, s->body, in_loop || loops);
		find_buffers(p, s->otherwise, in_loop || loops);
	}
	p->steps = level;
}

/* ---- places ------------------------------------------------------------------------------------------------------- */

static bool has_barrier(const body *b, int after, int before)
{
	for (int i = 0; i < b->barriers.count; i++)
		if (b->barriers.items[i] > after && b->barriers.items[i] < before)
			return true;
	return false;
}

/* Is the one over, for all threads, before the other begins? `level` is the first at which their paths part. */
static bool is_before(const placed *a, const placed *b, int level)
{
	const body *here = a->path[level].body;
	int end = a->path[level].at, start = b->path[level].at;
	bool ends = a->steps > level + 1; /* else it lives to the end of this body */
	if (!ends || end >= start || !has_barrier(here, end, start))
		return false;
	return !here->in_loop || has_barrier(here, -1, end) ||
	       (b->steps > level + 1 && has_barrier(here, start, INT32_MAX));
}

static bool may_share(const placed *a, const placed *b)
{
	int level = 0, least = a->steps < b->steps ? a->steps : b->steps;
	while (level < least && a->path[level].body == b->path[level].body && a->path[level].at == b->path[level].at)
		level++;
	if (a->alone || b->alone || level == least || a->path[level].body != b->path[level].body)
		return false;
	return is_before(a, b, level) || is_before(b, a, level);
}

static int64_t round_up(int64_t value, int64_t multiple)
{
	return (value + multiple - 1) / multiple * multiple;
}

/* The lowest place at which it meets none of those before that it may not share with. */
static void place(placement *p, placed *b)
{
	int64_t at = 0;
	for (int i = 0; &p->buffers.items[i] < b; i++) {
		const placed *other = &p->buffers.items[i];
		bool apart = other->tensor->place >= at + b->bytes || other->tensor->place + other->bytes <= at;
		if (apart || may_share(other, b))
			continue;
		at = round_up(other->tensor->place + other->bytes, b->alignment);
		i = -1;
	}
	b->tensor->place = at;
}

static void place_buffers(hdt_function *f)
{
	placement p = {.context = f->program->context, .function = f};
	int64_t total = 0;
	map_init(&p.addressed, p.context);
	map_init(&p.escaped, p.context);
	stmt_walk(f->body, note_addresses, &p);
	find_buffers(&p, f->body, false);
	if (p.buffers.count == 0)
		return;
	for (int i = 0; i < p.buffers.count; i++) {
		placed *b = &p.buffers.items[i];
		place(&p, b);
		total = b->tensor->place + b->bytes > total ? b->tensor->place + b->bytes : total;
	}
	const hdt_expr *bytes = hdt_int(p.context, round_up(total, 16));
	f->shared_bytes = f->shared_bytes ? hdt_add(bytes, f->shared_bytes) : bytes;
}

hdt_status lower_place_shared(hdt_program *program, const lowering *how)
{
	(void)how;
	for (int i = 0; i < program->function_count; i++)
		if (program->functions[i]->launched)
			place_buffers(program->functions[i]);
	return hdt_context_status(program->context);
}
