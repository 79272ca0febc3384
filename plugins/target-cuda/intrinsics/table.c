/* table.c: the intrinsics of CUDA functions with their texts. */
#include "../cuda.h"
#include "texts.h"

enum intrinsic_row {
#define HDT_INTRINSIC(row, family, name, signature, traits, architecture, only, doc) ROW_##row,
#include <hidet/cuda_intrinsics.def>
#undef HDT_INTRINSIC
	ROW_COUNT
};

static const hdt_intrinsic rows[ROW_COUNT] = {
#define HDT_INTRINSIC(row, family, name_, signature_, traits_, architecture_, only, doc_) \
	{sizeof(hdt_intrinsic), name_, signature_, traits_, architecture_, only, doc_, cuda_text_##family},
#include <hidet/cuda_intrinsics.def>
#undef HDT_INTRINSIC
};

const hdt_intrinsic *const cuda_intrinsics[] = {
#define HDT_INTRINSIC(row, family, name, signature, traits, architecture, only, doc) &rows[ROW_##row],
#include <hidet/cuda_intrinsics.def>
#undef HDT_INTRINSIC
	NULL,
};
