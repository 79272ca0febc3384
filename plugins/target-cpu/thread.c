/* thread.c: see thread.h. A thread is moved by narrowing its affinity for a moment: the system moves it at once. */
#include "thread.h"

#include <pthread.h>
#include <sched.h>
#include <sys/syscall.h>
#include <unistd.h>

enum { LOOK_NANOSECONDS = 20 * 1000 }; /* from one look to the next */

static int64_t read_clock(clockid_t clock)
{
	struct timespec t;
	return clock_gettime(clock, &t) == 0 ? (int64_t)t.tv_sec * 1000000000 + t.tv_nsec : -1;
}

int64_t thread_now_ns(void)
{
	return read_clock(CLOCK_MONOTONIC);
}

thread_name thread_self(void)
{
	thread_name t = {.id = (pid_t)syscall(SYS_gettid)};
	if (pthread_getcpuclockid(pthread_self(), &t.clock) != 0)
		t.id = 0;
	return t;
}

bool thread_stands_still(thread_watch *watch, thread_name thread)
{
	int64_t now = thread_now_ns();
	if (!thread.id || now - watch->at < LOOK_NANOSECONDS)
		return false;
	int64_t ran = read_clock(thread.clock);
	bool still = watch->at && ran >= 0 && ran == watch->ran;
	*watch = (thread_watch){ran, now};
	return still;
}

/* On the processor of the caller alone, or on all but that. */
static void move(thread_name thread, bool here)
{
	cpu_set_t allowed, wanted;
	int own = sched_getcpu();
	if (own < 0 || sched_getaffinity(thread.id, sizeof allowed, &allowed) != 0 || !CPU_ISSET(own, &allowed))
		return;
	wanted = allowed;
	CPU_CLR(own, &wanted);
	if (here)
		CPU_XOR(&wanted, &wanted, &allowed);
	if (CPU_COUNT(&wanted) && sched_setaffinity(thread.id, sizeof wanted, &wanted) == 0)
		(void)sched_setaffinity(thread.id, sizeof allowed, &allowed);
}

void thread_call_here(thread_name thread)
{
	move(thread, true);
}

void thread_send_away(thread_name thread)
{
	move(thread, false);
}
