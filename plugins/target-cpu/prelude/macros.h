/* macros.h: hints to the compiler. */
#define HIDET_PRAGMA(text) _Pragma(#text)
#ifdef __clang__
#define HIDET_VECTORISE HIDET_PRAGMA(clang loop vectorize(assume_safety))
#define HIDET_UNROLL(n) HIDET_PRAGMA(clang loop unroll(full))
#else
#define HIDET_VECTORISE HIDET_PRAGMA(GCC ivdep)
#define HIDET_UNROLL(n) HIDET_PRAGMA(GCC unroll n)
#endif

/* A failed assertion ends the function that it stands in; what follows a parallel loop whose body has one asks whether it failed. */
#define hidet_assert(rt, condition, line, message)         \
	do {                                                   \
		if (__builtin_expect(!(condition), 0)) {           \
			(rt)->assertion_failed((rt), (line), message); \
			return;                                        \
		}                                                  \
	} while (0)
#define hidet_stop(rt)            \
	do {                          \
		if ((rt)->stops(rt))      \
			return;               \
	} while (0)

#define HIDET_INLINE static inline __attribute__((always_inline, unused))

HIDET_INLINE int64_t hidet_bounded(const hidet_runtime *rt, int64_t index, int64_t extent)
{
	if (__builtin_expect(index >= 0 && index < extent, 1))
		return index;
	rt->bad_index(rt, index, extent);
	return 0;
}
