/* translate_value.c: expressions as steps.
 *
 * The memo of values is what makes code small: an expression has one register while the body that computes it is
 * open, and pure arithmetic is computed in the outermost body where its operands are known:
 *
 *     for t in 0..8 { s[threadIdx.x // 8 + t] = ... }
 *  -> r1 = threadIdx.x // 8 before the loop, r2 = r1 + t in it */
#include "translate.h"

#include <string.h>

/* ---- registers and the memo ---- */

reg translate_register(translation *t, bool uniform)
{
	enum { MOST_BYTES = 1 << 28 };
	uint32_t bytes = uniform ? sizeof(int64_t) : sizeof(sim_lanes), at = t->function->register_bytes;
	if (at > MOST_BYTES - bytes) {
		translate_fail(t, HDT_UNSUPPORTED, "the function has more values than the simulator has registers");
		return 0;
	}
	t->function->register_bytes = at + bytes;
	return at;
}

static bool cover(translation *t, const hdt_expr *e)
{
	if (e->id < t->value_capacity)
		return true;
	uint32_t capacity = t->value_capacity ? t->value_capacity : 1024;
	while (capacity <= e->id)
		capacity *= 2;
	value *values = hdt_allocate(t->context, capacity * sizeof *values);
	uint8_t *reads = hdt_allocate(t->context, capacity);
	if (!values || !reads) {
		t->failed = true;
		return false;
	}
	if (t->value_capacity) {
		memcpy(values, t->values, t->value_capacity * sizeof *values);
		memcpy(reads, t->reads, t->value_capacity);
	}
	t->values = values;
	t->reads = reads;
	t->value_capacity = capacity;
	return true;
}

void translate_define(translation *t, const hdt_expr *leaf, value v)
{
	if (cover(t, leaf))
		t->values[leaf->id] = v;
}

static bool is_known(const translation *t, const value *v)
{
	return v->body && v->depth <= t->depth && t->open[v->depth].serial == v->body &&
	       (!v->until || v->until == t->statement);
}

/* Does it read memory or have an effect, so that it must be computed where it stands? */
static bool reads_memory(translation *t, const hdt_expr *e)
{
	if (e->op == HDT_OP_SYMBOL || e->op == HDT_OP_AXIS || e->op == HDT_OP_VARIABLE || e->op == HDT_OP_CONST)
		return false;
	if (!cover(t, e) || t->expression_depth > MOST_EXPRESSION_DEPTH)
		return true;
	if (t->reads[e->id])
		return t->reads[e->id] == 2;
	bool reads =
		e->op == HDT_OP_LOAD || e->op == HDT_OP_BOUNDED || (e->op == HDT_OP_CALL && !strchr(e->intrinsic->traits, 'p'));
	t->expression_depth++;
	for (int i = 0; i < e->count && !reads; i++)
		reads = reads_memory(t, e->args[i]);
	t->expression_depth--;
	t->reads[e->id] = reads ? 2 : 1;
	return reads;
}

/* A new value of the expression, computed in the outermost body that knows these operands. */
static value new_value(translation *t, const hdt_expr *e, const value *operands, int count, bool uniform)
{
	value v = {.uniform = uniform};
	if (reads_memory(t, e)) {
		v.depth = (uint16_t)t->depth;
		v.until = t->statement;
	} else {
		for (int i = 0; i < count; i++)
			v.depth = operands[i].depth > v.depth ? operands[i].depth : v.depth;
	}
	v.body = t->open[v.depth].serial;
	v.at = translate_register(t, uniform);
	return v;
}

reg translate_wide(translation *t, value *v, hdt_dtype dtype)
{
	if (!v->uniform)
		return v->at;
	if (!v->has_wide) {
		v->wide = translate_register(t, false);
		v->has_wide = true;
		translate_step(t, v->depth,
		               (step){.kind = STEP_COMPUTE,
		                      .count = SIM_LANES,
		                      .to = v->wide,
		                      .a = v->at,
		                      .b = v->at,
		                      .c = v->at,
		                      .compute = lanes_broadcast(dtype)});
	}
	return v->wide;
}

/* As translate_wide, remembered with the expression. */
static reg widen(translation *t, const hdt_expr *e, value *v)
{
	if (!v->uniform || v->has_wide)
		return translate_wide(t, v, (hdt_dtype)e->dtype);
	reg wide = translate_wide(t, v, (hdt_dtype)e->dtype);
	if (e->id < t->value_capacity && t->values[e->id].at == v->at && t->values[e->id].body == v->body)
		t->values[e->id] = *v;
	return wide;
}

/* ---- leaves ---- */

static bool put_constant(translation *t, const hdt_expr *e, value *out)
{
	sim_function *f = t->function;
	if (!translate_room(t, &f->constants, f->constant_count, &f->constant_capacity, sizeof *f->constants))
		return false;
	*out = (value){.at = translate_register(t, true), .body = t->open[0].serial, .uniform = true};
	constant *c = &f->constants[f->constant_count++];
	*c = (constant){.to = out->at, .dtype = (hdt_dtype)e->dtype};
	if (hdt_is_float((hdt_dtype)e->dtype))
		c->real = e->real;
	else
		c->integer = e->integer;
	return !t->failed;
}

/* ---- operations ---- */

static bool put_step(translation *t, const hdt_expr *e, step s, const value *v)
{
	s.to = v->at;
	s.dtype = (uint8_t)e->dtype;
	translate_step(t, v->depth, s);
	return !t->failed;
}

/* All operands are one element, or all are made lanes. */
static bool put_compute(translation *t, const hdt_expr *e, lane_op *compute, const hdt_expr *const *args,
                        value *operands, int count, value *out)
{
	reg at[3] = {0};
	bool uniform = true;
	for (int i = 0; i < count; i++)
		uniform = uniform && operands[i].uniform;
	for (int i = 0; i < 3; i++)
		at[i] = i >= count ? at[0] : uniform ? operands[i].at : widen(t, args[i], &operands[i]);
	*out = new_value(t, e, operands, count, uniform);
	return put_step(t, e,
	                (step){.kind = STEP_COMPUTE,
	                       .count = uniform ? 1 : SIM_LANES,
	                       .a = at[0],
	                       .b = at[1],
	                       .c = at[2],
	                       .compute = compute},
	                out);
}

value translate_cast(translation *t, value v, hdt_dtype from, hdt_dtype to)
{
	if (from == to)
		return v;
	value r = {.at = translate_register(t, v.uniform),
	           .body = v.body,
	           .until = v.until,
	           .depth = v.depth,
	           .uniform = v.uniform};
	translate_step(t, v.depth,
	               (step){.kind = STEP_COMPUTE,
	                      .count = v.uniform ? 1 : SIM_LANES,
	                      .dtype = (uint8_t)to,
	                      .to = r.at,
	                      .a = v.at,
	                      .b = v.at,
	                      .c = v.at,
	                      .compute = lanes_cast(from, to)});
	return r;
}

static bool put_operation(translation *t, const hdt_expr *e, value *out)
{
	hdt_dtype operand = (hdt_dtype)e->args[0]->dtype, dtype = (hdt_dtype)e->dtype;
	value operands[3];
	const hdt_expr *args[3];
	for (int i = 0; i < e->count; i++) {
		args[i] = e->args[i];
		if (!translate_value(t, e->args[i], &operands[i]))
			return false;
		if (lanes_gives_float((hdt_scalar_op)e->op) && !hdt_is_float(operand)) {
			operands[i] = translate_cast(t, operands[i], (hdt_dtype)e->args[i]->dtype, dtype);
			args[i] = e; /* of that dtype */
		}
	}
	lane_op *compute = e->op == HDT_OP_CAST ? lanes_cast(operand, dtype)
	                                        : lanes_operation((hdt_scalar_op)e->op, args[0] == e ? dtype : operand);
	if (!compute)
		return translate_fail(t, HDT_INTERNAL, "the simulator cannot compute %s of %s", hdt_expr_text(e),
		                      hdt_dtype_of(operand)->name);
	return put_compute(t, e, compute, args, operands, e->count, out);
}

static bool put_bounded(translation *t, const hdt_expr *e, value *out)
{
	value operands[2];
	if (!translate_value(t, e->args[0], &operands[0]) || !translate_value(t, e->args[1], &operands[1]))
		return false;
	bool uniform = operands[0].uniform && operands[1].uniform;
	step s = {.kind = STEP_BOUNDED, .count = uniform ? 1 : SIM_LANES};
	s.a = uniform ? operands[0].at : widen(t, e->args[0], &operands[0]);
	s.b = uniform ? operands[1].at : widen(t, e->args[1], &operands[1]);
	*out = new_value(t, e, operands, 2, uniform);
	return put_step(t, e, s, out);
}

/* ---- selections ---- */

static bool put_arm(translation *t, const hdt_expr *arm, reg to, body **code)
{
	value v;
	*code = translate_open(t);
	bool ok = *code && translate_value(t, arm, &v);
	if (ok) {
		reg from = widen(t, arm, &v);
		translate_step(t, t->depth, (step){.kind = STEP_MERGE, .dtype = arm->dtype, .to = to, .a = from});
	}
	if (*code)
		translate_close(t);
	return ok && !t->failed;
}

/* Only the chosen one is evaluated: arms that read memory become the bodies of a branch. */
static bool put_select(translation *t, const hdt_expr *e, value *out)
{
	value operands[3];
	if (!reads_memory(t, e->args[1]) && !reads_memory(t, e->args[2])) {
		for (int i = 0; i < 3; i++)
			if (!translate_value(t, e->args[i], &operands[i]))
				return false;
		return put_compute(t, e, lanes_select((hdt_dtype)e->dtype), e->args, operands, 3, out);
	}
	step s = {.kind = STEP_IF, .line = t->line};
	if (!translate_value(t, e->args[0], &operands[0]))
		return false;
	s.a = operands[0].at;
	s.uniform_a = operands[0].uniform;
	*out = new_value(t, e, operands, 1, false);
	if (!put_arm(t, e->args[1], out->at, &s.inner) || !put_arm(t, e->args[2], out->at, &s.otherwise))
		return false;
	translate_step(t, t->depth, s);
	return !t->failed;
}

/* ---- calls ---- */

static int map_of(const translation *t, const hdt_expr *e)
{
	for (int i = 0; i < t->function->map_count; i++)
		if (t->function->maps[i]->axis == e)
			return i;
	return -1;
}

static bool put_operand(translation *t, call_site *site, const hdt_expr *e, value *v)
{
	int i = site->count++;
	site->operands[i].dtype = (hdt_dtype)e->dtype;
	site->operands[i].map = e->op == HDT_OP_VARIABLE ? map_of(t, e) : -1;
	if (e->op == HDT_OP_ADDRESS) {
		site->operands[i].address = true;
		site->operands[i].dtype = e->tensor->dtype;
		site->operands[i].buffer = translate_buffer(t, e->tensor);
		if (!site->operands[i].buffer)
			return false;
	}
	*v = (value){.body = t->open[0].serial};
	if (site->operands[i].map >= 0)
		return true;
	if (!translate_value(t, e, v))
		return false;
	site->operands[i].value = widen(t, e, v);
	return true;
}

bool translate_call(translation *t, const hdt_expr *e, value *out)
{
	call_site *site = hdt_allocate(t->context, sizeof *site);
	value operands[SIM_MOST_OPERANDS];
	if (!site)
		return !(t->failed = true);
	if (e->count > SIM_MOST_OPERANDS)
		return translate_fail(t, HDT_UNSUPPORTED, "%s has more than %d operands", e->intrinsic->name,
		                      SIM_MOST_OPERANDS);
	*site = (call_site){
		.intrinsic = e->intrinsic, .run = intrinsic_named(e->intrinsic->name), .result = (hdt_dtype)e->dtype};
	if (!site->run)
		return translate_fail(t, HDT_UNSUPPORTED, "the simulator does not have the intrinsic %s", e->intrinsic->name);
	for (int i = 0; i < e->count; i++)
		if (!put_operand(t, site, e->args[i], &operands[i]))
			return false;
	*out = new_value(t, e, operands, e->count, false);
	return put_step(t, e, (step){.kind = STEP_CALL, .line = t->line, .call = site}, out);
}

/* ---- any expression ---- */

static bool put_value(translation *t, const hdt_expr *e, value *out)
{
	switch ((hdt_scalar_op)e->op) {
	case HDT_OP_CONST:
		return put_constant(t, e, out);
	case HDT_OP_SYMBOL:
	case HDT_OP_AXIS:
	case HDT_OP_VARIABLE:
		return translate_fail(t, HDT_INTERNAL, "%s has no value here", e->name);
	case HDT_OP_LOAD:
		return translate_load(t, e, out);
	case HDT_OP_ADDRESS:
		return translate_address(t, e, out);
	case HDT_OP_CALL:
		return translate_call(t, e, out);
	case HDT_OP_SELECT:
		return put_select(t, e, out);
	case HDT_OP_BOUNDED:
		return put_bounded(t, e, out);
	default:
		if (e->count < 1 || e->count > 3 || e->op < HDT_OP_ADD)
			return translate_fail(t, HDT_INTERNAL, "%s was not lowered", hdt_expr_text(e));
		return put_operation(t, e, out);
	}
}

bool translate_value(translation *t, const hdt_expr *e, value *out)
{
	*out = (value){0};
	if (t->failed || !e || !cover(t, e))
		return !(t->failed = true);
	if (is_known(t, &t->values[e->id])) {
		*out = t->values[e->id];
		return true;
	}
	if (t->expression_depth >= MOST_EXPRESSION_DEPTH)
		return translate_fail(t, HDT_UNSUPPORTED, "an expression is nested deeper than %d", MOST_EXPRESSION_DEPTH);
	t->expression_depth++;
	bool ok = put_value(t, e, out) && !t->failed;
	t->expression_depth--;
	if (ok)
		t->values[e->id] = *out;
	return ok;
}
