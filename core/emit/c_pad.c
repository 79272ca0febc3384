/* c_pad.c: rows of small local arrays are padded to whole vectors, where what a vector loop leaves over of them would be accessed in part: then
 * it is accessed as a whole, the padding with it, and accumulators stay in registers.
 *
 *     register acc: f32[4, 24]; for j in 0..24 vectorise { acc[i, j] = ...; }
 *  -> float acc[128]; ... hidet_v_store_f32(&acc[i * 32 + j], ...);
 *
 * Only where every access names its row and its place in the row: an intrinsic that is given an address relies on rows that lie behind each
 * other, and so does an index that was joined of both. */
#include "emit/c.h"

#define MOST_LANES 16    /* every HIDET_LANES divides it */
#define LONGEST_ROW 1024 /* longer ones are not kept in registers, and one access in part does not matter */

typedef struct row_search {
	const hdt_tensor *tensor;
	int64_t length; /* of its rows */
	bool apart;     /* an access is of another kind */
	bool left_over; /* a vector loop over its rows leaves something over */
} row_search;

static void check_index(row_search *search, const hdt_expr *last)
{
	search->apart |= last->op == HDT_OP_MOD;
}

static void check_node(const hdt_expr *e, void *closure)
{
	row_search *search = closure;
	if ((e->op == HDT_OP_ADDRESS || e->op == HDT_OP_READ) && e->tensor == search->tensor)
		search->apart = true;
	else if (e->op == HDT_OP_LOAD && e->tensor == search->tensor)
		check_index(search, e->args[e->count - 1]);
}

static void check_expression(const hdt_expr *e, void *closure)
{
	expr_walk(e, check_node, closure);
}

static void check_stmt(const hdt_stmt *s, void *closure)
{
	row_search *search = closure;
	int64_t extent;
	stmt_expressions(s, check_expression, search);
	if (s->kind == HDT_STMT_STORE && s->tensor == search->tensor)
		check_index(search, s->indices[s->tensor->rank - 1]);
	if (s->kind == HDT_STMT_FOR && s->loop == HDT_LOOP_VECTORISE && hdt_is_const(s->axis->args[0], &extent))
		search->left_over |= extent == search->length;
	search->apart |= s->kind == HDT_STMT_ASM;
}

bool c_is_padded(const emitter *em, const hdt_tensor *t)
{
	for (int i = 0; i < em->padded.count; i++)
		if (em->padded.items[i] == t)
			return true;
	return false;
}

void c_pad(emitter *em, const hdt_stmt *buffer)
{
	const hdt_tensor *t = buffer->tensor;
	row_search search = {.tensor = t};
	if (em->kernel || em->vector || t->rank == 0 || t->dtype != HDT_F32 || c_is_padded(em, t) ||
	    !hdt_is_const(t->shape[t->rank - 1], &search.length))
		return;
	if (search.length < 4 || search.length > LONGEST_ROW || search.length % MOST_LANES == 0)
		return;
	stmt_walk(buffer->next, check_stmt, &search);
	if (search.left_over && !search.apart)
		(void)vec_push(em->context, &em->padded, t);
}

const hdt_expr *c_extent(const emitter *em, const hdt_tensor *t, int d)
{
	int64_t length;
	if (d < t->rank - 1 || !em->padded.count || !c_is_padded(em, t) || !hdt_is_const(t->shape[d], &length))
		return t->shape[d];
	return hdt_int(em->context, (length + MOST_LANES - 1) / MOST_LANES * MOST_LANES);
}
