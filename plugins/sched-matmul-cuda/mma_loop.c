/* mma_loop.c: the loop over slices of the sum. While a slice is multiplied, the next ones are on their way into the ring; while an
 * instruction's operands are multiplied, those of the next one are read:
 *
 *     bring slices 0 .. stages - 2; wait for slice 0; read fragments 0
 *     for slice { for step { read fragments step + 1 (of the next slice behind the last one: wait for it first);
 *                            (step 0: bring slice + stages - 1); acc += fragments step } }
 *
 * Slices beyond the last one are brought as zeros, which no memory is read for: the loop has no other end. */
#include "mma.h"

static const hdt_expr *modulo(const hdt_expr *e, int64_t modulus)
{
	return e ? hdt_mod(e, hdt_int(e->context, modulus)) : NULL;
}

static const hdt_expr *quotient(const hdt_expr *e, int64_t divisor)
{
	return e ? hdt_floordiv(e, hdt_int(e->context, divisor)) : NULL;
}

static const hdt_expr *times(const hdt_expr *e, int64_t factor)
{
	return e ? hdt_mul(e, hdt_int(e->context, factor)) : NULL;
}

static const hdt_expr *plus(const hdt_expr *e, int64_t more)
{
	return e ? hdt_add(e, hdt_int(e->context, more)) : NULL;
}

/* ---- fragments ---- */

static const hdt_expr *fragment_address(const mma *m, const hdt_tensor *fragments, int64_t half, const hdt_expr *number)
{
	const hdt_expr *at[] = {hdt_int(m->k.context, half), number, hdt_int(m->k.context, 0)};
	return hdt_address(fragments, at, 3);
}

/* The elements of 16 bytes, of which ldmatrix gives each lane four bytes. */
static int64_t piece_of(const mma *m)
{
	return m->depth / 2;
}

/* Does ldmatrix bring the factor as the instruction wants it? It turns over elements of 16 bits only. */
static bool reads_matrices(const mma *m, const operand *o)
{
	return o->along_depth || m->k.product->dtype != HDT_F32;
}

/* Element by element: register r of a fragment is depth lane % 4 + 4 * (r / apart), side lane / 4 + 8 * (r % apart). */
static void read_elements(mma *m, const operand *o, const hdt_expr *slot, int64_t step, const hdt_expr *side,
                          const hdt_tensor *fragments, const hdt_expr *half, const hdt_expr *number, int64_t registers)
{
	hdt_function *f = m->k.function;
	int64_t apart = registers / 2;
	const hdt_expr *r = hdt_begin_for(f, "r", hdt_int(m->k.context, registers), HDT_LOOP_UNROLL);
	const hdt_expr *depth = hdt_add(modulo(m->lane, 4), times(quotient(r, apart), 4));
	const hdt_expr *place = hdt_add(quotient(m->lane, 4), times(modulo(r, apart), 8));
	const hdt_expr *at[] = {slot, plus(depth, step * m->depth), hdt_add(side, place)};
	hdt_store(f, fragments, HDT_AT(half, number, r), hdt_load(o->ring, at, 3));
	hdt_end(f);
}

/* 16 rows: matrices (rows 0.., depth 0..), (8, 0), (0, 8), (8, 8). */
static void read_left(mma *m, const hdt_expr *slot, int64_t step, int64_t half)
{
	const operand *o = &m->k.a;
	hdt_function *f = m->k.function;
	const hdt_expr *i = hdt_begin_for(f, "i", hdt_int(m->k.context, m->down), HDT_LOOP_UNROLL);
	const hdt_expr *lane = m->lane, *low = modulo(lane, 8), *second = modulo(quotient(lane, 8), 2),
				   *third = quotient(lane, 16);
	const hdt_expr *first = hdt_add(m->warp_row, times(i, MMA_ROWS));
	if (reads_matrices(m, o)) {
		const hdt_expr *row = o->along_depth ? modulo(lane, 16) : times(second, 8);
		const hdt_expr *depth = o->along_depth ? times(third, piece_of(m)) : hdt_add(times(third, 8), low);
		const hdt_expr *from = operand_address(o, slot, hdt_add(first, row), plus(depth, step * m->depth));
		hdt_do(f, o->along_depth ? "ldmatrix_x4" : "ldmatrix_x4_trans",
		       HDT_AT(fragment_address(m, m->left, half, i), from));
	} else {
		read_elements(m, o, slot, step, first, m->left, hdt_int(m->k.context, half), i, 4);
	}
	hdt_end(f);
}

/* 16 columns, of two instructions: matrices (columns 0.., depth 0..), (0, 8), (8, 0), (8, 8). */
static void read_right_matrices(mma *m, const hdt_expr *slot, int64_t step, int64_t half)
{
	const operand *o = &m->k.b;
	hdt_function *f = m->k.function;
	const hdt_expr *j = hdt_begin_for(f, "j", hdt_int(m->k.context, m->across / 2), HDT_LOOP_UNROLL);
	const hdt_expr *lane = m->lane, *low = modulo(lane, 8), *second = modulo(quotient(lane, 8), 2),
				   *third = quotient(lane, 16);
	const hdt_expr *column = o->along_depth ? hdt_add(times(third, 8), low) : times(third, 8);
	const hdt_expr *depth = o->along_depth ? times(second, piece_of(m)) : modulo(lane, 16);
	column = hdt_add(hdt_add(m->warp_column, times(j, 2 * MMA_COLUMNS)), column);
	const hdt_expr *from = operand_address(o, slot, column, plus(depth, step * m->depth));
	hdt_do(f, o->along_depth ? "ldmatrix_x4" : "ldmatrix_x4_trans",
	       HDT_AT(fragment_address(m, m->right, half, times(j, 2)), from));
	hdt_end(f);
}

static void read_right(mma *m, const hdt_expr *slot, int64_t step, int64_t half)
{
	hdt_function *f = m->k.function;
	if (reads_matrices(m, &m->k.b)) {
		read_right_matrices(m, slot, step, half);
		return;
	}
	const hdt_expr *j = hdt_begin_for(f, "j", hdt_int(m->k.context, m->across), HDT_LOOP_UNROLL);
	const hdt_expr *first = hdt_add(m->warp_column, times(j, MMA_COLUMNS));
	read_elements(m, &m->k.b, slot, step, first, m->right, hdt_int(m->k.context, half), j, 2);
	hdt_end(f);
}

static void read_fragments(mma *m, const hdt_expr *slot, int64_t step, int64_t half)
{
	read_left(m, slot, step, half);
	read_right(m, slot, step, half);
}

/* The instruction would drop the digits that tf32 has not. */
static void round_fragments(mma *m, const hdt_tensor *fragments, int64_t half, int64_t count, int64_t registers)
{
	hdt_function *f = m->k.function;
	hdt_context *c = m->k.context;
	const hdt_expr *i = hdt_begin_for(f, "i", hdt_int(c, count), HDT_LOOP_UNROLL);
	const hdt_expr *r = hdt_begin_for(f, "r", hdt_int(c, registers), HDT_LOOP_UNROLL);
	const hdt_expr *value = hdt_at(fragments, hdt_int(c, half), i, r);
	hdt_store(f, fragments, HDT_AT(hdt_int(c, half), i, r), hdt_intrinsic_call(c, "round_tf32", HDT_AT(value)));
	hdt_end(f);
	hdt_end(f);
}

static void multiply_fragments(mma *m, int64_t half)
{
	hdt_function *f = m->k.function;
	hdt_dtype dtype = m->k.product->dtype;
	if (dtype == HDT_F32) {
		round_fragments(m, m->left, half, m->down, 4);
		round_fragments(m, m->right, half, m->across, 2);
	}
	const hdt_expr *i = hdt_begin_for(f, "i", hdt_int(m->k.context, m->down), HDT_LOOP_UNROLL);
	const hdt_expr *j = hdt_begin_for(f, "j", hdt_int(m->k.context, m->across), HDT_LOOP_UNROLL);
	const hdt_expr *at[] = {i, j, hdt_int(m->k.context, 0)};
	hdt_do(f,
	       dtype == HDT_F32   ? "mma_m16n8k8_tf32"
	       : dtype == HDT_F16 ? "mma_m16n8k16_f16"
	                          : "mma_m16n8k16_bf16",
	       HDT_AT(hdt_address(m->acc, at, 3), fragment_address(m, m->left, half, i),
	              fragment_address(m, m->right, half, j)));
	hdt_end(f);
	hdt_end(f);
}

/* ---- the ring ---- */

static const hdt_tensor *ring_of(const mma *m, const operand *o, const char *name)
{
	return reads_matrices(m, o) ? operand_ring(&m->k, o, name) : operand_ring_padded(&m->k, o, name, MMA_RING_PAD);
}

void mma_make_rings(mma *m)
{
	m->k.a.ring = ring_of(m, &m->k.a, "left_ring");
	m->k.b.ring = ring_of(m, &m->k.b, "right_ring");
}

/* Bring a slice; what the operands' copies started is one group. */
static void bring(mma *m, const hdt_expr *slot, const hdt_expr *slice)
{
	operand_bring(&m->k, &m->k.a, slot, slice);
	operand_bring(&m->k, &m->k.b, slot, slice);
	hdt_do(m->k.function, "cp_async_commit_group", HDT_SCALAR);
}

/* Until the oldest slice on its way is there, for all threads. */
static void await(mma *m)
{
	hdt_do(m->k.function, "cp_async_wait_group", HDT_AT(hdt_int(m->k.context, m->how.stages - 2)));
	hdt_do(m->k.function, "syncthreads", HDT_SCALAR);
}

static void make_registers(mma *m)
{
	hdt_context *c = m->k.context;
	hdt_function *f = m->k.function;
	hdt_dtype dtype = m->k.product->dtype;
	hdt_buffer_options start = {.scope = HDT_SCOPE_REGISTER, .start = hdt_number(c, HDT_F32, 0)};
	const hdt_expr *down = hdt_int(c, m->down), *across = hdt_int(c, m->across), *two = hdt_int(c, 2);
	m->acc = hdt_buffer(f, "acc", HDT_F32, HDT_AT(down, across, hdt_int(c, 4)), &start);
	m->left = hdt_local(f, "left", dtype, HDT_AT(two, down, hdt_int(c, m->depth / 2)));
	m->right = hdt_local(f, "right", dtype, HDT_AT(two, across, hdt_int(c, m->depth / 4)));
}

void mma_multiply(mma *m)
{
	hdt_context *c = m->k.context;
	hdt_function *f = m->k.function;
	int64_t steps = m->how.depth / m->depth, ahead = m->how.stages - 1;
	make_registers(m);
	const hdt_expr *early = hdt_begin_for(f, "early", hdt_int(c, ahead), HDT_LOOP_UNROLL);
	if (!m->acc || !m->left || !m->right || !early)
		return;
	bring(m, early, early);
	hdt_end(f);
	await(m);
	read_fragments(m, hdt_int(c, 0), 0, 0);
	const hdt_expr *slice = hdt_begin_for(f, "slice", m->k.slices, HDT_LOOP_SERIAL);
	const hdt_expr *slot = hdt_let(f, "slot", modulo(slice, m->how.stages));
	const hdt_expr *next = hdt_let(f, "next", modulo(plus(slice, 1), m->how.stages));
	const hdt_expr *last = hdt_let(f, "last", modulo(plus(slice, ahead), m->how.stages));
	for (int64_t step = 0; step < steps && slot && next && last; step++) {
		bool ends = step == steps - 1;
		if (ends)
			await(m);
		read_fragments(m, ends ? next : slot, ends ? 0 : step + 1, (step + 1) % 2);
		if (step == 0)
			bring(m, last, plus(slice, ahead));
		multiply_fragments(m, step % 2);
	}
	hdt_end(f);
	hdt_do(f, "cp_async_wait_all", HDT_SCALAR);
}
