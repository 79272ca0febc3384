/* execute.c: runs a warp: its lanes in step, those that take no part switched off, until it ends, has to wait, or
 * does what is not allowed. */
#include "machine.h"

#include <inttypes.h>
#include <string.h>

/* A warp in a `while` lets others run now and then: what it waits for may be theirs to do. */
enum { ITERATIONS_OF_A_TURN = 64 };

static sim_lanes *lanes_at(const warp *w, reg r)
{
	return (sim_lanes *)(w->registers + r);
}

static void enter(warp *w, const body *b, uint8_t kind, const step *s, uint32_t active, uint32_t rest)
{
	w->frames[w->depth++] = (frame){.body = b, .kind = kind, .saved = w->w.active, .rest = rest, .step = s};
	w->w.active = active;
}

void warp_begin(warp *w)
{
	w->depth = 0;
	w->steps = 0;
	w->phase = WARP_READY;
	w->w.again = false;
	w->w.active = w->w.lanes;
	enter(w, w->set->function->body, STEP_END, NULL, w->w.lanes, 0);
}

/* Lanes of `mask` where the bool is true. */
static uint32_t true_lanes(const warp *w, reg r, bool uniform, uint32_t mask)
{
	const sim_lanes *v = lanes_at(w, r);
	uint32_t lanes = 0;
	if (uniform)
		return v->i[0] ? mask : 0;
	for (int l = 0; l < SIM_LANES; l++)
		lanes |= (uint32_t)(v->i[l] != 0) << l;
	return lanes & mask;
}

/* ---- checks ---- */

/* Active lanes where a is not in 0 .. b - 1. Most checks are of lanes against one number, and hold. */
static uint32_t outside_lanes(const warp *w, const step *s)
{
	const int64_t *a = lanes_at(w, s->a)->i, *b = lanes_at(w, s->b)->i;
	uint64_t any = 0;
	uint32_t outside = 0;
	if (s->uniform_a && s->uniform_b)
		return a[0] < 0 || a[0] >= b[0] ? w->w.active : 0;
	for (int l = 0; l < SIM_LANES && s->uniform_b && b[0] > 0; l++)
		any |= (uint64_t)a[l] | ((uint64_t)b[0] - 1 - (uint64_t)a[l]);
	if (s->uniform_b && b[0] > 0 && !(any >> 63))
		return 0;
	for (int l = 0; l < SIM_LANES; l++) {
		int64_t i = a[s->uniform_a ? 0 : l], n = b[s->uniform_b ? 0 : l];
		outside |= (uint32_t)(i < 0 || i >= n) << l;
	}
	return outside & w->w.active;
}

static bool check_index(warp *w, const step *s)
{
	uint32_t outside = outside_lanes(w, s);
	if (!outside)
		return true;
	int lane = __builtin_ctz(outside);
	int64_t i = lanes_at(w, s->a)->i[s->uniform_a ? 0 : lane], n = lanes_at(w, s->b)->i[s->uniform_b ? 0 : lane];
	fault_access(w, lane, HDT_INTERNAL, s->access, "out of bounds: index %d is %" PRId64 ", outside of 0..%" PRId64,
	             s->dimension, i, n - 1);
	return false;
}

/* A lane that takes no part has 0, so that what is computed from it means something. */
static bool take_bounded(warp *w, const step *s)
{
	sim_lanes *to = lanes_at(w, s->to);
	const sim_lanes *index = lanes_at(w, s->a), *extent = lanes_at(w, s->b);
	for (int l = 0; l < s->count; l++) {
		bool inside = index->i[l] >= 0 && index->i[l] < extent->i[l];
		to->i[l] = inside ? index->i[l] : 0;
		if (inside || !(s->count == 1 ? w->w.active : w->w.active >> l & 1))
			continue;
		sim_fault(&w->w, l, "index %" PRId64 " is outside 0..%" PRId64, index->i[l], extent->i[l] - 1);
		w->set->fault->status = HDT_BAD_INPUT;
		return false;
	}
	return true;
}

static bool check_assert(warp *w, const step *s)
{
	uint32_t wrong = w->w.active & ~true_lanes(w, s->a, s->uniform_a, w->w.active);
	if (!wrong)
		return true;
	sim_fault(&w->w, __builtin_ctz(wrong), "assertion failed: %s", s->message);
	w->set->fault->status = HDT_BAD_INPUT;
	return false;
}

/* ---- addresses ---- */

static void make_address(warp *w, const step *s)
{
	const sim_buffer *b = s->access->buffer;
	const sim_lanes *element = lanes_at(w, s->a);
	sim_lanes *to = lanes_at(w, s->to);
	uint64_t base = 0;
	switch (b->scope) {
	case HDT_SCOPE_GLOBAL:
		base = (uint64_t)(uintptr_t)w->set->globals[b->index].data;
		break;
	case HDT_SCOPE_SHARED:
		base = (SIM_SHARED | (uint64_t)sim_cluster_rank(w->w.block) << 24) + (uint64_t)b->offset;
		break;
	case HDT_SCOPE_REGISTER:
		base = SIM_REGISTER | (uint64_t)b->index << 32;
		break;
	}
	for (int l = 0; l < SIM_LANES; l++)
		to->u[l] = base + (uint64_t)element->i[l] * (uint64_t)b->bytes;
}

static void mark_outside(warp *w, const step *s)
{
	enum { DIMENSION_SHIFT = 58 };
	uint32_t outside = outside_lanes(w, s);
	sim_lanes *to = lanes_at(w, s->to);
	SIM_FOR_LANES (l, outside)
		to->u[l] =
			(to->u[l] & ~(UINT64_C(7) << DIMENSION_SHIFT)) | SIM_OUTSIDE | (uint64_t)s->dimension << DIMENSION_SHIFT;
}

/* ---- calls ---- */

/* Those who must come together do so as far as a warp can tell. */
static bool check_together(warp *w, const call_site *site)
{
	const char *t = site->intrinsic->traits;
	if (w->w.active == w->w.lanes || !strpbrk(t, "wgbc"))
		return true;
	sim_fault(&w->w, __builtin_ctz(w->w.lanes & ~w->w.active),
	          "divergent %s: this thread does not come to it with the others of its warp", site->intrinsic->name);
	return false;
}

static sim_status call(warp *w, const step *s)
{
	const call_site *site = s->call;
	sim_operand operands[SIM_MOST_OPERANDS];
	if (!w->w.again && !check_together(w, site))
		return SIM_FAULT;
	for (int i = 0; i < site->count; i++) {
		int map = site->operands[i].map;
		operands[i] = (sim_operand){.value = lanes_at(w, site->operands[i].value),
		                            .dtype = site->operands[i].dtype,
		                            .address = site->operands[i].address,
		                            .buffer = site->operands[i].buffer,
		                            .map = map >= 0 ? &w->set->launch->maps[map] : NULL};
	}
	sim_call c = {site->intrinsic->name, operands, site->count,
	              site->result == HDT_DTYPE_NONE ? NULL : lanes_at(w, s->to), site->result};
	return site->run->run(&w->w, &c);
}

/* ---- loops and branches ---- */

static void begin_if(warp *w, const step *s)
{
	uint32_t yes = true_lanes(w, s->a, s->uniform_a, w->w.active), no = w->w.active & ~yes;
	if (yes)
		enter(w, s->inner, STEP_IF, s, yes, s->otherwise ? no : 0);
	else if (no && s->otherwise)
		enter(w, s->otherwise, STEP_IF, s, no, 0);
}

/* Lanes of `mask` whose loop has an iteration of this number. */
static uint32_t looping_lanes(const warp *w, const step *s, int64_t iteration, uint32_t mask)
{
	const sim_lanes *extent = lanes_at(w, s->a);
	uint32_t lanes = 0;
	if (s->uniform_a)
		return iteration < extent->i[0] ? mask : 0;
	for (int l = 0; l < SIM_LANES; l++)
		lanes |= (uint32_t)(iteration < extent->i[l]) << l;
	return lanes & mask;
}

static void begin_for(warp *w, const step *s)
{
	uint32_t lanes = looping_lanes(w, s, 0, w->w.active);
	if (!lanes)
		return;
	lanes_at(w, s->to)->i[0] = 0;
	enter(w, s->inner, STEP_FOR, s, lanes, 0);
}

static void leave(warp *w)
{
	w->w.active = w->frames[--w->depth].saved;
}

static bool next_iteration(warp *w, frame *f)
{
	f->iteration++;
	f->next = 0;
	w->w.active = looping_lanes(w, f->step, f->iteration, w->w.active);
	lanes_at(w, f->step->to)->i[0] = f->iteration;
	return w->w.active != 0;
}

/* A body has ended. True: others are to have a turn. */
static bool end_body(warp *w)
{
	frame *f = &w->frames[w->depth - 1];
	switch (f->kind) {
	case STEP_IF:
		if (f->rest) {
			w->w.active = f->rest;
			f->rest = 0;
			f->body = f->step->otherwise;
			f->next = 0;
			return false;
		}
		break;
	case STEP_FOR:
		if (next_iteration(w, f))
			return false;
		break;
	case FRAME_CONDITION:
		w->w.active = true_lanes(w, f->step->a, f->step->uniform_a, w->w.active);
		if (w->w.active) {
			f->kind = STEP_WHILE;
			f->body = f->step->inner;
			f->next = 0;
			return false;
		}
		break;
	case STEP_WHILE:
		f->kind = FRAME_CONDITION;
		f->body = f->step->otherwise;
		f->next = 0;
		return ++f->iteration % ITERATIONS_OF_A_TURN == 0;
	default:
		break;
	}
	leave(w);
	return false;
}

/* ---- steps ---- */

static bool out_of_steps(warp *w)
{
	if (++w->steps <= w->set->device->most_steps)
		return false;
	sim_fault(&w->w, __builtin_ctz(w->w.active),
	          "no end after %" PRIu64 " iterations and branches of this warp: a loop without end?", w->steps - 1);
	return true;
}

/* Steps that only compute or access memory. False: a fault. */
static bool run_simple(warp *w, const step *s)
{
	switch (s->kind) {
	case STEP_MERGE:
		lanes_merge(lanes_at(w, s->to), lanes_at(w, s->a), (hdt_dtype)s->dtype, w->w.active);
		return true;
	case STEP_BOUNDED:
		return take_bounded(w, s);
	case STEP_CHECK:
		return check_index(w, s);
	case STEP_LOAD:
		return memory_load(w, s);
	case STEP_STORE:
		return memory_store(w, s);
	case STEP_ADDRESS:
		make_address(w, s);
		return true;
	case STEP_OUTSIDE:
		mark_outside(w, s);
		return true;
	case STEP_BUFFER:
		for (int64_t e = 0; e < s->buffer->elements; e++)
			w->written[s->buffer->offset + e] &= ~w->w.active;
		return true;
	case STEP_ASSERT:
		return check_assert(w, s);
	default:
		return true;
	}
}

warp_result warp_run(warp *w)
{
	while (w->depth) {
		frame *f = &w->frames[w->depth - 1];
		const step *s = &f->body->steps[f->next];
		if (s->kind == STEP_COMPUTE) {
			f->next++;
			s->compute(lanes_at(w, s->to), lanes_at(w, s->a), lanes_at(w, s->b), lanes_at(w, s->c), s->count);
			continue;
		}
		w->w.line = s->line ? s->line : w->w.line;
		switch (s->kind) {
		case STEP_END:
			if (out_of_steps(w))
				return RAN_INTO_FAULT;
			if (end_body(w))
				return RAN_A_TURN;
			break;
		case STEP_IF:
			f->next++;
			begin_if(w, s);
			break;
		case STEP_FOR:
			f->next++;
			begin_for(w, s);
			break;
		case STEP_WHILE:
			f->next++;
			enter(w, s->otherwise, FRAME_CONDITION, s, w->w.active, 0);
			break;
		case STEP_CALL:
			w->waits_at = s;
			switch (call(w, s)) {
			case SIM_DONE:
				w->w.again = false;
				w->calls++;
				f->next++;
				break;
			case SIM_WAIT:
				w->w.again = true;
				return RAN_TO_WAIT;
			case SIM_TURN:
				w->w.again = false;
				w->calls++;
				f->next++;
				if (out_of_steps(w))
					return RAN_INTO_FAULT;
				return RAN_A_TURN;
			case SIM_FAULT:
				return RAN_INTO_FAULT;
			}
			break;
		default:
			f->next++;
			if (!run_simple(w, s))
				return RAN_INTO_FAULT;
			break;
		}
	}
	return RAN_TO_END;
}
