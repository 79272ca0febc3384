/* prelude.c: the text before the functions of every unit. Its parts lie in prelude/; the contract is docs/emitted-c.md.
 */
#include "cpu.h"

static const char text[] = {
#include "prelude_bytes.inc"
	0,
};

const char *prelude_text(const hdt_device *device)
{
	(void)device; /* the text asks the compiler what the processor has */
	return text;
}
