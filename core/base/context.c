/* context.c: a compilation's arena, interned names, diagnostics and log. */
#include "base/context.h"

#include "base/hash.h"
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

struct intern_table {
	const char **slots;
	size_t count, capacity;
};

struct context_hook {
	void (*free)(void *closure);
	void *closure;
	struct context_hook *next;
};

hdt_context *context_new(const hdt_registry *registry)
{
	hdt_context *c = calloc(1, sizeof *c);
	if (!c)
		return NULL;
	arena_init(&c->arena);
	c->registry = registry;
	c->message = c->notes = "";
	const char *debug = getenv("HIDET_DEBUG");
	c->debug = debug ? atoi(debug) : 0;
	c->names = arena_alloc(&c->arena, sizeof *c->names);
	if (!c->names) {
		context_free(c);
		return NULL;
	}
	return c;
}

void context_free(hdt_context *context)
{
	if (!context)
		return;
	for (struct context_hook *h = context->hooks; h; h = h->next)
		h->free(h->closure);
	arena_fini(&context->arena);
	free(context);
}

hdt_context *hdt_context_open(const hdt_context *like)
{
	return context_new(like ? like->registry : NULL);
}

void hdt_context_close(hdt_context *context)
{
	context_free(context);
}

bool context_mark_take(const hdt_context *context, context_mark *out)
{
	const struct intern_table *t = context->names;
	*out = (context_mark){.arena = arena_get_mark(&context->arena),
	                      .slots = malloc((t->capacity + 1) * sizeof *t->slots),
	                      .name_count = t->count,
	                      .name_capacity = t->capacity,
	                      .names = t->slots,
	                      .hooks = context->hooks,
	                      .missing = context->missing};
	if (out->slots && t->capacity)
		memcpy(out->slots, t->slots, t->capacity * sizeof *t->slots);
	return out->slots != NULL;
}

void context_mark_rewind(hdt_context *context, const context_mark *mark)
{
	for (; context->hooks != mark->hooks; context->hooks = context->hooks->next)
		context->hooks->free(context->hooks->closure);
	*context->names = (struct intern_table){mark->names, mark->name_count, mark->name_capacity};
	if (mark->name_capacity)
		memcpy(mark->names, mark->slots, mark->name_capacity * sizeof *mark->slots);
	context->missing = mark->missing;
	arena_rewind(&context->arena, mark->arena);
}

void context_mark_free(context_mark *mark)
{
	free(mark->slots);
	*mark = (context_mark){.slots = NULL};
}

bool context_on_free(hdt_context *context, void (*function)(void *closure), void *closure)
{
	struct context_hook *h = hdt_allocate(context, sizeof *h);
	if (!h)
		return false;
	*h = (struct context_hook){function, closure, context->hooks};
	context->hooks = h;
	return true;
}

static hdt_status fail(hdt_context *context, hdt_status status, const char *format, va_list args)
{
	const char *message = arena_vformat(&context->arena, format, args);
	if (context->status == HDT_OK) {
		/* Whatever it was: what went wrong first in time is memory. */
		context->status = message ? status : HDT_OUT_OF_MEMORY;
		context->message = message ? message : "out of memory";
	} else {
		const char *notes =
			hdt_format(context, "%s%s%s", context->notes, *context->notes ? "\n" : "", message ? message : "");
		context->notes = notes ? notes : context->notes;
	}
	return context->status == HDT_OUT_OF_MEMORY ? HDT_OUT_OF_MEMORY : status;
}

hdt_status hdt_fail(hdt_context *context, hdt_status status, const char *format, ...)
{
	va_list args;
	va_start(args, format);
	status = fail(context, status, format, args);
	va_end(args);
	return status;
}

void context_add_note(hdt_context *context, const char *format, ...)
{
	va_list args;
	va_start(args, format);
	const char *what = arena_vformat(&context->arena, format, args);
	va_end(args);
	const char *message = what ? hdt_format(context, "%s (while %s)", context->message, what) : NULL;
	if (message)
		context->message = message;
}

void context_clear_fault(hdt_context *context)
{
	context->status = HDT_OK;
	context->message = context->notes = "";
}

hdt_status hdt_context_status(const hdt_context *context)
{
	return context->status;
}

const char *hdt_context_message(const hdt_context *context)
{
	return context->message;
}

void hdt_log(hdt_context *context, int level, const char *format, ...)
{
	if (context->debug < level)
		return;
	va_list args;
	va_start(args, format);
	const char *line = arena_vformat(&context->arena, format, args);
	va_end(args);
	fprintf(stderr, "hidet: %s\n", line ? line : "(out of memory)");
}

/* No formatting here: it would allocate again. */
static void run_out(hdt_context *context)
{
	if (context->status != HDT_OK)
		return;
	context->status = HDT_OUT_OF_MEMORY;
	context->message = "out of memory while compiling";
}

void *hdt_allocate(hdt_context *context, size_t bytes)
{
	void *p = arena_alloc(&context->arena, bytes);
	if (!p)
		run_out(context);
	return p;
}

static bool grow_names(hdt_context *context)
{
	struct intern_table *t = context->names;
	struct intern_table bigger = {.count = t->count, .capacity = t->capacity ? t->capacity * 2 : 256};
	bigger.slots = hdt_allocate(context, bigger.capacity * sizeof *bigger.slots);
	if (!bigger.slots)
		return false;
	for (size_t i = 0; i < t->capacity; i++) {
		if (!t->slots[i])
			continue;
		size_t at = hash_bytes(t->slots[i], strlen(t->slots[i]), 0) & (bigger.capacity - 1);
		while (bigger.slots[at])
			at = (at + 1) & (bigger.capacity - 1);
		bigger.slots[at] = t->slots[i];
	}
	*t = bigger;
	return true;
}

const char *hdt_intern(hdt_context *context, const char *string)
{
	struct intern_table *t = context->names;
	if (!string || (t->count * 2 >= t->capacity && !grow_names(context)))
		return NULL;
	size_t length = strlen(string), at = hash_bytes(string, length, 0) & (t->capacity - 1);
	for (; t->slots[at]; at = (at + 1) & (t->capacity - 1))
		if (strcmp(t->slots[at], string) == 0)
			return t->slots[at];
	char *copy = hdt_allocate(context, length + 1);
	if (copy) {
		t->slots[at] = memcpy(copy, string, length);
		t->count++;
	}
	return copy;
}

const char *hdt_format(hdt_context *context, const char *format, ...)
{
	va_list args;
	va_start(args, format);
	const char *p = arena_vformat(&context->arena, format, args);
	va_end(args);
	if (!p)
		run_out(context);
	return p;
}

const char *context_vformat(hdt_context *context, const char *format, va_list args)
{
	const char *p = arena_vformat(&context->arena, format, args);
	if (!p)
		run_out(context);
	return p ? p : "out of memory";
}
