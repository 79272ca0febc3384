/* c_vector_loop.c: loops over lanes, and their statements:
 *
 *     for j in 0..32 vectorise { acc[i, j] = fma(a[i, k], panel[k, j], acc[i, j]); }
 *  -> HIDET_UNROLL(32)
 *     for (int64_t j = 0; j < 32; j += HIDET_LANES) {
 *       hidet_v_store_f32(&acc[i * 32 + j], hidet_v_fma_f32(hidet_v_of_f32(a[i * n + k]), hidet_v_load_f32(&panel[k * 32 + j]),
 *                                                           hidet_v_load_f32(&acc[i * 32 + j])));
 *     }
 *
 * The number of lanes is the prelude's, so that the text is the same on every machine. What an extent leaves over is a vector of fewer lanes,
 * unless all numbers of lanes divide it. */
#include "emit/c_vector.h"

#define MOST_LANES 16   /* every HIDET_LANES divides it, */
#define FEWEST_LANES 4  /* and is a multiple of this */
#define MOST_UNROLLED 8 /* vectors of MOST_LANES */

/* ---- statements --------------------------------------------------------------------------------------------------- */

bool c_vector_buffer(emitter *em, const hdt_stmt *s, int64_t count)
{
	if (!em->vector)
		return false;
	const hdt_tensor *t = s->tensor;
	text_format(em->out, "%s %s", c_vector_type(t->dtype), c_name(em, t->name));
	if (t->rank > 0)
		text_format(em->out, "[%lld]", (long long)(count ? count : 1));
	text_add(em->out, ";\n");
	return true;
}

/* { const hidet_v_f32 t1 = value; for (each lane) { y[j * n] = t1[lane]; } } */
static void scatter(emitter *em, const hdt_stmt *s, const hdt_expr *value)
{
	hdt_dtype dtype = s->tensor->dtype;
	int vector = em->local_count + 1, lane = vector + 1;
	bool converted = dtype == HDT_F16 || dtype == HDT_BF16;
	em->local_count += 3;
	text_format(em->out, "{ const %s t%d = ", c_vector_type((hdt_dtype)value->dtype), vector);
	c_vector_operand(em, 0, value, C_LOWEST);
	text_add(em->out, "; ");
	c_vector_lanes(em, lane);
	const hdt_expr *indices[HDT_MAX_RANK];
	for (int d = 0; d < s->tensor->rank; d++)
		if (!(indices[d] = vector_expand(em, s->indices[d])))
			return;
	vector_loop *loop = em->vector;
	em->vector = NULL;
	em->without_locals = true;
	c_element(em, 0, s->tensor, indices);
	em->without_locals = false;
	em->vector = loop;
	if (converted)
		text_format(em->out, " = hidet_store_%s(t%d[t%d]); } }\n", hdt_dtype_of(dtype)->name, vector, lane);
	else
		text_format(em->out, " = t%d[t%d]%s; } }\n", vector, lane, dtype == HDT_BOOL ? " != 0" : "");
}

void c_vector_store(emitter *em, const hdt_stmt *s, const hdt_expr *value)
{
	int64_t step;
	const char *dtype = hdt_dtype_of(s->tensor->dtype)->name;
	if (vector_owns(em, s->tensor)) {
		c_element(em, 0, s->tensor, s->indices);
		text_add(em->out, " = ");
		c_vector_operand(em, 0, value, C_LOWEST);
		text_add(em->out, ";\n");
		return;
	}
	if (!vector_step(em, s->tensor, s->indices, &step) || step != 1 || !vector_stores(s->tensor->dtype)) {
		scatter(em, s, value);
		return;
	}
	bool whole = vector_is_whole(em, s->tensor, s->indices);
	text_format(em->out, whole ? "hidet_v_store_%s(&" : "hidet_v_store_part_%s(&", dtype);
	c_element(em, 0, s->tensor, s->indices);
	text_add(em->out, ", ");
	c_vector_operand(em, 0, value, C_LOWEST + 1);
	if (!whole)
		text_format(em->out, ", t%d", em->vector->part);
	text_add(em->out, ");\n");
}

/* ---- loops -------------------------------------------------------------------------------------------------------- */

static void emit_vectors(emitter *em, vector_loop *v, const hdt_stmt *s, const char *limit, bool divides)
{
	const char *name = c_name(em, s->axis->name);
	int64_t count;
	if (hdt_is_const(s->axis->args[0], &count) && count <= MOST_UNROLLED * MOST_LANES) {
		text_indent(em->out, em->depth);
		text_format(em->out, "HIDET_UNROLL(%lld)\n", (long long)count);
	}
	text_indent(em->out, em->depth);
	text_format(em->out, "for (int64_t %s = 0; %s < %s", name, name, limit);
	if (!divides)
		text_format(em->out, " - %s %% HIDET_LANES", limit);
	text_format(em->out, "; %s += HIDET_LANES) {\n", name);
	em->vector = v;
	c_body(em, s->body);
	em->vector = NULL;
	c_line(em, "}");
}

/* if (n % HIDET_LANES > 0) { const int64_t j = n - n % HIDET_LANES; ... } */
static void emit_rest(emitter *em, vector_loop *v, const hdt_stmt *s, const char *limit)
{
	v->part = ++em->local_count;
	text_indent(em->out, em->depth);
	text_format(em->out, "if (%s %% HIDET_LANES > 0) {\n", limit);
	text_indent(em->out, em->depth + 1);
	text_format(em->out, "const int t%d = %s %% HIDET_LANES;\n", v->part, limit);
	text_indent(em->out, em->depth + 1);
	text_format(em->out, "const int64_t %s = %s - t%d;\n", c_name(em, s->axis->name), limit, v->part);
	em->vector = v;
	c_body(em, s->body);
	em->vector = NULL;
	c_line(em, "}");
}

/* The extent computed once: a name or a number. */
static const char *name_limit(emitter *em, const hdt_expr *extent)
{
	if (extent->op == HDT_OP_CONST)
		return hdt_format(em->context, "%lld", (long long)extent->integer);
	if (extent->op == HDT_OP_SYMBOL)
		return c_name(em, extent->name);
	c_prepare(em, &extent, 1);
	int limit = ++em->local_count;
	text_indent(em->out, em->depth);
	text_format(em->out, "const int64_t t%d = ", limit);
	c_value(em, 0, extent, C_LOWEST);
	text_add(em->out, ";\n");
	return hdt_format(em->context, "t%d", limit);
}

/* A name in it may be anything, also what would end the comment. */
static void print_obstacle(emitter *em, const char *obstacle)
{
	text_indent(em->out, em->depth);
	text_add(em->out, "/* no vectors: ");
	for (const char *c = obstacle; *c; c++)
		text_format(em->out, c[0] == '*' && c[1] == '/' ? "%c " : "%c", *c);
	text_add(em->out, " */\n");
}

bool c_vector_for(emitter *em, const hdt_stmt *s)
{
	vector_loop v;
	int64_t count = INT64_MAX;
	if (s->loop != HDT_LOOP_VECTORISE || em->kernel || em->vector)
		return false;
	bool constant = hdt_is_const(s->axis->args[0], &count);
	if (count < FEWEST_LANES)
		return false;
	if (!vector_plan(em, &v, s)) {
		print_obstacle(em, v.obstacle ? v.obstacle : "out of memory");
		return false;
	}
	const char *limit = name_limit(em, s->axis->args[0]);
	bool divides = constant && count % MOST_LANES == 0;
	if (!limit)
		return true;
	emit_vectors(em, &v, s, limit, divides);
	if (!divides)
		emit_rest(em, &v, s, limit);
	return true;
}
