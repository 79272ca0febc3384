/* kernel.h: how a kernel, its memory and its loops are written. */
#define HIDET_KERNEL(threads, blocks) extern "C" __global__ __launch_bounds__(threads, blocks)
typedef int32_t hidet_runtime; /* index of the launch in its run */

struct __align__(64) hidet_map {
	uint64_t opaque[16];
};
#define HIDET_MAP const __grid_constant__ hidet_map

#define HIDET_THREAD_X ((int)threadIdx.x)
#define HIDET_THREAD_Y ((int)threadIdx.y)
#define HIDET_THREAD_Z ((int)threadIdx.z)
#define HIDET_BLOCK_X ((int)blockIdx.x)
#define HIDET_BLOCK_Y ((int)blockIdx.y)
#define HIDET_BLOCK_Z ((int)blockIdx.z)

extern __shared__ __align__(1024) unsigned char hidet_dynamic_shared[];
#define HIDET_SHARED(alignment) __shared__ __align__(alignment)
#define HIDET_DYNAMIC_SHARED(type, name, offset) type *const name = (type *)(hidet_dynamic_shared + (offset))
#define HIDET_REGISTER __align__(16)

#define HIDET_PRAGMA(text) _Pragma(#text)
#define HIDET_UNROLL(n) HIDET_PRAGMA(unroll n)
#define HIDET_VECTORISE

/* The address that PTX's instructions for shared memory take. */
HIDET_INLINE uint32_t hidet_shared_address(const void *generic)
{
	return (uint32_t)__cvta_generic_to_shared(generic);
}
