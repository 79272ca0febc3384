/* dtype.c: the table of element types, made from dtypes.def, and the promotion rule of two-operand results.
 *
 * Promotion relies on the order of the table: within a kind, a later dtype is wider. */
#include <hidet/dtype.h>
#include <string.h>

static const hdt_dtype_info dtypes[] = {
#define HDT_DTYPE(name, text, bytes, kind, compute, accumulate, rtol, atol, doc) \
	{text, bytes, HDT_KIND_##kind, HDT_##compute, HDT_##accumulate, rtol, atol},
#include <hidet/dtypes.def>
#undef HDT_DTYPE
	{"none", 0, HDT_KIND_BOOL, HDT_DTYPE_NONE, HDT_DTYPE_NONE, 0, 0},
};

const hdt_dtype_info *hdt_dtype_of(hdt_dtype dtype)
{
	return &dtypes[(unsigned)dtype < HDT_DTYPE_COUNT ? dtype : HDT_DTYPE_COUNT];
}

hdt_dtype hdt_dtype_named(const char *name)
{
	for (int d = 0; name && d < HDT_DTYPE_COUNT; d++)
		if (!strcmp(dtypes[d].name, name))
			return (hdt_dtype)d;
	return HDT_DTYPE_NONE;
}

/* The narrowest signed integer that holds both; there is none for u64, which gives i64. */
static hdt_dtype promote_signedness(hdt_dtype is_unsigned, hdt_dtype is_signed)
{
	for (int d = is_signed; d < HDT_I64; d++)
		if (dtypes[d].bytes > dtypes[is_unsigned].bytes)
			return (hdt_dtype)d;
	return HDT_I64;
}

hdt_dtype hdt_promote(hdt_dtype a, hdt_dtype b)
{
	if ((unsigned)a >= HDT_DTYPE_COUNT || (unsigned)b >= HDT_DTYPE_COUNT)
		return HDT_DTYPE_NONE;
	if (a > b) {
		hdt_dtype swap = a;
		a = b;
		b = swap;
	}
	if (a == HDT_F16 && b == HDT_BF16)
		return HDT_F32;
	if (dtypes[a].kind == HDT_KIND_UINT && dtypes[b].kind == HDT_KIND_INT)
		return promote_signedness(a, b);
	return b; /* the later kind wins, and within a kind the wider */
}
