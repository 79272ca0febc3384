/* convolution.c: convolutions and their transposes in 1 to 3 dimensions, with groups. */
#include "window.h"

/* Sizes of both kinds, from inputs x, weight and bias. Output channel o belongs to the group o / outputs. */
typedef struct channels {
	const hdt_expr *groups;
	const hdt_expr *inputs, *outputs; /* of one group */
	const hdt_expr *all_inputs, *all_outputs;
} channels;

static bool check_ranks(hdt_task *t, int count)
{
	const hdt_tensor *x = hdt_input(t, 0), *weight = hdt_input(t, 1), *bias = hdt_input(t, 2);
	if (x->rank < count + 1 || weight->rank != count + 2 || (bias && bias->rank != 1)) {
		hdt_reject(t, "x needs at least %d dimensions, the weight %d and the bias 1", count + 1, count + 2);
		return false;
	}
	if (hdt_get_int(t, "groups") < 1) {
		hdt_reject(t, "groups must be at least 1");
		return false;
	}
	return true;
}

static void require_channels(hdt_task *t, const channels *c, const hdt_tensor *x, int axis)
{
	const hdt_tensor *bias = hdt_input(t, 2);
	const hdt_expr *zero = hdt_int(t->context, 0);

	hdt_require(t, hdt_equal(x->shape[axis], c->all_inputs), "the channels of x do not fit weight and groups");
	hdt_require(t, hdt_equal(hdt_mod(c->all_outputs, c->groups), zero), "output channels are no multiple of groups");
	hdt_require(t, hdt_equal(hdt_mod(c->all_inputs, c->groups), zero), "input channels are no multiple of groups");
	if (bias)
		hdt_require(t, hdt_equal(bias->shape[0], c->all_outputs), "the bias does not fit the output channels");
}

/* The axis over the input channels of a group, put before `taps`; nothing for a single one, whose index is 0. */
static const hdt_expr *channel_axis(hdt_task *t, const channels *c, hdt_list *taps)
{
	if (hdt_proves_equal(c->inputs, hdt_int(t->context, 1)))
		return hdt_int(t->context, 0);
	const hdt_expr *axis = hdt_axis("c", c->inputs);
	*taps = hdt_list_insert(t, *taps, 0, axis);
	return axis;
}

static const hdt_expr *input_channel(const channels *c, const hdt_expr *output, const hdt_expr *channel)
{
	return hdt_add(hdt_mul(hdt_floordiv(output, c->outputs), c->inputs), channel);
}

/* The output: the sum of `product` over `axes`, and the bias of channel `o`. */
static void give(hdt_task *t, hdt_list i, hdt_list axes, const hdt_expr *product, const hdt_expr *o)
{
	const hdt_tensor *bias = hdt_input(t, 2);
	const hdt_expr *sum = hdt_reduce(HDT_REDUCE_SUM, axes.items, axes.count, product);
	hdt_output(t, hdt_compute(t, "y", i, bias ? hdt_add(sum, hdt_at(bias, o)) : sum));
}

const hdt_attribute conv_attributes[] = {
	WINDOW_STRIDE("1"),
	WINDOW_PADDING,
	WINDOW_DILATION,
	{"groups", HDT_ATTRIBUTE_INT, "1", "groups of channels that do not see each other"},
	{0},
};

void conv_define(hdt_task *t, int count)
{
	const hdt_tensor *x = hdt_input(t, 0), *weight = hdt_input(t, 1);
	window w;

	if (!check_ranks(t, count) || !window_begin(t, x, count, weight->shape + 2, true, false, &w))
		return;
	channels c = {.groups = hdt_int(t->context, hdt_get_int(t, "groups")),
	              .inputs = weight->shape[1],
	              .all_outputs = weight->shape[0]};
	int axis = w.lead - 1;
	c.all_inputs = hdt_mul(c.inputs, c.groups);
	c.outputs = hdt_floordiv(c.all_outputs, c.groups);
	require_channels(t, &c, x, axis);

	hdt_list sizes = hdt_list_insert(t, hdt_list_part(hdt_shape(x), 0, axis), axis, c.all_outputs);
	hdt_list i = hdt_axes(t, hdt_list_join(t, sizes, (hdt_list){w.windows, count}));
	hdt_list taps = window_taps(t, &w), axes = taps;
	const hdt_expr *o = hdt_list_item(i, axis), *channel = channel_axis(t, &c, &axes);
	hdt_list lead = hdt_list_insert(t, hdt_list_part(i, 0, axis), axis, input_channel(&c, o, channel));
	const hdt_expr *zero = hdt_number(t->context, x->dtype, 0);
	const hdt_expr *element = window_read(t, &w, lead, hdt_list_part(i, w.lead, count), taps, zero);
	const hdt_expr *factor = hdt_at_list(weight, hdt_list_join(t, HDT_AT(o, channel), taps));
	give(t, i, axes, hdt_mul(element, factor), o);
}

/* How many outputs a transposed convolution gives along dimension `d`. */
static const hdt_expr *transposed_size(hdt_task *t, const window *w, int d)
{
	const hdt_expr *one = hdt_int(t->context, 1), *two = hdt_int(t->context, 2);
	const hdt_expr *extra = window_item(t, "output_padding", d, w->count);
	const hdt_expr *spread = hdt_mul(hdt_sub(w->size[d], one), w->stride[d]);
	const hdt_expr *reach = hdt_mul(w->dilation[d], hdt_sub(w->kernel[d], one));
	const hdt_expr *size = hdt_add(hdt_add(hdt_sub(hdt_add(spread, reach), hdt_mul(two, w->padding[d])), extra), one);

	hdt_require(t, hdt_less_equal(one, size), "dimension %d of the output would be empty", w->lead + d);
	hdt_require(
		t,
		hdt_and(hdt_less_equal(hdt_int(t->context, 0), extra), hdt_less(extra, hdt_max(w->stride[d], w->dilation[d]))),
		"output_padding must be below stride or dilation");
	return size;
}

const hdt_attribute conv_transpose_attributes[] = {
	WINDOW_STRIDE("1"),
	WINDOW_PADDING,
	{"output_padding", HDT_ATTRIBUTE_DIMS, "0", "added to one side of each dimension of the output"},
	WINDOW_DILATION,
	{"groups", HDT_ATTRIBUTE_INT, "1", "groups of channels that do not see each other"},
	{0},
};

/* Each output looks for the inputs that a window spreads to it: input i reaches output i * stride - padding + k *
 * dilation. */
void conv_transpose_define(hdt_task *t, int count)
{
	const hdt_tensor *x = hdt_input(t, 0), *weight = hdt_input(t, 1);
	if (!check_ranks(t, count))
		return;
	const hdt_expr *zero = hdt_int(t->context, 0), *one = hdt_int(t->context, 1),
				   *inside = hdt_number(t->context, HDT_BOOL, 1);
	window w = {.x = x, .count = count, .lead = x->rank - count};

	channels c = {.groups = hdt_int(t->context, hdt_get_int(t, "groups")),
	              .outputs = weight->shape[1],
	              .all_inputs = weight->shape[0]};
	int axis = w.lead - 1;
	c.all_outputs = hdt_mul(c.outputs, c.groups);
	c.inputs = hdt_floordiv(c.all_inputs, c.groups);
	require_channels(t, &c, x, axis);

	hdt_list sizes = hdt_list_insert(t, hdt_list_part(hdt_shape(x), 0, axis), axis, c.all_outputs);
	for (int d = 0; d < count; d++) {
		w.size[d] = x->shape[w.lead + d];
		w.kernel[d] = weight->shape[2 + d];
		w.stride[d] = window_item(t, "stride", d, count);
		w.padding[d] = window_item(t, "padding", d, count);
		w.dilation[d] = window_item(t, "dilation", d, count);
		hdt_require(t, hdt_and(hdt_less_equal(one, w.stride[d]), hdt_less_equal(one, w.dilation[d])),
		            "stride and dilation must be at least 1");
		sizes = hdt_list_insert(t, sizes, sizes.count, transposed_size(t, &w, d));
	}
	hdt_list i = hdt_axes(t, sizes), taps = window_taps(t, &w), axes = taps;
	const hdt_expr *o = hdt_list_item(i, axis), *channel = channel_axis(t, &c, &axes);
	const hdt_expr *from = input_channel(&c, o, channel);
	hdt_list at = hdt_list_insert(t, hdt_list_part(i, 0, axis), axis, from);
	for (int d = 0; d < count; d++) {
		const hdt_expr *shifted = hdt_sub(hdt_add(hdt_list_item(i, w.lead + d), w.padding[d]),
		                                  hdt_mul(hdt_list_item(taps, d), w.dilation[d]));
		const hdt_expr *source = hdt_floordiv(shifted, w.stride[d]);
		inside = hdt_and(inside, hdt_and(hdt_less_equal(zero, shifted), hdt_less(source, w.size[d])));
		if (!hdt_proves_equal(w.stride[d], one))
			inside = hdt_and(inside, hdt_equal(hdt_mod(shifted, w.stride[d]), zero));
		at = hdt_list_insert(t, at, at.count, source);
	}
	const hdt_expr *element = hdt_select(inside, hdt_at_list(x, at), hdt_number(t->context, x->dtype, 0));
	const hdt_expr *factor = hdt_at_list(weight, hdt_list_join(t, HDT_AT(from, hdt_mod(o, c.outputs)), taps));
	give(t, i, axes, hdt_mul(element, factor), o);
}
