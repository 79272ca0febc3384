/* tune_exchange.c: what tuning has found, all of it, as one JSON file and back.
 *
 *     [{"key": "<64 hex digits>", "scheduler": "product", "params": {"rows": 14}, "us": 81.5, "baseline_us": 90.2, "level": 2}, ...]
 *
 * A key holds the task, the target, its instruction set and compiler: on another kind of machine nobody will ask for it. */
#include "verbs.h"

#include "base/file.h"
#include "base/text.h"
#include "exec/tuning.h"
#include <dirent.h>
#include <stdlib.h>
#include <string.h>

enum { KEY_DIGITS = 64, MOST_BYTES = 4096 };
#define HEADER TUNING_FORMAT "\n"

static bool is_key(const char *word, size_t length)
{
	return length == KEY_DIGITS && strspn(word, "0123456789abcdef") >= KEY_DIGITS;
}

/* One file, line by line "name value", as an object; NULL: it is damaged. */
static json_t *read_entry(char *data, const char *key)
{
	if (strncmp(data, HEADER, strlen(HEADER)) != 0)
		return NULL;
	json_t *entry = json_pack("{s:s%, s:{}}", "key", key, (size_t)KEY_DIGITS, "params");
	json_t *params = json_object_get(entry, "params");
	for (char *line = strtok(data + strlen(HEADER), "\n"); entry && line; line = strtok(NULL, "\n")) {
		char *value = strchr(line, ' ');
		if (!value)
			break;
		*value++ = 0;
		if (strcmp(line, "scheduler") == 0)
			json_object_set_new(entry, line, json_string(value));
		else if (strcmp(line, "us") == 0)
			json_object_set_new(entry, "us", json_real(strtod(value, NULL)));
		else if (strcmp(line, "baseline") == 0)
			json_object_set_new(entry, "baseline_us", json_real(strtod(value, NULL)));
		else if (strcmp(line, "level") == 0)
			json_object_set_new(entry, "level", json_integer(strtol(value, NULL, 10)));
		else
			json_object_set_new(params, line, json_integer(strtoll(value, NULL, 10)));
	}
	return entry;
}

static json_t *read_folder(hdt_context *context, const char *folder)
{
	json_t *all = json_array();
	DIR *d = opendir(folder);
	for (struct dirent *e; d && (e = readdir(d));) {
		size_t length = strlen(e->d_name), end = strlen(TUNING_SUFFIX), bytes;
		const char *path = file_join(context, folder, e->d_name);
		char *data = NULL;
		if (length < end || strcmp(e->d_name + length - end, TUNING_SUFFIX) != 0 || !is_key(e->d_name, length - end) ||
		    !path)
			continue;
		if (file_read(context, path, MOST_BYTES, &data, &bytes) != HDT_OK)
			context_clear_fault(context);
		json_t *entry = data ? read_entry(data, e->d_name) : NULL;
		if (entry)
			json_array_append_new(all, entry);
		free(data);
	}
	if (d)
		closedir(d);
	return all;
}

int tuning_export(hdt_session *session, const options *o)
{
	hdt_context *context = context_new(session_registry(session));
	const char *folder = context ? tuning_folder(context, o->cache_dir) : NULL;
	int code = folder ? 0 : context ? report_fault(context) : exit_code_of(HDT_OUT_OF_MEMORY);
	if (!code) {
		json_t *all = read_folder(context, folder);
		size_t count = json_array_size(all);
		if (!save_json(all, o->export_to))
			code = exit_code_of(HDT_IO_ERROR);
		else if (!o->quiet)
			fprintf(stderr, "%zu findings written to %s\n", count, o->export_to);
	}
	context_free(context);
	return code;
}

/* The text of a file of the cache; false: the entry is none. */
static bool print_entry(const json_t *entry, text *t)
{
	const json_t *params = json_object_get(entry, "params"), *value;
	const char *key = json_string_value(json_object_get(entry, "key")), *name;
	const char *scheduler = json_string_value(json_object_get(entry, "scheduler"));
	const json_t *us = json_object_get(entry, "us"), *baseline = json_object_get(entry, "baseline_us");
	const json_t *level = json_object_get(entry, "level");
	if (!key || !is_key(key, strlen(key)) || !scheduler || strpbrk(scheduler, "\n") || !json_is_object(params) ||
	    !json_is_number(us) || !json_is_number(baseline) || !json_is_integer(level))
		return false;
	text_format(t, HEADER "scheduler %s\n", scheduler);
	json_object_foreach ((json_t *)(uintptr_t)params, name, value) {
		if (!json_is_integer(value) || strpbrk(name, " \n"))
			return false;
		text_format(t, "%s %lld\n", name, (long long)json_integer_value(value));
	}
	text_format(t, "us %.3f\nbaseline %.3f\nlevel %lld\n", json_number_value(us), json_number_value(baseline),
	            (long long)json_integer_value(level));
	return !t->failed;
}

static hdt_status write_entry(hdt_context *context, const char *folder, const json_t *entry, int *taken)
{
	text t = {0};
	hdt_status status = HDT_OK;
	if (print_entry(entry, &t)) {
		const char *name = hdt_format(context, "%s" TUNING_SUFFIX, json_string_value(json_object_get(entry, "key")));
		const char *path = name ? file_join(context, folder, name) : NULL;
		status = path ? file_write_atomically(context, path, t.data, t.length) : HDT_OUT_OF_MEMORY;
		*taken += status == HDT_OK;
	}
	text_free(&t);
	return status;
}

int tuning_import(hdt_session *session, const options *o)
{
	hdt_context *context = context_new(session_registry(session));
	if (!context)
		return exit_code_of(HDT_OUT_OF_MEMORY);
	json_error_t error;
	json_t *all = json_load_file(o->import_from, 0, &error), *entry;
	const char *folder = tuning_folder(context, o->cache_dir);
	int taken = 0;
	size_t i;
	hdt_status status = folder ? file_make_directories(context, folder) : HDT_USAGE;
	if (folder && !json_is_array(all))
		status = hdt_fail(context, HDT_BAD_INPUT, "'%s' is no list of findings of tuning%s%s", o->import_from,
		                  all ? "" : ": ", all ? "" : error.text);
	json_array_foreach (all, i, entry)
		if (status == HDT_OK)
			status = write_entry(context, folder, entry, &taken);
	int code = status == HDT_OK ? 0 : report_fault(context);
	if (!code && !o->quiet)
		fprintf(stderr, "%d findings taken over from %s, %d left out because they are none\n", taken, o->import_from,
		        (int)json_array_size(all) - taken);
	json_decref(all);
	context_free(context);
	return code;
}
