/* What the parser of programs refuses: each fault tells line and column of what is wrong, and a sentence. */
#include "intrinsics.h"
#include "script/script.h"

#include <criterion/criterion.h>
#include <stdio.h>
#include <string.h>

static hdt_registry *registry;
static hdt_context *context;

static void set_up(void)
{
	registry = registry_with_intrinsics();
	context = context_new(registry);
}

static void tear_down(void)
{
	context_free(context);
	registry_free(registry);
}

TestSuite(script_faults, .init = set_up, .fini = tear_down);

typedef struct fault_case {
	const char *source;
	const char *message; /* how it begins */
} fault_case;

static void expect_fault(const char *source, const char *message)
{
	hdt_context *c = context_new(registry);
	cr_assert_null(hdt_program_parse(c, "t", source, NULL, 0), "accepted: %s", source);
	cr_expect(!strncmp(hdt_context_message(c), message, strlen(message)), "of %s\n  got  %s\n  want %s", source,
	          hdt_context_message(c), message);
	cr_expect(strstr(hdt_context_message(c), "^"), "no caret: %s", hdt_context_message(c));
	cr_expect_eq(hdt_context_status(c), HDT_BAD_MODEL);
	context_free(c);
}

static void expect_faults(const fault_case *cases, size_t count)
{
	for (size_t i = 0; i < count; i++)
		expect_fault(cases[i].source, cases[i].message);
}
#define EXPECT_FAULTS(cases) expect_faults(cases, sizeof(cases) / sizeof *(cases))

/* In the body of a kernel of 32 threads; columns count from the body's own first one. */
static void expect_body_faults(const fault_case *cases, size_t count)
{
	for (size_t i = 0; i < count; i++)
		expect_fault(hdt_format(context, "fn @f(a: *f32, m: i32) %s grid(m) block(32) {\n%s\n}",
		                        function_text(HDT_FUNCTION_CUDA), cases[i].source),
		             cases[i].message);
}
#define EXPECT_BODY_FAULTS(cases) expect_body_faults(cases, sizeof(cases) / sizeof *(cases))

Test(script_faults, a_fault_shows_its_line_with_a_caret)
{
	expect_fault("fn @f(a: *f32) cpu {\n  a[0] = b;\n}", "t:2:10: unknown name 'b'\n    a[0] = b;\n           ^");
}

Test(script_faults, names)
{
	static const fault_case cases[] = {
		{"b[0] = 1;", "t:2:1: unknown name 'b'"},
		{"a[0] = b[1];", "t:2:8: there is no tensor 'b' here"},
		{"a[0] = i;", "t:2:8: unknown name 'i'"},
		{"for i in 0..4 { } a[i] = 1;", "t:2:21: unknown name 'i'"},
		{"let x = 1; let x = 2;", "t:2:16: 'x' is a let already, from line 2"},
		{"for i in 0..4 { for i in 0..4 { } }", "t:2:21: 'i' is a loop variable already, from line 2"},
		{"register a: f32;", "t:2:10: 'a' is a parameter already, from line 1"},
		{"let threadIdx.x = 1;", "t:2:5: 'threadIdx.x' is the index of a thread or block already"},
		{"let f32 = 1;", "t:2:5: 'f32' cannot be the name of a variable"},
		{"let x = 1; x = 2;",
	     "t:2:12: 'x' is a let, which keeps its value: declare what changes, as in register x: f32 = 0;"},
		{"m = 2;", "t:2:1: 'm' is a parameter, which keeps its value"},
		{"for i in 0..4 { i += 1; }", "t:2:17: 'i' is a loop variable, which keeps its value"},
		{"let t = spatial(4); a[0] = t;", "t:2:28: 't' is a task mapping, not a value"},
		{"let l = row(4); a[l] = 1;", "t:2:19: 'l' is a layout, not a value"},
		{"let x = 1; let y = x(2);", "t:2:20: 'x' is a let, not a function"},
		{"view A[i < 4, i < 4] = a[i];", "t:2:15: two indices of the view are named 'i'"},
	};
	EXPECT_BODY_FAULTS(cases);
}

Test(script_faults, ranks_and_types)
{
	static const fault_case cases[] = {
		{"a[0, 1] = 1;", "t:2:1: 'a' has rank 1, but 2 indices are given"},
		{"a[0] = a[1, 2];", "t:2:8: 'a' has rank 1, but 2 indices are given"},
		{"a[0] = a.read();", "t:2:8: 'a' has rank 1, but 0 indices are given"},
		{"a[0] = a;", "t:2:8: 'a' has rank 1: name one of its elements"},
		{"a[0.5] = 1;", "t:2:3: an index is an integer, and this is f32"},
		{"if m { }", "t:2:4: a condition is bool, and this is i32"},
		{"while 1.0 { }", "t:2:7: a condition is bool, and this is f32"},
		{"assert m, \"text\";", "t:2:8: a condition is bool, and this is i32"},
		{"a[0] = m < 3;", "t:2:6: 'a' is of f32, and the value is bool: write select(c, 1, 0)"},
		{"a[0] = 1.5 & 3;", "t:2:12: the operation '&' takes integers or bool"},
		{"let A = view(a, f16[4]);", "t:2:17: 'a' is of f32: a view of it is, too"},
		{"let A = view(a, f32);", "t:2:17: expected a type with a shape, as in view(a, f32[m, k])"},
		{"let A = view(a, f32[4, 4]), B = view(A, f32[16]);",
	     "t:2:38: 'A' has rank 2: view() gives a shape to a pointer or a row"},
		{"let A = view(a, f32[4, 4]), B = A[1:];", "t:2:33: 'A' has rank 2: here are ranges for 1 of them"},
		{"let B = a[1:, 2];", "t:2:15: 'a' has rank 1: here are more indices"},
		{"view A[i < 4] = a[i, i];", "t:2:17: 'a' has rank 1, but 2 indices are given"},
		{"let x = syncthreads();", "t:2:9: this gives no value"},
		{"let x = 1 + atomic_add(&a[0], 1.0);", "t:2:13: 'atomic_add' has effects, so it stands alone"},
		{"if atomic_add(&a[0], 1.0) < 2 { }", "t:2:4: 'atomic_add' has effects, so it stands alone"},
		{"a[0] = sum(k < 4) a[k];", "t:2:8: a reduction stands in tasks: in a function it is a loop"},
	};
	EXPECT_BODY_FAULTS(cases);
}

Test(script_faults, buffers_and_layouts)
{
	static const fault_case cases[] = {
		{"shared s: f32[m];", "t:2:15: the shape of 's' must be constant, and this is i64(m)"},
		{"shared s: f32[4, -1];", "t:2:18: an extent is not negative"},
		{"shared s: *f32;", "t:2:8: a buffer has a shape: it cannot be a pointer"},
		{"shared s: f32[8, 4] layout row(4, 8);", "t:2:28: this layout has the shape [4, 8], which is not that of 's'"},
		{"shared s: f32[8, 4] layout rwo(4, 8);", "t:2:28: there is no layout 'rwo': did you mean 'row'?"},
		{"shared s: g32[8];", "t:2:11: expected a dtype such as f32"},
		{"map t = a box(0);", "t:2:15: an extent of the box is at least 1, and this is 0"},
		{"map t = a box(8) swizzle(48);", "t:2:18: a tensor map swizzles patterns of 32, 64 or 128 bytes"},
		{"if m < 1 { map t = a box(8); }", "t:2:16: function @f: the tensor map t is made within a loop or a branch"},
		{"workspace w: f32[4];", "t:2:1: workspace is asked for in functions of kind host"},
	};
	EXPECT_BODY_FAULTS(cases);
}

Test(script_faults, loops)
{
	static const fault_case cases[] = {
		{"for i, j in spatial(4, 2, 4) on m { }",
	     "t:2:13: the tasks of this mapping have 3 indices, but 2 names are given"},
		{"for i in spatial(4, 20) * repeat(1, 1) on threadIdx.x { }",
	     "t:2:10: the tasks of this mapping have 2 indices"},
		{"for i in spatial(4000) on threadIdx.x { }",
	     "t:2:27: spatial(4000) is for 4000 workers, but threadIdx.x is at most"},
		{"for i in spatial(4) { }", "t:2:21: expected 'on' before the worker whose tasks are done"},
		{"for i, j in 0..4 { }", "t:2:13: several loop variables run over a task mapping"},
		{"for i in spatail(4) on m { }", "t:2:10: there is no function 'spatail'"},
		{"for i in auto_map(10, workers=3) on m { }", "t:2:10: "},
		{"for i in 0..m unroll { }", "t:2:10: this loop cannot be unrolled as a whole"},
		{"for i in 0..4 unroll(0) { }", "t:2:22: the factor is at least 1, and this is 0"},
		{"for i in 0..4 step m { }", "t:2:20: a step is constant, and this is i64(m)"},
		{"for i in 0..4 parallel { }",
	     "t:2:10: a parallel loop stands outside of all others, in a function of kind cpu"},
		{"for i 0..4 { }", "t:2:7: expected 'in' after the loop variables"},
		{"for i in 0..4 a[0] = 1;", "t:2:15: expected '{' before a body"},
		{"{ }", "t:2:1: expected a statement"},
		{"a[0] = 1", "t:3:1: expected ';' at the end of the statement"},
	};
	EXPECT_BODY_FAULTS(cases);
}

Test(script_faults, calls)
{
	static const fault_case cases[] = {
		{"syncthread();", "t:2:1: no loaded target provides 'syncthread': did you mean 'syncthreads'?"},
		{"zzz(1);", "t:2:1: there is no function 'zzz', and no loaded target provides it"},
		{"atomic_add(&a[0]);",
	     "t:2:1: these operands do not fit: atomic_add(place: inout memory f32 1, value: f32) -> f32"},
		{"wait_group(m);", "t:2:1: these operands do not fit: wait_group(pending: const)"},
		{"max(1, 2);", "t:2:1: this has no effect"},
		{"let x = max(1, 2, 3);", "t:2:9: max takes 2 operands, not 3"},
		{"call @g();", "t:2:6: there is no function @g"},
		{"call @f(a, m);", "t:2:6: @f calls itself"},
		{"launch @f(a, m);", "t:2:8: kernels are launched by functions of kind host"},
		{"asm \"x\" (\"=r\" m + 1);", "t:2:10: what is written must be an element of a buffer"},
		{"asm m;", "t:2:5: expected the assembly in double quotes"},
		{"assert m < 3, m;", "t:2:15: expected a message in double quotes"},
		{"a[0] = &a[m;", "t:2:12: expected ']' at the end of the list"},
	};
	EXPECT_BODY_FAULTS(cases);
}

Test(script_faults, functions)
{
	static const fault_case cases[] = {
		{"", "t:1:1: there is no program in this text"},
		{"graph @g() { }", "t:1:1: expected a program or a function: fn @name(...)"},
		{"fn f() cpu { }", "t:1:4: expected the function's name: @name"},
		{"fn @f() gpu { }", "t:1:9: expected what kind of function it is"},
		{"fn @f() cpu { } fn @f() cpu { }", "t:1:20: there is a function @f already"},
		{"fn @f(m: i32, a: *f32) cpu { }", "t:1:15: buffers come before values: 'a' is a buffer"},
		{"fn @f(a: *f32, a: i32) cpu { }", "t:1:7: 'a' is a parameter already"},
		{"fn @f(a) cpu { }", "t:1:7: the program has no 'a': give the parameter a type, as in a: *f32"},
		{"fn @f(a: f32[n]) cpu { }", "t:1:14: unknown name 'n'"},
		{"fn @f() cpu {", "t:1:14: expected '}' at the end of the body of @f"},
		{"fn @f() cuda grid(1) { }", "t:1:14: a kernel needs both grid(...) and block(...)"},
		{"fn @f() cuda grid(1, 1, 1, 1) block(1) { }", "t:1:28: 'grid' has at most three extents"},
		{"fn @f(m: i32) cuda grid(1) block(m) { }",
	     "t:1:28: function @f: the extents of a block are constants in 1..1024"},
		{"fn @f() cuda grid(threadIdx.x) block(1) { }", "t:1:19: unknown name 'threadIdx.x'"},
		{"fn @f() cuda shared(8) { }", "t:1:14: a kernel needs both grid(...) and block(...)"},
		{"fn @f() cuda grid(1) grid(1) block(1) { }", "t:1:22: expected the body of @f, or one of grid, block"},
		{"fn @f(a: *f32) cuda { a[0] = blockDim.x; }",
	     "t:1:30: a function without grid() and block() does not know 'blockDim.x'"},
		{"fn @f(a: *f32) cpu { a[0] = threadIdx.x; }", "t:1:29: unknown name 'threadIdx.x'"},
		{"fn @f(a: *f32) cpu { shared s: f32[4]; }", "t:1:22: shared memory belongs to the functions of kind cuda"},
		{"fn @f() cpu { } fn @g() cpu { }",
	     "t:1:1: @f and @g can both be run: a function of kind host must tell what is launched"},
		{"fn @f() cpu { call @g(); } fn @g() cpu { call @f(); }", "t:1:1: @f calls itself over others"},
		{"fn @f() host { register s: f32; }", "t:1:16: a host function has no memory of its own, except workspace"},
		{"fn @f(x: f32[4]) host { if x[0] < 1.0 { } }",
	     "t:1:28: a host function decides from sizes alone: it does not look into 'x'"},
		{"fn @f(x: f32[4]) host { x[0] = 1; }",
	     "t:1:25: a host function has for, if, let, launch, assert and workspace"},
		{"fn @f(m: i32) host { while m < 1 { } }",
	     "t:1:22: a host function has for, if, let, launch, assert and workspace"},
		{"fn @f(m: i32) host { let n = m; workspace w: f32[n]; }",
	     "t:1:50: the shape of workspace is made of the function's values alone"},
		{"fn @k(x: f32[4]) cuda { } fn @f(x: f32[4]) host { launch @k(x); }",
	     "t:1:58: @k has no grid(...), so it cannot be launched"},
		{"fn @k(x: f32[4]) cuda grid(1) block(1) { } fn @f(x: f16[4]) host { launch @k(x); }",
	     "t:1:78: 'x' is of f16, and parameter 'x' of @k is of f32"},
		{"fn @k(x: f32[4]) cuda grid(1) block(1) { } fn @f(x: f32[4]) host { launch @k(x, x); }",
	     "t:1:79: @k takes 1 buffer and 0 values"},
		{"fn @k(x: f32[4]) cuda grid(1) block(1) { } fn @f(x: f32[4]) host { launch @k(); }",
	     "t:1:78: @k takes 1 buffer and 0 values"},
	};
	EXPECT_FAULTS(cases);
}

Test(script_faults, what_the_verifier_finds_tells_the_line)
{
	static const char source[] =
		"fn @f(x: f32[4]) cpu {\n  register v: f32 = 0;\n  for i in 0..4 parallel {\n    x[i] = v;\n  }\n}";
	cr_assert_null(hdt_program_parse(context, "t", source, NULL, 0));
	cr_assert_eq(hdt_context_status(context), HDT_BAD_MODEL);
	cr_assert_str_eq(
		hdt_context_message(context),
		"t:4: in @f: the workers of a parallel loop cannot share a buffer of the function: make it within the loop: v");
}

Test(script_faults, programs)
{
	static const fault_case cases[] = {
		{"program p() { }", "t:1:9: expected the program's name: @name"},
		{"program @p(x: f32[4], x: f32[4]) { }", "t:1:23: there is a 'x' already"},
		{"program @p(n: f32[n]) where n in 1..4 { }", "t:1:12: there is a 'n' already"},
		{"program @p(x: f32[n]) where n in 4..1 { }", "t:1:29: the range 4..1 of the dimension 'n' is empty"},
		{"program @p(x: f32[4]) { fn @f(y) cpu { } }", "t:1:31: the program has no 'y'"},
		{"program @p(x: f32[4]) { fn @f() cpu { x[0] = 1; } }", "t:1:39: unknown name 'x'"},
		{"program @p(x: f32[4]) { let x = 1; }", "t:1:25: expected '}' after the functions of the program"},
		{"program @p() { } program @q() { }", "t:1:18: expected the end of the text behind the program"},
		{"param x: int; fn @f() cpu { }", "t:1:7: the param 'x' was given no value, and it has no default"},
		{"param x: integer = 1; fn @f() cpu { }", "t:1:10: expected what kind of param it is"},
		{"param x: int = 1.5; fn @f() cpu { }", "t:1:16: an int is an integer, and this is f32"},
	};
	EXPECT_FAULTS(cases);
}

Test(script_faults, params_given_from_outside)
{
	static const hdt_param unknown = {.name = "tile", .integer = 3}, no_mapping = {.name = "m", .integer = 3};
	cr_assert_null(hdt_program_parse(context, "t", "fn @f() cpu { }", &unknown, 1));
	cr_assert(strstr(hdt_context_message(context), "a value was given for the param 'tile', which is not declared"));
	hdt_context *other = context_new(registry);
	cr_assert_null(hdt_program_parse(other, "t", "param m: mapping; fn @f() cpu { }", &no_mapping, 1));
	cr_assert(strstr(hdt_context_message(other), "t:1:7: the value given for the param 'm' is no mapping"));
	context_free(other);
}

static void append(char **at, const char *part, int times)
{
	for (int i = 0; i < times; i++)
		*at += sprintf(*at, "%s", part);
}

Test(script_faults, nesting_ends_in_a_fault_whatever_nests)
{
	static const char *const openings[] = {"if m < 1 { ", "if m < 1 { } else ", "while m < 1 { ", "for i in 0..",
	                                       "a[0] = (",    "a[0] = -",           "a[0] = max(",    "a[",
	                                       "let t = (",   "let t = concat("};
	char *source = malloc(1 << 20);
	for (size_t i = 0; i < sizeof openings / sizeof *openings; i++) {
		char *at = source;
		append(&at, "fn @f(a: *f32, m: i32) cpu { ", 1);
		append(&at, openings[i], 1);
		append(&at, strchr(openings[i], '(') ? "(" : openings[i], 20000);
		hdt_context *c = context_new(registry);
		cr_expect_null(hdt_program_parse(c, "t", source, NULL, 0));
		context_free(c);
	}
	free(source);
}

Test(script_faults, after_a_fault_the_next_context_reads_on)
{
	cr_assert_null(hdt_program_parse(context, "t", "fn @f(", NULL, 0));
	hdt_context *other = context_new(registry);
	cr_assert(hdt_program_parse(other, "t", "fn @f(x: f32[4]) cpu { x[0] = 1; }", NULL, 0));
	context_free(other);
}
