/* The kernels of check.c and values.c, in the form of docs/emitted-kernels.md. */
#define KERNEL(threads) HIDET_KERNEL(threads, 0) void
#define AT (HIDET_BLOCK_X * 128 + HIDET_THREAD_X)

KERNEL(128) add_scaled(const float *restrict x, float *restrict y, const int64_t n, const float scale, const uint8_t negate, const hidet_runtime rt)
{
	if (AT < n)
		y[AT] = x[AT] * (negate != 0 ? -scale : scale) + 1.0f;
}

/* Where static and dynamic shared memory begin. */
KERNEL(128) shared_places(int64_t *restrict y, const hidet_runtime rt)
{
	HIDET_SHARED(128) uint16_t fixed[200];
	HIDET_DYNAMIC_SHARED(float, a, 0);
	fixed[HIDET_THREAD_X] = 1;
	a[HIDET_THREAD_X] = 1.0f;
	y[0] = hidet_shared_address(a) % 1024;
	y[1] = hidet_shared_address(fixed) % 128;
	a[50000 + HIDET_THREAD_X] = (float)fixed[HIDET_THREAD_X];
	y[2] = (int64_t)a[50000 + HIDET_THREAD_X];
}

KERNEL(128) gather(const float *restrict x, float *restrict y, const int64_t index, const int64_t n, const hidet_runtime rt)
{
	y[AT] = x[hidet_bounded(rt, index, n)];
}

KERNEL(128) checked(float *restrict y, const int64_t n, const hidet_runtime rt)
{
	hidet_assert(rt, n <= 100, 12, "n is too large");
	y[AT] = (float)n;
}

KERNEL(128) crash(float *restrict y, const hidet_runtime rt)
{
	y[((int64_t)1 << 44) + AT] = 1.0f;
}

KERNEL(128) rank_in_cluster(int32_t *restrict y, const hidet_runtime rt)
{
	uint32_t rank;
	asm volatile("mov.u32 %0, %%cluster_ctarank;" : "=r"(rank));
	if (HIDET_THREAD_X == 0)
		y[HIDET_BLOCK_X] = (int32_t)rank;
}

/* All blocks wait for all others: they must run at once. */
KERNEL(128) meet(int32_t *restrict y, const int32_t blocks, const hidet_runtime rt)
{
	if (HIDET_THREAD_X == 0) {
		atomicAdd(y, 1);
		while (atomicAdd(y, 0) < blocks) {
		}
	}
}

/* y = x * 2 + 1, begun before the kernel before it has ended. */
KERNEL(128) early(const float *x, float *y, const hidet_runtime rt)
{
	asm volatile("griddepcontrol.launch_dependents;" ::: "memory");
	asm volatile("griddepcontrol.wait;" ::: "memory");
	y[AT] = x[AT] * 2.0f + 1.0f;
}

/* The box at (row, column) of a tensor, by the copy engine. */
KERNEL(128) take_box(float *restrict y, const int32_t row, const int32_t column, HIDET_MAP map, const hidet_runtime rt)
{
	HIDET_SHARED(128) float box[8 * 16];
	HIDET_SHARED(16) uint64_t barrier[1];
	const uint32_t b = hidet_shared_address(barrier);
	if (HIDET_THREAD_X == 0) {
		asm volatile("mbarrier.init.shared::cta.b64 [%0], 1;" ::"r"(b));
		asm volatile("fence.mbarrier_init.release.cluster;" ::: "memory");
		asm volatile("mbarrier.arrive.expect_tx.shared::cta.b64 _, [%0], %1;" ::"r"(b), "r"(8 * 16 * 4) : "memory");
		asm volatile("cp.async.bulk.tensor.2d.shared::cluster.global.mbarrier::complete_tx::bytes [%0], [%1, {%2, %3}], [%4];" ::"r"(
						 hidet_shared_address(box)),
		             "l"(&map), "r"(column), "r"(row), "r"(b)
		             : "memory");
	}
	__syncthreads();
	asm volatile("{\n.reg .pred p;\nagain: mbarrier.try_wait.parity.shared::cta.b64 p, [%0], 0;\n@!p bra again;\n}" ::"r"(b) : "memory");
	y[HIDET_THREAD_X] = box[HIDET_THREAD_X];
}

/* ---- values ---- */

#define UNARY(op)                                                                                               \
	KERNEL(128) op##_f32(const float *restrict x, float *restrict y, const int64_t n, const hidet_runtime rt)   \
	{                                                                                                           \
		if (AT < n)                                                                                             \
			y[AT] = hidet_##op##_f32(x[AT]);                                                                    \
	}
UNARY(sqrt) UNARY(rsqrt) UNARY(exp) UNARY(exp2) UNARY(expm1) UNARY(log) UNARY(log2) UNARY(log10) UNARY(log1p)
UNARY(sin) UNARY(cos) UNARY(tan) UNARY(sinh) UNARY(cosh) UNARY(tanh) UNARY(asin) UNARY(acos) UNARY(atan)
UNARY(asinh) UNARY(acosh) UNARY(atanh) UNARY(erf) UNARY(erfc) UNARY(floor) UNARY(ceil) UNARY(trunc) UNARY(round)

#define BINARY(op)                                                                                              \
	KERNEL(128) op##_f32(const float *restrict x, float *restrict y, const int64_t n, const hidet_runtime rt)   \
	{                                                                                                           \
		if (AT < n)                                                                                             \
			y[AT] = hidet_##op##_f32(x[AT], x[n - 1 - AT]);                                                     \
	}
BINARY(pow) BINARY(atan2) BINARY(fmod) BINARY(mod) BINARY(floordiv) BINARY(min) BINARY(max)

KERNEL(128) product_and_sum(const float *restrict x, float *restrict y, const int64_t n, const hidet_runtime rt)
{
	if (AT < n)
		y[AT] = x[AT] * x[n - 1 - AT] + 1.0f;
}

KERNEL(128) to_integer(const float *restrict x, int32_t *restrict y, const int64_t n, const hidet_runtime rt)
{
	if (AT < n)
		y[AT] = hidet_cast_i32_f32(x[AT]) ^ hidet_cast_i8_f32(x[AT]);
}

/* All bits of a 16-bit float, there and back. */
KERNEL(128) f16_there_and_back(uint16_t *restrict y, const hidet_runtime rt)
{
	y[AT] = hidet_store_f16(hidet_load_f16((uint16_t)AT));
}
KERNEL(128) bf16_there_and_back(uint16_t *restrict y, const hidet_runtime rt)
{
	y[AT] = hidet_store_bf16(hidet_load_bf16((uint16_t)AT));
}
