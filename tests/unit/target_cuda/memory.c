/* Tests of device memory: reuse, and running out of it. */
#include "helpers.h"

#include <criterion/criterion.h>
#include <string.h>

TestSuite(memory, .init = open_fake, .fini = close_fake);

Test(memory, released_pieces_are_used_again)
{
	void *a = hdt_target_cuda.allocate(device, 1000), *b = hdt_target_cuda.allocate(device, 1000);
	cr_assert_not_null(a);
	cr_assert_neq(a, b);
	cr_assert_eq((uintptr_t)a % 256, 0);
	hdt_target_cuda.release(device, a);
	cr_assert_eq(hdt_target_cuda.allocate(device, 900), a);
	cr_assert_eq(logged("allocate"), 2);
	cr_assert_not_null(hdt_target_cuda.allocate(device, 0), "a buffer of nothing has an address");
}

Test(memory, waiting_pieces_go_back_when_memory_is_out)
{
	void *a = hdt_target_cuda.allocate(device, 40 << 20);
	hdt_target_cuda.release(device, a);
	cr_assert_not_null(hdt_target_cuda.allocate(device, 60 << 20));
	cr_assert_eq(logged("free 41943040"), 1);
}

Test(memory, more_than_there_is_gives_null)
{
	cr_assert_null(hdt_target_cuda.allocate(device, (size_t)100 << 20));
	cr_assert_null(hdt_target_cuda.allocate(device, SIZE_MAX));
	cr_assert_not_null(hdt_target_cuda.allocate(device, 1 << 20), "and harms nothing");
}

Test(memory, what_is_left_is_told)
{
	size_t before, after, total;
	cr_assert(hdt_target_cuda.memory(device, &before, &total));
	cr_assert_eq(total, 64 << 20);
	void *a = hdt_target_cuda.allocate(device, 1 << 20);
	cr_assert(hdt_target_cuda.memory(device, &after, &total));
	cr_assert_eq(before - after, 1 << 20);
	hdt_target_cuda.release(device, a);
	cr_assert(hdt_target_cuda.memory(device, &after, &total));
	cr_assert_eq(after, before, "what waits to be used again counts");
}

Test(memory, copies_go_both_ways)
{
	char back[6] = "";
	void *memory = hdt_target_cuda.allocate(device, 6);
	cr_assert_eq(hdt_target_cuda.copy(device, memory, "hidet", 6), HDT_OK);
	cr_assert_eq(hdt_target_cuda.copy(device, back, memory, 6), HDT_OK);
	cr_assert_str_eq(back, "hidet");
	cr_assert_eq(hdt_target_cuda.copy(device, NULL, NULL, 0), HDT_OK);
}
