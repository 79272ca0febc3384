/* divide_by_multiply.c: in kernels, // and % by a size become a multiplication and a shift, by two numbers that the host makes
 * for each launch:
 *
 *     fn @k(x: *f32) .. grid(n) block(64) where n in 1..4096 { x[threadIdx.x % n * 2 + blockIdx.x] = 0.0; }
 *  -> fn @k(x: *f32, n_magic: u32, n_shift: i32) .. { let quotient = i64(i32(i64(u32(threadIdx.x)) * i64(n_magic) >> i64(n_shift)));
 *         let rest = i64(i32(u32(threadIdx.x) - u32(quotient) * u32(n))); x[rest * 2 + blockIdx.x] = 0.0; }
 *
 * For 1 <= d <= 2^31 let l be the least integer with d <= 2^l, and magic = ceil(2^(31 + l) / d), which is less than 2^32. Then
 * magic * d = 2^(31 + l) + e with 0 <= e < 2^l, so for 0 <= x < 2^31 the product x * magic exceeds x / d * 2^(31 + l) by less than
 * 2^(31 + l) / d, and fits 63 bits: x // d = x * magic >> 31 + l. Where bounds do not prove 0 < d, or x < 2^31, a condition asks,
 * with the division as it was on its other side; x is proved to be 0 at least, else the division stays.
 *
 * The divisor is any expression over symbols and scalars. The numbers are the kernel's last scalars: see hdt_function.derived. */
#include "lower/edit.h"

#include "base/vec.h"
#include "ir/order.h"
#include <stdlib.h>
#include <string.h>

enum { MOST_DIVISORS = 24 }; /* of a kernel: there is limited room for its parameters */

#define LARGEST INT64_C(0x7fffffff)

typedef struct divisor {
	const hdt_expr *value; /* over symbols and scalars */
	const hdt_expr *magic, *shift;
} divisor;

/* The fast quotient may be anything where its guard does not hold. */
typedef enum outcome { FAST_QUOTIENT, QUOTIENT, REMAINDER } outcome;

/* What is computed of two operands and has a name from here to the end of the body. */
typedef struct named {
	outcome what;
	const hdt_expr *x, *y, *variable;
} named;

typedef struct divider {
	edit *edit;
	hdt_context *context;
	hdt_function *function;
	divisor divisors[MOST_DIVISORS];
	int divisor_count;
	map uniform; /* LET variable -> its value over symbols and scalars */
	VEC(named) named;
	int names[2]; /* given so far */
	const hdt_stmt *statement;
	stmt_list *out; /* where names for its values go */
} divider;

/* ---- divisors ----------------------------------------------------------------------------------------------------- */

static bool is_scalar(const hdt_function *f, const hdt_expr *variable)
{
	for (int i = 0; i < f->scalar_count; i++)
		if (f->scalars[i] == variable)
			return true;
	return false;
}

typedef struct uniform_search {
	const hdt_function *function;
	bool found_other;
} uniform_search;

static void find_other(const hdt_expr *e, void *closure)
{
	uniform_search *s = closure;
	bool leaf =
		e->op == HDT_OP_CONST || e->op == HDT_OP_SYMBOL || (e->op == HDT_OP_VARIABLE && is_scalar(s->function, e));
	bool computed = e->op >= HDT_OP_ADD && e->op != HDT_OP_BOUNDED;
	bool integer = hdt_is_integer((hdt_dtype)e->dtype) || e->dtype == HDT_BOOL;
	s->found_other |= !(leaf || computed) || !integer;
}

static const hdt_expr *uniform_value(const hdt_expr *e, void *closure)
{
	return e->op == HDT_OP_VARIABLE ? map_get(&((divider *)closure)->uniform, e) : NULL;
}

/* The expression over symbols and scalars; NULL: it is not made of those alone. */
static const hdt_expr *as_uniform(divider *d, const hdt_expr *e)
{
	uniform_search search = {d->function, false};
	const hdt_expr *value = d->uniform.count ? expr_map(e, uniform_value, d) : e;
	return value && expr_walk(value, find_other, &search) && !search.found_other ? value : NULL;
}

/* The least l with x < 2^l, for 0 <= x < 2^31: in steps of 16, 8, ... bits. */
static const hdt_expr *bit_length(hdt_context *c, const hdt_expr *x)
{
	const hdt_expr *length = hdt_int(c, 0);
	for (int step = 16; step; step /= 2) {
		const hdt_expr *high = hdt_less_equal(hdt_int(c, INT64_C(1) << step), x);
		const hdt_expr *bits = hdt_select(high, hdt_int(c, step), hdt_int(c, 0));
		length = hdt_add(length, bits);
		x = hdt_binary(HDT_OP_SHR, x, bits);
	}
	return hdt_add(length, x);
}

static void derive(divider *d, divisor *made, const char *name)
{
	hdt_context *c = d->context;
	hdt_function *f = d->function;
	const hdt_expr *one = hdt_int(c, 1), *value = hdt_cast(made->value, HDT_I64);
	const hdt_expr *within = hdt_min(hdt_max(value, one), hdt_int(c, LARGEST + 1)), *below = hdt_sub(within, one);
	const hdt_expr *shift = hdt_add(bit_length(c, below), hdt_int(c, 31));
	const hdt_expr *magic = hdt_floordiv(hdt_add(hdt_binary(HDT_OP_SHL, one, shift), below), within);
	const hdt_expr **scalars = hdt_allocate(c, (size_t)(f->scalar_count + 2) * sizeof *scalars);
	const hdt_expr **derived = hdt_allocate(c, (size_t)(f->derived_count + 2) * sizeof *derived);
	if (!name)
		return;
	made->magic = expr_variable_within(c, hdt_format(c, "%s_magic", name), HDT_U32, 0, UINT32_MAX);
	made->shift = expr_variable_within(c, hdt_format(c, "%s_shift", name), HDT_I32, 31, 62);
	if (!scalars || !derived || !made->magic || !made->shift || !magic)
		return;
	if (f->scalar_count)
		memcpy(scalars, f->scalars, (size_t)f->scalar_count * sizeof *scalars);
	if (f->derived_count)
		memcpy(derived, f->derived, (size_t)f->derived_count * sizeof *derived);
	scalars[f->scalar_count++] = made->magic;
	scalars[f->scalar_count++] = made->shift;
	derived[f->derived_count++] = magic;
	derived[f->derived_count++] = shift;
	f->scalars = scalars;
	f->derived = derived;
}

static bool is_taken(const hdt_function *f, const char *name, const char *suffix)
{
	const hdt_program *p = f->program;
	const char *spelled = name ? hdt_format(p->context, "%s%s", name, suffix) : NULL;
	const char *whole = spelled ? hdt_intern(p->context, spelled) : NULL;
	bool taken = false;
	if (!whole)
		return false;
	for (int i = 0; i < f->scalar_count; i++)
		taken |= f->scalars[i]->name == whole;
	for (int i = 0; i < f->parameter_count; i++)
		taken |= f->parameters[i]->name == whole;
	for (int i = 0; i < p->buffer_count; i++)
		taken |= p->buffers[i] && p->buffers[i]->name == whole;
	for (int i = 0; i < p->symbol_count; i++)
		taken |= p->symbols[i]->name == whole;
	return taken;
}

/* A name for the numbers of a divisor. */
static const char *free_name(const divider *d, const hdt_expr *value)
{
	const hdt_expr *leaf = value->op == HDT_OP_CAST ? value->args[0] : value;
	const char *name = leaf->op == HDT_OP_SYMBOL || leaf->op == HDT_OP_VARIABLE ? leaf->name : "divisor";
	for (int i = 1; is_taken(d->function, name, "_magic") || is_taken(d->function, name, "_shift"); i++)
		name = hdt_format(d->context, "divisor%d", i);
	return name;
}

/* The divisor with its numbers, made when it is met for the first time; NULL: none. */
static const divisor *find_divisor(divider *d, const hdt_expr *e)
{
	int64_t constant;
	const hdt_expr *value = as_uniform(d, e);
	if (!value || hdt_is_const(value, &constant))
		return NULL;
	for (int i = 0; i < d->divisor_count; i++)
		if (d->divisors[i].value == value)
			return &d->divisors[i];
	if (d->divisor_count == MOST_DIVISORS)
		return NULL;
	divisor *made = &d->divisors[d->divisor_count++];
	*made = (divisor){.value = value};
	derive(d, made, free_name(d, value));
	return made->shift ? made : NULL;
}

/* ---- divisions ---------------------------------------------------------------------------------------------------- */

/* One // or % on its way. */
typedef struct division {
	const hdt_expr *node;  /* as it was, whose bounds are known */
	const hdt_expr *x, *y; /* its operands as they are now */
	const divisor *by;
	const hdt_expr *guard; /* where the fast way holds; NULL: always */
	const hdt_expr *slow;  /* the value elsewhere */
	bool nameless;         /* it reads memory: its place is where it stands */
	int64_t largest_quotient;
} division;

static const hdt_expr *find_named(const divider *d, const division *n, outcome what)
{
	for (int i = d->named.count; i-- > 0;) {
		const named *k = &d->named.items[i];
		if (k->what == what && k->x == n->node->args[0] && k->y == n->node->args[1])
			return k->variable;
	}
	return NULL;
}

/* Give the value a name before the statement. It lies in 0..largest. */
static const hdt_expr *name_value(divider *d, const division *n, outcome what, const hdt_expr *value, int64_t largest)
{
	static const char *const words[] = {"quotient", "quotient", "rest"};
	int *given = &d->names[what == REMAINDER];
	const hdt_expr *variable = n->nameless || !value ? value : find_named(d, n, what);
	if (variable || !value)
		return variable;
	const char *name = *given ? hdt_format(d->context, "%s_%d", words[what], *given) : words[what];
	++*given;
	variable = largest < 0 ? expr_variable(d->context, name, (hdt_dtype)value->dtype)
	                       : expr_variable_within(d->context, name, (hdt_dtype)value->dtype, 0, largest);
	named k = {what, n->node->args[0], n->node->args[1], variable};
	hdt_stmt let = {.kind = HDT_STMT_LET, .line = d->statement->line, .axis = variable};
	let.value = edit_expr(d->edit, value);
	edit_add(d->edit, d->out, let);
	return variable && vec_push(d->context, &d->named, k) ? variable : NULL;
}

static const hdt_expr *as_u32(const hdt_expr *x)
{
	return hdt_cast(x, HDT_U32);
}

/* What fits 31 bits, so that it may be kept in a narrow register. */
static const hdt_expr *as_result(const division *n, const hdt_expr *x)
{
	return hdt_cast(hdt_cast(x, HDT_I32), (hdt_dtype)n->node->dtype);
}

static const hdt_expr *fast_quotient(divider *d, const division *n)
{
	const hdt_expr *x = hdt_cast(as_u32(n->x), HDT_I64);
	const hdt_expr *product = hdt_mul(x, hdt_cast(n->by->magic, HDT_I64));
	const hdt_expr *quotient = hdt_binary(HDT_OP_SHR, product, hdt_cast(n->by->shift, HDT_I64));
	return name_value(d, n, FAST_QUOTIENT, as_result(n, quotient), n->guard ? -1 : n->largest_quotient);
}

static const hdt_expr *guarded(divider *d, const division *n, outcome what, const hdt_expr *fast)
{
	int64_t min, max;
	bool bounded = hdt_bounds(n->node, &min, &max) && min >= 0;
	if (!n->guard && what == QUOTIENT)
		return fast;
	const hdt_expr *value = n->guard ? hdt_select(n->guard, fast, n->slow) : fast;
	return name_value(d, n, what, value, bounded ? max : -1);
}

static const hdt_expr *divide(divider *d, const division *n)
{
	const hdt_expr *quotient = fast_quotient(d, n);
	if (n->node->op == HDT_OP_FLOORDIV)
		return guarded(d, n, QUOTIENT, quotient);
	const hdt_expr *rest = hdt_sub(as_u32(n->x), hdt_mul(as_u32(quotient), as_u32(n->y)));
	return guarded(d, n, REMAINDER, as_result(n, rest));
}

static const hdt_expr *both(const hdt_expr *a, const hdt_expr *b)
{
	return a && b ? hdt_and(a, b) : a ? a : b;
}

/* The // or % done the fast way; NULL: it stays. */
static const hdt_expr *replace_division(divider *d, const hdt_expr *node, const hdt_expr *x, const hdt_expr *y)
{
	int64_t xmin, xmax, ymin, ymax;
	bool divides = node->op == HDT_OP_FLOORDIV || node->op == HDT_OP_MOD;
	if (!divides || (node->dtype != HDT_I64 && node->dtype != HDT_I32) || !hdt_bounds(node->args[0], &xmin, &xmax) ||
	    xmin < 0)
		return NULL;
	division n = {.node = node, .x = x, .y = y, .by = find_divisor(d, node->args[1])};
	if (!n.by)
		return NULL;
	if (!hdt_bounds(n.by->value, &ymin, &ymax))
		ymin = INT64_MIN;
	n.nameless = edit_is_fleeting(node) || expr_contains_op(node, HDT_OP_BOUNDED);
	n.largest_quotient = ymin > 1 ? xmax / ymin : xmax;
	if (xmax > LARGEST)
		n.guard = hdt_less_equal(x, hdt_like(x, (double)LARGEST));
	if (ymin < 1)
		n.guard = both(n.guard, hdt_less(hdt_like(y, 0), y));
	n.slow = xmax <= LARGEST && ymin >= 0 ? hdt_like(x, 0) : hdt_binary((hdt_scalar_op)node->op, x, y);
	return divide(d, &n);
}

/* ---- expressions and statements ------------------------------------------------------------------------------------ */

/* Which nodes count: those of extents are none of the statement's. NULL when memory is out. */
static bool *find_needed(const expr_order *order)
{
	bool *needed = calloc((size_t)order->count, sizeof *needed);
	const int *operands = order->operands;
	for (int i = 0; i < order->count; i++)
		operands += order_operand_count(order->items[i]);
	if (needed)
		needed[order->count - 1] = true;
	for (int i = order->count; needed && i-- > 0;) {
		int count = order_operand_count(order->items[i]);
		operands -= count;
		for (int j = 0; j < count && needed[i] && order->items[i]->op != HDT_OP_AXIS; j++)
			needed[operands[j]] = true;
	}
	return needed;
}

static const hdt_expr *rewrite_node(divider *d, const hdt_expr *e, const hdt_expr *const *done, const int *operands)
{
	if (e->op == HDT_OP_AXIS)
		return e;
	const hdt_expr *fast =
		order_operand_count(e) == 2 ? replace_division(d, e, done[operands[0]], done[operands[1]]) : NULL;
	return fast ? fast : order_rebuild(e, done, operands);
}

static const hdt_expr *divide_in(const hdt_expr *e, void *closure)
{
	divider *d = closure;
	expr_order order;
	if (e->op == HDT_OP_AXIS || !(expr_contains_op(e, HDT_OP_FLOORDIV) || expr_contains_op(e, HDT_OP_MOD)) ||
	    !expr_order_of(e, &order))
		return e;
	const hdt_expr *result = e, **done = calloc((size_t)order.count, sizeof *done);
	bool *needed = find_needed(&order);
	if (!done || !needed)
		hdt_fail(e->context, HDT_OUT_OF_MEMORY, "out of memory while an expression was changed");
	const int *operands = order.operands;
	for (int i = 0; done && needed && result && i < order.count; operands += order_operand_count(order.items[i++]))
		if (needed[i])
			done[i] = result = rewrite_node(d, order.items[i], done, operands);
	result = done && needed ? result : NULL;
	free(needed);
	free(done);
	expr_order_free(&order);
	return result;
}

static void note_uniform(divider *d, const hdt_stmt *s)
{
	const hdt_expr *value = s->kind == HDT_STMT_LET ? as_uniform(d, s->value) : NULL;
	if (value)
		(void)map_set(&d->uniform, s->axis, (void *)(uintptr_t)value); /* a failure is a fault of the context */
}

/* What got a name in the body has none behind it. */
static void divide_body(edit *e, const hdt_stmt *first, hdt_stmt **body)
{
	divider *d = e->closure;
	stmt_list list = {body};
	int names = d->named.count;
	e->depth++;
	edit_body(e, first, &list);
	e->depth--;
	d->named.count = names;
}

static void rewrite(edit *e, const hdt_stmt *s, stmt_list *out)
{
	divider *d = e->closure;
	hdt_stmt copy = *s;
	copy.body = copy.otherwise = NULL;
	note_uniform(d, s);
	d->edit = e;
	d->statement = s;
	d->out = out;
	stmt_map(&copy, divide_in, d);
	if (s->kind == HDT_STMT_LET && copy.value != s->value && copy.value->op == HDT_OP_VARIABLE) {
		edit_replace(e, s->axis, copy.value); /* one name is enough */
		return;
	}
	hdt_stmt **at = out->tail;
	edit_keep(e, &copy, out);
	if (!*at)
		return;
	divide_body(e, s->body, &(*at)->body);
	divide_body(e, s->otherwise, &(*at)->otherwise);
}

hdt_status lower_divide_by_multiply(hdt_program *program, const lowering *how)
{
	hdt_status status = hdt_context_status(program->context);
	for (int i = 0; how->target->language == HDT_LANGUAGE_C && i < program->function_count && status == HDT_OK; i++) {
		divider d = {.context = program->context, .function = program->functions[i]};
		map_init(&d.uniform, program->context);
		if (d.function->launched)
			status = edit_function(d.function, &(edit){.statement = rewrite, .closure = &d});
	}
	return status;
}
