/* prelude.c: the text before the kernels of every unit. Its parts lie in prelude/; the contract is
 * docs/emitted-kernels.md. */
#include "cuda.h"

static const char text[] = {
#include "prelude_bytes.inc"
	0,
};

const char *prelude_text(const hdt_device *device)
{
	(void)device; /* the text asks the compiler for the architecture */
	return text;
}
