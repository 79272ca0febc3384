/* context.h: the host's side of hdt_context: one compilation's arena, names, diagnostics, registry and expression
 * table. */
#ifndef CORE_BASE_CONTEXT_H
#define CORE_BASE_CONTEXT_H

#include "base/arena.h"
#include <hidet/base.h>
#include <stdarg.h>

typedef struct hdt_registry hdt_registry;
struct expr_table;
struct intern_table;
struct context_hook;

typedef struct missing_name {
	const char *name;
	const char *where; /* first use */
	int count;
	struct missing_name *next;
} missing_name;

struct hdt_context {
	arena arena;
	const hdt_registry *registry; /* sealed; outlives the context */
	struct intern_table *names;
	struct expr_table *exprs; /* core/ir: made on first use */
	hdt_status status;        /* of the first fault */
	const char *message;      /* its text; "" when none */
	const char *notes;        /* later faults, one a line; "" when none */
	missing_name *missing;    /* in order of first use */
	int debug;                /* HIDET_DEBUG */
	struct context_hook *hooks;
};

/* What a context held at some time, but for its expressions: those who have any go by ir/mark.h. */
typedef struct context_mark {
	arena_mark arena;
	const char **slots; /* of the names; on the heap */
	size_t name_count, name_capacity;
	const char **names; /* where they stood */
	struct context_hook *hooks;
	missing_name *missing;
} context_mark;

/* False when memory is out. */
bool context_mark_take(const hdt_context *context, context_mark *out);
void context_mark_rewind(hdt_context *context, const context_mark *mark);
void context_mark_free(context_mark *mark);

/* NULL when memory is out. `registry` may be NULL (tests of lower layers). */
hdt_context *context_new(const hdt_registry *registry);
void context_free(hdt_context *context);
/* Call function(closure) when the context is freed, newest first. False when memory is out. */
bool context_on_free(hdt_context *context, void (*function)(void *closure), void *closure);
/* Format into the arena; a text of its own (and the status) when memory is out, never NULL. */
const char *context_vformat(hdt_context *context, const char *format, va_list args);
/* Forget the fault (after rolling back a failed attempt). */
void context_clear_fault(hdt_context *context);
/* Append " (while <what>)" to the message of the current fault. */
void context_add_note(hdt_context *context, const char *format, ...) HDT_PRINTF(2, 3);

#endif
