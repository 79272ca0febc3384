/* doctor.c: the verb doctor: what there is to run on, and where something is in the way. */
#include "verbs.h"

#include "exec/cache.h"
#include "exec/loaded.h"
#include "not_built.h"
#include <stdio.h>
#include <string.h>

/* One target: its device, or the reason why it cannot be opened. */
static json_t *look_at_target(hdt_session *session, const hdt_target *target, const options *o)
{
	hdt_context *context = context_new(session_registry(session));
	hdt_target_options wanted = {.size = sizeof wanted,
	                             .threads = o->threads > 0 && o->threads < 4096 ? (int)o->threads : 0};
	hdt_device *device = NULL;
	if (!context)
		return NULL;
	json_t *report = json_pack("{s:s, s:s}", "name", target->name, "doc", target->doc ? target->doc : "");
	if (target->open(context, &wanted, &device) != HDT_OK) {
		json_object_set_new(report, "reason", json_string(context->message));
	} else {
		const hdt_target_info *info = target->info(device);
		json_object_set_new(report, "device", json_string(info->device));
		json_object_set_new(report, "compiler", json_string(info->cache_key));
		json_object_set_new(report, "threads", json_integer(info->threads));
		if (info->architecture)
			json_object_set_new(report, "architecture", json_integer(info->architecture));
		if (info->memory_bytes)
			json_object_set_new(report, "memory_bytes", json_integer(info->memory_bytes));
		target->close(device);
	}
	context_free(context);
	return report;
}

static json_t *look_at_cache(hdt_session *session, const options *o)
{
	hdt_context *context = context_new(session_registry(session));
	cache *c = context ? cache_open(context, o->cache_dir) : NULL;
	int64_t bytes = 0;
	int files = 0;
	if (c)
		cache_usage(c, &bytes, &files);
	const char *directory = c ? cache_directory(c) : NULL;
	json_t *report = json_pack("{s:s, s:I, s:i}", "directory", directory ? directory : "", "bytes", (json_int_t)bytes,
	                           "files", files);
	cache_close(c);
	context_free(context);
	return report;
}

static json_t *look_at_plugins(hdt_session *session)
{
	const loader *l = session_loader(session);
	int loaded_count = 0;
	json_t *others = json_array(), *missing = json_array();
	for (int i = 0; i < loader_count(l); i++) {
		const plugin_info *p = loader_at(l, i);
		loaded_count += p->status == PLUGIN_LOADED;
		if (p->status != PLUGIN_LOADED)
			json_array_append_new(others, json_pack("{s:s, s:s, s:s}", "id", p->id, "status",
			                                        plugin_status_text(p->status), "reason", p->reason));
	}
	for (const not_built_plugin *p = not_built_plugins; p->name; p++)
		json_array_append_new(missing, json_pack("{s:s, s:s}", "name", p->name, "reason", p->reason));
	return json_pack("{s:i, s:o, s:o}", "loaded", loaded_count, "not_loaded", others, "not_built", missing);
}

static const char *word(const json_t *object, const char *key)
{
	const char *string = json_string_value(json_object_get(object, key));
	return string ? string : "";
}

static void print_targets(const json_t *targets)
{
	size_t i;
	json_t *t;
	printf("targets\n");
	json_array_foreach (targets, i, t) {
		if (json_object_get(t, "reason"))
			printf("  %-12s not usable: %s\n", word(t, "name"), word(t, "reason"));
		else
			printf("  %-12s %s\n  %-12s compiles with %s\n", word(t, "name"), word(t, "device"), "",
			       word(t, "compiler"));
	}
	if (!json_array_size(targets))
		printf("  none\n");
}

static void print_plugins(const json_t *plugins)
{
	size_t i;
	json_t *p;
	printf("plugins\n  %lld loaded\n", (long long)json_integer_value(json_object_get(plugins, "loaded")));
	json_array_foreach (json_object_get(plugins, "not_loaded"), i, p) {
		printf("  %s: %s: %s\n", word(p, "id"), word(p, "status"), word(p, "reason"));
	}
	json_array_foreach (json_object_get(plugins, "not_built"), i, p) {
		printf("  %s: not built: %s\n", word(p, "name"), word(p, "reason"));
	}
}

static void print_cache(const json_t *kept)
{
	const char *directory = word(kept, "directory");
	if (!*directory)
		printf("cache of compiled kernels\n  none\n");
	else
		printf("cache of compiled kernels\n  %s: %lld files, %.1f MB\n", directory,
		       (long long)json_integer_value(json_object_get(kept, "files")),
		       (double)json_integer_value(json_object_get(kept, "bytes")) * 1e-6);
}

int verb_doctor(hdt_session *session, const options *o)
{
	const hdt_registry *registry = session_registry(session);
	if (o->operands.count) {
		fprintf(stderr, "hidet-run: doctor takes no '%s'\n", o->operands.items[0]);
		return exit_code_of(HDT_USAGE);
	}
	json_t *targets = json_array();
	int usable = 0;
	for (int i = 0; i < registry_count(registry, REGISTRY_TARGET); i++) {
		json_t *t = look_at_target(session, registry_at(registry, REGISTRY_TARGET, i)->descriptor, o);
		usable += t && !json_object_get(t, "reason");
		json_array_append_new(targets, t);
	}
	json_t *report = json_pack("{s:s, s:o, s:o, s:o}", "version", HIDET_VERSION, "targets", targets, "plugins",
	                           look_at_plugins(session), "cache", look_at_cache(session, o));
	if (!json_on_stdout(o)) {
		printf("hidet-run %s, plugin interface %d.%d\n", HIDET_VERSION, HDT_ABI_MAJOR, HDT_ABI_MINOR);
		print_targets(targets);
		print_plugins(json_object_get(report, "plugins"));
		print_cache(json_object_get(report, "cache"));
	}
	if (!report_json(o, report))
		return exit_code_of(HDT_IO_ERROR);
	return usable ? 0 : exit_code_of(HDT_BAD_TARGET);
}
