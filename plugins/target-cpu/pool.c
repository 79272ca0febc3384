/* pool.c: worker threads that wait for a loop by spinning a little, then yielding, then sleeping.
 *
 * A loop is cut into about four chunks per thread. Every thread has a home: a range of neighbouring chunks that it
 * takes first, so that the same thread touches the same data from loop to loop; then it helps the others.
 *
 * `state` says all that the threads must agree on in one word: the number of the loop, whether it is open, and how many
 * workers are inside. A worker enters by adding itself to the word while it says open; the caller closes the loop when
 * no chunk is left and waits only for those inside. So the loop's description is never read by a worker that comes too
 * late.
 *
 * A thread that waits for one which does not run, because the system has given its processor to another program, changes
 * places with it: see thread.h. The caller lets a worker finish its chunk, and sends it away again; a worker gives its
 * processor to the caller. */
#include "pool.h"
#include "thread.h"

#include <limits.h>
#include <linux/futex.h>
#include <pthread.h>
#include <sched.h>
#include <stdatomic.h>
#include <stdlib.h>
#include <sys/syscall.h>
#include <time.h>
#include <unistd.h>

enum {
	CHUNKS_PER_THREAD = 4,
	SPIN_NANOSECONDS = 20 * 1000,       /* then yield to others */
	NAP_NANOSECONDS = 1000 * 1000,      /* of a caller, at most */
	IDLE_NANOSECONDS = 2 * 1000 * 1000, /* then sleep: waking takes 30 to 100 us */
	STACK_BYTES = 8 << 20,
	CACHE_LINE = 64
};

#define STATE_INSIDE ((uint64_t)0x7fffffff) /* workers inside the loop */
#define STATE_OPEN ((uint64_t)0x80000000)
#define STATE_SERIAL_SHIFT 32

/* The chunks of one home that are left. */
typedef struct home {
	_Alignas(CACHE_LINE) atomic_llong next;
	int64_t end;
} home;

typedef struct worker {
	_Alignas(CACHE_LINE) pool *pool;
	int index; /* of its home; 0 is the caller's */
	pthread_t thread;
	thread_name name;   /* written before it first enters a loop */
	atomic_bool inside; /* a loop */
	thread_watch watch; /* the caller's */
	bool here;          /* the caller has called it to its processor */
} worker;

struct pool {
	_Alignas(CACHE_LINE) atomic_uint_fast64_t state;
	/* The loop: written while it is closed and nobody is inside. */
	_Alignas(CACHE_LINE) pool_body body;
	void *closure;
	int64_t count, chunk_count;
	/* Sleeping. */
	_Alignas(CACHE_LINE) atomic_int sleepers; /* not yet told to wake */
	atomic_uint wakes;                        /* how often they were told: the word that they sleep on */
	atomic_bool quit;
	/* A caller that naps until the workers are done. */
	atomic_bool naps;
	atomic_uint dones; /* how often it was told: the word that it sleeps on */
	_Atomic(thread_name) caller;
	int threads;
	pid_t process;
	worker *workers;
	home *homes;
};

/* What a thread knows of itself. */
static _Thread_local struct {
	bool inside_loop;
	thread_name name; /* in `process`: a forked child has another one */
	pid_t process;
} self;

static void pause_a_little(void)
{
#if defined(__x86_64__) || defined(__i386__)
	__builtin_ia32_pause();
#elif defined(__aarch64__)
	__asm__ volatile("yield");
#endif
}

/* Iteration at which chunk `k` begins: k / chunk_count of all, so that chunks and homes differ by at most one iteration. */
static int64_t chunk_begin(const pool *p, int64_t k)
{
	return p->count / p->chunk_count * k + p->count % p->chunk_count * k / p->chunk_count;
}

static void work(pool *p, int own)
{
	self.inside_loop = true;
	for (int h = 0; h < p->threads; h++) {
		home *from = &p->homes[(own + h) % p->threads];
		for (;;) {
			int64_t k = atomic_fetch_add_explicit(&from->next, 1, memory_order_relaxed);
			if (k >= from->end)
				break;
			p->body(p->closure, chunk_begin(p, k), chunk_begin(p, k + 1));
		}
	}
	self.inside_loop = false;
}

/* Sleep unless somebody was told to wake since `wakes` was `seen`, at most so long (NULL: forever). May return without
 * reason. */
static void sleep_on(atomic_uint *wakes, unsigned seen, const struct timespec *most)
{
	syscall(SYS_futex, wakes, FUTEX_WAIT_PRIVATE, seen, most, NULL, 0);
}

static void tell(atomic_uint *wakes)
{
	atomic_fetch_add(wakes, 1);
	syscall(SYS_futex, wakes, FUTEX_WAKE_PRIVATE, INT_MAX, NULL, NULL, 0);
}

static void wake_all(pool *p)
{
	atomic_store(&p->sleepers, 0);
	tell(&p->wakes);
}

static void sleep_until_woken(pool *p)
{
	unsigned seen = atomic_load(&p->wakes);
	atomic_fetch_add(&p->sleepers, 1);
	/* A loop opened before the line above may have seen no sleeper: look once more before sleeping. */
	while (atomic_load(&p->wakes) == seen && !(atomic_load(&p->state) & STATE_OPEN) && !atomic_load(&p->quit))
		sleep_on(&p->wakes, seen, NULL);
	/* Nobody counts itself off when it was not told: a number that is too high costs one call too many. */
}

static void wake_sleepers(pool *p)
{
	if (atomic_load(&p->sleepers))
		wake_all(p);
}

/* Enter the loop if it is open and not the one with number `last`. Returns its number, or `last`. */
static uint64_t try_enter(pool *p, uint64_t last)
{
	uint64_t s = atomic_load_explicit(&p->state, memory_order_relaxed);
	while (s & STATE_OPEN && s >> STATE_SERIAL_SHIFT != last)
		if (atomic_compare_exchange_weak_explicit(&p->state, &s, s + 1, memory_order_acquire, memory_order_relaxed))
			return s >> STATE_SERIAL_SHIFT;
	return last;
}

static void leave(worker *me)
{
	pool *p = me->pool;
	atomic_store_explicit(&me->inside, false, memory_order_relaxed);
	atomic_fetch_sub(&p->state, 1);
	if (atomic_load(&p->naps))
		tell(&p->dones);
}

/* Nothing is left to do in the loop but what its caller has begun: if that does not run, let it run here. */
static void help_caller(worker *me, thread_watch *watch)
{
	thread_name caller = atomic_load_explicit(&me->pool->caller, memory_order_relaxed);
	if (!thread_stands_still(watch, caller))
		return;
	thread_call_here(caller);
	thread_send_away(me->name);
}

static bool is_open(pool *p, uint64_t serial)
{
	uint64_t s = atomic_load_explicit(&p->state, memory_order_acquire);
	return s & STATE_OPEN && s >> STATE_SERIAL_SHIFT == serial;
}

static void *run_worker(void *closure)
{
	worker *me = closure;
	pool *p = me->pool;
	uint64_t last = 0;
	int64_t idle_since = thread_now_ns();
	thread_watch watch = {0};
	me->name = thread_self();
	for (unsigned turn = 0; !atomic_load_explicit(&p->quit, memory_order_relaxed); turn++) {
		uint64_t serial = try_enter(p, last);
		if (serial != last) {
			last = serial;
			atomic_store_explicit(&me->inside, true, memory_order_release);
			work(p, me->index);
			leave(me);
			idle_since = thread_now_ns();
			watch = (thread_watch){0};
			continue;
		}
		pause_a_little();
		if (turn % 16)
			continue;
		int64_t idle = thread_now_ns() - idle_since;
		if (idle > IDLE_NANOSECONDS) {
			sleep_until_woken(p);
			idle_since = thread_now_ns();
		} else if (idle > SPIN_NANOSECONDS) {
			if (is_open(p, last))
				help_caller(me, &watch);
			sched_yield();
		}
	}
	return NULL;
}

/* ---- the caller --------------------------------------------------------------------------------------------------- */

static bool all_left(pool *p)
{
	return !(atomic_load_explicit(&p->state, memory_order_acquire) & STATE_INSIDE);
}

/* Call the workers inside that do not run to this processor. Is there any? */
static bool call_workers(pool *p)
{
	bool any = false;
	for (int i = 1; i < p->threads; i++) {
		worker *w = &p->workers[i];
		if (!atomic_load_explicit(&w->inside, memory_order_acquire) || !thread_stands_still(&w->watch, w->name))
			continue;
		thread_call_here(w->name);
		w->here = any = true;
	}
	return any;
}

/* Leave the processor to those that were called to it. */
static void nap(pool *p)
{
	const struct timespec most = {.tv_nsec = NAP_NANOSECONDS};
	unsigned seen = atomic_load(&p->dones);
	atomic_store(&p->naps, true);
	if (!all_left(p)) /* one that left before the line above told nobody */
		sleep_on(&p->dones, seen, &most);
	atomic_store(&p->naps, false);
}

static void wait_long(pool *p)
{
	for (int i = 1; i < p->threads; i++)
		p->workers[i].watch = (thread_watch){0};
	for (unsigned turn = 1; !all_left(p); turn++) {
		pause_a_little();
		if (turn % 64 == 0 && call_workers(p))
			nap(p);
	}
	for (int i = 1; i < p->threads; i++) {
		if (p->workers[i].here)
			thread_send_away(p->workers[i].name);
		p->workers[i].here = false;
	}
}

/* Nobody new may enter; wait for those inside. */
static void close_loop(pool *p)
{
	atomic_fetch_and_explicit(&p->state, ~STATE_OPEN, memory_order_acquire);
	for (unsigned turn = 0; !all_left(p); turn++) {
		pause_a_little();
		if (turn == 512)
			wait_long(p);
	}
}

void pool_for(pool *p, int64_t count, pool_body body, void *closure)
{
	if (count <= 0)
		return;
	if (self.inside_loop || p->threads == 1 || count == 1) {
		body(closure, 0, count);
		return;
	}
	int64_t most = (int64_t)p->threads * CHUNKS_PER_THREAD;
	if (self.process != p->process) {
		self.name = thread_self();
		self.process = p->process;
	}
	atomic_store_explicit(&p->caller, self.name, memory_order_relaxed);
	p->body = body;
	p->closure = closure;
	p->count = count;
	p->chunk_count = count < most ? count : most;
	for (int h = 0; h < p->threads; h++) {
		atomic_store_explicit(&p->homes[h].next, p->chunk_count * h / p->threads, memory_order_relaxed);
		p->homes[h].end = p->chunk_count * (h + 1) / p->threads;
	}
	uint64_t serial = ((atomic_load_explicit(&p->state, memory_order_relaxed) >> STATE_SERIAL_SHIFT) + 1) & UINT32_MAX;
	atomic_store(&p->state, (serial ? serial : 1) << STATE_SERIAL_SHIFT | STATE_OPEN);
	wake_sleepers(p);
	work(p, 0);
	close_loop(p);
}

/* Start the workers; `threads` becomes the number that could be had. */
static void start(pool *p, int threads)
{
	pthread_attr_t attributes;
	pthread_attr_init(&attributes);
	pthread_attr_setstacksize(&attributes, STACK_BYTES);
	for (; p->threads < threads; p->threads++) {
		worker *w = &p->workers[p->threads];
		*w = (worker){.pool = p, .index = p->threads};
		if (pthread_create(&w->thread, &attributes, run_worker, w) != 0)
			break;
	}
	pthread_attr_destroy(&attributes);
}

pool *pool_new(int threads)
{
	pool *p = aligned_alloc(CACHE_LINE, sizeof *p);
	if (!p)
		return NULL;
	*p = (pool){.threads = 1, .process = getpid()};
	p->workers = aligned_alloc(CACHE_LINE, (size_t)threads * sizeof *p->workers);
	p->homes = aligned_alloc(CACHE_LINE, (size_t)threads * sizeof *p->homes);
	if (!p->workers || !p->homes) {
		free(p->workers);
		free(p->homes);
		free(p);
		return NULL;
	}
	start(p, threads);
	return p;
}

void pool_free(pool *p)
{
	if (!p)
		return;
	if (p->process == getpid()) {
		atomic_store(&p->quit, true);
		wake_all(p);
		for (int i = 1; i < p->threads; i++)
			pthread_join(p->workers[i].thread, NULL);
	}
	free(p->workers);
	free(p->homes);
	free(p);
}

int pool_threads(const pool *p)
{
	return p->threads;
}
