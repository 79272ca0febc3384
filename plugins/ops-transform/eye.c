/* eye: ones on the diagonal, else zeros. */
#include <hidet/plugin.h>

static void define(hdt_task *t)
{
	hdt_list rows = hdt_get_dims(t, "rows"), columns = hdt_get_dims(t, "columns");
	if (rows.count != 1 || columns.count != 1)
		hdt_reject(t, "rows and columns must be one dimension each");
	hdt_require_sizes(t, rows);
	hdt_require_sizes(t, columns);
	const hdt_expr *i = hdt_axis("i", hdt_list_item(rows, 0)), *j = hdt_axis("j", hdt_list_item(columns, 0));
	hdt_output(t, hdt_compute(t, "y", HDT_AT(i, j), hdt_cast(hdt_equal(i, j), hdt_get_dtype(t, "dtype"))));
}

static const hdt_attribute attributes[] = {
	{"rows", HDT_ATTRIBUTE_DIMS, NULL, "rows of the result"},
	{"columns", HDT_ATTRIBUTE_DIMS, NULL, "columns of the result"},
	{"dtype", HDT_ATTRIBUTE_DTYPE, "f32", "dtype of the result"},
	{0},
};

const hdt_operator hdt_op_eye = {
	.size = sizeof(hdt_operator),
	.name = "eye",
	.doc = "ones on the diagonal, else zeros",
	.inputs = "",
	.attributes = attributes,
	.dtypes = "bool i64 f16 f32",
	.define = define,
	.samples =
		(const char *const[]){
			"eye(rows=3, columns=4, dtype=T)",
			"eye(rows=[n], columns=3) where n = 5",
			"eye(rows=0, columns=2)",
			"eye(rows=1, columns=1)",
			NULL,
		},
};
