/* node.h: what the files of this folder share: the table in which expressions live, and the facts kept with each.
 *
 * A node is made by expr_intern alone. Whoever wants a simplified expression calls the builders of hidet/expr.h. */
#ifndef CORE_IR_NODE_H
#define CORE_IR_NODE_H

#include "base/map.h"
#include "base/vec.h"
#include "ir/expr.h"

/* What is known of an integer or bool expression. Computed when the node is made, from its operands' facts.
 *
 * Sizes do not overflow: an i64 expression made of symbols, axes, checked indices and small constants counts or
 * addresses the elements of tensors, of which there are fewer than 2^63. So where the arithmetic of a `size` leaves 64
 * bits its range saturates. All other arithmetic wraps, and a range that might wrap becomes that of the dtype. */
typedef struct expr_facts {
	int64_t min, max; /* when `known` */
	bool known;
	bool size;
	bool exact; /* the node's own operation cannot wrap */
} expr_facts;

typedef struct expr_record {
	hdt_expr expr; /* first: a pointer to it is a pointer to the record */
	expr_facts facts;
	uint32_t walk; /* the last one that met it, ... */
	int place;     /* ... and its place in the order of that walk */
} expr_record;

/* The hash stands here, so that only nodes that are likely equal are looked at. */
typedef struct expr_slot {
	uint64_t hash;
	expr_record *record; /* NULL: free */
} expr_slot;

/* A node whose operands are being gone through. */
typedef struct walk_frame {
	const hdt_expr *node;
	int next; /* operand to go into */
} walk_frame;

/* Walks over expressions: one at a time, for nothing else happens during one (walk.c). */
typedef struct expr_walks {
	uint32_t number; /* of the last one */
	VEC(walk_frame) stack;
	VEC(const hdt_expr *) items;
	VEC(int) operands;
} expr_walks;

typedef struct expr_table {
	expr_slot *slots; /* open addressing; a power of two */
	size_t capacity;
	uint32_t count;  /* nodes made: the next id */
	uint32_t serial; /* of the last axis or variable */
	map symbols;     /* interned name -> SYMBOL */
	expr_walks walks;
} expr_table;

/* The context's table, made on first use; NULL when memory is out. */
expr_table *expr_table_of(hdt_context *context);
/* The one node equal to `prototype` (its id and args are not looked at) with these operands. */
const hdt_expr *expr_intern(hdt_context *context, const hdt_expr *prototype, const hdt_expr *const *args, int count);

static inline const expr_facts *facts_of(const hdt_expr *e)
{
	return &((const expr_record *)e)->facts;
}
/* Facts of a node about to be made. */
void facts_compute(const hdt_expr *e, expr_facts *facts);

/* Is 0 <= x < limit proved, wherever x is evaluated at all? (An axis over an empty range never is.) */
bool proves_below(const hdt_expr *x, const hdt_expr *limit);
bool proves_at_least(const hdt_expr *x, int64_t least);

/* A rule looks at the operands of a node about to be made and gives a simpler equal of it, or NULL when it does not
 * apply. Each makes the expression smaller or nearer to the canonical form (constants to the right, sums and products
 * leaning left), so that building ends. */
typedef const hdt_expr *rule(const hdt_expr *const *args);
#define RULE(name) static const hdt_expr *name(const hdt_expr *const *a)
/* Try the rules of a row of a table in order: up to NULL or until the row's room ends. */
const hdt_expr *apply_rules(rule *const *rules, int room, const hdt_expr *const *args);

/* The simpler equal of an operation on promoted operands, or NULL to make the node. `dtype` is the result's. */
const hdt_expr *simplify_operation(hdt_scalar_op op, hdt_dtype dtype, const hdt_expr *const *args, int count);
const hdt_expr *simplify_cast(const hdt_expr *x, hdt_dtype dtype);
const hdt_expr *simplify_reduce(const hdt_expr *prototype, const hdt_expr *const *args, int count);
/* Rules for integer operands (simplify_integer.c), and those of // and % among them (simplify_division.c). */
const hdt_expr *simplify_integer(hdt_scalar_op op, const hdt_expr *const *args);
const hdt_expr *simplify_floordiv(const hdt_expr *const *args);
const hdt_expr *simplify_mod(const hdt_expr *const *args);

/* An integer constant of the dtype of `e`, wrapped. */
const hdt_expr *integer_like(const hdt_expr *e, int64_t value);
/* e = base * coefficient. */
const hdt_expr *split_coefficient(const hdt_expr *e, int64_t *coefficient);

static inline bool is_op(const hdt_expr *e, hdt_scalar_op op)
{
	return e->op == op;
}
static inline bool is_constant(const hdt_expr *e)
{
	return e->op == HDT_OP_CONST;
}
/* Is it the integer (or bool) constant `value`? */
static inline bool is_integer_constant(const hdt_expr *e, int64_t value)
{
	return e->op == HDT_OP_CONST && !hdt_is_float((hdt_dtype)e->dtype) && e->integer == value;
}
static inline hdt_dtype dtype_of(const hdt_expr *e)
{
	return (hdt_dtype)e->dtype;
}

#endif
