/* Calls of a framework mapped to operators: signatures, kinds, weak scalars, the expression language. */
#include "operators.h"
#include <hidet/mapping.h>

static hdt_status map_by_function(hdt_call *call)
{
	hdt_value *x = hdt_call_value(call, "self");
	hdt_list dims = hdt_call_dims(call, "dims");
	hdt_value *const *list = NULL;
	cr_assert_eq(hdt_call_values(call, "tensors", &list), 2);
	cr_assert_eq(dims.count, 1);
	cr_assert(!hdt_call_has(call, "other"));
	cr_assert_eq(hdt_call_dtype(call, "dtype"), HDT_DTYPE_NONE);
	cr_assert_str_eq(hdt_call_string(call, "mode"), "floor");
	cr_assert_eq(hdt_call_int(call, "k"), 7);
	cr_assert(hdt_call_bool(call, "keep"));
	cr_assert_float_eq(hdt_call_float(call, "alpha"), 0.5, 0);
	cr_assert(hdt_call_is_float(call, "alpha"));
	hdt_call_return(call, hdt_apply(hdt_call_graph(call), "ramp", HDT_VALUES(x), NULL));
	hdt_call_return_list(call, list, 2);
	hdt_call_return_dim(call, hdt_call_dim(call, "k"));
	return HDT_OK;
}

static hdt_status map_operands(hdt_call *call)
{
	hdt_value *x = hdt_call_value(call, "self"), *y = hdt_call_operand(call, "other", x);
	hdt_call_return(call, hdt_apply(hdt_call_graph(call), "plus", HDT_VALUES(x, y), NULL));
	return HDT_OK;
}

static hdt_status fail_silently(hdt_call *call)
{
	(void)call;
	return HDT_UNSUPPORTED;
}

static const hdt_mapping mappings[] = {
	{"add", "self, other, *, alpha=1", "plus(self, times(other, alpha))", NULL},
	{"rsub", "self, other", "minus(other, self)", NULL},
	{"cat", "tensors, dim=0", "total(tensors)", NULL},
	{"scaled", "self, factor=3, bias=none, note=\"hi\"", "scale(self, bias, factor=factor, note=note)", NULL},
	{"both", "self", "both(self)", NULL},
	{"pair", "self", "[ramp(self), flip_sign(self)]", NULL},
	{"to", "self, dtype", "as(self, dtype=dtype)", NULL},
	{"fill", "size, value=1", "filled(shape=size, value=value)", NULL},
	{"ones", "self, n", "filled(shape=[n, 2, 3])", NULL},
	{"broken", "self", "ramp(self, ", NULL},
	{"unknown", "self", "ramp(it)", NULL},
	{"function", "self, dims, tensors, other=none, dtype=none, mode=\"floor\", k=7, keep=true, alpha=0.5", NULL,
     map_by_function},
	{"operands", "self, other", NULL, map_operands},
	{"silent", "self", NULL, fail_silently},
	{0},
};
static const hdt_mapping_set set = {.size = sizeof(hdt_mapping_set), .framework = "frame", .mappings = mappings};
static void add_mappings(registry_stage *stage)
{
	registry_stage_add(stage, REGISTRY_MAPPING_SET, "frame", &set);
}

static hdt_registry *registry;
static hdt_context *c;
static hdt_graph *g;
static void setup(void)
{
	registry = make_registry(add_mappings);
	c = context_new(registry);
	g = hdt_graph_new(c, "g");
}
static void teardown(void)
{
	context_free(c);
	registry_free(registry);
}
TestSuite(call, .init = setup, .fini = teardown);

static hdt_argument value(hdt_value *v)
{
	return (hdt_argument){.kind = HDT_ARGUMENT_VALUE, .value = v};
}
static hdt_argument integer(int64_t n)
{
	return (hdt_argument){.kind = HDT_ARGUMENT_DIM, .dim = hdt_int(c, n)};
}
static hdt_argument real(double x)
{
	return (hdt_argument){.kind = HDT_ARGUMENT_FLOAT, .real = x};
}
static hdt_argument named(const char *name, hdt_argument a)
{
	a.name = name;
	return a;
}

static hdt_value *input(hdt_dtype dtype)
{
	return hdt_graph_input(g, "x", dtype, HDT_AT(hdt_int(c, 4)));
}

static const hdt_argument *map(const char *name, const hdt_argument *arguments, int count, int *results)
{
	const hdt_argument *out = NULL;
	const hdt_mapping *m = hdt_find_mapping(c, "frame", name);
	cr_assert_not_null(m);
	hdt_map_call(g, m, arguments, count, &out, results);
	return out;
}

static hdt_value *map_one(const char *name, const hdt_argument *arguments, int count)
{
	int results = 0;
	const hdt_argument *out = map(name, arguments, count, &results);
	cr_assert_eq(hdt_context_status(c), HDT_OK, "%s", c->message);
	cr_assert_eq(results, 1);
	cr_assert_eq(out[0].kind, HDT_ARGUMENT_VALUE);
	return out[0].value;
}

Test(call, mapping_is_found_by_framework_and_name)
{
	cr_assert_not_null(hdt_find_mapping(c, "frame", "add"));
	cr_assert_null(hdt_find_mapping(c, "other", "add"));
	cr_assert_null(hdt_find_mapping(c, "frame", "mul"));
}

Test(call, numbers_beside_tensors_are_weak)
{
	static const struct {
		hdt_dtype tensor;
		bool is_float;
		hdt_dtype result;
	} cases[] = {{HDT_F16, false, HDT_F16},  {HDT_F16, true, HDT_F16}, {HDT_I32, false, HDT_I32},
	             {HDT_I32, true, HDT_F32},   {HDT_U8, false, HDT_U8},  {HDT_F64, true, HDT_F64},
	             {HDT_BOOL, false, HDT_I64}, {HDT_BOOL, true, HDT_F32}};
	for (size_t i = 0; i < sizeof cases / sizeof *cases; i++) {
		hdt_value *x = hdt_graph_input(g, NULL, cases[i].tensor, HDT_SCALAR);
		const hdt_argument arguments[] = {value(x), cases[i].is_float ? real(1.5) : integer(3)};
		cr_assert_eq(map_one("rsub", arguments, 2)->dtype, cases[i].result, "case %zu", i);
	}
}

Test(call, number_before_the_tensor_is_weak_too_and_order_is_kept)
{
	hdt_value *x = input(HDT_F32);
	const hdt_argument arguments[] = {integer(1), value(x)};
	hdt_value *y = map_one("rsub", arguments, 2);
	cr_assert_eq(y->producer->inputs[0], x);
	cr_assert_not_null(y->producer->inputs[1]->constant);
	cr_assert_eq(*(const float *)y->producer->inputs[1]->constant->data, 1.0f);
}

Test(call, nested_calls_and_named_arguments)
{
	hdt_value *x = input(HDT_F32);
	const hdt_argument arguments[] = {value(x), value(x), named("alpha", real(0.5))};
	hdt_graph_output(g, NULL, map_one("add", arguments, 3));
	expect_graph(g, "graph @g(%x: f32[4]) {\n  %c0 = const f32[] 0.5\n  %0 = times(%x, %c0)\n  %1 = plus(%x, %0)\n  "
	                "return %1\n}\n");
}

Test(call, attributes_take_arguments_by_kind_and_none_leaves_an_input_out)
{
	const hdt_argument arguments[] = {value(input(HDT_F32)), integer(4)};
	hdt_value *y = map_one("scaled", arguments, 2);
	cr_assert_eq(y->producer->input_count, 1);
	cr_assert_float_eq(hdt_node_attribute(y->producer, "factor")->real, 4, 0);
	cr_assert_str_eq(hdt_node_attribute(y->producer, "note")->string, "hi");
}

Test(call, list_of_tensors_spreads_over_the_inputs)
{
	hdt_value *x = input(HDT_F32);
	hdt_value *const list[] = {x, x, x};
	const hdt_argument arguments[] = {{.kind = HDT_ARGUMENT_VALUES, .values = list, .count = 3}, integer(0)};
	cr_assert_eq(map_one("cat", arguments, 2)->producer->input_count, 3);
}

Test(call, several_outputs_are_several_results_and_a_list_is_one)
{
	int count = 0;
	const hdt_argument arguments[] = {value(input(HDT_F32))};
	cr_assert_not_null(map("both", arguments, 1, &count), "%s", c->message);
	cr_assert_eq(count, 2);
	const hdt_argument *list = map("pair", arguments, 1, &count);
	cr_assert_eq(count, 1, "%s", c->message);
	cr_assert_eq(list[0].kind, HDT_ARGUMENT_VALUES);
	cr_assert_eq(list[0].count, 2);
}

Test(call, dtypes_and_symbolic_sizes_reach_attributes)
{
	const hdt_argument to[] = {value(input(HDT_F32)), {.kind = HDT_ARGUMENT_DTYPE, .dtype = HDT_I8}};
	cr_assert_eq(map_one("to", to, 2)->dtype, HDT_I8);
	const hdt_expr *n = hdt_symbol(c, "n", 1, 9);
	hdt_graph_input(g, "s", HDT_F32, HDT_AT(n));
	const hdt_argument ones[] = {to[0], {.kind = HDT_ARGUMENT_DIM, .dim = n}};
	cr_assert_eq(map_one("ones", ones, 2)->shape[0], n);
	const hdt_argument fill[] = {{.kind = HDT_ARGUMENT_DIMS, .dims = HDT_AT(n, n)}};
	cr_assert_eq(map_one("fill", fill, 1)->rank, 2);
}

Test(call, rank_zero_constant_does_not_promote_within_its_category)
{
	hdt_value *x = input(HDT_F16);
	const hdt_argument half[] = {value(x), value(hdt_graph_number(g, HDT_F64, 0.5))};
	cr_assert_eq(map_one("operands", half, 2)->dtype, HDT_F16);
	const hdt_argument counts[] = {value(input(HDT_I32)), value(hdt_graph_number(g, HDT_F64, 0.5))};
	cr_assert_eq(map_one("operands", counts, 2)->dtype, HDT_F64, "a higher category does promote");
	/* an expression leaves tensors as they are */
	cr_assert_eq(map_one("rsub", half, 2)->dtype, HDT_F64);
}

Test(call, functions_read_arguments_of_every_kind)
{
	hdt_value *x = input(HDT_F32);
	hdt_value *const list[] = {x, NULL};
	const hdt_argument arguments[] = {value(x), integer(3), {.kind = HDT_ARGUMENT_VALUES, .values = list, .count = 2}};
	int count = 0;
	const hdt_argument *out = map("function", arguments, 3, &count);
	cr_assert_eq(count, 3, "%s", c->message);
	cr_assert_eq(out[0].kind, HDT_ARGUMENT_VALUE);
	cr_assert_eq(out[1].count, 2);
	cr_assert_eq(out[2].dim, hdt_int(c, 7));
}

static void expect_fault(const char *name, const hdt_argument *arguments, int count, const char *message)
{
	int results = 0;
	cr_assert_null(map(name, arguments, count, &results));
	cr_assert_not_null(strstr(c->message, message), "%s gave: %s", name, c->message);
	cr_assert_not_null(strstr(c->message, "(while mapping"), "%s", c->message);
	context_clear_fault(c);
}

Test(call, faults_name_the_argument_the_call_and_the_place)
{
	hdt_value *x = input(HDT_F32);
	hdt_graph_set_origin(g, "encoder.3");
	const hdt_argument one[] = {value(x), value(x), value(x), value(x)};
	const hdt_argument odd[] = {value(x), named("gamma", real(1))}, twice[] = {value(x), named("self", value(x))};
	const hdt_argument text_number[] = {value(x), {.kind = HDT_ARGUMENT_STRING, .string = "a"}};
	expect_fault("add", one, 1, "argument 'other' is missing");
	expect_fault("add", one, 4, "takes 2 positional arguments");
	expect_fault("add", odd, 2, "no argument 'gamma'");
	expect_fault("add", twice, 2, "'self' is given twice");
	expect_fault("rsub", text_number, 2, "a tensor or a number is needed, not a string");
	expect_fault("to", one, 2, "attribute 'dtype' cannot be a tensor");
	expect_fault("broken", one, 1, "broken:1:");
	expect_fault("unknown", one, 1, "no argument is called 'it'");
	expect_fault("silent", one, 1, "failed without saying why");
	expect_fault("silent", one, 1, "at encoder.3");
}

Test(call, missing_operators_are_counted_in_order_of_first_use)
{
	hdt_report_missing(c, "b", "layer.0");
	hdt_report_missing(c, "a", NULL);
	hdt_report_missing(c, "b", "layer.1");
	cr_assert_str_eq(c->missing->name, "b");
	cr_assert_eq(c->missing->count, 2);
	cr_assert_str_eq(c->missing->where, "layer.0");
	cr_assert_str_eq(c->missing->next->name, "a");
}
