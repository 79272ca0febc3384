/* compiler.h: NVRTC, the compiler's library, found at run time. */
#ifndef TARGET_CUDA_COMPILER_H
#define TARGET_CUDA_COMPILER_H

#include <hidet/base.h>
#include <nvrtc.h>

enum { COMPILER_MOST_ARCHITECTURES = 64 };

typedef struct compiler {
#define NVRTC_FUNCTION(member, symbol, arguments) nvrtcResult(*member) arguments;
#include "nvrtc.def"
#undef NVRTC_FUNCTION
	int major, minor;
	int architectures[COMPILER_MOST_ARCHITECTURES]; /* that it makes code for, ascending: 75, 80, ... */
	int architecture_count;
} compiler;

/* The compiler, loaded once for the process: the file that HIDET_NVRTC names, or the newest known one. NULL when
 * there is none; then *reason tells why. */
const compiler *compiler_get(const char **reason);

/* The name of the code that runs on compute capability `architecture`: "sm_90a". False when this compiler makes
 * none. */
bool compiler_architecture(const compiler *c, int architecture, char *name, size_t bytes);

/* The options that every unit is compiled with, the architecture's first. */
enum { COMPILER_OPTIONS = 6 };
extern const char *const compiler_options[COMPILER_OPTIONS];

#endif
