/* cast: conversion; floats to integers truncate and saturate, NaN gives 0; anything not zero is true. */
#include <hidet/plugin.h>

static void define(hdt_task *t)
{
	const hdt_expr *x = hdt_element(t, 0);
	hdt_dtype dtype = hdt_get_dtype(t, "dtype");
	if (dtype == HDT_BOOL)
		hdt_output_elements(t, hdt_binary(HDT_OP_NE, x, hdt_like(x, 0)));
	else
		hdt_output_elements(t, hdt_cast(x, dtype));
}

static const hdt_attribute attributes[] = {
	{"dtype", HDT_ATTRIBUTE_DTYPE, NULL, "dtype of the result"},
	{0},
};

const hdt_operator hdt_op_cast = {
	.size = sizeof(hdt_operator),
	.name = "cast",
	.doc = "x in another dtype",
	.inputs = "x",
	.attributes = attributes,
	.dtypes = "any",
	.define = define,
	.samples =
		(const char *const[]){
			"cast(T[3, 4] in 0..3, dtype=f32)",
			"cast(f32[3, 4] in 0..3, dtype=T)",
			"cast(i32[n, 5] in -2..2, dtype=i8) where n = 4",
			"cast(f32[0, 3], dtype=f16)",
			"cast(f32[1], dtype=bool)",
			"cast(f32[8] in -300..300, dtype=u8)",
			NULL,
		},
};
