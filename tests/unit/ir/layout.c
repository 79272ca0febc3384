/* layout.c: layouts: the worked numbers, the laws by random search against the definitions, the duality with task
 * mappings, text, faults. */
#include "ir/layout.h"
#include "fixture.h"
#include <criterion/criterion.h>
#include <hidet/task_mapping.h>
#include <stdlib.h>
#include <string.h>

enum { ROUNDS = 300, MOST_ELEMENTS = 2048 };

static scope *s;

static void setup(void)
{
	s = scope_new();
}

static void teardown(void)
{
	scope_free(s);
}

TestSuite(layout, .init = setup, .fini = teardown);

static const hdt_layout *parse(const char *source)
{
	parser p;
	scope_start(s, &p, source);
	const hdt_layout *l = parse_layout(&p);
	if (l && p.now.kind != TOKEN_END)
		parser_fail(&p, "expected the end of the layout");
	return p.failed ? NULL : l;
}

static const hdt_layout *valid(const char *source)
{
	const hdt_layout *l = parse(source);
	cr_assert(l, "%s: %s", source, s->context->message);
	return l;
}

static int64_t offset_at(const hdt_layout *l, const int64_t *at)
{
	const hdt_expr *indices[HDT_MAX_RANK];
	int64_t offset = -1;
	for (int d = 0; d < l->rank; d++)
		indices[d] = hdt_int(s->context, at[d]);
	const hdt_expr *e = hdt_layout_offset(l, indices, l->rank);
	cr_assert(hdt_is_const(e, &offset), "%s gives %s", hdt_layout_text(l), hdt_expr_text(e));
	return offset;
}

/* ---- the worked numbers of the reference ---- */

#define EXPECT_OFFSET(source, offset, storage, ...)                                              \
	do {                                                                                         \
		const hdt_layout *of = valid(source);                                                    \
		const int64_t at[] = {__VA_ARGS__}, given = offset_at(of, at);                           \
		cr_assert_eq(of->rank, (int)(sizeof at / sizeof *at));                                   \
		cr_expect_eq(given, offset, "%s at " #__VA_ARGS__ " is %lld", source, (long long)given); \
		cr_expect_eq(of->size, storage, "%s has size %lld", source, (long long)of->size);        \
	} while (0)

Test(layout, worked_numbers)
{
	EXPECT_OFFSET("row(2, 2) * column(2, 3)", 21, 24, 3, 4);
	EXPECT_OFFSET("local(4, 2) * row(2, 2)", 3, 4, 5, 3);
	EXPECT_OFFSET("row(8, 8).swizzle(1)", 30, 64, 3, 5);
	EXPECT_OFFSET("row(8, 8).swizzle(1, regards=0, log_step=1)", 28, 64, 3, 5);
	EXPECT_OFFSET("concat(row(2), row(4, 4))", 27, 32, 1, 2, 3);
	EXPECT_OFFSET("concat([2], row(4, 4))", 27, 32, 1, 2, 3);
	EXPECT_OFFSET("row(2, 3)", 5, 6, 1, 2);
	EXPECT_OFFSET("column(2, 3)", 3, 6, 1, 1);
	EXPECT_OFFSET("strided(2, 3, 4, ranks=[1, 2, 0])", 2 * 6 + 1 * 3 + 2, 24, 1, 2, 2);
}

Test(layout, the_registers_of_the_tiled_kernel_take_its_tile_and_little_storage)
{
	const hdt_layout *l = valid("local(4, 2) * row(2, 2) * local(2, 16) * row(4, 4)");
	cr_expect(l->shape[0] == 64 && l->shape[1] == 256 && l->elements == 64 * 256 && l->size == 64);
}

Test(layout, permute_moves_dimensions_and_does_not_invert)
{
	const hdt_layout *l = valid("row(2, 3, 4).permute(1, 2, 0)");
	cr_expect(l->shape[0] == 3 && l->shape[1] == 4 && l->shape[2] == 2, "dimension d is dimension dims[d] of the base");
	EXPECT_OFFSET("row(2, 3, 4).permute(1, 2, 0)", 1 * 12 + 2 * 4 + 3, 24, 2, 3, 1);
	EXPECT_OFFSET("row(2, 3, 4).permute(1, 2, 0).permute(2, 0, 1)", 1 * 12 + 2 * 4 + 3, 24, 1, 2, 3);
	EXPECT_OFFSET("row(2, 3).permute(1, 0)", 5, 6, 2, 1);
}

Test(layout, reshape_keeps_the_row_order_of_elements)
{
	EXPECT_OFFSET("row(8, 8).reshape(4, 16)", 37, 64, 2, 5);
	EXPECT_OFFSET("column(2, 6).reshape(3, 4)", 1 * 2 + 1, 12, 1, 3);
	EXPECT_OFFSET("(local(2, 1) * row(2, 2)).reshape(8)", 3, 4, 7);
}

/* ---- random layouts against the definitions ---- */

typedef struct tree tree;
struct tree {
	const hdt_layout *layout; /* what the library makes of it */
	tree *left, *right;       /* composition, concatenation; left alone: a method's base */
	int ranks[HDT_MAX_RANK], dim, regards, log_step;
};

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

static void shuffle(int *items, int count)
{
	for (int d = 0; d < count; d++) {
		int other = pick(d + 1);
		items[d] = items[other];
		items[other] = d;
	}
}

static tree *random_tree(int rank, int depth);

static tree *random_leaf(int rank)
{
	tree *t = hdt_allocate(s->context, sizeof *t);
	int64_t shape[HDT_MAX_RANK];
	for (int d = 0; d < rank; d++)
		shape[d] = pick(2) ? INT64_C(1) << pick(3) : 1 + pick(4);
	shuffle(t->ranks, rank);
	t->layout =
		pick(4) ? hdt_layout_strided(s->context, shape, rank, t->ranks) : hdt_layout_local(s->context, shape, rank);
	return t;
}

/* A shape of as many elements: the last factor of one dimension goes over to the next. */
static const hdt_layout *random_reshape(const hdt_layout *base)
{
	int64_t shape[HDT_MAX_RANK];
	memcpy(shape, base->shape, sizeof shape);
	for (int d = 0; d + 1 < base->rank; d++)
		for (int64_t f = 2; f <= shape[d]; f++)
			if (shape[d] % f == 0 && pick(2)) {
				shape[d] /= f;
				shape[d + 1] *= f;
			}
	return hdt_layout_reshape(base, shape, base->rank);
}

static tree *random_method(int rank, int depth)
{
	tree *t = hdt_allocate(s->context, sizeof *t);
	t->left = random_tree(rank, depth - 1);
	const hdt_layout *base = t->left->layout;
	t->dim = pick(rank);
	t->regards = rank > 1 ? (t->dim + 1 + pick(rank - 1)) % rank : t->dim;
	t->log_step = pick(3);
	shuffle(t->ranks, rank);
	bool can_swizzle = rank > 1 && (base->shape[t->dim] & (base->shape[t->dim] - 1)) == 0;
	t->layout = can_swizzle && pick(2) ? hdt_layout_swizzle(base, t->dim, t->regards, t->log_step)
	            : pick(2)              ? hdt_layout_permute(base, t->ranks, rank)
	                                   : random_reshape(base);
	return t;
}

static tree *random_tree(int rank, int depth)
{
	int choice = depth ? pick(4) : 0;
	if (choice == 0)
		return random_leaf(rank);
	if (choice == 1)
		return random_method(rank, depth);
	tree *t = hdt_allocate(s->context, sizeof *t);
	bool concat = choice == 3 && rank > 1;
	int first = concat ? 1 + pick(rank - 1) : rank;
	t->left = random_tree(first, depth - 1);
	t->right = random_tree(concat ? rank - first : rank, depth - 1);
	t->layout = concat ? hdt_layout_concat(t->left->layout, t->right->layout)
	                   : hdt_layout_compose(t->left->layout, t->right->layout);
	return t;
}

/* A random tree of no more than MOST_ELEMENTS. */
static tree *small_tree(int rank, int depth)
{
	tree *t = random_tree(rank, depth);
	cr_assert(t->layout, "%s", s->context->message);
	return t->layout->elements <= MOST_ELEMENTS ? t : small_tree(rank, depth - 1);
}

static int64_t define_offset(const tree *t, const int64_t *at);

static int64_t define_strided(const tree *t, const int64_t *at)
{
	int64_t offset = 0;
	const hdt_layout *l = t->layout;
	for (int rank = 0; rank < l->rank; rank++)
		for (int d = 0; d < l->rank; d++)
			if (t->ranks[d] == rank)
				offset = offset * l->shape[d] + at[d];
	return offset;
}

static int64_t define_composed(const tree *t, const int64_t *at)
{
	int64_t outer[HDT_MAX_RANK], inner[HDT_MAX_RANK];
	const hdt_layout *of = t->right->layout;
	for (int d = 0; d < of->rank; d++) {
		outer[d] = at[d] / of->shape[d];
		inner[d] = at[d] % of->shape[d];
	}
	return define_offset(t->left, outer) * of->size + define_offset(t->right, inner);
}

static int64_t define_method(const tree *t, const int64_t *at)
{
	int64_t of_base[HDT_MAX_RANK], position = 0, mask;
	const hdt_layout *l = t->layout, *base = t->left->layout;
	memcpy(of_base, at, (size_t)l->rank * sizeof *at);
	switch (layout_node_of(l)->kind) {
	case LAYOUT_PERMUTE:
		for (int d = 0; d < l->rank; d++)
			of_base[t->ranks[d]] = at[d];
		break;
	case LAYOUT_RESHAPE:
		for (int d = 0; d < l->rank; d++)
			position = position * l->shape[d] + at[d];
		for (int d = base->rank - 1; d >= 0; d--, position /= base->shape[d + 1])
			of_base[d] = position % base->shape[d];
		break;
	default:
		mask = at[t->regards] >> t->log_step;
		of_base[t->dim] ^= mask & (base->shape[t->dim] - 1);
		break;
	}
	return define_offset(t->left, of_base);
}

static int64_t define_offset(const tree *t, const int64_t *at)
{
	switch (layout_node_of(t->layout)->kind) {
	case LAYOUT_STRIDED:
		return define_strided(t, at);
	case LAYOUT_LOCAL:
		return 0;
	case LAYOUT_COMPOSE:
		return define_composed(t, at);
	case LAYOUT_CONCAT:
		return define_offset(t->left, at) * t->right->layout->size +
		       define_offset(t->right, at + t->left->layout->rank);
	default:
		return define_method(t, at);
	}
}

/* The next index tuple in row order; false behind the last. */
static bool advance(const hdt_layout *l, int64_t *at)
{
	for (int d = l->rank - 1; d >= 0; d--) {
		if (++at[d] < l->shape[d])
			return true;
		at[d] = 0;
	}
	return false;
}

Test(layout, offsets_are_what_the_definitions_say_and_lie_within_the_size, .timeout = 120)
{
	for (uint32_t seed = 1; seed <= ROUNDS; seed++) {
		start_random(seed);
		const tree *t = small_tree(1 + pick(3), 3);
		const hdt_layout *l = t->layout;
		int64_t at[HDT_MAX_RANK] = {0};
		do {
			int64_t offset = offset_at(l, at);
			cr_assert(offset >= 0 && offset < l->size, "%s: %lld", hdt_layout_text(l), (long long)offset);
			cr_assert_eq(offset, define_offset(t, at), "%s: %lld", hdt_layout_text(l), (long long)offset);
		} while (advance(l, at));
	}
}

Test(layout, expressions_of_offsets_have_the_value_of_the_offset, .timeout = 120)
{
	for (uint32_t seed = 1; seed <= 100; seed++) {
		start_random(seed);
		const hdt_layout *l = small_tree(1 + pick(3), 3)->layout;
		const hdt_expr *axes[HDT_MAX_RANK], *variables[HDT_MAX_RANK], *to[HDT_MAX_RANK];
		for (int d = 0; d < l->rank; d++) {
			axes[d] = hdt_axis("i", hdt_int(s->context, l->shape[d]));
			variables[d] = expr_variable(s->context, "v", d % 2 ? HDT_I32 : HDT_I64);
		}
		const hdt_expr *bounded = hdt_layout_offset(l, axes, l->rank), *free = hdt_layout_offset(l, variables, l->rank);
		int64_t at[HDT_MAX_RANK] = {0}, first, second;
		do {
			for (int d = 0; d < l->rank; d++)
				to[d] = hdt_int(s->context, at[d]);
			cr_assert(hdt_is_const(hdt_substitute(bounded, axes, to, l->rank), &first));
			for (int d = 0; d < l->rank; d++)
				to[d] = hdt_cast(to[d], (hdt_dtype)variables[d]->dtype);
			cr_assert(hdt_is_const(hdt_substitute(free, variables, to, l->rank), &second));
			cr_assert(first == offset_at(l, at) && second == first, "%s: %s", hdt_layout_text(l),
			          hdt_expr_text(bounded));
		} while (advance(l, at));
	}
}

/* So that index arithmetic may be done in few bits. */
Test(layout, offsets_over_axes_are_known_to_lie_within_the_size)
{
	for (uint32_t seed = 1; seed <= ROUNDS; seed++) {
		start_random(seed);
		const hdt_layout *l = small_tree(1 + pick(3), 3)->layout;
		const hdt_expr *axes[HDT_MAX_RANK];
		int64_t min, max;
		for (int d = 0; d < l->rank; d++)
			axes[d] = hdt_axis("i", hdt_int(s->context, l->shape[d]));
		const hdt_expr *offset = hdt_layout_offset(l, axes, l->rank);
		cr_assert(hdt_bounds(offset, &min, &max), "%s: %s", hdt_layout_text(l), hdt_expr_text(offset));
		cr_assert(min == 0 && max < l->size, "%s: %s in %lld..%lld", hdt_layout_text(l), hdt_expr_text(offset),
		          (long long)min, (long long)max);
	}
}

Test(layout, composition_and_concatenation_are_associative)
{
	for (uint32_t seed = 1; seed <= ROUNDS; seed++) {
		start_random(seed);
		int rank = 1 + pick(2);
		const hdt_layout *a = random_leaf(rank)->layout, *b = random_leaf(rank)->layout, *c = random_leaf(rank)->layout;
		cr_assert_str_eq(hdt_layout_text(hdt_layout_compose(hdt_layout_compose(a, b), c)),
		                 hdt_layout_text(hdt_layout_compose(a, hdt_layout_compose(b, c))));
		cr_assert_str_eq(hdt_layout_text(hdt_layout_concat(hdt_layout_concat(a, b), c)),
		                 hdt_layout_text(hdt_layout_concat(a, hdt_layout_concat(b, c))));
	}
}

Test(layout, without_local_parts_every_element_has_a_place_of_its_own)
{
	for (uint32_t seed = 1; seed <= ROUNDS; seed++) {
		start_random(seed);
		const hdt_layout *l = small_tree(1 + pick(3), 3)->layout;
		int64_t at[HDT_MAX_RANK] = {0};
		if (l->size != l->elements)
			continue;
		char *seen = calloc((size_t)l->size, 1);
		do {
			cr_assert(!seen[offset_at(l, at)]++, "%s puts two elements in one place", hdt_layout_text(l));
		} while (advance(l, at));
		free(seen);
	}
}

Test(layout, swizzle_is_a_bijection_also_where_the_mask_could_leave_the_extent)
{
	static const char *const texts[] = {
		"row(8, 8).swizzle(1)",
		"row(8, 8).swizzle(0)",
		"row(17, 8).swizzle(1, log_step=1)",
		"row(64, 4).swizzle(1, log_step=2)",
		"row(64, 4).swizzle(1)",
		"row(9, 8).swizzle(1)",
		"row(3, 1).swizzle(1)",
		"row(4, 8, 2).swizzle(1, regards=0).swizzle(2, regards=1, log_step=1)",
	};
	for (size_t i = 0; i < sizeof texts / sizeof *texts; i++) {
		const hdt_layout *l = valid(texts[i]);
		char *seen = calloc((size_t)l->size, 1);
		int64_t at[HDT_MAX_RANK] = {0};
		do {
			int64_t offset = offset_at(l, at);
			cr_assert(offset >= 0 && offset < l->size && !seen[offset]++, "%s", texts[i]);
		} while (advance(l, at));
		free(seen);
	}
}

/* ---- duality ---- */

/* The same factors as a mapping (spatial, repeat) and as a layout (local, strided). */
static void random_dual(int rank, int factors, const hdt_task_mapping **mapping, const hdt_layout **layout)
{
	*mapping = NULL;
	*layout = NULL;
	for (int i = 0; i < factors; i++) {
		int64_t shape[HDT_MAX_RANK];
		int ranks[HDT_MAX_RANK];
		bool spatial = pick(2);
		for (int d = 0; d < rank; d++)
			shape[d] = 1 + pick(3);
		shuffle(ranks, rank);
		const hdt_task_mapping *m = spatial ? hdt_spatial_ranked(s->context, shape, rank, ranks)
		                                    : hdt_repeat_ranked(s->context, shape, rank, ranks, NULL);
		const hdt_layout *l =
			spatial ? hdt_layout_local(s->context, shape, rank) : hdt_layout_strided(s->context, shape, rank, ranks);
		*mapping = i ? hdt_mapping_compose(*mapping, m) : m;
		*layout = i ? hdt_layout_compose(*layout, l) : l;
	}
}

/* Position of the axes of a nest, the last one fastest. */
static const hdt_expr *count_through(const hdt_mapped_tasks *on)
{
	const hdt_expr *position = hdt_int(s->context, 0);
	int64_t stride = 1;
	for (int i = 0; i < on->axis_count; i++)
		stride *= on->axes[i]->args[0]->integer;
	for (int i = 0; i < on->axis_count; i++) {
		stride /= on->axes[i]->args[0]->integer;
		position = hdt_add(position, hdt_mul(on->axes[i], hdt_int(s->context, stride)));
	}
	return position;
}

Test(layout, the_dual_layout_stores_the_tasks_of_a_worker_in_their_order_at_no_cost)
{
	for (uint32_t seed = 1; seed <= ROUNDS; seed++) {
		start_random(seed);
		const hdt_task_mapping *m;
		const hdt_layout *l;
		random_dual(1 + pick(2), 1 + pick(4), &m, &l);
		cr_assert_eq(m->tasks, l->size);
		cr_assert(!memcmp(m->shape, l->shape, (size_t)m->rank * sizeof *m->shape));
		const hdt_mapped_tasks *on = hdt_mapping_on(m, hdt_axis("w", hdt_int(s->context, m->workers)));
		const hdt_expr *offset = hdt_layout_offset(l, on->indices, m->rank);
		cr_assert_eq(offset, count_through(on), "%s: task %s is at %s", hdt_mapping_text(m),
		             hdt_expr_text(count_through(on)), hdt_expr_text(offset));
	}
}

Test(layout, the_tiled_kernel_finds_its_registers_by_its_loops_alone)
{
	const int64_t shapes[4][2] = {{4, 2}, {2, 2}, {2, 16}, {4, 4}};
	const hdt_task_mapping *m = hdt_spatial(s->context, shapes[0], 2);
	m = hdt_mapping_compose(m, hdt_repeat(s->context, shapes[1], 2));
	m = hdt_mapping_compose(m, hdt_spatial(s->context, shapes[2], 2));
	m = hdt_mapping_compose(m, hdt_repeat(s->context, shapes[3], 2));
	const hdt_mapped_tasks *on = hdt_mapping_on(m, hdt_axis("w", hdt_int(s->context, 256)));
	const hdt_expr *offset =
		hdt_layout_offset(valid("local(4, 2) * row(2, 2) * local(2, 16) * row(4, 4)"), on->indices, 2);
	cr_expect_str_eq(hdt_expr_text(offset), "t0 * 32 + t1 * 16 + t2 * 4 + t3");
}

/* ---- expressions ---- */

Test(layout, offsets_are_simplified)
{
	const hdt_expr *indices[2] = {scope_get(s, "k"), scope_get(s, "l")};
	static const char *const rows[][2] = {
		{"row(64, 4)", "k * 4 + l"},
		{"column(64, 4)", "l * 64 + k"},
		{"row(8, 2) * column(8, 2)", "k // 8 * 32 + l * 8 + k % 8"},
		{"row(4, 64).permute(1, 0)", "l * 64 + k"},
		{"row(256).reshape(64, 4)", "k * 4 + l"},
		{"row(16, 16).reshape(64, 4)", "k * 4 + l"},
		{"row(64, 4).swizzle(1)", "k * 4 + (l ^ k % 4)"},
		{"row(64, 4).swizzle(1, log_step=4)", "k * 4 + (l ^ k // 16)"},
		{"row(64, 4).swizzle(1, log_step=6)", "k * 4 + l"},
		{"local(64, 4)", "0"},
	};
	for (size_t r = 0; r < sizeof rows / sizeof *rows; r++) {
		const char *given = hdt_expr_text(hdt_layout_offset(valid(rows[r][0]), indices, 2));
		cr_expect_str_eq(given, rows[r][1], "%s: %s", rows[r][0], given);
	}
}

Test(layout, within_looks_at_both_ends_and_only_where_it_must)
{
	const hdt_layout *l = valid("row(64, 4)");
	const hdt_expr *proved[2] = {scope_get(s, "k"), scope_get(s, "l")}, *half[2] = {scope_get(s, "v"), proved[1]},
				   *shifted[2] = {hdt_sub(proved[0], hdt_int(s->context, 1)), scope_get(s, "k")};
	cr_expect_str_eq(hdt_expr_text(hdt_layout_within(l, proved, 2)), "true");
	cr_expect_str_eq(hdt_expr_text(hdt_layout_within(l, half, 2)), "0 <= v && v < 64");
	cr_expect_str_eq(hdt_expr_text(hdt_layout_within(l, shifted, 2)), "1 <= k && k < 4");
}

/* ---- text ---- */

Test(layout, canonical_text_reads_back)
{
	static const char *const texts[] = {
		"row(2, 2) * column(2, 3)",
		"local(4, 2) * row(2, 2)",
		"strided(2, 3, 4, ranks=[1, 0, 2])",
		"row(8, 8).swizzle(1)",
		"row(8, 8).swizzle(1, log_step=1)",
		"row(8, 8, 8).swizzle(2, regards=0, log_step=1)",
		"row(8, 8).permute(1, 0).reshape(4, 16)",
		"(row(2, 2) * column(4, 4)).swizzle(1) * row(2, 2)",
		"concat(row(2), row(4, 4))",
		"concat(row(2) * row(3), column(4, 4).permute(1, 0)) * row(1, 2, 1)",
		"row()",
	};
	for (size_t i = 0; i < sizeof texts / sizeof *texts; i++)
		cr_expect_str_eq(hdt_layout_text(valid(texts[i])), texts[i], "%s", hdt_layout_text(valid(texts[i])));
}

Test(layout, other_spellings_have_one_canonical_text)
{
	static const char *const rows[][2] = {
		{"row(8, 8).swizzle(1, regards=0)", "row(8, 8).swizzle(1)"},
		{"row(8, 8).swizzle(1, log_step=1, regards=0)", "row(8, 8).swizzle(1, log_step=1)"},
		{"strided(2, 3)", "row(2, 3)"},
		{"strided(2, 3, ranks=[1, 0])", "column(2, 3)"},
		{"column(5)", "row(5)"},
		{"(row(2) * (row(3) * row(4)))", "row(2) * row(3) * row(4)"},
		{"concat([2], concat([3, 4]), [])", "concat(row(2), row(3, 4), row())"},
		{"concat(row(3))", "row(3)"},
	};
	for (size_t r = 0; r < sizeof rows / sizeof *rows; r++)
		cr_expect_str_eq(hdt_layout_text(valid(rows[r][0])), rows[r][1], "%s", hdt_layout_text(valid(rows[r][0])));
}

Test(layout, random_layouts_read_back_from_their_text)
{
	for (uint32_t seed = 1; seed <= ROUNDS; seed++) {
		start_random(seed);
		const char *printed = hdt_layout_text(random_tree(1 + pick(3), 4)->layout);
		cr_assert_str_eq(hdt_layout_text(valid(printed)), printed);
	}
}

Test(layout, the_rest_of_the_text_is_left)
{
	parser p;
	scope_start(s, &p, "local(4, 2) * row(2, 2) = 0; row(2)..3");
	cr_expect_str_eq(hdt_layout_text(parse_layout(&p)), "local(4, 2) * row(2, 2)");
	cr_expect(parser_accept(&p, "="));
	parser_next(&p);
	cr_expect(parser_accept(&p, ";"));
	cr_expect_not_null(parse_layout(&p));
	cr_expect(parser_is(&p, ".."), "two points are no method");
}

/* ---- faults ---- */

static void check_fault(const char *source, const char *message)
{
	cr_expect_null(parse(source), "%s is taken", source);
	cr_expect(strstr(s->context->message, message), "%s: %s", source, s->context->message);
	cr_expect_str_eq(s->context->notes, "", "one fault, told once: %s", s->context->notes);
	context_clear_fault(s->context);
}

Test(layout, each_fault_is_told_once_with_its_place)
{
	check_fault("row(2, -3)", "test:1:1: row: extent -3 of dimension 1 is not at least 1\n  row(2, -3)\n  ^");
	check_fault("column(0)", "column: extent 0 of dimension 0");
	check_fault("strided(2, 3, ranks=[1, 1])",
	            "strided: the ranks are a permutation of 0..1, and 1 stands there twice");
	check_fault("row(2, 3) * row(2)", "test:1:11: a layout of rank 2 is composed with one of rank 1");
	check_fault("row(4294967296, 4294967296)", "does not fit 64 bits");
	check_fault("local(4294967296) * local(4294967296)", "does not fit 64 bits");
	check_fault("concat(row(4294967296), row(4294967296))", "does not fit 64 bits");
	check_fault("concat([1, 1, 1, 1, 1], [1, 1, 1, 1])", "do not join: the rank is at most 8");
	check_fault("row(2, 3).permute(0)", "test:1:11: permute: 1 dimensions are given for a layout of rank 2");
	check_fault("row(2, 3).permute(0, 0)",
	            "permute: the dimensions are a permutation of 0..1, and 0 stands there twice");
	check_fault("row(2, 3).reshape(4, 2)", "a layout of 6 elements cannot take a shape of 8");
	check_fault("row(8, 6).swizzle(1)", "changes a dimension whose extent is no power of two");
	check_fault("row(8, 8).swizzle(1, regards=1)", "regards another dimension than the one it changes");
	check_fault("row(8, 8).swizzle(2)", "names a dimension that the layout does not have");
	check_fault("row(8, 8).swizzle(1, regards=2)", "names a dimension that the layout does not have");
	check_fault("row(8, 8, 8).swizzle(1)", "must tell which dimension it regards unless the rank is 2");
	check_fault("row(8, 8).swizzle(1, log_step=-1)", "has a log_step outside 0..62");
	check_fault("row(8, 8).swizzle(1, log_step=99999999999)", "is out of range");
	check_fault("row(8, 8).swizzle()", "needs the dimension to change, as in swizzle(1)");
	check_fault("row(8, 8).swizle(1)", "test:1:11: there is no layout 'swizle': did you mean 'swizzle'?");
	check_fault("row(8, 8).(1)", "expected permute, reshape or swizzle");
	check_fault("rows(8)", "there is no layout 'rows': did you mean 'row'?");
	check_fault("row(n)", "expected a constant integer, not n");
	check_fault("row(8, ranks=[0])", "test:1:8: 'row' takes no 'ranks' here");
	check_fault("concat()", "expected a layout such as row(4, 2)");
	check_fault("concat(row(2) row(2))", "expected ')' at the end of 'concat'");
	check_fault("row(2) *", "expected a layout");
	check_fault("concat([n])", "expected a constant integer");
}

Test(layout, hostile_text_is_refused_not_followed)
{
	text t = {0};
	for (int i = 0; i < 50000; i++)
		text_add(&t, i % 2 ? "(" : "concat(");
	check_fault(t.data, "nest more than 200 deep");
	t.length = 0;
	for (int i = 0; i < 1000; i++)
		text_add(&t, "row(1) * ");
	check_fault(t.data, "a layout of more than 128 parts");
	t.length = 0;
	text_add(&t, "row(1)");
	for (int i = 0; i < 1000; i++)
		text_add(&t, ".permute(0)");
	check_fault(t.data, "a layout of more than 128 parts");
	text_free(&t);
}

Test(layout, a_fault_goes_through_the_builders_as_null)
{
	const int64_t bad[] = {-1};
	const int dim = 0;
	const hdt_layout *l = hdt_layout_row(s->context, bad, 1), *good = valid("row(4)");
	const hdt_expr *index = scope_get(s, "l"), *none = NULL;
	cr_expect_null(hdt_layout_swizzle(hdt_layout_reshape(hdt_layout_permute(l, &dim, 1), bad, 1), 0, 1, 0));
	cr_expect_null(hdt_layout_compose(l, good));
	cr_expect_null(hdt_layout_concat(good, l));
	cr_expect_null(hdt_layout_offset(l, &index, 1));
	cr_expect_null(hdt_layout_offset(good, &none, 1));
	cr_expect_null(hdt_layout_within(good, &none, 1));
	cr_expect_str_eq(hdt_layout_text(l), "<fault>");
	context_clear_fault(s->context);
	cr_expect_null(hdt_layout_offset(good, &index, 0));
	cr_expect_str_eq(s->context->message, "a layout of rank 1 is given 0 indices");
	context_clear_fault(s->context);
	index = scope_get(s, "s");
	cr_expect_null(hdt_layout_offset(good, &index, 1));
	cr_expect_str_eq(s->context->message, "an index of a layout is an integer of its context, not s");
}

Test(layout, memory_running_out_is_a_status_wherever_it_happens)
{
	bool done = false;
	for (long n = 0; !done && n < 2000; n++) {
		hdt_context *c = context_new(NULL);
		parser p;
		c->arena.fail_after = n;
		parser_init(&p, c, "test", "concat([2], (row(2, 2) * local(2, 4)).swizzle(1).permute(1, 0).reshape(32))");
		const hdt_layout *l = parse_layout(&p);
		const hdt_expr *v[2] = {l ? expr_variable(c, "v", HDT_I64) : NULL, l ? expr_variable(c, "w", HDT_I64) : NULL};
		done = hdt_layout_offset(l, v, 2) && hdt_layout_within(l, v, 2) && strcmp(hdt_layout_text(l), "<fault>") != 0;
		if (!done)
			cr_assert_eq(hdt_context_status(c), HDT_OUT_OF_MEMORY, "%ld: %s", n, c->message);
		context_free(c);
	}
	cr_expect(done);
}
