/* thread.h: threads as the system runs them: whether one stands still, and where it runs.
 *
 * On a busy machine a thread in the middle of its work may wait several milliseconds for a processor that another program has, while the
 * processor of the thread that waits for it does nothing. So these two change places. */
#ifndef TARGET_CPU_THREAD_H
#define TARGET_CPU_THREAD_H

#include <stdbool.h>
#include <stdint.h>
#include <sys/types.h>
#include <time.h>

int64_t thread_now_ns(void);

typedef struct thread_name {
	pid_t id;        /* of the system; 0: none */
	clockid_t clock; /* of the time that it has run */
} thread_name;

thread_name thread_self(void);

/* A look at another thread from time to time. Zeroed: it has not been looked at. */
typedef struct thread_watch {
	int64_t ran, at; /* how long it had run by then, in nanoseconds */
} thread_watch;

/* Has it not run at all since the last look? Looks again after a while only, until then the answer is no. */
bool thread_stands_still(thread_watch *watch, thread_name thread);

/* Have the thread run on the caller's processor, as soon as that is free; or on any other one. Not where the thread may not run by its
 * affinity, which stays as it is. */
void thread_call_here(thread_name thread);
void thread_send_away(thread_name thread);

#endif
