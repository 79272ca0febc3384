/* plugins.c: the verb plugins: what was found, what was loaded, and why not. */
#include "verbs.h"

#include "base/text.h"
#include <stdio.h>
#include <string.h>

static json_t *describe(const plugin_info *p)
{
	json_t *provides = json_object();
	for (int i = 0; i < p->provided_count; i++) {
		const char *kind = registry_kind_text(p->provides[i].kind);
		json_t *names = json_object_get(provides, kind);
		if (!names)
			json_object_set_new(provides, kind, names = json_array());
		json_array_append_new(names, json_string(p->provides[i].name));
	}
	return json_pack("{s:s, s:s, s:s, s:s, s:s, s:o}", "id", p->id, "version", p->version, "path", p->path, "status",
	                 plugin_status_text(p->status), "reason", p->reason, "provides", provides);
}

/* "78 operators, 2 targets" */
static void count_provided(const plugin_info *p, text *t)
{
	int counts[REGISTRY_KIND_COUNT] = {0};
	for (int i = 0; i < p->provided_count; i++)
		counts[p->provides[i].kind]++;
	for (int k = 0; k < REGISTRY_KIND_COUNT; k++) {
		if (!counts[k])
			continue;
		/* "resolve_rules" as a person says it. */
		const char *kind = registry_kind_text((registry_kind)k);
		text_format(t, "%s%d ", t->length ? ", " : "", counts[k]);
		for (size_t i = 0, n = strlen(kind) - (counts[k] == 1); i < n; i++)
			text_format(t, "%c", kind[i] == '_' ? ' ' : kind[i]);
	}
}

static int list(hdt_session *session, const options *o)
{
	if (o->operands.count > 1) {
		fprintf(stderr, "hidet-run: plugins list takes no '%s'\n", o->operands.items[1]);
		return exit_code_of(HDT_USAGE);
	}
	const loader *l = session_loader(session);
	json_t *report = json_array();
	for (int i = 0; i < loader_count(l); i++) {
		const plugin_info *p = loader_at(l, i);
		json_array_append_new(report, describe(p));
		if (json_on_stdout(o))
			continue;
		text provided = {0};
		count_provided(p, &provided);
		printf("%-24s %-10s %-10s %s\n", p->id, p->version, plugin_status_text(p->status),
		       p->status == PLUGIN_LOADED ? (provided.data ? provided.data : "") : p->reason);
		if (o->verbose)
			printf("%-24s %s\n", "", p->path);
		text_free(&provided);
	}
	return report_json(o, report) ? 0 : exit_code_of(HDT_IO_ERROR);
}

static int why(hdt_session *session, const options *o)
{
	if (o->operands.count != 2) {
		fprintf(stderr, "hidet-run: plugins why NAME: the id of a plugin, or a name that plugins provide\n");
		return exit_code_of(HDT_USAGE);
	}
	loader *l = session_loader(session);
	const char *answer = loader_why(l, o->operands.items[1]);
	if (answer) {
		printf("%s\n", answer);
		return 0;
	}
	const char *ids[512];
	int count = 0;
	for (int i = 0; i < loader_count(l) && count < 511; i++)
		ids[count++] = loader_at(l, i)->id;
	ids[count] = NULL;
	const char *near = text_nearest(o->operands.items[1], ids);
	fprintf(stderr, "hidet-run: no plugin of that id, and none that provides '%s'", o->operands.items[1]);
	fprintf(stderr, near ? "; did you mean %s?\n" : "%s\n", near ? near : "");
	return exit_code_of(HDT_USAGE);
}

int verb_plugins(hdt_session *session, const options *o)
{
	const char *what = o->operands.count ? o->operands.items[0] : "list";
	if (strcmp(what, "list") == 0)
		return list(session, o);
	if (strcmp(what, "why") == 0)
		return why(session, o);
	fprintf(stderr, "hidet-run: plugins list or plugins why NAME, not '%s'\n", what);
	return exit_code_of(HDT_USAGE);
}
