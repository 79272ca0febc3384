/* Building tasks: inputs, attributes, requirements, facts, and the faults of each. */
#include "fixture.h"
#include <string.h>

TestSuite(build, .init = set_up, .fini = tear_down);

/* ---- signatures and inputs -------------------------------------------------------------------------------------- */

static hdt_operator with_inputs(const char *inputs)
{
	hdt_operator op = op_relu;
	op.inputs = inputs;
	return op;
}

static void expect_arity(const char *inputs, int required, int most)
{
	hdt_operator op = with_inputs(inputs);
	int got_required, got_most;
	operator_arity(&op, &got_required, &got_most);
	cr_assert(got_required == required && got_most == most, "(%s) takes %d..%d", inputs, got_required, got_most);
}

Test(build, arity_of_signatures)
{
	expect_arity("", 0, 0);
	expect_arity("x", 1, 1);
	expect_arity("x, weight, bias?", 2, 3);
	expect_arity("x,mean,var,weight?,bias?", 3, 5);
	expect_arity("xs...", 1, -1);
	expect_arity("x, indices...", 2, -1);
}

Test(build, names_of_inputs)
{
	hdt_operator norm = with_inputs("x, weight?, bias?"), many = with_inputs("x, indices...");
	cr_assert_str_eq(operator_input_name(context, &norm, 0), "x");
	cr_assert_str_eq(operator_input_name(context, &norm, 2), "bias");
	cr_assert_str_eq(operator_input_name(context, &many, 0), "x");
	cr_assert_str_eq(operator_input_name(context, &many, 1), "indices0");
	cr_assert_str_eq(operator_input_name(context, &many, 3), "indices2");
}

Test(build, wrong_number_of_inputs_is_refused)
{
	task_input x = input_of(HDT_F32, 1, 3), two[] = {x, x}, absent[] = {{.present = false}, x};
	cr_assert_null(try_build(&op_relu, NULL, two, 2));
	expect_fault(HDT_BAD_MODEL, "relu: takes the inputs (x), but 2 were given");
	cr_assert_null(try_build(&op_matmul, NULL, two, 1));
	expect_fault(HDT_BAD_MODEL, "matmul: takes the inputs (a, b), but 1 was given");
	cr_assert_null(try_build(&op_matmul, NULL, absent, 2));
	expect_fault(HDT_BAD_MODEL, "matmul: takes the inputs (a, b)");
}

Test(build, optional_inputs_left_out_at_the_end_are_not_counted)
{
	task_input inputs[] = {input_of(HDT_F32, 1, 3), {.present = false}};
	const hdt_task *t = try_build(&op_scale, WITH(hdt_int_value("factor", 2)), inputs, 2);
	cr_assert_not_null(t, "%s", context->message);
	cr_assert_eq(hdt_input_count(t), 1);
}

static void define_last(hdt_task *t)
{
	cr_assert_null(hdt_input(t, 1));
	cr_assert_not_null(hdt_input(t, 2));
	hdt_output_elements(t, hdt_add(hdt_element(t, 0), hdt_element(t, 2)));
}

Test(build, optional_input_left_out_in_the_middle_keeps_its_place)
{
	const hdt_operator op = OPERATOR("norm", "x, weight?, bias?", define_last);
	task_input inputs[] = {input_of(HDT_F32, 1, 2), {.present = false}, input_of(HDT_F32, 1, 2)};
	const hdt_task *t = try_build(&op, NULL, inputs, 3);
	const float x[] = {1, 2}, b[] = {10, 20}, want[] = {11, 22};
	float y[2];
	cr_assert_not_null(t, "%s", context->message);
	cr_assert_eq(t->input_count, 3);
	cr_assert_null(t->inputs[1]);
	run(t, NULL, y, 3, x, NULL, b);
	expect_floats(y, want, 2);
	cr_assert_not_null(strstr(round_trip(t), "(x: f32[2], none, bias: f32[2])"));
}

static void define_asks_too_much(hdt_task *t)
{
	hdt_output_elements(t, hdt_element(t, 5));
}

Test(build, asking_for_an_input_beyond_the_signature_is_the_operators_fault)
{
	const hdt_operator op = OPERATOR("greedy", "x", define_asks_too_much);
	task_input x = input_of(HDT_F32, 1, 3);
	cr_assert_null(try_build(&op, NULL, &x, 1));
	expect_fault(HDT_INTERNAL, "greedy: its definition asks for input 5");
}

/* ---- attributes ------------------------------------------------------------------------------------------------- */

Test(build, attributes_get_defaults_and_the_tables_order)
{
	const hdt_attribute_value *v =
		attributes_complete(context, &op_scale, WITH(hdt_bool_value("negate", true), hdt_int_value("factor", 3)));
	cr_assert_not_null(v, "%s", context->message);
	cr_assert(!strcmp(v[0].name, "factor") && v[0].kind == HDT_ATTRIBUTE_FLOAT && v[0].real == 3.0);
	cr_assert(!strcmp(v[1].name, "extra") && v[1].kind == HDT_ATTRIBUTE_NONE);
	cr_assert(!strcmp(v[2].name, "negate") && v[2].integer == 1);
	cr_assert(!strcmp(v[3].name, "dtype") && v[3].kind == HDT_ATTRIBUTE_NONE);
	cr_assert(!strcmp(v[4].name, "mode") && !strcmp(v[4].string, "plain"));
	cr_assert(!strcmp(v[5].name, "axes") && v[5].count == 2 && v[5].dims[1] == hdt_int(context, 2));
	cr_assert_null(v[6].name);
}

Test(build, one_integer_may_stand_for_a_list)
{
	const hdt_attribute_value *v =
		attributes_complete(context, &op_scale, WITH(hdt_float_value("factor", 1), hdt_int_value("axes", 7)));
	cr_assert_not_null(v, "%s", context->message);
	cr_assert(v[5].kind == HDT_ATTRIBUTE_DIMS && v[5].count == 1 && v[5].dims[0] == hdt_int(context, 7));
}

Test(build, elements_of_a_list_become_i64)
{
	const hdt_expr *narrow = hdt_number(context, HDT_I32, 5), *real = hdt_number(context, HDT_F32, 5);
	const hdt_attribute_value *v =
		attributes_complete(context, &op_scale, WITH(hdt_int_value("factor", 1), hdt_dims_value("axes", &narrow, 1)));
	cr_assert_not_null(v, "%s", context->message);
	cr_assert_eq(v[5].dims[0], hdt_int(context, 5));
	cr_assert_null(
		attributes_complete(context, &op_scale, WITH(hdt_int_value("factor", 1), hdt_dims_value("axes", &real, 1))));
	expect_fault(HDT_BAD_MODEL, "'axes' wants dims");
}

Test(build, faults_of_attributes)
{
	cr_assert_null(attributes_complete(context, &op_scale, WITH(hdt_int_value("facter", 3))));
	expect_fault(HDT_BAD_MODEL, "scale: no attribute 'facter'; did you mean 'factor'?");
	cr_assert_null(attributes_complete(context, &op_scale, WITH(hdt_int_value("quite_unlike_all", 3))));
	expect_fault(HDT_BAD_MODEL, "it has factor, extra, negate");
	cr_assert_null(attributes_complete(context, &op_relu, WITH(hdt_int_value("axis", 3))));
	expect_fault(HDT_BAD_MODEL, "it takes none");
	cr_assert_null(attributes_complete(context, &op_scale, NULL));
	expect_fault(HDT_BAD_MODEL, "scale: attribute 'factor' must be given (float)");
	cr_assert_null(attributes_complete(context, &op_scale, WITH(hdt_string_value("factor", "x"))));
	expect_fault(HDT_BAD_MODEL, "scale: attribute 'factor' wants float, not string");
	cr_assert_null(
		attributes_complete(context, &op_scale, WITH(hdt_int_value("factor", 1), hdt_int_value("factor", 2))));
	expect_fault(HDT_BAD_MODEL, "given twice");
}

static const hdt_task *scaled(const hdt_attribute_value *attributes)
{
	task_input x = input_of(HDT_F32, 1, 1);
	return try_build(&op_scale, attributes, &x, 1);
}

Test(build, attributes_reach_the_computation)
{
	const float x[] = {5};
	float y[1];
	run(scaled(WITH(hdt_float_value("factor", 0.5), hdt_int_value("extra", 3), hdt_bool_value("negate", true))), NULL,
	    y, 1, x);
	cr_assert_eq(y[0], -7.5f);
	const hdt_task *t = scaled(WITH(hdt_float_value("factor", 0.5), hdt_dtype_value("dtype", HDT_I64)));
	int64_t z[1];
	run(t, NULL, z, 1, x);
	cr_assert_eq(z[0], 2);
	cr_assert_null(scaled(WITH(hdt_int_value("factor", 1), hdt_string_value("mode", "reject"))));
	expect_fault(HDT_BAD_MODEL, "scale: mode reject is not for 2 axes");
}

static void define_reads_wrong_kind(hdt_task *t)
{
	hdt_get_int(t, "axes");
}
static void define_reads_unknown(hdt_task *t)
{
	hdt_get_int(t, "extr");
}

Test(build, reading_what_the_table_does_not_declare_is_the_operators_fault)
{
	hdt_operator op = op_scale;
	task_input x = input_of(HDT_F32, 1, 1);
	op.define = define_reads_wrong_kind;
	cr_assert_null(try_build(&op, WITH(hdt_int_value("factor", 1)), &x, 1));
	expect_fault(HDT_INTERNAL, "scale: attribute 'axes' is declared as dims and read as int");
	op.define = define_reads_unknown;
	cr_assert_null(try_build(&op, WITH(hdt_int_value("factor", 1)), &x, 1));
	expect_fault(HDT_INTERNAL, "did you mean 'extra'");
}

static int seen_axes[HDT_MAX_RANK], seen_count;
static void define_axes(hdt_task *t)
{
	seen_count = hdt_get_axes(t, "axes", 4, seen_axes);
	hdt_output_elements(t, hdt_element(t, 0));
}

static const hdt_task *with_axes(int count, int64_t a, int64_t b)
{
	static hdt_operator op;
	op = op_scale;
	op.define = define_axes;
	const hdt_expr *axes[] = {hdt_int(context, a), hdt_int(context, b)};
	task_input x = input_of(HDT_F32, 1, 1);
	return try_build(&op, WITH(hdt_int_value("factor", 1), hdt_dims_value("axes", axes, count)), &x, 1);
}

Test(build, axes_are_normalised_sorted_and_checked)
{
	cr_assert(with_axes(2, -1, 0) && seen_count == 2 && seen_axes[0] == 0 && seen_axes[1] == 3);
	cr_assert(with_axes(0, 0, 0) && seen_count == 4 && seen_axes[3] == 3, "empty: all axes");
	cr_assert_null(with_axes(2, 1, -3));
	expect_fault(HDT_BAD_MODEL, "scale: axes names axis 1 twice");
	cr_assert_null(with_axes(1, 4, 0));
	expect_fault(HDT_BAD_MODEL, "axes 4 is out of range for a tensor of rank 4");
}

Test(build, axis_out_of_range_names_operator_and_value)
{
	task_input x = input_of(HDT_F32, 2, 2, 2);
	cr_assert_null(try_build(&op_softmax, WITH(hdt_int_value("axis", 2)), &x, 1));
	expect_fault(HDT_BAD_MODEL, "softmax: axis 2 is out of range for a tensor of rank 2");
	cr_assert_not_null(try_build(&op_softmax, WITH(hdt_int_value("axis", -2)), &x, 1));
}

/* ---- shapes and requirements ------------------------------------------------------------------------------------ */

Test(build, broadcasting_of_sizes)
{
	const hdt_expr *n = hdt_symbol(context, "n", 0, 100), *one = hdt_int(context, 1), *four = hdt_int(context, 4);
	const hdt_task *t = build(&op_add, NULL, 2, input_over(HDT_F32, HDT_AT(n, one)), input_over(HDT_F32, HDT_AT(four)));
	cr_assert(t->outputs[0]->shape[0] == n && t->outputs[0]->shape[1] == four && !t->assertion_count);
	t = build(&op_add, NULL, 2, input_over(HDT_F32, HDT_AT(n)), input_over(HDT_F32, HDT_AT(four)));
	cr_assert(t->outputs[0]->shape[0] == four && t->assertion_count == 1, "a size against a number: equal at run time");
	t = build(&op_add, NULL, 2, input_over(HDT_F32, HDT_AT(hdt_mul(n, four))),
	          input_over(HDT_F32, HDT_AT(hdt_mul(four, n))));
	cr_assert_eq(t->assertion_count, 0, "provably equal");
	task_input unequal[] = {input_of(HDT_F32, 2, 2, 3), input_of(HDT_F32, 1, 4)};
	cr_assert_null(try_build(&op_add, NULL, unequal, 2));
	expect_fault(HDT_BAD_MODEL, "add: the shapes [2, 3], [4] do not broadcast: 3 differs from 4");
	task_input never[] = {input_over(HDT_F32, HDT_AT(n)), input_of(HDT_F32, 1, 101)};
	cr_assert_null(try_build(&op_add, NULL, never, 2));
	expect_fault(HDT_BAD_MODEL, "do not broadcast");
}

Test(build, requirement_false_at_once_is_a_fault)
{
	task_input inputs[] = {input_of(HDT_F32, 2, 2, 3), input_of(HDT_F32, 2, 4, 2)};
	cr_assert_null(try_build(&op_matmul, NULL, inputs, 2));
	expect_fault(HDT_BAD_MODEL, "matmul: the inner sizes 3 and 4 differ");
}

static const hdt_expr *required;
static void define_requires(hdt_task *t)
{
	hdt_require(t, required, "message of %d", 7);
	hdt_require(t, required, "the same again");
	hdt_output_elements(t, hdt_element(t, 0));
}

static int assertions_for(const hdt_expr *condition)
{
	const hdt_operator op = OPERATOR("picky", "x", define_requires);
	task_input x = input_of(HDT_F32, 1, 1);
	required = condition;
	const hdt_task *t = try_build(&op, NULL, &x, 1);
	return t ? t->assertion_count : -1;
}

Test(build, requirements_are_decided_where_they_can_be)
{
	const hdt_expr *n = hdt_symbol(context, "n", 1, 64), *two = hdt_int(context, 2), *big = hdt_int(context, 65);
	cr_assert_eq(assertions_for(hdt_equal(hdt_mod(n, two), hdt_int(context, 0))), 1, "only a run can tell");
	cr_assert_eq(assertions_for(hdt_less(n, big)), 0, "true for every n");
	cr_assert_eq(assertions_for(hdt_less_equal(hdt_int(context, 1), n)), 0);
	cr_assert_eq(assertions_for(hdt_equal(hdt_add(n, n), hdt_mul(two, n))), 0);
	cr_assert_eq(assertions_for(hdt_less(big, n)), -1, "false for every n");
	expect_fault(HDT_BAD_MODEL, "picky: message of 7");
	cr_assert_eq(assertions_for(hdt_equal(n, big)), -1);
	expect_fault(HDT_BAD_MODEL, "picky: message of 7");
	cr_assert_eq(assertions_for(hdt_axis("i", n)), -1, "no condition at all");
	expect_fault(HDT_INTERNAL, "no condition on sizes");
}

Test(build, positions_and_indices_are_inverse)
{
	const hdt_expr *n = hdt_symbol(context, "n", 1, 9), *three = hdt_int(context, 3),
				   *p = hdt_axis("p", hdt_mul(n, three));
	hdt_list shape = HDT_AT(n, three), at = hdt_unflatten(context, shape, p);
	cr_assert_eq(at.count, 2);
	cr_assert_str_eq(hdt_expr_text(at.items[0]), "p // 3");
	cr_assert_str_eq(hdt_expr_text(at.items[1]), "p % 3");
	cr_assert(hdt_proves_equal(hdt_product(context, shape), hdt_mul(three, n)));
	cr_assert_eq(hdt_product(context, HDT_SCALAR), hdt_int(context, 1));
	cr_assert_eq(hdt_flatten(context, HDT_SCALAR, HDT_SCALAR), hdt_int(context, 0));
}

/* ---- sticky ----------------------------------------------------------------------------------------------------- */

static void define_goes_on_after_a_fault(hdt_task *t)
{
	hdt_reject(t, "first");
	hdt_reject(t, "second");
	const hdt_tensor *x = hdt_input(t, 0);
	cr_assert_null(x);
	cr_assert_null(hdt_element(t, 0));
	cr_assert_eq(hdt_axes(t, hdt_shape(x)).count, 0);
	const hdt_tensor *y = hdt_compute(t, "y", HDT_AT(hdt_axis("i", NULL)), hdt_at_list(x, HDT_SCALAR));
	cr_assert_null(y);
	hdt_output(t, y);
	hdt_output_elements(t, NULL);
	hdt_declare_alias(t, 9, 9);
	hdt_declare_inverse(t, x, 0, HDT_SCALAR, HDT_SCALAR);
	cr_assert_eq(hdt_get_int(t, "no such"), 0);
	cr_assert_eq(hdt_get_axis(t, "no such", 3), 0);
}

Test(build, the_first_fault_wins_and_the_rest_does_nothing)
{
	const hdt_operator op = OPERATOR("broken", "x", define_goes_on_after_a_fault);
	task_input x = input_of(HDT_F32, 1, 1);
	cr_assert_null(try_build(&op, NULL, &x, 1));
	expect_fault(HDT_BAD_MODEL, "broken: first");
}

static void define_nothing(hdt_task *t)
{
	(void)t;
}
static void define_uses_absent(hdt_task *t)
{
	hdt_output_elements(t, hdt_add(hdt_element(t, 0), hdt_element(t, 1)));
}
static void define_bad_dtypes(hdt_task *t)
{
	hdt_output_elements(t, hdt_select(hdt_element(t, 0), hdt_element(t, 0), hdt_element(t, 0)));
}

Test(build, broken_definitions_are_told_by_name)
{
	hdt_operator op = OPERATOR("odd", "x, y?", define_nothing);
	task_input x = input_of(HDT_F32, 1, 1);
	cr_assert_null(try_build(&op, NULL, &x, 1));
	expect_fault(HDT_INTERNAL, "odd: its definition gives no output");
	op.define = define_uses_absent;
	cr_assert_null(try_build(&op, NULL, &x, 1));
	expect_fault(HDT_INTERNAL, "odd: tensor 'out': its value uses something absent");
	op.define = define_bad_dtypes;
	cr_assert_null(try_build(&op, NULL, &x, 1));
	cr_assert_eq(strncmp(context->message, "odd: ", 5), 0, "%s", context->message);
}

/* ---- facts ------------------------------------------------------------------------------------------------------ */

Test(build, injective_means_no_reduction)
{
	cr_assert(task_is_injective(build(&op_relu, NULL, 1, input_of(HDT_F32, 1, 3))));
	cr_assert_not(task_is_injective(build(&op_softmax, NULL, 1, input_of(HDT_F32, 2, 3, 3))));
	cr_assert_not(task_is_injective(build(&op_argmax, NULL, 1, input_of(HDT_F32, 2, 3, 3))));
}

Test(build, operations_are_counted)
{
	const hdt_expr *n = hdt_symbol(context, "n", 1, 64);
	const hdt_task *t =
		build(&op_matmul, NULL, 2, input_over(HDT_F32, HDT_AT(n, hdt_int(context, 5))), input_of(HDT_F32, 2, 5, 7));
	cr_assert_eq(task_flops(t, &(bindings){&n, (const int64_t[]){3}, 1}), 2 * 3 * 7 * 5, "a multiply-add is two");
	cr_assert_eq(task_flops(t, NULL), -1, "the size is not known");
	cr_assert_eq(task_flops(build(&op_relu, NULL, 1, input_of(HDT_F32, 1, 10)), NULL), 10);
	cr_assert_eq(task_flops(build(&op_transpose, NULL, 1, input_of(HDT_F32, 2, 3, 4)), NULL), 0,
	             "index arithmetic is free");
	cr_assert_eq(task_flops(build(&op_cumsum, NULL, 1, input_of(HDT_F32, 1, 5)), NULL), 15, "1 + 2 + 3 + 4 + 5");
}

/* y = d * max(d, 0), where d = e + e and e is the sum over k of (x + x) * (x + x) */
static void define_shared(hdt_task *t)
{
	const hdt_tensor *x = hdt_input(t, 0);
	const hdt_expr *i = hdt_axis("i", x->shape[0]), *k = hdt_axis("k", x->shape[1]);
	const hdt_expr *twice = hdt_add(hdt_at(x, i, k), hdt_at(x, i, k));
	const hdt_expr *e = hdt_reduce(HDT_REDUCE_SUM, &k, 1, hdt_mul(twice, twice)), *d = hdt_add(e, e);
	hdt_output(t, hdt_compute(t, "y", HDT_AT(i), hdt_mul(d, hdt_max(d, hdt_like(d, 0)))));
}

Test(build, an_operation_used_twice_is_counted_once)
{
	const hdt_operator shared = OPERATOR("shared", "x", define_shared);
	cr_assert_eq(task_flops(build(&shared, NULL, 1, input_of(HDT_F32, 2, 3, 5)), NULL),
	             3 * (5 * (1 + 1 + 1) + 1 + 1 + 1));
}

static const hdt_inverse_map *inverse_of(const hdt_task *t, int input)
{
	for (int i = 0; i < t->inverse_count; i++)
		if (t->inverses[i].input == t->inputs[input])
			return &t->inverses[i];
	return NULL;
}

Test(build, inverse_maps_are_derived)
{
	const hdt_inverse_map *m = inverse_of(build(&op_transpose, NULL, 1, input_of(HDT_F32, 2, 2, 3)), 0);
	cr_assert_not_null(m);
	cr_assert(m->indices[0] == m->axes[1] && m->indices[1] == m->axes[0]);
	const hdt_task *add = build(&op_add, NULL, 2, input_of(HDT_F32, 2, 2, 3), input_of(HDT_F32, 1, 3));
	cr_assert_not_null(inverse_of(add, 0));
	cr_assert_null(inverse_of(add, 1), "an element that is broadcast lands in many places");
	cr_assert_null(inverse_of(build(&op_cumsum, NULL, 1, input_of(HDT_F32, 1, 3)), 0));
	cr_assert_null(inverse_of(build(&op_softmax, NULL, 1, input_of(HDT_F32, 2, 2, 3)), 0));
	const hdt_task *join = build(&op_join, NULL, 2, input_of(HDT_F32, 1, 2), input_of(HDT_F32, 1, 3));
	m = inverse_of(join, 1);
	cr_assert_not_null(m);
	cr_assert_eq(m->indices[0], hdt_add(m->axes[0], hdt_int(context, 2)));
}

Test(build, inverse_maps_see_through_intermediate_tensors)
{
	const hdt_task *t = parse_text("task @chain(x: f32[4, 6]) -> (y) {\n"
	                               "  a[i < 4, j < 6] = exp(x[i, j])\n"
	                               "  y[j < 6, i < 4] = a[i, j] * a[i, j]\n"
	                               "}");
	cr_assert_not_null(t, "%s", context->message);
	const hdt_inverse_map *m = inverse_of(t, 0);
	cr_assert_not_null(m);
	cr_assert(m->indices[0] == m->axes[1] && m->indices[1] == m->axes[0]);
}

Test(build, tensors_that_no_output_needs_are_dropped)
{
	const hdt_task *t =
		parse_text("task @dead(x: f32[4]) -> (y) { a[i < 4] = x[i] + 1.0 b[i < 4] = a[i] y[i < 4] = x[i] * 2.0 }");
	cr_assert_not_null(t, "%s", context->message);
	cr_assert_eq(t->tensor_count, 1);
}

Test(build, alias_of_a_reshape_holds)
{
	const hdt_expr *shape[] = {hdt_int(context, 4), hdt_int(context, 6)}, *n = hdt_symbol(context, "n", 1, 50);
	const hdt_task *t = build(&op_reshape, WITH(hdt_dims_value("shape", shape, 2)), 1, input_of(HDT_F32, 3, 2, 3, 4));
	cr_assert_eq(t->aliases[0], 0);
	shape[0] = hdt_int(context, 2), shape[1] = hdt_mul(n, hdt_int(context, 6));
	t = build(&op_reshape, WITH(hdt_dims_value("shape", shape, 2)), 1,
	          input_over(HDT_F32, HDT_AT(n, hdt_int(context, 3), hdt_int(context, 4))));
	cr_assert_eq(t->aliases[0], 0);
	cr_assert_eq(t->assertion_count, 0);
}

/* ---- sizes ------------------------------------------------------------------------------------------------------- */

static const hdt_attribute op_huge_attributes[] = {{"size", HDT_ATTRIBUTE_DIMS, NULL, ""}, {0}};

/* The first element of x, over a shape of size * 4. */
static void define_huge(hdt_task *t)
{
	const hdt_tensor *x = hdt_input(t, 0);
	hdt_list size = hdt_get_dims(t, "size");
	const hdt_expr *axes[HDT_MAX_RANK + 1];
	for (int d = 0; d < size.count && d <= HDT_MAX_RANK; d++)
		axes[d] = hdt_axis("i", hdt_mul(size.items[d], hdt_int(t->context, 4)));
	hdt_output(t, hdt_compute(t, "y", (hdt_list){axes, size.count}, hdt_at(x, hdt_int(t->context, 0))));
}
static const hdt_operator op_huge = {
	.size = sizeof op_huge, .name = "huge", .inputs = "x", .define = define_huge, .attributes = op_huge_attributes};

Test(build, sizes_that_an_operator_makes_are_refused_at_the_tensor)
{
	static const struct {
		const char *sizes, *fault;
	} rows[] = {
		{"[-1]", "huge: tensor 'y': dimension 0, -4, is negative"},
		{"[70368744177664]", NULL},
		{"[70368744177665]", "dimension 0, 281474976710660, is too large: at most 2^48"},
		{"[4611686018427387904]", "dimension 0 is computed with numbers that are too large"},
		{"[1, 2305843009213693952]", "dimension 1 is computed with numbers that are too large"},
		{"[16777216, 67108864]", NULL},
		{"[16777216, 67108864, 1024]", "at most 2^62 bytes"},
		{"[16777216, 0, 67108864, 1024]", "at most 2^62 bytes"},
		{"[1, 1, 1, 1, 1, 1, 1, 1, 1]", "rank 9"},
	};
	for (size_t i = 0; i < sizeof rows / sizeof *rows; i++) {
		tear_down();
		set_up();
		parser p;
		hdt_attribute_value sizes = {0};
		parser_init(&p, context, "sizes", rows[i].sizes);
		cr_assert(parse_attribute(&p, &sizes));
		sizes.name = "size";
		task_input x = input_of(HDT_F32, 1, 3);
		const hdt_task *t = try_build(&op_huge, WITH(sizes), &x, 1);
		cr_expect_eq(t == NULL, rows[i].fault != NULL, "%s: %s", rows[i].sizes, context->message);
		if (rows[i].fault)
			expect_fault(HDT_BAD_MODEL, rows[i].fault);
	}
}

Test(build, inputs_of_impossible_sizes_are_refused)
{
	static const int64_t huge[] = {INT64_MAX, INT64_MIN, -1, (INT64_C(1) << 48) + 1};
	for (size_t i = 0; i < sizeof huge / sizeof *huge; i++) {
		tear_down();
		set_up();
		task_input x = input_over(HDT_F32, HDT_AT(hdt_int(context, 1), hdt_int(context, huge[i])));
		cr_expect_null(try_build(&op_relu, NULL, &x, 1));
		expect_fault(HDT_BAD_MODEL, "input 'x': dimension 1");
	}
}

/* ---- memory ----------------------------------------------------------------------------------------------------- */

/* Whatever allocation fails, the answer is a status. */
Test(build, running_out_of_memory_anywhere_is_a_status)
{
	bool done = false;
	for (long n = 0; !done; n++) {
		tear_down();
		set_up();
		task_input x = input_of(HDT_F32, 3, 2, 3, 4);
		const hdt_expr *shape[] = {hdt_int(context, 4), hdt_int(context, 6)};
		context->arena.fail_after = n;
		const hdt_task *t = try_build(&op_reshape, WITH(hdt_dims_value("shape", shape, 2)), &x, 1);
		done = t != NULL;
		cr_assert(done || hdt_context_status(context) == HDT_OUT_OF_MEMORY, "allocation %ld: %s", n, context->message);
		cr_assert(!done || n > 20, "nothing failed");
	}
}

Test(build, reading_text_out_of_memory_is_a_status)
{
	bool done = false;
	for (long n = 0; !done; n++) {
		tear_down();
		set_up();
		context->arena.fail_after = n;
		done = parse_text("task @a(x: f32[n, 4], b: f32[4]) -> (y) where n in 1..8 {\n"
		                  "  require n % 2 == 0 \"even\"\n"
		                  "  s[i < n] = sum(k < 4) b[k] * b[i % 4]\n"
		                  "  y[i < n, i_1 < 4] = x[i, i_1] / s[i]\n"
		                  "  inverse x[a, b] -> y[a, b]\n"
		                  "}") != NULL;
		cr_assert(done || hdt_context_status(context) == HDT_OUT_OF_MEMORY, "allocation %ld: %s", n, context->message);
		cr_assert(!done || n > 20, "nothing failed");
	}
}
