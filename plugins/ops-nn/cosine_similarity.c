/* cosine_similarity: the cosine of the angle of two vectors along an axis of the broadcast inputs. */
#include <hidet/plugin.h>

static const hdt_expr *length(hdt_task *t, const hdt_expr *element, const hdt_expr *axis)
{
	const hdt_expr *sum = hdt_sum(axis, hdt_mul(element, element));
	return hdt_max(hdt_unary(HDT_OP_SQRT, sum), hdt_like(sum, hdt_get_float(t, "eps")));
}

static void define(hdt_task *t)
{
	const hdt_tensor *x = hdt_input(t, 0), *y = hdt_input(t, 1);
	if (!hdt_is_float(x->dtype) || !hdt_is_float(y->dtype)) {
		hdt_reject(t, "floats are needed");
		return;
	}
	hdt_list shapes[] = {hdt_shape(x), hdt_shape(y)}, shape = hdt_broadcast_shapes(t, shapes, 2);
	int axis = hdt_get_axis(t, "axis", shape.count);
	hdt_list i = hdt_axes(t, hdt_list_remove(t, shape, axis));
	const hdt_expr *k = hdt_axis("k", hdt_list_item(shape, axis));
	hdt_list at = hdt_list_insert(t, i, axis, k);
	const hdt_expr *a = hdt_widen(hdt_broadcast_at(x, at)), *b = hdt_widen(hdt_broadcast_at(y, at));
	const hdt_expr *lengths = hdt_mul(length(t, a, k), length(t, b, k));
	const hdt_expr *cosine = hdt_div(hdt_sum(k, hdt_mul(a, b)), lengths);
	hdt_output(t, hdt_compute(t, "y", i, hdt_cast(cosine, hdt_promote(x->dtype, y->dtype))));
}

static const hdt_attribute attributes[] = {
	{"axis", HDT_ATTRIBUTE_INT, "1", "the axis of the vectors"},
	{"eps", HDT_ATTRIBUTE_FLOAT, "1e-8", "least length to divide by"},
	{0},
};

const hdt_operator hdt_op_cosine_similarity = {
	.size = sizeof(hdt_operator),
	.name = "cosine_similarity",
	.doc = "x . y / (|x| |y|) along an axis",
	.inputs = "x, y",
	.attributes = attributes,
	.dtypes = "float",
	.define = define,
	.samples =
		(const char *const[]){
			"cosine_similarity(T[3, 5], T[3, 5])",
			"cosine_similarity(f32[n, 4], f32[1, 4], axis=-1) where n = 5",
			"cosine_similarity(f32[2, 4, 3], f32[4, 1], axis=1)",
			"cosine_similarity(f32[0, 3], f32[0, 3])",
			"cosine_similarity(f32[3, 1], f32[3, 1])",
			NULL,
		},
};
