/* cache.c: compiled objects in files named by the hash of all that made them.
 *
 * An entry is the object followed by a trailer with its length and SHA-256; loaders ignore what follows an object. An
 * entry that does not check is rebuilt. Entries are made under another name and renamed, so that readers and several
 * writers see whole ones only. A use sets the time of the file; when the folder grows beyond HIDET_CACHE_LIMIT bytes (1
 * GiB) the entries longest unused go. */
#include "exec/cache.h"

#include "base/file.h"
#include "base/hash.h"
#include "base/vec.h"
#include <dirent.h>
#include <errno.h>
#include <fcntl.h>
#include <stdatomic.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <time.h>
#include <unistd.h>

#define CACHE_FORMAT "hidet object 2"
#define ENTRY_SUFFIX ".so"
#define NEW_PREFIX ".new-"

enum { STALE_SECONDS = 3600 };

struct cache {
	char *directory; /* NULL: no cache */
	int64_t limit;
	bool warned;
};

typedef struct trailer {
	char magic[8];
	uint64_t bytes; /* of the object before it */
	char sha256[64];
} trailer;
static const char trailer_magic[8] = {'H', 'D', 'T', 'O', 'B', 'J', '1', '\n'};

/* ---- the folder ---- */

static const char *default_directory(hdt_context *context)
{
	const char *own = getenv("HIDET_CACHE_DIR"), *shared = getenv("XDG_CACHE_HOME"), *home = getenv("HOME");
	if (own)
		return own;
	if (shared && *shared == '/')
		return file_join(context, shared, "hidet");
	return home && *home ? file_join(context, home, ".cache/hidet") : "";
}

static int64_t limit_from_environment(void)
{
	const char *limit = getenv("HIDET_CACHE_LIMIT");
	char *end = NULL;
	long long bytes = limit ? strtoll(limit, &end, 10) : 0;
	return limit && end != limit && bytes >= 0 ? bytes : INT64_C(1) << 30;
}

/* What went wrong costs time only: one warning for each cache, and the fault is forgotten. */
static void warn(cache *c, hdt_context *context, const char *why)
{
	if (!c->warned)
		hdt_log(context, 0, "warning: the cache of compiled code is not used: %s", why);
	c->warned = true;
	context_clear_fault(context);
}

cache *cache_open(hdt_context *context, const char *directory)
{
	cache *c = calloc(1, sizeof *c);
	if (!c) {
		hdt_fail(context, HDT_OUT_OF_MEMORY, "out of memory");
		return NULL;
	}
	c->limit = limit_from_environment();
	directory = directory ? directory : default_directory(context);
	if (!directory || !*directory)
		return c;
	if (file_make_directories(context, directory) != HDT_OK)
		warn(c, context, context->message);
	else
		c->directory = strdup(directory);
	return c;
}

void cache_close(cache *c)
{
	if (c)
		free(c->directory);
	free(c);
}

const char *cache_directory(const cache *c)
{
	return c->directory;
}

typedef struct entry {
	char name[80];
	int64_t bytes;
	struct timespec used;
} entry;
typedef VEC(entry) entries;

static bool ends_with(const char *name, const char *suffix)
{
	size_t length = strlen(name), end = strlen(suffix);
	return length >= end && strcmp(name + length - end, suffix) == 0;
}

/* The entries of the folder; files that a writer left behind when it was killed are removed. */
static void list_entries(const cache *c, entries *out)
{
	DIR *d = c->directory ? opendir(c->directory) : NULL;
	time_t now = time(NULL);
	for (struct dirent *e; d && (e = readdir(d));) {
		struct stat st;
		if (!ends_with(e->d_name, ENTRY_SUFFIX) || fstatat(dirfd(d), e->d_name, &st, AT_SYMLINK_NOFOLLOW) != 0 ||
		    !S_ISREG(st.st_mode))
			continue;
		if (strncmp(e->d_name, NEW_PREFIX, strlen(NEW_PREFIX)) == 0) {
			if (now - st.st_mtime > STALE_SECONDS)
				unlinkat(dirfd(d), e->d_name, 0);
			continue;
		}
		entry found = {.bytes = st.st_size, .used = st.st_mtim};
		size_t length = strlen(e->d_name);
		if (length >= sizeof found.name)
			continue;
		memcpy(found.name, e->d_name, length + 1);
		if (!heap_push(out, found))
			break;
	}
	if (d)
		closedir(d);
}

void cache_usage(const cache *c, int64_t *bytes, int *files)
{
	entries all = {0};
	list_entries(c, &all);
	*bytes = 0;
	*files = all.count;
	for (int i = 0; i < all.count; i++)
		*bytes += all.items[i].bytes;
	heap_free(&all);
}

static int compare_use(const void *a, const void *b)
{
	const struct timespec *x = &((const entry *)a)->used, *y = &((const entry *)b)->used;
	if (x->tv_sec != y->tv_sec)
		return x->tv_sec < y->tv_sec ? -1 : 1;
	return (x->tv_nsec > y->tv_nsec) - (x->tv_nsec < y->tv_nsec);
}

/* Bring the folder below its limit; `keep` was stored just now. */
static void evict(cache *c, hdt_context *context, const char *keep)
{
	entries all = {0};
	list_entries(c, &all);
	int64_t total = 0;
	for (int i = 0; i < all.count; i++)
		total += all.items[i].bytes;
	if (total > c->limit)
		qsort(all.items, (size_t)all.count, sizeof *all.items, compare_use);
	for (int i = 0; i < all.count && total > c->limit; i++) {
		const char *path = file_join(context, c->directory, all.items[i].name);
		if (path && strcmp(path, keep) != 0 && unlink(path) == 0)
			total -= all.items[i].bytes;
	}
	heap_free(&all);
}

/* ---- entries ---- */

static void hash_object(const void *data, size_t bytes, char hex[65])
{
	sha256 s;
	sha256_init(&s);
	sha256_add(&s, data, bytes);
	sha256_hex(&s, hex);
}

/* Bytes with which every unit begins: units of one object have the target's prelude in common. */
static size_t common_length(const hdt_source *source)
{
	size_t length = source->unit_count > 1 ? strlen(source->units[0]) : 0;
	for (int i = 1; i < source->unit_count; i++) {
		size_t same = 0;
		while (same < length && source->units[i][same] == source->units[0][same])
			same++;
		length = same;
	}
	return length;
}

static void find_key(const hdt_context *context, const hdt_target *target, const hdt_device *device,
                     const hdt_source *source, char hex[65])
{
	const char *plugins = context->registry ? registry_fingerprint(context->registry) : NULL;
	sha256 s;
	sha256_init(&s);
	sha256_add_string(&s, CACHE_FORMAT);
	sha256_add_string(&s, target->name);
	sha256_add_string(&s, target->info(device)->cache_key);
	sha256_add_string(&s, plugins ? plugins : "");
	size_t common = common_length(source);
	if (common)
		sha256_add(&s, source->units[0], common);
	sha256_add_string(&s, "");
	for (int i = 0; i < source->unit_count; i++)
		sha256_add_string(&s, source->units[i] + common);
	sha256_hex(&s, hex);
}

/* Is there an entry that checks? */
static bool check_entry(hdt_context *context, const char *path)
{
	file_mapping m;
	struct stat st;
	if (stat(path, &st) != 0)
		return false;
	if (file_map(context, path, &m) != HDT_OK) {
		context_clear_fault(context);
		return false;
	}
	trailer t = {.bytes = 0};
	char hex[65] = "";
	bool good = m.bytes > sizeof t;
	if (good) {
		memcpy(&t, m.data + m.bytes - sizeof t, sizeof t);
		good = memcmp(t.magic, trailer_magic, sizeof t.magic) == 0 && t.bytes == m.bytes - sizeof t;
	}
	if (good) {
		hash_object(m.data, (size_t)t.bytes, hex);
		good = memcmp(hex, t.sha256, sizeof t.sha256) == 0;
	}
	file_unmap(&m);
	if (!good)
		hdt_log(context, 1, "the cached object %s is damaged and will be made anew", path);
	return good;
}

static bool append_trailer(hdt_context *context, const char *path)
{
	file_mapping m;
	if (file_map(context, path, &m) != HDT_OK)
		return false;
	trailer t = {.bytes = m.bytes};
	char hex[65];
	hash_object(m.data, m.bytes, hex);
	file_unmap(&m);
	memcpy(t.magic, trailer_magic, sizeof t.magic);
	memcpy(t.sha256, hex, sizeof t.sha256);
	int fd = open(path, O_WRONLY | O_APPEND | O_CLOEXEC);
	bool good = fd >= 0 && write(fd, &t, sizeof t) == (ssize_t)sizeof t;
	int error = errno;
	if (fd >= 0 && close(fd) != 0)
		good = false;
	if (!good)
		hdt_fail(context, HDT_IO_ERROR, "cannot write '%s': %s", path, strerror(error));
	return good;
}

static bool load_entry(hdt_context *context, const hdt_target *target, hdt_device *device, const char *path,
                       hdt_object **out)
{
	if (!check_entry(context, path))
		return false;
	if (target->load(context, device, path, out) != HDT_OK) {
		/* Removed meanwhile, or the folder forbids execution: make it elsewhere. */
		hdt_log(context, 1, "%s", context->message);
		context_clear_fault(context);
		return false;
	}
	(void)utimensat(AT_FDCWD, path, NULL, 0);
	return true;
}

/* ---- making an object ---- */

/* Compile in the cache's folder and keep the entry. HDT_IO_ERROR: the folder is not usable; anything else is final. */
static hdt_status build_entry(cache *c, hdt_context *context, const hdt_target *target, hdt_device *device,
                              const hdt_source *source, const char *path, hdt_object **out)
{
	static atomic_uint serial;
	unsigned number = atomic_fetch_add(&serial, 1);
	const char *fresh = hdt_format(context, "%s/" NEW_PREFIX "%d-%u" ENTRY_SUFFIX, c->directory, (int)getpid(), number);
	hdt_status status = fresh ? target->compile(context, device, source, fresh) : HDT_OUT_OF_MEMORY;
	if (status != HDT_OK)
		return status;
	if (!append_trailer(context, fresh))
		status = HDT_IO_ERROR;
	else if (rename(fresh, path) != 0)
		status = hdt_fail(context, HDT_IO_ERROR, "cannot write '%s': %s", path, strerror(errno));
	if (status != HDT_OK) {
		unlink(fresh);
		return status;
	}
	evict(c, context, path);
	/* A folder that forbids execution is as little use as one that cannot be written. */
	return target->load(context, device, path, out) == HDT_OK ? HDT_OK : HDT_IO_ERROR;
}

/* Compile in a folder that is gone afterwards. */
static hdt_status build_apart(hdt_context *context, const hdt_target *target, hdt_device *device,
                              const hdt_source *source, hdt_object **out)
{
	const char *parent = getenv("TMPDIR");
	const char *pattern = hdt_format(context, "%s/hidet-XXXXXX", parent && *parent ? parent : "/tmp");
	char *folder = pattern ? arena_copy(&context->arena, pattern, strlen(pattern) + 1) : NULL;
	if (!folder)
		return HDT_OUT_OF_MEMORY;
	if (!mkdtemp(folder))
		return hdt_fail(context, HDT_IO_ERROR,
		                "cannot make a temporary folder '%s': %s; set TMPDIR to a folder that can be written", pattern,
		                strerror(errno));
	const char *path = file_join(context, folder, "object" ENTRY_SUFFIX);
	hdt_status status = path ? target->compile(context, device, source, path) : HDT_OUT_OF_MEMORY;
	if (status == HDT_OK)
		status = target->load(context, device, path, out);
	if (path)
		unlink(path);
	rmdir(folder);
	return status;
}

hdt_status cache_get(cache *c, hdt_context *context, const hdt_target *target, hdt_device *device,
                     const hdt_source *source, hdt_object **out, bool *hit)
{
	bool found = false, *is_hit = hit ? hit : &found;
	*out = NULL;
	*is_hit = false;
	if (!c->directory)
		return build_apart(context, target, device, source, out);
	char key[65];
	find_key(context, target, device, source, key);
	const char *path = hdt_format(context, "%s/%s" ENTRY_SUFFIX, c->directory, key);
	if (!path)
		return HDT_OUT_OF_MEMORY;
	*is_hit = load_entry(context, target, device, path, out);
	if (*is_hit)
		return HDT_OK;
	hdt_status status = build_entry(c, context, target, device, source, path, out);
	if (status != HDT_IO_ERROR)
		return status;
	warn(c, context, context->message);
	return build_apart(context, target, device, source, out);
}
