/* runtime.h: types, and what a kernel is given besides its buffers. Included by run.c as well. */
typedef __INT8_TYPE__ int8_t;
typedef __INT16_TYPE__ int16_t;
typedef __INT32_TYPE__ int32_t;
typedef __INT64_TYPE__ int64_t;
typedef __UINT8_TYPE__ uint8_t;
typedef __UINT16_TYPE__ uint16_t;
typedef __UINT32_TYPE__ uint32_t;
typedef __UINT64_TYPE__ uint64_t;

typedef struct hidet_runtime hidet_runtime;
typedef void hidet_body(const hidet_runtime *rt, void *const *buffers, const int64_t *symbols, int64_t begin,
						int64_t end);
struct hidet_runtime {
	void (*parallel)(const hidet_runtime *rt, hidet_body *body, void *const *buffers, const int64_t *symbols,
					 int64_t count, int64_t cost);
	void (*bad_index)(const hidet_runtime *rt, int64_t index, int64_t extent);
	void (*assertion_failed)(const hidet_runtime *rt, int64_t line, const char *message);
	_Bool (*stops)(const hidet_runtime *rt); /* has an assertion failed? */
};
