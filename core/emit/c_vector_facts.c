/* c_vector_facts.c: which loops can become vectors, and in which form each of their values then is.
 *
 * Elements that lie one behind the other are a vector in memory. Other elements, and reads that only some lanes may do, are put together lane
 * by lane; where most of a loop would be so, it stays a scalar one. What is known of an expression is kept with the emitter, so that each is
 * looked at once in a loop. */
#include "emit/c_vector.h"

#include <string.h>

#define LARGEST_FACTOR (1 << 20) /* of an index: lanes times this never leave an int */
#define MOST_PIECES 200          /* nodes of an expression that is written lane by lane */
#define MAX_NESTING 1000         /* of an expression: what looks at it recurses */
#define COST_OF_FUNCTION 8       /* in operations */
#define PIECES_COST 4            /* of a value that is put together, in operations on vectors */

/* ---- dtypes ------------------------------------------------------------------------------------------------------- */

static bool is_float32(hdt_dtype dtype)
{
	return hdt_dtype_of(dtype)->compute == HDT_F32;
}

/* Integers whose values fit the lanes of a vector of i32. */
static bool is_small(hdt_dtype dtype)
{
	return dtype == HDT_I32 || dtype == HDT_I16 || dtype == HDT_U16 || dtype == HDT_I8 || dtype == HDT_U8;
}

/* Of a buffer of the loop's body: nothing is rounded when it is stored there. */
static bool may_own(hdt_dtype dtype)
{
	return dtype == HDT_F32 || dtype == HDT_BOOL || dtype == HDT_I32;
}

bool vector_stores(hdt_dtype dtype)
{
	return is_float32(dtype) || dtype == HDT_BOOL || dtype == HDT_I32;
}

/* ---- what is known ------------------------------------------------------------------------------------------------ */

static node_info *info_of(const emitter *em, const hdt_expr *e)
{
	return e->id < em->info_count ? &em->info[e->id] : NULL;
}

static void object(const emitter *em, const char *obstacle)
{
	if (!em->vector->obstacle)
		em->vector->obstacle = obstacle;
}

bool vector_owns(const emitter *em, const hdt_tensor *t)
{
	for (int i = 0; i < em->vector->own.count; i++)
		if (em->vector->own.items[i] == t)
			return true;
	return false;
}

/* What an index is that has a name and differs from lane to lane. One that memory gave may not be read again. */
static const hdt_expr *definition(const hdt_expr *e, void *closure)
{
	const emitter *em = closure;
	const hdt_expr *let = e->op == HDT_OP_VARIABLE ? map_get(&em->definitions, e) : NULL;
	bool replaced =
		let && e->dtype == HDT_I64 && vector_form_of(em, e) != VECTOR_SAME && !expr_contains_op(let, HDT_OP_LOAD);
	return replaced ? let : NULL;
}

const hdt_expr *vector_expand(const emitter *em, const hdt_expr *e)
{
	const hdt_expr *before = NULL;
	for (int i = 0; e && e != before && i < MAX_NESTING; i++) {
		before = e;
		e = expr_map(e, definition, (void *)(uintptr_t)em);
	}
	return e;
}

static bool all_same(const emitter *em, const hdt_expr *const *args, int count)
{
	for (int i = 0; i < count; i++)
		if (vector_form_of(em, args[i]) != VECTOR_SAME)
			return false;
	return true;
}

/* ---- indices ------------------------------------------------------------------------------------------------------ */

int vector_factor(const emitter *em, const hdt_expr *index)
{
	const node_info *info = info_of(em, index);
	return vector_form_of(em, index) == VECTOR_INDEX && info ? info->factor : 0;
}

/* Of an i64 operation; false: its operands do not make it grow by a constant. */
static bool combine_factors(const emitter *em, const hdt_expr *e, int64_t *factor)
{
	int64_t constant;
	for (int i = 0; i < e->count; i++)
		if (vector_form_of(em, e->args[i]) == VECTOR_NONE)
			return false;
	switch (e->op) {
	case HDT_OP_ADD:
		*factor = (int64_t)vector_factor(em, e->args[0]) + vector_factor(em, e->args[1]);
		return true;
	case HDT_OP_SUB:
		*factor = (int64_t)vector_factor(em, e->args[0]) - vector_factor(em, e->args[1]);
		return true;
	case HDT_OP_NEG:
		*factor = -(int64_t)vector_factor(em, e->args[0]);
		return true;
	case HDT_OP_MUL:
		*factor = vector_factor(em, e->args[0]);
		return hdt_is_const(e->args[1], &constant) && !__builtin_mul_overflow(*factor, constant, factor);
	case HDT_OP_SELECT:
		*factor = vector_factor(em, e->args[1]);
		return vector_form_of(em, e->args[0]) == VECTOR_SAME && *factor == vector_factor(em, e->args[2]);
	default:
		return false;
	}
}

static vector_form index_form(const emitter *em, const hdt_expr *e)
{
	int64_t factor;
	node_info *info = info_of(em, e);
	if (!info || !c_is_index(em, e) || !combine_factors(em, e, &factor) || factor < -LARGEST_FACTOR ||
	    factor > LARGEST_FACTOR)
		return VECTOR_NONE;
	info->factor = (int)factor;
	return VECTOR_INDEX;
}

bool vector_step(const emitter *em, const hdt_tensor *t, const hdt_expr *const *indices, int64_t *step)
{
	c_term terms[HDT_MAX_RANK];
	int count = c_terms(em, t, indices, terms);
	*step = 0;
	for (int i = 0; i < count; i++) {
		int64_t stride, part;
		if (vector_form_of(em, terms[i].index) == VECTOR_SAME)
			continue;
		if (vector_form_of(em, terms[i].index) != VECTOR_INDEX || !hdt_is_const(terms[i].stride, &stride) ||
		    __builtin_mul_overflow(stride, vector_factor(em, terms[i].index), &part) ||
		    __builtin_add_overflow(*step, part, step))
			return false;
	}
	return true;
}

bool vector_is_whole(const emitter *em, const hdt_tensor *t, const hdt_expr *const *indices)
{
	const hdt_expr *axis = em->vector->axis;
	return !em->vector->part ||
	       (c_is_padded(em, t) && indices[t->rank - 1] == axis && axis->args[0] == t->shape[t->rank - 1]);
}

/* ---- guarded reads ------------------------------------------------------------------------------------------------ */

typedef struct read_check {
	const emitter *em;
	const hdt_expr *before; /* what is computed in every case */
	bool unsafe;
} read_check;

static bool is_true(const hdt_expr *e)
{
	int64_t value;
	return hdt_is_const(e, &value) && value;
}

static bool lies_within(const emitter *em, const hdt_expr *load)
{
	const hdt_expr *zero = hdt_int(em->context, 0);
	if (load->tensor->pointer)
		return false;
	for (int d = 0; d < load->count; d++) {
		const hdt_expr *index = vector_expand(em, load->args[d]);
		if (!is_true(hdt_less_equal(zero, index)) || !is_true(hdt_less(index, load->tensor->shape[d])))
			return false;
	}
	return true;
}

/* Is the element read whenever `e` is computed? */
static bool reads_always(const hdt_expr *e, const hdt_expr *load, int *budget)
{
	int count = e->op == HDT_OP_SELECT ? 1 : e->op == HDT_OP_SYMBOL || e->op == HDT_OP_AXIS ? 0 : e->count;
	if (e == load || --*budget < 0)
		return e == load;
	for (int i = 0; i < count; i++)
		if (reads_always(e->args[i], load, budget))
			return true;
	return false;
}

static void check_read(const hdt_expr *e, void *closure)
{
	read_check *check = closure;
	int budget = MOST_PIECES;
	if (e->op == HDT_OP_BOUNDED || e->op == HDT_OP_CALL)
		check->unsafe = true;
	else if (e->op == HDT_OP_LOAD && !reads_always(check->before, e, &budget))
		check->unsafe |= !lies_within(check->em, e);
}

/* May both arms of the select be computed, whatever its condition says? */
static bool is_safe(const emitter *em, const hdt_expr *select)
{
	read_check check = {em, select->args[0], false};
	return expr_walk(select->args[1], check_read, &check) && expr_walk(select->args[2], check_read, &check) &&
	       !check.unsafe;
}

/* ---- lane by lane ------------------------------------------------------------------------------------------------- */

/* Can it be computed of the axis and what is the same in all lanes? `budget`: of nodes. */
static bool can_be_pieced(const emitter *em, const hdt_expr *e, int *budget)
{
	if (--*budget < 0)
		return false;
	if (e->op == HDT_OP_VARIABLE && vector_form_of(em, e) != VECTOR_SAME) {
		const hdt_expr *let = definition(e, (void *)(uintptr_t)em);
		return let && can_be_pieced(em, let, budget);
	}
	if (e->op == HDT_OP_VARIABLE || e->op == HDT_OP_AXIS || e->op == HDT_OP_SYMBOL)
		return true;
	bool function = (e->op >= HDT_OP_SQRT && e->op <= HDT_OP_ERFC) || e->op == HDT_OP_POW || e->op == HDT_OP_ATAN2;
	if (function || e->op == HDT_OP_CALL || e->op == HDT_OP_ADDRESS || e->dtype == HDT_F64)
		return false;
	if (e->op == HDT_OP_LOAD && vector_owns(em, e->tensor))
		return false;
	for (int i = 0; i < e->count; i++)
		if (!can_be_pieced(em, e->args[i], budget))
			return false;
	return true;
}

static vector_form pieced_form(const emitter *em, const hdt_expr *e)
{
	int budget = MOST_PIECES;
	if (e->dtype == HDT_I64) /* only ever part of something else */
		return VECTOR_NONE;
	if (!c_vector_type((hdt_dtype)e->dtype)) {
		object(em, hdt_format(em->context, "there are no vectors of %s", hdt_dtype_of((hdt_dtype)e->dtype)->name));
		return VECTOR_NONE;
	}
	if (!can_be_pieced(em, e, &budget)) {
		object(em, hdt_format(em->context, "'%s' of %s has no form in vectors",
		                      scalar_op_of((hdt_scalar_op)e->op)->text, hdt_dtype_of((hdt_dtype)e->dtype)->name));
		return VECTOR_NONE;
	}
	em->vector->as_lanes++;
	return VECTOR_PIECED;
}

/* ---- operations --------------------------------------------------------------------------------------------------- */

static bool is_comparison(hdt_scalar_op op)
{
	return op == HDT_OP_EQ || op == HDT_OP_NE || op == HDT_OP_LT || op == HDT_OP_LE;
}

static bool is_of_masks(hdt_scalar_op op)
{
	return op == HDT_OP_AND || op == HDT_OP_OR || op == HDT_OP_NOT || op == HDT_OP_BIT_AND || op == HDT_OP_BIT_OR ||
	       op == HDT_OP_BIT_XOR || op == HDT_OP_BIT_NOT || op == HDT_OP_EQ || op == HDT_OP_NE;
}

static bool fits_int(const hdt_expr *e)
{
	int64_t min, max;
	return hdt_bounds(e, &min, &max) && min >= INT32_MIN && max <= INT32_MAX;
}

static bool has_cast(const emitter *em, const hdt_expr *e)
{
	hdt_dtype from = (hdt_dtype)e->args[0]->dtype, to = (hdt_dtype)e->dtype;
	if (from == HDT_I64) /* the index of each lane */
		return vector_form_of(em, e->args[0]) == VECTOR_INDEX && fits_int(e->args[0]) &&
		       (is_float32(to) || to == HDT_I32);
	if (is_float32(from))
		return is_float32(to) || to == HDT_BOOL || to == HDT_I32;
	return (from == HDT_BOOL || is_small(from)) && (is_float32(to) || to == HDT_I32 || to == HDT_BOOL);
}

/* Is there text for this operation on operands that are vectors? */
static bool has_operation(const emitter *em, const hdt_expr *e)
{
	hdt_dtype operand = (hdt_dtype)e->args[0]->dtype;
	hdt_scalar_op op = (hdt_scalar_op)e->op;
	if (op == HDT_OP_CAST)
		return has_cast(em, e);
	if (op == HDT_OP_SELECT)
		return c_vector_type((hdt_dtype)e->dtype) && (vector_form_of(em, e->args[0]) == VECTOR_SAME || is_safe(em, e));
	if (operand == HDT_BOOL)
		return is_of_masks(op);
	if (operand == HDT_I64)
		return is_comparison(op);
	return is_float32(operand) || (is_small(operand) && is_comparison(op));
}

static bool are_vectors(const emitter *em, const hdt_expr *e)
{
	for (int i = 0; i < e->count; i++) {
		vector_form form = vector_form_of(em, e->args[i]);
		if (form == VECTOR_NONE || form == VECTOR_UNKNOWN)
			return false;
	}
	return true;
}

static vector_form load_form(const emitter *em, const hdt_expr *e)
{
	int64_t step;
	hdt_dtype dtype = (hdt_dtype)e->dtype;
	bool same = all_same(em, e->args, e->count);
	if (vector_owns(em, e->tensor) && !same)
		object(em, hdt_format(em->context, "lanes read different elements of %s", e->tensor->name));
	if (vector_owns(em, e->tensor))
		return same ? VECTOR_LANES : VECTOR_NONE;
	if (same)
		return VECTOR_SAME;
	if (!c_vector_type(dtype) || !vector_step(em, e->tensor, e->args, &step) || step != 1)
		return pieced_form(em, e);
	em->vector->as_vectors++;
	return VECTOR_LANES;
}

static vector_form operation_form(const emitter *em, const hdt_expr *e)
{
	if (e->op == HDT_OP_CALL || e->op == HDT_OP_ADDRESS || e->op < HDT_OP_ADD) {
		object(em, hdt_format(em->context, "%s stands in it", scalar_op_of((hdt_scalar_op)e->op)->text));
		return VECTOR_NONE;
	}
	if (all_same(em, e->args, e->count))
		return VECTOR_SAME;
	if (e->dtype == HDT_I64)
		return index_form(em, e);
	if (!c_vector_type((hdt_dtype)e->dtype) || !are_vectors(em, e) || !has_operation(em, e))
		return pieced_form(em, e);
	em->vector->as_vectors += e->op >= HDT_OP_SQRT && e->op <= HDT_OP_ERFC ? COST_OF_FUNCTION : 1;
	return VECTOR_LANES;
}

static vector_form compute_form(const emitter *em, const hdt_expr *e)
{
	const hdt_expr *let;
	node_info *info = info_of(em, e);
	switch (e->op) {
	case HDT_OP_CONST:
	case HDT_OP_SYMBOL:
		return VECTOR_SAME;
	case HDT_OP_AXIS:
		if (info && e == em->vector->axis)
			info->factor = 1;
		return e == em->vector->axis ? VECTOR_INDEX : VECTOR_SAME;
	case HDT_OP_VARIABLE:
		let = map_get(&em->definitions, e);
		vector_form form = let ? vector_form_of(em, let) : VECTOR_SAME;
		if (info && form == VECTOR_INDEX)
			info->factor = vector_factor(em, let);
		return form == VECTOR_PIECED ? VECTOR_LANES : form;
	case HDT_OP_LOAD:
		return load_form(em, e);
	default:
		return operation_form(em, e);
	}
}

vector_form vector_form_of(const emitter *em, const hdt_expr *e)
{
	node_info *info = info_of(em, e);
	if (info && info->loop == em->vector->number)
		return (vector_form)info->form;
	if (em->vector->depth >= MAX_NESTING) {
		object(em, "a value is nested too deep");
		return VECTOR_NONE;
	}
	em->vector->depth++;
	vector_form form = compute_form(em, e);
	em->vector->depth--;
	if (info) {
		info->loop = em->vector->number;
		info->form = (uint8_t)form;
	}
	return form;
}

/* ---- statements --------------------------------------------------------------------------------------------------- */

static bool is_value(const emitter *em, const hdt_expr *e)
{
	vector_form form = vector_form_of(em, e);
	return c_vector_type((hdt_dtype)e->dtype) && (form == VECTOR_SAME || form == VECTOR_LANES || form == VECTOR_PIECED);
}

static bool can_scatter(const emitter *em, const hdt_stmt *s)
{
	int budget = MOST_PIECES;
	for (int d = 0; d < s->tensor->rank; d++) {
		if (!can_be_pieced(em, s->indices[d], &budget)) {
			object(em, hdt_format(em->context, "an index of %s has no form in vectors", s->tensor->name));
			return false;
		}
	}
	return true;
}

static bool plan_store(const emitter *em, const hdt_stmt *s)
{
	int64_t step;
	if (!c_vector_type(s->tensor->dtype))
		object(em, hdt_format(em->context, "there are no vectors of %s", hdt_dtype_of(s->tensor->dtype)->name));
	if (!is_value(em, s->value))
		return false;
	if (vector_owns(em, s->tensor)) {
		if (!all_same(em, s->indices, s->tensor->rank))
			object(em, hdt_format(em->context, "lanes write different elements of %s", s->tensor->name));
		return all_same(em, s->indices, s->tensor->rank);
	}
	if (all_same(em, s->indices, s->tensor->rank)) {
		object(em, hdt_format(em->context, "all lanes write one element of %s", s->tensor->name));
		return false;
	}
	if (vector_stores(s->tensor->dtype) && vector_step(em, s->tensor, s->indices, &step) && step == 1) {
		em->vector->as_vectors++;
		return true;
	}
	em->vector->as_lanes++;
	return can_scatter(em, s);
}

static bool plan_buffer(const emitter *em, const hdt_stmt *s)
{
	if (may_own(s->tensor->dtype))
		return vec_push(em->context, &em->vector->own, s->tensor);
	object(em, hdt_format(em->context, "%s of %s is one for each lane", s->tensor->name,
	                      hdt_dtype_of(s->tensor->dtype)->name));
	return false;
}

/* An i64 may be anything: where it is used tells whether that will do. */
static bool plan_let(emitter *em, const hdt_stmt *s)
{
	return map_set(&em->definitions, s->axis, (void *)(uintptr_t)s->value) &&
	       (s->value->dtype == HDT_I64 || vector_form_of(em, s->value) == VECTOR_SAME || is_value(em, s->value));
}

static bool plan_body(emitter *em, const hdt_stmt *first);

static bool plan_stmt(emitter *em, const hdt_stmt *s)
{
	switch (s->kind) {
	case HDT_STMT_STORE:
		return plan_store(em, s);
	case HDT_STMT_BUFFER:
		return plan_buffer(em, s);
	case HDT_STMT_LET:
		return plan_let(em, s);
	case HDT_STMT_FOR:
		if (vector_form_of(em, s->axis->args[0]) == VECTOR_SAME)
			return plan_body(em, s->body);
		object(em, "lanes run a loop differently often");
		return false;
	case HDT_STMT_IF:
		if (vector_form_of(em, s->value) == VECTOR_SAME)
			return plan_body(em, s->body) && plan_body(em, s->otherwise);
		object(em, "a branch is taken by some lanes alone");
		return false;
	default:
		object(em, hdt_format(em->context, "%s stands in it", stmt_text(s->kind)));
		return false;
	}
}

static bool plan_body(emitter *em, const hdt_stmt *first)
{
	for (const hdt_stmt *s = first; s; s = s->next)
		if (hdt_context_status(em->context) != HDT_OK || !plan_stmt(em, s))
			return false;
	return true;
}

bool vector_plan(emitter *em, vector_loop *v, const hdt_stmt *s)
{
	*v = (vector_loop){.axis = s->axis, .number = ++em->vector_count};
	em->vector = v;
	bool can = plan_body(em, s->body);
	if (can && v->as_lanes && v->as_vectors < PIECES_COST * v->as_lanes) {
		object(em, "most of it would go lane by lane");
		can = false;
	}
	em->vector = NULL;
	return can;
}
