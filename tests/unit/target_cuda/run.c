/* Tests of runs: parameters, attributes, limits, graphs, and kernels that fault. */
#include "helpers.h"

#include <criterion/criterion.h>
#include <stdlib.h>
#include <string.h>

TestSuite(run, .init = open_fake, .fini = close_fake);

static hdt_fault fault;

static hdt_status run_one(const hdt_launch *launch)
{
	return hdt_target_cuda.run(device, launch, 1, &fault);
}

Test(run, parameters_stand_in_their_order)
{
	hdt_object *o = load_kernels("k 7\n");
	void *buffers[] = {(void *)0x1000, (void *)0x2000};
	const int64_t symbols[] = {5}, scalars[] = {0x3f800000, 1};
	const hdt_dtype dtypes[] = {HDT_F32, HDT_BOOL};
	hdt_launch_map map = {.address = (void *)0x4000,
	                      .dtype = HDT_F16,
	                      .rank = 2,
	                      .shape = {100, 64},
	                      .box = {32, 64},
	                      .strides = {1, 1},
	                      .swizzle = 128};
	hdt_launch l = launch_of(o, "k", buffers, 2, &one_block);
	l.symbols = symbols;
	l.symbol_count = 1;
	l.scalars = scalars;
	l.scalar_dtypes = dtypes;
	l.scalar_count = 2;
	l.maps = &map;
	l.map_count = 1;
	cr_assert_eq(run_one(&l), HDT_OK, "%s", fault.message);
	cr_assert_not_null(strstr(fake->log, "map type 6 swizzle 3: 64/128 box 64 step 1 100/0 box 32 step 1\n"), "%s",
	                   fake->log);
	cr_assert_not_null(
		strstr(fake->log, "launch k grid 1 1 1 block 128 1 1 shared 0 with 1000 2000 5 3f800000 1 4000; 0\n"), "%s",
		fake->log);
	hdt_target_cuda.unload(device, o);
}

Test(run, attributes_follow_the_launch)
{
	hdt_object *o = load_kernels("k 1\n");
	hdt_launch_grid g = {
		.grid = {8, 2, 3}, .block = {32, 4, 1}, .cluster = {2, 1, 1}, .shared_bytes = 100000, .dependent = true};
	hdt_launch l = launch_of(o, "k", NULL, 0, &g);
	cr_assert_eq(run_one(&l), HDT_OK);
	cr_assert_not_null(
		strstr(fake->log, "launch k grid 8 2 3 block 32 4 1 shared 100000 cluster 2 1 1 dependent 1 with; 0\n"), "%s",
		fake->log);
	g = (hdt_launch_grid){.grid = {4, 1, 1}, .block = {32, 1, 1}, .cluster = {1, 1, 1}, .cooperative = true};
	cr_assert_eq(run_one(&l), HDT_OK);
	cr_assert_not_null(strstr(fake->log, "block 32 1 1 shared 0 cooperative 1 with"), "%s", fake->log);
	/* 8: largest dynamic shared memory; 9: how the processor's memory is divided. Each is said once. */
	cr_assert_eq(logged("set k 8 to 231424"), 1);
	cr_assert_eq(logged("set k 9 to 100"), 1);
	hdt_target_cuda.unload(device, o);
}

Test(run, a_grid_of_no_blocks_is_not_launched)
{
	hdt_object *o = load_kernels("k 1\n");
	hdt_launch_grid g = one_block;
	g.grid[1] = 0;
	hdt_launch l = launch_of(o, "k", NULL, 0, &g);
	cr_assert_eq(run_one(&l), HDT_OK);
	cr_assert_eq(logged("launch"), 0);
	hdt_target_cuda.unload(device, o);
}

/* The launch is refused with these words, and the device is as good as before. */
static void refused(hdt_launch_grid g, const char *kernel, const char *words)
{
	hdt_object *o = load_kernels("k 1\nslow_k 1\n");
	hdt_launch l = launch_of(o, kernel, NULL, 0, &g), good = launch_of(o, "k", NULL, 0, &one_block);
	cr_assert_eq(run_one(&l), HDT_BAD_TARGET);
	cr_assert_eq(fault.launch, 0);
	cr_assert_not_null(strstr(fault.message, words), "%s", fault.message);
	cr_assert_eq(run_one(&good), HDT_OK);
	hdt_target_cuda.unload(device, o);
}

Test(run, a_grid_beyond_the_device_is_refused)
{
	hdt_launch_grid g = one_block;
	g.grid[1] = 70000;
	refused(g, "k", "70000 blocks in y; the device takes 65535");
}
Test(run, a_block_beyond_the_device_is_refused)
{
	hdt_launch_grid g = one_block;
	g.block[1] = 16;
	refused(g, "k", "2048 threads in a block; the device takes 1024");
}
Test(run, a_block_beyond_the_kernels_registers_is_refused)
{
	hdt_launch_grid g = one_block;
	g.block[1] = 4;
	refused(g, "slow_k", "512 threads in a block; with the registers that it needs, the kernel runs at most 256");
}
Test(run, shared_memory_beyond_the_device_is_refused)
{
	hdt_launch_grid g = one_block;
	g.shared_bytes = 232448;
	refused(g, "k", "233472 bytes of shared memory in a block; the device has 232448");
}
Test(run, clusters_that_do_not_divide_the_grid_are_refused)
{
	hdt_launch_grid g = one_block;
	g.grid[0] = 9;
	g.cluster[0] = 2;
	refused(g, "k", "clusters of 2 blocks in x do not divide the grid of 9");
}

Test(run, what_the_driver_refuses_names_the_kernel)
{
	hdt_object *o = load_kernels("k 1\n");
	hdt_launch l[] = {launch_of(o, "k", NULL, 0, &one_block), launch_of(o, "k", NULL, 0, &one_block)};
	fake->fail_launch = 701; /* too many resources requested */
	cr_assert_eq(hdt_target_cuda.run(device, l, 2, &fault), HDT_BAD_TARGET);
	cr_assert_eq(fault.launch, 0);
	cr_assert_not_null(strstr(fault.message, "launching k: "));
	fake->fail_launch = 720; /* cooperative launch too large */
	cr_assert_eq(hdt_target_cuda.run(device, l, 2, &fault), HDT_BAD_TARGET);
	cr_assert_not_null(strstr(fault.message, "do not all fit on the device at once"));
	fake->fail_launch = 2; /* out of memory */
	cr_assert_eq(hdt_target_cuda.run(device, l, 2, &fault), HDT_OUT_OF_MEMORY);
	fake->fail_launch = 0;
	cr_assert_eq(hdt_target_cuda.run(device, l, 2, &fault), HDT_OK);
	hdt_target_cuda.unload(device, o);
}

/* ---- tensor maps ---- */

static void map_refused(hdt_launch_map map, const char *words)
{
	hdt_object *o = load_kernels("k 2\n");
	hdt_launch l = launch_of(o, "k", NULL, 0, &one_block);
	l.maps = &map;
	l.map_count = 1;
	cr_assert_eq(run_one(&l), HDT_BAD_TARGET);
	cr_assert_not_null(strstr(fault.message, words), "%s", fault.message);
	hdt_target_cuda.unload(device, o);
}

static const hdt_launch_map good_map = {.address = (void *)0x4000,
                                        .dtype = HDT_F32,
                                        .rank = 2,
                                        .shape = {8, 8, 8, 8, 8, 8},
                                        .box = {4, 4},
                                        .strides = {1, 1}};

Test(run, a_map_of_six_dimensions_is_refused)
{
	hdt_launch_map m = good_map;
	m.rank = 6;
	map_refused(m, "1 to 5 dimensions");
}
Test(run, a_map_of_ragged_rows_is_refused)
{
	hdt_launch_map m = good_map;
	m.shape[1] = 7;
	map_refused(m, "rows of a tensor map have 28 bytes: no multiple of 16");
}
Test(run, a_map_of_a_large_box_is_refused)
{
	hdt_launch_map m = good_map;
	m.box[1] = 512;
	map_refused(m, "box 512 of 1..256");
}
Test(run, a_map_of_unaligned_memory_is_refused)
{
	hdt_launch_map m = good_map;
	m.address = (void *)0x4004;
	map_refused(m, "aligned to 16 bytes");
}
Test(run, a_map_that_the_driver_refuses_is_told)
{
	fake->fail_map = 1;
	map_refused(good_map, "making a tensor map: ");
}
Test(run, an_empty_tensor_needs_no_map)
{
	hdt_object *o = load_kernels("k 2\n");
	hdt_launch l = launch_of(o, "k", NULL, 0, &one_block);
	hdt_launch_map map = good_map;
	map.shape[0] = 0;
	l.maps = &map;
	l.map_count = 1;
	cr_assert_eq(run_one(&l), HDT_OK);
	cr_assert_eq(logged("map type"), 0);
	hdt_target_cuda.unload(device, o);
}

/* ---- graphs ---- */

Test(run, the_second_equal_run_is_a_graph)
{
	hdt_object *o = load_kernels("a 2\nb 2\n");
	void *x[] = {(void *)0x1000}, *y[] = {(void *)0x2000};
	hdt_launch l[] = {launch_of(o, "a", x, 1, &one_block), launch_of(o, "b", y, 1, &one_block)};
	for (int i = 0; i < 4; i++)
		cr_assert_eq(hdt_target_cuda.run(device, l, 2, &fault), HDT_OK);
	cr_assert_eq(logged("launch a"), 1);
	cr_assert_eq(logged("graph of 2"), 3);
	/* Another address, another run. */
	y[0] = (void *)0x3000;
	cr_assert_eq(hdt_target_cuda.run(device, l, 2, &fault), HDT_OK);
	cr_assert_eq(logged("launch b grid 1 1 1 block 128 1 1 shared 0 with 3000; 1"), 1);
	y[0] = (void *)0x2000;
	cr_assert_eq(hdt_target_cuda.run(device, l, 2, &fault), HDT_OK);
	cr_assert_eq(logged("graph of 2"), 4);
	hdt_target_cuda.unload(device, o);
	cr_assert_eq(fake->executables, 0, "graphs must not outlive their kernels");
}

Test(run, only_the_last_graphs_are_kept)
{
	hdt_object *o = load_kernels("a 2\n");
	void *x[] = {NULL};
	hdt_launch l[] = {launch_of(o, "a", x, 1, &one_block), launch_of(o, "a", x, 1, &one_block)};
	for (int i = 0; i < 20; i++) {
		x[0] = (void *)(uintptr_t)(0x1000 + 256 * i);
		for (int again = 0; again < 2; again++)
			cr_assert_eq(hdt_target_cuda.run(device, l, 2, &fault), HDT_OK);
	}
	cr_assert_eq(fake->executables, 8);
	hdt_target_cuda.unload(device, o);
}

Test(run, what_cannot_be_captured_runs_without_a_graph)
{
	hdt_object *o = load_kernels("a 1\n");
	hdt_launch l[] = {launch_of(o, "a", NULL, 0, &one_block), launch_of(o, "a", NULL, 0, &one_block)};
	fake->fail_capture = 900;
	for (int i = 0; i < 3; i++)
		cr_assert_eq(hdt_target_cuda.run(device, l, 2, &fault), HDT_OK);
	cr_assert_eq(logged("launch a"), 6);
	hdt_target_cuda.unload(device, o);
}

Test(run, graphs_can_be_turned_off)
{
	hdt_object *o = load_kernels("a 1\n");
	hdt_launch l[] = {launch_of(o, "a", NULL, 0, &one_block), launch_of(o, "a", NULL, 0, &one_block)};
	setenv("HIDET_CUDA_GRAPH", "0", 1);
	for (int i = 0; i < 3; i++)
		cr_assert_eq(hdt_target_cuda.run(device, l, 2, &fault), HDT_OK);
	cr_assert_eq(logged("graph"), 0);
	hdt_target_cuda.unload(device, o);
}

/* ---- kernels that fault ---- */

Test(run, an_index_out_of_bounds_is_bad_input_and_harms_nothing)
{
	hdt_object *o = load_kernels("a 1\nindex_k 1\n");
	hdt_launch l[] = {launch_of(o, "a", NULL, 0, &one_block), launch_of(o, "index_k", NULL, 0, &one_block)};
	for (int i = 0; i < 3; i++) { /* the last ones as a graph */
		cr_assert_eq(hdt_target_cuda.run(device, l, 2, &fault), HDT_BAD_INPUT);
		cr_assert_eq(fault.launch, 1);
		cr_assert_str_eq(fault.message, "index 9 is outside 0..3");
		cr_assert_eq(hdt_target_cuda.run(device, l, 1, &fault), HDT_OK);
	}
	hdt_target_cuda.unload(device, o);
}

Test(run, a_failed_assertion_is_told_though_the_device_is_lost)
{
	hdt_object *o = load_kernels("assert_k 1\n");
	hdt_launch l = launch_of(o, "assert_k", NULL, 0, &one_block);
	cr_assert_eq(run_one(&l), HDT_BAD_INPUT);
	cr_assert_str_eq(fault.message, "line 12: n is too large");
	cr_assert_eq(run_one(&l), HDT_BAD_TARGET);
	cr_assert_not_null(strstr(fault.message, "the program has to be started again"));
	hdt_target_cuda.unload(device, o);
}

static const char lost[] = "the CUDA driver refuses further work in this process; the program has to be started again";

Test(run, a_kernel_that_crashes_takes_its_device)
{
	hdt_object *o = load_kernels("a 1\ncrash_k 1\n");
	hdt_launch l[] = {launch_of(o, "a", NULL, 0, &one_block), launch_of(o, "crash_k", NULL, 0, &one_block)};
	void *memory = hdt_target_cuda.allocate(device, 100);
	cr_assert_null(hdt_target_cuda.lost(device));
	cr_assert_eq(hdt_target_cuda.run(device, l, 2, &fault), HDT_BAD_TARGET);
	cr_assert_not_null(strstr(fault.message, "a kernel has crashed (CUDA_ERROR_ILLEGAL_ADDRESS"), "%s", fault.message);
	cr_assert_not_null(strstr(fault.message, lost), "%s", fault.message);
	cr_assert_not_null(strstr(fault.message, "HIDET_CUDA_SYNC=1"), "%s", fault.message);
	cr_assert_not_null(strstr(hdt_target_cuda.lost(device), lost));
	cr_assert_eq(run_one(l), HDT_BAD_TARGET, "a lost device must say so");
	cr_assert_null(hdt_target_cuda.allocate(device, 100));
	cr_assert_eq(hdt_target_cuda.copy(device, memory, "x", 1), HDT_BAD_TARGET);
	cr_assert_null(load_kernels("a 1\n"));
	cr_assert_not_null(strstr(context->message, lost), "%s", context->message);
	hdt_target_cuda.release(device, memory);
	hdt_target_cuda.unload(device, o);
}

Test(run, a_kernel_that_crashes_takes_every_device_of_the_process)
{
	hdt_object *o = load_kernels("crash_k 1\n"), *other_o;
	hdt_launch crash = launch_of(o, "crash_k", NULL, 0, &one_block);
	hdt_device *first = device, *other, *third;
	cr_assert_eq(hdt_target_cuda.open(context, NULL, &other), HDT_OK);
	device = other;
	other_o = load_kernels("a 1\n");
	hdt_launch good = launch_of(other_o, "a", NULL, 0, &one_block);
	cr_assert_eq(hdt_target_cuda.run(first, &crash, 1, &fault), HDT_BAD_TARGET);
	cr_assert_eq(hdt_target_cuda.run(other, &good, 1, &fault), HDT_BAD_TARGET);
	cr_assert_not_null(strstr(fault.message, lost), "%s", fault.message);
	cr_assert_eq(hdt_target_cuda.open(context, NULL, &third), HDT_BAD_TARGET);
	cr_assert_not_null(strstr(context->message, lost), "%s", context->message);
	cr_assert_null(third);
	hdt_target_cuda.unload(other, other_o);
	hdt_target_cuda.close(other);
	hdt_target_cuda.unload(first, o);
	device = first;
}

Test(run, a_crash_of_another_user_of_the_driver_is_told_too)
{
	hdt_object *o = load_kernels("a 1\n");
	hdt_launch l = launch_of(o, "a", NULL, 0, &one_block);
	fake->fail_launch = 719; /* launch failed */
	cr_assert_eq(run_one(&l), HDT_BAD_TARGET);
	cr_assert_not_null(strstr(fault.message, lost), "%s", fault.message);
	hdt_target_cuda.unload(device, o);
}

Test(run, waiting_after_each_launch_tells_the_one_that_crashed)
{
	hdt_object *o = load_kernels("a 1\ncrash_k 1\n");
	hdt_launch l[] = {launch_of(o, "a", NULL, 0, &one_block), launch_of(o, "crash_k", NULL, 0, &one_block),
	                  launch_of(o, "a", NULL, 0, &one_block)};
	setenv("HIDET_CUDA_SYNC", "1", 1);
	cr_assert_eq(hdt_target_cuda.run(device, l, 3, &fault), HDT_BAD_TARGET);
	cr_assert_eq(fault.launch, 1);
	hdt_target_cuda.unload(device, o);
}

/* ---- time ---- */

Test(run, time_is_that_of_one_repeat)
{
	hdt_object *o = load_kernels("a 1\nb 1\n");
	hdt_launch l[] = {launch_of(o, "a", NULL, 0, &one_block), launch_of(o, "b", NULL, 0, &one_block)};
	double microseconds;
	cr_assert_eq(hdt_target_cuda.time(device, l, 2, 10, &microseconds, &fault), HDT_OK, "%s", fault.message);
	cr_assert_float_eq(microseconds, 1000, 1e-3);
	cr_assert_eq(logged("launch a"), 1, "once plain");
	cr_assert_eq(logged("graph of 20"), 6, "then as a graph");
	setenv("HIDET_CUDA_GRAPH", "0", 1);
	cr_assert_eq(hdt_target_cuda.time(device, l, 2, 10, &microseconds, &fault), HDT_OK, "%s", fault.message);
	cr_assert_float_eq(microseconds, 1000, 1e-3);
	cr_assert_eq(logged("launch a"), 62);
	hdt_target_cuda.unload(device, o);
}

Test(run, what_faults_is_not_timed)
{
	hdt_object *o = load_kernels("a 1\nindex_k 1\n");
	hdt_launch l[] = {launch_of(o, "a", NULL, 0, &one_block), launch_of(o, "index_k", NULL, 0, &one_block)};
	double microseconds;
	cr_assert_eq(hdt_target_cuda.time(device, l, 2, 10, &microseconds, &fault), HDT_BAD_INPUT);
	cr_assert_eq(fault.launch, 1);
	cr_assert_eq(logged("graph"), 0);
	hdt_target_cuda.unload(device, o);
}
