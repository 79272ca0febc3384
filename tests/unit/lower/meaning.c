/* meaning.c: random mappings and layouts: the passes do not change what programs do. */
#include "fixture.h"

#include <stdlib.h>

TestSuite(lowered, .init = fixture_init, .fini = fixture_fini);

static unsigned seed;

static int pick(int below)
{
	seed = seed * 1103515245u + 12345u;
	return (int)(seed >> 16) % below;
}

/* Up to four factors of rank 2; their workers and shape are small. */
static const char *random_mapping(int64_t shape[2], int64_t *workers)
{
	text t = {0};
	shape[0] = shape[1] = *workers = 1;
	for (int i = 0, count = 1 + pick(4); i < count; i++) {
		int a = 1 + pick(3), b = 1 + pick(3);
		bool spatial = pick(2);
		text_format(&t, "%s%s%s(%d, %d)", i ? " * " : "", pick(2) ? "col_" : "", spatial ? "spatial" : "repeat", a, b);
		shape[0] *= a;
		shape[1] *= b;
		*workers *= spatial ? a * b : 1;
	}
	return text_finish(&t, c);
}

Test(lowered, every_task_is_done_by_its_worker)
{
	for (seed = 1; seed <= 200; seed++) {
		int64_t shape[2], workers;
		unsigned kept = seed;
		const char *mapping = random_mapping(shape, &workers);
		int64_t threads = workers + pick(3);
		keeps_meaning("map",
		              hdt_format(c,
		                         "fn @k(x: f32[%d, %d]) cuda grid(1) block(%d) {\n"
		                         "  for i, j in %s on threadIdx.x { x[i, j] = x[i, j] * 2.0 + f32(threadIdx.x); } }\n",
		                         (int)shape[0], (int)shape[1], (int)threads, mapping));
		seed = kept;
	}
}

/* A layout of rank 2 with local parts, changed in shape now and then. */
static const char *random_layout(int64_t shape[2])
{
	text t = {0};
	shape[0] = shape[1] = 1;
	for (int i = 0, count = 1 + pick(3); i < count; i++) {
		static const char *const forms[] = {"row", "column", "local", "row"};
		int a = 1 << pick(3), b = 1 << pick(3), form = pick(4);
		text_format(&t, "%s%s(%d, %d)%s", i ? " * " : "", forms[form], a, b, form == 3 && !i ? ".swizzle(1)" : "");
		shape[0] *= a;
		shape[1] *= b;
	}
	const char *layout = text_finish(&t, c);
	if (pick(3) == 0)
		layout = hdt_format(c, "(%s).permute(1, 0)", layout);
	else
		return pick(3) ? layout : hdt_format(c, "(%s).reshape(%d, %d)", layout, (int)shape[0], (int)shape[1]);
	int64_t first = shape[0];
	shape[0] = shape[1];
	shape[1] = first;
	return layout;
}

/* The interpreter refuses to read what was not written. */
static const char *random_buffer(void)
{
	int64_t shape[2];
	const char *layout = random_layout(shape);
	return hdt_format(c,
	                  "fn @k(x: f32[%d, %d]) cuda grid(1) block(2) {\n"
	                  "  register r: f32[%d, %d] layout %s = 3.0;\n"
	                  "  for i in 0..%d { for j in 0..%d { x[i, j] = x[i, j] + r[i, j]; } } }\n",
	                  (int)shape[0], (int)shape[1], (int)shape[0], (int)shape[1], layout, (int)shape[0], (int)shape[1]);
}

Test(lowered, every_place_of_a_layout_is_filled)
{
	for (seed = 1; seed <= 200; seed++) {
		unsigned kept = seed;
		keeps_meaning("fill", random_buffer());
		seed = kept;
	}
}

typedef struct fills {
	int64_t size, stores;
} fills;

static void count_stores(const hdt_stmt *s, void *closure)
{
	fills *f = closure;
	int64_t extent = 1, count = 1;
	if (s->kind == HDT_STMT_BUFFER)
		f->size = s->tensor->layout->size;
	for (; f->stores == 0 && s->kind == HDT_STMT_FOR && hdt_is_const(s->axis->args[0], &extent); s = s->body)
		count *= extent;
	if (f->stores == 0 && s->kind == HDT_STMT_STORE)
		f->stores = count;
}

Test(lowered, no_place_of_a_layout_is_filled_twice)
{
	for (seed = 1; seed <= 200; seed++) {
		unsigned kept = seed;
		fills f = {0};
		hdt_program *program = program_of(random_buffer());
		cr_assert_eq(run_pass(program, "fill"), HDT_OK, "%s", c->message);
		stmt_walk(program->functions[0]->body, count_stores, &f);
		cr_assert_eq(f.size, f.stores, "%s", text_of(program));
		seed = kept;
	}
}

Test(lowered, layouts_become_offsets)
{
	for (seed = 1; seed <= 200; seed++) {
		unsigned kept = seed;
		const char *source = random_buffer();
		hdt_program *program = keeps_meaning("fill", source);
		meaning before, after;
		cr_assert_eq(meaning_take(program, &before), HDT_OK);
		cr_assert_eq(run_pass(program, "storage"), HDT_OK, "%s", c->message);
		cr_assert_eq(meaning_take(program, &after), HDT_OK, "%s: %s", text_of(program), c->message);
		cr_assert(meaning_same(&before, &after), "%s -> %s", source, text_of(program));
		seed = kept;
	}
}

Test(lowered, protected_accesses_of_any_index)
{
	for (int first = -3; first <= 6; first++)
		keeps_meaning(
			"guard",
			hdt_format(c,
		               "fn @k(x: f32[5, 3], n: i32) cuda grid(1) block(4) {\n"
		               "  for i in 0..4 { x.write(i * 2 + %d, threadIdx.x, x.read(i - %d, threadIdx.x + i) + 1.0);\n"
		               "    x.write(i + i64(n) - 6, 1, 2.0); } }\n",
		               first, first));
}

Test(lowered, views_of_views)
{
	keeps_meaning("views",
	              "fn @k(x: f32[6, 8], m: i32) cuda grid(1) block(4) {\n"
	              "  view t[i < 8, j < 6] = x[j, i]; view row[i < 8] = t[i, m]; view odd[i < 3] = row[i * 2 + 1];\n"
	              "  view back[i < 3] = odd[2 - i];\n"
	              "  for i in 0..3 { odd[i] = back[i] + t[i, threadIdx.x] + row[0]; } }\n");
}

Test(lowered, copies_within_loops_and_branches)
{
	keeps_meaning(
		"copies",
		"fn @k(x: f32[64]) cuda grid(1) block(4) {\n"
		"  for i in 0..3 { for j in 0..4 unroll+ { let v = x[i * 4 + j]; register s: f32 = 1.0;\n"
		"    if threadIdx.x < j { for k in 0..2 unroll+ { s = s + v * f32(k); let u = s + v; x[k + 20] = u; } }\n"
		"    x[i * 4 + j + 32] = s; } } }\n");
}
