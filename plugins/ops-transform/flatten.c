/* flatten: the dimensions start..end as one; a scalar becomes one element. */
#include "reindex.h"

#include <hidet/plugin.h>

static void define(hdt_task *t)
{
	const hdt_tensor *x = hdt_input(t, 0);
	if (x->rank == 0) {
		reindex_define(t, HDT_AT(hdt_int(t->context, 1)));
		return;
	}
	hdt_list shape = hdt_shape(x);
	int start = hdt_get_axis(t, "start", x->rank), end = hdt_get_axis(t, "end", x->rank);
	if (start > end)
		hdt_reject(t, "start %d lies behind end %d", start, end);
	const hdt_expr *size = hdt_product(t->context, hdt_list_part(shape, start, end - start + 1));
	hdt_list head = hdt_list_insert(t, hdt_list_part(shape, 0, start), start, size);
	reindex_define(t, hdt_list_join(t, head, hdt_list_part(shape, end + 1, x->rank)));
}

static const hdt_attribute attributes[] = {
	{"start", HDT_ATTRIBUTE_INT, "0", "first dimension"},
	{"end", HDT_ATTRIBUTE_INT, "-1", "last dimension"},
	{0},
};

const hdt_operator hdt_op_flatten = {
	.size = sizeof(hdt_operator),
	.name = "flatten",
	.doc = "the dimensions start..end as one",
	.inputs = "x",
	.attributes = attributes,
	.dtypes = "bool u8 i64 f16 f32",
	.define = define,
	.samples =
		(const char *const[]){
			"flatten(T[2, 3, 4])",
			"flatten(f32[n, 3, 2], start=1) where n = 5",
			"flatten(f32[0, 3], start=0)",
			"flatten(f32[])",
			"flatten(f32[2, 3, 1, 2], start=1, end=2)",
			NULL,
		},
};
