/* dtype.c: the promotion table and the facts of element types. */
#include <criterion/criterion.h>
#include <hidet/dtype.h>

static const char *promoted(const char *a, const char *b)
{
	hdt_dtype there = hdt_promote(hdt_dtype_named(a), hdt_dtype_named(b)),
			  back = hdt_promote(hdt_dtype_named(b), hdt_dtype_named(a));
	cr_expect_eq(there, back, "promotion of %s and %s depends on the order", a, b);
	return hdt_dtype_of(there)->name;
}

Test(dtype, promotion_gives_what_torch_promote_types_gives)
{
	static const char *const rows[][3] = {
		{"bool", "bool", "bool"}, {"bool", "u8", "u8"},    {"bool", "f16", "f16"}, {"u8", "u8", "u8"},
		{"u8", "i8", "i16"},      {"u8", "i16", "i16"},    {"u8", "i32", "i32"},   {"u8", "i64", "i64"},
		{"i8", "i16", "i16"},     {"i8", "i64", "i64"},    {"i32", "i64", "i64"},  {"u8", "f16", "f16"},
		{"i64", "f16", "f16"},    {"i64", "bf16", "bf16"}, {"i64", "f32", "f32"},  {"f16", "bf16", "f32"},
		{"f16", "f32", "f32"},    {"bf16", "f32", "f32"},  {"f32", "f64", "f64"},  {"f16", "f64", "f64"},
		{"u16", "i16", "i32"},    {"u32", "i32", "i64"},   {"u32", "i64", "i64"},  {"u16", "i64", "i64"},
		{"u8", "u32", "u32"},     {"u64", "i8", "i64"},    {"u64", "f16", "f16"},  {"u16", "i8", "i32"},
		{"u32", "i8", "i64"},     {"u64", "u8", "u64"},
	};
	for (size_t r = 0; r < sizeof rows / sizeof *rows; r++)
		cr_expect_str_eq(promoted(rows[r][0], rows[r][1]), rows[r][2], "%s with %s", rows[r][0], rows[r][1]);
}

Test(dtype, every_pair_of_dtypes_promotes)
{
	for (int a = 0; a < HDT_DTYPE_COUNT; a++) {
		cr_expect_eq(hdt_promote((hdt_dtype)a, (hdt_dtype)a), (hdt_dtype)a);
		for (int b = 0; b < HDT_DTYPE_COUNT; b++)
			cr_expect_neq(hdt_promote((hdt_dtype)a, (hdt_dtype)b), HDT_DTYPE_NONE);
	}
}

Test(dtype, names_go_there_and_back)
{
	for (int d = 0; d < HDT_DTYPE_COUNT; d++)
		cr_expect_eq(hdt_dtype_named(hdt_dtype_of((hdt_dtype)d)->name), (hdt_dtype)d);
	cr_expect_eq(hdt_dtype_named("f8"), HDT_DTYPE_NONE);
	cr_expect_eq(hdt_dtype_named(NULL), HDT_DTYPE_NONE);
	cr_expect_not_null(hdt_dtype_of(HDT_DTYPE_NONE)->name);
}
