/* child.c: see child.h. */
#include "base/child.h"

#include "base/timing.h"
#include <errno.h>
#include <signal.h>
#include <stddef.h>
#include <sys/resource.h>
#include <sys/wait.h>
#include <unistd.h>

enum { POLL_US = 1000, LOST = 1 << 8 /* as if it had exited with 1 */ };

void child_dies_plainly(void)
{
	static const int crashes[] = {SIGSEGV, SIGBUS, SIGILL, SIGFPE, SIGABRT};
	const struct rlimit no_core = {0, 0};
	setrlimit(RLIMIT_CORE, &no_core);
	for (size_t i = 0; i < sizeof crashes / sizeof *crashes; i++)
		signal(crashes[i], SIG_DFL);
}

int child_wait(pid_t child, double seconds, int (*progress)(const void *closure), const void *closure)
{
	int status, done = progress ? progress(closure) : 0;
	double since = now_seconds();
	for (;;) {
		pid_t got = waitpid(child, &status, WNOHANG);
		if (got == child)
			return status;
		if (got < 0 && errno != EINTR)
			return LOST;
		int more = progress ? progress(closure) : 0;
		if (more == done && now_seconds() - since > seconds)
			break;
		since = more == done ? since : now_seconds();
		done = more;
		usleep(POLL_US);
	}
	kill(child, SIGKILL);
	while (waitpid(child, &status, 0) < 0 && errno == EINTR)
		;
	return -1;
}
