/* fuzz.c: random integer expressions: the simplified one against a plain reading of the same tree, at edge values.
 *
 * The tree is evaluated by scalar_apply node by node without the builders. Where i64 arithmetic of a tree leaves 64
 * bits the sample is passed over: sizes are taken not to overflow (core/ir/node.h). Narrower integers wrap and are
 * compared always. */
#include "fixture.h"
#include <criterion/criterion.h>

enum { TREES = 20000, MAX_NODES = 64, LEAVES = 4, SAMPLES = 14 };

typedef struct tree {
	struct {
		hdt_scalar_op op; /* CONST: leaf or constant */
		hdt_dtype dtype;
		int leaf; /* -1: the constant */
		int64_t constant;
		int args[3];
		const hdt_expr *built;
		scalar value;
	} nodes[MAX_NODES];
	int count;
} tree;

static uint64_t state;

static uint32_t random_below(uint32_t limit)
{
	state = state * UINT64_C(6364136223846793005) + UINT64_C(1442695040888963407);
	return (uint32_t)(state >> 33) % limit;
}

static int64_t random_constant(void)
{
	static const int64_t edges[] = {0,  1,  2,  3,  4,   6,          7,          8,   12,        16,        64,
	                                -1, -2, -3, -7, -64, 2147483647, 2147483648, 100, INT64_MAX, INT64_MIN, 4294967296};
	return random_below(3) ? (int64_t)random_below(20) - 4 : edges[random_below(sizeof edges / sizeof *edges)];
}

static hdt_scalar_op random_op(void)
{
	static const hdt_scalar_op ops[] = {
		HDT_OP_ADD,  HDT_OP_ADD,      HDT_OP_ADD,      HDT_OP_SUB,      HDT_OP_SUB,    HDT_OP_MUL,
		HDT_OP_MUL,  HDT_OP_MUL,      HDT_OP_FLOORDIV, HDT_OP_MOD,      HDT_OP_MOD,    HDT_OP_MIN,
		HDT_OP_MAX,  HDT_OP_TRUNCDIV, HDT_OP_FMOD,     HDT_OP_FLOORDIV, HDT_OP_NEG,    HDT_OP_ABS,
		HDT_OP_LT,   HDT_OP_LE,       HDT_OP_EQ,       HDT_OP_NE,       HDT_OP_SELECT, HDT_OP_CAST,
		HDT_OP_SIGN, HDT_OP_BIT_AND,  HDT_OP_BIT_XOR,  HDT_OP_SHR,      HDT_OP_SHL,    HDT_OP_BIT_OR,
	};
	return ops[random_below(sizeof ops / sizeof *ops)];
}

static int grow(tree *t, const hdt_expr *const *leaves, hdt_context *context, int depth);

/* The subtree converted, as the builders convert operands. */
static int convert(tree *t, int node, hdt_dtype dtype)
{
	if (t->nodes[node].dtype == dtype)
		return node;
	int at = t->count++;
	t->nodes[at].op = HDT_OP_CAST;
	t->nodes[at].dtype = dtype;
	t->nodes[at].args[0] = node;
	t->nodes[at].built = hdt_cast(t->nodes[node].built, dtype);
	return at;
}

static int grow_leaf(tree *t, const hdt_expr *const *leaves, hdt_context *context)
{
	int at = t->count++;
	t->nodes[at].op = HDT_OP_CONST;
	t->nodes[at].dtype = HDT_I64;
	t->nodes[at].leaf = random_below(5) ? (int)random_below(LEAVES) : -1;
	t->nodes[at].constant = random_constant();
	t->nodes[at].built = t->nodes[at].leaf < 0 ? hdt_int(context, t->nodes[at].constant) : leaves[t->nodes[at].leaf];
	return at;
}

static int grow(tree *t, const hdt_expr *const *leaves, hdt_context *context, int depth)
{
	static const hdt_dtype narrow[] = {HDT_I32, HDT_I8, HDT_U8, HDT_I64, HDT_BOOL};
	const hdt_expr *args[3];
	if (depth == 0 || t->count > MAX_NODES - 24)
		return grow_leaf(t, leaves, context);
	hdt_scalar_op op = random_op();
	int arity = scalar_op_of(op)->arity, children[3] = {0};
	if (op == HDT_OP_CAST && random_below(2))
		return convert(t, grow(t, leaves, context, depth - 1), narrow[random_below(5)]);
	if (op == HDT_OP_CAST)
		return grow(t, leaves, context, depth - 1);
	for (int i = 0; i < arity; i++)
		children[i] = grow(t, leaves, context, depth - 1 - (int)random_below(2) * (depth > 1));
	if (op == HDT_OP_SELECT)
		children[0] = convert(t, children[0], HDT_BOOL);
	int first = op == HDT_OP_SELECT;
	hdt_dtype dtype = t->nodes[children[first]].dtype;
	if (arity > 1)
		dtype = hdt_promote(dtype, t->nodes[children[first + 1]].dtype);
	if ((op == HDT_OP_SHR || op == HDT_OP_SHL) && dtype == HDT_BOOL)
		dtype = HDT_I32;
	for (int i = first; i < arity; i++)
		children[i] = convert(t, children[i], dtype);
	int at = t->count++;
	for (int i = 0; i < arity; i++) {
		t->nodes[at].args[i] = children[i];
		args[i] = t->nodes[children[i]].built;
	}
	t->nodes[at].op = op;
	t->nodes[at].dtype = scalar_op_of(op)->result == OP_RESULT_BOOL ? HDT_BOOL : dtype;
	t->nodes[at].built = hdt_operation(op, args, arity);
	return at;
}

/* False: the sample leaves 64 bits and is passed over. */
static bool evaluate(tree *t, const int64_t *leaves)
{
	for (int n = 0; n < t->count; n++) {
		scalar args[3] = {{0}, {0}, {0}};
		bool ok = true;
		hdt_scalar_op op = t->nodes[n].op;
		if (op == HDT_OP_CONST) {
			t->nodes[n].value.i = t->nodes[n].leaf < 0 ? t->nodes[n].constant : leaves[t->nodes[n].leaf];
			continue;
		}
		int arity = scalar_op_of(op)->arity;
		for (int i = 0; i < arity; i++)
			args[i] = t->nodes[t->nodes[n].args[i]].value;
		hdt_dtype operand = t->nodes[t->nodes[n].args[op == HDT_OP_SELECT]].dtype;
		if (operand == HDT_I64 && scalar_overflows(op, args))
			return false;
		t->nodes[n].value = scalar_apply(op, operand, t->nodes[n].dtype, args, &ok);
	}
	return true;
}

/* The value of a built expression, by the leaves' values; independent of the builders. */
static scalar value_of(const hdt_expr *e, const hdt_expr *const *leaves, const int64_t *values)
{
	scalar args[3] = {{0}, {0}, {0}};
	bool ok = true;
	for (int i = 0; i < LEAVES; i++) {
		if (leaves[i] == e) {
			args[0].i = values[i];
			return args[0];
		}
	}
	if (e->op == HDT_OP_CONST)
		return expr_value(e);
	for (int i = 0; i < e->count; i++)
		args[i] = value_of(e->args[i], leaves, values);
	return scalar_apply((hdt_scalar_op)e->op, (hdt_dtype)e->args[e->op == HDT_OP_SELECT]->dtype, (hdt_dtype)e->dtype,
	                    args, &ok);
}

static void check_sample(tree *t, int root, const hdt_expr *const *leaves, const int64_t *values)
{
	const hdt_expr *e = t->nodes[root].built, *constants[LEAVES];
	int64_t min, max;
	if (!evaluate(t, values))
		return;
	int64_t want = t->nodes[root].value.i, got = value_of(e, leaves, values).i;
	cr_assert_eq(got, want, "%s is %lld, not %lld, at n=%lld m=%lld i=%lld k=%lld", hdt_expr_text(e), (long long)got,
	             (long long)want, (long long)values[0], (long long)values[1], (long long)values[2],
	             (long long)values[3]);
	if (hdt_bounds(e, &min, &max))
		cr_assert(min <= want && want <= max, "%s is %lld, outside %lld..%lld", hdt_expr_text(e), (long long)want,
		          (long long)min, (long long)max);
	for (int i = 0; i < LEAVES; i++)
		constants[i] = hdt_int(e->context, values[i]);
	const hdt_expr *folded = hdt_substitute(e, leaves, constants, LEAVES);
	cr_assert(folded && hdt_is_const(folded, &got) && got == want, "%s substituted gives %s, not %lld",
	          hdt_expr_text(e), hdt_expr_text(folded), (long long)want);
}

Test(fuzz, simplified_expressions_keep_their_value_and_bounds_hold)
{
	static const int64_t sizes[] = {0, 1, 2, 3, 5, 8, 64, 100, 1000, 65536, 2147483647};
	for (uint32_t seed = 0; seed < TREES / 100; seed++) {
		scope *s = scope_new();
		const hdt_expr *leaves[LEAVES] = {scope_get(s, "n"), scope_get(s, "m"), scope_get(s, "i"), scope_get(s, "j")};
		state = seed * UINT64_C(77777) + 1;
		for (int n = 0; n < 100; n++) {
			tree t = {.count = 0};
			int root = grow(&t, leaves, s->context, 2 + (int)random_below(4));
			cr_assert(t.nodes[root].built, "%s", s->context->message);
			for (int k = 0; k < SAMPLES; k++) {
				int64_t values[LEAVES] = {sizes[1 + random_below(10)], 1 + random_below(100), 0, 0};
				values[2] = random_below(3) ? (int64_t)random_below((uint32_t)values[0]) : values[0] - 1;
				values[3] = random_below(3) ? (int64_t)random_below((uint32_t)values[1]) : values[1] - 1;
				check_sample(&t, root, leaves, values);
			}
		}
		scope_free(s);
	}
}

Test(fuzz, printed_expressions_read_back_as_the_same_node)
{
	scope *s = scope_new();
	const hdt_expr *leaves[LEAVES] = {scope_get(s, "n"), scope_get(s, "v"), scope_get(s, "i"), scope_get(s, "j")};
	state = 42;
	for (int n = 0; n < 4000; n++) {
		tree t = {.count = 0};
		const hdt_expr *e = t.nodes[grow(&t, leaves, s->context, 1 + (int)random_below(5))].built;
		const char *printed = hdt_expr_text(e);
		const hdt_expr *again = scope_parse(s, printed);
		cr_assert(again, "%s: %s", printed, s->context->message);
		const char *same = hdt_expr_text(again);
		/* A constant that wrapped is told apart from an equal one, but not in text. */
		cr_assert(again == e || (expr_exceeds(e, INT64_MAX) && !strcmp(printed, same)), "%s reads back as %s", printed,
		          same);
	}
	scope_free(s);
}
