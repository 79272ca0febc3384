/* process.c: the end of a process is seen as the end of its output, so that one poll waits for several of them without
 * taking the host's own children or a signal handler. */
#include "process.h"

#include <errno.h>
#include <fcntl.h>
#include <poll.h>
#include <signal.h>
#include <spawn.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/wait.h>
#include <time.h>
#include <unistd.h>

enum { MOST_PROCESSES = 64, REAP_MILLISECONDS = 1 };

extern char **environ;

static int64_t now_ms(void)
{
	struct timespec t;
	clock_gettime(CLOCK_MONOTONIC, &t);
	return (int64_t)t.tv_sec * 1000 + t.tv_nsec / 1000000;
}

/* Our environment but for LC_ALL and TMPDIR. Free it as one block; the last two strings are `extra`'s. */
static char **make_environment(char *const extra[2])
{
	size_t count = 0, kept = 0;
	while (environ && environ[count])
		count++;
	char **list = calloc(count + 3, sizeof *list);
	if (!list)
		return NULL;
	for (size_t i = 0; i < count; i++) {
		bool ours = strncmp(environ[i], "LC_ALL=", 7) == 0 || (extra[1] && strncmp(environ[i], "TMPDIR=", 7) == 0);
		if (!ours)
			list[kept++] = environ[i];
	}
	list[kept++] = extra[0];
	list[kept] = extra[1];
	return list;
}

/* A group of its own, so that a compiler that hangs is killed with all that it started; signals as a fresh program
 * expects them. */
static void set_attributes(posix_spawnattr_t *attributes)
{
	sigset_t none, defaults;
	sigemptyset(&none);
	sigemptyset(&defaults);
	sigaddset(&defaults, SIGCHLD);
	sigaddset(&defaults, SIGPIPE);
	sigaddset(&defaults, SIGINT);
	posix_spawnattr_setsigmask(attributes, &none);
	posix_spawnattr_setsigdefault(attributes, &defaults);
	posix_spawnattr_setpgroup(attributes, 0);
	posix_spawnattr_setflags(attributes, POSIX_SPAWN_SETSIGMASK | POSIX_SPAWN_SETSIGDEF | POSIX_SPAWN_SETPGROUP);
}

static int spawn(process *p, char *const words[], char *const environment[], int output)
{
	posix_spawnattr_t attributes;
	posix_spawn_file_actions_t actions;
	int error = posix_spawnattr_init(&attributes);
	if (error)
		return error;
	error = posix_spawn_file_actions_init(&actions);
	if (!error) {
		set_attributes(&attributes);
		error = posix_spawn_file_actions_addopen(&actions, 0, "/dev/null", O_RDONLY, 0);
		error = error ? error : posix_spawn_file_actions_adddup2(&actions, output, 1);
		error = error ? error : posix_spawn_file_actions_adddup2(&actions, output, 2);
		error = error ? error : posix_spawnp(&p->pid, words[0], &actions, &attributes, words, environment);
		posix_spawn_file_actions_destroy(&actions);
	}
	posix_spawnattr_destroy(&attributes);
	return error;
}

int process_start(process *p, char *const words[], const char *temporary, int seconds)
{
	*p = (process){.output = -1, .deadline = now_ms() + (int64_t)seconds * 1000};
	char locale[] = "LC_ALL=C", *folder = NULL;
	if (temporary) {
		size_t bytes = strlen(temporary) + sizeof "TMPDIR=";
		folder = malloc(bytes);
		if (!folder)
			return ENOMEM;
		snprintf(folder, bytes, "TMPDIR=%s", temporary);
	}
	int ends[2] = {-1, -1}, error = ENOMEM;
	char **environment = make_environment((char *[]){locale, folder});
	if (environment)
		error = pipe2(ends, O_CLOEXEC) == 0 ? spawn(p, words, environment, ends[1]) : errno;
	free(environment);
	free(folder);
	if (ends[1] >= 0)
		close(ends[1]);
	if (error && ends[0] >= 0)
		close(ends[0]);
	p->output = error ? -1 : ends[0];
	p->pid = error ? 0 : p->pid;
	return error;
}

void process_kill(process *p)
{
	if (p->pid)
		kill(-p->pid, SIGKILL);
}

static void kill_late(process *p)
{
	if (p->timed_out || now_ms() < p->deadline)
		return;
	p->timed_out = true;
	process_kill(p);
}

/* Its output has ended: take its status. It may have closed its output and go on, so the deadline still counts. */
static void reap(process *p)
{
	int status = 0;
	pid_t got;
	while ((got = waitpid(p->pid, &status, WNOHANG)) == 0 || (got < 0 && errno == EINTR)) {
		poll(NULL, 0, REAP_MILLISECONDS);
		kill_late(p);
	}
	p->exit_code = got < 0 ? -1 : WIFEXITED(status) ? WEXITSTATUS(status) : 128 + WTERMSIG(status);
	close(p->output);
	p->pid = 0;
	p->text[p->length] = 0;
}

/* Take what there is; false at the end of the output. What does not fit is read and dropped. */
static bool read_output(process *p)
{
	char rest[1024];
	size_t room = PROCESS_OUTPUT_BYTES - p->length;
	ssize_t n = read(p->output, room ? p->text + p->length : rest, room ? room : sizeof rest);
	if (n > 0 && room)
		p->length += (size_t)n;
	return n > 0 || (n < 0 && (errno == EINTR || errno == EAGAIN));
}

int process_wait_any(process *list, int count)
{
	for (;;) {
		struct pollfd polls[MOST_PROCESSES];
		int places[MOST_PROCESSES], n = 0;
		int64_t wait = INT32_MAX, now = now_ms();
		for (int i = 0; i < count && n < MOST_PROCESSES; i++) {
			if (!list[i].pid)
				continue;
			polls[n] = (struct pollfd){.fd = list[i].output, .events = POLLIN};
			places[n++] = i;
			int64_t left = list[i].timed_out ? INT32_MAX : list[i].deadline - now;
			wait = left < wait ? left : wait;
		}
		if (n == 0)
			return -1;
		if (poll(polls, (nfds_t)n, wait < 0 ? 0 : (int)wait) < 0 && errno != EINTR)
			poll(NULL, 0, REAP_MILLISECONDS);
		for (int k = 0; k < n; k++) {
			process *p = &list[places[k]];
			if (polls[k].revents && !read_output(p)) {
				reap(p);
				return places[k];
			}
			kill_late(p);
		}
	}
}
