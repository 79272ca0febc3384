/* tuning.c: findings as text files:
 *
 *     hidet tuning 1
 *     scheduler product
 *     rows 14
 *     columns 32
 *     us 81.5
 *     baseline 90.25
 *     level 2
 *
 * Params stand by name between `scheduler` and `us`, in the scheduler's order. */
#include "exec/tuning.h"

#include "base/file.h"
#include "base/hash.h"
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

enum { MOST_BYTES = 4096, MOST_LEVEL = 2, MOST_CHOICES = 4096 };

const char *tuning_key(hdt_context *context, const hdt_task *task, const loaded *on)
{
	text t = {0};
	sha256 s;
	char hex[65];
	task_print(&t, task);
	if (t.failed)
		return text_free(&t), NULL;
	sha256_init(&s);
	sha256_add_string(&s, TUNING_FORMAT);
	sha256_add_string(&s, on->target->name);
	sha256_add_string(&s, on->target->info(on->device)->cache_key);
	sha256_add_string(&s, t.data ? t.data : "");
	sha256_hex(&s, hex);
	text_free(&t);
	return hdt_format(context, "%s", hex);
}

const char *tuning_folder(hdt_context *context, const char *cache_dir)
{
	cache *objects = cache_open(context, cache_dir);
	const char *directory = objects ? cache_directory(objects) : NULL;
	const char *folder = directory ? file_join(context, directory, "tuning") : NULL;
	if (objects && !directory)
		hdt_fail(context, HDT_USAGE, "tuning keeps what it finds in the cache folder, and there is none");
	cache_close(objects);
	return folder;
}

static const char *find_path(hdt_context *context, const char *folder, const char *key)
{
	return hdt_format(context, "%s/%s" TUNING_SUFFIX, folder, key);
}

/* "NAME value\n" at *at, which goes behind it. */
static bool read_word(const char **at, const char *name, char *value, size_t room)
{
	size_t length = strlen(name);
	if (strncmp(*at, name, length) != 0 || (*at)[length] != ' ')
		return false;
	const char *from = *at + length + 1, *end = strchr(from, '\n');
	if (!end || (size_t)(end - from) >= room)
		return false;
	memcpy(value, from, (size_t)(end - from));
	value[end - from] = 0;
	*at = end + 1;
	return true;
}

static bool read_integer(const char **at, const char *name, int64_t *out)
{
	char value[32], *end;
	if (!read_word(at, name, value, sizeof value))
		return false;
	*out = strtoll(value, &end, 10);
	return end != value && !*end;
}

static bool read_real(const char **at, const char *name, double *out)
{
	char value[64], *end;
	if (!read_word(at, name, value, sizeof value))
		return false;
	*out = strtod(value, &end);
	return end != value && !*end && *out >= 0;
}

static const hdt_scheduler *find_scheduler(hdt_context *context, const loaded *on, const char *name)
{
	int count;
	const hdt_scheduler *const *list = schedulers_for(context, on->target, &count);
	for (int i = 0; list && i < count; i++)
		if (strcmp(list[i]->name, name) == 0)
			return list[i];
	return NULL;
}

static bool read_finding(hdt_context *context, const char *at, const loaded *on, finding *out)
{
	char name[256];
	int64_t level;
	const char *header = TUNING_FORMAT "\n";
	*out = (finding){0};
	if (strncmp(at, header, strlen(header)) != 0)
		return false;
	at += strlen(header);
	if (!read_word(&at, "scheduler", name, sizeof name))
		return false;
	candidate *best = &out->best;
	best->scheduler = find_scheduler(context, on, name);
	if (!best->scheduler)
		return false;
	best->chosen = scheduler_is_template(best->scheduler);
	for (int i = 0; best->chosen && i < HDT_MAX_PARAMS && best->scheduler->params[i]; i++)
		if (!read_integer(&at, best->scheduler->params[i], &best->choice.values[i]))
			return false;
	bool good = read_real(&at, "us", &out->us) && read_real(&at, "baseline", &out->baseline_us) &&
	            read_integer(&at, "level", &level) && level >= 0 && level <= MOST_LEVEL && !*at;
	out->level = good ? (int)level : 0;
	return good;
}

/* Is it still something that the scheduler would do? */
static bool is_possible(candidate *c, const hdt_task *task, const loaded *on)
{
	const hdt_target_info *info = on->target->info(on->device);
	hdt_answer answer = c->scheduler->query(task, info);
	c->cost_us = answer.cost_us;
	if (!answer.applies || !c->chosen)
		return answer.applies;
	hdt_choice *choices = calloc(MOST_CHOICES, sizeof *choices);
	int count = choices ? c->scheduler->space(task, info, MOST_LEVEL, choices, MOST_CHOICES) : 0;
	bool found = false;
	for (int i = 0; i < count && i < MOST_CHOICES && !found; i++)
		found = candidate_equal(c, &(candidate){.scheduler = c->scheduler, .chosen = true, .choice = choices[i]});
	free(choices);
	return found;
}

bool tuning_find(hdt_context *context, const char *folder, const char *key, const hdt_task *task, const loaded *on,
                 finding *out)
{
	const char *path = key ? find_path(context, folder, key) : NULL;
	char *data = NULL;
	size_t bytes = 0;
	if (!path || !file_exists(path))
		return false;
	bool good = file_read(context, path, MOST_BYTES, &data, &bytes) == HDT_OK;
	if (!good)
		context_clear_fault(context);
	good = good && strlen(data) == bytes && read_finding(context, data, on, out) && is_possible(&out->best, task, on);
	if (!good)
		hdt_log(context, 1, "the finding of tuning in %s does not fit and is not used", path);
	free(data);
	return good;
}

hdt_status tuning_store(hdt_context *context, const char *folder, const char *key, const finding *f)
{
	const char *path = find_path(context, folder, key);
	const candidate *best = &f->best;
	text t = {0};
	if (!path)
		return HDT_OUT_OF_MEMORY;
	text_format(&t, TUNING_FORMAT "\nscheduler %s\n", best->scheduler->name);
	for (int i = 0; best->chosen && i < HDT_MAX_PARAMS && best->scheduler->params[i]; i++)
		text_format(&t, "%s %lld\n", best->scheduler->params[i], (long long)best->choice.values[i]);
	text_format(&t, "us %.3f\nbaseline %.3f\nlevel %d\n", f->us, f->baseline_us, f->level);
	hdt_status status = t.failed ? hdt_fail(context, HDT_OUT_OF_MEMORY, "out of memory") : HDT_OK;
	if (status == HDT_OK)
		status = file_make_directories(context, folder);
	if (status == HDT_OK)
		status = file_write_atomically(context, path, t.data, t.length);
	text_free(&t);
	return status;
}
