/* kernels.c: emits programs, names them by their text, and spreads them over units of about equal size. */
#include "exec/kernels.h"

#include "base/hash.h"
#include "emit/emit.h"
#include <stdlib.h>
#include <string.h>

/* Small enough that few kernels still make work for every processor, large enough that starting the compiler does not
 * count. */
enum { KERNELS_PER_UNIT = 4, MOST_UNITS = 16, HASH_DIGITS = 16 };

/* As long as a name, and in no name: the digits of a hash are 0..9 a..f. */
#define PLACEHOLDER "k_XXXXXXXXXXXXXXXX"

void kernels_init(kernels *k, hdt_context *context)
{
	*k = (kernels){.context = context};
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
static bool keep(kernels *k, const char *name, text *t)
{
	kernel one = {.name = name, .bytes = t->length};
	if (map_get(&k->known, name))
		return true;
	one.text = text_finish(t, k->context);
	return one.text && map_set(&k->known, name, (void *)(uintptr_t)name) && vec_push(k->context, &k->all, one);
}

hdt_status kernels_add(kernels *k, step *steps, int count)
{
	hdt_status status = HDT_OK;
	for (int i = 0; i < count && status == HDT_OK; i++) {
		text t = {0};
		const hdt_program *program = steps[i].program;
		status = emit_c(&t, program, PLACEHOLDER);
		if (status == HDT_OK) {
			steps[i].function = t.failed || !t.data ? NULL : name_text(k->context, &t);
			if (!steps[i].function || !keep(k, steps[i].function, &t))
				status = hdt_fail(program->context, HDT_OUT_OF_MEMORY, "out of memory emitting @%s", program->name);
		}
		text_free(&t);
	}
	return status;
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

static const char *join_unit(const kernels *k, const char *prelude, int unit)
{
	text t = {0};
	text_add(&t, prelude);
	for (int i = 0; i < k->all.count; i++) {
		if (k->all.items[i].unit != unit)
			continue;
		text_add(&t, "\n");
		text_add_bytes(&t, k->all.items[i].text, k->all.items[i].bytes);
	}
	return text_finish(&t, k->context);
}

hdt_status kernels_source(kernels *k, const char *prelude, hdt_source *out)
{
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
