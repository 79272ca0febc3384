/* tensormap.c: a tensor of device memory as the copy engine sees it. The driver counts dimensions from the innermost
 * one, ours from the outermost. */
#include "state.h"

#include <inttypes.h>
#include <string.h>

enum { MOST_DIMENSIONS = 5, LARGEST_BOX = 256, ALIGNMENT = 16, MOST_STEPS = 8 };

static const struct {
	CUtensorMapDataType type;
	int bytes; /* 0: the copy engine has no such elements */
} types[HDT_DTYPE_COUNT] = {
	[HDT_BOOL] = {CU_TENSOR_MAP_DATA_TYPE_UINT8, 1},    [HDT_U8] = {CU_TENSOR_MAP_DATA_TYPE_UINT8, 1},
	[HDT_I8] = {CU_TENSOR_MAP_DATA_TYPE_UINT8, 1},      [HDT_U16] = {CU_TENSOR_MAP_DATA_TYPE_UINT16, 2},
	[HDT_I16] = {CU_TENSOR_MAP_DATA_TYPE_UINT16, 2},    [HDT_U32] = {CU_TENSOR_MAP_DATA_TYPE_UINT32, 4},
	[HDT_I32] = {CU_TENSOR_MAP_DATA_TYPE_INT32, 4},     [HDT_U64] = {CU_TENSOR_MAP_DATA_TYPE_UINT64, 8},
	[HDT_I64] = {CU_TENSOR_MAP_DATA_TYPE_INT64, 8},     [HDT_F16] = {CU_TENSOR_MAP_DATA_TYPE_FLOAT16, 2},
	[HDT_BF16] = {CU_TENSOR_MAP_DATA_TYPE_BFLOAT16, 2}, [HDT_F32] = {CU_TENSOR_MAP_DATA_TYPE_FLOAT32, 4},
	[HDT_F64] = {CU_TENSOR_MAP_DATA_TYPE_FLOAT64, 8},
};

static CUtensorMapSwizzle swizzle_of(int bytes)
{
	return bytes == 32    ? CU_TENSOR_MAP_SWIZZLE_32B
	       : bytes == 64  ? CU_TENSOR_MAP_SWIZZLE_64B
	       : bytes == 128 ? CU_TENSOR_MAP_SWIZZLE_128B
	                      : CU_TENSOR_MAP_SWIZZLE_NONE;
}

static bool is_empty(const hdt_launch_map *m)
{
	for (int i = 0; i < m->rank; i++)
		if (m->shape[i] == 0)
			return true;
	return !m->address;
}

static hdt_status check(const hdt_launch_map *m, int bytes, int index, hdt_fault *fault)
{
	if (m->rank < 1 || m->rank > MOST_DIMENSIONS || !bytes)
		return launch_fail(fault, index, HDT_BAD_TARGET,
		                   "a tensor map has 1 to %d dimensions, and no elements of dtype %s", MOST_DIMENSIONS,
		                   hdt_dtype_of(m->dtype)->name);
	if ((uintptr_t)m->address % ALIGNMENT != 0)
		return launch_fail(fault, index, HDT_BAD_TARGET, "a tensor map's memory has to be aligned to %d bytes",
		                   ALIGNMENT);
	for (int i = 0; i < m->rank; i++)
		if (m->box[i] < 1 || m->box[i] > LARGEST_BOX || m->strides[i] < 1 || m->strides[i] > MOST_STEPS ||
		    m->shape[i] > (INT64_C(1) << 32))
			return launch_fail(fault, index, HDT_BAD_TARGET,
			                   "dimension %d of a tensor map: box %" PRId64 " of 1..%d, step %" PRId64
			                   " of 1..%d, extent %" PRId64,
			                   i, m->box[i], LARGEST_BOX, m->strides[i], MOST_STEPS, m->shape[i]);
	if (m->box[m->rank - 1] * bytes % ALIGNMENT != 0)
		return launch_fail(fault, index, HDT_BAD_TARGET,
		                   "rows of a tensor map's box have %" PRId64 " bytes: no multiple of %d",
		                   m->box[m->rank - 1] * bytes, ALIGNMENT);
	return HDT_OK;
}

hdt_status tensor_map_encode(const hdt_device *device, const hdt_launch_map *m, int index, CUtensorMap *out,
                             hdt_fault *fault)
{
	cuuint64_t extents[MOST_DIMENSIONS], strides[MOST_DIMENSIONS];
	cuuint32_t box[MOST_DIMENSIONS], steps[MOST_DIMENSIONS];
	int bytes = m->dtype < HDT_DTYPE_COUNT ? types[m->dtype].bytes : 0;
	memset(out, 0, sizeof *out);
	if (is_empty(m))
		return HDT_OK; /* nothing of it is copied */
	if (device->info.architecture < 90)
		return launch_fail(fault, index, HDT_BAD_TARGET,
		                   "the device has no tensor maps: compute capability 9.0 is needed");
	hdt_status status = check(m, bytes, index, fault);
	if (status != HDT_OK)
		return status;
	cuuint64_t stride = (cuuint64_t)bytes;
	for (int i = 0; i < m->rank; i++) {
		int ours = m->rank - 1 - i;
		extents[i] = (cuuint64_t)m->shape[ours];
		box[i] = (cuuint32_t)m->box[ours];
		steps[i] = (cuuint32_t)m->strides[ours];
		stride *= extents[i];
		strides[i] = stride; /* of the next dimension; the last one is not read */
		if (i < m->rank - 1 && stride % ALIGNMENT != 0)
			return launch_fail(fault, index, HDT_BAD_TARGET, "rows of a tensor map have %llu bytes: no multiple of %d",
			                   (unsigned long long)stride, ALIGNMENT);
	}
	CUresult result =
		device->driver->tensor_map(out, types[m->dtype].type, (cuuint32_t)m->rank, m->address, extents, strides, box,
	                               steps, CU_TENSOR_MAP_INTERLEAVE_NONE, swizzle_of(m->swizzle),
	                               CU_TENSOR_MAP_L2_PROMOTION_L2_128B, CU_TENSOR_MAP_FLOAT_OOB_FILL_NONE);
	return result == CUDA_SUCCESS ? HDT_OK : driver_fail(device, fault, index, result, "making a tensor map");
}
