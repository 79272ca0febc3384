/* search.c: the places where plugins may be, preferred ones first:
 *
 *     --plugin FILE   --plugin-dir DIR   HIDET_PLUGIN_PATH   $XDG_DATA_HOME/hidet/plugins.d   <prefix>/lib/hidet/plugins.d
 *     and what is linked into this host
 *
 * The last two folders are replaced by HIDET_PLUGIN_SYSTEM_PATH or by the caller's system path. A folder is read in the order of its file
 * names' bytes, never its sub-folders, never the current folder. <prefix> is found from where this code lies, so that a moved tree
 * works, the build tree too. Variables do not count in a process that runs with more rights than its user has. */
#include "base/file.h"
#include "loader/stages.h"
#include <dirent.h>
#include <dlfcn.h>
#include <errno.h>
#include <limits.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>

static const char manifest_suffix[] = ".hidet.json";
enum { SUFFIX_LENGTH = sizeof manifest_suffix - 1, MOST_IN_FOLDER = 4096 };

typedef struct place {
	int source; /* counts up: earlier places are preferred */
	bool by_hand;
	bool optional; /* may be missing */
} place;

/* ---- records --------------------------------------------------------------------------------------------------------- */

static const char *base_name(const char *path)
{
	const char *slash = strrchr(path, '/');
	return slash ? slash + 1 : path;
}

static bool ends_with(const char *text, const char *suffix)
{
	size_t length = strlen(text), suffix_length = strlen(suffix);
	return length > suffix_length && !strcmp(text + length - suffix_length, suffix);
}

/* The file's name up to its first known suffix serves as id until the manifest tells it. */
static const char *provisional_id(hdt_context *context, const char *path)
{
	const char *name = base_name(path);
	size_t length = strlen(name);
	if (ends_with(name, manifest_suffix))
		length -= SUFFIX_LENGTH;
	return printable(context, hdt_format(context, "%.*s", (int)length, name));
}

static plugin *add(loader *l, const char *path, place where)
{
	plugin *p = hdt_allocate(l->context, sizeof *p);
	if (!p || !vec_push(l->context, &l->plugins, p))
		return NULL;
	p->manifest = path;
	p->source = where.source;
	p->by_hand = p->may_override = where.by_hand;
	p->library = p->sha256 = "";
	p->info = (plugin_info){.version = "", .license = "", .reason = "", .warnings = "", .status = PLUGIN_AVAILABLE};
	p->info.id = provisional_id(l->context, path);
	p->info.path = printable(l->context, path);
	return p;
}

/* The same file is met twice when folders overlap, or by links. */
static bool is_known(const loader *l, const struct stat *st)
{
	for (int i = 0; i < l->plugins.count; i++)
		if (l->plugins.items[i]->device == st->st_dev && l->plugins.items[i]->inode == st->st_ino)
			return true;
	return false;
}

static void add_manifest(loader *l, const char *path, place where)
{
	struct stat st;
	if (stat(path, &st) == 0 && is_known(l, &st))
		return;
	bool found = stat(path, &st) == 0;
	int error = errno;
	plugin *p = add(l, path, where);
	if (!p)
		return;
	if (!found) {
		plugin_refuse(l, p, PLUGIN_CODE_FILE, "cannot open the manifest: %s", strerror(error));
		return;
	}
	p->device = st.st_dev;
	p->inode = st.st_ino;
	manifest_read(l, p);
}

/* ---- places ---------------------------------------------------------------------------------------------------------- */

static int compare_names(const void *a, const void *b)
{
	return strcmp(*(const char *const *)a, *(const char *const *)b);
}

static void refuse_place(loader *l, const char *path, place where, const char *reason)
{
	plugin *p = add(l, path, where);
	if (p)
		plugin_refuse(l, p, PLUGIN_CODE_DIRECTORY, "%s", reason);
}

static void search_folder(loader *l, const char *folder, place where)
{
	VEC(const char *) names = {0};
	DIR *d = opendir(folder);
	if (!d) {
		if (!where.optional)
			refuse_place(l, folder, where, hdt_format(l->context, "cannot search the folder: %s", strerror(errno)));
		return;
	}
	for (struct dirent *e; (e = readdir(d)) && names.count <= MOST_IN_FOLDER;) {
		if (!ends_with(e->d_name, manifest_suffix) || e->d_name[0] == '.')
			continue;
		const char *name = hdt_format(l->context, "%s", e->d_name);
		if (!name || !vec_push(l->context, &names, name))
			break;
	}
	closedir(d);
	if (names.count > MOST_IN_FOLDER) {
		refuse_place(l, folder, where, "the folder holds more manifests than are accepted in one");
		return;
	}
	if (names.count)
		qsort(names.items, (size_t)names.count, sizeof *names.items, compare_names);
	for (int i = 0; i < names.count; i++) {
		const char *path = file_join(l->context, folder, names.items[i]);
		if (path)
			add_manifest(l, path, where);
	}
}

/* A manifest, or a library whose manifest lies beside it. */
static void search_file(loader *l, const char *path, place where)
{
	if (ends_with(path, ".so")) {
		size_t stem = strlen(path) - 3;
		const char *manifest = hdt_format(l->context, "%.*s%s", (int)stem, path, manifest_suffix);
		if (manifest)
			add_manifest(l, manifest, where);
	} else if (ends_with(path, manifest_suffix)) {
		add_manifest(l, path, where);
	} else {
		plugin *p = add(l, path, where);
		if (p)
			plugin_refuse(l, p, PLUGIN_CODE_PATH, "'%s' is neither a manifest (*%s) nor a library (*.so)", path,
			              manifest_suffix);
	}
}

/* Folders separated by colons; each is a place of its own. */
static void search_path(loader *l, const char *path, place *where)
{
	while (path && *path) {
		size_t length = strcspn(path, ":");
		const char *folder = hdt_format(l->context, "%.*s", (int)length, path);
		where->source++;
		if (folder && *folder != '/')
			refuse_place(l, *folder ? folder : "(empty)", *where, "a folder in a search path must be absolute");
		else if (folder)
			search_folder(l, folder, *where);
		path += length;
		if (*path && !*++path) /* a colon at the end: an empty element */
			refuse_place(l, "(empty)", *where, "a folder in a search path must be absolute");
	}
}

/* ---- default places -------------------------------------------------------------------------------------------------- */

static const char *user_folder(hdt_context *context)
{
	const char *data = secure_getenv("XDG_DATA_HOME"), *home = secure_getenv("HOME");
	if (data && *data == '/')
		return hdt_format(context, "%s/hidet/plugins.d", data);
	return home && *home == '/' ? hdt_format(context, "%s/.local/share/hidet/plugins.d", home) : NULL;
}

/* The folder of the file that holds this code: <prefix>/bin of a program, <prefix>/lib of the shared library. */
static const char *own_folder(hdt_context *context)
{
	Dl_info info;
	char path[PATH_MAX];
	/* A program's own name in the table of libraries is whatever it was started as; the kernel knows better. */
	bool is_library = dladdr(&manifest_suffix, &info) && info.dli_fname && strstr(base_name(info.dli_fname), ".so");
	if (!realpath(is_library ? info.dli_fname : "/proc/self/exe", path))
		return NULL;
	*strrchr(path, '/') = 0;
	return hdt_format(context, "%s", path);
}

static const char *system_folder(hdt_context *context)
{
	static const char *const from_own[] = {"../lib/hidet/plugins.d", "hidet/plugins.d", "../hidet/plugins.d"};
	const char *own = own_folder(context);
	char path[PATH_MAX];
	for (size_t i = 0; own && i < sizeof from_own / sizeof *from_own; i++) {
		const char *candidate = file_join(context, own, from_own[i]);
		if (candidate && realpath(candidate, path))
			return hdt_format(context, "%s", path);
	}
	return NULL;
}

static void search_linked(loader *l, place where)
{
	where.source++;
	for (const static_plugin *s = static_plugins; s->id; s++) {
		plugin *p = add(l, s->id, where);
		if (!p)
			return;
		p->linked = s;
		p->info.path = "(built in)";
		manifest_read(l, p);
	}
}

static void search_default_folders(loader *l, place *where)
{
	const char *folders[] = {user_folder(l->context), system_folder(l->context)};
	for (int i = 0; i < 2; i++) {
		where->source++;
		if (folders[i])
			search_folder(l, folders[i], *where);
	}
}

void search_plugins(loader *l, const loader_options *options)
{
	place where = {.source = 0, .by_hand = true};
	for (const char *const *f = options->files; f && *f; f++, where.source++)
		search_file(l, *f, where);
	for (const char *const *d = options->dirs; d && *d; d++, where.source++)
		search_folder(l, *d, where);
	search_path(l, secure_getenv("HIDET_PLUGIN_PATH"), &where);
	where.by_hand = false;
	where.optional = true;
	const char *system_path = options->system_path ? options->system_path : secure_getenv("HIDET_PLUGIN_SYSTEM_PATH");
	if (system_path)
		search_path(l, system_path, &where);
	else
		search_default_folders(l, &where);
	search_linked(l, where);
}
