/* device_target.h: a target with memory of its own, where no address of the host is good and no address of the device can be read by the
 * host: for tests of what stands around kernels. Its kernels are C functions of the test, found by the end of their name. */
#ifndef TEST_EXEC_DEVICE_TARGET_H
#define TEST_EXEC_DEVICE_TARGET_H

#include <hidet/target.h>

/* What a kernel does; false ends the run with a fault. */
typedef bool device_kernel(const hdt_launch *launch);
typedef struct device_function {
	const char *name; /* of the function in its program */
	device_kernel *run;
} device_function;

extern const device_function *device_functions; /* ended by a NULL name */
extern const hdt_target device_target;
extern hdt_target_info device_info;
extern int device_uploads, device_downloads; /* copies to and from the device */
extern int device_allocations;               /* that are not released */
extern bool device_full;                     /* nothing more can be allocated, of 1000 bytes 24 are free */

/* The memory behind an address of the device; the test fails when it is none. */
void *device_memory(const void *address);

#endif
