/* guard.c: what belongs to the whole process and what a plugin's constructors must therefore leave alone: floating-point state,
 * signal handlers and mask, current folder, locale, umask, the standard streams.
 *
 * A plugin that is linked with -ffast-math, say, makes denormal numbers zero in every thread that is started later. What changed is put
 * back and named. Other threads that change these things at the same moment would be blamed on the plugin. */
#include "loader/stages.h"
#include <fcntl.h>
#include <fenv.h>
#include <locale.h>
#include <signal.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

enum { STREAMS = 3 };

struct guard {
	fenv_t floats;
	struct sigaction handlers[NSIG];
	sigset_t mask;
	int folder; /* descriptor, -1 when it could not be opened */
	struct stat folder_stat;
	char *locale;
	mode_t umask;
	struct stat streams[STREAMS];
	bool open[STREAMS];
};

/* The bits of a floating-point environment that steer arithmetic; exception flags come and go. */
static uint64_t control_bits(const fenv_t *e)
{
#if defined(__x86_64__)
	return (uint64_t)e->__control_word << 32 | (e->__mxcsr & ~UINT32_C(0x3f));
#elif defined(__aarch64__)
	return e->__fpcr;
#else
	(void)e;
	return (uint64_t)fegetround();
#endif
}

static mode_t current_umask(void)
{
	mode_t mask = umask(077);
	umask(mask);
	return mask;
}

guard *guard_new(void)
{
	guard *g = calloc(1, sizeof *g);
	if (!g)
		return NULL;
	fegetenv(&g->floats);
	for (int s = 1; s < NSIG; s++)
		sigaction(s, NULL, &g->handlers[s]);
	sigprocmask(SIG_SETMASK, NULL, &g->mask);
	g->folder = open(".", O_RDONLY | O_DIRECTORY | O_CLOEXEC);
	if (g->folder >= 0)
		fstat(g->folder, &g->folder_stat);
	const char *locale = setlocale(LC_ALL, NULL);
	g->locale = locale ? strdup(locale) : NULL;
	g->umask = current_umask();
	for (int s = 0; s < STREAMS; s++)
		g->open[s] = fstat(s, &g->streams[s]) == 0;
	return g;
}

static bool floats_changed(const guard *g)
{
	fenv_t now;
	fegetenv(&now);
	if (control_bits(&now) == control_bits(&g->floats))
		return false;
	fesetenv(&g->floats);
	return true;
}

static bool handlers_changed(const guard *g)
{
	bool changed = false;
	for (int s = 1; s < NSIG; s++) {
		struct sigaction now;
		if (sigaction(s, NULL, &now) != 0 || now.sa_handler == g->handlers[s].sa_handler)
			continue;
		sigaction(s, &g->handlers[s], NULL);
		changed = true;
	}
	return changed;
}

static bool mask_changed(const guard *g)
{
	sigset_t now;
	sigprocmask(SIG_SETMASK, NULL, &now);
	for (int s = 1; s < NSIG; s++)
		if (sigismember(&now, s) != sigismember(&g->mask, s)) {
			sigprocmask(SIG_SETMASK, &g->mask, NULL);
			return true;
		}
	return false;
}

static bool folder_changed(const guard *g)
{
	struct stat now;
	if (g->folder < 0 || stat(".", &now) != 0)
		return false;
	if (now.st_dev == g->folder_stat.st_dev && now.st_ino == g->folder_stat.st_ino)
		return false;
	return fchdir(g->folder) == 0 || true;
}

static bool locale_changed(const guard *g)
{
	const char *now = setlocale(LC_ALL, NULL);
	if (!g->locale || !now || !strcmp(now, g->locale))
		return false;
	setlocale(LC_ALL, g->locale);
	return true;
}

static bool umask_changed(const guard *g)
{
	if (current_umask() == g->umask)
		return false;
	umask(g->umask);
	return true;
}

static bool streams_changed(const guard *g)
{
	for (int s = 0; s < STREAMS; s++) {
		struct stat now;
		bool is_open = fstat(s, &now) == 0;
		if (is_open != g->open[s] ||
		    (is_open && (now.st_dev != g->streams[s].st_dev || now.st_ino != g->streams[s].st_ino)))
			return true;
	}
	return false;
}

const char *guard_check(guard *g)
{
	static const struct {
		bool (*changed)(const guard *g);
		const char *name;
	} checks[] = {
		{floats_changed, "the floating-point state"},
		{handlers_changed, "a signal handler"},
		{mask_changed, "the signal mask"},
		{folder_changed, "the current folder"},
		{locale_changed, "the locale"},
		{umask_changed, "the umask"},
		{streams_changed, "a standard stream"},
	};
	const char *changed = NULL;
	/* All of them, so that everything is put back. */
	for (size_t i = 0; i < sizeof checks / sizeof *checks; i++)
		if (checks[i].changed(g) && !changed)
			changed = checks[i].name;
	if (g->folder >= 0)
		close(g->folder);
	free(g->locale);
	free(g);
	return changed;
}
