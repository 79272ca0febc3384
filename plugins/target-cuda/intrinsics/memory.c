/* memory: several elements by one load or store, and accesses with an order. */
#include "texts.h"

/* clang-format off */

#define VECTOR(bytes, T) CODE(template <> struct hidet_vector<bytes> { typedef T type; };)
#define COPY(name, statement) \
	CODE(template <int n, class T> HIDET_INLINE void hidet_##name##_of(T *to, const T *from) { \
		typedef typename hidet_vector<n * sizeof(T)>::type vector; \
		statement; \
	}) \
	LINE("#define hidet_" #name "(to, from, n) hidet_" #name "_of<(n)>(to, from)")
#define ORDERED(T, type, constraint) \
	CODE(HIDET_INLINE T hidet_load_acquire(const T *from) { \
		T value; \
		asm volatile("ld.acquire.gpu." #type " %0, [%1];" : "=" constraint(value) : "l"(from) : "memory"); \
		return value; \
	}) \
	CODE(HIDET_INLINE void hidet_store_release(T *to, T value) { \
		asm volatile("st.release.gpu." #type " [%0], %1;" :: "l"(to), constraint(value) : "memory"); \
	})

const char cuda_text_memory[] =
	CODE(template <int bytes> struct hidet_vector;) /* 1, 2, 4, 8 or 16 bytes */
	VECTOR(1, unsigned char) VECTOR(2, unsigned short) VECTOR(4, unsigned) VECTOR(8, uint2) VECTOR(16, uint4)
	COPY(load_vector, *(vector *)to = *(const vector *)from)
	COPY(load_vector_readonly, *(vector *)to = __ldg((const vector *)from))
	COPY(load_vector_l2, *(vector *)to = __ldcg((const vector *)from))
	COPY(load_vector_streaming, *(vector *)to = __ldcs((const vector *)from))
	COPY(store_vector, *(vector *)to = *(const vector *)from)
	COPY(store_vector_streaming, __stcs((vector *)to, *(const vector *)from))
	ORDERED(int32_t, b32, "r") ORDERED(uint32_t, b32, "r") ORDERED(uint64_t, b64, "l")
	CODE(HIDET_INLINE void hidet_prefetch_l2(const void *from) {
		asm volatile("prefetch.global.L2 [%0];" :: "l"(__cvta_generic_to_global(from)));
	});
