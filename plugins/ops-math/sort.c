/* sort: outputs: the elements in order along an axis, and where each was (i64). Stable, NaN last (first when
 * descending). */
#include "order.h"

#include <hidet/plugin.h>

static void define(hdt_task *t)
{
	const hdt_tensor *x = hdt_input(t, 0);
	int axis = hdt_get_axis(t, "axis", x->rank);
	order_define(t, x, axis, hdt_list_item(hdt_shape(x), axis), hdt_get_bool(t, "descending"));
}

static const hdt_attribute attributes[] = {
	{"axis", HDT_ATTRIBUTE_INT, "-1", "axis to sort along"},
	{"descending", HDT_ATTRIBUTE_BOOL, "false", "largest first"},
	{0},
};

const hdt_operator hdt_op_sort = {
	.size = sizeof(hdt_operator),
	.name = "sort",
	.doc = "elements in order along an axis, and their indices (i64); stable",
	.inputs = "x",
	.attributes = attributes,
	.dtypes = "bool u8 i32 i64 float",
	.define = define,
	.samples =
		(const char *const[]){
			"sort(T[3, 7])",
			"sort(f32[n, 6], axis=0, descending=true) where n = 5",
			"sort(f32[0, 3], axis=0)",
			"sort(f32[3, 1])",
			"sort(i32[2, 9], descending=true)",
			NULL,
		},
};
