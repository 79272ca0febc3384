/* fixture.c: operators made by hand, each using another part of what `define` may call. */
#include "fixture.h"
#include <math.h>
#include <stdarg.h>
#include <string.h>

hdt_context *context;

void set_up(void)
{
	context = context_new(NULL);
	cr_assert_not_null(context);
}

void tear_down(void)
{
	context_free(context);
	context = NULL;
}

/* ---- operators -------------------------------------------------------------------------------------------------- */

static void define_softmax(hdt_task *t)
{
	const hdt_tensor *x = hdt_input(t, 0);
	hdt_get_axis(t, "axis", 2);
	hdt_list all = hdt_axes(t, hdt_shape(x));
	if (!all.items)
		return;
	const hdt_expr *i = all.items[0], *j = all.items[1], *k = hdt_axis("k", x->shape[1]);
	const hdt_tensor *m = hdt_compute(t, "m", HDT_AT(i), hdt_reduce(HDT_REDUCE_MAX, &k, 1, hdt_at(x, i, k)));
	const hdt_expr *e = hdt_unary(HDT_OP_EXP, hdt_sub(hdt_at(x, i, j), hdt_at(m, i)));
	const hdt_tensor *shifted = hdt_compute(t, "e", HDT_AT(i, j), e);
	const hdt_tensor *s = hdt_compute(t, "s", HDT_AT(i), hdt_sum(k, hdt_at(shifted, i, k)));
	hdt_output(t, hdt_compute(t, "y", HDT_AT(i, j), hdt_div(hdt_at(shifted, i, j), hdt_at(s, i))));
}
static const hdt_attribute softmax_attributes[] = {{"axis", HDT_ATTRIBUTE_INT, "-1", ""}, {0}};
const hdt_operator op_softmax = {.size = sizeof(hdt_operator),
                                 .name = "softmax",
                                 .inputs = "x",
                                 .attributes = softmax_attributes,
                                 .define = define_softmax};

static void define_matmul(hdt_task *t)
{
	const hdt_tensor *a = hdt_input(t, 0), *b = hdt_input(t, 1);
	if (!a || !b)
		return;
	hdt_require(t, hdt_equal(a->shape[1], b->shape[0]), "the inner sizes %s and %s differ", hdt_expr_text(a->shape[1]),
	            hdt_expr_text(b->shape[0]));
	const hdt_expr *i = hdt_axis("i", a->shape[0]), *j = hdt_axis("j", b->shape[1]), *k = hdt_axis("k", a->shape[1]);
	hdt_output(t, hdt_compute(t, "y", HDT_AT(i, j), hdt_sum(k, hdt_mul(hdt_at(a, i, k), hdt_at(b, k, j)))));
}
const hdt_operator op_matmul = OPERATOR("matmul", "a, b", define_matmul);

static void define_argmax(hdt_task *t)
{
	const hdt_tensor *x = hdt_input(t, 0);
	if (!x)
		return;
	const hdt_expr *i = hdt_axis("i", x->shape[0]), *k = hdt_axis("k", x->shape[1]);
	hdt_output(t, hdt_compute(t, "y", HDT_AT(i), hdt_arg_reduce(HDT_REDUCE_MAX, k, hdt_at(x, i, k))));
}
const hdt_operator op_argmax = OPERATOR("argmax", "x", define_argmax);

static void define_relu(hdt_task *t)
{
	const hdt_expr *x = hdt_element(t, 0);
	hdt_output_elements(t, hdt_max(x, hdt_like(x, 0)));
}
const hdt_operator op_relu = OPERATOR("relu", "x", define_relu);

static void define_add(hdt_task *t)
{
	hdt_output_elements(t, hdt_add(hdt_element(t, 0), hdt_element(t, 1)));
}
const hdt_operator op_add = OPERATOR("add", "x, y", define_add);

/* One behind the other, along the only axis. */
static void define_join(hdt_task *t)
{
	const hdt_expr *end = hdt_int(t->context, 0), *value = NULL;
	for (int n = 0; n < hdt_input_count(t); n++)
		end = hdt_add(end, hdt_input(t, n)->shape[0]);
	const hdt_expr *i = hdt_axis("i", end);
	for (int n = hdt_input_count(t) - 1; n >= 0; n--) {
		const hdt_tensor *x = hdt_input(t, n);
		const hdt_expr *begin = hdt_sub(end, x->shape[0]), *element = hdt_at(x, hdt_sub(i, begin));
		value = value ? hdt_select(hdt_less(i, end), element, value) : element;
		end = begin;
	}
	hdt_output(t, hdt_compute(t, "y", HDT_AT(i), value));
}
const hdt_operator op_join = OPERATOR("join", "xs...", define_join);

static void define_gather(hdt_task *t)
{
	const hdt_tensor *x = hdt_input(t, 0), *at = hdt_input(t, 1);
	if (!x || !at)
		return;
	const hdt_expr *i = hdt_axis("i", at->shape[0]);
	const hdt_expr *index = hdt_bounded(hdt_cast(hdt_at(at, i), HDT_I64), x->shape[0]);
	hdt_output(t, hdt_compute(t, "y", HDT_AT(i), hdt_at(x, index)));
}
const hdt_operator op_gather = OPERATOR("gather", "x, index", define_gather);

static void define_cumsum(hdt_task *t)
{
	const hdt_tensor *x = hdt_input(t, 0);
	if (!x)
		return;
	const hdt_expr *i = hdt_axis("i", x->shape[0]), *k = hdt_axis("k", hdt_add(i, hdt_int(t->context, 1)));
	hdt_output(t, hdt_compute(t, "y", HDT_AT(i), hdt_sum(k, hdt_at(x, k))));
}
const hdt_operator op_cumsum = OPERATOR("cumsum", "x", define_cumsum);

static void define_transpose(hdt_task *t)
{
	const hdt_tensor *x = hdt_input(t, 0);
	if (!x)
		return;
	const hdt_expr *i = hdt_axis("i", x->shape[1]), *j = hdt_axis("j", x->shape[0]);
	hdt_output(t, hdt_compute(t, "y", HDT_AT(i, j), hdt_at(x, j, i)));
}
const hdt_operator op_transpose = OPERATOR("transpose", "x", define_transpose);

static void define_reshape(hdt_task *t)
{
	const hdt_tensor *x = hdt_input(t, 0);
	hdt_list shape = hdt_get_dims(t, "shape");
	if (!x)
		return;
	hdt_require(t, hdt_equal(hdt_product(t->context, hdt_shape(x)), hdt_product(t->context, shape)),
	            "the number of elements changes");
	hdt_list at = hdt_axes(t, shape), from = hdt_axes(t, hdt_shape(x));
	hdt_list back = hdt_unflatten(t->context, hdt_shape(x), hdt_flatten(t->context, shape, at));
	hdt_output(t, hdt_compute(t, "y", at, hdt_at_list(x, back)));
	hdt_declare_alias(t, 0, 0);
	hdt_declare_inverse(t, x, 0, from, hdt_unflatten(t->context, shape, hdt_flatten(t->context, hdt_shape(x), from)));
}
static const hdt_attribute reshape_attributes[] = {{"shape", HDT_ATTRIBUTE_DIMS, NULL, ""}, {0}};
const hdt_operator op_reshape = {.size = sizeof(hdt_operator),
                                 .name = "reshape",
                                 .inputs = "x",
                                 .attributes = reshape_attributes,
                                 .define = define_reshape};

static void define_mean16(hdt_task *t)
{
	const hdt_tensor *x = hdt_input(t, 0);
	if (!x)
		return;
	const hdt_expr *k = hdt_axis("k", x->shape[0]);
	hdt_output(t, hdt_compute(t, "y", HDT_SCALAR, hdt_reduce(HDT_REDUCE_AVG, &k, 1, hdt_at(x, k))));
}
const hdt_operator op_mean16 = OPERATOR("mean16", "x", define_mean16);

/* An attribute of each kind, and an optional input. */
static void define_scale(hdt_task *t)
{
	const hdt_expr *x = hdt_element(t, 0), *factor = hdt_like(x, hdt_get_float(t, "factor"));
	if (hdt_has(t, "extra"))
		factor = hdt_mul(factor, hdt_like(x, (double)hdt_get_int(t, "extra")));
	if (hdt_get_bool(t, "negate"))
		factor = hdt_neg(factor);
	x = hdt_mul(x, factor);
	if (hdt_input(t, 1))
		x = hdt_add(x, hdt_element(t, 1));
	if (hdt_get_dtype(t, "dtype") != HDT_DTYPE_NONE)
		x = hdt_cast(x, hdt_get_dtype(t, "dtype"));
	if (!strcmp(hdt_get_string(t, "mode"), "reject"))
		hdt_reject(t, "mode %s is not for %d axes", hdt_get_string(t, "mode"), hdt_get_dims(t, "axes").count);
	hdt_output_elements(t, x);
}
static const hdt_attribute scale_attributes[] = {{"factor", HDT_ATTRIBUTE_FLOAT, NULL, ""},
                                                 {"extra", HDT_ATTRIBUTE_INT, "none", ""},
                                                 {"negate", HDT_ATTRIBUTE_BOOL, "false", ""},
                                                 {"dtype", HDT_ATTRIBUTE_DTYPE, "none", ""},
                                                 {"mode", HDT_ATTRIBUTE_STRING, "\"plain\"", ""},
                                                 {"axes", HDT_ATTRIBUTE_DIMS, "[1, 2]", ""},
                                                 {0}};
const hdt_operator op_scale = {.size = sizeof(hdt_operator),
                               .name = "scale",
                               .inputs = "x, bias?",
                               .attributes = scale_attributes,
                               .define = define_scale};

/* ---- building and running --------------------------------------------------------------------------------------- */

task_input input_over(hdt_dtype dtype, hdt_list shape)
{
	return (task_input){.present = true, .dtype = dtype, .shape = shape};
}

task_input input_of(hdt_dtype dtype, int rank, ...)
{
	const hdt_expr **dims = hdt_allocate(context, (size_t)rank * sizeof *dims);
	va_list args;
	va_start(args, rank);
	for (int d = 0; d < rank; d++)
		dims[d] = hdt_int(context, va_arg(args, int));
	va_end(args);
	return input_over(dtype, (hdt_list){dims, rank});
}

const hdt_task *try_build(const hdt_operator *op, const hdt_attribute_value *attributes, const task_input *inputs,
                          int count)
{
	const hdt_attribute_value *complete = attributes_complete(context, op, attributes);
	return complete ? task_build(context, op, inputs, count, complete) : NULL;
}

const hdt_task *build(const hdt_operator *op, const hdt_attribute_value *attributes, int count, ...)
{
	task_input inputs[8];
	va_list args;
	va_start(args, count);
	for (int i = 0; i < count; i++)
		inputs[i] = va_arg(args, task_input);
	va_end(args);
	const hdt_task *task = try_build(op, attributes, inputs, count);
	cr_assert_not_null(task, "%s", context->message);
	return task;
}

const char *text_of(const hdt_task *task)
{
	text t = {0};
	task_print(&t, task);
	const char *finished = text_finish(&t, context);
	cr_assert_not_null(finished);
	return finished;
}

const hdt_task *parse_text(const char *source)
{
	parser p;
	parser_init(&p, context, "test", source);
	const hdt_task *task = task_parse(&p);
	cr_assert(!task || p.now.kind == TOKEN_END);
	return task;
}

const char *round_trip(const hdt_task *task)
{
	const char *first = text_of(task);
	const hdt_task *again = parse_text(first);
	cr_assert_not_null(again, "%s\n%s", first, context->message);
	cr_assert_str_eq(text_of(again), first);
	return first;
}

void run(const hdt_task *task, const bindings *b, void *output, int count, ...)
{
	const void *inputs[8];
	va_list args;
	va_start(args, count);
	for (int i = 0; i < count; i++)
		inputs[i] = va_arg(args, const void *);
	va_end(args);
	cr_assert_eq(task_evaluate(task, b, inputs, &output), HDT_OK, "%s", context->message);
}

void expect_floats(const float *got, const float *want, int count)
{
	for (int i = 0; i < count; i++)
		cr_assert(fabsf(got[i] - want[i]) <= 1e-6f + 1e-6f * fabsf(want[i]) || (isnan(got[i]) && isnan(want[i])) ||
		              got[i] == want[i],
		          "element %d is %g, not %g", i, (double)got[i], (double)want[i]);
}

void expect_fault(hdt_status status, const char *part)
{
	cr_assert_eq(context->status, status, "status %d: %s", (int)context->status, context->message);
	cr_assert_not_null(strstr(context->message, part), "no '%s' in: %s", part, context->message);
	context_clear_fault(context);
}
