/* warp: values of other lanes. All lanes of the warp take part, so the mask is that of all of them. */
#include "texts.h"

/* clang-format off */

/* Reductions by one instruction; as PTX because the compiler knows its own names for them only where the machine has
 * them. */
#define REDUX(word, T, type) \
	CODE(HIDET_INLINE T hidet_redux_##word(T value) { \
		T result; \
		asm volatile("redux.sync." #word "." #type " %0, %1, 0xffffffff;" : "=r"(result) : "r"(value)); \
		return result; \
	})
#define REDUX_ORDERED(word) REDUX(word, int32_t, s32) REDUX(word, uint32_t, u32)
#define REDUX_BITS(word) REDUX(word, int32_t, b32) REDUX(word, uint32_t, b32)

const char cuda_text_warp[] =
	CODE(HIDET_INLINE int32_t hidet_lane_id() {
		int32_t lane;
		asm("mov.u32 %0, %%laneid;" : "=r"(lane));
		return lane;
	})
	CODE(HIDET_INLINE uint32_t hidet_active_mask() { return __activemask(); })
	CODE(template <class T> HIDET_INLINE T hidet_shfl(T value, int32_t lane) {
		return __shfl_sync(0xffffffffu, value, lane);
	})
	CODE(template <class T> HIDET_INLINE T hidet_shfl_up(T value, int32_t offset) {
		return __shfl_up_sync(0xffffffffu, value, (unsigned)offset);
	})
	CODE(template <class T> HIDET_INLINE T hidet_shfl_down(T value, int32_t offset) {
		return __shfl_down_sync(0xffffffffu, value, (unsigned)offset);
	})
	CODE(template <class T> HIDET_INLINE T hidet_shfl_xor(T value, int32_t mask) {
		return __shfl_xor_sync(0xffffffffu, value, mask);
	})
	CODE(HIDET_INLINE bool hidet_vote_all(bool predicate) { return __all_sync(0xffffffffu, predicate) != 0; })
	CODE(HIDET_INLINE bool hidet_vote_any(bool predicate) { return __any_sync(0xffffffffu, predicate) != 0; })
	CODE(HIDET_INLINE uint32_t hidet_ballot(bool predicate) { return __ballot_sync(0xffffffffu, predicate); })
	CODE(template <class T> HIDET_INLINE uint32_t hidet_match_any(T value) {
		return __match_any_sync(0xffffffffu, value);
	})
	REDUX_ORDERED(add) REDUX_ORDERED(min) REDUX_ORDERED(max)
	REDUX_BITS(and) REDUX_BITS(or) REDUX_BITS(xor);
