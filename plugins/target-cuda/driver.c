/* driver.c: loads the driver's library and looks its functions up. A machine without a GPU lacks it: that is an
 * answer, not a fault. */
#include "driver.h"

#include "library.h"
#include <pthread.h>
#include <stdatomic.h>
#include <stdio.h>
#include <stdlib.h>

static driver functions;
static bool usable;
static char missing[512];

/* The crash of a kernel; written once. */
static atomic_flag noted = ATOMIC_FLAG_INIT;
static atomic_bool lost;
static char crash[400];

static const library_symbol symbols[] = {
#define CUDA_FUNCTION(member, symbol, arguments) {#symbol, offsetof(driver, member)},
#include "driver.def"
#undef CUDA_FUNCTION
};

static void load(void)
{
	const char *named = getenv("HIDET_CUDA_DRIVER");
	const char *const names[] = {named && *named ? named : "libcuda.so.1", NULL};
	void *handle = library_open(names, missing, sizeof missing);
	if (!handle)
		return;
	const char *absent = library_find(handle, symbols, sizeof symbols / sizeof *symbols, &functions);
	if (absent) {
		snprintf(missing, sizeof missing, "'%s' has no %s: a driver for CUDA 12.0 or newer is needed", names[0],
		         absent);
		return;
	}
	char text[256];
	CUresult result = functions.init(0);
	usable = result == CUDA_SUCCESS;
	if (!usable)
		snprintf(missing, sizeof missing, "the driver cannot be started: %s",
		         driver_error(&functions, result, text, sizeof text));
}

const driver *driver_get(const char **reason)
{
	static pthread_once_t once = PTHREAD_ONCE_INIT;
	pthread_once(&once, load);
	*reason = missing;
	return usable ? &functions : NULL;
}

/* ---- crashes ---- */

/* Errors after which "the process must be terminated and relaunched", as cuda.h says. */
static const CUresult fatal[] = {
	CUDA_ERROR_ILLEGAL_ADDRESS,       CUDA_ERROR_LAUNCH_TIMEOUT,      CUDA_ERROR_ASSERT,
	CUDA_ERROR_HARDWARE_STACK_ERROR,  CUDA_ERROR_ILLEGAL_INSTRUCTION, CUDA_ERROR_MISALIGNED_ADDRESS,
	CUDA_ERROR_INVALID_ADDRESS_SPACE, CUDA_ERROR_INVALID_PC,          CUDA_ERROR_LAUNCH_FAILED,
};

const char *driver_lost(void)
{
	return atomic_load(&lost) ? crash : NULL;
}

void driver_note(const driver *d, CUresult error)
{
	char text[256];
	bool is_fatal = false;
	for (size_t i = 0; i < sizeof fatal / sizeof *fatal; i++)
		is_fatal = is_fatal || error == fatal[i];
	if (!is_fatal || atomic_flag_test_and_set(&noted))
		return;
	snprintf(crash, sizeof crash,
	         "a kernel has crashed (%s): the CUDA driver refuses further work in this process; the program has to be "
	         "started again",
	         driver_error(d, error, text, sizeof text));
	atomic_store(&lost, true);
}

const char *driver_error(const driver *d, CUresult error, char *text, size_t bytes)
{
	const char *name = NULL, *words = NULL;
	if (d->error_name(error, &name) != CUDA_SUCCESS || !name)
		snprintf(text, bytes, "error %d of the driver", (int)error);
	else if (d->error_text(error, &words) != CUDA_SUCCESS || !words)
		snprintf(text, bytes, "%s", name);
	else
		snprintf(text, bytes, "%s: %s", name, words);
	return text;
}
