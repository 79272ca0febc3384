/* topk: outputs: the k largest (smallest) elements along an axis, in order, and where each was (i64). */
#include "order.h"

#include <hidet/plugin.h>

static void define(hdt_task *t)
{
	const hdt_tensor *x = hdt_input(t, 0);
	int axis = hdt_get_axis(t, "axis", x->rank);
	const hdt_expr *k = hdt_int(t->context, hdt_get_int(t, "k")), *extent = hdt_list_item(hdt_shape(x), axis);
	if (hdt_get_int(t, "k") < 0)
		hdt_reject(t, "k must not be negative");
	hdt_require(t, hdt_less_equal(k, extent), "k is larger than axis %d", axis);
	order_define(t, x, axis, k, hdt_get_bool(t, "largest"));
}

static const hdt_attribute attributes[] = {
	{"k", HDT_ATTRIBUTE_INT, NULL, "how many"},
	{"axis", HDT_ATTRIBUTE_INT, "-1", "axis to choose along"},
	{"largest", HDT_ATTRIBUTE_BOOL, "true", "the largest, else the smallest"},
	{0},
};

const hdt_operator hdt_op_topk = {
	.size = sizeof(hdt_operator),
	.name = "topk",
	.doc = "the k largest or smallest elements along an axis in order, and their indices (i64)",
	.inputs = "x",
	.attributes = attributes,
	.dtypes = "u8 int float",
	.define = define,
	.samples =
		(const char *const[]){
			"topk(T[3, 7], k=3)",
			"topk(f32[n, 6], k=2, axis=0, largest=false) where n = 5",
			"topk(f32[0, 3], k=2)",
			"topk(f32[3, 1], k=1)",
			"topk(i32[2, 9], k=0)",
			NULL,
		},
};
