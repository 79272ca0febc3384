/* map_pool.c: pooling. As with convolutions, the batch dimension may be missing and one number serves all axes. */
#include "map.h"
#include <stdio.h>

typedef struct pooling {
	hdt_value *input;
	int axes; /* spatial ones */
	bool batched;
	char op[32];
} pooling;

static bool begin(hdt_call *call, const char *kind, int axes, pooling *p)
{
	*p = (pooling){.input = hdt_call_value(call, "self"), .axes = axes};
	snprintf(p->op, sizeof(p->op), "%s%dd", kind, axes);
	if (!p->input)
		return false;
	p->batched = p->input->rank == axes + 2;
	if (!p->batched && p->input->rank != axes + 1) {
		map_refuse(call, "pooling of %d axes on a tensor of %d dimensions", axes, p->input->rank);
		return false;
	}
	if (!p->batched)
		p->input = map_unsqueeze(call, p->input, 0);
	return p->input != NULL;
}

static hdt_status give(hdt_call *call, const pooling *p, hdt_value *result)
{
	return map_result(call, p->batched ? result : map_squeeze(call, result, 0));
}

/* stride=[] means the kernel's size. */
static hdt_attribute_value stride_value(hdt_call *call, int axes)
{
	hdt_list stride = map_repeat_dims(call, "stride", axes);
	return stride.count ? map_window_value("stride", stride)
	                    : map_window_value("stride", map_repeat_dims(call, "kernel_size", axes));
}

static hdt_status max_pool(hdt_call *call, int axes)
{
	pooling p;
	if (!begin(call, "max_pool", axes, &p))
		return map_status(call);
	hdt_value *pooled = hdt_apply(hdt_call_graph(call), p.op, HDT_VALUES(p.input),
	                              HDT_WITH(map_dims_value("kernel", map_repeat_dims(call, "kernel_size", axes)),
	                                       stride_value(call, axes),
	                                       map_window_value("padding", map_repeat_dims(call, "padding", axes)),
	                                       map_window_value("dilation", map_repeat_dims(call, "dilation", axes)),
	                                       hdt_bool_value("ceil_mode", hdt_call_bool(call, "ceil_mode"))));
	return give(call, &p, pooled);
}

static hdt_status avg_pool(hdt_call *call, int axes)
{
	pooling p;
	hdt_attribute_value divisor = {.name = "divisor", .kind = HDT_ATTRIBUTE_NONE};
	if (!begin(call, "avg_pool", axes, &p))
		return map_status(call);
	if (hdt_call_has(call, "divisor_override"))
		divisor = hdt_int_value("divisor", hdt_call_int(call, "divisor_override"));
	hdt_value *pooled = hdt_apply(
		hdt_call_graph(call), p.op, HDT_VALUES(p.input),
		HDT_WITH(map_dims_value("kernel", map_repeat_dims(call, "kernel_size", axes)), stride_value(call, axes),
	             map_window_value("padding", map_repeat_dims(call, "padding", axes)),
	             hdt_bool_value("ceil_mode", hdt_call_bool(call, "ceil_mode")),
	             hdt_bool_value("count_include_pad", hdt_call_bool(call, "count_include_pad")), divisor));
	return give(call, &p, pooled);
}

static hdt_status adaptive_pool(hdt_call *call, const char *kind, int axes)
{
	pooling p;
	if (!begin(call, kind, axes, &p))
		return map_status(call);
	hdt_value *pooled = hdt_apply(hdt_call_graph(call), p.op, HDT_VALUES(p.input),
	                              HDT_WITH(map_dims_value("size", map_repeat_dims(call, "output_size", axes))));
	return give(call, &p, pooled);
}

#define FOR_AXES(axes)                                         \
	static hdt_status max_pool##axes(hdt_call *call)           \
	{                                                          \
		return max_pool(call, axes);                           \
	}                                                          \
	static hdt_status avg_pool##axes(hdt_call *call)           \
	{                                                          \
		return avg_pool(call, axes);                           \
	}                                                          \
	static hdt_status adaptive_avg_pool##axes(hdt_call *call)  \
	{                                                          \
		return adaptive_pool(call, "adaptive_avg_pool", axes); \
	}                                                          \
	static hdt_status adaptive_max_pool##axes(hdt_call *call)  \
	{                                                          \
		return adaptive_pool(call, "adaptive_max_pool", axes); \
	}
FOR_AXES(1)
FOR_AXES(2)
FOR_AXES(3)
#undef FOR_AXES

#define MAX_POOL "self, kernel_size, stride=[], padding=0, dilation=1, ceil_mode=false"
#define AVG_POOL \
	"self, kernel_size, stride=[], padding=0, ceil_mode=false, count_include_pad=true, divisor_override=none"

/* Of the operators that also give indices only the values are given. */
static const hdt_mapping mappings[] = {
	{"aten.max_pool1d.default", MAX_POOL, NULL, max_pool1},
	{"aten.max_pool2d.default", MAX_POOL, NULL, max_pool2},
	{"aten.max_pool3d.default", MAX_POOL, NULL, max_pool3},
	{"aten.max_pool1d_with_indices.default", MAX_POOL, NULL, max_pool1},
	{"aten.max_pool2d_with_indices.default", MAX_POOL, NULL, max_pool2},
	{"aten.max_pool3d_with_indices.default", MAX_POOL, NULL, max_pool3},
	{"aten.avg_pool1d.default", AVG_POOL, NULL, avg_pool1},
	{"aten.avg_pool2d.default", AVG_POOL, NULL, avg_pool2},
	{"aten.avg_pool3d.default", AVG_POOL, NULL, avg_pool3},
	{"aten.adaptive_avg_pool1d.default", "self, output_size", NULL, adaptive_avg_pool1},
	{"aten.adaptive_avg_pool2d.default", "self, output_size", NULL, adaptive_avg_pool2},
	{"aten.adaptive_avg_pool3d.default", "self, output_size", NULL, adaptive_avg_pool3},
	{"aten._adaptive_avg_pool2d.default", "self, output_size", NULL, adaptive_avg_pool2},
	{"aten._adaptive_avg_pool3d.default", "self, output_size", NULL, adaptive_avg_pool3},
	{"aten.adaptive_max_pool1d.default", "self, output_size", NULL, adaptive_max_pool1},
	{"aten.adaptive_max_pool2d.default", "self, output_size", NULL, adaptive_max_pool2},
	{"aten.adaptive_max_pool3d.default", "self, output_size", NULL, adaptive_max_pool3},
	{0},
};

const hdt_mapping_set hdt_mappings_map_pool = {
	.size = sizeof(hdt_mapping_set), .framework = "torch", .mappings = mappings};
