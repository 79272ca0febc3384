/* process.h: other programs, run without a shell, their output caught, their time bounded. */
#ifndef TARGET_CPU_PROCESS_H
#define TARGET_CPU_PROCESS_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>
#include <sys/types.h>

enum { PROCESS_OUTPUT_BYTES = 4096 };

typedef struct process {
	pid_t pid;        /* 0: not running */
	int output;       /* our end of the pipe */
	int64_t deadline; /* by the monotonic clock, in milliseconds */
	bool timed_out;
	int exit_code; /* after the end; 128 + the signal when one killed it; -1: unknown, the host took its status */
	char text[PROCESS_OUTPUT_BYTES + 1]; /* first bytes of its stdout and stderr */
	size_t length;
} process;

/* Start words[0] (looked for in PATH) with these arguments, no input, LC_ALL=C, and TMPDIR=`temporary` when that is not
 * NULL. Returns 0 or the error number. */
int process_start(process *p, char *const words[], const char *temporary, int seconds);
/* Wait until one of them has ended and give its place; -1 when none runs. Those beyond their time are killed, and end
 * so. */
int process_wait_any(process *list, int count);
/* Make an end of it and of all it started, if it runs; it is still to be waited for. */
void process_kill(process *p);

#endif
