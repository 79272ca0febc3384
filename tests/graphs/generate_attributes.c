/* generate_attributes.c: attributes of a new node. They follow the sample's, translated to the sizes chosen, and some become anything
 * else that their kind allows: the operator says whether it takes them. */
#include "generator.h"

#include <ctype.h>
#include <string.h>

static int rank_of(const pattern *p)
{
	return p->anchor ? p->anchor->rank : 2;
}

/* Attributes that name axes are called so. */
static bool is_axis(const hdt_attribute *a)
{
	return strncmp(a->name, "ax", 2) == 0;
}

static const hdt_expr *translate(const pattern *p, const hdt_expr *e)
{
	return p->sizes ? hdt_substitute(e, p->from, p->to, p->sizes) : e;
}

/* ---- single values -------------------------------------------------------------------------------------------------- */

static int64_t change_integer(generator *g, const pattern *p, const hdt_attribute *a, int64_t usual)
{
	int rank = rank_of(p);
	if (is_axis(a))
		return rank ? below(g, 2 * rank) - rank : 0;
	return chance(g, 50) ? usual + below(g, 3) - 1 : below(g, 5) - 1;
}

static double change_real(generator *g, double usual)
{
	static const double plain[] = {0, 1, -1, 0.5, 2, 3, 0.25, 1e-5};
	return chance(g, 50) ? plain[below(g, 8)] : usual * random_uniform(&g->random, -1, 2);
}

/* A word of the description: it lists what may be given. */
static const char *change_word(generator *g, const hdt_attribute *a, const char *usual)
{
	const char *words[32];
	size_t lengths[32];
	int count = 0;
	for (const char *at = a->doc; at && *at && count < 32;) {
		size_t n = 0;
		while (isalnum((unsigned char)at[n]) || at[n] == '_')
			n++;
		if (n > 2) {
			words[count] = at;
			lengths[count++] = n;
		}
		at += n ? n : 1;
	}
	int chosen = below(g, count);
	return count ? hdt_format(g->context, "%.*s", (int)lengths[chosen], words[chosen]) : usual;
}

/* ---- lists ---------------------------------------------------------------------------------------------------------- */

typedef struct dims {
	const hdt_expr *items[2 * HDT_MAX_RANK];
	int count;
} dims;

static void permute(generator *g, dims *d)
{
	for (int i = d->count - 1; i > 0; i--) {
		int j = below(g, i + 1);
		const hdt_expr *swapped = d->items[i];
		d->items[i] = d->items[j];
		d->items[j] = swapped;
	}
}

/* Some of the axes, or all of them in another order. */
static dims change_axes(generator *g, const pattern *p)
{
	dims all = {.count = rank_of(p)};
	for (int i = 0; i < all.count; i++)
		all.items[i] = hdt_int(g->context, i - (chance(g, 25) ? all.count : 0));
	if (chance(g, 70))
		permute(g, &all);
	if (chance(g, 50) && all.count)
		all.count = 1 + below(g, all.count);
	return all;
}

/* The anchor's shape with neighbours joined, a size split, ones put in or taken out. */
static dims change_shape(generator *g, const pattern *p)
{
	dims d = {.count = rank_of(p)};
	for (int i = 0; i < d.count; i++)
		d.items[i] = p->anchor ? p->anchor->shape[i] : operand_size(g);
	for (int steps = 1 + below(g, 2); steps > 0; steps--) {
		int at = below(g, d.count), what = below(g, 4);
		int64_t size, one;
		if (what == 0 && d.count > 1 && at + 1 < d.count) {
			d.items[at] = hdt_mul(d.items[at], d.items[at + 1]);
			memmove(&d.items[at + 1], &d.items[at + 2], sizeof *d.items * (size_t)(d.count-- - at - 2));
		} else if (what == 1 && d.count && d.count < HDT_MAX_RANK && hdt_is_const(d.items[at], &size) && size > 1) {
			int factor = size % 2 == 0 ? 2 : size % 3 == 0 ? 3 : 1;
			memmove(&d.items[at + 1], &d.items[at], sizeof *d.items * (size_t)(d.count++ - at));
			d.items[at] = hdt_int(g->context, factor);
			d.items[at + 1] = hdt_int(g->context, size / factor);
		} else if (what == 2 && d.count < HDT_MAX_RANK) {
			memmove(&d.items[at + 1], &d.items[at], sizeof *d.items * (size_t)(d.count++ - at));
			d.items[at] = chance(g, 70) ? hdt_int(g->context, 1) : operand_size(g);
		} else if (what == 3 && d.count && hdt_is_const(d.items[at], &one) && one == 1)
			memmove(&d.items[at], &d.items[at + 1], sizeof *d.items * (size_t)(d.count-- - at - 1));
	}
	return d;
}

/* The usual list, longer or shorter where the rank is, some of its numbers a little off or as large as a dimension. */
static dims change_numbers(generator *g, const pattern *p, dims usual)
{
	dims d = usual;
	int rank = rank_of(p);
	if (p->model && d.count == p->model->rank && rank != d.count && d.count) {
		while (d.count < rank)
			d.items[d.count++] = d.items[0];
		d.count = rank;
	}
	for (int i = 0; i < d.count; i++) {
		int64_t number;
		if (chance(g, 50) && hdt_is_const(d.items[i], &number))
			d.items[i] = hdt_int(g->context, number + below(g, 3) - 1);
		else if (chance(g, 15) && p->anchor && rank)
			d.items[i] = p->anchor->shape[below(g, rank)];
	}
	return d;
}

static dims choose_dims(generator *g, const pattern *p, const hdt_attribute *a, const hdt_attribute_value *usual,
                        bool change)
{
	dims d = {.count = usual->count < HDT_MAX_RANK ? usual->count : HDT_MAX_RANK};
	for (int i = 0; i < d.count; i++)
		d.items[i] = translate(p, usual->dims[i]);
	if (change && is_axis(a))
		return change_axes(g, p);
	if (change)
		return chance(g, 50) ? change_numbers(g, p, d) : change_shape(g, p);
	if (p->model && d.count == p->model->rank && rank_of(p) != d.count && chance(g, 80))
		return is_axis(a) ? change_axes(g, p) : change_numbers(g, p, d);
	return d;
}

/* ---- the whole ------------------------------------------------------------------------------------------------------ */

static bool choose(generator *g, const pattern *p, const hdt_attribute *a, const hdt_attribute_value *usual,
                   hdt_attribute_value *out)
{
	bool change = chance(g, 30);
	*out = *usual;
	out->name = a->name;
	if (a->fallback && strcmp(a->fallback, "none") == 0 && chance(g, 20)) {
		out->kind = change ? a->kind : HDT_ATTRIBUTE_NONE;
		if (out->kind == HDT_ATTRIBUTE_STRING && !out->string)
			return false;
	}
	switch (out->kind) {
	case HDT_ATTRIBUTE_INT:
		out->integer = change ? change_integer(g, p, a, usual->integer) : usual->integer;
		return true;
	case HDT_ATTRIBUTE_FLOAT:
		out->real = change ? change_real(g, usual->real) : usual->real;
		return true;
	case HDT_ATTRIBUTE_BOOL:
		out->integer = change ? !usual->integer : usual->integer;
		return true;
	case HDT_ATTRIBUTE_DTYPE:
		out->integer = change ? below(g, HDT_DTYPE_COUNT) : usual->integer;
		return true;
	case HDT_ATTRIBUTE_STRING:
		out->string = change ? change_word(g, a, usual->string) : usual->string;
		return out->string != NULL;
	case HDT_ATTRIBUTE_DIMS: {
		dims d = choose_dims(g, p, a, usual, change);
		out->count = d.count;
		out->dims = arena_copy(&g->context->arena, d.items, sizeof d.items);
		return out->dims != NULL;
	}
	default:
		return true;
	}
}

const hdt_attribute_value *attributes_choose(generator *g, const pattern *p)
{
	int count = 0;
	while (p->op->attributes && p->op->attributes[count].name)
		count++;
	hdt_attribute_value *chosen = hdt_allocate(g->context, sizeof *chosen * (size_t)(count + 1));
	for (int i = 0; i < count && chosen; i++)
		if (!choose(g, p, &p->op->attributes[i], &p->node->attributes[i], &chosen[i]))
			return NULL;
	return chosen;
}
