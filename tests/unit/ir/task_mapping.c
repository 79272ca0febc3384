/* task_mapping.c: task mappings: the worked numbers, the laws of the algebra by random search, the loops they become,
 * text, faults. */
#include "ir/task_mapping.h"
#include "fixture.h"
#include <criterion/criterion.h>
#include <stdlib.h>
#include <string.h>

enum { MOST_TASKS = 4096, ROUNDS = 300 };
typedef int64_t tuple[HDT_MAX_RANK];

static scope *s;

static void setup(void)
{
	s = scope_new();
}

static void teardown(void)
{
	scope_free(s);
}

TestSuite(task_mapping, .init = setup, .fini = teardown);

static const hdt_task_mapping *parse(const char *source)
{
	parser p;
	scope_start(s, &p, source);
	const hdt_task_mapping *m = parse_task_mapping(&p);
	if (m && p.now.kind != TOKEN_END)
		parser_fail(&p, "expected the end of the mapping");
	return p.failed ? NULL : m;
}

static const hdt_task_mapping *valid(const char *source)
{
	const hdt_task_mapping *m = parse(source);
	cr_assert(m, "%s: %s", source, s->context->message);
	return m;
}

/* The tasks of a worker as text: (1, 1) (1, 4) */
static const char *tasks_text(const hdt_task_mapping *m, int64_t worker)
{
	static tuple tasks[MOST_TASKS];
	text t = {0};
	cr_assert_leq(m->tasks, MOST_TASKS);
	mapping_enumerate(m, worker, tasks);
	for (int64_t k = 0; k < m->tasks; k++) {
		text_add(&t, k ? " (" : "(");
		print_extents(&t, tasks[k], m->rank);
		text_add(&t, ")");
	}
	return text_finish(&t, s->context);
}

static void check_tasks(const char *source, int64_t worker, const char *expected)
{
	const char *given = tasks_text(valid(source), worker);
	cr_expect_str_eq(given, expected, "worker %lld of %s: %s, not %s", (long long)worker, source, given, expected);
}

/* ---- the worked numbers of the reference ---- */

Test(task_mapping, worked_numbers_of_single_factors)
{
	check_tasks("spatial(2, 3)", 4, "(1, 1)");
	check_tasks("col_spatial(2, 3)", 4, "(0, 2)");
	check_tasks("repeat(2, 2)", 0, "(0, 0) (0, 1) (1, 0) (1, 1)");
	check_tasks("col_repeat(2, 2)", 0, "(0, 0) (1, 0) (0, 1) (1, 1)");
	check_tasks("repeat(1, 2, 2, ranks=[0, 2, 1])", 0, "(0, 0, 0) (0, 1, 0) (0, 0, 1) (0, 1, 1)");
	check_tasks("spatial(2, 3, 4, ranks=[1, 2, 0])", 13, "(0, 1, 2)");
}

Test(task_mapping, worked_numbers_of_compositions)
{
	const hdt_task_mapping *strided = valid("repeat(2, 2) * spatial(2, 3)");
	cr_expect(strided->shape[0] == 4 && strided->shape[1] == 6 && strided->workers == 6 && strided->tasks == 4);
	check_tasks("repeat(2, 2) * spatial(2, 3)", 4, "(1, 1) (1, 4) (3, 1) (3, 4)");
	check_tasks("spatial(2, 3) * repeat(2, 2)", 4, "(2, 2) (2, 3) (3, 2) (3, 3)");
	const hdt_task_mapping *tiles = valid("spatial(4, 2) * repeat(2, 2) * spatial(2, 16) * repeat(4, 4)");
	cr_expect(tiles->shape[0] == 64 && tiles->shape[1] == 256 && tiles->workers == 256 && tiles->tasks == 64);
}

Test(task_mapping, worked_numbers_of_auto_map)
{
	static const char *const rows[][2] = {
		{"auto_map(8, 96, workers=64)", "repeat(4, 3) * spatial(2, 32)"},
		{"auto_map(8, 96, workers=64, ranks=[1, 0])", "col_repeat(1, 12) * col_spatial(8, 8)"},
		{"auto_map(8, 16, 24, workers=32)", "repeat(8, 4, 3) * spatial(1, 4, 8)"},
		{"auto_map(64, 8, workers=256)", "repeat(2, 1) * spatial(32, 8)"},
		{"auto_map(8, 256, workers=256)", "repeat(8, 1) * spatial(1, 256)"},
		{"predicated_auto_map(8, 3, workers=64)", "repeat(1, 1) * spatial(8, 3)"},
		{"predicated_auto_map(8, 96, workers=64)", "repeat(8, 3) * spatial(1, 32)"},
		{"predicated_auto_map(3, 5, workers=4)", "repeat(3, 5) * spatial(1, 1)"},
		{"predicated_auto_map(6, 4, workers=18)", "repeat(3, 1) * spatial(2, 4)"},
	};
	for (size_t r = 0; r < sizeof rows / sizeof *rows; r++) {
		const char *given = hdt_mapping_text(valid(rows[r][0]));
		cr_expect_str_eq(given, rows[r][1], "%s gives %s, not %s", rows[r][0], given, rows[r][1]);
	}
}

Test(task_mapping, auto_map_answers_with_a_reason_when_the_tasks_do_not_share_out_evenly)
{
	const int64_t shape[] = {8, 41};
	const char *reason = NULL;
	cr_expect_null(hdt_auto_map(s->context, shape, 2, 64, NULL, &reason));
	cr_expect_str_eq(reason, "auto_map: 328 tasks cannot be shared out evenly to 64 workers");
	cr_expect_eq(hdt_context_status(s->context), HDT_OK, "an answer is no fault");
	cr_expect_null(hdt_auto_map(s->context, shape, 2, 64, NULL, NULL));
	cr_expect_str_eq(s->context->message, reason, "unless nobody listens");
}

Test(task_mapping, projection_keeps_the_workers_and_flattens_the_box)
{
	const hdt_task_mapping *m = valid("(spatial(4, 2) * repeat(2, 2)).project(0)");
	cr_expect(m->workers == 8 && m->tasks == 4 && m->shape[0] == 1 && m->shape[1] == 4);
	cr_expect_str_eq(tasks_text(m, 3), "(0, 2) (0, 3) (0, 2) (0, 3)");
	cr_expect_str_eq(hdt_mapping_text(m), "spatial(4, 2).project(0) * repeat(2, 2).project(0)");
}

/* ---- random mappings ---- */

typedef struct factor {
	bool spatial;
	int64_t extents[3];
	int ranks[3];
} factor;

enum { MAX_FACTORS = 5 };

typedef struct recipe {
	int rank, count;
	factor factors[MAX_FACTORS];
} recipe;

static uint32_t state;

static void start_random(uint32_t seed)
{
	state = seed * 2654435761u;
}

static int pick(int below)
{
	state = state * 1664525u + 1013904223u;
	return (int)((state >> 8) % (uint32_t)below);
}

static void shuffle_ranks(int *ranks, int rank)
{
	for (int d = 0; d < rank; d++) {
		int other = pick(d + 1);
		ranks[d] = ranks[other];
		ranks[other] = d;
	}
}

/* Of no more than `room` tasks in all. */
static recipe random_recipe(int rank, int factors, int64_t room)
{
	recipe r = {.rank = rank, .count = factors};
	for (int i = 0; i < factors; i++) {
		factor *f = &r.factors[i];
		f->spatial = pick(2);
		for (int d = 0; d < rank; d++) {
			f->extents[d] = 1 + pick(room >= 5 ? 5 : (int)room);
			room /= f->extents[d];
		}
		shuffle_ranks(f->ranks, rank);
	}
	return r;
}

static const hdt_task_mapping *build_factor(const recipe *r, int i)
{
	const factor *f = &r->factors[i];
	return f->spatial ? hdt_spatial_ranked(s->context, f->extents, r->rank, f->ranks)
	                  : hdt_repeat_ranked(s->context, f->extents, r->rank, f->ranks, NULL);
}

/* The composition of factors first..last-1, grouped at random: it is associative. */
static const hdt_task_mapping *build_range(const recipe *r, int first, int last)
{
	if (last - first == 1)
		return build_factor(r, first);
	int middle = first + 1 + pick(last - first - 1);
	return hdt_mapping_compose(build_range(r, first, middle), build_range(r, middle, last));
}

static const hdt_task_mapping *build(const recipe *r)
{
	const hdt_task_mapping *m = build_range(r, 0, r->count);
	cr_assert(m, "%s", s->context->message);
	return m;
}

/* Position `at` of a box, by the definition of ranks. */
static void place(const factor *f, int rank, int64_t at, tuple out)
{
	for (int rank_of = rank - 1; rank_of >= 0; rank_of--)
		for (int d = 0; d < rank; d++)
			if (f->ranks[d] == rank_of) {
				out[d] = at % f->extents[d];
				at /= f->extents[d];
			}
}

static int64_t box_size(const factor *f, int rank)
{
	int64_t size = 1;
	for (int d = 0; d < rank; d++)
		size *= f->extents[d];
	return size;
}

/* The tasks of a worker under factors first.., by the definition of composition. Returns their number. */
static int64_t define_tasks(const recipe *r, int first, int64_t worker, tuple *out)
{
	if (first == r->count || first == MAX_FACTORS) {
		memset(out[0], 0, sizeof *out);
		return 1;
	}
	const factor *f = &r->factors[first];
	int64_t own = f->spatial ? 1 : box_size(f, r->rank), inner_workers = 1, inner_tasks = 1, count = 0;
	tuple inner_shape, place_of_own = {0};
	for (int d = 0; d < r->rank; d++)
		inner_shape[d] = 1;
	for (int i = first + 1; i < r->count; i++) {
		*(r->factors[i].spatial ? &inner_workers : &inner_tasks) *= box_size(&r->factors[i], r->rank);
		for (int d = 0; d < r->rank; d++)
			inner_shape[d] *= r->factors[i].extents[d];
	}
	tuple *inner = malloc((size_t)inner_tasks * sizeof *inner);
	cr_assert_eq(define_tasks(r, first + 1, worker % inner_workers, inner), inner_tasks);
	for (int64_t k = 0; k < own; k++) {
		place(f, r->rank, f->spatial ? worker / inner_workers : k, place_of_own);
		for (int64_t i = 0; i < inner_tasks; i++, count++)
			for (int d = 0; d < r->rank; d++)
				out[count][d] = place_of_own[d] * inner_shape[d] + inner[i][d];
	}
	free(inner);
	return count;
}

static bool same_tuples(tuple *a, tuple *b, int64_t count, int rank)
{
	for (int64_t k = 0; k < count; k++)
		for (int d = 0; d < rank; d++)
			if (a[k][d] != b[k][d])
				return false;
	return true;
}

static void check_definition(const recipe *r)
{
	static tuple given[MOST_TASKS], defined[MOST_TASKS];
	const hdt_task_mapping *m = build(r);
	for (int64_t w = 0; w < m->workers; w++) {
		mapping_enumerate(m, w, given);
		cr_assert_eq(define_tasks(r, 0, w, defined), m->tasks);
		cr_assert(same_tuples(given, defined, m->tasks, r->rank), "worker %lld of %s: %s", (long long)w,
		          hdt_mapping_text(m), tasks_text(m, w));
	}
}

Test(task_mapping, compositions_mean_what_the_definition_says_however_they_are_grouped)
{
	for (uint32_t seed = 1; seed <= ROUNDS; seed++) {
		start_random(seed);
		recipe r = random_recipe(1 + pick(3), 1 + pick(5), MOST_TASKS);
		check_definition(&r);
	}
}

/* Every task of the box by exactly one worker, once. */
static void check_cover(const hdt_task_mapping *m)
{
	static tuple tasks[MOST_TASKS];
	int64_t size = 1;
	for (int d = 0; d < m->rank; d++)
		size *= m->shape[d];
	char *seen = calloc((size_t)size, 1);
	for (int64_t w = 0; w < m->workers; w++) {
		mapping_enumerate(m, w, tasks);
		for (int64_t k = 0; k < m->tasks; k++) {
			int64_t at = 0;
			for (int d = 0; d < m->rank; d++) {
				cr_assert(tasks[k][d] >= 0 && tasks[k][d] < m->shape[d], "%s leaves its box", hdt_mapping_text(m));
				at = at * m->shape[d] + tasks[k][d];
			}
			cr_assert(!seen[at]++, "%s does a task twice", hdt_mapping_text(m));
		}
	}
	cr_assert_eq(m->workers * m->tasks, size, "%s leaves tasks out", hdt_mapping_text(m));
	free(seen);
}

Test(task_mapping, compositions_cover_their_box_exactly_and_numbers_multiply)
{
	for (uint32_t seed = 1; seed <= ROUNDS; seed++) {
		start_random(seed);
		int rank = 1 + pick(3);
		recipe r = random_recipe(rank, 2 + pick(3), MOST_TASKS);
		const hdt_task_mapping *outer = build_factor(&r, 0), *inner = build_range(&r, 1, r.count);
		const hdt_task_mapping *m = hdt_mapping_compose(outer, inner);
		cr_assert_eq(m->workers, outer->workers * inner->workers);
		cr_assert_eq(m->tasks, outer->tasks * inner->tasks);
		for (int d = 0; d < rank; d++)
			cr_assert_eq(m->shape[d], outer->shape[d] * inner->shape[d]);
		check_cover(m);
	}
}

Test(task_mapping, auto_map_covers_exactly_with_all_workers_whenever_they_divide_the_tasks)
{
	int exact = 0;
	for (uint32_t seed = 1; seed <= ROUNDS; seed++) {
		start_random(seed);
		int64_t shape[3] = {1 + pick(12), 1 + pick(12), 1 + pick(12)}, workers = 1 + pick(48);
		int ranks[3];
		const char *reason = NULL;
		shuffle_ranks(ranks, 3);
		const hdt_task_mapping *m = hdt_auto_map(s->context, shape, 3, workers, ranks, &reason);
		cr_assert_eq(m != NULL, shape[0] * shape[1] * shape[2] % workers == 0);
		cr_assert_eq(m == NULL, reason != NULL);
		if (m) {
			cr_assert_eq(m->workers, workers);
			check_cover(m);
			exact++;
		}
		m = hdt_auto_map_predicated(s->context, shape, 3, workers, ranks);
		cr_assert_leq(m->workers, workers);
		cr_assert(!memcmp(m->shape, shape, sizeof shape));
		check_cover(m);
	}
	cr_expect_gt(exact, 20);
}

/* ---- loops and index expressions ---- */

static int64_t value_at(const hdt_expr *e, const hdt_expr *const *from, const int64_t *values, int count)
{
	const hdt_expr *to[HDT_MAX_RANK * 5 + 1];
	int64_t value = -1;
	for (int i = 0; i < count; i++)
		to[i] = hdt_cast(hdt_int(s->context, values[i]), (hdt_dtype)from[i]->dtype);
	e = hdt_substitute(e, from, to, count);
	cr_assert(hdt_is_const(e, &value), "%s is left", hdt_expr_text(e));
	return value;
}

/* Do the loops give the tasks of all workers, in their order? */
static void check_loops(const hdt_task_mapping *m, const hdt_expr *worker)
{
	static tuple tasks[MOST_TASKS];
	const hdt_mapped_tasks *on = hdt_mapping_on(m, worker);
	const hdt_expr *from[HDT_MAX_RANK * 5 + 1] = {worker};
	cr_assert(on, "%s: %s", hdt_mapping_text(m), s->context->message);
	for (int i = 0; i < on->axis_count; i++)
		from[i + 1] = on->axes[i];
	for (int64_t w = 0; w < m->workers; w++) {
		mapping_enumerate(m, w, tasks);
		for (int64_t k = 0; k < m->tasks; k++) {
			int64_t values[HDT_MAX_RANK * 5 + 1] = {w}, rest = k;
			for (int i = on->axis_count - 1; i >= 0; i--) {
				values[i + 1] = rest % on->axes[i]->args[0]->integer;
				rest /= on->axes[i]->args[0]->integer;
			}
			cr_assert_eq(rest, 0);
			cr_assert_eq(value_at(on->guard, from, values, on->axis_count + 1), 1);
			for (int d = 0; d < m->rank; d++)
				cr_assert_eq(value_at(on->indices[d], from, values, on->axis_count + 1), tasks[k][d], "%s on %lld: %s",
				             hdt_mapping_text(m), (long long)w, hdt_expr_text(on->indices[d]));
		}
	}
	if (worker->op != HDT_OP_VARIABLE)
		return;
	int64_t beyond[HDT_MAX_RANK * 5 + 1] = {m->workers}, below[HDT_MAX_RANK * 5 + 1] = {-1};
	cr_assert_eq(value_at(on->guard, from, beyond, on->axis_count + 1), 0, "no worker beyond the last");
	cr_assert_eq(value_at(on->guard, from, below, on->axis_count + 1), 0, "no worker below 0");
}

Test(task_mapping, loops_give_the_tasks_of_every_worker_in_order, .timeout = 120)
{
	for (uint32_t seed = 1; seed <= 60; seed++) {
		start_random(seed);
		recipe r = random_recipe(1 + pick(3), 1 + pick(4), 500);
		const hdt_task_mapping *m = build(&r);
		int projected = pick(r.rank + 2);
		if (projected < r.rank)
			m = hdt_mapping_project(m, &projected, 1);
		check_loops(m, hdt_axis("w", hdt_int(s->context, m->workers)));
		check_loops(m, expr_variable(s->context, "anyone", seed % 2 ? HDT_I64 : HDT_I32));
	}
}

static const char *on_text(const char *source, const hdt_expr *worker)
{
	const hdt_mapped_tasks *on = hdt_mapping_on(valid(source), worker);
	text t = {0};
	if (!on)
		return s->context->message;
	for (int i = 0; i < on->axis_count; i++)
		text_format(&t, "%s < %s, ", on->axes[i]->name, hdt_expr_text(on->axes[i]->args[0]));
	text_format(&t, "if %s:", hdt_expr_text(on->guard));
	for (int d = 0; d < valid(source)->rank; d++)
		text_format(&t, " (%s)", hdt_expr_text(on->indices[d]));
	return text_finish(&t, s->context);
}

#define EXPECT_ON(source, worker, expected)             \
	do {                                                \
		const char *given = on_text(source, worker);    \
		cr_expect_str_eq(given, expected, "%s", given); \
	} while (0)

Test(task_mapping, remainders_that_a_known_or_guarded_worker_cannot_need_are_left_out)
{
	const hdt_expr *six = hdt_axis("w", hdt_int(s->context, 6)), *any = scope_get(s, "v");
	EXPECT_ON("spatial(2, 3)", six, "if true: (w // 3) (w % 3)");
	EXPECT_ON("spatial(2, 3)", any, "if 0 <= v && v < 6: (v // 3) (v % 3)");
	EXPECT_ON("spatial(2, 3)", scope_get(s, "u"), "if i64(u) < 6: (i64(u) // 3) (i64(u) % 3)");
	EXPECT_ON("col_spatial(2, 3)", six, "if true: (w % 2) (w // 2)");
	EXPECT_ON("repeat(2, 2) * spatial(2, 3)", six, "t0 < 2, t1 < 2, if true: (t0 * 2 + w // 3) (t1 * 3 + w % 3)");
	EXPECT_ON("spatial(2, 3) * repeat(1, 2)", six, "t0 < 2, if true: (w // 3) (w % 3 * 2 + t0)");
	EXPECT_ON("spatial(3, 1) * spatial(2, 1)", six, "if true: (w) (0)");
	EXPECT_ON("repeat(4, 3)", scope_get(s, "l"), "t0 < 4, t1 < 3, if l < 1: (t0) (t1)");
	EXPECT_ON("spatial(4, 2) * repeat(2, 2) * spatial(2, 16) * repeat(4, 4)", hdt_axis("w", hdt_int(s->context, 256)),
	          "t0 < 2, t1 < 2, t2 < 4, t3 < 4, if true: "
	          "(w // 64 * 16 + t0 * 8 + w // 16 % 2 * 4 + t2) (w // 32 % 2 * 128 + t1 * 64 + w % 16 * 4 + t3)");
}

Test(task_mapping, fewer_workers_than_the_mapping_is_for_are_a_fault)
{
	EXPECT_ON("spatial(2, 3)", scope_get(s, "l"),
	          "spatial(2, 3) is for 6 workers, but l is at most 3: some tasks would be left out");
	cr_expect_eq(hdt_context_status(s->context), HDT_INTERNAL);
	context_clear_fault(s->context);
	EXPECT_ON("spatial(5)", scope_get(s, "l"),
	          "spatial(5) is for 5 workers, but l is at most 3: some tasks would be left out");
	context_clear_fault(s->context);
	EXPECT_ON("spatial(4)", scope_get(s, "l"), "if true: (l)");
	EXPECT_ON("spatial(2, 3)", hdt_int(s->context, 4), "if true: (1) (1)");
	EXPECT_ON("spatial(2, 3)", scope_get(s, "s"), "the worker of a task mapping is an integer of its context, not s");
}

Test(task_mapping, the_single_task_is_asked_for_only_where_there_is_one)
{
	const hdt_expr *indices[2], *w = hdt_axis("w", hdt_int(s->context, 6));
	cr_expect(hdt_mapping_task(valid("spatial(2, 3) * repeat(1, 1)"), w, indices));
	cr_expect_str_eq(hdt_expr_text(indices[1]), "w % 3");
	cr_expect_not(hdt_mapping_task(valid("spatial(2, 3) * repeat(1, 2)"), w, indices));
	cr_expect_str_eq(s->context->message, "the one task of a worker was asked for, but spatial(2, 3) * repeat(1, 2) "
	                                      "gives each 2");
}

Test(task_mapping, loops_of_a_repeat_carry_their_styles)
{
	const hdt_mapped_tasks *on =
		hdt_mapping_on(valid("col_repeat(8, 3, 1) * repeat(2, 4, 9, loops=\"p8u4u\")"), scope_get(s, "v"));
	static const hdt_loop_style expected[] = {{HDT_STYLE_UNROLL, 0},
	                                          {HDT_STYLE_PLAIN, 0},
	                                          {HDT_STYLE_PARALLEL, 8},
	                                          {HDT_STYLE_ADVISED, 4},
	                                          {HDT_STYLE_ADVISED, 0}};
	cr_assert(on && on->axis_count == 5);
	for (int i = 0; i < 5; i++)
		cr_expect(on->styles[i].kind == expected[i].kind && on->styles[i].factor == expected[i].factor, "axis %d", i);
}

/* ---- text ---- */

Test(task_mapping, canonical_text_reads_back)
{
	static const char *const texts[] = {
		"spatial(4, 2) * repeat(2, 2) * spatial(2, 16)",
		"col_spatial(2, 3)",
		"col_repeat(2, 3)",
		"spatial(2, 3, 4, ranks=[1, 0, 2])",
		"repeat(2, 3, 4, ranks=[1, 0, 2], loops=\"u+.p\")",
		"repeat(16, 16, loops=\"u\")",
		"repeat(2, 16, loops=\"p12\")",
		"spatial(9223372036854775807)",
		"spatial()",
		"spatial(4, 2).project(0, 1) * repeat(3, 3).project(1)",
	};
	for (size_t i = 0; i < sizeof texts / sizeof *texts; i++)
		cr_expect_str_eq(hdt_mapping_text(valid(texts[i])), texts[i], "%s", hdt_mapping_text(valid(texts[i])));
}

Test(task_mapping, other_spellings_have_one_canonical_text)
{
	static const char *const rows[][2] = {
		{"spatial(2, 3, ranks=[1, 0])", "col_spatial(2, 3)"},
		{"spatial(2, 3, ranks=[0, 1])", "spatial(2, 3)"},
		{"col_repeat(7)", "repeat(7)"},
		{"((spatial(2) * repeat(3)) * (repeat(2) * spatial(2)))", "spatial(2) * repeat(3) * repeat(2) * spatial(2)"},
		{"repeat(2, 2, loops=\"u+u+\")", "repeat(2, 2)"},
		{"repeat(2, 8, loops=\"u+.\")", "repeat(2, 8)"},
		{"repeat(8, 8, loops=\"uu\")", "repeat(8, 8, loops=\"u\")"},
		{"spatial(2, 3).project(1).project(0)", "spatial(2, 3).project(0, 1)"},
		{"spatial(2 * 3 + 1, 8 // 2) # a comment", "spatial(7, 4)"},
	};
	for (size_t r = 0; r < sizeof rows / sizeof *rows; r++)
		cr_expect_str_eq(hdt_mapping_text(valid(rows[r][0])), rows[r][1], "%s", hdt_mapping_text(valid(rows[r][0])));
}

Test(task_mapping, random_mappings_read_back_from_their_text)
{
	for (uint32_t seed = 1; seed <= ROUNDS; seed++) {
		start_random(seed);
		recipe r = random_recipe(1 + pick(3), 1 + pick(5), MOST_TASKS);
		const char *printed = hdt_mapping_text(build(&r));
		cr_assert_str_eq(hdt_mapping_text(valid(printed)), printed);
	}
}

static const hdt_expr *tile(parser *p, const char *name, void *closure)
{
	(void)closure;
	return !strcmp(name, "tile") ? hdt_int(p->context, 16) : NULL;
}

Test(task_mapping, names_of_constants_stand_for_extents_and_the_rest_of_the_text_is_left)
{
	parser p;
	parser_init(&p, s->context, "test", "spatial(tile, tile // 4) * repeat(2, 2) on threadIdx.x {");
	p.resolve = tile;
	const hdt_task_mapping *m = parse_task_mapping(&p);
	cr_expect_str_eq(hdt_mapping_text(m), "spatial(16, 4) * repeat(2, 2)");
	cr_expect(parser_is(&p, "on"));
}

/* ---- faults ---- */

static void check_fault(const char *source, const char *message)
{
	cr_expect_null(parse(source), "%s is taken", source);
	cr_expect(strstr(s->context->message, message), "%s: %s", source, s->context->message);
	cr_expect_str_eq(s->context->notes, "", "one fault, told once: %s", s->context->notes);
	context_clear_fault(s->context);
}

Test(task_mapping, each_fault_is_told_once_with_its_place)
{
	check_fault("spatial(2, 3, ranks=[0, 0])",
	            "test:1:1: spatial: the ranks are a permutation of 0..1, and 0 stands there twice\n"
	            "  spatial(2, 3, ranks=[0, 0])\n  ^");
	check_fault("spatial(2, 3, ranks=[0, 2])", "and 2 is none of them");
	check_fault("spatial(2, 3, ranks=[0, -1])", "and -1 is none of them");
	check_fault("spatial(2, 3, ranks=[0])", "test:1:15: expected one rank for each of the 2 dimensions");
	check_fault("spatial(2, 3, ranks=[0, 4294967296])", "4294967296 is out of range");
	check_fault("repeat(4) * spatial(2, -3)", "test:1:13: spatial: extent -3 of dimension 1 is not at least 1");
	check_fault("repeat(0)", "extent 0 of dimension 0 is not at least 1");
	check_fault("repeat(2, 2) * spatial(2)", "test:1:14: a task mapping of rank 2 is composed with one of rank 1");
	check_fault("repeat(4294967296, 4294967296)", "the product of its extents does not fit 64 bits");
	check_fault("spatial(4294967296) * repeat(4294967296)", "the product of its extents does not fit 64 bits");
	check_fault("spatial(1, 1, 1, 1, 1, 1, 1, 1, 1)", "at most 8 integers");
	check_fault("spatial(n)", "test:1:9: expected a constant integer, not n");
	check_fault("spatial(2.0)", "expected a constant integer");
	check_fault("spatial(2, loops=\"u\")", "test:1:12: 'spatial' takes no 'loops' here");
	check_fault("spatial([2])", "takes no such argument");
	check_fault("col_spatial(2, 3, ranks=[0, 1])", "'col_spatial' takes no 'ranks' here");
	check_fault("spatial(2, ranks=[0], ranks=[0])", "takes no 'ranks' here");
	check_fault("repeat(2, loops=\"x\")", "\"x\" is no list of loop styles");
	check_fault("repeat(2, loops=\"u0\")", "with N at least 1");
	check_fault("repeat(2, loops=\"p99999999999999999999\")", "with N at least 1");
	check_fault("repeat(2, loops=\"u+.\")", "has 2 loop styles for 1 dimensions");
	check_fault("repeat(2, loops=\"\")", "has 0 loop styles");
	check_fault("repeat(2, loops=3)", "'loops' is a string");
	check_fault("auto_map(8, 41, workers=64)",
	            "test:1:1: auto_map: 328 tasks cannot be shared out evenly to 64 workers");
	check_fault("auto_map(8, 8)", "needs the number of workers, as in workers=256");
	check_fault("auto_map(8, 8, workers=0)", "0 workers are not at least 1");
	check_fault("auto_map(8, 8, workers=[2])", "'workers' is an integer");
	check_fault("spacial(2, 2)", "there is no task mapping 'spacial': did you mean 'spatial'?");
	check_fault("3", "expected a task mapping such as spatial(4, 2)");
	check_fault("spatial(2", "expected ')' at the end of 'spatial'");
	check_fault("spatial(2) *", "expected a task mapping");
	check_fault("spatial(2).turn(0)", "expected 'project' behind the point");
	check_fault("spatial(2).project(1)", "test:1:12: a task mapping of rank 1 has no dimension 1 to project");
	check_fault("(spatial(2)", "expected ')' at the end of '('");
	check_fault("", "expected a task mapping");
}

Test(task_mapping, hostile_text_is_refused_not_followed)
{
	text t = {0};
	for (int i = 0; i < 100000; i++)
		text_add(&t, "(");
	check_fault(t.data, "nest more than 200 deep");
	t.length = 0;
	for (int i = 0; i < 1000; i++)
		text_add(&t, "spatial(1) * ");
	check_fault(t.data, "a task mapping of more than 64 factors");
	t.length = 0;
	text_add(&t, "spatial(");
	for (int i = 0; i < 10000; i++)
		text_add(&t, "1, ");
	check_fault(t.data, "with more than 12 arguments");
	text_free(&t);
}

Test(task_mapping, a_fault_goes_through_the_builders_as_null)
{
	const int64_t bad[] = {-1};
	const int dim = 0;
	const hdt_expr *indices[1];
	const hdt_task_mapping *m = hdt_mapping_project(
		hdt_mapping_compose(hdt_spatial(s->context, bad, 1), hdt_repeat(s->context, bad, 1)), &dim, 1);
	cr_expect_null(m);
	cr_expect_null(hdt_mapping_on(m, scope_get(s, "v")));
	cr_expect_null(hdt_mapping_on(valid("spatial(2)"), NULL));
	cr_expect_not(hdt_mapping_task(m, scope_get(s, "v"), indices));
	cr_expect_str_eq(hdt_mapping_text(m), "<fault>");
	cr_expect_null(hdt_spatial(s->context, bad, HDT_MAX_RANK + 1));
	cr_expect_null(hdt_repeat(s->context, bad, -1));
}

Test(task_mapping, memory_running_out_is_a_status_wherever_it_happens)
{
	bool done = false;
	for (long n = 0; !done && n < 2000; n++) {
		hdt_context *c = context_new(NULL);
		parser p;
		c->arena.fail_after = n;
		parser_init(&p, c, "test", "auto_map(8, 6, workers=4) * spatial(2, 2).project(0) * repeat(2, 3)");
		const hdt_task_mapping *m = parse_task_mapping(&p);
		const hdt_expr *w = m ? expr_variable(c, "w", HDT_I32) : NULL;
		done = hdt_mapping_on(m, w) && strcmp(hdt_mapping_text(m), "<fault>") != 0;
		if (!done)
			cr_assert_eq(hdt_context_status(c), HDT_OUT_OF_MEMORY, "%ld: %s", n, c->message);
		context_free(c);
	}
	cr_expect(done);
}
