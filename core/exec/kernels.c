/* kernels.c: emits programs, names them by their text, and spreads them over units of about equal size. */
#include "exec/kernels.h"

#include "base/hash.h"
#include "exec/launch.h"
#include <stdlib.h>
#include <string.h>

/* Small enough that few kernels still make work for every processor, large enough that starting the compiler does not
 * count. */
enum { LOG_SOURCE = 4 };
enum { KERNELS_PER_UNIT = 4, MOST_UNITS = 16, HASH_DIGITS = 16 };

/* As long as a name, and in no name: the digits of a hash are 0..9 a..f. */
#define PLACEHOLDER "k_XXXXXXXXXXXXXXXX"

void kernels_init(kernels *k, hdt_context *context, const hdt_target *target)
{
	*k = (kernels){.context = context, .target = target};
	map_init(&k->known, context);
}

/* k_<hash of the text>, written over every placeholder. */
static const char *name_text(hdt_context *context, text *t)
{
	char hex[65];
	sha256 s;
	sha256_init(&s);
	sha256_add(&s, t->data, t->length);
	sha256_hex(&s, hex);
	const char *name = hdt_format(context, "k_%.*s", HASH_DIGITS, hex);
	if (!name)
		return NULL;
	for (char *at = strstr(t->data, PLACEHOLDER); at; at = strstr(at, PLACEHOLDER))
		memcpy(at, name, sizeof PLACEHOLDER - 1);
	return hdt_intern(context, name);
}

/* Keep the text under its name, unless it is known. False when memory is out. */
static bool keep(kernels *k, const char *name, text *t, const emitted_texts *needed)
{
	kernel one = {.name = name, .bytes = t->length};
	if (map_get(&k->known, name))
		return true;
	for (int i = 0; i < needed->count; i++) /* the programs' context need not live as long */
		if (!vec_push(k->context, &one.needed, needed->items[i]))
			return false;
	one.text = text_finish(t, k->context);
	if (one.text)
		hdt_log(k->context, LOG_SOURCE, "emitted:\n%s", one.text);
	return one.text && map_set(&k->known, name, (void *)(uintptr_t)name) && vec_push(k->context, &k->all, one);
}

/* The program in the language that the target takes. */
static hdt_status emit(const kernels *k, const hdt_program *program, text *t, emitted_texts *needed)
{
	if (k->target->language == HDT_LANGUAGE_SCRIPT) {
		program_print_lines(t, program, PLACEHOLDER);
		return hdt_context_status(program->context);
	}
	return program_runs_whole(program, k->target->kind) ? emit_c(t, program, PLACEHOLDER)
	                                                    : emit_kernels(t, program, PLACEHOLDER, needed);
}

/* Name of the kernel that the program becomes; NULL after a fault in its context. */
static const char *add(kernels *k, const hdt_program *program)
{
	text t = {0};
	emitted_texts needed = {0};
	hdt_status status = emit(k, program, &t, &needed);
	const char *name = status != HDT_OK || t.failed || !t.data ? NULL : name_text(k->context, &t);
	if (status == HDT_OK && (!name || !keep(k, name, &t, &needed))) {
		hdt_fail(program->context, HDT_OUT_OF_MEMORY, "out of memory emitting @%s", program->name);
		name = NULL;
	}
	text_free(&t);
	return name;
}

hdt_status kernels_add(kernels *k, step *steps, int count)
{
	map added; /* a program may stand in several steps */
	map_init(&added, k->context);
	for (int i = 0; i < count; i++) {
		const hdt_program *program = steps[i].program;
		steps[i].function = map_get(&added, program);
		if (steps[i].function)
			continue;
		steps[i].function = add(k, program);
		if (!steps[i].function)
			return hdt_context_status(program->context);
		if (!map_set(&added, program, (void *)(uintptr_t)steps[i].function))
			return HDT_OUT_OF_MEMORY;
	}
	return HDT_OK;
}

static int compare_size(const void *a, const void *b)
{
	const kernel *x = *(kernel *const *)a, *y = *(kernel *const *)b;
	if (x->bytes != y->bytes)
		return x->bytes > y->bytes ? -1 : 1;
	return strcmp(x->name, y->name);
}

/* Largest first, each to the unit that is smallest so far. */
static hdt_status spread(kernels *k, int unit_count)
{
	int count = k->all.count;
	kernel **order = hdt_allocate(k->context, sizeof(kernel *) * (size_t)(count + 1));
	size_t sizes[MOST_UNITS] = {0};
	if (!order)
		return HDT_OUT_OF_MEMORY;
	for (int i = 0; i < count; i++)
		order[i] = &k->all.items[i];
	qsort(order, (size_t)count, sizeof *order, compare_size);
	for (int i = 0; i < count; i++) {
		int smallest = 0;
		for (int u = 1; u < unit_count; u++)
			if (sizes[u] < sizes[smallest])
				smallest = u;
		order[i]->unit = smallest;
		sizes[smallest] += order[i]->bytes;
	}
	return HDT_OK;
}

static bool is_among(const emitted_texts *texts, const char *one)
{
	for (int i = 0; i < texts->count; i++)
		if (texts->items[i] == one)
			return true;
	return false;
}

/* The texts that kernels of the unit need, in the order of first need. */
static bool join_needed(const kernels *k, int unit, text *t)
{
	emitted_texts put = {0};
	for (int i = 0; i < k->all.count; i++) {
		const kernel *one = &k->all.items[i];
		for (int n = 0; n < one->needed.count && one->unit == unit; n++) {
			if (is_among(&put, one->needed.items[n]))
				continue;
			if (!vec_push(k->context, &put, one->needed.items[n]))
				return false;
			text_add(t, "\n");
			text_add(t, one->needed.items[n]);
		}
	}
	return true;
}

static const char *join_unit(const kernels *k, const char *prelude, int unit)
{
	text t = {0};
	text_add(&t, prelude);
	t.failed = !join_needed(k, unit, &t) || t.failed;
	for (int i = 0; i < k->all.count; i++) {
		if (k->all.items[i].unit != unit)
			continue;
		text_add(&t, "\n");
		text_add_bytes(&t, k->all.items[i].text, k->all.items[i].bytes);
	}
	return text_finish(&t, k->context);
}

/* Programs are read one by one: each is a unit. */
static hdt_status give_programs(kernels *k, hdt_source *out)
{
	const char **texts = hdt_allocate(k->context, sizeof *texts * (size_t)(k->all.count + 1));
	if (!texts)
		return HDT_OUT_OF_MEMORY;
	for (int i = 0; i < k->all.count; i++)
		texts[i] = k->all.items[i].text;
	*out = (hdt_source){texts, k->all.count, 1};
	return HDT_OK;
}

hdt_status kernels_source(kernels *k, const char *prelude, hdt_source *out)
{
	if (k->target->language == HDT_LANGUAGE_SCRIPT)
		return give_programs(k, out);
	int units = (k->all.count + KERNELS_PER_UNIT - 1) / KERNELS_PER_UNIT;
	units = units > MOST_UNITS ? MOST_UNITS : units < 1 ? 1 : units;
	const char **texts = hdt_allocate(k->context, sizeof *texts * (size_t)units);
	hdt_status status = texts ? spread(k, units) : HDT_OUT_OF_MEMORY;
	for (int u = 0; u < units && status == HDT_OK; u++)
		if (!(texts[u] = join_unit(k, prelude, u)))
			status = hdt_fail(k->context, HDT_OUT_OF_MEMORY, "out of memory joining kernels");
	*out = (hdt_source){texts, units, 1};
	return status;
}
