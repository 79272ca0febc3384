/* Every word of docs/emitted-kernels.md, used as emitted text uses it. */
HIDET_KERNEL(128, 0) void row_sum(const float *restrict x, float *restrict y, const int64_t n, const hidet_runtime rt)
{
	HIDET_SHARED(16) float s[128];
	const int threadIdx_x = HIDET_THREAD_X;
	const int blockIdx_x = HIDET_BLOCK_X;
	HIDET_REGISTER float sum[1];
	sum[0] = 0.0f;
	for (int64_t j = threadIdx_x; j < n; j += 128) {
		sum[0] = sum[0] + x[blockIdx_x * n + j];
	}
	s[threadIdx_x] = sum[0];
	hidet_syncthreads();
	if (threadIdx_x == 0) {
		HIDET_UNROLL(8)
		for (int j = 1; j < 128; ++j) {
			sum[0] = sum[0] + s[j];
		}
		y[blockIdx_x] = sum[0];
	}
}

HIDET_KERNEL(256, 2) void everything(const uint16_t *restrict half, uint8_t *restrict flags, const int64_t n, const int64_t m, const uint16_t scale,
                                     const uint8_t on, HIDET_MAP map_a, HIDET_MAP map_b, const hidet_runtime rt)
{
	HIDET_DYNAMIC_SHARED(float, a, 0);
	HIDET_DYNAMIC_SHARED(uint16_t, b, 4096);
	HIDET_SHARED(1024) uint16_t c[512];
	HIDET_REGISTER uint16_t r[8];
	const int at = HIDET_THREAD_X + HIDET_THREAD_Y * 16 + HIDET_THREAD_Z + HIDET_BLOCK_X + HIDET_BLOCK_Y + HIDET_BLOCK_Z;
	hidet_assert(rt, n <= 512, 17, "n is \"too\" large");
	hidet_assert(rt, m > 0, 0, "no rows");
	HIDET_UNROLL(4)
	HIDET_VECTORISE
	for (int i = 0; i < 8; ++i) {
		r[i] = half[hidet_bounded(rt, at + i, n)];
	}
	a[at] = on != 0 ? [&]() -> float { const float t1 = hidet_load_f16(r[0]); return t1 * t1; }() : hidet_load_f16(scale);
	b[at] = hidet_store_bf16(a[at]);
	c[at] = r[at & 7];
	const hidet_map *maps[2] = {&map_a, &map_b};
	const _Bool shared = hidet_shared_address(c) % 1024 == 0;
	uint32_t doubled;
	asm volatile("add.u32 %0, %1, %1;" : "=r"(doubled) : "r"(hidet_shared_address(b)) : "memory");
	flags[at] = shared & (maps[doubled & 1]->opaque[0] != 0);
}
