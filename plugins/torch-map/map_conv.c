/* map_conv.c: convolutions. PyTorch takes inputs without a batch dimension, padding by name, and one number for all
 * axes. */
#include "map.h"
#include <string.h>

/* The names of our operators by the number of spatial axes. */
static const char *const forward[] = {NULL, "conv1d", "conv2d", "conv3d"};
static const char *const transposed[] = {NULL, "conv_transpose1d", "conv_transpose2d", "conv_transpose3d"};

/* Number of spatial axes by the weight, 0 after a fault. */
static int spatial_axes(hdt_call *call, const hdt_value *x, const hdt_value *weight)
{
	if (!x || !weight)
		return 0;
	int axes = weight->rank - 2;
	if (axes >= 1 && axes <= 3 && (x->rank == axes + 2 || x->rank == axes + 1))
		return axes;
	map_refuse(call, "a convolution of %d dimensions with a weight of %d", x->rank, weight->rank);
	return 0;
}

typedef struct convolution {
	hdt_value *input, *weight, *bias;
	int axes;
	bool batched;
	hdt_list stride, padding, dilation;
	int64_t groups;
} convolution;

/* Arguments that all convolutions have; the input gets a batch of 1 when it has none. */
static bool read_convolution(hdt_call *call, convolution *c)
{
	*c = (convolution){.input = hdt_call_value(call, "input"),
	                   .weight = hdt_call_value(call, "weight"),
	                   .bias = hdt_call_value(call, "bias")};
	c->axes = spatial_axes(call, c->input, c->weight);
	if (!c->axes)
		return false;
	c->batched = c->input->rank == c->axes + 2;
	if (!c->batched)
		c->input = map_unsqueeze(call, c->input, 0);
	c->stride = map_repeat_dims(call, "stride", c->axes);
	c->dilation = map_repeat_dims(call, "dilation", c->axes);
	c->groups = hdt_call_int(call, "groups");
	return map_status(call) == HDT_OK;
}

static hdt_status give(hdt_call *call, const convolution *c, hdt_value *result)
{
	return map_result(call, c->batched ? result : map_squeeze(call, result, 0));
}

static hdt_status convolve(hdt_call *call, const convolution *c)
{
	if (!c->input)
		return map_status(call);
	return give(call, c,
	            hdt_apply(hdt_call_graph(call), forward[c->axes], HDT_VALUES(c->input, c->weight, c->bias),
	                      HDT_WITH(map_window_value("stride", c->stride), map_window_value("padding", c->padding),
	                               map_window_value("dilation", c->dilation), hdt_int_value("groups", c->groups))));
}

static hdt_status convolve_transposed(hdt_call *call, const convolution *c)
{
	if (!c->input)
		return map_status(call);
	return give(call, c,
	            hdt_apply(hdt_call_graph(call), transposed[c->axes], HDT_VALUES(c->input, c->weight, c->bias),
	                      HDT_WITH(map_window_value("stride", c->stride), map_window_value("padding", c->padding),
	                               map_window_value("output_padding", map_repeat_dims(call, "output_padding", c->axes)),
	                               map_window_value("dilation", c->dilation), hdt_int_value("groups", c->groups))));
}

static hdt_status conv(hdt_call *call)
{
	convolution c;
	if (!read_convolution(call, &c))
		return map_status(call);
	c.padding = map_repeat_dims(call, "padding", c.axes);
	return convolve(call, &c);
}

static hdt_status conv_transpose(hdt_call *call)
{
	convolution c;
	if (!read_convolution(call, &c))
		return map_status(call);
	c.padding = map_repeat_dims(call, "padding", c.axes);
	return convolve_transposed(call, &c);
}

static hdt_status convolution_(hdt_call *call)
{
	return hdt_call_bool(call, "transposed") ? conv_transpose(call) : conv(call);
}

/* padding='same': the output has the input's size; what cannot be divided evenly goes behind, by a pad of its own. */
static void pad_same(hdt_call *call, convolution *c)
{
	hdt_context *context = hdt_call_context(call);
	const hdt_expr **half = map_new_dims(call, c->axes), **before = map_new_dims(call, c->axes + 2),
				   **after = map_new_dims(call, c->axes + 2);
	const hdt_expr *one = hdt_int(context, 1), *two = hdt_int(context, 2);
	bool uneven = false;
	if (!half || !before || !after)
		return;
	before[0] = before[1] = after[0] = after[1] = hdt_int(context, 0);
	for (int i = 0; i < c->axes; i++) {
		const hdt_expr *total = hdt_mul(c->dilation.items[i], hdt_sub(c->weight->shape[2 + i], one));
		half[i] = hdt_floordiv(total, two);
		before[2 + i] = hdt_int(context, 0);
		after[2 + i] = hdt_mod(total, two);
		uneven = uneven || !map_is_int(after[2 + i], 0);
	}
	if (uneven && c->input)
		c->input = hdt_apply(
			hdt_call_graph(call), "pad", HDT_VALUES(c->input),
			HDT_WITH(hdt_dims_value("before", before, c->axes + 2), hdt_dims_value("after", after, c->axes + 2)));
	c->padding = (hdt_list){half, c->axes};
}

static hdt_status conv_padding(hdt_call *call)
{
	convolution c;
	const char *padding = hdt_call_string(call, "padding");
	if (!padding || !read_convolution(call, &c))
		return map_status(call);
	const hdt_expr *zero = hdt_int(hdt_call_context(call), 0);
	const hdt_expr *zeros[] = {zero, zero, zero};
	c.padding = (hdt_list){zeros, c.axes};
	if (strcmp(padding, "same") == 0)
		pad_same(call, &c);
	else if (strcmp(padding, "valid") != 0)
		return map_refuse(call, "padding \"%s\"", padding);
	return convolve(call, &c);
}

#define CONV "input, weight, bias=none, stride=1, padding=0, dilation=1, groups=1"
#define CONV_BY_NAME "input, weight, bias=none, stride=1, padding=\"valid\", dilation=1, groups=1"
#define CONV_TRANSPOSE "input, weight, bias=none, stride=1, padding=0, output_padding=0, groups=1, dilation=1"

static const hdt_mapping mappings[] = {
	{"aten.conv1d.default", CONV, NULL, conv},
	{"aten.conv2d.default", CONV, NULL, conv},
	{"aten.conv3d.default", CONV, NULL, conv},
	{"aten.conv1d.padding", CONV_BY_NAME, NULL, conv_padding},
	{"aten.conv2d.padding", CONV_BY_NAME, NULL, conv_padding},
	{"aten.conv3d.padding", CONV_BY_NAME, NULL, conv_padding},
	{"aten.conv_transpose1d.default", CONV_TRANSPOSE, NULL, conv_transpose},
	{"aten.conv_transpose2d.input", CONV_TRANSPOSE, NULL, conv_transpose},
	{"aten.conv_transpose3d.input", CONV_TRANSPOSE, NULL, conv_transpose},
	{"aten.convolution.default", "input, weight, bias, stride, padding, dilation, transposed, output_padding, groups",
     NULL, convolution_},
	{0},
};

const hdt_mapping_set hdt_mappings_map_conv = {
	.size = sizeof(hdt_mapping_set), .framework = "torch", .mappings = mappings};
