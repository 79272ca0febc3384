/* compile.c: units of text become cubins, several at a time, and all of them one file.
 *
 * NVRTC works within this process and leaves no files. What it refused is kept in a file of its own, its log below
 * it. */
#include "state.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>
#include <unistd.h>

enum { MOST_JOBS = 64, MESSAGE_LINES = 8 };

/* A unit, and what came of it. */
typedef struct unit {
	const char *text;
	int number;
	nvrtcResult result;
	char *cubin, *log; /* owned */
	size_t bytes;
} unit;

/* Units shared by the workers of one compilation. */
typedef struct work {
	const hdt_device *device;
	unit *units;
	int count;
	atomic_int next;
	atomic_bool failed; /* the rest need not be compiled */
} work;

/* ---- one unit ---- */

static nvrtcResult take_cubin(const compiler *c, nvrtcProgram program, unit *u)
{
	nvrtcResult result = c->cubin_size(program, &u->bytes);
	if (result != NVRTC_SUCCESS)
		return result;
	if (!u->bytes)
		return NVRTC_ERROR_INTERNAL_ERROR;
	u->cubin = malloc(u->bytes);
	return u->cubin ? c->cubin(program, u->cubin) : NVRTC_ERROR_OUT_OF_MEMORY;
}

static void take_log(const compiler *c, nvrtcProgram program, unit *u)
{
	size_t bytes = 0;
	if (c->log_size(program, &bytes) != NVRTC_SUCCESS || !bytes || !(u->log = calloc(1, bytes + 1)))
		return;
	if (c->log(program, u->log) != NVRTC_SUCCESS)
		u->log[0] = 0;
}

static void compile_unit(const hdt_device *d, unit *u)
{
	const compiler *c = d->compiler;
	char architecture[64], name[32];
	const char *options[COMPILER_OPTIONS + 1] = {architecture};
	nvrtcProgram program;
	snprintf(architecture, sizeof architecture, "--gpu-architecture=%s", d->architecture);
	snprintf(name, sizeof name, "unit%d.cu", u->number);
	memcpy(options + 1, compiler_options, sizeof compiler_options);
	u->result = c->create(&program, u->text, name, 0, NULL, NULL);
	if (u->result != NVRTC_SUCCESS)
		return;
	u->result = c->compile(program, COMPILER_OPTIONS + 1, options);
	if (u->result == NVRTC_SUCCESS)
		u->result = take_cubin(c, program, u);
	else
		take_log(c, program, u);
	(void)c->destroy(&program);
}

static void *compile_units(void *closure)
{
	work *w = closure;
	for (int i; !atomic_load(&w->failed) && (i = atomic_fetch_add(&w->next, 1)) < w->count;) {
		compile_unit(w->device, &w->units[i]);
		if (w->units[i].result != NVRTC_SUCCESS)
			atomic_store(&w->failed, true);
	}
	return NULL;
}

/* ---- all of them ---- */

/* The calling thread works too; a thread that cannot be started leaves its share to the others. */
static void run_workers(work *w, int jobs)
{
	pthread_t threads[MOST_JOBS];
	int started = 0;
	while (started < jobs - 1 && pthread_create(&threads[started], NULL, compile_units, w) == 0)
		started++;
	compile_units(w);
	for (int i = 0; i < started; i++)
		pthread_join(threads[i], NULL);
}

/* The refused text and the log, kept where they can be looked at; NULL when they cannot be kept. */
static const char *keep_refused(hdt_context *context, const unit *u)
{
	const char *folder = getenv("TMPDIR");
	const char *pattern = hdt_format(context, "%s/hidet-refused-XXXXXX.cu", folder && *folder ? folder : "/tmp");
	char *to = pattern ? hdt_allocate(context, strlen(pattern) + 1) : NULL;
	int fd = to ? mkstemps(strcpy(to, pattern), 3) : -1;
	FILE *f = fd >= 0 ? fdopen(fd, "w") : NULL;
	if (!f)
		return NULL;
	bool good = fprintf(f, "%s\n#if 0 /* what NVRTC said */\n%s\n#endif\n", u->text, u->log ? u->log : "") >= 0;
	good = fclose(f) == 0 && good;
	if (!good)
		unlink(to);
	return good ? to : NULL;
}

/* The first lines of what the compiler said. */
static const char *first_lines(char *text)
{
	char *at = text;
	for (int i = 0; i < MESSAGE_LINES && at; i++)
		at = strchr(at + (i > 0), '\n');
	if (at)
		*at = 0;
	return text;
}

static hdt_status explain(hdt_context *context, const hdt_device *device, const unit *u)
{
	if (u->result == NVRTC_ERROR_OUT_OF_MEMORY)
		return hdt_fail(context, HDT_OUT_OF_MEMORY, "cuda: out of memory compiling");
	if (u->result != NVRTC_ERROR_COMPILATION || !u->log || !u->log[0])
		return hdt_fail(context, HDT_BAD_TARGET, "cuda: NVRTC %d.%d failed for %s: error %d%s%s",
		                device->compiler->major, device->compiler->minor, device->architecture, (int)u->result,
		                u->log && u->log[0] ? ":\n" : "", u->log ? first_lines(u->log) : "");
	const char *kept = keep_refused(context, u);
	return hdt_fail(context, HDT_BAD_TARGET, "cuda: NVRTC %d.%d refused the kernels for %s%s%s:\n%s",
	                device->compiler->major, device->compiler->minor, device->architecture, kept ? ", kept as " : "",
	                kept ? kept : "", first_lines(u->log));
}

static double now_ms(void)
{
	struct timespec t;
	clock_gettime(CLOCK_MONOTONIC, &t);
	return (double)t.tv_sec * 1e3 + (double)t.tv_nsec / 1e6;
}

static hdt_status write_units(hdt_context *context, const work *w, const char *path)
{
	const unsigned char **images = hdt_allocate(context, sizeof *images * (size_t)(w->count + 1));
	size_t *sizes = hdt_allocate(context, sizeof *sizes * (size_t)(w->count + 1));
	if (!images || !sizes)
		return HDT_OUT_OF_MEMORY;
	for (int i = 0; i < w->count; i++) {
		images[i] = (const unsigned char *)w->units[i].cubin;
		sizes[i] = w->units[i].bytes;
	}
	return container_write(context, path, &(container){.count = w->count, .images = images, .sizes = sizes});
}

hdt_status source_compile(hdt_context *context, hdt_device *device, const hdt_source *source, const char *path)
{
	if (!device->compiler)
		return hdt_fail(context, HDT_BAD_TARGET, "cuda: %s", device->no_compiler);
	if (!device->has_architecture)
		return hdt_fail(context, HDT_BAD_TARGET, "cuda: NVRTC %d.%d makes no code for %s: a newer one is needed",
		                device->compiler->major, device->compiler->minor, device->architecture);
	int count = source->unit_count, jobs = source->jobs < 1 ? 1 : source->jobs > MOST_JOBS ? MOST_JOBS : source->jobs;
	work w = {.device = device, .count = count, .units = calloc((size_t)count + 1, sizeof *w.units)};
	if (!w.units)
		return hdt_fail(context, HDT_OUT_OF_MEMORY, "cuda: out of memory");
	for (int i = 0; i < count; i++)
		w.units[i] = (unit){.text = source->units[i], .number = i};
	double begin = now_ms();
	run_workers(&w, jobs < count ? jobs : count);
	hdt_log(context, 1, "nvrtc: %d unit%s for %s in %.1f ms", count, count == 1 ? "" : "s", device->architecture,
	        now_ms() - begin);
	hdt_status status = HDT_OK;
	for (int i = 0; i < count && status == HDT_OK; i++)
		if (w.units[i].result != NVRTC_SUCCESS)
			status = explain(context, device, &w.units[i]);
	if (status == HDT_OK)
		status = write_units(context, &w, path);
	for (int i = 0; i < count; i++) {
		free(w.units[i].cubin);
		free(w.units[i].log);
	}
	free(w.units);
	return status;
}
