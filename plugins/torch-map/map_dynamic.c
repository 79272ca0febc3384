/* map_dynamic.c: operators whose result's shape, or the way through the model, depends on data. They cannot be compiled
 * ahead; each says so in words, which is better than being one of the missing. */
#include "map.h"

static hdt_status depends_on_data(hdt_call *call)
{
	return map_refuse(call, "its result has a shape or value that depends on data, which is known only when the model "
	                        "runs; rewrite the model "
	                        "with fixed shapes (torch.where, masks, topk with a fixed k)");
}

#define REFUSED(name, arguments)                       \
	{                                                  \
		"aten." name, arguments, NULL, depends_on_data \
	}

static const hdt_mapping mappings[] = {
	REFUSED("nonzero.default", "self"),
	REFUSED("nonzero_numpy.default", "self"),
	REFUSED("argwhere.default", "self"),
	REFUSED("where.default", "condition"),
	REFUSED("item.default", "self"),
	REFUSED("_local_scalar_dense.default", "self"),
	REFUSED("masked_select.default", "self, mask"),
	REFUSED("unique_consecutive.default", "self, return_inverse=false, return_counts=false, dim=none"),
	REFUSED("_unique2.default", "self, sorted=true, return_inverse=false, return_counts=false"),
	REFUSED("unique_dim.default", "self, dim, sorted=true, return_inverse=false, return_counts=false"),
	REFUSED("bincount.default", "self, weights=none, minlength=0"),
	REFUSED("repeat_interleave.Tensor", "repeats, *, output_size=none"),
	REFUSED("repeat_interleave.self_Tensor", "self, repeats, dim=none, *, output_size=none"),
	REFUSED("_assert_async.msg", "self, assert_msg"),
	{0},
};

const hdt_mapping_set hdt_mappings_map_dynamic = {
	.size = sizeof(hdt_mapping_set), .framework = "torch", .mappings = mappings};
