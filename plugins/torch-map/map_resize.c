/* map_resize.c: images: interpolation, sampling at a grid, exchange of channels and pixels.
 *
 * PyTorch gives the new size or a factor for each axis; where a factor is given, coordinates are computed from it, not
 * from the sizes. */
#include "arguments.h"
#include "map.h"
#include <math.h>
#include <string.h>

static const char *const scale_names[] = {"scale_d", "scale_h", "scale_w"};

typedef struct resizing {
	hdt_value *input;
	int axes;
	hdt_list size;
	hdt_attribute_value scales[3]; /* of the last `axes` names of scale_names */
} resizing;

static hdt_attribute_value no_scale(const char *name)
{
	return (hdt_attribute_value){.name = name, .kind = HDT_ATTRIBUTE_NONE};
}

/* The `.vec` overloads: output_size or scale_factors, one of them none. */
static bool read_vector(hdt_call *call, int axes, resizing *r)
{
	*r = (resizing){.input = hdt_call_value(call, "input"), .axes = axes};
	for (int i = 0; i < 3; i++)
		r->scales[i] = no_scale(scale_names[i]);
	if (!r->input || r->input->rank != axes + 2)
		return false;
	if (hdt_call_has(call, "output_size")) {
		r->size = map_repeat_dims(call, "output_size", axes);
		return r->size.count == axes;
	}
	hdt_list factors = map_repeat_dims(call, "scale_factors", axes);
	const hdt_expr **size = map_new_dims(call, axes);
	if (!size || factors.count != axes)
		return false;
	for (int i = 0; i < axes; i++) {
		double factor = arguments_float(factors.items[i]);
		const hdt_expr *extent = r->input->shape[2 + i];
		int64_t known;
		if (hdt_is_const(extent, &known))
			size[i] = hdt_int(hdt_call_context(call), (int64_t)floor((double)known * factor));
		else if (factor == floor(factor))
			size[i] = hdt_mul(extent, hdt_int(hdt_call_context(call), (int64_t)factor));
		else
			return map_refuse(call, "a symbolic size is scaled by %g", factor), false;
		r->scales[3 - axes + i] = hdt_float_value(scale_names[3 - axes + i], factor);
	}
	r->size = (hdt_list){size, axes};
	return true;
}

/* The overloads that always give the size, and perhaps factors. */
static bool read_sized(hdt_call *call, int axes, resizing *r)
{
	static const char *const arguments[] = {"scales_d", "scales_h", "scales_w"};
	*r = (resizing){
		.input = hdt_call_value(call, "self"), .axes = axes, .size = map_repeat_dims(call, "output_size", axes)};
	for (int i = 0; i < 3; i++) {
		const char *name = axes == 1 && i == 2 ? "scales" : arguments[i];
		bool given = i >= 3 - axes && hdt_call_has(call, name);
		r->scales[i] = given ? hdt_float_value(scale_names[i], hdt_call_float(call, name)) : no_scale(scale_names[i]);
	}
	return r->input && r->size.count == axes;
}

static bool read_either(hdt_call *call, int axes, bool vector, resizing *r)
{
	return vector ? read_vector(call, axes, r) : read_sized(call, axes, r);
}

/* Apply `op` with the size, `flag` when not NULL, and the scales. */
static hdt_status resize(hdt_call *call, const char *op, int axes, bool vector, const char *flag, bool value)
{
	resizing r;
	hdt_attribute_value attributes[8];
	int count = 0;
	if (!read_either(call, axes, vector, &r))
		return map_status(call) != HDT_OK ? map_status(call) : map_refuse(call, "the new size is not understood");
	attributes[count++] = map_dims_value("size", r.size);
	if (flag)
		attributes[count++] = hdt_bool_value(flag, value);
	for (int i = 0; i < 3; i++)
		if (r.scales[i].kind != HDT_ATTRIBUTE_NONE)
			attributes[count++] = r.scales[i];
	attributes[count] = (hdt_attribute_value){0};
	return map_result(call, hdt_apply_list(hdt_call_graph(call), op, &r.input, 1, attributes));
}

#define NEAREST(id, axes, vector, exact)                                     \
	static hdt_status id(hdt_call *call)                                     \
	{                                                                        \
		return resize(call, "resize_nearest", axes, vector, "exact", exact); \
	}
#define LINEAR(id, axes, vector)                                                                                   \
	static hdt_status id(hdt_call *call)                                                                           \
	{                                                                                                              \
		return resize(call, "resize_linear", axes, vector, "align_corners", hdt_call_bool(call, "align_corners")); \
	}
NEAREST(nearest1_vector, 1, true, false)
NEAREST(nearest2_vector, 2, true, false)
NEAREST(nearest3_vector, 3, true, false)
NEAREST(nearest1, 1, false, false)
NEAREST(nearest2, 2, false, false)
NEAREST(nearest3, 3, false, false)
NEAREST(exact1_vector, 1, true, true)
NEAREST(exact2_vector, 2, true, true)
NEAREST(exact3_vector, 3, true, true)
LINEAR(linear1_vector, 1, true)
LINEAR(linear2_vector, 2, true)
LINEAR(linear3_vector, 3, true)
LINEAR(linear1, 1, false)
LINEAR(linear2, 2, false)
LINEAR(linear3, 3, false)
#undef NEAREST
#undef LINEAR

static hdt_status bicubic_vector(hdt_call *call)
{
	return resize(call, "resize_cubic", 2, true, "align_corners", hdt_call_bool(call, "align_corners"));
}

static hdt_status bicubic(hdt_call *call)
{
	return resize(call, "resize_cubic", 2, false, "align_corners", hdt_call_bool(call, "align_corners"));
}

/* With antialiasing corners are never aligned by the models that use it. */
static hdt_status bicubic_smooth(hdt_call *call)
{
	if (hdt_call_bool(call, "align_corners"))
		return map_refuse(call, "antialiased interpolation with align_corners=True");
	return resize(call, "resize_cubic", 2, true, "antialias", true);
}

static hdt_status grid_sample(hdt_call *call)
{
	static const char *const modes[] = {"bilinear", "nearest", "bicubic"}, *const paddings[] = {"zeros", "border",
	                                                                                            "reflection"};
	hdt_value *x = hdt_call_value(call, "input"), *grid = hdt_call_value(call, "grid");
	int64_t mode = hdt_call_int(call, "interpolation_mode"), padding = hdt_call_int(call, "padding_mode");
	if (mode < 0 || mode > 2 || padding < 0 || padding > 2 || !x || !grid)
		return map_refuse(call, "interpolation mode %lld with padding mode %lld", (long long)mode, (long long)padding);
	return map_result(
		call, hdt_apply(hdt_call_graph(call), "grid_sample", HDT_VALUES(x, grid),
	                    HDT_WITH(hdt_string_value("mode", modes[mode]), hdt_string_value("padding", paddings[padding]),
	                             hdt_bool_value("align_corners", hdt_call_bool(call, "align_corners")))));
}

/* Coordinates -1..1 of `count` pixels: of their corners when aligned, else of their centres. */
static hdt_value *coordinates(hdt_call *call, const hdt_value *like, const hdt_expr *count, bool align)
{
	int64_t n;
	if (!count || !hdt_is_const(count, &n) || n < 1) {
		map_refuse(call, "an affine grid of symbolic size");
		return NULL;
	}
	double step = align ? (n > 1 ? 2.0 / (double)(n - 1) : 0) : 2.0 / (double)n,
		   start = align ? (n > 1 ? -1 : 0) : -1 + 1.0 / (double)n;
	return hdt_apply_list(hdt_call_graph(call), "arange", NULL, 0,
	                      HDT_WITH(hdt_float_value("start", start), hdt_float_value("step", step),
	                               hdt_dims_value("count", &count, 1), hdt_dtype_value("dtype", like->dtype)));
}

/* grid[n, h, w, :] = theta[n] (x, y, 1) for theta [n, 2, 3] and size [n, c, h, w]. */
static hdt_status affine_grid(hdt_call *call)
{
	hdt_value *theta = hdt_call_value(call, "theta");
	hdt_list size = hdt_call_dims(call, "size");
	bool align = hdt_call_bool(call, "align_corners");
	if (!theta || size.count != 4)
		return map_refuse(call, "an affine grid of %d dimensions", size.count - 2);
	const hdt_expr *one = hdt_int(hdt_call_context(call), 1), *h = size.items[2], *w = size.items[3];
	const hdt_expr *plane[] = {h, w, one};
	hdt_list full = {plane, 3};
	hdt_value *x = map_expand(call, map_reshape(call, coordinates(call, theta, w, align), HDT_AT(one, w, one)), full);
	hdt_value *y = map_expand(call, map_reshape(call, coordinates(call, theta, h, align), HDT_AT(h, one, one)), full);
	hdt_value *parts[] = {x, y, map_full(call, full, 1, theta->dtype)};
	if (!x || !y)
		return map_status(call);
	hdt_value *base =
		map_reshape(call, map_concat(call, parts, 3, 2), HDT_AT(hdt_mul(h, w), hdt_int(hdt_call_context(call), 3)));
	hdt_value *turned = map_swap_axes(call, theta, 1, 2);
	hdt_value *grid = base && turned ? hdt_apply(hdt_call_graph(call), "matmul", HDT_VALUES(base, turned), NULL) : NULL;
	return map_result(call, map_reshape(call, grid, HDT_AT(size.items[0], h, w, hdt_int(hdt_call_context(call), 2))));
}

static hdt_status shuffle_pixels(hdt_call *call, const char *op, const char *factor)
{
	hdt_value *x = hdt_call_value(call, "self");
	if (!x)
		return map_status(call);
	return map_result(call, hdt_apply(hdt_call_graph(call), op, HDT_VALUES(x),
	                                  HDT_WITH(hdt_int_value("factor", hdt_call_int(call, factor)))));
}

static hdt_status pixel_shuffle(hdt_call *call)
{
	return shuffle_pixels(call, "pixel_shuffle", "upscale_factor");
}

static hdt_status pixel_unshuffle(hdt_call *call)
{
	return shuffle_pixels(call, "pixel_unshuffle", "downscale_factor");
}

/* Channels [groups, c] become [c, groups]. */
static hdt_status channel_shuffle(hdt_call *call)
{
	hdt_value *x = hdt_call_value(call, "self");
	int64_t groups = hdt_call_int(call, "groups");
	const hdt_expr *split[HDT_MAX_RANK];
	if (!x || x->rank < 3 || x->rank + 1 > HDT_MAX_RANK || groups < 1)
		return map_refuse(call, "a shuffle of %lld groups of channels", (long long)groups);
	split[0] = x->shape[0];
	split[1] = hdt_int(hdt_call_context(call), groups);
	split[2] = hdt_floordiv(x->shape[1], split[1]);
	for (int d = 2; d < x->rank; d++)
		split[d + 1] = x->shape[d];
	hdt_value *apart = map_reshape(call, x, (hdt_list){split, x->rank + 1});
	return map_result(call, map_reshape(call, map_swap_axes(call, apart, 1, 2), hdt_value_shape(x)));
}

#define VECTOR "input, output_size, scale_factors"
#define VECTOR_ALIGNED "input, output_size, align_corners, scale_factors"

static const hdt_mapping mappings[] = {
	{"aten.upsample_nearest1d.vec", VECTOR, NULL, nearest1_vector},
	{"aten.upsample_nearest2d.vec", VECTOR, NULL, nearest2_vector},
	{"aten.upsample_nearest3d.vec", VECTOR, NULL, nearest3_vector},
	{"aten._upsample_nearest_exact1d.vec", VECTOR, NULL, exact1_vector},
	{"aten._upsample_nearest_exact2d.vec", VECTOR, NULL, exact2_vector},
	{"aten._upsample_nearest_exact3d.vec", VECTOR, NULL, exact3_vector},
	{"aten.upsample_nearest1d.default", "self, output_size, scales=none", NULL, nearest1},
	{"aten.upsample_nearest2d.default", "self, output_size, scales_h=none, scales_w=none", NULL, nearest2},
	{"aten.upsample_nearest3d.default", "self, output_size, scales_d=none, scales_h=none, scales_w=none", NULL,
     nearest3},
	{"aten.upsample_linear1d.vec", VECTOR_ALIGNED, NULL, linear1_vector},
	{"aten.upsample_bilinear2d.vec", VECTOR_ALIGNED, NULL, linear2_vector},
	{"aten.upsample_trilinear3d.vec", VECTOR_ALIGNED, NULL, linear3_vector},
	{"aten.upsample_linear1d.default", "self, output_size, align_corners, scales=none", NULL, linear1},
	{"aten.upsample_bilinear2d.default", "self, output_size, align_corners, scales_h=none, scales_w=none", NULL,
     linear2},
	{"aten.upsample_trilinear3d.default",
     "self, output_size, align_corners, scales_d=none, scales_h=none, scales_w=none", NULL, linear3},
	{"aten.upsample_bicubic2d.vec", VECTOR_ALIGNED, NULL, bicubic_vector},
	{"aten.upsample_bicubic2d.default", "self, output_size, align_corners, scales_h=none, scales_w=none", NULL,
     bicubic},
	{"aten._upsample_bicubic2d_aa.vec", VECTOR_ALIGNED, NULL, bicubic_smooth},
	{"aten.grid_sampler.default", "input, grid, interpolation_mode, padding_mode, align_corners", NULL, grid_sample},
	{"aten.grid_sampler_2d.default", "input, grid, interpolation_mode, padding_mode, align_corners", NULL, grid_sample},
	{"aten.affine_grid_generator.default", "theta, size, align_corners", NULL, affine_grid},
	{"aten.pixel_shuffle.default", "self, upscale_factor", NULL, pixel_shuffle},
	{"aten.pixel_unshuffle.default", "self, downscale_factor", NULL, pixel_unshuffle},
	{"aten.channel_shuffle.default", "self, groups", NULL, channel_shuffle},
	{0},
};

const hdt_mapping_set hdt_mappings_map_resize = {
	.size = sizeof(hdt_mapping_set), .framework = "torch", .mappings = mappings};
