/* kernel.c: the text of kernels: heads, places, widths of index arithmetic, shared memory, faults. */
#include "fixture.h"

#include "base/context.h"
#include "emit/emit.h"
#include <string.h>

TestSuite(kernel, .init = set_up, .fini = tear_down);

static const hdt_expr *number(int64_t value)
{
	return hdt_int(context, value);
}

static const char *kernel_text(hdt_program *program)
{
	text t = {0};
	emitted_texts needed = {0};
	cr_assert_eq(program_finish(program), HDT_OK, "%s", context->message);
	cr_assert_eq(program_verify(program), HDT_OK, "%s", context->message);
	cr_assert_eq(emit_kernels(&t, program, "k", &needed), HDT_OK, "%s", context->message);
	return text_finish(&t, context);
}

/* y[i] = x[i] * 2 over n elements, a thread each. */
static hdt_program *doubling(const hdt_expr *n)
{
	hdt_program *p = hdt_program_new(context, "twice");
	hdt_function *f = hdt_function_new(p, "twice", HDT_FUNCTION_CUDA);
	const hdt_tensor *x = hdt_parameter_tensor(f, "x", HDT_F32, HDT_AT(n));
	const hdt_tensor *y = hdt_parameter_tensor(f, "y", HDT_F32, HDT_AT(n));
	hdt_function_grid(f, HDT_AT(hdt_ceildiv(n, number(256))), HDT_AT(number(256)));
	const hdt_expr *i = hdt_add(hdt_mul(f->block_at[0], number(256)), f->thread_at[0]);
	hdt_begin_if(f, hdt_less(i, n));
	hdt_store(f, y, HDT_AT(i), hdt_mul(hdt_at(x, i), hdt_number(context, HDT_F32, 2)));
	hdt_end(f);
	return p;
}

Test(kernel, a_thread_for_each_element)
{
	cr_assert_str_eq(
		kernel_text(doubling(hdt_symbol(context, "n", 1, 1 << 20))),
		"HIDET_KERNEL(256, 0) void k_twice(const float *restrict x, float *restrict y, const int64_t n_wide_, const "
		"hidet_runtime rt)\n"
		"{\n"
		"  const int n = (int)n_wide_;\n"
		"  const int threadIdx_x = HIDET_THREAD_X;\n"
		"  const int blockIdx_x = HIDET_BLOCK_X;\n"
		"  if (blockIdx_x * 256 + threadIdx_x < n) {\n"
		"    const int t1 = blockIdx_x * 256 + threadIdx_x;\n"
		"    y[t1] = x[t1] * 2.0f;\n"
		"  }\n"
		"}\n");
}

Test(kernel, positions_beyond_an_int_are_computed_in_64_bits)
{
	const char *source = kernel_text(doubling(hdt_symbol(context, "n", 1, INT64_C(1) << 36)));
	cr_assert(strstr(source, "const int64_t n,"), "%s", source);
	cr_assert(strstr(source, "(int64_t)blockIdx_x * 256"), "%s", source);
}

Test(kernel, a_stride_of_two_sizes_widens_an_element_only)
{
	hdt_program *p = hdt_program_new(context, "copy");
	hdt_function *f = hdt_function_new(p, "copy", HDT_FUNCTION_CUDA);
	const hdt_expr *m = hdt_symbol(context, "m", 1, 1 << 20), *n = hdt_symbol(context, "n", 1, 1 << 20);
	const hdt_tensor *y = hdt_parameter_tensor(f, "y", HDT_F32, HDT_AT(m, n));
	hdt_function_grid(f, HDT_AT(m), HDT_AT(number(32)));
	hdt_store(f, y, HDT_AT(f->block_at[0], f->thread_at[0]), hdt_number(context, HDT_F32, 1));
	const char *source = kernel_text(p);
	cr_assert(strstr(source, "y[(int64_t)blockIdx_x * n + (int64_t)threadIdx_x] = 1.0f;"), "%s", source);
}

Test(kernel, ints_whose_negation_or_product_is_none_are_widened)
{
	hdt_program *p = hdt_program_new(context, "edges");
	hdt_function *f = hdt_function_new(p, "edges", HDT_FUNCTION_CUDA);
	const hdt_tensor *y = hdt_parameter_tensor(f, "y", HDT_I64, HDT_AT(number(128), number(279554535)));
	const hdt_expr *a = hdt_cast(hdt_parameter_scalar(f, "a", HDT_I32), HDT_I64);
	hdt_function_grid(f, HDT_AT(number(1)), HDT_AT(number(32)));
	/* An int, though its name has no bounds. */
	const hdt_expr *v = hdt_let(f, "v", hdt_add(hdt_mul(f->thread_at[0], number(4)), number(1)));
	const hdt_expr *row = hdt_select(hdt_less(f->thread_at[0], number(7)), v, number(1));
	hdt_store(f, y, HDT_AT(row, number(0)), hdt_neg(a));
	const char *source = kernel_text(p);
	cr_assert(strstr(source, "const int v = "), "%s", source);
	cr_assert(strstr(source, "y[(int64_t)(threadIdx_x < 7 ? v : 1) * 279554535] = -(int64_t)a;"), "%s", source);
}

Test(kernel, a_loop_whose_end_is_beyond_an_int_counts_in_64_bits)
{
	hdt_program *p = hdt_program_new(context, "loop");
	hdt_function *f = hdt_function_new(p, "loop", HDT_FUNCTION_CUDA);
	const hdt_tensor *y = hdt_parameter_pointer(f, "y", HDT_F32);
	hdt_function_grid(f, HDT_AT(number(1)), HDT_AT(number(1)));
	const hdt_expr *i = hdt_begin_for(f, "i", hdt_symbol(context, "n", 1, INT64_C(1) << 31), HDT_LOOP_SERIAL);
	hdt_store(f, y, HDT_AT(i), hdt_number(context, HDT_F32, 1));
	hdt_end(f);
	const char *source = kernel_text(p); /* i is at most 2^31 - 1, but for the last comparison */
	cr_assert(strstr(source, "for (int64_t i = 0; i < n; ++i) {"), "%s", source);
}

Test(kernel, scalars_come_in_their_memory_types)
{
	hdt_program *p = hdt_program_new(context, "fill");
	hdt_function *f = hdt_function_new(p, "fill", HDT_FUNCTION_CUDA);
	const hdt_tensor *y = hdt_parameter_pointer(f, "y", HDT_F32);
	const hdt_expr *value = hdt_parameter_scalar(f, "value", HDT_F16), *m = hdt_parameter_scalar(f, "m", HDT_I32);
	hdt_function_grid(f, HDT_AT(m), HDT_AT(number(1)));
	hdt_store(f, y, HDT_AT(f->block_at[0]), hdt_cast(value, HDT_F32));
	const char *source = kernel_text(p);
	cr_assert(
		strstr(source, "float *restrict y, const uint16_t value_stored_, const int32_t m, const hidet_runtime rt)"),
		"%s", source);
	cr_assert(strstr(source, "const float value = hidet_load_f16(value_stored_);"), "%s", source);
}

/* y[0] = ((x * 3 + x) * 3 + x) ... */
static hdt_program *nested(int depth)
{
	hdt_program *p = hdt_program_new(context, "nested");
	hdt_function *f = hdt_function_new(p, "nested", HDT_FUNCTION_CUDA);
	const hdt_tensor *y = hdt_parameter_pointer(f, "y", HDT_F32);
	const hdt_expr *x = hdt_parameter_scalar(f, "x", HDT_F32), *sum = x;
	hdt_function_grid(f, HDT_AT(number(1)), HDT_AT(number(1)));
	for (int i = 1; i + 2 < depth; i += 2)
		sum = hdt_add(hdt_mul(sum, hdt_number(context, HDT_F32, 3)), x);
	hdt_store(f, y, HDT_AT(number(0)), sum);
	return p;
}

Test(kernel, values_nested_too_deeply_are_refused)
{
	text t = {0};
	emitted_texts needed = {0};
	cr_assert(strlen(kernel_text(nested(4000))) > 4000);
	hdt_program *p = nested(1 << 19);
	cr_assert_eq(program_finish(p), HDT_OK, "%s", context->message);
	cr_assert_eq(emit_kernels(&t, p, "k", &needed), HDT_UNSUPPORTED);
	cr_assert(strstr(context->message, "nested more than"), "%s", context->message);
	text_free(&t);
}

Test(kernel, names_that_the_emitter_makes_are_nobody_elses)
{
	hdt_program *p = hdt_program_new(context, "names");
	hdt_function *f = hdt_function_new(p, "names", HDT_FUNCTION_CUDA);
	const hdt_tensor *y = hdt_parameter_pointer(f, "y", HDT_F32);
	const hdt_expr *x = hdt_parameter_scalar(f, "x", HDT_F16), *other = hdt_parameter_scalar(f, "x_stored_", HDT_F16);
	hdt_function_grid(f, HDT_AT(number(1)), HDT_AT(number(1)));
	hdt_store(f, y, HDT_AT(number(0)), hdt_cast(hdt_add(x, other), HDT_F32));
	const char *source = kernel_text(p);
	cr_assert(strstr(source, "const uint16_t x_stored_, const uint16_t v_x_stored___stored_,"), "%s", source);
}

Test(kernel, buffers_loops_and_asserts)
{
	hdt_program *p = hdt_program_new(context, "all");
	hdt_function *f = hdt_function_new(p, "all", HDT_FUNCTION_CUDA);
	const hdt_tensor *y = hdt_parameter_pointer(f, "y", HDT_F32);
	hdt_function_grid(f, HDT_AT(number(1)), HDT_AT(number(32)));
	const hdt_tensor *s =
		hdt_buffer(f, "s", HDT_F32, HDT_AT(number(32)), &(hdt_buffer_options){.scope = HDT_SCOPE_SHARED});
	const hdt_tensor *r = hdt_local(f, "r", HDT_F32, HDT_AT(number(4)));
	const hdt_tensor *go = hdt_local(f, "go", HDT_BOOL, HDT_SCALAR);
	hdt_store(f, go, HDT_SCALAR, hdt_number(context, HDT_BOOL, 1));
	hdt_begin_while(f, hdt_at_list(go, HDT_SCALAR));
	hdt_store(f, go, HDT_SCALAR, hdt_number(context, HDT_BOOL, 0));
	hdt_end(f);
	hdt_store(f, r, HDT_AT(number(0)), hdt_number(context, HDT_F32, 0));
	hdt_store(f, s, HDT_AT(f->thread_at[0]), hdt_at(r, number(0)));
	hdt_assert(f, hdt_less(f->thread_at[0], number(7)), "a \"small\" thread");
	hdt_store(f, y, HDT_AT(f->thread_at[0]), hdt_at(s, f->thread_at[0]));
	const char *source = kernel_text(p);
	cr_assert(strstr(source, "HIDET_SHARED(128) float s[32];"), "%s", source);
	cr_assert(strstr(source, "HIDET_REGISTER float r[4];"), "%s", source);
	cr_assert(strstr(source, "for (;;) {\n    if (!(go != 0))\n      break;\n    go = 0;\n  }"), "%s", source);
	cr_assert(strstr(source, "hidet_assert(rt, threadIdx_x < 7, 0, \"a \\\"small\\\" thread\");"), "%s", source);
}
