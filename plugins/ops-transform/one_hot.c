/* one_hot: i64: 1 at the class of each element along a new last dimension, else 0; a class out of range is a fault of
 * the run. */
#include <hidet/plugin.h>

static void define(hdt_task *t)
{
	const hdt_tensor *x = hdt_input(t, 0);
	int64_t classes = hdt_get_int(t, "classes");

	if (classes < 1 || !hdt_is_integer(x->dtype)) {
		hdt_reject(t, "integers and at least one class are needed");
		return;
	}
	hdt_list i = hdt_axes(t, hdt_list_insert(t, hdt_shape(x), x->rank, hdt_int(t->context, classes)));
	const hdt_expr *class_of = hdt_cast(hdt_at_list(x, hdt_list_part(i, 0, x->rank)), HDT_I64);
	const hdt_expr *hit = hdt_equal(hdt_bounded(class_of, hdt_int(t->context, classes)), hdt_list_item(i, x->rank));
	hdt_output(t, hdt_compute(t, "y", i, hdt_cast(hit, HDT_I64)));
}

static const hdt_attribute attributes[] = {
	{"classes", HDT_ATTRIBUTE_INT, NULL, "size of the new last dimension"},
	{0},
};

const hdt_operator hdt_op_one_hot = {
	.size = sizeof(hdt_operator),
	.name = "one_hot",
	.doc = "1 at the class of each element, else 0 (i64)",
	.inputs = "x",
	.attributes = attributes,
	.dtypes = "i32 i64",
	.define = define,
	.samples =
		(const char *const[]){
			"one_hot(T[2, 3] in 0..4, classes=5)",
			"one_hot(i64[n] in 0..2, classes=3) where n = 5",
			"one_hot(i64[0], classes=3)",
			"one_hot(i64[] in 0..0, classes=1)",
			NULL,
		},
};
