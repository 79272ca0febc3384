/* load.c: the whole way of loading: find, read manifests, select, order, open, commit, seal; and what may be asked afterwards. */
#include "base/hash.h"
#include "base/text.h"
#include "loader/stages.h"
#include "rewrite/rewrite.h"
#include <stdlib.h>
#include <string.h>

/* ---- words ----------------------------------------------------------------------------------------------------------- */

const char *plugin_status_text(plugin_status status)
{
	static const char *const texts[] = {"loaded", "available", "refused", "shadowed", "disabled"};
	return texts[status];
}

static const struct {
	const char *text, *hint;
} codes[] = {
	{"", ""},
#define PLUGIN_CODE(name, hint) {"E_" #name, hint},
#include "loader/codes.def"
#undef PLUGIN_CODE
};

const char *plugin_code_text(plugin_code code)
{
	return codes[code].text;
}

const char *plugin_code_hint(plugin_code code)
{
	return codes[code].hint;
}

/* Controls of ASCII, and those that UTF-8 writes as C2 80 to C2 9F. */
static bool is_control(const unsigned char *s)
{
	return s[0] < 0x20 || s[0] == 0x7f || (s[0] == 0xc2 && s[1] >= 0x80 && s[1] <= 0x9f);
}

const char *printable(hdt_context *context, const char *string)
{
	text t = {0};
	for (const unsigned char *s = (const unsigned char *)(string ? string : ""); *s; s++) {
		if (is_control(s))
			text_format(&t, "\\x%02x", *s);
		else
			text_add_bytes(&t, (const char *)s, 1);
	}
	const char *shown = t.data ? text_finish(&t, context) : "";
	return shown ? shown : "";
}

void plugin_refuse(loader *l, plugin *p, plugin_code code, const char *format, ...)
{
	if (p->info.status == PLUGIN_REFUSED)
		return;
	va_list args;
	va_start(args, format);
	const char *reason = arena_vformat(&l->context->arena, format, args);
	va_end(args);
	p->info.status = PLUGIN_REFUSED;
	p->info.code = code;
	p->info.reason = printable(l->context, reason ? reason : "out of memory");
}

void plugin_warn(loader *l, plugin *p, const char *format, ...)
{
	va_list args;
	va_start(args, format);
	const char *warning = printable(l->context, arena_vformat(&l->context->arena, format, args));
	va_end(args);
	const char *all = hdt_format(l->context, "%s%s%s", p->info.warnings, *p->info.warnings ? "\n" : "", warning);
	p->info.warnings = all ? all : p->info.warnings;
}

/* ---- loading --------------------------------------------------------------------------------------------------------- */

/* A plugin whose requirement failed just now cannot be loaded either. */
static bool requirements_hold(loader *l, plugin *p)
{
	for (int i = 0; i < p->requires.count; i++) {
		const dependency *d = &p->requires.items[i];
		for (int k = 0; k < l->plugins.count && !d->optional; k++) {
			const plugin *q = l->plugins.items[k];
			if (q->selected && q->info.status == PLUGIN_REFUSED && !strcmp(q->info.id, d->id) && q != p) {
				plugin_refuse(l, p, PLUGIN_CODE_REQUIRES, "it requires '%s': %s", d->id, q->info.reason);
				return false;
			}
		}
	}
	return true;
}

static void load_one(loader *l, plugin *p)
{
	if (!requirements_hold(l, p))
		return;
	hdt_plugin_query query = p->linked ? p->linked->query : library_open(l, p);
	if (query && descriptor_commit(l, p, query))
		p->info.status = PLUGIN_LOADED;
}

static int compare(const void *a, const void *b)
{
	const plugin *p = *(const plugin *const *)a, *q = *(const plugin *const *)b;
	int order = strcmp(p->info.id, q->info.id);
	return order                    ? order
	       : p->source != q->source ? (p->source < q->source ? -1 : 1)
	                                : strcmp(p->info.path, q->info.path);
}

/* What the code made from a model depends on, as far as plugins go. */
static void set_fingerprint(loader *l)
{
	sha256 s;
	char hex[65];
	sha256_init(&s);
	for (int i = 0; i < l->plugins.count; i++)
		if (l->plugins.items[i]->info.status == PLUGIN_LOADED) {
			sha256_add_string(&s, l->plugins.items[i]->info.id);
			sha256_add_string(&s, l->plugins.items[i]->info.version);
		}
	sha256_hex(&s, hex);
	registry_set_fingerprint(l->registry, hex);
}

static plugin *find_loaded(loader *l, const char *id)
{
	for (int i = 0; i < l->plugins.count; i++)
		if (l->plugins.items[i]->info.status == PLUGIN_LOADED && !strcmp(l->plugins.items[i]->info.id, id))
			return l->plugins.items[i];
	return NULL;
}

/* Rules whose texts cannot be used are left out; their plugins work without them. */
static void warn_of_rules(loader *l)
{
	const refused_rule *refused;
	int count = rewrite_refused(l->registry, &refused);
	for (int i = 0; i < count; i++) {
		plugin *p = find_loaded(l, refused[i].entry->plugin);
		if (p) /* of the reason without the line of text and the caret */
			plugin_warn(l, p, "rule %s is left out: %.*s", refused[i].entry->name,
			            (int)strcspn(refused[i].reason, "\n"), refused[i].reason);
	}
}

hdt_status loader_open(const loader_options *options, hdt_registry *registry, loader **out)
{
	static const loader_options defaults = {0};
	plugin_list order = {0};
	options = options ? options : &defaults;
	*out = NULL;
	loader *l = calloc(1, sizeof *l);
	hdt_context *context = context_new(NULL);
	if (!l || !context) {
		free(l);
		context_free(context);
		return HDT_OUT_OF_MEMORY;
	}
	l->context = context;
	l->registry = registry;
	*out = l;
	if (options->distribution && distribution_read(l, options->distribution) != HDT_OK)
		return context->status;
	search_plugins(l, options);
	select_plugins(l);
	order_plugins(l, &order);
	for (int i = 0; i < order.count && context->status == HDT_OK; i++)
		load_one(l, order.items[i]);
	if (l->plugins.count)
		qsort(l->plugins.items, (size_t)l->plugins.count, sizeof(plugin *), compare);
	set_fingerprint(l);
	registry_seal(registry);
	warn_of_rules(l);
	return context->status;
}

void loader_close(loader *l)
{
	if (!l)
		return;
	context_free(l->context);
	free(l);
}

/* ---- questions ------------------------------------------------------------------------------------------------------- */

const char *loader_error(const loader *l)
{
	return l ? l->context->message : "out of memory";
}

int loader_count(const loader *l)
{
	return l->plugins.count;
}

const plugin_info *loader_at(const loader *l, int index)
{
	return &l->plugins.items[index]->info;
}

int loader_refused_count(const loader *l)
{
	int count = 0;
	for (int i = 0; i < l->plugins.count; i++)
		count += l->plugins.items[i]->info.status == PLUGIN_REFUSED;
	return count;
}

static void add_lines(text *t, const plugin_info *p)
{
	text_format(t, "%s %s: %s\n  %s\n", p->id, p->version, plugin_status_text(p->status), p->path);
	if (p->status == PLUGIN_REFUSED)
		text_format(t, "  %s: %s\n  to do: %s\n", plugin_code_text(p->code), p->reason, plugin_code_hint(p->code));
	else if (*p->reason)
		text_format(t, "  %s\n", p->reason);
	if (*p->warnings)
		text_format(t, "  warning: %s\n", p->warnings);
}

static bool provides(const plugin_info *p, const char *name, registry_kind *kind)
{
	for (int i = 0; i < p->provided_count; i++)
		if (!strcmp(p->provides[i].name, name)) {
			*kind = p->provides[i].kind;
			return true;
		}
	return false;
}

const char *loader_why(loader *l, const char *name)
{
	text t = {0};
	for (int i = 0; i < l->plugins.count; i++) {
		const plugin_info *p = &l->plugins.items[i]->info;
		registry_kind kind;
		bool by_name = provides(p, name, &kind);
		if (by_name)
			text_format(&t, "%s of %s: ", printable(l->context, name), registry_kind_text(kind));
		if (by_name || !strcmp(p->id, name))
			add_lines(&t, p);
	}
	return t.data ? text_finish(&t, l->context) : NULL;
}

const char *loader_refusals(loader *l)
{
	text t = {0};
	for (int i = 0; i < l->plugins.count; i++) {
		const plugin_info *p = &l->plugins.items[i]->info;
		if (p->status == PLUGIN_REFUSED)
			text_format(&t, "%s%s: %s [%s]: %s", t.data ? "\n" : "", p->id, p->reason, plugin_code_text(p->code),
			            plugin_code_hint(p->code));
	}
	const char *all = t.data ? text_finish(&t, l->context) : "";
	return all ? all : "";
}
