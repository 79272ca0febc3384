/* The emitted text: literal expectations, and what must hold for every text. */
#include "fixture.h"

#include "base/context.h"
#include <ctype.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

TestSuite(text, .init = set_up, .fini = tear_down);

static const char *emitted(const char *source)
{
	return c_text(schedule(parse_task(source)));
}

static void expect_part(const char *source, const char *part)
{
	const char *c = emitted(source);
	cr_assert(strstr(c, part), "there is no\n%s\nin\n%s", part, c);
}

static void expect_absent(const char *source, const char *part)
{
	const char *c = emitted(source);
	cr_assert_null(strstr(c, part), "there is\n%s\nin\n%s", part, c);
}

/* The statement that stores y[i] for a value of these inputs: too few for vectors. */
#define VALUE(value) \
	"task @v(x: f32[64], z: f32[64], a: i32[64], b: bool[64], p: i64[64]) -> (y) { y[i < 3] = " value " }"

Test(text, elementwise)
{
	cr_assert_str_eq(
		emitted("task @add(x: f32[300, 48], b: f32[48]) -> (y) { y[i < 300, j < 48] = x[i, j] + b[j] }"),
		"static void k_y_0(const hidet_runtime *rt, void *const *buffers, const int64_t *symbols, int64_t "
		"begin, int64_t end)\n"
		"{\n"
		"  const float *restrict x = (const float *)buffers[0];\n"
		"  const float *restrict b = (const float *)buffers[1];\n"
		"  float *restrict y = (float *)buffers[2];\n"
		"  for (int64_t i = begin; i < end; ++i) {\n"
		"    HIDET_UNROLL(48)\n"
		"    for (int64_t j = 0; j < 48; j += HIDET_LANES) {\n"
		"      hidet_v_store_f32(&y[i * 48 + j], hidet_v_load_f32(&x[i * 48 + j]) + hidet_v_load_f32(&b[j]));\n"
		"    }\n"
		"  }\n"
		"}\n"
		"void k(const hidet_runtime *rt, void *const *buffers, const int64_t *symbols)\n"
		"{\n"
		"  {\n"
		"    rt->parallel(rt, k_y_0, buffers, symbols, 300, 144);\n"
		"  }\n"
		"}\n");
}

Test(text, neighbouring_dimensions_become_one_loop)
{
	const hdt_program *p =
		schedule(parse_task("task @relu(x: f32[2, 30, 7]) -> (y) { y[i < 2, j < 30, k < 7] = max(x[i, j, k], 0.0) }"));
	cr_assert_str_eq(program_text(p),
	                 "program @relu(x: f32[2, 30, 7], y: f32[2, 30, 7]) {\n"
	                 "  fn @y(x, y) cpu {\n"
	                 "    for i in 0..420 vectorise {\n"
	                 "      y[i // 210, i // 7 % 30, i % 7] = max(x[i // 210, i // 7 % 30, i % 7], 0.0);\n"
	                 "    }\n"
	                 "  }\n"
	                 "}\n");
	cr_assert(strstr(c_text(p),
	                 "hidet_v_store_f32(&y[i], hidet_v_max_f32(hidet_v_load_f32(&x[i]), hidet_v_of_f32(0.0f)));\n"));
}

Test(text, softmax_is_one_function_with_its_row_on_the_stack)
{
	const hdt_program *p = schedule(parse_task("task @softmax(x: f32[99, 16]) -> (y) {\n"
	                                           "  m[i < 99] = max(k < 16) x[i, k]\n"
	                                           "  e[i < 99, j < 16] = exp(x[i, j] - m[i])\n"
	                                           "  s[i < 99] = sum(k < 16) e[i, k]\n"
	                                           "  y[i < 99, j < 16] = e[i, j] / s[i]\n"
	                                           "}"));
	cr_assert_str_eq(program_text(p), "program @softmax(x: f32[99, 16], y: f32[99, 16]) {\n"
	                                  "  fn @y(x, y) cpu {\n"
	                                  "    for i in 0..99 parallel {\n"
	                                  "      register m: f32;\n"
	                                  "      register acc: f32[16];\n"
	                                  "      for chain in 0..16 vectorise {\n"
	                                  "        acc[chain] = -inf;\n"
	                                  "      }\n"
	                                  "      for chain in 0..16 vectorise {\n"
	                                  "        acc[chain] = max(acc[chain], x[i, chain]);\n"
	                                  "      }\n"
	                                  "      for chain in 0..8 vectorise {\n"
	                                  "        acc[chain] = max(acc[chain], acc[chain + 8]);\n"
	                                  "      }\n"
	                                  "      let joined = max_lanes(&acc[0], 8);\n"
	                                  "      m = joined;\n"
	                                  "      register e: f32[16];\n"
	                                  "      for j in 0..16 vectorise {\n"
	                                  "        e[j] = exp(x[i, j] - m);\n"
	                                  "      }\n"
	                                  "      register s: f32;\n"
	                                  "      register acc_1: f32[16];\n"
	                                  "      for chain in 0..16 vectorise {\n"
	                                  "        acc_1[chain] = 0.0;\n"
	                                  "      }\n"
	                                  "      for chain in 0..16 vectorise {\n"
	                                  "        acc_1[chain] = acc_1[chain] + e[chain];\n"
	                                  "      }\n"
	                                  "      for chain in 0..8 vectorise {\n"
	                                  "        acc_1[chain] = acc_1[chain] + acc_1[chain + 8];\n"
	                                  "      }\n"
	                                  "      let joined_1 = sum_lanes(&acc_1[0], 8);\n"
	                                  "      s = joined_1;\n"
	                                  "      for j in 0..16 vectorise {\n"
	                                  "        y[i, j] = e[j] / s;\n"
	                                  "      }\n"
	                                  "    }\n"
	                                  "  }\n"
	                                  "}\n");
}

Test(text, matrix_product_keeps_a_block_of_accumulators)
{
	const hdt_program *p = schedule(parse_task("task @matmul(a: f32[64, 50], b: f32[50, 32]) -> (y) {\n"
	                                           "  y[i < 64, j < 32] = sum(k < 50) a[i, k] * b[k, j]\n"
	                                           "}"));
	cr_assert_str_eq(program_text(p),
	                 "program @matmul(a: f32[64, 50], b: f32[50, 32], y: f32[64, 32]) {\n"
	                 "  fn @y(a, b, y) cpu {\n"
	                 "    for p in 0..32 parallel {\n"
	                 "      let rows = p // 2;\n"
	                 "      let lanes = p % 2;\n"
	                 "      register acc: f32[4, 16];\n"
	                 "      for i in 0..4 unroll {\n"
	                 "        for j in 0..16 vectorise {\n"
	                 "          acc[i, j] = 0.0;\n"
	                 "        }\n"
	                 "      }\n"
	                 "      for k in 0..50 {\n"
	                 "        for i in 0..4 unroll {\n"
	                 "          for j in 0..16 vectorise {\n"
	                 "            acc[i, j] = fma(a[rows * 4 + i, k], b[k, lanes * 16 + j], acc[i, j]);\n"
	                 "          }\n"
	                 "        }\n"
	                 "      }\n"
	                 "      for i in 0..4 unroll {\n"
	                 "        for j in 0..16 vectorise {\n"
	                 "          y[rows * 4 + i, lanes * 16 + j] = acc[i, j];\n"
	                 "        }\n"
	                 "      }\n"
	                 "    }\n"
	                 "  }\n"
	                 "}\n");
}

Test(text, dependent_extent_is_a_loop_to_it)
{
	expect_part("task @before(x: f32[9]) -> (y) { y[j < 9] = sum(k < j) x[k] }",
	            "    float acc;\n"
	            "    acc = 0.0f;\n"
	            "    const int64_t t1 = j;\n"
	            "    for (int64_t k = 0; k < t1; ++k) {\n"
	            "      acc = acc + x[k];\n"
	            "    }\n"
	            "    y[j] = acc;\n");
}

Test(text, running_sum_is_one_loop_in_f64)
{
	expect_part("task @cumsum(x: f32[9]) -> (y) { y[j < 9] = sum(k < j + 1) x[k] }",
	            "    double acc;\n"
	            "    acc = 0.0;\n"
	            "    for (int64_t j = 0; j < 9; ++j) {\n"
	            "      acc = acc + (double)x[j];\n"
	            "      y[j] = (float)acc;\n"
	            "    }\n");
}

Test(text, gather_checks_its_index)
{
	expect_part("task @gather(x: f32[n, 3], at: i32[6]) -> (y) where n in 1..9 { y[i < 6, j < 3] = "
	            "x[bounded(i64(at[i]), n), j] }",
	            "    const int64_t index = hidet_bounded(rt, (int64_t)at[i], n);\n"
	            "    HIDET_VECTORISE\n"
	            "    for (int64_t j = 0; j < 3; ++j) {\n"
	            "      y[i * 3 + j] = x[index * 3 + j];\n");
}

Test(text, symbolic_strides_come_from_the_symbols)
{
	expect_part("task @t(x: f32[m, n]) -> (y) where m in 1..9, n in 1..9 { y[i < n, j < m] = x[j, i] }",
	            "y[i * m + j] = x[j * n + i];\n");
}

Test(text, an_expression_used_twice_is_computed_once)
{
	expect_part(VALUE("exp(x[i]) * exp(x[i])"), "const float t1 = hidet_exp_f32(x[i]);\n      y[i] = t1 * t1;\n");
}

Test(text, what_an_arm_guards_stays_in_it)
{
	expect_part(VALUE("select(b[i], x[bounded(p[i], 64)] * x[bounded(p[i], 64)], 0.0)"),
	            "y[i] = b[i] != 0 ? ({ const float t1 = x[hidet_bounded(rt, p[i], 64)]; t1 * t1; }) : 0.0f;\n");
}

Test(text, a_read_in_two_selects_is_guarded_in_each)
{
	expect_part(VALUE("select(b[i], x[bounded(p[i], 64)], 0.0) + select(z[i] < 3.0, x[bounded(p[i], 64)], 1.0)"),
	            "y[i] = (b[i] != 0 ? x[hidet_bounded(rt, p[i], 64)] : 0.0f) + (z[i] < 3.0f ? x[hidet_bounded(rt, p[i], "
	            "64)] : 1.0f);\n");
}

Test(text, a_read_in_both_arms_is_read_before)
{
	expect_part(VALUE("select(b[i], x[i] + 1.0, x[i] - 1.0)"),
	            "const float t1 = x[i];\n      y[i] = b[i] != 0 ? t1 + 1.0f : t1 - 1.0f;\n");
}

Test(text, parentheses_only_where_needed)
{
	expect_part(VALUE("x[i] - (z[i] - x[i]) * (z[i] + 1.0) / -x[i]"), "t1 - (t2 - t1) * (t2 + 1.0f) / -t1;\n");
	expect_part(VALUE("b[i] && (p[i] < 3 || x[i] < z[i])"), "y[i] = (b[i] != 0) & ((p[i] < 3) | (x[i] < z[i]));\n");
}

Test(text, data_arithmetic_wraps_and_index_arithmetic_is_plain)
{
	expect_part(VALUE("a[i] * a[i]"), "hidet_mul_i32(t1, t1);\n");
	expect_part(VALUE("p[i] + i"), "hidet_add_i64(p[i], i);\n");
	expect_part(VALUE("x[i // 2]"), "y[i] = x[i / 2];\n");
	expect_part(VALUE("p[i] // 2"), "hidet_floordiv_i64(p[i], 2);\n");
}

Test(text, constants_read_back_as_they_are)
{
	expect_part(VALUE("x[i] * 0.1 + inf"), "y[i] = x[i] * 0.1f + __builtin_inff();\n");
	expect_part(VALUE("x[i] * 1e30"), "* 1e+30f;\n");
	expect_part(VALUE("f64(x[i]) * f64(0.1)"), "= (double)x[i] * ");
	expect_part(VALUE("p[i] + 5000000000"), "hidet_add_i64(p[i], 5000000000ll);\n");
}

Test(text, casts)
{
	expect_part(VALUE("i8(x[i])"), "y[i] = hidet_cast_i8_f32(x[i]);\n");
	expect_part(VALUE("bool(a[i])"), "y[i] = a[i] != 0;\n");
	expect_part(VALUE("f16(x[i])"), "y[i] = hidet_store_f16(x[i]);\n"); /* the store rounds */
	expect_part(VALUE("f32(f16(x[i]))"), "y[i] = hidet_cast_f16_f32(x[i]);\n");
}

Test(text, names_that_are_words_of_c_are_changed)
{
	expect_part("task @f(int: f32[3], for: f32[3]) -> (double) { double[rt < 3] = int[rt] + for[rt] }",
	            "v_double_[v_rt_] = v_int_[v_rt_] + v_for_[v_rt_];\n");
}

Test(text, equal_tasks_give_equal_text)
{
	const char *source = "task @f(x: f32[n, 9]) -> (y, s) where n in 1..9 {\n"
						 "  s[i < n] = sum(k < 9) x[i, k]\n  y[i < n, j < 9] = x[i, j] / s[i]\n}";
	char *first = strdup(emitted(source));
	tear_down();
	set_up();
	hdt_symbol(context, "other", 1, 2); /* other ids than before */
	hdt_int(context, 77);
	cr_assert_str_eq(emitted(source), first);
	free(first);
}

Test(text, unused_buffers_are_not_named)
{
	expect_absent(VALUE("x[i]"), "buffers[1]");
}

Test(text, an_alias_alone_needs_no_code)
{
	expect_absent("task @reshape(x: f32[4, 6]) -> (y) { y[i < 24] = x[i // 6, i % 6]  alias y = x }", "buffers[");
}

Test(text, a_reduction_is_an_internal_fault)
{
	hdt_program *p = hdt_program_new(context, "p");
	hdt_function *f = hdt_function_new(p, "f", HDT_FUNCTION_CPU);
	const hdt_expr *four = hdt_int(context, 4), *k = hdt_axis("k", four);
	const hdt_tensor *x = hdt_use(f, hdt_program_workspace(p, "x", HDT_F32, HDT_AT(four)));
	hdt_store(f, x, HDT_AT(hdt_int(context, 0)), hdt_sum(k, hdt_at(x, k)));
	text t = {0};
	cr_assert_eq(program_finish(p), HDT_OK);
	cr_assert_eq(emit_c(&t, p, "k"), HDT_INTERNAL);
	cr_assert(strstr(context->message, "a reduction reached the emitter"), "%s", context->message);
	text_free(&t);
}

Test(text, selects_that_nest_without_end_are_refused)
{
	const hdt_expr *i = hdt_axis("i", hdt_int(context, 4));
	hdt_program *p = hdt_program_new(context, "p");
	hdt_function *f = hdt_function_new(p, "f", HDT_FUNCTION_CPU);
	const hdt_tensor *x = hdt_use(f, hdt_program_workspace(p, "x", HDT_F32, HDT_AT(hdt_int(context, 4))));
	hdt_begin_loop(f, i, HDT_LOOP_SERIAL);
	const hdt_expr *v = hdt_at(x, i), *zero = hdt_like(v, 0);
	/* Every level stands in arms of two selects with conditions of their own: it would have to be written in each. */
	for (int level = 0; level < 40; level++) {
		const hdt_expr *first = hdt_at(x, hdt_int(context, 0)), *second = hdt_at(x, hdt_int(context, 1));
		const hdt_expr *c = hdt_less(first, hdt_like(v, level)), *d = hdt_less(second, hdt_like(v, level));
		v = hdt_add(hdt_select(c, hdt_mul(v, v), zero), hdt_select(d, hdt_add(v, v), zero));
	}
	hdt_store(f, x, HDT_AT(i), v);
	hdt_end(f);
	text t = {0};
	cr_assert_eq(program_finish(p), HDT_OK);
	cr_assert_eq(emit_c(&t, p, "k"), HDT_UNSUPPORTED);
	text_free(&t);
}

/* ---- the contract ------------------------------------------------------------------------------------------------- */

static char *read_contract(void)
{
	static char contract[65536];
	FILE *file = fopen(CONTRACT, "r");
	cr_assert(file);
	contract[fread(contract, 1, sizeof contract - 1, file)] = '\0';
	fclose(file);
	return contract;
}

/* y[i] = op(x[i], x[i]) for one operation and dtype. */
static const char *operation_text(hdt_scalar_op op, hdt_dtype dtype)
{
	hdt_program *p = hdt_program_new(context, "p");
	hdt_function *f = hdt_function_new(p, "f", HDT_FUNCTION_CPU);
	const hdt_expr *four = hdt_int(context, 4);
	const hdt_tensor *x = hdt_use(f, hdt_program_workspace(p, "x", dtype, HDT_AT(four)));
	const hdt_tensor *z = hdt_use(f, hdt_program_workspace(p, "z", dtype, HDT_AT(four)));
	const hdt_expr *i = hdt_begin_for(f, "i", four, HDT_LOOP_SERIAL);
	const hdt_expr *args[] = {hdt_at(x, i), hdt_at(z, i), hdt_at(x, i)},
				   *value = hdt_operation(op, args, scalar_op_of(op)->arity);
	const hdt_tensor *y =
		value ? hdt_use(f, hdt_program_workspace(p, "y", (hdt_dtype)value->dtype, HDT_AT(four))) : NULL;
	hdt_store(f, y, HDT_AT(i), value);
	hdt_end(f);
	return program_finish(p) == HDT_OK ? c_text(p) : NULL;
}

Test(text, every_helper_that_is_emitted_is_in_the_contract)
{
	const char *contract = read_contract();
	int seen = 0;
	for (int op = HDT_OP_ADD; op < HDT_OP_COUNT; op++) {
		if (op == HDT_OP_CAST || op == HDT_OP_SELECT || op == HDT_OP_BOUNDED)
			continue;
		for (int dtype = 0; dtype < HDT_DTYPE_COUNT; dtype++) {
			const char *c = operation_text((hdt_scalar_op)op, (hdt_dtype)dtype);
			if (!c) { /* not an operation of this dtype */
				context_clear_fault(context);
				continue;
			}
			for (const char *at = c; (at = strstr(at, "hidet_")); at++) {
				char name[64] = "`";
				size_t length = strspn(at + 6, "abcdefghijklmnopqrstuvwxyz0123456789_") + 6;
				strncat(name, at, length);
				char *last = strrchr(name, '_');
				if (!strncmp(at, "hidet_runtime", 13) || strstr(name, "load_") || strstr(name, "store_") ||
				    strstr(name, "cast_"))
					continue;
				strcpy(last, "`");
				cr_assert(strstr(contract, name), "%s is emitted but not in the contract", name);
				seen++;
			}
		}
	}
	cr_assert_gt(seen, 300, "%d helpers seen", seen);
}

/* ---- memory ------------------------------------------------------------------------------------------------------- */

/* Schedule and emit with memory for `allocations` only. */
static hdt_status attempt(long allocations)
{
	const hdt_task *task =
		parse_task("task @linear(x: f16[n, 40], w: f32[50, 40], b: f32[50]) -> (y, a) where n in 1..9 {\n"
	               "  p[i < n, j < 50] = sum(k < 40) f32(x[i, k]) * w[j, k]\n"
	               "  m[i < n] = max(j < 50) p[i, j]\n"
	               "  y[i < n, j < 50] = exp(p[i, j] - m[i]) + b[j]\n"
	               "  a[i < n] = argmax(k < 40) x[i, k]\n"
	               "}");
	text t = {0};
	context->arena.fail_after = allocations;
	hdt_program *p = hdt_scheduler_auto_cpu.build(task, &machine);
	hdt_status status = p ? program_finish(p) : hdt_context_status(context);
	if (status == HDT_OK)
		status = program_verify(p);
	if (status == HDT_OK)
		status = emit_c(&t, p, "k");
	text_free(&t);
	return status;
}

Test(text, running_out_of_memory_anywhere_is_a_status)
{
	hdt_status status = HDT_OUT_OF_MEMORY;
	long tried = 0;
	for (long allocations = 0; status != HDT_OK; allocations += 3) {
		tear_down();
		set_up();
		status = attempt(allocations);
		cr_assert(status == HDT_OK || status == HDT_OUT_OF_MEMORY, "%d after %ld allocations: %s", status, allocations,
		          context->message);
		tried++;
	}
	cr_assert_gt(tried, 100, "only %ld places tried", tried);
}
