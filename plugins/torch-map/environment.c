/* environment.c: names, their tensors, and which of them share memory. See environment.h for the idea, view_path.h for
 * the nodes. */
#include "environment.h"
#include "view_path.h"
#include <string.h>

/* The memory of a tensor: what it holds now. */
typedef struct storage {
	hdt_value *base; /* current value of the tensor that owns the memory */
	int version;     /* counts writes */
	const char *keeper;
	const char *writer; /* the last operator that wrote */
	const char *lost;   /* set when a write could not be carried to the base: only the written view is known */
} storage;

typedef struct binding {
	const char *name; /* interned */
	storage *memory;  /* NULL: a scalar, or unusable */
	/* The view is the path of nodes from `root`, which was the base when it was made, to `leaf`. */
	hdt_value *root, *leaf;
	hdt_value *value; /* at `version` of the memory */
	int version;
	bool unsure;
	const hdt_expr *scalar;
	const char *unusable;
} binding;

struct environment {
	hdt_context *context;
	hdt_graph *graph;
	binding **slots; /* open addressing by the interned name's address */
	size_t capacity, count;
};

environment *environment_new(hdt_context *context, hdt_graph *graph)
{
	environment *env = hdt_allocate(context, sizeof(*env));
	if (!env)
		return NULL;
	env->context = context;
	env->graph = graph;
	env->capacity = 256;
	env->slots = hdt_allocate(context, env->capacity * sizeof(*env->slots));
	return env->slots ? env : NULL;
}

static binding **find_slot(binding **slots, size_t capacity, const char *interned)
{
	size_t at = ((uintptr_t)interned >> 4) * UINT64_C(0x9E3779B97F4A7C15) >> 20;
	while (slots[at & (capacity - 1)] && slots[at & (capacity - 1)]->name != interned)
		at++;
	return &slots[at & (capacity - 1)];
}

static bool grow(environment *env)
{
	if (2 * env->count < env->capacity)
		return true;
	size_t capacity = 2 * env->capacity;
	binding **slots = hdt_allocate(env->context, capacity * sizeof(*slots));
	for (size_t i = 0; slots && i < env->capacity; i++)
		if (env->slots[i])
			*find_slot(slots, capacity, env->slots[i]->name) = env->slots[i];
	if (!slots)
		return false;
	env->slots = slots;
	env->capacity = capacity;
	return true;
}

/* A fresh binding; a name bound before is replaced (an operator that changes the shape of its receiver does so). */
static binding *bind(environment *env, const char *name)
{
	const char *interned = name ? hdt_intern(env->context, name) : NULL;
	binding *b = hdt_allocate(env->context, sizeof(*b));
	if (!interned || !b || !grow(env))
		return NULL;
	binding **slot = find_slot(env->slots, env->capacity, interned);
	env->count += !*slot;
	b->name = interned;
	*slot = b;
	return b;
}

static binding *find(environment *env, const char *name)
{
	const char *interned = name ? hdt_intern(env->context, name) : NULL;
	binding *b = interned ? *find_slot(env->slots, env->capacity, interned) : NULL;
	if (!b)
		hdt_fail(env->context, HDT_BAD_MODEL, "the value %s is used, but nothing gives it",
		         name ? name : "without a name");
	else if (b->unusable)
		hdt_fail(env->context, HDT_UNSUPPORTED, "the value %s is used, but %s", name, b->unusable);
	return b && !b->unusable ? b : NULL;
}

hdt_status environment_bind(environment *env, const char *name, hdt_value *value, const char *keeper)
{
	binding *b = value ? bind(env, name) : NULL;
	storage *memory = b ? hdt_allocate(env->context, sizeof(*memory)) : NULL;
	if (!memory)
		return hdt_context_status(env->context);
	*memory = (storage){.base = value, .keeper = keeper};
	b->memory = memory;
	b->root = b->leaf = b->value = value;
	return HDT_OK;
}

hdt_status environment_bind_view(environment *env, const char *name, hdt_value *value, const char *of,
                                 environment_relation relation)
{
	binding *source = find(env, of);
	if (!source || !source->memory || relation == RELATION_NEW)
		return environment_bind(env, name, value, NULL);
	storage *memory = source->memory;
	bool unsure = source->unsure || relation == RELATION_UNSURE;
	binding *b = value ? bind(env, name) : NULL;
	if (!b)
		return hdt_context_status(env->context);
	b->memory = memory;
	b->root = memory->base;
	b->leaf = b->value = value;
	b->version = memory->version;
	b->unsure = unsure;
	return HDT_OK;
}

hdt_status environment_bind_scalar(environment *env, const char *name, const hdt_expr *scalar)
{
	binding *b = scalar ? bind(env, name) : NULL;
	if (!b)
		return hdt_context_status(env->context);
	b->scalar = scalar;
	return HDT_OK;
}

hdt_status environment_bind_unusable(environment *env, const char *name, const char *why)
{
	binding *b = why ? bind(env, name) : NULL;
	if (!b)
		return hdt_context_status(env->context);
	b->unusable = why;
	return HDT_OK;
}

hdt_status environment_share(environment *env, const char *name, environment *other, const char *other_name)
{
	binding *source = find(other, other_name);
	binding *b = source ? bind(env, name) : NULL;
	if (!b)
		return hdt_context_status(env->context);
	const char *own = b->name;
	*b = *source;
	b->name = own;
	return HDT_OK;
}

static hdt_value *refuse_read(environment *env, const binding *b)
{
	hdt_fail(
		env->context, HDT_UNSUPPORTED,
		"%s may share memory with a tensor that %s changed in place, and is used afterwards; write the model without "
		"the in-place operator (x = x + y for x += y)",
		b->name, b->memory->lost ? b->memory->lost : b->memory->writer);
	return NULL;
}

hdt_value *environment_tensor(environment *env, const char *name)
{
	binding *b = find(env, name);
	if (!b)
		return NULL;
	if (!b->memory) {
		hdt_fail(env->context, HDT_BAD_MODEL, "the value %s is a number where a tensor is needed", name);
		return NULL;
	}
	if (b->version == b->memory->version)
		return b->value;
	if (b->unsure || b->memory->lost)
		return refuse_read(env, b);
	hdt_value *value = view_path_rebuild(env->graph, b->root, b->leaf, b->memory->base);
	if (!value && hdt_context_status(env->context) == HDT_OK)
		return refuse_read(env, b);
	b->value = value;
	b->version = b->memory->version;
	return value;
}

const hdt_expr *environment_scalar(environment *env, const char *name)
{
	binding *b = find(env, name);
	if (b && !b->scalar)
		hdt_fail(env->context, HDT_BAD_MODEL, "the value %s is a tensor where a number is needed", name);
	return b ? b->scalar : NULL;
}

hdt_status environment_write(environment *env, const char *name, hdt_value *value, const char *by)
{
	if (!value || !environment_tensor(env, name))
		return hdt_context_status(env->context);
	binding *b = find(env, name);
	storage *memory = b->memory;
	if (memory->keeper)
		return hdt_fail(
			env->context, HDT_UNSUPPORTED,
			"%s changes %s in place, which would have to last beyond the run; return the new value from the model "
			"instead, or let it work on a copy (x = x.clone())",
			by, memory->keeper);
	hdt_value *base = b->unsure ? NULL : view_path_write(env->graph, b->root, b->leaf, memory->base, value);
	if (hdt_context_status(env->context) != HDT_OK)
		return hdt_context_status(env->context);
	memory->writer = by;
	memory->version++;
	if (base) { /* the view is read again through its path, so that views of it have one too */
		memory->base = base;
		return HDT_OK;
	}
	memory->lost = by;
	b->value = value;
	b->version = memory->version;
	return HDT_OK;
}
