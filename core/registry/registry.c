/* registry.c: the tables of descriptors.
 *
 * A stage collects what one plugin provides; a commit checks all of it, reserves memory, and only then changes the
 * tables, so a commit that fails leaves them as they were. A committed stage lives on as the owner of its entries.
 * Tables are kept sorted at all times, by what the descriptors say and never by the order of loading; sealing therefore
 * only forbids further commits. */
#include "registry/registry.h"
#include "base/vec.h"
#include <pthread.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

enum { REASON_BYTES = 512 };

typedef struct record {
	registry_entry entry; /* first: the public face of a record is a pointer to its entry */
	int precedence; /* of mapping sets of one framework: a set that overrides is asked before those it overrides */
} record;

struct registry_stage {
	hdt_registry *registry;
	char *plugin;
	VEC(record) records;
	char fault[REASON_BYTES]; /* first one; "" when none */
	registry_stage *next;     /* committed before this one */
};

typedef struct table {
	const record **items;
	int count, capacity;
} table;

struct hdt_registry {
	table tables[REGISTRY_KIND_COUNT];
	registry_stage *committed; /* newest first */
	int overrides;             /* commits that overrode something */
	bool sealed;
	char fingerprint[65];
	pthread_mutex_t deriving;
	void *derived; /* see registry_derive */
	void (*release_derived)(void *derived);
};

/* ---- what each kind's descriptor must have ---------------------------------------------------------------------- */

/* The size that the structure had in interface 1.0, whose last field was `last`: older plugins may give no less. */
#define SIZE_AT_1_0(type, last) (offsetof(type, last) + sizeof(((type *)0)->last))

/* Each gives NULL, or what is missing. */
static const char *check_OPERATOR(const hdt_operator *d)
{
	if (d->size < SIZE_AT_1_0(hdt_operator, tolerance))
		return "size";
	return !d->define ? "define" : !d->inputs ? "inputs" : NULL;
}

static const char *check_RESOLVE_RULE(const hdt_resolve_rule *d)
{
	if (d->size < SIZE_AT_1_0(hdt_resolve_rule, apply))
		return "size";
	return !d->op ? "op" : !d->text && !d->apply ? "text or apply" : NULL;
}

static const char *check_REWRITE_RULE(const hdt_rewrite_rule *d)
{
	if (d->size < SIZE_AT_1_0(hdt_rewrite_rule, apply))
		return "size";
	if (!d->pattern)
		return "pattern";
	return !d->apply && !strstr(d->pattern, "=>") ? "apply, or a pattern with '=>'" : NULL;
}

/* The other kind belongs to the host, whatever the target. */
static bool runs_on_target(hdt_function_kind kind)
{
	return (unsigned)kind < HDT_FUNCTION_COUNT && kind != HDT_FUNCTION_HOST;
}

static const char *check_SCHEDULER(const hdt_scheduler *d)
{
	if (d->size < SIZE_AT_1_0(hdt_scheduler, build))
		return "size";
	bool builds = d->build || (d->size >= SIZE_AT_1_0(hdt_scheduler, build_choice) && d->build_choice && d->space);
	return !runs_on_target(d->kind) ? "kind of functions" : !d->query ? "query" : !builds ? "build" : NULL;
}

static const char *check_MAPPING_SET(const hdt_mapping_set *d)
{
	if (d->size < SIZE_AT_1_0(hdt_mapping_set, mappings))
		return "size";
	if (!d->mappings)
		return "mappings";
	for (const hdt_mapping *m = d->mappings; m->name; m++) {
		if (!m->arguments || (!m->expression && !m->map))
			return !m->arguments ? "arguments of a mapping" : "expression or map of a mapping";
		for (const hdt_mapping *earlier = d->mappings; earlier < m; earlier++)
			if (!strcmp(earlier->name, m->name))
				return "list of mappings (a name comes twice)";
	}
	return NULL;
}

static const char *check_FRONTEND(const hdt_frontend *d)
{
	if (d->size < SIZE_AT_1_0(hdt_frontend, load))
		return "size";
	return !d->recognises ? "recognises" : !d->load ? "load" : NULL;
}

static const char *check_TARGET(const hdt_target *d)
{
	if (d->size < SIZE_AT_1_0(hdt_target, run))
		return "size";
	if (!runs_on_target(d->kind))
		return "kind of functions";
	if (d->language != HDT_LANGUAGE_C && d->language != HDT_LANGUAGE_SCRIPT)
		return "language";
	for (const hdt_intrinsic *const *i = d->intrinsics; i && *i; i++)
		if ((*i)->size < SIZE_AT_1_0(hdt_intrinsic, text) || !(*i)->name || !(*i)->signature)
			return "list of intrinsics (one is without size, name or signature)";
	if (!d->open || !d->close || !d->info)
		return "open, close or info";
	if (!d->prelude || !d->compile || !d->load || !d->unload || !d->find)
		return "prelude, compile, load, unload or find";
	return !d->allocate || !d->release || !d->copy || !d->run ? "allocate, release, copy or run" : NULL;
}

static const char *check(registry_kind kind, const void *descriptor)
{
	switch (kind) {
#define REGISTRY_KIND(name, text, type) \
	case REGISTRY_##name:               \
		return check_##name((const type *)descriptor);
#include "registry/kinds.def"
#undef REGISTRY_KIND
	case REGISTRY_KIND_COUNT:
		break;
	}
	return "known kind";
}

static int rank(const registry_entry *e)
{
	if (e->kind == REGISTRY_RESOLVE_RULE)
		return ((const hdt_resolve_rule *)e->descriptor)->rank;
	if (e->kind == REGISTRY_REWRITE_RULE)
		return ((const hdt_rewrite_rule *)e->descriptor)->rank;
	return 0;
}

static bool is_ranked(registry_kind kind)
{
	return kind == REGISTRY_RESOLVE_RULE || kind == REGISTRY_REWRITE_RULE;
}

/* Several plugins may each give a set for one framework; every other name belongs to one entry. */
static bool is_unique(registry_kind kind)
{
	return kind != REGISTRY_MAPPING_SET;
}

const char *registry_kind_text(registry_kind kind)
{
	static const char *const texts[] = {
#define REGISTRY_KIND(name, text, type) text,
#include "registry/kinds.def"
#undef REGISTRY_KIND
	};
	return kind < REGISTRY_KIND_COUNT ? texts[kind] : "unknown";
}

/* ---- tables ----------------------------------------------------------------------------------------------------- */

static int compare(const record *a, const record *b)
{
	int rank_a = rank(&a->entry), rank_b = rank(&b->entry);
	if (rank_a != rank_b)
		return rank_a > rank_b ? -1 : 1;
	int by_name = strcmp(a->entry.name, b->entry.name);
	if (by_name)
		return by_name;
	if (a->precedence != b->precedence)
		return a->precedence > b->precedence ? -1 : 1;
	return strcmp(a->entry.plugin, b->entry.plugin);
}

/* Index of the first entry of this name, or -1. */
static int find(const table *t, registry_kind kind, const char *name)
{
	if (is_ranked(kind)) {
		for (int i = 0; i < t->count; i++)
			if (!strcmp(t->items[i]->entry.name, name))
				return i;
		return -1;
	}
	int low = 0, high = t->count;
	while (low < high) {
		int middle = low + (high - low) / 2;
		if (strcmp(t->items[middle]->entry.name, name) < 0)
			low = middle + 1;
		else
			high = middle;
	}
	return low < t->count && !strcmp(t->items[low]->entry.name, name) ? low : -1;
}

static bool reserve(table *t, int more)
{
	while (t->capacity - t->count < more)
		if (!heap_grow((void **)&t->items, t->capacity, &t->capacity, sizeof *t->items))
			return false;
	return true;
}

/* There is room: see reserve. */
static void insert(table *t, const record *r)
{
	int at = t->count++;
	for (; at > 0 && compare(t->items[at - 1], r) > 0; at--)
		t->items[at] = t->items[at - 1];
	t->items[at] = r;
}

static void take_out(table *t, int index)
{
	memmove(&t->items[index], &t->items[index + 1], (size_t)(t->count - index - 1) * sizeof *t->items);
	t->count--;
}

/* ---- registry --------------------------------------------------------------------------------------------------- */

hdt_registry *registry_new(void)
{
	hdt_registry *registry = calloc(1, sizeof *registry);
	if (registry)
		pthread_mutex_init(&registry->deriving, NULL);
	return registry;
}

static void free_stage(registry_stage *stage)
{
	heap_free(&stage->records);
	free(stage->plugin);
	free(stage);
}

void registry_free(hdt_registry *registry)
{
	if (!registry)
		return;
	if (registry->release_derived)
		registry->release_derived(registry->derived);
	pthread_mutex_destroy(&registry->deriving);
	for (registry_stage *s = registry->committed, *next; s; s = next) {
		next = s->next;
		free_stage(s);
	}
	for (int k = 0; k < REGISTRY_KIND_COUNT; k++)
		free(registry->tables[k].items);
	free(registry);
}

void registry_seal(hdt_registry *registry)
{
	registry->sealed = true;
}

void *registry_derive(const hdt_registry *registry, void *(*make)(const hdt_registry *registry),
                      void (*release)(void *made))
{
	hdt_registry *keeper = (hdt_registry *)(uintptr_t)registry;
	pthread_mutex_lock(&keeper->deriving);
	if (!keeper->derived)
		keeper->derived = make(registry);
	keeper->release_derived = release;
	void *derived = keeper->derived;
	pthread_mutex_unlock(&keeper->deriving);
	return derived;
}

const registry_entry *registry_find(const hdt_registry *registry, registry_kind kind, const char *name)
{
	if (!registry || kind >= REGISTRY_KIND_COUNT || !name)
		return NULL;
	int at = find(&registry->tables[kind], kind, name);
	return at < 0 ? NULL : &registry->tables[kind].items[at]->entry;
}

int registry_count(const hdt_registry *registry, registry_kind kind)
{
	return registry && kind < REGISTRY_KIND_COUNT ? registry->tables[kind].count : 0;
}

const registry_entry *registry_at(const hdt_registry *registry, registry_kind kind, int index)
{
	if (index < 0 || index >= registry_count(registry, kind))
		return NULL;
	return &registry->tables[kind].items[index]->entry;
}

const hdt_operator *registry_operator(const hdt_registry *registry, const char *name)
{
	const registry_entry *e = registry_find(registry, REGISTRY_OPERATOR, name);
	return e ? e->descriptor : NULL;
}

const hdt_operator *registry_signed_operator(const hdt_registry *registry, const char *sign)
{
	for (int i = 0; i < registry_count(registry, REGISTRY_OPERATOR); i++) {
		const hdt_operator *op = registry_at(registry, REGISTRY_OPERATOR, i)->descriptor;
		bool has_sign = op->size >= SIZE_AT_1_0(hdt_operator, sign) && op->sign;
		if (has_sign && !strcmp(op->sign, sign))
			return op;
	}
	return NULL;
}

const hdt_target *registry_target(const hdt_registry *registry, const char *name)
{
	const registry_entry *e = registry_find(registry, REGISTRY_TARGET, name);
	return e ? e->descriptor : NULL;
}

/* The mapping `name` and the entry of the set that holds it. */
static const hdt_mapping *find_mapping(const hdt_registry *registry, const char *framework, const char *name,
                                       const registry_entry **set)
{
	const table *t = &registry->tables[REGISTRY_MAPPING_SET];
	int at = find(t, REGISTRY_MAPPING_SET, framework);
	for (; at >= 0 && at < t->count && !strcmp(t->items[at]->entry.name, framework); at++) {
		const hdt_mapping_set *s = t->items[at]->entry.descriptor;
		for (const hdt_mapping *m = s->mappings; m->name; m++)
			if (!strcmp(m->name, name)) {
				*set = &t->items[at]->entry;
				return m;
			}
	}
	return NULL;
}

const hdt_mapping *registry_mapping(const hdt_registry *registry, const char *framework, const char *name)
{
	const registry_entry *set;
	return registry && framework && name ? find_mapping(registry, framework, name, &set) : NULL;
}

void registry_set_fingerprint(hdt_registry *registry, const char *fingerprint)
{
	snprintf(registry->fingerprint, sizeof registry->fingerprint, "%s", fingerprint);
}

const char *registry_fingerprint(const hdt_registry *registry)
{
	return registry ? registry->fingerprint : "";
}

/* ---- stages ----------------------------------------------------------------------------------------------------- */

registry_stage *registry_stage_new(hdt_registry *registry, const char *plugin)
{
	registry_stage *stage = calloc(1, sizeof *stage);
	if (!stage)
		return NULL;
	size_t bytes = strlen(plugin) + 1;
	stage->registry = registry;
	stage->plugin = malloc(bytes);
	if (!stage->plugin) {
		free(stage);
		return NULL;
	}
	memcpy(stage->plugin, plugin, bytes);
	return stage;
}

static const char *shown(const char *name)
{
	return name && *name ? name : "(without a name)";
}

static bool is_staged(const registry_stage *stage, registry_kind kind, const char *name)
{
	for (int i = 0; i < stage->records.count; i++)
		if (stage->records.items[i].entry.kind == kind && !strcmp(stage->records.items[i].entry.name, name))
			return true;
	return false;
}

void registry_stage_add(registry_stage *stage, registry_kind kind, const char *name, const void *descriptor)
{
	if (!stage || stage->fault[0])
		return;
	const char *missing = !name || !*name ? "name" : !descriptor ? "descriptor" : check(kind, descriptor);
	record r = {.entry = {kind, name, descriptor, stage->plugin, NULL}};
	if (missing)
		snprintf(stage->fault, sizeof stage->fault, "plugin '%s': %s '%s' has no valid %s", stage->plugin,
		         registry_kind_text(kind), shown(name), missing);
	else if (is_unique(kind) && is_staged(stage, kind, name))
		snprintf(stage->fault, sizeof stage->fault, "plugin '%s' provides %s '%s' twice", stage->plugin,
		         registry_kind_text(kind), name);
	else if (!heap_push(&stage->records, r))
		snprintf(stage->fault, sizeof stage->fault, "plugin '%s': out of memory", stage->plugin);
}

int registry_stage_count(const registry_stage *stage)
{
	return stage ? stage->records.count : 0;
}

const registry_entry *registry_stage_entry(const registry_stage *stage, int index)
{
	return index >= 0 && index < registry_stage_count(stage) ? &stage->records.items[index].entry : NULL;
}

void registry_stage_drop(registry_stage *stage)
{
	if (stage)
		free_stage(stage);
}

/* ---- commit ----------------------------------------------------------------------------------------------------- */

static bool is_listed(const char *const *names, const char *name)
{
	for (; names && *names; names++)
		if (!strcmp(*names, name))
			return true;
	return false;
}

static bool refuse_taken(const registry_entry *e, const char *name, const registry_entry *holder, char *reason,
                         size_t reason_bytes)
{
	snprintf(reason, reason_bytes, "plugin '%s': %s '%s' is already provided by plugin '%s'", e->plugin,
	         registry_kind_text(e->kind), name, holder->plugin);
	return false;
}

/* A mapping set takes the names of its mappings. `*overriding` is set when one of them is taken and may be. */
static bool check_mappings(const hdt_registry *registry, const registry_entry *e, const char *const *overrides,
                           bool *overriding, char *reason, size_t reason_bytes)
{
	const hdt_mapping_set *set = e->descriptor;
	for (const hdt_mapping *m = set->mappings; m->name; m++) {
		const registry_entry *holder;
		if (!find_mapping(registry, e->name, m->name, &holder))
			continue;
		if (!is_listed(overrides, m->name))
			return refuse_taken(e, m->name, holder, reason, reason_bytes);
		*overriding = true;
	}
	return true;
}

/* Nothing of the registry but the capacity of its tables changes here. */
static bool prepare(registry_stage *stage, const char *const *overrides, char *reason, size_t reason_bytes)
{
	hdt_registry *registry = stage->registry;
	int more[REGISTRY_KIND_COUNT] = {0};
	for (int i = 0; i < stage->records.count; i++) {
		record *r = &stage->records.items[i];
		const registry_entry *holder = registry_find(registry, r->entry.kind, r->entry.name);
		bool overriding = false;
		if (!is_unique(r->entry.kind)) {
			if (!check_mappings(registry, &r->entry, overrides, &overriding, reason, reason_bytes))
				return false;
			r->precedence = overriding ? registry->overrides + 1 : 0;
		} else if (holder) {
			if (!is_listed(overrides, r->entry.name))
				return refuse_taken(&r->entry, r->entry.name, holder, reason, reason_bytes);
			r->entry.overridden = holder;
		}
		more[r->entry.kind]++;
	}
	for (int k = 0; k < REGISTRY_KIND_COUNT; k++)
		if (!reserve(&registry->tables[k], more[k])) {
			snprintf(reason, reason_bytes, "plugin '%s': out of memory", stage->plugin);
			return false;
		}
	return true;
}

bool registry_commit(registry_stage *stage, const char *const *overrides, char *reason, size_t reason_bytes)
{
	if (!stage) {
		snprintf(reason, reason_bytes, "out of memory");
		return false;
	}
	hdt_registry *registry = stage->registry;
	bool ok = false;
	if (registry->sealed)
		snprintf(reason, reason_bytes, "plugin '%s' comes too late: the registry is sealed", stage->plugin);
	else if (stage->fault[0])
		snprintf(reason, reason_bytes, "%s", stage->fault);
	else
		ok = prepare(stage, overrides, reason, reason_bytes);
	if (!ok) {
		free_stage(stage);
		return false;
	}
	for (int i = 0; i < stage->records.count; i++) {
		const record *r = &stage->records.items[i];
		table *t = &registry->tables[r->entry.kind];
		if (r->entry.overridden)
			take_out(t, find(t, r->entry.kind, r->entry.name));
		insert(t, r);
	}
	registry->overrides++;
	stage->next = registry->committed;
	registry->committed = stage;
	return true;
}
