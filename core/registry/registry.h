/* registry.h: every descriptor that plugins provide, by kind and name. Filled by the loader, then sealed: afterwards it is read
 * without locks, from any thread. It stores pointers to the plugins' constant descriptors, never copies. */
#ifndef CORE_REGISTRY_REGISTRY_H
#define CORE_REGISTRY_REGISTRY_H

#include "base/context.h"
#include <hidet/frontend.h>
#include <hidet/rule.h>
#include <hidet/scheduler.h>

typedef enum registry_kind {
#define REGISTRY_KIND(name, text, type) REGISTRY_##name,
#include "registry/kinds.def"
#undef REGISTRY_KIND
	REGISTRY_KIND_COUNT
} registry_kind;

typedef struct registry_entry {
	registry_kind kind;
	const char *name;
	const void *descriptor;
	const char *plugin;                      /* id of the plugin that provides it */
	const struct registry_entry *overridden; /* the entry that this one took over, or NULL */
} registry_entry;

/* What one plugin wants to add; committed as a whole or dropped. */
typedef struct registry_stage registry_stage;

const char *registry_kind_text(registry_kind kind);

hdt_registry *registry_new(void);
void registry_free(hdt_registry *registry);

registry_stage *registry_stage_new(hdt_registry *registry, const char *plugin);
/* Faults are kept in the stage: a NULL name or callback, a size of 0, a name given twice. */
void registry_stage_add(registry_stage *stage, registry_kind kind, const char *name, const void *descriptor);
/* The stage's content: entries in order of adding. */
int registry_stage_count(const registry_stage *stage);
const registry_entry *registry_stage_entry(const registry_stage *stage, int index);
/* Add all, or nothing: a name of a unique kind that is taken fails unless it is in `overrides` (ended by NULL, may be NULL).
 * Frees the stage. On failure `reason` (at least 256 bytes) says why. */
bool registry_commit(registry_stage *stage, const char *const *overrides, char *reason, size_t reason_bytes);
void registry_stage_drop(registry_stage *stage);
/* Sort and freeze; commits fail from here on. */
void registry_seal(hdt_registry *registry);

/* By kind and name; NULL when there is none. */
const registry_entry *registry_find(const hdt_registry *registry, registry_kind kind, const char *name);
/* All of a kind, sorted: rules by rank (higher first) then name, the rest by name. */
int registry_count(const hdt_registry *registry, registry_kind kind);
const registry_entry *registry_at(const hdt_registry *registry, registry_kind kind, int index);

/* What a layer above makes once of all that is registered: made by the first caller while others wait, and given to `release` when the
 * registry is freed. NULL when `make` gave NULL: the next call tries again. One maker for a registry. */
void *registry_derive(const hdt_registry *registry, void *(*make)(const hdt_registry *registry),
                      void (*release)(void *made));

/* Typed look-ups. */
const hdt_operator *registry_operator(const hdt_registry *registry, const char *name);
/* The operator that is written with this sign between its inputs; the first by name, NULL when there is none. */
const hdt_operator *registry_signed_operator(const hdt_registry *registry, const char *sign);
const hdt_target *registry_target(const hdt_registry *registry, const char *name);
/* A framework's operator in any of the sets for that framework; NULL when no plugin maps it. One name is mapped by one plugin: a second
 * one is refused like any taken name, unless its `overrides` name the mapping. */
const hdt_mapping *registry_mapping(const hdt_registry *registry, const char *framework, const char *name);
/* SHA-256 hex over (id, version) of all plugins that contributed is kept by the loader and set here; part of cache keys. */
void registry_set_fingerprint(hdt_registry *registry, const char *fingerprint);
const char *registry_fingerprint(const hdt_registry *registry);

#endif
