/* driver.h: how a test steers the driver that only pretends, and what it says of its calls. */
#ifndef TEST_FAKE_DRIVER_H
#define TEST_FAKE_DRIVER_H

#include <stddef.h>

/* An "image" for cuModuleLoadData is a text: one line "NAME PARAMETERS" for each kernel. What a kernel does when it
 * runs is told by the start of its name:
 *     index_   reads at index 9 of 4, and runs on
 *     assert_  an assertion on line 12 fails, with the message "n is too large"
 *     crash_   accesses memory that is not there
 *     slow_    needs so many registers that only 256 threads fit in a block
 *     others   do nothing
 * Each takes half a millisecond. A line "hidet_faults 0" is the variable of that name. */
typedef struct fake_state {
	char log[16384]; /* a line for each launch, graph, allocation, ... */
	size_t memory;   /* bytes that can be allocated */
	size_t used;
	int devices;
	int architecture;
	int fail_launch;  /* result of the next launches, 0: they work */
	int fail_capture; /* of the beginning of a capture */
	int fail_map;     /* of making a tensor map */
	int contexts;     /* that are alive */
	int modules;
	int executables;
	int events;
	int depth;          /* contexts pushed and not popped */
	float milliseconds; /* of all that ran */
} fake_state;

/* The state of the library that is loaded, found by dlsym: fake_driver_state. */
fake_state *fake_driver_state(void);

#endif
