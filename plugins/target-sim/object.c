/* object.c: programs as text in a file, and translated in memory. The file's first line tells its form and the number
 * of units; each begins with a line that tells its length. What stands behind them is not ours. */
#include "target.h"

#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>

#define FORM "hidet simulator 1, units: %zu\n"
#define UNIT "unit %zu\n"

/* The functions of one program; they live in its context. */
typedef struct unit {
	hdt_context *context;
	sim_function **functions;
	int count;
} unit;

struct hdt_object {
	unit *units;
	int count;
};

/* ---- the file ---- */

hdt_status source_compile(hdt_context *context, hdt_device *device, const hdt_source *source, const char *path)
{
	(void)device;
	FILE *f = fopen(path, "wb");
	if (!f)
		return hdt_fail(context, HDT_IO_ERROR, "sim: cannot write '%s': %s", path, strerror(errno));
	bool ok = fprintf(f, FORM, (size_t)source->unit_count) > 0;
	for (int i = 0; i < source->unit_count && ok; i++) {
		size_t length = strlen(source->units[i]);
		ok = fprintf(f, UNIT, length) > 0 && fwrite(source->units[i], 1, length, f) == length;
	}
	ok = fclose(f) == 0 && ok;
	if (ok)
		return HDT_OK;
	remove(path);
	return hdt_fail(context, HDT_IO_ERROR, "sim: cannot write '%s': %s", path, strerror(errno));
}

/* The whole file, ended by a 0; NULL and a fault. */
static char *read_file(hdt_context *context, const char *path)
{
	FILE *f = fopen(path, "rb");
	struct stat facts;
	char *data = NULL;
	if (f && fstat(fileno(f), &facts) == 0 && (data = malloc((size_t)facts.st_size + 1)) != NULL) {
		data[fread(data, 1, (size_t)facts.st_size, f)] = 0;
		fclose(f);
		return data;
	}
	if (f)
		fclose(f);
	(void)hdt_fail(context, HDT_IO_ERROR, "sim: cannot read '%s'", path);
	return NULL;
}

/* ---- loading ---- */

/* k_<hash>_<function> */
static const char *name_of(hdt_context *context, const hdt_program *program, const hdt_function *f)
{
	return hdt_intern(context, hdt_format(context, "%s_%s", program->name, f->name));
}

/* A program that a scheduler made has no file: its lines are those of its text, which a dump shows under this name. */
static const char *file_of(const hdt_program *program, const char *path)
{
	return program->file && strcmp(program->file, path) ? program->file : program->name;
}

static hdt_status load_program(hdt_context *context, unit *u, const hdt_program *program, const char *path)
{
	u->functions = hdt_allocate(u->context, sizeof *u->functions * (size_t)(program->function_count + 1));
	for (int i = 0; u->functions && i < program->function_count; i++) {
		const hdt_function *f = program->functions[i];
		if (f->kind != HDT_FUNCTION_CUDA || !f->launched)
			continue;
		const char *name = name_of(u->context, program, f);
		sim_function *translated = name ? translate_function(u->context, f, name, file_of(program, path)) : NULL;
		if (!translated)
			break;
		u->functions[u->count++] = translated;
	}
	hdt_status status = hdt_context_status(u->context);
	if (status != HDT_OK)
		return hdt_fail(context, status, "sim: %s", hdt_context_message(u->context));
	return u->functions ? HDT_OK : hdt_fail(context, HDT_OUT_OF_MEMORY, "sim: out of memory loading kernels");
}

static hdt_status load_unit(hdt_context *context, unit *u, const char *path, const char *text)
{
	u->context = hdt_context_open(context);
	if (!u->context)
		return hdt_fail(context, HDT_OUT_OF_MEMORY, "sim: out of memory loading kernels");
	const hdt_program *program = hdt_program_parse(u->context, path, text, NULL, 0);
	if (program)
		return load_program(context, u, program, path);
	hdt_status status = hdt_context_status(u->context);
	return hdt_fail(context, status == HDT_OK ? HDT_INTERNAL : status, "sim: %s", hdt_context_message(u->context));
}

static bool add_unit(hdt_object *object)
{
	unit *grown = realloc(object->units, sizeof *grown * (size_t)(object->count + 1));
	if (!grown)
		return false;
	grown[object->count++] = (unit){0};
	object->units = grown;
	return true;
}

/* A unit may be several programs: each begins at its own word at the start of a line. */
static char *next_program(char *text)
{
	static const char word[] = "\nprogram ";
	char *next = strstr(text, word);
	return next ? next + 1 : NULL;
}

static hdt_status load_programs(hdt_context *context, hdt_object *object, const char *path, char *text)
{
	hdt_status status = HDT_OK;
	for (char *next; text && status == HDT_OK; text = next) {
		next = next_program(text);
		if (next)
			next[-1] = 0;
		if (text[strspn(text, " \t\n")] == 0)
			continue;
		status = add_unit(object) ? load_unit(context, &object->units[object->count - 1], path, text)
		                          : hdt_fail(context, HDT_OUT_OF_MEMORY, "sim: out of memory loading kernels");
	}
	return status;
}

/* A line with a number, and what follows it; NULL: it is another line. */
static char *read_line(char *at, const char *form, size_t *number)
{
	char *end = strchr(at, '\n');
	return end && sscanf(at, form, number) == 1 ? end + 1 : NULL;
}

static hdt_status load_units(hdt_context *context, hdt_object *object, const char *path, char *data)
{
	hdt_status status = HDT_OK;
	size_t count = 0, length = 0;
	char *at = read_line(data, FORM, &count);
	if (!at)
		return hdt_fail(context, HDT_BAD_TARGET, "sim: '%s' holds no kernels for the simulator", path);
	for (size_t i = 0; i < count && status == HDT_OK; i++) {
		char *text = read_line(at, UNIT, &length);
		if (!text || length > strlen(text))
			return hdt_fail(context, HDT_BAD_TARGET, "sim: '%s' is damaged", path);
		char *end = text + length, saved = *end;
		*end = 0;
		status = load_programs(context, object, path, text);
		*end = saved;
		at = end;
	}
	return status;
}

hdt_status object_load(hdt_context *context, hdt_device *device, const char *path, hdt_object **out)
{
	char *data = read_file(context, path);
	hdt_object *object = calloc(1, sizeof *object);
	hdt_status status = !data     ? hdt_context_status(context)
	                    : !object ? hdt_fail(context, HDT_OUT_OF_MEMORY, "sim: out of memory")
	                              : HDT_OK;
	if (status == HDT_OK)
		status = load_units(context, object, path, data);
	free(data);
	*out = object;
	if (status == HDT_OK)
		return HDT_OK;
	object_unload(device, object);
	*out = NULL;
	return status;
}

void object_unload(hdt_device *device, hdt_object *object)
{
	(void)device;
	for (int i = 0; object && i < object->count; i++)
		hdt_context_close(object->units[i].context);
	if (object)
		free(object->units);
	free(object);
}

void *object_find(hdt_object *object, const char *function)
{
	for (int i = 0; i < object->count; i++)
		for (int k = 0; k < object->units[i].count; k++)
			if (!strcmp(object->units[i].functions[k]->name, function))
				return object->units[i].functions[k];
	return NULL;
}
