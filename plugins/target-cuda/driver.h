/* driver.h: the CUDA driver's library, found at run time. */
#ifndef TARGET_CUDA_DRIVER_H
#define TARGET_CUDA_DRIVER_H

#include <cuda.h>
#include <hidet/base.h>

typedef struct driver {
#define CUDA_FUNCTION(member, symbol, arguments) CUresult(CUDAAPI *member) arguments;
#include "driver.def"
#undef CUDA_FUNCTION
} driver;

/* The driver, loaded and initialised once for the process: libcuda.so.1, or the file that HIDET_CUDA_DRIVER names.
 * NULL when it cannot be used; then *reason tells why. */
const driver *driver_get(const char **reason);

/* A kernel that crashes takes the whole process with it: the driver answers every later call with the crash's error, in every context, old or
 * new, on every GPU. Other processes go on. */
/* What there is to say when that has happened; else NULL. [any thread] */
const char *driver_lost(void);
/* A call failed: after one of the errors that crashed kernels leave behind, the driver is lost. [any thread] */
void driver_note(const driver *d, CUresult error);

/* "CUDA_ERROR_ILLEGAL_ADDRESS: an illegal memory access was encountered" */
const char *driver_error(const driver *d, CUresult error, char *text, size_t bytes);

#endif
