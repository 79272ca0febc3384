/* Tests of compositions: several tasks as one. */
#include "task/compose.h"

#include "fixture.h"
#include "task/rows.h"

TestSuite(compose, .init = set_up, .fini = tear_down);

/* Names of values: any pointers will do. */
static const char x[] = "x", w[] = "w", y[] = "y", z[] = "z", u[] = "u";

static const hdt_task *finish(const task_member *members, int count, const void *const *needed, int needed_count)
{
	composition c;
	const void *const *inputs;
	cr_assert(compose(&c, context, members, count, needed, needed_count), "%s", hdt_context_message(context));
	const hdt_task *task = compose_finish(&c, "joined", needed, needed_count, &inputs);
	cr_assert_not_null(task, "%s", hdt_context_message(context));
	return task;
}

#define MEMBER(its_task, its_output, ...)                                                                  \
	{                                                                                                      \
		.task = (its_task), .inputs = (const void *const[]){__VA_ARGS__}, .outputs = (const void *const[]) \
		{                                                                                                  \
			its_output                                                                                     \
		}                                                                                                  \
	}

static const hdt_task *matmul_task(void)
{
	return build(&op_matmul, NULL, 2, input_of(HDT_F32, 2, 3, 4), input_of(HDT_F32, 2, 4, 5));
}

Test(compose, what_follows_a_reduction_in_place_takes_it_in)
{
	task_member members[] = {MEMBER(matmul_task(), y, x, w),
	                         MEMBER(build(&op_relu, NULL, 1, input_of(HDT_F32, 2, 3, 5)), z, y)};
	const hdt_task *t = finish(members, 2, (const void *const[]){z}, 1);
	cr_assert_eq(t->tensor_count, 1, "%s", text_of(t));
	cr_assert_eq(t->input_count, 2);
	float a[12], b[20], got[15], product[15];
	for (int i = 0; i < 12; i++)
		a[i] = (float)(i % 5) - 2;
	for (int i = 0; i < 20; i++)
		b[i] = (float)(i % 7) - 3;
	run(t, NULL, got, 2, a, b);
	run(members[0].task, NULL, product, 2, a, b);
	for (int i = 0; i < 15; i++)
		product[i] = product[i] > 0 ? product[i] : 0;
	expect_floats(got, product, 15);
}

Test(compose, a_result_that_others_need_stays_a_tensor)
{
	task_member members[] = {MEMBER(matmul_task(), y, x, w),
	                         MEMBER(build(&op_relu, NULL, 1, input_of(HDT_F32, 2, 3, 5)), z, y)};
	const hdt_task *t = finish(members, 2, ((const void *const[]){y, z}), 2);
	cr_assert_eq(t->tensor_count, 2, "%s", text_of(t));
	cr_assert_eq(t->output_count, 2);
	cr_assert_eq(t->outputs[0], t->tensors[0], "outputs come in the order asked for");
}

Test(compose, a_reduction_is_not_written_into_another_one)
{
	task_member members[] = {MEMBER(matmul_task(), y, x, w),
	                         MEMBER(build(&op_softmax, NULL, 1, input_of(HDT_F32, 2, 3, 5)), z, y)};
	composition c;
	cr_assert(compose(&c, context, members, 2, (const void *const[]){z}, 1));
	tensor_reads r = compose_reads(&c, c.tensors.items[0].tensor);
	cr_assert_not(c.tensors.items[0].gone, "the product would be done again for every element of the row");
	cr_assert(r.reduced);
}

Test(compose, what_is_read_twice_at_the_same_place_is_computed_once)
{
	const hdt_task *add = build(&op_add, NULL, 2, input_of(HDT_F32, 2, 3, 5), input_of(HDT_F32, 2, 3, 5));
	task_member members[] = {MEMBER(matmul_task(), y, x, w),
	                         MEMBER(build(&op_relu, NULL, 1, input_of(HDT_F32, 2, 3, 5)), z, y), MEMBER(add, u, y, z)};
	const hdt_task *t = finish(members, 3, (const void *const[]){u}, 1);
	cr_assert_eq(t->tensor_count, 1, "%s", text_of(t));
}

Test(compose, the_same_task_may_come_twice)
{
	const hdt_task *relu = build(&op_relu, NULL, 1, input_of(HDT_F32, 2, 3, 5));
	task_member members[] = {MEMBER(relu, y, x), MEMBER(relu, z, y)};
	const hdt_task *t = finish(members, 2, ((const void *const[]){y, z}), 2);
	cr_assert_eq(t->input_count, 1);
	cr_assert_str_neq(t->tensors[0]->name, t->tensors[1]->name);
}

Test(compose, a_value_read_by_two_members_is_one_input)
{
	const hdt_task *relu = build(&op_relu, NULL, 1, input_of(HDT_F32, 2, 3, 5));
	const hdt_task *add = build(&op_add, NULL, 2, input_of(HDT_F32, 2, 3, 5), input_of(HDT_F32, 2, 3, 5));
	task_member members[] = {MEMBER(relu, y, x), MEMBER(add, z, x, y)};
	cr_assert_eq(finish(members, 2, (const void *const[]){z}, 1)->input_count, 1);
}

Test(compose, a_known_number_is_no_input)
{
	const hdt_task *add = build(&op_add, NULL, 2, input_of(HDT_F32, 2, 3, 5), input_of(HDT_F32, 0));
	const hdt_expr *numbers[] = {NULL, hdt_number(context, HDT_F32, 2.5)};
	task_member member = MEMBER(add, y, x, w);
	member.numbers = numbers;
	const hdt_task *t = finish(&member, 1, (const void *const[]){y}, 1);
	float in[15] = {1}, got[15];
	cr_assert_eq(t->input_count, 1);
	run(t, NULL, got, 1, in);
	cr_assert_float_eq(got[0], 3.5, 0);
}

Test(compose, rows_are_what_every_tensor_has_in_common)
{
	task_member softmax = MEMBER(build(&op_softmax, NULL, 1, input_of(HDT_F32, 2, 300, 5)), y, x);
	composition c;
	cr_assert(compose(&c, context, &softmax, 1, (const void *const[]){y}, 1));
	row_facts f = compose_rows(&c);
	cr_assert_eq(f.rows, 1);
	cr_assert_eq(f.count, 300);
	cr_assert_not(compose_is_heavy(&c));
}

Test(compose, a_product_is_heavy_and_has_no_rows_of_its_own)
{
	task_member product =
		MEMBER(build(&op_matmul, NULL, 2, input_of(HDT_F32, 2, 64, 64), input_of(HDT_F32, 2, 64, 64)), y, x, w);
	composition c;
	cr_assert(compose(&c, context, &product, 1, (const void *const[]){y}, 1));
	cr_assert(compose_is_heavy(&c));
	cr_assert_eq(compose_rows(&c).rows, 0, "all rows read the second operand");
}

/* y = relu(x), z = y @ w, u = z + y: its parts are put in front one by one. */
Test(compose, a_draft_that_grows_is_what_all_members_are_at_once)
{
	const void *const needed[] = {u}, *const * inputs;
	const hdt_task *add = build(&op_add, NULL, 2, input_of(HDT_F32, 2, 3, 5), input_of(HDT_F32, 2, 3, 5));
	const hdt_task *relu = build(&op_relu, NULL, 1, input_of(HDT_F32, 2, 3, 5));
	task_member members[] = {MEMBER(relu, y, x), MEMBER(relu, z, y), MEMBER(add, u, z, w)};
	composition first, second, third, c;
	cr_assert(compose_draft(&first, context, members + 2, 1, needed, 1));
	cr_assert(compose_before(&first, members + 1, 1, NULL, &second));
	cr_assert(compose_before(&second, members, 1, NULL, &third) && compose_settle(&third, &c));
	const hdt_task *grown = compose_finish(&c, "joined", needed, 1, &inputs);
	cr_assert_eq(grown->tensor_count, 1);
	float a[15], b[15], got[15], want[15];
	for (int i = 0; i < 15; i++) {
		a[i] = (float)(i % 5) - 2;
		b[i] = (float)i;
		want[i] = (a[i] > 0 ? a[i] : 0) + b[i];
	}
	run(grown, NULL, got, 2, inputs[0] == x ? a : b, inputs[0] == x ? b : a);
	expect_floats(got, want, 15);
	/* the drafts before are what they were */
	cr_assert(compose_settle(&first, &c));
	cr_assert_eq(c.inputs.count, 2);
	cr_assert_eq(compose_finish(&c, "joined", needed, 1, &inputs)->input_count, 2);
	cr_assert(compose_before(&first, members + 1, 1, z, &second) && compose_settle(&second, &c));
	cr_assert_eq(c.tensors.count, 2); /* one more output */
}

Test(compose, what_reads_the_draft_does_not_come_before_it)
{
	const void *const needed[] = {y};
	const hdt_task *relu = build(&op_relu, NULL, 1, input_of(HDT_F32, 2, 3, 5));
	task_member members[] = {MEMBER(relu, y, x), MEMBER(relu, z, y)};
	composition draft, more;
	cr_assert(compose_draft(&draft, context, members, 1, needed, 1));
	cr_assert_not(compose_before(&draft, members + 1, 1, NULL, &more));
	cr_assert_eq(hdt_context_status(context), HDT_OK);
}
