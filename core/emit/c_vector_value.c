/* c_vector_value.c: values that differ from lane to lane. Arithmetic and comparisons of floats have the text of scalars, which c_expr.c writes;
 * here is what vectors spell in another way. A mask is a vector of integers, 0 or -1. */
#include "emit/c_vector.h"

#define NEAR (INT64_C(1) << 30) /* a difference cut to this keeps its sign in every lane */

enum { C_BIT_OR = 6, C_BIT_XOR = 7, C_BIT_AND = 8, C_EQUAL = 9, C_COMPARE = 10 };

bool c_is_vector(const emitter *em, const hdt_expr *e)
{
	if (!em->vector || e->dtype == HDT_I64)
		return false;
	vector_form form = vector_form_of(em, e);
	return form == VECTOR_LANES || form == VECTOR_PIECED;
}

/* Is it a text of its own, that uses none of the locals for what it is made of? */
bool c_is_vector_whole(const emitter *em, const hdt_expr *e)
{
	return c_is_vector(em, e) && (vector_form_of(em, e) == VECTOR_PIECED ||
	                              (e->op >= HDT_OP_ADD && e->op != HDT_OP_SELECT && e->args[0]->dtype == HDT_I64));
}

/* ---- spreading ---------------------------------------------------------------------------------------------------- */

void c_vector_operand(emitter *em, int scope, const hdt_expr *e, int wanted)
{
	hdt_dtype dtype = (hdt_dtype)e->dtype;
	if (c_is_vector(em, e)) {
		c_value(em, scope, e, wanted);
		return;
	}
	text_format(em->out, "hidet_v_of_%s(", hdt_is_float(dtype) ? "f32" : "i32");
	if (dtype == HDT_BOOL)
		text_add(em->out, "-(int)");
	c_value(em, scope, e, dtype == HDT_BOOL ? C_UNARY : C_LOWEST + 1);
	text_add(em->out, ")");
}

/* ---- lane by lane ------------------------------------------------------------------------------------------------- */

void c_vector_lanes(emitter *em, int lane)
{
	const char *name = c_name(em, em->vector->axis->name);
	text_format(em->out, "for (int64_t t%d = 0, t%d = %s; t%d < ", lane, lane + 1, name, lane);
	if (em->vector->part)
		text_format(em->out, "t%d", em->vector->part);
	else
		text_add(em->out, "HIDET_LANES");
	text_format(em->out, "; ++t%d) { const int64_t %s = t%d + t%d; ", lane, name, lane + 1, lane);
}

void c_vector_scalar(emitter *em, const hdt_expr *e, int wanted)
{
	vector_loop *vector = em->vector;
	bool without_locals = em->without_locals;
	em->vector = NULL;
	em->without_locals = true;
	if (e)
		c_value(em, 0, e, wanted);
	em->vector = vector;
	em->without_locals = without_locals;
}

/* ({ hidet_v_f32 t1 = {0}; for (each lane) { t1[lane] = x[j * 3]; } t1; }) */
static void print_pieced(emitter *em, const hdt_expr *e)
{
	int vector = em->local_count + 1, lane = vector + 1;
	em->local_count += 3;
	text_format(em->out, "({ %s t%d = {0}; ", c_vector_type((hdt_dtype)e->dtype), vector);
	c_vector_lanes(em, lane);
	text_format(em->out, "t%d[t%d] = %s", vector, lane, e->dtype == HDT_BOOL ? "-(int)" : "");
	c_vector_scalar(em, vector_expand(em, e), e->dtype == HDT_BOOL ? C_UNARY : C_LOWEST);
	text_format(em->out, "; } t%d; })", vector);
}

/* ---- indices as values -------------------------------------------------------------------------------------------- */

/* A scalar text of lane 0, as an int. */
static void print_first(emitter *em, const hdt_expr *e)
{
	int64_t min, max;
	bool near = hdt_bounds(vector_expand(em, e), &min, &max) && min >= -NEAR && max <= NEAR;
	text_add(em->out, near ? "hidet_v_of_i32((int)" : "hidet_v_of_i32((int)hidet_min_i64(hidet_max_i64(");
	c_vector_scalar(em, e, near ? C_UNARY : C_LOWEST + 1);
	if (!near)
		text_format(em->out, ", -%lld), %lld)", (long long)NEAR, (long long)NEAR);
	text_add(em->out, ")");
}

/* base + lane * factor */
static void print_ramp(emitter *em, const hdt_expr *e, int factor, int wanted)
{
	bool bracket = wanted > C_SUM;
	text_add(em->out, bracket ? "(" : "");
	print_first(em, e);
	if (factor)
		text_add(em->out, factor < 0 ? " - hidet_v_iota_i32()" : " + hidet_v_iota_i32()");
	if (factor > 1 || factor < -1)
		text_format(em->out, " * %d", factor < 0 ? -factor : factor);
	text_add(em->out, bracket ? ")" : "");
}

/* x < y of indices: 0 < y - x, which may be cut to what an int holds. */
static void print_index_comparison(emitter *em, const hdt_expr *e, int wanted)
{
	static const char *const texts[HDT_OP_COUNT] = {
		[HDT_OP_EQ] = " == 0", [HDT_OP_NE] = " != 0", [HDT_OP_LT] = " > 0", [HDT_OP_LE] = " >= 0"};
	const hdt_expr *difference = hdt_sub(e->args[1], e->args[0]);
	bool bracket = wanted > C_EQUAL;
	if (!difference)
		return;
	text_add(em->out, bracket ? "(" : "");
	print_ramp(em, difference, vector_factor(em, e->args[1]) - vector_factor(em, e->args[0]), C_SUM);
	text_add(em->out, texts[e->op]);
	text_add(em->out, bracket ? ")" : "");
}

/* ---- conversions -------------------------------------------------------------------------------------------------- */

static bool is_mask(const hdt_expr *e)
{
	return e->dtype == HDT_BOOL;
}

static bool is_real(hdt_dtype dtype)
{
	return hdt_dtype_of(dtype)->compute == HDT_F32;
}

/* A mask or integers as floats. */
static void print_as_floats(emitter *em, int scope, const hdt_expr *e)
{
	text_add(em->out, "__builtin_convertvector(");
	if (e->dtype == HDT_I64)
		print_ramp(em, e, vector_factor(em, e), C_LOWEST + 1);
	else if (is_mask(e))
		text_add(em->out, "-"), c_value(em, scope, e, C_PRIMARY);
	else
		c_value(em, scope, e, C_LOWEST + 1);
	text_add(em->out, ", hidet_v_f32)");
}

static void print_cast(emitter *em, int scope, const hdt_expr *e, int wanted)
{
	const hdt_expr *operand = e->args[0];
	hdt_dtype from = (hdt_dtype)operand->dtype, to = (hdt_dtype)e->dtype;
	bool rounds = to == HDT_F16 || to == HDT_BF16, bracket = to == HDT_BOOL && wanted > C_EQUAL;
	if (to == HDT_BOOL) {
		text_add(em->out, bracket ? "(" : "");
		c_value(em, scope, operand, C_COMPARE);
		text_add(em->out, bracket ? " != 0)" : " != 0");
		return;
	}
	if (rounds)
		text_format(em->out, "hidet_v_cast_%s_f32(", hdt_dtype_of(to)->name);
	if (is_real(to) && !is_real(from))
		print_as_floats(em, scope, operand);
	else if (is_real(to))
		c_value(em, scope, operand, rounds ? C_LOWEST + 1 : wanted);
	else if (is_real(from)) {
		text_add(em->out, "hidet_v_cast_i32_f32(");
		c_value(em, scope, operand, C_LOWEST + 1);
		text_add(em->out, ")");
	} else if (from == HDT_I64) {
		print_ramp(em, operand, vector_factor(em, operand), wanted);
	} else {
		text_add(em->out, is_mask(operand) ? "-" : "");
		c_value(em, scope, operand, is_mask(operand) ? C_PRIMARY : wanted);
	}
	text_add(em->out, rounds ? ")" : "");
}

/* ---- logic -------------------------------------------------------------------------------------------------------- */

/* Of masks and integers: both operands must be vectors. */
static bool print_logic(emitter *em, int scope, const hdt_expr *e, int wanted)
{
	static const struct {
		const char *text;
		int precedence;
	} infix[HDT_OP_COUNT] = {
		[HDT_OP_AND] = {" & ", C_BIT_AND},     [HDT_OP_OR] = {" | ", C_BIT_OR},
		[HDT_OP_BIT_AND] = {" & ", C_BIT_AND}, [HDT_OP_BIT_OR] = {" | ", C_BIT_OR},
		[HDT_OP_BIT_XOR] = {" ^ ", C_BIT_XOR}, [HDT_OP_EQ] = {" == ", C_EQUAL},
		[HDT_OP_NE] = {" != ", C_EQUAL},       [HDT_OP_LT] = {" < ", C_COMPARE},
		[HDT_OP_LE] = {" <= ", C_COMPARE},
	};
	if (e->op == HDT_OP_NOT || e->op == HDT_OP_BIT_NOT) {
		text_add(em->out, wanted > C_UNARY ? "(~" : "~");
		c_value(em, scope, e->args[0], C_UNARY);
		text_add(em->out, wanted > C_UNARY ? ")" : "");
		return true;
	}
	bool bracket = wanted > infix[e->op].precedence || wanted > C_BIT_AND;
	text_add(em->out, bracket ? "(" : "");
	c_vector_operand(em, scope, e->args[0], e->args[0]->op == e->op ? infix[e->op].precedence : C_SUM);
	text_add(em->out, infix[e->op].text);
	c_vector_operand(em, scope, e->args[1], C_SUM);
	text_add(em->out, bracket ? ")" : "");
	return true;
}

/* ---- any ---------------------------------------------------------------------------------------------------------- */

static void print_load(emitter *em, int scope, const hdt_expr *e)
{
	const char *dtype = hdt_dtype_of((hdt_dtype)e->dtype)->name;
	if (vector_owns(em, e->tensor)) {
		c_element(em, scope, e->tensor, e->args);
		return;
	}
	bool whole = vector_is_whole(em, e->tensor, e->args);
	text_format(em->out, whole ? "hidet_v_load_%s(&" : "hidet_v_load_part_%s(&", dtype);
	c_element(em, scope, e->tensor, e->args);
	if (!whole)
		text_format(em->out, ", t%d", em->vector->part);
	text_add(em->out, ")");
}

bool c_vector_value(emitter *em, int scope, const hdt_expr *e, int wanted)
{
	if (!c_is_vector(em, e))
		return false;
	if (vector_form_of(em, e) == VECTOR_PIECED)
		return print_pieced(em, e), true;
	if (e->op == HDT_OP_LOAD)
		return print_load(em, scope, e), true;
	if (e->op == HDT_OP_CAST)
		return print_cast(em, scope, e, wanted), true;
	if (e->op == HDT_OP_VARIABLE || e->op == HDT_OP_SELECT)
		return false;
	if (e->args[0]->dtype == HDT_I64)
		return print_index_comparison(em, e, wanted), true;
	return !hdt_is_float((hdt_dtype)e->args[0]->dtype) && print_logic(em, scope, e, wanted);
}
