/* translate_access.c: elements of buffers and views: each index is checked against its dimension, then led to the
 * buffer's storage.
 *
 *     view V[i < m, j < k] = a[i * k + j];  V[2, t]   ->   check 2 of m, check t of k, element 2 * k + t of a
 *
 * Checks that bounds prove, or that an enclosing body has done, are left out. */
#include "translate.h"

#include <string.h>

/* An element on its way from the name in the source to storage. */
typedef struct place {
	const hdt_tensor *tensor;
	const hdt_expr *indices[HDT_MAX_RANK];
	access *access;
	bool address; /* an index outside is a mark in the address, a fault only when it is used */
	int marks;    /* what there is to mark, */
	reg mark_index[4 * HDT_MAX_RANK], mark_extent[4 * HDT_MAX_RANK];
	bool mark_uniform[4 * HDT_MAX_RANK]; /* of the extent */
	uint8_t mark_dimension[4 * HDT_MAX_RANK];
} place;

/* ---- buffers ---- */

const sim_buffer *translate_buffer(translation *t, const hdt_tensor *tensor)
{
	const sim_function *f = t->function;
	while (tensor->base)
		tensor = tensor->base;
	for (int i = 0; i < f->source->parameter_count; i++)
		if (f->parameters[i].tensor == tensor)
			return &f->parameters[i];
	for (int i = f->shared_count - 1; i >= 0; i--)
		if (f->shared[i]->tensor == tensor)
			return f->shared[i];
	for (int i = f->register_count - 1; i >= 0; i--)
		if (f->registers[i]->tensor == tensor)
			return f->registers[i];
	translate_fail(t, HDT_INTERNAL, "%s is not a buffer of this function", tensor->name);
	return NULL;
}

static int64_t storage_elements(translation *t, const hdt_tensor *tensor)
{
	int64_t elements = 1, extent;
	if (tensor->layout)
		return tensor->layout->size;
	for (int d = 0; d < tensor->rank; d++) {
		if (!hdt_is_const(tensor->shape[d], &extent) || extent < 0 ||
		    __builtin_mul_overflow(elements, extent, &elements)) {
			translate_fail(t, HDT_INTERNAL, "the shape of %s is not constant", tensor->name);
			return -1;
		}
	}
	return elements;
}

/* Aligned as the emitter and the placing pass do it; but each buffer has memory of its own, also where two share it on a
 * device. */
static bool place_shared(translation *t, sim_buffer *b)
{
	enum { MOST_BYTES = 1 << 22, ALIGNMENT = 128, LARGE_ALIGNMENT = 1024 };
	sim_function *f = t->function;
	if (b->elements > MOST_BYTES / b->bytes)
		return translate_fail(t, HDT_UNSUPPORTED, "%s takes more shared memory than there is", b->name);
	int64_t bytes = b->elements * b->bytes;
	int64_t alignment = b->tensor->dynamic && bytes >= LARGE_ALIGNMENT ? LARGE_ALIGNMENT : ALIGNMENT;
	b->offset = (f->shared_bytes + alignment - 1) / alignment * alignment;
	b->index = f->shared_count;
	if (b->offset + bytes > MOST_BYTES)
		return translate_fail(t, HDT_UNSUPPORTED, "%s takes more shared memory than there is", b->name);
	f->shared_bytes = b->offset + bytes;
	f->static_bytes += b->tensor->dynamic ? 0 : bytes;
	f->shared[f->shared_count++] = b;
	return true;
}

static bool place_register(translation *t, sim_buffer *b)
{
	enum { MOST_BYTES = 1 << 20 };
	sim_function *f = t->function;
	b->index = f->register_count;
	b->offset = f->thread_elements;
	b->byte_offset = (f->thread_bytes + 15) / 16 * 16;
	if (b->elements > MOST_BYTES / b->bytes || b->byte_offset + b->elements * b->bytes > MOST_BYTES)
		return translate_fail(t, HDT_UNSUPPORTED, "%s takes more than a thread may have", b->name);
	f->thread_elements += b->elements;
	f->thread_bytes = b->byte_offset + b->elements * b->bytes;
	f->registers[f->register_count++] = b;
	return true;
}

bool translate_new_buffer(translation *t, const hdt_tensor *tensor)
{
	sim_buffer *b = hdt_allocate(t->context, sizeof *b);
	if (!b)
		return !(t->failed = true);
	*b = (sim_buffer){.name = tensor->name,
	                  .scope = tensor->scope,
	                  .dtype = tensor->dtype,
	                  .bytes = hdt_dtype_of(tensor->dtype)->bytes,
	                  .tensor = tensor};
	b->elements = storage_elements(t, tensor);
	if (b->elements < 0)
		return false;
	if (tensor->scope == HDT_SCOPE_SHARED)
		return place_shared(t, b);
	if (tensor->scope == HDT_SCOPE_REGISTER && place_register(t, b)) {
		translate_step(t, t->depth, (step){.kind = STEP_BUFFER, .buffer = b});
		return true;
	}
	return translate_fail(t, HDT_INTERNAL, "%s is global memory of a body", tensor->name);
}

/* ---- checks ---- */

static bool is_proved(const hdt_expr *index, const hdt_expr *extent)
{
	int64_t min, max, least, most;
	return hdt_bounds(index, &min, &max) && hdt_bounds(extent, &least, &most) && min >= 0 && max < least;
}

static bool is_checked(const translation *t, const hdt_expr *index, const hdt_expr *extent)
{
	for (int depth = t->depth; depth >= 0; depth--)
		for (int i = 0; i < t->open[depth].checked_count; i++) {
			const checked_index *c = &t->open[depth].checked[i];
			if (c->index == index && c->extent == extent && (!c->until || c->until == t->statement))
				return true;
		}
	return false;
}

static bool remember_check(translation *t, const hdt_expr *index, const hdt_expr *extent, uint32_t until)
{
	open_body *o = &t->open[t->depth];
	if (!translate_room(t, &o->checked, o->checked_count, &o->checked_capacity, sizeof *o->checked))
		return false;
	o->checked[o->checked_count++] = (checked_index){index, extent, until};
	return true;
}

static bool put_check(translation *t, place *p, int dimension, const hdt_expr *index, const hdt_expr *extent)
{
	value i, n;
	if (is_proved(index, extent) || (!p->address && is_checked(t, index, extent)))
		return true;
	if (!translate_value(t, index, &i) || !translate_value(t, extent, &n))
		return false;
	if (p->address) {
		int m = p->marks;
		if (m == (int)(sizeof p->mark_index / sizeof *p->mark_index))
			return translate_fail(t, HDT_UNSUPPORTED, "%s is a view of too many views", p->access->tensor->name);
		p->mark_index[m] = translate_wide(t, &i, HDT_I64);
		p->mark_extent[m] = n.at;
		p->mark_uniform[m] = n.uniform;
		p->mark_dimension[m] = (uint8_t)dimension;
		p->marks++;
		return !t->failed;
	}
	translate_step(t, t->depth,
	               (step){.kind = STEP_CHECK,
	                      .dimension = (uint8_t)dimension,
	                      .uniform_a = i.uniform,
	                      .uniform_b = n.uniform,
	                      .line = t->line,
	                      .a = i.at,
	                      .b = n.at,
	                      .access = p->access});
	return remember_check(t, index, extent, i.until || n.until ? t->statement : 0);
}

/* An access of its own for each tensor on the way, for the messages of its checks. */
static access *new_access(translation *t, const hdt_tensor *tensor, const hdt_expr *const *indices,
                          const sim_buffer *buffer)
{
	access *a = hdt_allocate(t->context, sizeof *a);
	if (!a) {
		t->failed = true;
		return NULL;
	}
	*a = (access){.buffer = buffer, .tensor = tensor, .rank = tensor->rank};
	for (int d = 0; d < tensor->rank; d++) {
		value v;
		if (!translate_value(t, indices[d], &v))
			return NULL;
		a->indices[d] = v.at;
		a->uniform[d] = v.uniform;
	}
	return a;
}

static bool check_indices(translation *t, place *p)
{
	if (p->tensor->pointer) /* its size is known when it runs: the element is checked against that */
		return true;
	for (int d = 0; d < p->tensor->rank; d++)
		if (!put_check(t, p, d, p->indices[d], p->tensor->shape[d]))
			return false;
	return true;
}

/* ---- from a view to storage ---- */

static bool step_down(translation *t, place *p)
{
	const hdt_tensor *view = p->tensor;
	const hdt_expr *next[HDT_MAX_RANK];
	for (int d = 0; d < view->base->rank; d++) {
		next[d] = hdt_substitute(view->base_indices[d], view->axes, p->indices, view->rank);
		if (!next[d])
			return !(t->failed = true);
	}
	memcpy(p->indices, next, sizeof next);
	p->tensor = view->base;
	return true;
}

static const hdt_expr *storage_index(translation *t, const place *p)
{
	const hdt_tensor *b = p->tensor;
	if (b->layout)
		return hdt_layout_offset(b->layout, p->indices, b->rank);
	const hdt_expr *sum = b->rank ? p->indices[0] : hdt_int(t->context, 0);
	for (int d = 1; d < b->rank; d++)
		sum = hdt_add(hdt_mul(sum, b->shape[d]), p->indices[d]);
	return sum;
}

/* Checks on the way, and the storage element of tensor[indices]. */
static bool put_place(translation *t, place *p, const hdt_tensor *tensor, const hdt_expr *const *indices,
                      value *element)
{
	enum { MOST_VIEWS = 64 };
	const sim_buffer *buffer = translate_buffer(t, tensor);
	p->tensor = tensor;
	for (int d = 0; d < tensor->rank; d++)
		p->indices[d] = indices[d];
	if (!buffer || !(p->access = new_access(t, tensor, indices, buffer)) || !check_indices(t, p))
		return false;
	const access *named = p->access;
	for (int views = 0; p->tensor->base; views++) {
		if (views == MOST_VIEWS)
			return translate_fail(t, HDT_UNSUPPORTED, "%s is a view of too many views", tensor->name);
		if (!step_down(t, p))
			return false;
		/* A fault behind the view is told as the buffer's. */
		if (!p->address && !p->tensor->pointer && !(p->access = new_access(t, p->tensor, p->indices, buffer)))
			return false;
		if (!check_indices(t, p))
			return false;
	}
	p->access = (access *)(uintptr_t)named;
	const hdt_expr *at = storage_index(t, p);
	if (!at)
		return !(t->failed = true);
	return translate_value(t, at, element);
}

/* ---- the three uses of an element ---- */

bool translate_load(translation *t, const hdt_expr *load, value *out)
{
	place p = {0};
	value element;
	if (!put_place(t, &p, load->tensor, load->args, &element))
		return false;
	*out = (value){.at = translate_register(t, false),
	               .body = t->open[t->depth].serial,
	               .until = t->statement,
	               .depth = (uint16_t)t->depth};
	translate_step(t, t->depth,
	               (step){.kind = STEP_LOAD,
	                      .dtype = load->dtype,
	                      .uniform_a = element.uniform,
	                      .line = t->line,
	                      .to = out->at,
	                      .a = element.at,
	                      .access = p.access});
	return !t->failed;
}

bool translate_store(translation *t, const hdt_tensor *tensor, const hdt_expr *const *indices, const hdt_expr *e)
{
	place p = {0};
	value element, v;
	if (!translate_value(t, e, &v))
		return false;
	v = translate_cast(t, v, (hdt_dtype)e->dtype, tensor->dtype);
	reg from = translate_wide(t, &v, tensor->dtype);
	if (t->failed || !put_place(t, &p, tensor, indices, &element))
		return false;
	translate_step(t, t->depth,
	               (step){.kind = STEP_STORE,
	                      .dtype = (uint8_t)tensor->dtype,
	                      .uniform_a = element.uniform,
	                      .line = t->line,
	                      .a = element.at,
	                      .b = from,
	                      .access = p.access});
	return !t->failed;
}

bool translate_address(translation *t, const hdt_expr *address, value *out)
{
	place p = {.address = true};
	value element;
	if (!put_place(t, &p, address->tensor, address->args, &element))
		return false;
	reg at = translate_wide(t, &element, HDT_I64);
	*out = (value){.at = translate_register(t, false),
	               .body = t->open[t->depth].serial,
	               .until = t->statement,
	               .depth = (uint16_t)t->depth};
	translate_step(t, t->depth, (step){.kind = STEP_ADDRESS, .to = out->at, .a = at, .access = p.access});
	for (int m = 0; m < p.marks; m++)
		translate_step(t, t->depth,
		               (step){.kind = STEP_OUTSIDE,
		                      .dimension = p.mark_dimension[m],
		                      .uniform_b = p.mark_uniform[m],
		                      .to = out->at,
		                      .a = p.mark_index[m],
		                      .b = p.mark_extent[m],
		                      .access = p.access});
	return !t->failed;
}
