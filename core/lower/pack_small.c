/* pack_small.c: buffers whose elements are of less than a byte become buffers of bytes, with several elements in each, the first
 * in the lowest bits:
 *
 *     fn @k(x: *u4, y: f32[64]) .. { register r: i4[3, 5]; r[1, 2] = i8(x[7]); y[0] = f32(r[1, 2]); }
 *  -> fn @k(x: *u8, y: f32[64]) .. { register r: u8[8]; r[3] = r[3] & 15 | u8(i8(x[3] >> 4 & 15)) << 4; y[0] = f32(i8(r[3] << 0) >> 4); }
 *
 * (with all numbers as u8). A store reads a byte and writes it back: threads that write neighbours in one byte must not do so at once. An
 * address is of a byte, so it can be taken only of an element that begins one.
 *
 * A target that takes script gets packed what it shares with others, the parameters; elements of its own buffers keep a byte each, with the
 * values that they would have. */
#include "lower/edit.h"

#include <string.h>

typedef struct packing {
	bool parameters_alone;
	map bytes; /* buffer -> the buffer of bytes in its place */
} packing;

/* Where an element is: in byte `at` of the buffer, above `shift` bits (u8). */
typedef struct place {
	const hdt_tensor *bytes;
	const hdt_expr *at, *shift;
} place;

static const hdt_expr *byte(edit *e, int64_t value)
{
	return hdt_cast(hdt_int(e->context, value), HDT_U8);
}

static const hdt_tensor *buffer_below(const hdt_tensor *t)
{
	while (t->base)
		t = t->base;
	return t;
}

static bool is_packed(const packing *p, const hdt_tensor *t)
{
	t = buffer_below(t);
	return t->bits && (t->scope == HDT_SCOPE_GLOBAL || !p->parameters_alone);
}

static const hdt_expr *count_bytes(const hdt_tensor *t)
{
	const hdt_expr *count = hdt_int(t->context, t->layout ? t->layout->size : 1);
	if (t->pointer)
		return t->shape[0];
	for (int d = 0; d < t->rank && !t->layout; d++)
		count = hdt_mul(count, t->shape[d]);
	return hdt_ceildiv(count, hdt_int(t->context, 8 / t->bits));
}

/* The buffer of bytes in the place of a packed one. */
static const hdt_tensor *bytes_of(packing *p, const hdt_tensor *t)
{
	const hdt_tensor *made = map_get(&p->bytes, t);
	if (made)
		return made;
	hdt_tensor *bytes = hdt_allocate(t->context, sizeof *bytes);
	const hdt_expr **shape = hdt_allocate(t->context, sizeof *shape);
	if (!bytes || !shape || !(*shape = count_bytes(t)))
		return NULL;
	*bytes = *t;
	bytes->dtype = HDT_U8;
	bytes->bits = 0;
	bytes->rank = 1;
	bytes->shape = shape;
	bytes->layout = NULL;
	return map_set(&p->bytes, t, bytes) ? bytes : NULL;
}

/* ---- elements ----------------------------------------------------------------------------------------------------- */

/* The element's number in storage. Views lead to what they view. */
static const hdt_expr *position_of(const hdt_tensor *t, const hdt_expr *const *indices)
{
	const hdt_expr *at[HDT_MAX_RANK], *position = NULL;
	for (int d = 0; d < t->rank; d++)
		at[d] = indices[d];
	for (; t->base; t = t->base) {
		const hdt_expr *inner[HDT_MAX_RANK];
		for (int d = 0; d < t->base->rank; d++)
			inner[d] = hdt_substitute(t->base_indices[d], t->axes, at, t->rank);
		memcpy(at, inner, sizeof at);
	}
	if (t->layout)
		return hdt_layout_offset(t->layout, at, t->rank);
	for (int d = 0; d < t->rank; d++)
		position = position ? hdt_add(hdt_mul(position, t->shape[d]), at[d]) : at[d];
	return position ? position : hdt_int(t->context, 0);
}

static place place_of(edit *e, const hdt_tensor *t, const hdt_expr *const *indices)
{
	const hdt_tensor *buffer = buffer_below(t);
	const hdt_expr *position = position_of(t, indices), *each = hdt_int(e->context, 8 / buffer->bits);
	const hdt_expr *bits = hdt_mul(hdt_mod(position, each), hdt_int(e->context, buffer->bits));
	return (place){bytes_of(e->closure, buffer), hdt_floordiv(position, each), hdt_cast(bits, HDT_U8)};
}

/* The bits of a byte above `shift`, extended by zeros or by the sign as elements of the buffer are. */
static const hdt_expr *extended(edit *e, const hdt_tensor *t, const hdt_expr *whole, const hdt_expr *shift)
{
	if (t->dtype == HDT_U8)
		return hdt_binary(HDT_OP_BIT_AND, hdt_binary(HDT_OP_SHR, whole, shift), byte(e, (1 << t->bits) - 1));
	const hdt_expr *above = hdt_sub(byte(e, 8 - t->bits), shift);
	const hdt_expr *highest = hdt_cast(hdt_binary(HDT_OP_SHL, whole, above), HDT_I8);
	return hdt_binary(HDT_OP_SHR, highest, hdt_cast(byte(e, 8 - t->bits), HDT_I8));
}

static const hdt_expr *element_of(edit *e, const hdt_tensor *t, const hdt_expr *const *indices)
{
	place p = place_of(e, t, indices);
	return extended(e, t, hdt_load(p.bytes, &p.at, 1), p.shift);
}

static const hdt_expr *address_of(edit *e, const hdt_tensor *t, const hdt_expr *const *indices)
{
	int64_t shift;
	place p = place_of(e, t, indices);
	if (hdt_is_const(p.shift, &shift) && shift == 0)
		return hdt_address(p.bytes, &p.at, 1);
	script_fail(e->function, NULL, HDT_BAD_MODEL,
	            "the address of an element of %s within a byte: %d of its elements make one", t->name, 8 / t->bits);
	return NULL;
}

static const hdt_expr *pack_element(edit *e, const hdt_expr *element)
{
	if (!is_packed(e->closure, element->tensor))
		return NULL;
	return element->op == HDT_OP_ADDRESS ? address_of(e, element->tensor, element->args)
	                                     : element_of(e, element->tensor, element->args);
}

/* ---- statements --------------------------------------------------------------------------------------------------- */

/* (byte & ~(mask << shift)) | (value & mask) << shift */
static void pack_store(edit *e, const hdt_stmt *s, stmt_list *out)
{
	const hdt_expr *at[HDT_MAX_RANK], **index = hdt_allocate(e->context, sizeof *index);
	for (int d = 0; d < s->tensor->rank; d++)
		at[d] = edit_expr(e, s->indices[d]);
	place p = place_of(e, s->tensor, at);
	const hdt_expr *mask = byte(e, (1 << s->tensor->bits) - 1);
	const hdt_expr *value = edit_expr(e, s->value);
	if (value && edit_is_fleeting(value))
		value = edit_let(e, out, s, "element", value);
	const hdt_expr *bits = hdt_binary(HDT_OP_BIT_AND, hdt_cast(value, HDT_U8), mask);
	const hdt_expr *others = hdt_unary(HDT_OP_BIT_NOT, hdt_binary(HDT_OP_SHL, mask, p.shift));
	const hdt_expr *kept = hdt_binary(HDT_OP_BIT_AND, hdt_load(p.bytes, &p.at, 1), others);
	const hdt_expr *whole = hdt_binary(HDT_OP_BIT_OR, kept, hdt_binary(HDT_OP_SHL, bits, p.shift));
	if (!index || !whole)
		return;
	*index = p.at;
	edit_add(e, out,
	         (hdt_stmt){.kind = HDT_STMT_STORE, .line = s->line, .tensor = p.bytes, .indices = index, .value = whole});
}

/* A store reads the whole byte: those of a thread's own are written first. */
static void write_zeros(edit *e, const hdt_stmt *s, const hdt_tensor *bytes, stmt_list *out)
{
	const hdt_expr *axis = hdt_axis("i", bytes->shape[0]), **index = hdt_allocate(e->context, sizeof *index);
	if (!axis || !index)
		return;
	*index = axis;
	hdt_stmt loop = {.kind = HDT_STMT_FOR, .line = s->line, .loop = HDT_LOOP_UNROLL, .axis = axis};
	stmt_list inner = edit_open(e, out, loop);
	edit_add(
		e, &inner,
		(hdt_stmt){.kind = HDT_STMT_STORE, .line = s->line, .tensor = bytes, .indices = index, .value = byte(e, 0)});
	edit_close(e, 1);
}

static void pack_buffer(edit *e, const hdt_stmt *s, stmt_list *out)
{
	hdt_stmt copy = *s;
	copy.tensor = bytes_of(e->closure, s->tensor);
	if (!copy.tensor)
		return;
	edit_keep(e, &copy, out);
	if (s->tensor->scope == HDT_SCOPE_REGISTER)
		write_zeros(e, s, copy.tensor, out);
}

/* Stored in a byte of its own, an element has the value that it would have in fewer bits. */
static void cut_store(edit *e, const hdt_stmt *s, stmt_list *out)
{
	hdt_stmt copy = *s;
	if (edit_is_fleeting(s->value))
		copy.value = edit_let(e, out, s, "element", edit_expr(e, s->value));
	copy.value = extended(e, s->tensor, hdt_cast(copy.value, HDT_U8), byte(e, 0));
	if (copy.value)
		edit_keep(e, &copy, out);
}

static void pack_stmt(edit *e, const hdt_stmt *s, stmt_list *out)
{
	bool packed = s->tensor && is_packed(e->closure, s->tensor);
	for (int i = 0; i < s->operand_count; i++)
		if (s->operands[i].tensor && is_packed(e->closure, s->operands[i].tensor))
			edit_replace_tensor(e, s->operands[i].tensor, bytes_of(e->closure, s->operands[i].tensor));
	if (s->kind == HDT_STMT_MAP && is_packed(e->closure, s->map->tensor))
		script_fail(e->function, s, HDT_UNSUPPORTED, "a tensor map of %s, whose elements are less than a byte",
		            s->map->tensor->name);
	else if (packed && s->kind == HDT_STMT_STORE)
		pack_store(e, s, out);
	else if (s->kind == HDT_STMT_STORE && s->tensor->bits)
		cut_store(e, s, out);
	else if (packed && s->kind == HDT_STMT_BUFFER)
		pack_buffer(e, s, out);
	else if (!packed || s->kind != HDT_STMT_VIEW) /* elements of a view are those of what it views */
		edit_keep(e, s, out);
}

/* ---- programs ----------------------------------------------------------------------------------------------------- */

static void pack_list(packing *p, hdt_context *context, const hdt_tensor *const **list, int count)
{
	const hdt_tensor **packed = hdt_allocate(context, (size_t)count * sizeof *packed);
	for (int i = 0; packed && i < count; i++)
		packed[i] = (*list)[i] && is_packed(p, (*list)[i]) ? bytes_of(p, (*list)[i]) : (*list)[i];
	if (packed)
		*list = packed;
}

static void note_packed(const hdt_stmt *s, void *closure)
{
	bool *found = closure;
	*found |= s->kind == HDT_STMT_BUFFER && s->tensor->bits;
}

static bool has_packed(const hdt_program *program)
{
	bool found = false;
	for (int i = 0; i < program->function_count; i++) {
		const hdt_function *f = program->functions[i];
		for (int k = 0; k < f->parameter_count; k++)
			found |= f->parameters[k]->bits != 0;
		stmt_walk(f->body, note_packed, &found);
	}
	return found;
}

hdt_status lower_pack_small(hdt_program *program, const lowering *how)
{
	packing p = {.parameters_alone = how->target->language == HDT_LANGUAGE_SCRIPT};
	map_init(&p.bytes, program->context);
	if (!has_packed(program))
		return hdt_context_status(program->context);
	hdt_status status = edit_program(program, &(edit){.statement = pack_stmt, .element = pack_element, .closure = &p});
	for (int i = 0; i < program->function_count && status == HDT_OK; i++)
		pack_list(&p, program->context, &program->functions[i]->parameters, program->functions[i]->parameter_count);
	if (status == HDT_OK)
		pack_list(&p, program->context, &program->buffers, program->buffer_count);
	return hdt_context_status(program->context);
}
