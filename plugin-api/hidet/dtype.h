/* dtype.h: element types, their facts and the promotion rule. The table is dtypes.def. */
#ifndef HIDET_DTYPE_H
#define HIDET_DTYPE_H

#include <hidet/base.h>

HDT_BEGIN

typedef enum hdt_dtype {
#define HDT_DTYPE(name, text, bytes, kind, compute, accumulate, rtol, atol, doc) HDT_##name,
#include <hidet/dtypes.def>
#undef HDT_DTYPE
	HDT_DTYPE_COUNT,
	HDT_DTYPE_NONE = HDT_DTYPE_COUNT
} hdt_dtype;

typedef enum hdt_dtype_kind { HDT_KIND_BOOL, HDT_KIND_UINT, HDT_KIND_INT, HDT_KIND_FLOAT } hdt_dtype_kind;

typedef struct hdt_dtype_info {
	const char *name; /* as in text: "f32" */
	uint8_t bytes;
	hdt_dtype_kind kind;
	hdt_dtype compute;
	hdt_dtype accumulate;
	double rtol, atol;
} hdt_dtype_info;

/* Facts of a dtype; never NULL for a dtype below HDT_DTYPE_COUNT. */
const hdt_dtype_info *hdt_dtype_of(hdt_dtype dtype);

/* The dtype with this text name; HDT_DTYPE_NONE when there is none. */
hdt_dtype hdt_dtype_named(const char *name);

/* The dtype of a two-operand result, as PyTorch's torch.promote_types: a float wins over an integer, f16 with bf16
 * gives f32, u8 with i8 gives i16, bool loses to all. u64 with a signed integer gives i64. */
hdt_dtype hdt_promote(hdt_dtype a, hdt_dtype b);

static inline bool hdt_is_float(hdt_dtype d)
{
	return d >= HDT_F16 && d <= HDT_F64;
}
static inline bool hdt_is_integer(hdt_dtype d)
{
	return d >= HDT_U8 && d <= HDT_I64;
}

HDT_END
#endif
