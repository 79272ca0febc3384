/* build.c: text becomes an object: units compiled side by side, then joined.
 *
 * All files stay in one private folder beside the output, which is removed whatever happens but a kill of this process;
 * what such a kill left behind is removed by a later compilation in the same place. */
#include "cpu.h"
#include "process.h"

#include <dirent.h>
#include <errno.h>
#include <fcntl.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <time.h>
#include <unistd.h>

enum { MOST_JOBS = 64, TIMEOUT_SECONDS = 600, STALE_SECONDS = 3600, MESSAGE_LINES = 6 };

#define FOLDER_PREFIX ".hidet-cc-"

/* ---- the private folder ---- */

static void remove_folder(const char *path)
{
	DIR *d = opendir(path);
	for (struct dirent *e; d && (e = readdir(d));)
		unlinkat(dirfd(d), e->d_name, 0);
	if (d)
		closedir(d);
	rmdir(path);
}

/* Remove the folders of compilations that were killed. */
static void remove_stale_folders(const char *parent)
{
	DIR *d = opendir(parent);
	time_t now = time(NULL);
	for (struct dirent *e; d && (e = readdir(d));) {
		struct stat st;
		char path[4096];
		if (strncmp(e->d_name, FOLDER_PREFIX, sizeof FOLDER_PREFIX - 1) != 0 ||
		    fstatat(dirfd(d), e->d_name, &st, AT_SYMLINK_NOFOLLOW) != 0 || !S_ISDIR(st.st_mode) ||
		    now - st.st_mtime < STALE_SECONDS)
			continue;
		if (snprintf(path, sizeof path, "%s/%s", parent, e->d_name) < (int)sizeof path)
			remove_folder(path);
	}
	if (d)
		closedir(d);
}

/* A new folder beside `path`, in the context's memory; NULL after a diagnostic. */
static char *make_folder(hdt_context *context, const char *path)
{
	const char *slash = strrchr(path, '/');
	const char *parent = slash ? hdt_format(context, "%.*s", slash == path ? 1 : (int)(slash - path), path) : ".";
	const char *folder = hdt_format(context, "%s/" FOLDER_PREFIX "XXXXXX", parent);
	char *made = folder ? hdt_allocate(context, strlen(folder) + 1) : NULL;
	if (!made)
		return NULL;
	strcpy(made, folder);
	remove_stale_folders(parent);
	if (mkdtemp(made))
		return made;
	hdt_fail(context, HDT_IO_ERROR, "cpu: cannot make a folder in '%s' to compile in: %s", parent, strerror(errno));
	return NULL;
}

static hdt_status write_file(hdt_context *context, const char *path, const char *text)
{
	FILE *f = fopen(path, "we");
	bool good = f && fputs(text, f) >= 0;
	int error = errno;
	if (f && fclose(f) != 0 && good) {
		good = false;
		error = errno;
	}
	return good ? HDT_OK : hdt_fail(context, HDT_IO_ERROR, "cpu: cannot write '%s': %s", path, strerror(error));
}

/* ---- compiling ---- */

/* One compilation of source_compile. */
typedef struct compilation {
	hdt_context *context;
	hdt_device *device;
	const hdt_source *source;
	const char *folder;
	int seconds;
} compilation;

static const char *unit_path(const compilation *c, int unit, const char *suffix)
{
	return hdt_format(c->context, "%s/unit%d.%s", c->folder, unit, suffix);
}

/* The text that a compiler refused, kept where it can be looked at; NULL when it cannot be kept. */
static const char *keep_source(const compilation *c, int unit)
{
	const char *folder = getenv("TMPDIR");
	const char *pattern = hdt_format(c->context, "%s/hidet-refused-XXXXXX.c", folder && *folder ? folder : "/tmp");
	char *to = pattern ? hdt_allocate(c->context, strlen(pattern) + 1) : NULL;
	int fd = to ? mkstemps(strcpy(to, pattern), 2) : -1;
	FILE *f = fd >= 0 ? fdopen(fd, "w") : NULL;
	if (!f)
		return NULL;
	bool good = fputs(c->source->units[unit], f) >= 0;
	good = fclose(f) == 0 && good;
	if (!good)
		unlink(to);
	return good ? to : NULL;
}

/* The first lines of what a compiler said. */
static const char *first_lines(char *text)
{
	char *at = text;
	for (int i = 0; i < MESSAGE_LINES && at; i++)
		at = strchr(at + (i > 0), '\n');
	if (at)
		*at = 0;
	return text;
}

/* Why the process did not do its work. unit -1: the joining of the objects. */
static hdt_status explain(const compilation *c, process *p, int unit)
{
	const char *program = c->device->compiler.words[0];
	if (p->timed_out)
		return hdt_fail(c->context, HDT_BAD_TARGET, "cpu: '%s' was stopped after %d second%s", program, c->seconds,
		                c->seconds == 1 ? "" : "s");
	/* A full disk is no fault of the compiler: elsewhere there may be room. */
	if (strstr(p->text, strerror(ENOSPC)) || strstr(p->text, strerror(EDQUOT)))
		return hdt_fail(c->context, HDT_IO_ERROR, "cpu: no space left to compile in '%s'", c->folder);
	if (p->exit_code == 0)
		return hdt_fail(c->context, HDT_BAD_TARGET,
		                "cpu: '%s' says that all is well and wrote no object: it is no C compiler", program);
	const char *kept = unit >= 0 ? keep_source(c, unit) : NULL;
	return hdt_fail(c->context, HDT_BAD_TARGET, "cpu: '%s' failed with exit code %d%s%s:\n%s", program, p->exit_code,
	                kept ? " on " : "", kept ? kept : "", first_lines(p->text));
}

/* Run the compiler with these arguments. */
static hdt_status start_compiler(const compilation *c, process *p, const char *const *arguments, int count)
{
	char *const *command = c->device->compiler.words;
	char **words = hdt_allocate(c->context, sizeof *words * (size_t)(COMPILER_COMMAND_WORDS + count + 1));
	int n = 0;
	if (!words)
		return HDT_OUT_OF_MEMORY;
	for (; command[n]; n++)
		words[n] = command[n];
	for (int i = 0; i < count; i++)
		words[n + i] = (char *)(uintptr_t)arguments[i]; /* exec takes them writable and writes none */
	int error = process_start(p, words, c->folder, c->seconds);
	return error ? hdt_fail(c->context, HDT_BAD_TARGET, "cpu: cannot run '%s': %s", words[0], strerror(error)) : HDT_OK;
}

static hdt_status start_unit(const compilation *c, int unit, process *p)
{
	const char *source = unit_path(c, unit, "c"), *object = unit_path(c, unit, "o");
	if (!source || !object)
		return HDT_OUT_OF_MEMORY;
	hdt_status status = write_file(c->context, source, c->source->units[unit]);
	if (status != HDT_OK)
		return status;
	const char *words[COMPILER_MOST_WORDS + 4];
	int n = compiler_flags(&c->device->compiler, c->device->isa, words);
	memcpy(words + n, (const char *[]){"-c", source, "-o", object}, 4 * sizeof *words);
	return start_compiler(c, p, words, n + 4);
}

/* Did the process do its work? Where the host takes the status of our children, the file alone tells. */
static bool made(const process *p, const char *file)
{
	return !p->timed_out && (p->exit_code == 0 || p->exit_code == -1) && file && access(file, R_OK) == 0;
}

static hdt_status compile_units(const compilation *c)
{
	int jobs = c->source->jobs < 1 ? 1 : c->source->jobs > MOST_JOBS ? MOST_JOBS : c->source->jobs;
	jobs = jobs < c->source->unit_count ? jobs : c->source->unit_count;
	process *slots = calloc((size_t)jobs, sizeof *slots);
	int *units = calloc((size_t)jobs, sizeof *units), next = 0, running = 0;
	hdt_status status = slots && units ? HDT_OK : hdt_fail(c->context, HDT_OUT_OF_MEMORY, "cpu: out of memory");
	for (;;) {
		for (int s = 0; status == HDT_OK && s < jobs && next < c->source->unit_count; s++) {
			if (slots[s].pid)
				continue;
			units[s] = next;
			status = start_unit(c, next++, &slots[s]);
			running += status == HDT_OK;
		}
		if (running == 0)
			break;
		int ended = process_wait_any(slots, jobs);
		running--;
		if (status == HDT_OK && !made(&slots[ended], unit_path(c, units[ended], "o")))
			status = explain(c, &slots[ended], units[ended]);
		for (int s = 0; status != HDT_OK && s < jobs; s++)
			process_kill(&slots[s]); /* they write into the folder that is to go */
	}
	free(slots);
	free(units);
	return status;
}

static hdt_status link_units(const compilation *c, const char *object)
{
	int n = 0, count = c->source->unit_count;
	const char **words = hdt_allocate(c->context, sizeof *words * (size_t)(count + 4));
	process *p = calloc(1, sizeof *p);
	hdt_status status = HDT_OUT_OF_MEMORY;
	if (words && p) {
		words[n++] = "-shared";
		words[n++] = "-o";
		words[n++] = object;
		for (int i = 0; i < count; i++)
			words[n++] = unit_path(c, i, "o");
		words[n++] = "-lm";
		status = start_compiler(c, p, words, n);
		if (status == HDT_OK && (process_wait_any(p, 1) != 0 || !made(p, object)))
			status = explain(c, p, -1);
	}
	free(p);
	return status;
}

hdt_status source_compile(hdt_context *context, hdt_device *device, const hdt_source *source, const char *path)
{
	if (!device->compiler.words[0])
		return hdt_fail(context, HDT_BAD_TARGET, "cpu: %s", device->compiler.missing);
	const char *seconds = getenv("HIDET_CC_TIMEOUT");
	compilation c = {context, device, source, NULL, seconds && atoi(seconds) > 0 ? atoi(seconds) : TIMEOUT_SECONDS};
	c.folder = make_folder(context, path);
	if (!c.folder)
		return hdt_context_status(context);
	const char *object = hdt_format(context, "%s/object.so", c.folder);
	hdt_status status = object ? compile_units(&c) : HDT_OUT_OF_MEMORY;
	if (status == HDT_OK)
		status = link_units(&c, object);
	if (status == HDT_OK && rename(object, path) != 0)
		status = hdt_fail(context, HDT_IO_ERROR, "cpu: cannot write '%s': %s", path, strerror(errno));
	remove_folder(c.folder);
	return status;
}
