/* helpers.h: a session with the simulator, and kernels of files run on arrays that they ask for themselves. */
#ifndef TEST_TARGET_SIM_HELPERS_H
#define TEST_TARGET_SIM_HELPERS_H

#include "core/session.h"

extern hdt_session *session;
void begin_session(void);
void end_session(void);

/* Load a file, given by its path. */
hdt_status load_kernel(const char *path, hdt_kernel **out);
/* Load the text of a kernel. */
hdt_status load_text(const char *source, hdt_kernel **out);

/* Run a kernel of a file on what its line "# run: x=f32[64] n=5" says; the arrays are filled with the numbers 0, 1,
 * 2, ... modulo 251. */
hdt_status run_file(const char *path);

#endif
