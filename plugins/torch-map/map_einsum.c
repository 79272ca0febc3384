/* map_einsum.c: products of tensors whose axes are named, summed over the names that the result lacks.
 *
 *     einsum("bhqd,bhkd->bhqk", q, k)   becomes   matmul(q, transpose(k)) on [b, h, q, d] and [b, h, d, k]
 *
 * Operands are taken two at a time from the left: axes in both and still needed are batch axes, axes in both and needed
 * no more are contracted by matmul, the rest are rows and columns. tensordot and bilinear are sums of this kind. */
#include "map.h"
#include <string.h>

enum { MAX_OPERANDS = 8, ELLIPSIS_FIRST = 128 };

/* A tensor whose axes have labels: letters, or ELLIPSIS_FIRST + i for those that "..." stands for. */
typedef struct labelled {
	hdt_value *value;
	int count;
	unsigned char at[HDT_MAX_RANK];
} labelled;

static int find_label(const labelled *x, unsigned char label)
{
	for (int d = 0; d < x->count; d++)
		if (x->at[d] == label)
			return d;
	return -1;
}

/* Axes of x in the order of `order` (all of its labels). */
static hdt_value *arrange(hdt_call *call, const labelled *x, const labelled *order)
{
	int axes[HDT_MAX_RANK];
	for (int d = 0; d < order->count; d++)
		axes[d] = find_label(x, order->at[d]);
	return map_transpose(call, x->value, axes);
}

/* Sum over the labels that `kept` refuses. */
static labelled sum_out(hdt_call *call, const labelled *x, const bool kept[256])
{
	labelled out = {.value = x->value};
	map_axes gone = {0};
	for (int d = 0; d < x->count; d++) {
		if (kept[x->at[d]])
			out.at[out.count++] = x->at[d];
		else
			gone.at[gone.count++] = d;
	}
	if (gone.count)
		out.value = map_reduce(call, "reduce_sum", x->value, gone, false);
	return out;
}

static void append(labelled *list, unsigned char label)
{
	if (list->count < HDT_MAX_RANK)
		list->at[list->count++] = label;
}

/* Sizes of the labels of `group`, joined to one when `join`. */
static int group_shape(hdt_call *call, const labelled *group, const labelled *x, const labelled *y, bool join,
                       const hdt_expr **shape)
{
	const hdt_expr *all = hdt_int(hdt_call_context(call), 1);
	for (int i = 0; i < group->count; i++) {
		int in_x = find_label(x, group->at[i]), in_y = find_label(y, group->at[i]);
		const hdt_expr *size = in_x >= 0 ? x->value->shape[in_x] : y->value->shape[in_y];
		if (in_x >= 0 && in_y >= 0 && map_is_int(size, 1))
			size = y->value->shape[in_y];
		all = hdt_mul(all, size);
		if (!join)
			shape[i] = size;
	}
	if (join)
		shape[0] = all;
	return join ? 1 : group->count;
}

/* x in the shape [batch..., first, second], of which the last two groups are joined to one axis each. */
static hdt_value *as_matrices(hdt_call *call, const labelled *x, const labelled *batch, const labelled *first,
                              const labelled *second)
{
	labelled order = *batch;
	const hdt_expr *shape[HDT_MAX_RANK + 2];
	for (int i = 0; i < first->count; i++)
		append(&order, first->at[i]);
	for (int i = 0; i < second->count; i++)
		append(&order, second->at[i]);
	hdt_value *arranged = arrange(call, x, &order);
	int rank = group_shape(call, batch, x, x, false, shape);
	rank += group_shape(call, first, x, x, true, shape + rank);
	rank += group_shape(call, second, x, x, true, shape + rank);
	return map_reshape(call, arranged, (hdt_list){shape, rank});
}

/* The product of x and y, summed over the labels that are in both and not kept. */
static labelled contract(hdt_call *call, const labelled *x, const labelled *y, const bool kept[256])
{
	labelled batch = {0}, rows = {0}, columns = {0}, shared = {0}, out = {0};
	const hdt_expr *shape[3 * HDT_MAX_RANK];
	for (int d = 0; d < x->count; d++) {
		bool both = find_label(y, x->at[d]) >= 0;
		append(!both ? &rows : kept[x->at[d]] ? &batch : &shared, x->at[d]);
	}
	for (int d = 0; d < y->count; d++)
		if (find_label(x, y->at[d]) < 0)
			append(&columns, y->at[d]);
	if (batch.count + rows.count + columns.count > HDT_MAX_RANK || batch.count + 2 > HDT_MAX_RANK) {
		map_refuse(call, "a product with more than %d dimensions", HDT_MAX_RANK);
		return out;
	}
	hdt_value *left = as_matrices(call, x, &batch, &rows, &shared),
			  *right = as_matrices(call, y, &batch, &shared, &columns);
	hdt_value *product =
		left && right ? hdt_apply(hdt_call_graph(call), "matmul", HDT_VALUES(left, right), NULL) : NULL;
	int rank = group_shape(call, &batch, x, y, false, shape);
	rank += group_shape(call, &rows, x, y, false, shape + rank);
	rank += group_shape(call, &columns, x, y, false, shape + rank);
	out = batch;
	for (int i = 0; i < rows.count; i++)
		append(&out, rows.at[i]);
	for (int i = 0; i < columns.count; i++)
		append(&out, columns.at[i]);
	out.value = map_reshape(call, product, (hdt_list){shape, rank});
	return out;
}

/* Multiply all operands from left to right, and put the axes in the order of `result`. */
static hdt_value *evaluate(hdt_call *call, const labelled *operands, int count, const labelled *result)
{
	labelled product = {0};
	for (int i = 0; i < count; i++) {
		bool needed[256] = {false}, elsewhere[256] = {false};
		for (int d = 0; d < result->count; d++)
			needed[result->at[d]] = true;
		for (int later = i + 1; later < count; later++)
			for (int d = 0; d < operands[later].count; d++)
				needed[operands[later].at[d]] = true;
		memcpy(elsewhere, needed, sizeof(elsewhere));
		for (int d = 0; i > 0 && d < product.count; d++)
			elsewhere[product.at[d]] = true;
		labelled next = sum_out(call, &operands[i], elsewhere);
		product = i == 0 ? next : contract(call, &product, &next, needed);
		if (!product.value)
			return NULL;
		product = sum_out(call, &product, needed);
	}
	for (int d = 0; d < result->count; d++)
		if (find_label(&product, result->at[d]) < 0)
			return NULL;
	return product.count == result->count ? arrange(call, &product, result) : NULL;
}

/* ---- the equation ------------------------------------------------------------------------------------------------ */

static bool is_letter(char c)
{
	return (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z');
}

/* Labels of one operand up to "," or "->" or the end; `ellipsis` is how many axes "..." stands for (rank -1: as many as
 * remain). */
static const char *read_labels(hdt_call *call, const char *at, int rank, int *ellipsis, labelled *out)
{
	int letters = 0;
	for (const char *c = at; *c && *c != ',' && *c != '-'; c++)
		letters += is_letter(*c);
	while (*at && *at != ',' && *at != '-') {
		if (is_letter(*at)) {
			if (find_label(out, (unsigned char)*at) >= 0) {
				map_refuse(call, "a repeated letter in one operand (a diagonal)");
				return NULL;
			}
			append(out, (unsigned char)*at++);
		} else if (strncmp(at, "...", 3) == 0) {
			int covered = rank >= 0 ? rank - letters : *ellipsis;
			*ellipsis = covered > *ellipsis ? covered : *ellipsis;
			for (int i = 0; i < covered; i++) /* aligned at the last one, as broadcasting is */
				append(out, (unsigned char)(ELLIPSIS_FIRST + covered - 1 - i));
			at += 3;
		} else if (*at == ' ') {
			at++;
		} else {
			map_refuse(call, "the equation has the character '%c'", *at);
			return NULL;
		}
	}
	if (rank >= 0 && out->count != rank) {
		map_refuse(call, "an operand of %d dimensions has %d letters", rank, out->count);
		return NULL;
	}
	return at;
}

/* Without "->" the result has the letters that come once, in alphabetical order, behind the axes of "...". */
static void imply_result(const labelled *operands, int count, int ellipsis, labelled *result)
{
	int uses[256] = {0};
	for (int i = 0; i < count; i++)
		for (int d = 0; d < operands[i].count; d++)
			uses[operands[i].at[d]]++;
	for (int i = 0; i < ellipsis; i++)
		append(result, (unsigned char)(ELLIPSIS_FIRST + ellipsis - 1 - i));
	for (int c = 0; c < ELLIPSIS_FIRST; c++)
		if (uses[c] == 1)
			append(result, (unsigned char)c);
}

static hdt_status einsum(hdt_call *call)
{
	hdt_value *const *values;
	labelled operands[MAX_OPERANDS] = {0}, result = {0};
	const char *at = hdt_call_string(call, "equation");
	int count = hdt_call_values(call, "tensors", &values), ellipsis = 0;
	if (!at || count < 1 || count > MAX_OPERANDS)
		return map_refuse(call, "an equation with %d operands", count);
	for (int i = 0; i < count; i++) {
		operands[i].value = values[i];
		at = values[i] ? read_labels(call, at, values[i]->rank, &ellipsis, &operands[i]) : NULL;
		if (!at || (i + 1 < count && *at != ','))
			return map_refuse(call, "an equation with fewer operands than %d tensors", count);
		at += i + 1 < count;
	}
	if (strncmp(at, "->", 2) == 0)
		read_labels(call, at + 2, -1, &ellipsis, &result);
	else
		imply_result(operands, count, ellipsis, &result);
	hdt_value *value = evaluate(call, operands, count, &result);
	return value || map_status(call) != HDT_OK ? map_result(call, value)
	                                           : map_refuse(call, "an equation that cannot be followed");
}

/* ---- others ------------------------------------------------------------------------------------------------------ */

/* Contract the axes dims_self of self with dims_other of other. */
static hdt_status tensordot(hdt_call *call)
{
	labelled operands[2] = {{.value = hdt_call_value(call, "self")}, {.value = hdt_call_value(call, "other")}},
			 result = {0};
	hdt_list dims[2] = {hdt_call_dims(call, "dims_self"), hdt_call_dims(call, "dims_other")};
	if (!operands[0].value || !operands[1].value || dims[0].count != dims[1].count)
		return map_status(call);
	unsigned char next = 'a';
	for (int i = 0; i < 2; i++) {
		labelled *x = &operands[i];
		for (x->count = 0; x->count < x->value->rank; x->count++)
			x->at[x->count] = next++;
		map_axes axes = map_axis_list(call, i ? "dims_other" : "dims_self", x->value->rank);
		for (int a = 0; dims[i].count && a < axes.count; a++)
			x->at[axes.at[a]] = (unsigned char)('A' + a);
	}
	for (int i = 0; i < 2; i++)
		for (int d = 0; d < operands[i].count; d++)
			if (operands[i].at[d] >= 'a')
				append(&result, operands[i].at[d]);
	return map_result(call, evaluate(call, operands, 2, &result));
}

/* input1[..., i] weight[o, i, j] input2[..., j] + bias[o] */
static hdt_status bilinear(hdt_call *call)
{
	labelled operands[3] = {{.value = hdt_call_value(call, "input1")},
	                        {.value = hdt_call_value(call, "weight")},
	                        {.value = hdt_call_value(call, "input2")}};
	labelled result = {0};
	if (!operands[0].value || !operands[1].value || !operands[2].value || operands[1].value->rank != 3)
		return map_status(call);
	for (int d = 0; d + 1 < operands[0].value->rank; d++) {
		append(&operands[0], (unsigned char)('A' + d));
		append(&operands[2], (unsigned char)('A' + d));
		append(&result, (unsigned char)('A' + d));
	}
	append(&operands[0], 'i');
	append(&operands[1], 'o');
	append(&operands[1], 'i');
	append(&operands[1], 'j');
	append(&operands[2], 'j');
	append(&result, 'o');
	hdt_value *value = evaluate(call, operands, 3, &result);
	if (hdt_call_has(call, "bias"))
		value = map_binary(call, "add", value, hdt_call_value(call, "bias"));
	return map_result(call, value);
}

static const hdt_mapping mappings[] = {
	{"aten.einsum.default", "equation, tensors, *, path=none", NULL, einsum},
	{"aten.tensordot.default", "self, other, dims_self, dims_other", NULL, tensordot},
	{"aten.bilinear.default", "input1, input2, weight, bias=none", NULL, bilinear},
	{0},
};

const hdt_mapping_set hdt_mappings_map_einsum = {
	.size = sizeof(hdt_mapping_set), .framework = "torch", .mappings = mappings};
