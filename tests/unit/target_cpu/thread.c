/* Tests of threads as the system runs them: one that works is told from one that does not, and moving one leaves its affinity alone. */
#include "../../../plugins/target-cpu/thread.h"

#include "../../../plugins/target-cpu/pool.h"
#include <criterion/criterion.h>
#include <pthread.h>
#include <sched.h>
#include <signal.h>
#include <stdatomic.h>
#include <sys/wait.h>
#include <unistd.h>

/* A thread that works or sleeps until it is told to end. */
typedef struct subject {
	pthread_t thread;
	thread_name name;
	atomic_bool ready, ends, sleeps;
	atomic_int processor; /* that it was last seen on */
	atomic_int seen;      /* how often it was */
} subject;

static void *live(void *closure)
{
	subject *s = closure;
	s->name = thread_self();
	atomic_store(&s->ready, true);
	while (!atomic_load(&s->ends)) {
		atomic_store(&s->processor, sched_getcpu());
		atomic_fetch_add(&s->seen, 1);
		if (atomic_load(&s->sleeps))
			usleep(1000000);
	}
	return NULL;
}

static void start(subject *s, bool sleeps)
{
	atomic_store(&s->sleeps, sleeps);
	cr_assert_eq(pthread_create(&s->thread, NULL, live, s), 0);
	while (!atomic_load(&s->ready))
		sched_yield();
	usleep(20000); /* asleep by now */
}

/* It has run since; on a busy machine that may take a while. */
static void let_run(const subject *s)
{
	int before = atomic_load(&s->seen);
	while (atomic_load(&s->seen) - before < 2)
		usleep(100);
}

static void end(subject *s)
{
	atomic_store(&s->ends, true);
	pthread_join(s->thread, NULL);
}

static int times_still(thread_name thread)
{
	thread_watch watch = {0};
	int still = 0;
	for (int look = 0; look < 10; look++) {
		still += thread_stands_still(&watch, thread);
		usleep(2000);
	}
	return still;
}

Test(threads, one_that_sleeps_stands_still)
{
	static subject s;
	start(&s, true);
	cr_assert_eq(times_still(s.name), 9, "the first look has nothing to compare with");
	end(&s);
}

Test(threads, one_that_works_does_not_stand_still_all_the_time)
{
	static subject s;
	start(&s, false);
	cr_assert_lt(times_still(s.name), 9);
	end(&s);
}

Test(threads, one_that_is_none_never_stands_still)
{
	cr_assert_eq(times_still((thread_name){0}), 0);
	cr_assert_eq(times_still((thread_name){.id = 1, .clock = -6}), 0, "of another process, or gone");
}

static bool same_affinity(pid_t a, pid_t b)
{
	cpu_set_t of_a, of_b;
	return sched_getaffinity(a, sizeof of_a, &of_a) == 0 && sched_getaffinity(b, sizeof of_b, &of_b) == 0 &&
	       CPU_EQUAL(&of_a, &of_b);
}

Test(threads, a_move_leaves_the_affinity_as_it_was)
{
	static subject s;
	start(&s, false);
	for (int i = 0; i < 20; i++) {
		thread_call_here(s.name);
		cr_assert(same_affinity(s.name.id, 0));
		thread_send_away(s.name);
		cr_assert(same_affinity(s.name.id, 0));
	}
	end(&s);
}

Test(threads, one_that_may_not_run_here_stays_where_it_is)
{
	static subject s;
	cpu_set_t all, own, others;
	cr_assert_eq(sched_getaffinity(0, sizeof all, &all), 0);
	if (CPU_COUNT(&all) < 2)
		return;
	start(&s, false);
	CPU_ZERO(&own);
	CPU_SET(sched_getcpu(), &own);
	CPU_XOR(&others, &all, &own);
	cr_assert_eq(sched_setaffinity(0, sizeof own, &own), 0);
	cr_assert_eq(sched_setaffinity(s.name.id, sizeof others, &others), 0);
	thread_call_here(s.name);
	let_run(&s);
	cr_assert(CPU_ISSET(atomic_load(&s.processor), &others));
	end(&s);
}

/* ---- the pool beside other programs ------------------------------------------------------------------------------- */

enum { NEIGHBOURS = 3, COUNT = 64, LOOPS = 300 };

static void work_a_little(void *closure, int64_t begin, int64_t end)
{
	int *visits = closure;
	for (int64_t i = begin; i < end; i++) {
		for (volatile int step = 0; step < 20000; step++)
			continue;
		visits[i]++;
	}
}

Test(threads, loops_beside_busy_programs_are_whole_and_leave_the_affinity)
{
	pid_t neighbours[NEIGHBOURS];
	static int visits[COUNT];
	cpu_set_t before, after;
	cr_assert_eq(sched_getaffinity(0, sizeof before, &before), 0);
	for (int i = 0; i < NEIGHBOURS; i++)
		if ((neighbours[i] = fork()) == 0) {
			alarm(20); /* whatever becomes of the parent */
			for (;;)
				continue;
		}
	pool *p = pool_new(3);
	for (int k = 0; k < LOOPS; k++)
		pool_for(p, COUNT, work_a_little, visits);
	pool_free(p);
	for (int i = 0; i < NEIGHBOURS; i++) {
		kill(neighbours[i], SIGKILL);
		waitpid(neighbours[i], NULL, 0);
	}
	for (int i = 0; i < COUNT; i++)
		cr_assert_eq(visits[i], LOOPS);
	cr_assert_eq(sched_getaffinity(0, sizeof after, &after), 0);
	cr_assert(CPU_EQUAL(&before, &after));
}

/* A forked child has another name than its parent, whose threads it must leave alone. */
Test(threads, a_child_with_a_pool_of_its_own_computes)
{
	static int visits[COUNT];
	pool *p = pool_new(2);
	pool_for(p, COUNT, work_a_little, visits);
	pid_t child = fork();
	if (child == 0) {
		pool *own = pool_new(3);
		for (int k = 1; k < 50; k++)
			pool_for(own, COUNT, work_a_little, visits);
		pool_free(own);
		_exit(visits[COUNT - 1] == 50 ? 0 : 1);
	}
	int status = -1;
	waitpid(child, &status, 0);
	cr_assert_eq(status, 0);
	pool_free(p);
}
