/* Constants of programs: made by the builder, read from text, and what they may not be made of. */
#include "script/script.h"
#include "task/task.h"

#include "base/context.h"
#include <criterion/criterion.h>
#include <string.h>

static hdt_context *context;

static void set_up(void)
{
	context = context_new(NULL);
}
static void tear_down(void)
{
	context_free(context);
}
TestSuite(script_constant, .init = set_up, .fini = tear_down);

static const char *const packed_text =
	"program @p(x: f32[n, 3], none, w: const f32[3, 4], y: f32[n, 4]) workspace(s: f32[n]) where n in 1..64 {\n"
	"  constant packed[w < 4, k < 3] = w[k, w] * 2.0;\n"
	"  constant one[] = sum(i < 3, j < 4) w[i, j];\n"
	"  fn @y(x, packed, one, s, y) cpu {\n"
	"    for i in 0..n parallel {\n"
	"      s[i] = packed[0, 0] + one[];\n"
	"      y[i, 0] = s[i] * x[i, 0];\n"
	"    }\n"
	"  }\n"
	"}\n";

static const char *print(const hdt_program *p)
{
	text t = {0};
	program_print(&t, p);
	return text_finish(&t, context);
}

Test(script_constant, what_is_printed_reads_back_and_workspace_stands_last)
{
	const hdt_program *p = hdt_program_parse(context, "t", packed_text, NULL, 0);
	cr_assert_not_null(p, "%s", context->message);
	cr_assert_str_eq(print(p), packed_text);
	cr_assert_eq(p->buffer_count, 7);
	cr_assert_eq(p->constant_count, 2);
	cr_assert_eq(p->buffers[4], p->constants[0]);
	cr_assert_eq(p->buffers[5], p->constants[1]);
	cr_assert_str_eq(p->buffers[6]->name, "s");
	cr_assert(p->buffers[2]->constant && !p->buffers[0]->constant && !p->buffers[6]->constant);
}

static hdt_program *program_of(const char *task)
{
	parser p;
	parser_init(&p, context, "t", task);
	const hdt_task *t = task_parse(&p);
	cr_assert_not_null(t, "%s", context->message);
	hdt_program *program = hdt_program_new(context, "p");
	hdt_program_bind(program, t);
	return program;
}

Test(script_constant, one_made_after_the_workspace_stands_before_it)
{
	hdt_program *p = program_of("task @t(x: f32[4], w: const f32[3, 4]) -> (y) { y[i < 4] = x[i] + w[0, i] }");
	const hdt_expr *i = hdt_axis("i", hdt_int(context, 4)), *k = hdt_axis("k", hdt_int(context, 3));
	const hdt_tensor *s = hdt_program_workspace(p, "s", HDT_F32, HDT_SCALAR);
	const hdt_tensor *turned = hdt_program_constant(p, "x", HDT_AT(i, k), hdt_at(p->buffers[1], k, i));
	cr_assert_not_null(turned, "%s", context->message);
	cr_assert(p->buffers[3] == turned && p->buffers[4] == s && p->buffer_count == 5);
	cr_assert_eq(program_finish(p), HDT_OK);
	cr_assert_str_eq(turned->name, "x_1", "the name is taken by an input");
}

static void expect_refused(const hdt_tensor *made, const char *why)
{
	cr_assert_null(made);
	cr_assert_eq(context->status, HDT_INTERNAL);
	cr_assert(strstr(context->message, why), "%s", context->message);
	context_clear_fault(context);
}

Test(script_constant, only_constant_inputs_and_known_sizes_make_one)
{
	hdt_program *p =
		program_of("task @t(x: f32[n], w: const f32[3, 4]) -> (y) where n in 1..9 { y[i < n] = x[i] + w[0, 0] }");
	const hdt_expr *n = p->buffers[0]->shape[0], *i = hdt_axis("i", n), *j = hdt_axis("j", hdt_int(context, 3));
	const hdt_expr *w = hdt_at(p->buffers[1], j, j);
	expect_refused(hdt_program_constant(p, "c", HDT_AT(j), hdt_at(p->buffers[0], j)),
	               "'x', which is no constant input");
	expect_refused(hdt_program_constant(p, "c", HDT_AT(j), hdt_at(p->buffers[2], j)),
	               "'y', which is no constant input");
	expect_refused(hdt_program_constant(p, "c", HDT_AT(i), w), "its shape is not known");
	expect_refused(hdt_program_constant(p, "c", HDT_AT(j), hdt_mul(w, hdt_cast(n, HDT_F32))), "depends on 'n'");
	expect_refused(hdt_program_constant(p, "c", HDT_AT(j, j), w), "an axis comes twice");
	cr_assert_null(hdt_program_constant(p, "c", HDT_AT(j), NULL));
	cr_assert_not_null(hdt_program_constant(p, "c", HDT_AT(j), w));
}

Test(script_constant, nothing_stores_to_one)
{
	static const char *const stores[] = {"  fn @f(c) cpu { c[0] = 1.0; }\n", "  fn @f(w) cpu { w[0] = 1.0; }\n",
	                                     "  fn @f(c) cpu { view v[i < 1] = c[i]; v[0] = 1.0; }\n"};
	for (size_t i = 0; i < sizeof stores / sizeof *stores; i++) {
		const char *source =
			hdt_format(context, "program @p(w: const f32[4]) {\n  constant c[i < 4] = w[i];\n%s}\n", stores[i]);
		cr_assert_null(hdt_program_parse(context, "t", source, NULL, 0));
		cr_assert(strstr(context->message, "a constant is not stored to"), "%s", context->message);
		context_clear_fault(context);
	}
}
