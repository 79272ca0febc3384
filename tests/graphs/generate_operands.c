/* generate_operands.c: what a new node reads: values that are there where their sizes and numbers fit the sample, else new leaves. */
#include "generator.h"

#include <math.h>
#include <stdlib.h>

enum { LARGEST_CONSTANT = 64 }; /* elements: what the text form keeps inline */

/* ---- sizes ---------------------------------------------------------------------------------------------------------- */

const hdt_expr *operand_size(generator *g)
{
	const hdt_expr *symbol = g->symbol_count ? g->symbols[below(g, g->symbol_count)] : NULL;
	if (symbol && chance(g, 45))
		return chance(g, 80)   ? symbol
		       : chance(g, 50) ? hdt_mul(symbol, hdt_int(g->context, 2))
		                       : hdt_add(symbol, hdt_int(g->context, 1 + below(g, 2)));
	int64_t sizes[] = {0, 1, 1, 1, 2, 2, 3, 3, 4, 4, 4, 5, 6, 7, 8, 8, 9, 12, 16, 17};
	int first = chance(g, 20) ? 0 : 1;
	return hdt_int(g->context, sizes[first + below(g, (int)(sizeof sizes / sizeof *sizes) - first)]);
}

static int find_size(const pattern *p, const hdt_expr *from)
{
	for (int i = 0; i < p->sizes; i++)
		if (p->from[i] == from)
			return i;
	return -1;
}

static const hdt_expr *bind_size(pattern *p, const hdt_expr *from, const hdt_expr *to)
{
	int known = find_size(p, from);
	if (known < 0 && p->sizes < (int)(sizeof p->from / sizeof *p->from)) {
		p->from[p->sizes] = from;
		p->to[p->sizes++] = to;
	}
	return known < 0 ? to : p->to[known];
}

/* A size of the sample in the new graph: what it stands for already, the same number, or another one. */
static const hdt_expr *translate_size(generator *g, pattern *p, const hdt_expr *size)
{
	int known = find_size(p, size);
	int64_t number;
	if (known >= 0)
		return p->to[known];
	if (hdt_is_const(size, &number))
		return number <= 1 || chance(g, 60) ? bind_size(p, size, size) : bind_size(p, size, operand_size(g));
	if (size->op == HDT_OP_SYMBOL)
		return bind_size(p, size, operand_size(g));
	for (int i = 0; i < p->sample.graph->symbol_count; i++)
		(void)translate_size(g, p, p->sample.graph->symbols[i]);
	return hdt_substitute(size, p->from, p->to, p->sizes);
}

/* ---- leaves --------------------------------------------------------------------------------------------------------- */

static int64_t count_elements(hdt_list shape)
{
	int64_t count = 1, size;
	for (int d = 0; d < shape.count && count >= 0; d++)
		if (!hdt_is_const(shape.items[d], &size) || __builtin_mul_overflow(count, size, &count))
			count = -1;
	return count;
}

static hdt_value *new_constant(generator *g, hdt_dtype dtype, hdt_list shape, double low, double high)
{
	static const double plain[] = {0, 1, 2, 0.5, -1, 3};
	int64_t elements = count_elements(shape);
	size_t bytes = (size_t)elements * hdt_dtype_of(dtype)->bytes;
	void *data = calloc(1, bytes + 1);
	if (!data)
		return NULL;
	random_fill(&g->random, dtype, data, elements, low, high);
	double same = plain[below(g, 6)];
	bool all_same = chance(g, 25) && same >= low && same <= high && (hdt_is_float(dtype) || same == floor(same));
	for (int64_t i = 0; all_same && i < elements; i++)
		scalar_store(data, dtype, i,
		             hdt_is_float(dtype) ? (scalar){.f = same}
		                                 : (scalar){.i = dtype == HDT_BOOL ? same > 0 : (int64_t)same});
	return hdt_graph_constant(g->graph, NULL, dtype, shape, (hdt_data){data, bytes, free, data, false});
}

hdt_value *operand_new(generator *g, hdt_dtype dtype, hdt_list shape, double low, double high)
{
	int64_t elements = count_elements(shape);
	hdt_value *leaf = NULL;
	if (elements >= 0 && elements <= LARGEST_CONSTANT && chance(g, 40)) {
		leaf = new_constant(g, dtype, shape, low, high);
	} else {
		leaf = hdt_graph_input(g->graph, hdt_format(g->context, "in%d", g->leaves++), dtype, shape);
		if (leaf && !case_set_range(g->c, leaf->name, low, high))
			leaf = NULL;
	}
	for (int r = 0; r < g->c->runs && leaf; r++)
		if (values_add_leaf(&g->at[r], leaf) != JUDGED_FINE) {
			for (int before = 0; before < r; before++)
				values_rewind(&g->at[before], g->at[before].known.count - 1);
			return NULL;
		}
	return leaf && vec_push(g->context, &g->pool, leaf) ? leaf : NULL;
}

/* ---- choosing ------------------------------------------------------------------------------------------------------- */

static bool fits_range(const generator *g, const pattern *p, int index, const hdt_value *value)
{
	double low = p->sample.low[index], high = p->sample.high[index];
	hdt_dtype_kind kind = hdt_dtype_of(value->dtype)->kind;
	if (kind == HDT_KIND_BOOL || (kind == HDT_KIND_UINT ? low == 0 && high == 4 : low == -2 && high == 2))
		return true; /* the range of samples that tell none */
	for (int r = 0; r < g->c->runs; r++) {
		const known_value *k = values_find(&g->at[r], value);
		if (k && k->low <= k->high && (k->low < low || k->high > high))
			return false;
	}
	return true;
}

static bool has_shape(const hdt_value *value, hdt_list shape)
{
	if (value->rank != shape.count)
		return false;
	for (int d = 0; d < value->rank; d++)
		if (value->shape[d] != shape.items[d] && !hdt_proves_equal(value->shape[d], shape.items[d]))
			return false;
	return true;
}

/* The newer a value is the more likely it is taken: graphs become deep. */
hdt_value *operand_random(generator *g)
{
	int n = g->pool.count, back = chance(g, 60) ? below(g, n < 4 ? n : 4) : below(g, n);
	return n ? g->pool.items[n - 1 - back] : NULL;
}

/* The first operand: any value of its dtype, of the sample's rank more often than not. */
static hdt_value *choose_anchor(generator *g, pattern *p, int index)
{
	const hdt_value *like = p->sample.graph->inputs[index];
	for (int i = 0; i < 24; i++) {
		hdt_value *v = operand_random(g);
		if (v && v->dtype == like->dtype && fits_range(g, p, index, v) && (v->rank == like->rank || chance(g, 30)))
			return v;
	}
	return NULL;
}

/* The shape of an operand when the anchor is of another rank than in the sample: that of the anchor, or what broadcasts to it. */
static hdt_list free_shape(generator *g, const pattern *p, const hdt_value *like)
{
	hdt_list shape = hdt_value_shape(p->anchor);
	const hdt_expr **dims = hdt_allocate(g->context, sizeof *dims * (HDT_MAX_RANK + 1));
	int drop = like->rank < p->model->rank ? p->model->rank - like->rank : 0;
	drop = drop < shape.count ? drop : shape.count;
	for (int d = drop; d < shape.count && dims; d++)
		dims[d - drop] = chance(g, 15) ? hdt_int(g->context, 1) : shape.items[d];
	return dims ? (hdt_list){dims, shape.count - drop} : HDT_SCALAR;
}

static hdt_list wanted_shape(generator *g, pattern *p, const hdt_value *like)
{
	if (p->anchor && p->anchor->rank != p->model->rank && chance(g, 90))
		return free_shape(g, p, like);
	const hdt_expr **dims = hdt_allocate(g->context, sizeof *dims * (HDT_MAX_RANK + 1));
	for (int d = 0; d < like->rank && dims; d++)
		dims[d] = translate_size(g, p, like->shape[d]);
	return dims ? (hdt_list){dims, like->rank} : HDT_SCALAR;
}

static void set_anchor(pattern *p, const hdt_value *anchor, const hdt_value *model)
{
	p->anchor = anchor;
	p->model = model;
	for (int d = 0; d < anchor->rank && d < model->rank; d++)
		(void)bind_size(p, model->shape[d], anchor->shape[d]);
}

hdt_value *operand_choose(generator *g, pattern *p, int index)
{
	const hdt_value *like = p->sample.graph->inputs[index];
	hdt_value *value = p->anchor ? NULL : choose_anchor(g, p, index);
	if (!value && !p->anchor && chance(g, 75))
		return NULL; /* a node beside the others tests little */
	if (!value) {
		hdt_list shape = wanted_shape(g, p, like);
		for (int i = 0; i < 12 && !value; i++) {
			hdt_value *v = operand_random(g);
			if (v && v->dtype == like->dtype && has_shape(v, shape) && fits_range(g, p, index, v))
				value = v;
		}
		value = value ? value : operand_new(g, like->dtype, shape, p->sample.low[index], p->sample.high[index]);
	}
	if (value && !p->anchor)
		set_anchor(p, value, like);
	return value;
}
